"""Values that must never get in, through every place of the schema that takes their kind.

Every place is found by introspection; the good input of its mutation is spoilt there and nowhere else. The answer is a refusal
that names the place, never an accident, and nothing has changed.
"""

import json
from typing import Any

import httpx
import pytest

from db.ids import new_id
from schema.view import BODY_LIMIT_BYTES
from tests.schema.documents import (
    MUTATIONS,
    QUERIES,
    Named,
    Path,
    branch,
    leaves,
    operation,
    put,
    spelled,
)
from tests.schema.good_inputs import good_arguments, good_input
from tests.schema.played import Played

ALL = {**MUTATIONS, **QUERIES}
MONEY = {f"{name} {spelled(path)}": (named, path) for name, named in ALL.items() for path, leaf in leaves(named) if leaf.name == "MoneyInput"}  # fmt: skip

BAD_MONEY: dict[str, dict[str, Any]] = {
    "minus one": {"amount": "-1", "currency": "DKK"},
    "a cent above what is taken at all": {"amount": "10000000000000.01", "currency": "DKK"},
    "2^53 + 1": {"amount": "9007199254740993", "currency": "DKK"},
    "2^63": {"amount": "9223372036854775808", "currency": "DKK"},
    "2^63 as a number": {"amount": 2**63, "currency": "DKK"},
    "NaN": {"amount": "NaN", "currency": "DKK"},
    "minus infinity": {"amount": "-Infinity", "currency": "DKK"},
    "1e400": {"amount": "1e400", "currency": "DKK"},
    "400 digits": {"amount": "1" + "0" * 400, "currency": "DKK"},
    "a float": {"amount": 12.5, "currency": "DKK"},
    "true": {"amount": True, "currency": "DKK"},
    "full-width digits": {"amount": "１２", "currency": "DKK"},
    "separators": {"amount": "1,250.00", "currency": "DKK"},
    "half a øre": {"amount": "12.005", "currency": "DKK"},
    "JPY 1.5": {"amount": "1.5", "currency": "JPY"},
    "BHD with four decimals": {"amount": "1.2345", "currency": "BHD"},
    "another currency": {"amount": "10.00", "currency": "EUR"},
    "gold": {"amount": "1", "currency": "XAU"},
    "no currency": {"amount": "1.00", "currency": None},
}
"""Never taken anywhere."""

NAUGHT_IS_AN_AMOUNT = {
    "fee", "rate", "cost", "minimumFee", "compensation", "reminderFee", "contingencyDraw", "fromAmount", "premium",
    "extraCost", "limit", "suspensionFrom",
}  # fmt: skip
"""Prices may be zero; a movement of money may not."""

BELOW_ZERO = {
    f"{name} {place}"
    for name, prefix in (("recordReconciliation", "input."), ("previewReconciliation", ""))
    for place in (f"{prefix}statement", f"{prefix}items.0.amount")
}
"""A bank account can be overdrawn or empty, and an item explains a difference in either direction; an item is never nothing."""

NOT_OF_THE_PLACE = {
    "recordReconciliation input.statement": ("CURRENCY_MISMATCH", ["items", "0", "amount"]),
    "previewReconciliation statement": ("CURRENCY_MISMATCH", ["items", "0", "amount"]),
}
"""What another currency is refused with, where not by the place: a statement says in which currency its items are."""

MORE_THAN_THERE_IS: dict[str, tuple[str, str]] = {
    "recordDeposit": ("1000.01", "DEPOSIT_EXCEEDS_REQUEST"),
    "drawDown": ("25000.01", "DRAWDOWN_EXCEEDS_OPEN"),
    "requestRefund": ("2147483648.00", "REFUND_OVER_CAP"),
    "offsetKillFee": ("500.01", "RETAINER_OVERDRAWN"),
    "recordKillFeePayment": ("2147483648.00", "KILL_FEE_EXCEEDED"),
    "waiveKillFee": ("2147483648.00", "KILL_FEE_EXCEEDED"),
    "transferRetainer": ("990.01", "RETAINER_OVERDRAWN"),
}
"""A øre above the cap, by mutation. A request may ask for any sum, and a payment may be more than is owed."""

