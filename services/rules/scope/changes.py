"""The changes a change order is made of, and their application to a scope.

Changes apply in the order given, each to what the ones before it left; the result is checked as a whole at the end, so a change
may lean on a later one. Nothing is guessed: a change that does not fit the scope is refused by its place in the list, in
`details["change"]` (from 0). The one thing that follows by itself: the dependencies of a removed item go with it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from services.rules.errors import InvalidInput, NotFound, RuleViolation
from services.rules.schedule import LagKind, LinkKind
from services.rules.scope.checks import check_scope
from services.rules.scope.items import Dependency, Expectation, Scope, ScopeItem

REVISABLE_FIELDS: Final = frozenset(field.name for field in fields(ScopeItem)) - {"item_key"}
"""What a revision may set: everything but the key, which is the item's identity."""


@dataclass(frozen=True, slots=True)
class AddItem:
    """A new item under a key that is not in use."""

    item: ScopeItem


@dataclass(frozen=True, slots=True)
class RemoveItem:
    """An item goes, with the dependencies drawn on it. A summary can go only when it is empty by then."""

    item_key: str


@dataclass(frozen=True, slots=True)
class ReviseItem:
    """New values for some fields of an item, by the names of `ScopeItem`."""

    item_key: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AddDependency:
    """A new link between two items."""

    dependency: Dependency


@dataclass(frozen=True, slots=True)
class RemoveDependency:
    """A link goes."""

    predecessor_key: str
    successor_key: str
    kind: LinkKind = LinkKind.FINISH_TO_START


@dataclass(frozen=True, slots=True)
class ChangeDependency:
    """A link keeps its ends and its kind, and gets another lag."""

    predecessor_key: str
    successor_key: str
    kind: LinkKind = LinkKind.FINISH_TO_START
    lag_days: int = 0
    lag_kind: LagKind = LagKind.WORKING


@dataclass(frozen=True, slots=True)
class AddExpectation:
    """A further exclusion, assumption or result not guaranteed."""

    expectation: Expectation


@dataclass(frozen=True, slots=True)
class RemoveExpectation:
    """An expectation no longer holds."""

    expectation: Expectation


Change = (
    AddItem
    | RemoveItem
    | ReviseItem
    | AddDependency
    | RemoveDependency
    | ChangeDependency
    | AddExpectation
    | RemoveExpectation
)


def apply_changes(
    scope: Scope, changes: Sequence[Change], *, locked_keys: Collection[str] = frozenset()
) -> Scope:
    """The scope after `changes`, checked.

    Items in `locked_keys` (accepted or invoiced ones) can be neither removed nor revised. Raises NotFound (ITEM_NOT_FOUND,
    DEPENDENCY_NOT_FOUND, EXPECTATION_NOT_FOUND), RuleViolation (ITEM_EXISTS, ITEM_LOCKED, SUMMARY_NOT_EMPTY,
    DEPENDENCY_EXISTS, EXPECTATION_EXISTS), InvalidInput (CHANGES_EMPTY, FIELD_NOT_REVISABLE, and SCOPE_INVALID for the
    result as a whole).
    """
    if not changes:
        raise InvalidInput(
            "A change order changes something.", code="CHANGES_EMPTY", field="changes"
        )
    state = _State(
        {item.item_key: item for item in scope.items},
        {dependency.identity: dependency for dependency in scope.dependencies},
        dict.fromkeys(scope.expectations),
        frozenset(locked_keys),
    )
    for position, change in enumerate(changes):
        state.apply(change, position)
    changed = Scope(
        tuple(state.items.values()), tuple(state.dependencies.values()), tuple(state.expectations)
    )
    check_scope(changed)
    return changed


