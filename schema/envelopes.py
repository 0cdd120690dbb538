"""Papers out for signature: who is to sign, what happened, and whether the record stands."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Self
from uuid import UUID

import asyncpg
import strawberry
from strawberry.dataloader import DataLoader

from db.queries import envelopes as queries
from db.unit_of_work import read_only
from schema.clients import Client, client_loader
from schema.context import Info
from schema.documents import Document, document_loader
from schema.errors import Payload, refusals_as
from schema.relay import Connection, Keyset, Node, decode_id, encode_id, fetches
from services import envelopes, signing
from services.actor import MEMBERS

ENVELOPES_NEWEST_FIRST = Keyset("envelopes.sent", (UUID,))


@strawberry.enum(description="How far an envelope has come. Nothing leads out of the last four.")
class EnvelopeStatus(Enum):
    """The life of an envelope."""

    SENT = strawberry.enum_value("sent", description="The links are out.")
    VIEWED = strawberry.enum_value("viewed", description="A signer of the client has looked.")
    COMPLETED = strawberry.enum_value("completed", description="Everybody has signed.")
    DECLINED = strawberry.enum_value("declined", description="A signer said no.")
    EXPIRED = strawberry.enum_value("expired", description="The time to sign ran out.")
    VOIDED = strawberry.enum_value("voided", description="The practice took it back.")


@strawberry.enum(description="Which side somebody signs for.")
class SigningParty(Enum):
    """The two sides of a paper."""

    PRACTICE = strawberry.enum_value("practice", description="The practice; signs by sending.")
    CLIENT = strawberry.enum_value("client", description="The client; signs by link.")


@strawberry.enum(description="What a signer has done.")
class SignerStatus(Enum):
    """A signer's answer."""

    PENDING = strawberry.enum_value("pending", description="Nothing yet.")
    SIGNED = strawberry.enum_value("signed", description="Signed.")
    DECLINED = strawberry.enum_value("declined", description="Declined.")


@strawberry.enum(description="What can happen to an envelope.")
class EnvelopeEventKind(Enum):
    """The links of the chain."""

    SENT = strawberry.enum_value("sent", description="It went out.")
    VIEWED = strawberry.enum_value("viewed", description="A signer looked for the first time.")
    SIGNED = strawberry.enum_value("signed", description="Somebody signed.")
    DECLINED = strawberry.enum_value("declined", description="Somebody declined.")
    COMPLETED = strawberry.enum_value("completed", description="The last signature was given.")
    EXPIRED = strawberry.enum_value("expired", description="It was found to have run out.")
    VOIDED = strawberry.enum_value("voided", description="The practice took it back.")
    LINK_REVOKED = strawberry.enum_value("link_revoked", description="A link was replaced.")


@strawberry.type(description="Somebody who is to sign an envelope, or has.")
class EnvelopeSigner(Node):
    """A member of the practice, or a contact of the client."""

    row: strawberry.Private[asyncpg.Record]
    party: SigningParty = strawberry.field(description="For which side.")
    name: str = strawberry.field(description="Who was asked.")
    email: str = strawberry.field(description="Where the link went.")
    status: SignerStatus = strawberry.field(description="What they did.")
    signed_name: str = strawberry.field(description="The name they typed to sign; empty before.")
    viewed_at: datetime | None = strawberry.field(description="When they first looked.")
    signed_at: datetime | None = strawberry.field(description="When they signed.")

    @strawberry.field(
        description="The signer's own link, for owner, staff and assistant to pass on; null for others. Whoever has it can sign."
    )
    def link(self, info: Info) -> str | None:
        """Derived now; it is stored nowhere."""
        return envelopes.signer_url(info.context.actor, self.row)

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        """From its row."""
        return cls(
            id=encode_id("EnvelopeSigner", row["id"]),
            row=row,
            party=SigningParty(row["party"]),
            name=row["name"],
            email=row["email"],
            status=SignerStatus(row["status"]),
            signed_name=row["signed_name"],
            viewed_at=row["viewed_at"],
            signed_at=row["signed_at"],
        )


