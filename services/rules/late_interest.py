"""Interest on late payment: statutory by the law of five places, or as the contract says. Simple, never compounded.

The model: a debt falls due on a day; interest runs from the day after, through the day it is paid (or counted to). That span is
cut wherever the rate, the debt or the length of the year changes; each piece is principal × rate × days / days of a year, kept
as an exact fraction. The sum is rounded once, half to even.

| law | rate | resets | fixed sum |
| --- | --- | --- | --- |
| EU | ECB + 8 points (directive 2011/7, articles 2 and 3) | every half-year | EUR 40 (article 6) |
| IE | ECB + 8 points (S.I. 580/2012), "in operation on the date the payment became overdue" (gov.ie), for good | no | EUR 40, 70 or 100 by size (regulation 9) |
| UK | Bank of England + 8 points, the rate before interest starts, for good (SI 2002/1675, article 4) | no | GBP 40, 70 or 100 by size (1998 act, section 5A) |
| DK | Nationalbanken + 8 points; 7 for debts due before 1 March 2013 (renteloven § 5) | every half-year | DKK 310 (§ 9 a and BEK 105/2013) |
| DE | Basiszinssatz + 9 points, 8 before 29 July 2014, 5 of a consumer (§ 288 BGB) | every half-year | EUR 40, not of a consumer (§ 288 (5)) |

What this module does not do: know any rate. They come in as `ReferenceRates`, dated and with their sources; where one is missing
nothing is guessed. Nor is it legal advice: whether a law applies to a debt is for the caller.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Final

from services.rules.errors import InvalidInput, RuleViolation
from services.rules.money import Money, divide_half_even, minor_units

MAX_YEARS: Final = 60
"""The longest delay that is computed; no claim lives longer."""


class Law(StrEnum):
    """Whose law sets the interest; `contract` is the rate the parties agreed on."""

    EU = "EU"
    IE = "IE"
    UK = "UK"
    DK = "DK"
    DE = "DE"
    CONTRACT = "contract"


class DayCount(StrEnum):
    """How many days a year has. Where a law leaves it open, calendar days over 365 are the default."""

    ACTUAL_365 = "act/365"
    ACTUAL_ACTUAL = "act/act"
    """Calendar days over 365, or 366 for the days of a leap year."""
    THIRTY_360 = "30/360"
    """Every month has thirty days (30E/360), as Danish and German courts often count."""


class Reference(StrEnum):
    """The published rate that a law builds on."""

    ECB = "ECB"
    BANK_OF_ENGLAND = "BANK_OF_ENGLAND"
    NATIONALBANKEN = "NATIONALBANKEN"
    BUNDESBANK = "BUNDESBANK"


@dataclass(frozen=True, slots=True)
class RateRow:
    """A reference rate in percent a year, from a day until the next row."""

    valid_from: date
    percent: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class ReferenceRates:
    """The dated table of one reference. Rows rise by date; after `known_through` nothing is known."""

    rows: tuple[RateRow, ...]
    known_through: date

    def at(self, day: date) -> RateRow:
        """The row that holds on `day`. Raises InvalidInput (RATE_UNKNOWN) where the table has none."""
        found = None
        for row in self.rows:
            if row.valid_from > day:
                break
            found = row
        if found is None or day > self.known_through:
            raise InvalidInput(
                f"No reference rate is known for {day.isoformat()}: "
                + (
                    f"the table ends on {self.known_through.isoformat()}."
                    if found
                    else f"the table begins on {self.rows[0].valid_from.isoformat()}."
                ),
                code="RATE_UNKNOWN",
                field="law",
                date=day,
            )
        return found


@dataclass(frozen=True, slots=True)
class PartPayment:
    """Money that came for the debt; from the next day on there is less to pay interest on."""

    paid_on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class LateDebt:
    """A debt that was due on `due_on` and is counted through `until`: the day it was paid, or a day still to come.

    `contract_bps` is the agreed rate a year in basis points, for `Law.CONTRACT` alone; `agreed_points_bps` are points that the
    contract puts on top of a law's reference rate in place of the law's own. Raises InvalidInput (AMOUNT_INVALID,
    DATE_ORDER, RATE_REQUIRED, RATE_INVALID, CURRENCY_MISMATCH, CONSUMER_LAW_UNKNOWN, SPAN_TOO_LONG), RuleViolation
    (PAYMENTS_EXCEED_DEBT, DAY_COUNT_FIXED).
    """

    law: Law
    principal: Money
    due_on: date
    until: date
    contract_bps: int | None = None
    payments: tuple[PartPayment, ...] = ()
    day_count: DayCount = DayCount.ACTUAL_365
    from_consumer: bool = False
    agreed_points_bps: int | None = None

    def __post_init__(self) -> None:
        """Refuse a debt that the law asked for has no rule for."""
        self._check_terms()
        self._check_payments()

    def _check_terms(self) -> None:
        if self.principal.amount_minor <= 0:
            raise InvalidInput(
                "The debt must be more than zero.", code="AMOUNT_INVALID", field="principal"
            )
        if (self.until - self.due_on).days > MAX_YEARS * 366:
            raise InvalidInput(
                f"Interest is computed for at most {MAX_YEARS} years.",
                code="SPAN_TOO_LONG",
                field="until",
            )
        if (self.law is Law.CONTRACT) != (self.contract_bps is not None):
            raise InvalidInput(
                "A rate is given for the contract's own interest, and for no other.",
                code="RATE_REQUIRED",
                field="contractRate",
            )
        if any(
            rate is not None and not 0 <= rate <= 100_000
            for rate in (self.contract_bps, self.agreed_points_bps)
        ):
            raise InvalidInput(
                "A rate lies from 0 to 1000 percent a year.",
                code="RATE_INVALID",
                field="contractRate",
            )
        if self.law is Law.UK and self.day_count is not DayCount.ACTUAL_365:
            raise RuleViolation(
                "The law of the UK counts 365 days a year.",
                code="DAY_COUNT_FIXED",
                field="dayCount",
            )
        if self.from_consumer and self.law not in (Law.DE, Law.DK, Law.CONTRACT):
            raise InvalidInput(
                f"The {self.law.value} rule is for debts between businesses.",
                code="CONSUMER_LAW_UNKNOWN",
                field="consumer",
            )
        if self.law is Law.UK and self.principal.currency != "GBP":
            raise InvalidInput(
                "The UK rule knows the size of a debt in GBP alone.",
                code="CURRENCY_MISMATCH",
                field="currency",
            )

    def _check_payments(self) -> None:
        for at, payment in enumerate(self.payments):
            field = f"payments.{at}"
            if payment.amount.currency != self.principal.currency:
                raise InvalidInput(
                    "A payment is in the currency of the debt.",
                    code="CURRENCY_MISMATCH",
                    field=field,
                )
            if payment.amount.amount_minor <= 0:
                raise InvalidInput(
                    "A payment is more than zero.", code="AMOUNT_INVALID", field=field
                )
            if payment.paid_on > self.until:
                raise InvalidInput(
                    "A payment lies after the day interest is counted to.",
                    code="DATE_ORDER",
                    field=field,
                )
        if self.owed_after(self.until) < 0:
            raise RuleViolation(
                "The payments are more than the debt.",
                code="PAYMENTS_EXCEED_DEBT",
                field="payments",
            )

    def owed_after(self, day: date) -> int:
        """What is still owed at the end of a day, in minor units."""
        return self.principal.amount_minor - sum(
            each.amount.amount_minor for each in self.payments if each.paid_on <= day
        )


@dataclass(frozen=True, slots=True)
class InterestStep:
    """One piece of the span, first and last day included. `interest` is exact and in major units of the currency."""

    first_day: date
    last_day: date
    days: int
    principal: Money
    reference_percent: Decimal | None
    added_points: Decimal
    days_of_year: int
    interest: Fraction
    source: str

    @property
    def annual_percent(self) -> Decimal:
        """The rate a year, in percent."""
        return (self.reference_percent or Decimal(0)) + self.added_points

    @property
    def per_day(self) -> Fraction:
        """What each of the days costs, exact."""
        return self.interest / self.days if self.days else Fraction(0)


@dataclass(frozen=True, slots=True)
class LateInterest:
    """The interest on one debt, explained. `fixed_sum` is the compensation for recovery, in its own currency; never interest on it."""

    debt: LateDebt
    steps: tuple[InterestStep, ...]
    unrounded: Fraction
    interest: Money
    fixed_sum: Money | None

    @property
    def days(self) -> int:
        """Days that bear interest, as they are counted."""
        return sum(step.days for step in self.steps)


_REFERENCES: Final[Mapping[Law, Reference]] = {
    Law.EU: Reference.ECB,
    Law.IE: Reference.ECB,
    Law.UK: Reference.BANK_OF_ENGLAND,
    Law.DK: Reference.NATIONALBANKEN,
    Law.DE: Reference.BUNDESBANK,
}
_ONE_RATE: Final = frozenset({Law.UK, Law.IE})
_DANISH_REFORM: Final = date(2013, 3, 1)
_GERMAN_REFORM: Final = date(2014, 7, 29)


def reference_of(law: Law) -> Reference | None:
    """The reference rate a law needs; a contract needs none."""
    return _REFERENCES.get(law)


def compute_late_interest(debt: LateDebt, rates: ReferenceRates | None) -> LateInterest:
    """The interest on a debt; one that was paid in time bears nothing. `rates` is the table of `reference_of(debt.law)`.

    Raises InvalidInput (RATE_UNKNOWN) where the table does not reach.
    """
    steps = tuple(_steps(debt, rates))
    unrounded = sum((step.interest for step in steps), Fraction(0))
    currency = debt.principal.currency
    in_minor = unrounded * 10 ** minor_units(currency)
    return LateInterest(
        debt,
        steps,
        unrounded,
        Money(divide_half_even(in_minor.numerator, in_minor.denominator), currency),
        fixed_sum(debt, debt.law) if steps else None,
    )


def _steps(debt: LateDebt, rates: ReferenceRates | None) -> Iterator[InterestStep]:
    start = debt.due_on + timedelta(days=1)
    points = _points(debt)
    for before, last in pairwise(_cuts(debt, rates)):
        first = before + timedelta(days=1)
        owed_minor = debt.owed_after(before)
        if owed_minor == 0:
            return
        row = None
        if debt.law is not Law.CONTRACT:
            assert rates is not None
            row = rates.at(start if debt.law in _ONE_RATE else first)
        days = (
            _days_30_360(before, last)
            if debt.day_count is DayCount.THIRTY_360
            else (last - before).days
        )
        year = {
            DayCount.ACTUAL_365: 365,
            DayCount.ACTUAL_ACTUAL: 366 if _is_leap(first.year) else 365,
            DayCount.THIRTY_360: 360,
        }[debt.day_count]
        reference = row.percent if row else None
        # A negative reference rate may not turn a creditor into a debtor.
        rate = max(Fraction((reference or Decimal(0)) + points) / 100, Fraction(0))
        owed = Fraction(owed_minor, 10 ** minor_units(debt.principal.currency))
        yield InterestStep(
            first,
            last,
            days,
            Money(owed_minor, debt.principal.currency),
            reference,
            points,
            year,
            owed * rate * days / year,
            row.source if row else "",
        )


def _cuts(debt: LateDebt, rates: ReferenceRates | None) -> list[date]:
    """The days after which something changes, from the due date to the end; none where nothing runs."""
    if debt.until <= debt.due_on:
        return []
    cuts = {debt.due_on, debt.until, *(each.paid_on for each in debt.payments)}
    if rates is not None and debt.law not in _ONE_RATE:
        cuts |= {row.valid_from - timedelta(days=1) for row in rates.rows}
        # What the table does not know has to be met, not to be stepped over.
        cuts.add(rates.known_through)
    if debt.day_count is DayCount.ACTUAL_ACTUAL:
        cuts |= {date(year, 12, 31) for year in range(debt.due_on.year, debt.until.year + 1)}
    return sorted(day for day in cuts if debt.due_on <= day <= debt.until)


def _points(debt: LateDebt) -> Decimal:
    """The points on top of the reference rate; of a contract the whole rate."""
    if debt.law is Law.CONTRACT:
        return Decimal(debt.contract_bps or 0) / 100
    if debt.agreed_points_bps is not None:
        return Decimal(debt.agreed_points_bps) / 100
    if debt.law is Law.DK:
        return Decimal(7) if debt.due_on < _DANISH_REFORM else Decimal(8)
    if debt.law is Law.DE:
        if debt.from_consumer:
            return Decimal(5)
        return Decimal(8) if debt.due_on < _GERMAN_REFORM else Decimal(9)
    return Decimal(8)


def fixed_sum(debt: LateDebt, law: Law) -> Money | None:
    """The compensation for recovery that a law gives, by what was owed when the debt fell due; None where it gives none."""
    currency, late_minor = debt.principal.currency, debt.owed_after(debt.due_on)
    if law is Law.CONTRACT or debt.from_consumer or (law is Law.UK and currency != "GBP"):
        return None
    if law is Law.DK:
        return Money(310_00, "DKK")
    if law is Law.UK:
        # Below 1 000, below 10 000, from 10 000.
        small, middle = late_minor < 1_000_00, late_minor < 10_000_00
    elif law is Law.IE and currency == "EUR":
        # Not exceeding 1 000, not exceeding 10 000, above.
        small, middle = late_minor <= 1_000_00, late_minor <= 10_000_00
    else:
        return Money(40_00, "EUR")
    whole = 40 if small else 70 if middle else 100
    return Money(whole * 100, currency)


def _days_30_360(before: date, last: date) -> int:
    """Days of a span in months of thirty days, 30E/360; `before` is the last day that bears nothing."""
    years, months = last.year - before.year, last.month - before.month
    return 360 * years + 30 * months + min(last.day, 30) - min(before.day, 30)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
