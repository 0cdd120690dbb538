"""What is done stays, what has started goes on after the status date, and the rest begins after it."""

from datetime import date

import pytest

from services.rules.errors import InvalidInput
from services.rules.schedule import (
    ConstraintKind,
    LagKind,
    LinkKind,
    ScheduleItem,
    ScheduleLink,
    compute_schedule,
)
from tests.rules.test_schedule import CALENDAR, MONDAY

# March 2026: the plan starts on Monday the 2nd; the status date is the evening of Wednesday the 11th, boundary 8.
STATUS = date(2026, 3, 11)


def mar(day):
    return date(2026, 3, day)


def item(key, days, parent=None, start=None, finish=None, percent=0, **more):
    return ScheduleItem(
        key,
        days,
        parent,
        actual_start=mar(start) if start else None,
        actual_finish=mar(finish) if finish else None,
        percent_complete_bps=percent,
        **more,
    )


def status(items, links=(), status_date=STATUS, **more):
    return compute_schedule(items, list(links), CALENDAR, MONDAY, status_date=status_date, **more)


def test_a_plan_on_the_way_by_hand():
    """dig is done a day late, build half done, roof waits for it, paint has not begun though it could have."""
    result = status(
        [
            item("dig", 3, start=2, finish=5, percent=10_000),
            item("build", 6, start=6, percent=5_000),
            item("roof", 2),
            item("paint", 4),
        ],
        [
            ScheduleLink("dig", "build"),
            ScheduleLink("build", "roof"),
            ScheduleLink("dig", "paint"),
        ],
    )
    rows = {
        key: (
            found.early_start,
            found.early_finish,
            found.late_start,
            found.late_finish,
            found.total_float_days,
            found.free_float_days,
            found.critical,
            found.start_date.day,
            found.finish_date.day,
            found.is_complete,
            found.percent_complete_bps,
        )
        for key, found in result.items.items()
    }
    assert rows == {
        "dig": (0, 4, 0, 4, 0, 0, False, 2, 5, True, 10_000),
        "build": (4, 11, 4, 11, 0, 0, True, 6, 16, False, 5_000),
        "roof": (11, 13, 11, 13, 0, 0, True, 17, 18, False, 0),
        "paint": (8, 12, 9, 13, 1, 1, False, 12, 17, False, 0),
    }
    assert (result.duration_days, result.finish_date) == (13, mar(18))
    assert result.critical_path == ("build", "roof")


@pytest.mark.parametrize(
    ("days", "percent", "finish_day"),
    [
        # three working days are Thursday the 12th, Friday the 13th and Monday the 16th
        (6, 5_000, 16),
        (6, 4_999, 17),
        (6, 5_001, 16),
        (6, 9_999, 12),
        (5, 8_000, 12),
        (5, 0, 18),
        (1, 5_000, 12),
    ],
)
def test_the_rest_of_what_has_started_is_rounded_up_to_whole_days(days, percent, finish_day):
    result = status([item("a", days, start=9, percent=percent)])
    assert (result.items["a"].start_date, result.items["a"].finish_date) == (
        mar(9),
        mar(finish_day),
    )


def test_what_is_left_keeps_its_logic_though_it_started_out_of_sequence():
    """Retained logic: b began before a was done, and the rest of it waits for a all the same."""
    result = status([item("a", 3), item("b", 4, start=9, percent=2_500)], [ScheduleLink("a", "b")])
    assert (result.items["a"].early_start, result.items["a"].early_finish) == (8, 11)
    assert (result.items["b"].start_date, result.items["b"].early_finish) == (mar(9), 14)
    assert result.items["a"].critical


def test_what_is_done_stays_though_a_predecessor_is_not():
    result = status(
        [item("a", 3), item("b", 2, start=9, finish=10), item("c", 1)],
        [ScheduleLink("a", "b"), ScheduleLink("b", "c")],
    )
    found = result.items
    assert (found["b"].start_date, found["b"].finish_date, found["b"].is_complete) == (
        mar(9),
        mar(10),
        True,
    )
    assert (found["c"].early_start, found["a"].early_start) == (8, 8)
    assert (found["a"].free_float_days, found["a"].total_float_days) == (0, 0)


