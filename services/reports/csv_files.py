"""The reports as CSV: RFC 4180, a header, one fact in a line, amounts as plain decimals with a point.

A cell of text that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`, a tab or a carriage return) gets an
apostrophe in front, which spreadsheets hide; amounts are numbers we wrote and stay as they are.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from services import ledger
from services.actor import Actor
from services.reports import readings
from services.rules.formulas import guarded
from services.rules.money import Money, format_amount

Cell = str | date | datetime | Money | int | None
"""What a cell may hold; of money the amount, its currency has a column of its own."""


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Money):
        return format_amount(cell)
    if isinstance(cell, date):  # a datetime is one too
        return cell.isoformat()
    if isinstance(cell, int):
        return str(cell)
    return guarded(cell)


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """The lines with CRLF ends, quoted where they must be."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        # A blank first cell alone would be an empty line to some readers; the writer quotes it.
        writer.writerow([_written(cell) for cell in row])
    return text.getvalue()


async def retainer_balances_csv(
    actor: Actor, *, as_of: date, known_at: datetime | None = None, include_empty: bool = False
) -> str:
    """`readings.retainer_balances`, one line for each retainer; no line of totals, so that the file can be added up."""
    report = await readings.retainer_balances(
        actor, as_of=as_of, known_at=known_at, include_empty=include_empty
    )
    return write_csv(
        ("as_of", "known_at", "client", "engagement_number", "engagement", "kind", "currency", "balance"),
        (
            (
                report.as_of,
                report.known_at,
                line.client_name,
                line.engagement_number,
                line.engagement_name,
                line.kind,
                line.currency,
                Money(line.balance_minor, line.currency),
            )
            for line in report.retainers
        ),
    )  # fmt: skip


async def client_ledger_csv(
    actor: Actor,
    client_id: UUID,
    *,
    from_date: date | None = None,
    to_date: date | None = None,
    known_at: datetime | None = None,
) -> str:
    """Every line of the client's ledger; debit and credit apart, the balance on the account's own side."""
    report = await readings.client_ledger(
        actor, client_id, from_date=from_date, to_date=to_date, known_at=known_at, limit=None
    )
    return write_csv(
        (
            "effective_date", "recorded_at", "journal", "client", "account", "kind", "description", "currency",
            "debit", "credit", "balance",
        ),
        (_entry(report.client_name, entry) for entry in report.entries),
    )  # fmt: skip


def _entry(client_name: str, entry: ledger.Entry) -> tuple[Cell, ...]:
    amount = Money(abs(entry.amount_minor), entry.currency)
    return (
        entry.effective_date,
        entry.recorded_at,
        entry.seq,
        client_name,
        ledger.CHART[entry.code].name,
        entry.kind,
        entry.description,
        entry.currency,
        amount if entry.amount_minor > 0 else None,
        amount if entry.amount_minor < 0 else None,
        Money(entry.natural_balance_minor, entry.currency),
    )


async def trial_balance_csv(
    actor: Actor, *, as_of: date | None = None, known_at: datetime | None = None
) -> str:
    """The trial balance; the sums of its two columns of amounts agree in each currency."""
    report = await readings.trial_balance(actor, as_of=as_of, known_at=known_at)
    return write_csv(
        ("as_of", "known_at", "code", "account", "kind", "currency", "debit", "credit"),
        (
            (
                report.as_of,
                report.known_at,
                line.code,
                line.name,
                line.kind,
                line.currency,
                Money(line.debit_minor, line.currency),
                Money(line.credit_minor, line.currency),
            )
            for line in report.lines
        ),
    )
