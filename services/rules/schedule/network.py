"""From items and links to a graph of starts that two passes can walk: checks, hierarchy, edges, order.

Every leaf is a node whose value is its start boundary; its finish is the start plus the duration, so each kind of link is one
edge with one weight. A summary that a link is drawn on gets a node per side in use: `out` nodes gather the starts or finishes
of all its leaves, `in` nodes hand a bound down to them. So a link between two summaries costs their sizes added, not multiplied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.rules.errors import InvalidInput, RuleViolation
from services.rules.schedule.items import (
    MAX_DURATION_DAYS,
    WHOLE_BPS,
    ConstraintKind,
    LagKind,
    LinkKind,
    ScheduleItem,
    ScheduleLink,
)

OUT_START: Final = 0
OUT_FINISH: Final = 1
IN_START: Final = 2
IN_FINISH: Final = 3

# Bound once and compared by identity: Python 3.11 looks an enumeration's member up, and hashes it, in Python code.
_FS: Final = LinkKind.FINISH_TO_START
_FF: Final = LinkKind.FINISH_TO_FINISH
_SF: Final = LinkKind.START_TO_FINISH
_ELAPSED: Final = LagKind.ELAPSED
_ASAP: Final = ConstraintKind.AS_SOON_AS_POSSIBLE

DrawnLink = tuple[int, int, bool, bool, int, bool]
"""A link between items as it was drawn, what free float is measured on: the positions of tail and head, whether it leaves
from a finish, whether it binds a finish, the lag in days, whether that is elapsed. A bare tuple, for there are many."""


@dataclass(frozen=True, slots=True)
class ElapsedEdge:
    """An edge whose weight depends on the calendar: a lag in calendar days between two events.

    The event of the tail is its value plus `tail_offset`, that of the head its value plus `head_offset`.
    """

    tail: int
    head: int
    tail_offset: int
    head_offset: int
    lag_days: int
    from_finish: bool
    to_finish: bool


@dataclass(slots=True)
class Network:
    """The checked graph. Nodes below `len(items)` are the items by position (summaries' own stay unused)."""

    items: Sequence[ScheduleItem]
    links: Sequence[ScheduleLink]
    index: dict[str, int]
    children: dict[int, list[int]]
    top_down: list[int]
    """Positions of the items, every parent before its children."""
    durations: list[int]
    """Working days by position; 0 for a summary."""
    drawn: list[DrawnLink] = field(default_factory=list)
    edges: list[list[tuple[int, int]]] = field(default_factory=list)
    elapsed: dict[int, list[ElapsedEdge]] = field(default_factory=dict)
    owner: list[int] = field(default_factory=list)
    """The item each node stands for."""
    order: list[int] = field(default_factory=list)
    """The nodes in topological order."""

    def leaves(self) -> list[int]:
        """The positions of the items that have a duration of their own."""
        return [position for position in self.top_down if position not in self.children]


def check_network(items: Sequence[ScheduleItem], links: Sequence[ScheduleLink]) -> None:
    """Raise what `compute_schedule` would raise for the structure, without a calendar."""
    build_network(items, links)


def build_network(items: Sequence[ScheduleItem], links: Sequence[ScheduleLink]) -> Network:
    """Check everything that does not need a calendar and lay out the graph.

    Raises InvalidInput (SCHEDULE_INVALID, SCHEDULE_DUPLICATE_ITEM, SCHEDULE_UNKNOWN_ITEM, SCHEDULE_SELF_LINK,
    SCHEDULE_LINK_INSIDE_SUMMARY, SCHEDULE_PARENT_CYCLE) and RuleViolation (SCHEDULE_CYCLE); the items concerned are in
    `details["items"]`.
    """
    index: dict[str, int] = {}
    for position, item in enumerate(items):
        if item.item_id in index:
            raise _refusal(
                "SCHEDULE_DUPLICATE_ITEM", f"Two items are called {item.item_id}.", item.item_id
            )
        index[item.item_id] = position
    children, top_down, tour = _hierarchy(items, index)
    for item in items:
        _check_values(item)
    durations = [
        0 if position in children else item.duration_days for position, item in enumerate(items)
    ]
    network = Network(items, links, index, children, top_down, durations)
    network.edges = [[] for _ in items]
    network.owner = list(range(len(items)))
    _lay_links(network, tour)
    network.order = _topological_order(network)
    return network


def _refusal(code: str, message: str, *item_ids: str) -> InvalidInput:
    return InvalidInput(message, code=code, items=list(item_ids))


def _check_values(item: ScheduleItem) -> None:
    if (
        item.constraint_kind is ConstraintKind.AS_LATE_AS_POSSIBLE
        or item.calendar_id is not None
        or item.allocation_bps != WHOLE_BPS
        or item.actual_start is not None
        or item.actual_finish is not None
        or item.percent_complete_bps
    ):
        raise _refusal(
            "SCHEDULE_INVALID", f"{item.item_id} asks for what is not yet scheduled.", item.item_id
        )
    days = item.duration_days
    if type(days) is not int or not 0 <= days <= MAX_DURATION_DAYS:
        raise _refusal(
            "SCHEDULE_INVALID",
            f"The duration of {item.item_id} is not a number of days from 0 to {MAX_DURATION_DAYS}.",
            item.item_id,
        )
    needs_date = item.constraint_kind is not _ASAP
    if needs_date != (item.constraint_date is not None):
        raise _refusal(
            "SCHEDULE_INVALID",
            f"The constraint of {item.item_id} {'needs a' if needs_date else 'takes no'} date.",
            item.item_id,
        )


def _hierarchy(
    items: Sequence[ScheduleItem], index: Mapping[str, int]
) -> tuple[dict[int, list[int]], list[int], list[tuple[int, int]]]:
    """Children by parent, the items top-down, and each item's (entry, exit) in a walk of the tree."""
    children: dict[int, list[int]] = {}
    roots = []
    for position, item in enumerate(items):
        if item.parent_id is None:
            roots.append(position)
            continue
        parent = index.get(item.parent_id)
        if parent is None:
            raise _refusal(
                "SCHEDULE_UNKNOWN_ITEM",
                f"{item.item_id} lies in {item.parent_id}, which does not exist.",
                item.parent_id,
            )
        children.setdefault(parent, []).append(position)
    entries, exits = [-1] * len(items), [-1] * len(items)
    top_down: list[int] = []
    stack = roots[::-1]
    while stack:
        position = stack.pop()
        if position < 0:
            exits[~position] = len(top_down)
            continue
        entries[position] = len(top_down)
        top_down.append(position)
        below = children.get(position)
        if below is None:
            exits[position] = len(top_down)
        else:
            stack.append(~position)
            stack.extend(reversed(below))
    if len(top_down) < len(items):
        # What no root reaches hangs below a circle of parents: follow it up until an item repeats.
        seen: dict[int, int] = {}
        position = entries.index(-1)
        while position not in seen:
            seen[position] = len(seen)
            position = index[str(items[position].parent_id)]
        circle = [items[each].item_id for each, at in seen.items() if at >= seen[position]]
        raise _refusal(
            "SCHEDULE_PARENT_CYCLE", f"A summary contains itself: {' in '.join(circle)}.", *circle
        )
    return children, top_down, list(zip(entries, exits, strict=True))


def _is_nested(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether one of two items lies in the other, by their entries and exits."""
    return one[0] < other[1] and other[0] < one[1]


def _lay_links(network: Network, tour: Sequence[tuple[int, int]]) -> None:
    """Turn every link into an edge, with nodes for the summaries it touches."""
    index, children, durations, edges = (
        network.index,
        network.children,
        network.durations,
        network.edges,
    )
    drawn = network.drawn
    summary_nodes: dict[tuple[int, int], int] = {}
    for link in network.links:
        tail, head = index.get(link.predecessor_id), index.get(link.successor_id)
        if tail is None or head is None:
            missing = link.predecessor_id if tail is None else link.successor_id
            raise _refusal(
                "SCHEDULE_UNKNOWN_ITEM", f"A link names {missing}, which does not exist.", missing
            )
        if tail == head:
            raise _refusal(
                "SCHEDULE_SELF_LINK",
                f"{link.predecessor_id} cannot depend on itself.",
                link.predecessor_id,
            )
        if (tail in children or head in children) and _is_nested(tour[tail], tour[head]):
            raise _refusal(
                "SCHEDULE_LINK_INSIDE_SUMMARY",
                f"{link.predecessor_id} and {link.successor_id} cannot be linked: one lies in the other.",
                link.predecessor_id,
                link.successor_id,
            )
        if link.max_lag_days is not None:
            raise _refusal(
                "SCHEDULE_INVALID",
                f"A maximal lag, from {link.predecessor_id} to {link.successor_id}, is not yet scheduled.",
                link.predecessor_id,
                link.successor_id,
            )
        lag = link.lag_days
        if type(lag) is not int or abs(lag) > MAX_DURATION_DAYS:
            raise _refusal(
                "SCHEDULE_INVALID",
                f"The lag from {link.predecessor_id} to {link.successor_id} is not a number of days"
                f" within {MAX_DURATION_DAYS}.",
                link.predecessor_id,
                link.successor_id,
            )
        kind, is_elapsed = link.kind, link.lag_kind is _ELAPSED
        from_finish = kind is _FS or kind is _FF
        to_finish = kind is _FF or kind is _SF
        drawn.append((tail, head, from_finish, to_finish, lag, is_elapsed))
        tail_offset = durations[tail] if from_finish else 0
        head_offset = durations[head] if to_finish else 0
        if tail in children:
            tail = _summary_node(
                network, summary_nodes, tail, OUT_FINISH if from_finish else OUT_START
            )
        if head in children:
            head = _summary_node(network, summary_nodes, head, IN_FINISH if to_finish else IN_START)
        if not is_elapsed:
            edges[tail].append((head, tail_offset + lag - head_offset))
        else:
            network.elapsed.setdefault(tail, []).append(
                ElapsedEdge(tail, head, tail_offset, head_offset, lag, from_finish, to_finish)
            )


def _summary_node(
    network: Network, nodes: dict[tuple[int, int], int], summary: int, side: int
) -> int:
    """The node of one side of a summary; made, with all below it, when first asked for."""
    if (summary, side) in nodes:
        return nodes[summary, side]
    edges, owner, durations = network.edges, network.owner, network.durations

    def make(position: int) -> int:
        nodes[position, side] = len(edges)
        edges.append([])
        owner.append(position)
        return len(edges) - 1

    made = make(summary)
    stack = [summary]
    while stack:
        position = stack.pop()
        node = nodes[position, side]
        for child in network.children[position]:
            offset = 0
            if child not in network.children:
                below = child
                offset = durations[child] if side in (OUT_FINISH, IN_FINISH) else 0
            elif (child, side) in nodes:
                below = nodes[child, side]
            else:
                below = make(child)
                stack.append(child)
            if side in (OUT_START, OUT_FINISH):
                edges[below].append((node, offset))
            else:
                edges[node].append((below, -offset))
    return made


def _topological_order(network: Network) -> list[int]:
    edges, elapsed = network.edges, network.elapsed
    waiting = [0] * len(edges)
    for targets in edges:
        for head, _ in targets:
            waiting[head] += 1
    for lagged in elapsed.values():
        for edge in lagged:
            waiting[edge.head] += 1
    order = [node for node, count in enumerate(waiting) if not count]
    for node in order:
        for head, _ in edges[node]:
            waiting[head] -= 1
            if not waiting[head]:
                order.append(head)
        if node in elapsed:
            for edge in elapsed[node]:
                waiting[edge.head] -= 1
                if not waiting[edge.head]:
                    order.append(edge.head)
    if len(order) < len(edges):
        raise _cycle(network, [node for node, count in enumerate(waiting) if count])
    return order


def _cycle(network: Network, stuck: list[int]) -> RuleViolation:
    """Name the items of one circle. Every stuck node has a stuck predecessor, so walking back must come round."""
    remaining = set(stuck)
    before: dict[int, int] = {}
    for node in stuck:
        heads = [head for head, _ in network.edges[node]]
        heads += [edge.head for edge in network.elapsed.get(node, ())]
        for head in heads:
            if head in remaining:
                before[head] = node
    seen: dict[int, int] = {}
    node = stuck[0]
    while node not in seen:
        seen[node] = len(seen)
        node = before[node]
    circle = [each for each, at in seen.items() if at >= seen[node]][::-1]
    names = list(
        dict.fromkeys(network.items[network.owner[each]].item_id for each in circle)
    )  # a summary may own several nodes of the circle
    first = names.index(min(names))
    names = names[first:] + names[:first]
    return RuleViolation(
        f"These items wait for each other: {' → '.join([*names, names[0]])}.",
        code="SCHEDULE_CYCLE",
        items=names,
    )
