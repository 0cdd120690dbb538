"""The two passes over a prepared plan: the earliest value of every node, and the latest.

A *plain* plan knows one calendar and no loops, and whole numbers say everything. Its second pass measures *tails*: how much
work lies from the start of a node to the end of the project. Tails do not change when only the finish moves, and the latest
start is the finish less the tail.
"""

# ruff: noqa: PLR1730 - the inner loops compare and assign in place of calling max(), which takes twice as long

from collections.abc import Sequence

from services.rules.calendars import Timeline
from services.rules.schedule.bounds import Bounds, axis_of
from services.rules.schedule.lags import backward, forward
from services.rules.schedule.layout import FAR
from services.rules.schedule.loops import settle_early, settle_late
from services.rules.schedule.network import PreparedPlan


def plain_early(plan: PreparedPlan, floor: Sequence[int]) -> list[int]:
    """The earliest start of every node of a plain plan."""
    early = list(floor)
    for tail, head, weight in zip(plan.tails, plan.heads, plan.weights, strict=True):
        bound = early[tail] + weight
        if bound > early[head]:
            early[head] = bound
    return early


def least_tails(plan: PreparedPlan, bounds: Bounds, finish: int) -> list[int]:
    """What a tail is at least: the node's own duration, or what a cap leaves of the project."""
    least = plan.durations
    if plan.others or bounds.cap:
        least = least[:]
        for node in plan.others:
            least[node] = -FAR
        for node, cap in bounds.cap.items():
            least[node] = max(least[node], finish - cap)
    return least


def plain_tails(plan: PreparedPlan, least: Sequence[int]) -> list[int]:
    """How long every node of a plain plan must start before the finish."""
    tails = list(least)
    edges = zip(reversed(plan.tails), reversed(plan.heads), reversed(plan.weights), strict=True)
    for tail, head, weight in edges:
        bound = tails[head] + weight
        if bound > tails[tail]:
            tails[tail] = bound
    return tails


def plain_rooms(plan: PreparedPlan, early: Sequence[int]) -> list[int]:
    """The last start of every node that moves nothing a link leads to."""
    rooms = [FAR] * len(early)
    for tail, head, weight in zip(plan.tails, plan.heads, plan.weights, strict=True):
        bound = early[head] - weight
        if bound < rooms[tail]:
            rooms[tail] = bound
    return rooms


def general_early(plan: PreparedPlan, bounds: Bounds, lines: Sequence[Timeline]) -> list[int]:
    """The earliest value of every node of any plan. Raises RuleViolation (SCHEDULE_CONTRADICTION)."""
    early = bounds.floor[:]
    preds, edges_in = plan.preds, plan.edges_in
    shown = [
        0 if node in plan.fixed else bounds.shown(position, axis_of(plan, node))
        for node, position in enumerate(plan.owner)
    ]
    next_loop = iter([*plan.loops, (len(early), len(early))])
    first, last = next(next_loop)
    for node in range(len(early)):
        if node == first:
            settle_early(plan, early, (first, last), lines, shown)
        if node < first:
            best = early[node]
            for tail, weight in preds[node]:
                best = max(best, early[tail] + weight)
            for edge in edges_in.get(node, ()):
                from_day = shown[edge.tail] if edge.origin >= 0 else 0
                best = max(best, forward(edge, lines, early[edge.tail], from_day))
            early[node] = best
        elif node == last - 1:
            first, last = next(next_loop)
    return early


def general_late(plan: PreparedPlan, limits: Sequence[int], lines: Sequence[Timeline]) -> list[int]:
    """The latest value of every node that keeps all within `limits`."""
    late = list(limits)
    succs, edges_out = plan.succs, plan.edges_out
    next_loop = iter([*reversed(plan.loops), (-1, -1)])
    first, last = next(next_loop)
    for node in range(len(late) - 1, -1, -1):
        if node == last - 1:
            settle_late(plan, late, (first, last), lines)
        if node >= last:
            best = late[node]
            for head, weight in succs[node]:
                best = min(best, late[head] - weight)
            for edge in edges_out.get(node, ()):
                if late[edge.head] < FAR >> 1:  # what nothing bounds has no date
                    best = min(best, backward(edge, lines, late[edge.head]))
            late[node] = best
        elif node == first:
            first, last = next(next_loop)
    return late
