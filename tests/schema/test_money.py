"""The money of an engagement over HTTP, as a front end and an accountant would ask for it."""

import csv
import io
from urllib.parse import urlsplit

import httpx
import pytest

from schema.relay import encode_id
from services.gateways.clock import FixedClock
from tests.factories.api import Api, api_of
from tests.factories.money import MARCH, a_billable_engagement, accept, noon

REQUEST = """
mutation ($engagement: ID!, $key: String!, $amount: MoneyInput) {
  requestDeposit(input: {engagementId: $engagement, amount: $amount, idempotencyKey: $key}) {
    retainerRequest { id number status amount { amount currency } expectedTotal { amount } dueOn version
                      retainer { id status engagementId client { name } } document { kind number downloadUrl } }
    userErrors { code field message }
  }
}
"""
DEPOSIT = """
mutation ($request: ID!, $amount: Decimal!, $currency: Currency! = "DKK", $on: Date!, $key: String!) {
  recordDeposit(input: {requestId: $request, amount: {amount: $amount, currency: $currency}, receivedOn: $on,
                        bankReference: "R-0001", idempotencyKey: $key}) {
    deposit { id amount { amount } receivedOn } retainer { id held { amount } }
    userErrors { code field }
  }
}
"""
DRAFT = """
mutation ($engagement: ID!, $keys: [String!], $key: String!) {
  draftInvoice(input: {engagementId: $engagement, itemKeys: $keys, idempotencyKey: $key}) {
    invoice { id state number version lines { position itemKey title net { amount } taxBps tax { amount } }
              net { amount } tax { amount } total { amount } }
    userErrors { code field }
  }
}
"""
ISSUE = """
mutation ($invoice: ID!, $version: Int!, $key: String!) {
  issueInvoice(input: {invoiceId: $invoice, expectedVersion: $version, idempotencyKey: $key}) {
    invoice { id state number issueDate dueDate open { amount } version }
    userErrors { code field currentVersion }
  }
}
"""
DRAW = """
mutation ($retainer: ID!, $invoice: ID!, $amount: Decimal!, $on: Date!, $key: String!) {
  drawDown(input: {retainerId: $retainer, invoiceId: $invoice, amount: {amount: $amount, currency: "DKK"}, on: $on,
                   idempotencyKey: $key}) {
    drawdown { amount { amount } effectiveOn } retainer { held { amount } drawn { amount } }
    userErrors { code field message }
  }
}
"""
PAY = """
mutation ($invoice: ID!, $amount: Decimal!, $on: Date!, $key: String!) {
  recordPayment(input: {invoiceId: $invoice, amount: {amount: $amount, currency: "DKK"}, receivedOn: $on,
                        bankReference: "2026-0001", idempotencyKey: $key}) {
    payment { id applied { amount } unapplied { amount } } invoice { state open { amount } }
    userErrors { code field }
  }
}
"""
ENTITLEMENT = """
query ($engagement: ID!) {
  refundEntitlement(engagementId: $engagement) {
    lines { kind amount { amount } running { amount } note } entitled { amount } refundable { amount }
  }
}
"""
REFUND = """
mutation ($source: RefundSourceInput!, $amount: Decimal!, $key: String!) {
  requestRefund(input: {source: $source, amount: {amount: $amount, currency: "DKK"}, reason: "Less work", idempotencyKey: $key}) {
    refund { id number status version } userErrors { code field }
  }
}
"""
APPROVE = """
mutation ($refund: ID!, $key: String!) {
  approveRefund(input: {refundId: $refund, expectedVersion: 1, idempotencyKey: $key}) {
    refund { status entitled { amount } entitlement { kind note } document { kind number } version } userErrors { code }
  }
}
"""
SETTLE = """
mutation ($refund: ID!, $on: Date!, $key: String!) {
  settleRefund(input: {refundId: $refund, settledOn: $on, bankReference: "RF-0001", expectedVersion: 2, idempotencyKey: $key}) {
    refund { status settledOn } userErrors { code }
  }
}
"""
BALANCES = """
query ($asOf: Date, $knownAt: DateTime) {
  retainerBalances(asOf: $asOf, knownAt: $knownAt) {
    retainers { clientName engagementNumber engagementName kind balance { amount currency } } totals { amount currency } csvUrl
  }
}
"""
LEDGER = """
query ($client: ID!, $first: Int, $after: String) {
  clientLedger(clientId: $client, first: $first, after: $after) {
    clientName csvUrl
    entries { totalCount pageInfo { hasNextPage endCursor }
              nodes { effectiveDate kind accountCode debit { amount } credit { amount } balance { amount } } }
  }
}
"""
TRIAL = """
query { trialBalance { lines { code debit { amount } credit { amount } }
                       totals { currency debit { amount } credit { amount } difference { amount } } csvUrl } }
"""
LISTS = """
query ($client: ID!) {
  retainers(clientId: $client) { totalCount nodes { requests { number } deposits { receivedOn } drawdowns { effectiveOn } } }
  invoices(clientId: $client) { totalCount nodes { number payments { receivedOn } drawdowns { effectiveOn } client { name } } }
  refunds(clientId: $client) { totalCount nodes { number status retainerId } }
}
"""


