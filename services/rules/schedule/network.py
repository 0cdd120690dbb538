"""From items and links to a graph of starts that the passes can walk: the prepared plan.

Every leaf is a node whose value is its start boundary; its finish is the start plus the duration, so each kind of link is one
edge with one weight. A summary that a link is drawn on gets a node per side in use: `out` nodes gather the starts or finishes
of all its leaves, `in` nodes hand a bound down to them. So a link between two summaries costs their sizes added, not multiplied.
What has happened has a node of its own for each date, that nothing moves; the node of the item then stands for what is left.

Nodes are numbered by their rank in an order in which edges run forwards, so a pass is one walk over lists.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.rules.schedule.axes import Axes
from services.rules.schedule.items import ScheduleItem, ScheduleLink
from services.rules.schedule.lags import CalendarEdge
from services.rules.schedule.layout import Layout
from services.rules.schedule.order import Arc, Closing, arrange, arrange_loops
from services.rules.schedule.structure import Structure

Pairs = list[tuple[int, int]]
"""The neighbours of a node with the weights of the edges to them."""

_REVERSE: Final = 4
_SIDES: Final = 3
_TOGETHER: Final = {0: Closing.OF_STARTS, 3: Closing.OF_FINISHES}


@dataclass(slots=True)
class PreparedPlan:
    """The checked graph, ready for any calendar and start. Nodes are ranks; whatever is a list of nodes is by rank."""

    structure: Structure
    links: tuple[ScheduleLink, ...]
    ranks: list[int]
    """The node of each item by position; -1 for a summary."""
    owner: list[int]
    """The position of the item each node stands for."""
    durations: list[int]
    """What lies between a leaf's start and its finish; 0 for other nodes."""
    tails: list[int]
    """The edges between nodes, by the rank of their tails: from where, to where, how much later, and what each is."""
    heads: list[int]
    weights: list[int]
    metas: list[int]
    """Of each edge: the number of its link (-1 inside a summary) times 8, plus 4 when it says a maximal lag, plus 2 when it
    leaves from a finish, plus 1 when it binds one."""
    others: frozenset[int] = frozenset()
    """The nodes that are no item's own: sides of summaries, and dates that happened."""
    edges_in: dict[int, list[CalendarEdge]] = field(default_factory=dict)
    edges_out: dict[int, list[CalendarEdge]] = field(default_factory=dict)
    caps: list[CalendarEdge] = field(default_factory=list)
    """Maximal lags from what has happened: they bound their tails from above, by a head that does not move."""
    fixed: dict[int, bool] = field(default_factory=dict)
    """The nodes of dates that happened, and whether it is the finish."""
    axes: list[int] = field(default_factory=list)
    """The axis of each node; empty when all are on the project's calendar."""
    calendar_ids: list[str] = field(default_factory=list)
    """The calendars of the axes from 2 on."""
    summary_links: list[int] = field(default_factory=list)
    """The numbers of the links drawn on a summary."""
    loops: list[tuple[int, int]] = field(default_factory=list)
    """The ranges of nodes that bind each other in circles."""
    known_axes: dict[Hashable, Axes] = field(default_factory=dict, repr=False)
    """The calendars it was last computed on, for they are the same from one computation to the next."""
    _neighbours: tuple[list[Pairs], list[Pairs]] | None = field(default=None, repr=False)
    _milestones: list[int] | None = field(default=None, repr=False)

    @property
    def items(self) -> tuple[ScheduleItem, ...]:
        """The items in the order given."""
        return self.structure.items

    @property
    def is_plain(self) -> bool:
        """Whether whole numbers of working days say everything: one calendar, no elapsed lag, no loop, no progress."""
        return not (self.edges_in or self.loops or self.axes)

    @property
    def preds(self) -> list[Pairs]:
        """By node, what it waits for."""
        return self._adjacency()[0]

    @property
    def succs(self) -> list[Pairs]:
        """By node, what waits for it."""
        return self._adjacency()[1]

    def _adjacency(self) -> tuple[list[Pairs], list[Pairs]]:
        if self._neighbours is None:
            preds: list[Pairs] = [[] for _ in self.owner]
            succs: list[Pairs] = [[] for _ in self.owner]
            for tail, head, weight in zip(self.tails, self.heads, self.weights, strict=True):
                succs[tail].append((head, weight))
                preds[head].append((tail, weight))
            # Made once more node by node, so that what is read together lies together.
            self._neighbours = (
                [[(node, weight) for node, weight in pairs] for pairs in preds],
                succs,
            )
        return self._neighbours

    @property
    def milestones(self) -> list[int]:
        """The nodes of items without duration."""
        if self._milestones is None:
            self._milestones = [
                node
                for node, duration in enumerate(self.durations)
                if not duration and node not in self.others
            ]
        return self._milestones

    def link_of(self, tail: int, head: int, weight: int) -> int:
        """The number of a link that the edge with this weight stands for, -1 inside a summary."""
        edges = zip(self.tails, self.heads, self.weights, self.metas, strict=True)
        return next(meta >> 3 for a, b, w, meta in edges if (a, b, w) == (tail, head, weight))


