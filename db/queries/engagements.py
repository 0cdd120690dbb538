"""Reads and locks of engagements and their services contracts."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork


async def engagement_by_id(uow: UnitOfWork, engagement_id: UUID) -> asyncpg.Record | None:
    """One engagement."""
    return await uow.fetchrow(
        "select * from engagement where tenant_id = $1 and id = $2", uow.tenant_id, engagement_id
    )


async def engagements_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these engagements that are there."""
    return await uow.fetch(
        "select * from engagement where tenant_id = $1 and id = any($2)", uow.tenant_id, list(ids)
    )


async def lock_engagement(uow: UnitOfWork, engagement_id: UUID) -> asyncpg.Record | None:
    """One engagement, locked.

    Serialises everything that moves its state: its draft, its contract, which scope version is current, the numbers and
    decisions of its change orders, its acceptances. Taken before the lock of any envelope.
    """
    return await uow.fetchrow(
        "select * from engagement where tenant_id = $1 and id = $2 for no key update",
        uow.tenant_id, engagement_id,
    )  # fmt: skip


async def next_ordinal(uow: UnitOfWork, year: int) -> int:
    """The next number of an engagement in `year`, without gaps.

    Locks the practice's row: serialises the numbering of engagements, and nothing else waits long for it.
    """
    await uow.fetchval(
        "select 1 from practice where tenant_id = $1 and id = $1 for no key update", uow.tenant_id
    )
    found: int = await uow.fetchval(
        """
        select coalesce(max(number_ordinal), 0) + 1 from engagement
        where tenant_id = $1 and number_year = $2
        """,
        uow.tenant_id, year,
    )  # fmt: skip
    return found


async def engagements_page(
    uow: UnitOfWork,
    *,
    client_id: UUID | None,
    statuses: Sequence[str] | None,
    after: tuple[int, int, UUID] | None,
    before: tuple[int, int, UUID] | None,
    limit: int,
    is_backward: bool = False,
) -> list[asyncpg.Record]:
    """Engagements, newest number first; reversed when backward. Keys are (year, ordinal, id)."""
    order = "asc" if is_backward else "desc"
    after_year, after_ordinal, after_id = after or (None, None, None)
    before_year, before_ordinal, before_id = before or (None, None, None)
    return await uow.fetch(
        f"""
        select * from engagement where tenant_id = $1
          and ($2::uuid is null or client_id = $2) and ($3::text[] is null or status = any($3))
          and ($4::int is null or (number_year, number_ordinal, id) < ($4::int, $5::int, $6::uuid))
          and ($7::int is null or (number_year, number_ordinal, id) > ($7::int, $8::int, $9::uuid))
        order by number_year {order}, number_ordinal {order}, id {order} limit $10
        """,  # noqa: S608 - the order is a literal of this function
        uow.tenant_id, client_id, list(statuses) if statuses else None,
        after_year, after_ordinal, after_id, before_year, before_ordinal, before_id, limit,
    )  # fmt: skip


async def count_engagements(
    uow: UnitOfWork, *, client_id: UUID | None, statuses: Sequence[str] | None
) -> int:
    """How many engagements there are."""
    found: int = await uow.fetchval(
        """
        select count(*) from engagement where tenant_id = $1
          and ($2::uuid is null or client_id = $2) and ($3::text[] is null or status = any($3))
        """,
        uow.tenant_id, client_id, list(statuses) if statuses else None,
    )  # fmt: skip
    return found


async def contract_by_id(uow: UnitOfWork, contract_id: UUID) -> asyncpg.Record | None:
    """One sending of a services contract."""
    return await uow.fetchrow(
        "select * from services_contract where tenant_id = $1 and id = $2",
        uow.tenant_id, contract_id,
    )  # fmt: skip


async def contracts_of(uow: UnitOfWork, engagement_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Every sending of the services contracts of these engagements, in order of issue; without the copied scopes."""
    return await uow.fetch(
        """
        select tenant_id, id, engagement_id, issue, status, scope_fingerprint, document_id, translation_id, envelope_id,
               policy_waiver, expires_at, sent_at, decided_at, decided_by, decline_reason
        from services_contract where tenant_id = $1 and engagement_id = any($2) order by engagement_id, issue
        """,
        uow.tenant_id, list(engagement_ids),
    )  # fmt: skip


async def signed_contract(uow: UnitOfWork, engagement_id: UUID) -> asyncpg.Record | None:
    """The contract that the client signed, if any."""
    return await uow.fetchrow(
        """
        select * from services_contract
        where tenant_id = $1 and engagement_id = $2 and status = 'signed'
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip


async def contracts_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these services contracts that are there."""
    return await uow.fetch(
        "select * from services_contract where tenant_id = $1 and id = any($2)",
        uow.tenant_id, list(ids),
    )  # fmt: skip
