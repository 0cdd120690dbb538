"""The calendars of a Microsoft Project file: weekdays, exceptions, and what a plan of whole days makes of them."""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.rules.plan_files.elements import Element
from services.rules.plan_files.plan import PlanCalendar, Severity
from services.rules.plan_files.project_fields import PUBLIC_HOLIDAY, read_calendar_name
from services.rules.plan_files.records import Reader, calendar_date

_MOST_DAYS_OFF: Final = 1000
_MOST_YEARS: Final = 60
_STANDARD_WEEKEND: Final = {5, 6}
_WEEKLY, _YEARLY_BY_DATE, _YEARLY_BY_PLACE, _MONTHLY_BY_DATE, _MONTHLY_BY_PLACE = 6, 2, 3, 4, 5


@dataclass(frozen=True, slots=True)
class ProjectCalendar:
    """One calendar of a file. `key` is set for one that we wrote."""

    title: str
    key: str
    calendar: PlanCalendar


def number(text: str, default: int = 0) -> int:
    """A whole number of a file, or the default where there is none."""
    try:
        return int(text)
    except ValueError:
        return default


def read_calendars(
    reader: Reader, root: Element, *, start: date | None, is_ours: bool
) -> dict[str, ProjectCalendar]:
    """Every calendar of the file by its UID. Days off more than a year before the start do not matter and are left out."""
    found = root.child("Calendars")
    elements = {each.said("UID"): each for each in found.all("Calendar")} if found else {}
    return {
        uid: _calendar(reader, element, elements, start, is_ours)
        for uid, element in elements.items()
        if uid
    }


def _calendar(
    reader: Reader,
    element: Element,
    elements: Mapping[str, Element],
    start: date | None,
    is_ours: bool,
) -> ProjectCalendar:
    name = element.said("Name") or element.said("UID")
    title, key, country, region = read_calendar_name(name) if is_ours else (name, "", None, "")
    weekend = {day for day in range(7) if not _works(element, day, elements)}
    # What we wrote comes back whole; of what others wrote, days off that the plan never meets are left out.
    first = date.min if is_ours else _moved(start or date(2000, 1, 1), -366)
    ignored = set() if is_ours else weekend
    days: set[date] = set()
    for source in _with_bases(element, elements):
        for exception in _exceptions(source):
            if country is not None and exception.said("Name") == PUBLIC_HOLIDAY:
                continue
            days |= _days_off(
                reader, exception, name, earliest=first, weekend=weekend, ignored=ignored
            )
    off = sorted(days)
    if len(off) > _MOST_DAYS_OFF:
        reader.say(
            f"The calendar {name} has {len(off)} days off; the first {_MOST_DAYS_OFF} are taken.",
            "CALENDAR_SHORTENED",
            "Exceptions",
            line=element.line,
            severity=Severity.WARNING,
        )
        off = off[:_MOST_DAYS_OFF]
    return ProjectCalendar(
        title[:200], key, PlanCalendar(country, region, frozenset(weekend), tuple(off))
    )


def _with_bases(element: Element, elements: Mapping[str, Element]) -> Iterator[Element]:
    """A calendar and those it derives from, itself first."""
    seen: set[str] = set()
    uid = element.said("UID")
    while uid in elements and uid not in seen:
        seen.add(uid)
        yield elements[uid]
        uid = elements[uid].said("BaseCalendarUID")


def _works(element: Element, weekday: int, elements: Mapping[str, Element]) -> bool:
    """Whether a weekday (Monday = 0) is worked on: as the calendar says, or the one below it, or Monday to Friday."""
    day_type = str((weekday + 1) % 7 + 1)  # Sunday is 1
    for source in _with_bases(element, elements):
        weekdays = source.child("WeekDays")
        for each in weekdays.all("WeekDay") if weekdays else ():
            if each.said("DayType") == day_type:
                return each.said("DayWorking") != "0"
    return weekday not in _STANDARD_WEEKEND