@pytest.mark.parametrize(
    ("kind", "lag_days", "lag_kind", "start"),
    [
        # a started on Monday 9 (boundary 5); three of its six days are left: it finishes at 11
        ("SS", 4, "working", 9),
        ("SS", 1, "working", 8),
        ("FS", 0, "working", 11),
        ("FS", -2, "working", 9),
        ("FF", 1, "working", 10),
        ("SF", 6, "working", 9),
        ("SS", 7, "elapsed", 10),
    ],
)
def test_links_leave_from_the_actual_start_and_from_the_finish_to_come(
    kind, lag_days, lag_kind, start
):
    result = status(
        [item("a", 6, start=9, percent=5_000), item("b", 2)],
        [ScheduleLink("a", "b", LinkKind(kind), lag_days, LagKind(lag_kind))],
    )
    assert result.items["b"].early_start == start


@pytest.mark.parametrize(
    ("begun", "ended", "boundaries"),
    [
        (date(2026, 2, 26), date(2026, 2, 27), (-2, 0)),  # before the project
        (date(2026, 2, 26), date(2026, 3, 3), (-2, 2)),
        (date(2026, 3, 7), date(2026, 3, 8), (5, 5)),  # at a weekend: no working day passed
        (date(2026, 3, 7), date(2026, 3, 9), (5, 6)),
        (date(2026, 3, 11), date(2026, 3, 11), (7, 8)),  # on the status date itself
    ],
)
def test_actual_dates_count_whenever_they_were(begun, ended, boundaries):
    done = ScheduleItem("a", 4, actual_start=begun, actual_finish=ended)
    result = status([done, item("b", 1)], [ScheduleLink("a", "b")])
    found = result.items["a"]
    assert (found.start_date, found.finish_date) == (begun, ended)
    assert (found.late_start_date, found.late_finish_date) == (begun, ended)
    assert (found.early_start, found.early_finish) == boundaries
    assert (found.planned_start, found.planned_finish) == boundaries
    assert result.items["b"].early_start == 8
    assert result.start_date == MONDAY


def test_an_elapsed_wait_counts_from_the_day_it_really_ended():
    """Done on Sunday the 8th: nine days after that evening is Tuesday evening the 17th."""
    result = status(
        [item("a", 1, start=8, finish=8), item("b", 1)],
        [ScheduleLink("a", "b", lag_days=9, lag_kind=LagKind.ELAPSED)],
    )
    assert result.items["b"].start_date == mar(18)


def test_a_milestone_is_over_on_the_day_it_happens_and_never_shown_in_the_past_before():
    result = status(
        [item("signed", 0, start=4), item("met", 0, finish=5), item("due", 0), item("end", 1)],
        [ScheduleLink("signed", "end")],
    )
    found = result.items
    assert [found[key].is_complete for key in ("signed", "met", "due")] == [True, True, False]
    assert (found["signed"].finish_date, found["met"].start_date) == (mar(4), mar(5))
    assert found["due"].start_date == mar(12)


def test_when_all_is_done_the_plan_ends_when_the_last_did():
    result = status([item("a", 2, start=2, finish=3), item("b", 2, start=3, finish=6)])
    assert (result.finish_date, result.duration_days, result.critical_path) == (mar(6), 5, ())


def test_summaries_roll_up_with_their_percent_weighted_by_duration():
    result = status(
        [
            item("s", 0),
            item("t", 0, "s"),
            item("a", 6, "t", start=2, finish=9),
            item("b", 2, "t", start=10, percent=2_500),
            item("c", 4, "s"),
            item("u", 0),
            item("d", 0, "u", finish=3),
            item("e", 0, "u"),
        ]
    )
    found = result.items
    assert [found[key].percent_complete_bps for key in "stu"] == [5_416, 8_125, 0]
    assert [found[key].is_complete for key in "stu"] == [False, False, False]
    assert (found["t"].start_date, found["t"].finish_date) == (mar(2), mar(13))
    assert (found["t"].total_float_days, found["s"].critical) == (2, True)
    assert status([item("u", 0), item("d", 0, "u", finish=3)]).items["u"].is_complete


