"""What asks for retainer money, takes it in and applies it."""

from datetime import date
from uuid import UUID

import strawberry

from db.queries import retainers as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.errors import Payload, refusals_as
from schema.relay import decode_id
from schema.retainers.held import Retainer, RetainerRequest
from schema.retainers.types import Drawdown, RetainerDeposit
from schema.scalars import MoneyInput
from services import retainers


@strawberry.input(description="A deposit to ask for.")
class RequestDepositInput:
    """Without an amount it is the agreed share of what the scope costs, tax included, less what was asked for before."""

    engagement_id: strawberry.ID = strawberry.field(
        description="The engagement; its contract is signed."
    )
    amount: MoneyInput | None = strawberry.field(
        default=None, description="How much; the agreed share where it is left out."
    )
    due_on: date | None = strawberry.field(
        default=None, description="When it is due; after the payment terms where it is left out."
    )
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="A request to take back.")
class CancelRetainerRequestInput:
    """What came in stays."""

    request_id: strawberry.ID = strawberry.field(description="The request.")
    reason: str = strawberry.field(description="Why.")
    expected_version: int = strawberry.field(description="The version you saw.")


@strawberry.type(description="The request, or why not.")
class RetainerRequestPayload(Payload):
    """Answer of mutations of requests."""

    retainer_request: RetainerRequest | None = strawberry.field(
        default=None, description="As it is now."
    )


@strawberry.input(description="Money that came in for a request.")
class RecordDepositInput:
    """In part or whole."""

    request_id: strawberry.ID = strawberry.field(description="The request it answers.")
    amount: MoneyInput = strawberry.field(description="What came in; not more than is open.")
    received_on: date = strawberry.field(description="When the bank got it; not in the future.")
    bank_reference: str = strawberry.field(description="What the bank's statement says.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The deposit, or why not.")
class RecordDepositPayload(Payload):
    """Answer of `recordDeposit`."""

    deposit: RetainerDeposit | None = strawberry.field(default=None, description="The deposit.")
    retainer: Retainer | None = strawberry.field(default=None, description="As it is now.")


@strawberry.input(description="Retainer money to apply to an invoice.")
class DrawDownInput:
    """Without an amount it is as much as both allow."""

    retainer_id: strawberry.ID = strawberry.field(description="The retainer.")
    invoice_id: strawberry.ID = strawberry.field(description="An issued invoice of its engagement.")
    amount: MoneyInput | None = strawberry.field(default=None, description="How much.")
    on: date = strawberry.field(description="When it counts; not in the future.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The drawdown, or why not.")
class DrawDownPayload(Payload):
    """Answer of `drawDown`."""

    drawdown: Drawdown | None = strawberry.field(default=None, description="The drawdown.")
    retainer: Retainer | None = strawberry.field(default=None, description="As it is now.")


async def request_payload(info: Info, request_id: UUID) -> RetainerRequestPayload:
    """The request as it is now."""
    async with read_only(info.context.actor.scope()) as uow:
        (row,) = await queries.requests_by_ids(uow, [request_id])
    return RetainerRequestPayload(retainer_request=RetainerRequest.of(row))


@strawberry.type
class RetainerMovementMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(
        description="Ask a client for a deposit; the paper is frozen and mailed. For owner and staff."
    )
    @refusals_as(RetainerRequestPayload)
    async def request_deposit(
        self, info: Info, input: RequestDepositInput
    ) -> RetainerRequestPayload:
        """A third of the total, unless agreed otherwise."""
        request_id = await retainers.request_deposit(
            info.context.actor,
            decode_id("Engagement", input.engagement_id, "engagementId"),
            amount=input.amount.to_money("amount.amount") if input.amount else None,
            due_on=input.due_on,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await request_payload(info, request_id)

    @strawberry.mutation(description="Take a request for a deposit back. For owner and staff.")
    @refusals_as(RetainerRequestPayload)
    async def cancel_retainer_request(
        self, info: Info, input: CancelRetainerRequestInput
    ) -> RetainerRequestPayload:
        """What came in stays in the retainer."""
        request_id = await retainers.cancel_request(
            info.context.actor,
            decode_id("RetainerRequest", input.request_id, "requestId"),
            reason=input.reason,
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return await request_payload(info, request_id)

    @strawberry.mutation(description="Enter money that came in for a request. For owner and staff.")
    @refusals_as(RecordDepositPayload)
    async def record_deposit(self, info: Info, input: RecordDepositInput) -> RecordDepositPayload:
        """Dr bank / Cr retainer liability."""
        deposit_id = await retainers.record_deposit(
            info.context.actor,
            decode_id("RetainerRequest", input.request_id, "requestId"),
            amount=input.amount.to_money("amount.amount"),
            received_on=input.received_on,
            bank_reference=input.bank_reference,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        async with read_only(info.context.actor.scope()) as uow:
            (row,) = await queries.deposits_by_ids(uow, [deposit_id])
            retainer = await queries.retainer_by_id(uow, row["retainer_id"])
        return RecordDepositPayload(deposit=RetainerDeposit.of(row), retainer=Retainer.of(retainer))

    @strawberry.mutation(description="Apply retainer money to an invoice. For owner and staff.")
    @refusals_as(DrawDownPayload)
    async def draw_down(self, info: Info, input: DrawDownInput) -> DrawDownPayload:
        """Dr retainer liability / Cr receivable."""
        drawdown_id = await retainers.drawdown(
            info.context.actor,
            decode_id("Retainer", input.retainer_id, "retainerId"),
            decode_id("Invoice", input.invoice_id, "invoiceId"),
            amount=input.amount.to_money("amount.amount") if input.amount else None,
            on=input.on,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        async with read_only(info.context.actor.scope()) as uow:
            (row,) = await queries.drawdowns_by_ids(uow, [drawdown_id])
            retainer = await queries.retainer_by_id(uow, row["retainer_id"])
        return DrawDownPayload(drawdown=Drawdown.of(row), retainer=Retainer.of(retainer))
