"""What stood in the books before: previewed with every problem, imported once, and real from then on."""

import asyncio
from datetime import date
from typing import Any

import pytest

from db.unit_of_work import read_only
from services import books, engagements, reports
from services.rules.errors import Conflict, DomainError, Forbidden, InvalidInput, RuleViolation
from tests.factories.engagements import engagement_row
from tests.factories.money import (
    MARCH,
    a_billable_engagement,
    an_issued_invoice,
    dkk,
    draw,
    noon,
    retainer_row,
)
from tests.factories.money import books as trial_balance

pytestmark = pytest.mark.usefixtures("database")
DAY = MARCH[1]


@pytest.fixture
async def case() -> Any:
    """A practice that begins on 2 March 2026."""
    return await a_billable_engagement()


async def a_file(case: Any) -> str:
    """One open invoice, one retainer, the bank and the tax."""
    found = await reports.statement_of_account(
        case.actor, case.client.client_id, from_date=DAY, to_date=DAY
    )
    number = engagements.number_of(await engagement_row(case))
    return (
        "kind,client,engagement,reference,currency,amount,issued_on,due_on\r\n"
        f"invoice,{found.client_name},,2025-17,DKK,8000.00,2025-12-15,2026-01-14\r\n"
        f"retainer,{found.client_name},{number},,DKK,20000.00,,\r\n"
        "bank,,,,DKK,31000.50,,\r\n"
        "tax,,,,DKK,4000.00,,\r\n"
    )


async def bring(case: Any, text: str, **values: Any) -> Any:
    return await books.import_opening_balances(
        values.pop("actor", case.actor),
        **{
            "text": text, "file_name": "åbning.csv", "as_of": DAY, "idempotency_key": case.key(), "today": MARCH[2],
            "now": noon(MARCH[2]), **values,
        },
    )  # fmt: skip


async def test_the_lines_become_balances_and_the_rest_is_equity(case: Any) -> None:
    text = await a_file(case)
    preview = await books.preview_opening_balances(case.actor, text=text, as_of=DAY, today=MARCH[2])
    assert (preview.problems, len(preview.lines), preview.equity) == ((), 4, {"DKK": 1_500_050})
    await bring(case, text)
    assert await trial_balance(case) == {
        "bank": 3_100_050, "receivable": 800_000, "retainer_liability": -2_000_000, "tax_payable": -400_000,
        "opening_equity": -1_500_050,
    }  # fmt: skip
    aging = await reports.aging(case.actor, as_of=MARCH[2])
    (document,) = aging.documents
    assert (document.number, document.part.bucket, document.part.overdue_days) == ("2025-17", "days_31_60", 47)  # fmt: skip
    assert [tie.ties for tie in aging.ties] == [True]
    (roll,) = await reports.deferred_revenue(case.actor, from_date=DAY, to_date=MARCH[31])
    assert roll.totals[0].roll.explanation == "0.00 + 20000.00 received = 20000.00 DKK"
    three = await books.compare(case.actor, as_of=DAY, statement=dkk(1), today=MARCH[2])
    assert (three.figures.control_minor, three.figures.clients_minor) == (2_000_000, 2_000_000)


