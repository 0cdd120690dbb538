"""Named reads of the ledger, and calls of the three functions that write it.

As of a date, a balance is the last row of `ledger_day_balance` on or before it: one index lookup. As known at an instant, it
is the sum of the postings up to the last number recorded by then; numbers and recording times rise together.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork

_ACCOUNT = "a.id, a.code, a.kind, a.name, a.currency, a.subject_kind, a.subject_id, a.client_id, a.floor_minor"
_JOURNAL = (
    "j.id, j.seq, j.effective_date, j.recorded_at, j.kind, j.description, j.source_kind, j.source_id, "
    "j.reversal_of, j.actor, j.request_id, j.hash"
)


async def account_by_subject(
    uow: UnitOfWork, code: str, currency: str, subject_kind: str, subject_id: UUID
) -> asyncpg.Record | None:
    """The one account of this code and currency for this subject."""
    return await uow.fetchrow(
        f"""
        select {_ACCOUNT} from ledger_account a
        where a.tenant_id = $1 and a.code = $2 and a.currency = $3 and a.subject_kind = $4 and a.subject_id = $5
        """,  # noqa: S608
        uow.tenant_id, code, currency, subject_kind, subject_id,
    )  # fmt: skip


async def open_account(
    uow: UnitOfWork, *, account_id: UUID, code: str, kind: str, name: str, currency: str,
    subject_kind: str, subject_id: UUID, client_id: UUID | None, floor_minor: int | None, now: datetime,
) -> asyncpg.Record:  # fmt: skip
    """Open the account, or answer the one that a twin opened. Takes the head's lock: it serialises the practice's ledger."""
    rows = await uow.fetch(
        f"select {_ACCOUNT} from open_ledger_account($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) a",  # noqa: S608
        uow.tenant_id, account_id, code, kind, name, currency, subject_kind, subject_id, client_id, floor_minor, now,
    )  # fmt: skip
    return rows[0]


async def post_journal(
    uow: UnitOfWork, *, journal_id: UUID, effective_date: date, now: datetime, kind: str, description: str,
    source_kind: str, source_id: UUID | None, reversal_of: UUID | None,
    postings: Sequence[tuple[UUID, str, int]],
) -> asyncpg.Record:  # fmt: skip
    """Post one entry of (account, currency, amount) postings; answers its journal row. Takes the head's lock."""
    rows = await uow.fetch(
        f"select {_JOURNAL} from post_journal($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) j",  # noqa: S608
        uow.tenant_id, journal_id, effective_date, now, kind, description, source_kind, source_id, reversal_of,
        [account_id for account_id, _, _ in postings],
        [currency for _, currency, _ in postings],
        [amount_minor for _, _, amount_minor in postings],
    )  # fmt: skip
    return rows[0]


async def close_period(uow: UnitOfWork, *, closing_id: UUID, through: date, now: datetime) -> None:
    """Close every date up to and including `through`. Takes the head's lock."""
    await uow.execute(
        "select close_ledger_period($1, $2, $3, $4)", uow.tenant_id, closing_id, through, now
    )


async def head(uow: UnitOfWork) -> asyncpg.Record | None:
    """Last number, last hash and period lock; None before the first entry."""
    return await uow.fetchrow(
        "select last_seq, last_hash, closed_through from ledger_head where tenant_id = $1 and id = $1",
        uow.tenant_id,
    )


async def problems(uow: UnitOfWork) -> list[asyncpg.Record]:
    """What does not agree in the books; nothing when they are sound."""
    return await uow.fetch("select seq, problem, detail from ledger_verify($1)", uow.tenant_id)


async def last_seq_known_at(uow: UnitOfWork, known_at: datetime) -> int:
    """The number of the last entry recorded at or before the instant; 0 when there was none."""
    seq = await uow.fetchval(
        """
        select seq from ledger_journal where tenant_id = $1 and recorded_at <= $2
        order by recorded_at desc, seq desc limit 1
        """,
        uow.tenant_id, known_at,
    )  # fmt: skip
    return int(seq or 0)


async def balances(
    uow: UnitOfWork, *, as_of: date | None, known_seq: int | None,
    account_ids: Collection[UUID] | None = None, codes: Collection[str] | None = None,
    client_id: UUID | None = None, subject_ids: Collection[UUID] | None = None,
) -> list[asyncpg.Record]:  # fmt: skip
    """Accounts with `balance_minor` (debit positive), filtered by whatever is not None, in the order they were opened."""
    args: list[Any] = [
        uow.tenant_id, _list(account_ids), _list(codes), client_id, _list(subject_ids)
    ]  # fmt: skip
    if known_seq is not None:
        args += [known_seq, as_of or date.max]
        balance = """
            select sum(p.amount_minor)::bigint as balance_minor from ledger_posting p
            where p.tenant_id = $1 and p.account_id = a.id and p.journal_seq <= $6 and p.effective_date <= $7"""
    elif as_of is not None:
        args += [as_of]
        balance = """
            select d.balance_minor from ledger_day_balance d
            where d.tenant_id = $1 and d.account_id = a.id and d.effective_date <= $6
            order by d.effective_date desc limit 1"""
    else:
        balance = "select a.balance_minor"
    return await uow.fetch(
        f"""
        select {_ACCOUNT}, coalesce(b.balance_minor, 0) as balance_minor
        from ledger_account a left join lateral ({balance}) b on true
        where a.tenant_id = $1
          and ($2::uuid[] is null or a.id = any ($2)) and ($3::text[] is null or a.code = any ($3))
          and ($4::uuid is null or a.client_id = $4) and ($5::uuid[] is null or a.subject_id = any ($5))
        order by a.created_at, a.id
        """,  # noqa: S608
        *args,
    )


