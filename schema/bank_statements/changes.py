"""Telling of accounts, storing statements, and saying what lines are."""

from datetime import date
from uuid import UUID

import strawberry

from db.queries import bank_statements as queries
from db.unit_of_work import read_only
from schema.bank_statements.queries import CsvMappingInput, StatementContentInput
from schema.bank_statements.types import BankAccount, BankLine, BankStatement, StatementFormat
from schema.context import Info
from schema.errors import Payload, inside, refusals_as
from schema.payments.changes import RateInput, charge_of, conversion_of
from schema.relay import decode_id
from schema.scalars import Currency, MoneyInput
from services import bank_statements


@strawberry.input(description="An account at a bank.")
class AddBankAccountInput:
    """The practice's own."""

    name: str = strawberry.field(description="What the practice calls it.")
    currency: Currency = strawberry.field(description="What it is kept in.")
    identification: str = strawberry.field(
        default="", description="IBAN or number; statements of another account are refused then."
    )
    mapping: CsvMappingInput = strawberry.field(description="How its CSV is read.")


@strawberry.input(description="An account at a bank, changed.")
class UpdateBankAccountInput:
    """What was stored stays."""

    bank_account_id: strawberry.ID = strawberry.field(description="The account.")
    name: str = strawberry.field(description="What the practice calls it.")
    mapping: CsvMappingInput = strawberry.field(description="How its CSV is read.")
    is_active: bool = strawberry.field(description="Whether it is in use.")
    expected_version: int = strawberry.field(description="The version you saw.")


@strawberry.type(description="The account, or why not.")
class BankAccountPayload(Payload):
    """Answer of mutations of accounts at banks."""

    bank_account: BankAccount | None = strawberry.field(default=None, description="As it is now.")


@strawberry.input(description="A bank's file to store.")
class ImportBankStatementInput:
    """The same file again changes nothing."""

    bank_account_id: strawberry.ID = strawberry.field(description="The account.")
    format: StatementFormat = strawberry.field(description="The file's format.")
    content: StatementContentInput = strawberry.field(description="The file.")
    source: str = strawberry.field(default="", description="What the file is called.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The statements, or why not.")
class ImportBankStatementPayload(Payload):
    """Answer of `importBankStatement`."""

    statements: list[BankStatement] | None = strawberry.field(
        default=None, description="Those of the file, also when they were stored before."
    )


@strawberry.input(one_of=True, description="What a line is: exactly one of these.")
class BankMatchTargetInput:
    """Money in: invoices, client, request. Money out: refund, reversed payment, bank's charge. Either: what was entered before."""

    invoice_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET,
        description="One invoice, paid in part, whole or beyond; or several of one client, all in full.",
    )
    client_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Money of a client that is put on no invoice yet."
    )
    request_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The deposit that a request asks for."
    )
    refund_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="An approved refund, paid out."
    )
    reversed_payment_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A payment that went back."
    )
    is_bank_charge: bool | None = strawberry.field(
        default=strawberry.UNSET, description="What the bank took for its services; only true."
    )
    recorded_payment_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A payment that was entered before."
    )
    recorded_deposit_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A deposit that was entered before."
    )
    recorded_refund_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A refund that was entered as paid before."
    )


@strawberry.input(description="How a line settles an invoice in another currency.")
class ExchangeInput:
    """The line says what came in."""

    settles: MoneyInput = strawberry.field(
        description="What of the invoice it settles, in the invoice's currency."
    )
    rate: RateInput = strawberry.field(
        description="Of the invoice's day where the practice was paid in its own currency, else of the line's day."
    )


