"""Closed periods: closing, reopening with a reason, and what the check of the books makes of it."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import pytest

from db.ids import new_id
from db.queries import books as queries
from db.unit_of_work import Scope, read_only, unit_of_work
from services import books, ledger
from services.rules.errors import Conflict, Forbidden, RuleViolation
from services.rules.money import Money
from tests.factories.practices import People, a_practice

pytestmark = pytest.mark.usefixtures("database")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
JAN, FEB, MARCH = date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)


@pytest.fixture
async def people() -> People:
    """A practice with its members."""
    return await a_practice()


async def charge(people: People, on: date) -> int:
    """An entry of that date; answers its number."""
    async with unit_of_work(people.owner.scope()) as uow:
        charges = await ledger.account_for(uow, "bank_charges", "DKK", now=NOON)
        bank = await ledger.account_for(uow, "bank", "DKK", now=NOON)
        posted = await ledger.post(
            uow,
            ledger.JournalDraft(
                "bank_charge",
                "Fee",
                on,
                (
                    ledger.Line.debit(charges.id, Money(100, "DKK")),
                    ledger.Line.credit(bank.id, Money(100, "DKK")),
                ),
            ),
            now=NOON,
        )
    return posted.seq


async def close(people: People, through: date, **values: Any) -> Any:
    return await books.close_period(
        values.pop("actor", people.owner), through=through, idempotency_key=str(new_id()), now=NOON
    )


async def reopen(people: People, through: date | None, **values: Any) -> Any:
    return await books.reopen_period(
        **{
            "actor": people.owner, "through": through, "reason": "The bank sent a late statement.",
            "idempotency_key": str(new_id()), "now": NOON, **values,
        }
    )  # fmt: skip


async def state(people: People) -> tuple[date | None, list[tuple[str, date | None, int]]]:
    """What is closed, every closing and reopening with the entries it let in, oldest first; and the books are sound."""
    async with read_only(people.owner.scope()) as uow:
        assert await ledger.verify(uow) == ()
        events = await queries.period_events(uow, ids=None, before=None, limit=100)
        closed = await ledger.closed_through(uow)
    return closed, [(row["kind"], row["closed_through"], row["entries"]) for row in events[::-1]]


async def test_a_period_is_closed_reopened_with_a_reason_and_closed_again(people: People) -> None:
    await charge(people, date(2026, 1, 5))
    await close(people, JAN)
    await close(people, MARCH)
    with pytest.raises(RuleViolation) as refused:
        await charge(people, date(2026, 2, 10))
    assert refused.value.code == "PERIOD_CLOSED"

    reopening_id = await reopen(people, JAN)
    with pytest.raises(RuleViolation):
        await charge(people, JAN)
    late = await charge(people, date(2026, 2, 10))
    await charge(people, date(2026, 4, 2))  # was never closed
    await close(people, MARCH)
    with pytest.raises(RuleViolation):
        await charge(people, date(2026, 2, 10))
    assert await state(people) == (
        MARCH,
        [("closed", JAN, 0), ("closed", MARCH, 0), ("reopened", JAN, 1), ("closed", MARCH, 0)],
    )
    async with read_only(people.owner.scope()) as uow:
        rows = await queries.reopened_journals(uow, reopening_id)
    assert [(row["seq"], row["effective_date"]) for row in rows] == [(late, date(2026, 2, 10))]


async def test_everything_can_be_opened_and_what_is_open_cannot(people: People) -> None:
    for through in (None, JAN):
        with pytest.raises(RuleViolation) as refused:
            await reopen(people, through)
        assert refused.value.code == "PERIOD_NOT_CLOSED"
    await close(people, FEB)
    for through in (FEB, MARCH):
        with pytest.raises(RuleViolation):
            await reopen(people, through)
    await reopen(people, None)
    await charge(people, date(2026, 1, 2))
    assert await state(people) == (None, [("closed", FEB, 0), ("reopened", None, 1)])


async def test_only_the_owner_reopens_and_the_accountant_closes_nothing(
    people: People, runtime_dsn: str
) -> None:
    await close(people, JAN, actor=people.staff)
    for actor in (people.staff, people.assistant, people.accountant):
        with pytest.raises(Forbidden):
            await reopen(people, None, actor=actor)
    for actor in (people.assistant, people.accountant):
        with pytest.raises(Forbidden):
            await close(people, FEB, actor=actor)
    # The database holds to it by itself.
    for name in ("staff:1", "system:-", "", "owner:"):
        scope = Scope(people.practice_id, name, "-")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with unit_of_work(scope) as uow:
                await queries.reopen_period(
                    uow, reopening_id=new_id(), through=None, reason="Why not", now=NOON
                )
    assert await state(people) == (JAN, [("closed", JAN, 0)])


async def test_the_same_key_closes_once_and_twins_close_once(people: People) -> None:
    same = {"through": JAN, "idempotency_key": "one", "now": NOON}
    first = await books.close_period(people.owner, **same)
    assert await books.close_period(people.owner, **same) == first
    with pytest.raises(Conflict):
        await books.close_period(people.owner, **{**same, "through": FEB})
    done = await asyncio.gather(*(close(people, FEB) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(each, RuleViolation) for each in done) == 4
    assert (await state(people))[1] == [("closed", JAN, 0), ("closed", FEB, 0)]


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        # An entry that says it was made before the period was opened for it.
        ("update ledger_reopening set last_seq = 2 where tenant_id = $1", "CLOSED_PERIOD"),
        ("update ledger_reopening set closed_through = '2026-02-20' where tenant_id = $1", "CLOSED_PERIOD"),
        ("update ledger_reopening set closed_through_before = '2026-06-30' where tenant_id = $1", "REOPENING"),
        ("update ledger_reopening set last_hash = set_byte(last_hash, 0, 255 - get_byte(last_hash, 0)) where tenant_id = $1", "REOPENING"),
        ("delete from ledger_reopening where tenant_id = $1", "CLOSED_PERIOD"),
        ("update ledger_head set closed_through = null where tenant_id = $1", "CLOSING"),
        ("update ledger_closing set reopenings_before = 1 where tenant_id = $1", "REOPENING"),
    ],
)  # fmt: skip
async def test_a_reopening_that_was_tampered_with_is_found(
    people: People, owner_connection: asyncpg.Connection, statement: str, problem: str
) -> None:
    await charge(people, date(2026, 1, 5))
    await close(people, MARCH)
    await reopen(people, JAN)
    await charge(people, date(2026, 2, 10))
    assert (await state(people))[0] == JAN
    async with owner_connection.transaction():
        await owner_connection.execute("set local session_replication_role = replica")
        done = await owner_connection.execute(statement, people.practice_id)
    assert done[-1] != "0"
    async with read_only(people.owner.scope()) as uow:
        assert problem in {each.problem for each in await ledger.verify(uow)}


async def test_a_reopening_is_never_changed(
    people: People, owner_connection: asyncpg.Connection
) -> None:
    await close(people, JAN)
    await reopen(people, None)
    for statement in ("update ledger_reopening set reason = 'x'", "delete from ledger_reopening"):
        with pytest.raises(asyncpg.PostgresError):
            await owner_connection.execute(statement)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with unit_of_work(people.owner.scope()) as uow:
                await uow.execute(statement)
