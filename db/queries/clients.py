"""Reads and locks of clients and their contacts."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork

_MATCHES = """
  tenant_id = $1 and (is_archived is false or $2)
  and ($3 = '' or name ilike '%' || $3 || '%' or legal_name ilike '%' || $3 || '%')
"""


async def client_by_id(uow: UnitOfWork, client_id: UUID) -> asyncpg.Record | None:
    """One client."""
    return await uow.fetchrow(
        "select * from client where tenant_id = $1 and id = $2", uow.tenant_id, client_id
    )


async def clients_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these clients that are there."""
    return await uow.fetch(
        "select * from client where tenant_id = $1 and id = any($2)", uow.tenant_id, list(ids)
    )


async def lock_client(uow: UnitOfWork, client_id: UUID) -> asyncpg.Record | None:
    """One client, locked: serialises changes of the client and of who its contacts are."""
    return await uow.fetchrow(
        "select * from client where tenant_id = $1 and id = $2 for no key update",
        uow.tenant_id, client_id,
    )  # fmt: skip


async def clients_page(
    uow: UnitOfWork,
    *,
    include_archived: bool,
    search: str,
    after: tuple[str, UUID] | None,
    before: tuple[str, UUID] | None,
    limit: int,
    is_backward: bool,
) -> list[asyncpg.Record]:
    """Clients by name, between two keys; from the far end where `is_backward`. `search` is part of a name."""
    order = "desc" if is_backward else "asc"
    return await uow.fetch(
        f"""
        select * from client where {_MATCHES}
          and ($4::text is null or (name, id) > ($4::text, $5::uuid))
          and ($6::text is null or (name, id) < ($6::text, $7::uuid))
        order by name {order}, id {order} limit $8
        """,  # noqa: S608 - the parts are literals of this module
        uow.tenant_id, include_archived, _like(search), *(after or (None, None)),
        *(before or (None, None)), limit,
    )  # fmt: skip


def _like(text: str) -> str:
    """Taken literally by LIKE."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def count_clients(uow: UnitOfWork, *, include_archived: bool, search: str) -> int:
    """How many clients `clients_page` would go through."""
    count: int = await uow.fetchval(
        f"select count(*) from client where {_MATCHES}",  # noqa: S608
        uow.tenant_id, include_archived, _like(search),
    )  # fmt: skip
    return count


async def contact_by_id(uow: UnitOfWork, contact_id: UUID) -> asyncpg.Record | None:
    """One contact."""
    return await uow.fetchrow(
        "select * from contact where tenant_id = $1 and id = $2", uow.tenant_id, contact_id
    )


async def contacts_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these contacts that are there."""
    return await uow.fetch(
        "select * from contact where tenant_id = $1 and id = any($2)", uow.tenant_id, list(ids)
    )


async def contacts_of(uow: UnitOfWork, client_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """The contacts of many clients, by name."""
    return await uow.fetch(
        "select * from contact where tenant_id = $1 and client_id = any($2) order by name, id",
        uow.tenant_id, list(client_ids),
    )  # fmt: skip
