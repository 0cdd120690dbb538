"""Reads and locks of deliveries, rejections and acceptances."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from db.engine import DB
from db.unit_of_work import UnitOfWork

# --- acceptances ---------------------------------------------------------------------------------------------------------


async def acceptances_of(uow: UnitOfWork, engagement_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Every acceptance in these engagements, oldest first."""
    return await uow.fetch(
        """
        select * from acceptance where tenant_id = $1 and engagement_id = any($2)
        order by engagement_id, recorded_at, id
        """,
        uow.tenant_id, list(engagement_ids),
    )  # fmt: skip


async def acceptance_of(
    uow: UnitOfWork, engagement_id: UUID, item_key: str
) -> asyncpg.Record | None:
    """The acceptance of one item, if there is one."""
    return await uow.fetchrow(
        """
        select * from acceptance where tenant_id = $1 and engagement_id = $2 and item_key = $3
        """,
        uow.tenant_id, engagement_id, item_key,
    )  # fmt: skip


async def acceptances_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these acceptances that are there."""
    return await uow.fetch(
        "select * from acceptance where tenant_id = $1 and id = any($2)", uow.tenant_id, list(ids)
    )


# --- deliveries ----------------------------------------------------------------------------------------------------------

_DELIVERIES = """
    select d.*, h.delivered_on, h.test_days, h.test_until, h.test_ends_at, h.remind_at, h.clause, h.note, h.member_id,
           h.recorded_at
    from delivery d join handover h on h.tenant_id = d.tenant_id and h.id = d.handover_id
    where d.tenant_id = $1 and h.tenant_id = $1
"""


async def delivery_by_id(uow: UnitOfWork, delivery_id: UUID) -> asyncpg.Record | None:
    """One delivery with what it shares with its handover."""
    return await uow.fetchrow(f"{_DELIVERIES} and d.id = $2", uow.tenant_id, delivery_id)


async def deliveries_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these deliveries that are there."""
    return await uow.fetch(f"{_DELIVERIES} and d.id = any($2)", uow.tenant_id, list(ids))


async def deliveries_of_items(
    uow: UnitOfWork, engagement_id: UUID, item_keys: Sequence[str]
) -> list[asyncpg.Record]:
    """Every delivery of these items, withdrawn ones as well, oldest first."""
    return await uow.fetch(
        f"{_DELIVERIES} and d.engagement_id = $2 and d.item_key = any($3) order by d.item_key, d.number",
        uow.tenant_id, engagement_id, list(item_keys),
    )  # fmt: skip


async def deliveries_of_handover(uow: UnitOfWork, handover_id: UUID) -> list[asyncpg.Record]:
    """What was handed over together, in the order of the scope."""
    return await uow.fetch(
        f"""
        {_DELIVERIES} and d.handover_id = $2
        order by (select i.outline from scope_item i where i.tenant_id = $1
                  and i.scope_version_id = d.scope_version_id and i.item_key = d.item_key)
        """,  # noqa: S608 - the parts are literals of this module
        uow.tenant_id, handover_id,
    )  # fmt: skip


async def deliveries_page(
    uow: UnitOfWork,
    *,
    engagement_id: UUID,
    statuses: Sequence[str] | None,
    item_key: str | None,
    after: UUID | None,
    before: UUID | None,
    limit: int,
    is_backward: bool,
) -> list[asyncpg.Record]:
    """Deliveries of an engagement, newest first, between two ids; reversed when backward."""
    order = "asc" if is_backward else "desc"
    return await uow.fetch(
        f"""
        {_DELIVERIES} and d.engagement_id = $2 and ($3::text[] is null or d.status = any($3))
          and ($4::text is null or d.item_key = $4)
          and ($5::uuid is null or d.id < $5) and ($6::uuid is null or d.id > $6)
        order by d.id {order} limit $7
        """,
        uow.tenant_id, engagement_id, list(statuses) if statuses else None, item_key, after, before, limit,
    )  # fmt: skip


async def count_deliveries(
    uow: UnitOfWork, *, engagement_id: UUID, statuses: Sequence[str] | None, item_key: str | None
) -> int:
    """How many deliveries `deliveries_page` would go through."""
    found: int = await uow.fetchval(
        """
        select count(*) from delivery where tenant_id = $1 and engagement_id = $2
          and ($3::text[] is null or status = any($3)) and ($4::text is null or item_key = $4)
        """,
        uow.tenant_id, engagement_id, list(statuses) if statuses else None, item_key,
    )  # fmt: skip
    return found


