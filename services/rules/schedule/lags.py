"""Bounds between events that a whole number of working days cannot say: they ask the calendars.

The project's calendar and each item's own count their days from the same morning, so an event is a boundary on the *axis* of
its node. An edge takes the event of its tail to an instant, moves it by the lag, and takes it to the axis of its head.
Instants are mornings, as day ordinals: the evening of a day is the morning of the next calendar day.

A working lag counts days of the project's calendar. Forwards it ends on the evening of its last day, backwards it keeps the
kind of the event it counts from, so between items on the project's calendar it equals the plain sum. A finish bound by a
finish is not before it by date. A finish bound by a start (SF) is late enough when none of its own working days is left in
between: Friday's evening will do for Monday's morning.

Both directions are monotone, and `backward` is the exact inverse: the last event of the tail that lets the head keep its own.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from services.rules.calendars import Timeline

PROJECT: Final = 0
"""The axis of the project's calendar."""
EVERY_DAY: Final = 1
"""The axis of calendar days: for dates that happened, and for summaries over several calendars."""


class CalendarEdge(NamedTuple):
    """An edge whose weight depends on calendars. The event of an end is its node's value plus the offset."""

    tail: int
    head: int
    tail_axis: int
    head_axis: int
    tail_offset: int
    head_offset: int
    from_finish: bool
    to_finish: bool
    lag_days: int
    is_elapsed: bool
    is_strict: bool
    """Whether a bound finish must not be before the instant by date."""
    origin: int
    """The number of the link, or -1 for an edge inside a summary."""
    is_reverse: bool = False
    """Whether it says the maximal lag of its link, and so runs against it."""


def forward(edge: CalendarEdge, lines: Sequence[Timeline], start: int, shown_from: int) -> int:
    """The first value of the edge's head when its tail has the value `start`.

    A milestone that a date put on a morning, the ordinal `shown_from`, counts from there and not from the evening before.
    """
    line, lag_days = lines[edge.tail_axis], edge.lag_days
    event = start + edge.tail_offset
    if edge.from_finish:
        instant = line.day_ordinal(event - 1) + 1
        if instant < shown_from and (edge.is_elapsed or not edge.to_finish):
            instant = shown_from
    else:
        instant = line.day_ordinal(event)
    if edge.is_elapsed:
        instant += lag_days
    elif lag_days:
        project = lines[PROJECT]
        boundary = project.days_before(instant) + lag_days
        if lag_days > 0 or edge.from_finish:
            instant = project.day_ordinal(boundary - 1) + 1
        else:
            instant = project.day_ordinal(boundary)
    line = lines[edge.head_axis]
    if edge.to_finish and edge.is_strict:
        return line.days_before(instant - 1) + 1 - edge.head_offset
    return line.days_before(instant) - edge.head_offset


def backward(edge: CalendarEdge, lines: Sequence[Timeline], latest: int) -> int:
    """The last value of the edge's tail that lets its head have the value `latest`."""
    line, lag_days = lines[edge.head_axis], edge.lag_days
    event = latest + edge.head_offset
    if edge.to_finish and edge.is_strict:
        instant = line.day_ordinal(event - 1) + 1
    else:
        instant = line.day_ordinal(event)
    if edge.is_elapsed:
        instant -= lag_days
    elif lag_days:
        project = lines[PROJECT]
        if lag_days > 0 or edge.from_finish:
            instant = project.day_ordinal(project.days_before(instant) - lag_days)
        else:
            instant = project.day_ordinal(project.days_before(instant + 1) - 1 - lag_days)
    line = lines[edge.tail_axis]
    if edge.from_finish:
        return line.days_before(instant) - edge.tail_offset
    return line.days_before(instant + 1) - 1 - edge.tail_offset
