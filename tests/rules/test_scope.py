"""The scope as data: fees, faults told all at once, fingerprints, differences, changes."""

import json
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.calendars import CalendarTerms, WorkingCalendar
from services.rules.errors import InvalidInput
from services.rules.schedule import ConstraintKind, LagKind, LinkKind
from services.rules.scope import (
    Accelerate,
    AddDependency,
    AddExpectation,
    AddItem,
    AddItemCalendar,
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
    change_from_data,
    change_to_data,
    check_scope,
    diff,
    item_fee,
    schedule_scope,
    scope_fingerprint,
    scope_from_data,
    scope_problems,
    scope_to_data,
)

SUMMARY, TASK, MILESTONE = ItemKind.SUMMARY, ItemKind.TASK, ItemKind.MILESTONE
NO_RESULT = Expectation(ExpectationKind.NO_GUARANTEE, "A place among the first ten results.")

SITE = Scope(
    items=(
        ScopeItem("design", "Design", SUMMARY, position=1),
        ScopeItem(
            "wireframes",
            "Wireframes",
            parent_key="design",
            position=1,
            fee_minor=1_200_000,
            tax_bps=2500,
            duration_days=5,
            deliverable="Twelve wireframes",
        ),
        ScopeItem(
            "layout",
            "Layout",
            parent_key="design",
            position=2,
            effort_minutes=1500,
            rate_minor=90_000,
            tax_bps=2500,
            duration_days=8,
        ),
        ScopeItem("build", "Build", SUMMARY, position=2),
        ScopeItem(
            "pages",
            "Pages",
            parent_key="build",
            position=1,
            quantity=Decimal("12.5"),
            unit="page",
            rate_minor=150_001,
            tax_bps=2500,
            duration_days=10,
        ),
        ScopeItem("launch", "Launch", MILESTONE, parent_key="build", position=2),
    ),
    dependencies=(
        Dependency("wireframes", "layout"),
        Dependency("design", "pages", lag_days=1),
        Dependency("pages", "launch"),
    ),
    expectations=(Expectation(ExpectationKind.EXCLUSION, "Texts and pictures."), NO_RESULT),
)


def item(key="a", **values):
    return ScopeItem(key, values.pop("title", "A"), **values)


def test_a_sound_scope_has_no_problems_and_a_schedule():
    assert scope_problems(SITE) == []
    check_scope(SITE)
    check_scope(Scope())
    planned = schedule_scope(SITE, WorkingCalendar(), date(2026, 3, 2))
    assert planned.duration_days == 24
    assert planned.items["launch"].finish_date == date(2026, 4, 2)
    assert [each.item_key for each in Scope(SITE.items[::-1]).in_outline_order()] == [
        "design",
        "wireframes",
        "layout",
        "build",
        "pages",
        "launch",
    ]
    assert [each.item_key for each in SITE.leaves()] == ["wireframes", "layout", "pages", "launch"]


# Fees


@pytest.mark.parametrize(
    ("values", "fee_minor"),
    [
        ({"fee_minor": 5000}, 5000),
        ({"fee_minor": 0, "rate_minor": 900, "quantity": Decimal(3)}, 0),
        ({"rate_minor": 900, "quantity": Decimal(3)}, 2700),
        ({"rate_minor": 150_001, "quantity": Decimal("12.5")}, 1_875_012),
        ({"rate_minor": 1, "quantity": Decimal("0.5")}, 0),
        ({"rate_minor": 1, "quantity": Decimal("1.5")}, 2),
        ({"rate_minor": 1, "quantity": Decimal("2.5")}, 2),
        ({"rate_minor": 90_000, "effort_minutes": 1500}, 2_250_000),
        ({"rate_minor": 100, "effort_minutes": 1}, 2),
        ({"rate_minor": 900, "quantity": Decimal(0), "effort_minutes": 60}, 0),
        ({"effort_minutes": 60}, 0),
        ({"quantity": Decimal(3)}, 0),
        ({}, 0),
        ({"kind": SUMMARY, "fee_minor": 500}, 0),
    ],
)
def test_a_fee_is_fixed_or_rate_times_quantity_or_rate_times_hours(values, fee_minor):
    assert item_fee(item(**values)) == fee_minor


# Faults


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "   "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"title": "nul\x00"}, "title"),
        ({"title": "evil \u202e txt"}, "title"),
        ({"title": "lone \ud800"}, "title"),
        ({"title": None}, "title"),
        ({"description": "bell\x07"}, "description"),
        ({"description": "x" * 20_001}, "description"),
        ({"tax_code": ""}, "tax_code"),
        ({"tax_bps": -1}, "tax_bps"),
        ({"tax_bps": 10_001}, "tax_bps"),
        ({"tax_bps": 25.0}, "tax_bps"),
        ({"fee_minor": -1}, "fee_minor"),
        ({"fee_minor": 10**15 + 1}, "fee_minor"),
        ({"fee_minor": True}, "fee_minor"),
        ({"rate_minor": -1}, "rate_minor"),
        ({"rate_minor": 10**15, "quantity": Decimal(2)}, "rate_minor"),
        ({"cost_minor": -1}, "cost_minor"),
        ({"cost_minor": None}, "cost_minor"),
        ({"effort_minutes": -1}, "effort_minutes"),
        ({"quantity": Decimal("-1")}, "quantity"),
        ({"quantity": Decimal("NaN")}, "quantity"),
        ({"quantity": Decimal("Infinity")}, "quantity"),
        ({"quantity": Decimal("1E+400")}, "quantity"),
        ({"quantity": Decimal("0.0000001")}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"position": -1}, "position"),
        ({"duration_days": -1}, "duration_days"),
        ({"duration_days": 10_001}, "duration_days"),
        ({"kind": MILESTONE, "duration_days": 1}, "duration_days"),
        ({"kind": "task"}, "kind"),
        ({"constraint_kind": ConstraintKind.MUST_START_ON}, "constraint_date"),
        ({"constraint_date": date(2026, 3, 2)}, "constraint_date"),
        ({"constraint_kind": "whenever"}, "constraint_kind"),
        ({"key": ""}, "item_key"),
        ({"key": "a b"}, "item_key"),
        ({"key": "-a"}, "item_key"),
        ({"key": "x" * 65}, "item_key"),
        ({"key": "a\n"}, "item_key"),
        ({"parent_key": "nobody"}, "parent_key"),
        ({"parent_key": "task"}, "parent_key"),
        ({"kind": SUMMARY}, "kind"),
    ],
)
def test_a_fault_within_an_item_is_told_with_its_line_and_field(values, field):
    scope = Scope((ScopeItem("task", "Task"), item(**values)))
    assert [(each.line, each.field) for each in scope_problems(scope)] == [(2, field)]


@pytest.mark.parametrize(
    "values",
    [
        {"quantity": Decimal(1)},
        {"effort_minutes": 1},
        {"rate_minor": 1},
        {"fee_minor": 1},
        {"cost_minor": 1},
        {"duration_days": 1},
    ],
)
def test_only_leaves_carry_money_and_time(values):
    scope = Scope((item("s", kind=SUMMARY, **values), item("a", parent_key="s")))
    assert [(p.item_key, p.field) for p in scope_problems(scope)] == [("s", next(iter(values)))]


@pytest.mark.parametrize(
    ("dependencies", "field"),
    [
        ([Dependency("a", "x")], "dependencies.successor_key"),
        ([Dependency("x", "a")], "dependencies.predecessor_key"),
        ([Dependency("a", "a")], "dependencies.successor_key"),
        ([Dependency("a", "b"), Dependency("a", "b", lag_days=3)], "dependencies.kind"),
        ([Dependency("a", "b", lag_days=10_001)], "dependencies.lag_days"),
        ([Dependency("a", "b", kind="FS")], "dependencies.kind"),
        ([Dependency("s", "a")], "dependencies"),
        ([Dependency("a", "b"), Dependency("b", "a")], "dependencies"),
    ],
)
def test_a_faulty_dependency_is_told(dependencies, field):
    scope = Scope(
        (item("s", kind=SUMMARY), item("a", parent_key="s"), item("b")), tuple(dependencies)
    )
    assert [each.field for each in scope_problems(scope)] == [field]


