"""Files of Microsoft Project: what is carried over, and what is said of the rest."""

from datetime import date

import pytest

from services.rules.errors import InvalidInput
from services.rules.plan_files import Plan, PlanCalendar, PlanLink, read_project
from services.rules.schedule import ConstraintKind, LagKind, LinkKind
from services.scopes.project_xml import MAX_XML_BYTES, parse_project

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Project xmlns="http://schemas.microsoft.com/project">'
)


def task(uid: int, *parts: str, name: str = "", level: int = 1) -> str:
    title = name or f"Task {uid}"
    return (
        f"<Task><UID>{uid}</UID><ID>{uid}</ID><Name>{title}</Name><OutlineLevel>{level}</OutlineLevel>"
        + "".join(parts)
        + "</Task>\n"
    )


def link(uid: int, kind: int, lag: int = 0, lag_format: int = 7, more: str = "") -> str:
    return (
        f"<PredecessorLink><PredecessorUID>{uid}</PredecessorUID><Type>{kind}</Type>{more}"
        f"<LinkLag>{lag}</LinkLag><LagFormat>{lag_format}</LagFormat></PredecessorLink>"
    )


def read(
    *tasks: str, head: str = "<StartDate>2026-11-02T08:00:00</StartDate>", tail: str = ""
) -> Plan:
    text = f"{HEAD}\n{head}\n<Tasks>\n{''.join(tasks)}</Tasks>{tail}</Project>"
    return read_project(parse_project(text), currency="DKK")


def said(problems) -> list[tuple]:
    return [(each.line, each.item_key, each.field, each.code) for each in problems]


DAY = "<Duration>PT8H0M0S</Duration>"


def test_an_outline_becomes_a_tree_and_the_projects_own_summary_is_passed_over() -> None:
    plan = read(
        "<Task><UID>0</UID><Name>All</Name><OutlineLevel>0</OutlineLevel></Task>",
        task(5, "<Summary>1</Summary>", "<Duration>PT80H0M0S</Duration>", name="Phase &amp; more"),
        task(
            7,
            "<Duration>PT40H0M0S</Duration>",
            "<Notes>Two\r\nlines</Notes>",
            "<Work>PT30H15M0S</Work>",
            level=2,
        ),
        "<Task><UID>8</UID><IsNull>1</IsNull></Task>",
        task(9, "<Duration>PT0H0M0S</Duration>", "<Milestone>1</Milestone>", level=2),
        task(3, DAY),
        head="<Name>plan.xml</Name><Title>New site</Title><StartDate>2026-11-02T08:00:00</StartDate>",
    )
    assert (plan.problems, plan.warnings) == ((), ())
    assert (plan.name, plan.start) == ("New site", date(2026, 11, 2))
    assert [(item.key, item.parent_key, item.title, item.duration_days) for item in plan.items] == [
        ("5", None, "Phase & more", 0),
        ("7", "5", "Task 7", 5),
        ("9", "5", "Task 9", 0),
        ("3", None, "Task 3", 1),
    ]
    assert (plan.items[1].description, plan.items[1].effort_minutes) == ("Two\nlines", 1815)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (link(1, 0), PlanLink("1", "2", LinkKind.FINISH_TO_FINISH)),
        (link(1, 1), PlanLink("1", "2", LinkKind.FINISH_TO_START)),
        (link(1, 2), PlanLink("1", "2", LinkKind.START_TO_FINISH)),
        (link(1, 3), PlanLink("1", "2", LinkKind.START_TO_START)),
        (link(1, 1, 9600), PlanLink("1", "2", lag_days=2)),
        (link(1, 1, -72000), PlanLink("1", "2", lag_days=-15)),
        (link(1, 1, 43200, 8), PlanLink("1", "2", lag_days=3, lag_kind=LagKind.ELAPSED)),
        (link(1, 1, 100800, 10), PlanLink("1", "2", lag_days=7, lag_kind=LagKind.ELAPSED)),
    ],
)
def test_links_and_lags_are_carried_over(written: str, wanted: PlanLink) -> None:
    plan = read(task(1, DAY), task(2, DAY, written))
    assert (plan.problems, plan.warnings, plan.links) == ((), (), (wanted,))


@pytest.mark.parametrize("code", range(8))
def test_every_type_of_constraint_is_carried_over(code: int) -> None:
    kinds = "as_soon_as_possible as_late_as_possible must_start_on must_finish_on start_no_earlier_than start_no_later_than finish_no_earlier_than finish_no_later_than"  # fmt: skip
    plan = read(
        task(
            1,
            DAY,
            f"<ConstraintType>{code}</ConstraintType><ConstraintDate>2026-11-05T08:00:00</ConstraintDate>",
        )
    )
    (item,) = plan.items
    assert item.constraint_kind.value == kinds.split()[code]
    assert item.constraint_date == (None if code < 2 else date(2026, 11, 5))


