"""An order carried over to a scope that moved: what is kept, what is done already, and every conflict by name."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.rules.calendars import CalendarTerms
from services.rules.change_orders import changes_between, rebase
from services.rules.change_orders.rebasing import ConflictKind
from services.rules.errors import DomainError
from services.rules.schedule import ConstraintKind, LagKind, LinkKind
from services.rules.scope import (
    Accelerate,
    AddDependency,
    AddExpectation,
    AddItem,
    AddItemCalendar,
    Change,
    ChangeCalendar,
    ChangeDependency,
    Dependency,
    Expectation,
    ExpectationKind,
    ItemCalendar,
    ItemKind,
    Pause,
    RemoveDependency,
    RemoveExpectation,
    RemoveItem,
    RemoveItemCalendar,
    ReviseItem,
    Scope,
    ScopeItem,
    apply_calendar_changes,
    apply_changes,
    scope_fingerprint,
)

NO_RESULT = Expectation(ExpectationKind.NO_GUARANTEE, "No particular sales are promised.")
NIGHT = ItemCalendar("night", "Night crew", CalendarTerms(weekend=frozenset({6})))


def item(key: str, **values) -> ScopeItem:
    return ScopeItem(key, key.capitalize(), **values)


BASE = Scope(
    (
        item("site", kind=ItemKind.SUMMARY),
        item("design", parent_key="site", fee_minor=4_000_000, duration_days=5),
        item("build", parent_key="site", fee_minor=6_000_000, cost_minor=100, duration_days=10),
        item("test", rate_minor=100_000, effort_minutes=600, duration_days=2),
        item("extras", kind=ItemKind.SUMMARY),
        item("spare", parent_key="extras", duration_days=1),
        item("launch", kind=ItemKind.MILESTONE),
    ),
    (Dependency("design", "build"), Dependency("build", "test"), Dependency("test", "launch")),
    (NO_RESULT,),
    (NIGHT,),
)
CALENDAR = CalendarTerms(country="DK")
SHOP = item("shop", parent_key="site", fee_minor=2_500_000, duration_days=3)


def rebased(ours, theirs, **more):
    """Our changes, written on the base, carried over to the scope that their changes made."""
    current = apply_changes(BASE, theirs) if theirs else BASE
    calendar = apply_calendar_changes(CALENDAR, theirs)
    return rebase(ours, BASE, current, base_calendar=CALENDAR, calendar=calendar, **more)


def told(found) -> list[tuple]:
    """The conflicts as (place, kind, item, field, base, ours, theirs)."""
    return [
        (c.change, c.kind.value, c.item_key, c.field, c.base, c.ours, c.theirs)
        for c in found.conflicts
    ]


def pause(first: int, last: int) -> Pause:
    return Pause(date(2026, 7, first), date(2026, 7, last), "Holidays")


KIND = ConflictKind
CONFLICTS = {
    "both set the fee": (
        [ReviseItem("design", {"fee_minor": 5_000_000})],
        [ReviseItem("design", {"fee_minor": 4_500_000})],
        [(0, "field_changed_twice", "design", "fee_minor", 4_000_000, 5_000_000, 4_500_000)],
    ),
    "one sets a fee, the other the rate": (
        [ReviseItem("test", {"rate_minor": 120_000})],
        [ReviseItem("test", {"fee_minor": 900_000})],
        [(0, "field_changed_twice", "test", "rate_minor", 100_000, 120_000, 100_000)],
    ),
    "both fix a date": (
        [
            ReviseItem(
                "build",
                {
                    "constraint_kind": ConstraintKind.START_NO_EARLIER_THAN,
                    "constraint_date": date(2026, 4, 1),
                },
            )
        ],
        [
            ReviseItem(
                "build",
                {
                    "constraint_kind": ConstraintKind.START_NO_EARLIER_THAN,
                    "constraint_date": date(2026, 5, 1),
                },
            )
        ],
        [
            (0, "field_changed_twice", "build", "constraint_kind", ConstraintKind.AS_SOON_AS_POSSIBLE,
             ConstraintKind.START_NO_EARLIER_THAN, ConstraintKind.START_NO_EARLIER_THAN),
            (0, "field_changed_twice", "build", "constraint_date", None, date(2026, 4, 1), date(2026, 5, 1)),
        ],
    ),
    "what ours revises is gone": (
        [ReviseItem("design", {"title": "Drawings"})],
        [RemoveItem("design")],
        [(0, "item_removed", "design", None, None, None, None)],
    ),
    "what ours takes out was revised": (
        [RemoveItem("design")],
        [ReviseItem("design", {"title": "Drawings"})],
        [(0, "item_changed", "design", None, {"title": "Design"}, None, {"title": "Drawings"})],
    ),
    "what ours takes out was linked": (
        [RemoveItem("design")],
        [AddDependency(Dependency("design", "launch"))],
        [(0, "item_depended_on", "design", None, None, None, ["design FS launch"])],
    ),
    "both add the same key": (
        [AddItem(SHOP)],
        [AddItem(replace(SHOP, fee_minor=2_000_000, title="Webshop"))],
        [
            (0, "item_added_twice", "shop", None, None, {"title": "Shop", "fee_minor": 2_500_000},
             {"title": "Webshop", "fee_minor": 2_000_000})
        ],
    ),
    "the parent is gone": (
        [AddItem(replace(SHOP, parent_key="extras"))],
        [RemoveItem("spare"), RemoveItem("extras")],
        [(0, "parent_gone", "shop", "parent_key", None, "extras", None)],
    ),
    "it is to move where nothing is any more": (
        [ReviseItem("test", {"parent_key": "extras"})],
        [RemoveItem("spare"), RemoveItem("extras")],
        [(0, "parent_gone", "test", "parent_key", None, "extras", None)],
    ),
    "the summary that ours takes out was filled": (
        [RemoveItem("spare"), RemoveItem("extras")],
        [AddItem(replace(SHOP, parent_key="extras"))],
        [(1, "summary_filled", "extras", None, None, None, ["shop"])],
    ),
    "both change the lag": (
        [ChangeDependency("design", "build", lag_days=2)],
        [ChangeDependency("design", "build", lag_days=5)],
        [(0, "dependency_changed_twice", "build", None, {"lag_days": 0}, {"lag_days": 2}, {"lag_days": 5})],
    ),
    "ours takes out a link that was given another lag": (
        [RemoveDependency("design", "build")],
        [ChangeDependency("design", "build", lag_days=5)],
        [(0, "dependency_changed_twice", "build", None, {"lag_days": 0}, None, {"lag_days": 5})],
    ),
    "ours changes a link that is gone": (
        [ChangeDependency("design", "build", lag_days=2)],
        [RemoveDependency("design", "build")],
        [(0, "dependency_removed", "build", None, None, None, None)],
    ),
    "both add the link with another lag": (
        [AddDependency(Dependency("design", "test", LinkKind.START_TO_START, 1))],
        [AddDependency(Dependency("design", "test", LinkKind.START_TO_START, 3))],
        [(0, "dependency_changed_twice", "test", None, None, {"lag_days": 1}, {"lag_days": 3})],
    ),
    "ours links an item that is gone": (
        [AddDependency(Dependency("design", "launch"))],
        [RemoveItem("design")],
        [(0, "item_removed", "design", None, None, None, None)],
    ),
    "nothing: a link may stand before the item it needs": (
        [AddDependency(Dependency("more", "design")), AddItem(item("more", duration_days=1))],
        [ReviseItem("build", {"title": "Building"})],
        [],
    ),
    "an acceleration was priced on another fee": (
        [Accelerate("build", 6, premium_minor=500_000)],
        [ReviseItem("build", {"fee_minor": 7_000_000})],
        [(0, "field_changed_twice", "build", "fee_minor", 6_000_000, 6_500_000, 7_000_000)],
    ),
    "both shorten the same item": (
        [Accelerate("build", 6)],
        [Accelerate("build", 7)],
        [(0, "field_changed_twice", "build", "duration_days", 10, 6, 7)],
    ),
    "part of the pause is taken already": (
        [pause(6, 17)],
        [pause(13, 24)],
        [
            (0, "pause_overlaps", None, "days_off", None, ["2026-07-06", "2026-07-17"],
             ["2026-07-13", "2026-07-17"])
        ],
    ),
    "both set the weekend": (
        [ChangeCalendar(weekend=frozenset({4, 5}))],
        [ChangeCalendar(weekend=frozenset({6}))],
        [(0, "calendar_changed_twice", None, "weekend", {"weekend": [5, 6]}, {"weekend": [4, 5]}, {"weekend": [6]})],
    ),
    "both set the country": (
        [ChangeCalendar(country="SE")],
        [ChangeCalendar(country="DE", region="BY")],
        [
            (0, "calendar_changed_twice", None, "country", {"country": "DK", "region": ""},
             {"country": "SE", "region": ""}, {"country": "DE", "region": "BY"})
        ],
    ),
    "ours changes an item calendar that is gone": (
        [ChangeCalendar(weekend=frozenset(), calendar_key="night")],
        [RemoveItemCalendar("night")],
        [(0, "calendar_removed", None, "night", None, None, None)],
    ),
    "ours takes out an item calendar that was changed": (
        [RemoveItemCalendar("night")],
        [ChangeCalendar(weekend=frozenset(), calendar_key="night")],
        [
            (0, "calendar_changed_twice", None, "night", None, None,
             {"country": None, "region": "", "weekend": [], "days_off": []})
        ],
    ),
    "a new item calendar would be worked through a pause": (
        [AddItemCalendar(ItemCalendar("crew", "Crew", CalendarTerms(weekend=frozenset({6}))))],
        [pause(6, 7)],
        [(0, "pause_overlaps", None, "crew", None, None, ["2026-07-06", "2026-07-07"])],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONFLICTS)
def test_a_conflict_is_named_with_the_values_of_all_sides_and_its_change_stays_out(name) -> None:
    ours, theirs, expected = CONFLICTS[name]
    found = rebased(ours, theirs)
    assert told(found) == expected
    assert found.changes == tuple(
        change for at, change in enumerate(ours) if at not in {place for place, *_ in expected}
    )
    assert found.notes == ()
    assert all(conflict.message.endswith(".") for conflict in found.conflicts)


DONE: dict[str, list[Change]] = {
    "the same item added": [AddItem(SHOP)],
    "the same item taken out": [RemoveItem("design")],
    "the same field set alike": [ReviseItem("design", {"fee_minor": 5_000_000})],
    "the same link added": [AddDependency(Dependency("design", "launch"))],
    "the same link taken out": [RemoveDependency("design", "build")],
    "the same lag": [
        ChangeDependency("design", "build", lag_days=2, lag_kind=LagKind.ELAPSED),
    ],
    "the same sentence added": [AddExpectation(replace(NO_RESULT, text="Nothing else."))],
    "the same sentence taken out": [RemoveExpectation(NO_RESULT)],
    "the same pause": [pause(6, 17)],
    "the same day off": [ChangeCalendar(add_days_off=(date(2026, 6, 5),))],
    "the same weekend": [ChangeCalendar(weekend=frozenset({6}))],
    "the same item calendar added": [AddItemCalendar(ItemCalendar("crew", "Crew", CALENDAR))],
    "the same item calendar taken out": [RemoveItemCalendar("night")],
}


@pytest.mark.parametrize("name", DONE)
def test_what_another_order_did_already_drops_out_with_a_note(name) -> None:
    found = rebased(DONE[name], DONE[name])
    assert (found.changes, found.conflicts) == ((), ())
    assert len(found.notes) == 1
    assert "already" in found.notes[0].message or "no longer" in found.notes[0].message


def test_of_one_revision_the_fields_that_fit_are_kept() -> None:
    found = rebased(
        [ReviseItem("design", {"title": "Drawings", "fee_minor": 5_000_000, "duration_days": 6})],
        [ReviseItem("design", {"title": "Sketches", "duration_days": 6})],
    )
    assert found.changes == (ReviseItem("design", {"fee_minor": 5_000_000}),)
    assert [(c.field, c.ours, c.theirs) for c in found.conflicts] == [
        ("title", "Drawings", "Sketches")
    ]
    assert [(n.field, n.message) for n in found.notes] == [
        ("duration_days", "The duration days of design is so already.")
    ]


def test_what_was_accepted_meanwhile_is_not_touched() -> None:
    for change in (
        ReviseItem("design", {"fee_minor": 1}),
        RemoveItem("design"),
        Accelerate("design", 2),
    ):
        found = rebased([change], [], locked_keys={"design"})
        assert [(c.kind, c.item_key) for c in found.conflicts] == [(KIND.ITEM_LOCKED, "design")]
        assert found.changes == ()


def test_what_leans_on_a_change_in_conflict_is_in_conflict_itself() -> None:
    ours = [
        AddItem(SHOP),
        AddDependency(Dependency("build", "shop")),
        ReviseItem("test", {"duration_days": 4}),
    ]
    found = rebased(ours, [AddItem(replace(SHOP, title="Another"))])
    assert [(c.change, c.kind) for c in found.conflicts] == [
        (0, KIND.ITEM_ADDED_TWICE),
        (1, KIND.NEEDS_ANOTHER),
    ]
    assert found.changes == (ours[2],)


def test_a_phase_whose_summary_clashed_comes_apart_as_a_whole() -> None:
    phase = item("phase", kind=ItemKind.SUMMARY)
    ours = [
        AddItem(replace(SHOP, parent_key="phase")),
        AddDependency(Dependency("build", "shop")),
        AddItem(phase),
    ]
    found = rebased(ours, [AddItem(item("phase", duration_days=1))])
    # The summary is added after what lies in it, and that before the link: all three go.
    assert [(c.change, c.kind) for c in found.conflicts] == [
        (0, KIND.NEEDS_ANOTHER),
        (1, KIND.NEEDS_ANOTHER),
        (2, KIND.ITEM_ADDED_TWICE),
    ]
    assert found.changes == ()


def test_links_that_form_a_circle_with_theirs_are_named_and_the_rest_is_kept() -> None:
    base = Scope(
        (item("a", duration_days=1), item("b", duration_days=1), item("c", duration_days=1))
    )
    current = apply_changes(base, [AddDependency(Dependency("a", "b"))])
    ours = [ReviseItem("c", {"title": "See"}), AddDependency(Dependency("b", "a"))]
    found = rebase(ours, base, current)
    assert [(c.change, c.kind) for c in found.conflicts] == [(1, KIND.COMBINATION_INVALID)]
    assert found.changes == (ours[0],)


def test_an_order_that_takes_back_what_others_did_as_well_leaves_theirs() -> None:
    theirs = [AddExpectation(replace(NO_RESULT, text="Nothing else."))]
    found = rebased([*theirs, RemoveExpectation(theirs[0].expectation)], theirs)
    assert (found.changes, found.conflicts, len(found.notes)) == ((), (), 2)


def test_a_replacement_of_what_was_taken_out_meanwhile_is_a_conflict() -> None:
    ours = [RemoveItem("design"), AddItem(item("design", fee_minor=1, duration_days=9))]
    found = rebased(ours, [RemoveItem("design")])
    assert [(c.change, c.kind, c.item_key) for c in found.conflicts] == [
        (1, KIND.ITEM_REMOVED, "design")
    ]
    assert found.changes == ()


def test_without_calendars_pauses_are_kept_as_they_are() -> None:
    assert rebase([pause(6, 17)], BASE, BASE).changes == (pause(6, 17),)


# --- the laws -----------------------------------------------------------------------------------------------------------

KEYS = ("design", "build", "test", "extras", "spare", "launch", "new1", "new2")
_values = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["One", "Two"]),
        "fee_minor": st.sampled_from([100, 200, None]),
        "rate_minor": st.sampled_from([None, 50]),
        "duration_days": st.integers(0, 3),
        "parent_key": st.sampled_from([None, "site", "extras"]),
        "cost_minor": st.sampled_from([0, 7]),
        "tax_bps": st.sampled_from([0, 2500]),
    },
).filter(bool)
_links = st.builds(
    Dependency, st.sampled_from(KEYS), st.sampled_from(KEYS), st.sampled_from(list(LinkKind)[:2]), st.integers(0, 2)
)  # fmt: skip
_days = st.integers(1, 20).map(lambda n: date(2026, 7, 1) + timedelta(days=n))
_terms = st.builds(CalendarTerms, weekend=st.sampled_from([frozenset({6}), frozenset()]))
CHANGES = st.one_of(
    st.builds(
        lambda key, parent, days: AddItem(item(key, parent_key=parent, duration_days=days)),
        st.sampled_from(KEYS), st.sampled_from([None, "site", "extras"]), st.integers(0, 3),
    ),
    st.builds(RemoveItem, st.sampled_from(KEYS)),
    st.builds(ReviseItem, st.sampled_from(KEYS), _values),
    st.builds(Accelerate, st.sampled_from(KEYS), st.integers(0, 4), st.sampled_from([0, 10])),
    st.builds(AddDependency, _links),
    st.builds(lambda d: RemoveDependency(d.predecessor_key, d.successor_key, d.kind), _links),
    st.builds(
        lambda d: ChangeDependency(d.predecessor_key, d.successor_key, d.kind, d.lag_days), _links
    ),
    st.sampled_from(
        [RemoveExpectation(NO_RESULT), AddExpectation(replace(NO_RESULT, text="Nor any other."))]
    ),
    st.builds(lambda day, n: Pause(day, day + timedelta(days=n)), _days, st.integers(0, 3)),
    st.builds(
        ChangeCalendar,
        country=st.sampled_from([None, "SE", "DE"]),
        weekend=st.sampled_from([None, frozenset({6})]),
        add_days_off=st.lists(_days, max_size=2, unique=True).map(tuple),
        calendar_key=st.sampled_from([None, "night"]),
    ),
    st.builds(lambda terms: AddItemCalendar(ItemCalendar("crew", "Crew", terms)), _terms),
    st.just(RemoveItemCalendar("night")),
)  # fmt: skip


def _reduced(changes, scope, calendar):
    """Those of the changes that apply one after the other, each to a sound scope."""
    kept = []
    for change in changes:
        try:
            applied = apply_changes(scope, [*kept, change])
            apply_calendar_changes(calendar, [*kept, change])
        except DomainError:
            continue
        if applied is not None:
            kept.append(change)
    return kept


ORDERS = st.lists(CHANGES, min_size=1, max_size=6).map(lambda c: _reduced(c, BASE, CALENDAR))


def _made(scope, calendar, changes):
    if not changes:
        return scope, calendar
    return apply_changes(scope, changes), apply_calendar_changes(calendar, changes)


@given(ORDERS)
def test_rebasing_onto_the_same_base_changes_nothing(order) -> None:
    found = rebase(order, BASE, BASE, base_calendar=CALENDAR, calendar=CALENDAR)
    assert (found.changes, found.conflicts, found.notes) == (tuple(order), (), ())


@given(ORDERS, ORDERS)
def test_what_is_kept_always_makes_a_sound_scope_and_every_change_is_accounted_for(a, b) -> None:
    current, calendar = _made(BASE, CALENDAR, b)
    found = rebase(a, BASE, current, base_calendar=CALENDAR, calendar=calendar)
    _made(current, calendar, found.changes)
    spoken_of = {c.change for c in found.conflicts} | {n.change for n in found.notes}
    for place, change in enumerate(a):
        assert change in found.changes or place in spoken_of


@given(ORDERS, ORDERS)
def test_independent_orders_commute(a, b) -> None:
    after_a, after_b = _made(BASE, CALENDAR, a), _made(BASE, CALENDAR, b)
    b_on_a = rebase(b, BASE, after_a[0], base_calendar=CALENDAR, calendar=after_a[1])
    a_on_b = rebase(a, BASE, after_b[0], base_calendar=CALENDAR, calendar=after_b[1])
    assume(not b_on_a.conflicts and not a_on_b.conflicts)
    one, one_calendar = _made(*after_a, b_on_a.changes)
    other, other_calendar = _made(*after_b, a_on_b.changes)
    assert scope_fingerprint(one) == scope_fingerprint(other)
    assert one_calendar == other_calendar


@given(ORDERS)
def test_the_changes_between_two_scopes_lead_from_one_to_the_other_and_back(order) -> None:
    after, calendar = _made(BASE, CALENDAR, order)
    back = changes_between(after, BASE, calendar_before=calendar, calendar_after=CALENDAR)
    scope, terms = _made(after, calendar, back)
    assert scope_fingerprint(scope) == scope_fingerprint(BASE)
    assert terms == CALENDAR
    forth = changes_between(BASE, after, calendar_before=CALENDAR, calendar_after=calendar)
    scope, terms = _made(BASE, CALENDAR, forth)
    assert (scope_fingerprint(scope), terms) == (scope_fingerprint(after), calendar)
