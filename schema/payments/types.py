"""Payments, their allocations and exchanges, and a client's balance."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import strawberry

from db.queries import payments as queries
from db.unit_of_work import read_only
from schema.clients import Client, client_loader
from schema.context import Info
from schema.relay import Connection, Keyset, Node, decode_id, encode_id, fetches
from schema.retainers import money
from schema.scalars import Currency, Money
from services import payments
from services.actor import MEMBERS
from services.invoices.numbers import number_of

PAYMENTS_NEWEST_FIRST = Keyset("payments.recorded", (UUID,))


@strawberry.type(description="Money of a payment onto an invoice, or, below zero, off it again.")
class PaymentAllocation:
    """Never changed; taking off is a further one."""

    invoice_id: strawberry.ID = strawberry.field(description="The invoice.")
    invoice_number: str = strawberry.field(description="Its number.")
    amount: Money = strawberry.field(
        description="In the invoice's currency; below zero where it was taken off."
    )
    effective_on: date = strawberry.field(description="When it counts.")
    note: str = strawberry.field(description="Why, where somebody said so.")
    recorded_at: datetime = strawberry.field(description="When it was entered.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            invoice_id=encode_id("Invoice", row["invoice_id"]),
            invoice_number=number_of(row),
            amount=money(row["amount_minor"], row["currency"]),
            effective_on=row["effective_on"],
            note=row["note"],
            recorded_at=row["recorded_at"],
        )


@strawberry.type(description="How a payment in another currency settled its invoice.")
class PaymentExchange:
    """The rate is the exact ratio of two sums."""

    settled: Money = strawberry.field(description="What it paid of the invoice.")
    rate_home: Money = strawberry.field(description="So much in the practice's own currency …")
    rate_foreign: Money = strawberry.field(description="… for so much in the other.")
    rate_on: date = strawberry.field(
        description="The day of the rate: of the invoice where the practice was paid in its own currency, else of the receipt."
    )
    rate_source: str = strawberry.field(description="Whose rate it is.")
    value: Money = strawberry.field(description="What the foreign side is worth at the rate.")
    rounding: str = strawberry.field(description="How that value was rounded, once.")
    difference: Money = strawberry.field(description="The gain, or, below zero, the loss.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        home, foreign = row["home_currency"], row["foreign_currency"]
        return cls(
            settled=money(row["settled_minor"], row["settled_currency"]),
            rate_home=money(row["rate_home_minor"], home),
            rate_foreign=money(row["rate_foreign_minor"], foreign),
            rate_on=row["rate_on"],
            rate_source=row["rate_source"],
            value=money(row["value_minor"], home),
            rounding=payments.rounding_told(row),
            difference=money(row["difference_minor"], home),
        )


@strawberry.type(description="Money that a client paid.")
class Payment(Node):
    """What is on no invoice is the client's."""

    row: strawberry.Private[Any]
    invoice_id: strawberry.ID | None = strawberry.field(
        description="The invoice it named; null where it named none or several."
    )
    amount: Money = strawberry.field(description="What came in.")
    charge: Money = strawberry.field(
        description="What the bank kept on the way and the practice bears."
    )
    applied: Money = strawberry.field(description="What of it is on invoices.")
    unapplied: Money = strawberry.field(
        description="What of it is on none; it stands on the client's unapplied receipts."
    )
    available: Money = strawberry.field(
        description="What of that can be put on invoices: it is promised to no refund."
    )
    refund_pending: Money = strawberry.field(description="What is promised to refunds.")
    refunded: Money = strawberry.field(description="What went back.")
    received_on: date = strawberry.field(description="When it counts.")
    bank_reference: str = strawberry.field(description="What the bank's statement says.")
    reversed_on: date | None = strawberry.field(description="When it went back whole.")
    reversal_reason: str = strawberry.field(description="Why it went back.")
    recorded_at: datetime = strawberry.field(description="When it was entered.")

    @strawberry.field(description="Who paid.")
    async def client(self, info: Info) -> Client | None:
        """The client."""
        return await client_loader(info).load(self.row["client_id"])

    @strawberry.field(description="All that was put on invoices and taken off, as it was entered.")
    async def allocations(self, info: Info) -> list[PaymentAllocation]:
        """Read for all payments of an answer at once."""
        return await info.context.children(
            "payment.allocations",
            "payment_id",
            queries.allocations_of_payments,
            PaymentAllocation.of,
        ).load(self.row["id"])

    @strawberry.field(description="How it settled an invoice in another currency, if it did.")
    async def exchange(self, info: Info) -> PaymentExchange | None:
        """Read for all payments of an answer at once."""
        found = await info.context.children(
            "payment.exchanges", "payment_id", queries.exchanges_of, PaymentExchange.of
        ).load(self.row["id"])
        return found[0] if found else None

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        currency = row["currency"]
        sums = ("amount", "charge", "applied", "unapplied", "refund_pending", "refunded")
        return cls(
            id=encode_id("Payment", row["id"]),
            row=row,
            invoice_id=encode_id("Invoice", row["invoice_id"]) if row["invoice_id"] else None,
            available=money(row["unapplied_minor"] - row["unapplied_taken_minor"], currency),
            received_on=row["received_on"],
            bank_reference=row["bank_reference"],
            reversed_on=row["reversed_on"],
            reversal_reason=row["reversal_reason"],
            recorded_at=row["recorded_at"],
            **{name: money(row[f"{name}_minor"], currency) for name in sums},
        )


