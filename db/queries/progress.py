"""Reads of what was reported: progress as of a date, and what was spent."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork

Reported = Literal["progress_entry", "cost_entry"]


async def progress_as_of(
    uow: UnitOfWork, engagement_id: UUID, status_date: date, known_at: datetime | None = None
) -> list[asyncpg.Record]:
    """The entry that counts for each item as of a date; with `known_at` as it was known at that moment."""
    return await uow.fetch(
        """
        select distinct on (item_key) * from progress_entry
        where tenant_id = $1 and engagement_id = $2 and status_date <= $3
          and ($4::timestamptz is null or recorded_at <= $4)
        order by item_key, status_date desc, recorded_at desc, id desc
        """,
        uow.tenant_id, engagement_id, status_date, known_at,
    )  # fmt: skip


async def progress_after(
    uow: UnitOfWork, engagement_id: UUID, status_date: date
) -> list[asyncpg.Record]:
    """For each item the entry that counts on the first status date after this one, where there is any."""
    return await uow.fetch(
        """
        select distinct on (item_key) * from progress_entry
        where tenant_id = $1 and engagement_id = $2 and status_date > $3
        order by item_key, status_date, recorded_at desc, id desc
        """,
        uow.tenant_id, engagement_id, status_date,
    )  # fmt: skip


async def last_status_date(uow: UnitOfWork, engagement_id: UUID) -> date | None:
    """The last day that anything was reported or accepted for."""
    found: date | None = await uow.fetchval(
        """
        select greatest(
          (select max(status_date) from progress_entry where tenant_id = $1 and engagement_id = $2),
          (select max(accepted_on) from acceptance where tenant_id = $1 and engagement_id = $2))
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip
    return found


async def known_item(uow: UnitOfWork, engagement_id: UUID, item_key: str) -> asyncpg.Record | None:
    """An item as the newest scope version has it that has it at all: what was taken out has cost money too."""
    return await uow.fetchrow(
        """
        select i.item_key, i.kind, i.scope_version_id
        from scope_version v
        join scope_item i on i.tenant_id = v.tenant_id and i.scope_version_id = v.id
        where v.tenant_id = $1 and i.tenant_id = $1 and v.engagement_id = $2 and i.item_key = $3
        order by v.number desc limit 1
        """,
        uow.tenant_id, engagement_id, item_key,
    )  # fmt: skip


async def spent_as_of(
    uow: UnitOfWork, engagement_id: UUID, as_of: date, known_at: datetime | None = None
) -> list[asyncpg.Record]:
    """What was spent by a date, by item; the key is null for what was spent on the whole."""
    return await uow.fetch(
        """
        select item_key, sum(amount_minor)::bigint as amount_minor, sum(effort_minutes)::bigint as effort_minutes
        from cost_entry
        where tenant_id = $1 and engagement_id = $2 and spent_on <= $3
          and ($4::timestamptz is null or recorded_at <= $4)
        group by item_key
        """,
        uow.tenant_id, engagement_id, as_of, known_at,
    )  # fmt: skip


async def spent_by_day(
    uow: UnitOfWork, engagement_id: UUID, item_key: str | None
) -> list[asyncpg.Record]:
    """What was spent on one item (or on the whole) day by day, in order."""
    return await uow.fetch(
        """
        select spent_on, sum(amount_minor)::bigint as amount_minor, sum(effort_minutes)::bigint as effort_minutes
        from cost_entry where tenant_id = $1 and engagement_id = $2 and item_key is not distinct from $3
        group by spent_on order by spent_on
        """,
        uow.tenant_id, engagement_id, item_key,
    )  # fmt: skip


async def entries_by_ids(
    uow: UnitOfWork, table: Reported, ids: Sequence[UUID]
) -> list[asyncpg.Record]:
    """Those of these entries that are there, in the order they were written."""
    return await uow.fetch(
        f"select * from {table} where tenant_id = $1 and id = any($2) order by id",  # noqa: S608 - the table is a literal
        uow.tenant_id, list(ids),
    )  # fmt: skip


_FITS = "tenant_id = $1 and engagement_id = $2 and ($3::text is null or item_key = $3)"


async def entries_page(
    uow: UnitOfWork,
    table: Reported,
    *,
    engagement_id: UUID,
    item_key: str | None,
    after: UUID | None,
    before: UUID | None,
    limit: int,
    is_backward: bool,
) -> list[asyncpg.Record]:
    """Entries of an engagement as they were written, newest first; reversed when backward."""
    order = "asc" if is_backward else "desc"
    return await uow.fetch(
        f"""
        select * from {table} where {_FITS}
          and ($4::uuid is null or id < $4) and ($5::uuid is null or id > $5)
        order by id {order} limit $6
        """,  # noqa: S608 - table and order are literals of this module
        uow.tenant_id, engagement_id, item_key, after, before, limit,
    )  # fmt: skip


async def count_entries(
    uow: UnitOfWork, table: Reported, *, engagement_id: UUID, item_key: str | None
) -> int:
    """How many entries `entries_page` would go through."""
    rows: int = await uow.fetchval(
        f"select count(*) from {table} where {_FITS}",  # noqa: S608 - as above
        uow.tenant_id, engagement_id, item_key,
    )  # fmt: skip
    return rows
