"""The three-way reconciliation of client money with a statement of the bank, kept with its history.

What is recorded is a state, by whom and when, with the figures as the books had them at that moment (`ledger_seq` is the last entry
then). Nothing of it changes later: going on means recording the next state. The clients' sum is put together from the rows that
moved each retainer and not from the accounts, so that it is a third figure and not the second one again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from db.ids import new_id
from db.queries import books as queries
from db.queries import ledger as ledger_queries
from db.tables.books import Reconciliation, ReconciliationItem
from db.unit_of_work import UnitOfWork, read_only
from services import ledger
from services.actor import MEMBERS, MONEY, Actor
from services.idempotency import keyed
from services.rules import reconciliations as rules
from services.rules.errors import Conflict, InvalidInput
from services.rules.money import MAX_AMOUNT_MINOR, Money, minor_units
from services.rules.movements import check_happened
from services.rules.reconciliations import Figures, Item
from services.rules.text import clean_text

_ATTEMPTS: Final = 5
"""How often the figures are read again because an entry came in between."""


@dataclass(frozen=True, slots=True)
class ClientMoney:
    """What one client has with the practice, by the rows that moved it."""

    client_id: UUID
    client_name: str
    held_minor: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The three figures of a day, before anybody records them. `bank_account_minor` is what the books have in the bank.

    `own_money_minor` is what of it is not the retainers': the item that a practice with one bank account begins with.
    """

    as_of: date
    currency: str
    figures: Figures
    bank_account_minor: int
    clients: tuple[ClientMoney, ...]
    ledger_seq: int

    @property
    def own_money_minor(self) -> int:
        """Bank account − control account."""
        return self.bank_account_minor - self.figures.control_minor


async def compare(
    actor: Actor, *, as_of: date, statement: Money, items: Sequence[Item] = (), today: date
) -> Comparison:
    """What a statement and its items come to against the books. Raises `Forbidden` and what `_checked` raises."""
    actor.require(*MEMBERS)
    clean = _checked(as_of, statement, items, today)
    async with read_only(actor.scope()) as uow:
        return await _compare(uow, as_of, statement, clean)


async def record_reconciliation(
    actor: Actor,
    *,
    as_of: date,
    statement: Money,
    statement_reference: str,
    items: Sequence[Item],
    is_done: bool,
    note: str = "",
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Record a state of the reconciliation of a day: open, or done. Answers its id.

    Raises `Forbidden`, `InvalidInput` (RECONCILIATION_ITEM_INVALID, AMOUNT_TOO_LARGE, DATE, DATE_OUT_OF_RANGE, TEXT_…),
    `RuleViolation` (CURRENCY_MISMATCH, RECONCILIATION_UNEXPLAINED for one that is to be done with a difference left), and what
    `idempotency.keyed` raises.
    """
    actor.require(*MONEY)
    member_id = actor.member_id
    assert member_id is not None
    clean = _checked(as_of, statement, items, today)
    reference = clean_text(statement_reference, "statementReference", max_length=140)
    remark = clean_text(note, "note", max_length=1000, lines=True, required=False)

    async def effect(uow: UnitOfWork) -> UUID:
        found = await _compare_undisturbed(uow, as_of, statement, clean)
        if is_done:
            rules.require_explained(found.figures, statement.currency)
        return await _insert(
            uow,
            found,
            clean,
            reference=reference,
            note=remark,
            is_done=is_done,
            member_id=member_id,
            now=now,
        )

    return await keyed(
        actor,
        key=idempotency_key,
        operation="record_reconciliation",
        request={
            "as_of": as_of,
            "statement": statement,
            "statement_reference": reference,
            "items": [
                f"{item.kind} {item.amount} {item.happened_on} {item.explanation}" for item in clean
            ],
            "is_done": is_done,
            "note": remark,
        },
        now=now,
        effect=effect,
    )


def _checked(as_of: date, statement: Money, items: Sequence[Item], today: date) -> tuple[Item, ...]:
    check_happened(as_of, today, "asOf")
    minor_units(statement.currency, "statement.currency")
    if abs(statement.amount_minor) > MAX_AMOUNT_MINOR:
        raise InvalidInput("The amount is too large.", code="AMOUNT_TOO_LARGE", field="statement")
    return rules.checked_items(items, currency=statement.currency, as_of=as_of)


async def _compare_undisturbed(
    uow: UnitOfWork, as_of: date, statement: Money, items: Sequence[Item]
) -> Comparison:
    """`_compare` with no entry between its reads. Raises `Conflict` (LEDGER_MOVING) where entries come without end."""
    for _ in range(_ATTEMPTS):
        found = await _compare(uow, as_of, statement, items)
        head = await ledger_queries.head(uow)
        if found.ledger_seq == (head["last_seq"] if head else 0):
            return found
    raise Conflict("Entries are being made all the time; try again.", code="LEDGER_MOVING")


async def _compare(
    uow: UnitOfWork, as_of: date, statement: Money, items: Sequence[Item]
) -> Comparison:
    currency = statement.currency
    head = await ledger_queries.head(uow)
    sums = {"bank": 0, "retainer_liability": 0}
    for each in await ledger.balances(uow, codes=["bank", "retainer_liability"], as_of=as_of):
        if each.account.currency == currency:
            sums[each.account.code] += each.natural_minor
    rows = await queries.client_money_by_rows(uow, as_of=as_of, currency=currency)
    clients = tuple(ClientMoney(row["client_id"], row["name"], row["held_minor"]) for row in rows)
    return Comparison(
        as_of,
        currency,
        rules.figures(
            statement.amount_minor,
            items,
            control_minor=sums["retainer_liability"],
            clients_minor=sum(each.held_minor for each in clients),
        ),
        sums["bank"],
        clients,
        head["last_seq"] if head else 0,
    )


async def _insert(
    uow: UnitOfWork,
    found: Comparison,
    items: Sequence[Item],
    *,
    reference: str,
    note: str,
    is_done: bool,
    member_id: UUID,
    now: datetime,
) -> UUID:
    reconciliation_id = new_id()
    sums: dict[str, Any] = {
        name: getattr(found.figures, name)
        for name in (
            "statement_minor", "bank_items_minor", "books_items_minor", "client_items_minor", "adjusted_minor",
            "control_minor", "clients_minor", "unexplained_bank_minor", "unexplained_clients_minor",
        )
    }  # fmt: skip
    await Reconciliation.insert(
        Reconciliation(
            tenant_id=uow.tenant_id,
            id=reconciliation_id,
            as_of=found.as_of,
            currency=found.currency,
            statement_reference=reference,
            **sums,
            bank_account_minor=found.bank_account_minor,
            is_done=is_done,
            note=note,
            ledger_seq=found.ledger_seq,
            member_id=member_id,
            recorded_at=now,
        )
    )
    if items:
        await ReconciliationItem.insert(
            *(
                ReconciliationItem(
                    tenant_id=uow.tenant_id,
                    id=new_id(),
                    reconciliation_id=reconciliation_id,
                    position=position,
                    side=item.side,
                    kind=item.kind,
                    amount_minor=item.amount.amount_minor,
                    happened_on=item.happened_on,
                    explanation=item.explanation,
                )
                for position, item in enumerate(items, start=1)
            )
        )
    return reconciliation_id
