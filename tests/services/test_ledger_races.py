"""Two hands in one till: many connections at once, real locks."""

import asyncio
from collections import Counter
from contextvars import Context
from datetime import date

import asyncpg
import pytest

from db.ids import new_id
from db.unit_of_work import unit_of_work
from services import ledger
from services.rules.errors import DomainError
from services.rules.ledger import JournalDraft, Line
from tests.services.ledger_books import NOON, kr, open_books

pytestmark = pytest.mark.usefixtures("database")


async def outcomes(*attempts) -> Counter[str]:
    """How often each attempt went through (`posted`) or was refused (its code)."""

    async def outcome(attempt) -> str:
        try:
            await attempt
        except DomainError as refusal:
            return refusal.code
        return "posted"

    return Counter(await asyncio.gather(*(outcome(attempt) for attempt in attempts)))


async def test_of_fifty_drawdowns_at_once_exactly_the_seven_that_are_covered_go_through(
    owner_connection: asyncpg.Connection,
) -> None:
    books = await open_books(owner_connection)
    await books.deposit(kr(799), date(2026, 3, 1))
    assert await outcomes(*(books.draw(kr(100), date(2026, 3, 2)) for _ in range(50))) == {
        "posted": 7,
        "INSUFFICIENT_FUNDS": 43,
    }
    assert await books.held() == 99
    assert await books.problems() == []


async def test_numbers_have_no_gaps_whatever_fails_in_between(
    owner_connection: asyncpg.Connection,
) -> None:
    books = await open_books(owner_connection)
    other = await open_books(owner_connection)
    done = await outcomes(
        *(books.deposit(kr(1), date(2026, 3, 1 + i % 28)) for i in range(30)),
        *(books.draw(kr(1000), date(2026, 3, 1)) for _ in range(10)),
        *(other.deposit(kr(1), date(2026, 3, 1)) for _ in range(10)),
    )
    assert done == {"posted": 40, "INSUFFICIENT_FUNDS": 10}
    for each, entries in ((books, 30), (other, 10)):
        async with unit_of_work(each.scope) as uow:
            assert [j.seq for j in await ledger.journals(uow)] == list(range(1, entries + 1))
        assert await each.problems() == []


async def test_twins_that_open_one_account_get_the_same_and_do_not_deadlock(
    owner_connection: asyncpg.Connection,
) -> None:
    books = await open_books(owner_connection)

    async def open_two(*codes) -> frozenset:
        async with unit_of_work(books.scope) as uow:
            return frozenset([await books.account(uow, code) for code in codes])

    opened = await asyncio.gather(
        *(open_two("bank", "revenue") for _ in range(8)),
        *(open_two("revenue", "bank") for _ in range(8)),
    )
    assert len(set(opened)) == 1
    assert len(opened[0]) == 2


async def test_of_two_reversals_at_once_one_goes_through(
    owner_connection: asyncpg.Connection,
) -> None:
    books = await open_books(owner_connection)
    posted = await books.deposit(kr(100), date(2026, 3, 1))

    async def reverse() -> None:
        async with unit_of_work(books.scope) as uow:
            await ledger.reverse(
                uow, posted.id, effective_date=date(2026, 3, 1), description="Twice", now=NOON
            )

    assert await outcomes(*(reverse() for _ in range(5))) == {"posted": 1, "ALREADY_REVERSED": 4}
    assert await books.held() == 0


async def test_of_two_postings_of_one_source_at_once_one_goes_through(
    owner_connection: asyncpg.Connection,
) -> None:
    books = await open_books(owner_connection)
    source_id = new_id()
    assert await outcomes(
        *(books.deposit(kr(100), date(2026, 3, 1), source_id=source_id) for _ in range(5))
    ) == {"posted": 1, "ALREADY_POSTED": 4}
    assert await books.held() == 100


async def test_an_entry_waiting_for_a_closing_finds_the_period_closed(
    owner_connection: asyncpg.Connection,
) -> None:
    books = await open_books(owner_connection)
    await books.deposit(kr(100), date(2026, 3, 1))
    async with unit_of_work(books.scope) as uow:
        await ledger.close_period(uow, through=date(2026, 3, 31), now=NOON)
        # A task of its own, so that it opens a unit of work of its own.
        context = Context()
        waiting = asyncio.get_running_loop().create_task(
            outcomes(books.draw(kr(1), date(2026, 3, 31))), context=context
        )
        await asyncio.sleep(0.2)
        assert not waiting.done()
    assert await waiting == {"PERIOD_CLOSED": 1}


async def test_opposite_orders_of_accounts_do_not_deadlock(
    owner_connection: asyncpg.Connection,
) -> None:
    books = await open_books(owner_connection)

    async def swap(forwards: bool) -> None:
        async with unit_of_work(books.scope) as uow:
            bank, revenue = await books.account(uow, "bank"), await books.account(uow, "revenue")
            lines = [Line(bank, kr(1)), Line(revenue, -kr(1))]
            await ledger.post(
                uow,
                JournalDraft(
                    "test", "x", date(2026, 1, 1), tuple(lines if forwards else lines[::-1])
                ),
                now=NOON,
            )

    assert await outcomes(*(swap(i % 2 == 0) for i in range(20))) == {"posted": 20}
    assert await books.problems() == []