def test_a_link_on_a_summary_waits_for_the_leaves_that_are_not_done():
    result = status(
        [
            item("s", 0),
            item("a", 6, "s", start=2, finish=10),
            item("b", 2, "s", start=10, percent=5_000),
            item("t", 0),
            item("c", 1, "t"),
            item("d", 1, "t", start=9, finish=9),
        ],
        [ScheduleLink("s", "t")],
    )
    found = result.items
    assert (found["b"].early_finish, found["c"].early_start) == (9, 9)
    assert found["d"].start_date == mar(9)
    assert (found["s"].free_float_days, found["b"].total_float_days) == (0, 0)


def test_constraints_hold_for_what_is_left_and_not_for_what_has_begun():
    kept = {
        "constraint_kind": ConstraintKind.FINISH_NO_LATER_THAN,
        "constraint_date": mar(13),
    }
    begun = {"constraint_kind": ConstraintKind.START_NO_EARLIER_THAN, "constraint_date": mar(24)}
    result = status(
        [
            item("a", 6, start=9, percent=5_000, **kept),
            item("b", 6, start=9, percent=5_000, **begun),
        ]
    )
    assert (result.items["a"].total_float_days, result.items["b"].early_finish) == (-1, 11)


def test_a_maximal_lag_after_what_has_happened_shows_as_negative_float():
    result = status(
        [item("a", 2, start=2, finish=3), item("b", 2)],
        [ScheduleLink("a", "b", max_lag_days=3)],
    )
    assert (result.items["b"].early_start, result.items["b"].late_start) == (8, 5)
    assert result.items["b"].total_float_days == -3


def test_a_status_date_before_the_project_changes_nothing_that_has_not_begun():
    items, links = [item("a", 3), item("m", 0)], [ScheduleLink("a", "m")]
    before = compute_schedule(items, links, CALENDAR, MONDAY)
    assert status(items, links, date(2026, 2, 1)) == before
    assert status(items, links, date(2026, 3, 1)) == before


@pytest.mark.parametrize(
    ("reported", "code"),
    [
        ({"actual_start": mar(12)}, "ACTUAL_AFTER_STATUS_DATE"),
        ({"actual_start": mar(9), "actual_finish": mar(12)}, "ACTUAL_AFTER_STATUS_DATE"),
        ({"actual_start": mar(9), "actual_finish": mar(6)}, "ACTUAL_FINISH_BEFORE_START"),
        ({"percent_complete_bps": 1}, "ACTUAL_START_MISSING"),
        ({"actual_finish": mar(6)}, "ACTUAL_START_MISSING"),
        ({"actual_start": mar(9), "percent_complete_bps": 10_000}, "ACTUAL_FINISH_MISSING"),
        (
            {"actual_start": mar(9), "actual_finish": mar(9), "percent_complete_bps": 9_999},
            "PERCENT_CONTRADICTS_FINISH",
        ),
        ({"actual_start": mar(9), "percent_complete_bps": 10_001}, "SCHEDULE_INVALID"),
        ({"actual_start": mar(9), "percent_complete_bps": -1}, "SCHEDULE_INVALID"),
    ],
)
def test_progress_that_cannot_be_is_refused_naming_the_item(reported, code):
    with pytest.raises(InvalidInput) as refused:
        status([ScheduleItem("a", 2)._replace(**reported), ScheduleItem("b", 2)])
    assert (refused.value.code, refused.value.details["items"]) == (code, ["a"])


def test_progress_needs_a_status_date_and_a_leaf():
    with pytest.raises(InvalidInput) as refused:
        status([item("a", 2, start=2)], status_date=None)
    assert refused.value.code == "STATUS_DATE_MISSING"
    with pytest.raises(InvalidInput) as refused:
        status([item("s", 0, start=2), item("a", 1, "s")])
    assert (refused.value.code, refused.value.details["items"]) == ("SCHEDULE_INVALID", ["s"])
