"""Reads and locks of change orders."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork


async def change_order_by_id(uow: UnitOfWork, change_order_id: UUID) -> asyncpg.Record | None:
    """One change order."""
    return await uow.fetchrow(
        "select * from change_order where tenant_id = $1 and id = $2",
        uow.tenant_id, change_order_id,
    )  # fmt: skip


async def change_orders_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these change orders that are there."""
    return await uow.fetch(
        "select * from change_order where tenant_id = $1 and id = any($2)",
        uow.tenant_id, list(ids),
    )  # fmt: skip


async def change_orders_of(uow: UnitOfWork, engagement_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Every change order of these engagements: numbered ones in order, then drafts by age."""
    return await uow.fetch(
        """
        select * from change_order where tenant_id = $1 and engagement_id = any($2)
        order by engagement_id, number nulls last, id
        """,
        uow.tenant_id, list(engagement_ids),
    )  # fmt: skip


async def approved_orders(uow: UnitOfWork, engagement_id: UUID) -> list[asyncpg.Record]:
    """The approved change orders of an engagement in the order they were applied."""
    return await uow.fetch(
        """
        select c.*, v.number as scope_version_number
        from change_order c join scope_version v on v.tenant_id = c.tenant_id and v.change_order_id = c.id
        where c.tenant_id = $1 and v.tenant_id = $1 and c.engagement_id = $2 and c.status = 'approved'
        order by v.number
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip


async def next_number(uow: UnitOfWork, engagement_id: UUID) -> int:
    """The next number of a change order; without gaps, because the engagement is locked by the caller."""
    found: int = await uow.fetchval(
        """
        select coalesce(max(number), 0) + 1 from change_order
        where tenant_id = $1 and engagement_id = $2
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip
    return found


async def overdue_orders(uow: UnitOfWork, now: datetime) -> list[asyncpg.Record]:
    """Sent change orders whose offer has run out, oldest first."""
    return await uow.fetch(
        """
        select id, engagement_id from change_order
        where tenant_id = $1 and status = 'sent' and expires_at <= $2 order by engagement_id, id
        """,
        uow.tenant_id, now,
    )  # fmt: skip


async def retainer_held_minor(uow: UnitOfWork, engagement_id: UUID) -> int:
    """What the client's deposit for this engagement holds."""
    held: int = await uow.fetchval(
        """
        select coalesce(sum(deposited_minor - drawn_minor - refunded_minor), 0)::bigint from retainer
        where tenant_id = $1 and engagement_id = $2 and kind = 'deposit'
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip
    return held


async def accepted_unbilled_minor(uow: UnitOfWork, engagement_id: UUID) -> int:
    """The fees of what the client has accepted of the current scope version and no issued invoice holds yet."""
    found: int = await uow.fetchval(
        """
        select coalesce(sum(i.fee_minor), 0)::bigint
        from engagement e
        join acceptance a on a.tenant_id = e.tenant_id and a.engagement_id = e.id
        join scope_item i on i.tenant_id = e.tenant_id and i.scope_version_id = e.current_scope_version_id
          and i.item_key = a.item_key
        where e.tenant_id = $1 and a.tenant_id = $1 and i.tenant_id = $1 and e.id = $2 and i.kind <> 'summary'
          and not exists (
            select from invoice_line l join invoice v on v.tenant_id = l.tenant_id and v.id = l.invoice_id
            where l.tenant_id = $1 and v.tenant_id = $1 and l.engagement_id = e.id and l.item_key = i.item_key
              and l.is_live and v.status = 'issued')
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip
    return found
