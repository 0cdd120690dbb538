"""What the lines of a statement may be: the rows that the rule needs, gathered once for many lines."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from db.queries import bank_statements as queries
from db.unit_of_work import UnitOfWork, read_only
from services.actor import MEMBERS, Actor
from services.invoices.numbers import number_of, open_minor
from services.refunds.numbers import number_of as refund_number_of
from services.retainers.papers import number_of as request_number_of
from services.rules.bank_statements import BankLine, Candidate, Suggestion, suggestions
from services.rules.money import Money

_WENT_BACK_WITHIN: Final = timedelta(days=100)
"""A direct debit may be charged back for eight weeks, or thirteen months where it was never agreed; a transfer for days."""
_AROUND: Final = timedelta(days=10)


async def suggested_matches(
    actor: Actor, line_ids: Sequence[UUID]
) -> dict[UUID, tuple[Suggestion, ...]]:
    """The best suggestions for each of these lines that is open; nothing is stored. Raises `Forbidden`."""
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        rows = await queries.lines_by_ids(uow, line_ids)
        return await suggest(uow, [row for row in rows if row["status"] == "open"])


async def suggest(uow: UnitOfWork, rows: Sequence[Any]) -> dict[UUID, tuple[Suggestion, ...]]:
    """The same for rows of lines, in the caller's transaction."""
    if not rows:
        return {}
    candidates = await _candidates(uow, [row["booked_on"] for row in rows])
    payers = await queries.clients_by_account(
        uow, sorted({row["counterparty_account"] for row in rows})
    )
    rejected: dict[UUID, list[str]] = {}
    for each in await queries.rejected_keys(uow, [row["id"] for row in rows]):
        rejected.setdefault(each["line_id"], []).append(each["suggestion_key"])
    return {
        row["id"]: suggestions(_line(row, payers), candidates, rejected=rejected.get(row["id"], ()))
        for row in rows
    }


def _line(row: Any, payers: Mapping[str, set[UUID]]) -> BankLine:
    original = None
    if row["original_minor"] is not None:
        original = Money(row["original_minor"], row["original_currency"])
    return BankLine(
        Money(row["amount_minor"], row["currency"]),
        row["booked_on"],
        row["text"],
        row["counterparty"],
        row["reference"],
        row["end_to_end_id"],
        original,
        row["charge_minor"],
        frozenset(payers.get(row["counterparty_account"], ())),
    )


async def _candidates(uow: UnitOfWork, days: Sequence[date]) -> list[Candidate]:
    found = [
        Candidate(
            "invoices",
            row["id"],
            number_of(row),
            row["client_id"],
            row["client_name"],
            Money(open_minor(row), row["currency"]),
            row["due_date"],
        )
        for row in await queries.open_invoices(uow)
        if open_minor(row) > 0
    ]
    found += [
        Candidate(
            "request",
            row["id"],
            request_number_of(row["number"]),
            row["client_id"],
            row["client_name"],
            Money(row["amount_minor"] - row["received_minor"], row["currency"]),
            row["due_on"],
        )
        for row in await queries.open_requests(uow)
    ]
    found += [
        Candidate(
            "refund",
            row["id"],
            refund_number_of(row["number"]),
            row["client_id"],
            row["client_name"],
            Money(row["amount_minor"], row["currency"]),
            row["decided_on"],
        )
        for row in await queries.payable_refunds(uow)
    ]
    first, last = min(days), max(days)
    found += [
        Candidate(
            "reversed_payment",
            row["id"],
            "",
            row["client_id"],
            row["client_name"],
            Money(row["amount_minor"], row["currency"]),
            row["received_on"],
        )
        for row in await queries.reversible_payments(uow, first - _WENT_BACK_WITHIN, last)
    ]
    found += [
        Candidate(
            row["kind"],
            row["id"],
            row["number"],
            row["client_id"],
            row["client_name"],
            Money(row["amount_minor"], row["currency"]),
            row["on_date"],
        )
        for row in await queries.recorded_movements(uow, first - _AROUND, last + _AROUND)
    ]
    return found
