"""The audit trail: every change, whole, by whom, through which request; nobody can edit it."""

import asyncpg
import orjson
import pytest

from db.queries.practices import audit_events, broken_audit_events
from db.unit_of_work import Scope, read_only, unit_of_work
from services.practices import PracticeDetails, update_practice
from tests.factories.practices import NOW, a_practice

pytestmark = pytest.mark.usefixtures("database")


async def test_a_change_leaves_who_when_what_before_and_after_and_the_request() -> None:
    people = await a_practice()
    details = PracticeDetails("New", "New ApS", "DK", "DKK", "da", "Europe/Copenhagen")
    await update_practice(people.owner, details, expected_version=1, now=NOW)
    async with read_only(people.owner.scope()) as uow:
        newest, *_ = await audit_events(
            uow, row_id=people.practice_id, before_position=None, limit=10
        )
    assert newest["actor"] == f"owner:{people.owner.member_id}"
    assert newest["request_id"] == "test"
    assert (newest["operation"], newest["table_name"]) == ("update", "practice")
    assert orjson.loads(newest["before"])["name"] == "Nordlys Studio"
    assert orjson.loads(newest["after"])["name"] == "New"


@pytest.mark.parametrize(
    "statement",
    ["update audit_event set actor = 'x'", "delete from audit_event", "truncate audit_event"],
)
async def test_the_trail_cannot_be_changed(
    statement: str, owner_connection: asyncpg.Connection
) -> None:
    people = await a_practice()
    with pytest.raises(asyncpg.PostgresError):
        async with unit_of_work(people.owner.scope()) as uow:
            await uow.execute(statement)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
        await owner_connection.execute(statement)


async def test_the_runtime_role_cannot_write_an_entry_itself() -> None:
    people = await a_practice()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with unit_of_work(people.owner.scope()) as uow:
            await uow.execute(
                "insert into audit_event (tenant_id, recorded_at, actor, request_id, operation, table_name, row_id, digest) "
                "values ($1, now(), 'x', 'x', 'insert', 'x', $1, '')",
                people.practice_id,
            )


async def test_a_changed_byte_shows(owner_connection: asyncpg.Connection) -> None:
    people = await a_practice()
    async with read_only(people.owner.scope()) as uow:
        assert await broken_audit_events(uow) == 0
    transaction = owner_connection.transaction()
    await transaction.start()
    await owner_connection.execute("alter table audit_event disable trigger append_only")
    await owner_connection.execute(
        "update audit_event set after = jsonb_set(after, '{name}', '\"Nordlys Studi0\"') where row_id = $1",
        people.practice_id,
    )
    broken = await owner_connection.fetchval(
        "select count(*) from audit_event e where tenant_id = $1 and digest <> audit_digest(e)",
        people.practice_id,
    )
    await transaction.rollback()
    assert broken == 1


async def test_an_actors_name_cannot_break_out_of_the_setting() -> None:
    people = await a_practice()
    hostile = Scope(people.practice_id, "x'; set local app.tenant = 'y", "r'\n--")
    async with unit_of_work(hostile) as uow:
        assert await uow.fetchval("select current_setting('app.actor')") == "xsetlocalapp.tenanty"
