"""Reads and locks of payments and what they were put on."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork

# What may go back of a payment: what is on no invoice, and what is on the one it named. Money on any other invoice is taken off
# it first; a payment in another currency than its invoice, or one that the bank took back, gives nothing back.
_PAYMENT = """
    select p.*, x.id is not null as is_exchanged, coalesce(i.total_minor, 1) as invoice_total_minor, coalesce(i.tax_minor, 0) as invoice_tax_minor,
           case when p.reversed_on is not null or x.id is not null then 0
                else least(p.amount_minor, p.unapplied_minor + coalesce((
                  select sum(a.payment_minor) from payment_allocation a
                  where a.tenant_id = $1 and a.payment_id = p.id and a.invoice_id = p.invoice_id), 0))
           end::bigint as refundable_minor
    from payment p
    left join invoice i on i.tenant_id = $1 and i.id = p.invoice_id
    left join payment_exchange x on x.tenant_id = $1 and x.payment_id = p.id
"""


async def payment_by_id(uow: UnitOfWork, payment_id: UUID) -> asyncpg.Record | None:
    """One payment with the sums of the invoice that it named, and what could ever go back of it."""
    return await uow.fetchrow(
        f"{_PAYMENT} where p.tenant_id = $1 and p.id = $2", uow.tenant_id, payment_id
    )


async def lock_payment(uow: UnitOfWork, payment_id: UUID) -> asyncpg.Record | None:
    """One payment, locked: serialises what is put on invoices and taken off them, refunds out of it, and its reversal.

    Taken after the locks of engagements and invoices, before those of refunds and the ledger.
    """
    await uow.fetchval(
        "select 1 from payment where tenant_id = $1 and id = $2 for no key update",
        uow.tenant_id, payment_id,
    )  # fmt: skip
    return await payment_by_id(uow, payment_id)


async def payments_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these payments that are there."""
    return await uow.fetch(
        "select * from payment where tenant_id = $1 and id = any($2)", uow.tenant_id, list(ids)
    )


