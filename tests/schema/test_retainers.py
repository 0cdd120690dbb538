"""Retainers of every kind over HTTP, with literal sums."""

from datetime import date

import httpx
import pytest

from schema.relay import encode_id
from services.gateways.clock import FixedClock
from services.practices import system_actor
from services.retainers import sweep_retainers
from tests.factories.api import api_of
from tests.factories.money import MARCH, a_billable_engagement, noon

pytestmark = pytest.mark.usefixtures("database")

OPEN = """
mutation ($input: OpenRetainerInput!) {
  openRetainer(input: $input) {
    retainer { id kind status isTaxedOnReceipt taxBps target { amount } floor { amount } version
               requests { id number amount { amount } isReplenishment document { kind } }
               terms { startsOn period periods price { amount } tax { amount } minutes rolloverCapMinutes rolloverPeriods settleAfterDays } }
    userErrors { code field }
  }
}
"""
PAY = """
mutation ($input: RecordDepositInput!) {
  recordDeposit(input: $input) {
    deposit { tax { amount } prepaymentNumber document { kind number downloadUrl } }
    retainer { held { amount } standing { held { amount } tax { amount } } }
    userErrors { code field }
  }
}
"""
USE = """
mutation ($input: RecordRetainerUseInput!) {
  recordRetainerUse(input: $input) {
    earning { kind minutes amount { amount } tax { amount } note effectiveOn retainerId } retainer { earned { amount } held { amount } }
    userErrors { code field }
  }
}
"""
STANDING = """
query ($id: ID!, $on: Date) {
  node(id: $id) { ... on Retainer {
    standing(asOf: $on) { asOf held { amount } tax { amount } periodFrom periodTo
      hours { grantedMinutes usedMinutes lostMinutes rolledMinutes leftMinutes } }
    earnings { kind minutes periodNumber amount { amount } effectiveOn } transfers { words amount { amount } }
    status version } }
}
"""
MOVE = """
mutation ($input: TransferRetainerInput!) {
  transferRetainer(input: $input) {
    transfer { id amount { amount } tax { amount } words saidOn contactId }
    fromRetainer { held { amount } transferredOut { amount } } toRetainer { held { amount } transferredIn { amount } status }
    userErrors { code field }
  }
}
"""
CLOSE = """
mutation ($input: CloseRetainerInput!) {
  closeRetainer(input: $input) { retainer { status closedOn closeReason } refundId userErrors { code field } }
}
"""
TOP_UP = """
mutation ($input: RequestTopUpInput!) {
  requestTopUp(input: $input) { retainerRequest { number amount { amount } } userErrors { code field } }
}
"""


def dkk(amount: str) -> dict[str, str]:
    """A MoneyInput."""
    return {"amount": amount, "currency": "DKK"}


async def test_an_allowance_is_opened_paid_used_and_settled_over_http(
    http: httpx.AsyncClient, clock: FixedClock
) -> None:
    case = await a_billable_engagement()
    api = await api_of(http, case.actor, case.people.staff)
    clock.set(noon(MARCH[2]))
    opened = (
        await api.ask(
            OPEN,
            input={
                "engagementId": encode_id("Engagement", case.engagement_id),
                "kind": "PERIOD_ALLOWANCE",
                "terms": {
                    "startsOn": "2026-04-01", "period": "MONTH", "periods": 2, "price": dkk("6000.00"), "minutes": 600,
                    "rolloverCapMinutes": 240, "rolloverPeriods": 1,
                },
                "firstAmount": dkk("7500.00"),
                "idempotencyKey": "1",
            },
        )
    )["openRetainer"]["retainer"]  # fmt: skip
    request, retainer = opened["requests"][0], opened["id"]
    assert opened | {"id": 0, "requests": 0} == {
        "id": 0, "kind": "PERIOD_ALLOWANCE", "status": "REQUESTED", "isTaxedOnReceipt": True, "taxBps": 2500,
        "target": {"amount": "15000.00"}, "floor": {"amount": "0.00"}, "version": 1, "requests": 0,
        "terms": {
            "startsOn": "2026-04-01", "period": "MONTH", "periods": 2, "price": {"amount": "6000.00"},
            "tax": {"amount": "1500.00"}, "minutes": 600, "rolloverCapMinutes": 240, "rolloverPeriods": 1,
            "settleAfterDays": 5,
        },
    }  # fmt: skip
    assert request | {"id": 0} == {
        "id": 0, "number": "R-0001", "amount": {"amount": "7500.00"}, "isReplenishment": False,
        "document": {"kind": "RETAINER_AGREEMENT"},
    }  # fmt: skip
    paid = (
        await api.ask(
            PAY,
            input={
                "requestId": request["id"], "amount": dkk("7500.00"), "receivedOn": "2026-03-02", "bankReference": "R-0001",
                "idempotencyKey": "2",
            },
        )
    )["recordDeposit"]  # fmt: skip
    assert paid["deposit"]["tax"] == {"amount": "1500.00"}
    assert paid["deposit"]["prepaymentNumber"] == "P-0001"
    assert paid["deposit"]["document"]["kind"] == "PREPAYMENT_INVOICE"
    assert paid["retainer"]["standing"] == {
        "held": {"amount": "7500.00"}, "tax": {"amount": "1500.00"}
    }  # fmt: skip

    clock.set(noon(date(2026, 4, 20)))
    used = {
        "retainerId": retainer, "minutes": 90, "on": "2026-04-20", "note": "Advice", "idempotencyKey": "3"
    }  # fmt: skip
    assert (await api.ask(USE, input=used))["recordRetainerUse"] == {
        "earning": {
            "kind": "USE", "minutes": 90, "amount": {"amount": "1125.00"}, "tax": {"amount": "225.00"}, "note": "Advice",
            "effectiveOn": "2026-04-20", "retainerId": retainer,
        },
        "retainer": {"earned": {"amount": "1125.00"}, "held": {"amount": "6375.00"}},
        "userErrors": [],
    }  # fmt: skip
    more = used | {"minutes": 511, "idempotencyKey": "4"}
    assert await api.refusal(USE, input=more) == ("ALLOWANCE_EXCEEDED", ["minutes"])
    clock.set(noon(date(2026, 5, 6)))
    await sweep_retainers(system_actor(case.actor.tenant_id), noon(date(2026, 5, 6)))
    seen = (await api.ask(STANDING, id=retainer, on="2026-05-06"))["node"]
    assert seen["standing"] == {
        "asOf": "2026-05-06", "held": {"amount": "3000.00"}, "tax": {"amount": "600.00"},
        "periodFrom": "2026-05-01", "periodTo": "2026-05-31",
        "hours": {"grantedMinutes": 600, "usedMinutes": 90, "lostMinutes": 270, "rolledMinutes": 240, "leftMinutes": 240},
    }  # fmt: skip
    assert [(row["kind"], row["amount"]["amount"]) for row in seen["earnings"]] == [
        ("USE", "1125.00"), ("EXPIRY", "3375.00"),
    ]  # fmt: skip
    earlier = (await api.ask(STANDING, id=retainer, on="2026-04-19"))["node"]["standing"]
    assert (earlier["held"]["amount"], earlier["hours"]["leftMinutes"]) == ("7500.00", 600)


