"""Credit notes, the use of kept credit, write-offs, and the electronic file of either paper."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Self
from uuid import UUID

import strawberry

from db.queries import credit_notes as queries
from db.unit_of_work import UnitOfWork, read_only
from schema.context import Info
from schema.documents import Document, document_loader
from schema.errors import Payload, refusals_as
from schema.relay import Node, decode_id, encode_id, fetches
from schema.retainers import money
from schema.scalars import Money, MoneyInput
from services import credit_notes, einvoices, write_offs
from services.actor import MEMBERS
from services.invoices.numbers import number_of


@strawberry.enum(description="Why an invoice is credited.")
class CreditReason(Enum):
    """The reasons of `services.rules.credit_notes`."""

    ERROR = strawberry.enum_value("error", description="The invoice was wrong.")
    QUALITY = strawberry.enum_value("quality", description="The work was not as agreed.")
    GOODWILL = strawberry.enum_value("goodwill", description="A kindness.")
    DESCOPING = strawberry.enum_value("descoping", description="Less was wanted.")
    TERMINATION = strawberry.enum_value("termination", description="The work ended early.")
    DISCOUNT = strawberry.enum_value("discount", description="A discount agreed afterwards.")


@strawberry.type(description="A part that the standard demands and that is missing.")
class EInvoiceProblem:
    """Fill it in and ask again."""

    field: str = strawberry.field(description="What is missing, such as buyer.endpointId.")
    message: str = strawberry.field(description="Why it is needed, with the rule's name.")


@strawberry.type(description="An invoice or credit note as Peppol BIS Billing 3.0 (EN 16931).")
class ElectronicInvoice:
    """The file, or what it lacks."""

    url: str | None = strawberry.field(
        description="The XML, by a link that is good for a quarter of an hour; null where something is missing."
    )
    problems: list[EInvoiceProblem] = strawberry.field(description="What is missing.")

    @classmethod
    def of(
        cls,
        info: Info,
        kind: einvoices.FileKind,
        subject_id: UUID,
        problems: Sequence[tuple[str, str]],
    ) -> Self:
        """With a fresh link where nothing is missing."""
        url = None
        if not problems:
            url = einvoices.link_to(info.context.actor, kind, subject_id, now=info.context.now)
        return cls(
            url=url, problems=[EInvoiceProblem(field=at, message=said) for at, said in problems]
        )


@strawberry.type(description="What a credit note takes back of one line of its invoice.")
class CreditNoteLine:
    """With its part of the tax."""

    position: int = strawberry.field(description="From 1.")
    invoice_position: int = strawberry.field(description="The line of the invoice.")
    title: str = strawberry.field(description="What it is.")
    net: Money = strawberry.field(description="Before tax.")
    tax_code: str = strawberry.field(description="Its tax category.")
    tax_bps: int = strawberry.field(description="Its tax rate in basis points.")
    tax: Money = strawberry.field(description="The tax taken back.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            position=row["position"],
            invoice_position=row["invoice_position"],
            title=row["title"],
            net=money(row["net_minor"], row["currency"]),
            tax_code=row["tax_code"],
            tax_bps=row["tax_bps"],
            tax=money(row["tax_minor"], row["currency"]),
        )


@strawberry.type(description="Kept credit that was used on an invoice.")
class CreditApplication:
    """It lowers what the invoice owes."""

    credit_note_id: strawberry.ID = strawberry.field(description="Whose credit.")
    invoice_id: strawberry.ID = strawberry.field(description="The invoice it paid.")
    amount: Money = strawberry.field(description="How much.")
    effective_on: date = strawberry.field(description="When it counts.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            credit_note_id=encode_id("CreditNote", row["credit_note_id"]),
            invoice_id=encode_id("Invoice", row["invoice_id"]),
            amount=money(row["amount_minor"], row["currency"]),
            effective_on=row["effective_on"],
        )


@strawberry.type(description="Paper that reduces an issued invoice. It is never changed.")
class CreditNote(Node):
    """First it lowers what the invoice owes, then what is retained; the rest was paid."""

    row: strawberry.Private[Any]
    number: str = strawberry.field(description="Such as CN-2026-0001; runs by year without gaps.")
    invoice_id: strawberry.ID = strawberry.field(description="The invoice it reduces.")
    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    issue_date: date = strawberry.field(description="Its date.")
    reason_kind: CreditReason = strawberry.field(description="Why, in one word.")
    reason: str = strawberry.field(description="Why.")
    net: Money = strawberry.field(description="Before tax.")
    tax: Money = strawberry.field(description="The tax taken back.")
    total: Money = strawberry.field(description="Net and tax.")
    open_part: Money = strawberry.field(description="What it lowered of what the invoice owed.")
    retention_part: Money = strawberry.field(description="What it lowered of what is retained.")
    kept: Money = strawberry.field(description="What the client keeps for other invoices.")
    applied: Money = strawberry.field(description="What of that was used.")
    refund: Money = strawberry.field(description="What is to be refunded.")
    refunded: Money = strawberry.field(description="What of that went back.")
    created_at: datetime = strawberry.field(description="When it was issued.")

    @strawberry.field(description="What it takes back.")
    async def lines(self, info: Info) -> list[CreditNoteLine]:
        """Read for all credit notes of an answer at once."""
        return await info.context.children(
            "credit_note.lines", "credit_note_id", queries.lines_of, CreditNoteLine.of
        ).load(self.row["id"])

    @strawberry.field(description="Where its credit was used, by date.")
    async def applications(self, info: Info) -> list[CreditApplication]:
        """Read for all credit notes of an answer at once."""

        async def read(uow: UnitOfWork, ids: Sequence[UUID]) -> list[Any]:
            return await queries.applications_of(uow, note_ids=ids)

        return await info.context.children(
            "credit_note.applications", "credit_note_id", read, CreditApplication.of
        ).load(self.row["id"])

    @strawberry.field(description="Its numbered paper.")
    async def document(self, info: Info) -> Document | None:
        """The frozen file."""
        return await document_loader(info).load(self.row["document_id"])

    @strawberry.field(description="It as an electronic credit note.")
    async def einvoice(self, info: Info) -> ElectronicInvoice:
        """The file, or what it lacks."""
        problems = await einvoices.problems_of_credit_note(info.context.actor, self.row["id"])
        return ElectronicInvoice.of(info, "credit", self.row["id"], problems)

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        sums = (
            "net", "tax", "total", "open_part", "retention_part", "kept", "applied", "refund", "refunded",
        )  # fmt: skip
        return cls(
            id=encode_id("CreditNote", row["id"]),
            row=row,
            number=number_of(row),
            invoice_id=encode_id("Invoice", row["invoice_id"]),
            engagement_id=encode_id("Engagement", row["engagement_id"]),
            issue_date=row["issue_date"],
            reason_kind=CreditReason(row["reason_kind"]),
            reason=row["reason"],
            created_at=row["created_at"],
            **{name: money(row[f"{name}_minor"], row["currency"]) for name in sums},
        )


@strawberry.type(description="What is given up of an invoice as bad debt.")
class WriteOff(Node):
    """Taken back when money comes after all."""

    invoice_id: strawberry.ID = strawberry.field(description="The invoice.")
    amount: Money = strawberry.field(description="What was given up, with tax.")
    tax: Money = strawberry.field(description="The tax in it that is claimed back.")
    reason: str = strawberry.field(description="Why.")
    written_off_on: date = strawberry.field(description="When it counts.")
    reversed_on: date | None = strawberry.field(description="When it was taken back.")
    reversal_reason: str = strawberry.field(description="Why it was taken back.")
    version: int = strawberry.field(description="Send it back as `expectedVersion` to change it.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            id=encode_id("WriteOff", row["id"]),
            invoice_id=encode_id("Invoice", row["invoice_id"]),
            amount=money(row["amount_minor"], row["currency"]),
            tax=money(row["tax_minor"], row["currency"]),
            reason=row["reason"],
            written_off_on=row["written_off_on"],
            reversed_on=row["reversed_on"],
            reversal_reason=row["reversal_reason"],
            version=row["version"],
        )


@fetches("CreditNote")
async def _credit_notes(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        return {
            row["id"]: CreditNote.of(row) for row in await queries.credit_notes_by_ids(uow, ids)
        }


@fetches("WriteOff")
async def _write_offs(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        return {row["id"]: WriteOff.of(row) for row in await queries.write_offs_by_ids(uow, ids)}


@strawberry.type(description="What may still be credited of one line.")
class CreditableLine:
    """By its position on the invoice."""

    position: int = strawberry.field(description="From 1.")
    title: str = strawberry.field(description="What it is.")
    net: Money = strawberry.field(description="Before tax.")
    tax: Money = strawberry.field(description="The tax in it.")


@strawberry.type(description="The most that may be credited of an issued invoice now.")
class Creditable:
    """Look here before issuing a credit note."""

    total: Money = strawberry.field(description="The most a credit note may come to, with tax.")
    open_part: Money = strawberry.field(description="What of that lowers what the invoice owes.")
    retention_part: Money = strawberry.field(description="What of that lowers what is retained.")
    paid_back: Money = strawberry.field(
        description="What of that was paid: the most to be kept, offset or refunded."
    )
    lines: list[CreditableLine] = strawberry.field(description="By line.")


@strawberry.type
class CreditNoteQuery:
    """Mixed into Query."""

    @strawberry.field(description="The most that may be credited of an issued invoice.")
    async def creditable(self, info: Info, invoice_id: strawberry.ID) -> Creditable:
        """By line and in total."""
        found = await credit_notes.creditable(
            info.context.actor, decode_id("Invoice", invoice_id, "invoiceId")
        )
        return Creditable(
            total=money(found.total_minor, found.currency),
            open_part=money(found.open_minor, found.currency),
            retention_part=money(found.retained_minor, found.currency),
            paid_back=money(found.paid_back_minor, found.currency),
            lines=[
                CreditableLine(
                    position=line.position,
                    title=line.title,
                    net=money(line.net_minor, found.currency),
                    tax=money(line.tax_minor, found.currency),
                )
                for line in found.lines
            ],
        )


@strawberry.input(description="So much of one line.")
class CreditLineInput:
    """Without an amount all that is left of it."""

    position: int = strawberry.field(description="The line's position on the invoice.")
    net: MoneyInput | None = strawberry.field(default=None, description="Before tax.")


@strawberry.input(description="So much of the credit onto another open invoice of the client.")
class CreditOffsetInput:
    """Only what was paid of the credited invoice can be offset."""

    invoice_id: strawberry.ID = strawberry.field(description="The invoice that gets it.")
    amount: MoneyInput = strawberry.field(description="How much.")


@strawberry.input(description="A credit note to an issued invoice.")
class IssueCreditNoteInput:
    """What was paid and is neither refunded nor offset is kept as the client's credit."""

    invoice_id: strawberry.ID = strawberry.field(description="The invoice.")
    lines: list[CreditLineInput] | None = strawberry.field(
        default=None, description="What to credit; all that is left where it is left out."
    )
    reason_kind: CreditReason = strawberry.field(description="Why, in one word.")
    reason: str = strawberry.field(description="Why; it is printed.")
    refund: MoneyInput | None = strawberry.field(
        default=None, description="What of the paid part is set aside for a refund."
    )
    offsets: list[CreditOffsetInput] = strawberry.field(
        default_factory=list, description="What of the paid part goes onto other invoices."
    )
    issue_date: date | None = strawberry.field(
        default=None, description="Its date; today where it is left out."
    )
    series_id: strawberry.ID | None = strawberry.field(
        default=None, description="A series of credit notes; the standard one where it is left out."
    )
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The credit note, or why not.")
class CreditNotePayload(Payload):
    """Answer of mutations of credit notes."""

    credit_note: CreditNote | None = strawberry.field(default=None, description="As it is now.")


