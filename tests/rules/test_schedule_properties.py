"""Properties of any plan, found by moving things and looking whether anything else moves."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.rules.calendars import Timeline
from services.rules.errors import DomainError
from services.rules.schedule import (
    ConstraintKind,
    LagKind,
    LinkKind,
    ScheduleItem,
    ScheduleLink,
)
from tests.rules.test_schedule import CALENDAR, MONDAY, schedule


@st.composite
def plans(draw, summaries=True, leads=True, lag_kinds=tuple(LagKind)):
    """Leaves and summaries, and links as long as they make sense together; circles may close through leads."""
    count = draw(st.integers(1, 9))
    tree = draw(st.lists(st.sampled_from([None, "s", "t", "u"]), min_size=count, max_size=count))
    items = []
    for n in range(count):
        parent = tree[n] if summaries else None
        items.append(ScheduleItem(f"i{n}", draw(st.integers(0, 8)), parent))
    used = {parent for parent in tree if parent} if summaries else set()
    if "u" in used:
        used.add("t")  # u lies in t
    items += [ScheduleItem(key, 0, "t" if key == "u" else None) for key in sorted(used)]
    ends = [item.item_id for item in items]
    links = []
    for _ in range(draw(st.integers(0, 14))):
        a, b = draw(st.sampled_from(ends)), draw(st.sampled_from(ends))
        link = ScheduleLink(
            a,
            b,
            draw(st.sampled_from(list(LinkKind))),
            draw(st.integers(-6 if leads else 0, 6)),
            draw(st.sampled_from(lag_kinds)),
        )
        try:
            schedule(items, [*links, link])
        except DomainError:
            continue
        links.append(link)
    return items, links


def tried(call, *given):
    """What a call returns, and what it refuses with."""
    try:
        return call(*given), None
    except DomainError as refused:
        return None, refused


def leaves_of(items, key):
    """The leaves at or below an item, the slow and obvious way."""
    children = [item.item_id for item in items if item.parent_id == key]
    return [leaf for child in children for leaf in leaves_of(items, child)] if children else [key]


def holds(link, predecessor, successor, timeline):
    """Whether a link is kept between two scheduled leaves, judged by dates where the lag is elapsed."""
    from_finish, to_finish = link.kind in ("FS", "FF"), link.kind in ("FF", "SF")
    if link.lag_kind == "working":
        before = predecessor.early_finish if from_finish else predecessor.early_start
        after = successor.early_finish if to_finish else successor.early_start
        return after >= before + link.lag_days
    before = (
        timeline.finish_date(predecessor.early_finish) + timedelta(days=1)
        if from_finish
        else timeline.start_date(predecessor.early_start)
    )
    after = (
        timeline.finish_date(successor.early_finish) + timedelta(days=1)
        if to_finish
        else timeline.start_date(successor.early_start)
    )
    return after >= before + timedelta(days=link.lag_days)


@given(plans())
def test_every_link_holds_between_all_leaves_it_binds(plan):
    items, links = plan
    result = schedule(items, links)
    timeline = Timeline(CALENDAR, MONDAY)
    for link in links:
        for a in leaves_of(items, link.predecessor_id):
            for b in leaves_of(items, link.successor_id):
                assert holds(link, result.items[a], result.items[b], timeline), (link, a, b)


@given(plans(lag_kinds=(LagKind.WORKING,)))
def test_no_leaf_could_start_a_day_earlier(plan):
    items, links = plan
    result = schedule(items, links)
    for item in result.items.values():
        if item.is_summary or item.early_start == 0:
            continue
        earlier = item._replace(
            early_start=item.early_start - 1, early_finish=item.early_finish - 1
        )
        assert not all(
            holds(link, result.items[a], earlier, None)
            for link in links
            if item.item_id in leaves_of(items, link.successor_id)
            for a in leaves_of(items, link.predecessor_id)
        )


@given(plans(), st.randoms())
def test_the_order_of_input_does_not_matter(plan, random):
    items, links = plan
    expected = schedule(items, links)
    items, links = items[:], links[:]
    random.shuffle(items)
    random.shuffle(links)
    found = schedule(items, links)
    assert dict(found.items) == dict(expected.items)
    assert found == expected
    assert list(found.items) == [item.item_id for item in items]


@given(plans(leads=False), st.data())
def test_another_link_never_brings_the_finish_forward(plan, data):
    items, links = plan
    ends = [item.item_id for item in items]
    link = ScheduleLink(
        data.draw(st.sampled_from(ends)),
        data.draw(st.sampled_from(ends)),
        lag_days=data.draw(st.integers(0, 5)),
    )
    try:
        after = schedule(items, [*links, link])
    except DomainError:
        return
    before = schedule(items, links)
    assert after.duration_days >= before.duration_days
    for key, item in after.items.items():
        assert item.early_start >= before.items[key].early_start


@given(plans())
def test_floats_are_never_negative_without_hard_dates(plan):
    result = schedule(*plan)
    for item in result.items.values():
        assert 0 <= item.free_float_days <= item.total_float_days
        assert item.late_finish <= result.duration_days
        assert item.early_start >= 0
        assert item.critical == (item.total_float_days == 0)
    assert result.critical_path


@given(plans(), st.data())
def test_total_float_is_exactly_how_far_an_item_may_slip(plan, data):
    items, links = plan
    result = schedule(items, links)
    leaf = data.draw(
        st.sampled_from([item for item in items if not result.items[item.item_id].is_summary])
    )
    timeline = Timeline(CALENDAR, MONDAY)

    def finish_when_slipped_by(days):
        slipped = result.items[leaf.item_id].early_start + days
        moved = ScheduleItem(
            leaf.item_id,
            leaf.duration_days,
            leaf.parent_id,
            ConstraintKind.START_NO_EARLIER_THAN,
            timeline.start_date(slipped),
        )
        return schedule([moved if item is leaf else item for item in items], links).duration_days

    room = result.items[leaf.item_id].total_float_days
    if leaf.duration_days == 0 and any(link.lag_kind is LagKind.ELAPSED for link in links):
        return  # a date moves a milestone to the morning, and an elapsed lag counts from there
    assert finish_when_slipped_by(room) == result.duration_days
    assert finish_when_slipped_by(room + 1) > result.duration_days


@given(plans(summaries=False), st.data())
def test_free_float_is_exactly_how_far_an_item_may_slip_before_another_moves(plan, data):
    items, links = plan
    result = schedule(items, links)
    leaf = data.draw(st.sampled_from(items))
    room = result.items[leaf.item_id].free_float_days
    timeline = Timeline(CALENDAR, MONDAY)
    if leaf.duration_days == 0 and any(link.lag_kind is LagKind.ELAPSED for link in links):
        return

    def others_when_slipped_by(days):
        slipped = timeline.start_date(result.items[leaf.item_id].early_start + days)
        moved = ScheduleItem(
            leaf.item_id, leaf.duration_days, None, ConstraintKind.START_NO_EARLIER_THAN, slipped
        )
        after = schedule([moved if item is leaf else item for item in items], links)
        starts = {key: item.early_start for key, item in after.items.items() if key != leaf.item_id}
        return starts, after.duration_days

    before = {key: item.early_start for key, item in result.items.items() if key != leaf.item_id}
    assert others_when_slipped_by(room) == (before, result.duration_days)
    assert others_when_slipped_by(room + 1) != (before, result.duration_days)


@given(plans(leads=False, lag_kinds=(LagKind.WORKING,)))
def test_the_critical_path_is_as_long_as_the_plan(plan):
    """Some chain of critical leaves runs from the start to the finish with no gap that a lag does not explain."""
    items, links = plan
    result = schedule(items, links)
    critical = [result.items[key] for key in result.critical_path]
    reached = {item.item_id for item in critical if item.early_start == 0}
    assert reached
    tight = [
        (a, b)
        for link in links
        for a in leaves_of(items, link.predecessor_id)
        for b in leaves_of(items, link.successor_id)
        if not holds(
            ScheduleLink(a, b, link.kind, link.lag_days + 1), result.items[a], result.items[b], None
        )
    ]
    for _ in critical:
        reached |= {b for a, b in tight if a in reached and result.items[b].critical}
    assert max(result.items[key].early_finish for key in reached) == result.duration_days
