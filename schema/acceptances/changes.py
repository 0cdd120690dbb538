"""Handing over, taking back, accepting and rejecting."""

from datetime import date
from uuid import UUID

import strawberry

from db.queries import acceptances as queries
from db.unit_of_work import read_only
from schema.acceptances.types import Acceptance, Delivery
from schema.context import Info
from schema.errors import Payload, refusals_as
from schema.relay import decode_id
from services import acceptances
from services.rules.acceptances import Reason


@strawberry.input(description="An acceptance to record on the client's word.")
class AcceptDeliverableInput:
    """Of an item of the current scope version."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    item_key: str = strawberry.field(description="The item's key.")
    accepted_on: date = strawberry.field(description="The day it was accepted; not in the future.")
    contact_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who accepted it."
    )
    note: str = strawberry.field(
        default="", description="How the word was given; required without a contact."
    )


@strawberry.input(description="Items to hand over to the client.")
class DeliverInput:
    """Of the current scope version, together."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    item_keys: list[str] = strawberry.field(description="The items' keys; between 1 and 100.")
    delivered_on: date = strawberry.field(
        description="The day it was handed over; not in the future. The test period begins the day after."
    )
    note: str = strawberry.field(
        default="", description="What the client should know, such as where it is."
    )
    agreement: str = strawberry.field(
        default="",
        description="How the client agreed to a round beyond those of the contract, if they did.",
    )
    contact_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Who is told; every signer of the client if empty."
    )
    idempotency_key: str = strawberry.field(description="Makes sending it twice do it once.")


@strawberry.input(description="One departure from what was agreed.")
class RejectionReasonInput:
    """Against a criterion, where there is one."""

    criterion: int | None = strawberry.field(
        default=None, description="Which of the delivery's criteria is not met, from 1."
    )
    text: str = strawberry.field(description="Where it departs.")


@strawberry.input(description="A rejection to record, in the client's words.")
class RejectDeliverableInput:
    """Within the test period."""

    delivery_id: strawberry.ID = strawberry.field(description="The delivery.")
    rejected_on: date = strawberry.field(
        description="The day of the objection, between the handing over and the end of the test period."
    )
    reasons: list[RejectionReasonInput] = strawberry.field(
        default_factory=list,
        description="Where it departs; where the delivery has criteria, at least one of them.",
    )
    text: str = strawberry.field(default="", description="What else was written.")
    contact_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who objected; required of a member."
    )


@strawberry.input(description="A delivery to take back.")
class WithdrawDeliveryInput:
    """Before the client's word."""

    delivery_id: strawberry.ID = strawberry.field(description="The delivery.")
    reason: str = strawberry.field(description="Why; the client is told.")


@strawberry.input(description="A link to end and send anew.")
class RevokeDeliveryLinkInput:
    """Of somebody who was told of a delivery."""

    delivery_id: strawberry.ID = strawberry.field(description="The delivery.")
    contact_id: strawberry.ID = strawberry.field(description="Whose link it is.")


@strawberry.type(description="The acceptance, or why not.")
class AcceptDeliverablePayload(Payload):
    """Answer of `acceptDeliverable`."""

    acceptance: Acceptance | None = strawberry.field(default=None, description="The acceptance.")


@strawberry.type(description="What was handed over, or why not.")
class DeliverPayload(Payload):
    """Answer of `deliver`."""

    deliveries: list[Delivery] | None = strawberry.field(
        default=None, description="One for each item, in the order of the keys."
    )


@strawberry.type(description="The delivery as it is now, or why not.")
class DeliveryPayload(Payload):
    """Answer of mutations of a delivery."""

    delivery: Delivery | None = strawberry.field(default=None, description="As it is now.")


async def _now(info: Info, delivery_id: UUID) -> Delivery:
    async with read_only(info.context.actor.scope()) as uow:
        (row,) = await queries.deliveries_by_ids(uow, [delivery_id])
    return Delivery.of(row)


