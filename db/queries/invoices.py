"""Reads and locks of invoices and their lines."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import asyncpg

from db.queries.retainers import lock_numbers
from db.unit_of_work import UnitOfWork


async def invoice_by_id(uow: UnitOfWork, invoice_id: UUID) -> asyncpg.Record | None:
    """One invoice."""
    return await uow.fetchrow(
        "select * from invoice where tenant_id = $1 and id = $2", uow.tenant_id, invoice_id
    )


async def invoices_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these invoices that are there."""
    return await uow.fetch(
        "select * from invoice where tenant_id = $1 and id = any($2)", uow.tenant_id, list(ids)
    )


async def lock_invoice(uow: UnitOfWork, invoice_id: UUID) -> asyncpg.Record | None:
    """One invoice, locked: serialises its issue, its payments and the drawdowns on it. Taken after the retainer's lock."""
    return await uow.fetchrow(
        "select * from invoice where tenant_id = $1 and id = $2 for no key update",
        uow.tenant_id, invoice_id,
    )  # fmt: skip


async def next_ordinal(uow: UnitOfWork, year: int, prefix: str = "") -> int:
    """The next number of an invoice in a series and year, without gaps; see `lock_numbers`."""
    await lock_numbers(uow)
    ordinal: int = await uow.fetchval(
        """
        select coalesce(max(number_ordinal), 0) + 1 from invoice
        where tenant_id = $1 and number_year = $2 and number_prefix = $3
        """,
        uow.tenant_id, year, prefix,
    )  # fmt: skip
    return ordinal


async def invoices_of(uow: UnitOfWork, engagement_id: UUID) -> list[asyncpg.Record]:
    """The issued invoices of an engagement by number."""
    return await uow.fetch(
        """
        select * from invoice where tenant_id = $1 and engagement_id = $2 and status = 'issued'
        order by number_year, number_prefix, number_ordinal
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip


async def lines_of(uow: UnitOfWork, invoice_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """The lines of many invoices in their order, each with its currency."""
    return await uow.fetch(
        """
        select l.*, i.currency from invoice_line l
        join invoice i on i.tenant_id = l.tenant_id and i.id = l.invoice_id
        where l.tenant_id = $1 and i.tenant_id = $1 and l.invoice_id = any($2)
        order by l.invoice_id, l.position
        """,
        uow.tenant_id, list(invoice_ids),
    )  # fmt: skip


async def billed_lines(uow: UnitOfWork, engagement_id: UUID) -> list[asyncpg.Record]:
    """The live lines of the engagement: of drafts and of issued invoices, with the invoice's status."""
    return await uow.fetch(
        """
        select l.*, i.status from invoice_line l
        join invoice i on i.tenant_id = l.tenant_id and i.id = l.invoice_id
        where l.tenant_id = $1 and i.tenant_id = $1 and l.engagement_id = $2 and l.is_live
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip


async def last_issue_date(uow: UnitOfWork, year: int, prefix: str = "") -> date | None:
    """The date of the last invoice in a series and year; read under `lock_numbers`."""
    last: date | None = await uow.fetchval(
        "select max(issue_date) from invoice where tenant_id = $1 and number_year = $2 and number_prefix = $3",
        uow.tenant_id, year, prefix,
    )  # fmt: skip
    return last
