"""Scheduling a list of items and links in one go, and again after a change."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from services.rules.calendars import WorkingCalendar
from services.rules.schedule.computed import NO_CALENDARS, compute_plan
from services.rules.schedule.items import Schedule, ScheduleItem, ScheduleLink
from services.rules.schedule.network import PreparedPlan
from services.rules.schedule.prepare import prepare_plan
from services.rules.schedule.results import ScheduledItems, make_schedule
from services.rules.schedule.revision import revised

_FEW: Final = 20
"""How many differences are worth patching."""


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


def reschedule(
    before: Schedule,
    items: Sequence[ScheduleItem],
    links: Sequence[ScheduleLink],
    calendar: WorkingCalendar,
    start: date,
    *,
    calendars: Mapping[str, WorkingCalendar] = NO_CALENDARS,
    status_date: date | None = None,
) -> Schedule:
    """What `compute_schedule` answers, found from an earlier schedule where only little differs from it.

    Whatever differs is found by comparison; where it is more than some items or links of the same plan, on the same calendars
    and from the same start, all is computed anew.
    """
    known = before.items
    if isinstance(known, ScheduledItems):
        terms = known.computed.terms
        is_same = (terms.calendar, terms.start, terms.status_date, dict(terms.calendars)) == (
            calendar,
            start,
            status_date,
            dict(calendars),
        )
        if is_same:
            changes = _differences(known.computed.plan, items, links)
            if changes is not None:
                changed, added, removed = changes
                if not (changed or added or removed):
                    return before
                return make_schedule(
                    revised(known.computed, items=changed, added=added, removed=removed)
                )
    return compute_schedule(
        items, links, calendar, start, calendars=calendars, status_date=status_date
    )


def _differences(
    plan: PreparedPlan, items: Sequence[ScheduleItem], links: Sequence[ScheduleLink]
) -> tuple[list[ScheduleItem], list[ScheduleLink], list[ScheduleLink]] | None:
    """The changed items, the added and the removed links; None when there are other items, or many differ."""
    if len(items) != len(plan.items):
        return None
    changed = []
    for old, new in zip(plan.items, items, strict=True):
        if old != new:
            if old.item_id != new.item_id:
                return None
            changed.append(new)
    if tuple(links) == plan.links:
        added, removed = [], []
    else:
        drawn, known = Counter(links), Counter(plan.links)
        added, removed = list((drawn - known).elements()), list((known - drawn).elements())
    if len(changed) + len(added) + len(removed) > _FEW:
        return None
    return changed, added, removed