def lay_out(structure: Structure, links: tuple[ScheduleLink, ...]) -> PreparedPlan:
    """The graph of checked items and links; raises what `prepare_plan` names for links and circles."""
    layout = Layout(structure, links)
    layout.lay_links()
    order, loops = _ordered(layout)
    return _ranked(layout, order, loops)


def _ordered(layout: Layout) -> tuple[list[int], list[tuple[int, int]]]:
    children, count = layout.structure.children, len(layout.owner)
    nodes: Sequence[int] = range(count)
    if children:
        nodes = [node for node in nodes if node not in children]
    tails, heads = layout.tails, layout.heads
    if layout.edges or layout.order_only:
        tails = [*tails, *(edge.tail for edge in layout.edges)]
        heads = [*heads, *(edge.head for edge in layout.edges)]
        tails += [tail for tail, _ in layout.order_only]
        heads += [head for _, head in layout.order_only]
    order = arrange(nodes, count, tails, heads)
    if order is not None:
        return order, []
    arcs = [
        Arc(tail, head, _closing(layout, meta >> 3, meta & _SIDES, bool(meta & _REVERSE)))
        for tail, head, meta in zip(layout.tails, layout.heads, layout.metas, strict=True)
    ]
    for edge in layout.edges:
        sides = edge.from_finish << 1 | edge.to_finish
        closing = _closing(layout, edge.origin, sides, edge.is_reverse)
        arcs.append(Arc(edge.tail, edge.head, closing))
    arcs += [Arc(tail, head, Closing.NEVER) for tail, head in layout.order_only]

    def names_of(circle: Sequence[int]) -> list[str]:
        return circle_names(layout.structure, [layout.owner[node] for node in circle])

    return arrange_loops(nodes, count, arcs, names_of)


def _closing(layout: Layout, number: int, sides: int, is_reverse: bool) -> Closing:
    """When a circle may close through an edge of a link, or inside a summary (-1); `sides` as in the metas."""
    if number < 0:
        return Closing.OF_FINISHES if sides else Closing.OF_STARTS
    lag_days = layout.links[number].lag_days
    if is_reverse or lag_days < 0:
        return Closing.ALWAYS
    if lag_days:
        return Closing.NEVER
    return _TOGETHER.get(sides, Closing.NEVER)


def circle_names(structure: Structure, positions: Sequence[int]) -> list[str]:
    """The items of a circle, each once, beginning with the first by name; a summary may own several nodes of it."""
    names = list(dict.fromkeys(structure.items[position].item_id for position in positions))
    first = names.index(min(names))
    return names[first:] + names[:first]


def _ranked(layout: Layout, order: list[int], loops: list[tuple[int, int]]) -> PreparedPlan:
    structure, items = layout.structure, len(layout.structure.items)
    ranks = [-1] * len(layout.owner)
    for rank, node in enumerate(order):
        ranks[node] = rank
    by_tail: list[list[int]] = [[] for _ in order]
    for edge, node in enumerate(layout.tails):
        by_tail[ranks[node]].append(edge)
    # Lists in the order in which the passes walk them: what lies together in memory is read three times as fast.
    edges = [edge for leaving in by_tail for edge in leaving]
    numbers = list(range(len(order)))
    tails = [number for number, leaving in zip(numbers, by_tail, strict=True) for _ in leaving]
    heads = [numbers[ranks[layout.heads[edge]]] for edge in edges]
    durations = structure.durations + [0] * (len(layout.owner) - items)
    plan = PreparedPlan(
        structure,
        layout.links,
        ranks[:items],
        [layout.owner[node] for node in order],
        [durations[node] for node in order],
        tails,
        heads,
        [layout.weights[edge] for edge in edges],
        [layout.metas[edge] for edge in edges],
        summary_links=layout.summary_links,
        loops=loops,
    )
    if len(layout.owner) > items:
        plan.others = frozenset(ranks[items:])
        plan.fixed = {ranks[node]: is_finish for node, is_finish in layout.fixed.items()}
    for lagged in layout.edges:
        moved = lagged._replace(tail=ranks[lagged.tail], head=ranks[lagged.head])
        plan.edges_out.setdefault(moved.tail, []).append(moved)
        plan.edges_in.setdefault(moved.head, []).append(moved)
    plan.caps = [cap._replace(tail=ranks[cap.tail], head=ranks[cap.head]) for cap in layout.caps]
    if any(layout.axes):
        plan.axes = [layout.axes[node] for node in order]
        plan.calendar_ids = layout.calendar_ids
    return plan