def test_two_kinds_of_link_between_the_same_items_are_fine():
    start = Dependency("a", "b", LinkKind.START_TO_START)
    finish = Dependency("a", "b", LinkKind.FINISH_TO_FINISH)
    check_scope(Scope((item("a"), item("b")), (start, finish)))


def test_a_summary_inside_itself_is_told():
    scope = Scope(
        (item("s", kind=SUMMARY, parent_key="t"), item("t", kind=SUMMARY, parent_key="s"))
    )
    assert [each.field for each in scope_problems(scope)] == ["parent_key"]


def test_all_problems_are_told_at_once():
    scope = Scope(
        (item("a", title="", fee_minor=-1), item("a"), item("s", kind=SUMMARY)),
        (Dependency("a", "x"),),
        (NO_RESULT, NO_RESULT, Expectation(ExpectationKind.ASSUMPTION, " ")),
    )
    with pytest.raises(InvalidInput) as refused:
        check_scope(scope)
    assert refused.value.code == "SCOPE_INVALID"
    assert [(each.line, each.field) for each in refused.value.details["problems"]] == [
        (1, "title"),
        (1, "fee_minor"),
        (2, "item_key"),
        (3, "kind"),
        (1, "dependencies.successor_key"),
        (2, "expectations.text"),
        (3, "expectations.text"),
    ]
    assert (
        refused.value.message == "The scope cannot be used: The title of a is missing. (and 6 more)"
    )


def test_fees_that_are_fine_one_by_one_may_be_too_much_together():
    scope = Scope((item("a", fee_minor=10**15), item("b", fee_minor=1)))
    assert [each.field for each in scope_problems(scope)] == ["items"]


# Data and fingerprint

ITEM_VALUES = {
    "title": "Other",
    "kind": MILESTONE,
    "parent_key": "s",
    "position": 7,
    "description": "d",
    "quantity": Decimal("2.5"),
    "unit": "page",
    "effort_minutes": 5,
    "rate_minor": 6,
    "fee_minor": 7,
    "cost_minor": 8,
    "tax_code": "Z",
    "tax_bps": 9,
    "duration_days": 10,
    "constraint_kind": ConstraintKind.MUST_FINISH_ON,
    "constraint_date": date(2026, 3, 2),
    "acceptance_criteria": "c",
    "deliverable": "e",
    "calendar_key": "crew",
    "allocation_bps": 5000,
}


def test_the_fingerprint_of_a_scope_is_pinned():
    # Signed papers carry this value: a change of the canonical form must be a decision, never an accident.
    assert (
        scope_fingerprint(SITE)
        == "1aee8ff5f6c82b758877080938c9a0c48801ca68e862c75768b939958c2ca72a"
    )


def test_every_field_of_an_item_moves_the_fingerprint():
    assert set(ITEM_VALUES) | {"item_key"} == {field.name for field in fields(ScopeItem)}
    base = scope_fingerprint(Scope((item(),)))
    prints = {
        scope_fingerprint(Scope((replace(item(), **{k: v}),))) for k, v in ITEM_VALUES.items()
    }
    assert len(prints | {base}) == len(ITEM_VALUES) + 1


def test_dependencies_and_expectations_move_the_fingerprint():
    variants = [
        SITE,
        replace(SITE, dependencies=SITE.dependencies[1:]),
        replace(SITE, expectations=SITE.expectations[1:]),
        replace(SITE, dependencies=(*SITE.dependencies, Dependency("wireframes", "pages"))),
        replace(
            SITE,
            dependencies=(
                Dependency("wireframes", "layout", lag_kind=LagKind.ELAPSED),
                *SITE.dependencies[1:],
            ),
        ),
    ]
    assert len({scope_fingerprint(each) for each in variants}) == len(variants)


@given(st.randoms())
def test_the_order_of_listing_does_not_move_the_fingerprint(random):
    parts = [list(part) for part in (SITE.items, SITE.dependencies, SITE.expectations)]
    for part in parts:
        random.shuffle(part)
    shuffled = Scope(*(tuple(part) for part in parts))
    assert scope_fingerprint(shuffled) == scope_fingerprint(SITE)
    assert diff(SITE, shuffled).is_empty()