def _exceptions(element: Element) -> Iterator[Element]:
    weekdays, exceptions = element.child("WeekDays"), element.child("Exceptions")
    if exceptions is not None:
        yield from exceptions.all("Exception")
    elif weekdays is not None:  # as it was written up to 2003
        yield from (each for each in weekdays.all("WeekDay") if each.said("DayType") == "0")


def _days_off(
    reader: Reader,
    exception: Element,
    calendar: str,
    *,
    earliest: date,
    weekend: set[int],
    ignored: set[int],
) -> set[date]:
    """The working days that an exception takes away."""
    period = exception.child("TimePeriod")
    first = calendar_date(period.said("FromDate")) if period else None
    last = calendar_date(period.said("ToDate")) if period else None
    name = exception.said("Name") or "without a name"
    if first is None or last is None:
        reader.say(
            f"The exception {name} of the calendar {calendar} has no dates.",
            "EXCEPTION_DROPPED",
            "Exception",
            line=exception.line,
            severity=Severity.WARNING,
        )
        return set()
    last = min(last, _moved(first, 366 * _MOST_YEARS))
    days = {day for day in _occurrences(exception, first, last) if day >= earliest}
    if exception.said("DayWorking") == "1":
        if any(day.weekday() in weekend for day in days):
            reader.say(
                f"The calendar {calendar} works on days of its weekend ({name}); such days are not carried over.",
                "EXCEPTION_DROPPED",
                "Exception",
                line=exception.line,
                severity=Severity.WARNING,
            )
        return set()
    return {day for day in days if day.weekday() not in ignored}


def _occurrences(exception: Element, first: date, last: date) -> Iterator[date]:
    kind = number(exception.said("Type"), 1)
    every = max(1, number(exception.said("Period"), 1))
    if kind == _WEEKLY:
        bits = number(exception.said("DaysOfWeek"))  # 1 is Sunday, 2 Monday, 4 Tuesday …
        monday = first.toordinal() - first.weekday()
        for day in _days(first, last):
            weeks = (day.toordinal() - monday) // 7
            if bits >> ((day.weekday() + 1) % 7) & 1 and weeks % every == 0:
                yield day
        return
    if kind in (_YEARLY_BY_DATE, _MONTHLY_BY_DATE, _YEARLY_BY_PLACE, _MONTHLY_BY_PLACE):
        for day in _days(first, last):
            if kind in (_YEARLY_BY_DATE, _YEARLY_BY_PLACE):
                if day.month != number(exception.said("Month")) + 1:
                    continue
            elif ((day.year - first.year) * 12 + day.month - first.month) % every:
                continue
            by_date = kind in (_YEARLY_BY_DATE, _MONTHLY_BY_DATE)
            if (
                day.day == number(exception.said("MonthDay"))
                if by_date
                else _is_in_place(day, exception)
            ):
                yield day
        return
    step = every if kind == 7 else 1
    for at, day in enumerate(_days(first, last)):
        if at % step == 0:
            yield day


def _moved(day: date, days: int) -> date:
    """A day so many days on, within the years there are."""
    ordinal = min(max(day.toordinal() + days, 1), date.max.toordinal())
    return date.fromordinal(ordinal)


def _days(first: date, last: date) -> Iterator[date]:
    return (date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1))


def _is_in_place(day: date, exception: Element) -> bool:
    """Whether a day is, say, the last Monday of its month: `MonthItem` says of what, `MonthPosition` the how manieth."""
    item, place = number(exception.said("MonthItem")), number(exception.said("MonthPosition"))

    def counts(each: date) -> bool:
        if item == 0:
            return True
        if item in (1, 2):  # a day of the week, a day of the weekend
            return (each.weekday() < 5) is (item == 1)
        return (each.weekday() + 1) % 7 == item - 3  # 3 is Sunday

    if not counts(day):
        return False
    _, length = monthrange(day.year, day.month)
    month = _days(day.replace(day=1), day.replace(day=length))
    alike = [each for each in month if counts(each)]
    return alike.index(day) == (len(alike) - 1 if place == 4 else place)
