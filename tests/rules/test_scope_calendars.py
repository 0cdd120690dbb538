"""Calendars of items, part time, maximal lags; pauses, premiums and other working days as changes."""

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.calendars import SATURDAY_SUNDAY, CalendarTerms, terms_faults
from services.rules.errors import DomainError, InvalidInput, NotFound, RuleViolation
from services.rules.schedule import ConstraintKind, LagKind, LinkKind
from services.rules.scope import (
    Accelerate,
    AddDependency,
    AddExpectation,
    AddItem,
    AddItemCalendar,
    ChangeCalendar,
    ChangeDependency,
    ChangeKind,
    Dependency,
    Expectation,
    ExpectationKind,
    ItemCalendar,
    ItemField,
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
    apply_unchecked,
    change_from_data,
    change_kinds,
    change_to_data,
    check_draft,
    diff,
    item_fee,
    outline_numbers,
    scope_fingerprint,
    scope_from_data,
    scope_problems,
    scope_to_data,
)
from services.rules.scope.comparison import FieldChange
from tests.rules.test_scope import ITEM_VALUES, NO_RESULT, SITE, SUMMARY, item

CREW = ItemCalendar("crew", "Saturday crew", CalendarTerms(weekend=frozenset({6})))
DK = CalendarTerms("DK", days_off=(date(2026, 6, 5),))


def days(first: date, count: int) -> tuple[date, ...]:
    return tuple(first + timedelta(n) for n in range(count))


# Fingerprints

EMPTY_BEFORE = "beb7e4feaa446abef72110664a6234ae6dd035ea87b87951ea87c9aff1d9cbd2"
SITE_DATA_BEFORE = {"items", "dependencies", "expectations"}


def test_what_came_later_is_not_written_while_it_says_nothing():
    # Computed before there were calendars, shares and maximal lags.
    assert scope_fingerprint(Scope()) == EMPTY_BEFORE
    data = scope_to_data(SITE)
    assert set(data) == SITE_DATA_BEFORE
    assert "calendar_key" not in data["items"][0]
    assert "allocation_bps" not in data["items"][0]
    assert "max_lag_days" not in data["dependencies"][0]


def test_what_is_said_of_calendars_shares_and_maximal_lags_moves_the_fingerprint():
    variants = [
        SITE,
        replace(SITE, calendars=(CREW,)),
        replace(SITE, calendars=(replace(CREW, title="Crew"),)),
        replace(SITE, calendars=(replace(CREW, terms=CalendarTerms()),)),
        replace(SITE, items=(*SITE.items[:-1], replace(SITE.items[-1], allocation_bps=5000))),
        replace(
            SITE,
            dependencies=(*SITE.dependencies[:-1], Dependency("pages", "launch", max_lag_days=3)),
        ),
    ]
    assert len({scope_fingerprint(each) for each in variants}) == len(variants)


def test_the_order_of_calendars_and_of_days_does_not_move_the_fingerprint():
    other = replace(CREW, key="abroad")
    one = replace(SITE, calendars=(CREW, other))
    assert scope_fingerprint(one) == scope_fingerprint(replace(SITE, calendars=(other, CREW)))
    assert diff(one, replace(SITE, calendars=(other, CREW))).is_empty()


def test_every_field_that_can_differ_has_a_name():
    assert {each.value for each in ItemField} == set(ITEM_VALUES)


# Checks