@strawberry.input(description="A line, and what it is.")
class ConfirmBankMatchInput:
    """The movement is entered with the line as its reference."""

    bank_line_id: strawberry.ID = strawberry.field(description="An open line.")
    target: BankMatchTargetInput = strawberry.field(description="What it is.")
    charge: MoneyInput | None = strawberry.field(
        default=None, description="With one invoice: what the bank kept and the practice bears."
    )
    exchange: ExchangeInput | None = strawberry.field(
        default=None, description="With one invoice in another currency."
    )
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="A line whose match was wrong.")
class UndoBankMatchInput:
    """What the match entered is reversed by a further entry."""

    bank_line_id: strawberry.ID = strawberry.field(description="A matched line.")
    on: date = strawberry.field(description="When that counts; not in the future.")
    reason: str = strawberry.field(description="What was wrong.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="A suggestion to turn down.")
class RejectBankMatchInput:
    """It is not made for this line again."""

    bank_line_id: strawberry.ID = strawberry.field(description="The line.")
    suggestion_key: str = strawberry.field(description="The key of the suggestion.")


@strawberry.input(description="A line that is no business of clients.")
class SetBankLineAsideInput:
    """An empty reason opens it again."""

    bank_line_id: strawberry.ID = strawberry.field(description="The line.")
    reason: str = strawberry.field(description="What it is; empty to open it again.")
    expected_version: int = strawberry.field(description="The version you saw.")


@strawberry.type(description="The line, or why not.")
class BankLinePayload(Payload):
    """Answer of mutations of lines."""

    bank_line: BankLine | None = strawberry.field(default=None, description="As it is now.")


_TARGETS: tuple[tuple[str, str, bank_statements.TargetKind], ...] = (
    ("client_id", "Client", "client"),
    ("request_id", "RetainerRequest", "request"),
    ("refund_id", "Refund", "refund"),
    ("reversed_payment_id", "Payment", "reversed_payment"),
    ("recorded_payment_id", "Payment", "recorded_payment"),
    ("recorded_deposit_id", "RetainerDeposit", "recorded_deposit"),
    ("recorded_refund_id", "Refund", "recorded_refund"),
)


_BESIDE_EXCHANGE = (
    "charge", "charge.amount", "target", "bankLineId", "idempotencyKey", "invoiceId", "clientId", "requestId", "refundId",
    "amount", "allocations",
)  # fmt: skip
"""What a refusal may be about besides the exchange."""


def _target(given: BankMatchTargetInput) -> bank_statements.Target:
    for name, type_name, kind in _TARGETS:
        value = getattr(given, name)
        if isinstance(value, str):
            return bank_statements.Target(kind, (decode_id(type_name, value, f"target.{name}"),))
    if isinstance(given.invoice_ids, list):
        ids = tuple(
            decode_id("Invoice", value, "target.invoice_ids") for value in given.invoice_ids[:20]
        )
        return bank_statements.Target("invoices", ids)
    # `isBankCharge: false` says nothing, and is refused as nothing.
    return bank_statements.Target("bank_charge" if given.is_bank_charge is True else "client")


async def _account(info: Info, account_id: UUID) -> BankAccountPayload:
    async with read_only(info.context.actor.scope()) as uow:
        (row,) = await queries.bank_accounts_by_ids(uow, [account_id])
    return BankAccountPayload(bank_account=BankAccount.of(row))


async def _line(info: Info, line_id: UUID) -> BankLinePayload:
    async with read_only(info.context.actor.scope()) as uow:
        (row,) = await queries.lines_by_ids(uow, [line_id])
    return BankLinePayload(bank_line=BankLine.of(row))


@strawberry.type
class BankMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(description="Tell of an account at a bank. For owner and staff.")
    @refusals_as(BankAccountPayload)
    async def add_bank_account(self, info: Info, input: AddBankAccountInput) -> BankAccountPayload:
        """And how its CSV is read."""
        account_id = await bank_statements.add_bank_account(
            info.context.actor,
            name=input.name,
            currency=input.currency,
            identification=input.identification,
            mapping=input.mapping.to_mapping(),
            now=info.context.now,
        )
        return await _account(info, account_id)

    @strawberry.mutation(description="Change an account at a bank. For owner and staff.")
    @refusals_as(BankAccountPayload)
    async def update_bank_account(
        self, info: Info, input: UpdateBankAccountInput
    ) -> BankAccountPayload:
        """Number and currency stay."""
        account_id = await bank_statements.update_bank_account(
            info.context.actor,
            decode_id("BankAccount", input.bank_account_id, "bankAccountId"),
            name=input.name,
            mapping=input.mapping.to_mapping(),
            is_active=input.is_active,
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return await _account(info, account_id)

    @strawberry.mutation(description="Store a bank's file, once. For owner and staff.")
    @refusals_as(ImportBankStatementPayload)
    async def import_bank_statement(
        self, info: Info, input: ImportBankStatementInput
    ) -> ImportBankStatementPayload:
        """One problem keeps all of it out; `previewBankStatement` lists them."""
        with inside(
            "content", "bankAccountId", "source", "idempotencyKey", renamed={"encoded": "base64"}
        ):
            ids = await bank_statements.import_statement(
                info.context.actor,
                decode_id("BankAccount", input.bank_account_id, "bankAccountId"),
                input.content.to_file(input.format),
                source=input.source,
                idempotency_key=input.idempotency_key,
                now=info.context.now,
            )
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.statements_by_ids(uow, ids)
        return ImportBankStatementPayload(statements=[BankStatement.of(row) for row in rows])

    @strawberry.mutation(
        description="Say what a line is: it is entered in the books. For owner and staff."
    )
    @refusals_as(BankLinePayload)
    async def confirm_bank_match(self, info: Info, input: ConfirmBankMatchInput) -> BankLinePayload:
        """Line and movement in one step."""
        exchange = input.exchange
        target = _target(input.target)
        with inside("exchange", *_BESIDE_EXCHANGE):
            line_id = await bank_statements.confirm_match(
                info.context.actor,
                decode_id("BankLine", input.bank_line_id, "bankLineId"),
                target,
                charge=charge_of(input.charge),
                conversion=conversion_of(exchange.settles, exchange.rate) if exchange else None,
                idempotency_key=input.idempotency_key,
                today=info.context.today,
                now=info.context.now,
            )
        return await _line(info, line_id)

    @strawberry.mutation(description="Take a match back. For owner and staff.")
    @refusals_as(BankLinePayload)
    async def undo_bank_match(self, info: Info, input: UndoBankMatchInput) -> BankLinePayload:
        """The line is open again."""
        line_id = await bank_statements.undo_match(
            info.context.actor,
            decode_id("BankLine", input.bank_line_id, "bankLineId"),
            on=input.on,
            reason=input.reason,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _line(info, line_id)

    @strawberry.mutation(description="Turn a suggestion down. For owner and staff.")
    @refusals_as(BankLinePayload)
    async def reject_bank_match(self, info: Info, input: RejectBankMatchInput) -> BankLinePayload:
        """It is not made for this line again."""
        line_id = await bank_statements.reject_match(
            info.context.actor,
            decode_id("BankLine", input.bank_line_id, "bankLineId"),
            suggestion_key=input.suggestion_key,
            now=info.context.now,
        )
        return await _line(info, line_id)

    @strawberry.mutation(description="Set a line aside, or open it again. For owner and staff.")
    @refusals_as(BankLinePayload)
    async def set_bank_line_aside(
        self, info: Info, input: SetBankLineAsideInput
    ) -> BankLinePayload:
        """Nothing is suggested for it."""
        line_id = await bank_statements.set_line_aside(
            info.context.actor,
            decode_id("BankLine", input.bank_line_id, "bankLineId"),
            reason=input.reason,
            expected_version=input.expected_version,
        )
        return await _line(info, line_id)
