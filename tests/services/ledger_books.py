"""A practice with books to write in, and literal money, for the tests of the ledger."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

import asyncpg

from db.ids import new_id
from db.unit_of_work import Scope, UnitOfWork, unit_of_work
from services import ledger
from services.rules.ledger import AccountCode, JournalDraft, Line
from services.rules.money import Money

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def kr(amount: int) -> Money:
    """Danish kroner, whole."""
    return Money(amount * 100, "DKK")


@dataclass
class Books:
    """One practice with one client and one retainer."""

    tenant_id: UUID = field(default_factory=new_id)
    client_id: UUID = field(default_factory=new_id)
    retainer_id: UUID = field(default_factory=new_id)

    @property
    def scope(self) -> Scope:
        return Scope(self.tenant_id, "owner:test", "request-1")

    async def account(
        self, uow: UnitOfWork, code: AccountCode, currency: str = "DKK", *, now: datetime = NOON
    ) -> UUID:
        """The account of this code, for the practice, the client or the retainer as the chart has it."""
        subject_kind = ledger.CHART[code].subject_kind
        account = await ledger.account_for(
            uow,
            code,
            currency,
            subject_id=self.retainer_id if subject_kind == "retainer" else None,
            client_id=None if subject_kind == "practice" else self.client_id,
            now=now,
        )
        return account.id

    async def move(
        self,
        debit: AccountCode,
        credit: AccountCode,
        amount: Money,
        on: date,
        *,
        kind: str = "payment",
        source_id: UUID | None = None,
        now: datetime = NOON,
    ) -> ledger.PostedJournal:
        """Post one entry of two lines in a unit of work of its own."""
        async with unit_of_work(self.scope) as uow:
            lines = (
                Line.debit(await self.account(uow, debit, amount.currency), amount),
                Line.credit(await self.account(uow, credit, amount.currency), amount),
            )
            return await ledger.post(
                uow,
                JournalDraft(
                    kind,
                    f"{kind} of {amount}",
                    on,
                    lines,
                    "payment" if source_id else "",
                    source_id,
                ),
                now=now,
            )

    async def deposit(self, amount: Money, on: date, **more: object) -> ledger.PostedJournal:
        """The client pays into the retainer: Dr bank / Cr retainer liability."""
        return await self.move(
            "bank", "retainer_liability", amount, on, kind="retainer_deposit", **more
        )

    async def draw(self, amount: Money, on: date, **more: object) -> ledger.PostedJournal:
        """The retainer pays an invoice: Dr retainer liability / Cr receivable."""
        return await self.move(
            "retainer_liability", "receivable", amount, on, kind="drawdown", **more
        )

    async def held(self, *, as_of: date | None = None, known_at: datetime | None = None) -> int:
        """What the retainer holds, in whole kroner."""
        async with unit_of_work(self.scope) as uow:
            found = await ledger.balance(
                uow, await self.account(uow, "retainer_liability"), as_of=as_of, known_at=known_at
            )
        assert found.natural_minor % 100 == 0
        return found.natural_minor // 100

    async def problems(self) -> list[tuple[int | None, str]]:
        """What the books' own check finds."""
        async with unit_of_work(self.scope, mode="read only") as uow:
            return [(problem.seq, problem.problem) for problem in await ledger.verify(uow)]


async def open_books(owner: asyncpg.Connection) -> Books:
    """A new practice with one client; the retainer is an id alone, which is all the ledger knows of it."""
    books = Books()
    await owner.execute(
        """
        insert into practice (tenant_id, id, name, legal_name, country, currency, locale, timezone, created_at, updated_at)
        values ($1, $1, 'Studio', 'Studio ApS', 'DK', 'DKK', 'da', 'Europe/Copenhagen', $2, $2)
        """,
        books.tenant_id,
        NOON,
    )
    await owner.execute(
        """
        insert into client (tenant_id, id, name, country, currency, locale, kind, payment_terms_days, created_at, updated_at)
        values ($1, $2, 'Client', 'DK', 'DKK', 'da', 'looks_to_us', 8, $3, $3)
        """,
        books.tenant_id,
        books.client_id,
        NOON,
    )
    return books
