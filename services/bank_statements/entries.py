"""What a bank's file says, the same whatever its format, and what is wrong with it."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from services.rules.money import Money, format_amount

MAX_BYTES: Final = 5_000_000
"""Of one file; a month of a busy account has some hundred kilobytes."""
MAX_ENTRIES: Final = 20_000
"""Of one file."""
MAX_PROBLEMS: Final = 200
"""That are listed; a file with more is not worth reading line by line."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that keeps it from being stored, or, as a note, something that was passed over. `line` counts from 1."""

    line: int
    code: str
    message: str
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement on the account: in is positive, out negative, in minor units of the account's currency.

    `entry_id` is the bank's own id of it, where the file gives one; `serial` only a number within the statement. `original` is the sum in another currency that it was
    exchanged from or to, `charge_minor` what the bank kept of it, both where the file says so.
    """

    line: int
    booked_on: date
    amount_minor: int
    text: str = ""
    value_on: date | None = None
    balance_minor: int | None = None
    counterparty: str = ""
    counterparty_account: str = ""
    reference: str = ""
    end_to_end_id: str = ""
    entry_id: str = ""
    serial: str = ""
    original: Money | None = None
    charge_minor: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a file. `account` is how the bank names the account, empty where the file does not say."""

    line: int
    reference: str
    account: str
    currency: str
    entries: tuple[Entry, ...]
    opening_minor: int | None = None
    closing_minor: int | None = None

    @property
    def net_minor(self) -> int:
        """The sum of its entries."""
        return sum(entry.amount_minor for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was read of a file, and everything that is wrong with it in the order of its lines."""

    statements: tuple[Statement, ...]
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that are more than notes."""
        return tuple(problem for problem in self.problems if not problem.is_note)


def plain(text: str, max_length: int) -> str:
    """The text of a bank as we store it: one line in Unicode form NFC, without control characters and characters that reorder
    what is shown, cut to its length. A bank's words are evidence, so an odd character does not keep the line out."""
    cleaned = "".join(
        " " if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else character
        for character in unicodedata.normalize("NFC", text)
    )
    return " ".join(cleaned.split())[:max_length].rstrip()


def entry_keys(entries: Sequence[Entry]) -> list[str]:
    """What tells each entry from every other of its account, the same in every file that holds it.

    The bank's own id (with date and amount, where one file gives the id to entries that differ, such as a transfer and its fee),
    or, without one, date, amount, balance, words and how many of the same stood before it that day: the second of two equal
    payments of a day is another one, in a file of the day as in a file of the month.
    """
    told_of: dict[str, set[tuple[date, int]]] = {}
    for entry in entries:
        told_of.setdefault(entry.entry_id, set()).add((entry.booked_on, entry.amount_minor))
    seen: Counter[str] = Counter()
    keys = []
    for entry in entries:
        if entry.entry_id and len(told_of[entry.entry_id]) == 1:
            keys.append(f"id:{entry.entry_id}")
            continue
        if entry.entry_id:
            keys.append(f"id:{entry.entry_id}:{entry.booked_on}:{entry.amount_minor}")
            continue
        told = "\x1f".join(
            str(part)
            for part in (
                entry.booked_on,
                entry.amount_minor,
                "" if entry.balance_minor is None else entry.balance_minor,
                entry.text,
                entry.counterparty,
                entry.reference,
                entry.serial,
            )
        )
        digest = hashlib.sha256(told.encode()).hexdigest()
        seen[digest] += 1
        keys.append(f"sha256:{digest}:{seen[digest]}")
    return keys


def check_balances(entries: Iterable[Entry], currency: str) -> list[Problem]:
    """Where an entry's balance is not the one before it plus its amount. The entries are in the order of time."""
    problems = []
    before: int | None = None
    for entry in entries:
        if entry.balance_minor is None:
            before = None if before is None else before + entry.amount_minor
            continue
        if before is not None and before + entry.amount_minor != entry.balance_minor:
            should = format_amount(Money(before + entry.amount_minor, currency))
            said = format_amount(Money(entry.balance_minor, currency))
            problems.append(
                Problem(
                    entry.line,
                    "BALANCE_BREAK",
                    f"The balance should be {should} after this line; the file says {said}.",
                )
            )
        before = entry.balance_minor
    return problems


def check_arithmetic(statement: Statement) -> list[Problem]:
    """Where opening balance and entries do not make the closing balance."""
    if statement.opening_minor is None or statement.closing_minor is None:
        return []
    should_minor = statement.opening_minor + statement.net_minor
    if should_minor == statement.closing_minor:
        return []
    money = [
        format_amount(Money(value, statement.currency))
        for value in (
            statement.opening_minor,
            statement.net_minor,
            should_minor,
            statement.closing_minor,
        )
    ]
    return [
        Problem(
            statement.line,
            "BALANCE_MISMATCH",
            f"Opening {money[0]} and entries of {money[1]} make {money[2]}; the closing balance says {money[3]}.",
        )
    ]


def cleaned(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries with their words cleaned and cut to what is stored."""
    return tuple(
        replace(
            entry,
            text=plain(entry.text, 1000),
            counterparty=plain(entry.counterparty, 200),
            counterparty_account=plain(entry.counterparty_account, 40),
            reference=plain(entry.reference, 200),
            end_to_end_id=plain(entry.end_to_end_id, 140),
            entry_id=plain(entry.entry_id, 150),
        )
        for entry in entries
    )