@strawberry.type(
    description="One thing that happened to an envelope, chained to the one before by its hash. Never edited or deleted."
)
class EnvelopeEvent:
    """What a court would ask for."""

    sequence: int = strawberry.field(description="Its place in the chain, from 1.")
    kind: EnvelopeEventKind = strawberry.field(description="What happened.")
    occurred_at: datetime = strawberry.field(description="When, in UTC.")
    actor: str = strawberry.field(description="Role and id of whoever did it.")
    name: str = strawberry.field(description="The signer's name, as typed where they signed.")
    ip: str = strawberry.field(description="The address it came from.")
    user_agent: str = strawberry.field(description="The program it came from.")
    consent_version: str = strawberry.field(description="The version of the consent given.")
    consent_text: str = strawberry.field(description="The words of the consent given.")
    fingerprint: str = strawberry.field(description="The document's SHA-256, in hex.")
    detail: str = strawberry.field(description="A reason, where one was given.")
    previous_hash: str = strawberry.field(
        description="The hash before it, in hex; of the first event: the document's fingerprint."
    )
    hash: str = strawberry.field(description="SHA-256 of this event and the hash before it.")

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        """From its row."""
        return cls(
            sequence=row["sequence"],
            kind=EnvelopeEventKind(row["kind"]),
            occurred_at=row["occurred_at"],
            actor=row["actor"],
            name=row["name"],
            ip=row["ip"],
            user_agent=row["user_agent"],
            consent_version=row["consent_version"],
            consent_text=row["consent_text"],
            fingerprint=row["fingerprint"],
            detail=row["detail"],
            previous_hash=row["previous_hash"].hex(),
            hash=row["hash"].hex(),
        )


@strawberry.type(description="Whether an envelope's record stands as it was written.")
class EnvelopeVerification:
    """From the document's bytes to the newest event."""

    is_intact: bool = strawberry.field(description="Whether nothing was changed.")
    broken_at: int | None = strawberry.field(
        description="The first event that does not fit; 0 if it is the document."
    )
    reason: str = strawberry.field(description="What does not fit; empty if all does.")


@strawberry.type(description="A frozen paper on its way to be signed.")
class Envelope(Node):
    """One document, its signers, and what happened."""

    key: strawberry.Private[UUID]
    document_key: strawberry.Private[UUID]
    client_key: strawberry.Private[UUID]
    status: EnvelopeStatus = strawberry.field(description="As it counts right now.")
    subject_kind: str = strawberry.field(
        description="What it is about: policies, services_contract, change_order, retainer_agreement."
    )
    fingerprint: str = strawberry.field(description="The document's SHA-256, in hex.")
    reason: str = strawberry.field(description="Why it was declined or voided.")
    sent_at: datetime = strawberry.field(description="When it went out.")
    expires_at: datetime = strawberry.field(description="Until when it can be signed.")
    closed_at: datetime | None = strawberry.field(description="When it came to its end.")

    @strawberry.field(description="The paper.")
    async def document(self, info: Info) -> Document | None:
        """Read for all envelopes of an answer at once."""
        return await document_loader(info).load(self.document_key)

    @strawberry.field(description="The client who is to sign.")
    async def client(self, info: Info) -> Client | None:
        """Read for all envelopes of an answer at once."""
        return await client_loader(info).load(self.client_key)

    @strawberry.field(description="Who is to sign, the practice's own member first.")
    async def signers(self, info: Info) -> list[EnvelopeSigner]:
        """Read for all envelopes of an answer at once."""
        signers: list[EnvelopeSigner] = await _signers_loader(info).load(self.key)
        return signers

    @strawberry.field(description="What happened, in order.")
    async def events(self, info: Info) -> list[EnvelopeEvent]:
        """Read for all envelopes of an answer at once."""
        events: list[EnvelopeEvent] = await _events_loader(info).load(self.key)
        return events

    @strawberry.field(
        description="Whether the record stands: every hash is computed again, that of the file as well."
    )
    async def verification(self, info: Info) -> EnvelopeVerification:
        """Computed when it is asked for."""
        verdict = await envelopes.verify(info.context.actor, self.key)
        return EnvelopeVerification(
            is_intact=verdict.is_intact, broken_at=verdict.broken_at, reason=verdict.reason
        )

    @classmethod
    def of(cls, row: asyncpg.Record, now: datetime) -> Self:
        """From its row, as it counts at `now`."""
        return cls(
            id=encode_id("Envelope", row["id"]),
            key=row["id"],
            document_key=row["document_id"],
            client_key=row["client_id"],
            status=EnvelopeStatus(envelopes.status_at(row, now)),
            subject_kind=row["subject_kind"],
            fingerprint=row["fingerprint"],
            reason=row["reason"],
            sent_at=row["sent_at"],
            expires_at=row["expires_at"],
            closed_at=row["closed_at"],
        )


def envelope_loader(info: Info) -> DataLoader[UUID, Envelope | None]:
    """Envelopes by id, for fields of other things."""

    async def load(ids: list[UUID]) -> list[Envelope | None]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.envelopes_by_ids(uow, ids)
        found = {row["id"]: Envelope.of(row, info.context.now) for row in rows}
        return [found.get(value) for value in ids]

    return info.context.loader("envelopes.by_id", load)


def _signers_loader(info: Info) -> DataLoader[UUID, list[EnvelopeSigner]]:
    async def load(ids: list[UUID]) -> list[list[EnvelopeSigner]]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.signers_of(uow, ids)
        return [[EnvelopeSigner.of(r) for r in rows if r["envelope_id"] == value] for value in ids]

    return info.context.loader("envelopes.signers", load)


