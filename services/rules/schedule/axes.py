"""The calendars of a plan, all counting from the same morning."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from services.rules.calendars import Timeline


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