def test_what_has_no_place_in_a_scope_is_rounded_or_left_out_with_a_warning() -> None:
    plan = read(
        task(1, "<Duration>PT12H0M0S</Duration>"),
        task(2, DAY, "<PercentComplete>40</PercentComplete>", link(1, 1, 2400)),
        task(3, "<Duration>PT48H0M0S</Duration><DurationFormat>8</DurationFormat>"),
        task(4, DAY, "<Active>0</Active>"),
        task(5, DAY, "<Manual>1</Manual><ManualStart>2026-11-09T08:00:00</ManualStart>"),
        task(6, DAY, "<Deadline>2026-11-20T17:00:00</Deadline>", link(4, 1)),
        task(7, DAY, link(2, 1, 50, 19)),
        task(8),
        task(9, DAY, "<Cost>123450</Cost>"),
        tail="<Resources><Resource><UID>1</UID><Name>Ida</Name></Resource></Resources>",
    )
    assert plan.problems == ()
    assert said(plan.warnings) == [
        (2, None, "Resources", "RESOURCES_DROPPED"),
        (2, None, "PercentComplete", "PROGRESS_DROPPED"),
        (8, "4", "Task", "TASK_DROPPED"),
        (12, "8", "Duration", "DURATION_MISSING"),
        (5, "1", "Duration", "DURATION_ROUNDED"),
        (7, "3", "DurationFormat", "DURATION_ELAPSED"),
        (9, "5", "Manual", "SCHEDULED_BY_HAND"),
        (6, "2", "LinkLag", "LAG_ROUNDED"),
        (10, "6", "PredecessorLink", "LINK_DROPPED"),
        (11, "7", "LinkLag", "LAG_FIXED"),
        (11, "7", "LinkLag", "LAG_ROUNDED"),
    ]
    assert plan.warnings[4].message == "The duration of Task 1 is 1.5 days; 2 are taken."
    items = {item.key: item for item in plan.items}
    assert (items["1"].duration_days, items["3"].duration_days) == (2, 2)
    assert items["3"].calendar_key == "elapsed"
    assert items["5"].constraint_kind is ConstraintKind.START_NO_EARLIER_THAN
    assert items["6"].constraint_kind is ConstraintKind.FINISH_NO_LATER_THAN
    assert items["6"].constraint_date == date(2026, 11, 20)
    assert items["9"].cost_minor == 123450
    assert [each.key for each in plan.calendars or ()] == ["elapsed"]


def test_costs_in_another_currency_are_left_out() -> None:
    plan = read(
        task(1, DAY, "<Cost>100</Cost>"),
        head="<StartDate>2026-11-02T08:00:00</StartDate><CurrencyCode>USD</CurrencyCode>",
    )
    assert plan.items[0].cost_minor is None
    assert [each.code for each in plan.warnings] == ["CURRENCY_DIFFERS"]


def test_every_problem_is_named_by_line_and_field() -> None:
    plan = read(
        task(1, "<Duration>8 hours</Duration>"),
        task(2, DAY, "<ConstraintType>9</ConstraintType>"),
        task(3, DAY, "<ConstraintType>4</ConstraintType>"),
        task(4, DAY, link(77, 1), link(3, 5)),
        task(4, DAY),
        "<Task><Name>Nobody</Name></Task>\n",
        task(6, DAY, "<CalendarUID>9</CalendarUID>"),
    )
    assert said(plan.problems) == [
        (10, None, "UID", "REQUIRED"),
        (5, "1", "Duration", "DURATION_INVALID"),
        (6, "2", "ConstraintType", "CONSTRAINT_INVALID"),
        (7, "3", "ConstraintDate", "CONSTRAINT_INVALID"),
        (11, "6", "CalendarUID", "CALENDAR_UNKNOWN"),
        (8, "4", "PredecessorUID", "ITEM_UNKNOWN"),
        (8, "4", "Type", "LINK_INVALID"),
        (9, "4", "key", "KEY_TWICE"),
    ]


def calendar(uid: int, name: str, inside: str, base: int = -1) -> str:
    return (
        f"<Calendar><UID>{uid}</UID><Name>{name}</Name><IsBaseCalendar>1</IsBaseCalendar>"
        f"<BaseCalendarUID>{base}</BaseCalendarUID>{inside}</Calendar>"
    )


def weekday(day_type: int, works: int) -> str:
    return f"<WeekDay><DayType>{day_type}</DayType><DayWorking>{works}</DayWorking></WeekDay>"


def exception(first: str, last: str, more: str = "<Type>1</Type>", works: int = 0) -> str:
    return (
        f"<Exception><TimePeriod><FromDate>{first}T00:00:00</FromDate><ToDate>{last}T23:59:00</ToDate></TimePeriod>"
        f"<Name>Off</Name>{more}<DayWorking>{works}</DayWorking></Exception>"
    )