@strawberry.type
class AcceptanceMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(description="Record that the client accepted an item of the scope.")
    @refusals_as(AcceptDeliverablePayload)
    async def accept_deliverable(
        self, info: Info, input: AcceptDeliverableInput
    ) -> AcceptDeliverablePayload:
        """Once per item."""
        actor = info.context.actor
        acceptance_id = await acceptances.accept_item(
            actor,
            decode_id("Engagement", input.engagement_id, "engagementId"),
            input.item_key,
            accepted_on=input.accepted_on,
            note=input.note,
            contact_id=decode_id("Contact", input.contact_id, "contactId")
            if input.contact_id is not None
            else None,
            now=info.context.now,
            today=info.context.today,
        )
        async with read_only(actor.scope()) as uow:
            (row,) = await queries.acceptances_by_ids(uow, [acceptance_id])
        return AcceptDeliverablePayload(acceptance=Acceptance.of(row))

    @strawberry.mutation(
        description="Hand items over to the client, who then has the contract's test period; they get a mail with a link."
    )
    @refusals_as(DeliverPayload)
    async def deliver(self, info: Info, input: DeliverInput) -> DeliverPayload:
        """After a rejection it is the next round."""
        actor = info.context.actor
        ids = await acceptances.deliver(
            actor,
            decode_id("Engagement", input.engagement_id, "engagementId"),
            input.item_keys,
            delivered_on=input.delivered_on,
            note=input.note,
            agreement=input.agreement,
            contact_ids=[
                decode_id("Contact", each, f"contactIds.{at}")
                for at, each in enumerate(input.contact_ids)
            ],
            idempotency_key=input.idempotency_key,
            now=info.context.now,
            today=info.context.today,
        )
        async with read_only(actor.scope()) as uow:
            rows = {row["id"]: row for row in await queries.deliveries_by_ids(uow, ids)}
        return DeliverPayload(deliveries=[Delivery.of(rows[each]) for each in ids])

    @strawberry.mutation(
        description="Record that the client rejected a delivery within its test period, and where it departs."
    )
    @refusals_as(DeliveryPayload)
    async def reject_deliverable(
        self, info: Info, input: RejectDeliverableInput
    ) -> DeliveryPayload:
        """Opens the next round, or ends them."""
        delivery_id = decode_id("Delivery", input.delivery_id, "deliveryId")
        await acceptances.reject(
            info.context.actor,
            delivery_id,
            rejected_on=input.rejected_on,
            reasons=[Reason(each.criterion, each.text) for each in input.reasons],
            text=input.text,
            contact_id=decode_id("Contact", input.contact_id, "contactId")
            if input.contact_id is not None
            else None,
            now=info.context.now,
            today=info.context.today,
        )
        return DeliveryPayload(delivery=await _now(info, delivery_id))

    @strawberry.mutation(
        description="Take back a delivery made by mistake, before the client has said anything to it."
    )
    @refusals_as(DeliveryPayload)
    async def withdraw_delivery(self, info: Info, input: WithdrawDeliveryInput) -> DeliveryPayload:
        """It counts no round."""
        delivery_id = await acceptances.withdraw(
            info.context.actor,
            decode_id("Delivery", input.delivery_id, "deliveryId"),
            reason=input.reason,
            now=info.context.now,
        )
        return DeliveryPayload(delivery=await _now(info, delivery_id))

    @strawberry.mutation(
        description="End a contact's link to what was handed over, and send them a new one."
    )
    @refusals_as(DeliveryPayload)
    async def revoke_delivery_link(
        self, info: Info, input: RevokeDeliveryLinkInput
    ) -> DeliveryPayload:
        """For a link that went astray."""
        delivery_id = await acceptances.revoke_link(
            info.context.actor,
            decode_id("Delivery", input.delivery_id, "deliveryId"),
            decode_id("Contact", input.contact_id, "contactId"),
            now=info.context.now,
        )
        return DeliveryPayload(delivery=await _now(info, delivery_id))
