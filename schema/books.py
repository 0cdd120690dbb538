"""The books as files that other programs read."""

from datetime import date, datetime

import strawberry

from schema.context import Info
from schema.opening_balances import OpeningBalanceMutation, OpeningBalanceQuery
from schema.periods import PeriodMutation, PeriodQuery
from schema.receivables import AgingQuery
from schema.reconciliations import ReconciliationMutation, ReconciliationQuery
from schema.reports import report_url
from schema.roll_forwards import DeferredRevenueQuery
from schema.statements import StatementQuery
from services.actor import MEMBERS
from services.rules.dates import check_plausible


@strawberry.type(
    description="The whole books as plain text; both files hold the same entries and give the same balances."
)
class BookFiles:
    """Signed links, and what they were asked for."""

    through: date = strawberry.field(description="The last effective date that is in the files.")
    known_at: datetime | None = strawberry.field(description="As recorded by this instant.")
    hledger_url: str = strawberry.field(
        description="A journal for hledger (`hledger -f books.journal balance`), for a quarter of an hour."
    )
    reconciliations_csv_url: str = strawberry.field(
        description="Every recorded reconciliation with its items, for a quarter of an hour."
    )
    beancount_url: str = strawberry.field(
        description="A ledger for Beancount (`bean-check books.beancount`), with an assertion of every balance, "
        "for a quarter of an hour."
    )


@strawberry.type
class BooksQuery(
    AgingQuery,
    DeferredRevenueQuery,
    OpeningBalanceQuery,
    PeriodQuery,
    ReconciliationQuery,
    StatementQuery,
):
    """What the accountant takes away."""

    @strawberry.field(
        description="The books as files for hledger and Beancount. For every member of the practice."
    )
    def book_files(
        self, info: Info, *, through: date | None = None, known_at: datetime | None = None
    ) -> BookFiles:
        """Links that read the books when they are followed; without `through` up to today."""
        info.context.actor.require(*MEMBERS)
        last = through or info.context.today
        check_plausible(last, "through")
        return BookFiles(
            through=last,
            known_at=known_at,
            hledger_url=report_url(info, "books.journal", through=last, knownAt=known_at),
            reconciliations_csv_url=report_url(info, "reconciliations.csv"),
            beancount_url=report_url(info, "books.beancount", through=last, knownAt=known_at),
        )


@strawberry.type
class BooksMutation(OpeningBalanceMutation, PeriodMutation, ReconciliationMutation):
    """What the owner and staff enter at the accountant's desk."""
