"""What every form of file becomes, and the checks they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final

from services.rules.errors import InvalidInput
from services.rules.money import parse_amount
from services.rules.schedule import MAX_DURATION_DAYS, ConstraintKind, LagKind, LinkKind
from services.rules.text import clean_text

MAX_FILE_BYTES: Final = 4_000_000
MAX_ITEMS: Final = 10_000
MAX_LINKS: Final = 40_000
MAX_PROBLEMS: Final = 200
"""Beyond this many the rest of the problems would help nobody."""

_KEY_LENGTH = 64
_MAX_QUANTITY: Final = Decimal(10) ** 9


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """One thing that is wrong with a file: on which line or item, in which field, and what."""

    message: str
    code: str
    field: str = ""
    line: int | None = None
    item_key: str | None = None


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One line of a plan. Money is in minor units of the currency the file was read with; None is "not said"."""

    key: str
    title: str
    parent_key: str | None = None
    description: str = ""
    duration_days: int = 0
    constraint_kind: ConstraintKind = ConstraintKind.AS_SOON_AS_POSSIBLE
    constraint_date: date | None = None
    quantity: Decimal | None = None
    unit: str = ""
    rate_minor: int | None = None
    fee_minor: int | None = None
    cost_minor: int | None = None
    effort_minutes: int = 0
    tax_code: str | None = None
    tax_bps: int | None = None
    deliverable: str = ""
    acceptance_criteria: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class PlanLink:
    """An ordering of two items; negative lag is a lead."""

    predecessor_key: str
    successor_key: str
    kind: LinkKind = LinkKind.FINISH_TO_START
    lag_days: int = 0
    lag_kind: LagKind = LagKind.WORKING


@dataclass(frozen=True, slots=True)
class PlanCalendar:
    """The calendar a file asks for; weekdays count from Monday = 0. `weekend` None means the country's own."""

    country: str | None = None
    region: str = ""
    weekend: frozenset[int] | None = None
    days_off: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file says. With any problem it must not be used."""

    name: str
    start: date | None
    calendar: PlanCalendar | None
    items: tuple[PlanItem, ...]
    links: tuple[PlanLink, ...]
    problems: tuple[PlanProblem, ...]


@dataclass(slots=True)
class Reader:
    """Collects problems while values are read one by one; `currency` gives amounts their decimals."""

    currency: str
    problems: list[PlanProblem] = field(default_factory=list)

    def say(
        self,
        message: str,
        code: str,
        field: str = "",
        *,
        line: int | None = None,
        item_key: str | None = None,
    ) -> None:
        """Note a problem."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(PlanProblem(message, code, field, line, item_key))


@dataclass(slots=True)
class Record:
    """The raw fields of one line or object, read once each; what is never asked for is an unknown field."""

    reader: Reader
    raw: Mapping[str, Any]
    line: int | None = None
    item_key: str | None = None
    prefix: str = ""
    asked: set[str] = field(default_factory=set)

    def say(self, message: str, code: str, name: str) -> None:
        """Note a problem of this record's field `name`."""
        self.reader.say(message, code, self.prefix + name, line=self.line, item_key=self.item_key)

    def value(self, *names: str) -> tuple[str, Any]:
        """The first of the names that the record has with a value, and the value; or the first name and None."""
        self.asked.update(names)
        for name in names:
            found = self.raw.get(name)
            if found is not None and found != "":
                return name, found
        return names[0], None

    def text(self, *names: str, max_length: int = 200, lines: bool = False) -> str:
        """Text, or the empty string."""
        name, value = self.value(*names)
        if value is None:
            return ""
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            self.say("Text is expected here.", "TEXT_INVALID", name)
            return ""
        try:
            return clean_text(value, name, max_length=max_length, required=False, lines=lines)
        except InvalidInput as error:
            self.say(error.message, error.code, name)
            return ""

    def whole(
        self, *names: str, lowest: int, highest: int, code: str = "NUMBER_INVALID"
    ) -> int | None:
        """A whole number within bounds, given as a number or in plain digits."""
        name, value = self.value(*names)
        if value is None:
            return None
        number = whole_number(value)
        if number is None or not lowest <= number <= highest:
            self.say(f"A whole number from {lowest} to {highest} is expected here.", code, name)
            return None
        return number

    def amount(self, *names: str) -> int | None:
        """Money in minor units of the reader's currency."""
        name, value = self.value(*names)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        try:
            return parse_amount(value, self.reader.currency, name).amount_minor
        except InvalidInput as error:
            self.say(error.message, error.code, name)
            return None

    def decimal(self, *names: str, highest: Decimal, places: int, code: str) -> Decimal | None:
        """A decimal from 0 to `highest`, at most `places` decimals."""
        name, value = self.value(*names)
        if value is None:
            return None
        text = str(value).strip().removesuffix("%").strip()
        whole, _, fraction = text.partition(".")
        plain = whole.isascii() and whole.isdigit() and len(whole) <= 12
        if not plain or (fraction and not (fraction.isascii() and fraction.isdigit())):
            self.say("A plain number, as in 12.5, is expected here.", code, name)
            return None
        if len(fraction) > places or Decimal(text.rstrip(".")) > highest:
            self.say(f"At most {highest:f}, with at most {places} decimals.", code, name)
            return None
        return Decimal(text.rstrip("."))

    def day(self, *names: str) -> date | None:
        """A calendar date; a time of day after a `T` is dropped."""
        name, value = self.value(*names)
        if value is None:
            return None
        day = calendar_date(value)
        if day is None:
            self.say("A date as in 2026-11-02 is expected here.", "DATE_INVALID", name)
        return day

    def unknown(self, known: Sequence[str]) -> None:
        """Name every field that nobody asked for, and the one that was probably meant."""
        for name in self.raw:
            if name in self.asked:
                continue
            meant = get_close_matches(str(name), known, n=1)
            hint = f" Is {meant[0]} meant?" if meant else ""
            self.say(f"There is no field of this name.{hint}", "FIELD_UNKNOWN", str(name)[:60])


