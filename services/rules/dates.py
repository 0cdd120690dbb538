"""Which dates can be meant: a date far off is a slip of the pen, and would break what reckons with it later."""

from datetime import date, datetime
from typing import Final

from services.rules.errors import InvalidInput

EARLIEST: Final = date(2000, 1, 1)
"""The first date that anything can carry; the books begin here as well."""
LATEST: Final = date(2199, 12, 31)
"""The last one; 7 800 years of room are left for what is counted from it."""


def check_plausible(on: date | datetime, field: str) -> None:
    """Raise InvalidInput (DATE_OUT_OF_RANGE) naming `field` unless the date lies between the years 2000 and 2199."""
    day = on.date() if isinstance(on, datetime) else on
    if not EARLIEST <= day <= LATEST:
        raise InvalidInput(
            "A date lies between the years 2000 and 2199.", code="DATE_OUT_OF_RANGE", field=field
        )
