"""Policies and sign-offs, read."""

import strawberry

from db.queries import policies as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.policies.types import OutstandingSignOff, PolicySignOff, PolicyVersion, version_loader
from schema.relay import decode_id
from services.actor import MEMBERS
from services.rules.errors import NotFound


@strawberry.type
class PolicyQuery:
    """Mixed into Query."""

    @strawberry.field(description="Every version of the policies, newest first: they are few.")
    async def policy_versions(self, info: Info) -> list[PolicyVersion]:
        """The draft, if there is one, comes first."""
        actor = info.context.actor
        actor.require(*MEMBERS)
        async with read_only(actor.scope()) as uow:
            rows = await queries.policy_versions(uow)
        return [PolicyVersion.of(row) for row in rows]

    @strawberry.field(description="One version of the policies, or null.")
    async def policy_version(self, info: Info, id: strawberry.ID) -> PolicyVersion | None:
        """By its id."""
        info.context.actor.require(*MEMBERS)
        return await version_loader(info).load(decode_id("PolicyVersion", id, "id"))

    @strawberry.field(
        description="Clients in business who have not signed a version off: the newest published one, unless another is named."
    )
    async def outstanding_sign_offs(
        self, info: Info, policy_version_id: strawberry.ID | None = None
    ) -> list[OutstandingSignOff]:
        """By name; nobody while nothing is published."""
        actor = info.context.actor
        actor.require(*MEMBERS)
        wanted = (
            decode_id("PolicyVersion", policy_version_id, "policyVersionId")
            if policy_version_id is not None
            else None
        )
        async with read_only(actor.scope()) as uow:
            version = await (
                queries.policy_version_by_id(uow, wanted)
                if wanted
                else queries.newest_published(uow)
            )
            if wanted and version is None:
                # Nobody has signed what is not there: without this every client would be listed.
                raise NotFound("No policies with this id.", field="policyVersionId")
            rows = await queries.outstanding_sign_offs(uow, version["id"]) if version else []
        return [
            OutstandingSignOff(
                client_key=row["client_id"],
                envelope_key=row["envelope_id"],
                last_signed_number=row["last_signed_number"],
            )
            for row in rows
        ]

    @strawberry.field(description="What a client has signed off, newest first.")
    async def policy_sign_offs(self, info: Info, client_id: strawberry.ID) -> list[PolicySignOff]:
        """All versions of one client."""
        actor = info.context.actor
        actor.require(*MEMBERS)
        client = decode_id("Client", client_id, "clientId")
        async with read_only(actor.scope()) as uow:
            rows = await queries.sign_offs(uow, client_ids=[client])
        return [PolicySignOff.of(row) for row in rows]
