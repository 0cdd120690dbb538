"""Refunds, and what a client is entitled to get back."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Self
from uuid import UUID

import orjson
import strawberry

from db.queries import refunds as queries
from db.unit_of_work import read_only
from schema.clients import Client, client_loader
from schema.context import Info
from schema.documents import Document, document_loader
from schema.entitlements import EntitlementLine, RefundEntitlement, entitlement_line
from schema.errors import Payload, inside, refusals_as
from schema.newest import newest
from schema.relay import Connection, Keyset, Node, decode_id, encode_id, fetches
from schema.retainers import money
from schema.scalars import Money, MoneyInput
from services import refunds
from services.actor import MEMBERS

REFUNDS_NEWEST_FIRST = Keyset("refunds.requested", (UUID,))


@strawberry.enum(description="Where a refund stands.")
class RefundStatus(Enum):
    """The life of a refund."""

    REQUESTED = strawberry.enum_value("requested", description="Asked for; the sum is set aside.")
    APPROVED = strawberry.enum_value("approved", description="Approved, explained and announced.")
    REJECTED = strawberry.enum_value("rejected", description="Turned down; the sum is free again.")
    SETTLED = strawberry.enum_value("settled", description="Paid out.")
    FAILED = strawberry.enum_value("failed", description="Could not be paid, or came back.")


@strawberry.enum(description="Why money goes back; the words beside it say it in full.")
class RefundReason(Enum):
    """The reasons of `services.rules.refunds`."""

    OVERPAYMENT = strawberry.enum_value("overpayment", description="More came than was owed.")
    RETAINER_UNUSED = strawberry.enum_value(
        "retainer_unused", description="The unused rest of a retainer."
    )
    COMPLAINT = strawberry.enum_value("complaint", description="The work was not as agreed.")
    CANCELLED = strawberry.enum_value("cancelled", description="The work was called off.")
    DUPLICATE = strawberry.enum_value("duplicate", description="It was paid twice.")
    PRICE_CORRECTION = strawberry.enum_value(
        "price_correction", description="The price was not as agreed."
    )
    GOODWILL = strawberry.enum_value("goodwill", description="Out of kindness.")
    OTHER = strawberry.enum_value("other", description="Anything else.")


@strawberry.enum(description="By which way a refund leaves.")
class RefundMethod(Enum):
    """The methods of `services.rules.refunds`."""

    BANK = strawberry.enum_value("bank", description="A bank transfer.")
    CARD_REVERSAL = strawberry.enum_value(
        "card_reversal", description="Back to the card it was paid by."
    )


@strawberry.enum(description="What became of an attempt to pay a refund.")
class RefundOutcome(Enum):
    """Kept for good."""

    SETTLED = strawberry.enum_value("settled", description="It left the bank.")
    FAILED = strawberry.enum_value("failed", description="It could not be paid.")
    RETURNED = strawberry.enum_value("returned", description="It came back after it had left.")


@strawberry.type(description="One attempt to pay a refund, or its return.")
class RefundAttempt:
    """Never changed."""

    attempt: int = strawberry.field(description="Which attempt; the first is 1.")
    outcome: RefundOutcome = strawberry.field(description="What became of it.")
    method: RefundMethod | None = strawberry.field(description="Null where nothing left.")
    happened_on: date = strawberry.field(description="When.")
    note: str = strawberry.field(description="What the bank's statement or the bank says.")
    recorded_at: datetime = strawberry.field(description="When it was recorded.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            outcome=RefundOutcome(row["outcome"]),
            method=RefundMethod(row["method"]) if row["method"] else None,
            **{name: row[name] for name in ("attempt", "happened_on", "note", "recorded_at")},
        )


async def _attempts(info: Info, ids: list[UUID]) -> list[list[RefundAttempt]]:
    found: dict[UUID, list[RefundAttempt]] = {refund_id: [] for refund_id in ids}
    async with read_only(info.context.actor.scope()) as uow:
        for row in await queries.attempts_of(uow, ids):
            found[row["refund_id"]].append(RefundAttempt.of(row))
    return [found[refund_id] for refund_id in ids]


@strawberry.type(description="Money that goes back to a client.")
class Refund(Node):
    """Out of one retainer or one payment; it only goes forward."""

    row: strawberry.Private[Any]
    number: str = strawberry.field(description="Such as RF-0001; runs without gaps.")
    status: RefundStatus = strawberry.field(description="Where it stands.")
    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    retainer_id: strawberry.ID | None = strawberry.field(description="What it comes out of, or …")
    payment_id: strawberry.ID | None = strawberry.field(description="… the payment it undoes.")
    credit_note_id: strawberry.ID | None = strawberry.field(
        description="… the credit note that gives it back."
    )
    amount: Money = strawberry.field(description="How much.")
    reason: str = strawberry.field(description="Why, as the memo says.")
    reason_kind: RefundReason = strawberry.field(description="Why, in one word.")
    second_person_above: Money | None = strawberry.field(
        description="Above this sum who asked does not approve; null where no limit stood."
    )
    attempt: int = strawberry.field(description="Which attempt to pay it this is.")
    requested_on: date = strawberry.field(description="When it was asked for.")
    decided_on: date | None = strawberry.field(description="When it was decided.")
    settled_on: date | None = strawberry.field(description="When it left the bank.")
    failed_on: date | None = strawberry.field(description="When it failed.")
    failure_reason: str = strawberry.field(description="Why it failed.")
    entitlement: list[EntitlementLine] = strawberry.field(
        description="The explanation as it was approved; empty before that."
    )
    entitled: Money | None = strawberry.field(description="The sum of the explanation.")
    version: int = strawberry.field(description="Send it back as `expectedVersion` to change it.")
    created_at: datetime = strawberry.field(description="When it was recorded.")

    @strawberry.field(description="Who gets it.")
    async def client(self, info: Info) -> Client | None:
        """The client."""
        return await client_loader(info).load(self.row["client_id"])

    @strawberry.field(description="Every attempt to pay it, and what became of it; oldest first.")
    async def attempts(self, info: Info) -> list[RefundAttempt]:
        """The history."""

        async def load(ids: list[UUID]) -> list[list[RefundAttempt]]:
            return await _attempts(info, ids)

        found: list[RefundAttempt] = await info.context.loader("refund_attempts", load).load(
            self.row["id"]
        )
        return found

    @strawberry.field(description="The memo; null before it is approved.")
    async def document(self, info: Info) -> Document | None:
        """Frozen at approval."""
        document_id = self.row["document_id"]
        return None if document_id is None else await document_loader(info).load(document_id)

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        currency, entitled = row["currency"], row["entitlement_minor"]
        lines = orjson.loads(row["entitlement"]) if row["entitlement"] else []
        limit = row["second_person_above_minor"]
        same = (
            "reason", "attempt", "requested_on", "decided_on", "settled_on", "failed_on", "failure_reason", "version", "created_at",
        )  # fmt: skip
        return cls(
            id=encode_id("Refund", row["id"]),
            row=row,
            number=refunds.number_of(row["number"]),
            status=RefundStatus(row["status"]),
            engagement_id=encode_id("Engagement", row["engagement_id"]),
            retainer_id=encode_id("Retainer", row["retainer_id"]) if row["retainer_id"] else None,
            payment_id=encode_id("Payment", row["payment_id"]) if row["payment_id"] else None,
            credit_note_id=encode_id("CreditNote", row["credit_note_id"])
            if row["credit_note_id"]
            else None,
            amount=money(row["amount_minor"], currency),
            reason_kind=RefundReason(row["reason_kind"]),
            second_person_above=None if limit is None else money(limit, currency),
            entitlement=[entitlement_line(currency, line) for line in lines],
            entitled=None if entitled is None else money(entitled, currency),
            **{name: row[name] for name in same},
        )


@fetches("Refund")
async def _refunds(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        return {row["id"]: Refund.of(row) for row in await queries.refunds_by_ids(uow, ids)}


@strawberry.type
class RefundQuery:
    """Mixed into Query."""

    @strawberry.field(description="What the client may get back of an engagement's money now.")
    async def refund_entitlement(
        self, info: Info, engagement_id: strawberry.ID
    ) -> RefundEntitlement:
        """Every step explained."""
        return RefundEntitlement.of(
            await refunds.entitlement(
                info.context.actor, decode_id("Engagement", engagement_id, "engagementId")
            )
        )

    @strawberry.field(description="Refunds, newest first; of one client or one engagement.")
    async def refunds(
        self,
        info: Info,
        *,
        client_id: strawberry.ID | None = None,
        engagement_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Refund]:
        """All refunds that fit."""
        page = REFUNDS_NEWEST_FIRST.page(first, after, last, before)
        return await newest(
            info, "refund", page, Refund.of, client_id=client_id, engagement_id=engagement_id
        )


@strawberry.input(one_of=True, description="What a refund comes out of: exactly one of the three.")
class RefundSourceInput:
    """A retainer, a payment or a credit note."""

    retainer_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="What a retainer holds."
    )
    payment_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A payment of an invoice."
    )
    credit_note_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="What a credit note gives back."
    )

    def ids(self) -> dict[str, UUID | None]:
        """As the services take them."""
        found: dict[str, UUID | None] = {}
        for name, type_name in (
            ("retainer_id", "Retainer"),
            ("payment_id", "Payment"),
            ("credit_note_id", "CreditNote"),
        ):
            given = getattr(self, name)
            found[name] = (
                decode_id(type_name, given, f"source.{name}") if isinstance(given, str) else None
            )
        return found


@strawberry.input(description="Money to give back.")
class RequestRefundInput:
    """The sum is set aside until it is decided."""

    source: RefundSourceInput = strawberry.field(description="What it comes out of.")
    amount: MoneyInput = strawberry.field(description="How much.")
    reason: str = strawberry.field(description="Why; the memo prints it, so in its language.")
    reason_kind: RefundReason = strawberry.field(
        default=RefundReason.OTHER, description="Why, in one word."
    )
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="A refund to decide.")
class DecideRefundInput:
    """Approve or turn down."""

    refund_id: strawberry.ID = strawberry.field(description="The refund.")
    expected_version: int = strawberry.field(description="The version you saw.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="A refund that was paid out.")
class SettleRefundInput:
    """It left the bank."""

    refund_id: strawberry.ID = strawberry.field(description="The refund; it is approved.")
    settled_on: date = strawberry.field(description="When it left the bank; not in the future.")
    bank_reference: str = strawberry.field(description="What the bank's statement says.")
    method: RefundMethod = strawberry.field(
        default=RefundMethod.BANK, description="By which way it left."
    )
    expected_version: int = strawberry.field(description="The version you saw.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="A refund that could not be paid, or came back.")
class FailRefundInput:
    """A settled one is taken back by a further entry."""

    refund_id: strawberry.ID = strawberry.field(description="The refund.")
    failed_on: date = strawberry.field(description="When it failed; not in the future.")
    reason: str = strawberry.field(description="What the bank says.")
    expected_version: int = strawberry.field(description="The version you saw.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The refund, or why not.")
class RefundPayload(Payload):
    """Answer of mutations of refunds."""

    refund: Refund | None = strawberry.field(default=None, description="As it is now.")


async def _payload(info: Info, refund_id: UUID) -> RefundPayload:
    async with read_only(info.context.actor.scope()) as uow:
        (row,) = await queries.refunds_by_ids(uow, [refund_id])
    return RefundPayload(refund=Refund.of(row))


@strawberry.type
class RefundMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(description="Ask for money to go back to a client. For owner and staff.")
    @refusals_as(RefundPayload)
    async def request_refund(self, info: Info, input: RequestRefundInput) -> RefundPayload:
        """Never more than is left, nor than the client is entitled to."""
        source = input.source
        with inside("source", "amount", "amount.amount", "reason", "idempotencyKey"):
            refund_id = await refunds.request_refund(
                info.context.actor,
                **source.ids(),
                amount=input.amount.to_money("amount.amount"),
                reason=input.reason,
                reason_kind=str(input.reason_kind.value),
                idempotency_key=input.idempotency_key,
                today=info.context.today,
                now=info.context.now,
            )
        return await _payload(info, refund_id)

    @strawberry.mutation(
        description="Approve a refund: the explanation is frozen and the memo mailed. For owner and staff."
    )
    @refusals_as(RefundPayload)
    async def approve_refund(self, info: Info, input: DecideRefundInput) -> RefundPayload:
        """Worked out again before it is frozen."""
        refund_id = await refunds.approve_refund(
            info.context.actor,
            decode_id("Refund", input.refund_id, "refundId"),
            expected_version=input.expected_version,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _payload(info, refund_id)

    @strawberry.mutation(description="Turn a refund down. For owner and staff.")
    @refusals_as(RefundPayload)
    async def reject_refund(self, info: Info, input: DecideRefundInput) -> RefundPayload:
        """The sum is free again."""
        refund_id = await refunds.reject_refund(
            info.context.actor,
            decode_id("Refund", input.refund_id, "refundId"),
            expected_version=input.expected_version,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _payload(info, refund_id)

    @strawberry.mutation(description="Enter that a refund was paid out. For owner and staff.")
    @refusals_as(RefundPayload)
    async def settle_refund(self, info: Info, input: SettleRefundInput) -> RefundPayload:
        """Dr what it comes out of / Cr bank."""
        refund_id = await refunds.settle_refund(
            info.context.actor,
            decode_id("Refund", input.refund_id, "refundId"),
            settled_on=input.settled_on,
            bank_reference=input.bank_reference,
            method=str(input.method.value),
            expected_version=input.expected_version,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _payload(info, refund_id)

    @strawberry.mutation(
        description="Set a failed refund's money aside once more, to pay it again. For owner and staff."
    )
    @refusals_as(RefundPayload)
    async def retry_refund(self, info: Info, input: DecideRefundInput) -> RefundPayload:
        """The approval stands; cap and entitlement are looked at again."""
        refund_id = await refunds.retry_refund(
            info.context.actor,
            decode_id("Refund", input.refund_id, "refundId"),
            expected_version=input.expected_version,
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return await _payload(info, refund_id)

    @strawberry.mutation(description="Enter that a refund failed. For owner and staff.")
    @refusals_as(RefundPayload)
    async def fail_refund(self, info: Info, input: FailRefundInput) -> RefundPayload:
        """Never an edit, always a further entry."""
        refund_id = await refunds.fail_refund(
            info.context.actor,
            decode_id("Refund", input.refund_id, "refundId"),
            failed_on=input.failed_on,
            reason=input.reason,
            expected_version=input.expected_version,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _payload(info, refund_id)
