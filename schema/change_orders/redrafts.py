"""Orders that follow from orders: rebased, issued again, drafted to supersede an approved one."""

from uuid import UUID

import strawberry

from db.queries import change_orders as queries
from db.unit_of_work import read_only
from schema.change_orders.types import ChangeOrder
from schema.context import Info
from schema.errors import Payload, refusals_as
from schema.relay import decode_id
from services import change_orders
from services.change_orders import SupersedingDetails
from services.rules.change_orders import ChangeReason


@strawberry.input(description="A stale draft or offer to draft anew on the current scope version.")
class RebaseChangeOrderInput:
    """It is withdrawn, and its links end at once."""

    change_order_id: strawberry.ID = strawberry.field(description="The stale change order.")
    expected_version: int = strawberry.field(description="The version you saw.")


@strawberry.input(description="A change order that ended without effect, to be drafted again.")
class ReissueChangeOrderInput:
    """It was voided, withdrawn or declined, or has expired; its number stays used."""

    change_order_id: strawberry.ID = strawberry.field(description="The change order.")


@strawberry.input(description="An approved change order to be superseded by a new one.")
class SupersedeChangeOrderInput:
    """The draft undoes it; edit it before it is sent."""

    change_order_id: strawberry.ID = strawberry.field(description="The approved change order.")
    title: str = strawberry.field(
        default="", description="What the new one is about; named after the old one if empty."
    )
    reason: ChangeReason = strawberry.field(
        default=ChangeReason.CLIENT_REQUEST, description="Why the scope changes."
    )
    reason_text: str = strawberry.field(default="", description="Why, in words.")
    requested_by: strawberry.ID | None = strawberry.field(
        default=None, description="The contact who asked; your own proposal if null."
    )


@strawberry.type(description="The new draft and the order it comes from, or why not.")
class RedraftChangeOrderPayload(Payload):
    """Answer of the mutations that draft an order from another."""

    change_order: ChangeOrder | None = strawberry.field(
        default=None, description="The new draft; what did not fit is in its `carriedOver`."
    )
    original: ChangeOrder | None = strawberry.field(
        default=None, description="The order it comes from, as it is now."
    )


@strawberry.type
class RedraftMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(
        description="Draft a stale order anew on the current scope version, with the changes that still fit, and withdraw it."
    )
    @refusals_as(RedraftChangeOrderPayload)
    async def rebase_change_order(
        self, info: Info, input: RebaseChangeOrderInput
    ) -> RedraftChangeOrderPayload:
        """What does not fit is told as conflicts."""
        order_id = _key(input.change_order_id)
        draft_id = await change_orders.rebase_change_order(
            info.context.actor,
            order_id,
            expected_version=input.expected_version,
            now=info.context.now,
            today=info.context.today,
        )
        return await _answer(info, draft_id, order_id)

    @strawberry.mutation(description="Draft an order that ended without effect again.")
    @refusals_as(RedraftChangeOrderPayload)
    async def reissue_change_order(
        self, info: Info, input: ReissueChangeOrderInput
    ) -> RedraftChangeOrderPayload:
        """On the scope version that is current now."""
        order_id = _key(input.change_order_id)
        draft_id = await change_orders.reissue_change_order(
            info.context.actor, order_id, now=info.context.now, today=info.context.today
        )
        return await _answer(info, draft_id, order_id)

    @strawberry.mutation(
        description="Draft an order that undoes an approved one, and supersedes it once it is signed."
    )
    @refusals_as(RedraftChangeOrderPayload)
    async def supersede_change_order(
        self, info: Info, input: SupersedeChangeOrderInput
    ) -> RedraftChangeOrderPayload:
        """What later orders built on it is told as conflicts."""
        order_id, asked_by = _key(input.change_order_id), input.requested_by
        draft_id = await change_orders.supersede_change_order(
            info.context.actor,
            order_id,
            SupersedingDetails(
                title=input.title,
                reason=input.reason.value,
                reason_text=input.reason_text,
                requested_by=None
                if asked_by is None
                else decode_id("Contact", asked_by, "requestedBy"),
            ),
            now=info.context.now,
            today=info.context.today,
        )
        return await _answer(info, draft_id, order_id)


def _key(global_id: strawberry.ID) -> UUID:
    return decode_id("ChangeOrder", global_id, "changeOrderId")


async def _answer(info: Info, draft_id: UUID, order_id: UUID) -> RedraftChangeOrderPayload:
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.change_orders_by_ids(uow, [draft_id, order_id])
    found = {row["id"]: ChangeOrder.of(row) for row in rows}
    return RedraftChangeOrderPayload(change_order=found[draft_id], original=found[order_id])
