"""The time axis: which steps it shows for how many days on how much room, and where a date lies on it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from services.rules.calendars import WorkingCalendar
from services.rules.gantts.chart import GanttWords
from services.rules.gantts.lettering import text_width

LABEL_SIZE: Final = 10.5


class Scale(StrEnum):
    """The smallest step that has a line of its own."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


# The least room, in pixels, that a step needs for its label.
_LEAST_DAY: Final = 15.0
_LEAST_WEEK: Final = 22.0
_LEAST_MONTH: Final = 27.0
_LEAST_QUARTER: Final = 24.0
_LEAST_YEAR: Final = 30.0


@dataclass(frozen=True, slots=True)
class Tick:
    """One step of one tier: from x to x with its label, which is empty where there is no room for it."""

    left: float
    right: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """Days as x: `first` begins at `left`, the day after `last` begins at `right`."""

    first: date
    last: date
    left: float
    right: float
    scale: Scale

    @property
    def day_width(self) -> float:
        """Pixels for one calendar day."""
        return (self.right - self.left) / ((self.last - self.first).days + 1)

    def start_of(self, day: date) -> float:
        """Where a day begins."""
        return self.left + (day - self.first).days * self.day_width

    def end_of(self, day: date) -> float:
        """Where a day ends."""
        return self.left + ((day - self.first).days + 1) * self.day_width

    def middle_of(self, day: date) -> float:
        """Noon."""
        return (self.start_of(day) + self.end_of(day)) / 2

    def shows(self, day: date) -> bool:
        """Whether the day lies on the axis."""
        return self.first <= day <= self.last

    def upper(self, words: GanttWords) -> list[Tick]:
        """The tier of large steps: months above days and weeks, years above the rest."""
        if self.scale in {Scale.DAY, Scale.WEEK}:
            return [
                self._tick(month, _next_month(month), (words.month_and_year(month), words.month(month)))
                for month in self._steps(_month_of(self.first), _next_month)
            ]  # fmt: skip
        # Beyond a lifetime, every fifth year and so on: a label needs its room.
        widths = (
            (every, every * 365.25 * self.day_width) for every in (1, 5, 10, 50, 100, 500, 1000)
        )
        every = next((each for each, width in widths if width >= _LEAST_YEAR), 5000)

        def following(day: date) -> date:
            return date(day.year + every, 1, 1) if day.year + every <= date.max.year else date.max

        return [
            self._tick(year, following(year), (str(year.year),))
            for year in self._steps(date(self.first.year, 1, 1), following)
        ]

    def lower(self, words: GanttWords) -> list[Tick]:
        """The tier of small steps."""
        if self.scale is Scale.DAY:
            return self._days(words)
        if self.scale is Scale.WEEK:
            return self._weeks(words)
        if self.scale is Scale.MONTH:
            return [
                self._tick(month, _next_month(month), (words.month(month), words.month(month)[:1]))
                for month in self._steps(_month_of(self.first), _next_month)
            ]
        if self.scale is Scale.QUARTER:
            return [
                self._tick(start, _next_quarter(start), (
                    words.text("quarter", number=str((start.month + 2) // 3)), str((start.month + 2) // 3)))
                for start in self._steps(_quarter_of(self.first), _next_quarter)
            ]  # fmt: skip
        return []

    def _days(self, words: GanttWords) -> list[Tick]:
        """Days of the month, with the weekday where there is room for it on all of them."""
        days = list(self._steps(self.first, lambda day: day + _DAY))
        labels = [f"{words.weekday(day)} {day.day}" for day in days]
        if max(text_width(label, LABEL_SIZE) for label in labels) + 6 > self.day_width:
            labels = [str(day.day) for day in days]
        return [
            Tick(self.start_of(day), self.end_of(day), label)
            for day, label in zip(days, labels, strict=True)
        ]

    def _weeks(self, words: GanttWords) -> list[Tick]:
        """Weeks by their ISO number: each, or every other where their numbers would touch."""
        mondays = list(self._steps(_monday_of(self.first), lambda day: day + _WEEK))
        labels = [words.text("week", number=str(each.isocalendar().week)) for each in mondays]
        widest = max(text_width(label, LABEL_SIZE) for label in labels)
        every = 1 if widest + 8 <= 7 * self.day_width else 2
        return [
            self._tick(monday, monday + _WEEK, ("",) if at % every else (label, ""))
            for at, (monday, label) in enumerate(zip(mondays, labels, strict=True))
        ]

    def days_off(self, calendar: WorkingCalendar) -> list[tuple[float, float]]:
        """The stretches of days on which nobody works, where a day is wide enough to be seen."""
        if self.day_width < 3:
            return []
        found: list[tuple[float, float]] = []
        for after in range((self.last - self.first).days + 1):
            day = self.first + timedelta(days=after)
            if not calendar.is_working_day(day):
                if found and abs(found[-1][1] - self.start_of(day)) < 0.01:
                    found[-1] = (found[-1][0], self.end_of(day))
                else:
                    found.append((self.start_of(day), self.end_of(day)))
        return found

    def _steps(self, start: date, following: Callable[[date], date]) -> Iterator[date]:
        while start <= self.last:
            yield start
            if (after := following(start)) == start or after == date.max:
                return
            start = after

    def _tick(self, start: date, end: date, labels: tuple[str, ...]) -> Tick:
        left = max(self.start_of(start), self.left)
        right = min(self.start_of(end), self.right)
        room = right - left - 4
        label = next((each for each in labels if text_width(each, LABEL_SIZE) <= room), "")
        return Tick(left, right, label)


_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)


def make_axis(first: date, last: date, left: float, right: float) -> Axis:
    """The axis for the days from `first` to `last`: the finest scale whose labels have room, begun and ended on whole steps."""
    room = right - left
    days = (last - first).days + 1
    if days * _LEAST_DAY <= room:
        return _on_days(first, last, left, right)
    start, end = _monday_of(first), _sunday_of(last)
    if ((end - start).days + 1) / 7 * _LEAST_WEEK <= room:
        return Axis(start, end, left, right, Scale.WEEK)
    start, end = _month_of(first), _before(_next_month(last))
    if ((end - start).days + 1) / 30.44 * _LEAST_MONTH <= room:
        return Axis(start, end, left, right, Scale.MONTH)
    start, end = _quarter_of(first), _before(_next_quarter(last))
    if ((end - start).days + 1) / 91.3 * _LEAST_QUARTER <= room:
        return Axis(start, end, left, right, Scale.QUARTER)
    return Axis(date(first.year, 1, 1), _before(_next_year(last)), left, right, Scale.YEAR)


def _on_days(first: date, last: date, left: float, right: float) -> Axis:
    """An axis of days; a short plan gets whole weeks around it, so that its bars do not fill the picture."""
    start, end = _monday_of(first), _sunday_of(last)
    if (end - start).days < 13:
        end = start + timedelta(days=13) if start.year < date.max.year else end
    if ((end - start).days + 1) * _LEAST_DAY <= right - left:
        return Axis(start, end, left, right, Scale.DAY)
    return Axis(first, last, left, right, Scale.DAY)


def _before(day: date) -> date:
    return day - _DAY


def _monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday()) if day.toordinal() > 7 else day


def _sunday_of(day: date) -> date:
    return day + timedelta(days=6 - day.weekday()) if day < date.max - _WEEK else day


def _month_of(day: date) -> date:
    return day.replace(day=1)


def _next_month(day: date) -> date:
    if (day.year, day.month) >= (date.max.year, 12):
        return date.max
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _quarter_of(day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def _next_quarter(day: date) -> date:
    return _next_month(_next_month(_next_month(_quarter_of(day))))


def _next_year(day: date) -> date:
    return date(day.year + 1, 1, 1) if day.year < date.max.year else date.max
