"""The books as plain text that other programs read without a change: hledger's journal and Beancount's ledger.

The model: an account of ours becomes a path of names that both programs take (`Assets:Receivable:Northwind-4f1c09ab`), an
entry one transaction with its number, its words and its lines. Amounts are written with all decimals of their currency, debit
positive, as both programs count. Nothing is summed or left out here, so the balances of the file are those of the books.

What this module does not do: write both in one file, or say what a chart of accounts means in a country.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from services.rules.ledger import AccountKind
from services.rules.money import Money, format_amount, minor_units

_TOP: Final[Mapping[AccountKind, str]] = {
    "asset": "Assets",
    "liability": "Liabilities",
    "equity": "Equity",
    "income": "Income",
    "contra_income": "Income",
    "expense": "Expenses",
}
_HLEDGER_TYPES: Final = {
    "Assets": "A",
    "Liabilities": "L",
    "Equity": "E",
    "Income": "R",
    "Expenses": "X",
}
# Letters that do not fall apart into a letter and an accent.
_SPELT: Final = str.maketrans(
    {
        "æ": "ae",
        "Æ": "Ae",
        "ø": "oe",
        "Ø": "Oe",
        "å": "aa",
        "Å": "Aa",
        "ß": "ss",
        "ł": "l",
        "Ł": "L",
    }
)


@dataclass(frozen=True, slots=True)
class BookAccount:
    """One account in one currency. `subject` is whose it is, where not the practice's own, and `subject_id` tells namesakes apart."""

    account_id: UUID
    kind: AccountKind
    name: str
    currency: str
    subject: str = ""
    subject_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class BookLine:
    """An amount on one account, debit positive."""

    account_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True)
class BookEntry:
    """One entry of the books; `reversal_of` is the number of the entry that it takes back."""

    entry_id: UUID
    seq: int
    effective_date: date
    recorded_at: datetime
    kind: str
    description: str
    lines: tuple[BookLine, ...]
    reversal_of: int | None = None


@dataclass(frozen=True, slots=True)
class Books:
    """What stands above the entries: whose books, through which date, as known when, and every account that is used."""

    title: str
    through: date
    known_at: datetime | None
    accounts: tuple[BookAccount, ...]
    balances: Mapping[UUID, int]
    """The balance of each account through the date, in minor units and debit positive."""


def account_paths(accounts: Sequence[BookAccount]) -> dict[UUID, str]:
    """The name of each account in the files. Accounts that differ in their currency alone share one."""
    return {account.account_id: _path(account) for account in accounts}


def hledger_lines(books: Books, entries: Iterable[BookEntry]) -> Iterator[str]:
    """The lines of an hledger journal (also read by Ledger); each ends with a line feed."""
    paths = account_paths(books.accounts)
    yield f"; {_hledger_text(books.title)}\n"
    yield f"; {_scope(books)}\n"
    yield "decimal-mark .\n"
    for currency in sorted({account.currency for account in books.accounts}):
        # A format needs its decimal mark, also where no decimals follow.
        digits = minor_units(currency)
        yield f"commodity 1000.{'0' * digits} {currency}\n"
    for path in sorted(set(paths.values())):
        yield f"account {path}  ; type: {_HLEDGER_TYPES[path.partition(':')[0]]}\n"
    for entry in entries:
        taken_back = f", reversal-of:{entry.reversal_of}" if entry.reversal_of else ""
        yield (
            f"\n{entry.effective_date} ({entry.seq}) {_hledger_text(entry.description)}"
            f"  ; id:{entry.entry_id}, kind:{entry.kind}, recorded:{_instant(entry.recorded_at)}{taken_back}\n"
        )
        for line in entry.lines:
            yield f"    {paths[line.account_id]}  {_amount(line.amount)}\n"


def beancount_lines(books: Books, entries: Iterable[BookEntry]) -> Iterator[str]:
    """The lines of a Beancount ledger, with an assertion of every balance at the end; each ends with a line feed."""
    paths = account_paths(books.accounts)
    currencies: dict[str, set[str]] = {}
    for account in books.accounts:
        currencies.setdefault(paths[account.account_id], set()).add(account.currency)
    yield f"; {_scope(books)}\n"
    yield f'option "title" {_quoted(books.title)}\n'
    for currency in sorted({account.currency for account in books.accounts}):
        yield f'option "operating_currency" "{currency}"\n'
    for path, known in sorted(currencies.items()):
        # No entry can be older than this.
        yield f"2000-01-01 open {path} {','.join(sorted(known))}\n"
    for entry in entries:
        yield f"\n{entry.effective_date} * {_quoted(entry.description)}\n"
        yield f'  id: "{entry.entry_id}"\n  seq: {entry.seq}\n  kind: "{entry.kind}"\n'
        yield f'  recorded: "{_instant(entry.recorded_at)}"\n'
        if entry.reversal_of:
            yield f"  reversal-of: {entry.reversal_of}\n"
        for line in entry.lines:
            yield f"  {paths[line.account_id]}  {_amount(line.amount)}\n"
    yield "\n"
    after = books.through + timedelta(days=1)
    sums: dict[tuple[str, str], int] = {}
    for account in books.accounts:
        key = paths[account.account_id], account.currency
        sums[key] = sums.get(key, 0) + books.balances.get(account.account_id, 0)
    for (path, currency), balance_minor in sorted(sums.items()):
        yield f"{after} balance {path}  {_amount(Money(balance_minor, currency))}\n"


def _path(account: BookAccount) -> str:
    parts = [_TOP[account.kind], _component(account.name)]
    if account.subject_id is not None:
        # The end of a time-ordered UUID is random; its beginning is shared by all that were made together.
        parts.append(f"{_component(account.subject)}-{account.subject_id.hex[-8:]}")
    return ":".join(parts)


def _component(name: str) -> str:
    """A name as one part of an account: ASCII letters, digits and hyphens, beginning with a capital or a digit."""
    plain = unicodedata.normalize("NFKD", name.translate(_SPELT))
    words = re.findall(r"[A-Za-z0-9]+", plain.encode("ascii", "ignore").decode())
    joined = "-".join(words)[:60].rstrip("-")
    return joined[:1].upper() + joined[1:] if joined else "X"


def _amount(amount: Money) -> str:
    return f"{format_amount(amount)} {amount.currency}"


def _scope(books: Books) -> str:
    known = f", as known at {_instant(books.known_at)}" if books.known_at else ""
    return f"Entries through {books.through.isoformat()}{known}."


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _hledger_text(text: str) -> str:
    """A description that holds no comment: a semicolon would begin one, a line feed would end it."""
    return " ".join(text.replace(";", ",").split())


def _quoted(text: str) -> str:
    """A string of Beancount, on one line."""
    escaped = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
