"""Accounts at banks, statements, lines, matches and suggestions."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Self
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from db.queries import bank_statements as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.relay import Node, encode_id, fetches
from schema.retainers import money
from schema.scalars import Currency, Money
from services import bank_statements
from services.actor import MEMBERS
from services.bank_statements.mappings import CsvMapping as Mapping
from services.rules import bank_statements as rules


@strawberry.enum(description="The format of a bank's file.")
class StatementFormat(Enum):
    """What can be read."""

    CSV = strawberry.enum_value("csv", description="Read by the account's mapping.")
    CAMT_053 = strawberry.enum_value(
        "camt_053", description="ISO 20022, any version of its namespace."
    )


@strawberry.enum(description="Where a line of a statement stands.")
class BankLineStatus(Enum):
    """The status of a line."""

    OPEN = strawberry.enum_value("open", description="Nobody has said what it is.")
    MATCHED = strawberry.enum_value("matched", description="It is in the books.")
    SET_ASIDE = strawberry.enum_value("set_aside", description="It is no business of clients.")


@strawberry.enum(description="What a line was matched with.")
class BankMatchKind(Enum):
    """The kinds of a match."""

    PAYMENT = strawberry.enum_value("payment", description="A payment that came in.")
    DEPOSIT = strawberry.enum_value("deposit", description="A deposit into a retainer.")
    REFUND = strawberry.enum_value("refund", description="A refund that was paid out.")
    REVERSED_PAYMENT = strawberry.enum_value(
        "reversed_payment", description="A payment that went back."
    )
    BANK_CHARGE = strawberry.enum_value("bank_charge", description="What the bank took.")


@strawberry.enum(description="What a line may be.")
class BankSuggestionKind(Enum):
    """The kinds of `services.rules.bank_statements`."""

    INVOICES = strawberry.enum_value("invoices", description="A payment of one invoice or several.")
    REQUEST = strawberry.enum_value("request", description="The deposit that a request asks for.")
    REFUND = strawberry.enum_value("refund", description="An approved refund, paid out.")
    REVERSED_PAYMENT = strawberry.enum_value(
        "reversed_payment", description="A payment, gone back."
    )
    RECORDED_PAYMENT = strawberry.enum_value(
        "recorded_payment", description="A payment entered before."
    )
    RECORDED_DEPOSIT = strawberry.enum_value(
        "recorded_deposit", description="A deposit entered before."
    )
    RECORDED_REFUND = strawberry.enum_value(
        "recorded_refund", description="A refund entered as paid before."
    )


_NODES = {
    "invoices": "Invoice",
    "request": "RetainerRequest",
    "refund": "Refund",
    "reversed_payment": "Payment",
    "recorded_payment": "Payment",
    "recorded_deposit": "RetainerDeposit",
    "recorded_refund": "Refund",
}


@strawberry.type(description="How a bank writes its CSV.")
class CsvMapping:
    """Columns by heading, or by number from 1."""

    delimiter: str = strawberry.field(description="What stands between columns.")
    decimal_mark: str = strawberry.field(description="Comma or point.")
    date_format: str = strawberry.field(description="Such as DD-MM-YYYY.")
    encoding: str = strawberry.field(description="utf-8 or latin-1.")
    has_headings: bool = strawberry.field(description="Whether the first row names the columns.")
    date: str = strawberry.field(name="dateColumn", description="The column of the date.")
    amount: str = strawberry.field(
        name="amountColumn", description="The column of the signed amount, or empty."
    )
    credit: str = strawberry.field(
        name="creditColumn", description="The column of what came in, or empty."
    )
    debit: str = strawberry.field(
        name="debitColumn", description="The column of what went out, or empty."
    )
    text: str = strawberry.field(name="textColumn", description="The column of the text, or empty.")
    reference: str = strawberry.field(
        name="referenceColumn", description="The column of the payer's reference, or empty."
    )
    balance: str = strawberry.field(
        name="balanceColumn", description="The column of the balance, or empty."
    )
    counterparty: str = strawberry.field(
        name="counterpartyColumn", description="The column of who paid, or empty."
    )
    entry_id: str = strawberry.field(
        name="entryIdColumn", description="The column of the bank's own id, or empty."
    )
    currency: str = strawberry.field(
        name="currencyColumn", description="The column of the currency, or empty."
    )

    @classmethod
    def of(cls, mapping: Mapping) -> Self:
        """From the service's."""
        return cls(**{name: getattr(mapping, name) for name in Mapping.__slots__})


@strawberry.type(description="A mapping to start from.")
class CsvPreset:
    """Ready-made."""

    name: str = strawberry.field(description="Such as danish.")
    mapping: CsvMapping = strawberry.field(description="What it says.")


