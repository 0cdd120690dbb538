"""Write-offs: what is still open of an invoice, given up as bad debt, and taken back when money comes after all.

Dr write-offs (and tax payable, where relief for the tax in it is claimed) / Cr receivable. A write-off is undone by a further
entry, whole; the invoice then owes again, and what came in is entered as a payment.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from db.ids import new_id
from db.queries import credit_notes as queries
from db.queries import invoices as invoice_queries
from db.tables.credit_notes import WriteOff
from db.unit_of_work import UnitOfWork
from services import ledger
from services.actor import MONEY, Actor
from services.credit_notes.standing import require_issued
from services.idempotency import keyed
from services.invoices.numbers import number_of, open_minor
from services.ledger import JournalDraft, Line
from services.rules.errors import Conflict, NotFound, Stale
from services.rules.money import Money
from services.rules.movements import check_amount, check_currency, check_happened
from services.rules.text import clean_text
from services.rules.write_offs import check_write_off, tax_in


async def write_off(
    actor: Actor,
    invoice_id: UUID,
    *,
    amount: Money | None = None,
    has_tax_relief: bool = False,
    reason: str,
    on: date,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Give up what is open of an issued invoice, or this much of it. Answers the write-off's id.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (AMOUNT_…, DATE, TEXT_…), `RuleViolation` (INVOICE_NOT_ISSUED,
    CURRENCY_MISMATCH, NOTHING_OPEN, WRITE_OFF_EXCEEDS_OPEN with `open_minor`), and what `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    if amount is not None:
        check_amount(amount)
    check_happened(on, today, "on")
    why = clean_text(reason, "reason", max_length=1000, lines=True)

    async def effect(uow: UnitOfWork) -> UUID:
        invoice = require_issued(await invoice_queries.lock_invoice(uow, invoice_id))
        check_happened(on, on, "on", earliest=invoice["issue_date"])
        still_minor = open_minor(invoice)
        given_up = amount or Money(still_minor, invoice["currency"])
        check_currency(given_up, invoice["currency"])
        check_write_off(given_up.amount_minor, still_minor)
        return await _write_off(
            uow, invoice, given_up, has_tax_relief=has_tax_relief, why=why, on=on, now=now
        )

    return await keyed(
        actor,
        key=idempotency_key,
        operation="write_off",
        request={
            "invoice_id": invoice_id,
            "amount": amount,
            "has_tax_relief": has_tax_relief,
            "reason": why,
            "on": on,
        },
        now=now,
        effect=effect,
    )


async def _write_off(
    uow: UnitOfWork,
    invoice: Any,
    amount: Money,
    *,
    has_tax_relief: bool,
    why: str,
    on: date,
    now: datetime,
) -> UUID:
    tax_minor = (
        tax_in(
            amount.amount_minor,
            tax_minor=invoice["tax_minor"],
            total_minor=invoice["total_minor"],
        )
        if has_tax_relief
        else 0
    )
    write_off_id = new_id()
    currency, entries = amount.currency, []
    sides: tuple[tuple[ledger.AccountCode, int, UUID | None], ...] = (
        ("write_offs", amount.amount_minor - tax_minor, None),
        ("tax_payable", tax_minor, None),
        ("receivable", -amount.amount_minor, invoice["client_id"]),
    )
    for code, amount_minor, whose in sides:
        if amount_minor:
            account = await ledger.account_for(uow, code, currency, client_id=whose, now=now)
            entries.append(Line(account.id, Money(amount_minor, currency)))
    posted = await ledger.post(
        uow,
        JournalDraft(
            "write_off",
            f"Invoice {number_of(invoice)} written off",
            on,
            tuple(entries),
            "write_off",
            write_off_id,
        ),
        now=now,
    )
    await WriteOff.insert(
        WriteOff(
            tenant_id=uow.tenant_id,
            id=write_off_id,
            invoice_id=invoice["id"],
            engagement_id=invoice["engagement_id"],
            client_id=invoice["client_id"],
            currency=currency,
            amount_minor=amount.amount_minor,
            tax_minor=tax_minor,
            reason=why,
            written_off_on=on,
            journal_id=posted.id,
            created_at=now,
            updated_at=now,
        )
    )
    return write_off_id


async def reverse_write_off(
    actor: Actor,
    write_off_id: UUID,
    *,
    reason: str,
    on: date,
    expected_version: int,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Take a write-off back, because money came or will come: the invoice owes again. Answers the write-off's id.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (DATE, TEXT_…), `Stale` (STALE_VERSION), `Conflict` (WRITE_OFF_REVERSED), and
    what `ledger.reverse` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    check_happened(on, today, "on")
    why = clean_text(reason, "reason", max_length=1000, lines=True)

    async def effect(uow: UnitOfWork) -> UUID:
        found = await queries.write_offs_by_ids(uow, [write_off_id])
        if not found:
            raise NotFound("No write-off with this id.", field="writeOffId")
        invoice = await invoice_queries.lock_invoice(uow, found[0]["invoice_id"])
        (row,) = await queries.write_offs_by_ids(uow, [write_off_id])
        assert invoice is not None
        if row["reversed_on"] is not None:
            raise Conflict("This write-off was taken back.", code="WRITE_OFF_REVERSED")
        if row["version"] != expected_version:
            raise Stale(
                "The write-off was changed meanwhile.",
                code="STALE_VERSION",
                field="expectedVersion",
                current_version=row["version"],
            )
        check_happened(on, on, "on", earliest=row["written_off_on"])
        posted = await ledger.reverse(
            uow,
            row["journal_id"],
            effective_date=on,
            description=f"Invoice {number_of(invoice)} is owed again: {why}"[:500],
            now=now,
        )
        await WriteOff.update(
            {
                "reversed_on": on,
                "reversal_reason": why,
                "reversal_journal_id": posted.id,
                "version": row["version"] + 1,
                "updated_at": now,
            }
        ).where(WriteOff.tenant_id == uow.tenant_id, WriteOff.id == write_off_id)
        return write_off_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="reverse_write_off",
        request={
            "write_off_id": write_off_id,
            "reason": why,
            "on": on,
            "expected_version": expected_version,
        },
        now=now,
        effect=effect,
    )
