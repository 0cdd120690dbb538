"""The accountant's further reports as CSV; see `csv_files` for the form."""

from collections.abc import Iterator
from datetime import date, datetime

from services.actor import Actor
from services.reports import receivables, roll_forwards
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
