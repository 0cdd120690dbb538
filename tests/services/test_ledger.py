"""The books: dated stories with literal money, and every refusal."""

from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest
import pytest_asyncio

from db.ids import new_id
from db.unit_of_work import unit_of_work
from services import ledger
from services.rules.errors import Conflict, DomainError, InvalidInput, NotFound, RuleViolation
from services.rules.ledger import JournalDraft, Line
from services.rules.money import Money
from tests.services.ledger_books import NOON, Books, kr, open_books

pytestmark = pytest.mark.usefixtures("database")


@pytest_asyncio.fixture
async def books(owner_connection: asyncpg.Connection) -> Books:
    return await open_books(owner_connection)


async def refused(code: str, kind: type[DomainError], awaitable) -> DomainError:
    with pytest.raises(kind) as refusal:
        await awaitable
    assert refusal.value.code == code
    return refusal.value


async def the_story(books: Books) -> None:
    """20 000 in, an invoice of 10 000 with a quarter of tax, paid from the retainer, 2 500 paid back."""
    await books.deposit(kr(20000), date(2026, 3, 2))
    async with unit_of_work(books.scope) as uow:
        await ledger.post(
            uow,
            JournalDraft(
                "invoice",
                "Invoice 1: discovery",
                date(2026, 3, 31),
                (
                    Line.debit(await books.account(uow, "receivable"), kr(12500)),
                    Line.credit(await books.account(uow, "revenue"), kr(10000)),
                    Line.credit(await books.account(uow, "tax_payable"), kr(2500)),
                ),
                "invoice",
                new_id(),
            ),
            now=NOON,
        )
    await books.draw(kr(12500), date(2026, 4, 1))
    await books.move("retainer_liability", "bank", kr(2500), date(2026, 4, 20), kind="refund")


async def test_a_retainer_is_deposited_drawn_down_and_partly_refunded(books: Books) -> None:
    await the_story(books)
    assert await books.held() == 5000
    async with unit_of_work(books.scope) as uow:
        trial = await ledger.trial_balance(uow)
        assert [(line.code, line.debit_minor, line.credit_minor) for line in trial.lines] == [
            ("bank", 1_750_000, 0),
            ("retainer_liability", 0, 500_000),
            ("tax_payable", 0, 250_000),
            ("revenue", 0, 1_000_000),
        ]
        assert trial.totals == {"DKK": (1_750_000, 1_750_000)}
        entries = await ledger.client_entries(uow, books.client_id)
        assert [
            (e.effective_date.isoformat(), e.code, e.kind, e.amount_minor, e.natural_balance_minor)
            for e in entries
        ] == [
            ("2026-03-02", "retainer_liability", "retainer_deposit", -2_000_000, 2_000_000),
            ("2026-03-31", "receivable", "invoice", 1_250_000, 1_250_000),
            ("2026-04-01", "retainer_liability", "drawdown", 1_250_000, 750_000),
            ("2026-04-01", "receivable", "drawdown", -1_250_000, 0),
            ("2026-04-20", "retainer_liability", "refund", 250_000, 500_000),
        ]
        journals = await ledger.journals(uow, after_seq=1, limit=2)
        assert [(j.seq, j.kind, j.actor, j.request_id, len(j.lines)) for j in journals] == [
            (2, "invoice", "owner:test", "request-1", 3),
            (3, "drawdown", "owner:test", "request-1", 2),
        ]
    assert await books.problems() == []


@pytest.mark.parametrize(
    ("as_of", "held"),
    [
        (date(2026, 3, 1), 0),
        (date(2026, 3, 2), 20000),
        (date(2026, 3, 31), 20000),
        (date(2026, 4, 1), 7500),
        (date(2026, 4, 19), 7500),
        (date(2026, 4, 20), 5000),
        (date(2099, 1, 1), 5000),
    ],
)
async def test_a_balance_is_answered_as_of_any_date(books: Books, as_of: date, held: int) -> None:
    await the_story(books)
    assert await books.held(as_of=as_of) == held
    assert await books.held(as_of=as_of, known_at=NOON) == held
    async with unit_of_work(books.scope) as uow:
        totals = (await ledger.trial_balance(uow, as_of=as_of)).totals
    assert all(debit == credit for debit, credit in totals.values())


