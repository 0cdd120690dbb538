"""Scheduling a list of items and links in one go, and again after a change."""

from collections.abc import Mapping, Sequence
from datetime import date

from services.rules.calendars import WorkingCalendar
from services.rules.schedule.computed import NO_CALENDARS, compute_plan
from services.rules.schedule.items import Schedule, ScheduleItem, ScheduleLink
from services.rules.schedule.prepare import prepare_plan
from services.rules.schedule.results import make_schedule


def compute_schedule(
    items: Sequence[ScheduleItem],
    links: Sequence[ScheduleLink],
    calendar: WorkingCalendar,
    start: date,
    *,
    calendars: Mapping[str, WorkingCalendar] = NO_CALENDARS,
    status_date: date | None = None,
) -> Schedule:
    """Schedule `items` from the first working day on or after `start`.

    `calendars` are those that items name by `calendar_id`; `status_date` is the day up to whose end progress is reported.
    The order of items and links does not matter. Raises what `prepare_plan` and `compute_plan` raise.
    """
    plan = prepare_plan(items, links)
    return make_schedule(
        compute_plan(plan, calendar, start, calendars=calendars, status_date=status_date)
    )
