"""A prepared plan with a small change in it, sharing all it can with the one before."""

from bisect import bisect_left, bisect_right
from dataclasses import replace

from services.rules.schedule.items import (
    MAX_DURATION_DAYS,
    ConstraintKind,
    LagKind,
    ScheduleItem,
    ScheduleLink,
)
from services.rules.schedule.layout import weigh
from services.rules.schedule.network import PreparedPlan
from services.rules.schedule.structure import COMMON, read_structure


class Patch:
    """A plan that shares all it can with the one before, and the nodes where something changed."""

    def __init__(self, plan: PreparedPlan) -> None:
        """Nothing is changed yet."""
        self.before = plan
        self.forwards: set[int] = set()
        """The nodes whose early value may differ at first hand."""
        self.backwards: set[int] = set()
        self.bounded: set[int] = set()
        """The positions of the items that changed."""
        self.resized: set[int] = set()
        """The nodes whose durations changed."""
        self.items = plan.items
        self.links = plan.links
        self.planned, self.durations = plan.structure.planned, plan.durations
        self.tails, self.heads, self.metas = plan.tails, plan.heads, plan.metas
        self.weights = plan.weights[:]
        self.preds, self.succs = plan.preds[:], plan.succs[:]

    def plan(self) -> PreparedPlan:
        """The plan after the changes."""
        structure = replace(
            self.before.structure,
            items=self.items,
            planned=self.planned,
            durations=self.planned,
            is_constrained=self.before.structure.is_constrained or bool(self.bounded),
        )
        return replace(
            self.before,
            structure=structure,
            links=self.links,
            durations=self.durations,
            tails=self.tails,
            heads=self.heads,
            weights=self.weights,
            metas=self.metas,
            _neighbours=(self.preds, self.succs),
            _milestones=None if self.resized else self.before.milestones,
        )

    def change(self, item: ScheduleItem) -> bool:
        """Put an item in place of that of the same id; False when that needs more than a patch."""
        plan = self.before
        position = plan.structure.index[item.item_id]
        old = self.items[position]
        if item == old:
            return True
        is_simple = (
            position not in plan.structure.children
            and item.parent_id == old.parent_id
            and item[5:] == COMMON
            and item.constraint_kind is not ConstraintKind.AS_LATE_AS_POSSIBLE
        )
        if not is_simple:
            return False
        read_structure([item._replace(parent_id=None)])  # refuses what prepare_plan would
        node = plan.ranks[position]
        more = item.duration_days - self.durations[node]
        self.items = (*self.items[:position], item, *self.items[position + 1 :])
        self.bounded.add(position)
        self.forwards.add(node)
        self.backwards.add(node)
        if more:
            if not self.resized:
                self.planned, self.durations = self.planned[:], self.durations[:]
            self.resized.add(node)
            self.planned[position] = self.durations[node] = item.duration_days
            for head in {head for head, _ in self.succs[node]}:
                self._reweigh(node, head, 2, more)
            for tail in {tail for tail, _ in self.preds[node]}:
                self._reweigh(tail, node, 1, -more)
        return True

    def _leaving(self, tail: int) -> range:
        return range(bisect_left(self.tails, tail), bisect_right(self.tails, tail))

    def _reweigh(self, tail: int, head: int, side: int, more: int) -> None:
        for edge in self._leaving(tail):
            if self.heads[edge] == head and self.metas[edge] & side:
                self.weights[edge] += more
        self._rewire(tail, head)

    def _rewire(self, tail: int, head: int) -> None:
        """Read the neighbours of two nodes again from the edges."""
        leaving = self._leaving(tail)
        self.succs[tail] = [(self.heads[edge], self.weights[edge]) for edge in leaving]
        between = [(tail, self.weights[edge]) for edge in leaving if self.heads[edge] == head]
        self.preds[head] = [pair for pair in self.preds[head] if pair[0] != tail] + between
        self.forwards.add(head)
        self.backwards.add(tail)

    def _own_edges(self) -> None:
        """Copy what only another number of edges changes."""
        if self.tails is self.before.tails:
            self.tails, self.heads, self.metas = self.tails[:], self.heads[:], self.metas[:]

    def _nodes(self, link: ScheduleLink) -> tuple[int, int] | None:
        """The nodes of a link that whole numbers express between two leaves in order."""
        index, ranks = self.before.structure.index, self.before.ranks
        tail, head = index.get(link.predecessor_id), index.get(link.successor_id)
        if tail is None or head is None or link.max_lag_days is not None:
            return None
        nodes = ranks[tail], ranks[head]
        if link.lag_kind is not LagKind.WORKING or not 0 <= nodes[0] < nodes[1]:
            return None
        return nodes

    def _edge_of(self, nodes: tuple[int, int], link: ScheduleLink) -> int | None:
        """The edge of a link between two nodes, if it is drawn."""
        for edge in self._leaving(nodes[0]):
            number = self.metas[edge] >> 3
            if self.heads[edge] == nodes[1] and number >= 0 and self.links[number] == link:
                return edge
        return None

    def remove(self, link: ScheduleLink) -> bool:
        """Take a link out; the last one takes its number. False when that needs more than a patch."""
        nodes = self._nodes(link)
        if nodes is None:
            return False
        edge = self._edge_of(nodes, link)
        others = self._nodes(self.links[-1])
        if edge is None or others is None:
            return False
        number, last = self.metas[edge] >> 3, len(self.links) - 1
        self._own_edges()
        for column in (self.tails, self.heads, self.weights, self.metas):
            del column[edge]
        self._rewire(*nodes)
        moved, self.links = self.links[-1], self.links[:-1]
        if number != last:
            self.links = (*self.links[:number], moved, *self.links[number + 1 :])
            for each in self._leaving(others[0]):
                if self.metas[each] >> 3 == last:
                    self.metas[each] = number << 3 | self.metas[each] & 7
        return True

    def add(self, link: ScheduleLink) -> bool:
        """Draw a link; False when that needs more than a patch."""
        nodes, lag = self._nodes(link), link.lag_days
        if nodes is None or type(lag) is not int or abs(lag) > MAX_DURATION_DAYS:
            return False
        tail, head = nodes
        weight, sides = weigh(link.kind, lag, self.durations[tail], self.durations[head])
        self._own_edges()
        at = bisect_right(self.tails, tail)
        self.tails.insert(at, tail)
        self.heads.insert(at, head)
        self.weights.insert(at, weight)
        self.metas.insert(at, len(self.links) << 3 | sides)
        self.links = (*self.links, link)
        self._rewire(tail, head)
        return True
