"""What the ledger answers: accounts, balances, entries and reports, as plain values."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from services.rules import ledger as rules
from services.rules.ledger import AccountCode, AccountKind, SubjectKind


@dataclass(frozen=True, slots=True)
class Account:
    """One account in one currency, and whose it is. `client_id` is set where it concerns a client."""

    id: UUID
    code: AccountCode
    kind: AccountKind
    name: str
    currency: str
    subject_kind: SubjectKind
    subject_id: UUID
    client_id: UUID | None
    floor_minor: int | None


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """What stands on an account: `balance_minor` debit positive."""

    account: Account
    balance_minor: int

    @property
    def natural_minor(self) -> int:
        """The balance on the account's own side."""
        return rules.natural_minor(self.account.kind, self.balance_minor)


@dataclass(frozen=True, slots=True)
class PostedJournal:
    """An entry that is in the books. `recorded_at` is the caller's `now`, or the entry before's where that is later."""

    id: UUID
    seq: int
    effective_date: date
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One posting of an entry."""

    position: int
    account_id: UUID
    code: AccountCode
    account_name: str
    client_id: UUID | None
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Journal:
    """An entry with its lines. `hash` chains it to the entry before."""

    id: UUID
    seq: int
    effective_date: date
    recorded_at: datetime
    kind: str
    description: str
    source_kind: str
    source_id: UUID | None
    reversal_of: UUID | None
    actor: str
    request_id: str
    hash: bytes
    lines: tuple[JournalLine, ...]


@dataclass(frozen=True, slots=True, order=True)
class EntryCursor:
    """A place in the effective order of postings; pass the last one to get what follows."""

    effective_date: date
    seq: int
    position: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an account's ledger; `balance_minor` is the account's after it, in effective order."""

    id: UUID
    journal_id: UUID
    cursor: EntryCursor
    recorded_at: datetime
    kind: str
    description: str
    source_kind: str
    source_id: UUID | None
    reversal_of: UUID | None
    account_id: UUID
    code: AccountCode
    account_kind: AccountKind
    currency: str
    amount_minor: int
    balance_minor: int

    @property
    def effective_date(self) -> date:
        """When it counts."""
        return self.cursor.effective_date

    @property
    def seq(self) -> int:
        """The number of its journal."""
        return self.cursor.seq

    @property
    def position(self) -> int:
        """Its place within the journal."""
        return self.cursor.position

    @property
    def natural_balance_minor(self) -> int:
        """The balance after it, on the account's own side."""
        return rules.natural_minor(self.account_kind, self.balance_minor)


@dataclass(frozen=True, slots=True)
class TrialBalanceLine:
    """All accounts of one code and currency: their net balance, in debit or in credit; the other one is 0."""

    code: AccountCode
    name: str
    kind: AccountKind
    currency: str
    debit_minor: int
    credit_minor: int


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every account with a balance, in the order of the chart. `totals` gives (debit, credit) of each currency, equal."""

    as_of: date | None
    known_at: datetime | None
    lines: tuple[TrialBalanceLine, ...]
    totals: dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the books that does not agree; `seq` is the entry it shows at, if it shows at one."""

    seq: int | None
    problem: str
    detail: str


def account_from(row: asyncpg.Record) -> Account:
    """The account that a query answered."""
    return Account(**{name: row[name] for name in Account.__slots__})
