"""Reads of the messages that leave after commit. What they were made of stays out: it names people."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork

_COLUMNS = """
  id, kind, recipient_name, recipient_email, locale, status, attempts, last_error, due_at, sent_at, created_at
"""
_MATCHES = "tenant_id = $1 and ($2::text is null or status = $2)"


async def messages_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these messages that are there."""
    return await uow.fetch(
        f"select {_COLUMNS} from outbox_message where tenant_id = $1 and id = any($2)",  # noqa: S608
        uow.tenant_id, list(ids),
    )  # fmt: skip


async def messages_page(
    uow: UnitOfWork,
    *,
    status: str | None,
    after: UUID | None,
    before: UUID | None,
    limit: int,
    is_backward: bool,
) -> list[asyncpg.Record]:
    """Messages, newest first (their ids sort by the time they were made), between two of them; from the far end where
    `is_backward`."""
    order = "asc" if is_backward else "desc"
    return await uow.fetch(
        f"""
        select {_COLUMNS} from outbox_message where {_MATCHES}
          and ($3::uuid is null or id < $3) and ($4::uuid is null or id > $4)
        order by id {order} limit $5
        """,  # noqa: S608 - the parts are literals of this module
        uow.tenant_id, status, after, before, limit,
    )  # fmt: skip


async def count_messages(uow: UnitOfWork, *, status: str | None) -> int:
    """How many messages `messages_page` would go through."""
    count: int = await uow.fetchval(
        f"select count(*) from outbox_message where {_MATCHES}",  # noqa: S608
        uow.tenant_id, status,
    )  # fmt: skip
    return count
