"""Computing a plan again after a small change, touching only what moves.

From the changed nodes early values are computed again forwards through the order and tails backwards, as long as they differ
from before: a moved finish touches no tail. Where much moves, the rest of the order is walked in one go; each direction is
then at most one pass over the part of the order that lies behind the change, so both together are about one pass in place of
two. What cannot be patched (another set of items, progress, calendars, elapsed or maximal lags, links that turn the order
round) is prepared and computed anew. Either way the answer is that of a full computation.
"""

# ruff: noqa: PLR1730 - as in passes

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from services.rules.schedule.bounds import bound_again
from services.rules.schedule.computed import Computed, compute_plan, plain_finish
from services.rules.schedule.items import (
    MAX_DURATION_DAYS,
    ConstraintKind,
    LagKind,
    ScheduleItem,
    ScheduleLink,
)
from services.rules.schedule.layout import weigh
from services.rules.schedule.network import PreparedPlan
from services.rules.schedule.passes import least_tails
from services.rules.schedule.prepare import prepare_plan
from services.rules.schedule.structure import COMMON, read_structure

_PATCHED: Final = 1 << 9
"""How many nodes are looked at one by one before the rest is walked in one go."""


def revised(
    computed: Computed,
    *,
    items: Iterable[ScheduleItem] = (),
    added: Iterable[ScheduleLink] = (),
    removed: Iterable[ScheduleLink] = (),
) -> Computed:
    """The plan with `items` in place of those of the same ids, without the `removed` links and with the `added` ones.

    A changed link is a removed and an added one. Raises what `prepare_plan` and `compute_plan` raise, KeyError for an item
    and ValueError for a link that the plan does not have.
    """
    items, added, removed = list(items), list(added), list(removed)
    found = _patched(computed, items, added, removed)
    if found is not None:
        return found
    plan, terms = computed.plan, computed.terms
    after = list(plan.items)
    for item in items:
        after[plan.structure.index[item.item_id]] = item
    links = list(plan.links)
    for link in removed:
        if link not in links:
            raise ValueError(f"no such link: {link}")
        links.remove(link)
    anew = prepare_plan(after, [*links, *added])
    return compute_plan(
        anew,
        terms.calendar,
        terms.start,
        calendars=terms.calendars,
        status_date=terms.status_date,
    )