@strawberry.input(description="Kept credit to use on an open invoice of the client.")
class ApplyCreditInput:
    """Without an amount as much as both sides allow."""

    credit_note_id: strawberry.ID = strawberry.field(description="Whose credit.")
    invoice_id: strawberry.ID = strawberry.field(description="The invoice.")
    amount: MoneyInput | None = strawberry.field(default=None, description="How much.")
    on: date = strawberry.field(description="When it counts; not in the future.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="What to give up of an issued invoice.")
class WriteOffInvoiceInput:
    """Without an amount all that it owes."""

    invoice_id: strawberry.ID = strawberry.field(description="The invoice.")
    amount: MoneyInput | None = strawberry.field(default=None, description="How much.")
    has_tax_relief: bool = strawberry.field(
        default=False, description="Whether the tax in it is claimed back."
    )
    reason: str = strawberry.field(description="Why.")
    on: date = strawberry.field(description="When it counts; not in the future.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="A write-off to take back.")
class ReverseWriteOffInput:
    """The invoice owes again."""

    write_off_id: strawberry.ID = strawberry.field(description="The write-off.")
    reason: str = strawberry.field(description="Why.")
    on: date = strawberry.field(description="When it counts; not in the future.")
    expected_version: int = strawberry.field(description="The version you saw.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The write-off, or why not.")
class WriteOffPayload(Payload):
    """Answer of mutations of write-offs."""

    write_off: WriteOff | None = strawberry.field(default=None, description="As it is now.")


async def _note(info: Info, note_id: UUID) -> CreditNotePayload:
    async with read_only(info.context.actor.scope()) as uow:
        (row,) = await queries.credit_notes_by_ids(uow, [note_id])
    return CreditNotePayload(credit_note=CreditNote.of(row))


async def _write_off(info: Info, write_off_id: UUID) -> WriteOffPayload:
    async with read_only(info.context.actor.scope()) as uow:
        (row,) = await queries.write_offs_by_ids(uow, [write_off_id])
    return WriteOffPayload(write_off=WriteOff.of(row))


@strawberry.type
class CreditNoteMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(description="Credit an issued invoice. For owner and staff.")
    @refusals_as(CreditNotePayload)
    async def issue_credit_note(self, info: Info, input: IssueCreditNoteInput) -> CreditNotePayload:
        """Number, paper, ledger, mail."""
        lines = None
        if input.lines is not None:
            lines = [
                credit_notes.CreditLine(
                    each.position, each.net.to_money(f"lines.{at}.net.amount") if each.net else None
                )
                for at, each in enumerate(input.lines)
            ]
        note_id = await credit_notes.issue_credit_note(
            info.context.actor,
            decode_id("Invoice", input.invoice_id, "invoiceId"),
            lines=lines,
            reason_kind=str(input.reason_kind.value),
            reason=input.reason,
            settlement=credit_notes.Settlement(
                input.refund.to_money("refund.amount") if input.refund else None,
                [
                    credit_notes.Offset(
                        decode_id("Invoice", each.invoice_id, f"offsets.{at}.invoiceId"),
                        each.amount.to_money(f"offsets.{at}.amount.amount"),
                    )
                    for at, each in enumerate(input.offsets)
                ],
            ),
            issue_date=input.issue_date,
            series_id=None
            if input.series_id is None
            else decode_id("InvoiceSeries", input.series_id, "seriesId"),
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _note(info, note_id)

    @strawberry.mutation(description="Use kept credit on an invoice. For owner and staff.")
    @refusals_as(CreditNotePayload)
    async def apply_credit(self, info: Info, input: ApplyCreditInput) -> CreditNotePayload:
        """Dr client credit / Cr receivable."""
        note_id = decode_id("CreditNote", input.credit_note_id, "creditNoteId")
        await credit_notes.apply_credit(
            info.context.actor,
            note_id,
            decode_id("Invoice", input.invoice_id, "invoiceId"),
            amount=input.amount.to_money("amount.amount") if input.amount else None,
            on=input.on,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _note(info, note_id)

    @strawberry.mutation(description="Give up what an invoice owes. For owner and staff.")
    @refusals_as(WriteOffPayload)
    async def write_off_invoice(self, info: Info, input: WriteOffInvoiceInput) -> WriteOffPayload:
        """Bad debt."""
        write_off_id = await write_offs.write_off(
            info.context.actor,
            decode_id("Invoice", input.invoice_id, "invoiceId"),
            amount=input.amount.to_money("amount.amount") if input.amount else None,
            has_tax_relief=input.has_tax_relief,
            reason=input.reason,
            on=input.on,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _write_off(info, write_off_id)

    @strawberry.mutation(description="Take a write-off back. For owner and staff.")
    @refusals_as(WriteOffPayload)
    async def reverse_write_off(self, info: Info, input: ReverseWriteOffInput) -> WriteOffPayload:
        """The invoice owes again."""
        write_off_id = await write_offs.reverse_write_off(
            info.context.actor,
            decode_id("WriteOff", input.write_off_id, "writeOffId"),
            reason=input.reason,
            on=input.on,
            expected_version=input.expected_version,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _write_off(info, write_off_id)
