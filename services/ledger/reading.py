"""What the books say: balances as of a date and as known at an instant, entries, trial balance, and their own check."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg

from db.queries import ledger as queries
from db.unit_of_work import UnitOfWork
from services.ledger.records import (
    AccountBalance,
    Entry,
    EntryCursor,
    Journal,
    JournalLine,
    Problem,
    TrialBalance,
    TrialBalanceLine,
    account_from,
)
from services.rules.errors import NotFound
from services.rules.ledger import CHART, AccountCode


async def balance(
    uow: UnitOfWork,
    account_id: UUID,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> AccountBalance:
    """The balance of one account. Raises NotFound."""
    rows = await queries.balances(
        uow, as_of=as_of, known_seq=await _known_seq(uow, known_at), account_ids=[account_id]
    )
    if not rows:
        raise NotFound("No account with this id.")
    return _balance(rows[0])


async def balances(
    uow: UnitOfWork,
    *,
    codes: Collection[AccountCode] | None = None,
    client_id: UUID | None = None,
    subject_ids: Collection[UUID] | None = None,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> tuple[AccountBalance, ...]:
    """The balances of every account that fits what is given, in one query, in the order the accounts were opened."""
    rows = await queries.balances(
        uow,
        as_of=as_of,
        known_seq=await _known_seq(uow, known_at),
        codes=codes,
        client_id=client_id,
        subject_ids=subject_ids,
    )
    return tuple(_balance(row) for row in rows)


async def available(uow: UnitOfWork, account_id: UUID, *, on: date) -> int:
    """How much may be taken from the account with this effective date: the least it holds then and later, above its floor.

    Certain only while the caller holds a lock that keeps others from taking (such as the retainer's row). Raises NotFound.
    """
    row = await queries.least_balance_from(uow, account_id, on)
    if row is None:
        raise NotFound("No account with this id.")
    return int(row["least_minor"])


async def trial_balance(
    uow: UnitOfWork, *, as_of: date | None = None, known_at: datetime | None = None
) -> TrialBalance:
    """Every code with its net balance, by currency; debit and credit agree."""
    sums: dict[tuple[AccountCode, str], int] = {}
    for each in await balances(uow, as_of=as_of, known_at=known_at):
        key = each.account.code, each.account.currency
        sums[key] = sums.get(key, 0) + each.balance_minor
    order = {code: index for index, code in enumerate(CHART)}
    lines = tuple(
        TrialBalanceLine(
            code,
            CHART[code].name,
            CHART[code].kind,
            currency,
            max(balance_minor, 0),
            max(-balance_minor, 0),
        )
        for (code, currency), balance_minor in sorted(
            sums.items(), key=lambda item: (item[0][1], order[item[0][0]])
        )
        if balance_minor
    )
    totals: dict[str, tuple[int, int]] = {}
    for line in lines:
        debit_minor, credit_minor = totals.get(line.currency, (0, 0))
        totals[line.currency] = debit_minor + line.debit_minor, credit_minor + line.credit_minor
    return TrialBalance(as_of, known_at, lines, totals)


async def account_entries(
    uow: UnitOfWork,
    account_ids: Sequence[UUID],
    *,
    from_date: date | None = None,
    to_date: date | None = None,
    known_at: datetime | None = None,
    after: EntryCursor | None = None,
    limit: int = 100,
) -> tuple[Entry, ...]:
    """The lines of these accounts in effective order, each with its account's running balance in that order."""
    rows = await queries.entries(
        uow,
        account_ids,
        from_date=from_date,
        to_date=to_date,
        known_seq=await _known_seq(uow, known_at),
        after=(after.effective_date, after.seq, after.position) if after else None,
        limit=limit,
    )
    return tuple(
        Entry(
            id=row["id"],
            journal_id=row["journal_id"],
            cursor=EntryCursor(row["effective_date"], row["seq"], row["position"]),
            recorded_at=row["recorded_at"],
            kind=row["journal_kind"],
            description=row["description"],
            source_kind=row["source_kind"],
            source_id=row["source_id"],
            reversal_of=row["reversal_of"],
            account_id=row["account_id"],
            code=row["code"],
            account_kind=row["account_kind"],
            currency=row["currency"],
            amount_minor=row["amount_minor"],
            balance_minor=row["balance_minor"],
        )
        for row in rows
    )


async def client_entries(
    uow: UnitOfWork,
    client_id: UUID,
    *,
    from_date: date | None = None,
    to_date: date | None = None,
    known_at: datetime | None = None,
    after: EntryCursor | None = None,
    limit: int = 100,
) -> tuple[Entry, ...]:
    """The client's ledger: the lines of every account that concerns the client."""
    return await account_entries(
        uow,
        await queries.account_ids_of_client(uow, client_id),
        from_date=from_date,
        to_date=to_date,
        known_at=known_at,
        after=after,
        limit=limit,
    )


async def journal(uow: UnitOfWork, journal_id: UUID) -> Journal:
    """One entry with its lines. Raises NotFound."""
    rows = await queries.journals(uow, journal_id=journal_id, after_seq=0, limit=1)
    if not rows:
        raise NotFound("No entry with this id.")
    return (await _journals(uow, rows))[0]


async def journals(uow: UnitOfWork, *, after_seq: int = 0, limit: int = 100) -> tuple[Journal, ...]:
    """Entries by number, without gaps: the way to export the books piece by piece."""
    rows = await queries.journals(uow, journal_id=None, after_seq=after_seq, limit=limit)
    return await _journals(uow, rows)


async def closed_through(uow: UnitOfWork) -> date | None:
    """The last closed date; None when no period has been closed."""
    head = await queries.head(uow)
    closed: date | None = head["closed_through"] if head else None
    return closed


async def verify(uow: UnitOfWork) -> tuple[Problem, ...]:
    """Recompute chain, sums, balances and floors from the postings; nothing when the books are sound."""
    rows = await queries.problems(uow)
    return tuple(Problem(row["seq"], row["problem"], row["detail"]) for row in rows)


async def _known_seq(uow: UnitOfWork, known_at: datetime | None) -> int | None:
    return None if known_at is None else await queries.last_seq_known_at(uow, known_at)


async def _journals(uow: UnitOfWork, rows: Sequence[asyncpg.Record]) -> tuple[Journal, ...]:
    lines: dict[UUID, list[JournalLine]] = {row["id"]: [] for row in rows}
    for line in await queries.postings_of(uow, lines):
        lines[line["journal_id"]].append(
            JournalLine(
                line["position"],
                line["account_id"],
                line["code"],
                line["name"],
                line["client_id"],
                line["currency"],
                line["amount_minor"],
            )
        )
    return tuple(Journal(**dict(row), lines=tuple(lines[row["id"]])) for row in rows)


def _balance(row: asyncpg.Record) -> AccountBalance:
    return AccountBalance(account_from(row), row["balance_minor"])
