"""The tasks and links of a Microsoft Project file as items and links of a plan."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from fractions import Fraction
from math import ceil
from typing import Any, Final

from services.rules.money import MINOR_UNITS
from services.rules.plan_files.elements import Element
from services.rules.plan_files.parts import Drawn, needs_date, read_item, read_link
from services.rules.plan_files.plan import PlanItem
from services.rules.plan_files.project_calendars import number
from services.rules.plan_files.project_fields import (
    CONSTRAINTS,
    ELAPSED_FORMATS,
    ELAPSED_KEY,
    ELAPSED_MINUTES_PER_DAY,
    LINKS,
    PERCENT_FORMATS,
)
from services.rules.plan_files.project_tree import File, Task, day_of, minutes_of, title_of
from services.rules.plan_files.records import Record
from services.rules.schedule import ConstraintKind, LagKind

_LATEST: Final = re.compile(r"(?P<key>\S+) (?P<kind>FS|SS|FF|SF) (?P<days>-?[0-9]{1,5})", re.ASCII)


def read_task(file: File, task: Task) -> PlanItem:
    """The item that a task becomes."""
    element, record, ours = task.element, task.record, task.ours
    # Others break lines and align with blanks; what we wrote comes back as it was.
    title = element.said("Name") if file.aliases else " ".join(element.said("Name").split())
    description = element.said("Notes").replace("\r\n", "\n").replace("\r", "\n")
    if len(title) > 200:
        record.warn(
            "The name is cut at 200 characters; all of it is in the description.",
            "NAME_SHORTENED",
            "Name",
        )
        description = f"{title}\n{description}".strip()
        title = title[:200]
    raw: dict[str, Any] = {
        **{
            name: value
            for name, value in ours.items()
            if name not in ("item_key", "kind", "latest")
        },
        "title": title,
        "description": description,
        "parent_key": task.parent.key if task.parent else None,
    }
    if task.has_items_below:
        for name in ("duration_days", "cost", "effort_minutes"):
            raw.pop(name, None)
        if Decimal(_decimal(element.said("FixedCost")) or 0):
            record.warn(
                "A summary has no cost of its own; its fixed cost is left out.",
                "COST_DROPPED",
                "FixedCost",
            )
    else:
        _leaf_values(file, task, raw)
    constraint = _constraint(file, task)
    record.raw = raw
    read = read_item(record, task.key, constraint)
    return replace(read, kind=ours.get("kind", ""), line=element.line)


def _leaf_values(file: File, task: Task, raw: dict[str, Any]) -> None:
    element, record, ours = task.element, task.record, task.ours
    per_day = ELAPSED_MINUTES_PER_DAY if task.is_elapsed else file.minutes_per_day
    if "duration_days" not in ours:
        title = title_of(element)
        raw["duration_days"] = _whole_days(
            record,
            task.minutes,
            per_day,
            what=f"The duration of {title}",
            code="DURATION_ROUNDED",
            name="Duration",
        )
        if element.said("Milestone") == "1" and task.minutes:
            record.warn(
                f"The milestone {title} takes time and becomes a task.",
                "MILESTONE_TAKES_TIME",
                "Milestone",
            )
    if "effort_minutes" not in ours:
        work = minutes_of(element.said("Work")) or Fraction(0)
        raw["effort_minutes"] = max(0, ceil(work))
    if "cost" not in ours:
        cost = _cost(file, task)
        if cost is not None:
            raw["cost"] = cost
    calendar = element.said("CalendarUID")
    if "calendar_key" in ours or task.is_elapsed:
        raw["calendar_key"] = ours.get("calendar_key") or ELAPSED_KEY
        if task.is_elapsed and "calendar_key" not in ours:
            record.warn(
                f"The duration of {title_of(element)} is elapsed; it gets a calendar on which every day works.",
                "DURATION_ELAPSED",
                "DurationFormat",
            )
    elif calendar not in ("", "-1", file.project_calendar) and not file.aliases:
        if calendar in file.calendars:
            raw["calendar_key"] = calendar_key(file, calendar)
        else:
            record.say(f"There is no calendar {calendar[:20]}.", "CALENDAR_UNKNOWN", "CalendarUID")


def calendar_key(file: File, uid: str) -> str:
    """The key of a calendar: the one we gave it, or one made of its UID."""
    return file.calendars[uid].key or f"calendar-{uid}"


def _whole_days(
    record: Record, minutes: Fraction, per_day: int, *, what: str, code: str, name: str
) -> int:
    """Minutes as days, rounded up to a whole one with a warning."""
    days = minutes / per_day
    whole = ceil(days)
    if whole != days:
        record.warn(f"{what} is {_shown(days)} days; {whole} are taken.", code, name)
    return whole


def _shown(days: Fraction) -> str:
    return f"{float(days):.4f}".rstrip("0").rstrip(".")


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _cost(file: File, task: Task) -> str | None:
    """What the task costs the practice; the file counts in hundredths of its currency."""
    element, record = task.element, task.record
    said = _decimal(element.said("Cost")) or _decimal(element.said("FixedCost"))
    if not said or abs(said) > 10**15:
        return None
    written_in = file.root.said("CurrencyCode")
    if written_in and written_in != file.reader.currency:
        record.warn(
            f"The cost is in {written_in[:10]}, not in {file.reader.currency}, and left out.",
            "CURRENCY_DIFFERS",
            "Cost",
        )
        return None
    cost = said / 100
    rounded = cost.quantize(Decimal(1).scaleb(-MINOR_UNITS[file.reader.currency]), ROUND_HALF_EVEN)
    if rounded != cost:
        record.warn(f"The cost of {cost:f} is taken as {rounded:f}.", "COST_ROUNDED", "Cost")
    return format(rounded, "f")


def _constraint(file: File, task: Task) -> tuple[ConstraintKind, date | None]:
    element, record = task.element, task.record
    code = element.said("ConstraintType")
    kind = CONSTRAINTS.get(number(code, 0))
    day = day_of(element, "ConstraintDate")
    if kind is None:
        record.say(f"{code[:20]} is no type of constraint.", "CONSTRAINT_INVALID", "ConstraintType")
        kind = ConstraintKind.AS_SOON_AS_POSSIBLE
    if needs_date(kind) and day is None:
        record.say("This constraint needs a date.", "CONSTRAINT_INVALID", "ConstraintDate")
        return ConstraintKind.AS_SOON_AS_POSSIBLE, None
    if not needs_date(kind):
        day = None
    if kind is ConstraintKind.AS_SOON_AS_POSSIBLE and element.said("Manual") == "1":
        put = day_of(element, "ManualStart") or day_of(element, "Start")
        if put is not None and not task.has_items_below and put != file.start:
            if file.start is not None and put < file.start:
                then = f"the plan starts on {file.start.isoformat()}, and so may this"
            else:
                then = "it starts no earlier than that"
                kind, day = ConstraintKind.START_NO_EARLIER_THAN, put
            record.warn(
                f"{title_of(element)} is put on {put.isoformat()} by hand; {then}.",
                "SCHEDULED_BY_HAND",
                "Manual",
            )
    deadline = day_of(element, "Deadline")
    if deadline is not None:
        if kind is ConstraintKind.AS_SOON_AS_POSSIBLE:
            return ConstraintKind.FINISH_NO_LATER_THAN, deadline
        record.warn(
            f"The deadline {deadline.isoformat()} of {title_of(element)} is left out beside its constraint.",
            "DEADLINE_DROPPED",
            "Deadline",
        )
    return kind, day


def read_links(file: File, task: Task, by_uid: Mapping[str, Task]) -> Iterator[Drawn]:
    """The links that end at a task."""
    latest = {
        (match["key"], match["kind"]): int(match["days"])
        for part in task.ours.get("latest", "").split(";")
        if (match := _LATEST.fullmatch(part.strip()))
    }
    for element in task.element.all("PredecessorLink"):
        record = Record(file.reader, {}, element.line, task.record.item_key)
        uid = element.said("PredecessorUID")
        before = by_uid.get(uid)
        if element.said("CrossProject") == "1" or uid in file.left_out:
            why = file.left_out.get(uid, "a task of another project")
            record.warn(
                f"The predecessor {uid[:20]} is {why}; the link is left out.",
                "LINK_DROPPED",
                "PredecessorLink",
            )
            continue
        if before is None:
            record.say(f"There is no task {uid[:20]}.", "ITEM_UNKNOWN", "PredecessorUID")
            continue
        kind = LINKS.get(number(element.said("Type"), 1))
        if kind is None:
            record.say(f"{element.said('Type')[:20]} is no type of link.", "LINK_INVALID", "Type")
            continue
        lag, counted = _lag(file, record, element, before)
        drawn = read_link(
            record,
            predecessor=before.key,
            successor=task.key,
            kind=kind.value,
            lag_days=lag,
            lag_kind=counted.value,
            field="PredecessorLink",
            max_lag_days=latest.get((before.key, kind.value)),
        )
        if drawn is not None:
            yield drawn


def _lag(file: File, record: Record, element: Element, before: Task) -> tuple[int, LagKind]:
    """The lag in days: written in tenths of minutes, or in percent of the predecessor's duration."""
    said = _decimal(element.said("LinkLag") or "0")
    lag_format = number(element.said("LagFormat"))
    if said is None or abs(said) > 10**10:
        record.say(f"{element.said('LinkLag')[:20]} is no lag.", "LINK_INVALID", "LinkLag")
        return 0, LagKind.WORKING
    counted = LagKind.ELAPSED if lag_format in ELAPSED_FORMATS else LagKind.WORKING
    per_day = ELAPSED_MINUTES_PER_DAY if counted is LagKind.ELAPSED else file.minutes_per_day
    minutes = Fraction(said) / 10
    if lag_format in PERCENT_FORMATS:
        minutes = before.minutes * Fraction(said) / 100
        record.warn(
            f"The lag of {said:f} % of {title_of(before.element)} is fixed at today's days.",
            "LAG_FIXED",
            "LinkLag",
        )
    return _whole_days(
        record, minutes, per_day, what="The lag", code="LAG_ROUNDED", name="LinkLag"
    ), counted
