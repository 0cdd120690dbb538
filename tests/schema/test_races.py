"""What two people do at the same moment, over HTTP: money that is there once goes out once, and a key has one effect."""

import asyncio
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from db.ids import new_id
from schema.relay import encode_id, read_id
from tests.schema.documents import MUTATIONS, operation
from tests.schema.good_inputs import good_input
from tests.schema.played import Played, money

TWINS = 6

KEYED = [
    name
    for name, (_, _, field) in MUTATIONS.items()
    if "idempotencyKey" in field.args["input"].type.of_type.fields
]


async def at_once(played: Played, name: str, inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The payloads of one mutation, sent with every input at the same moment."""
    document = operation(MUTATIONS[name], 2)
    answers = await asyncio.gather(
        *(played.apis["owner"].ask(document, input=each) for each in inputs)
    )
    return [answer[name] for answer in answers]


def codes(payloads: list[dict[str, Any]]) -> Counter[str]:
    """How they ended: `done`, or the code of the refusal."""
    return Counter(
        payload["userErrors"][0]["code"] if payload["userErrors"] else "done"
        for payload in payloads
    )


def ids(payload: dict[str, Any]) -> dict[str, Any]:
    """The ids of what a payload made, one thing or a list of them; a record that has no id stands for itself."""
    found: dict[str, Any] = {}
    for name, value in payload.items():
        if isinstance(value, dict):
            found[name] = value.get("id", value)
        elif isinstance(value, list) and value and all("id" in each for each in value):
            found[name] = [each["id"] for each in value]
    return found


async def journals(played: Played) -> int:
    """How many entries the books hold."""
    count = await played.connection.fetchval(
        "select count(*) from ledger_journal where tenant_id = $1", played.practice_id
    )
    return int(count)


def test_the_mutations_with_a_key_are_those_that_move_money_or_bind() -> None:
    assert set(KEYED) == {
        "sendContract", "sendChangeOrder", "requestDeposit", "recordDeposit", "drawDown", "draftInvoice", "issueInvoice",
        "recordPayment", "requestRefund", "approveRefund", "rejectRefund", "settleRefund", "failRefund",
        "retryRefund", "claimKillFee", "offsetKillFee", "recordKillFeePayment", "waiveKillFee",
        "recordReceipt", "recordExchangedPayment", "allocatePayment", "reversePayment", "importBankStatement",
        "confirmBankMatch", "undoBankMatch",
        "deliver", "recordProgress", "recordCost",
        "openRetainer", "requestTopUp", "recordRetainerUse", "transferRetainer", "closeRetainer",
        "setBillingPlan", "recordTime", "sellPackage", "issueVoucher", "releaseRetention",
        "issueCreditNote", "applyCredit", "writeOffInvoice", "reverseWriteOff",
        "importOpeningBalances", "recordOpeningPayment", "closePeriod", "reopenPeriod", "recordReconciliation",
        "chargeLateInterest", "chargeFixedSum", "recordLateChargePayment", "waiveLateCharge",
    }  # fmt: skip


JOURNALS = {
    "recordDeposit": 1,
    "drawDown": 1,
    "issueInvoice": 1,
    "recordPayment": 1,
    "recordReceipt": 1,
    "recordExchangedPayment": 1,
    "allocatePayment": 1,
    "reversePayment": 1,
    "confirmBankMatch": 1,
    "undoBankMatch": 1,
    "settleRefund": 1,
    "claimKillFee": 1,
    "offsetKillFee": 1,
    "recordKillFeePayment": 1,
    "waiveKillFee": 1,
    "recordRetainerUse": 1,
    "transferRetainer": 1,
    "releaseRetention": 1,
    "issueCreditNote": 2,
    "applyCredit": 1,
    "writeOffInvoice": 1,
    "reverseWriteOff": 1,
    "importOpeningBalances": 1,
    "recordOpeningPayment": 1,
    "chargeLateInterest": 1,
    "chargeFixedSum": 1,
    "recordLateChargePayment": 1,
    "waiveLateCharge": 1,
}
"""How many entries one effect makes in the books; the rest make none.

A credit note is one and each invoice that it is offset against another; retention is released by one for each invoice, and
opening balances come in by one for each line: there is one of either here.
"""


@pytest.mark.parametrize("name", KEYED)
async def test_twins_with_the_same_key_in_flight_at_once_have_one_effect(
    played: Played, name: str
) -> None:
    given = (await good_input(played, name))["input"]
    before, booked = await rows(played), await journals(played)
    payloads = await at_once(played, name, [given] * TWINS)
    assert codes(payloads) == {"done": TWINS}
    assert all(ids(payload) == ids(payloads[0]) for payload in payloads)
    assert ids(payloads[0])
    after = await rows(played)
    assert await journals(played) - booked == JOURNALS.get(name, 0)

    # The same key again, later: the same answer, and nothing more.
    (again,) = await at_once(played, name, [given])
    assert ids(again) == ids(payloads[0])
    assert await rows(played) == after
    assert after["idempotency_key"] == before["idempotency_key"] + 1

    # The same key for something else: refused.
    if name in JOURNALS or name == "requestRefund":
        (other,) = await at_once(played, name, [changed(given)])
        assert codes([other]) == {"IDEMPOTENCY_KEY_REUSED": 1}
        assert await rows(played) == after


def changed(given: dict[str, Any]) -> dict[str, Any]:
    """The same request with one other word or amount."""
    for name, value in (
        ("amount", money("11.00")), ("bankReference", "another"), ("issueDate", "2026-03-01"),
        ("reason", "another"), ("note", "another"), ("bankLineId", str(encode_id("BankLine", new_id()))),
        ("costEntryIds", [str(encode_id("CostEntry", new_id()))]), ("dueOn", "2026-03-09"), ("until", "2026-02-27"),
        ("fileName", "another.csv"), ("invoiceId", str(encode_id("Invoice", new_id()))),
    ):  # fmt: skip
        if name in given:
            return {**given, name: value}
    raise LookupError(given)


async def rows(played: Played) -> dict[str, int]:
    """How many rows each table has of the practice."""
    tables = [*(await played.snapshot()), "idempotency_key"]
    return {
        table: await played.connection.fetchval(
            f"select count(*) from {table} where tenant_id = $1",
            played.practice_id,
        )
        for table in tables
    }


async def test_refunds_that_together_exceed_what_is_held_are_not_both_taken(
    played: Played,
) -> None:
    answer = await played.apis["owner"].ask(
        "query($id: ID!) { refundEntitlement(engagementId: $id) { entitled { amount } } }",
        id=played.ids["engagement"],
    )
    entitled = Decimal(answer["refundEntitlement"]["entitled"]["amount"])
    held = await played.connection.fetchval(
        """
        select deposited_minor + transferred_in_minor - transferred_out_minor - drawn_minor - earned_minor
          - refunded_minor - refund_pending_minor
        from retainer where id = $1
        """,
        read_id(played.ids["retainer"], "id")[1],
    )
    half_and_one = min(held, int(entitled * 100)) // 2 + 1
    amount = money(f"{half_and_one // 100}.{half_and_one % 100:02d}")
    inputs = [
        {
            "source": {"retainerId": played.ids["retainer"]}, "amount": amount, "reason": "Half and one.",
            "idempotencyKey": str(new_id()),
        }
        for _ in range(2)
    ]  # fmt: skip
    found = codes(await at_once(played, "requestRefund", inputs))
    assert found["done"] == 1
    assert sum(found.values()) == 2
    assert set(found) <= {"done", "REFUND_OVER_CAP", "REFUND_OVER_ENTITLEMENT"}


async def test_two_drawdowns_of_all_that_an_invoice_owes_are_not_both_taken(played: Played) -> None:
    _, invoice = read_id(played.ids["invoice owed"], "id")
    still_open = """
        select payable_minor + retention_released_minor - paid_minor - drawn_minor - credited_minor - credit_applied_minor
          - written_off_minor
        from invoice where id = $1
        """
    owed = await played.connection.fetchval(still_open, invoice)
    given = (await good_input(played, "drawDown"))["input"]
    inputs = [
        {**given, "amount": money(f"{owed // 100}.{owed % 100:02d}"), "idempotencyKey": str(new_id())}
        for _ in range(3)
    ]  # fmt: skip
    found = codes(await at_once(played, "drawDown", inputs))
    assert found["done"] == 1
    assert set(found) <= {"done", "DRAWDOWN_EXCEEDS_OPEN", "NOTHING_TO_DRAW"}
    assert await played.connection.fetchval(still_open, invoice) == 0


async def test_a_refund_is_approved_and_rejected_at_the_same_moment_only_once(
    played: Played,
) -> None:
    made = await played.do("requestRefund", (await good_input(played, "requestRefund"))["input"] | {"idempotencyKey": str(new_id())})  # fmt: skip
    inputs = {
        name: {
            "refundId": made["refund"]["id"], "expectedVersion": made["refund"]["version"], "idempotencyKey": str(new_id()),
        }
        for name in ("approveRefund", "rejectRefund")
    }  # fmt: skip
    both = await asyncio.gather(*(at_once(played, name, [given]) for name, given in inputs.items()))
    found = codes([payload for (payload,) in both])
    assert found["done"] == 1
    assert set(found) <= {"done", "STALE_VERSION", "REFUND_DECIDED"}


async def test_one_client_updated_twice_from_the_same_version_is_updated_once(
    played: Played,
) -> None:
    given = (await good_input(played, "updateClient"))["input"]
    found = codes(
        await at_once(played, "updateClient", [{**given, "name": f"Navn {n}"} for n in range(4)])
    )
    assert found == {"done": 1, "STALE_VERSION": 3}
    practice = (await good_input(played, "updatePractice"))["input"]
    found = codes(
        await at_once(played, "updatePractice", [{**practice, "name": f"N {n}"} for n in range(4)])
    )
    assert found == {"done": 1, "STALE_VERSION": 3}
