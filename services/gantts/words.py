"""The words of the pictures, in English and Danish, with dates as Babel writes them."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Final

from babel.dates import format_date, get_day_names
from babel.numbers import format_decimal

from services.rules.gantts import GanttWords

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "item": "Item",
        "finish": "Finish",
        "shift": "Shift",
        "delivery": "Delivery",
        "promised": "Promised {date}",
        "status": "Today {date}",
        "before": "Before {date}",
        "after": "After {date}",
        "more_items": "… and {count} more items that are not shown",
        "hidden_in": "(+{count})",
        "new": "new",
        "removed": "removed",
        "current": "Plan",
        "critical": "On the critical path",
        "baseline": "Baseline",
        "milestone": "Milestone",
        "summary": "Phase",
        "done": "Done so far",
        "float": "float {days}",
        "day_off": "Day off",
        "dependency": "Follows",
        "quarter": "Q{number}",
        "week": "W{number}",
        "on_time": "in time",
        "late": "{days} late",
        "no_items": "There is nothing in this plan yet",
        "unsound": "This draft cannot be planned as it stands",
        "describe_items": "{count} items from {start} to {finish}.",
        "describe": "Delivery before: {before}; after: {after}; {days}.",
        "describe_moved": "Items with other dates: {moved}; new: {new}; removed: {removed}.",
        "describe_promised": "Promised for {date}: {state}.",
        "describe_critical": "Critical path: {names}.",
        "and_more": "and {count} more",
        # What the services put around the rules' own words.
        "version": "Version {number}",
        "agreed": "Agreed plan (version {number})",
        "contract": "The plan of the contract",
        "draft": "Draft of the plan",
        "versions_against": "Version {number} against version {base}",
        "forecast_against": "Forecast against version {base}",
        "change_order": "Change order {number}: {title}",
        "change_draft": "Draft of a change order: {title}",
        "with_order": "With this change",
        "forecast": "Forecast",
        "as_of": "{what} · {date}",
        "start": "Start",
        "before_column": "Finish before",
        "critical_short": "critical",
        "table": "The plan as a table",
        "heading": "The plan",
        "heading_change": "The plan before and after",
    },
    "da": {
        "item": "Arbejde",
        "finish": "Færdig",
        "shift": "Rykkes",
        "delivery": "Levering",
        "promised": "Lovet {date}",
        "status": "I dag {date}",
        "before": "Før {date}",
        "after": "Efter {date}",
        "more_items": "… og yderligere {count} linjer, der ikke vises",
        "hidden_in": "(+{count})",
        "new": "nyt",
        "removed": "udgår",
        "current": "Plan",
        "critical": "På den kritiske vej",
        "baseline": "Oprindelig plan",
        "milestone": "Milepæl",
        "summary": "Fase",
        "done": "Udført indtil nu",
        "float": "slæk {days}",
        "day_off": "Fridag",
        "dependency": "Følger efter",
        "quarter": "K{number}",
        "week": "U{number}",
        "on_time": "til tiden",
        "late": "{days} for sent",
        "no_items": "Der er endnu intet i denne plan",
        "unsound": "Dette udkast kan ikke planlægges, som det står",
        "describe_items": "{count} linjer fra {start} til {finish}.",
        "describe": "Levering før: {before}; efter: {after}; {days}.",
        "describe_moved": "Linjer med andre datoer: {moved}; nye: {new}; udgår: {removed}.",
        "describe_promised": "Lovet til {date}: {state}.",
        "describe_critical": "Kritisk vej: {names}.",
        "and_more": "og yderligere {count}",
        "version": "Version {number}",
        "agreed": "Aftalt plan (version {number})",
        "contract": "Kontraktens plan",
        "draft": "Udkast til plan",
        "versions_against": "Version {number} mod version {base}",
        "forecast_against": "Prognose mod version {base}",
        "change_order": "Ændringsordre nr. {number}: {title}",
        "change_draft": "Udkast til ændringsordre: {title}",
        "with_order": "Med denne ændring",
        "forecast": "Prognose",
        "as_of": "{what} · {date}",
        "start": "Begynder",
        "before_column": "Færdig før",
        "critical_short": "kritisk",
        "table": "Planen som tabel",
        "heading": "Planen",
        "heading_change": "Planen før og efter",
    },
}
"""Every entry in every language; a test proves that they have the same ones."""

LOCALES: Final = tuple(TEXTS)

_BABEL: Final = {"en": "en_GB", "da": "da_DK"}
_DAYS: Final = {"en": ("working day", "working days"), "da": ("arbejdsdag", "arbejdsdage")}
_NO_BREAK: Final = "\u00a0"


def words_of(locale: str) -> GanttWords:
    """The words of one language. Raises `KeyError` for one that there is none of."""
    return GanttWords(
        locale=locale,
        texts=TEXTS[locale],
        long_date=partial(_written, locale, "d MMMM y" if locale == "en" else "d. MMMM y"),
        short_date=partial(_written, locale, "d MMM y" if locale == "en" else "d. MMM y"),
        month=partial(_month, locale, "LLL"),
        month_and_year=partial(_month, locale, "LLLL y"),
        weekday=partial(_weekday, locale),
        working_days=partial(_working_days, locale),
        plain_days=partial(_plain_days, locale),
        number=partial(_number, locale),
    )


def _written(locale: str, pattern: str, day: date) -> str:
    text: str = format_date(day, pattern, locale=_BABEL[locale])
    return text.replace(" ", _NO_BREAK)


def _month(locale: str, pattern: str, day: date) -> str:
    text: str = format_date(day, pattern, locale=_BABEL[locale])
    return (text[:1].upper() + text[1:]).replace(".", "")


def _weekday(locale: str, day: date) -> str:
    names = get_day_names("narrow", context="stand-alone", locale=_BABEL[locale])
    return str(names[day.weekday()])


def _plain_days(locale: str, days: int) -> str:
    one, many = _DAYS[locale]
    return f"{_number(locale, abs(days))}{_NO_BREAK}{one if abs(days) == 1 else many}"


def _working_days(locale: str, days: int) -> str:
    sign = "+" if days > 0 else "−" if days < 0 else ""
    return sign + _plain_days(locale, days)


def _number(locale: str, value: int) -> str:
    return str(format_decimal(value, "#,##0", locale=_BABEL[locale]))
