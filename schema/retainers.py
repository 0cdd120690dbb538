"""Retainers: what was asked for, what came in, what was drawn."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Self
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from db.queries import retainers as queries
from db.unit_of_work import UnitOfWork, read_only
from schema.clients import Client, client_loader
from schema.context import Info
from schema.documents import Document, document_loader
from schema.errors import Payload, refusals_as
from schema.newest import newest
from schema.relay import Connection, Keyset, Node, decode_id, encode_id, fetches
from schema.scalars import Currency, Money, MoneyInput
from services import retainers
from services.actor import MEMBERS
from services.retainers.papers import number_of
from services.rules.money import Money as RulesMoney

RETAINERS_NEWEST_FIRST = Keyset("retainers.opened", (UUID,))


def money(amount_minor: int, currency: str) -> Money:
    """An amount of a row as the schema's money."""
    return Money.of(RulesMoney(amount_minor, currency))


@strawberry.enum(description="What a retainer is held for.")
class RetainerKind(Enum):
    """The kinds of `services.rules.retainers`; the deposit is the one that can be asked for."""

    DEPOSIT = strawberry.enum_value("deposit", description="Against fees; pays invoices.")
    SECURITY_DEPOSIT = strawberry.enum_value(
        "security_deposit", description="Held to the end, then applied or returned."
    )
    EVERGREEN = strawberry.enum_value("evergreen", description="Topped up below its floor.")
    AVAILABILITY = strawberry.enum_value(
        "availability", description="For being reachable; earned over time, not refundable."
    )
    PERIOD_ALLOWANCE = strawberry.enum_value("period_allowance", description="Hours in a period.")


@strawberry.enum(description="Whether money has come in.")
class RetainerStatus(Enum):
    """The status of a retainer."""

    REQUESTED = strawberry.enum_value("requested", description="Asked for; nothing is there yet.")
    ACTIVE = strawberry.enum_value("active", description="Money has come in.")


@strawberry.enum(description="Where a request for a deposit stands.")
class RetainerRequestStatus(Enum):
    """The status of a request."""

    REQUESTED = strawberry.enum_value("requested", description="Money is awaited.")
    RECEIVED = strawberry.enum_value("received", description="All of it came in.")
    CANCELLED = strawberry.enum_value("cancelled", description="Taken back.")


@strawberry.type(description="Money that came into a retainer.")
class RetainerDeposit(Node):
    """Never changed."""

    amount: Money = strawberry.field(description="What came in.")
    received_on: date = strawberry.field(description="When it counts.")
    bank_reference: str = strawberry.field(description="What the bank's statement says.")
    recorded_at: datetime = strawberry.field(description="When it was entered.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            id=encode_id("RetainerDeposit", row["id"]),
            amount=money(row["amount_minor"], row["currency"]),
            received_on=row["received_on"],
            bank_reference=row["bank_reference"],
            recorded_at=row["recorded_at"],
        )


@strawberry.type(description="Retainer money applied to an invoice.")
class Drawdown(Node):
    """Never changed."""

    retainer_id: strawberry.ID = strawberry.field(description="The retainer.")
    invoice_id: strawberry.ID = strawberry.field(description="The invoice it paid.")
    amount: Money = strawberry.field(description="How much.")
    effective_on: date = strawberry.field(description="When it counts.")
    recorded_at: datetime = strawberry.field(description="When it was entered.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            id=encode_id("Drawdown", row["id"]),
            retainer_id=encode_id("Retainer", row["retainer_id"]),
            invoice_id=encode_id("Invoice", row["invoice_id"]),
            amount=money(row["amount_minor"], row["currency"]),
            effective_on=row["effective_on"],
            recorded_at=row["recorded_at"],
        )


@strawberry.type(description="A deposit that was asked for, by its own paper.")
class RetainerRequest(Node):
    """The figures stand; only what came in moves."""

    row: strawberry.Private[Any]
    number: str = strawberry.field(description="Such as R-0001; runs in the practice without gaps.")
    status: RetainerRequestStatus = strawberry.field(description="Where it stands.")
    amount: Money = strawberry.field(description="What was asked for.")
    received: Money = strawberry.field(description="What came in of it.")
    expected_total: Money | None = strawberry.field(
        description="Fee and tax together, where the amount is a share of it."
    )
    requested_on: date = strawberry.field(description="The date of the request.")
    due_on: date = strawberry.field(description="When it is due.")
    version: int = strawberry.field(description="Send it back as `expectedVersion` to change it.")

    @strawberry.field(description="The retainer it fills.")
    async def retainer(self, info: Info) -> "Retainer | None":
        """Its retainer."""
        return await retainer_loader(info).load(self.row["retainer_id"])

    @strawberry.field(description="The retainer agreement that went with it.")
    async def document(self, info: Info) -> Document | None:
        """Frozen when it was asked for."""
        return await document_loader(info).load(self.row["document_id"])

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        currency, total = row["currency"], row["expected_total_minor"]
        return cls(
            id=encode_id("RetainerRequest", row["id"]),
            row=row,
            number=number_of(row["number"]),
            status=RetainerRequestStatus(row["status"]),
            amount=money(row["amount_minor"], currency),
            received=money(row["received_minor"], currency),
            expected_total=None if total is None else money(total, currency),
            requested_on=row["requested_on"],
            due_on=row["due_on"],
            version=row["version"],
        )


