"""The running totals of a contract sum, in the order of AIA document G701. Net of tax; only approved orders count."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.rules.errors import InvalidInput, RuleViolation
from services.rules.money import BPS, MAX_AMOUNT_MINOR, divide_half_even


@dataclass(frozen=True, slots=True)
class RunningTotals:
    """What a change order says about the contract sum, in minor units."""

    original_sum_minor: int
    previously_approved_minor: int
    """The net change by previously approved orders."""
    sum_before_minor: int
    this_change_minor: int
    new_sum_minor: int

    @property
    def net_change_minor(self) -> int:
        """The net change to date, this order included."""
        return self.previously_approved_minor + self.this_change_minor

    @property
    def net_change_bps(self) -> int | None:
        """The net change to date in basis points of the original sum, half to even; None of an original of zero."""
        return _bps(self.net_change_minor, self.original_sum_minor)

    @property
    def this_change_bps(self) -> int | None:
        """This order in basis points of the original sum, half to even; None of an original of zero."""
        return _bps(self.this_change_minor, self.original_sum_minor)


def _bps(part_minor: int, whole_minor: int) -> int | None:
    return divide_half_even(part_minor * BPS, whole_minor) if whole_minor else None


def running_totals(
    original_sum_minor: int, approved_minor: Sequence[int], this_minor: int
) -> RunningTotals:
    """The totals of one order: the original sum, the approved orders before it, and its own change (negative = less)."""
    previously_approved = sum(approved_minor)
    before = original_sum_minor + previously_approved
    return RunningTotals(
        original_sum_minor, previously_approved, before, this_minor, before + this_minor
    )


def contingency_left(contingency_minor: int, drawn_minor: Sequence[int]) -> int:
    """What is left of a contingency after the orders drawn on it; negative when they exceed it."""
    return contingency_minor - sum(drawn_minor)


@dataclass(frozen=True, slots=True)
class ContingencyEffect:
    """What an order takes out of the reserve. It is no part of the sums: the whole change stands in the contract sum, and so
    much of it was foreseen."""

    before_minor: int
    drawn_minor: int

    @property
    def after_minor(self) -> int:
        """What is left of the reserve once the order is signed."""
        return self.before_minor - self.drawn_minor


def draw_contingency(left_minor: int, drawn_minor: int, change_minor: int) -> ContingencyEffect:
    """Draw on what is left of a contingency for a change of the fee; drawing nothing is always possible.

    Raises InvalidInput (OUT_OF_RANGE) for a negative amount; RuleViolation (CONTINGENCY_EXCEEDED) for more than is left, or
    (DRAW_EXCEEDS_CHANGE) for more than the order adds to the fee: a reserve pays for changes and for nothing else.
    """
    if type(drawn_minor) is not int or not 0 <= drawn_minor <= MAX_AMOUNT_MINOR:
        raise InvalidInput(
            "What is drawn from the contingency is not negative.",
            code="OUT_OF_RANGE",
            field="contingency_draw",
        )
    if drawn_minor > max(0, left_minor):
        raise RuleViolation(
            "The contingency does not hold that much any more.",
            code="CONTINGENCY_EXCEEDED",
            field="contingency_draw",
            left_minor=left_minor,
        )
    if drawn_minor > max(0, change_minor):
        raise RuleViolation(
            "An order draws at most what it adds to the fee.",
            code="DRAW_EXCEEDS_CHANGE",
            field="contingency_draw",
            change_minor=change_minor,
        )
    return ContingencyEffect(left_minor, drawn_minor)


def percent_text(rate_bps: int) -> str:
    """Basis points as percent with two decimals: 240 is `2.40`."""
    whole, hundredths = divmod(abs(rate_bps), 100)
    return f"{'-' if rate_bps < 0 else ''}{whole}.{hundredths:02d}"
