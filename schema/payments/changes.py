"""Entering payments, moving their money between invoices, sending them back."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import strawberry

from db.queries import invoices as invoice_queries
from db.queries import payments as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.errors import Payload, refusals_as
from schema.invoices import Invoice
from schema.payments.types import Payment
from schema.relay import decode_id
from schema.scalars import MoneyInput
from services import payments
from services.rules.money import Money
from services.rules.payments import Rate


@strawberry.input(description="Money that came in for an invoice.")
class RecordPaymentInput:
    """In part, whole, or more than is owed."""

    invoice_id: strawberry.ID = strawberry.field(description="An issued invoice.")
    amount: MoneyInput = strawberry.field(description="What came in.")
    charge: MoneyInput | None = strawberry.field(
        default=None,
        description="What the bank kept on the way and the practice bears; the invoice counts as paid with it.",
    )
    received_on: date = strawberry.field(description="When the bank got it; not in the future.")
    bank_reference: str = strawberry.field(description="What the bank's statement says.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The payment, or why not.")
class RecordPaymentPayload(Payload):
    """Answer of `recordPayment`."""

    payment: Payment | None = strawberry.field(default=None, description="The payment.")
    invoice: Invoice | None = strawberry.field(default=None, description="As it is now.")


@strawberry.input(description="So much of a payment onto, or off, one invoice.")
class AllocationInput:
    """In the invoice's currency."""

    invoice_id: strawberry.ID = strawberry.field(description="An issued invoice of the client.")
    amount: MoneyInput = strawberry.field(description="How much; above zero.")


@strawberry.input(description="Money of a client that names no invoice, or several.")
class RecordReceiptInput:
    """What is put on no invoice stays the client's."""

    client_id: strawberry.ID = strawberry.field(description="Who paid.")
    amount: MoneyInput = strawberry.field(description="What came in.")
    charge: MoneyInput | None = strawberry.field(
        default=None, description="What the bank kept on the way and the practice bears."
    )
    received_on: date = strawberry.field(description="When the bank got it; not in the future.")
    bank_reference: str = strawberry.field(description="What the bank's statement says.")
    allocations: list[AllocationInput] = strawberry.field(
        default_factory=list, description="What of it goes on which invoices."
    )
    is_oldest_first: bool = strawberry.field(
        default=False, description="Or put it on the open invoices, the oldest due first."
    )
    engagement_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Towards what an unapplied sum counts; the client's newest engagement where it is left out.",
    )
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="A rate of exchange: the exact ratio of two sums of money.")
class RateInput:
    """Such as 746.05 DKK for 100.00 EUR."""

    home: MoneyInput = strawberry.field(description="So much in the practice's own currency …")
    foreign: MoneyInput = strawberry.field(description="… for so much in the other.")
    source: str = strawberry.field(description="Whose rate it is, such as the central bank's.")


