"""Money that comes in for an invoice, and what every entry of a payment has in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.ids import new_id
from db.queries import payments as queries
from db.tables.payments import Payment, PaymentAllocation
from db.unit_of_work import UnitOfWork
from services import ledger
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.invoices.numbers import number_of, open_minor
from services.ledger import JournalDraft, Line
from services.rules.errors import NotFound, RuleViolation
from services.rules.money import Money
from services.rules.movements import check_amount, check_currency, check_happened
from services.rules.payments import OpenInvoice, Part, check_parts
from services.rules.text import clean_text


@dataclass(frozen=True, slots=True)
class Allocation:
    """So much of a payment onto, or off, one invoice."""

    invoice_id: UUID
    amount: Money


async def record_payment(
    actor: Actor,
    invoice_id: UUID,
    *,
    amount: Money,
    received_on: date,
    bank_reference: str,
    charge: Money | None = None,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Enter what came in for an issued invoice, in part or whole: Dr bank / Cr receivable. Answers the payment's id.

    What is more than the invoice owes is in the bank all the same, so it is not refused: it stands on the client's unapplied
    receipts (`unapplied_minor` of the payment), never below zero, until it is put on another invoice or refunded.

    `charge` is what the bank kept of the money on its way, and the practice bears: the invoice counts as paid with it, and it is
    an expense (Dr bank charges). It is for a payment that was short, so with it no more may come in than the invoice owes.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (AMOUNT_…, DATE, TEXT_…), `RuleViolation` (CURRENCY_MISMATCH,
    INVOICE_NOT_ISSUED, CHARGE_EXCEEDS_OPEN with `limit_minor`), and what `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    check_amount(amount)
    check_happened(received_on, today, "receivedOn")
    reference = clean_text(bank_reference, "bankReference", max_length=140)

    async def effect(uow: UnitOfWork) -> UUID:
        return await payment_of_invoice(
            uow, invoice_id, amount, received_on, reference, charge=charge, now=now
        )

    return await keyed(
        actor,
        key=idempotency_key,
        operation="record_payment",
        request={
            "invoice_id": invoice_id,
            "amount": amount,
            "received_on": received_on,
            "bank_reference": reference,
            **({"charge": charge} if charge else {}),
        },
        now=now,
        effect=effect,
    )


async def payment_of_invoice(
    uow: UnitOfWork,
    invoice_id: UUID,
    amount: Money,
    received_on: date,
    bank_reference: str,
    *,
    charge: Money | None = None,
    now: datetime,
) -> UUID:
    """`record_payment` in the caller's transaction, its values cleaned."""
    (invoice,) = await locked_invoices(uow, [invoice_id])
    check_currency(amount, invoice["currency"])
    charge_minor = charged(charge, amount.currency)
    rest_minor = open_minor(invoice)
    if charge_minor and amount.amount_minor + charge_minor > rest_minor:
        raise RuleViolation(
            "With this charge more would be paid than the invoice owes.",
            code="CHARGE_EXCEEDS_OPEN",
            field="charge",
            limit_minor=max(0, rest_minor - amount.amount_minor),
        )
    applied_minor = min(amount.amount_minor + charge_minor, rest_minor)
    return await enter(
        uow,
        client_id=invoice["client_id"],
        amount=amount,
        charge_minor=charge_minor,
        received_on=received_on,
        bank_reference=bank_reference,
        description=f"Payment of invoice {number_of(invoice)}: {bank_reference}",
        parts=(Part(invoice_id, applied_minor),) if applied_minor else (),
        invoice_id=invoice_id,
        engagement_id=invoice["engagement_id"],
        now=now,
    )


