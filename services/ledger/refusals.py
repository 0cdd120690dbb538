"""The refusals of the ledger's database functions, as domain errors.

They are told apart by SQLSTATE and message alone, never by a constraint's name: a sharded database does not pass that on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Final

import asyncpg
import orjson

from services.rules.errors import Conflict, DomainError, InvalidInput, NotFound, RuleViolation
from services.rules.money import Money, format_amount

_REFUSALS: Final[dict[str, tuple[type[DomainError], str]]] = {
    "UNBALANCED": (RuleViolation, "Debit and credit differ."),
    "ENTRY_INVALID": (InvalidInput, "The entry is malformed."),
    "AMOUNT_INVALID": (InvalidInput, "A line of zero says nothing."),
    "AMOUNT_TOO_LARGE": (InvalidInput, "The amount is too large."),
    "EFFECTIVE_DATE_INVALID": (InvalidInput, "The date is too far in the past or in the future."),
    "PERIOD_CLOSED": (RuleViolation, "The books are closed through {closed_through}."),
    "PERIOD_NOT_CLOSED": (RuleViolation, "There is no closed period after this date to open."),
    "CURRENCY_MISMATCH": (RuleViolation, "The account is kept in {currency}."),
    "INSUFFICIENT_FUNDS": (
        RuleViolation,
        "There is not enough: {available} {currency} may be taken; more would leave less than nothing on {date}.",
    ),
    "NOT_FOUND": (NotFound, "No account or entry with this id."),
    "ALREADY_POSTED": (Conflict, "This has been entered in the books."),
    "ALREADY_REVERSED": (Conflict, "This entry has been reversed."),
    "NOT_REVERSIBLE": (
        RuleViolation,
        "Only an entry that is no reversal itself can be reversed, on its own date or later.",
    ),
}
"""What the database may answer with SQLSTATE LG001, as the error it becomes and the sentence for people."""


@contextmanager
def refusals() -> Iterator[None]:
    """Turn the database's refusals into domain errors; they are told apart by SQLSTATE and message alone."""
    try:
        yield
    except asyncpg.NumericValueOutOfRangeError:
        raise InvalidInput("The amount is too large.", code="AMOUNT_TOO_LARGE") from None
    except asyncpg.PostgresError as error:
        code = str(error).partition(":")[0]
        if error.sqlstate != "LG001" or code not in _REFUSALS:
            raise
        figures: dict[str, Any] = orjson.loads(getattr(error, "detail", None) or "{}")
        kind, sentence = _REFUSALS[code]
        spoken = dict(figures)
        if "available_minor" in figures:
            money = Money(int(figures["available_minor"]), str(figures["currency"]))
            spoken["available"] = format_amount(money)
        raise kind(sentence.format(**spoken), code=code, **_typed(figures)) from None


def _typed(figures: dict[str, Any]) -> dict[str, Any]:
    """The figures with dates as dates; `code` is the account's and would hide the error's."""
    return {
        name: date.fromisoformat(value) if name in {"date", "closed_through"} else value
        for name, value in figures.items()
        if name != "code"
    }
