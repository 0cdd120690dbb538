"""Bank, control account and clients, in a story with literal sums."""

from datetime import date
from typing import Any

import asyncpg
import pytest

from db.ids import new_id
from db.queries import books as queries
from db.unit_of_work import read_only, unit_of_work
from services import books
from services.rules.errors import Forbidden, RuleViolation
from services.rules.money import Money
from services.rules.reconciliations import Item
from tests.factories.money import (
    MARCH,
    a_billable_engagement,
    a_funded_retainer,
    an_issued_invoice,
    approve,
    ask_back,
    dkk,
    draw,
    noon,
    pay,
    settle,
)

pytestmark = pytest.mark.usefixtures("database")
DAY = MARCH[31]


@pytest.fixture
async def case() -> Any:
    """41 666.67 held, 30 000 drawn, 20 000 paid, 5 000 refunded on 24 March: 6 666.67 is the client's, 56 666.67 is in the bank."""
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    invoice_id = await an_issued_invoice(case)
    await draw(case, retainer_id, invoice_id, dkk(30_000), on=MARCH[12])
    await pay(case, invoice_id, dkk(20_000))
    refund_id = await ask_back(case, dkk(5_000), retainer_id=retainer_id)
    await approve(case, refund_id)
    await settle(case, refund_id)
    return case


ITEMS = (
    Item("payment_in_transit", dkk(-5_000), MARCH[24], "Refund RF-0001 leaves the bank on 1 April"),
    Item("own_money", dkk(50_000), DAY, "Fees that were not moved to the business account"),
)


async def record(case: Any, statement: Money, **values: Any) -> Any:
    return await books.record_reconciliation(
        values.pop("actor", case.actor),
        **{
            "as_of": DAY, "statement": statement, "statement_reference": "2026/3", "items": ITEMS, "is_done": True,
            "idempotency_key": case.key(), "today": DAY, "now": noon(DAY), **values,
        },
    )  # fmt: skip


async def rows(case: Any) -> list[Any]:
    async with read_only(case.actor.scope()) as uow:
        return await queries.reconciliations(uow)


async def test_three_figures_agree_once_every_difference_is_explained(case: Any) -> None:
    found = await books.compare(case.actor, as_of=DAY, statement=dkk(61_666, 67), today=DAY)
    assert (found.bank_account_minor, found.figures.control_minor, found.figures.clients_minor) == (
        5_666_667, 666_667, 666_667,
    )  # fmt: skip
    assert (found.own_money_minor, found.figures.unexplained_bank_minor) == (5_000_000, 5_500_000)
    assert [each.held_minor for each in found.clients] == [666_667]
    # Before the refund counted, the client had more.
    earlier = await books.compare(case.actor, as_of=MARCH[23], statement=dkk(1), today=DAY)
    assert (earlier.figures.control_minor, earlier.figures.clients_minor) == (1_166_667, 1_166_667)

    await record(case, dkk(61_666, 67))
    (row,) = await rows(case)
    assert (row["adjusted_minor"], row["unexplained_bank_minor"], row["is_done"]) == (5_666_667, 0, True)  # fmt: skip
    assert (row["member_name"], row["recorded_at"]) == (case.actor.name, noon(DAY))


async def test_one_oere_less_is_kept_as_open_and_never_done(case: Any) -> None:
    with pytest.raises(RuleViolation) as refused:
        await record(case, dkk(61_666, 66))
    assert refused.value.code == "RECONCILIATION_UNEXPLAINED"
    assert await rows(case) == []
    await record(case, dkk(61_666, 66), is_done=False, note="One øre is missing")
    charge = Item("charge_not_booked", Money(-1, "DKK"), DAY, "A fee that the bank took")
    await record(case, dkk(61_666, 66), items=(*ITEMS, charge))
    assert [(row["is_done"], row["unexplained_bank_minor"], row["note"]) for row in await rows(case)] == [
        (True, 0, ""), (False, -1, "One øre is missing")]  # fmt: skip


async def test_a_client_whose_rows_and_accounts_part_cannot_be_reconciled(
    case: Any, owner_connection: asyncpg.Connection
) -> None:
    async with owner_connection.transaction():
        await owner_connection.execute("set local session_replication_role = replica")
        await owner_connection.execute(
            "update retainer_deposit set amount_minor = amount_minor + 1 where tenant_id = $1",
            case.actor.tenant_id,
        )
    with pytest.raises(RuleViolation) as refused:
        await record(case, dkk(61_666, 67))
    assert refused.value.details["unexplained_clients_minor"] == -1


async def test_the_accountant_looks_and_records_nothing(case: Any) -> None:
    accountant = case.people.accountant
    await books.compare(accountant, as_of=DAY, statement=dkk(1), today=DAY)
    for actor in (accountant, case.people.assistant):
        with pytest.raises(Forbidden):
            await record(case, dkk(61_666, 67), actor=actor)
    assert await rows(case) == []


async def test_the_same_key_records_one(case: Any) -> None:
    first = await record(case, dkk(61_666, 67), idempotency_key="one")
    assert await record(case, dkk(61_666, 67), idempotency_key="one") == first
    assert len(await rows(case)) == 1


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"is_done": True, "statement_minor": 1, "adjusted_minor": 1, "unexplained_bank_minor": 1}, "done_explained"),
        ({"adjusted_minor": 5}, "adjusted"),
        ({"unexplained_clients_minor": 5}, "clients"),
        ({"bank_items_minor": 7, "adjusted_minor": 7, "unexplained_bank_minor": 7}, "do not add up"),
    ],
)  # fmt: skip
async def test_the_database_holds_to_the_sums_by_itself(
    case: Any, change: dict[str, Any], what: str
) -> None:
    row: dict[str, Any] = {
        "tenant_id": case.actor.tenant_id, "id": new_id(), "as_of": DAY, "currency": "DKK", "statement_reference": "x",
        **dict.fromkeys(("statement_minor", "bank_items_minor", "books_items_minor", "client_items_minor", "adjusted_minor",
                         "bank_account_minor", "control_minor", "clients_minor", "unexplained_bank_minor",
                         "unexplained_clients_minor", "ledger_seq"), 0),
        "is_done": False, "note": "", "member_id": case.actor.member_id, "recorded_at": noon(DAY), **change,
    }  # fmt: skip
    marks = ", ".join(f"${place}" for place in range(1, len(row) + 1))
    with pytest.raises(asyncpg.PostgresError, match=what):
        async with unit_of_work(case.actor.scope()) as uow:
            await uow.execute(
                f"insert into reconciliation ({', '.join(row)}) values ({marks})", *row.values()
            )


async def test_what_is_recorded_stays(case: Any) -> None:
    await record(case, dkk(61_666, 67))
    for table in ("reconciliation", "reconciliation_item"):
        for statement in (f"update {table} set id = id", f"delete from {table}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with unit_of_work(case.actor.scope()) as uow:
                    await uow.execute(statement)
    assert date(2026, 3, 31) == (await rows(case))[0]["as_of"]
