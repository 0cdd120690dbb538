"""Reads and locks of accounts at banks, their statements and lines, and what the lines were matched with."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork


async def bank_accounts(uow: UnitOfWork) -> list[asyncpg.Record]:
    """Every account at a bank, by name."""
    return await uow.fetch(
        "select * from bank_account where tenant_id = $1 order by name, id", uow.tenant_id
    )


async def bank_accounts_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these accounts that are there."""
    return await uow.fetch(
        "select * from bank_account where tenant_id = $1 and id = any($2)", uow.tenant_id, list(ids)
    )


async def bank_account_by_id(uow: UnitOfWork, account_id: UUID) -> asyncpg.Record | None:
    """One account at a bank."""
    return await uow.fetchrow(
        "select * from bank_account where tenant_id = $1 and id = $2", uow.tenant_id, account_id
    )


async def lock_bank_account(uow: UnitOfWork, account_id: UUID) -> asyncpg.Record | None:
    """One account at a bank, locked: serialises the imports of its statements, and changes of how they are read."""
    return await uow.fetchrow(
        "select * from bank_account where tenant_id = $1 and id = $2 for no key update",
        uow.tenant_id, account_id,
    )  # fmt: skip


async def identified_account(
    uow: UnitOfWork, identification: str, currency: str
) -> asyncpg.Record | None:
    """The account with this number at its bank and in this currency."""
    return await uow.fetchrow(
        "select * from bank_account where tenant_id = $1 and identification = $2 and currency = $3",
        uow.tenant_id, identification, currency,
    )  # fmt: skip


async def currencies_with_account(uow: UnitOfWork) -> set[str]:
    """The currencies in which the practice has an active account at a bank."""
    rows = await uow.fetch(
        "select distinct currency from bank_account where tenant_id = $1 and is_active",
        uow.tenant_id,
    )
    return {row["currency"] for row in rows}


async def statements_of_file(
    uow: UnitOfWork, account_id: UUID, digest: bytes
) -> list[asyncpg.Record]:
    """What was stored of a file before, in the order of the file."""
    return await uow.fetch(
        """
        select * from bank_statement where tenant_id = $1 and bank_account_id = $2 and file_digest = $3
        order by position
        """,
        uow.tenant_id, account_id, digest,
    )  # fmt: skip


async def known_entries(
    uow: UnitOfWork, account_id: UUID, keys: Sequence[str]
) -> dict[str, asyncpg.Record]:
    """Those of these entries that are stored already, by their key."""
    rows = await uow.fetch(
        """
        select entry_key, amount_minor, booked_on from bank_line
        where tenant_id = $1 and bank_account_id = $2 and entry_key = any($3)
        """,
        uow.tenant_id, account_id, list(keys),
    )  # fmt: skip
    return {row["entry_key"]: row for row in rows}


_STATEMENT = """
    select s.*, b.currency, b.name as account_name,
           (select count(*) from bank_line l where l.tenant_id = $1 and l.bank_statement_id = s.id and l.status = 'open')::integer
             as open_count
    from bank_statement s join bank_account b on b.tenant_id = $1 and b.id = s.bank_account_id
"""


async def statements_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these statements that are there, with currency, account and how many lines are open, in the order of the ids."""
    rows = await uow.fetch(
        f"{_STATEMENT} where s.tenant_id = $1 and s.id = any($2)", uow.tenant_id, list(ids)
    )
    found = {row["id"]: row for row in rows}
    return [found[each] for each in ids if each in found]


async def statements_page(
    uow: UnitOfWork,
    *,
    account_id: UUID | None,
    after: UUID | None,
    before: UUID | None,
    limit: int,
    is_backward: bool,
) -> list[asyncpg.Record]:
    """Statements, newest first, from the near end: reversed when backward."""
    order = "asc" if is_backward else "desc"
    return await uow.fetch(
        f"""
        {_STATEMENT} where s.tenant_id = $1 and ($2::uuid is null or s.bank_account_id = $2)
          and ($3::uuid is null or s.id < $3) and ($4::uuid is null or s.id > $4)
        order by s.id {order} limit $5
        """,
        uow.tenant_id, account_id, after, before, limit,
    )  # fmt: skip


async def count_statements(uow: UnitOfWork, *, account_id: UUID | None) -> int:
    """How many rows `statements_page` would go through."""
    rows: int = await uow.fetchval(
        "select count(*) from bank_statement where tenant_id = $1 and ($2::uuid is null or bank_account_id = $2)",
        uow.tenant_id, account_id,
    )  # fmt: skip
    return rows


_LINES_FIT = """
    tenant_id = $1 and ($2::uuid is null or bank_account_id = $2) and ($3::uuid is null or bank_statement_id = $3)
    and ($4::text[] is null or status = any($4)) and ($5::date is null or booked_on >= $5) and ($6::date is null or booked_on <= $6)
