"""What the writers of every form of file are given."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.rules.calendars import CalendarTerms, WorkingCalendar
from services.rules.money import Money, format_amount
from services.rules.scope import Scope, ScopeItem


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """When an item is done, as it was computed; floats in working days."""

    start_date: date
    finish_date: date
    early_start: int
    total_float_days: int
    free_float_days: int
    critical: bool


@dataclass(frozen=True, slots=True)
class ExportedPlan:
    """A scope with its dates. `planned` is empty for a draft that cannot be scheduled yet."""

    name: str
    currency: str
    start: date
    terms: CalendarTerms
    scope: Scope
    planned: Mapping[str, PlannedItem]
    calendars: Mapping[str | None, WorkingCalendar]
    """The working days of each calendar by its key, None for the project's, with public holidays filled in."""

    def items(self) -> tuple[ScopeItem, ...]:
        """Every item in outline order; at the end those of a draft that lie below nothing."""
        ordered = self.scope.in_outline_order()
        known = {item.item_key for item in ordered}
        return (*ordered, *(item for item in self.scope.items if item.item_key not in known))

    def amount(self, amount_minor: int | None) -> str | None:
        """An amount as a plain decimal."""
        return None if amount_minor is None else format_amount(Money(amount_minor, self.currency))


def plain(value: Decimal) -> str:
    """A decimal without an exponent and without zeros at its end."""
    return format(value.normalize() + 0, "f")


def percent(bps: int) -> str:
    """Basis points as percent."""
    return plain(Decimal(bps) / 100)
