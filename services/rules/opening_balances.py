"""What stood in the books before, as lines of a CSV file: read, and every problem named by its line.

The columns, by their names in the first line, in any order: `kind` (invoice, retainer, bank, tax), `client` (name or registration
number), `engagement` (the number of the one that a retainer is for), `retainer_kind` (deposit or security_deposit; deposit where
it is empty), `reference` (an invoice's number), `currency`, `amount`, `issued_on`, `due_on`. An invoice is what is still open of it;
a retainer is what is held; bank is what is there, negative where it is overdrawn; tax is what is owed, negative where it is due
back. The rest of the old books is the equity of opening balances.

What this module does not do: know clients and engagements.
"""

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from services.rules.dates import check_plausible
from services.rules.errors import DomainError, InvalidInput
from services.rules.formulas import unguarded
from services.rules.money import MAX_AMOUNT_MINOR, Money, parse_amount
from services.rules.text import clean_text

OpeningKind = Literal["invoice", "retainer", "bank", "tax"]

COLUMNS: Final = (
    "kind", "client", "engagement", "retainer_kind", "reference", "currency", "amount", "issued_on", "due_on"
)  # fmt: skip
MAX_LINES: Final = 2000
MAX_CHARACTERS: Final = 1_000_000
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "invoice": ("client", "reference", "issued_on", "due_on"),
    "retainer": ("client", "engagement"),
    "bank": (),
    "tax": (),
}
_ALLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    "invoice": ("client", "reference", "issued_on", "due_on"),
    "retainer": ("client", "engagement", "retainer_kind", "reference"),
    "bank": ("reference",),
    "tax": ("reference",),
}


@dataclass(frozen=True, slots=True)
class OpeningLine:
    """One balance; `line` is where it stands in the file, the header being 1."""

    line: int
    kind: OpeningKind
    client: str
    engagement: str
    retainer_kind: str
    reference: str
    amount: Money
    issued_on: date | None
    due_on: date | None


@dataclass(frozen=True, slots=True)
class OpeningProblem:
    """What is wrong with a line, and in which column."""

    line: int
    column: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class OpeningFile:
    """The lines that can be read, and every problem of the others."""

    lines: tuple[OpeningLine, ...]
    problems: tuple[OpeningProblem, ...]


def read_file(text: str, *, as_of: date) -> OpeningFile:
    """The lines of a file. Raises InvalidInput (OPENING_FILE_INVALID) for what is no such file at all."""
    if len(text) > MAX_CHARACTERS or "\0" in text:
        raise InvalidInput(
            f"The file has at most {MAX_CHARACTERS} characters and no NUL.",
            code="OPENING_FILE_INVALID",
            field="text",
        )
    try:
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True))
    except csv.Error as error:
        raise InvalidInput(
            f"This is no CSV: {error}.", code="OPENING_FILE_INVALID", field="text"
        ) from None
    header = [name.strip().lower() for name in rows[0]] if rows else []
    if not {"kind", "currency", "amount"} <= set(header) or len(set(header)) != len(header) or set(header) - set(COLUMNS):  # fmt: skip
        raise InvalidInput(
            f"The first line names the columns, each once, out of {', '.join(COLUMNS)}; kind, currency and amount are needed.",
            code="OPENING_FILE_INVALID",
            field="text",
        )
    if len(rows) > MAX_LINES + 1:
        raise InvalidInput(
            f"There are at most {MAX_LINES} lines.", code="OPENING_FILE_INVALID", field="text"
        )
    lines: list[OpeningLine] = []
    problems: list[OpeningProblem] = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            problems.append(
                OpeningProblem(
                    number, "", "COLUMNS", f"{len(row)} cells, where the header has {len(header)}."
                )
            )
            continue
        cells = dict.fromkeys(COLUMNS, "") | {
            name: unguarded(cell.strip()) for name, cell in zip(header, row, strict=True)
        }
        line, found = _line(number, cells, as_of)
        problems += found
        if line:
            lines.append(line)
    return OpeningFile(tuple(lines), (*problems, *_repeated(lines)))


def _line(
    number: int, cells: dict[str, str], as_of: date
) -> tuple[OpeningLine | None, list[OpeningProblem]]:
    problems: list[OpeningProblem] = []

    def wrong(column: str, code: str, message: str) -> None:
        problems.append(OpeningProblem(number, column, code, message))

    kind = cells["kind"].lower()
    if kind not in _NEEDED:
        wrong("kind", "KIND", "A line is an invoice, a retainer, bank or tax.")
        return None, problems
    for column in ("client", "engagement", "retainer_kind", "reference", "issued_on", "due_on"):
        if column in _NEEDED[kind] and not cells[column]:
            wrong(column, "REQUIRED", f"A line of kind {kind} needs this.")
        if column not in _ALLOWED[kind] and cells[column]:
            wrong(column, "NOT_ALLOWED", f"A line of kind {kind} has none.")
    amount: Money | None = None
    try:
        amount = parse_amount(cells["amount"], cells["currency"].upper(), "amount")
        clean_text(cells["reference"], "reference", max_length=100, required=False)
    except DomainError as error:
        wrong(error.field or "amount", error.code, error.message)
    if amount is not None:
        if amount.amount_minor == 0 or (kind in ("invoice", "retainer") and amount.amount_minor < 0):  # fmt: skip
            wrong("amount", "AMOUNT_NOT_POSITIVE", "The amount is not above zero.")
        elif abs(amount.amount_minor) > MAX_AMOUNT_MINOR:
            wrong("amount", "AMOUNT_TOO_LARGE", "The amount is too large.")
    if cells["retainer_kind"] not in ("", "deposit", "security_deposit"):
        wrong("retainer_kind", "KIND", "What is held is a deposit or a security_deposit.")
    dates: dict[str, date | None] = {}
    for column in ("issued_on", "due_on"):
        try:
            dates[column] = date.fromisoformat(cells[column]) if cells[column] else None
            if dates[column]:
                check_plausible(dates[column] or as_of, column)
        except (ValueError, DomainError):
            dates[column] = None
            wrong(column, "DATE", "A date is written 2026-03-31, and lies between 2000 and 2199.")
    issued, due = dates["issued_on"], dates["due_on"]
    if issued and issued > as_of:
        wrong("issued_on", "DATE", f"This is after {as_of}, so it was not in the books then.")
    if issued and due and due < issued:
        wrong("due_on", "DATE", "This is before the invoice's date.")
    if problems or amount is None:
        return None, problems
    return (
        OpeningLine(
            number,
            kind,  # type: ignore[arg-type]
            cells["client"],
            cells["engagement"],
            cells["retainer_kind"] or "deposit",
            cells["reference"],
            amount,
            issued,
            due,
        ),
        [],
    )


def _repeated(lines: list[OpeningLine]) -> list[OpeningProblem]:
    """An invoice stands in the file once, and so do a retainer of an engagement, the bank and the tax of a currency."""

    def key(line: OpeningLine) -> tuple[str, ...]:
        if line.kind == "invoice":
            return line.kind, line.client.casefold(), line.reference
        if line.kind == "retainer":
            return line.kind, line.engagement, line.retainer_kind
        return line.kind, line.amount.currency

    counts = Counter(key(line) for line in lines)
    return [
        OpeningProblem(
            line.line, "reference", "REPEATED", "This stands in the file more than once."
        )
        for line in lines
        if counts[key(line)] > 1
    ]
