"""Reads and locks of refunds."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from db.queries.retainers import lock_numbers
from db.unit_of_work import UnitOfWork


async def refund_by_id(uow: UnitOfWork, refund_id: UUID) -> asyncpg.Record | None:
    """One refund."""
    return await uow.fetchrow(
        "select * from refund where tenant_id = $1 and id = $2", uow.tenant_id, refund_id
    )


async def refunds_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these refunds that are there."""
    return await uow.fetch(
        "select * from refund where tenant_id = $1 and id = any($2)", uow.tenant_id, list(ids)
    )


async def lock_refund(uow: UnitOfWork, refund_id: UUID) -> asyncpg.Record | None:
    """One refund, locked: serialises its decision, settlement and failure. Taken after its source's lock."""
    return await uow.fetchrow(
        "select * from refund where tenant_id = $1 and id = $2 for no key update",
        uow.tenant_id, refund_id,
    )  # fmt: skip


async def next_number(uow: UnitOfWork) -> int:
    """The next number of a refund, without gaps; see `lock_numbers`."""
    await lock_numbers(uow)
    number: int = await uow.fetchval(
        "select coalesce(max(number), 0) + 1 from refund where tenant_id = $1", uow.tenant_id
    )
    return number


async def live_refunds_of(uow: UnitOfWork, engagement_id: UUID) -> list[asyncpg.Record]:
    """The refunds of an engagement that count: asked for, approved or settled, by number, each with its payment's invoice."""
    return await uow.fetch(
        """
        select f.*, i.number_year, i.number_ordinal from refund f
        left join payment p on p.tenant_id = $1 and p.id = f.payment_id
        left join invoice i on i.tenant_id = $1 and i.id = p.invoice_id
        where f.tenant_id = $1 and f.engagement_id = $2 and f.status in ('requested', 'approved', 'settled')
        order by f.number
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip
