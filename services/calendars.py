"""Working calendars by country: public holidays from the `holidays` package, own days off, and the weekend.

The package knows when a holiday came and went (Denmark's Store Bededag is a day off up to 2023 and a working day from 2024,
by act no. 214 of 6 March 2023), so a calendar is right on both sides of a change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date
from functools import lru_cache
from typing import NamedTuple

import holidays

from services.rules.calendars import (
    MAX_DAYS_OFF,
    SATURDAY_SUNDAY,
    CalendarTerms,
    WorkingCalendar,
)
from services.rules.dates import EARLIEST, LATEST
from services.rules.errors import InvalidInput
from services.rules.schedule import WHOLE_BPS
from services.rules.scope import Scope

__all__ = [
    "CalendarTerms",
    "CalendarYear",
    "PlanCalendars",
    "calendar_year",
    "check_known",
    "clean_terms",
    "plan_calendars",
    "plan_length_days",
    "public_holidays",
    "region_name",
    "working_calendar",
]

_MOST_YEARS_AHEAD = 60


def clean_terms(
    *,
    country: str | None,
    region: str,
    weekend: Iterable[int] | None,
    days_off: Iterable[date],
    field: str = "calendar",
) -> CalendarTerms:
    """Checked terms; without a `weekend` the country's own is taken, or Saturday and Sunday. `field` is where the terms stand, "" on top.

    Raises `InvalidInput`: COUNTRY_UNKNOWN and REGION_UNKNOWN where no holidays are known, CALENDAR_INVALID or CALENDAR_EMPTY
    for a weekend that cannot be.
    """
    check_known(country, region, field)
    if weekend is None:
        free = SATURDAY_SUNDAY if country is None else _weekend(country)
    else:
        free = frozenset(weekend)
    own = tuple(sorted(set(days_off)))
    if len(own) > MAX_DAYS_OFF:
        raise InvalidInput(
            f"At most {MAX_DAYS_OFF} own days off.",
            code="CALENDAR_INVALID",
            field=_within(field, "daysOff"),
        )
    try:
        WorkingCalendar(free)
    except InvalidInput as error:
        raise InvalidInput(
            error.message, code=error.code, field=_within(field, "weekend")
        ) from None
    return CalendarTerms(country, region, free, own)


def check_known(country: str | None, region: str, field: str = "calendar") -> None:
    """Raise `InvalidInput` (COUNTRY_UNKNOWN, REGION_UNKNOWN) unless the public holidays of a place are known."""
    if country is not None:
        known = _known_regions()
        if country not in known:
            raise InvalidInput(
                f"No public holidays are known for {country!r:.10}.",
                code="COUNTRY_UNKNOWN",
                field=_within(field, "country"),
            )
        if region and region not in known[country]:
            raise InvalidInput(
                f"No public holidays are known for region {region!r:.20} of {country}.",
                code="REGION_UNKNOWN",
                field=_within(field, "region"),
            )
    elif region:
        raise InvalidInput(
            "A region needs its country.", code="REGION_UNKNOWN", field=_within(field, "region")
        )


def _within(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name


class PlanCalendars(NamedTuple):
    """The working days that a scope is scheduled on: the engagement's own, and those of its item calendars by key."""

    project: WorkingCalendar
    items: Mapping[str, WorkingCalendar]


