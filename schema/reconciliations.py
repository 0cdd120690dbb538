"""The three-way reconciliation of client money with the bank."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Self, cast
from uuid import UUID

import strawberry

from db.queries import books as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.errors import Payload, refusals_as
from schema.relay import Connection, Keyset, encode_id
from schema.retainers import money
from schema.scalars import Currency, Money, MoneyInput
from services import books
from services.actor import MEMBERS
from services.rules.reconciliations import Item, ItemKind

NEWEST_FIRST = Keyset("reconciliations.recorded", (UUID,))


@strawberry.enum(description="What a difference between bank, control account and clients is.")
class ReconciliationItemKind(Enum):
    """The kinds of `services.rules.reconciliations`."""

    RECEIPT_IN_TRANSIT = strawberry.enum_value("receipt_in_transit", description="Booked; the bank shows it later. Above zero.")  # fmt: skip
    PAYMENT_IN_TRANSIT = strawberry.enum_value("payment_in_transit", description="Booked; the bank shows it later. Below zero.")  # fmt: skip
    BANK_ERROR = strawberry.enum_value("bank_error", description="What the bank will put right.")
    OWN_MONEY = strawberry.enum_value("own_money", description="The practice's own in the same account.")  # fmt: skip
    OTHER_CLIENT_MONEY = strawberry.enum_value("other_client_money", description="Clients' money outside retainers: unapplied, credit kept. Above zero.")  # fmt: skip
    RECEIPT_NOT_BOOKED = strawberry.enum_value("receipt_not_booked", description="The bank has it, the books do not. Above zero.")  # fmt: skip
    PAYMENT_NOT_BOOKED = strawberry.enum_value("payment_not_booked", description="Paid by the bank, not in the books. Below zero.")  # fmt: skip
    CHARGE_NOT_BOOKED = strawberry.enum_value("charge_not_booked", description="Taken by the bank, not in the books. Below zero.")  # fmt: skip
    CLIENT_DIFFERENCE = strawberry.enum_value("client_difference", description="Between the control account and the clients' ledgers.")  # fmt: skip


@strawberry.type(description="One explained part of a difference.")
class ReconciliationItem:
    """Signed as it enters the sum."""

    kind: ReconciliationItemKind = strawberry.field(description="What it is.")
    amount: Money = strawberry.field(description="How much; signed.")
    happened_on: date = strawberry.field(description="When.")
    explanation: str = strawberry.field(description="Why.")


@strawberry.type(description="The three figures of a day and what leads from one to the next.")
class ReconciliationFigures:
    """statement + bankItems = adjusted; adjusted − booksItems = control; control − clientItems = clients."""

    statement: Money = strawberry.field(description="What the bank's statement says.")
    bank_items: Money = strawberry.field(description="What is on its way, and errors of the bank.")
    adjusted: Money = strawberry.field(description="statement + bankItems.")
    books_items: Money = strawberry.field(description="Own money and what is not booked.")
    control: Money = strawberry.field(description="What the retainers' accounts hold.")
    client_items: Money = strawberry.field(description="What explains a difference to the clients.")
    clients: Money = strawberry.field(
        description="The clients' ledgers together, from the rows that moved each retainer."
    )
    unexplained_bank: Money = strawberry.field(description="adjusted − booksItems − control.")
    unexplained_clients: Money = strawberry.field(description="control − clientItems − clients.")
    bank_account: Money = strawberry.field(description="What the books have in the bank.")


_FIGURES = (
    "statement", "bank_items", "adjusted", "books_items", "control", "client_items", "clients", "unexplained_bank",
    "unexplained_clients",
)  # fmt: skip


@strawberry.type(description="What one client has with the practice.")
class ClientMoney:
    """By the rows that moved it."""

    client_id: strawberry.ID = strawberry.field(description="The client.")
    client_name: str = strawberry.field(description="Its name.")
    held: Money = strawberry.field(description="What its retainers hold.")


@strawberry.type(description="The three figures of a day, before anybody records them.")
class ReconciliationPreview:
    """What a statement comes to against the books."""

    as_of: date = strawberry.field(description="At the end of this date.")
    figures: ReconciliationFigures = strawberry.field(description="The sums.")
    own_money: Money = strawberry.field(
        description="bankAccount − control: the item of own money to begin with."
    )
    clients: list[ClientMoney] = strawberry.field(description="Each client's ledger, by name.")
    can_be_done: bool = strawberry.field(description="Whether nothing is left unexplained.")


@strawberry.type(description="One recorded state of a reconciliation; never changed.")
class Reconciliation:
    """Who, when, and the figures as the books had them."""

    row: strawberry.Private[Any]
    id: strawberry.ID = strawberry.field(description="Opaque.")
    as_of: date = strawberry.field(description="The day of the statement.")
    currency: Currency = strawberry.field(description="Its currency.")
    statement_reference: str = strawberry.field(description="Which statement.")
    figures: ReconciliationFigures = strawberry.field(description="The sums.")
    is_done: bool = strawberry.field(description="Done, or a state on the way.")
    note: str = strawberry.field(description="A remark.")
    recorded_by: str = strawberry.field(description="The member.")
    recorded_at: datetime = strawberry.field(description="When.")
    last_journal_number: int = strawberry.field(description="The last entry that it knew of.")

    @strawberry.field(description="What explains the differences.")
    async def items(self, info: Info) -> list[ReconciliationItem]:
        """Read for all reconciliations of an answer at once."""
        return await info.context.children(
            "reconciliation.items", "reconciliation_id", queries.items_of, _item
        ).load(self.row["id"])

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        same = ("as_of", "statement_reference", "is_done", "note", "recorded_at")
        return cls(
            row=row,
            id=encode_id("Reconciliation", row["id"]),
            currency=Currency(row["currency"]),
            figures=ReconciliationFigures(
                **{name: money(row[f"{name}_minor"], row["currency"]) for name in _FIGURES},
                bank_account=money(row["bank_account_minor"], row["currency"]),
            ),
            recorded_by=row["member_name"],
            last_journal_number=row["ledger_seq"],
            **{name: row[name] for name in same},
        )


def _item(row: Any) -> ReconciliationItem:
    return ReconciliationItem(
        kind=ReconciliationItemKind(row["kind"]),
        amount=money(row["amount_minor"], row["currency"]),
        happened_on=row["happened_on"],
        explanation=row["explanation"],
    )


@strawberry.input(description="One explained part of a difference.")
class ReconciliationItemInput:
    """Signed as it enters the sum."""

    kind: ReconciliationItemKind = strawberry.field(description="What it is.")
    amount: MoneyInput = strawberry.field(
        description="How much; receipts above zero, payments below."
    )
    happened_on: date = strawberry.field(description="When; not after the day of the statement.")
    explanation: str = strawberry.field(description="Why.")


def _items(given: Sequence[ReconciliationItemInput]) -> list[Item]:
    return [
        Item(
            cast(ItemKind, each.kind.value),
            each.amount.to_money(f"items.{place}.amount.amount"),
            each.happened_on,
            each.explanation,
        )
        for place, each in enumerate(given)
    ]


@strawberry.type
class ReconciliationQuery:
    """Mixed into Query."""

    @strawberry.field(
        description="What a statement of the bank comes to against the books; records nothing. For every member."
    )
    async def preview_reconciliation(
        self,
        info: Info,
        *,
        as_of: date,
        statement: MoneyInput,
        items: list[ReconciliationItemInput] | None = None,
    ) -> ReconciliationPreview:
        """Bank, control account and clients."""
        found = await books.compare(
            info.context.actor,
            as_of=as_of,
            statement=statement.to_money("statement.amount"),
            items=_items(items or []),
            today=info.context.today,
        )
        currency, figures = found.currency, found.figures
        return ReconciliationPreview(
            as_of=as_of,
            figures=ReconciliationFigures(
                **{name: money(getattr(figures, f"{name}_minor"), currency) for name in _FIGURES},
                bank_account=money(found.bank_account_minor, currency),
            ),
            own_money=money(found.own_money_minor, currency),
            clients=[
                ClientMoney(
                    client_id=encode_id("Client", each.client_id),
                    client_name=each.client_name,
                    held=money(each.held_minor, currency),
                )
                for each in found.clients
            ],
            can_be_done=figures.is_explained,
        )

    @strawberry.field(description="Recorded reconciliations, newest first. For every member.")
    async def reconciliations(
        self,
        info: Info,
        *,
        currency: Currency | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[Reconciliation]:
        """The history: every state, done or on the way."""
        actor = info.context.actor
        actor.require(*MEMBERS)
        page = NEWEST_FIRST.page(first, after, None, None)
        async with read_only(actor.scope()) as uow:
            rows = await queries.reconciliations(
                uow,
                currency=currency,
                before=page.after[0] if page.after else None,
                limit=page.fetch,
            )

        async def total() -> int:
            async with read_only(actor.scope()) as uow:
                return await queries.count_reconciliations(uow, currency)

        return Connection.of(
            page, rows, node=Reconciliation.of, key=lambda row: (row["id"],), total=total
        )


@strawberry.input(description="A state of a reconciliation.")
class RecordReconciliationInput:
    """Open or done."""

    as_of: date = strawberry.field(description="The day of the statement; not in the future.")
    statement: MoneyInput = strawberry.field(description="What the statement says.")
    statement_reference: str = strawberry.field(description="Which statement, such as 2026/3.")
    items: list[ReconciliationItemInput] = strawberry.field(
        description="What explains differences."
    )
    is_done: bool = strawberry.field(
        description="Done is refused while anything is left unexplained."
    )
    note: str = strawberry.field(default="", description="A remark.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The reconciliation, or why not.")
class ReconciliationPayload(Payload):
    """Answer of the mutation."""

    reconciliation: Reconciliation | None = strawberry.field(
        default=None, description="As it was recorded."
    )


@strawberry.type
class ReconciliationMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(
        description="Record a state of the reconciliation of a day, open or done. For owner and staff."
    )
    @refusals_as(ReconciliationPayload)
    async def record_reconciliation(
        self, info: Info, input: RecordReconciliationInput
    ) -> ReconciliationPayload:
        """Going on means recording the next one."""
        reconciliation_id = await books.record_reconciliation(
            info.context.actor,
            as_of=input.as_of,
            statement=input.statement.to_money("statement.amount"),
            statement_reference=input.statement_reference,
            items=_items(input.items),
            is_done=input.is_done,
            note=input.note,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        async with read_only(info.context.actor.scope()) as uow:
            (row,) = await queries.reconciliations(uow, ids=[reconciliation_id])
        return ReconciliationPayload(reconciliation=Reconciliation.of(row))
