"""Part time, calendars of items, and what is done as late as possible."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.calendars import WorkingCalendar
from services.rules.errors import InvalidInput
from services.rules.schedule import (
    ConstraintKind,
    LagKind,
    LinkKind,
    ScheduleItem,
    ScheduleLink,
    compute_schedule,
)
from tests.rules.test_schedule import CALENDAR, MONDAY, schedule
from tests.rules.test_schedule_properties import plans, tried

SATURDAYS_TOO = WorkingCalendar(frozenset({6}))
ONLY_SATURDAYS = WorkingCalendar(frozenset({0, 1, 2, 3, 4, 6}))
CLOSED = WorkingCalendar(days_off=frozenset(date(2026, 3, day) for day in range(5, 11)))
CALENDARS = {"six": SATURDAYS_TOO, "sat": ONLY_SATURDAYS, "closed": CLOSED, "same": CALENDAR}


def on(items, links=(), **more):
    return compute_schedule(list(items), list(links), CALENDAR, MONDAY, calendars=CALENDARS, **more)


@pytest.mark.parametrize(
    ("days", "share", "taken"),
    [
        (4, 10_000, 4),
        (4, 5_000, 8),
        (3, 4_000, 8),
        (1, 1, 10_000),
        (0, 2_500, 0),
        (5, 7_500, 7),
        (7, 3_333, 22),
    ],
)
def test_part_time_takes_longer_rounded_up_to_whole_days(days, share, taken):
    result = schedule([ScheduleItem("a", days, allocation_bps=share)])
    assert result.duration_days == result.items["a"].duration_days == taken


@pytest.mark.parametrize(
    ("days", "share"), [(1, 0), (1, 10_001), (1, -5), (1, 0.5), (2, 1), (1, True)]
)
def test_a_share_of_the_day_is_between_nothing_and_all(days, share):
    with pytest.raises(InvalidInput) as refused:
        schedule([ScheduleItem("a", days, allocation_bps=share)])
    assert refused.value.details["items"] == ["a"]


@pytest.mark.parametrize(
    ("calendar_id", "days", "dates", "boundaries"),
    [
        (None, 6, ("2026-03-02", "2026-03-09"), (0, 6)),
        ("six", 6, ("2026-03-02", "2026-03-07"), (0, 5)),
        ("six", 7, ("2026-03-02", "2026-03-09"), (0, 6)),
        ("sat", 2, ("2026-03-07", "2026-03-14"), (5, 10)),
        ("closed", 4, ("2026-03-02", "2026-03-11"), (0, 8)),
    ],
)
def test_an_item_works_on_its_own_days(calendar_id, days, dates, boundaries):
    found = on([ScheduleItem("a", days, calendar_id=calendar_id)]).items["a"]
    assert (found.start_date.isoformat(), found.finish_date.isoformat()) == dates
    assert (found.early_start, found.early_finish) == boundaries
    assert (found.duration_days, found.total_float_days, found.critical) == (days, 0, True)


@pytest.mark.parametrize(
    ("tail", "head", "kind", "lag_days", "dates"),
    [
        # a works five days, from Monday the 2nd; on six days a week it ends on Friday too
        (None, "six", "FS", 0, (7, 9)),
        ("six", None, "FS", 0, (9, 10)),
        (None, "closed", "FS", 0, (11, 12)),
        ("closed", None, "FS", 0, (13, 16)),
        (None, "six", "FS", 1, (10, 11)),
        (None, "six", "SS", 5, (7, 9)),
        (None, "sat", "FS", -3, (7, 14)),
        (None, "six", "FF", 0, (5, 6)),
        (None, "sat", "FF", 0, (7, 14)),
        ("sat", None, "FS", 0, (9, 10)),
    ],
)
def test_lags_count_the_project_s_days_and_work_its_own(tail, head, kind, lag_days, dates):
    days = 1 if tail == "sat" else 5
    result = on(
        [ScheduleItem("a", days, calendar_id=tail), ScheduleItem("b", 2, calendar_id=head)],
        [ScheduleLink("a", "b", LinkKind(kind), lag_days)],
    )
    found = result.items["b"]
    assert (found.start_date.day, found.finish_date.day) == dates


def test_the_float_of_an_item_counts_its_own_days():
    """b is only worked on Saturdays: in a plan of three weeks it could be done on any of three."""
    result = on([ScheduleItem("a", 15), ScheduleItem("b", 1, calendar_id="sat")])
    found = result.items["b"]
    assert (found.start_date, found.late_start_date) == (date(2026, 3, 7), date(2026, 3, 14))
    assert (found.total_float_days, found.free_float_days, found.critical) == (1, 1, False)
    longer = on([ScheduleItem("a", 16), ScheduleItem("b", 1, calendar_id="sat")]).items["b"]
    assert longer.total_float_days == 2


def test_a_project_may_end_on_a_day_that_only_one_item_works():
    result = on([ScheduleItem("a", 5), ScheduleItem("b", 6, calendar_id="six")])
    assert (result.finish_date, result.duration_days) == (date(2026, 3, 7), 5)
    assert result.critical_path == ("a", "b")


def test_the_calendar_of_a_summary_is_that_of_its_leaves_without_one():
    result = on(
        [
            ScheduleItem("s", calendar_id="six"),
            ScheduleItem("a", 6, "s"),
            ScheduleItem("b", 2, "s", calendar_id="closed"),
            ScheduleItem("c", 1),
        ],
        [ScheduleLink("s", "c")],
    )
    assert result.items["a"].finish_date == date(2026, 3, 7)
    assert result.items["b"].finish_date == date(2026, 3, 3)
    assert result.items["s"].finish_date == date(2026, 3, 7)
    assert result.items["c"].start_date == date(2026, 3, 9)


def test_constraints_are_read_on_the_item_s_own_days():
    saturday = (ConstraintKind.MUST_START_ON, date(2026, 3, 7))
    result = on(
        [
            ScheduleItem("a", 1, None, *saturday),
            ScheduleItem("b", 1, None, *saturday, calendar_id="six"),
        ]
    )
    assert (result.items["a"].start_date.day, result.items["b"].start_date.day) == (9, 7)


def test_a_calendar_that_does_not_exist_is_refused_naming_the_items():
    with pytest.raises(InvalidInput) as refused:
        on([ScheduleItem("a", 1, calendar_id="moon"), ScheduleItem("b", 1)])
    assert refused.value.code == "SCHEDULE_UNKNOWN_CALENDAR"
    assert refused.value.details["items"] == ["a"]


@given(plans(), st.data())
def test_calendars_that_all_equal_the_project_s_change_nothing(plan, data):
    items, links = plan
    plain = schedule(items, links)
    own = [item._replace(calendar_id=data.draw(st.sampled_from([None, "same"]))) for item in items]
    assert on(own, links) == plain


@given(plans(), st.data())
def test_on_any_calendars_every_item_works_its_days_between_early_and_late(plan, data):
    items, links = plan
    items = [
        item._replace(calendar_id=data.draw(st.sampled_from([None, *CALENDARS]))) for item in items
    ]
    result, refused = tried(on, items, links)
    if refused:
        assert refused.code == "SCHEDULE_CONTRADICTION"
        return
    for item in items:
        found = result.items[item.item_id]
        assert 0 <= found.free_float_days <= found.total_float_days
        assert found.start_date <= found.late_start_date or found.is_milestone
        if found.is_summary or found.is_milestone:
            continue
        # A leaf's calendar may be that of a summary above it.
        above = {each.item_id: each for each in items}
        each = item
        while each.calendar_id is None and each.parent_id is not None:
            each = above[each.parent_id]
        calendar = CALENDARS.get(each.calendar_id, CALENDAR)
        days = calendar.count_working_days(found.start_date, found.finish_date)
        assert days == item.duration_days
        assert calendar.is_working_day(found.start_date)
        assert calendar.is_working_day(found.finish_date)


# As late as possible

ALAP = ConstraintKind.AS_LATE_AS_POSSIBLE


def test_as_late_as_possible_moves_up_to_what_is_planned_and_no_further():
    """Zero free float: a and b move up to d; c, which nothing follows, to the finish; early dates and floats stay."""
    result = schedule(
        [
            ScheduleItem("long", 10),
            ScheduleItem("d", 2),
            ScheduleItem("e", 3),
            ScheduleItem("a", 1, None, ALAP),
            ScheduleItem("b", 2, None, ALAP),
            ScheduleItem("c", 4, None, ALAP),
            ScheduleItem("end", 2),
        ],
        [
            ScheduleLink("e", "d"),
            ScheduleLink("e", "d", lag_days=3),
            ScheduleLink("a", "b"),
            ScheduleLink("b", "d"),
            ScheduleLink("long", "end"),
        ],
    )
    table = {
        key: (found.early_start, found.planned_start, found.late_start, found.free_float_days)
        for key, found in result.items.items()
    }
    assert table == {
        "long": (0, 0, 0, 0),
        "d": (6, 6, 10, 4),
        "e": (0, 0, 4, 0),
        "a": (0, 3, 7, 0),
        "b": (1, 4, 8, 3),
        "c": (0, 8, 8, 8),
        "end": (10, 10, 10, 0),
    }
    assert result.items["b"].start_date == date(2026, 3, 6)
    assert result.items["c"].finish_date == result.finish_date == date(2026, 3, 17)


def test_as_late_as_possible_on_a_summary_holds_for_its_leaves_and_takes_no_date():
    result = schedule(
        [
            ScheduleItem("s", 0, None, ALAP),
            ScheduleItem("a", 2, "s"),
            ScheduleItem("m", 0, "s"),
            ScheduleItem("b", 6),
        ],
    )
    assert [result.items[key].planned_start for key in ("a", "m", "s")] == [4, 6, 4]
    assert result.items["s"].start_date == date(2026, 3, 6)
    with pytest.raises(InvalidInput):
        schedule([ScheduleItem("a", 2, None, ALAP, MONDAY)])


def test_what_leans_late_keeps_its_windows_and_does_not_move_once_begun():
    result = compute_schedule(
        [
            ScheduleItem("long", 10),
            ScheduleItem("x", 1),
            ScheduleItem("a", 2, None, ALAP),
            ScheduleItem("b", 4, None, ALAP, actual_start=MONDAY, percent_complete_bps=5_000),
        ],
        [ScheduleLink("x", "a", max_lag_days=3)],
        CALENDAR,
        MONDAY,
        status_date=MONDAY,
    )
    assert (result.items["x"].planned_start, result.items["a"].planned_start) == (1, 5)
    assert result.items["b"].planned_finish == 3


@given(plans(), st.data())
def test_leaning_late_moves_nothing_else(plan, data):
    items, links = plan
    before = schedule(items, links)
    leaning = data.draw(st.sets(st.sampled_from([item.item_id for item in items])))
    changed = [
        item._replace(constraint_kind=ALAP) if item.item_id in leaning else item for item in items
    ]
    after = schedule(changed, links)
    assert after.duration_days == before.duration_days
    assert after.finish_date == before.finish_date
    for key, found in after.items.items():
        same = before.items[key]
        passes = slice(4, 11)
        assert found[passes] == same[passes]
        assert found.early_start <= found.planned_start <= found.late_start
        parents = {item.item_id: item.parent_id for item in items}
        above = key
        leans = False
        while above is not None:
            leans = leans or above in leaning
            above = parents[above]
        if not leans and not found.is_summary:
            assert found.planned_start == found.early_start


@given(plans(summaries=False, lag_kinds=(LagKind.WORKING,)), st.data())
def test_leaning_late_leaves_no_room_before_any_successor(plan, data):
    items, links = plan
    leaning = data.draw(st.sampled_from(items)).item_id
    changed = [
        item._replace(constraint_kind=ALAP) if item.item_id == leaning else item for item in items
    ]
    found = schedule(changed, links).items[leaning]
    assert found.planned_start == found.early_start + found.free_float_days
