"""An issued invoice or credit note as a file for other people's programs (Peppol BIS Billing 3.0, EN 16931).

Everything is gathered from what is stored: the lines as they were issued, the practice and the client as they are written now.
What is missing is named before anything is written, so that it can be filled in. Drawn retainers are told as prepaid; a retention,
for which the standard has no place, in the terms.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

from contracts import formats
from db.queries import billing as billing_queries
from db.queries import clients as client_queries
from db.queries import credit_notes as credit_note_queries
from db.queries import engagements as engagement_queries
from db.queries import invoices as invoice_queries
from db.queries import practices as practice_queries
from db.unit_of_work import UnitOfWork, read_only
from services import links
from services.actor import MEMBERS, Actor
from services.credit_notes.standing import require_issued
from services.engagements import number_of as engagement_number_of
from services.invoices.numbers import number_of
from services.rules.einvoices import (
    EInvoice,
    EInvoiceAllowance,
    EInvoiceKind,
    EInvoiceLine,
    PaymentInstruction,
    PostalAddress,
    TradeParty,
    missing_parts,
    write_einvoice,
)
from services.rules.errors import Forbidden, NotFound
from services.rules.taxes import TaxSubtotal

_UNITS: Final = {"": "C62", "hour": "HUR", "hours": "HUR", "time": "HUR", "timer": "HUR", "day": "DAY", "days": "DAY", "dag": "DAY", "dage": "DAY"}  # fmt: skip
_EXEMPTIONS: Final = {
    "AE": "Reverse charge, article 196 of directive 2006/112/EC",
    "K": "Intra-Community supply, article 138 of directive 2006/112/EC",
    "G": "Export, article 146 of directive 2006/112/EC",
    "E": "Exempt from VAT",
    "O": "Outside the scope of VAT",
}
"""Why a category bears no tax, as BT-120 says it."""
_DANISH_ACCOUNT: Final = re.compile(r"\b([0-9]{4})[ -]?([0-9]{6,10})\b", re.ASCII)
_RETAINED: Final = {
    "en": "Due on {due}. Of this, {amount} is retained until the whole work is accepted.",
    "da": "Forfald {due}. Heraf tilbageholdes {amount}, indtil hele arbejdet er godkendt.",
}


FileKind = Literal["invoice", "credit"]
"""Of what a file is: an invoice, or a credit note."""


@dataclass(frozen=True, slots=True)
class EInvoiceFile:
    """The file: what it may be called, and what is in it."""

    name: str
    content: bytes


async def problems_of_invoice(actor: Actor, invoice_id: UUID) -> tuple[tuple[str, str], ...]:
    """What an issued invoice lacks to be sent electronically, as (field, sentence). Raises what `invoice_file` raises."""
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        return missing_parts(await _invoice(uow, invoice_id))


async def problems_of_credit_note(actor: Actor, note_id: UUID) -> tuple[tuple[str, str], ...]:
    """What a credit note lacks to be sent electronically. Raises `Forbidden`, `NotFound`."""
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        return missing_parts(await _credit_note(uow, note_id))


async def invoice_file(actor: Actor, invoice_id: UUID) -> EInvoiceFile:
    """The XML of an issued invoice.

    Raises `Forbidden`, `NotFound`, `RuleViolation` (INVOICE_NOT_ISSUED), `InvalidInput` (EINVOICE_INCOMPLETE with `problems`).
    """
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        return _file(await _invoice(uow, invoice_id))


async def credit_note_file(actor: Actor, note_id: UUID) -> EInvoiceFile:
    """The XML of a credit note. Raises `Forbidden`, `NotFound`, `InvalidInput` (EINVOICE_INCOMPLETE with `problems`)."""
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        return _file(await _credit_note(uow, note_id))


def link_to(actor: Actor, kind: FileKind, subject_id: UUID, *, now: datetime) -> str:
    """A signed link to the file, good for a quarter of an hour. Raises `Forbidden`."""
    actor.require(*MEMBERS)
    if actor.member_id is None:
        raise Forbidden("Files are for members of the practice.")
    name = f"{kind}-{subject_id}.xml"
    token = links.export_token(actor.tenant_id, actor.member_id, name, now=now)
    return links.portal_url(f"/einvoices/{token}/{name}")


async def open_link(token: str, name: str, *, now: datetime) -> EInvoiceFile:
    """The file that a link was signed for, as the accountant would get it.

    Raises `NotFound` (LINK_INVALID), and what `invoice_file` and `credit_note_file` raise.
    """
    tenant_id, member_id = links.read_export_token(token, name, now=now)
    actor = Actor(tenant_id, "accountant", member_id=member_id, request_id="einvoice-link")
    kind, _, rest = name.partition("-")
    try:
        subject_id = UUID(rest.removesuffix(".xml"))
    except ValueError:
        raise links.no_such_link() from None
    if kind == "credit":
        return await credit_note_file(actor, subject_id)
    return await invoice_file(actor, subject_id)


def _file(document: EInvoice) -> EInvoiceFile:
    kind = "credit-note" if document.kind is EInvoiceKind.CREDIT_NOTE else "invoice"
    return EInvoiceFile(f"{kind}-{document.number.lower()}.xml", write_einvoice(document))


async def _invoice(uow: UnitOfWork, invoice_id: UUID) -> EInvoice:
    invoice = require_issued(await invoice_queries.invoice_by_id(uow, invoice_id))
    lines = await invoice_queries.lines_of(uow, [invoice_id])
    allowances = await billing_queries.allowances_of(uow, [invoice_id])
    engagement, practice, client = await _around(uow, invoice)
    delivered = [row["acceptance_id"] for row in lines if row["acceptance_id"]]
    return EInvoice(
        kind=EInvoiceKind.INVOICE,
        number=number_of(invoice),
        issue_date=invoice["issue_date"],
        due_date=invoice["due_date"],
        currency=invoice["currency"],
        seller=_seller(practice),
        buyer=await _buyer(uow, client),
        lines=tuple(_line(row) for row in lines),
        subtotals=_subtotals(lines),
        allowances=_allowances(lines, ", ".join(row["reason"] for row in allowances)),
        buyer_reference=client["buyer_reference"] or engagement_number_of(engagement),
        contract_reference=engagement_number_of(engagement),
        terms=_terms(invoice, engagement["locale"]),
        payment=_payment(practice, number_of(invoice)),
        prepaid_minor=invoice["drawn_minor"],
        delivered_on=await _delivered_on(uow, delivered, lines, invoice["issue_date"]),
        exemptions=tuple(_EXEMPTIONS.items()),
    )


async def _credit_note(uow: UnitOfWork, note_id: UUID) -> EInvoice:
    found = await credit_note_queries.credit_notes_by_ids(uow, [note_id])
    if not found:
        raise NotFound("No credit note with this id.", field="creditNoteId")
    note = found[0]
    invoice = await invoice_queries.invoice_by_id(uow, note["invoice_id"])
    assert invoice is not None
    lines = await credit_note_queries.lines_of(uow, [note_id])
    engagement, practice, client = await _around(uow, note)
    return EInvoice(
        kind=EInvoiceKind.CREDIT_NOTE,
        number=number_of(note),
        issue_date=note["issue_date"],
        due_date=note["issue_date"],
        currency=note["currency"],
        seller=_seller(practice),
        buyer=await _buyer(uow, client),
        lines=tuple(
            EInvoiceLine(
                str(row["position"]),
                row["title"],
                row["net_minor"],
                row["tax_code"],
                row["tax_bps"],
                item_key=row["item_key"] or "",
            )
            for row in lines
        ),
        subtotals=_subtotals(lines),
        buyer_reference=client["buyer_reference"] or engagement_number_of(engagement),
        contract_reference=engagement_number_of(engagement),
        preceding=((number_of(invoice), invoice["issue_date"]),),
        note=" ".join(note["reason"].split()),
        delivered_on=await _delivered_on(uow, [], lines, note["issue_date"]),
        exemptions=tuple(_EXEMPTIONS.items()),
    )


async def _around(uow: UnitOfWork, of: Any) -> tuple[Any, Any, Any]:
    engagement = await engagement_queries.engagement_by_id(uow, of["engagement_id"])
    practice = await practice_queries.practice(uow)
    client = await client_queries.client_by_id(uow, of["client_id"])
    return engagement, practice, client


def _line(row: Any) -> EInvoiceLine:
    # What comes off the whole is told once for the document, so a line stands before its part of it.
    return EInvoiceLine(
        str(row["position"]),
        row["title"],
        row["net_minor"] + row["allowance_minor"],
        row["tax_code"],
        row["tax_bps"],
        row["quantity"] if row["quantity"] is not None else Decimal(1),
        _UNITS.get(row["unit"].lower(), "C62"),
        item_key=row["item_key"] or "",
        allowance_minor=row["discount_minor"],
        allowance_reason=row["discount_reason"],
    )


def _subtotals(lines: Iterable[Any]) -> tuple[TaxSubtotal, ...]:
    sums: dict[tuple[str, int], tuple[int, int]] = {}
    for row in lines:
        net, tax = sums.get((row["tax_code"], row["tax_bps"]), (0, 0))
        sums[row["tax_code"], row["tax_bps"]] = net + row["net_minor"], tax + row["tax_minor"]
    return tuple(TaxSubtotal(*key, net, tax) for key, (net, tax) in sorted(sums.items()))


def _allowances(lines: Iterable[Any], reason: str) -> tuple[EInvoiceAllowance, ...]:
    sums: dict[tuple[str, int], int] = {}
    for row in lines:
        key = row["tax_code"], row["tax_bps"]
        sums[key] = sums.get(key, 0) + row["allowance_minor"]
    return tuple(
        EInvoiceAllowance(reason, amount_minor, *key)
        for key, amount_minor in sorted(sums.items())
        if amount_minor
    )


def _address(row: Any) -> PostalAddress:
    """The parts; without a street the lines of the whole address."""
    written = [line.strip() for line in row["address"].splitlines() if line.strip()]
    street = row["street"] or (written[0] if written else "")
    additional = "" if row["street"] else ", ".join(written[1:])
    return PostalAddress(row["country"], street, additional, row["city"], row["postal_code"])


def _party(row: Any, *, contact_name: str, phone: str, email: str) -> TradeParty:
    is_danish = row["country"] == "DK"
    number = row["registration_number"]
    return TradeParty(
        row["legal_name"] or row["name"],
        _address(row),
        row["endpoint_id"],
        row["endpoint_scheme"],
        row["vat_number"],
        number,
        "0184" if is_danish and number else "",
        contact_name,
        phone,
        email,
    )


def _seller(practice: Any) -> TradeParty:
    return _party(
        practice, contact_name=practice["name"], phone=practice["phone"], email=practice["email"]
    )


async def _buyer(uow: UnitOfWork, client: Any) -> TradeParty:
    contacts = await client_queries.contacts_of(uow, [client["id"]])
    payer = next((row for row in contacts if row["is_active"] and "billing" in row["roles"]), None)
    return _party(
        client,
        contact_name=payer["name"] if payer else "",
        phone=payer["phone"] if payer else "",
        email=payer["email"] if payer else client["email"],
    )


def _payment(practice: Any, reference: str) -> PaymentInstruction | None:
    name = practice["legal_name"] or practice["name"]
    if practice["iban"]:
        return PaymentInstruction(practice["iban"], account_name=name, reference=reference)
    danish = _DANISH_ACCOUNT.search(practice["bank_account"])
    if practice["country"] == "DK" and danish is not None:
        return PaymentInstruction(danish[2].zfill(10), danish[1], name, reference)
    return None


def _terms(invoice: Any, locale: str) -> str:
    if not invoice["retention_minor"]:
        return ""
    amount = formats.money(
        {"amount_minor": invoice["retention_minor"], "currency": invoice["currency"]}, locale
    )
    return _RETAINED[locale].format(
        due=formats.date(invoice["due_date"].isoformat(), locale), amount=amount
    )


async def _delivered_on(
    uow: UnitOfWork, acceptance_ids: list[UUID], lines: Iterable[Any], otherwise: date
) -> date | None:
    """When it was delivered: the last acceptance; asked for where goods or services go to another member state."""
    if all(row["tax_code"] != "K" for row in lines):
        return None
    last: date | None = await uow.fetchval(
        "select max(accepted_on) from acceptance where tenant_id = $1 and id = any($2)",
        uow.tenant_id, acceptance_ids,
    )  # fmt: skip
    return last or otherwise