async def test_the_retainer_is_real_and_the_invoice_is_paid(case: Any) -> None:
    await bring(case, await a_file(case))
    (held,) = (await reports.retainer_balances(case.actor, as_of=DAY)).retainers
    assert (held.kind, held.balance_minor) == ("deposit", 2_000_000)
    invoice_id = await an_issued_invoice(case)
    await draw(case, held.retainer_id, invoice_id, dkk(15_000), on=MARCH[12])
    row = await retainer_row(case, held.retainer_id)
    assert (row["status"], row["drawn_minor"], row["deposited_minor"]) == ("active", 1_500_000, 2_000_000)  # fmt: skip

    async def pay(kroner: int) -> Any:
        return await books.record_opening_payment(
            case.actor, case.client.client_id, "2025-17", amount=dkk(kroner), received_on=MARCH[20], bank_reference="R 9",
            idempotency_key=case.key(), today=MARCH[20], now=noon(MARCH[20]),
        )  # fmt: skip

    await pay(5_000)
    with pytest.raises(RuleViolation) as refused:
        await pay(3_001)
    assert (refused.value.code, refused.value.details["open_minor"]) == ("PAYMENT_EXCEEDS_OPEN", 300_000)  # fmt: skip
    # Two at once that are too much together: one of them.
    done = await asyncio.gather(pay(2_000), pay(2_000), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["RuleViolation", "UUID"]
    aging = await reports.aging(case.actor, as_of=MARCH[31])
    assert [tie.difference_minor for tie in aging.ties] == [0]
    assert {each.number: each.part.open_minor for each in aging.documents} == {
        "2025-17": 100_000, "2026-0001": 3_500_000}  # fmt: skip


async def test_every_problem_is_named_by_its_line_and_nothing_is_entered(case: Any) -> None:
    text = (
        "kind,client,engagement,retainer_kind,reference,currency,amount,issued_on,due_on\n"
        "loan,,,,,DKK,1.00,,\n"
        "invoice,Nobody,,,1,DKK,1.00,2025-12-01,2026-01-01\n"
        "invoice,,,,2,DKK,1.00,2026-12-01,2025-01-01\n"
        "bank,,,,,JPY,1.5,,\n"
        "bank,,,,,DKK,NaN,,\n"
        "retainer,Nobody,2026-0001,evergreen,,DKK,-1.00,,\n"
        "tax,,,,,DKK,5.00,2026-01-01,\n"
        "bank,x\n"
        "tax,,,,,DKK,99999999999999999999.00,,\n"
        "bank,,,,,EUR,1.00,,\n"
        "bank,,,,,EUR,2.00,,\n"
    )
    preview = await books.preview_opening_balances(case.actor, text=text, as_of=DAY, today=MARCH[2])
    found = [(each.line, each.column, each.code) for each in preview.problems]
    assert found == [
        (2, "kind", "KIND"), (3, "client", "NOT_FOUND"), (4, "client", "REQUIRED"), (4, "due_on", "DATE"), (4, "issued_on", "DATE"),
        (5, "amount", "AMOUNT_TOO_PRECISE"), (6, "amount", "AMOUNT_INVALID"), (7, "amount", "AMOUNT_NOT_POSITIVE"), (7, "retainer_kind", "KIND"),
        (8, "issued_on", "NOT_ALLOWED"), (9, "", "COLUMNS"), (10, "amount", "AMOUNT_INVALID"), (11, "reference", "REPEATED"),
        (12, "reference", "REPEATED"),
    ]  # fmt: skip
    with pytest.raises(InvalidInput) as refused:
        await bring(case, text)
    assert refused.value.code == "OPENING_FILE_INVALID"
    assert "14 problems; the first is in line 2" in refused.value.message
    assert await trial_balance(case) == {}


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "kind,currency,amount,amount\n", 'kind,currency,amount\n"x', "kind,currency,amount\n\0", "kind,currency,amount\n"],
    ids=["nothing", "other columns", "a column twice", "an open quote", "NUL", "no lines"],
)  # fmt: skip
async def test_what_is_no_file_is_refused(case: Any, text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await bring(case, text)
    assert refused.value.code == "OPENING_FILE_INVALID"


async def test_it_comes_once_by_the_owner_also_from_two_at_once(case: Any) -> None:
    text = await a_file(case)
    for actor in (case.people.staff, case.people.assistant, case.people.accountant):
        with pytest.raises(Forbidden):
            await bring(case, text, actor=actor)
    done = await asyncio.gather(*(bring(case, text) for _ in range(3)), return_exceptions=True)
    refused = [each for each in done if isinstance(each, DomainError)]
    assert len(refused) == 2
    assert {type(each) for each in refused} == {Conflict}
    assert (await trial_balance(case))["bank"] == 3_100_050
    async with read_only(case.actor.scope()) as uow:
        assert await uow.fetchval("select count(*) from opening_line where tenant_id = $1", uow.tenant_id) == 4  # fmt: skip
    assert date(2026, 3, 1) == DAY