@strawberry.input(description="Money that came in for an invoice in another currency.")
class RecordExchangedPaymentInput:
    """One of the two currencies is the practice's own."""

    invoice_id: strawberry.ID = strawberry.field(description="An issued invoice.")
    amount: MoneyInput = strawberry.field(description="What came in at the bank.")
    settles: MoneyInput = strawberry.field(
        description="What of the invoice it settles, in the invoice's currency."
    )
    rate: RateInput = strawberry.field(
        description="Of the invoice's day where the practice was paid in its own currency, else of the day it came in."
    )
    received_on: date = strawberry.field(description="When the bank got it; not in the future.")
    bank_reference: str = strawberry.field(description="What the bank's statement says.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="Where a payment's money goes, and where it comes from.")
class AllocatePaymentInput:
    """Off some invoices and onto others in one step."""

    payment_id: strawberry.ID = strawberry.field(description="The payment.")
    take_off: list[AllocationInput] = strawberry.field(
        default_factory=list, description="What is taken off which invoices."
    )
    put_on: list[AllocationInput] = strawberry.field(
        default_factory=list, description="What is put on which invoices."
    )
    is_oldest_first: bool = strawberry.field(
        default=False, description="Or put all that is free on the open invoices, the oldest first."
    )
    on: date = strawberry.field(description="When it counts; not in the future.")
    note: str = strawberry.field(default="", description="Why.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="A payment that went back whole: it bounced, or was sent back.")
class ReversePaymentInput:
    """Its invoices are open again."""

    payment_id: strawberry.ID = strawberry.field(description="The payment.")
    reversed_on: date = strawberry.field(description="When it left the bank; not in the future.")
    reason: str = strawberry.field(description="What the bank says.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The payment, or why not.")
class PaymentPayload(Payload):
    """Answer of mutations of payments."""

    payment: Payment | None = strawberry.field(default=None, description="As it is now.")


def allocations_of(given: Sequence[AllocationInput], field: str) -> list[payments.Allocation]:
    """What was sent, decoded. Raises InvalidInput naming the place."""
    return [
        payments.Allocation(
            decode_id("Invoice", each.invoice_id, f"{field}.{place}.invoiceId"),
            each.amount.to_money(f"{field}.{place}.amount.amount"),
        )
        for place, each in enumerate(given)
    ]


def conversion_of(settles: MoneyInput, rate: RateInput) -> payments.Conversion:
    """What was sent, decoded. Raises InvalidInput naming the place."""
    return payments.Conversion(
        settles.to_money("settles.amount"),
        Rate(
            rate.home.to_money("rate.home.amount"),
            rate.foreign.to_money("rate.foreign.amount"),
        ),
        rate.source,
    )


def charge_of(charge: MoneyInput | None) -> Money | None:
    """The charge, if one was sent."""
    return None if charge is None else charge.to_money("charge.amount")


async def _payload(info: Info, payment_id: UUID) -> PaymentPayload:
    async with read_only(info.context.actor.scope()) as uow:
        (row,) = await queries.payments_by_ids(uow, [payment_id])
    return PaymentPayload(payment=Payment.of(row))


@strawberry.type
class PaymentMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(description="Enter money that came in. For owner and staff.")
    @refusals_as(RecordPaymentPayload)
    async def record_payment(self, info: Info, input: RecordPaymentInput) -> RecordPaymentPayload:
        """Dr bank / Cr receivable, and unapplied receipts for what is over."""
        payment_id = await payments.record_payment(
            info.context.actor,
            decode_id("Invoice", input.invoice_id, "invoiceId"),
            amount=input.amount.to_money("amount.amount"),
            charge=charge_of(input.charge),
            received_on=input.received_on,
            bank_reference=input.bank_reference,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        async with read_only(info.context.actor.scope()) as uow:
            (row,) = await queries.payments_by_ids(uow, [payment_id])
            invoice = await invoice_queries.invoice_by_id(uow, row["invoice_id"])
        return RecordPaymentPayload(payment=Payment.of(row), invoice=Invoice.of(invoice))

    @strawberry.mutation(
        description="Enter money of a client that names no invoice, or several. For owner and staff."
    )
    @refusals_as(PaymentPayload)
    async def record_receipt(self, info: Info, input: RecordReceiptInput) -> PaymentPayload:
        """Dr bank / Cr unapplied receipts, and receivable for what is put on invoices."""
        payment_id = await payments.record_receipt(
            info.context.actor,
            decode_id("Client", input.client_id, "clientId"),
            amount=input.amount.to_money("amount.amount"),
            charge=charge_of(input.charge),
            received_on=input.received_on,
            bank_reference=input.bank_reference,
            allocations=allocations_of(input.allocations, "allocations"),
            is_oldest_first=input.is_oldest_first,
            engagement_id=None
            if input.engagement_id is None
            else decode_id("Engagement", input.engagement_id, "engagementId"),
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _payload(info, payment_id)

    @strawberry.mutation(
        description="Enter money that came in for an invoice in another currency. For owner and staff."
    )
    @refusals_as(PaymentPayload)
    async def record_exchanged_payment(
        self, info: Info, input: RecordExchangedPaymentInput
    ) -> PaymentPayload:
        """The realised difference is income or expense of the day."""
        payment_id = await payments.record_exchanged_payment(
            info.context.actor,
            decode_id("Invoice", input.invoice_id, "invoiceId"),
            amount=input.amount.to_money("amount.amount"),
            conversion=conversion_of(input.settles, input.rate),
            received_on=input.received_on,
            bank_reference=input.bank_reference,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _payload(info, payment_id)

    @strawberry.mutation(
        description="Move a payment's money onto invoices and off them. For owner and staff."
    )
    @refusals_as(PaymentPayload)
    async def allocate_payment(self, info: Info, input: AllocatePaymentInput) -> PaymentPayload:
        """By further entries; the history stays."""
        payment_id = await payments.allocate_payment(
            info.context.actor,
            decode_id("Payment", input.payment_id, "paymentId"),
            put_on=allocations_of(input.put_on, "putOn"),
            take_off=allocations_of(input.take_off, "takeOff"),
            is_oldest_first=input.is_oldest_first,
            on=input.on,
            note=input.note,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _payload(info, payment_id)

    @strawberry.mutation(description="Enter that a payment went back whole. For owner and staff.")
    @refusals_as(PaymentPayload)
    async def reverse_payment(self, info: Info, input: ReversePaymentInput) -> PaymentPayload:
        """A further entry; the invoices are open again."""
        payment_id = await payments.reverse_payment(
            info.context.actor,
            decode_id("Payment", input.payment_id, "paymentId"),
            reversed_on=input.reversed_on,
            reason=input.reason,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _payload(info, payment_id)
