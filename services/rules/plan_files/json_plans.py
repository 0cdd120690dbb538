"""Plans in JSON: the plan format, and plans as a scheduler recorded them."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Never

from services.rules.plan_files.calendars import read_calendar, read_item_calendars
from services.rules.plan_files.parts import (
    Drawn,
    check_kind,
    finish,
    read_constraint,
    read_item,
    read_key,
    read_link,
)
from services.rules.plan_files.plan import MAX_FILE_BYTES, Plan, PlanItem
from services.rules.plan_files.records import Reader, Record, whole_number
from services.rules.scope import Expectation, ExpectationKind

_ITEM_FIELDS: Final = (
    "id", "key", "name", "title", "kind", "parent", "description", "duration_days", "duration", "constraint", "constraint_date", "summary",
    "quantity", "unit", "rate", "fee", "cost", "effort_minutes", "tax_code", "tax_rate", "deliverable",
    "acceptance_criteria", "calendar", "allocation_percent",
)  # fmt: skip
_LINK_FIELDS: Final = ("from", "to", "type", "lag_days", "lag", "lag_kind", "max_lag_days")


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
        calendar=read_calendar(reader, data.get("calendar")),
        items=items,
        links=links,
        calendars=read_item_calendars(reader, data.get("calendars")),
        expectations=_expectations(reader, data.get("expectations")),
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
    if isinstance(constraint, dict):
        inner = Record(
            record.reader, constraint, None, record.item_key, f"{record.prefix}constraint."
        )
        read = read_constraint(inner, "date", "type", "kind")
        inner.unknown(("type", "kind", "date"))
    else:
        read = read_constraint(record, "constraint_date", "constraint")
    if key in parents and record.raw.get("parent") in (None, ""):
        record.raw = {**record.raw, "parent": parents[key]}
    item = read_item(record, key, read)
    record.unknown(_ITEM_FIELDS)
    return item


def _expectations(reader: Reader, value: Any) -> list[Expectation] | None:
    """The register that a file brings; None where it has none, and that of the draft stays."""
    if value is None:
        return None
    found: list[Expectation] = []
    for at, raw in _list_of_objects(reader, value, "expectations"):
        record = Record(reader, raw, prefix=f"expectations[{at}].")
        text = record.text("text", max_length=2_000, lines=True)
        kind = record.text("kind").lower()
        record.unknown(("kind", "text"))
        if kind not in set(ExpectationKind):
            known = ", ".join(ExpectationKind)
            record.say(f"An expectation is one of {known}.", "EXPECTATION_INVALID", "kind")
        elif not text:
            record.say("An expectation needs its sentence.", "REQUIRED", "text")
        else:
            found.append(Expectation(ExpectationKind(kind), text))
    return found


def _check_summaries(items: list[tuple[PlanItem, Record]]) -> None:
    parents = {item.parent_key for item, _ in items}
    for item, record in items:
        if record.raw.get("summary") is True and item.key not in parents:
            record.say("A summary needs items below it.", "SUMMARY_EMPTY", "summary")
        if item.kind:
            check_kind(record, item.key in parents)


def _link(record: Record) -> Drawn | None:
    predecessor = record.text("from", max_length=64)
    successor = record.text("to", max_length=64)
    record.item_key = successor or None
    kind = record.text("type") or "FS"
    lag_kind = record.text("lag_kind") or "working"
    name, raw_lag = record.value("lag_days", "lag")
    lag = 0 if raw_lag is None else whole_number(raw_lag)
    max_name, raw_most = record.value("max_lag_days")
    most = None if raw_most is None else whole_number(raw_most)
    record.unknown(_LINK_FIELDS)
    if most is None and raw_most is not None:
        record.say("A lag is a whole number of days.", "LINK_INVALID", max_name)
        return None
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
        max_lag_days=most,
    )