@pytest.mark.parametrize(
    ("scope", "field", "line"),
    [
        (Scope((item(calendar_key="crew"),)), "calendar_key", 1),
        (Scope((item(allocation_bps=0),)), "allocation_bps", 1),
        (Scope((item(allocation_bps=10_001),)), "allocation_bps", 1),
        (Scope((item(allocation_bps=True),)), "allocation_bps", 1),
        (Scope((item("s", kind=SUMMARY, calendar_key="crew"), item(parent_key="s")), calendars=(CREW,)), "calendar_key", 1),
        (Scope((item("s", kind=SUMMARY, allocation_bps=5000), item(parent_key="s"))), "allocation_bps", 1),
        (Scope((item(), item("b")), (Dependency("a", "b", lag_days=3, max_lag_days=2),)), "dependencies.max_lag_days", 1),
        (Scope((item(), item("b")), (Dependency("a", "b", max_lag_days=10_001),)), "dependencies.max_lag_days", 1),
        (Scope((item(), item("b")), (Dependency("a", "b", max_lag_days="2"),)), "dependencies.max_lag_days", 1),
        (Scope((item(constraint_kind=ConstraintKind.AS_LATE_AS_POSSIBLE, constraint_date=date(2026, 3, 2)),)), "constraint_date", 1),
        (Scope(calendars=(CREW, CREW)), "calendars.key", 2),
        (Scope(calendars=(replace(CREW, key="no way"),)), "calendars.key", 1),
        (Scope(calendars=(replace(CREW, title=" "),)), "calendars.title", 1),
        (Scope(calendars=(replace(CREW, terms=CalendarTerms(weekend=frozenset(range(7)))),)), "calendars.weekend", 1),
        (Scope(calendars=(replace(CREW, terms=CalendarTerms("Denmark")),)), "calendars.country", 1),
        (Scope(calendars=(replace(CREW, terms=CalendarTerms(region="BY")),)), "calendars.region", 1),
        (Scope(calendars=(replace(CREW, terms=CalendarTerms(days_off=(date(1999, 1, 1),))),)), "calendars.days_off", 1),
        (Scope(calendars=tuple(replace(CREW, key=f"c{n}") for n in range(101))), "calendars", None),
    ],
)  # fmt: skip
def test_a_fault_is_named_by_line_and_field(scope, field, line):
    assert [(each.field, each.line) for each in scope_problems(scope)] == [(field, line)]


def test_as_late_as_possible_takes_no_date():
    assert scope_problems(Scope((item(constraint_kind=ConstraintKind.AS_LATE_AS_POSSIBLE),))) == []


@pytest.mark.parametrize(
    ("terms", "fields"),
    [
        (CalendarTerms(), []),
        (CalendarTerms("DE", "BY", SATURDAY_SUNDAY, (date(2026, 1, 2),)), []),
        (CalendarTerms("FR", "Saint Pierre", frozenset()), []),
        (CalendarTerms("de", "BY"), ["country"]),
        (CalendarTerms("DE", "x" * 41), ["region"]),
        (CalendarTerms(weekend=frozenset({7})), ["weekend"]),
        (CalendarTerms(days_off=(date(2026, 1, 3), date(2026, 1, 2))), ["days_off"]),
        (CalendarTerms(days_off=days(date(2026, 1, 1), 1001)), ["days_off"]),
    ],
)
def test_terms_of_a_calendar_are_judged(terms, fields):
    assert [field for field, _ in terms_faults(terms)] == fields


def test_a_draft_may_be_incomplete_but_not_impossible():
    open_ends = Scope(
        (item("s", kind=SUMMARY), item("b", parent_key="gone"), item("c", calendar_key="crew")),
        (Dependency("b", "nobody"),),
    )
    check_draft(open_ends)
    assert [each.is_open for each in scope_problems(open_ends)] == [True] * 4
    circle = Scope((item(), item("b")), (Dependency("a", "b"), Dependency("b", "a")))
    check_draft(circle)
    with pytest.raises(InvalidInput) as refused:
        check_draft(replace(open_ends, items=(*open_ends.items, item("d", fee_minor=-1))))
    assert [each.item_key for each in refused.value.details["problems"]] == ["d"]


# Pauses and other working days

JULY = Pause(date(2026, 7, 6), date(2026, 7, 10), "Summer")


def test_a_pause_adds_its_days_to_the_own_days_off():
    paused = apply_calendar_changes(DK, [RemoveItem("pages"), JULY])
    assert paused == replace(DK, days_off=(date(2026, 6, 5), *days(date(2026, 7, 6), 5)))


def test_pauses_that_overlap_become_one():
    paused = apply_calendar_changes(
        CalendarTerms(), [JULY, Pause(date(2026, 7, 8), date(2026, 7, 14))]
    )
    assert paused.days_off == days(date(2026, 7, 6), 9)