async def test_last_years_answer_can_be_given_again_after_a_back_dated_entry(books: Books) -> None:
    await books.deposit(kr(100), date(2026, 1, 10), now=datetime(2026, 1, 10, 9, tzinfo=UTC))
    await books.draw(kr(30), date(2026, 2, 10), now=datetime(2026, 2, 10, 9, tzinfo=UTC))
    # Found in March: a deposit of January had been missed.
    await books.deposit(kr(50), date(2026, 1, 20), now=datetime(2026, 3, 5, 9, tzinfo=UTC))
    then, now = datetime(2026, 2, 28, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC)
    assert [
        await books.held(as_of=date(2026, 1, 31), known_at=then),
        await books.held(as_of=date(2026, 1, 31), known_at=now),
        await books.held(as_of=date(2026, 1, 31)),
        await books.held(known_at=then),
        await books.held(known_at=datetime(2026, 1, 1, tzinfo=UTC)),
        await books.held(),
    ] == [100, 150, 150, 70, 0, 120]
    async with unit_of_work(books.scope) as uow:
        account = await books.account(uow, "retainer_liability")
        assert [e.natural_balance_minor for e in await ledger.account_entries(uow, [account])] == [
            10_000, 15_000, 12_000
        ]  # fmt: skip
        assert [
            e.natural_balance_minor
            for e in await ledger.account_entries(uow, [account], known_at=then)
        ] == [10_000, 7_000]
        assert (await ledger.trial_balance(uow, known_at=then)).totals == {"DKK": (10_000, 10_000)}
    assert await books.problems() == []


async def test_an_entry_is_never_recorded_before_the_one_before_it(books: Books) -> None:
    first = await books.deposit(kr(1), date(2026, 1, 10), now=NOON)
    second = await books.deposit(kr(1), date(2026, 1, 10), now=NOON - timedelta(days=20))
    assert (first.seq, second.seq) == (1, 2)
    assert second.recorded_at == NOON


