"""An order of the nodes in which every edge runs forwards, and what to do where there is none.

A circle of links is a mistake unless it closes through a maximal lag or a negative one: that is how "no later than n days
after" is drawn in networks of starts (the metra potential method, and the time windows of the RCPSP/max benchmarks). Then
the nodes of the circle stand next to each other in the order, as a *loop* that the passes walk until nothing moves.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from services.rules.errors import RuleViolation


class Arc(NamedTuple):
    """An edge without its weight."""

    tail: int
    head: int
    may_close: bool
    """Whether a circle may close through it: it says a maximal lag, or its lag is negative."""


def arrange(
    nodes: Sequence[int], count: int, tails: Sequence[int], heads: Sequence[int]
) -> list[int] | None:
    """The nodes in topological order, or None when some edges form a circle. Ids are below `count`."""
    after: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for tail, head in zip(tails, heads, strict=True):
        after[tail].append(head)
        waiting[head] += 1
    order = [node for node in nodes if not waiting[node]]
    add = order.append
    for node in order:
        for head in after[node]:
            left = waiting[head] - 1
            waiting[head] = left
            if not left:
                add(head)
    return order if len(order) == len(nodes) else None


def arrange_loops(
    nodes: Sequence[int],
    count: int,
    arcs: Sequence[Arc],
    names_of: Callable[[Sequence[int]], list[str]],
) -> tuple[list[int], list[tuple[int, int]]]:
    """The order of a graph with circles, and the ranges [first, last) of it that are loops.

    Raises RuleViolation (SCHEDULE_CYCLE) for a circle that closes through no maximal and no negative lag.
    """
    plain = [arc for arc in arcs if not arc.may_close]
    straight = arrange(nodes, count, [arc.tail for arc in plain], [arc.head for arc in plain])
    if straight is None:
        raise _cycle(nodes, count, plain, names_of)
    place = {node: at for at, node in enumerate(straight)}
    order: list[int] = []
    loops = []
    for component in reversed(_components(nodes, count, arcs)):
        if len(component) > 1:
            loops.append((len(order), len(order) + len(component)))
        order.extend(sorted(component, key=place.__getitem__))
    return order, loops


def _components(nodes: Sequence[int], count: int, arcs: Sequence[Arc]) -> list[list[int]]:
    """The strongly connected components, every one after those it leads to (Tarjan 1972, without recursion)."""
    after: list[list[int]] = [[] for _ in range(count)]
    for arc in arcs:
        after[arc.tail].append(arc.head)
    number, low = [-1] * count, [0] * count
    on_path = bytearray(count)
    path: list[int] = []
    found: list[list[int]] = []
    counter = 0
    for root in nodes:
        if number[root] >= 0:
            continue
        work = [(root, iter(after[root]))]
        number[root] = low[root] = counter
        counter += 1
        path.append(root)
        on_path[root] = 1
        while work:
            node, heads = work[-1]
            for head in heads:
                if number[head] < 0:
                    number[head] = low[head] = counter
                    counter += 1
                    path.append(head)
                    on_path[head] = 1
                    work.append((head, iter(after[head])))
                    break
                if on_path[head]:
                    low[node] = min(low[node], number[head])
            else:
                work.pop()
                if work:
                    above = work[-1][0]
                    low[above] = min(low[above], low[node])
                if low[node] == number[node]:
                    component = []
                    while on_path[node]:
                        component.append(path.pop())
                        on_path[component[-1]] = 0
                    found.append(component)
    return found


def _cycle(
    nodes: Sequence[int],
    count: int,
    arcs: Sequence[Arc],
    names_of: Callable[[Sequence[int]], list[str]],
) -> RuleViolation:
    """Name the items of one circle. Every stuck node has a stuck predecessor, so walking back must come round."""
    waiting = [0] * count
    after: list[list[int]] = [[] for _ in range(count)]
    for arc in arcs:
        waiting[arc.head] += 1
        after[arc.tail].append(arc.head)
    done = [node for node in nodes if not waiting[node]]
    for node in done:
        for head in after[node]:
            waiting[head] -= 1
            if not waiting[head]:
                done.append(head)
    before: dict[int, int] = {}
    for node in nodes:
        if waiting[node]:
            for head in after[node]:
                if waiting[head]:
                    before[head] = node
    seen: dict[int, int] = {}
    node = next(iter(before))
    while node not in seen:
        seen[node] = len(seen)
        node = before[node]
    circle = [each for each, at in seen.items() if at >= seen[node]][::-1]
    names = names_of(circle)
    return RuleViolation(
        f"These items wait for each other: {' → '.join([*names, names[0]])}.",
        code="SCHEDULE_CYCLE",
        items=names,
    )
