"""Reads and locks of retainers, their terms, requests, deposits, drawdowns, earnings and transfers."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg

from db.engine import DB
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
    """The engagement's open retainer of this kind; there is at most one. Those that are closed, or being closed, are none."""
    return await uow.fetchrow(
        """
        select * from retainer
        where tenant_id = $1 and engagement_id = $2 and kind = $3 and status in ('requested', 'active')
        """,
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


async def pending_minor(uow: UnitOfWork, retainer_id: UUID) -> int:
    """What was asked for and has not come in yet."""
    pending: int = await uow.fetchval(
        """
        select coalesce(sum(amount_minor - received_minor), 0)::bigint from retainer_request
        where tenant_id = $1 and retainer_id = $2 and status = 'requested'
        """,
        uow.tenant_id, retainer_id,
    )  # fmt: skip
    return pending


async def is_replenishing(uow: UnitOfWork, retainer_id: UUID) -> bool:
    """Whether a top-up that was asked for by itself is still awaited."""
    found: bool = await uow.fetchval(
        """
        select exists (select from retainer_request
                       where tenant_id = $1 and retainer_id = $2 and status = 'requested' and is_replenishment)
        """,
        uow.tenant_id, retainer_id,
    )  # fmt: skip
    return found


async def next_prepayment_number(uow: UnitOfWork) -> int:
    """The next number of a prepayment invoice, without gaps. Locks the practice's row: serialises the numbering of papers."""
    await lock_numbers(uow)
    number: int = await uow.fetchval(
        "select coalesce(max(prepayment_number), 0) + 1 from retainer_deposit where tenant_id = $1",
        uow.tenant_id,
    )
    return number


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


# --- terms, earnings, transfers ------------------------------------------------------------------------------------------


async def period_terms_of(uow: UnitOfWork, retainer_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """What is agreed for the periods of these retainers, where they have any."""
    return await uow.fetch(
        """
        select t.*, r.currency from retainer_period_terms t
        join retainer r on r.tenant_id = t.tenant_id and r.id = t.retainer_id
        where t.tenant_id = $1 and r.tenant_id = $1 and t.retainer_id = any($2)
        """,
        uow.tenant_id, list(retainer_ids),
    )  # fmt: skip


async def earnings_of(uow: UnitOfWork, retainer_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """What was earned out of many retainers in the order it was recorded, each with its currency."""
    return await uow.fetch(
        """
        select e.*, r.currency from retainer_earning e
        join retainer r on r.tenant_id = e.tenant_id and r.id = e.retainer_id
        where e.tenant_id = $1 and r.tenant_id = $1 and e.retainer_id = any($2) order by e.recorded_at, e.id
        """,
        uow.tenant_id, list(retainer_ids),
    )  # fmt: skip


async def earnings_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these earnings that are there, each with its currency."""
    return await uow.fetch(
        """
        select e.*, r.currency from retainer_earning e
        join retainer r on r.tenant_id = e.tenant_id and r.id = e.retainer_id
        where e.tenant_id = $1 and r.tenant_id = $1 and e.id = any($2)
        """,
        uow.tenant_id, list(ids),
    )  # fmt: skip


async def came_in_of(uow: UnitOfWork, retainer_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """What came into these retainers, as deposits and from other retainers: retainer_id, day, amount_minor."""
    return await uow.fetch(
        """
        select d.retainer_id, d.received_on as day, d.amount_minor from retainer_deposit d
        where d.tenant_id = $1 and d.retainer_id = any($2)
        union all
        select t.to_retainer_id, t.effective_on, t.amount_minor from retainer_transfer t
        where t.tenant_id = $1 and t.to_retainer_id = any($2)
        """,
        uow.tenant_id, list(retainer_ids),
    )  # fmt: skip


async def transfers_of(uow: UnitOfWork, retainer_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Transfers out of and into many retainers by date, each with its currency; one between two of them comes twice, with the
    retainer it is told for in `retainer_id`."""
    return await uow.fetch(
        """
        select t.*, r.currency, r.id as retainer_id from retainer_transfer t
        join retainer r on r.tenant_id = t.tenant_id and r.id in (t.from_retainer_id, t.to_retainer_id)
        where t.tenant_id = $1 and r.tenant_id = $1 and r.id = any($2) order by t.effective_on, t.id
        """,
        uow.tenant_id, list(retainer_ids),
    )  # fmt: skip


async def transfers_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these transfers that are there, each with its currency."""
    return await uow.fetch(
        """
        select t.*, r.currency from retainer_transfer t
        join retainer r on r.tenant_id = t.tenant_id and r.id = t.from_retainer_id
        where t.tenant_id = $1 and r.tenant_id = $1 and t.id = any($2)
        """,
        uow.tenant_id, list(ids),
    )  # fmt: skip


async def answer_to_key(uow: UnitOfWork, key: str) -> UUID | None:
    """The id that an idempotency key was answered with; None where it has not been used."""
    answered: UUID | None = await uow.fetchval(
        "select (response ->> 'id')::uuid from idempotency_key where tenant_id = $1 and key = $2",
        uow.tenant_id, key,
    )  # fmt: skip
    return answered


# --- what is due ---------------------------------------------------------------------------------------------------------


async def practices_with_retainers_due(now: datetime) -> list[UUID]:
    """Practices that have a retainer with something to earn, settle or top up by `now` (aware).

    Runs outside any unit of work, because it belongs to no practice. Raises `RuntimeError` where the pool is not open.
    """
    if DB.pool is None:
        raise RuntimeError("the database pool is not open")
    rows = await DB.pool.fetch(
        "select practice_id from practices_with_retainers_due($1) as practice_id", now
    )
    return [row["practice_id"] for row in rows]


async def due_retainers(uow: UnitOfWork, today: date) -> list[asyncpg.Record]:
    """Retainers (id, kind) with something to earn or settle by that day, and every evergreen one below its floor."""
    return await uow.fetch(
        """
        select r.id, r.kind from retainer r
        where r.tenant_id = $1 and r.status = 'active' and r.kind in ('evergreen', 'availability', 'period_allowance')
          and (r.look_on <= $2
               or (r.kind = 'evergreen'
                   and r.deposited_minor + r.transferred_in_minor - r.drawn_minor - r.refund_pending_minor - r.refunded_minor
                       - r.earned_minor - r.transferred_out_minor < r.floor_minor))
        order by r.id
        """,
        uow.tenant_id, today,
    )  # fmt: skip
