"""Reads and locks of what is billed besides accepted items, and of vouchers."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork


async def live_stages(uow: UnitOfWork, engagement_id: UUID) -> list[asyncpg.Record]:
    """The engagement's billing plan in its order, each stage with whether it is reached and on which invoice it is."""
    return await uow.fetch(
        """
        select s.*, e.currency, s.item_key is null or exists (
                 select from acceptance a where a.tenant_id = $1 and a.engagement_id = s.engagement_id and a.item_key = s.item_key
               ) as is_reached,
               (select l.invoice_id from invoice_line l
                where l.tenant_id = $1 and l.billing_stage_id = s.id and l.is_live limit 1) as invoice_id
        from billing_stage s join engagement e on e.tenant_id = s.tenant_id and e.id = s.engagement_id
        where s.tenant_id = $1 and e.tenant_id = $1 and s.engagement_id = $2 and s.is_live order by s.position
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip


async def stages_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these stages that are there and of a plan that counts."""
    return await uow.fetch(
        """
        select s.*, e.currency, s.item_key is null or exists (
                 select from acceptance a where a.tenant_id = $1 and a.engagement_id = s.engagement_id and a.item_key = s.item_key
               ) as is_reached,
               (select l.invoice_id from invoice_line l
                where l.tenant_id = $1 and l.billing_stage_id = s.id and l.is_live limit 1) as invoice_id
        from billing_stage s join engagement e on e.tenant_id = s.tenant_id and e.id = s.engagement_id
        where s.tenant_id = $1 and e.tenant_id = $1 and s.id = any($2) and s.is_live order by s.position
        """,
        uow.tenant_id, list(ids),
    )  # fmt: skip


async def time_entries_of(uow: UnitOfWork, engagement_id: UUID) -> list[asyncpg.Record]:
    """The engagement's hours by date: with the tax of their item, whether they were corrected, and on which invoice they are."""
    return await uow.fetch(
        """
        select t.*, e.currency, i.tax_code, i.tax_bps, i.title as item_title, c.id is not null as is_replaced, l.invoice_id
        from time_entry t
        join engagement e on e.tenant_id = t.tenant_id and e.id = t.engagement_id
        join scope_item i on i.tenant_id = t.tenant_id and i.scope_version_id = t.scope_version_id and i.item_key = t.item_key
        left join time_entry c on c.tenant_id = t.tenant_id and c.replaces_id = t.id
        left join invoice_line l on l.tenant_id = t.tenant_id and l.time_entry_id = t.id and l.is_live
        where t.tenant_id = $1 and e.tenant_id = $1 and i.tenant_id = $1 and (c.tenant_id = $1 or c.tenant_id is null)
          and (l.tenant_id = $1 or l.tenant_id is null) and t.engagement_id = $2
        order by t.worked_on, t.id
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip


async def time_entries_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these entries of hours that are there."""
    return await uow.fetch(
        """
        select t.*, e.currency, i.tax_code, i.tax_bps, i.title as item_title, c.id is not null as is_replaced, l.invoice_id
        from time_entry t
        join engagement e on e.tenant_id = t.tenant_id and e.id = t.engagement_id
        join scope_item i on i.tenant_id = t.tenant_id and i.scope_version_id = t.scope_version_id and i.item_key = t.item_key
        left join time_entry c on c.tenant_id = t.tenant_id and c.replaces_id = t.id
        left join invoice_line l on l.tenant_id = t.tenant_id and l.time_entry_id = t.id and l.is_live
        where t.tenant_id = $1 and e.tenant_id = $1 and i.tenant_id = $1 and (c.tenant_id = $1 or c.tenant_id is null)
          and (l.tenant_id = $1 or l.tenant_id is null) and t.id = any($2)
        order by t.worked_on, t.id
        """,
        uow.tenant_id, list(ids),
    )  # fmt: skip


async def time_entry_by_id(uow: UnitOfWork, entry_id: UUID) -> asyncpg.Record | None:
    """One entry of hours."""
    return await uow.fetchrow(
        "select * from time_entry where tenant_id = $1 and id = $2", uow.tenant_id, entry_id
    )


async def package_sales_of(uow: UnitOfWork, engagement_id: UUID) -> list[asyncpg.Record]:
    """The packages sold in an engagement by date, each with the invoice it is on."""
    return await uow.fetch(
        """
        select p.*, e.currency, l.invoice_id from package_sale p
        join engagement e on e.tenant_id = p.tenant_id and e.id = p.engagement_id
        left join invoice_line l on l.tenant_id = p.tenant_id and l.package_sale_id = p.id and l.is_live
        where p.tenant_id = $1 and e.tenant_id = $1 and (l.tenant_id = $1 or l.tenant_id is null) and p.engagement_id = $2
        order by p.sold_on, p.id
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip


async def package_sales_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these packages that are there."""
    return await uow.fetch(
        """
        select p.*, e.currency, l.invoice_id from package_sale p
        join engagement e on e.tenant_id = p.tenant_id and e.id = p.engagement_id
        left join invoice_line l on l.tenant_id = p.tenant_id and l.package_sale_id = p.id and l.is_live
        where p.tenant_id = $1 and e.tenant_id = $1 and (l.tenant_id = $1 or l.tenant_id is null) and p.id = any($2)
        order by p.sold_on, p.id
        """,
        uow.tenant_id, list(ids),
    )  # fmt: skip


async def changed_fees(uow: UnitOfWork, engagement_id: UUID) -> list[asyncpg.Record]:
    """What signed orders changed of the fee of items that were billed before, or that a plan bills; not on an invoice yet.

    An item that was billed takes the orders signed after the version it was billed from, a planned one those after the plan's
    version, once the item is accepted.
    """
    return await uow.fetch(
        """
        with billed as (
          select l.item_key, max(v.number) as number
          from invoice_line l join scope_version v on v.tenant_id = l.tenant_id and v.id = l.scope_version_id
          where l.tenant_id = $1 and v.tenant_id = $1 and l.engagement_id = $2 and l.is_live and l.source = 'item'
          group by l.item_key
          union all
          select i.item_key, v.number
          from (select distinct tenant_id, scope_version_id from billing_stage
                where tenant_id = $1 and engagement_id = $2 and is_live) s
          join scope_version v on v.tenant_id = s.tenant_id and v.id = s.scope_version_id
          join scope_item i on i.tenant_id = s.tenant_id and i.scope_version_id = s.scope_version_id and i.kind <> 'summary'
          join acceptance a on a.tenant_id = s.tenant_id and a.engagement_id = $2 and a.item_key = i.item_key
          where v.tenant_id = $1 and i.tenant_id = $1 and a.tenant_id = $1
        )
        select c.id as change_order_id, c.number as order_number, c.title as order_title, v.id as scope_version_id,
               n.item_key, n.title, n.fee_minor - o.fee_minor as net_minor, n.tax_code, n.tax_bps
        from billed b
        join scope_version v on v.tenant_id = $1 and v.engagement_id = $2 and v.number > b.number
        join scope_version w on w.tenant_id = $1 and w.engagement_id = $2 and w.number = v.number - 1
        join change_order c on c.tenant_id = $1 and c.id = v.change_order_id
        join scope_item n on n.tenant_id = $1 and n.scope_version_id = v.id and n.item_key = b.item_key and n.kind <> 'summary'
        join scope_item o on o.tenant_id = $1 and o.scope_version_id = w.id and o.item_key = b.item_key
        where n.fee_minor <> o.fee_minor
          and not exists (select from invoice_line l where l.tenant_id = $1 and l.change_order_id = c.id
                            and l.item_key = b.item_key and l.is_live)
        order by v.number, n.outline
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip


async def open_periods(uow: UnitOfWork, engagement_id: UUID) -> list[asyncpg.Record]:
    """The terms of the engagement's retainers that are billed by period, with the periods that are on invoices."""
    return await uow.fetch(
        """
        select t.*, r.tax_code, r.tax_bps, r.kind,
               array(select l.retainer_period from invoice_line l
                     where l.tenant_id = $1 and l.retainer_id = r.id and l.is_live) as billed
        from retainer r join retainer_period_terms t on t.tenant_id = r.tenant_id and t.retainer_id = r.id
        where r.tenant_id = $1 and t.tenant_id = $1 and r.engagement_id = $2 and r.status in ('requested', 'active')
          and r.deposited_minor + r.transferred_in_minor = 0
        order by r.id
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip


async def is_live_plan(uow: UnitOfWork, engagement_id: UUID) -> bool:
    """Whether a plan bills the engagement's fee."""
    return bool(
        await uow.fetchval(
            "select exists (select from billing_stage where tenant_id = $1 and engagement_id = $2 and is_live)",
            uow.tenant_id, engagement_id,
        )
    )  # fmt: skip


async def planned_items(uow: UnitOfWork, engagement_id: UUID) -> set[str]:
    """The items that the engagement's plan bills."""
    rows = await uow.fetch(
        """
        select i.item_key from scope_item i
        where i.tenant_id = $1 and i.scope_version_id in (
          select scope_version_id from billing_stage where tenant_id = $1 and engagement_id = $2 and is_live)
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip
    return {row["item_key"] for row in rows}


async def vouchers_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these vouchers that are there."""
    return await uow.fetch(
        "select * from discount_voucher where tenant_id = $1 and id = any($2)",
        uow.tenant_id, list(ids),
    )  # fmt: skip


async def vouchers_of(uow: UnitOfWork, client_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """The vouchers of many clients, newest first."""
    return await uow.fetch(
        "select * from discount_voucher where tenant_id = $1 and client_id = any($2) order by id desc",
        uow.tenant_id, list(client_ids),
    )  # fmt: skip


async def lock_voucher(uow: UnitOfWork, voucher_id: UUID) -> asyncpg.Record | None:
    """One voucher, locked: serialises the drafts that use it. Taken after the engagement's lock."""
    return await uow.fetchrow(
        "select * from discount_voucher where tenant_id = $1 and id = $2 for no key update",
        uow.tenant_id, voucher_id,
    )  # fmt: skip


async def allowances_of(uow: UnitOfWork, invoice_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """What comes off many whole invoices, in order, each with its currency and the voucher's code."""
    return await uow.fetch(
        """
        select a.*, i.currency, v.code as voucher_code from invoice_allowance a
        join invoice i on i.tenant_id = a.tenant_id and i.id = a.invoice_id
        left join discount_voucher v on v.tenant_id = a.tenant_id and v.id = a.voucher_id
        where a.tenant_id = $1 and i.tenant_id = $1 and (v.tenant_id = $1 or v.tenant_id is null)
          and a.invoice_id = any($2)
        order by a.invoice_id, a.position
        """,
        uow.tenant_id, list(invoice_ids),
    )  # fmt: skip
