"""The test period day by day, what a rejection must say, and how many rounds there are."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.acceptances import (
    Reason,
    check_rejection_date,
    check_round,
    clean_reasons,
    criteria_of,
    is_final_round,
    period_of_test,
)
from services.rules.calendars import WorkingCalendar
from services.rules.errors import DomainError, InvalidInput, RuleViolation

# Maundy Thursday, Good Friday and Easter Monday of 2026 in Denmark.
EASTER = frozenset({date(2026, 4, 2), date(2026, 4, 3), date(2026, 4, 6)})
DANISH = WorkingCalendar(days_off=EASTER)
GULF = WorkingCalendar(weekend=frozenset({4, 5}))


@pytest.mark.parametrize(
    ("delivered_on", "days", "calendar", "last", "remind"),
    [
        # Mon 2 March, ten working days: to Mon 16; two working days before it is Thu 12.
        ("2026-03-02", 10, DANISH, "2026-03-16", "2026-03-12"),
        # Handed over on a Friday, a Saturday or a Sunday: the first day to test is the Monday.
        ("2026-03-06", 5, DANISH, "2026-03-13", "2026-03-11"),
        ("2026-03-07", 5, DANISH, "2026-03-13", "2026-03-11"),
        ("2026-03-08", 5, DANISH, "2026-03-13", "2026-03-11"),
        # Over Easter: 30 and 31 March, 1 April, then from the 7th.
        ("2026-03-27", 10, DANISH, "2026-04-15", "2026-04-13"),
        ("2026-04-01", 1, DANISH, "2026-04-07", None),
        ("2026-04-02", 3, DANISH, "2026-04-09", "2026-04-07"),
        # The reminder itself lies before the holidays.
        ("2026-03-30", 4, DANISH, "2026-04-08", "2026-04-01"),
        # Too short for a reminder.
        ("2026-03-02", 2, DANISH, "2026-03-04", None),
        ("2026-03-02", 3, DANISH, "2026-03-05", "2026-03-03"),
        # Another weekend, another last day: Friday and Saturday off.
        ("2026-03-04", 2, GULF, "2026-03-08", None),
        # Over the turn of the year and a leap day.
        ("2027-12-31", 1, DANISH, "2028-01-03", None),
        ("2028-02-28", 1, DANISH, "2028-02-29", None),
    ],
)
def test_the_period_counts_working_days_after_the_day_of_the_handing_over(
    delivered_on: str, days: int, calendar: WorkingCalendar, last: str, remind: str | None
) -> None:
    period = period_of_test(date.fromisoformat(delivered_on), days, calendar, "UTC")
    assert period is not None
    assert period.last_day == date.fromisoformat(last)
    assert period.deemed_on == date.fromisoformat(last) + timedelta(days=1)
    assert (period.remind_at and period.remind_at.isoformat()) == (
        remind and f"{remind}T08:00:00+00:00"
    )


@pytest.mark.parametrize(
    ("delivered_on", "days", "zone", "ends_at"),
    [
        ("2026-03-02", 10, "Europe/Copenhagen", "2026-03-16T23:00:00+00:00"),
        # The clocks go forward on 29 March and back on 25 October.
        ("2026-03-26", 1, "Europe/Copenhagen", "2026-03-27T23:00:00+00:00"),
        ("2026-03-27", 1, "Europe/Copenhagen", "2026-03-30T22:00:00+00:00"),
        ("2026-10-23", 1, "Europe/Copenhagen", "2026-10-26T23:00:00+00:00"),
        ("2026-10-22", 1, "Europe/Copenhagen", "2026-10-23T22:00:00+00:00"),
        ("2026-03-02", 1, "Pacific/Auckland", "2026-03-03T11:00:00+00:00"),
        ("2026-03-02", 1, "America/Los_Angeles", "2026-03-04T08:00:00+00:00"),
        ("2026-03-02", 1, "Asia/Kathmandu", "2026-03-03T18:15:00+00:00"),
        # There the day began at one o'clock, for the clocks went forward at midnight.
        ("2018-11-02", 1, "America/Sao_Paulo", "2018-11-06T02:00:00+00:00"),
    ],
)
def test_the_period_ends_at_midnight_where_the_practice_is(
    delivered_on: str, days: int, zone: str, ends_at: str
) -> None:
    period = period_of_test(date.fromisoformat(delivered_on), days, DANISH, zone)
    assert period is not None
    assert period.ends_at.isoformat() == ends_at
    assert period.ends_at.astimezone(ZoneInfo(zone)).date() == period.deemed_on


def test_a_midnight_that_the_clocks_leave_out_is_the_moment_they_do() -> None:
    # On Sunday 4 November 2018 the day began at one o'clock in São Paulo; the week begins on a Sunday here.
    calendar = WorkingCalendar(weekend=frozenset({4, 6}))
    period = period_of_test(date(2018, 11, 1), 1, calendar, "America/Sao_Paulo")
    assert period is not None
    assert period.last_day == date(2018, 11, 3)
    assert period.ends_at == datetime(2018, 11, 4, 3, tzinfo=UTC)


def test_without_days_in_the_contract_there_is_no_period() -> None:
    assert period_of_test(date(2026, 3, 2), 0, DANISH, "UTC") is None


def test_who_is_told_late_still_has_a_day_to_test_and_is_not_reminded_of_the_past() -> None:
    handed = date(2026, 3, 2)  # ten working days end on the 16th
    for told, remind in ((11, 12), (12, None), (15, None)):
        period = period_of_test(handed, 10, DANISH, "UTC", told_on=date(2026, 3, told))
        assert period is not None
        assert period.last_day == date(2026, 3, 16)
        assert (period.remind_at and period.remind_at.day) == remind
    for day in (date(2026, 3, 16), date(2026, 3, 17), date(2027, 1, 1)):
        with pytest.raises(RuleViolation) as refused:
            period_of_test(handed, 10, DANISH, "UTC", told_on=day)
        assert (refused.value.code, refused.value.field) == ("TEST_PERIOD_PASSED", "deliveredOn")


@given(
    st.dates(date(2000, 1, 1), date(2190, 1, 1)),
    st.integers(1, 365),
    st.sets(st.integers(0, 6), max_size=6),
    st.sets(st.dates(date(2000, 1, 1), date(2001, 12, 31)), max_size=8),
    st.sampled_from(["Europe/Copenhagen", "UTC", "Pacific/Apia", "America/St_Johns"]),
)
def test_a_period_always_holds_exactly_its_working_days(
    day: date, days: int, weekend: set[int], off: set[date], zone: str
) -> None:
    calendar = WorkingCalendar(frozenset(weekend), frozenset(off))
    period = period_of_test(day, days, calendar, zone)
    assert period is not None
    assert calendar.count_working_days(day + timedelta(days=1), period.last_day) == days
    assert calendar.is_working_day(period.last_day)
    if period.remind_at is not None:
        assert period.remind_at < period.ends_at
        reminded = period.remind_at.astimezone(ZoneInfo(zone)).date()
        assert day < reminded < period.last_day
        assert calendar.count_working_days(reminded + timedelta(days=1), period.last_day) == 2


@pytest.mark.parametrize(
    ("text", "criteria"),
    [
        ("", ()),
        (" ; \n ", ()),
        ("The board has approved them", ("The board has approved them",)),
        ("It loads in 2 s; it prints", ("It loads in 2 s", "it prints")),
        ("- one\n* two\n\n• three – four", ("one", "two", "three – four")),
        ("1.5 mm thick\n2 coats", ("1.5 mm thick", "2 coats")),
    ],
)
def test_criteria_are_read_one_by_one(text: str, criteria: tuple[str, ...]) -> None:
    assert criteria_of(text) == criteria


BOTH = ("It loads in 2 s", "It prints")


@pytest.mark.parametrize(
    ("criteria", "reasons", "text", "code", "field"),
    [
        (BOTH, [], "", "REASON_MISSING", "reasons"),
        (BOTH, [], "It is ugly.", "REASON_MISSING", "reasons"),
        (BOTH, [Reason(None, "I want a shop too")], "", "REASON_MISSING", "reasons"),
        (BOTH, [Reason(1, " ")], "", "REQUIRED", "reasons.0.text"),
        (BOTH, [Reason(1, "ok"), Reason(2, "\u200b")], "", "REQUIRED", "reasons.1.text"),
        (BOTH, [Reason(1, "x" * 2001)], "", "TEXT_TOO_LONG", "reasons.0.text"),
        (BOTH, [Reason(1, "x")], "y" * 4001, "TEXT_TOO_LONG", "text"),
        (BOTH, [Reason(1, "a\x00b")], "", "TEXT_INVALID", "reasons.0.text"),
        (BOTH, [Reason(0, "x")], "", "CRITERION_UNKNOWN", "reasons.0.criterion"),
        (BOTH, [Reason(3, "x")], "", "CRITERION_UNKNOWN", "reasons.0.criterion"),
        (BOTH, [Reason(-1, "x")], "", "CRITERION_UNKNOWN", "reasons.0.criterion"),
        ((), [Reason(1, "x")], "", "CRITERION_UNKNOWN", "reasons.0.criterion"),
        ((), [], " \n", "REASON_MISSING", "text"),
        (BOTH, [Reason(1, "x")] * 101, "", "TOO_MANY_REASONS", "reasons"),
    ],
)
def test_a_rejection_that_says_nothing_is_refused(
    criteria: tuple[str, ...], reasons: list[Reason], text: str, code: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        clean_reasons(criteria, reasons, text)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_rejection_names_criteria_or_says_it_in_words() -> None:
    assert clean_reasons(BOTH, [Reason(2, " On A4 it does not\r\nprint "), Reason(None, "Also")], "") == (
        (Reason(2, "On A4 it does not\nprint"), Reason(None, "Also")), "",
    )  # fmt: skip
    assert clean_reasons((), [], " It is not what we agreed. ") == ((), "It is not what we agreed.")
    assert clean_reasons((), [Reason(None, "The colour")], "") == (
        (Reason(None, "The colour"),),
        "",
    )


@pytest.mark.parametrize(
    ("rejected", "today", "code"),
    [
        ("2026-03-02", "2026-03-02", None),
        ("2026-03-16", "2026-03-16", None),
        ("2026-03-13", "2026-03-16", None),
        ("2026-03-01", "2026-03-10", "DATE_ORDER"),
        ("2026-03-11", "2026-03-10", "DATE_ORDER"),
        ("2026-03-17", "2026-03-17", "TEST_PERIOD_ENDED"),
        ("2027-03-17", "2028-03-17", "TEST_PERIOD_ENDED"),
    ],
)
def test_an_objection_counts_within_the_period(rejected: str, today: str, code: str | None) -> None:
    def check(last_day: date | None) -> str | None:
        try:
            check_rejection_date(
                date.fromisoformat(rejected),
                delivered_on=date(2026, 3, 2),
                last_day=last_day,
                today=date.fromisoformat(today),
            )
        except DomainError as error:
            return error.code
        return None

    assert check(date(2026, 3, 16)) == code
    # Without a period there is no end to it.
    assert check(None) == (None if code == "TEST_PERIOD_ENDED" else code)


@pytest.mark.parametrize(
    ("rounds", "final"),
    [
        (0, [True, True, True, True]),
        (1, [False, True, True, True]),
        (2, [False, False, True, True]),
        (None, [False, False, False, False]),
    ],
)
def test_after_the_last_round_a_rejection_is_final(rounds: int | None, final: list[bool]) -> None:
    assert [is_final_round(number, rounds) for number in (1, 2, 3, 4)] == final
    for number, was_final in enumerate(final, start=1):
        check_round(number + 1, rounds, "They asked for one more.", "itemKeys.0")
        if was_final:
            with pytest.raises(RuleViolation) as refused:
                check_round(number + 1, rounds, "", "itemKeys.0")
            assert refused.value.code == "CORRECTION_ROUNDS_USED"
        else:
            check_round(number + 1, rounds, "", "itemKeys.0")
    check_round(1, rounds, "", "itemKeys.0")
