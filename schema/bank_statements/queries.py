"""Reading statements and lines, and looking at a file before it is stored."""

from datetime import date
from typing import Any
from uuid import UUID

import strawberry

from db.queries import bank_statements as queries
from db.unit_of_work import read_only
from schema.bank_statements.types import (
    BankAccount,
    BankLine,
    BankLineStatus,
    BankStatement,
    CsvMapping,
    CsvPreset,
    StatementFormat,
)
from schema.context import Info
from schema.errors import inside
from schema.relay import Connection, Keyset, decode_id
from schema.retainers import money
from schema.scalars import Money
from services import bank_statements
from services.actor import MEMBERS
from services.bank_statements.mappings import CsvMapping as Mapping
from services.bank_statements.mappings import checked

STATEMENTS_NEWEST_FIRST = Keyset("bank_statements.stored", (UUID,))
LINES_BY_DAY = Keyset("bank_lines.booked", (date, UUID))


@strawberry.input(description="How a bank writes its CSV. Columns by heading, or by number from 1.")
class CsvMappingInput:
    """What is left out is as in the generic preset."""

    delimiter: str = strawberry.field(default=",", description="One of , ; | and a tab.")
    decimal_mark: str = strawberry.field(default=".", description="Comma or point.")
    date_format: str = strawberry.field(
        default="YYYY-MM-DD",
        description="YYYY-MM-DD, YYYYMMDD, DD-MM-YYYY, DD.MM.YYYY, DD/MM/YYYY, MM/DD/YYYY or YYYY/MM/DD.",
    )
    encoding: str = strawberry.field(default="utf-8", description="utf-8 or latin-1.")
    has_headings: bool = strawberry.field(
        default=True, description="Whether the first row names the columns."
    )
    date: str = strawberry.field(
        name="dateColumn", default="date", description="The column of the date."
    )
    amount: str = strawberry.field(
        name="amountColumn",
        default="amount",
        description="The column of the signed amount; empty where there are two.",
    )
    credit: str = strawberry.field(
        name="creditColumn", default="", description="The column of what came in."
    )
    debit: str = strawberry.field(
        name="debitColumn", default="", description="The column of what went out."
    )
    text: str = strawberry.field(
        name="textColumn", default="", description="The column of the text."
    )
    reference: str = strawberry.field(
        name="referenceColumn", default="", description="The column of the payer's reference."
    )
    balance: str = strawberry.field(
        name="balanceColumn", default="", description="The column of the balance."
    )
    counterparty: str = strawberry.field(
        name="counterpartyColumn", default="", description="The column of who paid."
    )
    entry_id: str = strawberry.field(
        name="entryIdColumn", default="", description="The column of the bank's own id."
    )
    currency: str = strawberry.field(
        name="currencyColumn", default="", description="The column of the currency."
    )

    def to_mapping(self) -> Mapping:
        """As the service takes it."""
        return Mapping(**{name: getattr(self, name) for name in Mapping.__slots__})


@strawberry.input(one_of=True, description="A bank's file: exactly one of the two.")
class StatementContentInput:
    """Text that was pasted, or the bytes of a file."""

    text: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="As text; an encoding that it declares does not matter.",
    )
    base64: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Its bytes, at most 5 MB; read in the encoding that the mapping or the XML declares.",
    )

    def to_file(self, format: StatementFormat) -> bank_statements.StatementFile:
        """As the service takes it."""
        return bank_statements.StatementFile(
            "csv" if format is StatementFormat.CSV else "camt_053",
            self.text if isinstance(self.text, str) else None,
            self.base64 if isinstance(self.base64, str) else None,
        )


@strawberry.type(
    description="Something about a file: what is wrong, or, as a note, what was passed over."
)
class StatementProblem:
    """With one that is no note nothing is stored."""

    line: int = strawberry.field(description="Where, from 1.")
    code: str = strawberry.field(description="What it is, such as DATE_INVALID.")
    message: str = strawberry.field(description="In words.")
    is_note: bool = strawberry.field(description="Whether the file can be stored all the same.")


@strawberry.type(description="An entry as it would be stored.")
class PreviewedEntry:
    """Not stored yet."""

    line: int = strawberry.field(description="Where it stands in the file.")
    booked_on: date = strawberry.field(description="When the bank booked it.")
    amount: Money = strawberry.field(description="In above zero, out below.")
    balance: Money | None = strawberry.field(description="The balance after it, where it is told.")
    text: str = strawberry.field(description="What the bank writes.")
    counterparty: str = strawberry.field(description="Who paid, or was paid.")
    reference: str = strawberry.field(description="The structured reference.")
    is_known: bool = strawberry.field(description="Whether it is stored already.")


@strawberry.type(description="A statement as it would be stored.")
class PreviewedStatement:
    """One of a file."""

    reference: str = strawberry.field(description="The bank's id of it, if it has one.")
    opening: Money | None = strawberry.field(description="The balance before, where it is told.")
    closing: Money | None = strawberry.field(description="The balance after, where it is told.")
    net: Money = strawberry.field(description="The sum of its entries.")
    entry_count: int = strawberry.field(description="How many entries there are.")
    entries: list[PreviewedEntry] = strawberry.field(description="The first 500 of them.")


@strawberry.type(description="What a file holds, and all that is wrong with it.")
class StatementPreview:
    """Nothing is stored."""

    can_be_stored: bool = strawberry.field(description="Whether nothing is wrong.")
    is_stored: bool = strawberry.field(description="Whether this very file was stored before.")
    statements: list[PreviewedStatement] = strawberry.field(description="In the order of the file.")
    problems: list[StatementProblem] = strawberry.field(description="By line.")


