"""How fast a large plan is scheduled, and scheduled again after one change, as ratios taken in one run.

    python -m bench.schedule [items]

The plan has twice as many links as items, of all four kinds with lags and leads, on a Danish-like holiday calendar. The peer
is networkx's longest path on the same weighted graph, which yields one path and no dates. The two are run in turn, and each
figure is the median of its runs. Times are those that the processor spent on the call, so that what else the machine does
counts for neither side. Everything a figure claims is materialised: "both passes" makes the early and late starts, the early
finishes and the total floats, "all columns" those and the late finishes, free floats and dates of either end.
"""

import gc
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import networkx as nx

from services.rules.calendars import WorkingCalendar
from services.rules.schedule import (
    Computed,
    ConstraintKind,
    LinkKind,
    ScheduleItem,
    ScheduleLink,
    compute_plan,
    compute_schedule,
    make_schedule,
    prepare_plan,
    reschedule,
    revised,
)

RUNS = 15
CHANGES = 60
REPEATS = 7
"""How often each change is previewed, and computed in full: the medians of both make its ratio."""
START = date(2026, 1, 5)
COLUMNS = (
    "early_starts",
    "early_finishes",
    "late_starts",
    "late_finishes",
    "total_floats",
    "free_floats",
    "start_dates",
    "finish_dates",
)


def holiday_calendar() -> WorkingCalendar:
    """Weekends, and some ten days off a year."""
    days = [(1, 1), (4, 2), (4, 3), (4, 6), (5, 14), (5, 25), (6, 5), (12, 24), (12, 25), (12, 31)]
    return WorkingCalendar(
        days_off=frozenset(date(2026 + n, month, day) for n in range(40) for month, day in days)
    )


