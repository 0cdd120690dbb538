"""A payment that the bank took back, or that was sent back to whoever paid by mistake."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from db.ids import new_id
from db.queries import payments as queries
from db.tables.payments import Payment, PaymentAllocation
from db.unit_of_work import UnitOfWork
from services import ledger
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.ledger import JournalDraft, Line
from services.payments.allocating import check_not_reversed, locked_payment, payment_or_refusal
from services.payments.recording import locked_invoices
from services.rules.errors import Conflict, RuleViolation
from services.rules.ledger import negated
from services.rules.money import Money
from services.rules.movements import check_happened
from services.rules.text import clean_text


async def reverse_payment(
    actor: Actor,
    payment_id: UUID,
    *,
    reversed_on: date,
    reason: str,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Enter that a payment went back whole: its invoices are open again, by a further entry on that date. Answers its id.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (DATE, TEXT_…), `RuleViolation` (PAYMENT_REVERSED, PAYMENT_REFUNDED),
    `Conflict` (PAYMENT_MOVED where it was put elsewhere meanwhile), and what `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    check_happened(reversed_on, today, "reversedOn")
    why = clean_text(reason, "reason", max_length=500)

    async def effect(uow: UnitOfWork) -> UUID:
        await reverse(uow, payment_id, reversed_on=reversed_on, reason=why, now=now)
        return payment_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="reverse_payment",
        request={"payment_id": payment_id, "reversed_on": reversed_on, "reason": why},
        now=now,
        effect=effect,
    )


async def reverse(
    uow: UnitOfWork, payment_id: UUID, *, reversed_on: date, reason: str, now: datetime
) -> UUID:
    """`reverse_payment` in the caller's transaction, its values cleaned. Answers the id of the entry."""
    await payment_or_refusal(uow, payment_id)
    seen = await queries.on_invoices(uow, payment_id)
    await locked_invoices(uow, [row["invoice_id"] for row in seen])
    payment = await locked_payment(uow, payment_id)
    check_not_reversed(payment)
    standing = await queries.on_invoices(uow, payment_id)
    if {row["invoice_id"] for row in standing} - {row["invoice_id"] for row in seen}:
        raise Conflict(
            "The payment was put on another invoice meanwhile; look again.", code="PAYMENT_MOVED"
        )
    if payment["refund_pending_minor"] or payment["refunded_minor"]:
        raise RuleViolation(
            "A refund was promised or paid out of this payment; it cannot go back a second time.",
            code="PAYMENT_REFUNDED",
        )
    earliest = max([payment["received_on"], *(row["last_on"] for row in standing)])
    check_happened(reversed_on, reversed_on, "reversedOn", earliest=earliest)
    description = f"Payment went back: {reason}"[:500]
    posted = await ledger.post(
        uow,
        JournalDraft(
            "payment_reversal",
            description,
            reversed_on,
            await _lines(uow, payment, now),
            "payment",
            payment_id,
        ),
        now=now,
    )
    if standing:
        await PaymentAllocation.insert(
            *(
                PaymentAllocation(
                    tenant_id=uow.tenant_id,
                    id=new_id(),
                    payment_id=payment_id,
                    invoice_id=row["invoice_id"],
                    amount_minor=-row["amount_minor"],
                    payment_minor=-row["payment_minor"],
                    effective_on=reversed_on,
                    note=reason,
                    journal_id=posted.id,
                    recorded_at=now,
                )
                for row in standing
            )
        )
    await Payment.update(
        {
            "unapplied_minor": 0,
            "reversed_on": reversed_on,
            "reversal_reason": reason,
            "reversal_journal_id": posted.id,
            "version": payment["version"] + len(standing) + 1,
        }
    ).where(Payment.tenant_id == uow.tenant_id, Payment.id == payment_id)
    return posted.id


async def _lines(uow: UnitOfWork, payment: Any, now: datetime) -> tuple[Line, ...]:
    if payment["is_exchanged"]:
        # With a rate in it the payment has stayed as it was entered, so its entry is negated line by line.
        entered = await ledger.journal(uow, payment["journal_id"])
        return negated(
            Line(line.account_id, Money(line.amount_minor, line.currency)) for line in entered.lines
        )
    currency, client_id = payment["currency"], payment["client_id"]
    sides: tuple[tuple[ledger.AccountCode, int, UUID | None], ...] = (
        ("receivable", payment["applied_minor"], client_id),
        ("unapplied_receipts", payment["unapplied_minor"], client_id),
        ("bank_charges", -payment["charge_minor"], None),
        ("bank", -payment["amount_minor"], None),
    )
    lines = []
    for code, side_minor, whose in sides:
        if side_minor:
            account = await ledger.account_for(uow, code, currency, client_id=whose, now=now)
            lines.append(Line(account.id, Money(side_minor, currency)))
    return tuple(lines)
