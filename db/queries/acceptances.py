"""Reads of acceptances."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork


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