def test_a_pause_reaches_item_calendars_too_and_leaves_the_rest_of_the_scope():
    crewed = replace(SITE, calendars=(CREW,))
    after = apply_changes(crewed, [JULY])
    assert after == replace(
        crewed,
        calendars=(replace(CREW, terms=replace(CREW.terms, days_off=days(date(2026, 7, 6), 5))),),
    )
    assert apply_changes(SITE, [JULY]) == SITE


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (ChangeCalendar(country="DE"), CalendarTerms("DE", days_off=DK.days_off)),
        (ChangeCalendar(country="DE", region="BY"), CalendarTerms("DE", "BY", days_off=DK.days_off)),
        (ChangeCalendar(country=""), CalendarTerms(days_off=DK.days_off)),
        (ChangeCalendar(weekend=frozenset({4, 5})), CalendarTerms("DK", "", frozenset({4, 5}), DK.days_off)),
        (ChangeCalendar(add_days_off=(date(2026, 12, 24), date(2026, 5, 1))),
         CalendarTerms("DK", days_off=(date(2026, 5, 1), date(2026, 6, 5), date(2026, 12, 24)))),
        (ChangeCalendar(remove_days_off=(date(2026, 6, 5),)), CalendarTerms("DK")),
    ],
)  # fmt: skip
def test_a_calendar_changes_by_what_is_said(change, after):
    assert apply_calendar_changes(DK, [change]) == after
    named = replace(change, calendar_key="crew")
    assert apply_calendar_changes(DK, [named]) == DK
    there = replace(SITE, calendars=(ItemCalendar("crew", "Crew", DK),))
    assert apply_changes(there, [named]).calendars == (ItemCalendar("crew", "Crew", after),)


@pytest.mark.parametrize(
    ("change", "error", "code", "field"),
    [
        (Pause(date(2026, 7, 10), date(2026, 7, 6)), InvalidInput, "PAUSE_ENDS_BEFORE_IT_BEGINS", "pause.last_day"),
        (Pause(date(2026, 1, 1), date(2028, 1, 2)), InvalidInput, "PAUSE_TOO_LONG", "pause.last_day"),
        (Pause(date(1999, 7, 6), date(2026, 7, 6)), InvalidInput, "DATE_OUT_OF_RANGE", "pause.first_day"),
        (Pause(date(2026, 7, 6), date(2026, 7, 6), "x" * 501), InvalidInput, "TEXT_TOO_LONG", "pause.reason"),
        (Pause(date(2026, 6, 5), date(2026, 6, 7)), RuleViolation, "PAUSE_IN_FORCE", "pause"),
        (Pause(date(2026, 6, 6), date(2026, 6, 7)), RuleViolation, "PAUSE_IN_FORCE", "pause"),
        (ChangeCalendar(), RuleViolation, "CALENDAR_UNCHANGED", "change_calendar"),
        (ChangeCalendar(country="DK", weekend=SATURDAY_SUNDAY), RuleViolation, "CALENDAR_UNCHANGED", "change_calendar"),
        (ChangeCalendar(add_days_off=DK.days_off), RuleViolation, "DAY_OFF_EXISTS", "change_calendar.add_days_off"),
        (ChangeCalendar(remove_days_off=(date(2026, 6, 4),)), NotFound, "DAY_OFF_NOT_FOUND", "change_calendar.remove_days_off"),
        (ChangeCalendar(weekend=frozenset(range(7))), InvalidInput, "CALENDAR_INVALID", "change_calendar.weekend"),
        (ChangeCalendar(country="", region="BY"), InvalidInput, "CALENDAR_INVALID", "change_calendar.region"),
    ],
)  # fmt: skip
def test_a_pause_or_calendar_that_cannot_be_is_refused(change, error, code, field):
    with pytest.raises(DomainError) as refused:
        apply_calendar_changes(DK, [AddItem(item("new")), change])
    assert (type(refused.value), refused.value.code) == (error, code)
    assert refused.value.field == f"changes.1.{field}"
    assert refused.value.details["change"] == 1


