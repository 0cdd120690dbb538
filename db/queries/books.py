"""Reads of the accountant's desk: client money by its rows, closed periods, reconciliations, opening balances."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork


async def retainer_movements(
    uow: UnitOfWork, *, from_date: date, to_date: date, known_seq: int | None
) -> list[asyncpg.Record]:
    """What moved the retainers' accounts: one sum (debit positive) for each client, currency, day, kind of entry and direction.

    The kind of a reversal is that of what it reverses.
    """
    return await uow.fetch(
        """
        select a.client_id, p.currency, p.effective_date, coalesce(o.kind, j.kind) as kind, sum(p.amount_minor)::bigint as amount_minor
        from ledger_account a
        join ledger_posting p on p.tenant_id = $1 and p.account_id = a.id
        join ledger_journal j on j.tenant_id = $1 and j.id = p.journal_id
        left join ledger_journal o on o.tenant_id = $1 and o.id = j.reversal_of
        where a.tenant_id = $1 and a.code = 'retainer_liability' and p.effective_date between $2 and $3
          and ($4::bigint is null or p.journal_seq <= $4)
        group by 1, 2, 3, 4, sign(p.amount_minor) order by 1, 2, 3, 4
        """,
        uow.tenant_id, from_date, to_date, known_seq,
    )  # fmt: skip


async def client_money_by_rows(
    uow: UnitOfWork, *, as_of: date, currency: str
) -> list[asyncpg.Record]:
    """Each client's ledger of money held, from the rows that moved it and not from the accounts: (`client_id`, `name`, `held_minor`).

    A row counts when its entry counts, and is taken back when that is reversed.
    """
    return await uow.fetch(
        """
        with moves as (
          select d.retainer_id, d.journal_id, d.amount_minor from retainer_deposit d where d.tenant_id = $1
          union all
          select d.retainer_id, d.journal_id, -d.amount_minor from drawdown d where d.tenant_id = $1
          union all
          select e.retainer_id, e.journal_id, -e.amount_minor from retainer_earning e where e.tenant_id = $1 and e.journal_id is not null
          union all
          select t.from_retainer_id, t.journal_id, -t.amount_minor from retainer_transfer t where t.tenant_id = $1
          union all
          select t.to_retainer_id, t.journal_id, t.amount_minor from retainer_transfer t where t.tenant_id = $1
          union all
          select f.retainer_id, t.journal_id, -f.amount_minor from refund_attempt t join refund f on f.tenant_id = t.tenant_id and f.id = t.refund_id
           where t.tenant_id = $1 and f.tenant_id = $1 and f.retainer_id is not null and t.outcome = 'settled'
          union all
          select e.retainer_id, e.journal_id, -e.amount_minor from kill_fee_entry e where e.tenant_id = $1 and e.retainer_id is not null
          union all
          select o.retainer_id, o.journal_id, o.amount_minor from opening_line o where o.tenant_id = $1 and o.retainer_id is not null
        ), booked as (
          select m.retainer_id, m.amount_minor from moves m
            join ledger_journal j on j.tenant_id = $1 and j.id = m.journal_id where j.effective_date <= $2
          union all
          select m.retainer_id, -m.amount_minor from moves m
            join ledger_journal j on j.tenant_id = $1 and j.reversal_of = m.journal_id where j.effective_date <= $2
        )
        select c.id as client_id, c.name, sum(b.amount_minor)::bigint as held_minor
          from booked b
          join retainer r on r.tenant_id = $1 and r.id = b.retainer_id
          join client c on c.tenant_id = $1 and c.id = r.client_id
         where r.currency = $3 group by c.id, c.name order by c.name, c.id
        """,
        uow.tenant_id, as_of, currency,
    )  # fmt: skip


# --- closed periods ---------------------------------------------------------------------------------------------------------


async def reopen_period(
    uow: UnitOfWork, *, reopening_id: UUID, through: date | None, reason: str, now: datetime
) -> None:
    """Open every date after `through`. Takes the head's lock."""
    await uow.execute(
        "select reopen_ledger_period($1, $2, $3, $4, $5)",
        uow.tenant_id, reopening_id, through, reason, now,
    )  # fmt: skip


_EVENTS = """
    select c.id, 'closed' as kind, c.closed_through, null::date as closed_through_before, '' as reason, c.recorded_at, c.actor, c.last_seq,
           c.reopenings_before as epoch, 1 as step
      from ledger_closing c where c.tenant_id = $1
    union all
    select r.id, 'reopened', r.closed_through, r.closed_through_before, r.reason, r.recorded_at, r.actor, r.last_seq, r.number, 0
      from ledger_reopening r where r.tenant_id = $1
"""


