"""The scope of work as data: items, dependencies, expectations, and the changes a change order makes to them.

The model: a `Scope` is one immutable state, a tree of items. Only leaves (tasks and milestones) carry effort, money and
duration; a summary is a heading whose figures roll up. An item keeps its `item_key` through all versions, so two versions can
be compared, and a change names what it touches. The fingerprint is the SHA-256 of the canonical data: equal scopes have equal
fingerprints, whatever the order in which their parts are listed.

Amounts are integers of minor units; the currency belongs to the engagement, not to the scope.
"""

from services.rules.scope.application import apply_changes, apply_unchecked
from services.rules.scope.calendar_changes import apply_calendar_changes
from services.rules.scope.changes import (
    Accelerate,
    AddDependency,
    AddExpectation,
    AddItem,
    AddItemCalendar,
    Change,
    ChangeCalendar,
    ChangeDependency,
    Pause,
    RemoveDependency,
    RemoveExpectation,
    RemoveItem,
    RemoveItemCalendar,
    ReviseItem,
)
from services.rules.scope.checks import ScopeProblem, check_draft, check_scope, scope_problems
from services.rules.scope.codec import (
    change_from_data,
    change_to_data,
    scope_fingerprint,
    scope_from_data,
    scope_to_data,
)
from services.rules.scope.comparison import FieldChange, ItemChange, ItemField, ScopeDiff, diff
from services.rules.scope.items import (
    LAST_POSITION,
    Dependency,
    Expectation,
    ExpectationKind,
    ItemCalendar,
    ItemKind,
    Scope,
    ScopeItem,
    item_fee,
    numbered,
    outline_numbers,
    schedule_items,
    schedule_links,
    schedule_scope,
)
from services.rules.scope.kinds import ChangeKind, change_kinds

__all__ = [
    "LAST_POSITION",
    "Accelerate",
    "AddDependency",
    "AddExpectation",
    "AddItem",
    "AddItemCalendar",
    "Change",
    "ChangeCalendar",
    "ChangeDependency",
    "ChangeKind",
    "Dependency",
    "Expectation",
    "ExpectationKind",
    "FieldChange",
    "ItemCalendar",
    "ItemChange",
    "ItemField",
    "ItemKind",
    "Pause",
    "RemoveDependency",
    "RemoveExpectation",
    "RemoveItem",
    "RemoveItemCalendar",
    "ReviseItem",
    "Scope",
    "ScopeDiff",
    "ScopeItem",
    "ScopeProblem",
    "apply_calendar_changes",
    "apply_changes",
    "apply_unchecked",
    "change_from_data",
    "change_kinds",
    "change_to_data",
    "check_draft",
    "check_scope",
    "diff",
    "item_fee",
    "numbered",
    "outline_numbers",
    "schedule_items",
    "schedule_links",
    "schedule_scope",
    "scope_fingerprint",
    "scope_from_data",
    "scope_problems",
    "scope_to_data",
]
