"""Reads of frozen documents. The bytes and the preview are read only where they are needed: they are large."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork

_COLUMNS = """
  tenant_id, id, kind, locale, number, version, fingerprint, content_fingerprint, template_fingerprint,
  client_id, engagement_id, subject_kind, subject_id, created_at, length(content) as size_bytes
"""
_MATCHES = """
  tenant_id = $1 and ($2::text is null or kind = $2) and ($3::uuid is null or client_id = $3)
  and ($4::uuid is null or engagement_id = $4)
"""


async def document_by_id(uow: UnitOfWork, document_id: UUID) -> asyncpg.Record | None:
    """One document without its bytes."""
    return await uow.fetchrow(
        f"select {_COLUMNS} from document where tenant_id = $1 and id = $2",  # noqa: S608
        uow.tenant_id, document_id,
    )  # fmt: skip


async def documents_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these documents that are there, without their bytes."""
    return await uow.fetch(
        f"select {_COLUMNS} from document where tenant_id = $1 and id = any($2)",  # noqa: S608
        uow.tenant_id, list(ids),
    )  # fmt: skip


async def document_content(uow: UnitOfWork, document_id: UUID) -> asyncpg.Record | None:
    """One document's bytes, its preview, and what names its file."""
    return await uow.fetchrow(
        """
        select kind, locale, number, version, fingerprint, content, preview_html from document
        where tenant_id = $1 and id = $2
        """,
        uow.tenant_id, document_id,
    )  # fmt: skip


async def previews(uow: UnitOfWork, ids: Sequence[UUID]) -> dict[UUID, str]:
    """The previews of many documents: safe fragments of HTML."""
    rows = await uow.fetch(
        "select id, preview_html from document where tenant_id = $1 and id = any($2)",
        uow.tenant_id, list(ids),
    )  # fmt: skip
    return {row["id"]: row["preview_html"] for row in rows}


async def document_by_fingerprint(uow: UnitOfWork, fingerprint: str) -> asyncpg.Record | None:
    """The document of this fingerprint, with its bytes."""
    return await uow.fetchrow(
        f"select {_COLUMNS}, content from document where tenant_id = $1 and fingerprint = $2",  # noqa: S608
        uow.tenant_id, fingerprint,
    )  # fmt: skip


async def documents_of_subjects(
    uow: UnitOfWork, subject_kind: str, subject_ids: Sequence[UUID]
) -> list[asyncpg.Record]:
    """The papers about many things of one kind, by number, version and language."""
    return await uow.fetch(
        f"""
        select {_COLUMNS} from document
        where tenant_id = $1 and subject_kind = $2 and subject_id = any($3)
        order by number, version, locale
        """,  # noqa: S608
        uow.tenant_id, subject_kind, list(subject_ids),
    )  # fmt: skip


async def documents_page(
    uow: UnitOfWork,
    *,
    kind: str | None,
    client_id: UUID | None,
    engagement_id: UUID | None,
    after: UUID | None,
    before: UUID | None,
    limit: int,
    is_backward: bool,
) -> list[asyncpg.Record]:
    """Documents, newest first (their ids sort by the time they were made), between two of them; from the far end where
    `is_backward`."""
    order = "asc" if is_backward else "desc"
    return await uow.fetch(
        f"""
        select {_COLUMNS} from document where {_MATCHES}
          and ($5::uuid is null or id < $5) and ($6::uuid is null or id > $6)
        order by id {order} limit $7
        """,  # noqa: S608
        uow.tenant_id, kind, client_id, engagement_id, after, before, limit,
    )  # fmt: skip


async def count_documents(
    uow: UnitOfWork, *, kind: str | None, client_id: UUID | None, engagement_id: UUID | None
) -> int:
    """How many documents `documents_page` would go through."""
    count: int = await uow.fetchval(
        f"select count(*) from document where {_MATCHES}",  # noqa: S608
        uow.tenant_id, kind, client_id, engagement_id,
    )  # fmt: skip
    return count
