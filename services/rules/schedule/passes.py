"""The two passes over the network, and their results as dates."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from services.rules.calendars import Timeline, WorkingCalendar, out_of_range
from services.rules.errors import InvalidInput
from services.rules.schedule.items import (
    ConstraintKind,
    Schedule,
    ScheduledItem,
    ScheduleItem,
    ScheduleLink,
)
from services.rules.schedule.network import ElapsedEdge, Network, build_network

_FAR: Final = 1 << 60
"""Beyond every boundary: the value of a node that nothing bounds yet."""

_STARTS: Final = frozenset({ConstraintKind.START_NO_EARLIER_THAN, ConstraintKind.MUST_START_ON})
_FINISHES: Final = frozenset({ConstraintKind.FINISH_NO_EARLIER_THAN, ConstraintKind.MUST_FINISH_ON})
_START_CAPS: Final = frozenset({ConstraintKind.START_NO_LATER_THAN, ConstraintKind.MUST_START_ON})
_FINISH_CAPS: Final = frozenset(
    {ConstraintKind.FINISH_NO_LATER_THAN, ConstraintKind.MUST_FINISH_ON}
)


def compute_schedule(
    items: Sequence[ScheduleItem],
    links: Sequence[ScheduleLink],
    calendar: WorkingCalendar,
    start: date,
    *,
    calendars: Mapping[str, WorkingCalendar] = MappingProxyType({}),
    status_date: date | None = None,
) -> Schedule:
    """Schedule `items` from the first working day on or after `start`.

    The order of items and links does not matter. Raises what `check_network` raises, and InvalidInput
    (DATE_OUT_OF_RANGE) when the plan runs beyond the year 9999.
    """
    if calendars or status_date is not None:
        raise InvalidInput(
            "Item calendars and a status date are not yet scheduled.", code="SCHEDULE_INVALID"
        )
    network = build_network(items, links)
    timeline = Timeline(calendar, start)
    bounds = _constraint_bounds(network, timeline)
    early = _forward(network, timeline, bounds)
    count = len(items)
    finish = max((early[leaf] + network.durations[leaf] for leaf in network.leaves()), default=0)
    late = _backward(network, timeline, bounds, finish)
    rolled = _roll_up(network, early[:count], late[:count])
    return _results(network, timeline, bounds, rolled, finish)


@dataclass(slots=True)
class _Bounds:
    """What date constraints say about the start boundary of each leaf, those of summaries handed down."""

    floor: list[int]
    cap: list[int]
    shown_from: list[int]
    """The ordinal of the day a start constraint names, or of the project's start: no milestone is shown earlier."""


def _constraint_bounds(network: Network, timeline: Timeline) -> _Bounds:
    items, durations = network.items, network.durations
    first_day = timeline.start_date(0).toordinal()
    bounds = _Bounds([0] * len(items), [_FAR] * len(items), [first_day] * len(items))
    if all(item.constraint_date is None for item in items):
        return bounds
    # Bounds on finishes are collected first and turned into starts at the leaves, where a duration is known.
    finish_floor, finish_cap = [-_FAR] * len(items), [_FAR] * len(items)
    for position in network.top_down:
        item = items[position]
        if item.parent_id is not None:
            parent = network.index[item.parent_id]
            bounds.floor[position] = bounds.floor[parent]
            bounds.cap[position] = bounds.cap[parent]
            bounds.shown_from[position] = bounds.shown_from[parent]
            finish_floor[position] = finish_floor[parent]
            finish_cap[position] = finish_cap[parent]
        kind, day = item.constraint_kind, item.constraint_date
        if day is None:
            continue
        first_start, last_finish = timeline.started_by(day), timeline.finished_by(day)
        is_working_day = last_finish > first_start
        if kind in _STARTS:
            bounds.floor[position] = max(bounds.floor[position], first_start)
            bounds.shown_from[position] = max(
                bounds.shown_from[position], timeline.start_date(first_start).toordinal()
            )
        if kind in _FINISHES:
            # On a day off nothing finishes: the next working day's evening is the first that is not earlier.
            finish_floor[position] = max(
                finish_floor[position], last_finish if is_working_day else last_finish + 1
            )
        if kind in _START_CAPS:
            # On a day off nothing starts: the morning of the working day before is the last that is not later …
            cap = first_start if is_working_day else first_start - 1
            if kind is ConstraintKind.MUST_START_ON:
                cap = first_start  # … but an exact date moves on, and must not contradict itself.
            bounds.cap[position] = min(bounds.cap[position], cap)
        if kind in _FINISH_CAPS:
            cap = last_finish
            if kind is ConstraintKind.MUST_FINISH_ON and not is_working_day:
                cap += 1
            finish_cap[position] = min(finish_cap[position], cap)
    for position, duration in enumerate(durations):
        if position not in network.children:
            bounds.floor[position] = max(bounds.floor[position], finish_floor[position] - duration)
            bounds.cap[position] = min(bounds.cap[position], finish_cap[position] - duration)
    return bounds