async def least_balance_from(uow: UnitOfWork, account_id: UUID, on: date) -> asyncpg.Record | None:
    """`least_minor`: the account's least balance on its own side, less its floor, on that date or any later one."""
    return await uow.fetchrow(
        """
        select least(
            a.normal_sign * coalesce((
              select d.balance_minor from ledger_day_balance d
              where d.tenant_id = $1 and d.account_id = a.id and d.effective_date <= $3
              order by d.effective_date desc limit 1), 0),
            (select min(a.normal_sign * d.balance_minor) from ledger_day_balance d
              where d.tenant_id = $1 and d.account_id = a.id and d.effective_date > $3)
          ) - coalesce(a.floor_minor, 0) as least_minor
        from ledger_account a where a.tenant_id = $1 and a.id = $2
        """,
        uow.tenant_id, account_id, on,
    )  # fmt: skip


async def entries(
    uow: UnitOfWork, account_ids: Collection[UUID], *, from_date: date | None, to_date: date | None,
    known_seq: int | None, after: tuple[date, int, int] | None, limit: int,
) -> list[asyncpg.Record]:  # fmt: skip
    """Postings of the accounts in effective order, each with its account's balance just after it in that order."""
    if known_seq is None:
        before = """coalesce((
            select d.balance_minor from ledger_day_balance d
            where d.tenant_id = $1 and d.account_id = p.account_id and d.effective_date < p.effective_date
            order by d.effective_date desc limit 1), 0)"""
    else:
        before = """coalesce((
            select sum(b.amount_minor) from ledger_posting b
            where b.tenant_id = $1 and b.account_id = p.account_id and b.effective_date < p.effective_date
              and b.journal_seq <= $5), 0)"""
    after_date, after_seq, after_position = after or (None, None, None)
    return await uow.fetch(
        f"""
        with page as (
          select p.* from ledger_posting p
          where p.tenant_id = $1 and p.account_id = any ($2)
            and ($3::date is null or p.effective_date >= $3) and ($4::date is null or p.effective_date <= $4)
            and ($5::bigint is null or p.journal_seq <= $5)
            and ($6::date is null or (p.effective_date, p.journal_seq, p.position) > ($6, $7::bigint, $8::integer))
          order by p.effective_date, p.journal_seq, p.position limit $9
        )
        select p.id, p.journal_id, p.journal_seq as seq, p.position, p.effective_date, j.recorded_at, j.kind as journal_kind,
               j.description, j.source_kind, j.source_id, j.reversal_of, p.account_id, a.code, a.kind as account_kind, p.currency,
               p.amount_minor,
               ({before} + (
                 select sum(s.amount_minor) from ledger_posting s
                 where s.tenant_id = $1 and s.account_id = p.account_id and s.effective_date = p.effective_date
                   and (s.journal_seq, s.position) <= (p.journal_seq, p.position)))::bigint as balance_minor
        from page p
        join ledger_journal j on j.tenant_id = $1 and j.id = p.journal_id
        join ledger_account a on a.tenant_id = $1 and a.id = p.account_id
        order by p.effective_date, p.journal_seq, p.position
        """,  # noqa: S608
        uow.tenant_id, list(account_ids), from_date, to_date, known_seq, after_date, after_seq, after_position, limit,
    )  # fmt: skip


async def account_ids_of_client(uow: UnitOfWork, client_id: UUID) -> list[UUID]:
    """Every account that concerns the client."""
    rows = await uow.fetch(
        "select id from ledger_account where tenant_id = $1 and client_id = $2",
        uow.tenant_id, client_id,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def journals(
    uow: UnitOfWork, *, journal_id: UUID | None, after_seq: int, limit: int
) -> list[asyncpg.Record]:
    """Entries by number, after `after_seq`; or the one of this id."""
    return await uow.fetch(
        f"""
        select {_JOURNAL} from ledger_journal j
        where j.tenant_id = $1 and j.seq > $2 and ($3::uuid is null or j.id = $3) order by j.seq limit $4
        """,  # noqa: S608
        uow.tenant_id, after_seq, journal_id, limit,
    )  # fmt: skip


async def postings_of(uow: UnitOfWork, journal_ids: Collection[UUID]) -> list[asyncpg.Record]:
    """The postings of these entries, each entry's in their order."""
    return await uow.fetch(
        """
        select p.journal_id, p.position, p.account_id, p.currency, p.amount_minor, a.code, a.name, a.client_id
        from ledger_posting p join ledger_account a on a.tenant_id = $1 and a.id = p.account_id
        where p.tenant_id = $1 and p.journal_id = any ($2) order by p.journal_seq, p.position
        """,
        uow.tenant_id, list(journal_ids),
    )  # fmt: skip


def _list(values: Collection[Any] | None) -> list[Any] | None:
    return None if values is None else list(values)
