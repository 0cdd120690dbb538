"""What may still be credited of an invoice."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db.queries import credit_notes as queries
from db.queries import invoices as invoice_queries
from db.unit_of_work import UnitOfWork, read_only
from services.actor import MEMBERS, Actor
from services.invoices.numbers import open_minor, retained_minor
from services.rules.credit_notes import InvoicedLine, InvoiceStanding
from services.rules.errors import NotFound, RuleViolation


@dataclass(frozen=True, slots=True)
class CreditableLine:
    """What may be credited of one line."""

    position: int
    title: str
    net_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class Creditable:
    """The most that may be credited: in total with tax, by line, and what of it would come back to the client."""

    invoice_id: UUID
    currency: str
    total_minor: int
    open_minor: int
    retained_minor: int
    paid_back_minor: int
    lines: tuple[CreditableLine, ...]


async def creditable(actor: Actor, invoice_id: UUID) -> Creditable:
    """What may be credited now of an issued invoice. Raises `Forbidden`, `NotFound`, `RuleViolation` (INVOICE_NOT_ISSUED)."""
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        invoice = await invoice_queries.invoice_by_id(uow, invoice_id)
        invoice = require_issued(invoice)
        rows = await invoice_queries.lines_of(uow, [invoice_id])
        standing = await standing_of(uow, invoice)
    return Creditable(
        invoice_id,
        invoice["currency"],
        standing.creditable_minor,
        min(standing.open_minor, standing.creditable_minor),
        min(standing.retained_minor, max(0, standing.creditable_minor - standing.open_minor)),
        standing.paid_back_minor,
        tuple(
            CreditableLine(
                row["position"],
                row["title"],
                row["net_minor"] - row["credited_net_minor"],
                row["tax_minor"] - row["credited_tax_minor"],
            )
            for row in rows
        ),
    )


def require_issued(invoice: Any) -> Any:
    """The invoice again. Raises `NotFound`, `RuleViolation` (INVOICE_NOT_ISSUED)."""
    if invoice is None:
        raise NotFound("No invoice with this id.", field="invoiceId")
    if invoice["status"] != "issued":
        raise RuleViolation("The invoice is not issued.", code="INVOICE_NOT_ISSUED")
    return invoice


async def standing_of(uow: UnitOfWork, invoice: Any) -> InvoiceStanding:
    """The sums of an issued invoice that limit a credit."""
    return InvoiceStanding(
        total_minor=invoice["total_minor"],
        open_minor=open_minor(invoice),
        retained_minor=retained_minor(invoice),
        credited_minor=invoice["credited_total_minor"],
        written_off_minor=invoice["written_off_minor"],
        refunded_minor=await queries.refunded_of_invoice(uow, invoice["id"]),
    )


def invoiced_line(row: Any) -> InvoicedLine:
    """A line as the rule takes it."""
    return InvoicedLine(
        row["position"],
        row["net_minor"],
        row["tax_code"],
        row["tax_bps"],
        row["tax_minor"],
        row["credited_net_minor"],
        row["credited_tax_minor"],
    )
