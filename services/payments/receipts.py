"""Money that comes in from a client without naming an invoice, or for several."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from db.queries import clients as client_queries
from db.queries import engagements as engagement_queries
from db.queries import payments as queries
from db.unit_of_work import UnitOfWork
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.invoices.numbers import open_minor
from services.payments.recording import (
    Allocation,
    charged,
    enter,
    locked_invoices,
    open_invoice,
    parts_onto,
)
from services.rules.errors import InvalidInput, NotFound, RuleViolation
from services.rules.money import Money, minor_units
from services.rules.movements import check_amount, check_currency, check_happened
from services.rules.payments import Part, oldest_due_first
from services.rules.text import clean_text


async def record_receipt(
    actor: Actor,
    client_id: UUID,
    *,
    amount: Money,
    received_on: date,
    bank_reference: str,
    allocations: Sequence[Allocation] = (),
    is_oldest_first: bool = False,
    charge: Money | None = None,
    engagement_id: UUID | None = None,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Enter money of a client that names no invoice, or several: Dr bank / Cr unapplied receipts, and receivable for what is put on.

    With `is_oldest_first` it is put on the client's open invoices, the oldest due first; else on those named, or on none. The
    engagement says towards what an unapplied sum counts when a refund is worked out; without one it is the client's newest.
    Answers the payment's id.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (AMOUNT_…, DATE, TEXT_…, ALLOCATION_INVALID), `RuleViolation`
    (CURRENCY_MISMATCH, CLIENT_MISMATCH, INVOICE_NOT_ISSUED, ALLOCATION_EXCEEDS_OPEN and ALLOCATION_EXCEEDS_PAYMENT with
    `limit_minor`, CHARGE_EXCEEDS_OPEN), and what `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    check_amount(amount)
    for each in allocations:
        check_amount(each.amount, "allocations")
    if is_oldest_first and allocations:
        raise InvalidInput(
            "Name the invoices, or let the oldest be paid first.",
            code="ALLOCATION_INVALID",
            field="allocations",
        )
    check_happened(received_on, today, "receivedOn")
    reference = clean_text(bank_reference, "bankReference", max_length=140)

    async def effect(uow: UnitOfWork) -> UUID:
        return await receipt_of_client(
            uow,
            client_id,
            amount,
            received_on,
            reference,
            allocations=allocations,
            is_oldest_first=is_oldest_first,
            charge=charge,
            engagement_id=engagement_id,
            now=now,
        )

    return await keyed(
        actor,
        key=idempotency_key,
        operation="record_receipt",
        request={
            "client_id": client_id,
            "amount": amount,
            "received_on": received_on,
            "bank_reference": reference,
            "allocations": [[each.invoice_id, each.amount] for each in allocations],
            "is_oldest_first": is_oldest_first,
            "charge": charge,
            "engagement_id": engagement_id,
        },
        now=now,
        effect=effect,
    )


async def receipt_of_client(
    uow: UnitOfWork,
    client_id: UUID,
    amount: Money,
    received_on: date,
    bank_reference: str,
    *,
    allocations: Sequence[Allocation] = (),
    is_oldest_first: bool = False,
    charge: Money | None = None,
    engagement_id: UUID | None = None,
    now: datetime,
) -> UUID:
    """`record_receipt` in the caller's transaction, its values cleaned."""
    client = await client_queries.client_by_id(uow, client_id)
    if client is None:
        raise NotFound("No client with this id.", field="clientId")
    minor_units(amount.currency)
    wanted = [each.invoice_id for each in allocations]
    if is_oldest_first:
        seen = await queries.issued_invoices_of_client(uow, client_id, amount.currency)
        wanted = [row["id"] for row in seen if open_minor(row)]
    rows = await locked_invoices(uow, wanted)
    for row in rows:
        check_currency(amount, row["currency"])
    charge_minor = charged(charge, amount.currency)
    whole_minor = amount.amount_minor + charge_minor
    if is_oldest_first:
        parts = oldest_due_first(whole_minor, [open_invoice(row) for row in rows])
    else:
        parts = parts_onto(rows, allocations, client_id, amount.currency, "allocations")
        _check_whole(parts, whole_minor)
    if charge_minor and sum(part.amount_minor for part in parts) < whole_minor:
        raise RuleViolation(
            "A charge is borne where the money pays invoices in full; some of it is on none.",
            code="CHARGE_EXCEEDS_OPEN",
            field="charge",
            limit_minor=0,
        )
    named = parts[0].invoice_id if len(parts) == 1 else None
    engagement_id = await _engagement(uow, client_id, engagement_id, rows, parts)
    return await enter(
        uow,
        client_id=client_id,
        amount=amount,
        charge_minor=charge_minor,
        received_on=received_on,
        bank_reference=bank_reference,
        description=f"Receipt from {client['name']}: {bank_reference}",
        parts=parts,
        invoice_id=named,
        engagement_id=engagement_id,
        now=now,
    )


def _check_whole(parts: Sequence[Part], whole_minor: int) -> None:
    if sum(part.amount_minor for part in parts) > whole_minor:
        raise RuleViolation(
            "This is more than came in.",
            code="ALLOCATION_EXCEEDS_PAYMENT",
            field="allocations",
            limit_minor=whole_minor,
        )


async def _engagement(
    uow: UnitOfWork,
    client_id: UUID,
    engagement_id: UUID | None,
    rows: Sequence[Any],
    parts: Sequence[Part],
) -> UUID | None:
    if engagement_id is not None:
        engagement = await engagement_queries.engagement_by_id(uow, engagement_id)
        if engagement is None:
            raise NotFound("No engagement with this id.", field="engagementId")
        if engagement["client_id"] != client_id:
            raise RuleViolation(
                "The engagement is another client's.", code="CLIENT_MISMATCH", field="engagementId"
            )
        return engagement_id
    of_parts = {row["engagement_id"] for row in rows if row["id"] in {p.invoice_id for p in parts}}
    return of_parts.pop() if len(of_parts) == 1 else await queries.newest_engagement(uow, client_id)
