"""Reads and locks of refunds."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from db.queries.retainers import lock_numbers
from db.unit_of_work import UnitOfWork


async def refund_by_id(uow: UnitOfWork, refund_id: UUID) -> asyncpg.Record | None:
    """One refund."""
    return await uow.fetchrow(
        "select * from refund where tenant_id = $1 and id = $2", uow.tenant_id, refund_id
    )


async def refunds_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these refunds that are there."""
    return await uow.fetch(
        "select * from refund where tenant_id = $1 and id = any($2)", uow.tenant_id, list(ids)
    )


async def lock_refund(uow: UnitOfWork, refund_id: UUID) -> asyncpg.Record | None:
    """One refund, locked: serialises its decision, settlement and failure. Taken after its source's lock."""
    return await uow.fetchrow(
        "select * from refund where tenant_id = $1 and id = $2 for no key update",
        uow.tenant_id, refund_id,
    )  # fmt: skip


async def next_number(uow: UnitOfWork) -> int:
    """The next number of a refund, without gaps; see `lock_numbers`."""
    await lock_numbers(uow)
    number: int = await uow.fetchval(
        "select coalesce(max(number), 0) + 1 from refund where tenant_id = $1", uow.tenant_id
    )
    return number


async def last_number(uow: UnitOfWork) -> int:
    """The number of the newest refund; 0 before the first."""
    number: int = await uow.fetchval(
        "select coalesce(max(number), 0) from refund where tenant_id = $1", uow.tenant_id
    )
    return number


async def live_refunds_of(uow: UnitOfWork, engagement_id: UUID) -> list[asyncpg.Record]:
    """The refunds of an engagement that count: asked for, approved or settled, by number, each with its payment's invoice."""
    return await uow.fetch(
        """
        select f.*, p.invoice_id, i.number_prefix, i.number_year, i.number_ordinal from refund f
        left join payment p on p.tenant_id = $1 and p.id = f.payment_id
        left join invoice i on i.tenant_id = $1 and i.id = p.invoice_id
        where f.tenant_id = $1 and f.engagement_id = $2 and f.status in ('requested', 'approved', 'settled')
        order by f.number
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip


async def attempts_of(uow: UnitOfWork, refund_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """What became of every attempt to pay these refunds, in the order it was recorded."""
    return await uow.fetch(
        """
        select * from refund_attempt where tenant_id = $1 and refund_id = any($2)
        order by attempt, recorded_at, id
        """,
        uow.tenant_id, list(refund_ids),
    )  # fmt: skip


async def limits(uow: UnitOfWork) -> list[asyncpg.Record]:
    """The sums above which somebody else approves, by currency; those that were taken away included."""
    return await uow.fetch(
        "select * from refund_limit where tenant_id = $1 order by currency", uow.tenant_id
    )


async def approved_alone_minor(
    uow: UnitOfWork, engagement_id: UUID, member_id: UUID, *, without: UUID
) -> int:
    """What a member both asked for and approved of an engagement's money that is approved or settled."""
    alone: int = await uow.fetchval(
        """
        select coalesce(sum(amount_minor), 0)::bigint from refund
        where tenant_id = $1 and engagement_id = $2 and id <> $4 and status in ('approved', 'settled')
          and requested_by = $3 and decided_by = $3
        """,
        uow.tenant_id, engagement_id, member_id, without,
    )  # fmt: skip
    return alone


async def credit_notes_of(uow: UnitOfWork, engagement_id: UUID) -> list[asyncpg.Record]:
    """The credit notes of an engagement by date."""
    return await uow.fetch(
        """
        select * from credit_note where tenant_id = $1 and engagement_id = $2
        order by issue_date, number_prefix, number_ordinal
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip


async def credit_note_by_id(uow: UnitOfWork, credit_note_id: UUID) -> asyncpg.Record | None:
    """One credit note."""
    return await uow.fetchrow(
        "select * from credit_note where tenant_id = $1 and id = $2", uow.tenant_id, credit_note_id
    )


async def lock_credit_note(uow: UnitOfWork, credit_note_id: UUID) -> asyncpg.Record | None:
    """One credit note, locked: serialises the refunds out of it. Taken after the engagement's lock."""
    return await uow.fetchrow(
        "select * from credit_note where tenant_id = $1 and id = $2 for no key update",
        uow.tenant_id, credit_note_id,
    )  # fmt: skip


async def late_charges_open_minor(uow: UnitOfWork, engagement_id: UUID) -> int:
    """Interest, fixed sums and fees for late payment that the client still owes; they are no part of an entitlement."""
    owed: int = await uow.fetchval(
        """
        select coalesce(sum(amount_minor - paid_minor), 0)::bigint from late_charge
        where tenant_id = $1 and engagement_id = $2 and status = 'open'
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip
    return owed
