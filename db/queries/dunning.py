"""Reads and locks of late payers: ladders, notices, stops, charges, suspensions, terminations, collectors."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import asyncpg

from db.engine import DB
from db.queries.retainers import lock_numbers
from db.unit_of_work import UnitOfWork

Listed = Literal[
    "dunning_notice", "late_charge", "suspension", "termination", "goods_reclaim", "collection_case"
]
"""Tables with client, engagement and an id that sorts by the time the row was made."""
ByInvoice = Literal["dunning_notice", "dunning_stop", "late_charge", "collection_case"]


async def ladder(uow: UnitOfWork) -> asyncpg.Record | None:
    """The edition that counts."""
    return await uow.fetchrow(
        "select * from dunning_ladder where tenant_id = $1 order by number desc limit 1",
        uow.tenant_id,
    )


async def lock_ladder(uow: UnitOfWork) -> asyncpg.Record | None:
    """The edition that counts, under the practice's lock: serialises who writes the next one."""
    await uow.fetchval(
        "select 1 from practice where tenant_id = $1 and id = $1 for no key update", uow.tenant_id
    )
    return await ladder(uow)


async def steps_of(uow: UnitOfWork, ladder_id: UUID) -> list[asyncpg.Record]:
    """The steps of an edition in their order."""
    return await uow.fetch(
        "select * from dunning_step where tenant_id = $1 and ladder_id = $2 order by position",
        uow.tenant_id, ladder_id,
    )  # fmt: skip


async def rows_of_invoices(
    uow: UnitOfWork, table: ByInvoice, invoice_ids: Sequence[UUID]
) -> list[asyncpg.Record]:
    """The rows of these invoices, oldest first."""
    return await uow.fetch(
        f"select * from {table} where tenant_id = $1 and invoice_id = any($2) order by invoice_id, id",  # noqa: S608 - a literal
        uow.tenant_id, list(invoice_ids),
    )  # fmt: skip


