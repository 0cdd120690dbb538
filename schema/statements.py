"""The statement of account of a client, and its papers."""

from datetime import date, datetime
from typing import Any

import strawberry

from schema.context import Info
from schema.relay import Connection, Keyset, decode_id
from schema.reports import report_url
from schema.retainers import money
from schema.scalars import Currency, Money
from services import reports
from services.rules.errors import InvalidInput

LINES_BY_DATE = Keyset("statement.lines", (date, int))


@strawberry.type(description="One entry that moved what the client owes.")
class StatementLine:
    """Receivables less what is unapplied."""

    effective_date: date = strawberry.field(description="When it counts.")
    journal_number: int = strawberry.field(description="The number of its entry.")
    kind: str = strawberry.field(description="What happened, such as invoice or payment.")
    is_reversal: bool = strawberry.field(description="Whether it takes an earlier entry back.")
    description: str = strawberry.field(description="In words.")
    documents: list[str] = strawberry.field(description="The numbers of what it was about.")
    amount: Money = strawberry.field(description="Above zero where more is owed by it.")
    balance: Money = strawberry.field(description="What is owed after it.")


@strawberry.type(description="A document that is due and unpaid.")
class OverdueDocument:
    """At the end of the statement."""

    number: str = strawberry.field(description="What it is called.")
    due_on: date = strawberry.field(description="When it was due.")
    overdue_days: int = strawberry.field(description="For how many days.")
    open: Money = strawberry.field(description="What is left of it.")


@strawberry.type(description="The account of a client in one currency.")
class StatementSection:
    """opening + lines = closing."""

    found: strawberry.Private[Any]
    currency: Currency = strawberry.field(description="The currency.")
    opening: Money = strawberry.field(description="What was owed before the first day.")
    closing: Money = strawberry.field(description="What is owed at the end of the last day.")
    difference: Money = strawberry.field(description="closing − ledger: zero when they tie.")
    overdue: list[OverdueDocument] = strawberry.field(description="By due date.")
    overdue_total: Money = strawberry.field(description="What is overdue in all.")
    held: Money = strawberry.field(description="What the client's retainers hold; not in closing.")

    @strawberry.field(description="Every movement, by date.")
    def lines(
        self, info: Info, *, first: int | None = None, after: str | None = None
    ) -> Connection[StatementLine]:
        """A page of them."""
        page = LINES_BY_DATE.page(first, after, None, None)

        def key(line: Any) -> tuple[Any, ...]:
            return line.effective_date, line.journal_number

        def node(line: Any) -> StatementLine:
            return StatementLine(
                effective_date=line.effective_date,
                journal_number=line.journal_number,
                kind=line.kind,
                is_reversal=line.is_reversal,
                description=line.description,
                documents=list(line.documents),
                amount=money(line.amount_minor, self.currency),
                balance=money(line.balance_minor, self.currency),
            )

        left = [line for line in self.found.lines if page.after is None or key(line) > page.after]

        async def total() -> int:
            return len(self.found.lines)

        return Connection.of(page, left[: page.fetch], node=node, key=key, total=total)


@strawberry.type(description="The account of a client between two dates.")
class StatementOfAccount:
    """One section for each currency."""

    client_id: strawberry.ID = strawberry.field(description="The client.")
    client_name: str = strawberry.field(description="Its name.")
    from_date: date = strawberry.field(description="The first day.")
    to_date: date = strawberry.field(description="The last day.")
    known_at: datetime | None = strawberry.field(description="As recorded by this instant.")
    sections: list[StatementSection] = strawberry.field(description="By currency.")
    pdf_url: str = strawberry.field(description="As a PDF, for a quarter of an hour.")
    docx_url: str = strawberry.field(description="As a .docx, for a quarter of an hour.")
    csv_url: str = strawberry.field(description="As a CSV, for a quarter of an hour.")


@strawberry.type
class StatementQuery:
    """Mixed into Query."""

    @strawberry.field(
        description="What a client owed, what moved it, what it owes and what of that is overdue. For every member."
    )
    async def statement_of_account(
        self,
        info: Info,
        *,
        client_id: strawberry.ID,
        from_date: date,
        to_date: date | None = None,
        known_at: datetime | None = None,
        locale: str | None = None,
    ) -> StatementOfAccount:
        """Up to today where no last day is given; `locale` is of the papers, the client's own where it is not given."""
        if locale not in (None, "en", "da"):
            raise InvalidInput("The locale is en or da.", code="LOCALE", field="locale")
        last = to_date or info.context.today
        client_uuid = decode_id("Client", client_id, "clientId")
        found = await reports.statement_of_account(
            info.context.actor, client_uuid, from_date=from_date, to_date=last, known_at=known_at
        )
        asked: dict[str, object] = {
            "clientId": client_uuid, "from": from_date, "to": last, "knownAt": known_at,
        }  # fmt: skip
        return StatementOfAccount(
            client_id=client_id,
            client_name=found.client_name,
            from_date=from_date,
            to_date=last,
            known_at=known_at,
            sections=[
                StatementSection(
                    found=each,
                    currency=Currency(each.currency),
                    opening=money(each.opening_minor, each.currency),
                    closing=money(each.closing_minor, each.currency),
                    difference=money(each.closing_minor - each.ledger_minor, each.currency),
                    overdue=[
                        OverdueDocument(
                            number=document.number,
                            due_on=document.part.due_on,
                            overdue_days=document.part.overdue_days,
                            open=money(document.part.open_minor, each.currency),
                        )
                        for document in each.overdue
                    ],
                    overdue_total=money(each.overdue_minor, each.currency),
                    held=money(each.held_minor, each.currency),
                )
                for each in found.sections
            ],
            pdf_url=report_url(info, "statement.pdf", **asked, locale=locale),
            docx_url=report_url(info, "statement.docx", **asked, locale=locale),
            csv_url=report_url(info, "statement.csv", **asked),
        )
