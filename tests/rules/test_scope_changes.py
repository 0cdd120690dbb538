"""Changes to a scope: applied in order, compared, and refused where they do not fit."""

from datetime import date

import pytest

from services.rules.calendars import WorkingCalendar
from services.rules.errors import DomainError, InvalidInput, NotFound, RuleViolation
from services.rules.schedule import LinkKind
from services.rules.scope import (
    AddDependency,
    AddExpectation,
    AddItem,
    ChangeDependency,
    Dependency,
    Expectation,
    ExpectationKind,
    FieldChange,
    RemoveDependency,
    RemoveExpectation,
    RemoveItem,
    ReviseItem,
    apply_changes,
    diff,
    schedule_scope,
    scope_fingerprint,
)
from tests.rules.test_scope import NO_RESULT, SITE, SUMMARY, item


def test_changes_apply_in_order_and_the_difference_names_each():
    after = apply_changes(
        SITE,
        [
            AddItem(
                item("shop", parent_key="build", position=3, fee_minor=500_000, duration_days=4)
            ),
            AddDependency(Dependency("pages", "shop")),
            AddDependency(Dependency("shop", "launch")),
            RemoveDependency("pages", "launch"),
            ChangeDependency("design", "pages", lag_days=2),
            ReviseItem("layout", {"effort_minutes": 1800, "title": "Layout and icons"}),
            RemoveExpectation(NO_RESULT),
            AddExpectation(Expectation(ExpectationKind.EXCLUSION, "A shop in other languages.")),
        ],
    )
    found = diff(SITE, after)
    assert [each.item_key for each in found.added] == ["shop"]
    assert found.removed == ()
    assert [(c.item_key, c.fields) for c in found.changed] == [
        (
            "layout",
            (
                FieldChange("title", "Layout", "Layout and icons"),
                FieldChange("effort_minutes", 1500, 1800),
            ),
        )
    ]
    assert [d.identity for d in found.dependencies_added] == [
        ("pages", "shop", "FS"),
        ("shop", "launch", "FS"),
    ]
    assert [d.identity for d in found.dependencies_removed] == [("pages", "launch", "FS")]
    assert found.dependencies_changed == (
        (Dependency("design", "pages", lag_days=1), Dependency("design", "pages", lag_days=2)),
    )
    assert found.expectations_removed == (NO_RESULT,)
    assert [each.text for each in found.expectations_added] == ["A shop in other languages."]
    assert not found.is_empty()
    assert schedule_scope(after, WorkingCalendar(), date(2026, 3, 2)).duration_days == 29


def test_the_dependencies_of_a_removed_item_go_with_it():
    after = apply_changes(SITE, [RemoveItem("pages"), RemoveItem("launch"), RemoveItem("build")])
    assert [each.item_key for each in after.items] == ["design", "wireframes", "layout"]
    assert after.dependencies == (Dependency("wireframes", "layout"),)


def test_an_item_may_be_added_before_the_summary_that_will_hold_it():
    after = apply_changes(
        SITE,
        [
            AddItem(item("care", parent_key="after")),
            AddItem(item("after", kind=SUMMARY, position=3)),
        ],
    )
    assert len(after.items) == 8


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ([], InvalidInput, "CHANGES_EMPTY"),
        ([ReviseItem("layout", {})], InvalidInput, "CHANGES_EMPTY"),
        ([ReviseItem("layout", {"item_key": "b"})], InvalidInput, "FIELD_NOT_REVISABLE"),
        ([ReviseItem("layout", {"status": "accepted"})], InvalidInput, "FIELD_NOT_REVISABLE"),
        ([ReviseItem("layout", {"fee_minor": -5})], InvalidInput, "SCOPE_INVALID"),
        ([ReviseItem("layout", {"kind": "task"})], InvalidInput, "SCOPE_INVALID"),
        ([ReviseItem("nobody", {"title": "x"})], NotFound, "ITEM_NOT_FOUND"),
        ([RemoveItem("nobody")], NotFound, "ITEM_NOT_FOUND"),
        ([RemoveItem("launch"), RemoveItem("launch")], NotFound, "ITEM_NOT_FOUND"),
        ([RemoveItem("design")], RuleViolation, "SUMMARY_NOT_EMPTY"),
        ([AddItem(item("layout"))], RuleViolation, "ITEM_EXISTS"),
        ([AddItem(item("x", parent_key="layout"))], InvalidInput, "SCOPE_INVALID"),
        ([RemoveItem("wireframes")], RuleViolation, "ITEM_LOCKED"),
        ([ReviseItem("wireframes", {"fee_minor": 1})], RuleViolation, "ITEM_LOCKED"),
        ([RemoveItem("pages"), RemoveItem("launch")], InvalidInput, "SCOPE_INVALID"),
        ([AddDependency(Dependency("pages", "launch"))], RuleViolation, "DEPENDENCY_EXISTS"),
        ([AddDependency(Dependency("launch", "wireframes"))], InvalidInput, "SCOPE_INVALID"),
        ([RemoveDependency("layout", "pages")], NotFound, "DEPENDENCY_NOT_FOUND"),
        ([ChangeDependency("pages", "launch", LinkKind.START_TO_START)], NotFound, "DEPENDENCY_NOT_FOUND"),
        ([AddExpectation(NO_RESULT)], RuleViolation, "EXPECTATION_EXISTS"),
        ([RemoveExpectation(NO_RESULT), RemoveExpectation(NO_RESULT)], NotFound, "EXPECTATION_NOT_FOUND"),
    ],
)  # fmt: skip
def test_a_change_that_does_not_fit_is_refused(changes, error, code):
    before = scope_fingerprint(SITE)
    with pytest.raises(DomainError) as refused:
        apply_changes(SITE, changes, locked_keys={"wireframes"})
    assert (type(refused.value), refused.value.code) == (error, code)
    assert scope_fingerprint(SITE) == before


def test_a_removal_of_what_was_added_leads_back():
    new = item("new", fee_minor=5)
    there = apply_changes(SITE, [AddItem(new), AddDependency(Dependency("pages", "new"))])
    back = apply_changes(there, [RemoveItem("new")])
    assert scope_fingerprint(back) == scope_fingerprint(SITE)
    assert diff(SITE, back).is_empty()
