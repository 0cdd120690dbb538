"""Opening + received − earned − refunded ± transferred = closing."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.deferred_revenue import CLASSES, Period, class_of, periods, rolled
from services.rules.errors import InvalidInput


def test_the_sum_is_written_out() -> None:
    roll = rolled("DKK", 2_000_000, [("received", 500_000), ("earned", -100_050), ("refunded", -1), ("transferred", 0)])  # fmt: skip
    assert roll.closing_minor == 2_399_949
    assert roll.explanation == (
        "20000.00 + 5000.00 received - 1000.50 earned - 0.01 refunded = 23999.49 DKK"
    )
    assert rolled("JPY", 12, []).explanation == "12 = 12 JPY"


def test_a_kind_that_nobody_put_into_a_class_is_shown_as_other() -> None:
    assert [class_of(kind) for kind in ("retainer_deposit", "drawdown", "refund", "retainer_transfer", "x")] == [
        "received", "earned", "refunded", "transferred", "other"]  # fmt: skip


def test_periods_are_the_calendars_cut_at_both_ends() -> None:
    first, last = date(2026, 1, 20), date(2026, 3, 5)
    assert periods(first, last, "month") == (
        Period(first, date(2026, 1, 31)),
        Period(date(2026, 2, 1), date(2026, 2, 28)),
        Period(date(2026, 3, 1), last),
    )
    assert (
        periods(first, last, "quarter") == periods(first, last, "whole") == (Period(first, last),)
    )
    assert periods(date(2025, 12, 31), last, "year") == (
        Period(date(2025, 12, 31), date(2025, 12, 31)),
        Period(date(2026, 1, 1), last),
    )


@pytest.mark.parametrize(
    ("first", "last"),
    [(date(2026, 2, 1), date(2026, 1, 31)), (date(2020, 1, 1), date(2025, 1, 1))],
    ids=["backwards", "61 months"],
)
def test_what_is_no_span_is_refused(first: date, last: date) -> None:
    with pytest.raises(InvalidInput) as refused:
        periods(first, last, "month")
    assert (refused.value.code, refused.value.field) == ("PERIOD_INVALID", "toDate")


@given(
    st.integers(0, 10**9),
    st.lists(st.tuples(st.sampled_from(CLASSES), st.integers(-(10**9), 10**9))),
)
def test_nothing_is_left_out(opening: int, moves: list[tuple[str, int]]) -> None:
    roll = rolled("DKK", opening, moves)  # type: ignore[arg-type]
    assert roll.closing_minor == opening + sum(minor for _, minor in moves)
    assert roll.explanation.endswith("DKK")
