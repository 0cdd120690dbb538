"""A plan computed again after a change equals the plan computed anew, and taking the change back restores it."""

import copy
import pickle
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.calendars import WorkingCalendar
from services.rules.errors import DomainError
from services.rules.schedule import (
    ConstraintKind,
    LagKind,
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
from services.rules.schedule import revision as module
from services.rules.schedule.bounds import make_bounds
from services.rules.schedule.computed import compute_generally
from tests.rules.test_schedule import CALENDAR, MONDAY, schedule
from tests.rules.test_schedule_properties import plans, tried

COLUMNS = [
    "early_starts",
    "early_finishes",
    "late_starts",
    "late_finishes",
    "total_floats",
    "free_floats",
    "rooms",
    "start_dates",
    "finish_dates",
]
DAYS = st.dates(date(2026, 2, 20), date(2026, 3, 31))


@st.composite
def plain_plans(draw):
    """A plan with some dates and no elapsed lag; circles through leads may still occur."""
    items, links = draw(plans(summaries=draw(st.booleans()), lag_kinds=(LagKind.WORKING,)))
    return [draw(st.one_of(st.just(item), constrained(item))) for item in items], links


def constrained(item):
    kinds = [kind for kind in ConstraintKind if "possible" not in kind]
    return st.builds(
        lambda kind, day: item._replace(constraint_kind=kind, constraint_date=day),
        st.sampled_from(kinds),
        DAYS,
    )


def column_values(computed):
    """The columns by item, sides of summaries left out: their order in the plan is nobody's business."""
    plan = computed.plan
    return {
        name: {
            item.item_id: getattr(computed, name)[node]
            for item, node in zip(plan.items, plan.ranks, strict=True)
            if node >= 0
        }
        for name in COLUMNS
    }


@given(plain_plans(), st.data())
def test_a_revised_plan_equals_one_computed_anew(plan, data):
    items, links = plan
    computed = compute_plan(prepare_plan(items, links), CALENDAR, MONDAY)
    asked = data.draw(st.sets(st.sampled_from(COLUMNS)))
    for name in asked:
        getattr(computed, name)
    before = make_schedule(computed)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(items) - 1))
        changed = items[at]._replace(duration_days=data.draw(st.integers(0, 9)))
        changed = data.draw(st.one_of(st.just(changed), constrained(changed)))
        removed = data.draw(st.lists(st.sampled_from(links), max_size=1)) if links else []
        added = [
            link._replace(lag_days=data.draw(st.integers(-3, 6)))
            for link in removed
            if data.draw(st.booleans())
        ]
        if data.draw(st.booleans()):
            ends = st.sampled_from([item.item_id for item in items])
            kind = data.draw(st.sampled_from(list(LinkKind)))
            added.append(
                ScheduleLink(data.draw(ends), data.draw(ends), kind, data.draw(st.integers(-2, 4)))
            )
        after_items = [*items[:at], changed, *items[at + 1 :]]
        after_links = links[:]
        for link in removed:
            after_links.remove(link)
        after_links += added
        anew, refusal = tried(schedule, after_items, after_links)
        if refusal:
            with pytest.raises(type(refusal)) as refused:
                revised(computed, items=[changed], added=added, removed=removed)
            assert refused.value.code == refusal.code
            return
        computed = revised(computed, items=[changed], added=added, removed=removed)
        items, links = after_items, after_links
        assert make_schedule(computed) == anew
        expected = compute_plan(prepare_plan(items, links), CALENDAR, MONDAY)
        if computed.plan.is_plain:
            assert column_values(computed) == column_values(expected)
        assert reschedule(before, items, links, CALENDAR, MONDAY) == anew
        assert make_schedule(revised(computed)) == anew


