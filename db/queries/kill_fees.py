"""Reads and locks of kill fees."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork


async def kill_fee_of(uow: UnitOfWork, engagement_id: UUID) -> asyncpg.Record | None:
    """What was claimed for ending this engagement early; there is at most one."""
    return await uow.fetchrow(
        "select * from kill_fee where tenant_id = $1 and engagement_id = $2",
        uow.tenant_id, engagement_id,
    )  # fmt: skip


async def kill_fees_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these kill fees that are there."""
    return await uow.fetch(
        "select * from kill_fee where tenant_id = $1 and id = any($2)", uow.tenant_id, list(ids)
    )


async def lock_kill_fee(uow: UnitOfWork, kill_fee_id: UUID) -> asyncpg.Record | None:
    """One kill fee, locked: serialises what becomes of it. Taken after the retainer's lock."""
    return await uow.fetchrow(
        "select * from kill_fee where tenant_id = $1 and id = $2 for no key update",
        uow.tenant_id, kill_fee_id,
    )  # fmt: skip


async def entries_of(uow: UnitOfWork, kill_fee_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """What became of many kill fees by date, each with its currency."""
    return await uow.fetch(
        """
        select e.*, k.currency from kill_fee_entry e
        join kill_fee k on k.tenant_id = e.tenant_id and k.id = e.kill_fee_id
        where e.tenant_id = $1 and k.tenant_id = $1 and e.kill_fee_id = any($2) order by e.effective_on, e.id
        """,
        uow.tenant_id, list(kill_fee_ids),
    )  # fmt: skip


async def costs_by_ids(
    uow: UnitOfWork, engagement_id: UUID, ids: Sequence[UUID]
) -> list[asyncpg.Record]:
    """Those of these recorded costs that belong to the engagement, by day."""
    return await uow.fetch(
        """
        select * from cost_entry where tenant_id = $1 and engagement_id = $2 and id = any($3)
        order by spent_on, id
        """,
        uow.tenant_id, engagement_id, list(ids),
    )  # fmt: skip


async def termination_of(uow: UnitOfWork, engagement_id: UUID) -> asyncpg.Record | None:
    """How the contract ended (kind, party, given_on, ends_on); None while it runs, or where nobody wrote it down."""
    return await uow.fetchrow(
        """
        select kind, party, given_on, ends_on from termination
        where tenant_id = $1 and engagement_id = $2 and status in ('given', 'ended')
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip
