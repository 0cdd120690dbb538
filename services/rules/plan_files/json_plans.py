"""Plans in JSON: the plan format, and plans as a scheduler recorded them."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, Never

from services.rules.plan_files.plan import (
    MAX_FILE_BYTES,
    Drawn,
    Plan,
    PlanCalendar,
    PlanItem,
    Reader,
    Record,
    calendar_date,
    finish,
    read_constraint,
    read_item,
    read_key,
    read_link,
    whole_number,
)

_ITEM_FIELDS: Final = (
    "id", "key", "name", "title", "parent", "description", "duration_days", "duration", "constraint", "summary",
    "quantity", "unit", "rate", "fee", "cost", "effort_minutes", "tax_code", "tax_rate", "deliverable",
    "acceptance_criteria",
)  # fmt: skip
_LINK_FIELDS: Final = ("from", "to", "type", "lag_days", "lag", "lag_kind")
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def read_json(text: str, *, currency: str) -> Plan:
    """The plan in a JSON text; amounts are read with the decimals of `currency`. Problems are in the result."""
    reader = Reader(currency)
    data = _parse(text, reader)
    if data is None:
        return finish(reader, name="", start=None, calendar=None, items=[], links=[])
    head = Record(reader, data)
    children = _parents_of_children(reader, data.get("children"))
    items: list[tuple[PlanItem, Record]] = []
    raw_items = _list_of_objects(reader, data.get("items"), "items")
    for at, raw in raw_items:
        record = Record(reader, raw, prefix=f"items[{at}].")
        item = _item(record, children)
        items.append((item, record))
    _check_summaries(items)
    links: list[Drawn] = []
    links_name = "dependencies" if data.get("dependencies") is not None else "deps"
    for at, raw in _list_of_objects(reader, data.get(links_name) or [], links_name):
        link = _link(Record(reader, raw, prefix=f"{links_name}[{at}]."))
        if link is not None:
            links.append(link)
    return finish(
        reader,
        name=head.text("name"),
        start=head.day("start", "day_zero", "project_start"),
        calendar=_calendar(reader, data.get("calendar")),
        items=items,
        links=links,
    )


def _parse(text: str, reader: Reader) -> Mapping[str, Any] | None:
    if len(text.encode("utf-8", "replace")) > MAX_FILE_BYTES:
        reader.say(f"A file has at most {MAX_FILE_BYTES} bytes.", "TOO_LARGE")
        return None

    def refuse(name: str) -> Never:
        raise ValueError(f"{name} is no number.")

    try:
        # Decimal, so that an amount is what was written and not the nearest float.
        data = json.loads(text.removeprefix("\ufeff"), parse_float=Decimal, parse_constant=refuse)
    except json.JSONDecodeError as error:
        reader.say(
            f"This is not JSON: {error.msg} at column {error.colno}.",
            "FILE_INVALID",
            line=error.lineno,
        )
        return None
    except (ValueError, RecursionError, ArithmeticError):
        reader.say("This is not JSON that can be read.", "FILE_INVALID")
        return None
    if not isinstance(data, dict):
        reader.say("A plan is one JSON object.", "FILE_INVALID")
        return None
    return data


def _list_of_objects(reader: Reader, value: Any, name: str) -> list[tuple[int, Mapping[str, Any]]]:
    if not isinstance(value, list):
        reader.say("A list is expected here.", "FILE_INVALID", name)
        return []
    found: list[tuple[int, Mapping[str, Any]]] = []
    for at, each in enumerate(value):
        if isinstance(each, dict):
            found.append((at, each))
        else:
            reader.say("An object is expected here.", "FILE_INVALID", f"{name}[{at}]")
    return found


def _parents_of_children(reader: Reader, value: Any) -> dict[str, str]:
    """The parent by child, from a map of parents to their children."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        reader.say("An object of lists is expected here.", "FILE_INVALID", "children")
        return {}
    parents: dict[str, str] = {}
    for parent, below in value.items():
        for child in below if isinstance(below, list) else []:
            if str(child) in parents:
                reader.say(f"{child} has two parents.", "PARENT_TWICE", f"children.{parent}")
            parents[str(child)] = parent
    return parents


def _item(record: Record, parents: Mapping[str, str]) -> PlanItem:
    record.item_key = str(record.raw.get("id") or record.raw.get("key") or "")[:64] or None
    key = read_key(record, "id", "key", "item_key")
    record.value("summary")
    _, constraint = record.value("constraint")
    if constraint is None:
        read = read_constraint(Record(record.reader, {}), "type", "date")
    elif isinstance(constraint, dict):
        inner = Record(
            record.reader, constraint, None, record.item_key, f"{record.prefix}constraint."
        )
        read = read_constraint(inner, "type", "date")
        inner.unknown(("type", "date"))
    else:
        record.say(
            "An object of type and date is expected here.", "CONSTRAINT_INVALID", "constraint"
        )
        read = read_constraint(Record(record.reader, {}), "type", "date")
    if key in parents and record.raw.get("parent") in (None, ""):
        record.raw = {**record.raw, "parent": parents[key]}
    item = read_item(record, key, read)
    record.unknown(_ITEM_FIELDS)
    return item


def _check_summaries(items: list[tuple[PlanItem, Record]]) -> None:
    parents = {item.parent_key for item, _ in items}
    for item, record in items:
        if record.raw.get("summary") is True and item.key not in parents:
            record.say("A summary needs items below it.", "SUMMARY_EMPTY", "summary")


def _link(record: Record) -> Drawn | None:
    predecessor = record.text("from", max_length=64)
    successor = record.text("to", max_length=64)
    record.item_key = successor or None
    kind = record.text("type") or "FS"
    lag_kind = record.text("lag_kind") or "working"
    name, raw_lag = record.value("lag_days", "lag")
    lag = 0 if raw_lag is None else whole_number(raw_lag)
    record.unknown(_LINK_FIELDS)
    if lag is None:
        record.say("A lag is a whole number of days.", "LINK_INVALID", name)
        return None
    for field, key in (("from", predecessor), ("to", successor)):
        if not key:
            record.say("A dependency needs both of its items.", "REQUIRED", field)
    if not (predecessor and successor):
        return None
    return read_link(
        record,
        predecessor=predecessor,
        successor=successor,
        kind=kind,
        lag_days=lag,
        lag_kind=lag_kind,
        field="type",
    )


def _calendar(reader: Reader, value: Any) -> PlanCalendar | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        reader.say("An object is expected here.", "CALENDAR_INVALID", "calendar")
        return None
    record = Record(reader, value, prefix="calendar.")
    country = record.text("country").upper() or None
    days_off: list[date] = []
    name, raw_days = record.value("days_off", "holidays")
    for at, raw in enumerate(raw_days if isinstance(raw_days, list) else []):
        day = calendar_date(raw)
        if day is None:
            record.say("A date as in 2026-11-02 is expected here.", "DATE_INVALID", f"{name}[{at}]")
        else:
            days_off.append(day)
    return PlanCalendar(country, record.text("region"), _weekend(record), tuple(days_off))


def _weekend(record: Record) -> frozenset[int] | None:
    name, raw = record.value("weekend")
    if isinstance(raw, list):
        days = [
            _WEEKDAYS.index(str(day)[:3].lower())
            if str(day)[:3].lower() in _WEEKDAYS
            else whole_number(day)
            for day in raw
        ]
        if all(day is not None and 0 <= day <= 6 for day in days):
            return frozenset(day for day in days if day is not None)
        record.say("Weekdays count from 0 (Monday) to 6 (Sunday).", "CALENDAR_INVALID", name)
        return None
    _, working = record.value("working_weekdays")
    if isinstance(working, str):
        ends = [part.strip().lower()[:3] for part in working.split("-")]
        if len(ends) == 2 and all(end in _WEEKDAYS for end in ends):
            first, last = _WEEKDAYS.index(ends[0]), _WEEKDAYS.index(ends[1])
            span = (last - first) % 7
            return frozenset(day for day in range(7) if (day - first) % 7 > span)
        record.say("Written as in Mon-Fri.", "CALENDAR_INVALID", "working_weekdays")
    return None
