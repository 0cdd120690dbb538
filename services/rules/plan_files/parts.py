"""Items, links and constraints from records, and the checks on the whole that every form of file shares."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from services.rules.plan_files.plan import (
    MAX_ITEMS,
    MAX_LINKS,
    Plan,
    PlanCalendar,
    PlanItem,
    PlanItemCalendar,
    PlanLink,
)
from services.rules.plan_files.records import Reader, Record
from services.rules.schedule import MAX_DURATION_DAYS, ConstraintKind, LagKind, LinkKind
from services.rules.scope import Expectation

KEY_LENGTH: Final = 64
_KINDS: Final = ("", "summary", "task", "milestone")
_MAX_QUANTITY: Final = Decimal(10) ** 12

_CONSTRAINTS: Final = {
    **{kind.value: kind for kind in ConstraintKind},
    # asap, snet, mso …: the abbreviations of Microsoft Project are the initials of our words.
    **{"".join(word[0] for word in kind.value.split("_")): kind for kind in ConstraintKind},
    # As Primavera says it.
    "start_on_or_after": ConstraintKind.START_NO_EARLIER_THAN,
    "start_on_or_before": ConstraintKind.START_NO_LATER_THAN,
    "finish_on_or_after": ConstraintKind.FINISH_NO_EARLIER_THAN,
    "finish_on_or_before": ConstraintKind.FINISH_NO_LATER_THAN,
    "start_on": ConstraintKind.MUST_START_ON,
    "finish_on": ConstraintKind.MUST_FINISH_ON,
    "mandatory_start": ConstraintKind.MUST_START_ON,
    "mandatory_finish": ConstraintKind.MUST_FINISH_ON,
}
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def constraint_kind(text: str) -> ConstraintKind | None:
    """The kind that is meant: our words, Microsoft Project's or Primavera's, their initials, in any case and spelling."""
    words = re.split(r"[\s_-]+", _CAMEL.sub("_", text.strip()))
    return _CONSTRAINTS.get("_".join(words).lower())


def needs_date(kind: ConstraintKind) -> bool:
    """Whether a constraint of this kind means nothing without a date."""
    return not kind.value.startswith("as_")


def read_constraint(
    record: Record, date_name: str, *kind_names: str
) -> tuple[ConstraintKind, date | None]:
    """The constraint of a record whose date and kind stand in these fields."""
    name, value = record.value(*kind_names)
    day = record.day(date_name)
    nothing = (ConstraintKind.AS_SOON_AS_POSSIBLE, None)
    if value is None:
        if day is not None:
            record.say("A date without a kind of constraint.", "CONSTRAINT_INVALID", name)
        return nothing
    kind = constraint_kind(str(value))
    if kind is None:
        known = ", ".join(each.value for each in ConstraintKind)
        record.say(f"No such constraint; there are {known}.", "CONSTRAINT_INVALID", name)
        return nothing
    if not needs_date(kind):
        return kind, None
    if day is None:
        if record.raw.get(date_name) in (None, ""):
            record.say("This constraint needs a date.", "CONSTRAINT_INVALID", date_name)
        return nothing
    return kind, day


def read_item(record: Record, key: str, constraint: tuple[ConstraintKind, date | None]) -> PlanItem:
    """The item a record describes, under whichever of the accepted field names."""
    tax = record.decimal(
        "tax_rate", "tax_percent", highest=Decimal(100), places=2, code="TAX_INVALID"
    )
    duration = record.whole(
        "duration_days",
        "duration",
        lowest=0,
        highest=MAX_DURATION_DAYS,
        code="DURATION_INVALID",
    )
    return PlanItem(
        key=key,
        title=record.text("title", "name") or key,
        parent_key=record.text("parent_key", "parent", max_length=KEY_LENGTH) or None,
        kind=record.text("kind").lower(),
        description=record.text("description", max_length=20_000, lines=True),
        duration_days=duration or 0,
        constraint_kind=constraint[0],
        constraint_date=constraint[1],
        calendar_key=record.text("calendar_key", "calendar", max_length=KEY_LENGTH) or None,
        allocation_bps=_allocation(record),
        quantity=record.decimal(
            "quantity", highest=_MAX_QUANTITY, places=6, code="QUANTITY_INVALID"
        ),
        unit=record.text("unit", max_length=40),
        rate_minor=record.amount("rate"),
        fee_minor=record.amount("fee"),
        cost_minor=record.amount("cost"),
        effort_minutes=record.whole("effort_minutes", lowest=0, highest=10**8) or 0,
        tax_code=record.text("tax_code", max_length=20) or None,
        tax_bps=None if tax is None else int(tax * 100),
        deliverable=record.text("deliverable", max_length=2_000, lines=True),
        acceptance_criteria=record.text("acceptance_criteria", max_length=20_000, lines=True),
        line=record.line,
    )


def _allocation(record: Record) -> int:
    """The share of a day that the item is worked on, in basis points; whole days where it is not said."""
    percent = record.decimal(
        "allocation_percent", highest=Decimal(100), places=2, code="ALLOCATION_INVALID"
    )
    if percent is None:
        return 10_000
    if not percent:
        record.say(
            "Work goes on by more than 0 percent.", "ALLOCATION_INVALID", "allocation_percent"
        )
        return 10_000
    return int(percent * 100)


def read_key(record: Record, *names: str) -> str:
    """The key of an item; without one the record cannot be told apart, which is a problem."""
    key = record.text(*names, max_length=KEY_LENGTH)
    if not key:
        record.say("An item needs a key.", "REQUIRED", names[0])
    return key


def check_kind(record: Record, has_items_below: bool) -> None:
    """Note where the kind that a record names does not fit what the plan makes of it."""
    kind = record.text("kind").lower()
    if kind not in _KINDS:
        record.say("A kind is summary, task or milestone.", "KIND_INVALID", "kind")
    elif kind == "summary" and not has_items_below:
        record.say("A summary needs items below it.", "SUMMARY_EMPTY", "kind")
    elif kind in ("task", "milestone") and has_items_below:
        record.say("An item with items below it is a summary.", "KIND_INVALID", "kind")
    elif kind == "milestone" and record.raw.get("duration_days") not in (None, "", "0", 0):
        record.say("A milestone takes no days.", "DURATION_INVALID", "duration_days")


@dataclass(slots=True)
class Drawn:
    """A link and where it was written."""

    link: PlanLink
    record: Record
    field: str


def finish(
    reader: Reader,
    *,
    name: str,
    start: date | None,
    calendar: PlanCalendar | None,
    items: Sequence[tuple[PlanItem, Record]],
    links: Sequence[Drawn],
    calendars: Sequence[PlanItemCalendar] | None = None,
    expectations: Sequence[Expectation] | None = None,
) -> Plan:
    """Check what can only be seen on the whole: keys met twice, parents and links that lead nowhere.

    Without `calendars` (a form of file that has none) an item may name any: whoever knows them checks it.
    """
    first_met: dict[str, Record] = {}
    for item, record in items:
        if item.key in first_met:
            record.say(f"The key {item.key} is used twice.", "KEY_TWICE", "key")
        elif item.key:
            first_met[item.key] = record
    known_calendars = None if calendars is None else {None, *(each.key for each in calendars)}
    for item, record in items:
        if item.parent_key is not None and item.parent_key not in first_met:
            record.say(f"There is no item {item.parent_key}.", "ITEM_UNKNOWN", "parent")
        if known_calendars is not None and item.calendar_key not in known_calendars:
            record.say(f"There is no calendar {item.calendar_key}.", "CALENDAR_UNKNOWN", "calendar")
    seen: set[PlanLink] = set()
    for drawn in links:
        link = drawn.link
        for key in (link.predecessor_key, link.successor_key):
            if key not in first_met:
                drawn.record.say(f"There is no item {key}.", "ITEM_UNKNOWN", drawn.field)
        if link in seen:
            drawn.record.say("This dependency is drawn twice.", "LINK_TWICE", drawn.field)
        seen.add(link)
    if not items and not reader.problems:
        reader.say("The file holds no items.", "EMPTY", "items")
    if len(items) > MAX_ITEMS or len(links) > MAX_LINKS:
        reader.say(f"At most {MAX_ITEMS} items and {MAX_LINKS} dependencies.", "TOO_LARGE", "items")
    return Plan(
        name=name,
        start=start,
        calendar=calendar,
        items=tuple(item for item, _ in items),
        links=tuple(drawn.link for drawn in links),
        problems=tuple(reader.problems),
        warnings=tuple(reader.warnings),
        calendars=None if calendars is None else tuple(calendars),
        expectations=None if expectations is None else tuple(expectations),
    )


def read_link(
    record: Record,
    *,
    predecessor: str,
    successor: str,
    kind: str,
    lag_days: int,
    lag_kind: str,
    field: str,
    max_lag_days: int | None = None,
) -> Drawn | None:
    """A link from its parts as they were written; None, and a problem, where one cannot be read."""
    try:
        link_kind = LinkKind(kind.strip().upper())
    except ValueError:
        record.say("A dependency is FS, SS, FF or SF.", "LINK_INVALID", field)
        return None
    try:
        counted_in = LagKind(lag_kind.strip().lower())
    except ValueError:
        record.say("A lag is counted in working or elapsed days.", "LINK_INVALID", field)
        return None
    if abs(lag_days) > MAX_DURATION_DAYS:
        record.say(f"A lag is at most {MAX_DURATION_DAYS} days.", "LINK_INVALID", field)
        return None
    if max_lag_days is not None and not lag_days <= max_lag_days <= MAX_DURATION_DAYS:
        record.say(
            f"A maximal lag is from the lag to {MAX_DURATION_DAYS} days.", "LINK_INVALID", field
        )
        return None
    if predecessor == successor:
        record.say(f"{predecessor} cannot depend on itself.", "LINK_INVALID", field)
        return None
    link = PlanLink(predecessor, successor, link_kind, lag_days, counted_in, max_lag_days)
    return Drawn(link, record, field)