@given(plain_plans(), st.data())
def test_much_that_moves_is_walked_in_one_go_with_the_same_answer(plan, data):
    items, links = plan
    at = data.draw(st.integers(0, len(items) - 1))
    changed = items[at]._replace(duration_days=data.draw(st.integers(0, 30)))
    few = data.draw(st.integers(1, 4))
    computed = compute_plan(prepare_plan(items, links), CALENDAR, MONDAY)
    for name in data.draw(st.sets(st.sampled_from(COLUMNS))) if computed.plan.is_plain else ():
        getattr(computed, name)
    patched, module._PATCHED = module._PATCHED, few
    try:
        found, refused = tried(lambda: revised(computed, items=[changed]))
    finally:
        module._PATCHED = patched
    after = [*items[:at], changed, *items[at + 1 :]]
    anew, refusal = tried(schedule, after, links)
    if refusal:
        assert refused
        assert refused.code == refusal.code
        return
    if found.plan.is_plain:
        expected = compute_plan(prepare_plan(after, links), CALENDAR, MONDAY)
        assert column_values(found) == column_values(expected)
    assert make_schedule(found) == anew


@given(plain_plans(), st.data())
def test_taking_a_change_back_restores_the_baseline(plan, data):
    items, links = plan
    baseline = schedule(items, links)
    at = data.draw(st.integers(0, len(items) - 1))
    changed = [*items[:at], items[at]._replace(duration_days=7), *items[at + 1 :]]
    extra = [*links, ScheduleLink(items[0].item_id, items[-1].item_id)]
    for after_items, after_links in ((changed, links), (items, extra)):
        try:
            moved = reschedule(baseline, after_items, after_links, CALENDAR, MONDAY)
        except DomainError:
            continue
        assert moved == schedule(after_items, after_links)
        assert reschedule(moved, items, links, CALENDAR, MONDAY) == baseline


@given(plain_plans())
def test_the_passes_for_any_plan_agree_with_those_for_plain_ones(plan):
    items, links = plan
    prepared = prepare_plan(items, links)
    computed = compute_plan(prepared, CALENDAR, MONDAY)
    bounds = make_bounds(prepared, computed.terms)
    generally = compute_generally(prepared, computed.terms, bounds)
    assert make_schedule(generally) == make_schedule(computed)


def test_another_calendar_start_or_item_is_computed_anew():
    items, links = [ScheduleItem("a", 3), ScheduleItem("b", 2)], [ScheduleLink("a", "b")]
    before = schedule(items, links)
    friday_off = WorkingCalendar(frozenset({4, 5, 6}))
    for calendar, start in ((friday_off, MONDAY), (CALENDAR, date(2026, 3, 4))):
        found = reschedule(before, items, links, calendar, start)
        assert found == compute_schedule(items, links, calendar, start)
    more = [*items, ScheduleItem("c", 9)]
    assert reschedule(before, more, links, CALENDAR, MONDAY) == schedule(more, links)
    half = [items[0]._replace(allocation_bps=5_000), items[1]]
    assert reschedule(before, half, links, CALENDAR, MONDAY).duration_days == 8
    assert reschedule(before, items, links, CALENDAR, MONDAY) is before


def test_a_change_that_makes_no_sense_is_refused_like_in_a_full_computation():
    plan = prepare_plan([ScheduleItem("a", 3), ScheduleItem("b", 2)], [ScheduleLink("a", "b")])
    computed = compute_plan(plan, CALENDAR, MONDAY)
    for change in (
        {"items": [ScheduleItem("a", -1)]},
        {"added": [ScheduleLink("b", "a")]},
        {"added": [ScheduleLink("a", "x")]},
        {"added": [ScheduleLink("a", "b", lag_days=10_001)]},
    ):
        with pytest.raises(DomainError):
            revised(computed, **change)
    with pytest.raises(KeyError):
        revised(computed, items=[ScheduleItem("x", 1)])
    with pytest.raises(ValueError, match="link"):
        revised(computed, removed=[ScheduleLink("b", "a")])
    assert make_schedule(computed) == schedule(plan.items, plan.links)


def test_a_schedule_can_be_copied_and_pickled():
    found = schedule([ScheduleItem("a", 3), ScheduleItem("s"), ScheduleItem("b", 1, "s")])
    assert copy.deepcopy(found) == found
    assert pickle.loads(pickle.dumps(found)) == found
    assert "a" in found.items
    assert "x" not in found.items
    assert found.items.get("x") is None
    assert repr(found.items).startswith("{'a': ScheduledItem(")
