"""Plans as CSV: one item a line, under a line of column names."""

import csv
import io
import re
from typing import Final

from services.rules.formulas import unguarded
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
from services.rules.plan_files.records import Reader, Record

COLUMNS: Final = (
    "item_key", "parent_key", "kind", "title", "description", "quantity", "unit", "rate", "fee", "cost",
    "effort_minutes", "tax_code", "tax_rate", "duration_days", "predecessors", "constraint_type", "constraint_date",
    "calendar", "allocation_percent", "deliverable", "acceptance_criteria",
)  # fmt: skip
"""The columns a file may have; only `item_key` is required."""

# 3, 3FS, 3FS-15d, 3SS+2ed, 3FS+2d<=5d: a key, a kind of link, a lag in days; `ed` are elapsed days, as Microsoft Project writes them;
# behind <= the most days it may be.
_PREDECESSOR: Final = re.compile(
    r"(?P<key>.+?)(?:(?P<kind>FS|SS|FF|SF)(?:\s*(?P<lag>[+-]\s*[0-9]{1,5})\s*(?P<unit>e?d)?"
    r"(?:\s*<=\s*(?P<most>-?[0-9]{1,5})\s*(?:e?d)?)?)?)?",
    re.IGNORECASE | re.ASCII,
)


def read_csv(text: str, *, currency: str) -> Plan:
    """The plan in a CSV text with comma or semicolon; amounts have the decimals of `currency`. Problems are in the result."""
    reader = Reader(currency)
    if len(text.encode("utf-8", "replace")) > MAX_FILE_BYTES:
        reader.say(f"A file has at most {MAX_FILE_BYTES} bytes.", "TOO_LARGE")
        return finish(reader, name="", start=None, calendar=None, items=[], links=[])
    text = text.removeprefix("\ufeff")
    header = text.partition("\n")[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    records = _records(reader, text, delimiter)
    items: list[tuple[PlanItem, Record]] = []
    parents = {str(record.raw.get("parent_key", "")).strip() for record in records}
    keys = {str(record.raw.get("item_key", "")).strip() for record in records}
    links: list[Drawn] = []
    for record in records:
        key = read_key(record, "item_key")
        constraint = read_constraint(record, "constraint_date", "constraint_type")
        items.append((read_item(record, key, constraint), record))
        check_kind(record, key in parents)
        links.extend(_predecessors(record, key, keys))
    return finish(reader, name="", start=None, calendar=None, items=items, links=links)


def _records(reader: Reader, text: str, delimiter: str) -> list[Record]:
    """One record a line, under the names of the first line; blank lines are passed over."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[Record] = []
    names: list[str] | None = None
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if names is None:
                names = [cell.strip().lower() for cell in row]
                _check_names(reader, names)
                continue
            if len(row) > len(names):
                reader.say(
                    f"{len(row)} cells under {len(names)} columns.",
                    "ROW_INVALID",
                    line=rows.line_num,
                )
            raw = {name: unguarded(cell.strip()) for name, cell in zip(names, row, strict=False)}
            records.append(Record(reader, raw, rows.line_num, raw.get("item_key", "")[:64] or None))
    except csv.Error as error:
        reader.say(f"This is not CSV: {error}.", "FILE_INVALID", line=rows.line_num)
    return records


def _check_names(reader: Reader, names: list[str]) -> None:
    Record(reader, dict.fromkeys(names), line=1, asked=set(COLUMNS)).unknown(COLUMNS)
    for name in sorted({name for name in names if names.count(name) > 1}):
        reader.say("This column is there twice.", "COLUMN_TWICE", name, line=1)
    if "item_key" not in names:
        reader.say("The column item_key is missing.", "REQUIRED", "item_key", line=1)


def _predecessors(record: Record, successor: str, keys: set[str]) -> list[Drawn]:
    _, cell = record.value("predecessors")
    found: list[Drawn] = []
    for part in re.split(r"[;,]", cell or ""):
        text = part.strip()
        if not text:
            continue
        # A key may itself end in FS; the whole text is tried as a key first.
        match = None if text in keys else _PREDECESSOR.fullmatch(text)
        key = text if match is None else match["key"].strip()
        kind = (match and match["kind"]) or "FS"
        lag = int(((match and match["lag"]) or "0").replace(" ", ""))
        unit = ((match and match["unit"]) or "d").lower()
        link = read_link(
            record,
            predecessor=key,
            successor=successor,
            kind=kind,
            lag_days=lag,
            lag_kind="elapsed" if unit == "ed" else "working",
            field="predecessors",
            max_lag_days=int(match["most"]) if match and match["most"] else None,
        )
        if link is not None:
            found.append(link)
    return found
