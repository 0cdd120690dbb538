"""A scope's dates as an iCalendar file (RFC 5545): milestones and deliverables as all-day events.

An event is told by its engagement and item, so that a later version of the scope moves the event in a reader's calendar and
makes no second one. Dates are plain dates: they are the same day wherever the reader sits.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from icalendar import Calendar, Event, vDate

from services.rules.plan_exports import ExportedPlan
from services.rules.scope import ItemKind, ScopeItem

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "milestone": "Milestone: {title}",
        "deliverable": "Deliverable: {title}",
        "accepted_when": "Accepted when: {criteria}",
    },
    "da": {
        "milestone": "Milepæl: {title}",
        "deliverable": "Leverance: {title}",
        "accepted_when": "Godkendes når: {criteria}",
    },
}


def write_calendar(
    plan: ExportedPlan, *, engagement_id: UUID, locale: str, sequence: int, stamped_at: datetime
) -> bytes:
    """The file; `sequence` rises with every version, `stamped_at` is when these dates were made."""
    words = _WORDS.get(locale, _WORDS["en"])
    calendar = Calendar()
    calendar.add("prodid", "-//Scopewright//Scope//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", plan.name)
    for item in plan.items():
        if item.kind is ItemKind.MILESTONE:
            summary = words["milestone"].format(title=item.title)
        elif item.deliverable:
            summary = words["deliverable"].format(title=item.title)
        else:
            continue
        day = plan.planned[item.item_key].finish_date
        event = Event()
        event.add("uid", f"{engagement_id}.{item.item_key}@scopewright")
        event.add("dtstamp", stamped_at)
        event.add("sequence", sequence)
        event.add("dtstart", vDate(day))
        event.add("dtend", vDate(day + timedelta(days=1)))
        event.add("summary", summary)
        event.add("description", _description(item, words))
        event.add("categories", [item.kind.value])
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _description(item: ScopeItem, words: Mapping[str, str]) -> str:
    parts = [item.deliverable or item.description]
    if item.acceptance_criteria:
        parts.append(words["accepted_when"].format(criteria=item.acceptance_criteria))
    return "\n\n".join(part for part in parts if part)