async def rejections_of(uow: UnitOfWork, delivery_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """The rejections of these deliveries."""
    return await uow.fetch(
        "select * from delivery_rejection where tenant_id = $1 and delivery_id = any($2)",
        uow.tenant_id, list(delivery_ids),
    )  # fmt: skip


# --- items and where they stand ------------------------------------------------------------------------------------------

# Newest delivery that counts: one that was withdrawn, or that the scope overtook, is as if it had not been.
_DELIVERABLES = """
    select i.*, e.id as engagement_id, d.id as delivery_id, d.round, a.id as acceptance_id,
           case when a.kind = 'deemed' then 'deemed' when a.id is not null then 'accepted'
                when d.status = 'in_test' then 'in_test'
                when d.status = 'rejected' and r.is_final then 'disputed'
                when d.status = 'rejected' then 'rejected'
                else 'not_delivered' end as state
    from engagement e
    join scope_item i on i.tenant_id = e.tenant_id and i.scope_version_id = e.current_scope_version_id
    left join acceptance a on a.tenant_id = e.tenant_id and a.engagement_id = e.id and a.item_key = i.item_key
    left join lateral (
      select * from delivery n where n.tenant_id = $1 and n.engagement_id = e.id and n.item_key = i.item_key
        and n.status not in ('withdrawn', 'lapsed') order by n.number desc limit 1
    ) d on true
    left join delivery_rejection r on r.tenant_id = e.tenant_id and r.delivery_id = d.id
    where e.tenant_id = $1 and i.tenant_id = $1 and (a.tenant_id = $1 or a.tenant_id is null)
      and (r.tenant_id = $1 or r.tenant_id is null) and e.id = $2 and i.kind <> 'summary'
"""


async def deliverables_page(
    uow: UnitOfWork,
    *,
    engagement_id: UUID,
    states: Sequence[str] | None,
    after: tuple[int, UUID] | None,
    before: tuple[int, UUID] | None,
    limit: int,
    is_backward: bool,
) -> list[asyncpg.Record]:
    """The leaves of the current scope with where each stands, in outline order; reversed when backward."""
    order = "desc" if is_backward else "asc"
    return await uow.fetch(
        f"""
        select * from ({_DELIVERABLES}) t where ($3::text[] is null or state = any($3))
          and ($4::int is null or (outline, id) > ($4::int, $5::uuid))
          and ($6::int is null or (outline, id) < ($6::int, $7::uuid))
        order by outline {order}, id {order} limit $8
        """,  # noqa: S608 - the parts are literals of this module
        uow.tenant_id, engagement_id, list(states) if states else None, *(after or (None, None)),
        *(before or (None, None)), limit,
    )  # fmt: skip


async def count_deliverables(
    uow: UnitOfWork, *, engagement_id: UUID, states: Sequence[str] | None
) -> int:
    """How many items `deliverables_page` would go through."""
    found: int = await uow.fetchval(
        f"select count(*) from ({_DELIVERABLES}) t where $3::text[] is null or state = any($3)",  # noqa: S608
        uow.tenant_id, engagement_id, list(states) if states else None,
    )  # fmt: skip
    return found


# --- who was told --------------------------------------------------------------------------------------------------------

_RECIPIENTS = """
    select r.*, c.name, c.email, c.locale, c.is_active, h.engagement_id
    from delivery_recipient r
    join contact c on c.tenant_id = r.tenant_id and c.id = r.contact_id
    join handover h on h.tenant_id = r.tenant_id and h.id = r.handover_id
    where r.tenant_id = $1 and c.tenant_id = $1 and h.tenant_id = $1
"""


async def recipients_of(uow: UnitOfWork, handover_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Whom these handovers were told to, with their names and addresses of today."""
    return await uow.fetch(
        f"{_RECIPIENTS} and r.handover_id = any($2) order by c.name, r.id",
        uow.tenant_id, list(handover_ids),
    )  # fmt: skip


async def recipient_by_id(uow: UnitOfWork, recipient_id: UUID) -> asyncpg.Record | None:
    """One of them."""
    return await uow.fetchrow(f"{_RECIPIENTS} and r.id = $2", uow.tenant_id, recipient_id)


# --- what is due ---------------------------------------------------------------------------------------------------------


async def practices_with_test_periods_due(now: datetime) -> list[UUID]:
    """Practices that have a delivery in test whose period has ended by `now` (aware), or whose reminder is due.

    Runs outside any unit of work, because it belongs to no practice. Raises `RuntimeError` where the pool is not open.
    """
    if DB.pool is None:
        raise RuntimeError("the database pool is not open")
    rows = await DB.pool.fetch(
        "select practice_id from practices_with_test_periods_due($1) as practice_id", now
    )
    return [row["practice_id"] for row in rows]


async def ended_periods(uow: UnitOfWork, now: datetime) -> list[asyncpg.Record]:
    """Handovers (id, engagement_id) whose test period has ended with something in it unanswered, first ended first."""
    return await uow.fetch(
        """
        select h.id, h.engagement_id from handover h where h.tenant_id = $1 and h.test_ends_at <= $2
          and exists (select from delivery d where d.tenant_id = $1 and d.handover_id = h.id and d.status = 'in_test')
        order by h.test_ends_at, h.id
        """,
        uow.tenant_id, now,
    )  # fmt: skip


async def due_reminders(uow: UnitOfWork, now: datetime) -> list[asyncpg.Record]:
    """Handovers (id, engagement_id) that somebody is to be reminded of now, first due first."""
    return await uow.fetch(
        """
        select h.id, h.engagement_id from handover h
        where h.tenant_id = $1 and h.remind_at <= $2 and h.test_ends_at > $2
          and exists (select from delivery d where d.tenant_id = $1 and d.handover_id = h.id and d.status = 'in_test')
          and exists (select from delivery_recipient r
                      where r.tenant_id = $1 and r.handover_id = h.id and r.reminded_at is null)
        order by h.remind_at, h.id
        """,
        uow.tenant_id, now,
    )  # fmt: skip