def _forward(network: Network, timeline: Timeline, bounds: _Bounds) -> list[int]:
    """The earliest start of every node."""
    edges, elapsed = network.edges, network.elapsed
    early = bounds.floor[:]  # never below 0, so nothing starts before the project
    early += [-_FAR] * (len(edges) - len(early))
    for node in network.order:
        start = early[node]
        for head, weight in edges[node]:
            early[head] = max(early[head], start + weight)
        if node in elapsed:
            for edge in elapsed[node]:
                bound = _after_elapsed(network, timeline, bounds, edge, start)
                early[edge.head] = max(early[edge.head], bound)
    return early


def _backward(network: Network, timeline: Timeline, bounds: _Bounds, finish: int) -> list[int]:
    """The latest start of every node that still lets the project finish at `finish`."""
    edges, elapsed = network.edges, network.elapsed
    late = [
        min(finish - duration, cap)
        for duration, cap in zip(network.durations, bounds.cap, strict=True)
    ]
    late += [_FAR] * (len(edges) - len(late))
    for node in reversed(network.order):
        latest = late[node]
        for head, weight in edges[node]:
            latest = min(latest, late[head] - weight)
        if node in elapsed:
            for edge in elapsed[node]:
                latest = min(latest, _before_elapsed(timeline, edge, late[edge.head]))
        late[node] = latest
    return late


def _day(ordinal: int) -> date:
    if not date.min.toordinal() <= ordinal <= date.max.toordinal():
        raise out_of_range()
    return date.fromordinal(ordinal)


def _after_elapsed(
    network: Network, timeline: Timeline, bounds: _Bounds, edge: ElapsedEdge, start: int
) -> int:
    """The first start of the edge's head when its tail starts at `start`.

    Instants are mornings, as day ordinals: the evening of a day is the morning of the next calendar day.
    """
    event = start + edge.tail_offset
    if edge.from_finish:
        morning = timeline.finish_date(event).toordinal() + 1
        # A milestone that a date put on a morning counts from there, not from the evening before (see shown_from).
        morning = max(morning, bounds.shown_from[network.owner[edge.tail]])
    else:
        morning = timeline.start_date(event).toordinal()
    target = morning + edge.lag_days
    if not edge.to_finish:
        return timeline.started_by(_day(target)) - edge.head_offset
    # The first evening that is not before that instant.
    return timeline.started_by(_day(target - 1)) + 1 - edge.head_offset


def _before_elapsed(timeline: Timeline, edge: ElapsedEdge, latest: int) -> int:
    """The last start of the edge's tail that lets its head start by `latest`: the inverse of `_after_elapsed`."""
    event = latest + edge.head_offset
    if edge.to_finish:
        morning = timeline.finish_date(event).toordinal() + 1
    else:
        morning = timeline.start_date(event).toordinal()
    target = morning - edge.lag_days
    if edge.from_finish:
        return timeline.finished_by(_day(target - 1)) - edge.tail_offset
    return timeline.finished_by(_day(target)) - 1 - edge.tail_offset


@dataclass(slots=True)
class _Rolled:
    """Boundaries by item position, summaries included. `first_finish` and `last_start` serve the slack of links."""

    early_start: list[int]
    early_finish: list[int]
    late_start: list[int]
    late_finish: list[int]
    total_float: list[int]
    first_finish: list[int]
    last_start: list[int]