async def test_money_moves_and_a_retainer_is_closed_over_http(
    http: httpx.AsyncClient, clock: FixedClock
) -> None:
    case = await a_billable_engagement()
    api = await api_of(http, case.actor, case.people.staff)
    engagement = encode_id("Engagement", case.engagement_id)
    clock.set(noon(MARCH[2]))
    ids = {}
    for kind, given in (
        ("EVERGREEN", {"target": dkk("1000.00"), "floor": dkk("400.00")}),
        ("SECURITY_DEPOSIT", {"target": dkk("2000.00")}),
    ):
        made = await api.ask(
            OPEN,
            input={"engagementId": engagement, "kind": kind, "idempotencyKey": kind, **given},
        )
        ids[kind] = made["openRetainer"]["retainer"]
    request = ids["EVERGREEN"]["requests"][0]["id"]
    paid = {
        "requestId": request, "amount": dkk("1000.00"), "receivedOn": "2026-03-02", "bankReference": "x", "idempotencyKey": "p",
    }  # fmt: skip
    deposit = (await api.ask(PAY, input=paid))["recordDeposit"]["deposit"]
    assert deposit == {"tax": {"amount": "0.00"}, "prepaymentNumber": None, "document": None}
    moved = {
        "fromRetainerId": ids["EVERGREEN"]["id"], "toRetainerId": ids["SECURITY_DEPOSIT"]["id"], "amount": dkk("700.00"),
        "on": "2026-03-02", "contactId": encode_id("Contact", case.client.signer_id), "saidOn": "2026-03-02",
        "words": "As I said on the phone.", "idempotencyKey": "m",
    }  # fmt: skip
    answer = (await api.ask(MOVE, input=moved))["transferRetainer"]
    assert answer["fromRetainer"] == {
        "held": {"amount": "300.00"}, "transferredOut": {"amount": "700.00"}
    }  # fmt: skip
    assert answer["toRetainer"] == {
        "held": {"amount": "700.00"}, "transferredIn": {"amount": "700.00"}, "status": "ACTIVE",
    }  # fmt: skip
    assert (await api.ask(MOVE, input=moved))["transferRetainer"]["transfer"] == answer["transfer"]
    seen = (await api.ask(STANDING, id=ids["SECURITY_DEPOSIT"]["id"]))["node"]
    assert seen["transfers"] == [
        {"words": "As I said on the phone.", "amount": {"amount": "700.00"}}
    ]
    top_up = {"retainerId": ids["SECURITY_DEPOSIT"]["id"], "amount": dkk("5.00"), "idempotencyKey": "t"}  # fmt: skip
    # R-0003 is the top-up that the transfer asked for by itself.
    assert (await api.ask(TOP_UP, input=top_up))["requestTopUp"]["retainerRequest"] == {
        "number": "R-0004", "amount": {"amount": "5.00"}
    }  # fmt: skip
    ended = {
        "retainerId": ids["SECURITY_DEPOSIT"]["id"], "on": "2026-03-02", "reason": "Not needed.",
        "expectedVersion": seen["version"], "idempotencyKey": "c",
    }  # fmt: skip
    closed = (await api.ask(CLOSE, input=ended))["closeRetainer"]
    assert closed["retainer"] == {
        "status": "CLOSING", "closedOn": "2026-03-02", "closeReason": "Not needed.",
    }  # fmt: skip
    assert closed["refundId"]
    assert (await api.ask(CLOSE, input=ended))["closeRetainer"] == closed
    assert await api.refusal(CLOSE, input=ended | {"idempotencyKey": "d"}) == (
        "STALE_VERSION", ["expectedVersion"],
    )  # fmt: skip
