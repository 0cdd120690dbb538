"""Reading values one by one, and noting what is wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from services.rules.errors import InvalidInput
from services.rules.money import parse_amount
from services.rules.plan_files.plan import MAX_PROBLEMS, PlanProblem, Severity
from services.rules.text import clean_text


@dataclass(slots=True)
class Reader:
    """Collects problems while values are read one by one; `currency` gives amounts their decimals."""

    currency: str
    problems: list[PlanProblem] = field(default_factory=list)
    warnings: list[PlanProblem] = field(default_factory=list)

    def say(
        self,
        message: str,
        code: str,
        field: str = "",
        *,
        line: int | None = None,
        item_key: str | None = None,
        severity: Severity = Severity.PROBLEM,
    ) -> None:
        """Note a problem, or a warning."""
        found = self.problems if severity is Severity.PROBLEM else self.warnings
        if len(found) < MAX_PROBLEMS:
            found.append(PlanProblem(message, code, field, line, item_key, severity))


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

    def warn(self, message: str, code: str, name: str) -> None:
        """Note a warning on this record's field `name`."""
        self.reader.say(
            message,
            code,
            self.prefix + name,
            line=self.line,
            item_key=self.item_key,
            severity=Severity.WARNING,
        )

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
        plain = whole.isascii() and whole.isdigit() and len(whole) <= 13
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
