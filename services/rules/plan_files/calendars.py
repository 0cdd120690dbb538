"""Calendars as files write them: a country, a weekend, days off."""

import re
from datetime import date
from typing import Any, Final

from services.rules.plan_files.plan import PlanCalendar, PlanItemCalendar
from services.rules.plan_files.records import Reader, Record, calendar_date, whole_number

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def weekday(value: object) -> int | None:
    """A weekday from Monday = 0: the number, or the English name in full or begun with at least two letters."""
    number = whole_number(value)
    if number is not None:
        return number if 0 <= number <= 6 else None
    name = value.strip().lower() if isinstance(value, str) else ""
    found = [at for at, full in enumerate(_WEEKDAYS) if len(name) > 1 and full.startswith(name)]
    return found[0] if found else None


def read_calendar(reader: Reader, value: Any, prefix: str = "calendar") -> PlanCalendar | None:
    """The calendar in a JSON object; None where the file has none."""
    if value is None:
        return None
    if not isinstance(value, dict):
        reader.say("An object is expected here.", "CALENDAR_INVALID", prefix)
        return None
    record = Record(reader, value, prefix=f"{prefix}.")
    country = record.text("country").upper() or None
    days_off: list[date] = []
    name, raw_days = record.value("days_off", "holidays")
    if not isinstance(raw_days, list | None):
        record.say("A list of dates is expected here.", "CALENDAR_INVALID", name)
        raw_days = None
    for at, raw in enumerate(raw_days or []):
        day = calendar_date(raw)
        if day is None:
            record.say("A date as in 2026-11-02 is expected here.", "DATE_INVALID", f"{name}[{at}]")
        else:
            days_off.append(day)
    return PlanCalendar(country, record.text("region"), _weekend(record), tuple(days_off))


def read_item_calendars(reader: Reader, value: Any) -> list[PlanItemCalendar] | None:
    """The calendars of items: an object of calendars by key; None where the file has none."""
    if value is None:
        return None
    if not isinstance(value, dict):
        reader.say("An object of calendars is expected here.", "CALENDAR_INVALID", "calendars")
        return []
    found = []
    for key, raw in value.items():
        calendar = read_calendar(reader, raw, f"calendars.{key}")
        if calendar is not None:
            title = raw.get("title") or raw.get("name") or key
            found.append(PlanItemCalendar(key, str(title)[:200], calendar))
    return found


def _weekend(record: Record) -> frozenset[int] | None:
    name, raw = record.value("weekend")
    if isinstance(raw, str):
        raw = [part for part in re.split(r"[\s,;+/]+", raw) if part]
    if raw is not None and not isinstance(raw, list):
        record.say("A list of weekdays is expected here.", "CALENDAR_INVALID", name)
        return None
    if raw is not None:
        days = [weekday(day) for day in raw]
        if all(day is not None for day in days):
            return frozenset(day for day in days if day is not None)
        record.say(
            "Weekdays are numbers from 0 (Monday) to 6 (Sunday), or English names.",
            "CALENDAR_INVALID",
            name,
        )
        return None
    name, working = record.value("working_weekdays")
    if working is None:
        return None
    first, _, last = working.partition("-") if isinstance(working, str) else ("", "", "")
    begins, ends = weekday(first), weekday(last)
    if begins is None or ends is None:
        record.say("Written as in Mon-Fri.", "CALENDAR_INVALID", name)
        return None
    span = (ends - begins) % 7
    return frozenset(day for day in range(7) if (day - begins) % 7 > span)
