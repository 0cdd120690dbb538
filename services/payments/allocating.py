"""Putting a payment's money on invoices and taking it off again, always by further entries."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.ids import new_id
from db.queries import payments as queries
from db.unit_of_work import UnitOfWork, read_only
from services import ledger
from services.actor import MEMBERS, MONEY, Actor
from services.idempotency import keyed
from services.invoices.numbers import number_of, open_minor
from services.ledger import JournalDraft, Line
from services.payments.recording import (
    Allocation,
    locked_invoices,
    open_invoice,
    parts_onto,
    write_allocations,
)
from services.rules.errors import InvalidInput, NotFound, RuleViolation
from services.rules.money import Money
from services.rules.movements import check_amount, check_currency, check_happened
from services.rules.payments import Part, check_parts, oldest_due_first
from services.rules.text import clean_text


async def allocate_payment(
    actor: Actor,
    payment_id: UUID,
    *,
    put_on: Sequence[Allocation] = (),
    take_off: Sequence[Allocation] = (),
    is_oldest_first: bool = False,
    on: date,
    note: str = "",
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Take money of a payment off invoices and put it on others, in one step: Dr receivable / Cr unapplied, and the other way.

    With `is_oldest_first` all that is free is put on the client's open invoices, the oldest due first. Never beyond what an
    invoice still owes, nor beyond what of the payment is on no invoice and promised to no refund. Answers the payment's id.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (AMOUNT_…, DATE, TEXT_…, ALLOCATION_INVALID), `RuleViolation` (CURRENCY_MISMATCH,
    CLIENT_MISMATCH, INVOICE_NOT_ISSUED, PAYMENT_REVERSED, ALLOCATION_FIXED, ALLOCATION_EXCEEDS_OPEN, ALLOCATION_EXCEEDS_PAYMENT
    and TAKE_OFF_EXCEEDS with `limit_minor`), and what `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    for each in (*put_on, *take_off):
        check_amount(each.amount, "putOn" if each in put_on else "takeOff")
    if is_oldest_first == bool(put_on or take_off):
        raise InvalidInput(
            "Say what goes on or off which invoices, or let the oldest be paid first.",
            code="ALLOCATION_INVALID",
            field="putOn",
        )
    check_happened(on, today, "on")
    why = clean_text(note, "note", max_length=500, required=False)

    async def effect(uow: UnitOfWork) -> UUID:
        await _allocate(
            uow,
            payment_id,
            put_on,
            take_off,
            is_oldest_first=is_oldest_first,
            on=on,
            note=why,
            now=now,
        )
        return payment_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="allocate_payment",
        request={
            "payment_id": payment_id,
            "put_on": [[each.invoice_id, each.amount] for each in put_on],
            "take_off": [[each.invoice_id, each.amount] for each in take_off],
            "is_oldest_first": is_oldest_first,
            "on": on,
            "note": why,
        },
        now=now,
        effect=effect,
    )


async def _allocate(
    uow: UnitOfWork,
    payment_id: UUID,
    put_on: Sequence[Allocation],
    take_off: Sequence[Allocation],
    *,
    is_oldest_first: bool,
    on: date,
    note: str,
    now: datetime,
) -> None:
    seen = await payment_or_refusal(uow, payment_id)
    wanted = {each.invoice_id for each in (*put_on, *take_off)}
    if is_oldest_first:
        rows = await queries.issued_invoices_of_client(uow, seen["client_id"], seen["currency"])
        wanted = {row["id"] for row in rows if open_minor(row)}
    invoices = {row["id"]: row for row in await locked_invoices(uow, sorted(wanted))}
    payment = await locked_payment(uow, payment_id)
    _check_movable(payment, bool(take_off))
    check_happened(on, on, "on", earliest=payment["received_on"])
    off = await _parts_off(uow, payment, take_off, on)
    off_minor = sum(part.amount_minor for part in off)
    free_minor = payment["unapplied_minor"] - payment["unapplied_taken_minor"] + off_minor
    if is_oldest_first:
        onto = oldest_due_first(free_minor, [open_invoice(row) for row in invoices.values()])
        if not onto:
            raise RuleViolation(
                "Either nothing of the payment is free or nothing is owed.",
                code="NOTHING_TO_ALLOCATE",
            )
    else:
        onto = parts_onto(
            [invoices[each.invoice_id] for each in put_on],
            put_on,
            payment["client_id"],
            payment["currency"],
            "putOn",
        )
    onto_minor = sum(part.amount_minor for part in onto)
    if onto_minor > free_minor:
        raise RuleViolation(
            f"{Money(free_minor, payment['currency'])} of the payment is free; what is promised to a refund is not.",
            code="ALLOCATION_EXCEEDS_PAYMENT",
            field="putOn",
            limit_minor=free_minor,
        )
    for part in onto:
        check_happened(on, on, "on", earliest=invoices[part.invoice_id]["issue_date"])
    await _enter(uow, payment, invoices, onto, off, on=on, note=note, now=now)


def _check_movable(payment: Any, is_off: bool) -> None:
    check_not_reversed(payment)
    if is_off and (payment["charge_minor"] or payment["is_exchanged"]):
        raise RuleViolation(
            "With a bank's charge or a rate of exchange in it the payment stays where it is: reverse it and enter it anew.",
            code="ALLOCATION_FIXED",
            field="takeOff",
        )


async def _parts_off(
    uow: UnitOfWork, payment: Any, take_off: Sequence[Allocation], on: date
) -> tuple[Part, ...]:
    standing = {row["invoice_id"]: row for row in await queries.on_invoices(uow, payment["id"])}
    parts = []
    for each in take_off:
        check_currency(each.amount, payment["currency"], "takeOff")
        parts.append(Part(each.invoice_id, each.amount.amount_minor))
        if each.invoice_id in standing:
            check_happened(on, on, "on", earliest=standing[each.invoice_id]["last_on"])
    limits = dict.fromkeys((each.invoice_id for each in take_off), 0)
    for invoice_id in limits.keys() & standing.keys():
        # What a refund took back of the invoice that the payment named is agreed with the client, and stays there.
        credited_minor = payment["credited_minor"] if invoice_id == payment["invoice_id"] else 0
        limits[invoice_id] = standing[invoice_id]["amount_minor"] - credited_minor
    check_parts(
        parts,
        limits=limits,
        field="takeOff",
        code="TAKE_OFF_EXCEEDS",
        said="This is more than is on the invoice out of this payment and was not refunded.",
    )
    return tuple(parts)


async def _enter(
    uow: UnitOfWork,
    payment: Any,
    invoices: dict[UUID, Any],
    onto: Sequence[Part],
    off: Sequence[Part],
    *,
    on: date,
    note: str,
    now: datetime,
) -> None:
    currency, client_id = payment["currency"], payment["client_id"]
    receivable = await ledger.account_for(uow, "receivable", currency, client_id=client_id, now=now)
    unapplied = await ledger.account_for(
        uow, "unapplied_receipts", currency, client_id=client_id, now=now
    )
    lines: list[Line] = []
    for parts, sign in ((off, 1), (onto, -1)):
        for part in parts:
            amount = Money(sign * part.amount_minor, currency)
            lines += [Line(receivable.id, amount), Line(unapplied.id, -amount)]
    words = [
        f"{word} {', '.join(number_of(invoices[part.invoice_id]) for part in parts)}"
        for parts, word in ((off, "off"), (onto, "onto"))
        if parts
    ]
    posted = await ledger.post(
        uow,
        JournalDraft(
            "allocation",
            f"Payment {' and '.join(words)}: {payment['bank_reference']}"[:500],
            on,
            tuple(lines),
            "payment_allocation",
            new_id(),
        ),
        now=now,
    )
    moved = (*(Part(part.invoice_id, -part.amount_minor) for part in off), *onto)
    await write_allocations(
        uow,
        payment["id"],
        moved,
        effective_on=on,
        note=note,
        journal_id=posted.id,
        now=now,
    )


async def suggested_allocation(actor: Actor, payment_id: UUID) -> tuple[Allocation, ...]:
    """Where what is free of a payment would go, the oldest due first. Nothing is stored. Raises `Forbidden`, `NotFound`."""
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        payment = await payment_or_refusal(uow, payment_id)
        free_minor = payment["unapplied_minor"] - payment["unapplied_taken_minor"]
        rows = await queries.issued_invoices_of_client(
            uow, payment["client_id"], payment["currency"]
        )
        parts = oldest_due_first(free_minor, [open_invoice(row) for row in rows])
    return tuple(
        Allocation(part.invoice_id, Money(part.amount_minor, payment["currency"])) for part in parts
    )


async def payment_or_refusal(uow: UnitOfWork, payment_id: UUID) -> asyncpg.Record:
    """The payment, not locked. Raises `NotFound`."""
    payment = await queries.payment_by_id(uow, payment_id)
    if payment is None:
        raise NotFound("No payment with this id.", field="paymentId")
    return payment


async def locked_payment(uow: UnitOfWork, payment_id: UUID) -> asyncpg.Record:
    """The payment under its lock. Raises `NotFound`."""
    payment = await queries.lock_payment(uow, payment_id)
    if payment is None:
        raise NotFound("No payment with this id.", field="paymentId")
    return payment


def check_not_reversed(payment: Any) -> None:
    """Raise RuleViolation (PAYMENT_REVERSED) where the bank took the payment back."""
    if payment["reversed_on"] is not None:
        raise RuleViolation(
            f"This payment went back on {payment['reversed_on']}.", code="PAYMENT_REVERSED"
        )