@strawberry.type(
    description="Client money held in advance: the practice owes it until it is earned."
)
class Retainer(Node):
    """Of one engagement; never below zero on any date."""

    row: strawberry.Private[Any]
    kind: RetainerKind = strawberry.field(description="What it is held for.")
    status: RetainerStatus = strawberry.field(description="Whether money has come in.")
    currency: Currency = strawberry.field(description="The currency of every amount in it.")
    engagement_id: strawberry.ID = strawberry.field(description="The engagement it is for.")
    target: Money = strawberry.field(description="What was asked for in all.")
    deposited: Money = strawberry.field(description="What came in.")
    drawn: Money = strawberry.field(description="What was applied to invoices.")
    refund_pending: Money = strawberry.field(description="What is promised to refunds.")
    refunded: Money = strawberry.field(description="What went back.")
    held: Money = strawberry.field(description="What is there: deposited − drawn − refunded.")
    version: int = strawberry.field(description="Counts every movement.")
    created_at: datetime = strawberry.field(description="When it was opened.")

    @strawberry.field(description="Whose money it is.")
    async def client(self, info: Info) -> Client | None:
        """The client."""
        return await client_loader(info).load(self.row["client_id"])

    @strawberry.field(description="What was asked for, by number.")
    async def requests(self, info: Info) -> list[RetainerRequest]:
        """Read for all retainers of an answer at once."""
        return await info.context.children(
            "retainer.requests", "retainer_id", queries.requests_of, RetainerRequest.of
        ).load(self.row["id"])

    @strawberry.field(description="What came in, by date.")
    async def deposits(self, info: Info) -> list[RetainerDeposit]:
        """Read for all retainers of an answer at once."""
        return await info.context.children(
            "retainer.deposits", "retainer_id", queries.deposits_of, RetainerDeposit.of
        ).load(self.row["id"])

    @strawberry.field(description="What was drawn, by date.")
    async def drawdowns(self, info: Info) -> list[Drawdown]:
        """Read for all retainers of an answer at once."""

        async def read(uow: UnitOfWork, ids: Sequence[UUID]) -> list[Any]:
            return await queries.drawdowns_of(uow, retainer_ids=ids)

        return await info.context.children(
            "retainer.drawdowns", "retainer_id", read, Drawdown.of
        ).load(self.row["id"])

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        currency = row["currency"]
        held_minor = row["deposited_minor"] - row["drawn_minor"] - row["refunded_minor"]
        return cls(
            id=encode_id("Retainer", row["id"]),
            row=row,
            kind=RetainerKind(row["kind"]),
            status=RetainerStatus(row["status"]),
            currency=Currency(currency),
            engagement_id=encode_id("Engagement", row["engagement_id"]),
            target=money(row["target_minor"], currency),
            deposited=money(row["deposited_minor"], currency),
            drawn=money(row["drawn_minor"], currency),
            refund_pending=money(row["refund_pending_minor"], currency),
            refunded=money(row["refunded_minor"], currency),
            held=money(held_minor, currency),
            version=row["version"],
            created_at=row["created_at"],
        )


def retainer_loader(info: Info) -> DataLoader[UUID, Retainer | None]:
    """Retainers by id, for fields of other things."""

    async def load(ids: list[UUID]) -> list[Retainer | None]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.retainers_by_ids(uow, ids)
        found = {row["id"]: Retainer.of(row) for row in rows}
        return [found.get(value) for value in ids]

    return info.context.loader("retainers", load)


@fetches("Retainer")
async def _retainers(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        return {row["id"]: Retainer.of(row) for row in await queries.retainers_by_ids(uow, ids)}


@fetches("RetainerRequest")
async def _requests(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.requests_by_ids(uow, ids)
    return {row["id"]: RetainerRequest.of(row) for row in rows}


@fetches("RetainerDeposit")
async def _deposits(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.deposits_by_ids(uow, ids)
    return {row["id"]: RetainerDeposit.of(row) for row in rows}


@fetches("Drawdown")
async def _drawdowns(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.drawdowns_by_ids(uow, ids)
    return {row["id"]: Drawdown.of(row) for row in rows}


@strawberry.type
class RetainerQuery:
    """Mixed into Query."""

    @strawberry.field(description="Retainers, newest first; of one client or one engagement.")
    async def retainers(
        self,
        info: Info,
        *,
        client_id: strawberry.ID | None = None,
        engagement_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Retainer]:
        """All retainers that fit."""
        page = RETAINERS_NEWEST_FIRST.page(first, after, last, before)
        return await newest(
            info, "retainer", page, Retainer.of, client_id=client_id, engagement_id=engagement_id
        )


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


async def _request_payload(info: Info, request_id: UUID) -> RetainerRequestPayload:
    async with read_only(info.context.actor.scope()) as uow:
        (row,) = await queries.requests_by_ids(uow, [request_id])
    return RetainerRequestPayload(retainer_request=RetainerRequest.of(row))


@strawberry.type
class RetainerMutation:
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
        return await _request_payload(info, request_id)

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
        return await _request_payload(info, request_id)

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
