"""What differs between two states of a scope."""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from services.rules.scope.items import Dependency, Expectation, ItemCalendar, Scope, ScopeItem


class ItemField(StrEnum):
    """The fields of an item that can differ, by their names in `ScopeItem`; what is an amount goes without its unit."""

    TITLE = "title"
    KIND = "kind"
    PARENT_KEY = "parent_key"
    POSITION = "position"
    DESCRIPTION = "description"
    QUANTITY = "quantity"
    UNIT = "unit"
    EFFORT_MINUTES = "effort_minutes"
    RATE = "rate_minor"
    FIXED_FEE = "fee_minor"
    COST = "cost_minor"
    TAX_CODE = "tax_code"
    TAX_BPS = "tax_bps"
    DURATION_DAYS = "duration_days"
    CONSTRAINT_KIND = "constraint_kind"
    CONSTRAINT_DATE = "constraint_date"
    ACCEPTANCE_CRITERIA = "acceptance_criteria"
    DELIVERABLE = "deliverable"
    CALENDAR_KEY = "calendar_key"
    ALLOCATION_BPS = "allocation_bps"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of an item, by its name in `ScopeItem`."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ItemChange:
    """The fields of one item that differ, in the order they are declared."""

    item_key: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class ScopeDiff:
    """The difference of two scopes: items in the outline order of the state they are in, changed ones of the later state.

    A dependency with another lag stands in `dependencies_changed` as (before, after), a calendar with other terms likewise.
    """

    added: tuple[ScopeItem, ...]
    removed: tuple[ScopeItem, ...]
    changed: tuple[ItemChange, ...]
    dependencies_added: tuple[Dependency, ...]
    dependencies_removed: tuple[Dependency, ...]
    dependencies_changed: tuple[tuple[Dependency, Dependency], ...]
    expectations_added: tuple[Expectation, ...]
    expectations_removed: tuple[Expectation, ...]
    calendars_added: tuple[ItemCalendar, ...] = ()
    calendars_removed: tuple[ItemCalendar, ...] = ()
    calendars_changed: tuple[tuple[ItemCalendar, ItemCalendar], ...] = ()

    def is_empty(self) -> bool:
        """Whether the two scopes say the same."""
        return not any(getattr(self, field.name) for field in fields(self))


def diff(before: Scope, after: Scope) -> ScopeDiff:
    """What leads from `before` to `after`; the order in which parts are listed is no difference."""
    old = {item.item_key: item for item in before.items}
    new = {item.item_key: item for item in after.items}
    old_links = {link.identity: link for link in before.dependencies}
    new_links = {link.identity: link for link in after.dependencies}
    old_calendars = {calendar.key: calendar for calendar in before.calendars}
    new_calendars = {calendar.key: calendar for calendar in after.calendars}
    changed = (
        _item_change(old[item.item_key], item)
        for item in after.in_outline_order()
        if item.item_key in old and old[item.item_key] is not item
    )
    return ScopeDiff(
        added=tuple(item for item in after.in_outline_order() if item.item_key not in old),
        removed=tuple(item for item in before.in_outline_order() if item.item_key not in new),
        changed=tuple(change for change in changed if change.fields),
        dependencies_added=tuple(
            link for identity, link in new_links.items() if identity not in old_links
        ),
        dependencies_removed=tuple(
            link for identity, link in old_links.items() if identity not in new_links
        ),
        dependencies_changed=tuple(
            (old_links[identity], link)
            for identity, link in new_links.items()
            if identity in old_links and old_links[identity] != link
        ),
        expectations_added=tuple(
            each for each in after.expectations if each not in before.expectations
        ),
        expectations_removed=tuple(
            each for each in before.expectations if each not in after.expectations
        ),
        calendars_added=tuple(
            each for key, each in new_calendars.items() if key not in old_calendars
        ),
        calendars_removed=tuple(
            each for key, each in old_calendars.items() if key not in new_calendars
        ),
        calendars_changed=tuple(
            (old_calendars[key], each)
            for key, each in new_calendars.items()
            if key in old_calendars and old_calendars[key] != each
        ),
    )


def _item_change(before: ScopeItem, after: ScopeItem) -> ItemChange:
    return ItemChange(
        after.item_key,
        tuple(
            FieldChange(field.name, getattr(before, field.name), getattr(after, field.name))
            for field in fields(ScopeItem)
            if getattr(before, field.name) != getattr(after, field.name)
        ),
    )