async def read_csv(http: httpx.AsyncClient, url: str, **headers: str) -> list[dict[str, str]]:
    """The lines of a file behind a link."""
    parts = urlsplit(url)
    response = await http.get(f"{parts.path}?{parts.query}", headers=headers)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"].startswith("attachment")
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


async def the_story(http: httpx.AsyncClient, clock: FixedClock) -> tuple[object, Api, dict]:
    """Deposit, invoice, drawdown, payment and part refund, all over HTTP; answers the case, the API and the ids."""
    case = await a_billable_engagement(name="=HYPERLINK(1) & more")
    api = await api_of(http, case.actor, case.people.staff)
    engagement = encode_id("Engagement", case.engagement_id)
    clock.set(noon(MARCH[2]))
    asked = (await api.ask(REQUEST, engagement=engagement, key="1"))["requestDeposit"]
    request = asked["retainerRequest"]
    assert request | {"id": 0, "retainer": 0, "document": 0} == {
        "id": 0, "number": "R-0001", "status": "REQUESTED", "amount": {"amount": "41666.67", "currency": "DKK"},
        "expectedTotal": {"amount": "125000.00"}, "dueOn": "2026-03-10", "version": 1, "retainer": 0, "document": 0,
    }  # fmt: skip
    link = urlsplit(request["document"]["downloadUrl"]).path
    assert (await http.get(link)).content[:2] == b"PK"
    clock.set(noon(MARCH[3]))
    paid = (await api.ask(DEPOSIT, request=request["id"], amount="41666.67", on="2026-03-03", key="2"))[
        "recordDeposit"
    ]  # fmt: skip
    assert paid["retainer"]["held"] == {"amount": "41666.67"}
    await accept(case)
    clock.set(noon(MARCH[9]))
    invoice = (await api.ask(DRAFT, engagement=engagement, key="3"))["draftInvoice"]["invoice"]
    assert invoice["lines"] == [
        {"position": 1, "itemKey": "design", "title": "Design", "net": {"amount": "40000.00"}, "taxBps": 2500,
         "tax": {"amount": "10000.00"}}
    ]  # fmt: skip
    issued = (await api.ask(ISSUE, invoice=invoice["id"], version=1, key="4"))["issueInvoice"]
    assert issued["invoice"] | {"id": 0} == {
        "id": 0, "state": "ISSUED", "number": "2026-0001", "issueDate": "2026-03-09", "dueDate": "2026-03-17",
        "open": {"amount": "50000.00"}, "version": 2,
    }  # fmt: skip
    ids = {
        "engagement": engagement,
        "request": request["id"],
        "retainer": request["retainer"]["id"],
        "invoice": invoice["id"],
        "client": encode_id("Client", case.client.client_id),
    }
    drawn = await api.ask(
        DRAW, retainer=ids["retainer"], invoice=ids["invoice"], amount="30000.00", on="2026-03-09", key="5"
    )  # fmt: skip
    assert drawn["drawDown"]["retainer"] == {
        "held": {"amount": "11666.67"},
        "drawn": {"amount": "30000.00"},
    }
    clock.set(noon(MARCH[17]))
    paid = await api.ask(PAY, invoice=ids["invoice"], amount="20000.00", on="2026-03-17", key="6")
    assert paid["recordPayment"]["invoice"] == {"state": "PAID", "open": {"amount": "0.00"}}
    found = (await api.ask(ENTITLEMENT, engagement=engagement))["refundEntitlement"]
    assert [(line["kind"], line["amount"]["amount"], line["note"]) for line in found["lines"]] == [
        ("PAID", "20000.00", "Invoice 2026-0001"),
        ("DEPOSITED", "41666.67", "Request R-0001"),
        ("EARNED", "-50000.00", "Invoice 2026-0001"),
    ]
    assert found["entitled"] == {"amount": "11666.67"}
    clock.set(noon(MARCH[24]))
    refund = (
        await api.ask(REFUND, source={"retainerId": ids["retainer"]}, amount="5000.00", key="7")
    )["requestRefund"]["refund"]
    approved = (await api.ask(APPROVE, refund=refund["id"], key="8"))["approveRefund"]["refund"]
    assert (approved["status"], approved["document"]["number"]) == ("APPROVED", "RF-0001")
    settled = await api.ask(SETTLE, refund=refund["id"], on="2026-03-24", key="9")
    assert settled["settleRefund"]["refund"] == {"status": "SETTLED", "settledOn": "2026-03-24"}
    return case, api, ids | {"refund": refund["id"]}


