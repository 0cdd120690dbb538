"""The values that go into a schedule and come out of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

MAX_DURATION_DAYS: Final = 10_000
"""The longest duration and the largest lag either way: some forty years of working days."""

WHOLE_BPS: Final = 10_000
"""The whole in basis points: full time, or all of it done."""


class LinkKind(StrEnum):
    """Which end of the predecessor binds which end of the successor."""

    FINISH_TO_START = "FS"
    START_TO_START = "SS"
    FINISH_TO_FINISH = "FF"
    START_TO_FINISH = "SF"


class LagKind(StrEnum):
    """What the days of a lag are counted in."""

    WORKING = "working"
    ELAPSED = "elapsed"


class ConstraintKind(StrEnum):
    """How a date binds an item, or which way it leans; all but the first two need a date."""

    AS_SOON_AS_POSSIBLE = "as_soon_as_possible"
    AS_LATE_AS_POSSIBLE = "as_late_as_possible"
    START_NO_EARLIER_THAN = "start_no_earlier_than"
    START_NO_LATER_THAN = "start_no_later_than"
    FINISH_NO_EARLIER_THAN = "finish_no_earlier_than"
    FINISH_NO_LATER_THAN = "finish_no_later_than"
    MUST_START_ON = "must_start_on"
    MUST_FINISH_ON = "must_finish_on"


class ScheduleItem(NamedTuple):
    """One item to be scheduled. An item that others name as parent is a summary and its duration is not looked at.

    Items and links are named tuples: a plan has thousands, and two plans are compared item by item.
    """

    item_id: str
    duration_days: int = 0
    parent_id: str | None = None
    constraint_kind: ConstraintKind = ConstraintKind.AS_SOON_AS_POSSIBLE
    constraint_date: date | None = None
    calendar_id: str | None = None
    """The calendar it is worked on; none means the project's. That of a summary holds for its leaves without one."""
    allocation_bps: int = WHOLE_BPS
    """The share of each working day that is given to it: at half time, 5000, four days of work take eight."""
    actual_start: date | None = None
    actual_finish: date | None = None
    percent_complete_bps: int = 0


class ScheduleLink(NamedTuple):
    """A dependency. `lag_days` may be negative: a lead.

    With `max_lag_days` the successor's event also comes no later than that many days after the predecessor's.
    """

    predecessor_id: str
    successor_id: str
    kind: LinkKind = LinkKind.FINISH_TO_START
    lag_days: int = 0
    lag_kind: LagKind = LagKind.WORKING
    max_lag_days: int | None = None


class ScheduledItem(NamedTuple):
    """What the passes found for one item: boundaries in working days from the project's start, and dates (inclusive).

    For a summary: early start and late start are the smallest of its leaves, the finishes the largest, the total float the
    smallest of what is not complete; it is critical when one of its leaves is. A named tuple, for a plan has thousands.
    The floats of an item with a calendar of its own count that calendar's days, and so does its duration.
    """

    item_id: str
    is_summary: bool
    is_milestone: bool
    duration_days: int
    early_start: int
    early_finish: int
    late_start: int
    late_finish: int
    total_float_days: int
    free_float_days: int
    critical: bool
    start_date: date
    finish_date: date
    late_start_date: date
    late_finish_date: date
    planned_start: int
    """Where it is planned: the boundaries of `start_date` and `finish_date`, later than the early ones only for what is
    to be done as late as possible."""
    planned_finish: int
    is_complete: bool
    percent_complete_bps: int
    """How much of it is done; of a summary, its leaves weighted by their planned durations and rounded down."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A computed plan: every item by id, in the order given, and the figures of the whole."""

    items: Mapping[str, ScheduledItem]
    duration_days: int
    """The project's finish as a boundary: working days from its start."""
    start_date: date
    """The first working day on or after the start asked for."""
    finish_date: date
    """The delivery date: the last day of the last item."""
    critical_path: tuple[str, ...]
    """The critical leaves by early start."""
