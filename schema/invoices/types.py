"""Invoices, their lines, and what happened to them."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Self
from uuid import UUID

import strawberry

from db.queries import billing as billing_queries
from db.queries import credit_notes as credit_note_queries
from db.queries import invoices as queries
from db.queries import payments as payment_queries
from db.queries import retainers as retainer_queries
from db.unit_of_work import UnitOfWork, read_only
from schema.clients import Client, client_loader
from schema.context import Info
from schema.credit_notes import CreditNote, ElectronicInvoice, WriteOff
from schema.payments.types import Payment
from schema.relay import Node, encode_id, fetches
from schema.retainers import Drawdown, money
from schema.scalars import Money
from services import einvoices, invoices
from services.actor import MEMBERS


@strawberry.enum(description="Where an invoice stands.")
class InvoiceState(Enum):
    """The states of `services.invoices.numbers`; the last three follow from what it owes."""

    DRAFT = strawberry.enum_value("draft", description="Not issued yet.")
    DISCARDED = strawberry.enum_value("discarded", description="A draft that was put away.")
    ISSUED = strawberry.enum_value("issued", description="Nothing is paid yet.")
    PART_PAID = strawberry.enum_value("part_paid", description="Some of it is paid or drawn.")
    PAID = strawberry.enum_value("paid", description="Nothing is owed by the due date any more.")
    CREDITED = strawberry.enum_value("credited", description="Credit notes took all of it back.")
    WRITTEN_OFF = strawberry.enum_value(
        "written_off", description="The rest of what it owed was given up."
    )


@strawberry.enum(description="Where a line of an invoice comes from. Each source is billed once.")
class LineSource(Enum):
    """The sources of `services.invoices.sources`."""

    ITEM = strawberry.enum_value("item", description="An accepted item of the signed scope.")
    MILESTONE = strawberry.enum_value("milestone", description="A stage of the billing plan.")
    TIME = strawberry.enum_value("time", description="Hours on an item that is signed by the hour.")
    PACKAGE = strawberry.enum_value("package", description="A package the client bought.")
    CHANGE_ORDER = strawberry.enum_value(
        "change_order", description="What a signed order changed of a fee that a plan bills."
    )
    RETAINER_PERIOD = strawberry.enum_value(
        "retainer_period", description="A period of a retainer that is billed by period."
    )
    EXPENSE = strawberry.enum_value("expense", description="What was laid out, with its receipt.")


@strawberry.type(description="What comes off a whole invoice before tax.")
class InvoiceAllowance:
    """A discount, or a voucher."""

    position: int = strawberry.field(description="From 1.")
    reason: str = strawberry.field(description="As it is printed; of a voucher its code.")
    rate_bps: int | None = strawberry.field(description="Its percentage, where it is one.")
    amount: Money = strawberry.field(description="What it takes off.")
    voucher_code: str | None = strawberry.field(description="The voucher it is of.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            position=row["position"],
            reason=row["reason"],
            rate_bps=row["rate_bps"],
            amount=money(row["amount_minor"], row["currency"]),
            voucher_code=row["voucher_code"],
        )


@strawberry.type(description="Retention that fell due.")
class RetentionRelease:
    """With a due date of its own."""

    amount: Money = strawberry.field(description="What was released.")
    effective_on: date = strawberry.field(description="When it counts.")
    due_on: date = strawberry.field(description="The last day to pay it in time.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            amount=money(row["amount_minor"], row["currency"]),
            effective_on=row["effective_on"],
            due_on=row["due_on"],
        )


@strawberry.type(description="What an invoice bills.")
class InvoiceLine:
    """Stands as it was drafted."""

    position: int = strawberry.field(description="From 1.")
    source: LineSource = strawberry.field(description="Where it comes from.")
    item_key: str | None = strawberry.field(description="The scope item it bills, if it does.")
    receipt_reference: str | None = strawberry.field(description="The receipt of an expense.")
    quantity: Decimal | None = strawberry.field(description="How much, where that is said.")
    unit: str = strawberry.field(description="Of what.")
    title: str = strawberry.field(description="What it is.")
    discount: Money = strawberry.field(description="What comes off the line itself.")
    discount_reason: str = strawberry.field(description="Why.")
    allowance: Money = strawberry.field(description="Its part of what comes off the whole.")
    net: Money = strawberry.field(description="Before tax, discounts taken off.")
    credited: Money = strawberry.field(description="What credit notes took back of it, before tax.")
    tax_code: str = strawberry.field(description="Its tax category.")
    tax_bps: int = strawberry.field(description="Its tax rate in basis points.")
    tax: Money = strawberry.field(description="Its share of the tax.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            position=row["position"],
            source=LineSource(row["source"]),
            item_key=row["item_key"],
            receipt_reference=row["receipt_reference"],
            quantity=row["quantity"],
            unit=row["unit"],
            title=row["title"],
            discount=money(row["discount_minor"], row["currency"]),
            discount_reason=row["discount_reason"],
            allowance=money(row["allowance_minor"], row["currency"]),
            credited=money(row["credited_net_minor"], row["currency"]),
            net=money(row["net_minor"], row["currency"]),
            tax_code=row["tax_code"],
            tax_bps=row["tax_bps"],
            tax=money(row["tax_minor"], row["currency"]),
        )


@strawberry.type(description="A bill for what was agreed and done. Once issued it stands.")
class Invoice(Node):
    """What is paid, drawn, credited and given up moves, and nothing else."""

    row: strawberry.Private[Any]
    number: str | None = strawberry.field(
        description="Such as 2026-0001; runs by series and year without gaps. Null before it is issued."
    )
    state: InvoiceState = strawberry.field(description="Where it stands.")
    engagement_id: strawberry.ID = strawberry.field(description="The engagement it bills.")
    issue_date: date | None = strawberry.field(description="Its date.")
    due_date: date | None = strawberry.field(description="The last day to pay in time.")
    net: Money = strawberry.field(description="Before tax.")
    tax: Money = strawberry.field(description="The tax.")
    total: Money = strawberry.field(description="Net and tax.")
    retention: Money = strawberry.field(description="What is kept back until acceptance.")
    payable: Money = strawberry.field(description="What falls due: total less retention.")
    paid: Money = strawberry.field(description="What payments paid of it.")
    drawn: Money = strawberry.field(description="What retainers paid of it.")
    discount: Money = strawberry.field(description="What all discounts and vouchers take off.")
    retention_released: Money = strawberry.field(description="What was released of the retention.")
    credited: Money = strawberry.field(
        description="What credit notes to it lowered of what it owes."
    )
    credited_total: Money = strawberry.field(
        description="What credit notes to it took back in all."
    )
    credit_applied: Money = strawberry.field(description="Kept credit that was used on it.")
    written_off: Money = strawberry.field(description="What was given up of it.")
    open: Money = strawberry.field(description="What is still to be paid.")
    version: int = strawberry.field(description="Send it back as `expectedVersion` to change it.")
    created_at: datetime = strawberry.field(description="When it was drafted.")

    @strawberry.field(description="Who owes it.")
    async def client(self, info: Info) -> Client | None:
        """The client."""
        return await client_loader(info).load(self.row["client_id"])

    @strawberry.field(description="What it bills.")
    async def lines(self, info: Info) -> list[InvoiceLine]:
        """Read for all invoices of an answer at once."""
        return await info.context.children(
            "invoice.lines", "invoice_id", queries.lines_of, InvoiceLine.of
        ).load(self.row["id"])

    @strawberry.field(description="What comes off the whole of it.")
    async def allowances(self, info: Info) -> list[InvoiceAllowance]:
        """Read for all invoices of an answer at once."""
        return await info.context.children(
            "invoice.allowances", "invoice_id", billing_queries.allowances_of, InvoiceAllowance.of
        ).load(self.row["id"])

    @strawberry.field(description="What was released of its retention, by date.")
    async def retention_releases(self, info: Info) -> list[RetentionRelease]:
        """Read for all invoices of an answer at once."""
        return await info.context.children(
            "invoice.releases", "invoice_id", credit_note_queries.releases_of, RetentionRelease.of
        ).load(self.row["id"])

    @strawberry.field(description="The credit notes to it, by number.")
    async def credit_notes(self, info: Info) -> list[CreditNote]:
        """Read for all invoices of an answer at once."""
        return await info.context.children(
            "invoice.credit_notes", "invoice_id", credit_note_queries.credit_notes_of, CreditNote.of
        ).load(self.row["id"])

    @strawberry.field(description="What was given up of it, by date.")
    async def write_offs(self, info: Info) -> list[WriteOff]:
        """Read for all invoices of an answer at once."""
        return await info.context.children(
            "invoice.write_offs", "invoice_id", credit_note_queries.write_offs_of, WriteOff.of
        ).load(self.row["id"])

    @strawberry.field(
        description="It as an electronic invoice (EN 16931, Peppol BIS Billing 3.0); null before it is issued."
    )
    async def einvoice(self, info: Info) -> ElectronicInvoice | None:
        """The file, or what it lacks."""
        if self.row["status"] != "issued":
            return None
        problems = await einvoices.problems_of_invoice(info.context.actor, self.row["id"])
        return ElectronicInvoice.of(info, "invoice", self.row["id"], problems)

    @strawberry.field(description="What came in for it, by date.")
    async def payments(self, info: Info) -> list[Payment]:
        """Read for all invoices of an answer at once."""
        return await info.context.children(
            "invoice.payments", "of_invoice_id", payment_queries.payments_of, Payment.of
        ).load(self.row["id"])

    @strawberry.field(description="Retainer money that paid it, by date.")
    async def drawdowns(self, info: Info) -> list[Drawdown]:
        """Read for all invoices of an answer at once."""

        async def read(uow: UnitOfWork, ids: Sequence[UUID]) -> list[Any]:
            return await retainer_queries.drawdowns_of(uow, invoice_ids=ids)

        return await info.context.children(
            "invoice.drawdowns", "invoice_id", read, Drawdown.of
        ).load(self.row["id"])

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        sums = (
            "net", "tax", "total", "retention", "payable", "paid", "drawn", "discount", "retention_released", "credited",
            "credited_total", "credit_applied", "written_off",
        )  # fmt: skip
        return cls(
            id=encode_id("Invoice", row["id"]),
            row=row,
            number=invoices.number_of(row) or None,
            state=InvoiceState(invoices.state_of(row)),
            engagement_id=encode_id("Engagement", row["engagement_id"]),
            issue_date=row["issue_date"],
            due_date=row["due_date"],
            open=money(invoices.open_minor(row), row["currency"]),
            version=row["version"],
            created_at=row["created_at"],
            **{name: money(row[f"{name}_minor"], row["currency"]) for name in sums},
        )


@fetches("Invoice")
async def _invoices(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        return {row["id"]: Invoice.of(row) for row in await queries.invoices_by_ids(uow, ids)}
