"""Lists that every engagement's money has, newest first: invoices, refunds, retainers.

The three tables have client and engagement under the same names, and ids that sort by the time they were made.
"""

from typing import Literal
from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork

Listed = Literal["invoice", "refund", "retainer"]

_FITS = """
    tenant_id = $1 and ($2::uuid is null or client_id = $2) and ($3::uuid is null or engagement_id = $3)
"""


async def newest_page(
    uow: UnitOfWork,
    table: Listed,
    *,
    client_id: UUID | None,
    engagement_id: UUID | None,
    after: UUID | None,
    before: UUID | None,
    limit: int,
    is_backward: bool,
) -> list[asyncpg.Record]:
    """Rows after `after` and before `before` in the list's order, from the near end: reversed when backward."""
    order = "asc" if is_backward else "desc"
    return await uow.fetch(
        f"""
        select * from {table} where {_FITS}
          and ($4::uuid is null or id < $4) and ($5::uuid is null or id > $5)
        order by id {order} limit $6
        """,  # noqa: S608 - table and order are literals of this module
        uow.tenant_id, client_id, engagement_id, after, before, limit,
    )  # fmt: skip


async def count(
    uow: UnitOfWork, table: Listed, *, client_id: UUID | None, engagement_id: UUID | None
) -> int:
    """How many rows `newest_page` would go through."""
    rows: int = await uow.fetchval(
        f"select count(*) from {table} where {_FITS}",  # noqa: S608 - as above
        uow.tenant_id, client_id, engagement_id,
    )  # fmt: skip
    return rows
