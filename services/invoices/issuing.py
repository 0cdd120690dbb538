"""Issuing an invoice: its number, its dates, its entry in the ledger, its mail."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from contracts import formats
from db.queries import billing as billing_queries
from db.queries import credit_notes as credit_note_queries
from db.queries import engagements as engagement_queries
from db.queries import invoices as queries
from db.queries import practices as practice_queries
from db.queries import scopes as scope_queries
from db.tables.invoices import Invoice
from db.unit_of_work import UnitOfWork
from services import ledger
from services.actor import MONEY, Actor
from services.billing_contacts import tell_billing
from services.idempotency import keyed
from services.invoices.drafts import locked_draft
from services.invoices.numbers import number_of
from services.ledger import JournalDraft, Line
from services.rules.errors import Conflict, InvalidInput, NotFound, RuleViolation
from services.rules.invoices import PaymentTerms, due_date
from services.rules.money import Money
from services.rules.movements import check_happened


async def issue_invoice(
    actor: Actor,
    invoice_id: UUID,
    *,
    expected_version: int,
    issue_date: date | None = None,
    series_id: UUID | None = None,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Issue a draft: the next number of the year, due after the engagement's terms, Dr receivable / Cr revenue and tax.

    The date is today unless another is given; it may lie in the past of the year's last invoice, never before it, so that
    numbers and dates rise together, and never in the future. Refused where the scope moved since the draft was made and a line
    no longer says what the signed scope says.

    The number is of the standard series or of the one given. Raises `Forbidden`, `NotFound`, `InvalidInput` (DATE), `Stale`
    (STALE_VERSION), `Conflict` (INVOICE_NOT_DRAFT, INVOICE_OUTDATED), `RuleViolation` (VOUCHER_EXPIRED), and what `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    on = issue_date or today
    check_happened(on, today, "issueDate")

    async def effect(uow: UnitOfWork) -> UUID:
        draft = await locked_draft(uow, invoice_id, expected_version)
        await _issue(uow, draft, on, series_id, now=now)
        return invoice_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="issue_invoice",
        request={
            "invoice_id": invoice_id,
            "expected_version": expected_version,
            "issue_date": issue_date,
            # Left out where it is not given, so that requests from before there were series hash to what they were.
            **({"series_id": series_id} if series_id else {}),
        },
        now=now,
        effect=effect,
    )


async def _issue(
    uow: UnitOfWork, invoice: Any, on: date, series_id: UUID | None, *, now: datetime
) -> None:
    engagement = await engagement_queries.engagement_by_id(uow, invoice["engagement_id"])
    assert engagement is not None
    lines = await queries.lines_of(uow, [invoice["id"]])
    await _require_current(uow, engagement, lines)
    await _require_vouchers(uow, invoice, on)
    prefix = await _prefix(uow, series_id)
    ordinal = await queries.next_ordinal(uow, on.year, prefix)
    last = await queries.last_issue_date(uow, on.year, prefix)
    if last is not None and on < last:
        raise InvalidInput(
            f"The last invoice of {on.year} is of {last}; numbers and dates rise together.",
            code="DATE",
            field="issueDate",
        )
    due_on = due_date(on, PaymentTerms(engagement["payment_terms_days"]))
    number = number_of({"number_prefix": prefix, "number_year": on.year, "number_ordinal": ordinal})
    posted = await _post(uow, invoice, number, on, now)
    await Invoice.update(
        {
            "status": "issued",
            "series_id": series_id,
            "number_prefix": prefix,
            "number_year": on.year,
            "number_ordinal": ordinal,
            "issue_date": on,
            "due_date": due_on,
            "journal_id": posted.id,
            "version": invoice["version"] + 1,
            "updated_at": now,
        }
    ).where(Invoice.tenant_id == uow.tenant_id, Invoice.id == invoice["id"])
    await _mail(uow, engagement, invoice, lines, number=number, on=on, due_on=due_on, now=now)


async def _require_current(uow: UnitOfWork, engagement: Any, lines: list[asyncpg.Record]) -> None:
    """Each line must still be what the current scope version says; an order signed meanwhile may have changed it."""
    leaves = await scope_queries.billable_items(uow, engagement["id"])
    current = {row["item_key"]: row for row in leaves if row["acceptance_id"]}
    for line in lines:
        if line["source"] != "item":
            continue
        item = current.get(line["item_key"])
        billed_minor = line["net_minor"] + line["discount_minor"] + line["allowance_minor"]
        if item is None or (billed_minor, line["tax_code"], line["tax_bps"]) != (
            item["fee_minor"],
            item["tax_code"],
            item["tax_bps"],
        ):
            raise Conflict(
                f"The scope moved since this draft was made: see {line['item_key']}. Discard it and draft anew.",
                code="INVOICE_OUTDATED",
            )


async def _prefix(uow: UnitOfWork, series_id: UUID | None) -> str:
    if series_id is None:
        return ""
    series = await credit_note_queries.series_by_id(uow, series_id, "invoice")
    if series is None:
        raise NotFound("No series of invoices with this id.", field="seriesId")
    prefix: str = series["prefix"]
    return prefix


async def _require_vouchers(uow: UnitOfWork, invoice: Any, on: date) -> None:
    """A voucher counts on the invoice's date, not on the draft's."""
    used = [
        row["voucher_id"]
        for row in await billing_queries.allowances_of(uow, [invoice["id"]])
        if row["voucher_id"]
    ]
    for voucher in await billing_queries.vouchers_by_ids(uow, used):
        if voucher["expires_on"] is not None and voucher["expires_on"] < on:
            raise RuleViolation(
                f"The voucher {voucher['code']} was good until {voucher['expires_on']}.",
                code="VOUCHER_EXPIRED",
            )


async def _post(
    uow: UnitOfWork, invoice: Any, number: str, on: date, now: datetime
) -> ledger.PostedJournal:
    currency, client_id = invoice["currency"], invoice["client_id"]
    entries: list[Line] = []
    sides: tuple[tuple[ledger.AccountCode, int, bool], ...] = (
        ("receivable", invoice["payable_minor"], True),
        ("retention_receivable", invoice["retention_minor"], True),
        ("revenue", -invoice["net_minor"], False),
        ("tax_payable", -invoice["tax_minor"], False),
    )
    for code, amount_minor, of_client in sides:
        if amount_minor:
            account = await ledger.account_for(
                uow, code, currency, client_id=client_id if of_client else None, now=now
            )
            entries.append(Line(account.id, Money(amount_minor, currency)))
    return await ledger.post(
        uow,
        JournalDraft("invoice", f"Invoice {number}", on, tuple(entries), "invoice", invoice["id"]),
        now=now,
    )


async def _mail(
    uow: UnitOfWork,
    engagement: Any,
    invoice: Any,
    lines: list[asyncpg.Record],
    *,
    number: str,
    on: date,
    due_on: date,
    now: datetime,
) -> None:
    practice = await practice_queries.practice(uow)
    assert practice is not None

    def write(locale: str) -> dict[str, Any]:
        def money(amount_minor: int) -> str:
            return formats.money(
                {"amount_minor": amount_minor, "currency": invoice["currency"]}, locale
            )

        return {
            "practice_name": practice["legal_name"] or practice["name"],
            "engagement_name": engagement["name"],
            "number": number,
            "issue_date": formats.date(on.isoformat(), locale),
            "due_date": formats.date(due_on.isoformat(), locale),
            "lines": "\n".join(
                f"{line['item_key'] or ''} {line['title']}: {money(line['net_minor'])}".strip()
                for line in lines
            ),
            "net": money(invoice["net_minor"]),
            "tax": money(invoice["tax_minor"]),
            "total": money(invoice["total_minor"]),
            "retention": money(invoice["retention_minor"]) if invoice["retention_minor"] else "",
            "payable": money(invoice["payable_minor"]),
            "account": practice["bank_account"],
        }

    await tell_billing(uow, invoice["client_id"], kind="invoice_issued", write=write, now=now)
