"""The accountant's further reports as CSV; see `csv_files` for the form."""

from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

from db.queries import books as queries
from db.unit_of_work import read_only
from services.actor import MEMBERS, Actor
from services.reports import receivables, roll_forwards, statements
from services.reports.csv_files import Cell, write_csv
from services.reports.receivables import Aging
from services.reports.roll_forwards import PeriodRoll
from services.rules.aging import BUCKETS, Bucket
from services.rules.deferred_revenue import CLASSES, RollForward, Span
from services.rules.money import Money


async def aging_csv(actor: Actor, *, as_of: date, known_at: datetime | None = None) -> str:
    """The aging, `line` telling what each line is: a document, a client's sum, or the tie to the ledger.

    Add up lines of one kind only. The ties come last, one for each currency.
    """
    report = await receivables.aging(actor, as_of=as_of, known_at=known_at)
    return write_csv(
        (
            "as_of", "known_at", "line", "client", "document", "number", "due_on", "overdue_days", "currency", *BUCKETS,
            "total", "ledger", "difference",
        ),
        _aging_lines(report),
    )  # fmt: skip


def _aging_lines(report: Aging) -> Iterator[tuple[Cell, ...]]:
    head = report.as_of, report.known_at
    for document in report.documents:
        part, currency = document.part, document.currency
        amounts: dict[Bucket, int] = dict.fromkeys(BUCKETS, 0) | {part.bucket: part.open_minor}
        yield (
            *head, "document", document.client_name, document.kind, document.number, part.due_on, part.overdue_days,
            currency, *_columns(amounts, currency), Money(part.open_minor, currency), None, None,
        )  # fmt: skip
    for client in report.clients:
        currency = client.currency
        yield (
            *head, "client", client.client_name, None, None, None, None, currency, *_columns(client.buckets, currency),
            Money(client.total_minor, currency), None, None,
        )  # fmt: skip
    for tie in report.ties:
        yield (
            *head, "tie", None, None, None, None, None, tie.currency, *(None for _ in BUCKETS),
            *(Money(minor, tie.currency) for minor in (tie.aged_minor, tie.ledger_minor, tie.difference_minor)),
        )  # fmt: skip


def _columns(amounts: dict[Bucket, int], currency: str) -> tuple[Money, ...]:
    return tuple(Money(amounts[bucket], currency) for bucket in BUCKETS)


async def deferred_revenue_csv(
    actor: Actor,
    *,
    from_date: date,
    to_date: date,
    span: Span = "month",
    known_at: datetime | None = None,
) -> str:
    """The roll-forward: a line for each client and period, and a total for each period held against the ledger."""
    report = await roll_forwards.deferred_revenue(
        actor, from_date=from_date, to_date=to_date, span=span, known_at=known_at
    )
    return write_csv(
        (
            "known_at", "from", "to", "line", "client", "currency", "opening", *CLASSES, "closing", "ledger",
            "difference", "explanation",
        ),
        _deferred_lines(report, known_at),
    )  # fmt: skip


def _deferred_lines(
    report: tuple[PeriodRoll, ...], known_at: datetime | None
) -> Iterator[tuple[Cell, ...]]:
    for each in report:
        head = known_at, each.period.first, each.period.last
        for line in each.clients:
            yield (*head, "client", line.client_name, *_rolled(line.roll), None, None, line.roll.explanation)  # fmt: skip
        for total in each.totals:
            roll = total.roll
            yield (
                *head, "total", None, *_rolled(roll), Money(total.ledger_minor, roll.currency),
                Money(total.difference_minor, roll.currency), roll.explanation,
            )  # fmt: skip


def _rolled(roll: RollForward) -> tuple[Cell, ...]:
    return (
        roll.currency,
        Money(roll.opening_minor, roll.currency),
        *(Money(roll.moved[each], roll.currency) for each in CLASSES),
        Money(roll.closing_minor, roll.currency),
    )


async def statement_csv(
    actor: Actor,
    client_id: UUID,
    *,
    from_date: date,
    to_date: date,
    known_at: datetime | None = None,
) -> str:
    """The statement of account: opening, every movement, closing, then what is overdue; `line` tells which."""
    report = await statements.statement_of_account(
        actor, client_id, from_date=from_date, to_date=to_date, known_at=known_at
    )
    return write_csv(
        (
            "known_at", "client", "line", "date", "journal", "kind", "documents", "description", "overdue_days",
            "currency", "amount", "balance",
        ),
        _statement_lines(report),
    )  # fmt: skip


def _statement_lines(report: statements.Statement) -> Iterator[tuple[Cell, ...]]:
    head = report.known_at, report.client_name
    nothing = (None, None, None, None, None)
    for section in report.sections:
        currency = section.currency
        yield (*head, "opening", report.from_date, *nothing, currency, None, Money(section.opening_minor, currency))  # fmt: skip
        for line in section.lines:
            yield (
                *head, "movement", line.effective_date, line.journal_number, line.kind, " ".join(line.documents), line.description,
                None, currency, Money(line.amount_minor, currency), Money(line.balance_minor, currency),
            )  # fmt: skip
        yield (*head, "closing", report.to_date, *nothing, currency, None, Money(section.closing_minor, currency))  # fmt: skip
        for each in section.overdue:
            yield (
                *head, "overdue", each.part.due_on, None, each.kind, each.number, None, each.part.overdue_days, currency,
                Money(each.part.open_minor, currency), None,
            )  # fmt: skip
        yield (*head, "retainers held", report.to_date, *nothing, currency, None, Money(section.held_minor, currency))  # fmt: skip


async def reconciliations_csv(actor: Actor) -> str:
    """Every recorded reconciliation, the newest first, at most ten thousand; and beneath each its items."""
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        rows = await queries.reconciliations(uow, limit=10_000)
        items = await queries.items_of(uow, [row["id"] for row in rows])
    sums = (
        "statement", "bank_items", "adjusted", "books_items", "control", "client_items", "clients", "unexplained_bank",
        "unexplained_clients",
    )  # fmt: skip

    def lines() -> Iterator[tuple[Cell, ...]]:
        for row in rows:
            currency = row["currency"]
            yield (
                row["as_of"], row["recorded_at"], row["member_name"], "done" if row["is_done"] else "open",
                row["statement_reference"], currency, *(Money(row[f"{name}_minor"], currency) for name in sums), None, row["note"],
            )  # fmt: skip
            for item in items:
                if item["reconciliation_id"] == row["id"]:
                    yield (
                        item["happened_on"], None, None, item["kind"], row["statement_reference"], currency,
                        *(None for _ in sums), Money(item["amount_minor"], currency), item["explanation"],
                    )  # fmt: skip

    return write_csv(
        ("date", "recorded_at", "recorded_by", "line", "statement_reference", "currency", *sums, "amount", "text"), lines()
    )  # fmt: skip
