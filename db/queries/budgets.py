"""Reads behind an engagement's budget: the version it is of, what was billed, what came in, what is retained."""

from datetime import date, datetime
from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork


async def version_known_at(
    uow: UnitOfWork, engagement_id: UUID, known_at: datetime | None
) -> asyncpg.Record | None:
    """The scope version that was current at a moment; the current one without a moment."""
    return await uow.fetchrow(
        """
        select * from scope_version
        where tenant_id = $1 and engagement_id = $2 and ($3::timestamptz is null or created_at <= $3)
        order by number desc limit 1
        """,
        uow.tenant_id, engagement_id, known_at,
    )  # fmt: skip


async def billed_lines(
    uow: UnitOfWork, engagement_id: UUID, as_of: date, known_at: datetime | None
) -> list[asyncpg.Record]:
    """The lines of invoices issued by a date less what credit notes took back of them, with the retention of their invoice."""
    return await uow.fetch(
        """
        with credited as (
          select c.invoice_line_id, sum(c.net_minor)::bigint as net_minor, sum(c.tax_minor)::bigint as tax_minor
          from credit_note_line c join credit_note n on n.tenant_id = c.tenant_id and n.id = c.credit_note_id
          where c.tenant_id = $1 and n.tenant_id = $1 and n.engagement_id = $2 and n.issue_date <= $3
            and ($4::timestamptz is null or n.created_at <= $4)
          group by c.invoice_line_id)
        select l.invoice_id, l.item_key, l.net_minor - coalesce(c.net_minor, 0) as net_minor,
               l.tax_minor - coalesce(c.tax_minor, 0) as tax_minor, i.retention_minor
        from invoice i
        join invoice_line l on l.tenant_id = i.tenant_id and l.invoice_id = i.id
        join ledger_journal j on j.tenant_id = i.tenant_id and j.id = i.journal_id
        left join credited c on c.invoice_line_id = l.id
        where i.tenant_id = $1 and l.tenant_id = $1 and j.tenant_id = $1 and i.engagement_id = $2
          and i.status = 'issued' and i.issue_date <= $3 and ($4::timestamptz is null or j.recorded_at <= $4)
        order by i.number_year, i.number_prefix, i.number_ordinal, l.position
        """,
        uow.tenant_id, engagement_id, as_of, known_at,
    )  # fmt: skip


async def paid_by_invoice(
    uow: UnitOfWork, engagement_id: UUID, as_of: date, known_at: datetime | None
) -> dict[UUID, int]:
    """What was applied to each invoice by a date, in payments, credit and out of retainers, less what went back of it."""
    rows = await uow.fetch(
        """
        select invoice_id, sum(amount)::bigint as amount from (
          select p.invoice_id, p.amount_minor as amount, p.effective_on as on_date, p.recorded_at
          from payment_allocation p join invoice i on i.tenant_id = p.tenant_id and i.id = p.invoice_id
          where p.tenant_id = $1 and i.tenant_id = $1 and i.engagement_id = $2
          union all
          select d.invoice_id, d.amount_minor, d.effective_on, d.recorded_at
          from drawdown d join invoice i on i.tenant_id = d.tenant_id and i.id = d.invoice_id
          where d.tenant_id = $1 and i.tenant_id = $1 and i.engagement_id = $2
          union all
          select p.invoice_id, r.unapplied_minor - r.amount_minor, r.settled_on, j.recorded_at
          from refund r join payment p on p.tenant_id = r.tenant_id and p.id = r.payment_id
          join ledger_journal j on j.tenant_id = r.tenant_id and j.id = r.journal_id
          where r.tenant_id = $1 and p.tenant_id = $1 and j.tenant_id = $1 and r.engagement_id = $2
          union all
          select p.invoice_id, r.amount_minor - r.unapplied_minor, r.failed_on, j.recorded_at
          from refund r join payment p on p.tenant_id = r.tenant_id and p.id = r.payment_id
          join ledger_journal j on j.tenant_id = r.tenant_id and j.id = r.reversal_journal_id
          where r.tenant_id = $1 and p.tenant_id = $1 and j.tenant_id = $1 and r.engagement_id = $2
          union all
          select a.invoice_id, a.amount_minor, a.effective_on, a.recorded_at
          from credit_application a join invoice i on i.tenant_id = a.tenant_id and i.id = a.invoice_id
          where a.tenant_id = $1 and i.tenant_id = $1 and i.engagement_id = $2
          union all
          select c.invoice_id, -(c.kept_minor + c.refund_minor), c.issue_date, c.created_at
          from credit_note c where c.tenant_id = $1 and c.engagement_id = $2
        ) moved
        where on_date <= $3 and ($4::timestamptz is null or recorded_at <= $4)
        group by invoice_id
        """,
        uow.tenant_id, engagement_id, as_of, known_at,
    )  # fmt: skip
    return {row["invoice_id"]: row["amount"] for row in rows}


async def retention_released(
    uow: UnitOfWork, engagement_id: UUID, as_of: date, known_at: datetime | None
) -> int:
    """What was let go of the retention on this engagement's invoices by a date: released, or taken back by a credit note."""
    released: int = await uow.fetchval(
        """
        select coalesce(sum(amount), 0)::bigint from (
          select r.amount_minor as amount, r.effective_on as on_date, r.recorded_at
          from retention_release r where r.tenant_id = $1 and r.engagement_id = $2
          union all
          select c.retention_part_minor, c.issue_date, c.created_at
          from credit_note c where c.tenant_id = $1 and c.engagement_id = $2
        ) let_go
        where on_date <= $3 and ($4::timestamptz is null or recorded_at <= $4)
        """,
        uow.tenant_id, engagement_id, as_of, known_at,
    )  # fmt: skip
    return released