def whole_number(value: object) -> int | None:
    """`value` as a whole number if it is one, also as 5.0 or "5"."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal):
        small = value.is_finite() and abs(value.adjusted()) < 12
        return int(value) if small and value == value.to_integral_value() else None
    if isinstance(value, str):
        digits = value.strip().removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) <= 12:
            return int(value.strip())
    return None


def calendar_date(value: object) -> date | None:
    """An ISO 8601 date, alone or before a time."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    if len(text) > 10 and text[10] != "T":
        return None
    try:
        return date.fromisoformat(text[:10]) if len(text[:10]) == 10 else None
    except ValueError:
        return None


_CONSTRAINTS: Final = {
    **{kind.value: kind for kind in ConstraintKind},
    "asap": ConstraintKind.AS_SOON_AS_POSSIBLE,
    "snet": ConstraintKind.START_NO_EARLIER_THAN,
    "snlt": ConstraintKind.START_NO_LATER_THAN,
    "fnet": ConstraintKind.FINISH_NO_EARLIER_THAN,
    "fnlt": ConstraintKind.FINISH_NO_LATER_THAN,
    "mso": ConstraintKind.MUST_START_ON,
    "mfo": ConstraintKind.MUST_FINISH_ON,
}


def read_constraint(
    record: Record, kind_name: str, date_name: str
) -> tuple[ConstraintKind, date | None]:
    """The constraint of a record whose kind and date stand in these fields."""
    name, value = record.value(kind_name)
    day = record.day(date_name)
    nothing = (ConstraintKind.AS_SOON_AS_POSSIBLE, None)
    if value is None:
        if day is not None:
            record.say("A date without a kind of constraint.", "CONSTRAINT_INVALID", name)
        return nothing
    kind = _CONSTRAINTS.get(str(value).strip().lower().replace("-", "_").replace(" ", "_"))
    if kind is None:
        known = ", ".join(each.value for each in ConstraintKind)
        record.say(f"No such constraint; there are {known}.", "CONSTRAINT_INVALID", name)
        return nothing
    if kind is ConstraintKind.AS_SOON_AS_POSSIBLE:
        return nothing
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
        parent_key=record.text("parent_key", "parent", max_length=_KEY_LENGTH) or None,
        description=record.text("description", max_length=4000, lines=True),
        duration_days=duration or 0,
        constraint_kind=constraint[0],
        constraint_date=constraint[1],
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
        deliverable=record.text("deliverable", max_length=500, lines=True),
        acceptance_criteria=record.text("acceptance_criteria", max_length=2000, lines=True),
        line=record.line,
    )


def read_key(record: Record, *names: str) -> str:
    """The key of an item; without one the record cannot be told apart, which is a problem."""
    key = record.text(*names, max_length=_KEY_LENGTH)
    if not key:
        record.say("An item needs a key.", "REQUIRED", names[0])
    return key


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
) -> Plan:
    """Check what can only be seen on the whole: keys met twice, parents and links that lead nowhere."""
    first_met: dict[str, Record] = {}
    for item, record in items:
        if item.key in first_met:
            record.say(f"The key {item.key} is used twice.", "KEY_TWICE", "key")
        elif item.key:
            first_met[item.key] = record
    for item, record in items:
        if item.parent_key is not None and item.parent_key not in first_met:
            record.say(f"There is no item {item.parent_key}.", "ITEM_UNKNOWN", "parent")
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
    if predecessor == successor:
        record.say(f"{predecessor} cannot depend on itself.", "LINK_INVALID", field)
        return None
    return Drawn(PlanLink(predecessor, successor, link_kind, lag_days, counted_in), record, field)
