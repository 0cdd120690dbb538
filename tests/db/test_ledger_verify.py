"""What the books' own check finds when somebody has been stronger than every guard."""

import hashlib
import json
from datetime import UTC, date, datetime

import asyncpg
import pytest
import pytest_asyncio

from db.unit_of_work import unit_of_work
from services import ledger
from tests.services.ledger_books import NOON, Books, kr, open_books

pytestmark = pytest.mark.usefixtures("database")


@pytest_asyncio.fixture
async def books(owner_connection: asyncpg.Connection) -> Books:
    """100 deposited, 30 drawn, January closed."""
    books = await open_books(owner_connection)
    await books.deposit(kr(100), date(2026, 3, 1))
    await books.draw(kr(30), date(2026, 3, 10))
    async with unit_of_work(books.scope) as uow:
        await ledger.close_period(uow, through=date(2026, 1, 31), now=NOON)
    return books


async def test_the_chain_can_be_recomputed_outside_the_database(
    owner_connection: asyncpg.Connection, books: Books
) -> None:
    def micros(instant: datetime) -> int:
        return round((instant - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)

    previous = hashlib.sha256(f"ledger:{books.tenant_id}".encode()).digest()
    for j in await owner_connection.fetch(
        "select * from ledger_journal where tenant_id = $1 order by seq", books.tenant_id
    ):
        postings = await owner_connection.fetch(
            """
            select p.position, p.amount_minor, a.currency, a.id, a.code, a.kind, a.subject_kind, a.subject_id, a.client_id, a.floor_minor
            from ledger_posting p join ledger_account a on a.tenant_id = p.tenant_id and a.id = p.account_id
            where p.tenant_id = $1 and p.journal_id = $2 order by p.position
            """,
            books.tenant_id, j["id"],
        )  # fmt: skip
        content = [
            previous.hex(), j["tenant_id"], j["id"], j["seq"], j["effective_date"].isoformat(), micros(j["recorded_at"]),
            micros(j["written_at"]), j["kind"], j["description"], j["source_kind"], j["source_id"], j["reversal_of"],
            j["actor"], j["request_id"], [list(p.values()) for p in postings],
        ]  # fmt: skip
        previous = hashlib.sha256(
            json.dumps(content, ensure_ascii=False, default=str).encode()
        ).digest()
        assert previous == j["hash"]


@pytest.mark.parametrize(
    ("table", "change", "seq", "problem"),
    [
        ("ledger_posting", "amount_minor = amount_minor + 1 where journal_seq = 2 and position = 1", 2, "HASH"),
        ("ledger_posting", "balance_minor = balance_minor + 1 where journal_seq = 2 and position = 1", 2, "RUNNING_BALANCE"),
        ("ledger_posting", "account_id = (select id from ledger_account a where a.tenant_id = t.tenant_id and code = 'bank'), account_version = 9 where journal_seq = 2 and position = 2", 2, "HASH"),
        ("ledger_posting", "effective_date = effective_date - 1 where journal_seq = 2", 2, "POSTING"),
        ("ledger_journal", "description = description || '.' where seq = 1", 1, "HASH"),
        ("ledger_journal", "effective_date = effective_date - 1 where seq = 1", 1, "HASH"),
        ("ledger_journal", "effective_date = '2026-01-31' where seq = 3", 3, "CLOSED_PERIOD"),
        ("ledger_journal", "actor = 'owner:somebody else' where seq = 2", 2, "HASH"),
        ("ledger_journal", "recorded_at = recorded_at - interval '1 day' where seq = 2", 2, "HASH"),
        ("ledger_journal", "hash = set_byte(hash, 0, 255 - get_byte(hash, 0)) where seq = 1", 1, "HASH"),
        ("ledger_journal", "previous_hash = hash where seq = 2", 2, "CHAIN"),
        ("ledger_journal", "seq = 9 where seq = 3", 9, "SEQUENCE"),
        ("ledger_account", "client_id = gen_random_uuid() where code = 'retainer_liability'", 1, "HASH"),
        ("ledger_account", "balance_minor = balance_minor - 1 where code = 'bank'", None, "ACCOUNT_BALANCE"),
        ("ledger_day_balance", "balance_minor = balance_minor - 1 where effective_date = '2026-03-10'", None, "DAY_BALANCE"),
        ("ledger_day_balance", "floor_minor = -1 where floor_minor = 0", None, "FLOOR"),
        ("ledger_head", "last_seq = 2 where true", 2, "HEAD"),
        ("ledger_head", "closed_through = null where true", None, "CLOSING"),
        ("ledger_closing", "last_hash = set_byte(last_hash, 0, 255 - get_byte(last_hash, 0)) where true", 2, "CLOSING"),
    ],
)  # fmt: skip
async def test_one_changed_figure_is_found(
    owner_connection: asyncpg.Connection,
    books: Books,
    table: str,
    change: str,
    seq: int | None,
    problem: str,
) -> None:
    await books.deposit(kr(5), date(2026, 3, 12))
    assert await books.problems() == []
    assignment, _, condition = change.rpartition(" where ")
    async with owner_connection.transaction():
        await owner_connection.execute("set local session_replication_role = replica")
        done = await owner_connection.execute(
            f"update {table} t set {assignment} where t.tenant_id = $1 and ({condition})",
            books.tenant_id,
        )
    assert done != "UPDATE 0"
    assert (seq, problem) in await books.problems()


async def test_entries_cut_off_at_the_end_show_at_the_last_closing(
    owner_connection: asyncpg.Connection, books: Books
) -> None:
    """Whoever also rewrites head and balances leaves a chain that is whole, but shorter than the one that was closed."""
    async with owner_connection.transaction():
        await owner_connection.execute("set local session_replication_role = replica")
        for statement in (
            "delete from ledger_posting where tenant_id = $1 and journal_seq = 2",
            "delete from ledger_journal where tenant_id = $1 and seq = 2",
            "delete from ledger_day_balance where tenant_id = $1 and effective_date = '2026-03-10'",
            "update ledger_head h set last_seq = 1, last_hash = j.hash from ledger_journal j where h.tenant_id = $1 and j.tenant_id = $1",
            "update ledger_account a set version = p.n, balance_minor = p.due from (select a.id, count(p.id) as n, coalesce(sum(p.amount_minor), 0) as due from ledger_account a left join ledger_posting p on p.tenant_id = a.tenant_id and p.account_id = a.id where a.tenant_id = $1 group by a.id) p where a.tenant_id = $1 and a.id = p.id",
        ):
            await owner_connection.execute(statement, books.tenant_id)
    assert await books.problems() == [(2, "CLOSING")]
