"""Working calendars by country: public holidays from the `holidays` package, own days off, and the weekend.

The package knows when a holiday came and went (Denmark's Store Bededag is a day off up to 2023 and a working day from 2024,
by act no. 214 of 6 March 2023), so a calendar is right on both sides of a change.
"""

from collections.abc import Iterable
from datetime import MAXYEAR, MINYEAR, date
from functools import lru_cache

import holidays

from services.rules.calendars import (
    MAX_DAYS_OFF,
    SATURDAY_SUNDAY,
    CalendarTerms,
    WorkingCalendar,
)
from services.rules.errors import InvalidInput

__all__ = [
    "CalendarTerms",
    "clean_terms",
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
    """Checked terms; without a `weekend` the country's own is taken, or Saturday and Sunday.

    Raises `InvalidInput`: COUNTRY_UNKNOWN and REGION_UNKNOWN where no holidays are known, CALENDAR_INVALID or CALENDAR_EMPTY
    for a weekend that cannot be.
    """
    if country is not None:
        known = holidays.list_supported_countries(include_aliases=False)
        if country not in known:
            raise InvalidInput(
                f"No public holidays are known for {country!r:.10}.",
                code="COUNTRY_UNKNOWN",
                field=f"{field}.country",
            )
        if region and region not in known[country]:
            raise InvalidInput(
                f"No public holidays are known for region {region!r:.20} of {country}.",
                code="REGION_UNKNOWN",
                field=f"{field}.region",
            )
    elif region:
        raise InvalidInput(
            "A region needs its country.", code="REGION_UNKNOWN", field=f"{field}.region"
        )
    if weekend is None:
        free = SATURDAY_SUNDAY if country is None else _weekend(country)
    else:
        free = frozenset(weekend)
    own = tuple(sorted(set(days_off)))
    if len(own) > MAX_DAYS_OFF:
        raise InvalidInput(
            f"At most {MAX_DAYS_OFF} own days off.",
            code="CALENDAR_INVALID",
            field=f"{field}.daysOff",
        )
    try:
        WorkingCalendar(free)
    except InvalidInput as error:
        raise InvalidInput(error.message, code=error.code, field=f"{field}.weekend") from None
    return CalendarTerms(country, region, free, own)


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


def public_holidays(country: str, region: str, year: int) -> dict[date, str]:
    """The public holidays of one year by date, named in English where the package can."""
    found = holidays.country_holidays(country, subdiv=region or None, years=year)
    return dict(sorted((day, found[day]) for day in found))


@lru_cache(maxsize=256)
def _public_holidays(country: str, region: str, first: int, last: int) -> frozenset[date]:
    return frozenset(
        holidays.country_holidays(country, subdiv=region or None, years=range(first, last + 1))
    )


@lru_cache(maxsize=256)
def _weekend(country: str) -> frozenset[int]:
    return frozenset(holidays.country_holidays(country).weekend)
