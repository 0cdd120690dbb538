"""Reads that reports put together from several domains."""

from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork


async def retainer_holders(uow: UnitOfWork) -> list[asyncpg.Record]:
    """Every retainer with the names of its client and its engagement, by client, then engagement."""
    return await uow.fetch(
        """
        select r.id, r.kind, r.currency, r.client_id, r.engagement_id, c.name as client_name, e.name as engagement_name,
               e.number_year, e.number_ordinal
        from retainer r
        join client c on c.tenant_id = r.tenant_id and c.id = r.client_id
        join engagement e on e.tenant_id = r.tenant_id and e.id = r.engagement_id
        where r.tenant_id = $1 and c.tenant_id = $1 and e.tenant_id = $1
        order by c.name, c.id, e.number_year, e.number_ordinal, r.id
        """,
        uow.tenant_id,
    )


async def count_client_entries(uow: UnitOfWork, client_id: UUID) -> int:
    """How many lines the client's ledger has in all."""
    count: int = await uow.fetchval(
        """
        select count(*) from ledger_posting p
        join ledger_account a on a.tenant_id = p.tenant_id and a.id = p.account_id
        where p.tenant_id = $1 and a.tenant_id = $1 and a.client_id = $2
        """,
        uow.tenant_id, client_id,
    )  # fmt: skip
    return count


async def client_names(uow: UnitOfWork) -> list[asyncpg.Record]:
    """Every client's id and name, archived ones too."""
    return await uow.fetch("select id, name from client where tenant_id = $1", uow.tenant_id)