@dataclass(slots=True)
class _State:
    items: dict[str, ScopeItem]
    dependencies: dict[tuple[str, str, str], Dependency]
    expectations: dict[Expectation, None]
    locked: frozenset[str]

    def apply(self, change: Change, position: int) -> None:
        if isinstance(change, AddItem):
            self._add_item(change.item, position)
        elif isinstance(change, RemoveItem):
            self._remove_item(change.item_key, position)
        elif isinstance(change, ReviseItem):
            self._revise_item(change, position)
        elif isinstance(change, AddDependency):
            self._add_dependency(change.dependency, position)
        elif isinstance(change, RemoveDependency | ChangeDependency):
            self._alter_dependency(change, position)
        else:
            self._alter_expectation(change, position)

    def _found(self, item_key: str, position: int) -> ScopeItem:
        item = self.items.get(item_key)
        if item is None:
            raise NotFound(
                f"The scope has no item {item_key}.",
                code="ITEM_NOT_FOUND",
                field=f"changes.{position}.item_key",
                change=position,
            )
        if item_key in self.locked:
            raise RuleViolation(
                f"{item_key} is accepted or invoiced and cannot be changed any more.",
                code="ITEM_LOCKED",
                field=f"changes.{position}.item_key",
                change=position,
            )
        return item

    def _add_item(self, item: ScopeItem, position: int) -> None:
        if item.item_key in self.items:
            raise RuleViolation(
                f"The scope has an item {item.item_key} already.",
                code="ITEM_EXISTS",
                field=f"changes.{position}.item_key",
                change=position,
            )
        self.items[item.item_key] = item

    def _remove_item(self, item_key: str, position: int) -> None:
        self._found(item_key, position)
        if any(item.parent_key == item_key for item in self.items.values()):
            raise RuleViolation(
                f"{item_key} still holds items: remove or move them first.",
                code="SUMMARY_NOT_EMPTY",
                field=f"changes.{position}.item_key",
                change=position,
            )
        del self.items[item_key]
        self.dependencies = {
            identity: dependency
            for identity, dependency in self.dependencies.items()
            if item_key not in (dependency.predecessor_key, dependency.successor_key)
        }

    def _revise_item(self, change: ReviseItem, position: int) -> None:
        item = self._found(change.item_key, position)
        if not change.values:
            raise InvalidInput(
                f"Nothing is revised at {change.item_key}.",
                code="CHANGES_EMPTY",
                field=f"changes.{position}.values",
                change=position,
            )
        for name in change.values:
            if name not in REVISABLE_FIELDS:
                raise InvalidInput(
                    f"An item has no {name!r:.40} that could be revised.",
                    code="FIELD_NOT_REVISABLE",
                    field=f"changes.{position}.values",
                    change=position,
                )
        self.items[change.item_key] = replace(item, **change.values)

    def _add_dependency(self, dependency: Dependency, position: int) -> None:
        if dependency.identity in self.dependencies:
            raise RuleViolation(
                f"{dependency.successor_key} depends on {dependency.predecessor_key} that way already.",
                code="DEPENDENCY_EXISTS",
                field=f"changes.{position}",
                change=position,
            )
        self.dependencies[dependency.identity] = dependency

    def _alter_dependency(self, change: RemoveDependency | ChangeDependency, position: int) -> None:
        identity = (change.predecessor_key, change.successor_key, change.kind.value)
        if identity not in self.dependencies:
            raise NotFound(
                f"{change.successor_key} does not depend on {change.predecessor_key} that way.",
                code="DEPENDENCY_NOT_FOUND",
                field=f"changes.{position}",
                change=position,
            )
        if isinstance(change, RemoveDependency):
            del self.dependencies[identity]
        else:
            self.dependencies[identity] = replace(
                self.dependencies[identity], lag_days=change.lag_days, lag_kind=change.lag_kind
            )

    def _alter_expectation(self, change: AddExpectation | RemoveExpectation, position: int) -> None:
        expectation = change.expectation
        present = expectation in self.expectations
        if isinstance(change, AddExpectation):
            if present:
                raise RuleViolation(
                    "The scope says so already.",
                    code="EXPECTATION_EXISTS",
                    field=f"changes.{position}",
                    change=position,
                )
            self.expectations[expectation] = None
        else:
            if not present:
                raise NotFound(
                    "The scope says no such thing.",
                    code="EXPECTATION_NOT_FOUND",
                    field=f"changes.{position}",
                    change=position,
                )
            del self.expectations[expectation]
