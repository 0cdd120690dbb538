"""Frozen papers, and whether a file is one of them."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Self
from uuid import UUID

import asyncpg
import strawberry
from strawberry.dataloader import DataLoader

from db.queries import documents as queries
from db.unit_of_work import read_only
from schema.clients import Client, client_loader
from schema.context import Info
from schema.relay import Connection, Keyset, Node, decode_id, encode_id, fetches
from services import documents
from services.actor import MEMBERS

DOCUMENTS_NEWEST_FIRST = Keyset("documents.made", (UUID,))


@strawberry.enum(description="What a paper is.")
class DocumentKind(Enum):
    """The kinds of `contracts`."""

    SERVICES_CONTRACT = strawberry.enum_value(
        "services_contract", description="The contract with its scope, timeline, fee and clauses."
    )
    CHANGE_ORDER = strawberry.enum_value(
        "change_order", description="The signed delta to scope, price and dates."
    )
    POLICIES = strawberry.enum_value("policies", description="Policies and procedures.")
    RETAINER_AGREEMENT = strawberry.enum_value(
        "retainer_agreement", description="The deposit and how it is used."
    )
    PREPAYMENT_INVOICE = strawberry.enum_value(
        "prepayment_invoice", description="The tax that was due because a deposit came in."
    )
    REFUND_MEMO = strawberry.enum_value("refund_memo", description="A refund or credit explained.")


@strawberry.enum(description="What is known of a file by its fingerprint.")
class FileStatus(Enum):
    """The answers of `services.documents.verify`."""

    INTACT = strawberry.enum_value("intact", description="It is a document of this practice.")
    DAMAGED = strawberry.enum_value(
        "damaged", description="It was one, but the stored bytes no longer hash to it."
    )
    UNKNOWN = strawberry.enum_value("unknown", description="No document has this fingerprint.")


@strawberry.type(description="A paper, frozen: its bytes are never changed.")
class Document(Node):
    """A new state of a paper is a new document."""

    key: strawberry.Private[UUID]
    client_key: strawberry.Private[UUID | None]
    kind: DocumentKind = strawberry.field(description="What it is.")
    locale: str = strawberry.field(description="Its language: en or da.")
    number: str = strawberry.field(description="Its number, as printed on every page.")
    version: int = strawberry.field(description="Its version, from 1.")
    fingerprint: str = strawberry.field(description="SHA-256 of its exact bytes, in hex.")
    content_fingerprint: str = strawberry.field(
        description="SHA-256 of the parts inside the file; equal in two files that say the same."
    )
    size_bytes: int = strawberry.field(description="How large the file is.")
    file_name: str = strawberry.field(description="What it is called when it is downloaded.")
    created_at: datetime = strawberry.field(description="When it was frozen.")

    @strawberry.field(description="A link to the file, good for fifteen minutes.")
    def download_url(self, info: Info) -> str:
        """Anybody who has the link can read the file until then."""
        return documents.download_url(info.context.actor.tenant_id, self.key, now=info.context.now)

    @strawberry.field(description="The paper as a safe fragment of HTML, to be read on a screen.")
    async def preview_html(self, info: Info) -> str:
        """Read only when it is asked for: it is large."""
        return await _preview_loader(info).load(self.key)

    @strawberry.field(description="The client it is about; null for the general policies.")
    async def client(self, info: Info) -> Client | None:
        """Read for all documents of an answer at once."""
        return await client_loader(info).load(self.client_key) if self.client_key else None

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        """From its row."""
        return cls(
            id=encode_id("Document", row["id"]),
            key=row["id"],
            client_key=row["client_id"],
            kind=DocumentKind(row["kind"]),
            locale=row["locale"],
            number=row["number"],
            version=row["version"],
            fingerprint=row["fingerprint"],
            content_fingerprint=row["content_fingerprint"],
            size_bytes=row["size_bytes"],
            file_name=documents.file_name(row),
            created_at=row["created_at"],
        )


@strawberry.type(description="Whether a file is a document of this practice.")
class DocumentVerification:
    """Answer of `verifyDocument`."""

    status: FileStatus = strawberry.field(description="What is known.")
    document: Document | None = strawberry.field(description="The document, unless unknown.")


def document_loader(info: Info) -> DataLoader[UUID, Document | None]:
    """Documents by id, for fields of other things."""

    async def load(ids: list[UUID]) -> list[Document | None]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.documents_by_ids(uow, ids)
        found = {row["id"]: Document.of(row) for row in rows}
        return [found.get(value) for value in ids]

    return info.context.loader("documents.by_id", load)


def _preview_loader(info: Info) -> DataLoader[UUID, str]:
    async def load(ids: list[UUID]) -> list[str]:
        async with read_only(info.context.actor.scope()) as uow:
            found = await queries.previews(uow, ids)
        return [found.get(value, "") for value in ids]

    return info.context.loader("documents.preview", load)


@fetches("Document")
async def _documents(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        return {row["id"]: Document.of(row) for row in await queries.documents_by_ids(uow, ids)}


@strawberry.type
class DocumentQuery:
    """Mixed into Query."""

    @strawberry.field(description="Frozen papers, newest first.")
    async def documents(
        self,
        info: Info,
        *,
        kind: DocumentKind | None = None,
        client_id: strawberry.ID | None = None,
        engagement_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Document]:
        """Of one kind, client or engagement where given."""
        actor = info.context.actor
        actor.require(*MEMBERS)
        page = DOCUMENTS_NEWEST_FIRST.page(first, after, last, before)
        client = decode_id("Client", client_id, "clientId") if client_id is not None else None
        engagement = (
            decode_id("Engagement", engagement_id, "engagementId")
            if engagement_id is not None
            else None
        )
        wanted = str(kind.value) if kind else None

        async def total() -> int:
            async with read_only(actor.scope()) as uow:
                return await queries.count_documents(
                    uow, kind=wanted, client_id=client, engagement_id=engagement
                )

        async with read_only(actor.scope()) as uow:
            rows = await queries.documents_page(
                uow,
                kind=wanted,
                client_id=client,
                engagement_id=engagement,
                after=page.after[0] if page.after else None,
                before=page.before[0] if page.before else None,
                limit=page.fetch,
                is_backward=page.backward,
            )
        return Connection.of(page, rows, node=Document.of, key=lambda r: (r["id"],), total=total)

    @strawberry.field(description="One paper, or null.")
    async def document(self, info: Info, id: strawberry.ID) -> Document | None:
        """By its id."""
        info.context.actor.require(*MEMBERS)
        return await document_loader(info).load(decode_id("Document", id, "id"))

    @strawberry.field(
        description="Whether a file is a document of this practice, by the SHA-256 of its bytes (`sha256sum file`)."
    )
    async def verify_document(self, info: Info, fingerprint: str) -> DocumentVerification:
        """The stored bytes are hashed again for the answer."""
        verdict = await documents.verify(info.context.actor, fingerprint)
        found = (
            await document_loader(info).load(verdict.document_id) if verdict.document_id else None
        )
        return DocumentVerification(status=FileStatus(verdict.status), document=found)
