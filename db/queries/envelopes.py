"""Reads and locks of envelopes, their signers and their chains of events."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork

# An open envelope past its end counts as expired, whether or not anybody has looked at it since.
_MATCHES = """
  tenant_id = $1 and ($2::uuid is null or client_id = $2)
  and ($3::text is null or $3 = case
    when status in ('sent', 'viewed') and expires_at <= $4::timestamptz then 'expired' else status end)
"""


async def envelope_by_id(uow: UnitOfWork, envelope_id: UUID) -> asyncpg.Record | None:
    """One envelope."""
    return await uow.fetchrow(
        "select * from envelope where tenant_id = $1 and id = $2", uow.tenant_id, envelope_id
    )


async def envelopes_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these envelopes that are there."""
    return await uow.fetch(
        "select * from envelope where tenant_id = $1 and id = any($2)", uow.tenant_id, list(ids)
    )


async def lock_envelope(uow: UnitOfWork, envelope_id: UUID) -> asyncpg.Record | None:
    """One envelope, locked: serialises every signature, decision and event of it."""
    return await uow.fetchrow(
        "select * from envelope where tenant_id = $1 and id = $2 for no key update",
        uow.tenant_id, envelope_id,
    )  # fmt: skip


async def open_envelope(
    uow: UnitOfWork, subject_kind: str, subject_id: UUID
) -> asyncpg.Record | None:
    """The envelope about a thing that is still out for signature."""
    return await uow.fetchrow(
        """
        select * from envelope where tenant_id = $1 and subject_kind = $2 and subject_id = $3
          and status in ('sent', 'viewed')
        """,
        uow.tenant_id, subject_kind, subject_id,
    )  # fmt: skip


async def overdue_envelopes(uow: UnitOfWork, now: datetime) -> list[UUID]:
    """Ids of the envelopes that are out for signature past their end, oldest first."""
    rows = await uow.fetch(
        """
        select id from envelope where tenant_id = $1 and status in ('sent', 'viewed') and expires_at <= $2
        order by id
        """,
        uow.tenant_id, now,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def envelopes_of_subjects(
    uow: UnitOfWork, subject_kind: str, subject_ids: Sequence[UUID]
) -> list[asyncpg.Record]:
    """All envelopes about many things of one kind, oldest first."""
    return await uow.fetch(
        """
        select * from envelope where tenant_id = $1 and subject_kind = $2 and subject_id = any($3)
        order by id
        """,
        uow.tenant_id, subject_kind, list(subject_ids),
    )  # fmt: skip


async def signer_by_id(uow: UnitOfWork, signer_id: UUID) -> asyncpg.Record | None:
    """One signer."""
    return await uow.fetchrow(
        "select * from envelope_signer where tenant_id = $1 and id = $2", uow.tenant_id, signer_id
    )


async def signers_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these signers that are there."""
    return await uow.fetch(
        "select * from envelope_signer where tenant_id = $1 and id = any($2)",
        uow.tenant_id, list(ids),
    )  # fmt: skip


async def signers_of(uow: UnitOfWork, envelope_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """The signers of many envelopes, in order."""
    return await uow.fetch(
        """
        select * from envelope_signer where tenant_id = $1 and envelope_id = any($2)
        order by envelope_id, position
        """,
        uow.tenant_id, list(envelope_ids),
    )  # fmt: skip


async def events_of(uow: UnitOfWork, envelope_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """The events of many envelopes, in the order of their chains."""
    return await uow.fetch(
        """
        select * from envelope_event where tenant_id = $1 and envelope_id = any($2)
        order by envelope_id, sequence
        """,
        uow.tenant_id, list(envelope_ids),
    )  # fmt: skip


async def envelopes_page(
    uow: UnitOfWork,
    *,
    client_id: UUID | None,
    status: str | None,
    now: datetime,
    after: UUID | None,
    before: UUID | None,
    limit: int,
    is_backward: bool,
) -> list[asyncpg.Record]:
    """Envelopes, newest first (their ids sort by the time they were made), between two of them; from the far end where
    `is_backward`."""
    order = "asc" if is_backward else "desc"
    return await uow.fetch(
        f"""
        select * from envelope where {_MATCHES}
          and ($5::uuid is null or id < $5) and ($6::uuid is null or id > $6)
        order by id {order} limit $7
        """,  # noqa: S608 - the parts are literals of this module
        uow.tenant_id, client_id, status, now, after, before, limit,
    )  # fmt: skip


async def count_envelopes(
    uow: UnitOfWork, *, client_id: UUID | None, status: str | None, now: datetime
) -> int:
    """How many envelopes `envelopes_page` would go through."""
    count: int = await uow.fetchval(
        f"select count(*) from envelope where {_MATCHES}",  # noqa: S608
        uow.tenant_id, client_id, status, now,
    )  # fmt: skip
    return count
