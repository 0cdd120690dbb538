"""Invoices and their lines."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Self
from uuid import UUID

import strawberry

from db.queries import invoices as queries
from db.queries import payments as payment_queries
from db.queries import retainers as retainer_queries
from db.unit_of_work import UnitOfWork, read_only
from schema.clients import Client, client_loader
from schema.context import Info
from schema.errors import Payload, refusals_as
from schema.newest import newest
from schema.payments import Payment
from schema.relay import Connection, Keyset, Node, decode_id, encode_id, fetches
from schema.retainers import Drawdown, money
from schema.scalars import Money
from services import invoices
from services.actor import MEMBERS

INVOICES_NEWEST_FIRST = Keyset("invoices.drafted", (UUID,))


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


@strawberry.type(description="One accepted item on an invoice.")
class InvoiceLine:
    """Stands as it was drafted."""

    position: int = strawberry.field(description="From 1.")
    item_key: str = strawberry.field(description="The scope item it bills.")
    title: str = strawberry.field(description="What it is.")
    net: Money = strawberry.field(description="Before tax.")
    tax_code: str = strawberry.field(description="Its tax category.")
    tax_bps: int = strawberry.field(description="Its tax rate in basis points.")
    tax: Money = strawberry.field(description="Its share of the tax.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            position=row["position"],
            item_key=row["item_key"],
            title=row["title"],
            net=money(row["net_minor"], row["currency"]),
            tax_code=row["tax_code"],
            tax_bps=row["tax_bps"],
            tax=money(row["tax_minor"], row["currency"]),
        )


@strawberry.type(description="A bill for accepted items. Once issued it stands.")
class Invoice(Node):
    """What is paid and drawn moves, and nothing else."""

    row: strawberry.Private[Any]
    number: str | None = strawberry.field(
        description="Such as 2026-0001; runs by year without gaps. Null before it is issued."
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
    open: Money = strawberry.field(description="What is still to be paid by the due date.")
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
        sums = ("net", "tax", "total", "retention", "payable", "paid", "drawn")
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


@strawberry.type
class InvoiceQuery:
    """Mixed into Query."""

    @strawberry.field(description="Invoices, newest first; of one client or one engagement.")
    async def invoices(
        self,
        info: Info,
        *,
        client_id: strawberry.ID | None = None,
        engagement_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Invoice]:
        """All invoices that fit, drafts among them."""
        page = INVOICES_NEWEST_FIRST.page(first, after, last, before)
        return await newest(
            info, "invoice", page, Invoice.of, client_id=client_id, engagement_id=engagement_id
        )


@strawberry.input(description="Accepted items to bill.")
class DraftInvoiceInput:
    """Without keys: every accepted item with a fee that is not billed yet."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    item_keys: list[str] | None = strawberry.field(
        default=None, description="Items of the current scope version, each accepted."
    )
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="A draft to issue.")
class IssueInvoiceInput:
    """It gets the next number of the year."""

    invoice_id: strawberry.ID = strawberry.field(description="The draft.")
    issue_date: date | None = strawberry.field(
        default=None, description="Its date; today where it is left out."
    )
    expected_version: int = strawberry.field(description="The version you saw.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="A draft to put away.")
class DiscardInvoiceInput:
    """Its items can be billed again."""

    invoice_id: strawberry.ID = strawberry.field(description="The draft.")
    expected_version: int = strawberry.field(description="The version you saw.")


@strawberry.type(description="The invoice, or why not.")
class InvoicePayload(Payload):
    """Answer of mutations of invoices."""

    invoice: Invoice | None = strawberry.field(default=None, description="As it is now.")


async def _payload(info: Info, invoice_id: UUID) -> InvoicePayload:
    async with read_only(info.context.actor.scope()) as uow:
        (row,) = await queries.invoices_by_ids(uow, [invoice_id])
    return InvoicePayload(invoice=Invoice.of(row))


@strawberry.type
class InvoiceMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(description="Draft an invoice of accepted items. For owner and staff.")
    @refusals_as(InvoicePayload)
    async def draft_invoice(self, info: Info, input: DraftInvoiceInput) -> InvoicePayload:
        """Each item is billed once."""
        invoice_id = await invoices.draft_invoice(
            info.context.actor,
            decode_id("Engagement", input.engagement_id, "engagementId"),
            item_keys=input.item_keys,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _payload(info, invoice_id)

    @strawberry.mutation(
        description="Issue a draft: number, due date, ledger, mail. For owner and staff."
    )
    @refusals_as(InvoicePayload)
    async def issue_invoice(self, info: Info, input: IssueInvoiceInput) -> InvoicePayload:
        """From then on it stands."""
        invoice_id = await invoices.issue_invoice(
            info.context.actor,
            decode_id("Invoice", input.invoice_id, "invoiceId"),
            issue_date=input.issue_date,
            expected_version=input.expected_version,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _payload(info, invoice_id)

    @strawberry.mutation(description="Put a draft away. For owner and staff.")
    @refusals_as(InvoicePayload)
    async def discard_invoice(self, info: Info, input: DiscardInvoiceInput) -> InvoicePayload:
        """An issued invoice stands."""
        invoice_id = await invoices.discard_invoice(
            info.context.actor,
            decode_id("Invoice", input.invoice_id, "invoiceId"),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return await _payload(info, invoice_id)