async def rows_by_ids(uow: UnitOfWork, table: Listed, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these rows that are there."""
    return await uow.fetch(
        f"select * from {table} where tenant_id = $1 and id = any($2)",  # noqa: S608 - a literal
        uow.tenant_id, list(ids),
    )  # fmt: skip


async def lock_row(uow: UnitOfWork, table: Listed, row_id: UUID) -> asyncpg.Record | None:
    """One row, locked; taken after the lock of its engagement or invoice."""
    return await uow.fetchrow(
        f"select * from {table} where tenant_id = $1 and id = $2 for no key update",  # noqa: S608 - a literal
        uow.tenant_id, row_id,
    )  # fmt: skip


async def overdue_invoices(uow: UnitOfWork, today: date) -> list[asyncpg.Record]:
    """Issued invoices that are past their due date and not paid in full, the oldest debt first."""
    return await uow.fetch(
        """
        select * from invoice
        where tenant_id = $1 and status = 'issued' and due_date < $2 and paid_minor + drawn_minor < payable_minor
        order by due_date, id
        """,
        uow.tenant_id, today,
    )  # fmt: skip


async def overdue_of(uow: UnitOfWork, engagement_id: UUID, today: date) -> list[asyncpg.Record]:
    """The overdue invoices of one engagement, locked by id: nobody pays them meanwhile."""
    return await uow.fetch(
        """
        select * from invoice
        where tenant_id = $1 and engagement_id = $2 and status = 'issued' and due_date < $3
          and paid_minor + drawn_minor < payable_minor
        order by id for no key update
        """,
        uow.tenant_id, engagement_id, today,
    )  # fmt: skip


async def settlements_of(uow: UnitOfWork, invoice_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """What made invoices smaller: `invoice_id`, `on`, `amount_minor`, in the order of the days it counted from.

    Payments as they are allocated (what was taken off again never paid it), drawdowns, credit of other notes, write-offs that
    stand; and the invoice's own credit notes from its due date, for what was credited was never owed.
    """
    return await uow.fetch(
        """
        select invoice_id, min(effective_on) as "on", sum(amount_minor)::bigint as amount_minor from payment_allocation
        where tenant_id = $1 and invoice_id = any($2) group by invoice_id, payment_id having sum(amount_minor) > 0
        union all
        select invoice_id, effective_on, amount_minor from drawdown
        where tenant_id = $1 and invoice_id = any($2)
        union all
        select invoice_id, effective_on, amount_minor from credit_application
        where tenant_id = $1 and invoice_id = any($2)
        union all
        select invoice_id, written_off_on, amount_minor from write_off
        where tenant_id = $1 and invoice_id = any($2) and reversed_on is null
        union all
        select id, due_date, credited_minor from invoice
        where tenant_id = $1 and id = any($2) and credited_minor > 0
        order by 2, 3
        """,
        uow.tenant_id, list(invoice_ids),
    )  # fmt: skip


async def next_charge_number(uow: UnitOfWork) -> int:
    """The next number of a charge, without gaps; see `lock_numbers`."""
    await lock_numbers(uow)
    number: int = await uow.fetchval(
        "select coalesce(max(number), 0) + 1 from late_charge where tenant_id = $1", uow.tenant_id
    )
    return number


async def charge_payments_of(uow: UnitOfWork, charge_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """What came in for charges, in the order of its dates."""
    return await uow.fetch(
        """
        select p.*, c.currency from late_charge_payment p
        join late_charge c on c.tenant_id = p.tenant_id and c.id = p.late_charge_id
        where p.tenant_id = $1 and c.tenant_id = $1 and p.late_charge_id = any($2)
        order by p.received_on, p.id
        """,
        uow.tenant_id, list(charge_ids),
    )  # fmt: skip


async def own_rates(uow: UnitOfWork, reference: str | None = None) -> list[asyncpg.Record]:
    """The reference rates that the practice added, oldest date first and the newest row of a date last."""
    return await uow.fetch(
        """
        select * from late_interest_rate where tenant_id = $1 and ($2::text is null or reference = $2)
        order by reference, valid_from, id
        """,
        uow.tenant_id, reference,
    )  # fmt: skip


async def open_suspensions(uow: UnitOfWork) -> list[UUID]:
    """Engagements with a suspension that is served or in force."""
    rows = await uow.fetch(
        """
        select engagement_id from suspension where tenant_id = $1 and status in ('served', 'suspended')
        order by engagement_id
        """,
        uow.tenant_id,
    )
    return [row["engagement_id"] for row in rows]


async def open_suspension(uow: UnitOfWork, engagement_id: UUID) -> asyncpg.Record | None:
    """The suspension that is served or in force, locked; taken after the engagement's lock."""
    return await uow.fetchrow(
        """
        select * from suspension where tenant_id = $1 and engagement_id = $2 and status in ('served', 'suspended')
        for no key update
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip


async def invoices_of_suspension(uow: UnitOfWork, suspension_id: UUID) -> list[asyncpg.Record]:
    """The invoices that a suspension notice named."""
    return await uow.fetch(
        """
        select i.* from suspension_invoice s
        join invoice i on i.tenant_id = s.tenant_id and i.id = s.invoice_id
        where s.tenant_id = $1 and i.tenant_id = $1 and s.suspension_id = $2 order by i.id
        """,
        uow.tenant_id, suspension_id,
    )  # fmt: skip


async def open_termination(uow: UnitOfWork, engagement_id: UUID) -> asyncpg.Record | None:
    """The termination of an engagement that was not withdrawn, locked; taken after the engagement's lock."""
    return await uow.fetchrow(
        """
        select * from termination where tenant_id = $1 and engagement_id = $2 and status <> 'withdrawn'
        for no key update
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip


async def terminations_to_end(uow: UnitOfWork, today: date) -> list[UUID]:
    """Engagements whose notice has run out."""
    rows = await uow.fetch(
        "select engagement_id from termination where tenant_id = $1 and status = 'given' and ends_on < $2 order by 1",
        uow.tenant_id, today,
    )  # fmt: skip
    return [row["engagement_id"] for row in rows]


async def page(
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
    """Rows of one client or one engagement, newest first; reversed when backward."""
    order = "asc" if is_backward else "desc"
    return await uow.fetch(
        f"""
        select * from {table}
        where tenant_id = $1 and ($2::uuid is null or client_id = $2) and ($3::uuid is null or engagement_id = $3)
          and ($4::uuid is null or id < $4) and ($5::uuid is null or id > $5)
        order by id {order} limit $6
        """,  # noqa: S608 - table and order are literals of this module
        uow.tenant_id, client_id, engagement_id, after, before, limit,
    )  # fmt: skip


async def count(
    uow: UnitOfWork, table: Listed, *, client_id: UUID | None, engagement_id: UUID | None
) -> int:
    """How many rows `page` would go through."""
    rows: int = await uow.fetchval(
        f"""
        select count(*) from {table}
        where tenant_id = $1 and ($2::uuid is null or client_id = $2) and ($3::uuid is null or engagement_id = $3)
        """,  # noqa: S608 - as above
        uow.tenant_id, client_id, engagement_id,
    )  # fmt: skip
    return rows


async def practices_with_late_payers(now: datetime) -> list[UUID]:
    """Practices that remind and are owed, whose work is stopped, or whose contract ends, at `now` (aware).

    Runs outside any unit of work, because it belongs to no practice. Raises `RuntimeError` where the pool is not open.
    """
    if DB.pool is None:
        raise RuntimeError("the database pool is not open")
    rows = await DB.pool.fetch(
        "select practice_id from practices_with_late_payers($1) as practice_id", now
    )
    return [row["practice_id"] for row in rows]


async def practice_currency(uow: UnitOfWork) -> str:
    """The practice's own currency: what its fees and its least sum are in."""
    found: str = await uow.fetchval(
        "select currency from practice where tenant_id = $1 and id = $1", uow.tenant_id
    )
    return found
