"""Money that comes in for an invoice."""

from datetime import date, datetime
from uuid import UUID

from db.ids import new_id
from db.queries import invoices as queries
from db.tables.invoices import Invoice, Payment
from db.unit_of_work import UnitOfWork
from services import ledger
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.invoices.numbers import number_of, open_minor
from services.ledger import JournalDraft, Line
from services.rules.errors import NotFound, RuleViolation
from services.rules.money import Money
from services.rules.movements import check_amount, check_currency, check_happened
from services.rules.text import clean_text


async def record_payment(
    actor: Actor,
    invoice_id: UUID,
    *,
    amount: Money,
    received_on: date,
    bank_reference: str,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Enter what came in for an issued invoice, in part or whole: Dr bank / Cr receivable. Answers the payment's id.

    What is more than the invoice owes is in the bank all the same, so it is not refused: it stands on the client's unapplied
    receipts (`unapplied_minor` of the payment), never below zero, until it is refunded.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (AMOUNT_…, DATE, TEXT_…), `RuleViolation` (CURRENCY_MISMATCH,
    INVOICE_NOT_ISSUED), and what `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    check_amount(amount)
    check_happened(received_on, today, "receivedOn")
    reference = clean_text(bank_reference, "bankReference", max_length=140)

    async def effect(uow: UnitOfWork) -> UUID:
        return await _payment(uow, invoice_id, amount, received_on, reference, now=now)

    return await keyed(
        actor,
        key=idempotency_key,
        operation="record_payment",
        request={
            "invoice_id": invoice_id,
            "amount": amount,
            "received_on": received_on,
            "bank_reference": reference,
        },
        now=now,
        effect=effect,
    )


async def _payment(
    uow: UnitOfWork,
    invoice_id: UUID,
    amount: Money,
    received_on: date,
    bank_reference: str,
    *,
    now: datetime,
) -> UUID:
    invoice = await queries.lock_invoice(uow, invoice_id)
    if invoice is None:
        raise NotFound("No invoice with this id.", field="invoiceId")
    if invoice["status"] != "issued":
        raise RuleViolation("The invoice is not issued.", code="INVOICE_NOT_ISSUED")
    currency, client_id = invoice["currency"], invoice["client_id"]
    check_currency(amount, currency)
    applied_minor = min(amount.amount_minor, open_minor(invoice))
    unapplied_minor = amount.amount_minor - applied_minor
    await Invoice.update(
        {
            "paid_minor": invoice["paid_minor"] + applied_minor,
            "version": invoice["version"] + 1,
            "updated_at": now,
        }
    ).where(Invoice.tenant_id == uow.tenant_id, Invoice.id == invoice_id)
    bank = await ledger.account_for(uow, "bank", currency, now=now)
    entries = [Line.debit(bank.id, amount)]
    if applied_minor:
        receivable = await ledger.account_for(
            uow, "receivable", currency, client_id=client_id, now=now
        )
        entries.append(Line.credit(receivable.id, Money(applied_minor, currency)))
    if unapplied_minor:
        unapplied = await ledger.account_for(
            uow, "unapplied_receipts", currency, client_id=client_id, now=now
        )
        entries.append(Line.credit(unapplied.id, Money(unapplied_minor, currency)))
    payment_id = new_id()
    posted = await ledger.post(
        uow,
        JournalDraft(
            "payment",
            f"Payment of invoice {number_of(invoice)}: {bank_reference}",
            received_on,
            tuple(entries),
            "payment",
            payment_id,
        ),
        now=now,
    )
    await Payment.insert(
        Payment(
            tenant_id=uow.tenant_id,
            id=payment_id,
            invoice_id=invoice_id,
            client_id=client_id,
            amount_minor=amount.amount_minor,
            applied_minor=applied_minor,
            unapplied_minor=unapplied_minor,
            refund_pending_minor=0,
            refunded_minor=0,
            received_on=received_on,
            bank_reference=bank_reference,
            journal_id=posted.id,
            recorded_at=now,
        )
    )
    return payment_id
