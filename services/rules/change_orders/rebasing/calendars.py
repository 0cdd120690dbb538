"""The merge of calendars: pauses, other working days, and the calendars that items name."""

from dataclasses import replace
from typing import Any

from services.rules.calendars import CalendarTerms
from services.rules.change_orders.rebasing.conflicts import (
    ConflictKind,
    RebaseConflict,
    RebaseNote,
    differing,
)
from services.rules.change_orders.rebasing.states import State, changed_calendar, days_of
from services.rules.scope import (
    AddItemCalendar,
    Change,
    ChangeCalendar,
    Pause,
    RemoveItemCalendar,
)

_KIND = ConflictKind


class CalendarMerge:
    """The two sides, and what came of the changes so far; the part of a merge that is about calendars."""

    def __init__(self, ours: State, theirs: State) -> None:
        self.ours, self.theirs = ours, theirs
        self.conflicts: list[RebaseConflict] = []
        self.notes: list[RebaseNote] = []

    def kept_of_calendar(
        self, place: int, change: Pause | ChangeCalendar | AddItemCalendar | RemoveItemCalendar
    ) -> Change | None:
        """What is kept of a change of a calendar."""
        if isinstance(change, Pause):
            return self._pause(place, change)
        if isinstance(change, ChangeCalendar):
            return self._change(place, change)
        if isinstance(change, AddItemCalendar):
            return self._add(place, change)
        return self._remove(place, change)

    def _clash(self, place: int, kind: ConflictKind, message: str, **more: Any) -> None:
        self.conflicts.append(RebaseConflict(place, kind, message, **more))

    def _done(self, place: int, message: str, **more: Any) -> None:
        self.notes.append(RebaseNote(place, message, **more))

    def _pause(self, place: int, change: Pause) -> Pause | None:
        was, there = self.ours.calendar, self.theirs.calendar
        if was is None or there is None:
            return change
        days = days_of(change)
        taken = days & (set(there.days_off) - set(was.days_off))
        if not taken:
            return change
        if days <= set(there.days_off):
            self._done(place, f"Work stops from {change.first_day} to {change.last_day} already.")
            return None
        message = f"{len(taken)} days of the pause were taken off meanwhile."
        theirs = [min(taken).isoformat(), max(taken).isoformat()]
        ours = [change.first_day.isoformat(), change.last_day.isoformat()]
        self._clash(
            place, _KIND.PAUSE_OVERLAPS, message, field="days_off", ours=ours, theirs=theirs
        )
        return None

    def _change(self, place: int, change: ChangeCalendar) -> ChangeCalendar | None:
        was, there = self.ours.terms(change.calendar_key), self.theirs.terms(change.calendar_key)
        if there is None or was is None:
            if change.calendar_key is None:
                return change
            self._gone(place, change.calendar_key)
            return None
        told = len(self.conflicts) + len(self.notes)
        kept = self._same_or_ours(place, change, was, there)
        off = set(there.days_off)
        new_off, new_on = off - set(was.days_off), set(was.days_off) - off
        for day in sorted(new_off.intersection(change.add_days_off)):
            self._done(place, f"{day} is a day off already.", field="days_off")
        for day in sorted(new_on.intersection(change.remove_days_off)):
            self._done(place, f"{day} is a working day already.", field="days_off")
        kept = replace(
            kept,
            add_days_off=tuple(day for day in change.add_days_off if day not in new_off),
            remove_days_off=tuple(day for day in change.remove_days_off if day not in new_on),
        )
        if kept == change:
            return change
        says_nothing = changed_calendar(there, kept) == there
        if says_nothing and len(self.conflicts) + len(self.notes) == told:
            self._done(place, "The calendar is so already.")
        return None if says_nothing else kept

    def _same_or_ours(
        self, place: int, change: ChangeCalendar, was: CalendarTerms, there: CalendarTerms
    ) -> ChangeCalendar:
        """The change without the terms that are so already or that clash."""
        becomes = changed_calendar(was, change)
        for names in (("country", "region"), ("weekend",)):
            if all(getattr(change, name) is None for name in names):
                continue
            base, ours, theirs = (
                {name: _plain(getattr(terms, name)) for name in names}
                for terms in (was, becomes, there)
            )
            if theirs == base:
                continue
            change = (
                replace(change, weekend=None)
                if names == ("weekend",)
                else replace(change, country=None, region=None)
            )
            if ours in (base, theirs):
                self._done(place, f"The {names[0]} is so already.", field=names[0])
            else:
                message = f"The {names[0]} of the calendar was set to another value meanwhile."
                self._clash(
                    place,
                    _KIND.CALENDAR_CHANGED_TWICE,
                    message,
                    field=names[0],
                    base=base,
                    ours=ours,
                    theirs=theirs,
                )
        return change

    def _add(self, place: int, change: AddItemCalendar) -> AddItemCalendar | None:
        calendar = change.calendar
        there = self.theirs.calendars.get(calendar.key)
        if there == calendar:
            self._done(place, f"The calendar {calendar.key} has been added already.")
            return None
        if there is not None:
            ours, theirs = differing(calendar, there, ("title", "terms"))
            self._clash(
                place,
                _KIND.CALENDAR_CHANGED_TWICE,
                f"Another calendar was added as {calendar.key} meanwhile.",
                field=calendar.key,
                ours={name: _plain(value) for name, value in ours.items()},
                theirs={name: _plain(value) for name, value in theirs.items()},
            )
            return None
        if self.ours.calendar is not None and self.theirs.calendar is not None:
            # A pause stops the work on every calendar there is; one that comes later would be worked through.
            more = set(self.theirs.calendar.days_off) - set(self.ours.calendar.days_off)
            worked = sorted(more - set(calendar.terms.days_off))
            if worked:
                self._clash(
                    place,
                    _KIND.PAUSE_OVERLAPS,
                    f"Days were taken off meanwhile on which the calendar {calendar.key} works.",
                    field=calendar.key,
                    theirs=[day.isoformat() for day in worked[:31]],
                )
                return None
        return change

    def _remove(self, place: int, change: RemoveItemCalendar) -> RemoveItemCalendar | None:
        key = change.calendar_key
        was, there = self.ours.calendars.get(key), self.theirs.calendars.get(key)
        if there is None:
            self._done(place, f"The calendar {key} has been taken out already.")
            return None
        if was != there:
            self._clash(
                place,
                _KIND.CALENDAR_CHANGED_TWICE,
                f"The calendar {key}, which is to go, was changed meanwhile.",
                field=key,
                theirs=_plain(there.terms),
            )
            return None
        return change

    def _gone(self, place: int, key: str) -> None:
        self._clash(
            place,
            _KIND.CALENDAR_REMOVED,
            f"The calendar {key} was taken out meanwhile.",
            field=key,
        )


def _plain(value: Any) -> Any:
    """Terms of a calendar as plain data."""
    if isinstance(value, CalendarTerms):
        return {
            "country": value.country,
            "region": value.region,
            "weekend": sorted(value.weekend),
            "days_off": [day.isoformat() for day in value.days_off],
        }
    return sorted(value) if isinstance(value, frozenset) else value
