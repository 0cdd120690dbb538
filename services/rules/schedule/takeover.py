"""Which columns of a plan hold after a change, put right where something moved; the others are made when asked for."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from services.rules.schedule.computed import Computed
from services.rules.schedule.lags import PROJECT
from services.rules.schedule.layout import FAR


@dataclass(slots=True)
class Moved:
    """The nodes of which one side moved."""

    nodes: set[int] | None
    """None for too many to tell."""
    edge: int = 0
    """The number of an edge before which none leads to a node that moved."""

    def add(self, more: Iterable[int]) -> None:
        """Count more nodes in."""
        if self.nodes is not None:
            self.nodes.update(more)


def take_over(
    found: Computed, before: Computed, fronts: Moved, backs: Moved, rewired: set[int]
) -> None:
    """Give a revised plain plan the columns that were asked of the plan before, by the nodes that moved on either side.

    Both sides must name the nodes at which durations or links changed; `rewired` are those that links leave otherwise.
    """
    plan = found.plan
    if plan.others or plan.summary_links:
        return
    _take_rooms(found, before, fronts, rewired)
    if fronts.nodes is not None:
        _take_early_side(found, before, fronts.nodes)
    if backs.nodes is not None and found.finish == before.finish:
        _take_late_side(found, before, backs.nodes, fronts.nodes)


def _take_early_side(found: Computed, before: Computed, fronts: set[int]) -> None:
    early, durations = found.early, found.plan.durations
    if before._early_finishes is not None:
        finishes = found._early_finishes = before._early_finishes[:]
        for node in fronts:
            finishes[node] = early[node] + durations[node]
    if before._start_dates is not None and before._finish_dates is not None:
        starts, ends = before._start_dates[:], before._finish_dates[:]
        axes = found.terms.axes
        first, last = axes.starts[PROJECT], axes.finishes[PROJECT]
        for node in fronts:
            if durations[node]:
                starts[node] = first[early[node]]
                ends[node] = last[early[node] + durations[node]]
            else:
                starts[node] = ends[node] = found.shown(node, early[node])
        found._start_dates, found._finish_dates = starts, ends


def _take_late_side(
    found: Computed, before: Computed, backs: set[int], fronts: set[int] | None
) -> None:
    early, tails, finish = found.early, found.tails, found.finish
    if before._late is None or tails is None:
        return
    late = found._late = before._late[:]
    for node in backs:
        late[node] = finish - tails[node]
    durations = found.plan.durations
    if before._late_finishes is not None:
        finishes = found._late_finishes = before._late_finishes[:]
        for node in backs if fronts is None else backs | fronts:
            finishes[node] = late[node] + durations[node]
    if fronts is None:
        return
    if before._total is not None:
        total = found._total = before._total[:]
        for node in backs | fronts:
            total[node] = late[node] - early[node]
    if before._free is not None and found._rooms is not None:
        free, rooms = before._free[:], found._rooms
        touched = backs | fronts
        for node in fronts:
            touched.update(tail for tail, _ in found.plan.preds[node])
        for node in touched:
            free[node] = min(rooms[node], late[node]) - early[node]
        found._free = free


def _take_rooms(found: Computed, before: Computed, fronts: Moved, rewired: set[int]) -> None:
    """The last starts that move nothing a link leads to: they depend on the early side and on the links alone."""
    # ruff: noqa: PLR1730 - as in passes
    plan, early = found.plan, found.early
    if before._rooms is None:
        return
    rooms = before._rooms[:]
    touched = set(rewired)
    if fronts.nodes is None:
        low = plan.tails[fronts.edge] if plan.tails else 0
        edge = bisect_left(plan.tails, low)
        rooms[low:] = [FAR] * (len(rooms) - low)
        walk = zip(plan.tails[edge:], plan.heads[edge:], plan.weights[edge:], strict=True)
        for tail, head, weight in walk:
            room = early[head] - weight
            if room < rooms[tail]:
                rooms[tail] = room
        touched = {node for node in touched if node < low}
    else:
        for node in fronts.nodes:
            touched.update(tail for tail, _ in plan.preds[node])
    for node in touched:
        rooms[node] = min([early[head] - weight for head, weight in plan.succs[node]], default=FAR)
    found._rooms = rooms
