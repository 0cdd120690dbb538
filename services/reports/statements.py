"""The statement of account of a client: what was owed, what moved it, what is owed, and what of that is overdue.

One line for each entry that moved what the client owes: receivables less unapplied receipts and kept credit. What only moved money
between these is no line. Retainers are told apart, for they pay nothing until they are drawn.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from db.queries import clients as client_queries
from db.queries import ledger as ledger_queries
from db.queries import receivables as receivable_queries
from db.unit_of_work import UnitOfWork, read_only
from services import ledger
from services.actor import MEMBERS, Actor
from services.reports.receivables import AgedDocument, called_of, open_documents
from services.rules.dates import check_plausible
from services.rules.errors import InvalidInput, NotFound

_OWED: Final[tuple[ledger.AccountCode, ...]] = (
    "receivable",
    "unapplied_receipts",
    "client_credit",
)
_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One entry. `amount_minor` is positive where the client owes more by it; `documents` are the numbers it was about."""

    effective_date: date
    journal_number: int
    kind: str
    is_reversal: bool
    description: str
    documents: tuple[str, ...]
    amount_minor: int
    balance_minor: int


@dataclass(frozen=True, slots=True)
class StatementSection:
    """The account in one currency. `ledger_minor` is what the accounts say at the end; `held_minor` what retainers hold."""

    currency: str
    opening_minor: int
    lines: tuple[StatementLine, ...]
    closing_minor: int
    ledger_minor: int
    overdue: tuple[AgedDocument, ...]
    held_minor: int

    @property
    def overdue_minor(self) -> int:
        """What is due and unpaid at the end."""
        return sum(each.part.open_minor for each in self.overdue)


@dataclass(frozen=True, slots=True)
class Statement:
    """All currencies of a client between two dates, both in it."""

    client_id: UUID
    client_name: str
    from_date: date
    to_date: date
    known_at: datetime | None
    sections: tuple[StatementSection, ...]


async def statement_of_account(
    actor: Actor,
    client_id: UUID,
    *,
    from_date: date,
    to_date: date,
    known_at: datetime | None = None,
) -> Statement:
    """Opening balance, every movement, closing balance, what is overdue. Raises `Forbidden`, `NotFound`, `InvalidInput` (PERIOD_INVALID)."""
    actor.require(*MEMBERS)
    check_span(from_date, to_date)
    async with read_only(actor.scope()) as uow:
        return await read_statement(
            uow, client_id, from_date=from_date, to_date=to_date, known_at=known_at
        )


def check_span(from_date: date, to_date: date) -> None:
    """Raise InvalidInput (PERIOD_INVALID, DATE_OUT_OF_RANGE) unless the dates span a time."""
    check_plausible(from_date, "fromDate")
    check_plausible(to_date, "toDate")
    if to_date < from_date:
        raise InvalidInput(
            "The last day is before the first.", code="PERIOD_INVALID", field="toDate"
        )


async def read_statement(
    uow: UnitOfWork, client_id: UUID, *, from_date: date, to_date: date, known_at: datetime | None
) -> Statement:
    """The statement in the caller's snapshot. Raises `NotFound`."""
    client = await client_queries.client_by_id(uow, client_id)
    if client is None:
        raise NotFound("No client with this id.", field="clientId")
    before = await _sums(uow, client_id, from_date - timedelta(1), known_at)
    after = await _sums(uow, client_id, to_date, known_at)
    entries = await _entries(uow, client_id, from_date, to_date, known_at)
    about: dict[UUID, list[UUID]] = {}
    for row in await receivable_queries.documents_of_journals(
        uow, list({entry.journal_id for entry in entries})
    ):
        about.setdefault(row["journal_id"], []).append(row["document_id"])
    called = await called_of(uow, [each for found in about.values() for each in found])
    known_seq = None if known_at is None else await ledger_queries.last_seq_known_at(uow, known_at)
    aged = await open_documents(
        uow, {client_id: client["name"]}, as_of=to_date, known_seq=known_seq, client_id=client_id
    )
    currencies = sorted({key[0] for key in before | after} | {entry.currency for entry in entries})
    sections = []
    for currency in currencies:
        opening = before.get((currency, "owed"), 0)
        lines = _lines(
            [entry for entry in entries if entry.currency == currency], opening, about, called
        )
        sections.append(
            StatementSection(
                currency,
                opening,
                lines,
                lines[-1].balance_minor if lines else opening,
                after.get((currency, "owed"), 0),
                tuple(
                    each
                    for each in aged
                    if each.currency == currency and each.part.overdue_days > 0
                ),
                after.get((currency, "held"), 0),
            )
        )
    return Statement(client_id, client["name"], from_date, to_date, known_at, tuple(sections))


async def _sums(
    uow: UnitOfWork, client_id: UUID, as_of: date, known_at: datetime | None
) -> dict[tuple[str, str], int]:
    """What the client owes, and what its retainers hold, by currency."""
    sums: dict[tuple[str, str], int] = {}
    for each in await ledger.balances(
        uow,
        codes=(*_OWED, "retainer_liability"),
        client_id=client_id,
        as_of=as_of,
        known_at=known_at,
    ):
        is_held = each.account.code == "retainer_liability"
        key = each.account.currency, "held" if is_held else "owed"
        sums[key] = sums.get(key, 0) + (each.natural_minor if is_held else each.balance_minor)
    return sums


async def _entries(
    uow: UnitOfWork, client_id: UUID, from_date: date, to_date: date, known_at: datetime | None
) -> list[ledger.Entry]:
    accounts = [
        each.account.id for each in await ledger.balances(uow, codes=_OWED, client_id=client_id)
    ]
    found: list[ledger.Entry] = []
    while True:
        page = await ledger.account_entries(
            uow,
            accounts,
            from_date=from_date,
            to_date=to_date,
            known_at=known_at,
            after=found[-1].cursor if found else None,
            limit=_PAGE,
        )
        found += page
        if len(page) < _PAGE:
            return found


def _lines(
    entries: list[ledger.Entry],
    opening_minor: int,
    about: dict[UUID, list[UUID]],
    called: dict[UUID, str],
) -> tuple[StatementLine, ...]:
    """One line for each journal that moved the sum, in the order of dates and numbers."""
    nets: dict[UUID, int] = {}
    firsts: dict[UUID, ledger.Entry] = {}
    for entry in entries:
        firsts.setdefault(entry.journal_id, entry)
        nets[entry.journal_id] = nets.get(entry.journal_id, 0) + entry.amount_minor
    lines, balance_minor = [], opening_minor
    for journal_id, entry in firsts.items():
        if nets[journal_id]:
            balance_minor += nets[journal_id]
            lines.append(
                StatementLine(
                    entry.effective_date,
                    entry.seq,
                    entry.kind,
                    entry.reversal_of is not None,
                    entry.description,
                    tuple(sorted({called[each] for each in about.get(journal_id, ())})),
                    nets[journal_id],
                    balance_minor,
                )
            )
    return tuple(lines)
