"""Refunds: explained, capped, and once."""

import asyncio
from collections import Counter

import asyncpg
import orjson
import pytest

from services import refunds
from services.rules.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound
from services.rules.money import Money
from tests.factories.money import (
    MARCH,
    a_billable_engagement,
    a_funded_retainer,
    an_issued_invoice,
    approve,
    ask_back,
    books,
    dkk,
    draw,
    noon,
    pay,
    payment_row,
    refund_row,
    retainer_row,
    settle,
)

pytestmark = pytest.mark.usefixtures("database")


async def code_of(doing, kind=DomainError) -> str:
    """The code of the refusal."""
    with pytest.raises(kind) as refusal:
        await doing
    return refusal.value.code


async def test_several_parts_may_reach_the_whole_and_not_one_oere_more() -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    for amount in (dkk(10_000), dkk(31_666, 67)):
        refund_id = await ask_back(case, amount, retainer_id=retainer_id)
        await approve(case, refund_id)
        await settle(case, refund_id)
    assert (await retainer_row(case, retainer_id))["refunded_minor"] == 4_166_667
    assert await books(case) == {}
    assert await code_of(ask_back(case, Money(1, "DKK"), retainer_id=retainer_id)) == (
        "REFUND_OVER_CAP"
    )


async def test_money_that_is_earned_does_not_go_back() -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    await an_issued_invoice(case)  # 50 000 with tax, more than the deposit
    refused = ask_back(case, dkk(1), retainer_id=retainer_id)
    assert await code_of(refused) == "REFUND_OVER_ENTITLEMENT"
    assert (await retainer_row(case, retainer_id))["refund_pending_minor"] == 0


async def test_what_is_promised_to_a_refund_cannot_be_drawn() -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    refund_id = await ask_back(case, dkk(40_000), retainer_id=retainer_id, on=MARCH[5])
    design = await an_issued_invoice(case)
    assert await code_of(draw(case, retainer_id, design, dkk(1_666, 68))) == "RETAINER_OVERDRAWN"
    # Work was accepted since: the request is no longer within what the client is entitled to.
    assert await code_of(approve(case, refund_id)) == "REFUND_OVER_ENTITLEMENT"
    await refunds.reject_refund(
        case.actor,
        refund_id,
        expected_version=1,
        idempotency_key=case.key(),
        today=MARCH[9],
        now=noon(MARCH[9]),
    )
    await draw(case, retainer_id, design, dkk(41_666, 67))


async def test_a_refund_of_a_payment_reduces_what_was_earned_and_its_tax() -> None:
    case = await a_billable_engagement()
    design = await an_issued_invoice(case)
    payment_id = await pay(case, design, dkk(51_000))
    refund_id = await ask_back(case, dkk(6_000), payment_id=payment_id)
    await approve(case, refund_id)
    refund = await refund_row(case, refund_id)
    # 1 000 never was owed; of the other 5 000 a fifth is tax.
    assert (refund["unapplied_minor"], refund["tax_minor"], refund["entitlement_minor"]) == (
        100_000, 100_000, 600_000,
    )  # fmt: skip
    assert [
        (line["kind"], line["amount_minor"]) for line in orjson.loads(refund["entitlement"])
    ] == [("paid", 5_100_000), ("earned", -5_000_000), ("credit", 500_000)]
    await settle(case, refund_id)
    assert await books(case) == {
        "bank": 4_500_000,
        "tax_payable": -900_000,
        "revenue": -4_000_000,
        "refunds": 400_000,
    }
    found = await refunds.entitlement(case.actor, case.engagement_id)
    assert (found.entitled_minor, found.refundable_minor) == (0, 4_500_000)
    assert await code_of(ask_back(case, dkk(45_000, 1), payment_id=payment_id)) == (
        "REFUND_OVER_CAP"
    )
    assert (await payment_row(case, payment_id))["refunded_minor"] == 600_000


