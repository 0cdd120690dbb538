"""What an order arranges besides items, as data for its paper: pauses, calendars, the order of work, expectations."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from services import calendars
from services.rules.calendars import CalendarTerms
from services.rules.change_orders import ChangePreview
from services.rules.change_orders.arrangements import (
    Arrangement,
    ArrangementKind,
    days_off_between,
)
from services.rules.scope import Pause
from services.rules.scope.calendar_changes import pause_days

_STATES = {
    ArrangementKind.LINK_ADDED: "added",
    ArrangementKind.LINK_CHANGED: "changed",
    ArrangementKind.LINK_REMOVED: "removed",
    ArrangementKind.EXPECTATION_ADDED: "added",
    ArrangementKind.EXPECTATION_REMOVED: "removed",
}


def arrangements(found: ChangePreview) -> dict[str, Any]:
    """The parts of the payload by name, None where there is nothing of the kind.

    A link on an item that the order adds is left out: the paper tells where such an item goes by its dates.
    """
    kept = {item.item_key: item.title for item in found.scope.items}
    for item in found.difference.added:
        del kept[item.item_key]
    parts: dict[str, list[dict[str, Any]]] = {
        "pauses": [],
        "calendars": [],
        "links": [],
        "expectations": [],
    }
    paused: set[date] = set()  # pauses come before calendars
    for each in found.arrangements:
        if each.pause is not None:
            paused.update(pause_days(each.pause))
            parts["pauses"].append(_pause(each.pause, each.pause_working_days))
        elif each.expectation is not None:
            parts["expectations"].append(
                {
                    "state": _STATES[each.arranged],
                    "kind": each.expectation.kind.value,
                    "text": each.expectation.text,
                }
            )
        elif each.calendar_before is not None or each.calendar_after is not None:
            parts["calendars"].append(_calendar(each, paused))
        elif (link := _link(each, kept)) is not None:
            parts["links"].append(link)
    return {name: found_ or None for name, found_ in parts.items()}


def _pause(pause: Pause, working_days: int | None) -> dict[str, Any]:
    return {
        "first_day": pause.first_day.isoformat(),
        "last_day": pause.last_day.isoformat(),
        "working_days": working_days or 0,
        "reason": pause.reason or None,
    }


def _calendar(each: Arrangement, paused: set[date]) -> dict[str, Any]:
    shown = each.calendar_after or each.calendar_before
    assert shown is not None
    before = each.calendar_before or CalendarTerms()
    added, removed = days_off_between(before, shown)
    region = shown.region
    if shown.country is not None and region:
        region = calendars.region_name(shown.country, region)
    weekend = sorted(weekday + 1 for weekday in shown.weekend)

    def days(off: Iterable[date]) -> dict[str, Any] | None:
        told = [day.isoformat() for day in off if day not in paused]
        return {"days_off": told, "weekend": weekend} if told else None

    return {
        "title": each.calendar_title,
        "is_gone": each.calendar_after is None,
        "weekend": weekend,
        "country": shown.country,
        "region": region or None,
        "added": days(added),
        "removed": days(removed),
    }


def _link(each: Arrangement, kept: dict[str, str]) -> dict[str, Any] | None:
    link = each.link_after or each.link_before
    if link is None or link.predecessor_key not in kept or link.successor_key not in kept:
        return None
    return {
        "state": _STATES[each.arranged],
        "kind": link.kind.value,
        "predecessor": kept[link.predecessor_key],
        "successor": kept[link.successor_key],
        "lag_days": link.lag_days,
        "lag_kind": link.lag_kind.value,
        "max_lag_days": link.max_lag_days,
    }
