"""Reads and locks of credit notes, the use of kept credit, write-offs, and retention released."""

from collections.abc import Sequence
from datetime import date
from typing import Literal
from uuid import UUID

import asyncpg

from db.queries.retainers import lock_numbers
from db.unit_of_work import UnitOfWork


async def credit_notes_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these credit notes that are there."""
    return await uow.fetch(
        "select * from credit_note where tenant_id = $1 and id = any($2)", uow.tenant_id, list(ids)
    )


async def lock_credit_note(uow: UnitOfWork, note_id: UUID) -> asyncpg.Record | None:
    """One credit note, locked: serialises the use and the refund of its credit. Taken before the invoice's lock."""
    return await uow.fetchrow(
        "select * from credit_note where tenant_id = $1 and id = $2 for no key update",
        uow.tenant_id, note_id,
    )  # fmt: skip


async def next_ordinal(uow: UnitOfWork, prefix: str, year: int) -> tuple[int, date | None]:
    """The next number of a series of credit notes, and the date of its last one; see `lock_numbers`."""
    await lock_numbers(uow)
    row = await uow.fetchrow(
        """
        select coalesce(max(number_ordinal), 0) + 1 as ordinal, max(issue_date) as last_on from credit_note
        where tenant_id = $1 and number_prefix = $2 and number_year = $3
        """,
        uow.tenant_id, prefix, year,
    )  # fmt: skip
    assert row is not None
    return row["ordinal"], row["last_on"]


async def lines_of(uow: UnitOfWork, note_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """The lines of many credit notes in their order, each with the invoice's line and its currency."""
    return await uow.fetch(
        """
        select c.*, l.position as invoice_position, l.title, l.item_key, l.tax_code, l.tax_bps, n.currency
        from credit_note_line c
        join credit_note n on n.tenant_id = c.tenant_id and n.id = c.credit_note_id
        join invoice_line l on l.tenant_id = c.tenant_id and l.id = c.invoice_line_id
        where c.tenant_id = $1 and n.tenant_id = $1 and l.tenant_id = $1 and c.credit_note_id = any($2)
        order by c.credit_note_id, c.position
        """,
        uow.tenant_id, list(note_ids),
    )  # fmt: skip


async def credit_notes_of(uow: UnitOfWork, invoice_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """The credit notes of many invoices by number."""
    return await uow.fetch(
        """
        select * from credit_note where tenant_id = $1 and invoice_id = any($2)
        order by number_year, number_prefix, number_ordinal
        """,
        uow.tenant_id, list(invoice_ids),
    )  # fmt: skip


async def applications_of(
    uow: UnitOfWork,
    *,
    invoice_ids: Sequence[UUID] = (),
    note_ids: Sequence[UUID] = (),
) -> list[asyncpg.Record]:
    """Where kept credit was used: on these invoices, or of these credit notes; by date, each with its currency."""
    return await uow.fetch(
        """
        select a.*, n.currency from credit_application a
        join credit_note n on n.tenant_id = a.tenant_id and n.id = a.credit_note_id
        where a.tenant_id = $1 and n.tenant_id = $1 and (a.invoice_id = any($2) or a.credit_note_id = any($3))
        order by a.effective_on, a.id
        """,
        uow.tenant_id, list(invoice_ids), list(note_ids),
    )  # fmt: skip


async def applications_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these uses of credit that are there, each with its currency."""
    return await uow.fetch(
        """
        select a.*, n.currency from credit_application a
        join credit_note n on n.tenant_id = a.tenant_id and n.id = a.credit_note_id
        where a.tenant_id = $1 and n.tenant_id = $1 and a.id = any($2)
        """,
        uow.tenant_id, list(ids),
    )  # fmt: skip


async def refunded_of_invoice(uow: UnitOfWork, invoice_id: UUID) -> int:
    """What refunds out of payments took back of what was applied to an invoice, those under way included."""
    found: int = await uow.fetchval(
        """
        select coalesce(sum(r.amount_minor - r.unapplied_minor), 0)::bigint
        from refund r join payment p on p.tenant_id = r.tenant_id and p.id = r.payment_id
        where r.tenant_id = $1 and p.tenant_id = $1 and p.invoice_id = $2 and r.status in ('requested', 'approved', 'settled')
        """,
        uow.tenant_id, invoice_id,
    )  # fmt: skip
    return found


async def write_offs_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these write-offs that are there."""
    return await uow.fetch(
        "select * from write_off where tenant_id = $1 and id = any($2)", uow.tenant_id, list(ids)
    )


async def write_offs_of(uow: UnitOfWork, invoice_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """The write-offs of many invoices by date."""
    return await uow.fetch(
        "select * from write_off where tenant_id = $1 and invoice_id = any($2) order by written_off_on, id",
        uow.tenant_id, list(invoice_ids),
    )  # fmt: skip


async def releases_of(uow: UnitOfWork, invoice_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """What was released of the retention of many invoices by date, each with its currency."""
    return await uow.fetch(
        """
        select r.*, i.currency from retention_release r
        join invoice i on i.tenant_id = r.tenant_id and i.id = r.invoice_id
        where r.tenant_id = $1 and i.tenant_id = $1 and r.invoice_id = any($2)
        order by r.effective_on, r.id
        """,
        uow.tenant_id, list(invoice_ids),
    )  # fmt: skip


async def series_by_id(
    uow: UnitOfWork, series_id: UUID, kind: Literal["invoice", "credit_note"]
) -> asyncpg.Record | None:
    """One series of numbers of this kind."""
    return await uow.fetchrow(
        "select * from invoice_series where tenant_id = $1 and id = $2 and kind = $3",
        uow.tenant_id, series_id, kind,
    )  # fmt: skip


async def all_series(uow: UnitOfWork) -> list[asyncpg.Record]:
    """Every series beside the standard ones, by prefix."""
    return await uow.fetch(
        "select * from invoice_series where tenant_id = $1 order by prefix", uow.tenant_id
    )


async def series_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these series that are there."""
    return await uow.fetch(
        "select * from invoice_series where tenant_id = $1 and id = any($2)",
        uow.tenant_id, list(ids),
    )  # fmt: skip
