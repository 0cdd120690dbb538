"""What came of carrying an order over: the changes that still fit, and what is told about the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.rules.scope import Change


class ConflictKind(StrEnum):
    """Why a change, or one field of it, does not fit the current scope."""

    FIELD_CHANGED_TWICE = "field_changed_twice"
    """Both set the same field, to different values."""
    ITEM_REMOVED = "item_removed"
    """What ours touches was taken out meanwhile."""
    ITEM_CHANGED = "item_changed"
    """Ours takes out what was changed meanwhile."""
    ITEM_ADDED_TWICE = "item_added_twice"
    """Both add something under the same key, and not the same."""
    ITEM_LOCKED = "item_locked"
    """The item was accepted or invoiced meanwhile."""
    ITEM_DEPENDED_ON = "item_depended_on"
    """Ours takes out an item that was linked to another meanwhile."""
    PARENT_GONE = "parent_gone"
    """The summary it is to lie in is not there any more."""
    SUMMARY_FILLED = "summary_filled"
    """Ours takes out a summary that was given items meanwhile."""
    DEPENDENCY_CHANGED_TWICE = "dependency_changed_twice"
    """Both set the lags of the same link differently, or one takes out what the other changed."""
    DEPENDENCY_REMOVED = "dependency_removed"
    """The link that ours changes was taken out meanwhile."""
    CALENDAR_CHANGED_TWICE = "calendar_changed_twice"
    """Both set the same term of a calendar differently, or one takes out what the other changed."""
    CALENDAR_REMOVED = "calendar_removed"
    """The calendar that ours changes or names was taken out meanwhile."""
    PAUSE_OVERLAPS = "pause_overlaps"
    """Part of the pause was taken off by another order already."""
    NEEDS_ANOTHER = "needs_another"
    """It leans on a change of the same order that is in conflict itself."""
    COMBINATION_INVALID = "combination_invalid"
    """Each fits alone, but not together: a cycle of dependencies, for instance."""


@dataclass(frozen=True, slots=True)
class RebaseConflict:
    """One disagreement. `change` is the place in the order's list of changes, from 0.

    `base`, `ours` and `theirs` are the values on the three sides, None where there is none; of an item or a link as a whole,
    the fields that differ by name.
    """

    change: int
    kind: ConflictKind
    message: str
    item_key: str | None = None
    field: str | None = None
    base: Any = None
    ours: Any = None
    theirs: Any = None


@dataclass(frozen=True, slots=True)
class RebaseNote:
    """A change, or one field of it, that dropped out because the scope says so already."""

    change: int
    message: str
    item_key: str | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Rebased:
    """The changes that still fit the current scope, in their order, and why the others do not."""

    changes: tuple[Change, ...]
    conflicts: tuple[RebaseConflict, ...] = ()
    notes: tuple[RebaseNote, ...] = ()


def differing(one: Any, other: Any, names: tuple[str, ...]) -> tuple[Mapping[str, Any], ...]:
    """The named fields in which two values differ, on both sides."""
    unequal = [name for name in names if getattr(one, name) != getattr(other, name)]
    return (
        {name: getattr(one, name) for name in unequal},
        {name: getattr(other, name) for name in unequal},
    )
