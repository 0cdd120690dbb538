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
    """The change orders that were applied to an engagement, in that order; superseded ones among them."""
    return await uow.fetch(
        """
        select c.*, v.number as scope_version_number
        from change_order c join scope_version v on v.tenant_id = c.tenant_id and v.change_order_id = c.id
        where c.tenant_id = $1 and v.tenant_id = $1 and c.engagement_id = $2
          and c.status in ('approved', 'superseded')
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


async def orders_to_remind(uow: UnitOfWork, now: datetime) -> list[asyncpg.Record]:
    """Sent change orders whose signers are due for a reminder and have had none, oldest first."""
    return await uow.fetch(
        """
        select id, engagement_id from change_order
        where tenant_id = $1 and status = 'sent' and reminded_at is null and remind_at <= $2
        order by engagement_id, id
        """,
        uow.tenant_id, now,
    )  # fmt: skip


async def open_successor(
    uow: UnitOfWork, change_order_id: UUID, relation: str
) -> asyncpg.Record | None:
    """A draft or an offer that follows from an order: by `reissue_of_id`, `rebased_from_id` or `supersedes_id`."""
    column = {
        "reissue": "reissue_of_id",
        "rebase": "rebased_from_id",
        "supersede": "supersedes_id",
    }[relation]
    return await uow.fetchrow(
        f"""
        select * from change_order
        where tenant_id = $1 and {column} = $2 and status in ('draft', 'sent') order by id limit 1
        """,  # noqa: S608 - the column is one of three literals
        uow.tenant_id, change_order_id,
    )  # fmt: skip


async def version_made_by(uow: UnitOfWork, change_order_id: UUID) -> asyncpg.Record | None:
    """The scope version that an approved order made."""
    return await uow.fetchrow(
        "select * from scope_version where tenant_id = $1 and change_order_id = $2",
        uow.tenant_id, change_order_id,
    )  # fmt: skip


_MATCHES = """
  c.tenant_id = $1 and c.engagement_id = $2 and ($3::text[] is null or c.status = any($3))
  and ($4::boolean is null or $4 = (c.status in ('draft', 'sent')))
  and ($5::boolean is null or $5 = (c.status in ('draft', 'sent') and c.base_scope_version_id <> e.current_scope_version_id))
"""
_FROM = "change_order c join engagement e on e.tenant_id = c.tenant_id and e.id = c.engagement_id and e.tenant_id = $1"
LAST_NUMBER = 2**31 - 1
"""What stands for the number of an order that has none in a cursor: drafts come after all that is numbered."""


async def change_orders_page(
    uow: UnitOfWork,
    *,
    engagement_id: UUID,
    statuses: Sequence[str] | None,
    is_open: bool | None,
    is_stale: bool | None,
    after: tuple[int, UUID] | None,
    before: tuple[int, UUID] | None,
    limit: int,
    is_descending: bool,
    is_backward: bool,
) -> list[asyncpg.Record]:
    """Change orders of an engagement by number, drafts as the newest, between two of them; from the far end where
    `is_backward`. Keys are (number or `LAST_NUMBER`, id)."""
    order = "desc" if is_descending != is_backward else "asc"
    beyond, short_of = ("<", ">") if is_descending else (">", "<")
    after_number, after_id = after or (None, None)
    before_number, before_id = before or (None, None)
    number = f"coalesce(c.number, {LAST_NUMBER})"
    return await uow.fetch(
        f"""
        select c.* from {_FROM} where {_MATCHES}
          and ($6::int is null or ({number}, c.id) {beyond} ($6::int, $7::uuid))
          and ($8::int is null or ({number}, c.id) {short_of} ($8::int, $9::uuid))
        order by {number} {order}, c.id {order} limit $10
        """,  # noqa: S608 - the parts are literals of this module
        uow.tenant_id, engagement_id, list(statuses) if statuses else None, is_open, is_stale,
        after_number, after_id, before_number, before_id, limit,
    )  # fmt: skip


async def count_change_orders(
    uow: UnitOfWork,
    *,
    engagement_id: UUID,
    statuses: Sequence[str] | None,
    is_open: bool | None,
    is_stale: bool | None,
) -> int:
    """How many change orders `change_orders_page` would go through."""
    count: int = await uow.fetchval(
        f"select count(*) from {_FROM} where {_MATCHES}",  # noqa: S608
        uow.tenant_id, engagement_id, list(statuses) if statuses else None, is_open, is_stale,
    )  # fmt: skip
    return count


async def retainer_held_minor(uow: UnitOfWork, engagement_id: UUID) -> int:
    """What the client's deposit for this engagement holds."""
    held: int = await uow.fetchval(
        """
        select coalesce(sum(deposited_minor + transferred_in_minor - drawn_minor - refunded_minor - earned_minor - transferred_out_minor), 0)::bigint
        from retainer where tenant_id = $1 and engagement_id = $2 and kind = 'deposit'
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