def _roll_up(network: Network, early: list[int], late: list[int]) -> _Rolled:
    durations, children = network.durations, network.children
    early_finish = [start + duration for start, duration in zip(early, durations, strict=True)]
    late_finish = [start + duration for start, duration in zip(late, durations, strict=True)]
    total_float = [last - first for last, first in zip(late, early, strict=True)]
    rolled = _Rolled(early, early_finish, late, late_finish, total_float, early_finish[:], early[:])
    if not children:
        return rolled
    for values, pick in (
        (rolled.early_start, min),
        (rolled.early_finish, max),
        (rolled.late_start, min),
        (rolled.late_finish, max),
        (rolled.total_float, min),
        (rolled.first_finish, min),
        (rolled.last_start, max),
    ):
        for position in reversed(network.top_down):
            if position in children:
                values[position] = pick([values[child] for child in children[position]])
    return rolled


def _free_floats(
    network: Network, timeline: Timeline, bounds: _Bounds, rolled: _Rolled, finish: int
) -> list[int]:
    """The smallest slack of the links drawn on each item, or the room to the finish; at most the total float."""
    slack = [_FAR] * len(network.items)
    early_start, early_finish = rolled.early_start, rolled.early_finish
    for tail, head, from_finish, to_finish, lag_days, is_elapsed in network.drawn:
        event = early_finish[tail] if from_finish else rolled.last_start[tail]
        bound = rolled.first_finish[head] if to_finish else early_start[head]
        if is_elapsed:
            edge = ElapsedEdge(tail, head, 0, 0, lag_days, from_finish, to_finish)
            room = _before_elapsed(timeline, edge, bound) - event
        else:
            room = bound - event - lag_days
        slack[tail] = min(slack[tail], room)
    return [
        min(finish - rolled.early_finish[position] if room == _FAR else room, total)
        for position, (room, total) in enumerate(zip(slack, rolled.total_float, strict=True))
    ]


class _Dates(dict[int, date]):
    """Dates by boundary, asked of the calendar once each: a plan asks for the same few thousands of times."""

    def __init__(self, dated: Callable[[int], date]) -> None:
        super().__init__()
        self._dated = dated

    def __missing__(self, boundary: int) -> date:
        day = self[boundary] = self._dated(boundary)
        return day


def _results(
    network: Network,
    timeline: Timeline,
    bounds: _Bounds,
    rolled: _Rolled,
    finish: int,
) -> Schedule:
    start_date, finish_date = _Dates(timeline.start_date), _Dates(timeline.finish_date)
    free = _free_floats(network, timeline, bounds, rolled, finish)
    found: list[ScheduledItem | None] = [None] * len(network.items)
    for position in reversed(network.top_down):
        early_start, early_finish = rolled.early_start[position], rolled.early_finish[position]
        late_start, late_finish = rolled.late_start[position], rolled.late_finish[position]
        below = network.children.get(position)
        is_milestone = below is None and not network.durations[position]
        if below is not None:
            parts = [part for child in below if (part := found[child]) is not None]
            first = min(part.start_date for part in parts)
            last = max(part.finish_date for part in parts)
            late_first = min(part.late_start_date for part in parts)
            late_last = max(part.late_finish_date for part in parts)
        elif is_milestone:
            first = last = finish_date[early_start]
            if first.toordinal() < bounds.shown_from[position]:
                first = last = start_date[early_start]
            # A late milestone waits for the morning, except where the project ends the evening before.
            late_first = late_last = start_date[late_start]
            if 0 < late_start == finish:
                late_first = late_last = max(finish_date[late_start], first)
        else:
            first, last = start_date[early_start], finish_date[early_finish]
            late_first, late_last = start_date[late_start], finish_date[late_finish]
        found[position] = ScheduledItem(
            network.items[position].item_id,
            below is not None,
            is_milestone,
            early_finish - early_start,
            early_start,
            early_finish,
            late_start,
            late_finish,
            rolled.total_float[position],
            free[position],
            rolled.total_float[position] <= 0,
            first,
            last,
            late_first,
            late_last,
            early_start,
            early_finish,
            False,
            0,
        )
    scheduled = {item.item_id: item for item in found if item is not None}
    parts = [part for leaf in network.leaves() if (part := found[leaf]) is not None]
    critical = sorted(
        (part for part in parts if part.critical),
        key=lambda part: (part.early_start, part.early_finish, part.item_id),
    )
    return Schedule(
        items=scheduled,
        duration_days=finish,
        start_date=start_date[0],
        finish_date=max((part.finish_date for part in parts), default=start_date[0]),
        critical_path=tuple(part.item_id for part in critical),
    )
