"""Working days: which dates count, and the arithmetic between dates and working-day boundaries.

The model: a *boundary* is a point between two working days, counted from the first working day on or after a start date.
Work of the first n days lies between boundary 0 and boundary n. One boundary therefore has two dates, and which one is
shown depends on whether something starts or ends there:

    boundary     0        1               2                3
                 | Thu    |      Fri      |  (weekend)     | Mon ...
    starts       Thu      Fri             Mon              Tue
    finishes     (Wed)    Thu             Fri              Mon       finishes are shown inclusive

Public holidays and own days off come in as plain dates: this module knows no country and reads no clock.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from services.rules.dates import EARLIEST, LATEST
from services.rules.errors import InvalidInput

SATURDAY_SUNDAY: Final = frozenset({5, 6})
"""The usual weekend, as `date.weekday()` counts: Monday is 0."""

MAX_DAYS_OFF: Final = 1000
"""Own days off of one calendar, those of pauses among them."""

_LAST_ORDINAL: Final = date.max.toordinal()
_FIRST_ORDINAL: Final = date.min.toordinal()
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_REGION: Final = re.compile(r"(?:[^\W_][\w .'-]{0,39})?")


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """The working days of a practice: every date but the weekend's weekdays (Monday = 0) and the days off.

    Raises InvalidInput: CALENDAR_INVALID for a weekday that does not exist, CALENDAR_EMPTY when no weekday is left to
    work on.
    """

    weekend: frozenset[int] = SATURDAY_SUNDAY
    days_off: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        """Refuse a calendar on which nothing would ever be finished."""
        if any(type(weekday) is not int or not 0 <= weekday <= 6 for weekday in self.weekend):
            raise InvalidInput(
                "A weekday is a number from 0 (Monday) to 6 (Sunday).",
                code="CALENDAR_INVALID",
                field="weekend",
            )
        if len(self.weekend) == 7:
            raise InvalidInput(
                "The calendar has no working day at all.", code="CALENDAR_EMPTY", field="weekend"
            )

    def is_working_day(self, day: date) -> bool:
        """Whether work is done on `day`."""
        return day.weekday() not in self.weekend and day not in self.days_off

    def first_working_day(self, on_or_after: date) -> date:
        """The first working day that is not before the given date."""
        return Timeline(self, on_or_after).start_date(0)

    def last_working_day(self, on_or_before: date) -> date:
        """The last working day that is not after the given date."""
        timeline = Timeline(self, on_or_before)
        return timeline.finish_date(timeline.finished_by(on_or_before))

    def add_working_days(self, day: date, working_days: int) -> date:
        """The date `working_days` after `day` (before it, when negative); zero moves to the next working day.

        From a Friday, 1 is the Monday. From a Saturday, 1 is the Monday too: the days counted are those after `day`.
        """
        timeline = Timeline(self, day)
        if working_days < 0:
            return timeline.start_date(working_days)
        if working_days == 0:
            return timeline.start_date(0)
        return timeline.finish_date(working_days + timeline.finished_by(day))

    def count_working_days(self, first: date, last: date) -> int:
        """How many working days lie from `first` to `last`, both included; 0 when `last` is before `first`."""
        return 0 if last < first else Timeline(self, first).finished_by(last)


@dataclass(frozen=True, slots=True)
class CalendarTerms:
    """What is agreed on working days: whose public holidays count (none without a `country`), the weekend, own days off.

    `country` is ISO 3166-1 alpha-2, `region` its subdivision (ISO 3166-2 without the country), weekdays count from
    Monday = 0. Which days are public holidays is looked up by `services.calendars`: this module knows no country.
    """

    country: str | None = None
    region: str = ""
    weekend: frozenset[int] = SATURDAY_SUNDAY
    days_off: tuple[date, ...] = ()


def terms_faults(terms: CalendarTerms) -> Iterator[tuple[str, str]]:
    """Field and sentence of what is wrong with terms, as far as it shows without a table of holidays."""
    if terms.country is not None and not _COUNTRY.fullmatch(str(terms.country)):
        yield "country", "A country is two capital letters, such as DK."
    if not isinstance(terms.region, str) or not _REGION.fullmatch(terms.region):
        yield "region", "A region is at most 40 letters, digits, spaces or hyphens."
    elif terms.region and terms.country is None:
        yield "region", "A region needs its country."
    if any(type(weekday) is not int or not 0 <= weekday <= 6 for weekday in terms.weekend):
        yield "weekend", "A weekday is a number from 0 (Monday) to 6 (Sunday)."
    elif len(terms.weekend) == 7:
        yield "weekend", "The calendar has no working day at all."
    if len(terms.days_off) > MAX_DAYS_OFF:
        yield "days_off", f"A calendar has at most {MAX_DAYS_OFF} own days off."
    elif any(type(day) is not date or not EARLIEST <= day <= LATEST for day in terms.days_off):
        yield "days_off", "A day off is a date between 2000 and 2199."
    elif list(terms.days_off) != sorted(set(terms.days_off)):
        yield "days_off", "Days off stand in order, each once."


@dataclass(slots=True)
class Timeline:
    """The working days of a calendar counted from a start, as a table that grows when it is asked for more.

    Boundaries before the start are negative; hard date constraints may need them. Raises InvalidInput (DATE_OUT_OF_RANGE)
    when a boundary lies beyond the years 1 to 9999.
    """

    calendar: WorkingCalendar
    start: date
    _ahead: list[int] = field(default_factory=list, init=False, repr=False)
    _behind: list[int] = field(default_factory=list, init=False, repr=False)
    _ahead_to: int = field(default=0, init=False, repr=False)
    _behind_to: int = field(default=0, init=False, repr=False)
    _off: frozenset[int] = field(default=frozenset(), init=False, repr=False)
    _works: tuple[bool, ...] = field(default=(), init=False, repr=False)
    _starts: list[date] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare the two empty tables; `_ahead` holds day ordinals upwards, `_behind` downwards."""
        ordinal = self.start.toordinal()
        self._ahead_to = ordinal - 1
        self._behind_to = ordinal
        self._off = frozenset(day.toordinal() for day in self.calendar.days_off)
        # An ordinal modulo 7 is a weekday: 1 January of year 1 (ordinal 1) was a Monday.
        self._works = tuple((rest - 1) % 7 not in self.calendar.weekend for rest in range(7))

    def _extend_ahead(self, ordinal: int) -> None:
        upto = min(ordinal, _LAST_ORDINAL)
        works, off = self._works, self._off
        self._ahead.extend(
            day for day in range(self._ahead_to + 1, upto + 1) if works[day % 7] and day not in off
        )
        self._ahead_to = max(upto, self._ahead_to)

    def _extend_behind(self, ordinal: int) -> None:
        downto = max(ordinal, _FIRST_ORDINAL)
        works, off = self._works, self._off
        self._behind.extend(
            day
            for day in range(self._behind_to - 1, downto - 1, -1)
            if works[day % 7] and day not in off
        )
        self._behind_to = min(downto, self._behind_to)

    def day_ordinal(self, index: int) -> int:
        """The ordinal of working day `index`, where 0 is the first on or after the start."""
        if not -_LAST_ORDINAL < index < _LAST_ORDINAL:
            raise out_of_range()
        if index >= 0:
            while len(self._ahead) <= index:
                if self._ahead_to >= _LAST_ORDINAL:
                    raise out_of_range()
                # Seven calendar days hold at least one working day unless there are days off, hence the loop.
                self._extend_ahead(self._ahead_to + 7 * (index - len(self._ahead) + 1))
            return self._ahead[index]
        while len(self._behind) < -index:
            if self._behind_to <= _FIRST_ORDINAL:
                raise out_of_range()
            self._extend_behind(self._behind_to - 7 * (-index - len(self._behind)))
        return self._behind[-index - 1]

    def start_date(self, boundary: int) -> date:
        """The working day that begins at `boundary`."""
        return date.fromordinal(self.day_ordinal(boundary))

    def finish_date(self, boundary: int) -> date:
        """The working day that ends at `boundary`: for 5, the fifth day (finishes are inclusive)."""
        return date.fromordinal(self.day_ordinal(boundary - 1))

    def started_by(self, day: date) -> int:
        """The first boundary at which something may start on or after `day` (the next working day's, if it is none)."""
        return self.days_before(day.toordinal())

    def finished_by(self, day: date) -> int:
        """The last boundary at which something has finished on or before `day`: the working days up to and with it."""
        return self.days_before(day.toordinal() + 1)

    def start_dates(self, last_boundary: int) -> list[date]:
        """The dates that begin at boundary 0, 1 … up to at least `last_boundary`; the list is the timeline's own."""
        self.day_ordinal(last_boundary)
        self._starts.extend(map(date.fromordinal, self._ahead[len(self._starts) :]))
        return self._starts

    def days_before(self, ordinal: int) -> int:
        """How many working days from the start lie before `ordinal`; negative when it is before the start."""
        if not _FIRST_ORDINAL <= ordinal <= _LAST_ORDINAL + 1:
            raise out_of_range()
        if ordinal >= self.start.toordinal():
            if ordinal - 1 > self._ahead_to:
                self._extend_ahead(ordinal - 1)
            return bisect_left(self._ahead, ordinal)
        if ordinal < self._behind_to:
            self._extend_behind(ordinal)
        return -bisect_right(self._behind, -ordinal, key=lambda day: -day)


def out_of_range() -> InvalidInput:
    """The refusal of a date that Python's calendar does not have."""
    return InvalidInput("The date lies beyond the years 1 to 9999.", code="DATE_OUT_OF_RANGE")