def random_plan(count: int, seed: int = 1) -> tuple[list[ScheduleItem], list[ScheduleLink]]:
    """Items of up to eight days, each linked to some within the next hundred."""
    chance = random.Random(seed)
    items = [ScheduleItem(f"i{n}", chance.randint(0, 8)) for n in range(count)]
    links: dict[tuple[int, int], ScheduleLink] = {}
    kinds = list(LinkKind)
    while len(links) < 2 * count:
        tail = chance.randrange(count - 1)
        head = min(count - 1, tail + chance.randint(1, 100))
        links[tail, head] = ScheduleLink(
            f"i{tail}", f"i{head}", chance.choice(kinds), chance.randint(-2, 5)
        )
    drawn = list(links.values())
    chance.shuffle(drawn)
    return items, drawn


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds of the processor, and what the call returned. The collector of garbage waits meanwhile, for every call alike."""
    gc.disable()
    begun = time.thread_time()
    found = call()
    spent = time.thread_time() - begun
    gc.enable()
    return 1000 * spent, found


def materialised(computed: Computed) -> list[Any]:
    """All eight columns."""
    return [getattr(computed, name) for name in COLUMNS]


def both_passes(computed: Computed) -> list[Any]:
    """What the two passes say."""
    names = ("early_starts", "early_finishes", "late_starts", "total_floats")
    return [getattr(computed, name) for name in names]


def change_of_item(chance: random.Random, computed: Computed) -> dict[str, Any]:
    """Another duration, another date, or another lag."""
    plan = computed.plan
    item, link = chance.choice(plan.items), chance.choice(plan.links)
    match chance.randrange(3):
        case 0:
            return {"items": [item._replace(duration_days=(item.duration_days + 3) % 12)]}
        case 1:
            day = START + timedelta(days=chance.randrange(2 * computed.finish))
            kind = ConstraintKind.START_NO_EARLIER_THAN
            return {"items": [item._replace(constraint_kind=kind, constraint_date=day)]}
        case _:
            return {"removed": [link], "added": [link._replace(lag_days=link.lag_days + 2)]}


def change_of_links(chance: random.Random, computed: Computed) -> dict[str, Any]:
    """A link more or a link less."""
    plan = computed.plan
    if chance.randrange(2):
        return {"removed": [chance.choice(plan.links)]}
    at = chance.randrange(len(plan.items) - 50)
    return {"added": [ScheduleLink(plan.items[at].item_id, plan.items[at + 50].item_id)]}


def against_networkx(items: list[ScheduleItem], links: list[ScheduleLink]) -> None:
    """A full computation of a prepared plan, and one from scratch, against the longest path."""
    calendar = holiday_calendar()
    plan = prepare_plan(items, links)
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(items)))
    graph.add_weighted_edges_from(zip(plan.tails, plan.heads, plan.weights, strict=True))
    peer, passes, full, scratch = [], [], [], []
    for _ in range(RUNS):
        peer.append(timed(lambda: nx.dag_longest_path(graph, weight="weight"))[0])
        passes.append(timed(lambda: both_passes(compute_plan(plan, calendar, START)))[0])
        full.append(timed(lambda: materialised(compute_plan(plan, calendar, START)))[0])
        scratch.append(timed(lambda: compute_schedule(items, links, calendar, START))[0])
    print(f"networkx longest path           {statistics.median(peer):8.1f} ms")
    pairs = [ours / theirs for ours, theirs in zip(passes, peer, strict=True)]
    print(
        f"both passes, total float        {statistics.median(passes):8.1f} ms"
        f"   1/{1 / statistics.median(pairs):.1f} of networkx"
    )
    pairs = [ours / theirs for ours, theirs in zip(full, peer, strict=True)]
    print(
        f"full recompute, all columns     {statistics.median(full):8.1f} ms"
        f"   1/{1 / statistics.median(pairs):.1f} of networkx"
    )
    pairs = [ours / theirs for ours, theirs in zip(scratch, peer, strict=True)]
    print(
        f"from scratch, to a schedule     {statistics.median(scratch):8.1f} ms"
        f"   {statistics.median(pairs):.2f} of networkx"
    )


def after_one_change(items: list[ScheduleItem], links: list[ScheduleLink]) -> None:
    """A preview of one change against a full recompute of the changed plan.

    A change of an item or a lag keeps the cached order, so it is held against the passes alone; a link more or less is held
    against preparing the plan again as well.
    """
    calendar = holiday_calendar()
    base = compute_plan(prepare_plan(items, links), calendar, START)
    materialised(base)
    for title, make, is_prepared in (
        ("an item or a lag", change_of_item, True),
        ("a link more or less", change_of_links, False),
    ):
        chance, ratios, ours = random.Random(2), [], []
        for _ in range(CHANGES):
            change = make(chance, base)
            # In turn, and the median of each, so that a ratio tells of the change and not of the machine's mood.
            spent, full = [], []
            mine = with_columns(revised(base, **change))
            plan = prepare_plan(mine.plan.items, mine.plan.links)
            compute_plan(plan, calendar, START)
            for _ in range(REPEATS):
                took, mine = timed(lambda change=change: with_columns(revised(base, **change)))
                spent.append(took)
                took, anew = timed(
                    lambda plan=plan, keep=is_prepared: with_columns(
                        compute_plan(
                            plan if keep else prepare_plan(plan.items, plan.links), calendar, START
                        )
                    )
                )
                full.append(took)
            assert by_item(anew) == by_item(mine)
            ours.append(statistics.median(spent))
            ratios.append(statistics.median(spent) / statistics.median(full))
        ratios.sort()
        print(
            f"preview of {title:20s} {statistics.median(ours):8.1f} ms"
            f"   of a full recompute: median {statistics.median(ratios):.2f},"
            f" 9 in 10 below {ratios[9 * len(ratios) // 10]:.2f}, worst {ratios[-1]:.2f}"
        )
    before, calendar = make_schedule(base), holiday_calendar()
    item = items[len(items) // 2]
    changed = [
        each._replace(duration_days=9) if each is item else ScheduleItem(*each) for each in items
    ]
    drawn = [ScheduleLink(*each) for each in links]
    spent = [
        timed(lambda: reschedule(before, changed, drawn, calendar, START))[0] for _ in range(RUNS)
    ]
    print(f"the change found by comparing lists {statistics.median(spent):8.1f} ms")


def with_columns(computed: Computed) -> Computed:
    """The same, with all eight columns made."""
    materialised(computed)
    return computed


def by_item(computed: Computed) -> list[tuple[Any, ...]]:
    """The eight columns in the order of the items, whatever the order of the plan."""
    columns = materialised(computed)
    return [tuple(column[node] for column in columns) for node in computed.plan.ranks]


def main() -> None:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    items, links = random_plan(count)
    gc.collect()
    gc.freeze()
    print(f"{len(items)} items, {len(links)} links of four kinds, holiday calendar")
    against_networkx(items, links)
    after_one_change(items, links)


if __name__ == "__main__":
    main()