"""


async def lines_page(
    uow: UnitOfWork,
    fits: dict[str, Any],
    *,
    after: tuple[date, UUID] | None,
    before: tuple[date, UUID] | None,
    limit: int,
    is_backward: bool,
) -> list[asyncpg.Record]:
    """Lines by the day they were booked, oldest first, from the near end: reversed when backward."""
    order = "desc" if is_backward else "asc"
    return await uow.fetch(
        f"""
        select * from bank_line where {_LINES_FIT}
          and ($7::date is null or (booked_on, id) > ($7, $8)) and ($9::date is null or (booked_on, id) < ($9, $10))
        order by booked_on {order}, id {order} limit $11
        """,  # noqa: S608 - order is a literal of this function
        uow.tenant_id, *_fits(fits), *(after or (None, None)), *(before or (None, None)), limit,
    )  # fmt: skip


async def count_lines(uow: UnitOfWork, fits: dict[str, Any]) -> int:
    """How many rows `lines_page` would go through."""
    rows: int = await uow.fetchval(
        f"select count(*) from bank_line where {_LINES_FIT}",  # noqa: S608 - as above
        uow.tenant_id, *_fits(fits),
    )  # fmt: skip
    return rows


def _fits(fits: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(
        fits.get(name) for name in ("account_id", "statement_id", "statuses", "from_on", "to_on")
    )


async def lines_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these lines that are there."""
    return await uow.fetch(
        "select * from bank_line where tenant_id = $1 and id = any($2)", uow.tenant_id, list(ids)
    )


async def lock_line(uow: UnitOfWork, line_id: UUID) -> asyncpg.Record | None:
    """One line, locked: serialises what it is matched with. Taken before the locks of invoices, payments and refunds."""
    return await uow.fetchrow(
        "select * from bank_line where tenant_id = $1 and id = $2 for no key update",
        uow.tenant_id, line_id,
    )  # fmt: skip


