"""What policies, their rules and their sign-offs look like."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Self
from uuid import UUID

import asyncpg
import strawberry
from strawberry.dataloader import DataLoader

from db.queries import documents as document_queries
from db.queries import policies as queries
from db.unit_of_work import read_only
from schema.clients import Client, Contact, client_loader, contact_loader
from schema.context import Info
from schema.documents import Document, document_loader
from schema.envelopes import Envelope, envelope_loader
from schema.relay import Node, encode_id, fetches
from services import policies
from services.actor import MEMBERS


@strawberry.enum(description="Whether a version of the policies may still change.")
class PolicyStatus(Enum):
    """A draft, or for good."""

    DRAFT = strawberry.enum_value("draft", description="Being written; the next number.")
    PUBLISHED = strawberry.enum_value("published", description="Never changed again.")


@strawberry.enum(description="What a rule is about.")
class PolicyCategory(Enum):
    """The categories of `services.rules.policies`, in the order of the paper."""

    CALLS = strawberry.enum_value("calls", description="Calls and meetings.")
    ARRIVAL = strawberry.enum_value("arrival", description="Arrival.")
    PAYMENT = strawberry.enum_value("payment", description="Payment.")
    CHANGES = strawberry.enum_value("changes", description="Changes.")
    RESPONSE_TIMES = strawberry.enum_value("response_times", description="Response times.")
    CONDUCT = strawberry.enum_value("conduct", description="Conduct.")
    OTHER = strawberry.enum_value("other", description="Anything else.")


@strawberry.type(description="One rule of a version of the policies, in both languages.")
class PolicyRule(Node):
    """What a reminder quotes."""

    code: str = strawberry.field(description="What a reminder cites, such as P-01.")
    category: PolicyCategory = strawberry.field(description="What it is about.")
    position: int = strawberry.field(description="Its place within the category.")
    title_en: str = strawberry.field(description="Its heading in English.")
    title_da: str = strawberry.field(description="Its heading in Danish.")
    text_en: str = strawberry.field(description="The rule in English.")
    text_da: str = strawberry.field(description="The rule in Danish.")
    consequence_en: str = strawberry.field(description="What follows a breach, in English.")
    consequence_da: str = strawberry.field(description="What follows a breach, in Danish.")

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        """From its row."""
        return cls(
            id=encode_id("PolicyRule", row["id"]),
            code=row["code"],
            category=PolicyCategory(row["category"]),
            position=row["position"],
            title_en=row["title_en"],
            title_da=row["title_da"],
            text_en=row["text_en"],
            text_da=row["text_da"],
            consequence_en=row["consequence_en"],
            consequence_da=row["consequence_da"],
        )


@strawberry.type(
    description="A client's consent to one version of the policies. Never edited or deleted."
)
class PolicySignOff(Node):
    """By the fingerprint of what was shown."""

    client_key: strawberry.Private[UUID]
    version_key: strawberry.Private[UUID]
    document_key: strawberry.Private[UUID]
    contact_key: strawberry.Private[UUID]
    envelope_key: strawberry.Private[UUID]
    signer_name: str = strawberry.field(description="The name that was typed to sign.")
    fingerprint: str = strawberry.field(description="SHA-256 of the file that was signed.")
    signed_at: datetime = strawberry.field(description="When.")

    @strawberry.field(description="Who consented.")
    async def client(self, info: Info) -> Client | None:
        """Read for all at once."""
        return await client_loader(info).load(self.client_key)

    @strawberry.field(description="Who signed for the client.")
    async def signed_by(self, info: Info) -> Contact | None:
        """Read for all at once."""
        return await contact_loader(info).load(self.contact_key)

    @strawberry.field(description="The version that was signed.")
    async def policy_version(self, info: Info) -> "PolicyVersion | None":
        """Read for all at once."""
        return await version_loader(info).load(self.version_key)

    @strawberry.field(description="The paper that was signed.")
    async def document(self, info: Info) -> Document | None:
        """Read for all at once."""
        return await document_loader(info).load(self.document_key)

    @strawberry.field(description="How it came about.")
    async def envelope(self, info: Info) -> Envelope | None:
        """Read for all at once."""
        return await envelope_loader(info).load(self.envelope_key)

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        """From its row."""
        return cls(
            id=encode_id("PolicySignOff", row["id"]),
            client_key=row["client_id"],
            version_key=row["policy_version_id"],
            document_key=row["document_id"],
            contact_key=row["contact_id"],
            envelope_key=row["envelope_id"],
            signer_name=row["signer_name"],
            fingerprint=row["fingerprint"],
            signed_at=row["signed_at"],
        )


@strawberry.type(description="A numbered state of the policies. Numbers have no gaps.")
class PolicyVersion(Node):
    """A draft, or published and never changed again."""

    key: strawberry.Private[UUID]
    number: int = strawberry.field(description="Its number, from 1.")
    status: PolicyStatus = strawberry.field(description="Whether it may still change.")
    title: str = strawberry.field(description="What the practice calls it.")
    introduction_en: str = strawberry.field(description="What stands above the rules, in English.")
    introduction_da: str = strawberry.field(description="What stands above the rules, in Danish.")
    effective_date: date = strawberry.field(description="From when it applies.")
    published_at: datetime | None = strawberry.field(description="When it became final.")
    version: int = strawberry.field(
        description="Moves with every change of the draft or its rules; send it back as `expectedVersion`."
    )

    @strawberry.field(description="Its rules, in order.")
    async def rules(self, info: Info) -> list[PolicyRule]:
        """Read for all versions of an answer at once."""
        rules: list[PolicyRule] = await _rules_loader(info).load(self.key)
        return rules

    @strawberry.field(description="Its paper in every language; none while it is a draft.")
    async def documents(self, info: Info) -> list[Document]:
        """Read for all versions of an answer at once."""
        papers: list[Document] = await _papers_loader(info).load(self.key)
        return papers

    @strawberry.field(description="Who has signed it off, newest first.")
    async def sign_offs(self, info: Info) -> list[PolicySignOff]:
        """Read for all versions of an answer at once."""
        found: list[PolicySignOff] = await _sign_offs_loader(info).load(self.key)
        return found

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        """From its row."""
        return cls(
            id=encode_id("PolicyVersion", row["id"]),
            key=row["id"],
            number=row["number"],
            status=PolicyStatus(row["status"]),
            title=row["title"],
            introduction_en=row["introduction_en"],
            introduction_da=row["introduction_da"],
            effective_date=row["effective_date"],
            published_at=row["published_at"],
            version=row["version"],
        )


@strawberry.type(description="A client in business who has not signed a version off.")
class OutstandingSignOff:
    """Whom to ask."""

    client_key: strawberry.Private[UUID]
    envelope_key: strawberry.Private[UUID | None]
    last_signed_number: int | None = strawberry.field(
        description="The newest version they did sign; null if none."
    )

    @strawberry.field(description="The client.")
    async def client(self, info: Info) -> Client | None:
        """Read for all at once."""
        return await client_loader(info).load(self.client_key)

    @strawberry.field(description="The envelope by which they were asked last; null if none was.")
    async def envelope(self, info: Info) -> Envelope | None:
        """Read for all at once."""
        return await envelope_loader(info).load(self.envelope_key) if self.envelope_key else None


def version_loader(info: Info) -> DataLoader[UUID, PolicyVersion | None]:
    """Versions by id, for fields of other things."""

    async def load(ids: list[UUID]) -> list[PolicyVersion | None]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.policy_versions_by_ids(uow, ids)
        found = {row["id"]: PolicyVersion.of(row) for row in rows}
        return [found.get(value) for value in ids]

    return info.context.loader("policies.by_id", load)


def _rules_loader(info: Info) -> DataLoader[UUID, list[PolicyRule]]:
    async def load(ids: list[UUID]) -> list[list[PolicyRule]]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.rules_of(uow, ids)
        return [[PolicyRule.of(r) for r in rows if r["policy_version_id"] == i] for i in ids]

    return info.context.loader("policies.rules", load)


def _papers_loader(info: Info) -> DataLoader[UUID, list[Document]]:
    async def load(ids: list[UUID]) -> list[list[Document]]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await document_queries.documents_of_subjects(uow, policies.SUBJECT, ids)
        return [[Document.of(r) for r in rows if r["subject_id"] == i] for i in ids]

    return info.context.loader("policies.papers", load)


def _sign_offs_loader(info: Info) -> DataLoader[UUID, list[PolicySignOff]]:
    async def load(ids: list[UUID]) -> list[list[PolicySignOff]]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.sign_offs(uow, version_ids=ids)
        return [[PolicySignOff.of(r) for r in rows if r["policy_version_id"] == i] for i in ids]

    return info.context.loader("policies.sign_offs", load)


@fetches("PolicyVersion")
async def _versions(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.policy_versions_by_ids(uow, ids)
    return {row["id"]: PolicyVersion.of(row) for row in rows}


@fetches("PolicyRule")
async def _rules(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        return {row["id"]: PolicyRule.of(row) for row in await queries.rules_by_ids(uow, ids)}


@fetches("PolicySignOff")
async def _sign_offs(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.sign_offs_by_ids(uow, ids)
    return {row["id"]: PolicySignOff.of(row) for row in rows}
