"""Gantt pictures: one plan, or two of them against each other, as SVG text.

The model: a `GanttChart` holds rows with their dates and ready words; `lay_out` gives everything its place in pixels; `draw`
writes it down. Dates lie on a calendar axis: a bar begins where its first day begins and ends where its last day ends, a
milestone is a diamond at noon of its day. The current plan is drawn as bars, the baseline as thin bars below them.

What this package does not do: schedule, read, or turn SVG into pixels (`services.gateways.pictures` does).
"""

from services.rules.gantts.chart import (
    DEFAULT_ROWS,
    MOST_ROWS,
    PAGE_WIDTH,
    PAPER_WIDTH,
    WORDS,
    GanttChart,
    GanttLink,
    GanttRow,
    GanttWords,
    RowKind,
    Span,
    Theme,
    outline_numbers,
)
from services.rules.gantts.choice import choose_rows
from services.rules.gantts.layout import Layout, check_size, lay_out
from services.rules.gantts.summary import describe
from services.rules.gantts.svg import draw

__all__ = [
    "DEFAULT_ROWS",
    "MOST_ROWS",
    "PAGE_WIDTH",
    "PAPER_WIDTH",
    "WORDS",
    "GanttChart",
    "GanttLink",
    "GanttRow",
    "GanttWords",
    "Layout",
    "RowKind",
    "Span",
    "Theme",
    "check_size",
    "choose_rows",
    "describe",
    "draw",
    "lay_out",
    "outline_numbers",
]
