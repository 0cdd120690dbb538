"""What the client has accepted."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import strawberry

from db.queries import acceptances as queries
from db.unit_of_work import read_only
from schema.clients import Contact, contact_loader
from schema.context import Info
from schema.errors import Payload, refusals_as
from schema.relay import Node, decode_id, encode_id, fetches
from services import acceptances
from services.actor import MEMBERS


@strawberry.type(description="The client's word that an item of the scope is delivered.")
class Acceptance(Node):
    """Once per item; it stays, and the item can be billed."""

    row: strawberry.Private[Any]
    item_key: str = strawberry.field(description="The item's key.")
    accepted_on: date = strawberry.field(description="The day it was accepted.")
    note: str = strawberry.field(description="How the word was given.")
    recorded_at: datetime = strawberry.field(description="When it was written down.")

    @strawberry.field(description="Who accepted it, where that is known.")
    async def contact(self, info: Info) -> Contact | None:
        """A contact of the client."""
        if self.row["contact_id"] is None:
            return None
        return await contact_loader(info).load(self.row["contact_id"])

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            id=encode_id("Acceptance", row["id"]),
            row=row,
            item_key=row["item_key"],
            accepted_on=row["accepted_on"],
            note=row["note"],
            recorded_at=row["recorded_at"],
        )


@fetches("Acceptance")
async def _acceptances(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.acceptances_by_ids(uow, ids)
    return {row["id"]: Acceptance.of(row) for row in rows}


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


@strawberry.type(description="The acceptance, or why not.")
class AcceptDeliverablePayload(Payload):
    """Answer of `acceptDeliverable`."""

    acceptance: Acceptance | None = strawberry.field(default=None, description="The acceptance.")


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
