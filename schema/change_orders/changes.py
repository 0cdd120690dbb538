"""Change orders: preview, draft, revise, send, withdraw. Approval is the client's, by link."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import strawberry

from db.queries import change_orders as queries
from db.unit_of_work import read_only
from schema.change_orders.inputs import ChangeInput, changes_of
from schema.change_orders.lists import ChangeOrderListQuery
from schema.change_orders.redrafts import RedraftMutation
from schema.change_orders.types import ChangeOrder
from schema.context import Info
from schema.engagements.inputs import minor
from schema.errors import Payload, about_all, refusals_as
from schema.relay import decode_id
from schema.scalars import MoneyInput
from services import change_orders, engagements
from services.actor import MEMBERS
from services.change_orders import ChangeOrderDetails
from services.rules.change_orders import ChangeReason, RevenueClass
from services.rules.errors import NotFound


@strawberry.type
class ChangeOrderQuery(ChangeOrderListQuery):
    """Mixed into Query."""

    @strawberry.field(description="One change order, or null.")
    async def change_order(self, info: Info, id: strawberry.ID) -> ChangeOrder | None:
        """By its id."""
        actor = info.context.actor
        actor.require(*MEMBERS)
        async with read_only(actor.scope()) as uow:
            row = await queries.change_order_by_id(uow, decode_id("ChangeOrder", id, "id"))
        return None if row is None else ChangeOrder.of(row)


@strawberry.input(description="A change order to draft on the current scope version.")
class CreateChangeOrderInput:
    """It has no number until it is sent."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    title: str = strawberry.field(description="What it is about.")
    changes: list[ChangeInput] = strawberry.field(description="The changes, in order.")
    reason: ChangeReason = strawberry.field(
        default=ChangeReason.CLIENT_REQUEST, description="Why the scope changes."
    )
    reason_text: str = strawberry.field(default="", description="Why, in words.")
    revenue_class: RevenueClass | None = strawberry.field(
        default=None, description="How it counts as revenue; as the data suggest if null."
    )
    requested_by: strawberry.ID | None = strawberry.field(
        default=None, description="The contact who asked; your own proposal if null."
    )
    requested_on: date | None = strawberry.field(default=None, description="Today if null.")
    contingency_draw: MoneyInput | None = strawberry.field(
        default=None,
        description="What it draws from the contingency: at most what is left, and what it adds.",
    )


@strawberry.input(description="A draft to write anew, on the scope version that is current now.")
class ReviseChangeOrderInput:
    """All of it."""

    change_order_id: strawberry.ID = strawberry.field(description="The draft.")
    expected_version: int = strawberry.field(description="The version you saw.")
    title: str = strawberry.field(description="What it is about.")
    changes: list[ChangeInput] = strawberry.field(description="The changes, in order.")
    reason: ChangeReason = strawberry.field(
        default=ChangeReason.CLIENT_REQUEST, description="Why the scope changes."
    )
    reason_text: str = strawberry.field(default="", description="Why, in words.")
    revenue_class: RevenueClass | None = strawberry.field(
        default=None, description="How it counts as revenue; as the data suggest if null."
    )
    requested_by: strawberry.ID | None = strawberry.field(
        default=None, description="The contact who asked; your own proposal if null."
    )
    requested_on: date | None = strawberry.field(default=None, description="Today if null.")
    contingency_draw: MoneyInput | None = strawberry.field(
        default=None,
        description="What it draws from the contingency: at most what is left, and what it adds.",
    )


@strawberry.input(description="A draft to number, freeze and send out for signature.")
class SendChangeOrderInput:
    """The offer stands as long as the change clause says."""

    change_order_id: strawberry.ID = strawberry.field(description="The draft.")
    expected_version: int = strawberry.field(description="The version you saw.")
    fingerprint: str | None = strawberry.field(
        default=None, description="Of the preview you saw; refused if it would be another now."
    )
    contact_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Who is to sign; every signer of the client if empty."
    )
    idempotency_key: str = strawberry.field(description="Makes sending it twice send it once.")


@strawberry.input(description="A draft or an offer to take back.")
class WithdrawChangeOrderInput:
    """The links of an offer end at once."""

    change_order_id: strawberry.ID = strawberry.field(description="The change order.")
    expected_version: int = strawberry.field(description="The version you saw.")
    reason: str = strawberry.field(default="", description="Why.")


@strawberry.input(description="An offer to declare void.")
class VoidChangeOrderInput:
    """Its links end at once; its number stays used."""

    change_order_id: strawberry.ID = strawberry.field(description="The change order.")
    expected_version: int = strawberry.field(description="The version you saw.")
    reason: str = strawberry.field(description="Why.")


@strawberry.type(description="The change order, or why not.")
class ChangeOrderPayload(Payload):
    """Answer of mutations of a change order."""

    change_order: ChangeOrder | None = strawberry.field(default=None, description="As it is now.")


