"""No later than n days after: accepted when dates can be found, refused with the links that contradict each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.errors import RuleViolation
from services.rules.schedule import (
    ConstraintKind,
    LagKind,
    LinkKind,
    ScheduleItem,
    ScheduleLink,
    check_network,
)
from tests.rules.test_schedule import MONDAY, schedule
from tests.rules.test_schedule_properties import leaves_of, tried


def starts(result):
    return {key: found.early_start for key, found in result.items.items()}


@pytest.mark.parametrize(
    ("kind", "lag_days", "max_lag_days", "expected"),
    [
        # long takes 10 and holds b back; a, of 4 days, is pulled after it so that b is not too late
        ("FS", 0, 2, {"long": 0, "a": 4, "b": 10}),
        ("FS", 0, 5, {"long": 0, "a": 1, "b": 10}),
        ("FS", 0, 6, {"long": 0, "a": 0, "b": 10}),
        ("SS", 1, 3, {"long": 0, "a": 7, "b": 10}),
        ("FF", 0, 1, {"long": 0, "a": 8, "b": 10}),
        ("SF", 0, 9, {"long": 0, "a": 4, "b": 10}),
        ("FS", -9, -3, {"long": 0, "a": 9, "b": 10}),
    ],
)
def test_a_maximal_lag_pulls_the_predecessor_after_its_successor(
    kind, lag_days, max_lag_days, expected
):
    result = schedule(
        [ScheduleItem("long", 10), ScheduleItem("a", 4), ScheduleItem("b", 3)],
        [
            ScheduleLink("long", "b"),
            ScheduleLink("a", "b", LinkKind(kind), lag_days, max_lag_days=max_lag_days),
        ],
    )
    assert starts(result) == expected


def test_a_negative_lag_drawn_backwards_is_the_same_maximal_lag():
    """As ProGen/max and the metra potential method write it: b no later than 3 days after a is b → a SS −3."""
    items = [ScheduleItem("long", 10), ScheduleItem("a", 4), ScheduleItem("b", 3)]
    after = ScheduleLink("long", "b")
    backwards = schedule(
        items,
        [
            after,
            ScheduleLink("a", "b", LinkKind.START_TO_START, 1),
            ScheduleLink("b", "a", LinkKind.START_TO_START, -3),
        ],
    )
    forwards = schedule(
        items, [after, ScheduleLink("a", "b", LinkKind.START_TO_START, 1, max_lag_days=3)]
    )
    assert dict(backwards.items) == dict(forwards.items)
    assert {key: found.total_float_days for key, found in forwards.items.items()} == {
        "long": 0,
        "a": 2,
        "b": 0,
    }


def test_the_time_windows_of_a_benchmark_instance():
    """Eight activities between a source and a sink, time lags from start to start, some backwards and negative.

    Early starts are the longest paths from the source: 3 is pulled from 0 to 1 by 5, and 2 from 0 to 2 by 4.
    """
    durations = {"0": 0, "1": 3, "2": 2, "3": 5, "4": 4, "5": 2, "6": 0}
    lags = [
        *[("0", each, 0) for each in "123"],
        ("1", "4", 5),
        ("2", "4", 2),
        ("4", "2", -3),
        ("3", "5", 4),
        ("1", "5", 9),
        ("5", "3", -8),
        ("4", "6", 4),
        ("5", "6", 2),
    ]
    result = schedule(
        [ScheduleItem(key, days) for key, days in durations.items()],
        [ScheduleLink(a, b, LinkKind.START_TO_START, lag) for a, b, lag in lags],
    )
    assert starts(result) == {"0": 0, "1": 0, "2": 2, "3": 1, "4": 5, "5": 9, "6": 11}
    assert result.duration_days == 11
    assert result.critical_path == ("0", "1", "5", "6")


def named(refused):
    return [(link["from"], link["to"]) for link in refused.value.details["links"]]


def test_an_impossible_set_names_the_links_that_contradict_each_other():
    items = [ScheduleItem(key, 3) for key in "abcd"]
    links = [
        ScheduleLink("a", "b"),
        ScheduleLink("b", "c", lag_days=2),
        ScheduleLink("a", "c", LinkKind.START_TO_START, max_lag_days=7),
        ScheduleLink("c", "d", max_lag_days=9),
    ]
    for drawn in (links, links[::-1]):
        with pytest.raises(RuleViolation) as refused:
            check_network(items, drawn)
        assert refused.value.code == "SCHEDULE_CONTRADICTION"
        assert sorted(named(refused)) == [("a", "b"), ("a", "c"), ("b", "c")]
        assert refused.value.details["items"] == ["a", "b", "c"]
    window = next(
        link for link in refused.value.details["links"] if link["to"] == "c" and link["from"] == "a"
    )
    assert window == {
        "from": "a",
        "to": "c",
        "type": "SS",
        "lag_days": 0,
        "max_lag_days": 7,
        "lag_kind": "working",
    }
    assert schedule(items, [*links[:2], links[2]._replace(max_lag_days=8)]).duration_days == 11


@pytest.mark.parametrize("lag_kind", list(LagKind))
def test_a_maximal_lag_below_the_lag_contradicts_itself(lag_kind):
    with pytest.raises(RuleViolation) as refused:
        check_network(
            [ScheduleItem("a", 1), ScheduleItem("b", 1)],
            [ScheduleLink("a", "b", lag_days=3, lag_kind=lag_kind, max_lag_days=2)],
        )
    assert (refused.value.code, named(refused)) == ("SCHEDULE_CONTRADICTION", [("a", "b")])


def test_a_circle_without_a_maximal_or_negative_lag_stays_a_cycle():
    items = [ScheduleItem(key, 0) for key in "abc"]
    circle = [ScheduleLink("a", "b"), ScheduleLink("b", "a")]
    for more in (
        [],
        [ScheduleLink("b", "c", max_lag_days=4)],
        [ScheduleLink("c", "a", lag_days=-1)],
    ):
        with pytest.raises(RuleViolation) as refused:
            check_network(items, [*circle, *more])
        assert refused.value.code == "SCHEDULE_CYCLE"
        assert refused.value.details["items"] == ["a", "b"]


def test_a_maximal_lag_on_a_summary_binds_all_its_leaves():
    """Every leaf of t starts within 4 days of every leaf of s: s1 is pulled up to t2, which waits for long."""
    result = schedule(
        [
            ScheduleItem("s"),
            ScheduleItem("s1", 2, "s"),
            ScheduleItem("s2", 5, "s"),
            ScheduleItem("t"),
            ScheduleItem("t1", 1, "t"),
            ScheduleItem("t2", 1, "t"),
            ScheduleItem("long", 9),
        ],
        [ScheduleLink("long", "t2"), ScheduleLink("s", "t", max_lag_days=4)],
    )
    found = starts(result)
    assert (found["s1"], found["s2"], found["t1"], found["t2"]) == (3, 0, 5, 9)


@pytest.mark.parametrize(
    ("most", "a_starts", "b_starts"),
    [
        # long ends on Friday 13, so b may begin on Monday 16; a, of one day, ends at most n calendar days before it does
        (0, 16, 17),
        (1, 16, 17),
        (2, 13, 16),
        (3, 12, 16),
        (5, 10, 16),
        (13, 2, 16),
    ],
)
def test_an_elapsed_maximal_lag_counts_calendar_days(most, a_starts, b_starts):
    result = schedule(
        [ScheduleItem("long", 10), ScheduleItem("a", 1), ScheduleItem("b", 1)],
        [
            ScheduleLink("long", "b"),
            ScheduleLink("a", "b", lag_kind=LagKind.ELAPSED, max_lag_days=most),
        ],
    )
    found = result.items
    assert (found["a"].start_date.day, found["b"].start_date.day) == (a_starts, b_starts)


def test_an_elapsed_window_that_no_week_fits_is_refused():
    """b starts on the calendar day after a starts, and at least two working days later."""
    links = [
        ScheduleLink("a", "b", LinkKind.START_TO_START, 0, LagKind.ELAPSED, max_lag_days=1),
        ScheduleLink("a", "b", LinkKind.START_TO_START, 2),
    ]
    with pytest.raises(RuleViolation) as refused:
        schedule([ScheduleItem("a", 1), ScheduleItem("b", 1)], links)
    assert refused.value.code == "SCHEDULE_CONTRADICTION"
    assert named(refused) == [("a", "b"), ("a", "b")]


def test_an_elapsed_window_may_wait_for_a_weekend_to_pass():
    """From Thursday on, three days later is a Sunday, so Monday, four days later: from Friday on it fits."""
    result = schedule(
        [
            ScheduleItem("a", 1, None, ConstraintKind.START_NO_EARLIER_THAN, MONDAY.replace(day=5)),
            ScheduleItem("b", 1),
        ],
        [ScheduleLink("a", "b", LinkKind.START_TO_START, 3, LagKind.ELAPSED, max_lag_days=3)],
    )
    assert (result.items["a"].start_date.day, result.items["b"].start_date.day) == (6, 9)


@st.composite
def windows(draw):
    """Leaves in up to two summaries, links of all kinds, some with a maximal lag, some backwards."""
    count = draw(st.integers(2, 6))
    parents = draw(
        st.lists(st.sampled_from([None, None, "s", "t"]), min_size=count, max_size=count)
    )
    items = [ScheduleItem(f"i{n}", draw(st.integers(0, 5)), parents[n]) for n in range(count)]
    items += [ScheduleItem(key) for key in sorted({each for each in parents if each})]
    links = []
    for _ in range(draw(st.integers(1, 8))):
        a, b = draw(st.sampled_from(items)), draw(st.sampled_from(items))
        if a is b or a.item_id == b.parent_id or b.item_id == a.parent_id:
            continue
        kind, lag = draw(st.sampled_from(list(LinkKind))), draw(st.integers(-6, 4))
        most = draw(st.one_of(st.none(), st.integers(lag, lag + 9)))
        links.append(ScheduleLink(a.item_id, b.item_id, kind, lag, max_lag_days=most))
    return items, links


def inequalities(items, links):
    """start(head) >= start(tail) + weight, between leaves, the slow and obvious way."""
    days = {item.item_id: item.duration_days for item in items}
    found = []
    for link in links:
        for a in leaves_of(items, link.predecessor_id):
            for b in leaves_of(items, link.successor_id):
                left = days[a] if link.kind in ("FS", "FF") else 0
                right = days[b] if link.kind in ("FF", "SF") else 0
                found.append((a, b, left + link.lag_days - right))
                if link.max_lag_days is not None:
                    found.append((b, a, right - link.max_lag_days - left))
    return found


def bellman_ford(items, edges):
    """The least starts from 0 on, or None when there are none."""
    least = {
        item.item_id: 0 for item in items if not any(i.parent_id == item.item_id for i in items)
    }
    for _ in range(len(least) + 1):
        moved = False
        for tail, head, weight in edges:
            if least[tail] + weight > least[head]:
                least[head], moved = least[tail] + weight, True
        if not moved:
            return least
    return None


@given(windows())
def test_what_is_accepted_is_the_least_solution_and_what_is_refused_has_none(plan):
    items, links = plan
    edges = inequalities(items, links)
    expected = bellman_ford(items, edges)
    result, refused = tried(schedule, items, links)
    if refused:
        if refused.code == "SCHEDULE_CYCLE":
            return
        assert refused.code == "SCHEDULE_CONTRADICTION"
        assert expected is None
        blamed = [
            link
            for link in links
            for said in refused.details["links"]
            if (link.predecessor_id, link.successor_id) == (said["from"], said["to"])
        ]
        assert bellman_ford(items, inequalities(items, blamed)) is None
        return
    assert expected is not None
    assert {key: result.items[key].early_start for key in expected} == expected
    for tail, head, weight in edges:
        late = result.items
        assert late[head].late_start >= late[tail].late_start + weight
    for found in result.items.values():
        assert found.early_start <= found.late_start
        assert 0 <= found.free_float_days <= found.total_float_days


@given(windows())
def test_a_cycle_is_only_refused_where_no_window_closes_it(plan):
    items, links = plan
    try:
        check_network(items, links)
    except RuleViolation as refused:
        if refused.code == "SCHEDULE_CYCLE":
            plain = [link._replace(max_lag_days=None) for link in links if link.lag_days >= 0]
            with pytest.raises(RuleViolation):
                check_network(items, plain)
