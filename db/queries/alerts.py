"""Reads and locks of alerts, their thresholds, and whose turn it is to be looked at."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg

from db.engine import DB
from db.unit_of_work import UnitOfWork


async def thresholds_of(uow: UnitOfWork, engagement_id: UUID | None) -> asyncpg.Record | None:
    """The thresholds set for an engagement, or (None) the practice's own defaults; None where nothing is set."""
    return await uow.fetchrow(
        """
        select * from alert_threshold
        where tenant_id = $1 and engagement_id is not distinct from $2
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip


async def lock_thresholds(uow: UnitOfWork) -> None:
    """Serialises every change of thresholds in the practice, so that two first settings cannot collide."""
    await uow.fetchval(
        "select 1 from practice where tenant_id = $1 and id = $1 for no key update", uow.tenant_id
    )


async def open_alerts(uow: UnitOfWork, engagement_id: UUID) -> list[asyncpg.Record]:
    """What is open in an engagement; its lock is held where they are to be changed."""
    return await uow.fetch(
        """
        select * from alert where tenant_id = $1 and engagement_id = $2 and cleared_at is null
        order by id
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip


async def alerts_of(uow: UnitOfWork, engagement_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """The open alerts of many engagements, oldest first, each with its engagement's currency."""
    return await uow.fetch(
        """
        select a.*, e.currency from alert a
        join engagement e on e.tenant_id = a.tenant_id and e.id = a.engagement_id
        where a.tenant_id = $1 and e.tenant_id = $1 and a.engagement_id = any($2) and a.cleared_at is null
        order by a.engagement_id, a.id
        """,
        uow.tenant_id, list(engagement_ids),
    )  # fmt: skip


async def alerts_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these alerts that are there."""
    return await uow.fetch(
        "select * from alert where tenant_id = $1 and id = any($2)", uow.tenant_id, list(ids)
    )


async def lock_alert(uow: UnitOfWork, alert_id: UUID) -> asyncpg.Record | None:
    """One alert, locked: serialises its acknowledgement. Taken after the engagement's lock."""
    return await uow.fetchrow(
        "select * from alert where tenant_id = $1 and id = $2 for no key update",
        uow.tenant_id, alert_id,
    )  # fmt: skip


_FITS = """
    tenant_id = $1 and ($2::uuid is null or engagement_id = $2)
    and ($3::text[] is null or case when cleared_at is not null then 'cleared'
                                    when acknowledged_at is not null then 'acknowledged' else 'open' end = any($3))
"""


async def alerts_page(
    uow: UnitOfWork,
    *,
    engagement_id: UUID | None,
    statuses: Sequence[str] | None,
    after: UUID | None,
    before: UUID | None,
    limit: int,
    is_backward: bool,
) -> list[asyncpg.Record]:
    """Alerts newest first; reversed when backward."""
    order = "asc" if is_backward else "desc"
    return await uow.fetch(
        f"""
        select * from alert where {_FITS}
          and ($4::uuid is null or id < $4) and ($5::uuid is null or id > $5)
        order by id {order} limit $6
        """,  # noqa: S608 - the order is a literal of this function
        uow.tenant_id, engagement_id, statuses, after, before, limit,
    )  # fmt: skip


async def count_alerts(
    uow: UnitOfWork, *, engagement_id: UUID | None, statuses: Sequence[str] | None
) -> int:
    """How many alerts `alerts_page` would go through."""
    rows: int = await uow.fetchval(
        f"select count(*) from alert where {_FITS}",  # noqa: S608 - a literal of this module
        uow.tenant_id, engagement_id, statuses,
    )  # fmt: skip
    return rows


async def engagements_to_review(uow: UnitOfWork, today: date) -> list[UUID]:
    """Engagements under way that were not looked at on this day."""
    rows = await uow.fetch(
        """
        select e.id from engagement e
        left join alert_review r on r.tenant_id = e.tenant_id and r.engagement_id = e.id
        where e.tenant_id = $1 and (r.tenant_id = $1 or r.tenant_id is null)
          and e.status in ('active', 'suspended') and coalesce(r.reviewed_on < $2, true)
        order by e.id
        """,
        uow.tenant_id, today,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def note_review(
    uow: UnitOfWork, engagement_id: UUID, row_id: UUID, reviewed_on: date
) -> None:
    """Write down that an engagement was looked at; `row_id` is a fresh id for the first time."""
    await uow.execute(
        """
        insert into alert_review (tenant_id, id, engagement_id, reviewed_on) values ($1, $2, $3, $4)
        on conflict (tenant_id, engagement_id) do update set reviewed_on = excluded.reviewed_on
        """,
        uow.tenant_id, row_id, engagement_id, reviewed_on,
    )  # fmt: skip


async def forget_reviews(uow: UnitOfWork) -> None:
    """Have every engagement looked at again at the worker's next turn."""
    await uow.execute(
        "update alert_review set reviewed_on = date '2000-01-01' where tenant_id = $1",
        uow.tenant_id,
    )


async def practices_to_review(now: datetime) -> list[UUID]:
    """Practices with an engagement that was not looked at yet on the day it is there at `now` (aware).

    Runs outside any unit of work, because it belongs to no practice. Raises `RuntimeError` where the pool is not open.
    """
    if DB.pool is None:
        raise RuntimeError("the database pool is not open")
    rows = await DB.pool.fetch(
        "select practice_id from practices_with_engagements_to_review($1) as practice_id", now
    )
    return [row["practice_id"] for row in rows]
