"""When an engagement needs an alert: literal situations either side of every line."""

from dataclasses import replace
from datetime import date

import pytest

from services.rules.alerts import (
    AlertKind,
    Deadline,
    Finding,
    Situation,
    Thresholds,
    check_thresholds,
    find,
    promised_date,
)
from services.rules.errors import InvalidInput

THRESHOLDS = Thresholds(near_days=3, contingency_bps=8_000, budget_bps=9_000)
FRIDAY, MONDAY = date(2026, 3, 20), date(2026, 3, 23)
CALM = Situation(
    is_delivered=False,
    promised_date=date(2026, 3, 27),
    planned_date=FRIDAY,
    delivery_date=FRIDAY,
    days_left=5,
    contingency_agreed_minor=100_000,
    cost_budget_minor=40_000,
)


def kinds(**changes) -> list[str]:
    return [finding.kind.value for finding in find(replace(CALM, **changes), THRESHOLDS)]


def test_a_calm_engagement_raises_nothing() -> None:
    assert kinds() == []


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"delivery_date": date(2026, 3, 24), "days_left": 3}, None),
        ({"delivery_date": date(2026, 3, 25), "days_left": 2}, "forecast_near_promise"),
        ({"delivery_date": date(2026, 3, 27), "days_left": 0}, "forecast_near_promise"),
        ({"delivery_date": date(2026, 3, 30), "days_left": -1}, "forecast_past_promise"),
        ({"promised_date": FRIDAY, "days_left": 0}, None),
        ({"promised_date": date(2026, 3, 19), "days_left": -1}, "forecast_past_promise"),
        ({"delivery_date": date(2026, 3, 30), "days_left": -1, "is_delivered": True}, None),
    ],
    ids=["room left", "near", "on the day", "past", "signed without room", "signed past it", "over"],
)  # fmt: skip
def test_a_promise_is_watched_while_it_can_be_kept(changes, kind: str | None) -> None:
    assert kinds(**changes) == ([kind] if kind else [])


def test_the_figures_of_a_broken_promise() -> None:
    situation = replace(CALM, delivery_date=date(2026, 3, 31), days_left=-2)
    assert find(situation, THRESHOLDS) == (
        Finding(
            AlertKind.FORECAST_PAST_PROMISE,
            {"promised_date": "2026-03-27", "delivery_date": "2026-03-31", "days": 2},
        ),
    )


def test_a_promise_for_a_sunday_is_broken_by_a_monday() -> None:
    sunday = date(2026, 3, 22)
    (found,) = find(
        replace(CALM, promised_date=sunday, delivery_date=MONDAY, days_left=-1), THRESHOLDS
    )
    assert (found.kind, found.data["days"]) == (AlertKind.FORECAST_PAST_PROMISE, 1)


def test_each_deadline_that_is_missed_is_its_own_finding() -> None:
    kept = Deadline("a", "A", FRIDAY, FRIDAY, 0)
    missed = Deadline("b", "B", FRIDAY, MONDAY, 1)
    found = find(replace(CALM, deadlines=(kept, missed)), THRESHOLDS)
    assert [(each.kind, each.subject, each.data["days"]) for each in found] == [
        (AlertKind.FORECAST_PAST_DEADLINE, "b", 1)
    ]
    assert kinds(deadlines=(missed,), is_delivered=True) == []


@pytest.mark.parametrize(
    ("drawn", "agreed", "found"),
    [(79_999, 100_000, []), (80_000, 100_000, ["contingency_used"]), (0, 0, []), (100_000, 100_000, ["contingency_used"])],
)  # fmt: skip
def test_the_contingency_is_watched(drawn: int, agreed: int, found: list[str]) -> None:
    assert kinds(contingency_drawn_minor=drawn, contingency_agreed_minor=agreed) == found


@pytest.mark.parametrize(
    ("spent", "estimate", "found"),
    [
        (35_999, None, []),
        (36_000, None, ["budget_used"]),
        (36_000, 40_000, ["budget_used"]),
        (20_000, 40_001, ["budget_forecast_exceeded"]),
        (36_000, 41_000, ["budget_used", "budget_forecast_exceeded"]),
    ],
)
def test_the_cost_budget_is_watched(spent: int, estimate: int | None, found: list[str]) -> None:
    assert kinds(spent_minor=spent, estimate_at_completion_minor=estimate) == found
    without_budget = {"cost_budget_minor": 0, "spent_minor": spent}
    assert kinds(**without_budget) == []


def test_the_figures_of_a_used_budget() -> None:
    (found,) = find(replace(CALM, spent_minor=38_000, currency="EUR"), THRESHOLDS)
    assert found.data == {
        "used_minor": 38_000, "whole_minor": 40_000, "left_minor": 2_000, "share_bps": 9_500, "threshold_bps": 9_000,
        "currency": "EUR",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("promised", "baseline", "current", "agreed"),
    [
        (None, FRIDAY, FRIDAY, FRIDAY),
        (None, FRIDAY, MONDAY, MONDAY),
        (date(2026, 3, 27), FRIDAY, MONDAY, date(2026, 3, 27)),
        (date(2026, 3, 27), FRIDAY, date(2026, 4, 8), date(2026, 4, 8)),
        (date(2026, 3, 19), FRIDAY, FRIDAY, date(2026, 3, 19)),
        (date(2026, 3, 19), MONDAY, FRIDAY, date(2026, 3, 19)),
    ],
    ids=["signed", "signed last", "still stands", "moved by an order", "planned past it", "shortened"],
)  # fmt: skip
def test_the_promise_is_what_the_client_signed_last(promised, baseline, current, agreed) -> None:
    assert promised_date(promised, baseline_delivery=baseline, current_delivery=current) == agreed


@pytest.mark.parametrize(
    ("values", "field"),
    [((-1, None, None), "nearDays"), ((366, None, None), "nearDays"), ((None, 0, None), "contingencyBps"), ((None, None, 10_001), "budgetBps")],
)  # fmt: skip
def test_a_threshold_that_cannot_be_is_refused(values, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_thresholds(*values)
    assert (refused.value.code, refused.value.field) == ("THRESHOLD_INVALID", field)
    check_thresholds(0, 1, 10_000)
    check_thresholds(None, None, None)
