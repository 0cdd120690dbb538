"""Tax that is due when the money comes in: booked, invoiced, taken off again, and given back."""

import asyncpg
import orjson
import pytest

from services import refunds
from tests.factories.money import (
    MARCH,
    a_billable_engagement,
    an_issued_invoice,
    approve,
    ask_back,
    books,
    deposit,
    dkk,
    draw,
    noon,
    pay,
    retainer_row,
    settle,
)
from tests.factories.retainers import balance, open_of_kind, opened_and_paid, requests_of

pytestmark = pytest.mark.usefixtures("database")


async def test_the_tax_of_a_deposit_is_paid_once(owner_connection: asyncpg.Connection) -> None:
    case = await a_billable_engagement()
    retainer_id = await open_of_kind(case, "deposit", target=dkk(62_500))
    assert (await retainer_row(case, retainer_id))["is_taxed_on_receipt"] is True
    (request,) = await requests_of(case, retainer_id)
    await deposit(case, request["id"], dkk(50_000), on=MARCH[3])
    # 50 000 hold 10 000 of tax, due now; the client is owed the whole.
    assert await books(case) == {
        "bank": 5_000_000,
        "deposit_tax": 1_000_000,
        "retainer_liability": -5_000_000,
        "tax_payable": -1_000_000,
    }
    await deposit(case, request["id"], dkk(12_500), on=MARCH[4])
    papers = await owner_connection.fetch(
        "select number, locale, payload from document where tenant_id = $1 and kind = 'prepayment_invoice' order by number",
        case.actor.tenant_id,
    )
    assert [row["number"] for row in papers] == ["P-0001", "P-0002"]
    paper = orjson.loads(papers[0]["payload"])["prepayment"]
    assert (paper["amount"]["amount_minor"], paper["tax"]["base"]["amount_minor"], paper["tax"]["amount"]["amount_minor"]) == (
        5_000_000, 4_000_000, 1_000_000,
    )  # fmt: skip
    mails = await owner_connection.fetch(
        "select data from outbox_message where tenant_id = $1 and kind = 'prepayment_invoice' order by id",
        case.actor.tenant_id,
    )
    assert [orjson.loads(row["data"])["tax"] for row in mails] == ["10.000,00\xa0DKK", "2.500,00\xa0DKK"]  # fmt: skip

    design = await an_issued_invoice(case)
    # The invoice carries its whole tax of 10 000 …
    assert (await books(case))["tax_payable"] == -1_250_000 - 1_000_000
    await draw(case, retainer_id, design, dkk(50_000))
    # … and the drawdown takes the tax of 50 000 off again.
    assert await books(case) == {
        "bank": 6_250_000,
        "deposit_tax": 250_000,
        "retainer_liability": -1_250_000,
        "tax_payable": -1_250_000,
        "revenue": -4_000_000,
    }
    drawn = await owner_connection.fetchval(
        "select tax_minor from drawdown where tenant_id = $1", case.actor.tenant_id
    )
    assert drawn == 1_000_000

    refund_id = await ask_back(case, dkk(12_500), retainer_id=retainer_id)
    await approve(case, refund_id)
    memo = await owner_connection.fetchval(
        "select payload from document where tenant_id = $1 and kind = 'refund_memo'",
        case.actor.tenant_id,
    )
    assert orjson.loads(memo)["taxes"] == [
        {
            "label": "VAT",
            "rate_bps": 2_500,
            "base": {"amount_minor": 1_000_000, "currency": "DKK"},
            "amount": {"amount_minor": 250_000, "currency": "DKK"},
        }
    ]
    await settle(case, refund_id)
    assert await books(case) == {
        "bank": 5_000_000,
        "tax_payable": -1_000_000,
        "revenue": -4_000_000,
    }


async def test_a_deposit_without_tax_on_receipt_stays_as_it_was() -> None:
    case = await a_billable_engagement()
    retainer_id = await opened_and_paid(case, "deposit", dkk(50_000), is_taxed_on_receipt=False)
    assert await books(case) == {"bank": 5_000_000, "retainer_liability": -5_000_000}
    await draw(case, retainer_id, await an_issued_invoice(case), None)
    assert await books(case) == {
        "bank": 5_000_000,
        "tax_payable": -1_000_000,
        "revenue": -4_000_000,
    }


async def test_untaxed_work_has_no_tax_on_receipt() -> None:
    case = await a_billable_engagement()
    await opened_and_paid(
        case, "deposit", dkk(100), tax_code="AE", tax_bps=0, is_taxed_on_receipt=True
    )
    assert await books(case) == {"bank": 10_000, "retainer_liability": -10_000}


async def test_small_and_back_dated_parts_leave_no_oere_behind() -> None:
    case = await a_billable_engagement()
    retainer_id = await open_of_kind(case, "deposit", target=dkk(1, 0))
    (request,) = await requests_of(case, retainer_id)
    await deposit(case, request["id"], dkk(0, 3), on=MARCH[3])
    await deposit(case, request["id"], dkk(0, 97), on=MARCH[12])
    assert await balance(case, retainer_id, "deposit_tax", as_of=MARCH[3]) == 1
    assert await balance(case, retainer_id, "deposit_tax") == 20
    design = await an_issued_invoice(case, on=MARCH[9])
    await draw(case, retainer_id, design, dkk(0, 3), on=MARCH[10], today=MARCH[12], now=noon(MARCH[12]))  # fmt: skip
    assert await balance(case, retainer_id, "deposit_tax", as_of=MARCH[10]) >= 0
    for oere in (1, 7, 19):
        await draw(case, retainer_id, design, dkk(0, oere), on=MARCH[13])
    await pay(case, design, dkk(100), on=MARCH[14])
    await draw(case, retainer_id, design, None, on=MARCH[16])
    assert await balance(case, retainer_id) == 0
    assert await balance(case, retainer_id, "deposit_tax") == 0
    assert (await books(case))["tax_payable"] == -1_000_000


async def test_a_refund_that_fails_brings_its_tax_back() -> None:
    case = await a_billable_engagement()
    retainer_id = await opened_and_paid(case, "deposit", dkk(125))
    refund_id = await ask_back(case, dkk(125), retainer_id=retainer_id)
    await approve(case, refund_id)
    await settle(case, refund_id)
    assert await books(case) == {}
    await refunds.fail_refund(
        case.actor, refund_id, failed_on=MARCH[25], reason="No such account", expected_version=3,
        idempotency_key="failed", today=MARCH[25], now=noon(MARCH[25]),
    )  # fmt: skip
    assert await books(case) == {
        "bank": 12_500,
        "deposit_tax": 2_500,
        "retainer_liability": -12_500,
        "tax_payable": -2_500,
    }