async def enter(
    uow: UnitOfWork,
    *,
    client_id: UUID,
    amount: Money,
    charge_minor: int,
    received_on: date,
    bank_reference: str,
    description: str,
    parts: Sequence[Part],
    invoice_id: UUID | None,
    engagement_id: UUID | None,
    now: datetime,
) -> UUID:
    """One payment, its entry and its allocations; the invoices are locked, and each part was checked against what is open."""
    currency = amount.currency
    applied_minor = sum(part.amount_minor for part in parts)
    unapplied_minor = amount.amount_minor + charge_minor - applied_minor
    entries = [Line.debit((await ledger.account_for(uow, "bank", currency, now=now)).id, amount)]
    sides: tuple[tuple[ledger.AccountCode, int, UUID | None], ...] = (
        ("bank_charges", charge_minor, None),
        ("receivable", -applied_minor, client_id),
        ("unapplied_receipts", -unapplied_minor, client_id),
    )
    for code, side_minor, whose in sides:
        if side_minor:
            account = await ledger.account_for(uow, code, currency, client_id=whose, now=now)
            entries.append(Line(account.id, Money(side_minor, currency)))
    payment_id = new_id()
    posted = await ledger.post(
        uow,
        JournalDraft(
            "payment", description[:500], received_on, tuple(entries), "payment", payment_id
        ),
        now=now,
    )
    await Payment.insert(
        Payment(
            tenant_id=uow.tenant_id,
            id=payment_id,
            invoice_id=invoice_id,
            client_id=client_id,
            engagement_id=engagement_id,
            currency=currency,
            amount_minor=amount.amount_minor,
            charge_minor=charge_minor,
            applied_minor=0,
            unapplied_minor=amount.amount_minor + charge_minor,
            refund_pending_minor=0,
            refunded_minor=0,
            received_on=received_on,
            bank_reference=bank_reference,
            journal_id=posted.id,
            recorded_at=now,
        )
    )
    await write_allocations(
        uow, payment_id, parts, effective_on=received_on, note="", journal_id=posted.id, now=now
    )
    return payment_id


async def write_allocations(
    uow: UnitOfWork,
    payment_id: UUID,
    parts: Sequence[Part],
    *,
    effective_on: date,
    note: str,
    journal_id: UUID,
    now: datetime,
) -> None:
    """The rows of what was put on (or, negative, taken off); the database moves payment and invoices by them."""
    if parts:
        await PaymentAllocation.insert(
            *(
                PaymentAllocation(
                    tenant_id=uow.tenant_id,
                    id=new_id(),
                    payment_id=payment_id,
                    invoice_id=part.invoice_id,
                    amount_minor=part.amount_minor,
                    payment_minor=part.amount_minor,
                    effective_on=effective_on,
                    note=note,
                    journal_id=journal_id,
                    recorded_at=now,
                )
                for part in parts
            )
        )


async def locked_invoices(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Issued invoices under their locks. Raises `NotFound`, `RuleViolation` (INVOICE_NOT_ISSUED)."""
    rows = await queries.lock_invoices(uow, ids)
    if len(rows) != len(set(ids)):
        raise NotFound("No invoice with this id.", field="invoiceId")
    if any(row["status"] != "issued" for row in rows):
        raise RuleViolation("The invoice is not issued.", code="INVOICE_NOT_ISSUED")
    return rows


def open_invoice(row: Any) -> OpenInvoice:
    """What the rule knows of an issued invoice."""
    return OpenInvoice(row["id"], number_of(row), row["due_date"], open_minor(row))


def parts_onto(
    rows: Sequence[Any],
    allocations: Sequence[Allocation],
    client_id: UUID,
    currency: str,
    field: str,
) -> tuple[Part, ...]:
    """What is to be put on these locked invoices, checked against client, currency and what each still owes."""
    for row in rows:
        if row["client_id"] != client_id:
            raise RuleViolation(
                "The invoice is another client's.", code="CLIENT_MISMATCH", field=field
            )
        if row["currency"] != currency:
            raise RuleViolation(
                f"The money is in {currency}, the invoice in {row['currency']}.",
                code="CURRENCY_MISMATCH",
                field=field,
            )
    for each in allocations:
        check_currency(each.amount, currency, field)
    parts = tuple(Part(each.invoice_id, each.amount.amount_minor) for each in allocations)
    check_parts(
        parts,
        limits={row["id"]: open_minor(row) for row in rows},
        field=field,
        code="ALLOCATION_EXCEEDS_OPEN",
        said="This is more than the invoice still owes.",
    )
    return parts


def charged(charge: Money | None, currency: str) -> int:
    """The charge in minor units, 0 without one. Raises InvalidInput (AMOUNT_…), RuleViolation (CURRENCY_MISMATCH)."""
    if charge is None:
        return 0
    check_amount(charge, "charge")
    check_currency(charge, currency, "charge")
    return charge.amount_minor
