"""What a refund is made of: money that was never applied, work that is taken back, and the tax in it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db.queries import invoices as invoice_queries
from db.queries import refunds as queries
from db.unit_of_work import UnitOfWork
from services.invoices import numbers as invoice_numbers
from services.refunds import sources
from services.refunds.entitlements import PaymentRefund
from services.rules.errors import RuleViolation
from services.rules.money import Money, divide_half_even


@dataclass(frozen=True, slots=True)
class Parts:
    """What a refund out of a payment is made of; nothing for one out of a retainer or a credit note."""

    unapplied_minor: int = 0
    tax_minor: int = 0


async def parts_of(
    uow: UnitOfWork, source: Any, amount_minor: int, *, without: UUID | None
) -> Parts:
    """What was never applied goes back first; the rest carries the invoice's share of tax. `without` leaves a refund out.

    Raises `RuleViolation` (REFUND_OVER_INVOICE with `left_minor`) where credit notes and refunds would take back more than the whole
    invoice.
    """
    if not sources.is_payment(source):
        return Parts()
    others = [
        row
        for row in await queries.live_refunds_of(uow, source["engagement_id"])
        if row["payment_id"] is not None and row["id"] != without
    ]
    taken_minor = sum(row["unapplied_minor"] for row in others if row["payment_id"] == source["id"])
    unapplied_minor = min(amount_minor, max(0, source["unapplied_minor"] - taken_minor))
    credited_minor = amount_minor - unapplied_minor
    await _check_invoice(uow, source, credited_minor, others)
    tax_minor = divide_half_even(
        credited_minor * source["invoice_tax_minor"], source["invoice_total_minor"]
    )
    return Parts(unapplied_minor, tax_minor)


async def _check_invoice(
    uow: UnitOfWork, payment: Any, credited_minor: int, others: list[Any]
) -> None:
    if not credited_minor:
        return
    invoice = await invoice_queries.invoice_by_id(uow, payment["invoice_id"])
    assert invoice is not None
    back_minor = invoice["credited_total_minor"] + sum(
        row["amount_minor"] - row["unapplied_minor"]
        for row in others
        if row["invoice_id"] == invoice["id"]
    )
    if back_minor + credited_minor > invoice["total_minor"]:
        left_minor = invoice["total_minor"] - back_minor
        raise RuleViolation(
            f"Of the invoice {Money(left_minor, invoice['currency'])} is neither credited nor refunded.",
            code="REFUND_OVER_INVOICE",
            field="amount",
            left_minor=left_minor,
        )


async def proposed_credit(
    uow: UnitOfWork, source: Any, amount: Money, parts: Parts, number: int
) -> PaymentRefund | None:
    """The credit that a refund out of a payment agrees on; None for every other."""
    if not sources.is_payment(source):
        return None
    credited_minor = amount.amount_minor - parts.unapplied_minor
    if not credited_minor:
        return None
    invoice = await invoice_queries.invoice_by_id(uow, source["invoice_id"])
    assert invoice is not None
    return PaymentRefund(number, invoice_numbers.number_of(invoice), credited_minor)
