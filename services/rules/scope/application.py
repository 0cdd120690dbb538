"""Changes applied to a scope.

They apply in the order given, each to what the ones before it left; the result is checked as a whole at the end, so a change
may lean on a later one. Nothing is guessed: a change that does not fit the scope is refused by its place in the list, in
`details["change"]` (from 0) and, with the operation and what of it is wrong, in the field: `changes.3.revise_item.key`. The
one thing that follows by itself: the dependencies of a removed item go with it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from services.rules.errors import InvalidInput, NotFound, RuleViolation
from services.rules.scope.calendar_changes import changed_terms, check_pause, paused
from services.rules.scope.changes import (
    REVISABLE_FIELDS,
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
from services.rules.scope.checks import check_scope
from services.rules.scope.items import (
    Dependency,
    Expectation,
    ItemCalendar,
    ItemKind,
    Scope,
    ScopeItem,
    item_fee,
)


def apply_changes(
    scope: Scope,
    changes: Sequence[Change],
    *,
    locked_keys: Collection[str] = frozenset(),
    is_sound: bool = False,
) -> Scope:
    """The scope after `changes`, checked; of a scope that `is_sound` already, only what they touch is looked at line by line.

    Items in `locked_keys` (accepted or invoiced ones) can be neither removed nor revised. What a pause or a calendar change
    does to the engagement's own calendar is for `apply_calendar_changes`; here they reach the item calendars. Raises NotFound
    (ITEM_NOT_FOUND, DEPENDENCY_NOT_FOUND, EXPECTATION_NOT_FOUND, CALENDAR_NOT_FOUND), RuleViolation (ITEM_EXISTS,
    ITEM_LOCKED, SUMMARY_NOT_EMPTY, DEPENDENCY_EXISTS, EXPECTATION_EXISTS, CALENDAR_EXISTS,
    ACCELERATION_DOES_NOT_SHORTEN), InvalidInput (CHANGES_EMPTY, FIELD_NOT_REVISABLE, ACCELERATION_INVALID, and
    SCOPE_INVALID for the result as a whole), and what a pause or a calendar's change is refused for.
    """
    changed = apply_unchecked(scope, changes, locked_keys=locked_keys)
    check_scope(changed, sound=scope if is_sound else None)
    return changed


def apply_unchecked(
    scope: Scope, changes: Sequence[Change], *, locked_keys: Collection[str] = frozenset()
) -> Scope:
    """As `apply_changes`, without the check of the result as a whole: a draft may be incomplete."""
    if not changes:
        raise InvalidInput(
            "A change order changes something.", code="CHANGES_EMPTY", field="changes"
        )
    state = _State(
        {item.item_key: item for item in scope.items},
        {dependency.identity: dependency for dependency in scope.dependencies},
        dict.fromkeys(scope.expectations),
        {calendar.key: calendar for calendar in scope.calendars},
        frozenset(locked_keys),
    )
    for position, change in enumerate(changes):
        state.apply(change, position)
    return Scope(
        tuple(state.items.values()),
        tuple(state.dependencies.values()),
        tuple(state.expectations),
        tuple(state.calendars.values()),
    )


@dataclass(slots=True)
class _State:
    items: dict[str, ScopeItem]
    dependencies: dict[tuple[str, str, str], Dependency]
    expectations: dict[Expectation, None]
    calendars: dict[str, ItemCalendar]
    locked: frozenset[str]

    def apply(self, change: Change, position: int) -> None:
        if isinstance(change, AddItem):
            self._add_item(change.item, position)
        elif isinstance(change, RemoveItem):
            self._remove_item(change.item_key, position)
        elif isinstance(change, ReviseItem):
            self._revise_item(change, position)
        elif isinstance(change, Accelerate):
            self._accelerate(change, position)
        elif isinstance(change, AddDependency):
            self._add_dependency(change.dependency, position)
        elif isinstance(change, RemoveDependency | ChangeDependency):
            self._alter_dependency(change, position)
        elif isinstance(change, AddExpectation | RemoveExpectation):
            self._alter_expectation(change, position)
        elif isinstance(change, Pause):
            self._pause(change, position)
        else:
            self._alter_calendar(change, position)

    def _found(self, item_key: str, position: int, field: str) -> ScopeItem:
        item = self.items.get(item_key)
        if item is None:
            raise NotFound(
                f"The scope has no item {item_key}.",
                code="ITEM_NOT_FOUND",
                field=f"changes.{position}.{field}",
                change=position,
            )
        if item_key in self.locked:
            raise RuleViolation(
                f"{item_key} is accepted or invoiced and cannot be changed any more.",
                code="ITEM_LOCKED",
                field=f"changes.{position}.{field}",
                change=position,
            )
        return item

    def _add_item(self, item: ScopeItem, position: int) -> None:
        if item.item_key in self.items:
            raise RuleViolation(
                f"The scope has an item {item.item_key} already.",
                code="ITEM_EXISTS",
                field=f"changes.{position}.add_item.key",
                change=position,
            )
        self.items[item.item_key] = item

    def _remove_item(self, item_key: str, position: int) -> None:
        self._found(item_key, position, "remove_item")
        if any(item.parent_key == item_key for item in self.items.values()):
            raise RuleViolation(
                f"{item_key} still holds items: remove or move them first.",
                code="SUMMARY_NOT_EMPTY",
                field=f"changes.{position}.remove_item",
                change=position,
            )
        del self.items[item_key]
        self.dependencies = {
            identity: dependency
            for identity, dependency in self.dependencies.items()
            if item_key not in (dependency.predecessor_key, dependency.successor_key)
        }

    def _revise_item(self, change: ReviseItem, position: int) -> None:
        item = self._found(change.item_key, position, "revise_item.key")
        if not change.values:
            raise InvalidInput(
                f"Nothing is revised at {change.item_key}.",
                code="CHANGES_EMPTY",
                field=f"changes.{position}.revise_item",
                change=position,
            )
        for name in change.values:
            if name not in REVISABLE_FIELDS:
                raise InvalidInput(
                    f"An item has no {name!r:.40} that could be revised.",
                    code="FIELD_NOT_REVISABLE",
                    field=f"changes.{position}.revise_item",
                    change=position,
                )
        self.items[change.item_key] = replace(item, **change.values)

    def _accelerate(self, change: Accelerate, position: int) -> None:
        item = self._found(change.item_key, position, "accelerate.key")
        path = f"changes.{position}.accelerate"
        for field, value, least in (
            ("duration_days", change.duration_days, 1),
            ("premium", change.premium_minor, 0),
            ("extra_cost", change.extra_cost_minor, 0),
        ):
            if type(value) is not int or value < least:
                raise InvalidInput(
                    f"The {field.removesuffix('_days').replace('_', ' ')} of an acceleration begins at {least}.",
                    code="ACCELERATION_INVALID",
                    field=f"{path}.{field}",
                    change=position,
                )
        if item.kind is ItemKind.SUMMARY or change.duration_days >= item.duration_days:
            takes = (
                "is a summary: what it holds can be accelerated"
                if item.kind is ItemKind.SUMMARY
                else f"takes {item.duration_days} days as it is"
            )
            raise RuleViolation(
                f"{change.item_key} {takes}.",
                code="ACCELERATION_DOES_NOT_SHORTEN",
                field=f"{path}.duration_days",
                change=position,
            )
        fee = item.fee_minor
        if change.premium_minor:
            fee = item_fee(item) + change.premium_minor
        self.items[change.item_key] = replace(
            item,
            duration_days=change.duration_days,
            fee_minor=fee,
            cost_minor=item.cost_minor + change.extra_cost_minor,
        )

    def _add_dependency(self, dependency: Dependency, position: int) -> None:
        if dependency.identity in self.dependencies:
            raise RuleViolation(
                f"{dependency.successor_key} depends on {dependency.predecessor_key} that way already.",
                code="DEPENDENCY_EXISTS",
                field=f"changes.{position}.add_dependency",
                change=position,
            )
        self.dependencies[dependency.identity] = dependency

    def _alter_dependency(self, change: RemoveDependency | ChangeDependency, position: int) -> None:
        identity = (change.predecessor_key, change.successor_key, change.kind.value)
        if identity not in self.dependencies:
            named = "remove" if isinstance(change, RemoveDependency) else "change"
            raise NotFound(
                f"{change.successor_key} does not depend on {change.predecessor_key} that way.",
                code="DEPENDENCY_NOT_FOUND",
                field=f"changes.{position}.{named}_dependency",
                change=position,
            )
        if isinstance(change, RemoveDependency):
            del self.dependencies[identity]
        else:
            self.dependencies[identity] = replace(
                self.dependencies[identity],
                lag_days=change.lag_days,
                lag_kind=change.lag_kind,
                max_lag_days=change.max_lag_days,
            )

    def _alter_expectation(self, change: AddExpectation | RemoveExpectation, position: int) -> None:
        expectation = change.expectation
        present = expectation in self.expectations
        if isinstance(change, AddExpectation):
            if present:
                raise RuleViolation(
                    "The scope says so already.",
                    code="EXPECTATION_EXISTS",
                    field=f"changes.{position}.add_expectation",
                    change=position,
                )
            self.expectations[expectation] = None
        else:
            if not present:
                raise NotFound(
                    "The scope says no such thing.",
                    code="EXPECTATION_NOT_FOUND",
                    field=f"changes.{position}.remove_expectation",
                    change=position,
                )
            del self.expectations[expectation]

    def _pause(self, pause: Pause, position: int) -> None:
        check_pause(pause, position)
        for key, calendar in self.calendars.items():
            self.calendars[key] = replace(calendar, terms=paused(calendar.terms, pause, position))

    def _alter_calendar(
        self, change: ChangeCalendar | AddItemCalendar | RemoveItemCalendar, position: int
    ) -> None:
        if isinstance(change, AddItemCalendar):
            if change.calendar.key in self.calendars:
                raise RuleViolation(
                    f"The scope has a calendar {change.calendar.key} already.",
                    code="CALENDAR_EXISTS",
                    field=f"changes.{position}.add_item_calendar.key",
                    change=position,
                )
            self.calendars[change.calendar.key] = change.calendar
        elif change.calendar_key is not None:
            found = self.calendars.get(change.calendar_key)
            if found is None:
                named = "change_calendar.calendar_key"
                raise NotFound(
                    f"The scope has no calendar {change.calendar_key}.",
                    code="CALENDAR_NOT_FOUND",
                    field=f"changes.{position}."
                    + ("remove_item_calendar" if isinstance(change, RemoveItemCalendar) else named),
                    change=position,
                )
            if isinstance(change, RemoveItemCalendar):
                del self.calendars[change.calendar_key]
            else:
                terms = changed_terms(found.terms, change, position)
                self.calendars[change.calendar_key] = replace(found, terms=terms)