@fetches("Payment")
async def _payments(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        return {row["id"]: Payment.of(row) for row in await queries.payments_by_ids(uow, ids)}


@strawberry.type(description="What stands between the practice and a client, in one currency.")
class ClientBalance:
    """As the books say."""

    currency: Currency = strawberry.field(description="The currency.")
    owed: Money = strawberry.field(description="What the client owes on invoices.")
    retention: Money = strawberry.field(description="What is kept back until acceptance.")
    unapplied: Money = strawberry.field(description="The client's money that is on no invoice.")
    retainers: Money = strawberry.field(description="The client's money in retainers.")
    net: Money = strawberry.field(
        description="Owed less unapplied: above zero the client pays, below the practice does."
    )


@strawberry.type(description="Where a payment's free money would go.")
class SuggestedAllocation:
    """Nothing is stored."""

    invoice_id: strawberry.ID = strawberry.field(description="The invoice.")
    amount: Money = strawberry.field(description="How much.")


@strawberry.type
class PaymentQuery:
    """Mixed into Query."""

    @strawberry.field(
        description="Payments, newest first; of one client; with or without money that is free."
    )
    async def payments(
        self,
        info: Info,
        *,
        client_id: strawberry.ID | None = None,
        has_unapplied: bool | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Payment]:
        """All payments that fit, those that went back among them."""
        actor = info.context.actor
        actor.require(*MEMBERS)
        page = PAYMENTS_NEWEST_FIRST.page(first, after, last, before)
        fits: dict[str, Any] = {
            "client_id": None if client_id is None else decode_id("Client", client_id, "clientId"),
            "has_unapplied": has_unapplied,
        }

        async def total() -> int:
            async with read_only(actor.scope()) as uow:
                return await queries.count_payments(uow, **fits)

        async with read_only(actor.scope()) as uow:
            rows = await queries.payments_page(
                uow,
                **fits,
                after=page.after[0] if page.after else None,
                before=page.before[0] if page.before else None,
                limit=page.fetch,
                is_backward=page.backward,
            )
        return Connection.of(page, rows, node=Payment.of, key=lambda row: (row["id"],), total=total)

    @strawberry.field(description="What stands between the practice and a client, by currency.")
    async def client_balance(
        self, info: Info, client_id: strawberry.ID, *, as_of: date | None = None
    ) -> list[ClientBalance]:
        """Without a date as of all that is entered."""
        found = await payments.client_balance(
            info.context.actor, decode_id("Client", client_id, "clientId"), as_of=as_of
        )
        return [
            ClientBalance(
                currency=Currency(each.currency),
                owed=money(each.owed_minor, each.currency),
                retention=money(each.retention_minor, each.currency),
                unapplied=money(each.unapplied_minor, each.currency),
                retainers=money(each.retainers_minor, each.currency),
                net=money(each.net_minor, each.currency),
            )
            for each in found
        ]

    @strawberry.field(description="Where a payment's free money would go, the oldest due first.")
    async def suggested_allocation(
        self, info: Info, payment_id: strawberry.ID
    ) -> list[SuggestedAllocation]:
        """Send it with `allocatePayment`, changed or not."""
        found = await payments.suggested_allocation(
            info.context.actor, decode_id("Payment", payment_id, "paymentId")
        )
        return [
            SuggestedAllocation(
                invoice_id=encode_id("Invoice", each.invoice_id),
                amount=money(each.amount.amount_minor, each.amount.currency),
            )
            for each in found
        ]
