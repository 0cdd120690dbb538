"""One page of an engagement's money, newest first: what the lists of invoices, refunds and retainers share."""

from collections.abc import Callable
from typing import Any, TypeVar

import asyncpg
import strawberry

from db.queries import newest as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.relay import Connection, Page, decode_id
from services.actor import MEMBERS

T = TypeVar("T")


async def newest(
    info: Info,
    table: queries.Listed,
    page: Page,
    node: Callable[[asyncpg.Record], T],
    *,
    client_id: strawberry.ID | None,
    engagement_id: strawberry.ID | None,
) -> Connection[T]:
    """Those of one client or one engagement, or all. Raises `Forbidden`, `InvalidInput`."""
    actor = info.context.actor
    actor.require(*MEMBERS)
    fits: dict[str, Any] = {
        "client_id": client_id if client_id is None else decode_id("Client", client_id, "clientId"),
        "engagement_id": engagement_id
        if engagement_id is None
        else decode_id("Engagement", engagement_id, "engagementId"),
    }

    async def total() -> int:
        async with read_only(actor.scope()) as uow:
            return await queries.count(uow, table, **fits)

    async with read_only(actor.scope()) as uow:
        rows = await queries.newest_page(
            uow,
            table,
            **fits,
            after=page.after[0] if page.after else None,
            before=page.before[0] if page.before else None,
            limit=page.fetch,
            is_backward=page.backward,
        )
    return Connection.of(page, rows, node=node, key=lambda row: (row["id"],), total=total)
