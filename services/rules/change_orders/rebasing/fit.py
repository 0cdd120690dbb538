"""Whether what was kept fits together: changes may lean on one another, and a plan must come out."""

from collections.abc import Collection, Sequence
from typing import Any

from services.rules.calendars import CalendarTerms
from services.rules.change_orders.rebasing.conflicts import ConflictKind, RebaseConflict
from services.rules.change_orders.rebasing.states import State
from services.rules.errors import DomainError
from services.rules.scope import (
    AddDependency,
    AddItem,
    Change,
    ItemKind,
    RemoveItem,
    ReviseItem,
    Scope,
    apply_calendar_changes,
    apply_changes,
)

Kept = tuple[int, Change]
"""A change with its place in the order."""

_KIND = ConflictKind


def fitting(
    kept: Sequence[Kept],
    base: Scope,
    current: Scope,
    locked_keys: Collection[str],
    calendar: CalendarTerms | None,
) -> tuple[list[Kept], list[RebaseConflict]]:
    """Those of the kept changes that fit the current scope together, and a conflict for every other."""
    known = {item.item_key for item in base.items}
    remaining, conflicts = list(kept), []
    while True:
        after = State.of(current, None)
        for _, change in remaining:
            after.apply(change)
        # What the order itself takes out in the end may be linked before.
        gone = {change.item_key for _, change in remaining if isinstance(change, RemoveItem)}
        fits: list[Kept] = []
        for place, change in remaining:
            conflict, rest = _hanging(place, change, after, known, gone)
            if conflict is not None:
                conflicts.append(conflict)
            if rest is not None:
                fits.append((place, rest))
        if fits == remaining:
            break
        remaining = fits
    return _sound(remaining, conflicts, current, locked_keys, calendar)


def _hanging(
    place: int, change: Change, after: State, known: Collection[str], gone: Collection[str]
) -> tuple[RebaseConflict | None, Change | None]:
    """A conflict where something that the change refers to is not there in the end, and what is left of the change."""
    if isinstance(change, AddItem | ReviseItem):
        values: Any = change.values if isinstance(change, ReviseItem) else None
        key = change.item.item_key if isinstance(change, AddItem) else change.item_key
        parent = change.item.parent_key if isinstance(change, AddItem) else values.get("parent_key")
        holder = after.items.get(parent) if parent is not None else None
        if parent is None or (holder is not None and holder.kind is ItemKind.SUMMARY):
            return None, change
        conflict = RebaseConflict(
            place,
            _KIND.PARENT_GONE if parent in known else _KIND.NEEDS_ANOTHER,
            f"{parent}, which {key} is to lie in, is no summary of the scope any more.",
            item_key=key,
            field="parent_key",
            ours=parent,
        )
        if values is None:
            return conflict, None
        rest = {name: value for name, value in values.items() if name != "parent_key"}
        return conflict, ReviseItem(key, rest) if rest else None
    if isinstance(change, AddDependency):
        link = change.dependency
        for key in (link.predecessor_key, link.successor_key):
            if key not in after.items and key not in gone:
                kind = _KIND.ITEM_REMOVED if key in known else _KIND.NEEDS_ANOTHER
                message = f"The item {key}, which is to be linked, is not in the scope any more."
                return RebaseConflict(place, kind, message, item_key=key), None
    return None, change


def _sound(
    kept: list[Kept],
    conflicts: list[RebaseConflict],
    current: Scope,
    locked_keys: Collection[str],
    calendar: CalendarTerms | None,
) -> tuple[list[Kept], list[RebaseConflict]]:
    """The largest part of the changes, found greedily from the end, that makes a sound scope."""

    def refusal(changes: Sequence[Kept]) -> DomainError | None:
        plain = [change for _, change in changes]
        if not plain:
            return None
        try:
            apply_changes(current, plain, locked_keys=locked_keys)
            if calendar is not None:
                apply_calendar_changes(calendar, plain)
        except DomainError as error:
            return error
        return None

    first = refusal(kept)
    if first is None:
        return kept, conflicts
    fits, left_out = list(kept), []
    while fits and refusal(fits) is not None:
        left_out.append(fits.pop())
    for each in reversed(left_out):
        tried = sorted([*fits, each], key=lambda pair: pair[0])
        refused = refusal(tried)
        if refused is None:
            fits = tried
        else:
            conflicts.append(RebaseConflict(each[0], _KIND.COMBINATION_INVALID, refused.message))
    return fits, conflicts


def in_order(conflicts: Sequence[RebaseConflict]) -> tuple[RebaseConflict, ...]:
    """Conflicts by the place of their change; those of one change as they were found."""
    return tuple(sorted(conflicts, key=lambda each: each.change))
