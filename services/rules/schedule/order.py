"""An order of the nodes in which every edge runs forwards, and what to do where there is none.

A circle of links is a mistake unless it closes through a maximal lag or a negative one: that is how "no later than n days
after" is drawn in networks of starts (the metra potential method, and the time windows of the RCPSP/max benchmarks). Then
the nodes of the circle stand next to each other in the order, as a *loop* that the passes walk until nothing moves. So do
those of a circle that only says "start together", of start-to-start links without lag, or only "finish together".
"""

from collections import deque
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import NamedTuple

from services.rules.errors import RuleViolation


class Closing(IntEnum):
    """When a circle may close through an edge."""

    NEVER = 0
    ALWAYS = 1
    """It says a maximal lag, or its lag is negative."""
    OF_STARTS = 2
    """In a circle all of whose edges say that one start is not before another."""
    OF_FINISHES = 3
    """Likewise of finishes."""


class Arc(NamedTuple):
    """An edge without its weight."""

    tail: int
    head: int
    closing: Closing


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

    Raises RuleViolation (SCHEDULE_CYCLE) for a circle that closes through no maximal and no negative lag, and says more than
    that all start together, or that all finish together.
    """
    plain = [arc for arc in arcs if arc.closing is not Closing.ALWAYS]
    straight = arrange(nodes, count, [arc.tail for arc in plain], [arc.head for arc in plain])
    if straight is None:
        plain = _without_together(nodes, count, plain, names_of)
        straight = arrange(nodes, count, [arc.tail for arc in plain], [arc.head for arc in plain])
        if straight is None:
            raise AssertionError("a circle is left of which every edge was taken out")
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


def _without_together(
    nodes: Sequence[int],
    count: int,
    arcs: Sequence[Arc],
    names_of: Callable[[Sequence[int]], list[str]],
) -> list[Arc]:
    """The arcs without those of circles that only say "together"; raises SCHEDULE_CYCLE for any other circle."""
    within = _places(_components(nodes, count, arcs), count)
    circling = [arc for arc in arcs if within[arc.tail] == within[arc.head]]
    groups: list[tuple[list[int], list[Arc]]] = []
    together: set[Arc] = set()
    for closing in (Closing.OF_STARTS, Closing.OF_FINISHES):
        same = [arc for arc in circling if arc.closing is closing]
        components = _components(nodes, count, same)
        places = _places(components, count)
        inside: dict[int, list[Arc]] = {}
        for arc in same:
            if places[arc.tail] == places[arc.head]:
                inside.setdefault(places[arc.tail], []).append(arc)
                together.add(arc)
        groups += [(components[place], members) for place, members in inside.items()]
    for arc in circling:
        if arc not in together:
            raise _cycle([arc.tail, *_way(arc.head, arc.tail, circling)][:-1], names_of)
    # Groups may meet in a node. Where two meet in two nodes, or several all round, a circle runs through them all.
    root = list(range(count + len(groups)))

    def root_of(node: int) -> int:
        while root[node] != node:
            root[node] = node = root[root[node]]
        return node

    for number, (members, own) in enumerate(groups):
        met: dict[int, int] = {}
        for node in members:
            other = met.setdefault(root_of(node), node)
            if other != node:
                back = _way(node, other, [arc for arc in circling if arc not in set(own)])
                raise _cycle([*_way(other, node, own), *back[1:-1]], names_of)
        for node in members:
            root[root_of(node)] = root_of(count + number)
    return [arc for arc in arcs if arc not in together]


def _places(components: Sequence[Sequence[int]], count: int) -> list[int]:
    """By node, the number of its component."""
    places = [-1] * count
    for number, component in enumerate(components):
        for node in component:
            places[node] = number
    return places


def _way(begin: int, end: int, arcs: Sequence[Arc]) -> list[int]:
    """The nodes of a shortest way along the arcs, which there is."""
    after: dict[int, list[int]] = {}
    for arc in arcs:
        after.setdefault(arc.tail, []).append(arc.head)
    before = {begin: begin}
    waiting = deque([begin])
    while end not in before:
        node = waiting.popleft()
        for head in after.get(node, ()):
            if head not in before:
                before[head] = node
                waiting.append(head)
    way = [end]
    while way[-1] != begin:
        way.append(before[way[-1]])
    return way[::-1]


def _cycle(circle: Sequence[int], names_of: Callable[[Sequence[int]], list[str]]) -> RuleViolation:
    """The refusal of a circle of nodes."""
    names = names_of(circle)
    return RuleViolation(
        f"These items wait for each other: {' → '.join([*names, names[0]])}.",
        code="SCHEDULE_CYCLE",
        items=names,
    )
