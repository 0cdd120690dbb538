"""The running totals of a contract sum, in the order of AIA document G701. Net of tax; only approved orders count."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.rules.money import BPS, divide_half_even


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


def percent_text(rate_bps: int) -> str:
    """Basis points as percent with two decimals: 240 is `2.40`."""
    whole, hundredths = divmod(abs(rate_bps), 100)
    return f"{'-' if rate_bps < 0 else ''}{whole}.{hundredths:02d}"