@given(
    st.lists(
        st.tuples(st.integers(0, 700), st.integers(0, 60)).map(
            lambda each: Pause(
                date(2026, 1, 1) + timedelta(each[0]), date(2026, 1, 1) + timedelta(sum(each))
            )
        ),
        max_size=6,
    )
)
def test_pauses_only_ever_add_days_off_and_their_order_does_not_matter(pauses):
    def applied(order):
        try:
            return apply_calendar_changes(DK, order)
        except RuleViolation:  # a pause within another
            return None

    there, back = applied(pauses), applied(pauses[::-1])
    if there is not None and back is not None:
        assert there == back
        assert set(DK.days_off) <= set(there.days_off)
        assert set(there.days_off) == set(DK.days_off).union(
            *(days(each.first_day, (each.last_day - each.first_day).days + 1) for each in pauses)
        )


# Item calendars


def test_a_calendar_comes_is_named_and_goes():
    named = ReviseItem("pages", {"calendar_key": "crew"})
    there = apply_changes(SITE, [named, AddItemCalendar(CREW)])
    assert there.calendars == (CREW,)
    assert diff(SITE, there).calendars_added == (CREW,)
    assert diff(there, SITE).calendars_removed == (CREW,)
    back = apply_changes(
        there, [RemoveItemCalendar("crew"), ReviseItem("pages", {"calendar_key": None})]
    )
    assert scope_fingerprint(back) == scope_fingerprint(SITE)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ([AddItemCalendar(CREW), AddItemCalendar(CREW)], "CALENDAR_EXISTS"),
        ([RemoveItemCalendar("crew")], "CALENDAR_NOT_FOUND"),
        ([ChangeCalendar(country="DE", calendar_key="crew")], "CALENDAR_NOT_FOUND"),
        ([AddItemCalendar(CREW), ReviseItem("pages", {"calendar_key": "crew"}), RemoveItemCalendar("crew")], "SCOPE_INVALID"),
        ([AddItemCalendar(replace(CREW, title=""))], "SCOPE_INVALID"),
    ],
)  # fmt: skip
def test_a_calendar_that_does_not_fit_is_refused(changes, code):
    with pytest.raises(DomainError) as refused:
        apply_changes(SITE, changes)
    assert refused.value.code == code


def test_a_changed_dependency_gets_the_lags_that_are_said_and_no_others():
    first = apply_changes(SITE, [ChangeDependency("pages", "launch", lag_days=1, max_lag_days=3)])
    second = apply_changes(first, [ChangeDependency("pages", "launch", lag_days=2)])
    assert [scope.dependencies[-1] for scope in (first, second)] == [
        Dependency("pages", "launch", lag_days=1, max_lag_days=3),
        Dependency("pages", "launch", lag_days=2),
    ]


# Acceleration


@pytest.mark.parametrize(
    ("key", "change", "fee_minor", "fixed", "cost"),
    [
        ("wireframes", Accelerate("wireframes", 3, 300_000, 50_000), 1_500_000, 1_500_000, 50_000),
        ("wireframes", Accelerate("wireframes", 4), 1_200_000, 1_200_000, 0),
        # Twelve and a half pages at 1 500.01: 18 750.125, rounded to even 18 750.12, and the premium.
        ("pages", Accelerate("pages", 6, 100_000), 1_975_012, 1_975_012, 0),
        ("pages", Accelerate("pages", 6), 1_875_012, None, 0),
    ],
)
def test_an_acceleration_shortens_and_a_premium_fixes_the_fee(key, change, fee_minor, fixed, cost):
    after = {each.item_key: each for each in apply_changes(SITE, [change]).items}[key]
    assert (item_fee(after), after.fee_minor, after.cost_minor) == (fee_minor, fixed, cost)
    assert after.duration_days == change.duration_days


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        (Accelerate("layout", 8), "ACCELERATION_DOES_NOT_SHORTEN", "duration_days"),
        (Accelerate("layout", 9), "ACCELERATION_DOES_NOT_SHORTEN", "duration_days"),
        (Accelerate("design", 1), "ACCELERATION_DOES_NOT_SHORTEN", "duration_days"),
        (Accelerate("launch", 1), "ACCELERATION_DOES_NOT_SHORTEN", "duration_days"),
        (Accelerate("layout", 0), "ACCELERATION_INVALID", "duration_days"),
        (Accelerate("layout", 4, -1), "ACCELERATION_INVALID", "premium"),
        (Accelerate("layout", 4, 0, -1), "ACCELERATION_INVALID", "extra_cost"),
        (Accelerate("nobody", 4), "ITEM_NOT_FOUND", "key"),
        (Accelerate("wireframes", 4), "ITEM_LOCKED", "key"),
    ],
)
def test_an_acceleration_that_is_none_is_refused(change, code, field):
    with pytest.raises(DomainError) as refused:
        apply_changes(SITE, [change], locked_keys={"wireframes"})
    assert (refused.value.code, refused.value.field) == (code, f"changes.0.accelerate.{field}")


