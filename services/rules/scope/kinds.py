"""What kinds of change an order is made of, as its title or a list of orders names them."""

from collections.abc import Sequence
from dataclasses import fields, replace
from enum import StrEnum
from typing import Final

from services.rules.scope.changes import (
    Accelerate,
    AddDependency,
    AddExpectation,
    AddItem,
    Change,
    ChangeDependency,
    Pause,
    RemoveDependency,
    RemoveExpectation,
    RemoveItem,
    ReviseItem,
)
from services.rules.scope.items import Scope, ScopeItem


class ChangeKind(StrEnum):
    """What a change does, in the words of people who sign change orders."""

    ADD = "add"
    REMOVE = "remove"
    RE_ESTIMATE = "re_estimate"
    RE_PRICE = "re_price"
    RE_SEQUENCE = "re_sequence"
    PAUSE = "pause"
    ACCELERATE = "accelerate"
    CALENDAR_CHANGE = "calendar_change"
    REWORD = "reword"


KIND_OF_FIELD: Final = {
    "kind": ChangeKind.RE_ESTIMATE,
    "quantity": ChangeKind.RE_ESTIMATE,
    "effort_minutes": ChangeKind.RE_ESTIMATE,
    "duration_days": ChangeKind.RE_ESTIMATE,
    "allocation_bps": ChangeKind.RE_ESTIMATE,
    "cost_minor": ChangeKind.RE_ESTIMATE,
    "rate_minor": ChangeKind.RE_PRICE,
    "fee_minor": ChangeKind.RE_PRICE,
    "tax_code": ChangeKind.RE_PRICE,
    "tax_bps": ChangeKind.RE_PRICE,
    "parent_key": ChangeKind.RE_SEQUENCE,
    "position": ChangeKind.RE_SEQUENCE,
    "constraint_kind": ChangeKind.RE_SEQUENCE,
    "constraint_date": ChangeKind.RE_SEQUENCE,
    "calendar_key": ChangeKind.CALENDAR_CHANGE,
}
"""The rest of an item's fields are words."""


def change_kinds(base: Scope, changes: Sequence[Change]) -> frozenset[ChangeKind]:
    """The kinds of `changes` on `base`. A revision counts by the fields that come to differ; one of a new item is part of it."""
    items = {item.item_key: item for item in base.items}
    added: set[str] = set()
    found: set[ChangeKind] = set()
    for change in changes:
        if isinstance(change, AddItem):
            added.add(change.item.item_key)
            found.add(ChangeKind.ADD)
        elif isinstance(change, RemoveItem):
            found.add(ChangeKind.REMOVE)
        elif isinstance(change, ReviseItem):
            item = items.get(change.item_key)
            if item is None or change.item_key in added:
                continue
            revised = replace(item, **change.values)
            found |= _kinds_of_revision(item, revised)
            items[change.item_key] = revised
        elif isinstance(change, Accelerate):
            found.add(ChangeKind.ACCELERATE)
        elif isinstance(change, AddDependency | RemoveDependency | ChangeDependency):
            found.add(ChangeKind.RE_SEQUENCE)
        elif isinstance(change, AddExpectation | RemoveExpectation):
            found.add(ChangeKind.REWORD)
        elif isinstance(change, Pause):
            found.add(ChangeKind.PAUSE)
        else:
            found.add(ChangeKind.CALENDAR_CHANGE)
    return frozenset(found)


def _kinds_of_revision(before: ScopeItem, after: ScopeItem) -> set[ChangeKind]:
    return {
        KIND_OF_FIELD.get(field.name, ChangeKind.REWORD)
        for field in fields(ScopeItem)
        if getattr(before, field.name) != getattr(after, field.name)
    }
