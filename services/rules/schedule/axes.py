"""The calendars of a plan, all counting from the same morning."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from services.rules.calendars import Timeline
from services.rules.schedule.lags import PROJECT


class Dates(dict[int, date]):
    """Dates by boundary, asked of the calendar once each: a plan asks for the same few thousands of times."""

    def __init__(self, dated: Callable[[int], date]) -> None:
        """`dated` answers for a boundary that was not asked for before."""
        super().__init__()
        self._dated = dated

    def __missing__(self, boundary: int) -> date:
        """Ask, and remember."""
        day = self[boundary] = self._dated(boundary)
        return day


@dataclass(slots=True)
class Axes:
    """The calendars of a plan from one start: by axis a timeline, and its dates of starts and of finishes."""

    lines: list[Timeline]
    starts: list[Dates]
    finishes: list[Dates]
    _ends: list[date] = field(default_factory=list, repr=False)

    def first_days(self, last_boundary: int) -> list[date]:
        """The project's dates by the boundary at which they begin, from 0 up to at least the last one asked for."""
        return self.lines[PROJECT].start_dates(last_boundary)

    def last_days(self, last_boundary: int) -> list[date]:
        """The project's dates by the boundary at which they end; at boundary 0 the first, when nothing has ended yet."""
        if len(self._ends) <= last_boundary:
            starts = self.first_days(last_boundary)
            self._ends = [starts[0], *starts]
        return self._ends
