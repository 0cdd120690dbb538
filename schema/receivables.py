"""The aging: what clients owe by how long it has been due."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

import strawberry

from schema.context import Info
from schema.relay import Connection, Keyset, Page, encode_id
from schema.reports import csv_url
from schema.retainers import money
from schema.scalars import Currency, Money
from services import reports
from services.rules.aging import Bucket

DOCUMENTS_BY_CLIENT = Keyset("aging.documents", (str, str, date, str, str))
CLIENTS_BY_NAME = Keyset("aging.clients", (str, str, str))


@strawberry.type(description="What is owed, by the days it has been due.")
class AgedAmounts:
    """The columns and their sum."""

    not_due: Money = strawberry.field(description="Due on the day asked about, or later.")
    days_1_30: Money = strawberry.field(name="days1To30", description="Due for 1 to 30 days.")
    days_31_60: Money = strawberry.field(name="days31To60", description="Due for 31 to 60 days.")
    days_61_90: Money = strawberry.field(name="days61To90", description="Due for 61 to 90 days.")
    days_over_90: Money = strawberry.field(description="Due for more than 90 days.")
    unapplied: Money = strawberry.field(
        description="Money of the client that no document has used; negative."
    )
    total: Money = strawberry.field(description="The columns together.")


def _amounts(buckets: dict[Bucket, int], currency: str) -> AgedAmounts:
    return AgedAmounts(
        **{name: money(minor, currency) for name, minor in buckets.items()},
        total=money(sum(buckets.values()), currency),
    )


@strawberry.type(description="An open part of an invoice or of a charge for delay.")
class AgedDocument:
    """One line of the aging."""

    kind: str = strawberry.field(
        description="invoice, late_charge, kill_fee, or opening_invoice for one of before."
    )
    number: str = strawberry.field(
        description="What the document is called; of a kill fee, the engagement's number."
    )
    client_id: strawberry.ID = strawberry.field(description="Who owes it.")
    client_name: str = strawberry.field(description="The client's name.")
    due_on: date = strawberry.field(description="When this part was or is due.")
    overdue_days: int = strawberry.field(description="For how many days it has been due; 0 if not.")
    open: Money = strawberry.field(description="What is left of it.")


@strawberry.type(description="What one client owes in one currency.")
class AgedClient:
    """The sum of its documents, less what is unapplied."""

    client_id: strawberry.ID = strawberry.field(description="The client.")
    client_name: str = strawberry.field(description="Its name.")
    currency: Currency = strawberry.field(description="The currency.")
    amounts: AgedAmounts = strawberry.field(description="By age.")


@strawberry.type(description="Whether the documents come to what the ledger says, in one currency.")
class AgingTie:
    """Both figures and their difference."""

    currency: Currency = strawberry.field(description="The currency.")
    aged: Money = strawberry.field(description="The sum of the aging.")
    receivable: Money = strawberry.field(description="What the receivables accounts hold.")
    unapplied: Money = strawberry.field(
        description="What the accounts of unapplied receipts and kept credit hold for clients."
    )
    ledger: Money = strawberry.field(description="receivable − unapplied.")
    difference: Money = strawberry.field(description="aged − ledger: zero when they tie.")
    is_tied: bool = strawberry.field(description="Whether they agree to the unit.")


@strawberry.type(description="An entry that the documents do not account for.")
class AgingDifference:
    """Where documents and ledger part."""

    journal_number: int = strawberry.field(description="The entry.")
    effective_date: date = strawberry.field(description="When it counts.")
    recorded_at: datetime = strawberry.field(description="When it was entered.")
    kind: str = strawberry.field(description="What happened.")
    description: str = strawberry.field(description="In words.")
    by_documents: Money = strawberry.field(description="What the documents say it moved.")
    by_ledger: Money = strawberry.field(description="What it moved on the receivables accounts.")


@strawberry.type(description="What clients owe, by how long it has been due.")
class Aging:
    """As of a date, by effective dates."""

    found: strawberry.Private[reports.Aging]
    as_of: date = strawberry.field(description="At the end of this date.")
    known_at: datetime | None = strawberry.field(description="As recorded by this instant.")
    totals: list[AgedAmounts] = strawberry.field(description="One for each currency, by its code.")
    ties: list[AgingTie] = strawberry.field(description="One for each currency, by its code.")
    differences: list[AgingDifference] = strawberry.field(
        description="Empty where every currency ties; at most a thousand."
    )
    csv_url: str = strawberry.field(description="The same as a file, for a quarter of an hour.")

    @strawberry.field(description="What each client owes, by name and currency.")
    def clients(
        self, info: Info, *, first: int | None = None, after: str | None = None
    ) -> Connection[AgedClient]:
        """A page of the clients."""

        def key(each: Any) -> tuple[Any, ...]:
            return each.client_name, str(each.client_id), each.currency

        def node(each: Any) -> AgedClient:
            return AgedClient(
                client_id=encode_id("Client", each.client_id),
                client_name=each.client_name,
                currency=Currency(each.currency),
                amounts=_amounts(each.buckets, each.currency),
            )

        page = CLIENTS_BY_NAME.page(first, after, None, None)
        return _page_of(page, self.found.clients, node=node, key=key)

    @strawberry.field(description="Every open part of every document, by client and due date.")
    def documents(
        self, info: Info, *, first: int | None = None, after: str | None = None
    ) -> Connection[AgedDocument]:
        """A page of the documents."""

        def key(each: Any) -> tuple[Any, ...]:
            at = each.part.due_on
            return each.client_name, str(each.client_id), at, each.number, str(each.document_id)

        def node(each: Any) -> AgedDocument:
            return AgedDocument(
                kind=each.kind,
                number=each.number,
                client_id=encode_id("Client", each.client_id),
                client_name=each.client_name,
                due_on=each.part.due_on,
                overdue_days=each.part.overdue_days,
                open=money(each.part.open_minor, each.currency),
            )

        page = DOCUMENTS_BY_CLIENT.page(first, after, None, None)
        return _page_of(page, self.found.documents, node=node, key=key)


T = TypeVar("T")


def _page_of(
    page: Page,
    rows: Sequence[Any],
    *,
    node: Callable[[Any], T],
    key: Callable[[Any], tuple[Any, ...]],
) -> Connection[T]:
    """A page of rows that are all there already."""
    in_order = sorted(rows, key=key)
    left = [row for row in in_order if page.after is None or key(row) > page.after]

    async def total() -> int:
        return len(in_order)

    return Connection.of(page, left[: page.fetch], node=node, key=key, total=total)


@strawberry.type
class AgingQuery:
    """Mixed into Query."""

    @strawberry.field(
        description="What clients owe by how long it has been due, held against the ledger. For every member."
    )
    async def aging(
        self, info: Info, *, as_of: date | None = None, known_at: datetime | None = None
    ) -> Aging:
        """Today where no date is given."""
        day = as_of or info.context.today
        found = await reports.aging(info.context.actor, as_of=day, known_at=known_at)
        return Aging(
            found=found,
            as_of=day,
            known_at=known_at,
            totals=[_amounts(buckets, currency) for currency, buckets in found.totals.items()],
            ties=[
                AgingTie(
                    currency=Currency(tie.currency),
                    aged=money(tie.aged_minor, tie.currency),
                    receivable=money(tie.receivable_minor, tie.currency),
                    unapplied=money(tie.unapplied_minor, tie.currency),
                    ledger=money(tie.ledger_minor, tie.currency),
                    difference=money(tie.difference_minor, tie.currency),
                    is_tied=tie.ties,
                )
                for tie in found.ties
            ],
            differences=[
                AgingDifference(
                    journal_number=each.seq,
                    effective_date=each.effective_date,
                    recorded_at=each.recorded_at,
                    kind=each.kind,
                    description=each.description,
                    by_documents=money(each.documents_minor, each.currency),
                    by_ledger=money(each.ledger_minor, each.currency),
                )
                for each in found.differences
            ],
            csv_url=csv_url(info, "aging", asOf=day, knownAt=known_at),
        )
