"""Computing a plan again after a small change, touching only what moves.

From the changed nodes early values are computed again forwards through the order and tails backwards, as long as they differ
from before: a moved finish touches no tail. Where much moves, the rest of the order is walked in one go; each direction is
then at most one pass over the part of the order that lies behind the change, so both together are about one pass in place of
two. What cannot be patched (another set of items, progress, calendars, elapsed or maximal lags, links that turn the order
round) is prepared and computed anew. Either way the answer is that of a full computation.
"""

# ruff: noqa: PLR1730 - as in passes

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final

from services.rules.schedule.bounds import bound_again
from services.rules.schedule.computed import Computed, compute_plan, plain_finish
from services.rules.schedule.items import ScheduleItem, ScheduleLink
from services.rules.schedule.network import PreparedPlan
from services.rules.schedule.passes import least_tails
from services.rules.schedule.patch import Patch
from services.rules.schedule.prepare import prepare_links
from services.rules.schedule.structure import read_structure
from services.rules.schedule.takeover import Moved, take_over

_PATCHED: Final = 1 << 8
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
    structure = plan.structure
    if items:
        after = list(plan.items)
        for item in items:
            after[structure.index[item.item_id]] = item
        structure = read_structure(after)
    links = list(plan.links)
    for link in removed:
        try:
            links.remove(link)
        except ValueError:
            raise ValueError(f"no such link: {link}") from None
    anew = prepare_links(structure, [*links, *added])
    return compute_plan(
        anew,
        terms.calendar,
        terms.start,
        calendars=terms.calendars,
        status_date=terms.status_date,
    )


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
    patch = Patch(plan)
    if not (
        all(patch.change(item) for item in items)
        and all(patch.remove(link) for link in removed)
        and all(patch.add(link) for link in added)
    ):
        return None
    after = patch.plan()
    bounds = computed.bounds
    if patch.bounded:
        bounds = bound_again(after, terms, bounds, patch.bounded)
    early = computed.early[:]
    fronts = _move_forwards(after, bounds.floor, early, patch.forwards)
    changed = None if fronts.nodes is None else [*fronts.nodes, *patch.resized]
    finish = _finish(computed, after, early, changed)
    tails, starting = before[:], patch.backwards
    if finish != computed.finish and (bounds.cap or computed.bounds.cap):
        starting = starting | bounds.cap.keys() | computed.bounds.cap.keys()
    backs = _move_backwards(after, least_tails(after, bounds, finish), tails, starting)
    found = Computed(after, terms, bounds, early, finish, [finish], tails)
    fronts.add(patch.forwards)
    backs.add(patch.backwards)
    take_over(found, computed, fronts, backs, patch.backwards)
    return found


def _move_forwards(
    plan: PreparedPlan, floor: Sequence[int], early: list[int], starting: set[int]
) -> Moved:
    """Compute early values again from the nodes given."""
    moved: set[int] = set()
    waiting = bytearray(len(early))
    for node in starting:
        waiting[node] = 1
    preds, succs = plan.preds, plan.succs
    left = _PATCHED
    node = begin = waiting.find(1)
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
            # Edges stand by tail: none before the first that leads behind the beginning of what moved tells anything new.
            edge = next((at for at, head in enumerate(plan.heads) if head >= begin), 0)
            early[node + 1 :] = floor[node + 1 :]
            for tail, head, weight in zip(
                plan.tails[edge:], plan.heads[edge:], plan.weights[edge:], strict=True
            ):
                bound = early[tail] + weight
                if bound > early[head]:
                    early[head] = bound
            return Moved(None, edge)
        node = waiting.find(1, node + 1)
    return Moved(moved)


def _move_backwards(
    plan: PreparedPlan, least: Sequence[int], tails: list[int], starting: set[int]
) -> Moved:
    """Compute tails again from the nodes given."""
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
            # Edges stand by tail, so those that leave the nodes before this one are the first ones.
            edges = bisect_left(plan.tails, node)
            tails[:node] = least[:node]
            walk = zip(
                plan.tails[edges - 1 :: -1] if edges else (),
                plan.heads[edges - 1 :: -1] if edges else (),
                plan.weights[edges - 1 :: -1] if edges else (),
                strict=True,
            )
            for tail, head, weight in walk:
                bound = tails[head] + weight
                if bound > tails[tail]:
                    tails[tail] = bound
            return Moved(None)
        node = waiting.rfind(1, 0, node)
    return Moved(moved)


def _finish(
    computed: Computed, after: PreparedPlan, early: list[int], changed: list[int] | None
) -> int:
    """The finish after the early values or the durations of some nodes changed; None for too many to tell."""
    before, finish = computed.plan, computed.finish
    if changed is None:
        return plain_finish(after, early)
    latest = 0
    for node in changed:
        if node in after.others:
            continue
        if computed.early[node] + before.durations[node] == finish:
            return plain_finish(after, early)
        latest = max(latest, early[node] + after.durations[node])
    return max(finish, latest)
