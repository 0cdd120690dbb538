"""Reads and locks of retainers, their requests, deposits and drawdowns."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork


async def retainer_by_id(uow: UnitOfWork, retainer_id: UUID) -> asyncpg.Record | None:
    """One retainer."""
    return await uow.fetchrow(
        "select * from retainer where tenant_id = $1 and id = $2", uow.tenant_id, retainer_id
    )


async def retainers_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these retainers that are there."""
    return await uow.fetch(
        "select * from retainer where tenant_id = $1 and id = any($2)", uow.tenant_id, list(ids)
    )


async def lock_retainer(uow: UnitOfWork, retainer_id: UUID) -> asyncpg.Record | None:
    """One retainer, locked.

    Serialises everything that moves its money: deposits, drawdowns, and refunds asked for, approved and settled. Taken after
    the engagement's lock and before those of invoices, payments and refunds.
    """
    return await uow.fetchrow(
        "select * from retainer where tenant_id = $1 and id = $2 for no key update",
        uow.tenant_id, retainer_id,
    )  # fmt: skip


async def retainer_of_kind(
    uow: UnitOfWork, engagement_id: UUID, kind: str
) -> asyncpg.Record | None:
    """The engagement's retainer of this kind; there is at most one."""
    return await uow.fetchrow(
        "select * from retainer where tenant_id = $1 and engagement_id = $2 and kind = $3",
        uow.tenant_id, engagement_id, kind,
    )  # fmt: skip


async def retainers_of_engagements(
    uow: UnitOfWork, engagement_ids: Sequence[UUID]
) -> list[asyncpg.Record]:
    """The retainers of many engagements, oldest first."""
    return await uow.fetch(
        """
        select * from retainer where tenant_id = $1 and engagement_id = any($2)
        order by engagement_id, created_at, id
        """,
        uow.tenant_id, list(engagement_ids),
    )  # fmt: skip


async def request_by_id(uow: UnitOfWork, request_id: UUID) -> asyncpg.Record | None:
    """One request for a deposit, with its retainer's engagement, client, kind and currency."""
    return await uow.fetchrow(
        """
        select q.*, r.engagement_id, r.client_id, r.kind, r.currency from retainer_request q
        join retainer r on r.tenant_id = q.tenant_id and r.id = q.retainer_id
        where q.tenant_id = $1 and r.tenant_id = $1 and q.id = $2
        """,
        uow.tenant_id, request_id,
    )  # fmt: skip


async def requests_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these requests that are there, each with its currency."""
    return await uow.fetch(
        """
        select q.*, r.currency from retainer_request q
        join retainer r on r.tenant_id = q.tenant_id and r.id = q.retainer_id
        where q.tenant_id = $1 and r.tenant_id = $1 and q.id = any($2)
        """,
        uow.tenant_id, list(ids),
    )  # fmt: skip


async def requests_of(uow: UnitOfWork, retainer_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """The requests of many retainers by number, each with its currency."""
    return await uow.fetch(
        """
        select q.*, r.currency from retainer_request q
        join retainer r on r.tenant_id = q.tenant_id and r.id = q.retainer_id
        where q.tenant_id = $1 and r.tenant_id = $1 and q.retainer_id = any($2) order by q.number
        """,
        uow.tenant_id, list(retainer_ids),
    )  # fmt: skip


async def asked_minor(uow: UnitOfWork, retainer_id: UUID) -> int:
    """What was asked for so far; of a cancelled request only what came in."""
    asked: int = await uow.fetchval(
        """
        select coalesce(sum(case status when 'cancelled' then received_minor else amount_minor end), 0)::bigint
        from retainer_request where tenant_id = $1 and retainer_id = $2
        """,
        uow.tenant_id, retainer_id,
    )  # fmt: skip
    return asked


async def next_request_number(uow: UnitOfWork) -> int:
    """The next number of a request, without gaps. Locks the practice's row: serialises the numbering of papers."""
    await lock_numbers(uow)
    number: int = await uow.fetchval(
        "select coalesce(max(number), 0) + 1 from retainer_request where tenant_id = $1",
        uow.tenant_id,
    )
    return number


async def lock_numbers(uow: UnitOfWork) -> None:
    """Lock the practice's row: serialises the numbering of engagements, requests, invoices and refunds.

    Taken after the locks of what is numbered and before the ledger.
    """
    await uow.fetchval(
        "select 1 from practice where tenant_id = $1 and id = $1 for no key update", uow.tenant_id
    )


async def deposits_of(uow: UnitOfWork, retainer_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """The deposits of many retainers in the order of their dates, each with its currency."""
    return await uow.fetch(
        """
        select d.*, r.currency from retainer_deposit d
        join retainer r on r.tenant_id = d.tenant_id and r.id = d.retainer_id
        where d.tenant_id = $1 and r.tenant_id = $1 and d.retainer_id = any($2)
        order by d.received_on, d.id
        """,
        uow.tenant_id, list(retainer_ids),
    )  # fmt: skip


async def deposits_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these deposits that are there, each with its currency."""
    return await uow.fetch(
        """
        select d.*, r.currency from retainer_deposit d
        join retainer r on r.tenant_id = d.tenant_id and r.id = d.retainer_id
        where d.tenant_id = $1 and r.tenant_id = $1 and d.id = any($2)
        """,
        uow.tenant_id, list(ids),
    )  # fmt: skip


async def drawdowns_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these drawdowns that are there, each with its currency."""
    return await uow.fetch(
        """
        select d.*, r.currency from drawdown d
        join retainer r on r.tenant_id = d.tenant_id and r.id = d.retainer_id
        where d.tenant_id = $1 and r.tenant_id = $1 and d.id = any($2)
        """,
        uow.tenant_id, list(ids),
    )  # fmt: skip


async def drawdowns_of(
    uow: UnitOfWork, *, retainer_ids: Sequence[UUID] = (), invoice_ids: Sequence[UUID] = ()
) -> list[asyncpg.Record]:
    """The drawdowns of many retainers or invoices in the order of their dates, each with its currency."""
    return await uow.fetch(
        """
        select d.*, r.currency from drawdown d
        join retainer r on r.tenant_id = d.tenant_id and r.id = d.retainer_id
        where d.tenant_id = $1 and r.tenant_id = $1 and (d.retainer_id = any($2) or d.invoice_id = any($3))
        order by d.effective_on, d.id
        """,
        uow.tenant_id, list(retainer_ids), list(invoice_ids),
    )  # fmt: skip
