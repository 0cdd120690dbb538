"""What an order arranges besides items: the order of work, pauses, working days, and what may be counted on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.rules.calendars import CalendarTerms, WorkingCalendar
from services.rules.scope import (
    Change,
    ChangeKind,
    Dependency,
    Expectation,
    ItemCalendar,
    Pause,
    ScopeDiff,
)


class ArrangementKind(StrEnum):
    """What is arranged."""

    LINK_ADDED = "link_added"
    LINK_REMOVED = "link_removed"
    LINK_CHANGED = "link_changed"
    PAUSE = "pause"
    CALENDAR_CHANGED = "calendar_changed"
    ITEM_CALENDAR_ADDED = "item_calendar_added"
    ITEM_CALENDAR_REMOVED = "item_calendar_removed"
    ITEM_CALENDAR_CHANGED = "item_calendar_changed"
    EXPECTATION_ADDED = "expectation_added"
    EXPECTATION_REMOVED = "expectation_removed"


_CHANGE_KINDS = {
    ArrangementKind.LINK_ADDED: ChangeKind.RE_SEQUENCE,
    ArrangementKind.LINK_REMOVED: ChangeKind.RE_SEQUENCE,
    ArrangementKind.LINK_CHANGED: ChangeKind.RE_SEQUENCE,
    ArrangementKind.PAUSE: ChangeKind.PAUSE,
    ArrangementKind.CALENDAR_CHANGED: ChangeKind.CALENDAR_CHANGE,
    ArrangementKind.ITEM_CALENDAR_ADDED: ChangeKind.CALENDAR_CHANGE,
    ArrangementKind.ITEM_CALENDAR_REMOVED: ChangeKind.CALENDAR_CHANGE,
    ArrangementKind.ITEM_CALENDAR_CHANGED: ChangeKind.CALENDAR_CHANGE,
    ArrangementKind.EXPECTATION_ADDED: ChangeKind.REWORD,
    ArrangementKind.EXPECTATION_REMOVED: ChangeKind.REWORD,
}


@dataclass(frozen=True, slots=True)
class Arrangement:
    """One thing arranged; the parts that its kind has are set, the others None.

    A link has its states before and after, a calendar likewise (with the key and title of an item calendar, without those of
    the engagement's own), a pause its change and how many agreed working days it takes, an expectation itself.
    """

    arranged: ArrangementKind
    link_before: Dependency | None = None
    link_after: Dependency | None = None
    pause: Pause | None = None
    pause_working_days: int | None = None
    calendar_key: str | None = None
    calendar_title: str | None = None
    calendar_before: CalendarTerms | None = None
    calendar_after: CalendarTerms | None = None
    expectation: Expectation | None = None

    @property
    def kind(self) -> ChangeKind:
        """The kind of change it is."""
        return _CHANGE_KINDS[self.arranged]


def arrangements_of(
    changes: Sequence[Change],
    difference: ScopeDiff,
    *,
    calendar_before: CalendarTerms,
    calendar_after: CalendarTerms,
    working_days: WorkingCalendar,
) -> tuple[Arrangement, ...]:
    """All arrangements: links, pauses, calendars, expectations. Links that go with a removed item are not told apart.

    `working_days` are the days agreed before. What a pause does to calendars is told by the pause alone.
    """
    removed = {item.item_key for item in difference.removed}
    kind = ArrangementKind
    links = [
        *(Arrangement(kind.LINK_ADDED, link_after=link) for link in difference.dependencies_added),
        *(
            Arrangement(kind.LINK_CHANGED, link_before=was, link_after=becomes)
            for was, becomes in difference.dependencies_changed
        ),
        *(
            Arrangement(kind.LINK_REMOVED, link_before=link)
            for link in difference.dependencies_removed
            if removed.isdisjoint((link.predecessor_key, link.successor_key))
        ),
    ]
    pauses = [change for change in changes if isinstance(change, Pause)]
    paused = {
        day
        for pause in pauses
        for day in range(pause.first_day.toordinal(), pause.last_day.toordinal() + 1)
    }
    return (
        *links,
        *(
            Arrangement(
                kind.PAUSE,
                pause=pause,
                pause_working_days=working_days.count_working_days(pause.first_day, pause.last_day),
            )
            for pause in pauses
        ),
        *_calendar(kind.CALENDAR_CHANGED, None, calendar_before, calendar_after, paused),
        *(
            _item_calendar(kind.ITEM_CALENDAR_ADDED, each, None, each.terms)
            for each in difference.calendars_added
        ),
        *(
            found
            for was, becomes in difference.calendars_changed
            for found in _calendar(
                kind.ITEM_CALENDAR_CHANGED, becomes, was.terms, becomes.terms, paused
            )
        ),
        *(
            _item_calendar(kind.ITEM_CALENDAR_REMOVED, each, each.terms, None)
            for each in difference.calendars_removed
        ),
        *(
            Arrangement(kind.EXPECTATION_ADDED, expectation=each)
            for each in difference.expectations_added
        ),
        *(
            Arrangement(kind.EXPECTATION_REMOVED, expectation=each)
            for each in difference.expectations_removed
        ),
    )


def _calendar(
    kind: ArrangementKind,
    calendar: ItemCalendar | None,
    before: CalendarTerms,
    after: CalendarTerms,
    paused: set[int],
) -> list[Arrangement]:
    """A calendar's change, unless it is no more than the pauses."""

    def unpaused(terms: CalendarTerms) -> tuple[object, ...]:
        days = frozenset(day for day in terms.days_off if day.toordinal() not in paused)
        return terms.country, terms.region, terms.weekend, days

    if unpaused(before) == unpaused(after):
        return []
    return [_item_calendar(kind, calendar, before, after)]


def _item_calendar(
    kind: ArrangementKind,
    calendar: ItemCalendar | None,
    before: CalendarTerms | None,
    after: CalendarTerms | None,
) -> Arrangement:
    return Arrangement(
        kind,
        calendar_key=calendar.key if calendar else None,
        calendar_title=calendar.title if calendar else None,
        calendar_before=before,
        calendar_after=after,
    )


def days_off_between(
    before: CalendarTerms, after: CalendarTerms
) -> tuple[tuple[date, ...], tuple[date, ...]]:
    """The own days off that come, and those that go."""
    was, becomes = set(before.days_off), set(after.days_off)
    return tuple(sorted(becomes - was)), tuple(sorted(was - becomes))
