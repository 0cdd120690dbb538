"""Engagements: the list, opening one, changing its terms, sending its contract."""

from datetime import datetime
from typing import cast
from uuid import UUID

import strawberry

from db.queries import clients as client_queries
from db.queries import engagements as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.engagements.inputs import EngagementTermsInput, details_of
from schema.engagements.types import (
    Engagement,
    EngagementStatus,
    ServicesContract,
    engagement_loader,
)
from schema.errors import Payload, inside, refusals_as
from schema.relay import Connection, Keyset, decode_id
from services import engagements, services_contracts
from services.actor import MEMBERS
from services.rules.errors import NotFound

_Key = tuple[int, int, UUID] | None

ENGAGEMENTS_NEWEST_FIRST = Keyset("engagements.newest", (int, int, UUID))


@strawberry.type
class EngagementQuery:
    """Mixed into Query."""

    @strawberry.field(description="Engagements, newest number first.")
    async def engagements(
        self,
        info: Info,
        *,
        client_id: strawberry.ID | None = None,
        statuses: list[EngagementStatus] | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Engagement]:
        """Of one client, and in some states, where given."""
        actor = info.context.actor
        actor.require(*MEMBERS)
        page = ENGAGEMENTS_NEWEST_FIRST.page(first, after, last, before)
        client = None if client_id is None else decode_id("Client", client_id, "clientId")
        wanted = [str(status.value) for status in statuses] if statuses else None

        async def total() -> int:
            async with read_only(actor.scope()) as uow:
                return await queries.count_engagements(uow, client_id=client, statuses=wanted)

        async with read_only(actor.scope()) as uow:
            rows = await queries.engagements_page(
                uow,
                client_id=client,
                statuses=wanted,
                after=cast(_Key, page.after),
                before=cast(_Key, page.before),
                limit=page.fetch,
                is_backward=page.backward,
            )
        return Connection.of(
            page,
            rows,
            node=Engagement.of,
            key=lambda row: (row["number_year"], row["number_ordinal"], row["id"]),
            total=total,
        )

    @strawberry.field(description="One engagement, or null.")
    async def engagement(self, info: Info, id: strawberry.ID) -> Engagement | None:
        """By its id."""
        info.context.actor.require(*MEMBERS)
        return await engagement_loader(info).load(decode_id("Engagement", id, "id"))


@strawberry.input(description="An engagement to open.")
class CreateEngagementInput:
    """It begins as a draft with an empty scope."""

    client_id: strawberry.ID = strawberry.field(description="The client.")
    terms: EngagementTermsInput = strawberry.field(description="Its terms.")


@strawberry.input(description="Terms that take the place of a draft's.")
class UpdateEngagementInput:
    """All of them; what is left out goes back to its default."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    expected_version: int = strawberry.field(description="The version you saw.")
    terms: EngagementTermsInput = strawberry.field(description="Its terms.")


@strawberry.type(description="The engagement, or why not.")
class EngagementPayload(Payload):
    """Answer of mutations of an engagement."""

    engagement: Engagement | None = strawberry.field(default=None, description="As it is now.")


@strawberry.input(description="A contract to freeze and send out for signature.")
class SendContractInput:
    """The scope draft is frozen with it."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    expected_version: int = strawberry.field(description="The engagement's version you saw.")
    contact_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Who is to sign; every signer of the client if empty."
    )
    policy_waiver: str = strawberry.field(
        default="",
        description="The owner's reason to do without the client's sign-off of the policies.",
    )
    expires_at: datetime | None = strawberry.field(
        default=None, description="Until when it can be signed."
    )
    idempotency_key: str = strawberry.field(description="Makes sending it twice send it once.")


@strawberry.type(description="The contract that was sent, or why not.")
class SendContractPayload(Payload):
    """Answer of `sendContract`."""

    contract: ServicesContract | None = strawberry.field(default=None, description="The contract.")
    engagement: Engagement | None = strawberry.field(default=None, description="As it is now.")


TERMS = {
    "changeRequesters": "changeClause.requesters",
    "change_response_days": "changeClause.responseDays",
    "change_offer_days": "changeClause.offerDays",
    "change_minimum_fee_minor": "changeClause.minimumFee",
    "change_reminder_days": "changeClause.reminderDays",
    "clauses.latePayment.compensation_minor": "clauses.latePayment.compensation",
    "clauses.latePayment.reminder_fee_minor": "clauses.latePayment.reminderFee",
}
"""Where terms lie in the input that the service knows under another name."""


async def engagement_now(info: Info, engagement_id: UUID) -> Engagement:
    """The engagement after a mutation."""
    async with read_only(info.context.actor.scope()) as uow:
        return Engagement.of(await engagements.found(uow, engagement_id))


@strawberry.type
class EngagementMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(description="Open an engagement.")
    @refusals_as(EngagementPayload)
    async def create_engagement(
        self, info: Info, input: CreateEngagementInput
    ) -> EngagementPayload:
        """Under the next number of the year."""
        actor = info.context.actor
        client_id = decode_id("Client", input.client_id, "clientId")
        async with read_only(actor.scope()) as uow:
            client = await client_queries.client_by_id(uow, client_id)
        if client is None:
            raise NotFound("No client with this id.", field="clientId")
        with inside("terms", "clientId", renamed=TERMS):
            engagement_id = await engagements.create_engagement(
                actor,
                client_id,
                details_of(input.terms, input.terms.currency or client["currency"]),
                now=info.context.now,
                today=info.context.today,
            )
        return EngagementPayload(engagement=await engagement_now(info, engagement_id))

    @strawberry.mutation(description="Replace the terms of a draft.")
    @refusals_as(EngagementPayload)
    async def update_engagement(
        self, info: Info, input: UpdateEngagementInput
    ) -> EngagementPayload:
        """Only before the contract goes out."""
        actor = info.context.actor
        engagement_id = decode_id("Engagement", input.engagement_id, "engagementId")
        async with read_only(actor.scope()) as uow:
            row = await engagements.found(uow, engagement_id)
        with inside("terms", "engagementId", "expectedVersion", renamed=TERMS):
            await engagements.update_engagement(
                actor,
                engagement_id,
                details_of(input.terms, input.terms.currency or row["currency"]),
                expected_version=input.expected_version,
                now=info.context.now,
            )
        return EngagementPayload(engagement=await engagement_now(info, engagement_id))

    @strawberry.mutation(description="Freeze the services contract and send it out for signature.")
    @refusals_as(SendContractPayload)
    async def send_contract(self, info: Info, input: SendContractInput) -> SendContractPayload:
        """In the engagement's language, with a courtesy translation."""
        actor = info.context.actor
        engagement_id = decode_id("Engagement", input.engagement_id, "engagementId")
        contract_id = await services_contracts.send_contract(
            actor,
            engagement_id,
            expected_version=input.expected_version,
            contact_ids=[
                decode_id("Contact", each, f"contactIds.{at}")
                for at, each in enumerate(input.contact_ids)
            ],
            policy_waiver=input.policy_waiver,
            expires_at=input.expires_at,
            idempotency_key=input.idempotency_key,
            now=info.context.now,
            today=info.context.today,
        )
        async with read_only(actor.scope()) as uow:
            (row,) = await queries.contracts_by_ids(uow, [contract_id])
        return SendContractPayload(
            contract=ServicesContract.of(row), engagement=await engagement_now(info, engagement_id)
        )
