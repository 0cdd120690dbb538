"""Working calendars by country."""

from dataclasses import replace
from datetime import date

import pytest

from services.calendars import (
    CalendarTerms,
    calendar_year,
    clean_terms,
    plan_calendars,
    public_holidays,
    region_name,
    working_calendar,
)
from services.rules.errors import InvalidInput
from services.rules.schedule import ConstraintKind
from services.rules.scope import Dependency, ItemCalendar, Scope, ScopeItem, schedule_scope

DENMARK = CalendarTerms(country="DK")


def test_store_bededag_is_off_in_2023_and_a_working_day_from_2024() -> None:
    calendar = working_calendar(DENMARK, date(2023, 1, 1), working_days=600)
    assert not calendar.is_working_day(date(2023, 5, 5))
    assert calendar.is_working_day(date(2024, 4, 26))


@pytest.mark.parametrize(
    "day", [date(2026, 4, 2), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 14), date(2026, 5, 25), date(2026, 12, 25)]
)  # fmt: skip
def test_danish_public_holidays_of_2026_are_off(day: date) -> None:
    assert not working_calendar(DENMARK, date(2026, 1, 1)).is_working_day(day)


def test_own_days_off_come_on_top_of_public_holidays() -> None:
    terms = clean_terms(country="DK", region="", weekend=None, days_off=[date(2026, 12, 24)])
    calendar = working_calendar(terms, date(2026, 12, 1))
    assert [
        day
        for day in range(21, 32)
        if calendar.is_working_day(date(2026, 12, day))
    ] == [21, 22, 23, 28, 29, 30, 31]  # fmt: skip


def test_a_plan_of_thirty_years_still_meets_its_holidays() -> None:
    calendar = working_calendar(DENMARK, date(2026, 1, 1), working_days=7500)
    assert not calendar.is_working_day(date(2056, 12, 25))


def test_bavaria_keeps_epiphany_and_berlin_does_not() -> None:
    assert date(2026, 1, 6) in public_holidays("DE", "BY", 2026)
    assert date(2026, 1, 6) not in public_holidays("DE", "BE", 2026)


def test_a_region_is_named_as_people_call_it() -> None:
    named = [("DE", "BY"), ("GB", "SCT"), ("FR", "57"), ("CH", "ZH")]
    assert [region_name(*each) for each in named] == ["Bayern", "Scotland", "Moselle", "Zürich"]
    assert region_name("DK", "84") == "84"


def test_without_a_country_no_holiday_counts() -> None:
    assert working_calendar(CalendarTerms(), date(2026, 12, 1)).is_working_day(date(2026, 12, 25))


def test_the_weekend_is_the_countrys_own_unless_given() -> None:
    assert clean_terms(country="SA", region="", weekend=None, days_off=[]).weekend == {4, 5}
    assert clean_terms(country="SA", region="", weekend=[6], days_off=[]).weekend == {6}


@pytest.mark.parametrize(
    ("country", "region", "weekend", "code", "field"),
    [
        ("ZZ", "", None, "COUNTRY_UNKNOWN", "calendar.country"),
        ("DK", "XX", None, "REGION_UNKNOWN", "calendar.region"),
        (None, "BY", None, "REGION_UNKNOWN", "calendar.region"),
        ("DK", "", [7], "CALENDAR_INVALID", "calendar.weekend"),
        ("DK", "", range(7), "CALENDAR_EMPTY", "calendar.weekend"),
    ],
)
def test_impossible_terms_are_refused_by_field(country, region, weekend, code, field) -> None:
    with pytest.raises(InvalidInput) as refused:
        clean_terms(country=country, region=region, weekend=weekend, days_off=[])
    assert (refused.value.code, refused.value.field) == (code, field)


# The calendars of a scope

CREW = ItemCalendar("crew", "Crew", CalendarTerms("DE", "BY", frozenset({6})))


def test_a_scope_gets_its_own_calendar_and_those_its_items_name() -> None:
    found = plan_calendars(Scope(calendars=(CREW,)), DENMARK, date(2026, 1, 1))
    assert list(found.items) == ["crew"]
    epiphany, saturday = date(2026, 1, 6), date(2026, 1, 10)
    assert found.project.is_working_day(epiphany)
    assert not found.items["crew"].is_working_day(epiphany)
    assert (found.project.is_working_day(saturday), found.items["crew"].is_working_day(saturday)) == (False, True)  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "until"),
    [
        (Scope((ScopeItem("a", "A", duration_days=75, allocation_bps=100),)), None),
        (Scope((ScopeItem("a", "A"), ScopeItem("b", "B")), (Dependency("a", "b", max_lag_days=7500),)), None),
        (Scope((ScopeItem("a", "A", constraint_kind=ConstraintKind.MUST_START_ON, constraint_date=date(2055, 1, 1)),)), None),
        (Scope(calendars=(replace(CREW, terms=CalendarTerms(days_off=(date(2055, 1, 1),))),)), None),
        (Scope(), date(2055, 1, 1)),
    ],
    ids=["part time", "maximal lag", "constraint", "days off", "later date"],
)  # fmt: skip
def test_holidays_are_known_as_far_as_a_plan_can_reach(scope: Scope, until: date | None) -> None:
    calendar = plan_calendars(scope, DENMARK, date(2026, 1, 1), until=until).project
    assert not calendar.is_working_day(date(2054, 12, 25))


def test_an_item_calendar_of_no_known_place_is_named() -> None:
    unknown = replace(CREW, key="other", terms=CalendarTerms("DK", "ZZ"))
    with pytest.raises(InvalidInput) as refused:
        plan_calendars(Scope(calendars=(CREW, unknown)), DENMARK, date(2026, 1, 1))
    assert (refused.value.code, refused.value.field) == ("REGION_UNKNOWN", "calendars.1.region")


@pytest.mark.parametrize(
    ("start", "finish"), [(date(2023, 5, 4), date(2023, 5, 8)), (date(2024, 4, 25), date(2024, 4, 26))]
)  # fmt: skip
def test_a_plan_over_store_bededag_takes_a_day_longer_in_2023_and_not_in_2024(
    start: date, finish: date
) -> None:
    scope = Scope((ScopeItem("a", "A", duration_days=2),))
    calendars = plan_calendars(scope, DENMARK, start)
    planned = schedule_scope(scope, calendars.project, start, calendars=calendars.items)
    assert planned.finish_date == finish


def test_a_year_is_counted_by_the_table_that_plans_are_scheduled_on() -> None:
    before, after = calendar_year(DENMARK, 2023), calendar_year(DENMARK, 2024)
    assert (before.working_days, after.working_days) == (252, 254)
    assert date(2023, 5, 5) in before.holidays
    assert before.names["da"][date(2023, 5, 5)] == "Store bededag"
    assert date(2024, 4, 26) not in after.holidays
    off = replace(DENMARK, days_off=(date(2024, 12, 23), date(2025, 1, 2)))
    assert (calendar_year(off, 2024).days_off, calendar_year(off, 2024).month_days[11]) == (
        (date(2024, 12, 23),), 19,
    )  # fmt: skip