BAD_TEXTS = {
    "an override of the reading direction": "Fee \u202e00.01",
    "a bell": "Ring\u0007",
    "30 000 characters": "x" * 30_000,
}

DEPTH = {"compareChanges": 3}
"""How far down to ask where the refusal is not on top."""

FREE_TEXT = {
    "clients search", "previewScopeImport text", "previewBankStatement content.text", "previewBankStatement content.base64",
}  # fmt: skip
"""What is looked for is compared and forgotten; what is wrong with a plan's or a bank's file is listed."""


async def good(played: Played, named: Named) -> dict[str, Any]:
    """The variables that succeed, with a fresh idempotency key."""
    if named[0] == "query":
        return good_arguments(played, named[1])
    given = await good_input(played, named[1])
    if "idempotencyKey" in given["input"]:
        given["input"]["idempotencyKey"] = str(new_id())
    return given


async def refusal(
    played: Played, named: Named, given: dict[str, Any]
) -> tuple[str, list[str], str]:
    """Code, field and message of the one refusal. Fails on success and on an accident."""
    # As JSON with everything beyond ASCII escaped, so that lone surrogates can be sent.
    api = played.apis["owner"]
    response = await api._http.post(
        "/graphql",
        content=json.dumps({"query": operation(named, DEPTH.get(named[1], 2)), "variables": given}),
        headers={**api._headers, "content-type": "application/json"},
    )
    assert response.status_code < 500
    body = response.json()
    if "errors" in body:
        (error,) = body["errors"]
        found = error["extensions"]
        assert found["code"] != "INTERNAL"
        return found["code"], found.get("field") or [], error["message"]
    value = body["data"][named[1]]
    assert isinstance(value, dict), body
    refused = [each["error"] for each in value.get("candidates", []) if each["error"]]
    if refused:  # several candidates are compared, and what is wrong with one is part of the answer
        return refused[0]["code"], refused[0]["field"] or [], refused[0]["message"]
    assert value.get("userErrors"), f"{named[1]} took it: {body}"
    (error,) = value["userErrors"]
    return error["code"], error["field"] or [], error["message"]


def check_names(place: Path, refused: tuple[str, list[str], str]) -> None:
    """That the refusal is about this place: by its path, or, for a request that cannot be run, in its message."""
    code, field, message = refused
    path = [str(step) for step in (place[1:] if place[0] == "input" else place)]
    if code in ("BAD_REQUEST", "TOO_COSTLY"):
        names = [step for step in path if not step.isdigit()]
        assert "amount" in message or "currency" in message.lower() or names[-1] in message, refused
        return
    assert field, refused
    if path[0] == "candidates":
        assert field[:2] == path[:2], (path, refused)
        path, field = path[2:], field[2:]
    # A change of a scope is judged with all others in it: its list is named, or its place in the list.
    common = min(len(field), len(path))
    if path[0] in ("changes", "items", "expectations"):
        common = min(common, 2)
    assert field[:common] == path[:common], (path, refused)


@pytest.mark.parametrize("place", MONEY)
async def test_a_bad_amount_is_refused_by_name(played: Played, place: str) -> None:
    named, path = MONEY[place]
    variables = await good(played, named)
    path = branch(path, variables)
    bad = dict(BAD_MONEY)
    if place in BELOW_ZERO:
        del bad["minus one"]
    if path[-1] not in NAUGHT_IS_AN_AMOUNT | {"statement"}:
        bad["zero"] = {"amount": "0", "currency": "DKK"}
        bad["minus zero"] = {"amount": "-0.00", "currency": "DKK"}
    before = await played.snapshot()
    for kind, value in bad.items():
        refused = await refused_at(played, named, variables, path, value)
        if kind == "another currency" and place in NOT_OF_THE_PLACE:
            assert refused[:2] == NOT_OF_THE_PLACE[place]
            continue
        check_names(path, refused)
    if named[1] in MORE_THAN_THERE_IS:
        amount, code = MORE_THAN_THERE_IS[named[1]]
        value = {"amount": amount, "currency": "DKK"}
        found = await refused_at(played, named, variables, path, value)
        assert found[:2] == (code, ["amount"])
    assert await played.snapshot() == before