def test_equal_quantities_have_one_spelling():
    prints = {
        scope_fingerprint(Scope((item(quantity=Decimal(text)),)))
        for text in ("1500", "1.5E+3", "1500.000")
    }
    assert len(prints) == 1
    assert scope_to_data(Scope((item(quantity=Decimal("-0")),)))["items"][0]["quantity"] == "0"


def test_a_scope_survives_json():
    full = Scope((item("b", **ITEM_VALUES), *SITE.items), SITE.dependencies, SITE.expectations)
    assert scope_from_data(json.loads(json.dumps(scope_to_data(full)))) == full


CHANGES = [
    AddItem(item("new", **ITEM_VALUES)),
    RemoveItem("launch"),
    ReviseItem("pages", {"quantity": Decimal("3.5"), "constraint_date": None, "kind": TASK}),
    AddDependency(Dependency("wireframes", "pages", LinkKind.START_TO_START, -2, LagKind.ELAPSED)),
    RemoveDependency("wireframes", "layout", LinkKind.FINISH_TO_START),
    ChangeDependency("design", "pages", LinkKind.FINISH_TO_START, 5, LagKind.ELAPSED),
    AddExpectation(Expectation(ExpectationKind.ASSUMPTION, "Texts come in time.")),
    RemoveExpectation(NO_RESULT),
    Accelerate("pages", 6, premium_minor=150_000, extra_cost_minor=40_000),
    Accelerate("pages", 6),
    Pause(date(2026, 7, 6), date(2026, 7, 31), "Summer"),
    Pause(date(2026, 7, 6), date(2026, 7, 6)),
    ChangeCalendar(
        "DE", "BY", frozenset({4, 5}), (date(2026, 6, 5),), (date(2026, 12, 24),), "crew"
    ),
    ChangeCalendar(country=""),
    AddItemCalendar(
        ItemCalendar("crew", "Crew", CalendarTerms("DK", "", frozenset({6}), (date(2026, 6, 5),)))
    ),
    AddItemCalendar(ItemCalendar("crew", "Crew", CalendarTerms())),
    RemoveItemCalendar("crew"),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: type(change).__name__)
def test_a_change_survives_json(change):
    assert change_from_data(json.loads(json.dumps(change_to_data(change)))) == change


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ([], "change"),
        ({}, "change.op"),
        ({"op": "explode"}, "change.op"),
        ({"op": ["add_item"]}, "change.op"),
        ({"op": "add_item"}, "change.item"),
        ({"op": "add_item", "item": {"item_key": "a"}}, "change.item.title"),
        ({"op": "add_item", "item": {"item_key": "a", "title": 5}}, "change.item.title"),
        ({"op": "add_item", "item": {"item_key": "a", "title": "A", "status": "x"}}, "change.item"),
        ({"op": "add_item", "item": {"item_key": "a", "title": "A", "fee_minor": 1.5}}, "change.item.fee_minor"),
        ({"op": "add_item", "item": {"item_key": "a", "title": "A", "fee_minor": True}}, "change.item.fee_minor"),
        ({"op": "add_item", "item": {"item_key": "a", "title": "A", "quantity": "NaN"}}, "change.item.quantity"),
        ({"op": "add_item", "item": {"item_key": "a", "title": "A", "quantity": "x"}}, "change.item.quantity"),
        ({"op": "add_item", "item": {"item_key": "a", "title": "A", "kind": "x"}}, "change.item.kind"),
        ({"op": "revise_item", "item_key": "a", "values": {"item_key": "b"}}, "change.values"),
        ({"op": "revise_item", "item_key": "a", "values": {"constraint_date": "2026-02-30"}}, "change.values.constraint_date"),
        ({"op": "remove_item", "item_key": "a", "tenant_id": "b"}, "change"),
    ],
)  # fmt: skip
def test_data_that_is_no_change_is_refused_with_its_path(data, field):
    with pytest.raises(InvalidInput) as refused:
        change_from_data(data)
    assert (refused.value.code, refused.value.field) == ("SCOPE_DATA_INVALID", field)


@pytest.mark.parametrize("data", [None, {"items": {}}, {"items": [5]}, {"dependencies": [{}]}])
def test_data_that_is_no_scope_is_refused(data):
    with pytest.raises(InvalidInput):
        scope_from_data(data)