async def test_a_settlement_that_fails_is_taken_back_by_a_further_entry(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    refund_id = await ask_back(case, dkk(5_000), retainer_id=retainer_id)
    await approve(case, refund_id)
    await settle(case, refund_id)
    await refunds.fail_refund(
        case.actor,
        refund_id,
        failed_on=MARCH[26],
        reason="The account is closed",
        expected_version=3,
        idempotency_key=case.key(),
        today=MARCH[26],
        now=noon(MARCH[26]),
    )
    assert await books(case) == {"bank": 4_166_667, "retainer_liability": -4_166_667}
    kinds = await owner_connection.fetch(
        "select kind from ledger_journal where tenant_id = $1 order by seq", case.actor.tenant_id
    )
    assert [row["kind"] for row in kinds] == ["retainer_deposit", "refund", "reversal"]
    retainer = await retainer_row(case, retainer_id)
    assert (retainer["refunded_minor"], retainer["refund_pending_minor"]) == (0, 0)
    for statement in ("update refund set amount_minor = 1", "delete from refund"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(statement)


async def test_the_memo_is_frozen_and_mailed_when_it_is_approved(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    refund_id = await ask_back(case, dkk(5_000), retainer_id=retainer_id)
    assert (await refund_row(case, refund_id))["document_id"] is None
    await approve(case, refund_id)
    refund = await refund_row(case, refund_id)
    document = await owner_connection.fetchrow(
        "select kind, number, preview_html, payload from document where id = $1",
        refund["document_id"],
    )
    assert (document["kind"], document["number"]) == ("refund_memo", "RF-0001")
    assert "41,666.67" in document["preview_html"]
    paper = orjson.loads(document["payload"])
    assert paper["settlement"] == {
        "refund": {"amount_minor": 500_000, "currency": "DKK"},
        "held": {"amount_minor": 3_666_667, "currency": "DKK"},
    }
    assert paper["signatures"] == []
    assert "remains yours" in document["preview_html"]
    assert "in full" not in document["preview_html"]
    assert await owner_connection.fetchval(
        "select count(*) from outbox_message where tenant_id = $1 and kind = 'refund_approved'",
        case.actor.tenant_id,
    ) == 1  # fmt: skip


async def test_ten_requests_at_once_set_no_more_aside_than_there_is() -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case, dkk(10_000))

    async def one() -> str:
        try:
            await ask_back(case, dkk(3_000), retainer_id=retainer_id)
        except DomainError as refusal:
            return refusal.code
        return "set aside"

    answers = Counter(await asyncio.gather(*(one() for _ in range(10))))
    assert answers == {"set aside": 3, "REFUND_OVER_CAP": 7}


async def test_approvals_and_settlements_sent_twice_count_once() -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    refund_id = await ask_back(case, dkk(5_000), retainer_id=retainer_id)
    for _ in range(2):
        await approve(case, refund_id, idempotency_key="approve")
    for _ in range(2):
        await settle(case, refund_id, idempotency_key="settle")
    assert await code_of(settle(case, refund_id, expected_version=3), Conflict) == (
        "REFUND_NOT_APPROVED"
    )
    assert await code_of(approve(case, refund_id, expected_version=3), Conflict) == (
        "REFUND_DECIDED"
    )
    assert (await books(case))["bank"] == 3_666_667


async def test_a_refund_has_one_source_and_a_sum_above_zero() -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    assert await code_of(ask_back(case, dkk(1)), InvalidInput) == "SOURCE_INVALID"
    for amount, code in (
        (Money(0, "DKK"), "AMOUNT_NOT_POSITIVE"),
        (Money(-1, "DKK"), "AMOUNT_NOT_POSITIVE"),
        (Money(2**63, "DKK"), "AMOUNT_TOO_LARGE"),
        (Money(1, "EUR"), "CURRENCY_MISMATCH"),
    ):
        assert await code_of(ask_back(case, amount, retainer_id=retainer_id)) == code


@pytest.mark.parametrize("role", ["assistant", "accountant"])
async def test_whoever_may_not_move_money_gives_none_back(role: str) -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    refund_id = await ask_back(case, dkk(5_000), retainer_id=retainer_id)
    actor = getattr(case.people, role)
    more = {"idempotency_key": "no", "today": MARCH[24], "now": noon(MARCH[24])}
    for attempt in (
        refunds.request_refund(actor, retainer_id=retainer_id, amount=dkk(1), reason="x", **more),
        refunds.approve_refund(actor, refund_id, expected_version=1, **more),
        refunds.reject_refund(actor, refund_id, expected_version=1, **more),
        refunds.settle_refund(
            actor, refund_id, settled_on=MARCH[24], bank_reference="x", expected_version=1, **more
        ),
        refunds.fail_refund(
            actor, refund_id, failed_on=MARCH[24], reason="x", expected_version=1, **more
        ),
    ):
        assert await code_of(attempt, Forbidden) == "FORBIDDEN"
    assert (await refund_row(case, refund_id))["status"] == "requested"
    assert (await books(case))["bank"] == 4_166_667
    # But everybody of the practice may read what the client is entitled to.
    assert (await refunds.entitlement(actor, case.engagement_id)).entitled_minor == 3_666_667


async def test_another_practices_ids_answer_like_missing_ones() -> None:
    case, stranger = await a_billable_engagement(), await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    refund_id = await ask_back(case, dkk(5_000), retainer_id=retainer_id)
    for attempt in (
        ask_back(stranger, dkk(1), retainer_id=retainer_id),
        ask_back(stranger, dkk(1), payment_id=refund_id),
        approve(stranger, refund_id),
        settle(stranger, refund_id),
        refunds.entitlement(stranger.actor, case.engagement_id),
    ):
        assert await code_of(attempt, NotFound) == "NOT_FOUND"
