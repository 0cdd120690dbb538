"""What the database itself refuses, whoever asks."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from db.ids import new_id
from db.queries import books as queries
from db.unit_of_work import Scope, sign_tenant, unit_of_work
from services import ledger
from services.rules.errors import InvalidInput
from tests.services.ledger_books import NOON, Books, kr, open_books

pytestmark = pytest.mark.usefixtures("database")

TABLES = [
    "ledger_head", "ledger_account", "ledger_journal", "ledger_posting", "ledger_day_balance", "ledger_closing",
    "ledger_reopening",
]  # fmt: skip


@pytest_asyncio.fixture
async def books(owner_connection: asyncpg.Connection) -> Books:
    """100 deposited, 30 drawn, January closed, and February closed and opened again."""
    books = await open_books(owner_connection)
    await books.deposit(kr(100), date(2026, 3, 1))
    await books.draw(kr(30), date(2026, 3, 10))
    async with unit_of_work(books.scope) as uow:
        await ledger.close_period(uow, through=date(2026, 1, 31), now=NOON)
        await ledger.close_period(uow, through=date(2026, 2, 28), now=NOON)
        await queries.reopen_period(
            uow, reopening_id=new_id(), through=date(2026, 1, 31), reason="A late bill", now=NOON
        )
    return books


@pytest_asyncio.fixture
async def runtime(runtime_dsn: str, books: Books) -> AsyncIterator[asyncpg.Connection]:
    """A bare connection of the runtime role, set to the tenant of the books."""
    connection = await asyncpg.connect(runtime_dsn)
    await set_tenant(connection, books.tenant_id)
    yield connection
    await connection.close()


async def set_tenant(connection: asyncpg.Connection, tenant_id: UUID, *, local: str = "") -> None:
    await connection.execute(
        f"set {local} app.tenant = '{tenant_id}'; set {local} app.tenant_mac = '{sign_tenant(tenant_id)}'"
    )


def statements(table: str) -> list[str]:
    return [f"update {table} set id = id", f"delete from {table}", f"truncate {table} cascade"]


@pytest.mark.parametrize("table", TABLES)
async def test_the_runtime_role_may_only_read(runtime: asyncpg.Connection, table: str) -> None:
    assert await runtime.fetchval(f"select count(*) from {table}") > 0
    for statement in [*statements(table), f"insert into {table} select * from {table} limit 1"]:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await runtime.execute(statement)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await runtime.execute(f"select * from {table} for update")


@pytest.mark.parametrize(
    "table", ["ledger_journal", "ledger_posting", "ledger_closing", "ledger_reopening"]
)
async def test_not_even_the_owner_changes_what_is_written(
    owner_connection: asyncpg.Connection, books: Books, table: str
) -> None:
    for statement in statements(table):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="is append-only"):
            await owner_connection.execute(statement)


@pytest.mark.parametrize("table", ["ledger_head", "ledger_account", "ledger_day_balance"])
async def test_not_even_the_owner_deletes_what_follows_from_it(
    owner_connection: asyncpg.Connection, books: Books, table: str
) -> None:
    for statement in statements(table)[1:]:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(statement)


@pytest.mark.parametrize(
    "change",
    ["client_id = gen_random_uuid()", "name = 'x'", "floor_minor = null", "currency = 'EUR'"],
)
async def test_an_account_moves_nothing_but_its_balance(
    owner_connection: asyncpg.Connection, books: Books, change: str
) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="ledger_account is fixed"):
        await owner_connection.execute(
            f"update ledger_account set {change} where tenant_id = $1 and code = 'retainer_liability'",
            books.tenant_id,
        )


@pytest.mark.parametrize("table", ["ledger_account", "ledger_day_balance"])
async def test_the_floor_is_a_constraint_of_account_and_day(
    owner_connection: asyncpg.Connection, books: Books, table: str
) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match=f"{table}_floor"):
        await owner_connection.execute(
            f"update {table} set balance_minor = 1 where tenant_id = $1 and floor_minor = 0",
            books.tenant_id,
        )


async def test_client_money_cannot_be_opened_without_its_floor(
    runtime: asyncpg.Connection, books: Books
) -> None:
    for kind, floor_minor in (("liability", None), ("liability", -1), ("asset", 0)):
        with pytest.raises(asyncpg.CheckViolationError):
            await runtime.execute(
                "select open_ledger_account($1, $2, 'retainer_liability', $3, 'x', 'DKK', 'retainer', $4, $5, $6, $7)",
                books.tenant_id, new_id(), kind, new_id(), books.client_id, floor_minor, NOON,
            )  # fmt: skip


async def post(
    connection: asyncpg.Connection,
    tenant_id: UUID,
    accounts: list[UUID],
    amounts: list[int],
    **more,
) -> None:
    """The posting function, called directly."""
    await connection.execute(
        "select post_journal($1, $2, $3, $4, $5, 'x', '', null, $6, $7, $8, $9)",
        tenant_id, new_id(), more.get("on", date(2026, 3, 5)), more.get("now", NOON),
        "reversal" if "reversal_of" in more else "test", more.get("reversal_of"),
        accounts, more.get("currencies", ["DKK"] * len(accounts)), amounts,
    )  # fmt: skip


async def account_of(owner: asyncpg.Connection, books: Books, code: str) -> UUID:
    return await owner.fetchval(
        "select id from ledger_account where tenant_id = $1 and code = $2", books.tenant_id, code
    )


async def test_the_posting_function_itself_refuses_what_the_rules_refuse(
    runtime: asyncpg.Connection, owner_connection: asyncpg.Connection, books: Books
) -> None:
    bank = await account_of(owner_connection, books, "bank")
    held = await account_of(owner_connection, books, "retainer_liability")
    entry = await owner_connection.fetchval(
        "select id from ledger_journal where tenant_id = $1 and seq = 1", books.tenant_id
    )
    two = [bank, held]
    for code, accounts, amounts, more in (
        ("UNBALANCED", two, [5, -4], {}),
        ("UNBALANCED", two, [5, -5], {"currencies": ["DKK", "EUR"]}),
        ("UNBALANCED", [bank], [5], {}),
        ("UNBALANCED", [], [], {}),
        ("AMOUNT_INVALID", two, [0, 0], {}),
        ("AMOUNT_TOO_LARGE", two, [10**15 + 1, -(10**15) - 1], {}),
        ("AMOUNT_TOO_LARGE", two, [-(2**63), 2**63 - 1], {}),
        ("ENTRY_INVALID", two, [5, None], {}),
        ("ENTRY_INVALID", [bank, None], [5, -5], {}),
        ("ENTRY_INVALID", two, [5, -5], {"currencies": ["DKK"]}),
        ("ENTRY_INVALID", two, [5, -5], {"now": None}),
        ("ENTRY_INVALID", two * 501, [5, -5] * 501, {}),
        ("CURRENCY_MISMATCH", two, [5, -5], {"currencies": ["EUR", "EUR"]}),
        ("NOT_FOUND", [bank, new_id()], [5, -5], {}),
        ("INSUFFICIENT_FUNDS", two, [-7001, 7001], {}),
        ("PERIOD_CLOSED", two, [5, -5], {"on": date(2026, 1, 31)}),
        ("EFFECTIVE_DATE_INVALID", two, [5, -5], {"on": date(9999, 1, 1)}),
        ("EFFECTIVE_DATE_INVALID", two, [5, -5], {"on": None}),
        ("NOT_REVERSIBLE", two, [-9999, 9999], {"reversal_of": entry}),
        ("NOT_REVERSIBLE", [held, bank], [10000, -10000], {"reversal_of": entry}),
        ("NOT_FOUND", two, [5, -5], {"reversal_of": new_id()}),
    ):
        with pytest.raises(asyncpg.PostgresError, match=f"^{code}: ") as refusal:
            await post(runtime, books.tenant_id, accounts, amounts, **more)
        assert refusal.value.sqlstate == "LG001"
    assert await books.held() == 70
    assert await books.problems() == []


async def test_a_balance_that_would_pass_a_bigint_is_refused_by_name(
    owner_connection: asyncpg.Connection, books: Books
) -> None:
    async with owner_connection.transaction():
        await owner_connection.execute("set local session_replication_role = replica")
        for table, key in (("ledger_account", "id"), ("ledger_day_balance", "account_id")):
            await owner_connection.execute(
                f"update {table} set balance_minor = 9223372036854775807 - 99 where tenant_id = $1 and {key} = $2",
                books.tenant_id, await account_of(owner_connection, books, "bank"),
            )  # fmt: skip
    with pytest.raises(InvalidInput) as refusal:
        await books.deposit(kr(1), date(2026, 3, 2))
    assert refusal.value.code == "AMOUNT_TOO_LARGE"
    assert await books.held() == 70


async def test_a_thousand_lines_of_the_largest_amount_are_summed_exactly(
    runtime: asyncpg.Connection, owner_connection: asyncpg.Connection, books: Books
) -> None:
    bank = await account_of(owner_connection, books, "bank")
    other = await account_of(owner_connection, books, "receivable")
    await post(
        runtime, books.tenant_id, [bank] * 500 + [other] * 500, [10**15] * 500 + [-(10**15)] * 500
    )
    async with unit_of_work(books.scope) as uow:
        assert (await ledger.balance(uow, bank)).balance_minor == 500 * 10**15 + 10_000
    assert await books.problems() == []


async def test_the_ledger_of_another_tenant_takes_nothing(
    runtime: asyncpg.Connection, owner_connection: asyncpg.Connection, books: Books
) -> None:
    other = await open_books(owner_connection)
    await other.deposit(kr(1), date(2026, 3, 1))
    bank = await account_of(owner_connection, other, "bank")
    held = await account_of(owner_connection, other, "retainer_liability")
    with pytest.raises(asyncpg.PostgresError, match=r"^NOT_FOUND: "):
        await post(runtime, books.tenant_id, [bank, held], [5, -5])
    for call in (
        post(runtime, other.tenant_id, [bank, held], [5, -5]),
        post(runtime, None, [bank, held], [5, -5]),
        runtime.execute(
            "select close_ledger_period($1, $2, '2026-01-01', now())", other.tenant_id, new_id()
        ),
        runtime.execute(
            "select open_ledger_account($1, $2, 'bank', 'asset', 'x', 'EUR', 'practice', $1, null, null, now())",
            other.tenant_id, new_id(),
        ),
    ):  # fmt: skip
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await call
    await runtime.execute("set app.tenant_mac = 'forged'")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await post(runtime, books.tenant_id, [bank, held], [5, -5])
    assert await other.held() == 1
    for each in (books, other):
        assert await each.problems() == []


async def test_inner_functions_are_closed_to_the_runtime_role(runtime: asyncpg.Connection) -> None:
    closed = await runtime.fetch(
        """
        select p.oid::regprocedure::text as name from pg_proc p
        where p.pronamespace = 'public'::regnamespace and p.proname like '%ledger%' and p.prosecdef
          and has_function_privilege('public', p.oid, 'execute')
        """
    )
    assert closed == []
    for call in ("ledger_lock_head(app_tenant())", "ledger_require_tenant(app_tenant())"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await runtime.execute(f"select {call}")


async def insert_journal(
    owner: asyncpg.Connection, books: Books, amounts: list[int], *, journal_id: UUID | None = None
) -> None:
    """Rows as somebody would write them who has found a way around the posting function."""
    bank = await account_of(owner, books, "bank")
    if journal_id is None:
        journal_id = new_id()
        await owner.execute(
            """
            insert into ledger_journal (tenant_id, id, seq, effective_date, recorded_at, written_at, kind, description,
              source_kind, actor, request_id, previous_hash, hash)
            select tenant_id, $2, last_seq + 1, '2026-03-05', now(), now(), 'test', 'x', '', 'x', 'x', last_hash, last_hash
            from ledger_head where tenant_id = $1
            """,
            books.tenant_id, journal_id,
        )  # fmt: skip
    for amount in amounts:
        await owner.execute(
            """
            insert into ledger_posting (tenant_id, id, journal_id, journal_seq, position, effective_date, account_id, currency,
              amount_minor, account_version, balance_minor)
            select j.tenant_id, gen_random_uuid(), j.id, j.seq,
                   (select count(*) + 1 from ledger_posting p where p.tenant_id = $1 and p.journal_id = j.id), j.effective_date, $3, 'DKK', $4::bigint,
                   (select max(account_version) + 1 from ledger_posting p where p.tenant_id = $1 and p.account_id = $3), 0
            from ledger_journal j where j.tenant_id = $1 and j.id = $2
            """,
            books.tenant_id, journal_id, bank, amount,
        )  # fmt: skip


@pytest.mark.parametrize("amounts", [[], [5], [5, -4], [5, 5]])
async def test_the_trigger_alone_refuses_an_entry_out_of_balance_at_commit(
    owner_connection: asyncpg.Connection, books: Books, amounts: list[int]
) -> None:
    with pytest.raises(asyncpg.PostgresError, match=r"^UNBALANCED: "):
        async with owner_connection.transaction():
            await insert_journal(owner_connection, books, amounts)
    async with owner_connection.transaction():
        await insert_journal(owner_connection, books, [5, -5])


async def test_the_trigger_alone_refuses_a_posting_added_to_an_old_entry(
    owner_connection: asyncpg.Connection, books: Books
) -> None:
    first = await owner_connection.fetchval(
        "select id from ledger_journal where tenant_id = $1 and seq = 1", books.tenant_id
    )
    with pytest.raises(asyncpg.PostgresError, match=r"^UNBALANCED: "):
        await insert_journal(owner_connection, books, [5], journal_id=first)


async def test_changing_the_tenant_before_commit_does_not_blind_the_trigger(
    owner_connection: asyncpg.Connection, runtime: asyncpg.Connection, books: Books
) -> None:
    other = await open_books(owner_connection)
    await owner_connection.execute(
        "grant insert on ledger_journal, ledger_posting to scopewright_app"
    )
    try:
        with pytest.raises(asyncpg.PostgresError, match=r"^UNBALANCED: "):
            async with runtime.transaction():
                await insert_journal(runtime, books, [5, -4])
                await set_tenant(runtime, other.tenant_id, local="local")
                assert await runtime.fetchval("select count(*) from ledger_posting") == 0
    finally:
        await owner_connection.execute(
            "revoke insert on ledger_journal, ledger_posting from scopewright_app"
        )
    assert await books.problems() == []


async def test_accounts_are_audited_when_they_are_opened_and_not_at_every_posting(
    owner_connection: asyncpg.Connection, books: Books
) -> None:
    events = await owner_connection.fetch(
        "select operation, after from audit_event where tenant_id = $1 and table_name = 'ledger_account'",
        books.tenant_id,
    )
    assert [event["operation"] for event in events] == ["insert"] * 3
    assert "balance_minor" not in json.loads(events[0]["after"])


async def test_the_actor_of_an_entry_is_the_unit_of_works_and_no_argument(
    owner_connection: asyncpg.Connection,
) -> None:
    books = await open_books(owner_connection)
    async with unit_of_work(Scope(books.tenant_id, "staff:me", "request-7")) as uow:
        await books.account(uow, "bank")
    posted = await books.deposit(kr(1), date(2026, 1, 1))
    row = await owner_connection.fetchrow(
        "select actor, request_id, written_at from ledger_journal where tenant_id = $1 and id = $2",
        books.tenant_id, posted.id,
    )  # fmt: skip
    assert (row["actor"], row["request_id"]) == ("owner:test", "request-1")
    assert abs((row["written_at"] - datetime.now(UTC)).total_seconds()) < 60