async def refused_at(
    played: Played, named: Named, variables: dict[str, Any], path: Path, value: Any
) -> tuple[str, list[str], str]:
    """The refusal of one value at one place."""
    return await refusal(played, named, put(named, variables, path, value))


def test_every_place_that_takes_money_is_known() -> None:
    assert {path[-1] for _, path in MONEY.values()} == (
        NAUGHT_IS_AN_AMOUNT
        | {
            "amount",
            "charge",
            "settles",
            "home",
            "foreign",
            "target",
            "floor",
            "firstAmount",
            "price",
            "value",
            "disputed",
            "unitPrice",
            "statement",
            "refund",
            "net",
        }
    )
    assert {place for place in MONEY if place.endswith("input.amount")} == {
        "requestDeposit input.amount",
        "recordDeposit input.amount",
        "drawDown input.amount",
        "requestTopUp input.amount",
        "transferRetainer input.amount",
        "recordPayment input.amount",
        "recordReceipt input.amount",
        "recordExchangedPayment input.amount",
        "recordCost input.amount",
        "requestRefund input.amount",
        "offsetKillFee input.amount",
        "recordKillFeePayment input.amount",
        "waiveKillFee input.amount",
        "recordLateChargePayment input.amount",
        "recordOpeningPayment input.amount",
        "applyCredit input.amount",
        "writeOffInvoice input.amount",
    }


@pytest.mark.parametrize("name", ALL)
async def test_a_bad_text_is_refused_by_name(played: Played, name: str) -> None:
    named = ALL[name]
    await good(played, named)  # may have to make what it is about
    before = await played.snapshot()
    for place, leaf in leaves(named):
        if leaf.name != "String" or f"{name} {spelled(place)}" in FREE_TEXT:
            continue
        variables = await good(played, named)
        path = branch(place, variables)
        for value in BAD_TEXTS.values():
            found = await refused_at(played, named, variables, path, value)
            assert found[0] != "BAD_REQUEST", (path, found)
            if found[0] != "IMPORT_INVALID":
                check_names(path, found)
    assert await played.snapshot() == before


@pytest.mark.parametrize(
    ("text", "message"),
    [("a\0b", "U+0000"), ("\ud800", "not JSON"), ("x" * BODY_LIMIT_BYTES, "larger than")],
    ids=["NUL", "a lone surrogate", "more than a plan"],
)
async def test_some_texts_are_refused_before_anything_is_looked_at(
    played: Played, text: str, message: str
) -> None:
    for name in ("createClient", "requestRefund", "acceptDeliverable"):
        named = MUTATIONS[name]
        text_path = next(path for path, leaf in leaves(named) if leaf.name == "String")
        found = await refused_at(played, named, await good(played, named), text_path, text)
        assert found[0] == "BAD_REQUEST"
        assert message in found[2]


BAD_DATES = [
    "0001-01-01",
    "9999-12-31",
    "2026-02-29",
    "2100-02-29",
    "26-01-01",
    "2026-03-02T00:00:00Z",
]
BAD_INSTANTS = [
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "2026-02-29T00:00:00Z",
    "2026-03-02T00:00:00",
]  # fmt: skip
ANY_DATE = {"daysOff", "asOf", "fromDate", "toDate", "knownAt"}
"""Dates that are only compared with others."""