async def test_the_accountant_pulls_balances_ledger_and_trial_balance_as_values_and_files(
    http: httpx.AsyncClient, clock: FixedClock
) -> None:
    case, _, ids = await the_story(http, clock)
    api = await api_of(http, case.actor, case.people.accountant)
    clock.set(noon(MARCH[31]))

    for day, amount in (
        ("2026-03-08", "41666.67"),
        ("2026-03-09", "11666.67"),
        ("2026-03-24", "6666.67"),
    ):
        found = (await api.ask(BALANCES, asOf=day))["retainerBalances"]
        assert [line["balance"]["amount"] for line in found["retainers"]] == [amount]
        assert found["totals"] == [{"amount": amount, "currency": "DKK"}]
    assert (await api.ask(BALANCES, asOf="2026-03-02"))["retainerBalances"]["retainers"] == []
    known = await api.ask(BALANCES, asOf="2026-03-31", knownAt="2026-03-17T12:00:00Z")
    assert known["retainerBalances"]["totals"] == [{"amount": "11666.67", "currency": "DKK"}]
    (line,) = await read_csv(http, found["csvUrl"])
    assert line == {
        "as_of": "2026-03-24", "known_at": "", "client": "Havn & Co", "engagement_number": "2026-001",
        "engagement": "'=HYPERLINK(1) & more", "kind": "deposit", "currency": "DKK", "balance": "6666.67",
    }  # fmt: skip

    first = (await api.ask(LEDGER, client=ids["client"], first=3))["clientLedger"]
    cursor = first["entries"]["pageInfo"]["endCursor"]
    rest = (await api.ask(LEDGER, client=ids["client"], after=cursor))["clientLedger"]
    nodes = first["entries"]["nodes"] + rest["entries"]["nodes"]
    assert first["entries"]["totalCount"] == 6
    assert [
        (n["effectiveDate"], n["kind"], n["accountCode"],
         (n["debit"] or {}).get("amount"), (n["credit"] or {}).get("amount"), n["balance"]["amount"])
        for n in nodes
    ] == [
        ("2026-03-03", "retainer_deposit", "retainer_liability", None, "41666.67", "41666.67"),
        ("2026-03-09", "invoice", "receivable", "50000.00", None, "50000.00"),
        ("2026-03-09", "drawdown", "retainer_liability", "30000.00", None, "11666.67"),
        ("2026-03-09", "drawdown", "receivable", None, "30000.00", "20000.00"),
        ("2026-03-17", "payment", "receivable", None, "20000.00", "0.00"),
        ("2026-03-24", "refund", "retainer_liability", "5000.00", None, "6666.67"),
    ]  # fmt: skip
    lines = await read_csv(http, first["csvUrl"])
    assert [line["balance"] for line in lines] == [n["balance"]["amount"] for n in nodes]

    trial = (await api.ask(TRIAL))["trialBalance"]
    assert {(n["code"], n["debit"]["amount"], n["credit"]["amount"]) for n in trial["lines"]} == {
        ("bank", "56666.67", "0.00"),
        ("retainer_liability", "0.00", "6666.67"),
        ("tax_payable", "0.00", "10000.00"),
        ("revenue", "0.00", "40000.00"),
    }
    assert trial["totals"] == [
        {"currency": "DKK", "debit": {"amount": "56666.67"}, "credit": {"amount": "56666.67"},
         "difference": {"amount": "0.00"}}
    ]  # fmt: skip
    assert len(await read_csv(http, trial["csvUrl"])) == 4

    lists = await api.ask(LISTS, client=ids["client"])
    assert lists["retainers"]["nodes"] == [
        {"requests": [{"number": "R-0001"}], "deposits": [{"receivedOn": "2026-03-03"}],
         "drawdowns": [{"effectiveOn": "2026-03-09"}]}
    ]  # fmt: skip
    assert lists["invoices"]["nodes"][0]["payments"] == [{"receivedOn": "2026-03-17"}]
    assert lists["refunds"] == {
        "totalCount": 1,
        "nodes": [{"number": "RF-0001", "status": "SETTLED", "retainerId": ids["retainer"]}],
    }


