"""One side of a merge: a scope and its calendars as dictionaries that changes are written into as they are looked at.

Unlike `apply_changes` it refuses nothing: whether a change fits is what the merge finds out, and the result is checked as a
whole at the end.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Self

from services.rules.calendars import CalendarTerms
from services.rules.scope import (
    Accelerate,
    AddDependency,
    AddExpectation,
    AddItem,
    AddItemCalendar,
    Change,
    ChangeCalendar,
    ChangeDependency,
    Dependency,
    Expectation,
    ItemCalendar,
    Pause,
    RemoveDependency,
    RemoveExpectation,
    RemoveItem,
    RemoveItemCalendar,
    ReviseItem,
    Scope,
    ScopeItem,
    item_fee,
)

Identity = tuple[str, str, str]


def identity_of(link: RemoveDependency | ChangeDependency) -> Identity:
    """What tells the link that a change is about from the others of a scope."""
    return (link.predecessor_key, link.successor_key, link.kind.value)


def days_of(pause: Pause) -> frozenset[date]:
    """Every day of a pause."""
    length = (pause.last_day - pause.first_day).days
    return frozenset(pause.first_day + timedelta(days=at) for at in range(length + 1))


def with_days(terms: CalendarTerms, more: Iterable[date], less: Iterable[date]) -> CalendarTerms:
    """Terms with other days off."""
    return replace(terms, days_off=tuple(sorted((set(terms.days_off) - set(less)) | set(more))))


def changed_calendar(terms: CalendarTerms, change: ChangeCalendar) -> CalendarTerms:
    """Terms after a change of them. Another country without a region has none."""
    country, region = terms.country, terms.region
    if change.country is not None and (change.country or None) != country:
        country, region = change.country or None, ""
    return with_days(
        replace(
            terms,
            country=country,
            region=region if change.region is None else change.region,
            weekend=terms.weekend if change.weekend is None else change.weekend,
        ),
        change.add_days_off,
        change.remove_days_off,
    )


def accelerated(item: ScopeItem, change: Accelerate) -> ScopeItem:
    """An item done in fewer days. A premium makes its fee a fixed one."""
    fee = item_fee(item) + change.premium_minor if change.premium_minor else item.fee_minor
    return replace(
        item,
        duration_days=change.duration_days,
        fee_minor=fee,
        cost_minor=item.cost_minor + change.extra_cost_minor,
    )


@dataclass(slots=True)
class State:
    """A scope in parts. `calendar` is the engagement's own; None where the caller gave none."""

    items: dict[str, ScopeItem]
    dependencies: dict[Identity, Dependency]
    expectations: set[Expectation]
    calendars: dict[str, ItemCalendar]
    calendar: CalendarTerms | None

    @classmethod
    def of(cls, scope: Scope, calendar: CalendarTerms | None) -> Self:
        """The parts of a scope."""
        return cls(
            {item.item_key: item for item in scope.items},
            {link.identity: link for link in scope.dependencies},
            set(scope.expectations),
            {each.key: each for each in scope.calendars},
            calendar,
        )

    def terms(self, calendar_key: str | None) -> CalendarTerms | None:
        """The terms of an item calendar, or of the engagement's own; None where it is not there."""
        if calendar_key is None:
            return self.calendar
        found = self.calendars.get(calendar_key)
        return None if found is None else found.terms

    def children_of(self, item_key: str) -> list[str]:
        """The keys of what lies directly below an item."""
        return sorted(key for key, item in self.items.items() if item.parent_key == item_key)

    def links_of(self, item_key: str) -> list[Dependency]:
        """The links drawn on an item."""
        return [
            link
            for link in self.dependencies.values()
            if item_key in (link.predecessor_key, link.successor_key)
        ]

    def apply(self, change: Change) -> None:
        """Write one change down, as far as there is something to write it to."""
        if isinstance(change, AddItem | RemoveItem | ReviseItem | Accelerate):
            self._apply_item(change)
        elif isinstance(change, AddDependency | RemoveDependency | ChangeDependency):
            self._apply_link(change)
        elif isinstance(change, AddExpectation):
            self.expectations.add(change.expectation)
        elif isinstance(change, RemoveExpectation):
            self.expectations.discard(change.expectation)
        else:
            self._apply_calendar(change)

    def _apply_item(self, change: AddItem | RemoveItem | ReviseItem | Accelerate) -> None:
        if isinstance(change, AddItem):
            self.items[change.item.item_key] = change.item
            return
        item = self.items.get(change.item_key)
        if item is None:
            return
        if isinstance(change, ReviseItem):
            self.items[change.item_key] = replace(item, **change.values)
        elif isinstance(change, Accelerate):
            self.items[change.item_key] = accelerated(item, change)
        else:
            del self.items[change.item_key]
            for link in self.links_of(change.item_key):
                del self.dependencies[link.identity]

    def _apply_link(self, change: AddDependency | RemoveDependency | ChangeDependency) -> None:
        if isinstance(change, AddDependency):
            self.dependencies[change.dependency.identity] = change.dependency
            return
        identity = identity_of(change)
        if identity not in self.dependencies:
            return
        if isinstance(change, RemoveDependency):
            del self.dependencies[identity]
        else:
            self.dependencies[identity] = replace(
                self.dependencies[identity],
                lag_days=change.lag_days,
                lag_kind=change.lag_kind,
                max_lag_days=change.max_lag_days,
            )

    def _apply_calendar(
        self, change: Pause | ChangeCalendar | AddItemCalendar | RemoveItemCalendar
    ) -> None:
        if isinstance(change, AddItemCalendar):
            self.calendars[change.calendar.key] = change.calendar
        elif isinstance(change, RemoveItemCalendar):
            self.calendars.pop(change.calendar_key, None)
        elif isinstance(change, Pause):
            days = days_of(change)
            if self.calendar is not None:
                self.calendar = with_days(self.calendar, days, ())
            self.calendars = {
                key: replace(each, terms=with_days(each.terms, days, ()))
                for key, each in self.calendars.items()
            }
        elif change.calendar_key is None:
            if self.calendar is not None:
                self.calendar = changed_calendar(self.calendar, change)
        elif change.calendar_key in self.calendars:
            found = self.calendars[change.calendar_key]
            self.calendars[change.calendar_key] = replace(
                found, terms=changed_calendar(found.terms, change)
            )
