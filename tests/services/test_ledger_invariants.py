"""Whatever is posted, in whatever order, the books stay sound, and agree with a model of a few lines of Python."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.unit_of_work import unit_of_work
from services import ledger
from services.rules.errors import DomainError
from services.rules.ledger import JournalDraft, Line
from services.rules.money import Money
from tests.services.ledger_books import NOON, Books, open_books

CODES = ("bank", "receivable", "retainer_liability", "unapplied_receipts", "revenue")
NEVER_IN_DEBIT = ("retainer_liability", "unapplied_receipts")
CURRENCIES = ("DKK", "EUR")
FIRST = date(2026, 1, 1)
DAYS = range(10)

Posting = tuple[str, str, int]


@dataclass(frozen=True)
class Post:
    """Post these lines, the bank taking what is missing."""

    day: int
    lines: tuple[Posting, ...]


@dataclass(frozen=True)
class Reverse:
    """Reverse one of the journals there are."""

    day: int
    which: int


@dataclass(frozen=True)
class Close:
    """Close the books through a day."""

    day: int


POSTING = st.tuples(
    st.sampled_from(CODES), st.sampled_from(CURRENCIES), st.integers(-40, 40).filter(bool)
)


def with_the_bank(lines: list[Posting]) -> tuple[Posting, ...]:
    sums = {c: sum(amount for _, its, amount in lines if its == c) for c in CURRENCIES}
    return (*lines, *(("bank", currency, -left) for currency, left in sums.items() if left))


# Most of a practice's life: one retainer, in and out, on days in any order.
TO_AND_FRO = (
    st.integers(-40, 60)
    .filter(bool)
    .map(lambda amount: with_the_bank([("retainer_liability", "DKK", -amount)]))
)


STEPS = st.lists(
    st.one_of(
        st.builds(Post, st.sampled_from(DAYS), TO_AND_FRO),
        st.builds(Post, st.sampled_from(DAYS), TO_AND_FRO),
        st.builds(
            Post,
            st.sampled_from(DAYS),
            st.lists(POSTING, min_size=2, max_size=5).map(with_the_bank),
        ),
        st.builds(Reverse, st.sampled_from(DAYS), st.integers(0, 9)),
        st.builds(Close, st.integers(0, 3)),
    ),
    min_size=1,
    max_size=12,
)

# A retainer whose balance dips in the middle: what is taken before the dip must not break it.
A_DIP = tuple(
    Post(day, with_the_bank([("retainer_liability", "DKK", amount)]))
    for day, amount in ((1, -50), (5, 40), (8, -50))
)


@dataclass
class Model:
    """The same rules without a database: sums over everything, every time."""

    journals: list[tuple[int, tuple[Posting, ...], int | None]] = field(default_factory=list)
    closed: int = -1

    def balance(self, code: str, currency: str, day: int, known: int | None = None) -> int:
        return sum(
            amount
            for on, lines, _ in self.journals[:known]
            for its_code, its_currency, amount in lines
            if (its_code, its_currency) == (code, currency) and on <= day
        )

    def take(self, step: Post | Reverse | Close) -> str:
        """Do the step, or answer the code of its refusal."""
        if isinstance(step, Close):
            if step.day <= self.closed:
                return "PERIOD_CLOSED"
            self.closed = step.day
            return "done"
        if isinstance(step, Post):
            return self.enter(step.day, step.lines, None)
        if not self.journals:
            return "NOT_FOUND"
        which = step.which % len(self.journals)
        on, lines, reverses = self.journals[which]
        if step.day <= self.closed:
            return "PERIOD_CLOSED"
        if any(each == which for _, _, each in self.journals):
            return "ALREADY_REVERSED"
        if reverses is not None or step.day < on:
            return "NOT_REVERSIBLE"
        return self.enter(step.day, tuple((c, cur, -amount) for c, cur, amount in lines), which)

    def enter(self, day: int, lines: tuple[Posting, ...], reverses: int | None) -> str:
        if day <= self.closed:
            return "PERIOD_CLOSED"
        self.journals.append((day, lines, reverses))
        if any(
            self.balance(code, currency, on) > 0
            for code in NEVER_IN_DEBIT
            for currency in CURRENCIES
            for on in DAYS
        ):
            self.journals.pop()
            return "INSUFFICIENT_FUNDS"
        return "done"


async def take(books: Books, posted: list[UUID], step: Post | Reverse | Close) -> str:
    """Do the step in the books, or answer the code of its refusal."""
    on = FIRST + timedelta(days=step.day)
    now = NOON + timedelta(minutes=len(posted))
    try:
        async with unit_of_work(books.scope) as uow:
            if isinstance(step, Close):
                await ledger.close_period(uow, through=on, now=now)
                return "done"
            if isinstance(step, Reverse):
                which = posted[step.which % len(posted)] if posted else books.client_id
                journal = await ledger.reverse(
                    uow, which, effective_date=on, description="Back", now=now
                )
            else:
                lines = [
                    Line(await books.account(uow, code, currency), Money(amount, currency))
                    for code, currency, amount in step.lines
                ]
                journal = await ledger.post(
                    uow, JournalDraft("test", "A step", on, tuple(lines)), now=now
                )
    except DomainError as refusal:
        return refusal.code
    posted.append(journal.id)
    return "done"


@given(st.sampled_from([(), A_DIP]), STEPS)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@pytest.mark.usefixtures("database")
async def test_the_books_agree_with_a_model_of_them(
    owner_connection: asyncpg.Connection,
    before: tuple[Post, ...],
    steps: list[Post | Reverse | Close],
) -> None:
    books = await open_books(owner_connection)
    model, posted = Model(), []
    for step in (*before, *steps):
        assert await take(books, posted, step) == model.take(step)
    assert await books.problems() == []
    async with unit_of_work(books.scope) as uow:
        assert [j.id for j in await ledger.journals(uow)] == posted
        for code in CODES:
            for currency in CURRENCIES:
                account = await books.account(uow, code, currency)
                for day in (-1, 0, 3, 5, 9):
                    found = await ledger.balance(uow, account, as_of=FIRST + timedelta(days=day))
                    assert found.balance_minor == model.balance(code, currency, day)
                then = NOON + timedelta(minutes=2)
                found = await ledger.balance(
                    uow, account, as_of=FIRST + timedelta(days=5), known_at=then
                )
                assert found.balance_minor == model.balance(code, currency, 5, known=3)
                running = 0
                for entry in await ledger.account_entries(uow, [account]):
                    running += entry.amount_minor
                    assert entry.balance_minor == running
        for debit_minor, credit_minor in (await ledger.trial_balance(uow)).totals.values():
            assert debit_minor == credit_minor
