"""Earned value: examples as textbooks print them, and what holds for any figures."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.earned_value import EarnedValue, add_up, planned_value, ratio
from services.rules.money import share


def four(value: str) -> Decimal:
    return Decimal(value)


def all_of(measures: EarnedValue) -> tuple[object, ...]:
    return (
        measures.schedule_variance_minor,
        measures.cost_variance_minor,
        measures.schedule_performance_index,
        measures.cost_performance_index,
        measures.estimate_at_completion_minor,
        measures.estimate_to_complete_minor,
        measures.variance_at_completion_minor,
        measures.to_complete_performance_index,
    )


# R. Mulcahy, PMP Exam Prep, the fence: four sides of 1,000 a day each, one after the other, status at the end of day three. Sides
# one and two are complete for 1,000 and 1,200, side three is half done for 600. The book rounds CPI first, hence its EAC of 4,479.
FENCE = [(100_000, 1, 10_000, 100_000), (100_000, 1, 10_000, 120_000), (100_000, 1, 5_000, 60_000), (100_000, 0, 0, 0)]  # fmt: skip


def test_the_fence_of_the_exam_book() -> None:
    sides = [
        EarnedValue(bac, planned_value(bac, 1, passed), bac * done // 10_000, spent)
        for bac, passed, done, spent in FENCE
    ]
    fence = add_up(sides)
    assert fence == EarnedValue(400_000, 300_000, 250_000, 280_000)
    assert all_of(fence) == (
        -50_000, -30_000, four("0.8333"), four("0.8929"), 448_000, 168_000, -48_000, four("1.2500"),
    )  # fmt: skip
    assert all_of(sides[3]) == (0, 0, None, None, None, None, None, four("1.0000"))


# C. Gray and E. Larson, Project Management: The Managerial Process, the status report at the end of period 12, in units of $100:
# percent complete gives EV; the book prints CV, SV, and for the whole EAC 352 and VAC -104.
GRAY_LARSON = [
    # EV, AC, PV, CV, SV
    (8, 10, 8, -2, 0),
    (40, 50, 40, -10, 0),
    (30, 40, 30, -10, 0),
    (20, 40, 20, -20, 0),
    (20, 30, 20, -10, 0),
    (30, 40, 40, -10, -10),
]


def test_the_status_report_of_gray_and_larson() -> None:
    tasks = [EarnedValue(0, pv, ev, ac) for ev, ac, pv, _, _ in GRAY_LARSON]
    assert [(task.cost_variance_minor, task.schedule_variance_minor) for task in tasks] == [
        (cv, sv) for *_, cv, sv in GRAY_LARSON
    ]
    rest = EarnedValue(budget_at_completion_minor=248)
    whole = add_up([*tasks, rest])
    assert whole == EarnedValue(248, 158, 148, 210)
    assert all_of(whole) == (
        -10, -62, four("0.9367"), four("0.7048"), 352, 142, -104, four("2.6316"),
    )  # fmt: skip


# The example most introductions give: 100,000 over twelve months, after six of them 60,000 spent and 40 % of the work done.
def test_half_the_year_and_two_fifths_of_the_work() -> None:
    measures = EarnedValue(100_000, planned_value(100_000, 12, 6), 40_000, 60_000)
    assert measures.planned_value_minor == 50_000
    assert all_of(measures) == (
        -10_000, -20_000, four("0.8000"), four("0.6667"), 150_000, 90_000, -50_000, four("1.5000"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("measures", "undefined"),
    [
        (EarnedValue(), {"SPI", "CPI", "EAC", "TCPI"}),
        (EarnedValue(1_000), {"SPI", "CPI", "EAC"}),
        (EarnedValue(1_000, 500), {"CPI", "EAC"}),
        (EarnedValue(1_000, 500, 0, 100), {"EAC"}),
        (EarnedValue(1_000, 500, 400), {"CPI", "EAC"}),
        (EarnedValue(1_000, 500, 400, 1_000), {"TCPI"}),
        (EarnedValue(1_000, 500, 400, 1_001), {"TCPI"}),
        (EarnedValue(1_000, 500, 400, 300), set()),
        (EarnedValue(0, 0, 0, 300), {"SPI", "EAC", "TCPI"}),
    ],
    ids=["nothing", "not begun", "late", "spent, none earned", "earned for nothing", "budget gone",
         "budget passed", "under way", "cost without a budget"],
)  # fmt: skip
def test_what_is_undefined_is_none_and_nothing_else(measures: EarnedValue, undefined: set[str]) -> None:  # fmt: skip
    named = {
        "SPI": measures.schedule_performance_index,
        "CPI": measures.cost_performance_index,
        "EAC": measures.estimate_at_completion_minor,
        "TCPI": measures.to_complete_performance_index,
    }
    assert {name for name, value in named.items() if value is None} == undefined
    for follows in (measures.estimate_to_complete_minor, measures.variance_at_completion_minor):
        assert (follows is None) == ("EAC" in undefined)


def test_ratios_are_rounded_half_to_even_at_the_fourth_place() -> None:
    assert [ratio(n, 20_000) for n in (1, 3, 5, -1)] == [
        four("0.0000"), four("0.0002"), four("0.0002"), four("0.0000"),
    ]  # fmt: skip
    assert ratio(1, 3) == four("0.3333")
    assert str(ratio(1, 1)) == "1.0000"
    assert ratio(10**15, 1) == four("1000000000000000.0000")
    assert ratio(1, -1) is None


@pytest.mark.parametrize(
    ("budget", "days", "passed", "planned"),
    [
        (1_000, 3, 0, 0),
        (1_000, 3, 1, 333),
        (1_000, 3, 2, 667),
        (1_000, 3, 3, 1_000),
        (1_000, 3, 9, 1_000),
        (1_000, 0, 0, 0),
        (1_000, 0, 1, 1_000),
        (5, 2, 1, 2),
        (1_000, 3, -1, 0),
    ],
)
def test_planned_value_is_linear_over_the_working_days(
    budget: int, days: int, passed: int, planned: int
) -> None:
    assert planned_value(budget, days, passed) == planned


MONEY = st.integers(0, 10**15)


@st.composite
def measured(draw: st.DrawFn) -> EarnedValue:
    budget = draw(MONEY)
    days = draw(st.integers(0, 500))
    done = draw(st.integers(0, 10_000))
    return EarnedValue(
        budget,
        planned_value(budget, days, draw(st.integers(-5, 505))),
        share(budget, done),
        draw(MONEY),
    )


@given(st.lists(measured(), max_size=8))
def test_the_measures_of_the_whole_are_the_sums_of_the_parts(parts: list[EarnedValue]) -> None:
    whole = add_up(parts)
    assert whole.cost_variance_minor == sum(part.cost_variance_minor for part in parts)
    assert whole.schedule_variance_minor == sum(part.schedule_variance_minor for part in parts)
    assert add_up(reversed(parts)) == whole
    assert 0 <= whole.planned_value_minor <= whole.budget_at_completion_minor
    assert 0 <= whole.earned_value_minor <= whole.budget_at_completion_minor


@given(measured())
def test_estimates_hang_together(measures: EarnedValue) -> None:
    estimate = measures.estimate_at_completion_minor
    left = measures.estimate_to_complete_minor
    variance = measures.variance_at_completion_minor
    if estimate is None:
        assert (left, variance) == (None, None)
        assert measures.actual_cost_minor == 0 or measures.earned_value_minor == 0
    else:
        assert left is not None
        assert variance is not None
        assert estimate == measures.actual_cost_minor + left
        assert estimate + variance == measures.budget_at_completion_minor
        # Nobody gets the rest for less than nothing: what is earned never passes the budget.
        assert left >= 0
        assert (variance < 0) <= (measures.cost_variance_minor < 0)


@given(MONEY, st.integers(1, 500), st.integers(-5, 505))
def test_planned_value_never_falls_and_ends_at_the_budget(
    budget: int, days: int, passed: int
) -> None:
    now, next_day = planned_value(budget, days, passed), planned_value(budget, days, passed + 1)
    assert 0 <= now <= next_day <= budget
    assert planned_value(budget, days, days) == budget