def _events_loader(info: Info) -> DataLoader[UUID, list[EnvelopeEvent]]:
    async def load(ids: list[UUID]) -> list[list[EnvelopeEvent]]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.events_of(uow, ids)
        return [[EnvelopeEvent.of(r) for r in rows if r["envelope_id"] == value] for value in ids]

    return info.context.loader("envelopes.events", load)


@fetches("Envelope")
async def _envelopes(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.envelopes_by_ids(uow, ids)
    return {row["id"]: Envelope.of(row, info.context.now) for row in rows}


@fetches("EnvelopeSigner")
async def _signers(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.signers_by_ids(uow, ids)
    return {row["id"]: EnvelopeSigner.of(row) for row in rows}


@strawberry.type
class EnvelopeQuery:
    """Mixed into Query."""

    @strawberry.field(description="Papers that were sent to be signed, newest first.")
    async def envelopes(
        self,
        info: Info,
        *,
        client_id: strawberry.ID | None = None,
        status: EnvelopeStatus | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Envelope]:
        """Of one client, or in one state, where given."""
        actor, now = info.context.actor, info.context.now
        actor.require(*MEMBERS)
        page = ENVELOPES_NEWEST_FIRST.page(first, after, last, before)
        client = decode_id("Client", client_id, "clientId") if client_id is not None else None
        wanted = str(status.value) if status else None

        async def total() -> int:
            async with read_only(actor.scope()) as uow:
                return await queries.count_envelopes(uow, client_id=client, status=wanted, now=now)

        async with read_only(actor.scope()) as uow:
            rows = await queries.envelopes_page(
                uow,
                client_id=client,
                status=wanted,
                now=now,
                after=page.after[0] if page.after else None,
                before=page.before[0] if page.before else None,
                limit=page.fetch,
                is_backward=page.backward,
            )
        return Connection.of(
            page,
            rows,
            node=lambda r: Envelope.of(r, now),
            key=lambda r: (r["id"],),
            total=total,
        )

    @strawberry.field(description="One envelope, or null.")
    async def envelope(self, info: Info, id: strawberry.ID) -> Envelope | None:
        """By its id."""
        info.context.actor.require(*MEMBERS)
        return await envelope_loader(info).load(decode_id("Envelope", id, "id"))


@strawberry.input(description="An envelope to take back.")
class VoidEnvelopeInput:
    """Which, and why."""

    envelope_id: strawberry.ID = strawberry.field(description="The envelope.")
    reason: str = strawberry.field(description="Why; the record keeps it.")


@strawberry.input(description="A signer whose link went astray.")
class RevokeSignerLinkInput:
    """The old link dies at once."""

    signer_id: strawberry.ID = strawberry.field(description="The signer.")


@strawberry.type(description="The envelope as it is now, or why not.")
class EnvelopePayload(Payload):
    """Answer of envelope mutations."""

    envelope: Envelope | None = strawberry.field(default=None, description="After the change.")


@strawberry.type(description="The signer as they are now, or why not.")
class EnvelopeSignerPayload(Payload):
    """Answer of `revokeSignerLink`."""

    signer: EnvelopeSigner | None = strawberry.field(default=None, description="With a new link.")


async def envelope_payload(info: Info, envelope_id: UUID) -> EnvelopePayload:
    """The envelope as it is after a mutation."""
    async with read_only(info.context.actor.scope()) as uow:
        row = await queries.envelope_by_id(uow, envelope_id)
    return EnvelopePayload(envelope=Envelope.of(row, info.context.now) if row else None)


@strawberry.type
class EnvelopeMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(description="Take an envelope back, so that the paper can be reissued.")
    @refusals_as(EnvelopePayload)
    async def void_envelope(self, info: Info, input: VoidEnvelopeInput) -> EnvelopePayload:
        """Its links show that it was taken back."""
        envelope_id = await signing.void(
            info.context.actor,
            decode_id("Envelope", input.envelope_id, "envelopeId"),
            reason=input.reason,
            now=info.context.now,
        )
        return await envelope_payload(info, envelope_id)

    @strawberry.mutation(description="End a signer's link and mail them a new one.")
    @refusals_as(EnvelopeSignerPayload)
    async def revoke_signer_link(
        self, info: Info, input: RevokeSignerLinkInput
    ) -> EnvelopeSignerPayload:
        """For a link that went to the wrong person."""
        signer_id = await envelopes.revoke_link(
            info.context.actor,
            decode_id("EnvelopeSigner", input.signer_id, "signerId"),
            now=info.context.now,
        )
        async with read_only(info.context.actor.scope()) as uow:
            row = await queries.signer_by_id(uow, signer_id)
        return EnvelopeSignerPayload(signer=EnvelopeSigner.of(row) if row else None)
