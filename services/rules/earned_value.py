"""Earned value: what the work done was budgeted at, against what was planned by now and what it has cost.

The terms and formulas are those of PMI's *The Standard for Earned Value Management* (ANSI/PMI 19-006-2019, before it the
*Practice Standard for Earned Value Management*, 2nd edition 2011) and ISO 21508:2018:

    BAC   budget at completion      the budgeted cost of all the work: approved changes are part of it
    PV    planned value             the part of BAC that the plan has done by the status date
    EV    earned value              percent complete times BAC, item by item, each rounded once
    AC    actual cost               what was spent by the status date
    SV, CV = EV - PV, EV - AC       negative is late, negative is over
    SPI, CPI = EV / PV, EV / AC     below one is late, below one is over
    EAC   = BAC / CPI               estimate at completion: the rest will cost as the work so far did
    ETC   = EAC - AC                estimate to complete
    VAC   = BAC - EAC               variance at completion
    TCPI  = (BAC - EV) / (BAC - AC) the cost performance that would still meet the budget

A figure that is undefined is None: never zero, never an error. SPI needs planned value; CPI needs cost; EAC, and with it ETC
and VAC, need both cost and earned value; TCPI needs a budget that is not spent yet, for no performance meets one that is.

Money is in minor units, ratios have four places; both are rounded half to even once, from the exact quotient, so EAC is
BAC * AC / EV and not BAC over a rounded CPI.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from services.rules.money import divide_half_even

RATIO_PLACES = 4
"""Decimals of an index."""


@dataclass(frozen=True, slots=True)
class EarnedValue:
    """The four measures of one item, of a phase or of the whole; everything else follows from them."""

    budget_at_completion_minor: int = 0
    planned_value_minor: int = 0
    earned_value_minor: int = 0
    actual_cost_minor: int = 0

    @property
    def schedule_variance_minor(self) -> int:
        """EV less PV."""
        return self.earned_value_minor - self.planned_value_minor

    @property
    def cost_variance_minor(self) -> int:
        """EV less AC."""
        return self.earned_value_minor - self.actual_cost_minor

    @property
    def schedule_performance_index(self) -> Decimal | None:
        """EV over PV; None while nothing was planned."""
        return ratio(self.earned_value_minor, self.planned_value_minor)

    @property
    def cost_performance_index(self) -> Decimal | None:
        """EV over AC; None while nothing was spent."""
        return ratio(self.earned_value_minor, self.actual_cost_minor)

    @property
    def estimate_at_completion_minor(self) -> int | None:
        """BAC over CPI; None while nothing was spent or nothing was earned."""
        if self.actual_cost_minor <= 0 or self.earned_value_minor <= 0:
            return None
        return divide_half_even(
            self.budget_at_completion_minor * self.actual_cost_minor, self.earned_value_minor
        )

    @property
    def estimate_to_complete_minor(self) -> int | None:
        """EAC less AC; None where EAC is."""
        estimate = self.estimate_at_completion_minor
        return None if estimate is None else estimate - self.actual_cost_minor

    @property
    def variance_at_completion_minor(self) -> int | None:
        """BAC less EAC; None where EAC is."""
        estimate = self.estimate_at_completion_minor
        return None if estimate is None else self.budget_at_completion_minor - estimate

    @property
    def to_complete_performance_index(self) -> Decimal | None:
        """The work left over the budget left; None where no budget is left."""
        left = self.budget_at_completion_minor - self.actual_cost_minor
        return ratio(self.budget_at_completion_minor - self.earned_value_minor, left)

    def __add__(self, other: "EarnedValue") -> "EarnedValue":
        """The measures of two parts together."""
        return EarnedValue(
            self.budget_at_completion_minor + other.budget_at_completion_minor,
            self.planned_value_minor + other.planned_value_minor,
            self.earned_value_minor + other.earned_value_minor,
            self.actual_cost_minor + other.actual_cost_minor,
        )


def add_up(parts: Iterable[EarnedValue]) -> EarnedValue:
    """The measures of many parts together; of none, nothing."""
    return sum(parts, EarnedValue())


def ratio(numerator: int, denominator: int) -> Decimal | None:
    """The quotient with four places, half to even; None unless the denominator is above zero."""
    if denominator <= 0:
        return None
    return Decimal(divide_half_even(numerator * 10**RATIO_PLACES, denominator)).scaleb(
        -RATIO_PLACES
    )


def planned_value(budget_minor: int, days_planned: int, days_passed: int) -> int:
    """The part of an item's budget that its plan has done: linear over its working days, rounded half to even once.

    `days_passed` are those of its working days that lie on or before the status date. What has no day of its own (a
    milestone) is planned as a whole from its date on: call it with `days_passed` above zero then.
    """
    if days_passed <= 0:
        return 0
    if days_passed >= days_planned:
        return budget_minor
    return divide_half_even(budget_minor * days_passed, days_planned)
