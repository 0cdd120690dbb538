"""The hours of a period allowance: used, and what is left of them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from db.queries import retainers as queries
from db.unit_of_work import UnitOfWork
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.retainers import accounts
from services.retainers.earnings import (
    allowance_terms,
    earn,
    paid_periods,
    uses_in,
    worth_of,
)
from services.rules import retainers as rules
from services.rules.errors import InvalidInput, RuleViolation
from services.rules.money import Money, format_amount
from services.rules.movements import check_happened
from services.rules.retainers import AllowanceStanding, Period
from services.rules.text import clean_text


async def record_use(
    actor: Actor,
    retainer_id: UUID,
    *,
    minutes: int,
    on: date,
    note: str,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Record minutes used of an allowance: they become revenue on that day. Answers the earning's id.

    Never more than there are on that day or on any day since, nor more than is paid for. A day of a period that is settled takes
    nothing any more (it is settled `settle_after_days` after its end).

    Raises `Forbidden`, `NotFound`, `InvalidInput` (MINUTES_INVALID, DATE, TEXT_…), `RuleViolation` (RETAINER_HAS_NO_HOURS,
    RETAINER_NOT_ACTIVE, PERIOD_SETTLED, ALLOWANCE_EXCEEDED with `left_minutes`, RETAINER_OVERDRAWN), and what `ledger.post` and
    `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    if not 1 <= minutes <= 1_000_000:
        raise InvalidInput("One minute or more.", code="MINUTES_INVALID", field="minutes")
    check_happened(on, today, "on")
    said = clean_text(note, "note", max_length=500)

    async def effect(uow: UnitOfWork) -> UUID:
        return await _use(uow, retainer_id, minutes, on, said, now=now)

    return await keyed(
        actor,
        key=idempotency_key,
        operation="record_retainer_use",
        request={"retainer_id": retainer_id, "minutes": minutes, "on": on, "note": said},
        now=now,
        effect=effect,
    )


async def _use(
    uow: UnitOfWork, retainer_id: UUID, minutes: int, on: date, note: str, *, now: datetime
) -> UUID:
    retainer = await accounts.locked(uow, retainer_id)
    found = await queries.period_terms_of(uow, [retainer_id])
    if not found or found[0]["minutes"] is None:
        raise RuleViolation(
            "This retainer is not kept in hours.",
            code="RETAINER_HAS_NO_HOURS",
            field="retainerId",
        )
    accounts.require_active(retainer)
    terms, earnings = found[0], await queries.earnings_of(uow, [retainer_id])
    _require_unsettled(terms, earnings, on)
    uses = [*uses_in(earnings), (on, minutes)]
    # On the day itself and on every day since: what is used afterwards may have counted on these minutes.
    rules.standing(
        allowance_terms(terms),
        uses,
        paid_periods=paid_periods(retainer, terms),
        on=max(day for day, _ in uses),
    )
    gross_minor, tax_minor = worth_of(terms, earnings, minutes)
    available_minor = await accounts.available(uow, retainer, on=on)
    if gross_minor > available_minor:
        limit = format_amount(Money(available_minor, retainer["currency"]))
        raise RuleViolation(
            f"The retainer holds {limit} {retainer['currency']} for it on {on}.",
            code="RETAINER_OVERDRAWN",
            field="minutes",
        )
    return await earn(
        uow,
        retainer,
        kind="use",
        description=f"{minutes} minutes used: {note}"[:500],
        amount_minor=gross_minor,
        tax_minor=tax_minor,
        on=on,
        minutes=minutes,
        note=note,
        now=now,
    )


def _require_unsettled(terms: Any, earnings: list[Any], on: date) -> None:
    settled = max((row["period_number"] or 0 for row in earnings), default=0)
    if settled:
        through = rules.period_days(terms["starts_on"], Period(terms["period"]), settled)[1]
        if on <= through:
            raise RuleViolation(
                f"The hours are settled through {through}.", code="PERIOD_SETTLED", field="on"
            )


def hours(retainer: Any, terms: Any, earnings: list[Any], *, on: date) -> AllowanceStanding:
    """The minutes of an allowance by the end of a day, from its rows."""
    return rules.standing(
        allowance_terms(terms),
        uses_in(earnings),
        paid_periods=paid_periods(retainer, terms),
        on=on,
    )
