"""The roll-forward of client money held: opening + received − earned − refunded ± transferred = closing.

The model: every movement of a retainer's liability belongs to one class by what happened, a reversal to the class of what it takes
back. What a class comes to is signed as it moves the liability: received is positive, earned and refunded are negative. A kind of
entry that nobody has put into a class is `other`, and shown: nothing is left out, so the closing sum is the ledger's.

What this module does not do: tell security from money that will be earned; both are owed until they are not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final, Literal

from services.rules.errors import InvalidInput
from services.rules.money import Money, format_amount

MovementClass = Literal["received", "earned", "refunded", "transferred", "other"]
Span = Literal["month", "quarter", "year", "whole"]

MAX_PERIODS: Final = 60
"""Periods of one report, at most: five years of months."""

CLASSES: Final[tuple[MovementClass, ...]] = (
    "received",
    "earned",
    "refunded",
    "transferred",
    "other",
)

_CLASS_OF_KIND: Final[Mapping[str, MovementClass]] = MappingProxyType(
    {
        "retainer_deposit": "received",
        "opening_retainer": "received",
        "drawdown": "earned",
        "retainer_earning": "earned",
        "kill_fee_offset": "earned",
        "refund": "refunded",
        "retainer_transfer": "transferred",
    }
)


def class_of(kind: str) -> MovementClass:
    """The class of a kind of entry; of a reversal ask for the kind of what it reverses."""
    return _CLASS_OF_KIND.get(kind, "other")


@dataclass(frozen=True, slots=True)
class Period:
    """From the first to the last day, both in it."""

    first: date
    last: date


def periods(first: date, last: date, span: Span) -> tuple[Period, ...]:
    """The calendar's periods from `first` to `last`, cut at both ends.

    Raises InvalidInput (PERIOD_INVALID) where the last day is before the first, or there are more than `MAX_PERIODS`.
    """
    if last < first:
        raise InvalidInput(
            "The last day is before the first.", code="PERIOD_INVALID", field="toDate"
        )
    found: list[Period] = []
    day = first
    while day <= last:
        end = last if span == "whole" else min(last, _end(day, span))
        found.append(Period(day, end))
        if len(found) > MAX_PERIODS:
            raise InvalidInput(
                f"There are at most {MAX_PERIODS} periods.", code="PERIOD_INVALID", field="toDate"
            )
        day = end + timedelta(1)
    return tuple(found)


def _end(day: date, span: Span) -> date:
    """The last day of the month, quarter or year that the day is in."""
    months = {"month": 1, "quarter": 3}.get(span, 12)
    month = (day.month - 1) // months * months + months
    return date(day.year, 12, 31) if month == 12 else date(day.year, month + 1, 1) - timedelta(1)


@dataclass(frozen=True, slots=True)
class RollForward:
    """One period of one client's (or everybody's) money in one currency; every figure is signed as it moves the liability."""

    currency: str
    opening_minor: int
    moved: Mapping[MovementClass, int]

    @property
    def closing_minor(self) -> int:
        """What is held at the end."""
        return self.opening_minor + sum(self.moved.values())

    @property
    def explanation(self) -> str:
        """The sum written out, such as `0.00 + 500.00 received - 100.00 earned = 400.00 DKK`; what did not move is left out."""
        words = [self._amount(self.opening_minor)]
        for each in CLASSES:
            moved_minor = self.moved.get(each, 0)
            if moved_minor:
                sign = "+" if moved_minor > 0 else "-"
                words.append(f"{sign} {self._amount(abs(moved_minor))} {each}")
        return f"{' '.join(words)} = {self._amount(self.closing_minor)} {self.currency}"

    def _amount(self, amount_minor: int) -> str:
        return format_amount(Money(amount_minor, self.currency))


def rolled(
    currency: str, opening_minor: int, movements: Iterable[tuple[MovementClass, int]]
) -> RollForward:
    """The roll-forward of an opening sum and what moved it."""
    moved: dict[MovementClass, int] = dict.fromkeys(CLASSES, 0)
    for each, amount_minor in movements:
        moved[each] += amount_minor
    return RollForward(currency, opening_minor, MappingProxyType(moved))
