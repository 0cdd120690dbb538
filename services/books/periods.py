"""Closing a period, and opening it again.

A closed period takes no entries; the ledger refuses them. Closing writes down where the chain of entries stood. The owner may open
what is closed again, with a reason; that is a record of its own and stays. Entries that were made then are listed with it for good,
so that whoever has seen the closed figures can see why they changed.
"""

from datetime import date, datetime
from uuid import UUID

from db.ids import new_id
from db.queries import books as queries
from db.queries import ledger as ledger_queries
from db.unit_of_work import UnitOfWork
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.ledger.refusals import refusals
from services.rules.dates import check_plausible
from services.rules.text import clean_text


async def close_period(actor: Actor, *, through: date, idempotency_key: str, now: datetime) -> UUID:
    """Close every date up to and including `through`. Answers the closing's id.

    Raises `Forbidden`, `InvalidInput` (DATE_OUT_OF_RANGE, EFFECTIVE_DATE_INVALID for a date to come), `RuleViolation`
    (PERIOD_CLOSED), and what `idempotency.keyed` raises.
    """
    actor.require(*MONEY)
    check_plausible(through, "through")

    async def effect(uow: UnitOfWork) -> UUID:
        closing_id = new_id()
        with refusals():
            await ledger_queries.close_period(uow, closing_id=closing_id, through=through, now=now)
        return closing_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="close_period",
        request={"through": through},
        now=now,
        effect=effect,
    )


async def reopen_period(
    actor: Actor, *, through: date | None, reason: str, idempotency_key: str, now: datetime
) -> UUID:
    """Open every date after `through` again, or all dates where it is None. Answers the reopening's id. For the owner alone.

    Raises `Forbidden`, `InvalidInput` (DATE_OUT_OF_RANGE, TEXT_…), `RuleViolation` (PERIOD_NOT_CLOSED), and what
    `idempotency.keyed` raises.
    """
    actor.require("owner")
    if through is not None:
        check_plausible(through, "through")
    why = clean_text(reason, "reason", max_length=1000, lines=True)

    async def effect(uow: UnitOfWork) -> UUID:
        reopening_id = new_id()
        with refusals():
            await queries.reopen_period(
                uow, reopening_id=reopening_id, through=through, reason=why, now=now
            )
        return reopening_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="reopen_period",
        request={"through": through, "reason": why},
        now=now,
        effect=effect,
    )
