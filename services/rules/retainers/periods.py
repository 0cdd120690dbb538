"""The periods of a retainer: numbered from 1, without a gap, each counted from the day on which the first one starts."""

from calendar import monthrange
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from services.rules.errors import InvalidInput


class Period(StrEnum):
    """How long a period is."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_MONTHS: Final = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}


def period_days(starts_on: date, period: Period, number: int) -> tuple[date, date]:
    """The first and last day of a period.

    Months are counted from the first day of all, so one that starts on the 31st begins on the 28th of February and on the 31st
    of March. Raises InvalidInput (PERIOD_INVALID) for a number below 1.
    """
    if number < 1:
        raise InvalidInput("Periods are counted from 1.", code="PERIOD_INVALID", field="period")
    return _start(starts_on, period, number), _start(starts_on, period, number + 1) - timedelta(1)


def period_on(starts_on: date, period: Period, on: date) -> int:
    """The number of the period that a day lies in; 0 before the first."""
    if on < starts_on:
        return 0
    # At most this many periods can have begun; months are never longer than 31 days.
    number = (on - starts_on).days // (31 * _MONTHS.get(period, 0) or 7) + 1
    while _start(starts_on, period, number + 1) <= on:
        number += 1
    return number


def _start(starts_on: date, period: Period, number: int) -> date:
    if period is Period.WEEK:
        return starts_on + timedelta(weeks=number - 1)
    months = starts_on.month - 1 + _MONTHS[period] * (number - 1)
    year, month = starts_on.year + months // 12, months % 12 + 1
    return date(year, month, min(starts_on.day, monthrange(year, month)[1]))