async def payments_of(uow: UnitOfWork, invoice_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """The payments that named one of these invoices or ever were put on it (`of_invoice_id`), in the order of their dates."""
    return await uow.fetch(
        """
        select p.*, o.of_invoice_id from payment p
        join (
          select id as payment_id, invoice_id as of_invoice_id from payment where tenant_id = $1 and invoice_id = any($2)
          union
          select payment_id, invoice_id from payment_allocation where tenant_id = $1 and invoice_id = any($2)
        ) o on o.payment_id = p.id
        where p.tenant_id = $1 order by p.received_on, p.id
        """,
        uow.tenant_id, list(invoice_ids),
    )  # fmt: skip


async def paid_towards(uow: UnitOfWork, engagement_id: UUID, currency: str) -> list[asyncpg.Record]:
    """What was paid towards an engagement, payment by payment: what is on each of its invoices, and (without an invoice) what is on
    none."""
    return await uow.fetch(
        """
        select a.invoice_id, p.id as payment_id, p.received_on, sum(a.amount_minor)::bigint as amount_minor
        from payment_allocation a
        join invoice i on i.tenant_id = a.tenant_id and i.id = a.invoice_id
        join payment p on p.tenant_id = a.tenant_id and p.id = a.payment_id
        where a.tenant_id = $1 and i.tenant_id = $1 and p.tenant_id = $1 and i.engagement_id = $2
        group by a.invoice_id, p.id, p.received_on having sum(a.amount_minor) <> 0
        union all
        select null, p.id, p.received_on, p.unapplied_minor from payment p
        where p.tenant_id = $1 and p.engagement_id = $2 and p.currency = $3 and p.unapplied_minor > 0
        order by received_on, payment_id, invoice_id
        """,
        uow.tenant_id, engagement_id, currency,
    )  # fmt: skip


async def allocations_of_payments(
    uow: UnitOfWork, payment_ids: Sequence[UUID]
) -> list[asyncpg.Record]:
    """All that was put on and taken off, payment by payment in the order it was recorded, with number and currency of the invoice."""
    return await uow.fetch(
        """
        select a.*, i.currency, i.number_prefix, i.number_year, i.number_ordinal from payment_allocation a
        join invoice i on i.tenant_id = a.tenant_id and i.id = a.invoice_id
        where a.tenant_id = $1 and i.tenant_id = $1 and a.payment_id = any($2)
        order by a.payment_id, a.recorded_at, a.id
        """,
        uow.tenant_id, list(payment_ids),
    )  # fmt: skip


async def allocations_of_invoices(
    uow: UnitOfWork, invoice_ids: Sequence[UUID]
) -> list[asyncpg.Record]:
    """What was paid of these invoices and taken off again, by effective date, with the invoice's currency."""
    return await uow.fetch(
        """
        select a.*, i.currency from payment_allocation a
        join invoice i on i.tenant_id = a.tenant_id and i.id = a.invoice_id
        where a.tenant_id = $1 and i.tenant_id = $1 and a.invoice_id = any($2)
        order by a.invoice_id, a.effective_on, a.recorded_at, a.id
        """,
        uow.tenant_id, list(invoice_ids),
    )  # fmt: skip


async def on_invoices(uow: UnitOfWork, payment_id: UUID) -> list[asyncpg.Record]:
    """What of a payment is on each invoice now, and since when."""
    return await uow.fetch(
        """
        select invoice_id, sum(amount_minor)::bigint as amount_minor, sum(payment_minor)::bigint as payment_minor,
               max(effective_on) as last_on
        from payment_allocation where tenant_id = $1 and payment_id = $2
        group by invoice_id having sum(amount_minor) <> 0 order by invoice_id
        """,
        uow.tenant_id, payment_id,
    )  # fmt: skip


async def exchanges_of(uow: UnitOfWork, payment_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """How payments in another currency settled their invoices."""
    return await uow.fetch(
        "select * from payment_exchange where tenant_id = $1 and payment_id = any($2)",
        uow.tenant_id, list(payment_ids),
    )  # fmt: skip


async def lock_invoices(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """These invoices, locked in the order of their ids, which keeps two that lock several from waiting for each other."""
    return await uow.fetch(
        "select * from invoice where tenant_id = $1 and id = any($2) order by id for no key update",
        uow.tenant_id, list(ids),
    )  # fmt: skip


async def issued_invoices_of_client(
    uow: UnitOfWork, client_id: UUID, currency: str | None
) -> list[asyncpg.Record]:
    """The issued invoices of a client in one currency or in all, the oldest due first."""
    return await uow.fetch(
        """
        select * from invoice where tenant_id = $1 and client_id = $2 and status = 'issued'
          and ($3::text is null or currency = $3)
        order by due_date, number_year, number_ordinal, id
        """,
        uow.tenant_id, client_id, currency,
    )  # fmt: skip


async def newest_engagement(uow: UnitOfWork, client_id: UUID) -> UUID | None:
    """The client's engagement that was made last."""
    found: UUID | None = await uow.fetchval(
        "select id from engagement where tenant_id = $1 and client_id = $2 order by id desc limit 1",
        uow.tenant_id, client_id,
    )  # fmt: skip
    return found


async def payments_page(
    uow: UnitOfWork,
    *,
    client_id: UUID | None,
    has_unapplied: bool | None,
    after: UUID | None,
    before: UUID | None,
    limit: int,
    is_backward: bool,
) -> list[asyncpg.Record]:
    """Payments that fit, newest first, from the near end: reversed when backward."""
    order = "asc" if is_backward else "desc"
    return await uow.fetch(
        f"""
        select * from payment where {_FITS} and ($4::uuid is null or id < $4) and ($5::uuid is null or id > $5)
        order by id {order} limit $6
        """,  # noqa: S608 - order is a literal of this function
        uow.tenant_id, client_id, has_unapplied, after, before, limit,
    )  # fmt: skip


async def count_payments(
    uow: UnitOfWork, *, client_id: UUID | None, has_unapplied: bool | None
) -> int:
    """How many rows `payments_page` would go through."""
    rows: int = await uow.fetchval(
        f"select count(*) from payment where {_FITS}",  # noqa: S608 - as above
        uow.tenant_id, client_id, has_unapplied,
    )  # fmt: skip
    return rows


_FITS = """
    tenant_id = $1 and ($2::uuid is null or client_id = $2)
    and ($3::boolean is null or $3 = (unapplied_minor > unapplied_taken_minor))
"""
