"""Plans for the command line: read leniently where the meaning is clear, refused with the items where it is not.

What differs from an import: nothing is stored, so an item needs neither title nor price, unknown fields are passed over (unless
they look like a misspelt one of ours) and the first fault ends the reading. Ids are texts or whole numbers and are given back as
they came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final

from services.rules.errors import InvalidInput
from services.rules.plan_files.calendars import read_calendar, read_item_calendars
from services.rules.plan_files.parts import constraint_kind, needs_date
from services.rules.plan_files.plan import PlanCalendar
from services.rules.plan_files.records import Reader, calendar_date, whole_number
from services.rules.schedule import (
    MAX_DURATION_DAYS,
    ConstraintKind,
    LagKind,
    LinkKind,
    ScheduleItem,
    ScheduleLink,
)

Id = str | int

_KINDS: Final = {
    **{kind.value: kind for kind in LinkKind},
    **{kind.name: kind for kind in LinkKind},
    **{kind.name.replace("_TO_", "_"): kind for kind in LinkKind},
}
_PLAN_FIELDS: Final = ("name", "start", "calendar", "calendars", "items", "dependencies", "status_date")  # fmt: skip
_ITEM_FIELDS: Final = (
    "id", "duration_days", "parent", "constraint", "constraint_date", "calendar", "allocation_percent",
    "percent_complete", "actual_start", "actual_finish",
)  # fmt: skip
_LINK_FIELDS: Final = ("from", "to", "type", "lag_days", "lag_kind", "max_lag_days")
_KNOWN_OTHERWISE: Final = frozenset({"items", "dates", "ids", "title", "duration", "lag"})
"""Names that look like ours and are not misspelt: they are read, or mean something else."""


@dataclass(frozen=True, slots=True)
class SchedulePlan:
    """A plan as the schedule wants it, with the ids as they were written."""

    start: date | None
    calendar: PlanCalendar | None
    calendars: Mapping[str, PlanCalendar]
    status_date: date | None
    items: Sequence[ScheduleItem]
    links: Sequence[ScheduleLink]
    ids: Mapping[str, Id] = field(default_factory=dict)
    """The id as it was written, by the text it is known under here."""


def read_schedule_plan(data: object) -> SchedulePlan:
    """The plan in one JSON value.

    Raises `InvalidInput`: PLAN_INVALID, DURATION_INVALID, LINK_INVALID, CONSTRAINT_INVALID, DATE_INVALID, PROGRESS_INVALID,
    ALLOCATION_INVALID, CALENDAR_INVALID, CALENDAR_UNKNOWN, START_REQUIRED; with `items` where items are to blame.
    """
    if not isinstance(data, dict):
        raise InvalidInput("A plan is a JSON object.", code="PLAN_INVALID")
    _no_slips(data, _PLAN_FIELDS, "The plan")
    parents = _parents_of_children(data.get("children"))
    ids: dict[str, Id] = {}
    items = [
        _item(raw, at, parents, ids) for at, raw in enumerate(_list(data, "items", required=True))
    ]
    raw_links = _list(data, "dependencies") or _list(data, "deps")
    links = [_link(raw, at) for at, raw in enumerate(raw_links)]
    reader = Reader("XXX")
    calendar = read_calendar(reader, data.get("calendar"))
    calendars = {
        each.key: each.calendar for each in read_item_calendars(reader, data.get("calendars")) or ()
    }
    if reader.problems:
        first = reader.problems[0]
        raise InvalidInput(f"{first.field}: {first.message}", code=first.code)
    for item in items:
        if item.calendar_id is not None and item.calendar_id not in calendars:
            raise _refusal(
                "CALENDAR_UNKNOWN", f"There is no calendar {item.calendar_id}.", item.item_id
            )
    start = _day(data, "start", "The plan") or _day(data, "project_start", "The plan")
    status_date = _day(data, "status_date", "The plan")
    if start is None:
        dated = [
            item.item_id
            for item in items
            if item.constraint_date or item.actual_start or item.actual_finish
        ]
        if dated or status_date is not None:
            raise _refusal("START_REQUIRED", "A plan that holds dates needs a start.", *dated)
    return SchedulePlan(start, calendar, calendars, status_date, items, links, ids)


def _refusal(code: str, message: str, *item_ids: str) -> InvalidInput:
    return InvalidInput(message, code=code, items=list(item_ids))


def _list(data: Mapping[str, Any], name: str, *, required: bool = False) -> list[Any]:
    value = data.get(name)
    if value is None and not required:
        return []
    if not isinstance(value, list):
        raise InvalidInput(f"`{name}` is a list.", code="PLAN_INVALID")
    return value


def _no_slips(raw: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    """Refuse a name that is nearly one of ours: passed over, a slip of the pen would change the dates."""
    for name in raw:
        if name in known or name in _KNOWN_OTHERWISE:
            continue
        meant = get_close_matches(name, known, n=1, cutoff=0.85)
        if meant and meant[0] not in raw:
            raise InvalidInput(f"{where} has `{name}`. Is `{meant[0]}` meant?", code="PLAN_INVALID")


def _id(value: object, where: str) -> str:
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise InvalidInput(f"{where} is a text or a whole number.", code="PLAN_INVALID")


def _parents_of_children(value: object) -> dict[str, Id]:
    """The parent by child, from a map of parents to their children."""
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(below, list) for below in value.values()):
        raise InvalidInput("`children` holds lists by parent.", code="PLAN_INVALID")
    return {str(child): parent for parent, below in value.items() for child in below}


def _item(raw: object, at: int, parents: Mapping[str, Id], ids: dict[str, Id]) -> ScheduleItem:
    if not isinstance(raw, dict):
        raise InvalidInput(f"items[{at}] is not an object.", code="PLAN_INVALID")
    item_id = _id(raw.get("id"), f"items[{at}].id")
    ids.setdefault(item_id, raw["id"])
    if not raw.keys() <= _ITEM_NAMES:
        _no_slips(raw, _ITEM_FIELDS, item_id)
    given = raw.get("duration_days", raw.get("duration"))
    duration = 0 if given is None else whole_number(given)
    if duration is None or not 0 <= duration <= MAX_DURATION_DAYS:
        raise _refusal(
            "DURATION_INVALID",
            f"The duration of {item_id} is not a whole number of days from 0 to {MAX_DURATION_DAYS}.",
            item_id,
        )
    parent = raw.get("parent")
    if parent in (None, ""):
        parent = parents.get(item_id)
    kind, day = _constraint(raw, item_id)
    calendar = raw.get("calendar")
    return ScheduleItem(
        item_id,
        duration,
        None if parent is None else _id(parent, f"items[{at}].parent"),
        kind,
        day,
        calendar_id=None if calendar in (None, "") else _id(calendar, f"items[{at}].calendar"),
        allocation_bps=_bps(
            raw, "allocation_percent", item_id, "ALLOCATION_INVALID", default=10_000
        ),
        actual_start=_day(raw, "actual_start", item_id, item_id),
        actual_finish=_day(raw, "actual_finish", item_id, item_id),
        percent_complete_bps=_bps(raw, "percent_complete", item_id, "PROGRESS_INVALID", default=0),
    )


_ITEM_NAMES: Final = frozenset({*_ITEM_FIELDS, "name", "title", "summary", "duration"})


def _bps(raw: Mapping[str, Any], name: str, item_id: str, code: str, *, default: int) -> int:
    """A percentage in basis points; work that takes no part of the day would never end, so an allocation is above zero."""
    value = raw.get(name)
    if value is None:
        return default
    sound = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if not sound or not (0 if default == 0 else Decimal("0.01")) <= value <= 100:
        raise _refusal(code, f"The {name} of {item_id} is not a number up to 100.", item_id)
    return int(value * 100)


def _day(raw: Mapping[str, Any], name: str, where: str, *item_ids: str) -> date | None:
    value = raw.get(name)
    if value in (None, ""):
        return None
    day = calendar_date(value)
    if day is None:
        raise _refusal(
            "DATE_INVALID", f"{where}: `{name}` is not a date as in 2026-11-02.", *item_ids
        )
    return day


def _constraint(raw: Mapping[str, Any], item_id: str) -> tuple[ConstraintKind, date | None]:
    """A kind by itself with its date in `constraint_date` or behind it, or an object of kind and date."""
    value = raw.get("constraint")
    if value in (None, "", {}):
        return ConstraintKind.AS_SOON_AS_POSSIBLE, None
    day = _day(raw, "constraint_date", item_id, item_id)
    if isinstance(value, dict):
        day = _day(value, "date", f"{item_id}.constraint", item_id) or day
        value = value.get("type") or value.get("kind") or "as_soon_as_possible"
    elif isinstance(value, str) and value[-10:-9].isdigit() and calendar_date(value[-10:]):
        day, value = calendar_date(value[-10:]), value[:-10].rstrip(" :=,@")
    kind = constraint_kind(value) if isinstance(value, str) else None
    if kind is None:
        known = ", ".join(each.value for each in ConstraintKind)
        raise _refusal(
            "CONSTRAINT_INVALID", f"The constraint of {item_id} is none of {known}.", item_id
        )
    if not needs_date(kind):
        return kind, None
    if day is None:
        raise _refusal("CONSTRAINT_INVALID", f"The constraint of {item_id} needs a date.", item_id)
    return kind, day


def _link(raw: object, at: int) -> ScheduleLink:
    if not isinstance(raw, dict):
        raise InvalidInput(f"dependencies[{at}] is not an object.", code="PLAN_INVALID")
    before = _id(raw.get("from"), f"dependencies[{at}].from")
    after = _id(raw.get("to"), f"dependencies[{at}].to")
    _no_slips(raw, _LINK_FIELDS, f"dependencies[{at}]")
    kind = _KINDS.get(
        str(raw.get("type") or "FS").strip().upper().replace("-", "_").replace(" ", "_")
    )
    if kind is None:
        raise _refusal(
            "LINK_INVALID",
            f"The link from {before} to {after} is none of FS, SS, FF, SF.",
            before,
            after,
        )
    counted = str(raw.get("lag_kind") or "working").strip().lower()
    if counted not in set(LagKind):
        raise _refusal(
            "LINK_INVALID",
            f"The lag from {before} to {after} is neither working nor elapsed.",
            before,
            after,
        )
    lag = _lag(raw.get("lag_days", raw.get("lag")), before, after)
    most = raw.get("max_lag_days")
    return ScheduleLink(
        before,
        after,
        kind,
        lag,
        LagKind(counted),
        max_lag_days=None if most is None else _lag(most, before, after),
    )


def _lag(value: object, before: str, after: str) -> int:
    lag = 0 if value is None else whole_number(value)
    if lag is None or abs(lag) > MAX_DURATION_DAYS:
        raise _refusal(
            "LINK_INVALID",
            f"The lag from {before} to {after} is not a whole number of days within {MAX_DURATION_DAYS}.",
            before,
            after,
        )
    return lag