async def test_a_link_to_a_report_reads_that_report_alone_and_ends(
    http: httpx.AsyncClient, clock: FixedClock
) -> None:
    case = await a_billable_engagement()
    api = await api_of(http, case.actor, case.people.accountant)
    url = urlsplit((await api.ask(BALANCES, asOf="2026-03-02"))["retainerBalances"]["csvUrl"])
    assert (await http.get(f"{url.path}?{url.query}")).status_code == 200
    for other in (
        f"{url.path}?asOf=2026-03-03",
        url.path,
        url.path.replace("retainer-balances", "trial-balance"),
        url.path[:-30] + "A" + url.path[-29:],
    ):
        assert (await http.get(other)).status_code == 404, other
    moved = clock.now()
    clock.set(moved.replace(minute=moved.minute + 15))
    refused = await http.get(f"{url.path}?{url.query}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "LINK_INVALID")


async def test_a_report_needs_a_token_or_a_link(http: httpx.AsyncClient) -> None:
    case = await a_billable_engagement()
    api = await api_of(http, case.actor, case.people.accountant)
    assert (await http.get("/exports/trial-balance.csv")).status_code == 401
    wrong = await http.get("/exports/trial-balance.csv", headers={"authorization": "Bearer sw_x"})
    assert wrong.status_code == 401
    own = await http.get("/exports/trial-balance.csv", headers=api._headers)
    assert own.text == "as_of,known_at,code,account,kind,currency,debit,credit\r\n"
    for path, code in (
        ("/exports/nothing.csv", "NOT_FOUND"),
        ("/exports/trial-balance.csv?asOf=yesterday", "DATE"),
        ("/exports/trial-balance.csv?knownAt=2026-03-02T10:00:00", "DATE"),
        ("/exports/client-ledger.csv?clientId=1", "NOT_FOUND"),
    ):
        assert (await http.get(path, headers=api._headers)).json()["error"]["code"] == code


@pytest.mark.parametrize(
    ("amount", "currency", "refusal"),
    [
        ("0", "DKK", ("AMOUNT_NOT_POSITIVE", ["amount"])),
        ("-1", "DKK", ("AMOUNT_NOT_POSITIVE", ["amount"])),
        ("41666.68", "DKK", ("DEPOSIT_EXCEEDS_REQUEST", ["amount"])),
        ("1.005", "DKK", ("AMOUNT_TOO_PRECISE", ["amount", "amount"])),
        ("1.5", "JPY", ("AMOUNT_TOO_PRECISE", ["amount", "amount"])),
        ("1.234", "BHD", ("CURRENCY_MISMATCH", ["amount"])),
        ("1.2345", "BHD", ("AMOUNT_TOO_PRECISE", ["amount", "amount"])),
        ("9223372036854775808", "DKK", ("AMOUNT_TOO_LARGE", ["amount", "amount"])),
        ("9007199254740993", "DKK", ("AMOUNT_TOO_LARGE", ["amount", "amount"])),
    ],
)
async def test_a_bad_amount_is_refused_by_name_and_nothing_moves(
    http: httpx.AsyncClient, amount: str, currency: str, refusal: tuple[str, list[str]]
) -> None:
    case = await a_billable_engagement()
    api = await api_of(http, case.actor, case.people.owner)
    engagement = encode_id("Engagement", case.engagement_id)
    request = (await api.ask(REQUEST, engagement=engagement, key="1"))["requestDeposit"][
        "retainerRequest"
    ]
    given = {"request": request["id"], "on": "2026-03-02", "key": "2"}
    assert await api.refusal(DEPOSIT, amount=amount, currency=currency, **given) == refusal
    assert (await api.ask(TRIAL))["trialBalance"]["lines"] == []


@pytest.mark.parametrize("amount", [1.5, "NaN", "Infinity", "1e400", "1E2", " 1", "1,00", "", True])
async def test_what_is_no_amount_at_all_never_reaches_a_service(
    http: httpx.AsyncClient, amount: object
) -> None:
    case = await a_billable_engagement()
    api = await api_of(http, case.actor, case.people.owner)
    request = encode_id("RetainerRequest", case.engagement_id)
    answer = await api.raw(DEPOSIT, request=request, amount=amount, on="2026-03-02", key="2")
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_the_accountant_reads_everything_and_changes_nothing(
    http: httpx.AsyncClient, clock: FixedClock
) -> None:
    case, _, ids = await the_story(http, clock)
    api = await api_of(http, case.actor, case.people.accountant)
    before = await api.ask(TRIAL)
    on = "2026-03-24"
    for mutation, variables in (
        (REQUEST, {"engagement": ids["engagement"]}),
        (DEPOSIT, {"request": ids["request"], "amount": "1.00", "on": on}),
        (DRAFT, {"engagement": ids["engagement"]}),
        (ISSUE, {"invoice": ids["invoice"], "version": 2}),
        (DRAW, {"retainer": ids["retainer"], "invoice": ids["invoice"], "amount": "1.00", "on": on}),
        (PAY, {"invoice": ids["invoice"], "amount": "1.00", "on": on}),
        (REFUND, {"source": {"retainerId": ids["retainer"]}, "amount": "1.00"}),
    ):  # fmt: skip
        assert (await api.refusal(mutation, key="no", **variables))[0] == "FORBIDDEN"
    after = await api.ask(TRIAL)
    for each in (before, after):
        each["trialBalance"].pop("csvUrl")
    assert before == after


async def test_another_practices_ids_answer_like_missing_ones(
    http: httpx.AsyncClient, clock: FixedClock
) -> None:
    _, _, ids = await the_story(http, clock)
    stranger = await a_billable_engagement()
    api = await api_of(http, stranger.actor, stranger.people.owner)
    on = "2026-03-24"
    for mutation, variables in (
        (REQUEST, {"engagement": ids["engagement"]}),
        (DEPOSIT, {"request": ids["request"], "amount": "1.00", "on": on}),
        (DRAFT, {"engagement": ids["engagement"]}),
        (ISSUE, {"invoice": ids["invoice"], "version": 2}),
        (DRAW, {"retainer": ids["retainer"], "invoice": ids["invoice"], "amount": "1.00", "on": on}),
        (PAY, {"invoice": ids["invoice"], "amount": "1.00", "on": on}),
        (REFUND, {"source": {"retainerId": ids["retainer"]}, "amount": "1.00"}),
        (APPROVE, {"refund": ids["refund"]}),
        (SETTLE, {"refund": ids["refund"], "on": on}),
    ):  # fmt: skip
        (payload,) = (await api.ask(mutation, key="none", **variables)).values()
        assert [error["code"] for error in payload["userErrors"]] == ["NOT_FOUND"]
    nodes = await api.ask(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        ids=[ids[name] for name in ("request", "retainer", "invoice", "refund")],
    )
    assert nodes == {"nodes": [None] * 4}
    for query, variables in (
        (ENTITLEMENT, {"engagement": ids["engagement"]}),
        (LEDGER, {"client": ids["client"]}),
    ):
        answer = (await api.raw(query, **variables)).json()
        assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"