@pytest.mark.parametrize("name", [n for n, named in ALL.items() if any(leaf.name in ("Date", "DateTime") for _, leaf in leaves(named))])  # fmt: skip
async def test_a_date_that_cannot_be_meant_is_refused_by_name(played: Played, name: str) -> None:
    named = ALL[name]
    await good(played, named)  # may have to make what it is about
    before = await played.snapshot()
    for place, leaf in leaves(named):
        if leaf.name not in ("Date", "DateTime"):
            continue
        variables = await good(played, named)
        path = branch(place, variables)
        step = next(step for step in reversed(path) if isinstance(step, str))
        for value in BAD_DATES if leaf.name == "Date" else BAD_INSTANTS:
            if step in ANY_DATE and value[:4] in ("0001", "9999") and not value.endswith("-12:00"):
                continue
            found = await refused_at(played, named, variables, path, value)
            if found[0] != "BAD_REQUEST":
                check_names(path, found)
    assert await played.snapshot() == before


BELOW_ZERO_RATE = ("addReferenceRate", "rateBps")
"""Central banks have had reference rates below zero."""

STATE_FIRST = {"suspendWork": "NO_SUSPENSION_NOTICE"}
"""What is refused before any number is read: no notice is served here, so that there is none whose version could be expected."""


@pytest.mark.parametrize("name", [n for n, named in ALL.items() if any(leaf.name in ("Int", "Decimal") for _, leaf in leaves(named))])  # fmt: skip
async def test_numbers_at_the_edge_are_refused_or_taken_but_never_break_anything(
    played: Played, name: str
) -> None:
    """Some are taken: the place of an item, which is only an order, and a lead or a reference rate below zero."""
    named = ALL[name]
    await good(played, named)  # may have to make what it is about
    before = await played.snapshot()
    for place, leaf in leaves(named):
        if leaf.name not in ("Int", "Decimal"):
            continue
        variables = await good(played, named)
        path = branch(place, variables)
        edges: list[Any] = [-1, -(2**31), 2**31 - 1, 2**31, 1.5]
        if leaf.name == "Decimal":
            edges = ["-1", "NaN", "1e400", "9" * 28, "0." + "1" * 27]
        if path[-1] == "position":
            edges.remove(2**31 - 1)
        for value in edges:
            if value == -1 and (path[-1] == "lagDays" or (name, path[-1]) == BELOW_ZERO_RATE):
                continue
            found = await refused_at(played, named, variables, path, value)
            if found[0] not in ("BAD_REQUEST", STATE_FIRST.get(name)):
                check_names(path, found)
    assert await played.snapshot() == before


async def test_dates_and_instants_at_the_far_end_are_read_without_breaking_reports(
    played: Played, app_http: httpx.AsyncClient
) -> None:
    for as_of in ("0001-01-01", "2024-02-29", "9999-12-31"):
        for name in ("retainerBalances", "trialBalance"):
            given = {**good_arguments(played, name), "asOf": as_of, "knownAt": f"{as_of}T23:59:59Z"}
            data = await played.apis["accountant"].ask(operation(QUERIES[name]), **given)
            assert (await app_http.get(data[name]["csvUrl"])).status_code == 200


SERVERS_BUSINESS = {
    "tenantId", "tenant", "practiceId", "practice", "id", "status", "state", "number", "version", "balance", "held", "paid",
    "drawn", "open", "net", "tax", "total", "entitled", "createdAt", "updatedAt", "recordedAt", "decidedBy", "signedAt",
    "taxMinor", "amountMinor", "memberRole", "isSystem",
}  # fmt: skip
"""What only the server says: whose a thing is, where it stands, what it adds up to."""

CHOSEN = {
    "draftInvoice input.retainerPeriods.0.number",
    "draftInvoice input.expenses.0.net",
    "issueCreditNote input.lines.0.net",
}
"""Called alike, and the client's to say: which period is billed, what an expense came to, how much of a line is credited."""


@pytest.mark.parametrize("name", MUTATIONS)
async def test_no_mutation_lets_a_client_say_what_is_the_servers_business(
    played: Played, name: str
) -> None:
    named = MUTATIONS[name]
    for path, _ in leaves(named):
        if f"{name} {spelled(path)}" not in CHOSEN:
            assert not SERVERS_BUSINESS & set(path), spelled(path)
    given = await good(played, named)
    given["input"]["tenantId"] = str(played.practice_id)
    code, _, message = await refusal(played, named, given)
    assert code == "BAD_REQUEST"
    assert "tenantId" in message