@strawberry.type(description="One of the practice's accounts at a bank.")
class BankAccount(Node):
    """In the books all of one currency are one account."""

    name: str = strawberry.field(description="What the practice calls it.")
    currency: Currency = strawberry.field(description="What it is kept in.")
    identification: str = strawberry.field(description="IBAN or number; empty where not told.")
    mapping: CsvMapping = strawberry.field(description="How its CSV is read.")
    is_active: bool = strawberry.field(description="Whether it is in use.")
    version: int = strawberry.field(description="Send it back as `expectedVersion` to change it.")
    created_at: datetime = strawberry.field(description="When it was told of.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            id=encode_id("BankAccount", row["id"]),
            name=row["name"],
            currency=Currency(row["currency"]),
            identification=row["identification"],
            mapping=CsvMapping.of(bank_statements.mapping_of(row)),
            is_active=row["is_active"],
            version=row["version"],
            created_at=row["created_at"],
        )


@strawberry.type(description="A statement of a bank, as it was stored.")
class BankStatement(Node):
    """Never changed."""

    bank_account_id: strawberry.ID = strawberry.field(description="The account.")
    account_name: str = strawberry.field(description="Its name.")
    format: StatementFormat = strawberry.field(description="The format of its file.")
    source: str = strawberry.field(description="What the file was called.")
    reference: str = strawberry.field(description="The bank's id of the statement, if it has one.")
    from_on: date = strawberry.field(description="The day of its first entry.")
    to_on: date = strawberry.field(description="The day of its last entry.")
    opening: Money | None = strawberry.field(description="The balance before, where it is told.")
    closing: Money | None = strawberry.field(description="The balance after, where it is told.")
    net: Money = strawberry.field(description="The sum of its entries.")
    entry_count: int = strawberry.field(description="How many entries it has.")
    known_count: int = strawberry.field(
        description="How many of them another statement had brought before; they are lines there."
    )
    open_count: int = strawberry.field(description="How many of its lines are open.")
    recorded_at: datetime = strawberry.field(description="When it was stored.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        currency = row["currency"]
        same = (
            "account_name", "source", "reference", "from_on", "to_on", "entry_count", "known_count", "open_count",
            "recorded_at",
        )  # fmt: skip
        has_ends = row["opening_minor"] is not None
        return cls(
            id=encode_id("BankStatement", row["id"]),
            bank_account_id=encode_id("BankAccount", row["bank_account_id"]),
            format=StatementFormat(row["format"]),
            opening=money(row["opening_minor"], currency) if has_ends else None,
            closing=money(row["closing_minor"], currency) if has_ends else None,
            net=money(row["net_minor"], currency),
            **{name: row[name] for name in same},
        )


@strawberry.type(description="What a person said a line is.")
class BankMatch:
    """Undone by a further word, never edited."""

    kind: BankMatchKind = strawberry.field(description="What it is.")
    is_new: bool = strawberry.field(
        description="Whether the movement was entered by the match, or had been entered before."
    )
    payment_id: strawberry.ID | None = strawberry.field(description="The payment, …")
    deposit_id: strawberry.ID | None = strawberry.field(description="… or the deposit, …")
    refund_id: strawberry.ID | None = strawberry.field(description="… or the refund.")
    score: int = strawberry.field(description="Of the suggestion, 0 to 100; 0 without one.")
    reasons: str = strawberry.field(description="Of the suggestion, in words.")
    confirmed_at: datetime = strawberry.field(description="When it was said.")
    undone_on: date | None = strawberry.field(description="From when on it no longer counts.")
    undo_reason: str = strawberry.field(description="Why.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        targets = (
            ("payment_id", "Payment", row["payment_id"]),
            ("deposit_id", "RetainerDeposit", row["retainer_deposit_id"]),
            ("refund_id", "Refund", row["refund_id"]),
        )
        ids: dict[str, Any] = {
            name: encode_id(type_name, value) if value else None
            for name, type_name, value in targets
        }
        same = ("is_new", "score", "reasons", "confirmed_at", "undone_on", "undo_reason")
        return cls(
            kind=BankMatchKind(row["kind"]),
            **ids,
            **{name: row[name] for name in same},
        )


@strawberry.type(description="Something that a line may be.")
class BankMatchSuggestion:
    """A person confirms it, or turns it down."""

    key: str = strawberry.field(description="Send it with `rejectBankMatch`.")
    kind: BankSuggestionKind = strawberry.field(description="What it may be.")
    ids: list[strawberry.ID] = strawberry.field(
        description="The invoices, or the one request, refund, payment or deposit."
    )
    numbers: list[str] = strawberry.field(description="What people call them.")
    client_id: strawberry.ID = strawberry.field(description="The client.")
    client_name: str = strawberry.field(description="Its name.")
    amounts: list[Money] = strawberry.field(description="What each of them would take.")
    score: int = strawberry.field(description="From 0 to 100.")
    reasons: list[str] = strawberry.field(description="Why, in words.")

    @classmethod
    def of(cls, found: rules.Suggestion) -> Self:
        """From the rule's."""
        first = found.candidates[0]
        return cls(
            key=found.key,
            kind=BankSuggestionKind(found.kind),
            ids=[encode_id(_NODES[found.kind], each.id) for each in found.candidates],
            numbers=[each.number for each in found.candidates],
            client_id=encode_id("Client", first.client_id),
            client_name=first.client_name,
            amounts=[
                money(each.amount.amount_minor, each.amount.currency) for each in found.candidates
            ],
            score=found.score,
            reasons=list(found.reasons),
        )


def _suggestion_loader(info: Info) -> DataLoader[UUID, list[BankMatchSuggestion]]:
    async def load(ids: list[UUID]) -> list[list[BankMatchSuggestion]]:
        found = await bank_statements.suggested_matches(info.context.actor, ids)
        return [[BankMatchSuggestion.of(each) for each in found.get(value, ())] for value in ids]

    return info.context.loader("bank_line.suggestions", load)


@strawberry.type(description="One entry of a statement. In is above zero, out below.")
class BankLine(Node):
    """Only its status moves."""

    row: strawberry.Private[Any]
    bank_statement_id: strawberry.ID = strawberry.field(
        description="The statement that brought it."
    )
    status: BankLineStatus = strawberry.field(description="Where it stands.")
    line: int = strawberry.field(description="Where it stands in the file.")
    booked_on: date = strawberry.field(description="When the bank booked it.")
    value_on: date | None = strawberry.field(description="When it counts for interest.")
    amount: Money = strawberry.field(description="In above zero, out below.")
    balance: Money | None = strawberry.field(description="The balance after it, where it is told.")
    text: str = strawberry.field(description="What the bank writes.")
    counterparty: str = strawberry.field(description="Who paid, or was paid.")
    counterparty_account: str = strawberry.field(description="From or to which account.")
    reference: str = strawberry.field(description="The structured reference.")
    end_to_end_id: str = strawberry.field(description="The payer's own id of it.")
    original: Money | None = strawberry.field(
        description="What it was exchanged from or to, where it is told."
    )
    charge: Money = strawberry.field(description="What the bank says it kept.")
    set_aside_reason: str = strawberry.field(description="Why it was set aside.")
    version: int = strawberry.field(description="Send it back as `expectedVersion` to change it.")

    @strawberry.field(description="What it was matched with, those undone too, in order.")
    async def matches(self, info: Info) -> list[BankMatch]:
        """Read for all lines of an answer at once."""
        return await info.context.children(
            "bank_line.matches", "line_id", queries.matches_of_lines, BankMatch.of
        ).load(self.row["id"])

    @strawberry.field(description="What it may be, the best first; nothing unless it is open.")
    async def suggestions(self, info: Info) -> list[BankMatchSuggestion]:
        """Worked out for all lines of an answer at once."""
        return await _suggestion_loader(info).load(self.row["id"])

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        currency = row["currency"]
        same = (
            "line", "booked_on", "value_on", "text", "counterparty", "counterparty_account", "reference", "end_to_end_id",
            "set_aside_reason", "version",
        )  # fmt: skip
        balance, original = row["balance_minor"], row["original_minor"]
        return cls(
            id=encode_id("BankLine", row["id"]),
            row=row,
            bank_statement_id=encode_id("BankStatement", row["bank_statement_id"]),
            status=BankLineStatus(row["status"]),
            amount=money(row["amount_minor"], currency),
            balance=None if balance is None else money(balance, currency),
            original=None if original is None else money(original, row["original_currency"]),
            charge=money(row["charge_minor"], currency),
            **{name: row[name] for name in same},
        )


@fetches("BankAccount")
async def _accounts(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.bank_accounts_by_ids(uow, ids)
    return {row["id"]: BankAccount.of(row) for row in rows}


@fetches("BankStatement")
async def _statements(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.statements_by_ids(uow, ids)
    return {row["id"]: BankStatement.of(row) for row in rows}


@fetches("BankLine")
async def _lines(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        return {row["id"]: BankLine.of(row) for row in await queries.lines_by_ids(uow, ids)}
