"""Working days: dates to boundaries and back, on calendars with weekends and days off."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.calendars import Timeline, WorkingCalendar
from services.rules.errors import InvalidInput

PLAIN = WorkingCalendar()
CHRISTMAS = WorkingCalendar(
    days_off=frozenset(
        {date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1)}
    )
)
DATES = st.dates(date(1999, 1, 1), date(2060, 12, 31))
CALENDARS = st.builds(
    WorkingCalendar,
    weekend=st.frozensets(st.integers(0, 6), max_size=6),
    days_off=st.frozensets(DATES, max_size=20),
)


@pytest.mark.parametrize(
    ("start", "boundary", "starts", "finishes"),
    [
        (date(2004, 7, 19), 0, date(2004, 7, 19), date(2004, 7, 16)),
        (date(2004, 7, 19), 1, date(2004, 7, 20), date(2004, 7, 19)),
        (date(2004, 7, 19), 5, date(2004, 7, 26), date(2004, 7, 23)),
        (date(2004, 7, 19), 113, date(2004, 12, 23), date(2004, 12, 22)),
        (date(2004, 7, 17), 0, date(2004, 7, 19), date(2004, 7, 16)),
        (date(2004, 7, 19), -1, date(2004, 7, 16), date(2004, 7, 15)),
        (date(2004, 7, 19), -5, date(2004, 7, 12), date(2004, 7, 9)),
    ],
)
def test_a_boundary_has_the_date_that_starts_and_the_date_that_finishes_there(
    start, boundary, starts, finishes
):
    timeline = Timeline(PLAIN, start)
    assert timeline.start_date(boundary) == starts
    assert timeline.finish_date(boundary) == finishes


@pytest.mark.parametrize(
    ("day", "working_days", "result"),
    [
        (date(2026, 12, 23), 1, date(2026, 12, 28)),
        (date(2026, 12, 23), 0, date(2026, 12, 23)),
        (date(2026, 12, 24), 0, date(2026, 12, 28)),
        (date(2026, 12, 23), 5, date(2027, 1, 4)),
        (date(2026, 12, 28), -1, date(2026, 12, 23)),
        (date(2026, 12, 27), -1, date(2026, 12, 23)),
        (date(2026, 12, 26), 1, date(2026, 12, 28)),
    ],
)
def test_working_days_are_added_over_weekends_and_days_off(day, working_days, result):
    assert CHRISTMAS.add_working_days(day, working_days) == result


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        (date(2026, 12, 21), date(2026, 12, 27), 3),
        (date(2026, 12, 24), date(2026, 12, 27), 0),
        (date(2026, 12, 24), date(2027, 1, 4), 5),
        (date(2026, 12, 24), date(2026, 12, 20), 0),
    ],
)
def test_working_days_are_counted_with_both_ends(first, last, count):
    assert CHRISTMAS.count_working_days(first, last) == count


def test_the_nearest_working_days_are_found_in_both_directions():
    assert CHRISTMAS.first_working_day(date(2026, 12, 24)) == date(2026, 12, 28)
    assert CHRISTMAS.first_working_day(date(2026, 12, 23)) == date(2026, 12, 23)
    assert CHRISTMAS.last_working_day(date(2026, 12, 27)) == date(2026, 12, 23)
    assert CHRISTMAS.last_working_day(date(2026, 12, 23)) == date(2026, 12, 23)


def test_a_week_may_be_any_set_of_days():
    only_sundays = WorkingCalendar(weekend=frozenset(range(6)))
    assert only_sundays.add_working_days(date(2026, 11, 22), 2) == date(2026, 12, 6)
    assert WorkingCalendar(weekend=frozenset()).add_working_days(date(2026, 11, 22), 2) == date(
        2026, 11, 24
    )


@pytest.mark.parametrize(
    ("weekend", "code"),
    [
        (frozenset(range(7)), "CALENDAR_EMPTY"),
        (frozenset({7}), "CALENDAR_INVALID"),
        (frozenset({-1}), "CALENDAR_INVALID"),
        (frozenset({"6"}), "CALENDAR_INVALID"),
    ],
)
def test_a_calendar_without_a_working_day_is_refused(weekend, code):
    with pytest.raises(InvalidInput) as refused:
        WorkingCalendar(weekend=weekend)
    assert refused.value.code == code


def test_a_boundary_beyond_the_calendar_of_the_world_is_refused():
    for boundary in (3_000_000, -1_000_000, 10**12):
        with pytest.raises(InvalidInput) as refused:
            Timeline(PLAIN, date(2026, 1, 1)).start_date(boundary)
        assert refused.value.code == "DATE_OUT_OF_RANGE"
    assert Timeline(PLAIN, date.max).finished_by(date.max) == 1


def working_days_by_hand(calendar, first, last):
    day, found = first, []
    while day <= last:
        if calendar.is_working_day(day):
            found.append(day)
        day += timedelta(days=1)
    return found


@given(CALENDARS, DATES, st.integers(-60, 200))
def test_dates_and_boundaries_are_each_others_inverse(calendar, start, boundary):
    timeline = Timeline(calendar, start)
    starts, finishes = timeline.start_date(boundary), timeline.finish_date(boundary)
    assert finishes < starts
    assert calendar.is_working_day(starts)
    assert calendar.is_working_day(finishes)
    assert timeline.started_by(starts) == boundary
    assert timeline.finished_by(finishes) == boundary
    assert working_days_by_hand(calendar, finishes, starts) == [finishes, starts]


@given(CALENDARS, DATES, st.integers(-100, 300))
def test_any_date_falls_on_the_boundary_a_count_by_hand_gives(calendar, start, offset):
    timeline = Timeline(calendar, start)
    day = start + timedelta(days=offset)
    if offset >= 0:
        by_hand = len(working_days_by_hand(calendar, start, day))
        assert timeline.finished_by(day) == by_hand
        assert calendar.count_working_days(start, day) == by_hand
    else:
        by_hand = -len(working_days_by_hand(calendar, day, start - timedelta(days=1)))
        assert timeline.started_by(day) == by_hand
    assert timeline.started_by(day) + calendar.is_working_day(day) == timeline.finished_by(day)


@given(CALENDARS, DATES, st.lists(st.integers(-80, 150), min_size=1, max_size=12))
def test_the_order_of_questions_does_not_change_the_answers(calendar, start, boundaries):
    shared = Timeline(calendar, start)
    assert [shared.start_date(b) for b in boundaries] == [
        Timeline(calendar, start).start_date(b) for b in boundaries
    ]