async def matches_of_lines(uow: UnitOfWork, line_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """All matches of these lines, those undone too, in the order they were made."""
    return await uow.fetch(
        """
        select * from bank_match where tenant_id = $1 and line_id = any($2)
        order by line_id, confirmed_at, id
        """,
        uow.tenant_id, list(line_ids),
    )  # fmt: skip


async def standing_match(uow: UnitOfWork, line_id: UUID) -> asyncpg.Record | None:
    """The match of a line that was not undone."""
    return await uow.fetchrow(
        "select * from bank_match where tenant_id = $1 and line_id = $2 and undone_on is null",
        uow.tenant_id, line_id,
    )  # fmt: skip


async def rejected_keys(uow: UnitOfWork, line_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """The suggestions that were turned down for these lines."""
    return await uow.fetch(
        "select line_id, suggestion_key from bank_match_rejection where tenant_id = $1 and line_id = any($2)",
        uow.tenant_id, list(line_ids),
    )  # fmt: skip


# --- what a line may be --------------------------------------------------------------------------------------------------


async def open_invoices(uow: UnitOfWork) -> list[asyncpg.Record]:
    """Every issued invoice that may still owe something, with its client's name."""
    return await uow.fetch(
        """
        select i.*, c.name as client_name, c.legal_name as client_legal_name from invoice i
        join client c on c.tenant_id = i.tenant_id and c.id = i.client_id
        where i.tenant_id = $1 and c.tenant_id = $1 and i.status = 'issued'
          and i.paid_minor + i.drawn_minor < i.payable_minor + i.retention_minor
        order by i.due_date, i.id
        """,
        uow.tenant_id,
    )


async def open_requests(uow: UnitOfWork) -> list[asyncpg.Record]:
    """Every request for a deposit that money is awaited for, with retainer, currency and client's name."""
    return await uow.fetch(
        """
        select q.*, r.currency, r.client_id, c.name as client_name from retainer_request q
        join retainer r on r.tenant_id = q.tenant_id and r.id = q.retainer_id
        join client c on c.tenant_id = q.tenant_id and c.id = r.client_id
        where q.tenant_id = $1 and r.tenant_id = $1 and c.tenant_id = $1 and q.status = 'requested'
        order by q.due_on, q.id
        """,
        uow.tenant_id,
    )


async def payable_refunds(uow: UnitOfWork) -> list[asyncpg.Record]:
    """Every approved refund that has not been paid out, with its client's name."""
    return await uow.fetch(
        """
        select f.*, c.name as client_name from refund f join client c on c.tenant_id = f.tenant_id and c.id = f.client_id
        where f.tenant_id = $1 and c.tenant_id = $1 and f.status = 'approved' order by f.number
        """,
        uow.tenant_id,
    )


async def recorded_movements(uow: UnitOfWork, from_on: date, to_on: date) -> list[asyncpg.Record]:
    """Payments, deposits and paid refunds between two dates that no line is matched with: what was entered by hand before the
    statement came."""
    return await uow.fetch(
        """
        select m.*, c.name as client_name from (
          select 'recorded_payment' as kind, id, client_id, amount_minor, currency, received_on as on_date, bank_reference as number,
                 journal_id
          from payment where tenant_id = $1 and received_on between $2 and $3 and reversed_on is null
          union all
          select 'recorded_deposit', d.id, r.client_id, d.amount_minor, r.currency, d.received_on, d.bank_reference, d.journal_id
          from retainer_deposit d join retainer r on r.tenant_id = $1 and r.id = d.retainer_id
          where d.tenant_id = $1 and d.received_on between $2 and $3
          union all
          select 'recorded_refund', id, client_id, amount_minor, currency, settled_on, bank_reference, journal_id
          from refund where tenant_id = $1 and settled_on between $2 and $3 and status = 'settled'
        ) m join client c on c.tenant_id = $1 and c.id = m.client_id
        where not exists (select from bank_match b where b.tenant_id = $1 and b.journal_id = m.journal_id and b.undone_on is null)
        order by m.on_date, m.id
        """,
        uow.tenant_id, from_on, to_on,
    )  # fmt: skip


async def reversible_payments(uow: UnitOfWork, from_on: date, to_on: date) -> list[asyncpg.Record]:
    """Payments between two dates that have not gone back, in part or whole."""
    return await uow.fetch(
        """
        select p.*, c.name as client_name from payment p join client c on c.tenant_id = p.tenant_id and c.id = p.client_id
        where p.tenant_id = $1 and c.tenant_id = $1 and p.received_on between $2 and $3 and p.reversed_on is null
          and p.refund_pending_minor + p.refunded_minor = 0
        order by p.received_on, p.id
        """,
        uow.tenant_id, from_on, to_on,
    )  # fmt: skip


async def clients_by_account(uow: UnitOfWork, accounts: Sequence[str]) -> dict[str, set[UUID]]:
    """Whose payments came from these accounts, by what lines were matched with."""
    rows = await uow.fetch(
        """
        select distinct l.counterparty_account, coalesce(p.client_id, r.client_id) as client_id
        from bank_line l join bank_match m on m.tenant_id = $1 and m.line_id = l.id and m.undone_on is null
        left join payment p on p.tenant_id = $1 and p.id = m.payment_id
        left join retainer_deposit d on d.tenant_id = $1 and d.id = m.retainer_deposit_id
        left join retainer r on r.tenant_id = $1 and r.id = d.retainer_id
        where l.tenant_id = $1 and l.amount_minor > 0 and l.counterparty_account = any($2)
          and coalesce(p.client_id, r.client_id) is not null
        """,
        uow.tenant_id, [account for account in accounts if account],
    )  # fmt: skip
    found: dict[str, set[UUID]] = {}
    for row in rows:
        found.setdefault(row["counterparty_account"], set()).add(row["client_id"])
    return found


async def movement_of(uow: UnitOfWork, kind: str, movement_id: UUID) -> asyncpg.Record | None:
    """A payment, deposit or refund that was entered before: its id and its entry, null where it is not in the books."""
    table = {"payment": "payment", "deposit": "retainer_deposit", "refund": "refund"}[kind]
    return await uow.fetchrow(
        f"select id, journal_id from {table} where tenant_id = $1 and id = $2",  # noqa: S608 - literals of this function
        uow.tenant_id, movement_id,
    )  # fmt: skip


_TABLES = {
    "invoices": "invoice", "client": "client", "request": "retainer_request", "refund": "refund", "reversed_payment": "payment",
    "recorded_payment": "payment", "recorded_deposit": "retainer_deposit", "recorded_refund": "refund",
}  # fmt: skip


async def are_known(uow: UnitOfWork, kind: str, ids: Sequence[UUID]) -> bool:
    """Whether the practice has all of these; nothing is always known."""
    if not ids:
        return True
    found: int = await uow.fetchval(
        f"select count(*) from {_TABLES[kind]} where tenant_id = $1 and id = any($2)",  # noqa: S608 - literals of this module
        uow.tenant_id, list(ids),
    )  # fmt: skip
    return found == len(set(ids))