class _Patch:
    """A plan that shares all it can with the one before, and the nodes where something changed."""

    def __init__(self, plan: PreparedPlan) -> None:
        self.before = plan
        self.forwards: set[int] = set()
        """The nodes whose early value may differ at first hand."""
        self.backwards: set[int] = set()
        self.bounded: set[int] = set()
        """The positions of the items that changed."""
        self.items, self.links = list(plan.items), list(plan.links)
        self.planned, self.durations = plan.structure.planned[:], plan.durations[:]
        self.tails, self.heads, self.metas = plan.tails, plan.heads, plan.metas
        self.weights = plan.weights[:]
        self.preds, self.succs = plan.preds[:], plan.succs[:]

    def plan(self) -> PreparedPlan:
        """The plan after the changes."""
        structure = replace(
            self.before.structure,
            items=tuple(self.items),
            planned=self.planned,
            durations=self.planned,
            is_constrained=self.before.structure.is_constrained or bool(self.bounded),
        )
        return replace(
            self.before,
            structure=structure,
            links=tuple(self.links),
            durations=self.durations,
            tails=self.tails,
            heads=self.heads,
            weights=self.weights,
            metas=self.metas,
            _neighbours=(self.preds, self.succs),
            _milestones=None,
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
        self.items[position] = item
        self.bounded.add(position)
        self.forwards.add(node)
        self.backwards.add(node)
        if more:
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

    def remove(self, link: ScheduleLink) -> bool:
        """Take a link out; the last one takes its number. False when that needs more than a patch."""
        if link not in self.links:
            return False
        number, last = self.links.index(link), len(self.links) - 1
        nodes, others = self._nodes(link), self._nodes(self.links[last])
        if nodes is None or others is None:
            return False
        edge = next(each for each in self._leaving(nodes[0]) if self.metas[each] >> 3 == number)
        self._own_edges()
        for column in (self.tails, self.heads, self.weights, self.metas):
            del column[edge]
        self._rewire(*nodes)
        moved = self.links.pop()
        if number != last:
            self.links[number] = moved
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
        self.links.append(link)
        self._rewire(tail, head)
        return True


def _patched(
    computed: Computed,
    items: Sequence[ScheduleItem],
    added: Sequence[ScheduleLink],
    removed: Sequence[ScheduleLink],
) -> Computed | None:
    """The revised plan by patching, or None when it has to be prepared anew."""
    plan, terms, before = computed.plan, computed.terms, computed.tails
    if before is None or plan.structure.late_leaning:
        return None
    patch = _Patch(plan)
    if not (
        all(patch.change(item) for item in items)
        and all(patch.remove(link) for link in removed)
        and all(patch.add(link) for link in added)
    ):
        return None
    after = patch.plan()
    bounds = bound_again(after, terms, computed.bounds, patch.bounded)
    early = computed.early[:]
    fronts = _move_forwards(after, bounds.floor, early, patch.forwards)
    finish = _finish(computed, after, early, fronts)
    tails, starting = before[:], patch.backwards
    if finish != computed.finish and (bounds.cap or computed.bounds.cap):
        starting = starting | bounds.cap.keys() | computed.bounds.cap.keys()
    backs = _move_backwards(after, least_tails(after, bounds, finish), tails, starting)
    found = Computed(after, terms, bounds, early, finish, [finish], tails)
    if fronts is not None and backs is not None:
        found.take_over(computed, fronts | patch.forwards, backs | patch.backwards)
    return found


def _move_forwards(
    plan: PreparedPlan, floor: Sequence[int], early: list[int], starting: set[int]
) -> set[int] | None:
    """Compute early values again from the nodes given; which moved, or None for too many to tell."""
    moved: set[int] = set()
    waiting = bytearray(len(early))
    for node in starting:
        waiting[node] = 1
    preds, succs = plan.preds, plan.succs
    left = _PATCHED
    node = waiting.find(1)
    while node >= 0:
        best = floor[node]
        for tail, weight in preds[node]:
            bound = early[tail] + weight
            if bound > best:
                best = bound
        if best != early[node]:
            early[node] = best
            moved.add(node)
            for head, _ in succs[node]:
                waiting[head] = 1
        left -= 1
        if not left:
            for rest in range(node + 1, len(early)):
                best = floor[rest]
                for tail, weight in preds[rest]:
                    bound = early[tail] + weight
                    if bound > best:
                        best = bound
                early[rest] = best
            return None
        node = waiting.find(1, node + 1)
    return moved


def _move_backwards(
    plan: PreparedPlan, least: Sequence[int], tails: list[int], starting: set[int]
) -> set[int] | None:
    """Compute tails again from the nodes given; which moved, or None for too many to tell."""
    moved: set[int] = set()
    waiting = bytearray(len(tails))
    for node in starting:
        waiting[node] = 1
    preds, succs = plan.preds, plan.succs
    left = _PATCHED
    node = waiting.rfind(1)
    while node >= 0:
        best = least[node]
        for head, weight in succs[node]:
            bound = tails[head] + weight
            if bound > best:
                best = bound
        if best != tails[node]:
            tails[node] = best
            moved.add(node)
            for tail, _ in preds[node]:
                waiting[tail] = 1
        left -= 1
        if not left:
            for rest in range(node - 1, -1, -1):
                best = least[rest]
                for head, weight in succs[rest]:
                    bound = tails[head] + weight
                    if bound > best:
                        best = bound
                tails[rest] = best
            return None
        node = waiting.rfind(1, 0, node)
    return moved


def _finish(
    computed: Computed, after: PreparedPlan, early: list[int], fronts: set[int] | None
) -> int:
    """The finish after some early values moved."""
    before, finish = computed.plan, computed.finish
    if fronts is None:
        return plain_finish(after, early)
    latest = 0
    changed = {*fronts, *_of_other_length(before, after)}
    for node in changed:
        if node in after.others:
            continue
        if computed.early[node] + before.durations[node] == finish:
            return plain_finish(after, early)
        latest = max(latest, early[node] + after.durations[node])
    return max(finish, latest)


def _of_other_length(before: PreparedPlan, after: PreparedPlan) -> list[int]:
    if before.durations == after.durations:
        return []
    pairs = zip(before.durations, after.durations, strict=True)
    return [node for node, (a, b) in enumerate(pairs) if a != b]
