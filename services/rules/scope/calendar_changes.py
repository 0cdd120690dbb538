"""Pauses and other working days: what they make of a calendar's terms."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final, NoReturn

from services.rules.calendars import CalendarTerms, terms_faults
from services.rules.dates import EARLIEST, LATEST
from services.rules.errors import InvalidInput, NotFound, RuleViolation
from services.rules.scope.changes import Change, ChangeCalendar, Pause
from services.rules.text import clean_text

MAX_PAUSE_DAYS: Final = 731
"""The longest pause, in calendar days. Who stops for longer ends the engagement."""


def apply_calendar_changes(terms: CalendarTerms, changes: Sequence[Change]) -> CalendarTerms:
    """The terms of the engagement's calendar after the pauses and calendar changes among `changes`, in their order.

    Changes of anything else, item calendars among them, are the matter of `apply_changes` and are passed over. Raises
    InvalidInput (PAUSE_ENDS_BEFORE_IT_BEGINS, PAUSE_TOO_LONG, DATE_OUT_OF_RANGE, CALENDAR_INVALID), RuleViolation
    (PAUSE_IN_FORCE, CALENDAR_UNCHANGED, DAY_OFF_EXISTS) and NotFound (DAY_OFF_NOT_FOUND), with the place in the list in
    `details["change"]`. Whether a country is known is for `services.calendars` to say.
    """
    for position, change in enumerate(changes):
        if isinstance(change, Pause):
            check_pause(change, position)
            days = pause_days(change)
            off = set(terms.days_off)
            if all(day in off or day.weekday() in terms.weekend for day in days):
                raise RuleViolation(
                    f"Nobody works from {change.first_day} to {change.last_day} as it is.",
                    code="PAUSE_IN_FORCE",
                    field=f"changes.{position}.pause",
                    change=position,
                )
            terms = paused(terms, change, position)
        elif isinstance(change, ChangeCalendar) and change.calendar_key is None:
            terms = changed_terms(terms, change, position)
    return terms


def pause_days(pause: Pause) -> list[date]:
    """Every date of a pause, weekends among them: a later change of the weekend must not let it be worked through."""
    return [
        pause.first_day + timedelta(days=after)
        for after in range((pause.last_day - pause.first_day).days + 1)
    ]


def check_pause(pause: Pause, position: int) -> None:
    """Raise InvalidInput for a pause that cannot be, whatever it interrupts."""
    path = f"changes.{position}.pause"
    for field, day in (("first_day", pause.first_day), ("last_day", pause.last_day)):
        if type(day) is not date or not EARLIEST <= day <= LATEST:
            raise InvalidInput(
                "A date lies between the years 2000 and 2199.",
                code="DATE_OUT_OF_RANGE",
                field=f"{path}.{field}",
                change=position,
            )
    if pause.last_day < pause.first_day:
        raise InvalidInput(
            f"The pause ends on {pause.last_day}, before it begins on {pause.first_day}.",
            code="PAUSE_ENDS_BEFORE_IT_BEGINS",
            field=f"{path}.last_day",
            change=position,
        )
    if (pause.last_day - pause.first_day).days >= MAX_PAUSE_DAYS:
        raise InvalidInput(
            f"A pause lasts at most {MAX_PAUSE_DAYS} days.",
            code="PAUSE_TOO_LONG",
            field=f"{path}.last_day",
            change=position,
        )
    try:
        clean_text(pause.reason, "reason", max_length=500, required=False, lines=True)
    except InvalidInput as refused:
        raise InvalidInput(
            refused.message, code=refused.code, field=f"{path}.reason", change=position
        ) from None


def paused(terms: CalendarTerms, pause: Pause, position: int) -> CalendarTerms:
    """Terms on which the days of a sound pause are off."""
    off = tuple(sorted({*terms.days_off, *pause_days(pause)}))
    return _sound(replace(terms, days_off=off), f"changes.{position}.pause", position)


def changed_terms(terms: CalendarTerms, change: ChangeCalendar, position: int) -> CalendarTerms:
    """Terms with what a change of the calendar says. Raises as `apply_calendar_changes` does."""
    path = f"changes.{position}.change_calendar"
    off = set(terms.days_off)
    for day in change.remove_days_off:
        if day not in off:
            raise NotFound(
                f"{day} is not one of the own days off.",
                code="DAY_OFF_NOT_FOUND",
                field=f"{path}.remove_days_off",
                change=position,
            )
        off.remove(day)
    for day in change.add_days_off:
        if day in off:
            raise RuleViolation(
                f"{day} is a day off already.",
                code="DAY_OFF_EXISTS",
                field=f"{path}.add_days_off",
                change=position,
            )
        off.add(day)
    country, region = terms.country, terms.region
    if change.country is not None and (change.country or None) != country:
        country, region = change.country or None, ""
    changed = CalendarTerms(
        country=country,
        region=region if change.region is None else change.region,
        weekend=terms.weekend if change.weekend is None else change.weekend,
        days_off=tuple(sorted(off)),
    )
    if changed == terms:
        raise RuleViolation(
            "The working days stay as they are.",
            code="CALENDAR_UNCHANGED",
            field=path,
            change=position,
        )
    return _sound(changed, path, position)


def _sound(terms: CalendarTerms, path: str, position: int) -> CalendarTerms:
    for field, message in terms_faults(terms):
        _refuse(message, f"{path}.{field}", position)
    return terms


def _refuse(message: str, field: str, position: int) -> NoReturn:
    raise InvalidInput(message, code="CALENDAR_INVALID", field=field, change=position)