async def test_entries_are_read_piece_by_piece_with_the_balance_carried_on(books: Books) -> None:
    for day in (5, 3, 3, 9, 1):
        await books.deposit(kr(day), date(2026, 1, day))
    async with unit_of_work(books.scope) as uow:
        account = await books.account(uow, "retainer_liability")
        whole = await ledger.account_entries(uow, [account])
        pieces, after = [], None
        while piece := await ledger.account_entries(uow, [account], after=after, limit=2):
            pieces += piece
            after = piece[-1].cursor
        some = await ledger.account_entries(
            uow, [account], from_date=date(2026, 1, 3), to_date=date(2026, 1, 5)
        )
    assert [e.natural_balance_minor // 100 for e in whole] == [1, 4, 7, 12, 21]
    assert tuple(pieces) == whole
    assert tuple(some) == whole[1:4]


async def test_a_drawdown_beyond_the_retainer_is_refused_and_changes_nothing(books: Books) -> None:
    await books.deposit(kr(100), date(2026, 3, 2))
    refusal = await refused(
        "INSUFFICIENT_FUNDS", RuleViolation, books.draw(kr(101), date(2026, 3, 3))
    )
    assert refusal.message == (
        "There is not enough: 100.00 DKK may be taken; more would leave less than nothing on 2026-03-03."
    )
    assert refusal.details["available_minor"] == 10_000
    assert refusal.details["date"] == date(2026, 3, 3)
    assert await books.held() == 100
    assert await books.problems() == []
    async with unit_of_work(books.scope) as uow:
        assert len(await ledger.journals(uow)) == 1
    await books.draw(kr(100), date(2026, 3, 3))
    assert await books.held() == 0


async def test_a_back_dated_entry_may_not_leave_less_than_nothing_on_any_later_date(
    books: Books,
) -> None:
    await books.deposit(kr(100), date(2026, 3, 1))
    await books.draw(kr(80), date(2026, 3, 10))
    await books.deposit(kr(500), date(2026, 3, 20))
    # 520 today, 100 on the 5th: but only 20 were left from the 10th to the 19th.
    refusal = await refused(
        "INSUFFICIENT_FUNDS", RuleViolation, books.draw(kr(21), date(2026, 3, 5))
    )
    assert (refusal.details["date"], refusal.details["available_minor"]) == (
        date(2026, 3, 10),
        2_000,
    )
    async with unit_of_work(books.scope) as uow:
        account = await books.account(uow, "retainer_liability")
        days = [date(2026, 2, 28), date(2026, 3, 5), date(2026, 3, 10), date(2026, 3, 20)]
        assert [await ledger.available(uow, account, on=day) for day in days] == [
            0, 2_000, 2_000, 52_000
        ]  # fmt: skip
    await books.draw(kr(20), date(2026, 3, 5))
    await refused("INSUFFICIENT_FUNDS", RuleViolation, books.draw(kr(1), date(2026, 2, 28)))
    assert await books.held() == 500
    assert await books.problems() == []


async def test_money_can_come_and_go_on_one_day(books: Books) -> None:
    await books.deposit(kr(100), date(2026, 3, 1))
    await books.draw(kr(60), date(2026, 3, 1))
    await books.draw(kr(40), date(2026, 3, 1))
    assert await books.held(as_of=date(2026, 3, 1)) == 0


async def test_a_reversal_takes_an_entry_back_once(books: Books) -> None:
    posted = await books.deposit(kr(100), date(2026, 3, 1), source_id=new_id())

    async def reverse(journal_id, on=date(2026, 3, 5)):
        async with unit_of_work(books.scope) as uow:
            return await ledger.reverse(
                uow, journal_id, effective_date=on, description="Wrong client", now=NOON
            )

    await refused("NOT_REVERSIBLE", RuleViolation, reverse(posted.id, date(2026, 2, 28)))
    back = await reverse(posted.id)
    async with unit_of_work(books.scope) as uow:
        journal = await ledger.journal(uow, back.id)
        original = await ledger.journal(uow, posted.id)
    assert (journal.kind, journal.reversal_of, journal.source_id) == (
        "reversal", posted.id, original.source_id
    )  # fmt: skip
    assert [line.amount_minor for line in journal.lines] == [-10_000, 10_000]
    assert await books.held() == 0
    assert await books.held(as_of=date(2026, 3, 4)) == 100
    await refused("ALREADY_REVERSED", Conflict, reverse(posted.id))
    await refused("NOT_REVERSIBLE", RuleViolation, reverse(back.id))
    await refused("NOT_FOUND", NotFound, reverse(new_id()))
    assert await books.problems() == []


async def test_a_deposit_that_has_been_used_cannot_be_reversed(books: Books) -> None:
    posted = await books.deposit(kr(100), date(2026, 3, 1))
    await books.draw(kr(1), date(2026, 3, 9))

    async def reverse() -> None:
        async with unit_of_work(books.scope) as uow:
            await ledger.reverse(
                uow, posted.id, effective_date=date(2026, 3, 2), description="Back", now=NOON
            )

    refusal = await refused("INSUFFICIENT_FUNDS", RuleViolation, reverse())
    assert refusal.details["date"] == date(2026, 3, 9)
    assert await books.held() == 99


async def test_a_source_reaches_the_books_once_for_each_kind(books: Books) -> None:
    payment_id = new_id()
    await books.deposit(kr(5), date(2026, 3, 1), source_id=payment_id)
    await refused(
        "ALREADY_POSTED", Conflict, books.deposit(kr(5), date(2026, 3, 1), source_id=payment_id)
    )
    assert await books.held() == 5
    await books.draw(kr(5), date(2026, 3, 1), source_id=payment_id)


async def test_a_closed_period_takes_no_entries(books: Books) -> None:
    await books.deposit(kr(100), date(2026, 3, 1))

    async def close(through: date) -> None:
        async with unit_of_work(books.scope) as uow:
            await ledger.close_period(uow, through=through, now=NOON)

    await close(date(2026, 3, 31))
    refusal = await refused("PERIOD_CLOSED", RuleViolation, books.draw(kr(1), date(2026, 3, 31)))
    assert refusal.message == "The books are closed through 2026-03-31."
    assert refusal.details["closed_through"] == date(2026, 3, 31)
    await books.draw(kr(1), date(2026, 4, 1))
    await refused("PERIOD_CLOSED", RuleViolation, close(date(2026, 3, 31)))
    await refused("PERIOD_CLOSED", RuleViolation, close(date(2026, 2, 28)))
    await refused("EFFECTIVE_DATE_INVALID", InvalidInput, close(date(2026, 7, 1)))
    async with unit_of_work(books.scope) as uow:
        assert await ledger.closed_through(uow) == date(2026, 3, 31)
    assert await books.held() == 99
    assert await books.problems() == []


@pytest.mark.parametrize(
    ("amounts_minor", "code", "kind"),
    [
        ((0, 0), "AMOUNT_INVALID", InvalidInput),
        ((2**63, -(2**63)), "AMOUNT_TOO_LARGE", InvalidInput),
        ((10**15 + 1, -(10**15) - 1), "AMOUNT_TOO_LARGE", InvalidInput),
        ((100, -99), "UNBALANCED", RuleViolation),
        ((100,), "UNBALANCED", RuleViolation),
        ((), "UNBALANCED", RuleViolation),
    ],
)
async def test_bad_amounts_are_refused(books: Books, amounts_minor, code, kind) -> None:
    async def attempt() -> None:
        async with unit_of_work(books.scope) as uow:
            bank = await books.account(uow, "bank")
            lines = tuple(Line(bank, Money(amount, "DKK")) for amount in amounts_minor)
            await ledger.post(uow, JournalDraft("test", "x", date(2026, 1, 1), lines), now=NOON)

    await refused(code, kind, attempt())
    async with unit_of_work(books.scope) as uow:
        assert await ledger.journals(uow) == ()


@pytest.mark.parametrize("day", [date(1999, 12, 31), date(2027, 6, 3), date.max])
async def test_a_date_out_of_all_reason_is_refused(books: Books, day: date) -> None:
    await refused("EFFECTIVE_DATE_INVALID", InvalidInput, books.deposit(kr(1), day))


async def test_an_account_keeps_to_its_currency_and_each_currency_balances_alone(
    books: Books,
) -> None:
    async def attempt(*currencies: str) -> None:
        async with unit_of_work(books.scope) as uow:
            bank, revenue = await books.account(uow, "bank"), await books.account(uow, "revenue")
            lines = (Line(bank, Money(5, currencies[0])), Line(revenue, Money(-5, currencies[1])))
            await ledger.post(uow, JournalDraft("test", "x", date(2026, 1, 1), lines), now=NOON)

    await refused("CURRENCY_MISMATCH", RuleViolation, attempt("EUR", "EUR"))
    await refused("UNBALANCED", RuleViolation, attempt("EUR", "DKK"))
    await books.deposit(Money(7, "JPY"), date(2026, 1, 1))
    await books.deposit(Money(7, "BHD"), date(2026, 1, 1))
    async with unit_of_work(books.scope) as uow:
        assert (await ledger.trial_balance(uow)).totals == {"BHD": (7, 7), "JPY": (7, 7)}


async def test_another_practices_account_and_entry_answer_like_missing_ones(
    books: Books, owner_connection: asyncpg.Connection
) -> None:
    other = await open_books(owner_connection)
    theirs = await other.deposit(kr(5), date(2026, 1, 1))
    async with unit_of_work(other.scope) as uow:
        their_bank = await other.account(uow, "bank")

    async def post_to(account_id) -> None:
        async with unit_of_work(books.scope) as uow:
            lines = (
                Line.debit(await books.account(uow, "bank"), kr(5)),
                Line.credit(account_id, kr(5)),
            )
            await ledger.post(uow, JournalDraft("test", "x", date(2026, 1, 1), lines), now=NOON)

    async def ask(question, *args, **more) -> None:
        async with unit_of_work(books.scope) as uow:
            await question(uow, *args, **more)

    words = set()
    for account_id, journal_id in ((their_bank, theirs.id), (new_id(), new_id())):
        words |= {
            str(await refused("NOT_FOUND", NotFound, attempt))
            for attempt in (
                post_to(account_id),
                ask(ledger.balance, account_id),
                ask(ledger.available, account_id, on=date(2026, 1, 1)),
                ask(ledger.journal, journal_id),
                ask(
                    ledger.reverse,
                    journal_id,
                    effective_date=date(2026, 1, 2),
                    description="x",
                    now=NOON,
                ),
            )
        }
        async with unit_of_work(books.scope) as uow:
            assert await ledger.account_entries(uow, [account_id]) == ()
    assert words == {
        "No account with this id.",
        "No entry with this id.",
        "No account or entry with this id.",
    }
    assert await other.held() == 5


async def test_an_account_is_one_for_its_subject_and_tells_when_the_client_is_another(
    books: Books,
) -> None:
    async with unit_of_work(books.scope) as uow:
        first = await books.account(uow, "retainer_liability")
        assert await books.account(uow, "retainer_liability") == first
        assert await books.account(uow, "retainer_liability", "EUR") != first
        with pytest.raises(RuleViolation) as refusal:
            await ledger.account_for(
                uow, "retainer_liability", "DKK",
                subject_id=books.retainer_id, client_id=new_id(), now=NOON,
            )  # fmt: skip
        assert refusal.value.code == "ACCOUNT_MISMATCH"
        for wrong in ({"client_id": new_id()}, {"subject_id": new_id()}, {}):
            with pytest.raises(ValueError, match="do not fit"):
                await ledger.account_for(uow, "retainer_liability", "DKK", **wrong, now=NOON)


async def test_balances_of_many_accounts_come_in_one_question(books: Books) -> None:
    await the_story(books)
    async with unit_of_work(books.scope) as uow:
        every = await ledger.balances(uow)
        assert sum(each.balance_minor for each in every) == 0
        one_code = await ledger.balances(uow, codes=["retainer_liability"], as_of=date(2026, 4, 1))
        assert [(b.account.subject_id, b.natural_minor) for b in one_code] == [
            (books.retainer_id, 750_000)
        ]
        of_client = await ledger.balances(uow, client_id=books.client_id, known_at=NOON)
        assert {b.account.code for b in of_client} == {"retainer_liability", "receivable"}
        assert await ledger.balances(uow, subject_ids=[new_id()]) == ()