async def period_events(
    uow: UnitOfWork, *, ids: Sequence[UUID] | None, before: Any, limit: int
) -> list[asyncpg.Record]:
    """Closings and reopenings, the newest first, before the key (epoch, step, last_seq, id); `ids` picks some of them."""
    epoch, step, seq, event_id = before or (None, None, None, None)
    return await uow.fetch(
        f"""
        with events as ({_EVENTS}), entries as (
          select e.reopening_id, count(*) as entries from ledger_reopened_entries($1) e group by 1)
        select e.*, coalesce(n.entries, 0) as entries from events e left join entries n on n.reopening_id = e.id
        where ($2::uuid[] is null or e.id = any ($2))
          and ($3::integer is null or (e.epoch, e.step, e.last_seq, e.id) < ($3, $4::integer, $5::bigint, $6::uuid))
        order by e.epoch desc, e.step desc, e.last_seq desc, e.id desc limit $7
        """,  # noqa: S608
        uow.tenant_id, None if ids is None else list(ids), epoch, step, seq, event_id, limit,
    )  # fmt: skip


async def count_period_events(uow: UnitOfWork) -> int:
    """How many there are."""
    found: int = await uow.fetchval(f"select count(*) from ({_EVENTS}) e", uow.tenant_id)  # noqa: S608
    return found


async def reopened_journals(uow: UnitOfWork, reopening_id: UUID) -> list[asyncpg.Record]:
    """Entries that a reopening let in, by number; the first thousand."""
    return await uow.fetch(
        """
        select j.seq, j.effective_date, j.recorded_at, j.kind, j.description, j.actor
        from ledger_reopened_entries($1) e join ledger_journal j on j.tenant_id = $1 and j.id = e.journal_id
        where e.reopening_id = $2 order by j.seq limit 1000
        """,
        uow.tenant_id, reopening_id,
    )  # fmt: skip


# --- reconciliations ----------------------------------------------------------------------------------------------------------


async def reconciliations(
    uow: UnitOfWork,
    *,
    ids: Sequence[UUID] | None = None,
    currency: str | None = None,
    before: UUID | None = None,
    limit: int = 100,
) -> list[asyncpg.Record]:
    """Reconciliations, the last recorded first, each with the name of who recorded it."""
    return await uow.fetch(
        """
        select r.*, m.name as member_name from reconciliation r
        join member m on m.tenant_id = r.tenant_id and m.id = r.member_id
        where r.tenant_id = $1 and m.tenant_id = $1 and ($2::uuid[] is null or r.id = any ($2))
          and ($3::text is null or r.currency = $3) and ($4::uuid is null or r.id < $4)
        order by r.id desc limit $5
        """,
        uow.tenant_id, None if ids is None else list(ids), currency, before, limit,
    )  # fmt: skip


async def count_reconciliations(uow: UnitOfWork, currency: str | None) -> int:
    """How many there are in a currency, or in all."""
    found: int = await uow.fetchval(
        "select count(*) from reconciliation where tenant_id = $1 and ($2::text is null or currency = $2)",
        uow.tenant_id, currency,
    )  # fmt: skip
    return found


async def items_of(uow: UnitOfWork, reconciliation_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """The items of many reconciliations in their order, each with its currency."""
    return await uow.fetch(
        """
        select i.*, r.currency from reconciliation_item i
        join reconciliation r on r.tenant_id = i.tenant_id and r.id = i.reconciliation_id
        where i.tenant_id = $1 and r.tenant_id = $1 and i.reconciliation_id = any ($2) order by i.reconciliation_id, i.position
        """,
        uow.tenant_id, list(reconciliation_ids),
    )  # fmt: skip


# --- opening balances ---------------------------------------------------------------------------------------------------------


async def opening_import(uow: UnitOfWork) -> asyncpg.Record | None:
    """The one import of what stood in the books before, with the name of who made it."""
    return await uow.fetchrow(
        """
        select i.*, m.name as member_name from opening_import i join member m on m.tenant_id = i.tenant_id and m.id = i.member_id
        where i.tenant_id = $1 and m.tenant_id = $1
        """,
        uow.tenant_id,
    )  # fmt: skip


async def opening_names(uow: UnitOfWork) -> list[asyncpg.Record]:
    """Every client, by what a file may call it."""
    return await uow.fetch(
        "select id, name, legal_name, registration_number, currency from client where tenant_id = $1",
        uow.tenant_id,
    )


async def opening_engagements(uow: UnitOfWork) -> list[asyncpg.Record]:
    """Every engagement with its number, and the kinds of retainer that are open on it."""
    return await uow.fetch(
        """
        select e.id, e.client_id, e.currency, e.number_year, e.number_ordinal,
               array(select r.kind from retainer r where r.tenant_id = $1 and r.engagement_id = e.id and r.status in ('requested', 'active')) as kinds
        from engagement e where e.tenant_id = $1
        """,
        uow.tenant_id,
    )  # fmt: skip


async def lock_opening_invoice(
    uow: UnitOfWork, client_id: UUID, reference: str
) -> asyncpg.Record | None:
    """An invoice of before, locked: serialises what comes in for it."""
    return await uow.fetchrow(
        """
        select * from opening_line where tenant_id = $1 and kind = 'invoice' and client_id = $2 and reference = $3 for no key update
        """,
        uow.tenant_id, client_id, reference,
    )  # fmt: skip
