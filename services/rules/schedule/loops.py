"""Loops: nodes that bind each other through maximal or negative lags, walked until nothing moves.

The longest paths of a graph with circles exist as long as no circle gains (Bellman 1958, Ford 1956). Each node remembers the
edge that moved it last; when those edges close, the circle gained. Without calendars in it that is a contradiction, for it
gains the same on every turn. With calendars it may have met a day off and come to rest behind it: then it is turned until it
rests, or until it has gained on every day of a week after the last day off of all calendars, and so always will.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from services.rules.calendars import Timeline
from services.rules.errors import RuleViolation
from services.rules.schedule.bounds import axis_of
from services.rules.schedule.lags import CalendarEdge, backward, forward
from services.rules.schedule.layout import FAR, contradiction
from services.rules.schedule.network import PreparedPlan, circle_names

_TURNS_AFTER_DAYS_OFF: Final = 9
"""More than a week has days: one of them must have come twice."""

_SWEEPS_PER_NODE: Final = 8
"""Likewise: a longest path meets every node on every day of the week at most once."""


class _Around(NamedTuple):
    """What the calendars say in a loop; nothing, where only whole numbers are asked for."""

    lines: Sequence[Timeline] = ()
    shown: Sequence[int] = ()
    edges_in: Mapping[int, list[CalendarEdge]] = MappingProxyType({})


class _Move(NamedTuple):
    """The edge that moved a node last: from where, by which weight or calendars."""

    tail: int
    weight: int
    edge: CalendarEdge | None


def check_loops(plan: PreparedPlan) -> None:
    """Raise RuleViolation (SCHEDULE_CONTRADICTION) for loops that no calendar is needed to see through."""
    for first, last in plan.loops:
        values = [-FAR] * len(plan.owner)
        values[first:last] = [0] * (last - first)
        _settle(plan, values, (first, last), _Around())


def settle_early(
    plan: PreparedPlan,
    early: list[int],
    loop: tuple[int, int],
    lines: Sequence[Timeline],
    shown: Sequence[int],
) -> None:
    """Find the earliest values of a loop; those before it are final. Raises RuleViolation (SCHEDULE_CONTRADICTION)."""
    _settle(plan, early, loop, _Around(lines, shown, plan.edges_in))


def _settle(
    plan: PreparedPlan,
    values: list[int],
    loop: tuple[int, int],
    around: _Around,
) -> None:
    first, last = loop
    lines, shown, edges_in = around
    moves: dict[int, _Move] = {}
    sweeps, look_at, beyond = 0, 2, 0
    horizon = _last_day_off(lines)
    is_moving = True
    while is_moving:
        is_moving, is_beyond = False, bool(lines)
        for node in range(first, last):
            best, move = values[node], None
            for tail, weight in plan.preds[node]:
                if values[tail] + weight > best:
                    best, move = values[tail] + weight, _Move(tail, weight, None)
            for edge in edges_in.get(node, ()):
                if values[edge.tail] < -FAR >> 1:
                    continue  # nothing bounds it yet, and it has no date
                from_day = shown[edge.tail] if edge.origin >= 0 else 0
                bound = forward(edge, lines, values[edge.tail], from_day)
                if bound > best:
                    best, move = bound, _Move(edge.tail, 0, edge)
            if move is not None:
                values[node], moves[node], is_moving = best, move, True
                if is_beyond and best > -FAR >> 1:
                    is_beyond = lines[axis_of(plan, node)].day_ordinal(best) > horizon
        sweeps += 1
        beyond = beyond + 1 if is_beyond else 0
        if is_moving and beyond > _SWEEPS_PER_NODE * (last - first):
            # Behind all days off every week is like the last, so a rest would have been found by now.
            raise _refusal_of_all(plan, loop)
        if is_moving and sweeps == look_at:
            look_at *= 2
            circle = _circle(moves, loop)
            if circle and _gains_for_ever(
                plan, values, [moves[node] for node in circle], circle[-1], around
            ):
                raise _refusal(plan, moves, circle)


def _circle(moves: dict[int, _Move], loop: tuple[int, int]) -> list[int]:
    """The nodes of a circle among the last moves, each after the one that moved it; empty if there is none."""
    done: set[int] = set()
    for begin in moves:
        path: dict[int, int] = {}
        node = begin
        while node in moves and node not in done and node not in path:
            path[node] = len(path)
            node = moves[node].tail
        if node in path:
            return [each for each, at in path.items() if at >= path[node]][::-1]
        done.update(path)
    return []


def _gains_for_ever(
    plan: PreparedPlan,
    values: Sequence[int],
    turn: Sequence[_Move],
    node: int,
    around: _Around,
) -> bool:
    """Whether a circle through a node goes on gaining turn after turn."""
    lines, shown, _ = around
    if all(move.edge is None for move in turn):
        return True
    horizon = _last_day_off(lines)
    line = lines[axis_of(plan, node)]
    value, beyond = values[node], 0
    while beyond < _TURNS_AFTER_DAYS_OFF:
        turned = value
        for move in turn:
            if move.edge is None:
                turned += move.weight
            else:
                from_day = shown[move.tail] if move.edge.origin >= 0 else 0
                turned = forward(move.edge, lines, turned, from_day)
        if turned <= value:
            return False
        value = turned
        beyond += line.day_ordinal(value) > horizon
    return True


def _last_day_off(lines: Sequence[Timeline]) -> int:
    """The ordinal of the last day off of all calendars; 0 without any."""
    days = (day.toordinal() for line in lines for day in line.calendar.days_off)
    return max(days, default=0)


def _refusal_of_all(plan: PreparedPlan, loop: tuple[int, int]) -> RuleViolation:
    """The refusal of a whole loop, where no single circle is to blame."""
    positions = [plan.owner[node] for node in range(*loop)]
    inside = [plan.links[number] for number in sorted(_links_inside(plan, loop))]
    return contradiction(circle_names(plan.structure, positions), inside)


def _refusal(plan: PreparedPlan, moves: dict[int, _Move], circle: Sequence[int]) -> RuleViolation:
    numbers = []
    for node in circle:
        tail, weight, edge = moves[node]
        numbers.append(edge.origin if edge else plan.link_of(tail, node, weight))
    links = [plan.links[number] for number in dict.fromkeys(numbers) if number >= 0]
    names = circle_names(plan.structure, [plan.owner[node] for node in circle])
    return contradiction(names, links)


def settle_late(
    plan: PreparedPlan, late: list[int], loop: tuple[int, int], lines: Sequence[Timeline]
) -> None:
    """Find the latest values of a loop; those after it are final.

    Early values exist, so late ones do too, unless a hard date forces the loop to before days off that it needs.
    """
    first, last = loop
    most = 10_000 + 20 * (last - first)
    is_moving = True
    while is_moving:
        is_moving = False
        most -= 1
        if not most:
            raise _refusal_of_all(plan, loop)
        for node in range(last - 1, first - 1, -1):
            best = late[node]
            for head, weight in plan.succs[node]:
                best = min(best, late[head] - weight)
            for edge in plan.edges_out.get(node, ()):
                if late[edge.head] < FAR >> 1:
                    best = min(best, backward(edge, lines, late[edge.head]))
            if best < late[node]:
                late[node], is_moving = best, True


def _links_inside(plan: PreparedPlan, loop: tuple[int, int]) -> set[int]:
    """The numbers of the links between the nodes of a loop."""
    inside = range(*loop)
    numbers = {
        meta >> 3
        for tail, head, meta in zip(plan.tails, plan.heads, plan.metas, strict=True)
        if tail in inside and head in inside
    }
    for node in inside:
        numbers.update(edge.origin for edge in plan.edges_out.get(node, ()) if edge.head in inside)
    return numbers - {-1}