# Kinds

ADD, REMOVE, WORDS = ChangeKind.ADD, ChangeKind.REMOVE, ChangeKind.REWORD


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ([], set()),
        ([AddItem(item("new")), ReviseItem("new", {"fee_minor": 5})], {ADD}),
        ([RemoveItem("launch")], {REMOVE}),
        ([ReviseItem("layout", {"effort_minutes": 5})], {ChangeKind.RE_ESTIMATE}),
        ([ReviseItem("layout", {"effort_minutes": 1500})], set()),
        ([ReviseItem("layout", {"rate_minor": 5, "title": "x"})], {ChangeKind.RE_PRICE, WORDS}),
        ([ReviseItem("layout", {"position": 9})], {ChangeKind.RE_SEQUENCE}),
        ([ReviseItem("layout", {"calendar_key": "crew"})], {ChangeKind.CALENDAR_CHANGE}),
        ([Accelerate("layout", 4, 5)], {ChangeKind.ACCELERATE}),
        ([AddDependency(Dependency("layout", "pages"))], {ChangeKind.RE_SEQUENCE}),
        ([ChangeDependency("pages", "launch", lag_days=1)], {ChangeKind.RE_SEQUENCE}),
        ([RemoveDependency("pages", "launch")], {ChangeKind.RE_SEQUENCE}),
        ([RemoveExpectation(NO_RESULT)], {WORDS}),
        ([AddExpectation(Expectation(ExpectationKind.EXCLUSION, "x"))], {WORDS}),
        ([JULY], {ChangeKind.PAUSE}),
        ([ChangeCalendar(country="DE"), AddItemCalendar(CREW), RemoveItemCalendar("crew")], {ChangeKind.CALENDAR_CHANGE}),
    ],
)  # fmt: skip
def test_changes_have_kinds(changes, kinds):
    assert change_kinds(SITE, changes) == kinds


# Outline numbers


def test_items_are_numbered_by_their_place_in_the_outline():
    assert outline_numbers(SITE) == {
        "design": "1", "wireframes": "1.1", "layout": "1.2", "build": "2", "pages": "2.1", "launch": "2.2",
    }  # fmt: skip
    lost = replace(SITE, items=(*SITE.items, item("lost", parent_key="nowhere")))
    assert "lost" not in outline_numbers(lost)


# Round trips

KEYS = st.sampled_from([f"k{n}" for n in range(6)])
DATES = st.dates(date(2020, 1, 1), date(2035, 12, 31))
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20)
TERMS = st.builds(
    CalendarTerms,
    country=st.none() | st.sampled_from(["DK", "DE"]),
    weekend=st.frozensets(st.integers(0, 6), max_size=6),
    days_off=st.lists(DATES, unique=True, max_size=5).map(lambda each: tuple(sorted(each))),
)
ITEMS = st.builds(
    ScopeItem,
    item_key=KEYS,
    title=TEXTS.filter(str.strip),
    kind=st.sampled_from([ItemKind.TASK, ItemKind.SUMMARY]),
    parent_key=st.none() | KEYS,
    position=st.integers(0, 5),
    quantity=st.none() | st.decimals(0, 1000, places=3),
    effort_minutes=st.integers(0, 5000),
    rate_minor=st.none() | st.integers(0, 10**6),
    fee_minor=st.none() | st.integers(0, 10**9),
    duration_days=st.integers(0, 50),
    calendar_key=st.none() | st.sampled_from(["crew", "abroad"]),
    allocation_bps=st.sampled_from([10_000, 5000, 1]),
)
LINKS = st.builds(
    Dependency,
    KEYS,
    KEYS,
    st.sampled_from(LinkKind),
    st.integers(-5, 5),
    st.sampled_from(LagKind),
    st.none() | st.integers(5, 9),
)
SCOPES = st.builds(
    Scope,
    st.lists(ITEMS, unique_by=lambda each: each.item_key, max_size=6).map(tuple),
    st.lists(LINKS, unique_by=lambda each: each.identity, max_size=6).map(tuple),
    st.lists(st.builds(Expectation, st.sampled_from(ExpectationKind), TEXTS), unique=True, max_size=3).map(tuple),
    st.lists(
        st.builds(ItemCalendar, st.sampled_from(["crew", "abroad"]), TEXTS, TERMS),
        unique_by=lambda each: each.key,
        max_size=2,
    ).map(tuple),
)  # fmt: skip


