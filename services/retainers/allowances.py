"""The hours of a period allowance: used, and what is left of them and of the money."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from db.queries import retainers as queries
from db.unit_of_work import UnitOfWork, read_only
from services import ledger
from services.actor import MEMBERS, MONEY, Actor
from services.idempotency import keyed
from services.retainers import accounts
from services.retainers.earnings import (
    allowance_terms,
    earn,
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
    came_in = await queries.came_in_of(uow, [retainer_id])
    # On the day itself and on every day since: what is used afterwards may have counted on these minutes.
    for day in sorted({each for each, _ in uses if each >= on}):
        rules.standing(
            allowance_terms(terms), uses, paid_periods=paid_by(terms, came_in, day), on=day
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


def paid_by(terms: Any, came_in: Sequence[Any], on: date) -> int:
    """How many whole periods were paid for by the end of a day."""
    minor: int = sum(row["amount_minor"] for row in came_in if row["day"] <= on)
    return minor // int(terms["net_minor"] + terms["tax_minor"])


@dataclass(frozen=True, slots=True)
class RetainerStanding:
    """What a retainer held by the end of a day, the tax on receipt in it, and of an allowance its hours."""

    held_minor: int
    tax_minor: int
    hours: AllowanceStanding | None
    period: tuple[date, date] | None


async def standings(
    actor: Actor, retainer_ids: Sequence[UUID], *, as_of: date
) -> dict[UUID, RetainerStanding]:
    """Balances in money and hours of many retainers by the end of a day. Raises `Forbidden`."""
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        balances = await ledger.balances(
            uow,
            codes=["retainer_liability", "deposit_tax"],
            subject_ids=retainer_ids,
            as_of=as_of,
        )
        terms = {row["retainer_id"]: row for row in await queries.period_terms_of(uow, retainer_ids)}  # fmt: skip
        earnings = await queries.earnings_of(uow, list(terms))
        came_in = await queries.came_in_of(uow, list(terms))
    held = {(each.account.subject_id, each.account.code): each.natural_minor for each in balances}
    found = {}
    for retainer_id in retainer_ids:
        hours, period = None, None
        if agreed := terms.get(retainer_id):
            number = rules.period_on(agreed["starts_on"], Period(agreed["period"]), as_of)
            if 1 <= number <= agreed["periods"]:
                period = rules.period_days(agreed["starts_on"], Period(agreed["period"]), number)
            if agreed["minutes"]:
                own = [row for row in earnings if row["retainer_id"] == retainer_id]
                paid = [row for row in came_in if row["retainer_id"] == retainer_id]
                hours = rules.standing(
                    allowance_terms(agreed),
                    uses_in(own),
                    paid_periods=paid_by(agreed, paid, as_of),
                    on=as_of,
                )
        found[retainer_id] = RetainerStanding(
            held.get((retainer_id, "retainer_liability"), 0),
            held.get((retainer_id, "deposit_tax"), 0),
            hours,
            period,
        )
    return found
