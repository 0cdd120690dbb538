"""One engagement's money from the deposit to the refund, with every sum written out."""

from datetime import date

import pytest

from db.unit_of_work import read_only
from services import invoices, ledger, refunds
from services.rules.errors import RuleViolation
from tests.factories.engagements import a_sent_order, sign_subject
from tests.factories.money import (
    MARCH,
    a_billable_engagement,
    accept,
    approve,
    ask,
    ask_back,
    books,
    deposit,
    dkk,
    draft,
    draw,
    invoice_row,
    issue,
    noon,
    pay,
    payment_row,
    refund_row,
    request_row,
    retainer_row,
    settle,
)

pytestmark = pytest.mark.usefixtures("database")


async def held(case, retainer_id, *, as_of=None, known_at=None) -> int:
    async with read_only(case.actor.scope()) as uow:
        (balance,) = await ledger.balances(
            uow, subject_ids=[retainer_id], as_of=as_of, known_at=known_at
        )
    return balance.natural_minor


async def test_deposit_invoice_drawdown_payment_and_part_refund_to_the_last_oere() -> None:
    case = await a_billable_engagement()
    request_id = await ask(case)
    request = await request_row(case, request_id)
    assert (request["number"], request["amount_minor"], request["due_on"]) == (
        1, 4_166_667, date(2026, 3, 10),
    )  # fmt: skip
    retainer_id = request["retainer_id"]

    await deposit(case, request_id, dkk(20_000), on=MARCH[3])
    assert (await request_row(case, request_id))["status"] == "requested"
    await deposit(case, request_id, dkk(21_666, 67), on=MARCH[5])
    assert (await request_row(case, request_id))["status"] == "received"
    assert await books(case) == {"bank": 4_166_667, "retainer_liability": -4_166_667}

    await accept(case, "design")
    invoice_id = await issue(case, await draft(case))
    invoice = await invoice_row(case, invoice_id)
    assert invoices.number_of(invoice) == "2026-0001"
    assert (invoice["net_minor"], invoice["tax_minor"], invoice["total_minor"]) == (
        4_000_000, 1_000_000, 5_000_000,
    )  # fmt: skip
    assert (invoice["issue_date"], invoice["due_date"]) == (MARCH[9], MARCH[17])

    await draw(case, retainer_id, invoice_id, dkk(30_000))
    assert invoices.open_minor(await invoice_row(case, invoice_id)) == 2_000_000
    payment_id = await pay(case, invoice_id, dkk(20_000))
    assert invoices.state_of(await invoice_row(case, invoice_id)) == "paid"
    assert (await payment_row(case, payment_id))["unapplied_minor"] == 0
    assert await books(case) == {
        "bank": 6_166_667,
        "retainer_liability": -1_166_667,
        "tax_payable": -1_000_000,
        "revenue": -4_000_000,
    }

    found = await refunds.entitlement(case.actor, case.engagement_id)
    assert [(line.kind, line.amount_minor, line.running_minor) for line in found.lines] == [
        ("paid", 2_000_000, 2_000_000),
        ("deposited", 4_166_667, 6_166_667),
        ("earned", -5_000_000, 1_166_667),
    ]
    assert found.entitled_minor == 1_166_667

    refund_id = await ask_back(case, dkk(5_000), retainer_id=retainer_id)
    await approve(case, refund_id)
    await settle(case, refund_id)
    refund = await refund_row(case, refund_id)
    assert (refund["status"], refund["entitlement_minor"], refund["settled_on"]) == (
        "settled", 1_166_667, MARCH[24],
    )  # fmt: skip
    retainer = await retainer_row(case, retainer_id)
    assert (
        retainer["deposited_minor"], retainer["drawn_minor"],
        retainer["refund_pending_minor"], retainer["refunded_minor"],
    ) == (4_166_667, 3_000_000, 0, 500_000)  # fmt: skip
    assert await books(case) == {
        "bank": 5_666_667,
        "retainer_liability": -666_667,
        "tax_payable": -1_000_000,
        "revenue": -4_000_000,
    }

    # What the retainer held on each day, and what was known of it before the refund was entered.
    assert [
        await held(case, retainer_id, as_of=MARCH[day]) for day in (2, 3, 4, 5, 9, 23, 24, 31)
    ] == [0, 2_000_000, 2_000_000, 4_166_667, 1_166_667, 1_166_667, 666_667, 666_667]
    assert await held(case, retainer_id, as_of=MARCH[31], known_at=noon(MARCH[17])) == 1_166_667


async def test_a_second_request_asks_for_the_difference_that_a_change_order_made() -> None:
    case = await a_billable_engagement()
    await ask(case)
    with pytest.raises(RuleViolation) as refusal:
        await ask(case)
    assert refusal.value.code == "NOTHING_TO_REQUEST"
    order_id = await a_sent_order(case)
    await sign_subject(case.actor, "change_order", order_id)
    second = await request_row(case, await ask(case))
    # 100 000 + 25 000 net is 156 250 with tax; a third is 52 083.33, of which 41 666.67 was asked for.
    assert (second["number"], second["amount_minor"]) == (2, 1_041_666)
