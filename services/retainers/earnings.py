"""Retainer money that becomes revenue by itself: a period of availability that has ended, hours used, hours that ran out.

Dr retainer liability / Cr revenue and tax payable. Where the tax was due on receipt it is on the books already, so what moves is
Cr deposit tax instead of Cr tax payable. A period is earned on its last day; where the money came later, or the books of that day are
closed, on the first day that will take it. Each period is earned or settled once: the database has one row for it.
"""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from db.ids import new_id
from db.queries import retainers as queries
from db.tables.retainers import RetainerEarning
from db.unit_of_work import UnitOfWork, unit_of_work
from services import ledger
from services.actor import Actor
from services.ledger import JournalDraft, Line
from services.retainers import accounts
from services.rules import retainers as rules
from services.rules.money import Money
from services.rules.retainers import AllowanceTerms, Period, RetainerKind


async def earn(
    uow: UnitOfWork,
    retainer: Any,
    *,
    kind: str,
    description: str,
    amount_minor: int,
    tax_minor: int,
    on: date,
    period_number: int | None = None,
    minutes: int = 0,
    note: str = "",
    now: datetime,
) -> UUID:
    """Turn a part of a locked retainer into revenue; answers the earning's id.

    `tax_minor` is the tax in the amount where it was not due on receipt; else it is what the amount carries of that. Raises what
    `ledger.post` raises: INSUFFICIENT_FUNDS where the retainer does not hold that much on some date since.
    """
    earning_id, journal_id = new_id(), None
    if retainer["is_taxed_on_receipt"]:
        tax_minor = await accounts.tax_in_part(uow, retainer, amount_minor, on=on)
    if amount_minor:
        currency = retainer["currency"]
        held = await accounts.liability(uow, retainer, now)
        lines = [Line.debit(held.id, Money(amount_minor, currency))]
        if amount_minor > tax_minor:
            revenue = await ledger.account_for(uow, "revenue", currency, now=now)
            lines.append(Line.credit(revenue.id, Money(amount_minor - tax_minor, currency)))
        if tax_minor:
            payable = await ledger.account_for(uow, "tax_payable", currency, now=now)
            lines.append(Line.credit(payable.id, Money(tax_minor, currency)))
        if retainer["is_taxed_on_receipt"]:
            lines += await accounts.tax_lines(uow, retainer, -tax_minor, now)
        posted = await ledger.post(
            uow,
            JournalDraft(
                "retainer_earning",
                description,
                on,
                accounts.merged(lines),
                "retainer_earning",
                earning_id,
            ),
            now=now,
        )
        journal_id = posted.id
    await RetainerEarning.insert(
        RetainerEarning(
            tenant_id=uow.tenant_id,
            id=earning_id,
            retainer_id=retainer["id"],
            kind=kind,
            period_number=period_number,
            minutes=minutes,
            amount_minor=amount_minor,
            tax_minor=tax_minor,
            effective_on=on,
            note=note,
            journal_id=journal_id,
            recorded_at=now,
        )
    )
    return earning_id


async def earn_due(actor: Actor, retainer_id: UUID, *, today: date, now: datetime) -> int:
    """Earn the periods of availability that have ended, or settle those of an allowance; answers how many. For the worker.

    A period whose money has not come in waits, and those after it with it. Raises what the database raises.
    """
    async with unit_of_work(actor.scope()) as uow:
        done = 0
        while await _next(uow, retainer_id, today=today, now=now):
            done += 1
        return done


async def _next(uow: UnitOfWork, retainer_id: UUID, *, today: date, now: datetime) -> bool:
    retainer = await accounts.locked(uow, retainer_id)
    found = await queries.period_terms_of(uow, [retainer_id])
    if retainer["status"] != "active" or not found:
        return False
    terms = found[0]
    earnings = await queries.earnings_of(uow, [retainer_id])
    number = 1 + max((row["period_number"] or 0 for row in earnings), default=0)
    is_allowance = retainer["kind"] == RetainerKind.PERIOD_ALLOWANCE
    allowance = allowance_terms(terms) if is_allowance else None
    last_number = allowance.last_period if allowance else terms["periods"]
    wait_days = terms["settle_after_days"] if is_allowance else 0
    last = rules.period_days(terms["starts_on"], Period(terms["period"]), number)[1]
    if number > last_number or last + timedelta(wait_days) >= today:
        return False
    gross_minor, tax_minor, minutes = terms["net_minor"] + terms["tax_minor"], terms["tax_minor"], 0
    if allowance is not None:
        paid = paid_periods(retainer, terms)
        if paid < min(number, terms["periods"]):
            return False
        minutes = rules.ended_with(allowance, uses_in(earnings), paid_periods=paid, number=number)
        gross_minor, tax_minor = worth_of(terms, earnings, minutes)
    on = await _payable_on(uow, retainer, gross_minor, last, today)
    if on is None:
        return False
    what = "Hours that ran out at the end of" if allowance else "Availability in"
    await earn(
        uow,
        retainer,
        kind="expiry" if allowance else "period",
        description=f"{what} period {number}, until {last}",
        amount_minor=gross_minor,
        tax_minor=tax_minor,
        on=on,
        period_number=number,
        minutes=minutes,
        now=now,
    )
    following = rules.period_days(terms["starts_on"], Period(terms["period"]), number + 1)[1]
    is_over = number == last_number
    await accounts.change(
        uow,
        await accounts.locked(uow, retainer_id),
        {"look_on": None if is_over else following + timedelta(1 + wait_days)},
        now,
    )
    return True


async def _payable_on(
    uow: UnitOfWork, retainer: Any, amount_minor: int, last: date, today: date
) -> date | None:
    """The period's last day, or else today, where the money is there and the books are open; None where it has to wait."""
    closed = await ledger.closed_through(uow)
    first_open = max(last, closed + timedelta(1)) if closed else last
    for on in dict.fromkeys((first_open, today)):
        if on <= today and await accounts.available(uow, retainer, on=on) >= amount_minor:
            return on
    return None


def allowance_terms(terms: Any) -> AllowanceTerms:
    """The terms of an allowance as the rules take them."""
    return AllowanceTerms(
        terms["starts_on"],
        Period(terms["period"]),
        terms["periods"],
        terms["minutes"],
        terms["rollover_cap_minutes"],
        terms["rollover_periods"],
    )


def paid_periods(retainer: Any, terms: Any) -> int:
    """How many whole periods the money that came in pays for."""
    came_in: int = retainer["deposited_minor"] + retainer["transferred_in_minor"]
    return came_in // int(terms["net_minor"] + terms["tax_minor"])


def uses_in(earnings: list[Any]) -> list[tuple[date, int]]:
    """The hours used, as the rules take them."""
    return [(row["effective_on"], row["minutes"]) for row in earnings if row["kind"] == "use"]


def worth_of(terms: Any, earnings: list[Any], minutes: int) -> tuple[int, int]:
    """What the next minutes of an allowance are worth with tax, and the tax in it."""
    earlier = sum(row["minutes"] for row in earnings)
    gross_minor, tax_minor = (
        rules.worth(price, terms["minutes"], earlier_minutes=earlier, minutes=minutes)
        for price in (terms["net_minor"] + terms["tax_minor"], terms["tax_minor"])
    )
    return gross_minor, min(tax_minor, gross_minor)
