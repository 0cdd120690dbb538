"""What a Gantt picture is asked to show: rows with the dates of one plan or two, and the words around them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from services.rules.calendars import WorkingCalendar

PAPER_WIDTH: Final = 1120
"""Pixels: A4 on its side at 96 dots per inch, less its edge."""

PAGE_WIDTH: Final = 812
"""Pixels: the width of the paper on a client's page."""

DEFAULT_ROWS: Final = 60
"""How many rows a picture has at most, unless it is asked for more or fewer."""

MOST_ROWS: Final = 400
"""More rows than this make no picture that anybody reads."""


class RowKind(StrEnum):
    """How a row is drawn: a bracket over what lies in it, a bar, a diamond."""

    SUMMARY = "summary"
    TASK = "task"
    MILESTONE = "milestone"


class Theme(StrEnum):
    """The colours: for paper, for a dark screen, or whichever of the two the reader's screen prefers."""

    LIGHT = "light"
    DARK = "dark"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Span:
    """The days from `start` to `finish`, both worked on.

    A milestone lies at the end of `finish`, or with `is_morning` at its beginning.
    """

    start: date
    finish: date
    is_morning: bool = False


@dataclass(frozen=True, slots=True)
class GanttRow:
    """One item in both plans. Without `baseline` it is new, without `current` it was taken out.

    `shift_days` are the working days by which its finish moves (positive = later), `total_float_days` its slack in the
    current plan (negative where the plan breaks a promise), `percent_complete_bps` what is done of it, where that is known.
    """

    key: str
    title: str
    kind: RowKind = RowKind.TASK
    depth: int = 0
    number: str = ""
    current: Span | None = None
    baseline: Span | None = None
    is_critical: bool = False
    shift_days: int = 0
    total_float_days: int = 0
    percent_complete_bps: int | None = None

    @property
    def is_moved(self) -> bool:
        """Whether the plans differ here."""
        return self.current != self.baseline


@dataclass(frozen=True, slots=True)
class GanttLink:
    """An ordering to be drawn as an arrow from one end of a row to one end of another."""

    predecessor_key: str
    successor_key: str
    from_finish: bool = True
    to_finish: bool = False


@dataclass(frozen=True, slots=True)
class GanttWords:
    """The words of one language, and how it writes dates. `texts` has every entry of `WORDS`."""

    locale: str
    texts: Mapping[str, str]
    long_date: Callable[[date], str]
    short_date: Callable[[date], str]
    month: Callable[[date], str]
    month_and_year: Callable[[date], str]
    weekday: Callable[[date], str]
    working_days: Callable[[int], str]
    """A signed number of working days with its noun, such as `+8 working days`."""
    plain_days: Callable[[int], str]
    """The same without a sign."""
    number: Callable[[int], str]

    def text(self, key: str, **values: str) -> str:
        """One entry, filled in."""
        return self.texts[key].format(**values)


WORDS: Final = frozenset(
    {
        "item", "finish", "shift", "delivery", "promised", "status", "before", "after", "more_items", "hidden_in", "new",
        "removed", "current", "critical", "baseline", "milestone", "summary", "done", "float", "day_off", "dependency",
        "quarter", "week", "on_time", "late", "no_items", "describe_items", "describe", "describe_moved",
        "describe_promised", "describe_critical", "and_more",
    }
)  # fmt: skip
"""The names of the entries that `GanttWords.texts` has."""


@dataclass(frozen=True, slots=True)
class GanttChart:
    """A picture before it is laid out. With `has_baseline` false there is one plan, and nothing moves.

    `delivery_before` and `delivery_after` are the delivery dates, `change_days` the working days between them.
    """

    title: str
    subtitle: str
    words: GanttWords
    rows: Sequence[GanttRow]
    links: Sequence[GanttLink] = ()
    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)
    has_baseline: bool = False
    baseline_label: str = ""
    current_label: str = ""
    delivery_before: date | None = None
    delivery_after: date | None = None
    change_days: int = 0
    promised_date: date | None = None
    promised_late_days: int = 0
    status_date: date | None = None
    why_empty: str = ""
    """What to say where there are no rows, if that is not simply an empty plan."""


def outline_numbers(depths: Sequence[int]) -> list[str]:
    """The numbers of an outline whose lines have these depths: 1, 1.1, 1.2, 2 …"""
    counts: list[int] = []
    numbers = []
    for depth in depths:
        del counts[depth + 1 :]
        counts += [1] * (depth - len(counts))  # a depth that is skipped has its first line there
        counts += [0] * (depth + 1 - len(counts))
        counts[depth] += 1
        numbers.append(".".join(str(count) for count in counts))
    return numbers
