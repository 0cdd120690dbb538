"""The changes that lead from one scope to another: an order that undoes another is written with them."""

from services.rules.calendars import CalendarTerms
from services.rules.scope import (
    AddDependency,
    AddExpectation,
    AddItem,
    AddItemCalendar,
    Change,
    ChangeCalendar,
    ChangeDependency,
    RemoveDependency,
    RemoveExpectation,
    RemoveItem,
    RemoveItemCalendar,
    ReviseItem,
    Scope,
    diff,
)


def changes_between(
    before: Scope,
    after: Scope,
    *,
    calendar_before: CalendarTerms | None = None,
    calendar_after: CalendarTerms | None = None,
) -> tuple[Change, ...]:
    """Changes that make `after` of `before`, in an order in which they apply; none where the two say the same.

    With the terms of the engagement's calendar on both sides, the changes of that calendar come last.
    """
    found = diff(before, after)
    gone = {item.item_key for item in found.removed}
    calendars = _item_calendars(before, after)
    return (
        *calendars[0],
        # Links of an item that goes, go with it.
        *(
            RemoveDependency(link.predecessor_key, link.successor_key, link.kind)
            for link in found.dependencies_removed
            if gone.isdisjoint((link.predecessor_key, link.successor_key))
        ),
        *(AddItem(item) for item in found.added),
        *(
            ReviseItem(each.item_key, {change.field: change.after for change in each.fields})
            for each in found.changed
        ),
        # From the inside out: a summary goes when it is empty.
        *(RemoveItem(item.item_key) for item in reversed(found.removed)),
        *(AddDependency(link) for link in found.dependencies_added),
        *(
            ChangeDependency(
                link.predecessor_key,
                link.successor_key,
                link.kind,
                link.lag_days,
                link.lag_kind,
                link.max_lag_days,
            )
            for _, link in found.dependencies_changed
        ),
        *(RemoveExpectation(each) for each in found.expectations_removed),
        *(AddExpectation(each) for each in found.expectations_added),
        *calendars[1],
        *_calendar(calendar_before, calendar_after),
    )


def _item_calendars(before: Scope, after: Scope) -> tuple[list[Change], list[Change]]:
    """Item calendars: those that come stand first, those that go last. One with another title comes and goes."""
    old = {each.key: each for each in before.calendars}
    new = {each.key: each for each in after.calendars}
    first: list[Change] = [AddItemCalendar(each) for key, each in new.items() if key not in old]
    last: list[Change] = []
    for key, each in old.items():
        if key not in new:
            last.append(RemoveItemCalendar(key))
        elif each.title != new[key].title:
            first += [RemoveItemCalendar(key), AddItemCalendar(new[key])]
        else:
            first += _calendar(each.terms, new[key].terms, key)
    return first, last


def _calendar(
    before: CalendarTerms | None, after: CalendarTerms | None, key: str | None = None
) -> list[Change]:
    """One change of a calendar's terms, or none."""
    if before is None or after is None or before == after:
        return []
    moved = (before.country, before.region) != (after.country, after.region)
    return [
        ChangeCalendar(
            country=(after.country or "") if moved else None,
            region=after.region if moved else None,
            weekend=None if before.weekend == after.weekend else after.weekend,
            add_days_off=tuple(sorted(set(after.days_off) - set(before.days_off))),
            remove_days_off=tuple(sorted(set(before.days_off) - set(after.days_off))),
            calendar_key=key,
        )
    ]
