"""Using kept credit on an invoice."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from db.ids import new_id
from db.queries import credit_notes as queries
from db.queries import invoices as invoice_queries
from db.tables.credit_notes import CreditApplication
from db.unit_of_work import UnitOfWork
from services import ledger
from services.actor import MONEY, Actor
from services.credit_notes.standing import require_issued
from services.idempotency import keyed
from services.invoices.numbers import number_of, open_minor
from services.ledger import JournalDraft, Line
from services.rules.errors import NotFound, RuleViolation
from services.rules.money import Money
from services.rules.movements import check_amount, check_currency, check_happened


async def apply_credit(
    actor: Actor,
    credit_note_id: UUID,
    invoice_id: UUID,
    *,
    amount: Money | None = None,
    on: date,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Use what a client kept of a credit note on an open invoice of theirs: Dr client credit / Cr receivable.

    Without an amount it is as much as both sides allow. Answers the id of the use. Raises `Forbidden`, `NotFound`,
    `InvalidInput` (AMOUNT_…, DATE), `RuleViolation` (INVOICE_NOT_ISSUED, CURRENCY_MISMATCH, CREDIT_CLIENT_MISMATCH,
    CREDIT_EXCEEDS_KEPT and CREDIT_EXCEEDS_OPEN with `limit_minor`), and what `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    if amount is not None:
        check_amount(amount)
    check_happened(on, today, "on")

    async def effect(uow: UnitOfWork) -> UUID:
        note = await queries.lock_credit_note(uow, credit_note_id)
        if note is None:
            raise NotFound("No credit note with this id.", field="creditNoteId")
        invoice = require_issued(await invoice_queries.lock_invoice(uow, invoice_id))
        kept_minor = note["kept_minor"] - note["applied_minor"]
        wanted = amount or Money(min(kept_minor, open_minor(invoice)), note["currency"])
        if wanted.amount_minor > kept_minor or kept_minor == 0:
            raise RuleViolation(
                f"{Money(kept_minor, note['currency'])} is left of this credit.",
                code="CREDIT_EXCEEDS_KEPT",
                field="amount",
                limit_minor=kept_minor,
            )
        return await apply_to(uow, note, invoice, wanted, on, now=now)

    return await keyed(
        actor,
        key=idempotency_key,
        operation="apply_credit",
        request={
            "credit_note_id": credit_note_id,
            "invoice_id": invoice_id,
            "amount": amount,
            "on": on,
        },
        now=now,
        effect=effect,
    )


async def apply_to(
    uow: UnitOfWork, note: Any, invoice: Any, amount: Money, on: date, *, now: datetime
) -> UUID:
    """Use this much of a note that is locked or new on a locked invoice. Raises what `apply_credit` says of invoices."""
    require_issued(invoice)
    if invoice["client_id"] != note["client_id"]:
        raise RuleViolation(
            "Credit is used on invoices of the client who has it.",
            code="CREDIT_CLIENT_MISMATCH",
            field="invoiceId",
        )
    check_currency(amount, invoice["currency"])
    check_happened(on, on, "on", earliest=max(invoice["issue_date"], note["issue_date"]))
    still_minor = open_minor(invoice)
    if amount.amount_minor > still_minor or still_minor == 0:
        raise RuleViolation(
            f"Invoice {number_of(invoice)} owes {Money(still_minor, invoice['currency'])}.",
            code="CREDIT_EXCEEDS_OPEN",
            field="amount",
            limit_minor=still_minor,
        )
    application_id = new_id()
    credit = await ledger.account_for(
        uow, "client_credit", amount.currency, client_id=note["client_id"], now=now
    )
    receivable = await ledger.account_for(
        uow, "receivable", amount.currency, client_id=note["client_id"], now=now
    )
    posted = await ledger.post(
        uow,
        JournalDraft(
            "credit_application",
            f"Credit note {number_of(note)} used on invoice {number_of(invoice)}",
            on,
            (Line.debit(credit.id, amount), Line.credit(receivable.id, amount)),
            "credit_application",
            application_id,
        ),
        now=now,
    )
    await CreditApplication.insert(
        CreditApplication(
            tenant_id=uow.tenant_id,
            id=application_id,
            credit_note_id=note["id"],
            invoice_id=invoice["id"],
            amount_minor=amount.amount_minor,
            effective_on=on,
            journal_id=posted.id,
            recorded_at=now,
        )
    )
    return application_id
