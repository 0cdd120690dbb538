"""Circles that only say "start together" or "finish together" are plans; every other circle stays a mistake."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.errors import RuleViolation
from services.rules.schedule import LagKind, LinkKind, ScheduleItem, ScheduleLink, check_network
from tests.rules.test_schedule import schedule
from tests.rules.test_schedule_max_lags import bellman_ford, inequalities, starts
from tests.rules.test_schedule_properties import tried

SS, FF, FS, SF = (
    LinkKind.START_TO_START,
    LinkKind.FINISH_TO_FINISH,
    LinkKind.FINISH_TO_START,
    LinkKind.START_TO_FINISH,
)


def circle(kind, *names):
    return [ScheduleLink(a, b, kind) for a, b in zip(names, names[1:] + names[:1], strict=True)]


ITEMS = [ScheduleItem("long", 7), ScheduleItem("a", 5), ScheduleItem("b", 3), ScheduleItem("c", 1)]


@pytest.mark.parametrize("lag_kind", list(LagKind))
@pytest.mark.parametrize(
    ("links", "expected"),
    [
        (circle(SS, "a", "b"), {"long": 0, "a": 0, "b": 0, "c": 0}),
        ([ScheduleLink("long", "b"), *circle(SS, "a", "b", "c")], {"a": 7, "b": 7, "c": 7}),
        (circle(FF, "a", "b"), {"a": 0, "b": 2, "c": 0}),
        ([ScheduleLink("long", "c"), *circle(FF, "a", "b", "c")], {"a": 3, "b": 5, "c": 7}),
        # two circles that meet in one item: a starts with b, and b finishes with c
        ([*circle(SS, "a", "b"), *circle(FF, "b", "c")], {"a": 0, "b": 0, "c": 2}),
        ([*circle(SS, "a", "b"), ScheduleLink("b", "c", FF, 4)], {"a": 0, "b": 0, "c": 6}),
        # what a window adds is weighed with it
        (
            [ScheduleLink("long", "c"), *circle(SS, "a", "b"), ScheduleLink("c", "a", SS, -2)],
            {"a": 5, "b": 5, "c": 7},
        ),
    ],
)
def test_items_that_start_or_finish_together_do_so(links, expected, lag_kind):
    together = [link._replace(lag_kind=lag_kind) if not link.lag_days else link for link in links]
    found = starts(schedule(ITEMS, together))
    assert {key: found[key] for key in expected} == expected


def test_what_starts_together_shares_its_float_and_none_may_slip_alone():
    found = schedule(ITEMS, circle(SS, "a", "b")).items
    assert {key: (row.total_float_days, row.free_float_days) for key, row in found.items()} == {
        "long": (0, 0),
        "a": (2, 0),
        "b": (2, 0),
        "c": (6, 6),
    }


def test_summaries_that_start_together_start_all_their_leaves_together():
    items = [
        ScheduleItem("s"),
        ScheduleItem("s1", 2, "s"),
        ScheduleItem("s2", 5, "s"),
        ScheduleItem("t"),
        ScheduleItem("t1", 1, "t"),
        ScheduleItem("long", 4),
    ]
    found = starts(schedule(items, [ScheduleLink("long", "t1"), *circle(SS, "s", "t")]))
    assert (found["s1"], found["s2"], found["t1"]) == (4, 4, 4)


@pytest.mark.parametrize(
    ("links", "items"),
    [
        (circle(FS, "a", "b"), ["a", "b"]),
        (circle(SF, "a", "b"), ["a", "b"]),
        ([ScheduleLink("a", "b", SS), ScheduleLink("b", "a", SS, 1)], ["a", "b"]),
        ([ScheduleLink("a", "b", FF), ScheduleLink("b", "a", FF, 1)], ["a", "b"]),
        ([ScheduleLink("a", "b", SS), ScheduleLink("b", "a", FF)], ["a", "b"]),
        ([ScheduleLink("a", "b", SS), ScheduleLink("b", "a")], ["a", "b"]),
        ([*circle(SS, "a", "b"), ScheduleLink("a", "b")], ["a", "b"]),
        ([*circle(SS, "a", "b"), ScheduleLink("b", "c"), ScheduleLink("c", "a")], ["a", "b", "c"]),
        ([*circle(SS, "a", "b"), ScheduleLink("b", "c"), ScheduleLink("c", "b")], ["b", "c"]),
        ([*circle(SS, "a", "b"), *circle(FF, "a", "b")], ["a", "b"]),
        ([*circle(SS, "a", "b"), *circle(FF, "b", "c"), *circle(SS, "a", "c")], ["a", "b", "c"]),
    ],
)
def test_a_circle_that_says_more_than_together_stays_a_cycle(links, items):
    for drawn in (links, links[::-1]):
        with pytest.raises(RuleViolation) as refused:
            check_network(ITEMS, drawn)
        assert refused.value.code == "SCHEDULE_CYCLE"
        assert sorted(refused.value.details["items"]) == items


def test_a_contradiction_around_what_starts_together_names_its_links():
    windows = [ScheduleLink("a", "c", SS, 3), ScheduleLink("c", "b", SS, -2)]
    with pytest.raises(RuleViolation) as refused:
        check_network(ITEMS, [*circle(SS, "a", "b"), *windows])
    assert refused.value.code == "SCHEDULE_CONTRADICTION"
    assert refused.value.details["items"] == ["a", "c", "b"]


@st.composite
def tied(draw):
    """Leaves, some of which start or finish together, and other links of all kinds."""
    count = draw(st.integers(2, 6))
    names = [f"i{n}" for n in range(count)]
    items = [ScheduleItem(name, draw(st.integers(0, 5))) for name in names]
    links = []
    for _ in range(draw(st.integers(1, 2))):
        members = draw(st.lists(st.sampled_from(names), min_size=2, max_size=4, unique=True))
        links += circle(draw(st.sampled_from([SS, FF])), *members)
    for _ in range(draw(st.integers(0, 3))):
        a, b = draw(st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True))
        links.append(
            ScheduleLink(a, b, draw(st.sampled_from(list(LinkKind))), draw(st.integers(-4, 3)))
        )
    return items, draw(st.permutations(links))


def simple_circles(links):
    """All circles that meet no item twice, as lists of links."""
    found = []

    def walk(first, at, way, seen):
        for link in links:
            if link.predecessor_id != at:
                continue
            if link.successor_id == first:
                found.append([*way, link])
            elif link.successor_id > first and link.successor_id not in seen:
                walk(first, link.successor_id, [*way, link], {*seen, link.successor_id})

    for first in sorted({link.predecessor_id for link in links}):
        walk(first, first, [], {first})
    return found


@given(tied())
def test_what_is_tied_together_is_the_least_solution_and_only_other_circles_are_cycles(plan):
    items, links = plan
    others = [
        way
        for way in simple_circles([link for link in links if link.lag_days >= 0])
        if not any(all(link[2:4] == (kind, 0) for link in way) for kind in (SS, FF))
    ]
    expected = bellman_ford(items, inequalities(items, links))
    result, refused = tried(schedule, items, links)
    if others:
        assert refused.code == "SCHEDULE_CYCLE"
        return
    if expected is None:
        assert refused.code == "SCHEDULE_CONTRADICTION"
        return
    assert refused is None
    assert starts(result) == expected