@given(SCOPES)
def test_a_scope_comes_back_from_json_equal_and_with_its_fingerprint(scope):
    back = scope_from_data(json.loads(json.dumps(scope_to_data(scope))))
    assert back == scope
    assert scope_fingerprint(back) == scope_fingerprint(scope)


def changes_to(before: Scope, after: Scope):
    """The changes that a difference names, as a person would write them."""
    found = diff(before, after)
    for calendar in (*found.calendars_removed, *(was for was, _ in found.calendars_changed)):
        yield RemoveItemCalendar(calendar.key)
    for calendar in (*found.calendars_added, *(now for _, now in found.calendars_changed)):
        yield AddItemCalendar(calendar)
    for link in found.dependencies_removed:
        yield RemoveDependency(link.predecessor_key, link.successor_key, link.kind)
    for each in found.expectations_removed:
        yield RemoveExpectation(each)
    gone = {each.item_key for each in found.removed}
    for each in before.items:
        if each.item_key in gone or each.parent_key in gone:
            yield ReviseItem(each.item_key, {"parent_key": None})
    for each in found.removed:
        yield RemoveItem(each.item_key)
    for each in found.added:
        yield AddItem(each)
    for each in found.changed:
        yield ReviseItem(each.item_key, {field.field: field.after for field in each.fields})
    for each in after.items:
        yield ReviseItem(each.item_key, {"parent_key": each.parent_key})
    kept = {
        link.identity
        for link in before.dependencies
        if not {link.predecessor_key, link.successor_key} & gone
    }
    for link in found.dependencies_added:
        yield AddDependency(link)
    for _, link in found.dependencies_changed:
        if link.identity in kept:
            yield ChangeDependency(
                link.predecessor_key, link.successor_key, link.kind, link.lag_days, link.lag_kind, link.max_lag_days
            )  # fmt: skip
        else:
            yield AddDependency(link)
    for each in found.expectations_added:
        yield AddExpectation(each)


def rooted(scope: Scope) -> Scope:
    """Without parents that are not there or go round: a difference tells of what hangs on the outline."""
    return replace(scope, items=tuple(replace(each, parent_key=None) for each in scope.items))


@given(SCOPES.map(rooted), SCOPES.map(rooted))
def test_a_difference_applied_leads_from_one_scope_to_the_other(before, after):
    # A link on an item that goes is gone with it; where the other state still has it, it is drawn anew.
    there = {each.item_key for each in after.items} & {each.item_key for each in before.items}
    links = tuple(
        each for each in after.dependencies if {each.predecessor_key, each.successor_key} <= there
    )
    former = tuple(
        each for each in before.dependencies if {each.predecessor_key, each.successor_key} <= there
    )
    before, after = replace(before, dependencies=former), replace(after, dependencies=links)
    changes = list(changes_to(before, after))
    for change in changes:
        assert change_from_data(json.loads(json.dumps(change_to_data(change)))) == change
    reached = apply_unchecked(before, changes) if changes else before
    assert diff(reached, after).is_empty()
    assert scope_fingerprint(reached) == scope_fingerprint(after)


def test_a_difference_names_fields_with_their_values():
    half = replace(SITE.items[4], allocation_bps=5000, quantity=Decimal(14))
    (change,) = diff(SITE, replace(SITE, items=(*SITE.items[:4], half, SITE.items[5]))).changed
    assert change.fields == (
        FieldChange("quantity", Decimal("12.5"), Decimal(14)),
        FieldChange("allocation_bps", 10_000, 5000),
    )
