"""The settlement of an engagement: everything paid, earned, credited and refunded, and what goes back or is still owed."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from db.queries import refunds as queries
from db.queries import retainers as retainer_queries
from db.unit_of_work import UnitOfWork, read_only
from services import engagements
from services.actor import MEMBERS, Actor
from services.invoices import numbers as invoice_numbers
from services.refunds.numbers import number_of
from services.refunds.positions import Position, position
from services.retainers.papers import number_of as request_number_of
from services.rules import retainers as retainer_rules


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """One thing that happened: signed as it enters the balance (positive is the client's), and the balance after it.

    `kind` is one of deposit, transfer, payment, credit_used, invoice, work_done, retainer_earned, kill_fee, kill_fee_waived,
    kill_fee_paid, credit_note, credit_kept, refund_credit, refund. `on` is None for what has no date of its own.
    """

    kind: str
    on: date | None
    reference: str
    amount_minor: int
    running_minor: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """How the accounts of one engagement stand, line by line. The lines sum to `balance_minor`."""

    currency: str
    ended_on: date | None
    lines: tuple[SettlementLine, ...]
    paid_minor: int
    earned_minor: int
    kill_fee_minor: int
    credited_minor: int
    refunded_minor: int
    balance_minor: int
    goes_back_minor: int
    """What is left for the client, never below zero."""
    still_owed_minor: int
    """What the client owes for work and the kill fee, never below zero; late charges come on top."""
    held_minor: int
    """What retainers hold, refunds under way included."""
    refund_pending_minor: int
    """Of the refunds above, what was asked for or approved and is not paid out yet."""
    late_charges_minor: int
    """Open interest, fixed sums and fees: claims of their own, and in no sum above."""


async def settlement(actor: Actor, engagement_id: UUID) -> Settlement:
    """The settlement of an engagement as it would be now. Raises `Forbidden`, `NotFound`."""
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        return await settled(uow, await engagements.found(uow, engagement_id))


async def settled(uow: UnitOfWork, engagement: Any) -> Settlement:
    """The same within a unit of work: what a termination, or letting a client go, shows."""
    money = await position(uow, engagement)
    lines, balance_minor = [], 0
    for kind, on, reference, amount_minor in sorted(
        [each for each in await _steps(uow, money) if each[3]], key=_order
    ):
        balance_minor += amount_minor
        lines.append(SettlementLine(kind, on, reference, amount_minor, balance_minor))

    def total(*kinds: str) -> int:
        return sum(line.amount_minor for line in lines if line.kind in kinds)

    return Settlement(
        currency=engagement["currency"],
        ended_on=money.ended["ends_on"] if money.ended else None,
        lines=tuple(lines),
        paid_minor=total("deposit", "transfer", "payment", "credit_used", "kill_fee_paid"),
        earned_minor=-total("invoice", "work_done", "retainer_earned"),
        kill_fee_minor=-total("kill_fee", "kill_fee_waived"),
        credited_minor=total("credit_note", "credit_kept", "refund_credit"),
        refunded_minor=-total("refund"),
        balance_minor=balance_minor,
        goes_back_minor=max(0, balance_minor),
        still_owed_minor=max(0, -balance_minor),
        held_minor=sum(retainer_rules.held_minor(row) for row in money.retainers),
        refund_pending_minor=sum(
            row["amount_minor"] for row in money.refunds if row["status"] != "settled"
        ),
        late_charges_minor=await queries.late_charges_open_minor(uow, engagement["id"]),
    )


_Step = tuple[str, date | None, str, int]


def _order(step: _Step) -> tuple[date, bool]:
    """By date, what has none last; of one day what comes in first."""
    return step[1] or date.max, step[3] < 0


async def _steps(uow: UnitOfWork, money: Position) -> list[_Step]:
    found = [*await _retainer_steps(uow, money), *_invoice_steps(money), *_kill_fee_steps(money)]
    for row in money.credit_notes:
        number = invoice_numbers.number_of(row)
        found.append(("credit_note", row["issue_date"], number, row["total_minor"]))
        found.append(("credit_kept", row["issue_date"], number, -row["kept_minor"]))
    for row in money.refunds:
        on, number = row["settled_on"] or row["requested_on"], number_of(row["number"])
        if row["payment_id"] is not None:
            credited_minor = row["amount_minor"] - row["unapplied_minor"]
            found.append(("refund_credit", on, number, credited_minor))
        found.append(("refund", on, number, -row["amount_minor"]))
    return found


async def _retainer_steps(uow: UnitOfWork, money: Position) -> list[_Step]:
    ids = [row["id"] for row in money.retainers]
    numbers = {row["id"]: request_number_of(row["number"]) for row in money.requests}
    found: list[_Step] = [
        ("deposit", row["received_on"], numbers[row["retainer_request_id"]], row["amount_minor"])
        for row in await retainer_queries.deposits_of(uow, ids)
    ]
    for row in await retainer_queries.transfers_of(uow, ids):
        sign = 1 if row["retainer_id"] == row["to_retainer_id"] else -1
        found.append(("transfer", row["effective_on"], "", sign * row["amount_minor"]))
    for row in await retainer_queries.earnings_of(uow, ids):
        found.append(("retainer_earned", row["effective_on"], row["note"], -row["amount_minor"]))
    return found


def _invoice_steps(money: Position) -> list[_Step]:
    numbers = {row["id"]: invoice_numbers.number_of(row) for row in money.invoices}
    found: list[_Step] = []
    for row in money.invoices:
        number = numbers[row["id"]]
        found.append(("invoice", row["issue_date"], number, -row["total_minor"]))
        found.append(("credit_used", None, number, row["credit_applied_minor"]))
    for row in money.payments:
        found.append(
            ("payment", row["received_on"], numbers.get(row["invoice_id"], ""), row["amount_minor"])
        )
    for done in money.work:
        found.append(("work_done", None, done.item_key, -(done.net_minor + done.tax_minor)))
    return found


def _kill_fee_steps(money: Position) -> list[_Step]:
    """What a kill fee took out of a retainer moves nothing: it was deposited, and it is owed."""
    fee = money.kill_fee
    if fee is None:
        on = money.ended["ends_on"] if money.ended else None
        return [("kill_fee", on, "", -money.expected_kill_fee_minor)]
    found: list[_Step] = [("kill_fee", fee["claimed_on"], "", -fee["amount_minor"])]
    for row in money.kill_fee_entries:
        if row["kind"] != "offset":
            kind = "kill_fee_waived" if row["kind"] == "waiver" else "kill_fee_paid"
            found.append((kind, row["effective_on"], row["note"], row["amount_minor"]))
    return found