def _previewed(found: bank_statements.Preview) -> StatementPreview:
    def optional(amount_minor: int | None) -> Money | None:
        # In the account's currency: a statement in another one is among the problems, and shows nothing.
        return None if amount_minor is None else money(amount_minor, found.currency)

    return StatementPreview(
        can_be_stored=all(problem.is_note for problem in found.problems),
        is_stored=found.is_stored,
        problems=[
            StatementProblem(
                line=each.line, code=each.code, message=each.message, is_note=each.is_note
            )
            for each in found.problems
        ],
        statements=[
            PreviewedStatement(
                reference=statement.reference,
                opening=optional(statement.opening_minor),
                closing=optional(statement.closing_minor),
                net=money(statement.net_minor, found.currency),
                entry_count=len(statement.entries),
                entries=[
                    PreviewedEntry(
                        line=entry.line,
                        booked_on=entry.booked_on,
                        amount=money(entry.amount_minor, found.currency),
                        balance=optional(entry.balance_minor),
                        text=entry.text,
                        counterparty=entry.counterparty,
                        reference=entry.reference,
                        is_known=place in known,
                    )
                    for place, entry in enumerate(statement.entries[:500])
                ],
            )
            for statement, known in zip(found.statements, found.known, strict=True)
            if statement.currency == found.currency
        ],
    )


@strawberry.type
class BankQuery:
    """Mixed into Query."""

    @strawberry.field(description="The practice's accounts at banks, by name.")
    async def bank_accounts(self, info: Info) -> list[BankAccount]:
        """All of them, those put away too."""
        info.context.actor.require(*MEMBERS)
        async with read_only(info.context.actor.scope()) as uow:
            return [BankAccount.of(row) for row in await queries.bank_accounts(uow)]

    @strawberry.field(description="Mappings of CSV to start from.")
    def csv_presets(self, info: Info) -> list[CsvPreset]:
        """Change what differs."""
        info.context.actor.require(*MEMBERS)
        return [
            CsvPreset(name=name, mapping=CsvMapping.of(mapping))
            for name, mapping in bank_statements.PRESETS.items()
        ]

    @strawberry.field(description="Look at a bank's file; nothing is stored.")
    async def preview_bank_statement(
        self,
        info: Info,
        bank_account_id: strawberry.ID,
        format: StatementFormat,
        content: StatementContentInput,
        *,
        mapping: CsvMappingInput | None = None,
    ) -> StatementPreview:
        """With a mapping to try, or the account's."""
        given = checked(mapping.to_mapping()) if mapping else None
        with inside("content", "bankAccountId", renamed={"encoded": "base64"}):
            account_id = decode_id("BankAccount", bank_account_id, "bankAccountId")
            return _previewed(
                await bank_statements.preview_statement(
                    info.context.actor, account_id, content.to_file(format), mapping=given
                )
            )

    @strawberry.field(description="Statements, newest first; of one account.")
    async def bank_statements(
        self,
        info: Info,
        *,
        bank_account_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[BankStatement]:
        """All that were stored."""
        actor = info.context.actor
        actor.require(*MEMBERS)
        page = STATEMENTS_NEWEST_FIRST.page(first, after, last, before)
        account_id = (
            None
            if bank_account_id is None
            else decode_id("BankAccount", bank_account_id, "bankAccountId")
        )

        async def total() -> int:
            async with read_only(actor.scope()) as uow:
                return await queries.count_statements(uow, account_id=account_id)

        async with read_only(actor.scope()) as uow:
            rows = await queries.statements_page(
                uow,
                account_id=account_id,
                after=page.after[0] if page.after else None,
                before=page.before[0] if page.before else None,
                limit=page.fetch,
                is_backward=page.backward,
            )
        return Connection.of(
            page, rows, node=BankStatement.of, key=lambda row: (row["id"],), total=total
        )

    @strawberry.field(description="Lines of statements by the day they were booked, oldest first.")
    async def bank_lines(
        self,
        info: Info,
        *,
        bank_account_id: strawberry.ID | None = None,
        bank_statement_id: strawberry.ID | None = None,
        statuses: list[BankLineStatus] | None = None,
        from_date: date | None = None,
        to_date: date | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[BankLine]:
        """Those that fit all that is given."""
        actor = info.context.actor
        actor.require(*MEMBERS)
        page = LINES_BY_DAY.page(first, after, last, before)
        fits: dict[str, Any] = {
            "account_id": None
            if bank_account_id is None
            else decode_id("BankAccount", bank_account_id, "bankAccountId"),
            "statement_id": None
            if bank_statement_id is None
            else decode_id("BankStatement", bank_statement_id, "bankStatementId"),
            "statuses": None if statuses is None else [each.value for each in statuses],
            "from_on": from_date,
            "to_on": to_date,
        }

        async def total() -> int:
            async with read_only(actor.scope()) as uow:
                return await queries.count_lines(uow, fits)

        async with read_only(actor.scope()) as uow:
            rows = await queries.lines_page(
                uow,
                fits,
                after=(page.after[0], page.after[1]) if page.after else None,
                before=(page.before[0], page.before[1]) if page.before else None,
                limit=page.fetch,
                is_backward=page.backward,
            )
        return Connection.of(
            page, rows, node=BankLine.of, key=lambda row: (row["booked_on"], row["id"]), total=total
        )
