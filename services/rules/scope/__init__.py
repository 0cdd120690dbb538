"""The scope of work as data: items, dependencies, expectations, and the changes a change order makes to them.

The model: a `Scope` is one immutable state, a tree of items. Only leaves (tasks and milestones) carry effort, money and
duration; a summary is a heading whose figures roll up. An item keeps its `item_key` through all versions, so two versions can
be compared, and a change names what it touches. The fingerprint is the SHA-256 of the canonical data: equal scopes have equal
fingerprints, whatever the order in which their parts are listed.

Amounts are integers of minor units; the currency belongs to the engagement, not to the scope.
"""

from services.rules.scope.changes import (
    AddDependency,
    AddExpectation,
    AddItem,
    Change,
    ChangeDependency,
    RemoveDependency,
    RemoveExpectation,
    RemoveItem,
    ReviseItem,
    apply_changes,
)
from services.rules.scope.checks import ScopeProblem, check_scope, scope_problems
from services.rules.scope.codec import (
    change_from_data,
    change_to_data,
    scope_fingerprint,
    scope_from_data,
    scope_to_data,
)
from services.rules.scope.comparison import FieldChange, ItemChange, ScopeDiff, diff
from services.rules.scope.items import (
    Dependency,
    Expectation,
    ExpectationKind,
    ItemKind,
    Scope,
    ScopeItem,
    item_fee,
    schedule_scope,
)

__all__ = [
    "AddDependency",
    "AddExpectation",
    "AddItem",
    "Change",
    "ChangeDependency",
    "Dependency",
    "Expectation",
    "ExpectationKind",
    "FieldChange",
    "ItemChange",
    "ItemKind",
    "RemoveDependency",
    "RemoveExpectation",
    "RemoveItem",
    "ReviseItem",
    "Scope",
    "ScopeDiff",
    "ScopeItem",
    "ScopeProblem",
    "apply_changes",
    "change_from_data",
    "change_to_data",
    "check_scope",
    "diff",
    "item_fee",
    "schedule_scope",
    "scope_fingerprint",
    "scope_from_data",
    "scope_problems",
    "scope_to_data",
]
