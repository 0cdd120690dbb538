"""The one way to the database: its tenant, its end, and what it refuses."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from db.engine import DB, OutsideUnitOfWork
from db.ids import new_id
from db.tables.practices import Practice
from db.unit_of_work import NestedUnitOfWork, Scope, read_only, unit_of_work
from tests.factories.practices import NOW, a_practice

pytestmark = pytest.mark.usefixtures("database")


def scope(tenant_id: UUID) -> Scope:
    return Scope(tenant_id, "test", "test")


async def names(tenant_id: UUID) -> list[str]:
    async with read_only(scope(tenant_id)):
        rows = await Practice.select(Practice.name)
    return [row["name"] for row in rows]


async def test_a_practice_sees_itself_and_no_other_whatever_the_query_forgets() -> None:
    here, there = await a_practice("Here"), await a_practice("There")
    assert await names(here.practice_id) == ["Here"]
    assert await names(there.practice_id) == ["There"]
    assert await names(new_id()) == []


async def test_a_tenant_that_is_not_signed_sees_nothing() -> None:
    here, there = await a_practice("Here"), await a_practice("There")
    async with read_only(scope(here.practice_id)) as uow:
        await uow.execute(f"set local app.tenant = '{there.practice_id}'")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="not signed"):
            await uow.fetch("select * from practice")


async def test_another_tenants_row_cannot_be_written() -> None:
    here, there = await a_practice("Here"), await a_practice("There")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with unit_of_work(scope(here.practice_id)) as uow:
            await uow.execute(
                "insert into member (tenant_id, id, name, email, role, created_at, updated_at) "
                "values ($1, $2, 'x', 'x@x', 'owner', $3, $3)",
                there.practice_id, new_id(), NOW,
            )  # fmt: skip
    async with unit_of_work(scope(here.practice_id)) as uow:
        assert (
            await uow.execute(
                "update practice set name = 'mine' where tenant_id = $1", there.practice_id
            )
            == "UPDATE 0"
        )
    assert await names(there.practice_id) == ["There"]


async def test_the_tenant_is_gone_after_commit_error_and_cancel() -> None:
    people = await a_practice()

    async def left_behind() -> list[str]:
        assert DB.pool is not None
        async with DB.pool.acquire() as connection:
            return [r["name"] for r in await connection.fetch("select name from practice")]

    async with unit_of_work(scope(people.practice_id)):
        pass
    assert await left_behind() == []
    with pytest.raises(ZeroDivisionError):
        async with unit_of_work(scope(people.practice_id)):
            raise ZeroDivisionError
    assert await left_behind() == []

    async def sleeper() -> None:
        async with unit_of_work(scope(people.practice_id)) as uow:
            await uow.execute("select pg_sleep(60)")

    task = asyncio.create_task(sleeper())
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await left_behind() == []
    assert DB.current_transaction.get() is None


async def test_an_exception_rolls_everything_back() -> None:
    people = await a_practice("Before")
    with pytest.raises(RuntimeError):
        async with unit_of_work(scope(people.practice_id)):
            await Practice.update({Practice.name: "After"}).where(
                Practice.tenant_id == people.practice_id
            )
            raise RuntimeError
    assert await names(people.practice_id) == ["Before"]


async def test_units_of_work_do_not_nest_and_queries_do_not_stray() -> None:
    people = await a_practice()
    async with read_only(scope(people.practice_id)):
        with pytest.raises(NestedUnitOfWork):
            async with unit_of_work(scope(people.practice_id)):
                pass
    with pytest.raises(OutsideUnitOfWork):
        await Practice.select()


async def test_queries_gathered_in_one_transaction_wait_for_each_other() -> None:
    people = await a_practice()
    async with read_only(scope(people.practice_id)):
        answers = await asyncio.gather(*(Practice.select(Practice.name) for _ in range(20)))
    assert answers == [[{"name": "Nordlys Studio"}]] * 20


async def test_a_failing_deferred_constraint_gives_the_connection_back() -> None:
    people = await a_practice()
    assert DB.pool is not None
    for _ in range(30):
        with pytest.raises(asyncpg.PostgresError):
            async with unit_of_work(scope(people.practice_id)) as uow:
                await uow.execute("select no_such_column")
    assert DB.pool.get_idle_size() == DB.pool.get_size()


async def test_reading_cannot_write() -> None:
    people = await a_practice()
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with read_only(scope(people.practice_id)):
            await Practice.update({Practice.name: "x"}).where(
                Practice.tenant_id == people.practice_id
            )


async def test_start_up_refuses_an_owner(owner_dsn: str) -> None:
    from db.engine import Engine

    engine = Engine()
    with pytest.raises(PermissionError, match="RUNTIME_DATABASE_URL"):
        await engine.open(owner_dsn, pool_size=1)
    assert engine.pool is None
