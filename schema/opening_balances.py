"""What stood in the books before: preview and import of a file, and what comes in for invoices of before."""

from datetime import date, datetime

import strawberry

from db.queries import books as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.errors import Payload, refusals_as
from schema.relay import decode_id, encode_id
from schema.retainers import money
from schema.scalars import Money, MoneyInput
from services import books
from services.actor import MEMBERS


@strawberry.type(description="A balance in the file.")
class OpeningBalanceLine:
    """As it would be entered."""

    line: int = strawberry.field(description="Where it stands in the file; the header is 1.")
    kind: str = strawberry.field(description="invoice, retainer, bank or tax.")
    client_id: strawberry.ID | None = strawberry.field(description="Whom it concerns.")
    engagement_id: strawberry.ID | None = strawberry.field(description="What a retainer is for.")
    reference: str = strawberry.field(description="An invoice's number.")
    amount: Money = strawberry.field(description="How much.")
    due_on: date | None = strawberry.field(description="When an invoice is due.")


@strawberry.type(description="What is wrong with a line of the file.")
class OpeningBalanceProblem:
    """Nothing is imported while there is one."""

    line: int = strawberry.field(description="Where it stands in the file; the header is 1.")
    column: str = strawberry.field(description="In which column; empty if about the whole line.")
    code: str = strawberry.field(description="What it is, to branch on.")
    message: str = strawberry.field(description="A sentence for people.")


@strawberry.type(description="What an import would enter.")
class OpeningBalancePreview:
    """Every line and every problem."""

    lines: list[OpeningBalanceLine] = strawberry.field(description="Lines that are in order.")
    problems: list[OpeningBalanceProblem] = strawberry.field(description="By line.")
    equity: list[Money] = strawberry.field(
        description="Assets less liabilities, one for each currency: what the opening equity comes to."
    )


@strawberry.type(description="The import of what stood in the books before.")
class OpeningBalanceImport:
    """Once in the life of a practice."""

    as_of: date = strawberry.field(description="The day that its entries count from.")
    file_name: str = strawberry.field(description="What the file was called.")
    line_count: int = strawberry.field(description="How many balances it held.")
    imported_by: str = strawberry.field(description="The member.")
    recorded_at: datetime = strawberry.field(description="When.")


async def _imported(info: Info) -> OpeningBalanceImport | None:
    async with read_only(info.context.actor.scope()) as uow:
        row = await queries.opening_import(uow)
    if row is None:
        return None
    return OpeningBalanceImport(
        as_of=row["as_of"],
        file_name=row["file_name"],
        line_count=row["line_count"],
        imported_by=row["member_name"],
        recorded_at=row["recorded_at"],
    )


@strawberry.type
class OpeningBalanceQuery:
    """Mixed into Query."""

    @strawberry.field(
        description="The import of opening balances, if it was made. For every member."
    )
    async def opening_balances(self, info: Info) -> list[OpeningBalanceImport]:
        """Empty before it; never more than one."""
        info.context.actor.require(*MEMBERS)
        found = await _imported(info)
        return [found] if found else []

    @strawberry.field(
        description="What a file of opening balances would enter, with every problem by its line. For every member."
    )
    async def preview_opening_balances(
        self, info: Info, *, text: str, as_of: date
    ) -> OpeningBalancePreview:
        """Enters nothing. The first line names the columns: kind, client, engagement, retainer_kind, reference, currency, amount,
        issued_on, due_on."""
        found = await books.preview_opening_balances(
            info.context.actor, text=text, as_of=as_of, today=info.context.today
        )
        return OpeningBalancePreview(
            lines=[
                OpeningBalanceLine(
                    line=each.said.line,
                    kind=each.said.kind,
                    client_id=encode_id("Client", each.client_id) if each.client_id else None,
                    engagement_id=(
                        encode_id("Engagement", each.engagement_id) if each.engagement_id else None
                    ),
                    reference=each.said.reference,
                    amount=Money.of(each.said.amount),
                    due_on=each.said.due_on,
                )
                for each in found.lines
            ],
            problems=[
                OpeningBalanceProblem(
                    line=each.line, column=each.column, code=each.code, message=each.message
                )
                for each in found.problems
            ],
            equity=[money(minor, currency) for currency, minor in found.equity.items()],
        )


@strawberry.input(description="A file of opening balances.")
class ImportOpeningBalancesInput:
    """All of it or nothing."""

    text: str = strawberry.field(description="The CSV, as previewed.")
    file_name: str = strawberry.field(default="", description="What the file is called.")
    as_of: date = strawberry.field(description="The day the old books end; not in the future.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="Money for an invoice of before.")
class RecordOpeningPaymentInput:
    """In part or whole."""

    client_id: strawberry.ID = strawberry.field(description="Who paid.")
    reference: str = strawberry.field(description="The invoice's number, as it was imported.")
    amount: MoneyInput = strawberry.field(description="How much came in; at most what is open.")
    received_on: date = strawberry.field(description="When; not in the future.")
    bank_reference: str = strawberry.field(description="What the bank's statement says.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The import, or why not.")
class OpeningBalancePayload(Payload):
    """Answer of both mutations."""

    opening_balances: OpeningBalanceImport | None = strawberry.field(
        default=None, description="The import."
    )


@strawberry.type
class OpeningBalanceMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(
        description="Enter what stood in the books before, once. For the owner alone."
    )
    @refusals_as(OpeningBalancePayload)
    async def import_opening_balances(
        self, info: Info, input: ImportOpeningBalancesInput
    ) -> OpeningBalancePayload:
        """Preview it first: nothing is entered while there is a problem."""
        await books.import_opening_balances(
            info.context.actor,
            text=input.text,
            file_name=input.file_name,
            as_of=input.as_of,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return OpeningBalancePayload(opening_balances=await _imported(info))

    @strawberry.mutation(
        description="Enter what came in for an invoice of before. For owner and staff."
    )
    @refusals_as(OpeningBalancePayload)
    async def record_opening_payment(
        self, info: Info, input: RecordOpeningPaymentInput
    ) -> OpeningBalancePayload:
        """Dr bank / Cr receivable."""
        await books.record_opening_payment(
            info.context.actor,
            decode_id("Client", input.client_id, "clientId"),
            input.reference,
            amount=input.amount.to_money("amount.amount"),
            received_on=input.received_on,
            bank_reference=input.bank_reference,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return OpeningBalancePayload(opening_balances=await _imported(info))