def days_of(exceptions: str) -> list[str]:
    calendars = f"<Calendars>{calendar(1, 'Standard', f'<Exceptions>{exceptions}</Exceptions>')}</Calendars>"
    plan = read(
        task(1, DAY),
        head=f"<StartDate>2026-11-02T08:00:00</StartDate><CalendarUID>1</CalendarUID>{calendars}",
    )
    assert plan.calendar is not None
    return [day.isoformat()[5:] for day in plan.calendar.days_off]


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (exception("2026-12-24", "2026-12-27"), ["12-24", "12-25"]),
        (exception("2026-12-01", "2026-12-10", "<Type>7</Type><Period>3</Period>"), ["12-01", "12-04", "12-07", "12-10"]),
        (exception("2026-11-01", "2026-11-30", "<Type>6</Type><Period>2</Period><DaysOfWeek>2</DaysOfWeek>"), ["11-09", "11-23"]),
        (exception("2026-11-01", "2027-02-28", "<Type>4</Type><Period>1</Period><MonthDay>15</MonthDay>"), ["12-15", "01-15", "02-15"]),
        (exception("2026-11-01", "2027-12-31", "<Type>2</Type><Month>11</Month><MonthDay>24</MonthDay>"), ["12-24", "12-24"]),
        # The last Monday of May; the first Thursday of every other month.
        (exception("2026-11-01", "2027-12-31", "<Type>3</Type><Month>4</Month><MonthItem>4</MonthItem><MonthPosition>4</MonthPosition>"), ["05-31"]),
        (exception("2026-11-01", "2027-01-31", "<Type>5</Type><Period>2</Period><MonthItem>7</MonthItem><MonthPosition>0</MonthPosition>"), ["11-05", "01-07"]),
        (exception("9999-12-01", "9999-12-31", "<Type>5</Type><MonthItem>0</MonthItem><MonthPosition>4</MonthPosition>"), ["12-31"]),
    ],
)  # fmt: skip
def test_exceptions_of_every_kind_are_days_off(written: str, wanted: list[str]) -> None:
    assert days_of(written) == wanted


def test_calendars_of_tasks_and_of_the_project_are_carried_over() -> None:
    calendars = (
        "<Calendars>"
        + calendar(1, "Standard", "<WeekDays>" + weekday(6, 0) + "</WeekDays>")
        + calendar(2, "Nights", "<WeekDays>" + weekday(7, 1) + weekday(2, 0) + "</WeekDays>", 1)
        + calendar(3, "Unused", "")
        + "</Calendars>"
    )
    plan = read(
        task(1, DAY, "<CalendarUID>2</CalendarUID>"),
        task(2, DAY, "<CalendarUID>-1</CalendarUID>"),
        task(3, DAY, "<CalendarUID>1</CalendarUID>"),
        head=f"<StartDate>2026-11-02T08:00:00</StartDate><CalendarUID>1</CalendarUID>{calendars}",
    )
    assert (plan.problems, plan.warnings) == ((), ())
    # Fridays are off on the project's; nights work on Saturdays and not on Mondays, and inherit the Friday.
    assert plan.calendar == PlanCalendar(weekend=frozenset({4, 5, 6}))
    ((key, title, nights),) = [
        (each.key, each.title, each.calendar) for each in plan.calendars or ()
    ]
    assert (key, title, nights.weekend) == ("calendar-2", "Nights", frozenset({0, 4, 6}))
    assert [item.calendar_key for item in plan.items] == ["calendar-2", None, None]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "FILE_INVALID", 1),
        ("PK\x03\x04", "FILE_INVALID", 1),
        (HEAD + "\n<Tasks>", "FILE_INVALID", 3),
        (HEAD + "\n\n<a></b></Project>", "FILE_INVALID", 4),
        ("<Project/>", "NOT_MS_PROJECT", 1),
        ('<Project xmlns="http://schemas.microsoft.com/projects"/>', "NOT_MS_PROJECT", 1),
        ('\n<html xmlns="http://www.w3.org/1999/xhtml"/>', "NOT_MS_PROJECT", 1),
        (HEAD + "<a>" * 100_000, "TOO_LARGE", 2),
        ('<!DOCTYPE x [<!ENTITY a "b">]>' + HEAD.partition("\n")[2] + "&a;</Project>", "XML_FORBIDDEN", 1),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd">' + HEAD.partition("\n")[2] + "</Project>", "XML_FORBIDDEN", 1),
        ("x" * (MAX_XML_BYTES + 1), "TOO_LARGE", None),
    ],
    ids=range(11),
)  # fmt: skip
def test_what_is_no_plan_of_microsoft_project_is_refused(text: str, code: str, line: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_project(text)
    assert (refused.value.code, refused.value.details.get("line")) == (code, line)


def test_a_bomb_of_entities_never_goes_off() -> None:
    entities = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
    )
    with pytest.raises(InvalidInput) as refused:
        parse_project(f"<!DOCTYPE bomb [{entities}]><Project>&a11;</Project>")
    assert refused.value.code == "XML_FORBIDDEN"


def test_a_file_that_claims_another_encoding_is_read_as_the_text_it_is() -> None:
    text = HEAD.replace("UTF-8", "UTF-16") + "<Tasks>" + task(1, DAY, name="Æble") + "</Tasks></Project>"  # fmt: skip
    assert read_project(parse_project(text), currency="DKK").items[0].title == "Æble"
