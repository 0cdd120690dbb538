"""Issuing a credit note: its number, its entry in the ledger, its paper, its mail, and where the credit goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from db.ids import new_id
from db.queries import credit_notes as queries
from db.queries import engagements as engagement_queries
from db.queries import invoices as invoice_queries
from db.tables.credit_notes import CreditNote, CreditNoteLine
from db.unit_of_work import UnitOfWork
from services import documents, ledger
from services.actor import MONEY, Actor
from services.credit_notes import papers
from services.credit_notes.applying import apply_to
from services.credit_notes.standing import invoiced_line, require_issued, standing_of
from services.idempotency import keyed
from services.invoices.numbers import number_of
from services.ledger import JournalDraft, Line
from services.rules import credit_notes as rules
from services.rules.errors import InvalidInput, NotFound
from services.rules.money import Money
from services.rules.movements import check_amount, check_currency, check_happened
from services.rules.text import clean_text

STANDARD_PREFIX: Final = "CN"
"""What numbers of credit notes begin with where no series is named: CN-2026-0001."""


@dataclass(frozen=True, slots=True)
class CreditLine:
    """A line of the invoice by its position; without an amount all that is left of it. `net` is before tax."""

    position: int
    net: Money | None = None


@dataclass(frozen=True, slots=True)
class Offset:
    """So much of the credit onto another open invoice of the client."""

    invoice_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True)
class Settlement:
    """What becomes of the part that was paid: refunded, offset, and the rest kept for later."""

    refund: Money | None = None
    offsets: Sequence[Offset] = ()


async def issue_credit_note(
    actor: Actor,
    invoice_id: UUID,
    *,
    lines: Sequence[CreditLine] | None = None,
    reason_kind: str,
    reason: str,
    settlement: Settlement = Settlement(),
    issue_date: date | None = None,
    series_id: UUID | None = None,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Credit these lines of an issued invoice, or all that is left of it. Answers the credit note's id.

    Raises `Forbidden`, `NotFound` (also LINE_NOT_FOUND), `InvalidInput` (REASON, DATE, TEXT_…, AMOUNT_…, CREDIT_EMPTY,
    OFFSET_INVALID), `RuleViolation` (INVOICE_NOT_ISSUED, CURRENCY_MISMATCH, NOTHING_TO_CREDIT, CREDIT_EXCEEDS_LINE and
    CREDIT_EXCEEDS_INVOICE with `creditable_minor`, CREDIT_SPLIT_EXCEEDS with `available_minor`, CREDIT_CLIENT_MISMATCH,
    CREDIT_EXCEEDS_OPEN), and what `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    on = issue_date or today
    check_happened(on, today, "issueDate")
    why = clean_text(reason, "reason", max_length=1000, lines=True)
    if reason_kind not in rules.REASONS:
        raise InvalidInput(
            f"A reason is one of {', '.join(rules.REASONS)}.", code="REASON", field="reasonKind"
        )
    _check_shape(lines, settlement)

    async def effect(uow: UnitOfWork) -> UUID:
        return await _credit(
            uow,
            actor,
            invoice_id,
            lines=lines,
            reason_kind=reason_kind,
            why=why,
            settlement=settlement,
            on=on,
            series_id=series_id,
            now=now,
        )

    return await keyed(
        actor,
        key=idempotency_key,
        operation="issue_credit_note",
        request={
            "invoice_id": invoice_id,
            "lines": None if lines is None else [[each.position, each.net] for each in lines],
            "reason_kind": reason_kind,
            "reason": why,
            "refund": settlement.refund,
            "offsets": [[each.invoice_id, each.amount] for each in settlement.offsets],
            "issue_date": issue_date,
            "series_id": series_id,
        },
        now=now,
        effect=effect,
    )


def _check_shape(lines: Sequence[CreditLine] | None, settlement: Settlement) -> None:
    positions = [each.position for each in lines or ()]
    if len(set(positions)) != len(positions):
        raise InvalidInput("A line stands twice.", code="CREDIT_EMPTY", field="lines")
    targets = [each.invoice_id for each in settlement.offsets]
    if len(set(targets)) != len(targets) or len(targets) > 50:
        raise InvalidInput(
            "Each invoice is offset once, at most 50 of them.",
            code="OFFSET_INVALID",
            field="offsets",
        )
    for at, each in enumerate(settlement.offsets):
        check_amount(each.amount, f"offsets.{at}.amount")
    if settlement.refund is not None:
        check_amount(settlement.refund, "refund")


async def _credit(
    uow: UnitOfWork,
    actor: Actor,
    invoice_id: UUID,
    *,
    lines: Sequence[CreditLine] | None,
    reason_kind: str,
    why: str,
    settlement: Settlement,
    on: date,
    series_id: UUID | None,
    now: datetime,
) -> UUID:
    seen = require_issued(await invoice_queries.invoice_by_id(uow, invoice_id))
    engagement = await engagement_queries.lock_engagement(uow, seen["engagement_id"])
    targets = {each.invoice_id: each.amount for each in settlement.offsets}
    if invoice_id in targets:
        raise InvalidInput(
            "What the invoice itself owes is lowered first.", code="OFFSET_INVALID", field="offsets"
        )
    locked = {
        each: await invoice_queries.lock_invoice(uow, each)
        for each in sorted([invoice_id, *targets])
    }
    for row in locked.values():
        require_issued(row)
    invoice = require_issued(locked[invoice_id])
    check_happened(on, on, "issueDate", earliest=invoice["issue_date"])
    assert engagement is not None
    currency = invoice["currency"]
    if settlement.refund is not None:
        check_currency(settlement.refund, currency, "refund")
    for at, offset in enumerate(settlement.offsets):
        check_currency(offset.amount, currency, f"offsets.{at}.amount")
    for at, line in enumerate(lines or ()):
        if line.net is not None:
            check_currency(line.net, currency, f"lines.{at}.net")
    rows = await invoice_queries.lines_of(uow, [invoice_id])
    standing = await standing_of(uow, invoice)
    figures = rules.compute_credit(
        [invoiced_line(row) for row in rows],
        None
        if lines is None
        else {each.position: each.net.amount_minor if each.net else None for each in lines},
        standing,
    )
    split = rules.split_credit(
        figures.total_minor,
        standing,
        refund_minor=settlement.refund.amount_minor if settlement.refund else 0,
        offset_minor=sum(amount.amount_minor for amount in targets.values()),
    )
    prefix = await _prefix(uow, series_id)
    ordinal, last_on = await queries.next_ordinal(uow, prefix, on.year)
    if last_on is not None and on < last_on:
        raise InvalidInput(
            f"The last credit note of {on.year} is of {last_on}; numbers and dates rise together.",
            code="DATE",
            field="issueDate",
        )
    note: dict[str, Any] = {
        "id": new_id(),
        "invoice_id": invoice_id,
        "engagement_id": invoice["engagement_id"],
        "client_id": invoice["client_id"],
        "series_id": series_id,
        "number_prefix": prefix,
        "number_year": on.year,
        "number_ordinal": ordinal,
        "currency": currency,
        "issue_date": on,
        "reason_kind": reason_kind,
        "reason": why,
        "net_minor": figures.net_minor,
        "tax_minor": figures.tax_minor,
        "total_minor": figures.total_minor,
        "open_part_minor": split.open_minor,
        "retention_part_minor": split.retention_minor,
        "kept_minor": split.kept_minor,
        "refund_minor": split.refund_minor,
    }
    payload = await papers.payload(
        uow,
        actor,
        engagement,
        invoice=invoice,
        note=note,
        lines=[
            (row, each)
            for each in figures.lines
            for row in rows
            if row["position"] == each.position
        ],
        figures=figures,
        offsets=[(locked[each], amount) for each, amount in targets.items()],
    )
    paper = await documents.freeze(
        uow,
        kind="refund_memo",
        locale=engagement["locale"],
        number=number_of(note),
        version=1,
        client_id=note["client_id"],
        engagement_id=note["engagement_id"],
        subject_kind="credit_note",
        subject_id=note["id"],
        payload=payload,
        now=now,
    )
    journal_id = await _post(uow, note, number_of(invoice), now)
    await CreditNote.insert(
        CreditNote(
            tenant_id=uow.tenant_id,
            **note,
            applied_minor=0,
            refund_pending_minor=0,
            refunded_minor=0,
            journal_id=journal_id,
            document_id=paper.id,
            created_at=now,
        )
    )
    ids = {row["position"]: row["id"] for row in rows}
    await CreditNoteLine.insert(
        *(
            CreditNoteLine(
                tenant_id=uow.tenant_id,
                id=new_id(),
                credit_note_id=note["id"],
                invoice_line_id=ids[each.position],
                position=position,
                net_minor=each.net_minor,
                tax_minor=each.tax_minor,
            )
            for position, each in enumerate(figures.lines, start=1)
        )
    )
    for each, amount in sorted(targets.items()):
        await apply_to(uow, note, locked[each], amount, on, now=now)
    await papers.mail(uow, engagement, note=note, invoice=invoice, now=now)
    note_id: UUID = note["id"]
    return note_id


async def _prefix(uow: UnitOfWork, series_id: UUID | None) -> str:
    if series_id is None:
        return STANDARD_PREFIX
    series = await queries.series_by_id(uow, series_id, "credit_note")
    if series is None:
        raise NotFound("No series of credit notes with this id.", field="seriesId")
    prefix: str = series["prefix"]
    return prefix


async def _post(uow: UnitOfWork, note: dict[str, Any], invoice_number: str, now: datetime) -> UUID:
    currency, client_id = note["currency"], note["client_id"]
    sides: tuple[tuple[ledger.AccountCode, int, bool], ...] = (
        ("credit_notes", note["net_minor"], False),
        ("tax_payable", note["tax_minor"], False),
        ("receivable", -note["open_part_minor"], True),
        ("retention_receivable", -note["retention_part_minor"], True),
        ("client_credit", -(note["kept_minor"] + note["refund_minor"]), True),
    )
    entries = []
    for code, amount_minor, of_client in sides:
        if amount_minor:
            account = await ledger.account_for(
                uow, code, currency, client_id=client_id if of_client else None, now=now
            )
            entries.append(Line(account.id, Money(amount_minor, currency)))
    posted = await ledger.post(
        uow,
        JournalDraft(
            "credit_note",
            f"Credit note {number_of(note)} to invoice {invoice_number}",
            note["issue_date"],
            tuple(entries),
            "credit_note",
            note["id"],
        ),
        now=now,
    )
    return posted.id