@strawberry.type
class ChangeOrderMutation(RedraftMutation):
    """Mixed into Mutation."""

    @strawberry.mutation(description="Draft a change order.")
    @refusals_as(ChangeOrderPayload)
    async def create_change_order(
        self, info: Info, input: CreateChangeOrderInput
    ) -> ChangeOrderPayload:
        """Its changes must fit the current scope version."""
        actor = info.context.actor
        key = decode_id("Engagement", input.engagement_id, "engagementId")
        async with read_only(actor.scope()) as uow:
            row = await engagements.found(uow, key)
        with about_all("changes"):
            order_id = await change_orders.create_change_order(
                actor, key, _details(input, row), now=info.context.now, today=info.context.today
            )
        return await _payload(info, order_id)

    @strawberry.mutation(description="Write a drafted change order anew.")
    @refusals_as(ChangeOrderPayload)
    async def revise_change_order(
        self, info: Info, input: ReviseChangeOrderInput
    ) -> ChangeOrderPayload:
        """It moves to the scope version that is current now."""
        actor = info.context.actor
        order_id = decode_id("ChangeOrder", input.change_order_id, "changeOrderId")
        order = await _row(info, order_id)
        async with read_only(actor.scope()) as uow:
            row = await engagements.found(uow, order["engagement_id"])
        with about_all("changes"):
            await change_orders.revise_change_order(
                actor,
                order_id,
                _details(input, row),
                expected_version=input.expected_version,
                now=info.context.now,
                today=info.context.today,
            )
        return await _payload(info, order_id)

    @strawberry.mutation(description="Number a change order, freeze it and send it for signature.")
    @refusals_as(ChangeOrderPayload)
    async def send_change_order(
        self, info: Info, input: SendChangeOrderInput
    ) -> ChangeOrderPayload:
        """Its figures do not move any more."""
        order_id = await change_orders.send_change_order(
            info.context.actor,
            decode_id("ChangeOrder", input.change_order_id, "changeOrderId"),
            expected_version=input.expected_version,
            fingerprint=input.fingerprint,
            contact_ids=_contacts(input.contact_ids),
            idempotency_key=input.idempotency_key,
            now=info.context.now,
            today=info.context.today,
        )
        return await _payload(info, order_id)

    @strawberry.mutation(description="Take a draft or an offer back.")
    @refusals_as(ChangeOrderPayload)
    async def withdraw_change_order(
        self, info: Info, input: WithdrawChangeOrderInput
    ) -> ChangeOrderPayload:
        """Not once it was decided."""
        order_id = await change_orders.withdraw_change_order(
            info.context.actor,
            decode_id("ChangeOrder", input.change_order_id, "changeOrderId"),
            expected_version=input.expected_version,
            reason=input.reason,
            now=info.context.now,
        )
        return await _payload(info, order_id)

    @strawberry.mutation(description="Declare an offer void, for a reason; it can be issued again.")
    @refusals_as(ChangeOrderPayload)
    async def void_change_order(
        self, info: Info, input: VoidChangeOrderInput
    ) -> ChangeOrderPayload:
        """Not a draft, and not once it was decided."""
        order_id = await change_orders.void_change_order(
            info.context.actor,
            decode_id("ChangeOrder", input.change_order_id, "changeOrderId"),
            expected_version=input.expected_version,
            reason=input.reason,
            now=info.context.now,
        )
        return await _payload(info, order_id)


def _contacts(ids: Sequence[strawberry.ID]) -> list[UUID]:
    return [decode_id("Contact", each, f"contactIds.{at}") for at, each in enumerate(ids)]


def _details(
    input: CreateChangeOrderInput | ReviseChangeOrderInput, engagement: Any
) -> ChangeOrderDetails:
    asked_by = input.requested_by
    return ChangeOrderDetails(
        title=input.title,
        changes=changes_of(input.changes, engagement),
        reason=input.reason.value,
        reason_text=input.reason_text,
        revenue_class=None if input.revenue_class is None else input.revenue_class.value,
        requested_by=None if asked_by is None else decode_id("Contact", asked_by, "requestedBy"),
        requested_on=input.requested_on,
        contingency_draw_minor=minor(
            input.contingency_draw, engagement["currency"], "contingencyDraw"
        )
        or 0,
    )


async def _row(info: Info, order_id: UUID) -> Any:
    async with read_only(info.context.actor.scope()) as uow:
        row = await queries.change_order_by_id(uow, order_id)
    if row is None:
        raise NotFound("No change order with this id.", field="changeOrderId")
    return row


async def _payload(info: Info, order_id: UUID) -> ChangeOrderPayload:
    return ChangeOrderPayload(change_order=ChangeOrder.of(await _row(info, order_id)))
