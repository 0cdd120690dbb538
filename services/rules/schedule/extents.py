"""Where a summary begins and ends, and the slack of the links drawn on it.

The free float of an item is measured on the links as they were drawn, and a summary's event is that of the leaf that binds:
the last one where a link leaves, the first where it arrives. What is done binds no more.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from services.rules.calendars import Timeline
from services.rules.schedule.bounds import axis_of
from services.rules.schedule.items import LagKind, LinkKind
from services.rules.schedule.lags import EVERY_DAY, PROJECT, CalendarEdge, backward
from services.rules.schedule.network import PreparedPlan
from services.rules.schedule.structure import Progress

_FROM_FINISH: Final = frozenset({LinkKind.FINISH_TO_START, LinkKind.FINISH_TO_FINISH})
_TO_FINISH: Final = frozenset({LinkKind.FINISH_TO_FINISH, LinkKind.START_TO_FINISH})


class Event(NamedTuple):
    """A boundary on an axis."""

    axis: int
    boundary: int


class Extents:
    """The events of items and summaries by their early values."""

    def __init__(self, plan: PreparedPlan, early: Sequence[int], lines: Sequence[Timeline]) -> None:
        """Nothing is computed until it is asked for."""
        self._plan, self._early, self._lines = plan, early, lines
        self._known: dict[tuple[int, bool, bool, bool], Event | None] = {}

    def event(
        self, position: int, *, is_finish: bool, is_last: bool, is_morning: bool = False
    ) -> Event | None:
        """The first or last start or finish of what lies in an item and may still move; None if nothing does.

        Over several calendars a finish is the evening of its day, or with `is_morning` that of the next day worked.
        """
        asked = (is_finish, is_last, is_morning)
        key = (position, *asked)
        if key not in self._known:
            stack = [position]
            children = self._plan.structure.children
            while stack:
                top = stack[-1]
                unknown = [
                    child for child in children.get(top, ()) if (child, *asked) not in self._known
                ]
                if unknown:
                    stack.extend(unknown)
                    continue
                stack.pop()
                self._known[top, *asked] = self._found(top, *asked)
        return self._known[key]

    def _found(
        self, position: int, is_finish: bool, is_last: bool, is_morning: bool
    ) -> Event | None:
        plan = self._plan
        below = plan.structure.children.get(position)
        if below is None:
            progress = plan.structure.progress.get(position)
            if progress is Progress.DONE or (
                progress is Progress.STARTED and not is_finish and is_last
            ):
                return None  # a link leaves from its actual start, which nothing moves
            node = plan.ranks[position]
            offset = plan.durations[node] if is_finish else 0
            return Event(axis_of(plan, node), self._early[node] + offset)
        parts = [self._known[child, is_finish, is_last, is_morning] for child in below]
        events = [part for part in parts if part is not None]
        if not events:
            return None
        pick: Callable[[Sequence[int]], int] = max if is_last else min
        if all(event.axis == PROJECT for event in events):
            return Event(PROJECT, pick([event.boundary for event in events]))
        every_day = self._lines[EVERY_DAY]
        instants = [self._instant(event, is_finish and not is_morning) for event in events]
        return Event(EVERY_DAY, every_day.days_before(pick(instants)))

    def _instant(self, event: Event, is_finish: bool) -> int:
        """The evening of a finish or the morning of a start, as the ordinal of a morning."""
        line = self._lines[event.axis]
        if is_finish:
            return line.day_ordinal(event.boundary - 1) + 1
        return line.day_ordinal(event.boundary)

    def rooms(self) -> dict[int, int]:
        """By position, the smallest slack of the links that leave it and touch a summary."""
        plan = self._plan
        rooms: dict[int, int] = {}
        for number in plan.summary_links:
            link = plan.links[number]
            tail = plan.structure.index[link.predecessor_id]
            head = plan.structure.index[link.successor_id]
            sides = link.kind in _FROM_FINISH, link.kind in _TO_FINISH
            found = [(tail, self._room(number, (tail, head), sides, link.lag_days))]
            if link.max_lag_days is not None:
                room = self._room(number, (head, tail), sides[::-1], -link.max_lag_days)
                found.append((head, room))
            for position, room in found:
                if room is not None:
                    rooms[position] = min(rooms.get(position, room), room)
        return rooms

    def _room(
        self,
        number: int,
        ends: tuple[int, int],
        sides: tuple[bool, bool],
        lag_days: int,
    ) -> int | None:
        (tail, head), (from_finish, to_finish) = ends, sides
        leaving = self.event(tail, is_finish=from_finish, is_last=True)
        is_elapsed = self._plan.links[number].lag_kind is LagKind.ELAPSED
        is_strict = to_finish and (from_finish or is_elapsed)
        arriving = self.event(
            head, is_finish=to_finish, is_last=False, is_morning=to_finish and not is_strict
        )
        if leaving is None or arriving is None:
            return None
        if leaving.axis == arriving.axis == PROJECT and not is_elapsed:
            return arriving.boundary - lag_days - leaving.boundary
        edge = CalendarEdge(
            0,
            0,
            leaving.axis,
            arriving.axis,
            0,
            0,
            from_finish,
            to_finish,
            lag_days,
            is_elapsed,
            is_strict,
            number,
        )
        latest = backward(edge, self._lines, arriving.boundary)
        if leaving.axis != EVERY_DAY:
            return latest - leaving.boundary
        return self._project(latest, from_finish) - self._project(leaving.boundary, from_finish)

    def _project(self, boundary: int, is_finish: bool) -> int:
        """The last boundary of the project's calendar for an event that is bounded on the axis of every day."""
        instant = self._lines[EVERY_DAY].day_ordinal(boundary)
        if is_finish:
            return self._lines[PROJECT].days_before(instant)
        return self._lines[PROJECT].days_before(instant + 1) - 1
