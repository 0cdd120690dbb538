"""A bank's CSV, read by a mapping. Nothing is guessed: what the mapping does not fit is a problem at its line."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from services.bank_statements.entries import (
    MAX_ENTRIES,
    MAX_PROBLEMS,
    Entry,
    Problem,
    Reading,
    Statement,
    check_balances,
    cleaned,
)
from services.bank_statements.mappings import COLUMNS, DATE_FORMATS, CsvMapping
from services.rules.errors import InvalidInput
from services.rules.money import parse_amount

_SPACES: Final = str.maketrans("", "", " \u00a0\u202f'\u2019")
_MINUSES: Final = str.maketrans({"\u2212": "-", "\u2013": "-"})


def read_csv(content: bytes | str, mapping: CsvMapping, currency: str) -> Reading:
    """The one statement that a CSV is, and everything that is wrong with it. Never raises for what the file holds.

    Opening and closing balance follow from the column of balances, where there is one; the file may run forwards or backwards.
    """
    problems: list[Problem] = []
    text = _decoded(content, mapping.encoding, problems)
    if text is None:
        return Reading((), tuple(problems))
    rows = _rows(text, mapping.delimiter, problems)
    places = _places(rows, mapping, problems)
    if places is None:
        return Reading((), tuple(problems))
    entries: list[Entry] = []
    for line, row in rows[1:] if mapping.has_headings else rows:
        if len(problems) >= MAX_PROBLEMS:
            problems.append(Problem(line, "TOO_MANY_PROBLEMS", "The rest was not looked at."))
            break
        entry = _entry(line, row, places, mapping, currency=currency, problems=problems)
        if entry is not None:
            entries.append(entry)
    if not entries and not problems:
        problems.append(Problem(1, "STATEMENT_EMPTY", "There is no entry in this file."))
    ordered = _in_time(entries)
    problems += check_balances(ordered, currency)
    problems.sort(key=lambda problem: problem.line)
    if not ordered:
        return Reading((), tuple(problems))
    opening, closing = _ends(ordered)
    statement = Statement(1, "", "", currency, cleaned(ordered), opening, closing)
    return Reading((statement,), tuple(problems))


def _decoded(content: bytes | str, encoding: str, problems: list[Problem]) -> str | None:
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    if content.startswith(b"\xef\xbb\xbf"):
        encoding = "utf-8"  # it says so itself, whatever the mapping says
    try:
        return content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problems.append(
            Problem(
                line,
                "ENCODING",
                f"This is not {encoding.upper()}; is the file in another encoding?",
            )
        )
        return None


def _rows(text: str, delimiter: str, problems: list[Problem]) -> list[tuple[int, list[str]]]:
    """Every row that is not blank, with the line it begins on."""
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return rows
        except csv.Error as error:
            problems.append(Problem(line, "ROW_INVALID", f"This row cannot be read: {error}."))
            return rows
        if any(cell.strip() for cell in row):
            rows.append((line, row))
        if len(rows) > MAX_ENTRIES + 1:
            problems.append(
                Problem(line, "TOO_LARGE", f"A file has at most {MAX_ENTRIES} entries.")
            )
            return rows
        line = reader.line_num + 1


def _places(
    rows: Sequence[tuple[int, list[str]]], mapping: CsvMapping, problems: list[Problem]
) -> dict[str, int] | None:
    """The place of each mapped column; None where one is missing."""
    wanted = {name: getattr(mapping, name) for name in COLUMNS if getattr(mapping, name)}
    if not mapping.has_headings:
        return {name: int(column) - 1 for name, column in wanted.items()}
    if not rows:
        problems.append(Problem(1, "STATEMENT_EMPTY", "There is nothing in this file."))
        return None
    line, headings = rows[0]
    known = {heading.strip().casefold(): place for place, heading in enumerate(headings)}
    missing = [column for column in wanted.values() if column.casefold() not in known]
    for column in missing:
        problems.append(
            Problem(line, "COLUMN_MISSING", f"There is no column {column!r}; there are {', '.join(map(repr, headings))[:300]}.")
        )  # fmt: skip
    if missing:
        return None
    return {name: known[column.casefold()] for name, column in wanted.items()}


def _entry(
    line: int,
    row: list[str],
    places: dict[str, int],
    mapping: CsvMapping,
    *,
    currency: str,
    problems: list[Problem],
) -> Entry | None:
    if len(row) <= max(places.values()):
        problems.append(
            Problem(line, "COLUMN_MISSING", f"This row has {len(row)} columns, {max(places.values()) + 1} are needed.")
        )  # fmt: skip
        return None
    cells = {name: row[place].strip() for name, place in places.items()}
    before = len(problems)
    booked_on = _date(line, cells["date"], mapping.date_format, problems)
    amount_minor = _signed(line, cells, mapping, currency, problems)
    balance_minor = None
    if cells.get("balance"):
        balance_minor = _amount(line, cells["balance"], mapping, currency, problems)
    if cells.get("currency", currency).upper() != currency:
        problems.append(
            Problem(line, "CURRENCY_DIFFERS", f"The account is kept in {currency}, this is in {cells['currency'][:10]!r}.")
        )  # fmt: skip
    if len(problems) > before or booked_on is None or amount_minor is None:
        return None
    if amount_minor == 0:
        problems.append(Problem(line, "NOTHING_MOVED", "A line of nothing, passed over.", True))
        return None
    return Entry(
        line=line,
        booked_on=booked_on,
        amount_minor=amount_minor,
        text=cells.get("text", ""),
        balance_minor=balance_minor,
        counterparty=cells.get("counterparty", ""),
        reference=cells.get("reference", ""),
        entry_id=cells.get("entry_id", ""),
    )


def _date(line: int, text: str, date_format: str, problems: list[Problem]) -> date | None:
    try:
        found = datetime.strptime(text, DATE_FORMATS[date_format]).date()  # noqa: DTZ007 - a date, no instant
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year < 10000 or not text.isascii():
        problems.append(
            Problem(line, "DATE_INVALID", f"{text[:30]!r} is no date written as {date_format}.")
        )
        return None
    return found


def _signed(
    line: int, cells: dict[str, str], mapping: CsvMapping, currency: str, problems: list[Problem]
) -> int | None:
    if mapping.amount:
        return _amount(line, cells["amount"], mapping, currency, problems)
    credit, debit = cells.get("credit", ""), cells.get("debit", "")
    if bool(credit) == bool(debit):
        problems.append(
            Problem(line, "AMOUNT_INVALID", "Either credit or debit holds the amount, not both.")
        )
        return None
    found = _amount(line, credit or debit, mapping, currency, problems)
    if found is None:
        return None
    # Some banks write what went out with a minus, some without.
    return found if credit else -abs(found)


def _amount(
    line: int, text: str, mapping: CsvMapping, currency: str, problems: list[Problem]
) -> int | None:
    """An amount in minor units. Thousands may be set apart by the other mark or by blanks, three figures each."""
    plain = text.translate(_SPACES).translate(_MINUSES).removeprefix("+")
    if plain.endswith("-"):
        plain = "-" + plain[:-1]
    whole, mark, decimals = plain.partition(mapping.decimal_mark)
    thousands = "." if mapping.decimal_mark == "," else ","
    head, *groups = whole.removeprefix("-").split(thousands)
    if groups and (not 1 <= len(head) <= 3 or any(len(group) != 3 for group in groups)):
        problems.append(_bad_amount(line, text))
        return None
    try:
        return parse_amount(
            whole.replace(thousands, "") + ("." + decimals if mark else ""), currency, "amount"
        ).amount_minor
    except InvalidInput as refusal:
        problems.append(_bad_amount(line, text, refusal.message))
        return None


def _bad_amount(line: int, text: str, why: str = "Thousands are set apart oddly.") -> Problem:
    return Problem(line, "AMOUNT_INVALID", f"{text[:40]!r} is no amount. {why}")


def _in_time(entries: list[Entry]) -> list[Entry]:
    """Oldest first. Banks write either way; within one day only the balances tell which."""
    if len(entries) < 2:
        return entries
    if entries[0].booked_on != entries[-1].booked_on:
        backwards = entries[0].booked_on > entries[-1].booked_on
    else:
        breaks = [len(check_balances(order, "XOF")) for order in (entries, entries[::-1])]
        backwards = breaks[1] < breaks[0]
    return entries[::-1] if backwards else entries


def _ends(entries: list[Entry]) -> tuple[int | None, int | None]:
    """Opening and closing balance, where every entry says its balance."""
    first, last = entries[0], entries[-1]
    if first.balance_minor is None or last.balance_minor is None:
        return None, None
    return first.balance_minor - first.amount_minor, last.balance_minor