def plan_length_days(scope: Scope) -> int:
    """A bound on how many working days a scope can take: everything one after the other, part time stretched."""
    return sum(
        -(-item.duration_days * WHOLE_BPS // max(item.allocation_bps, 1)) for item in scope.items
    ) + sum(max(abs(link.lag_days), abs(link.max_lag_days or 0)) for link in scope.dependencies)


def plan_calendars(
    scope: Scope, terms: CalendarTerms, start: date, *, until: date | None = None
) -> PlanCalendars:
    """The calendars of a scope under the terms of its engagement or version: the one way from terms to working days.

    Public holidays are filled in far enough for the whole plan, its dated constraints, all days off, and for `until` where
    dates later than the plan's own matter. Two scopes of one engagement get calendars that agree on every day that either
    plan can reach. Raises `InvalidInput` (COUNTRY_UNKNOWN, REGION_UNKNOWN), naming an item calendar by its place.
    """
    check_known(terms.country, terms.region)
    for at, calendar in enumerate(scope.calendars):
        check_known(calendar.terms.country, calendar.terms.region, f"calendars.{at}")
    dated = [item.constraint_date for item in scope.items if item.constraint_date is not None]
    for each in (terms, *(calendar.terms for calendar in scope.calendars)):
        dated += each.days_off[-1:]
    latest = max([start, *dated, *([until] if until else [])])
    ahead = plan_length_days(scope) + max(0, (latest - start).days)
    return PlanCalendars(
        working_calendar(terms, start, working_days=ahead),
        {
            calendar.key: working_calendar(calendar.terms, start, working_days=ahead)
            for calendar in scope.calendars
        },
    )


def working_calendar(
    terms: CalendarTerms, start: date, *, working_days: int = 0
) -> WorkingCalendar:
    """The calendar that a plan from `start` needs.

    `working_days` is a bound on the plan's length; public holidays are filled in far enough for it, even on a calendar that
    works one day a week, yet no further than 60 years ahead: beyond that nobody knows them.
    """
    off = frozenset(terms.days_off)
    if terms.country is not None:
        ahead = min(3 + working_days // 40, _MOST_YEARS_AHEAD)
        # In steps of ten years, so that plans share the cached table.
        last = min((start.year + ahead) // 10 * 10 + 9, MAXYEAR)
        off |= _public_holidays(
            terms.country, terms.region, max(start.year // 10 * 10 - 10, MINYEAR), last
        )
    return WorkingCalendar(weekend=terms.weekend, days_off=off)


def region_name(country: str, region: str) -> str:
    """A region as people call it, such as Bayern for DE and BY; its code where no name is known."""
    aliases = holidays.country_holidays(country).subdivisions_aliases
    names = [
        name
        for name, code in aliases.items()
        if code == region and not (name.isupper() and len(name) < 4)
    ]
    return names[0] if names else region


def public_holidays(
    country: str, region: str, year: int, *, language: str = "en"
) -> dict[date, str]:
    """The public holidays of one year by date, named in `language` (en or da) where the package can, else in its own.

    Several on one day are named together.
    """
    found = holidays.country_holidays(
        country, subdiv=region or None, years=year, language={"en": "en_US"}.get(language, language)
    )
    return dict(sorted((day, found[day]) for day in found))


@dataclass(frozen=True)
class CalendarYear:
    """One year of a working calendar. Holidays on a weekend or an own day off are holidays all the same."""

    terms: CalendarTerms
    year: int
    holidays: tuple[date, ...]
    names: Mapping[str, Mapping[date, str]]
    """The holidays' names by language and date."""
    days_off: tuple[date, ...]
    month_days: tuple[int, ...]
    """Working days of January to December."""

    @property
    def working_days(self) -> int:
        """Working days of the year."""
        return sum(self.month_days)


def calendar_year(terms: CalendarTerms, year: int) -> CalendarYear:
    """A year of a calendar, by the table of holidays that plans are scheduled on.

    Raises `InvalidInput` (DATE_OUT_OF_RANGE, COUNTRY_UNKNOWN, REGION_UNKNOWN).
    """
    if not EARLIEST.year <= year <= LATEST.year:
        raise InvalidInput(
            f"A year lies between {EARLIEST.year} and {LATEST.year}.",
            code="DATE_OUT_OF_RANGE",
            field="year",
        )
    check_known(terms.country, terms.region)
    names: dict[str, dict[date, str]] = {"en": {}, "da": {}}
    if terms.country is not None:
        for language in names:
            names[language] = public_holidays(terms.country, terms.region, year, language=language)
    first = date(year, 1, 1)
    calendar = working_calendar(terms, first)
    months = [0] * 12
    for ordinal in range(first.toordinal(), date(year, 12, 31).toordinal() + 1):
        day = date.fromordinal(ordinal)
        months[day.month - 1] += calendar.is_working_day(day)
    return CalendarYear(
        terms=terms,
        year=year,
        holidays=tuple(names["en"]),
        names=names,
        days_off=tuple(day for day in terms.days_off if day.year == year),
        month_days=tuple(months),
    )


@lru_cache(maxsize=256)
def _public_holidays(country: str, region: str, first: int, last: int) -> frozenset[date]:
    return frozenset(
        holidays.country_holidays(country, subdiv=region or None, years=range(first, last + 1))
    )


@lru_cache(maxsize=1)
def _known_regions() -> dict[str, list[str]]:
    return holidays.list_supported_countries(include_aliases=False)


@lru_cache(maxsize=256)
def _weekend(country: str) -> frozenset[int]:
    return frozenset(holidays.country_holidays(country).weekend)
