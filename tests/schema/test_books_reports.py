"""The accountant's desk over HTTP: reports with their files, periods, reconciliation; read by all, changed by few."""

from urllib.parse import urlsplit

import httpx
import pytest

from schema.relay import encode_id
from services.gateways.clock import FixedClock
from tests.factories.api import Api, api_of
from tests.factories.engagements import Case
from tests.factories.money import (
    MARCH,
    a_billable_engagement,
    a_funded_retainer,
    an_issued_invoice,
    noon,
)

pytestmark = pytest.mark.usefixtures("database")

AGING = """
query ($asOf: Date, $first: Int, $after: String) { aging(asOf: $asOf) {
  asOf totals { notDue { amount } days1To30 { amount } total { amount currency } }
  ties { currency aged { amount } ledger { amount } difference { amount } isTied } differences { journalNumber }
  clients(first: $first, after: $after) { totalCount nodes { clientName amounts { days1To30 { amount } } } pageInfo { hasNextPage endCursor } }
  documents { nodes { kind number dueOn overdueDays open { amount } } } csvUrl } }
"""
ROLL = """
query ($span: ReportSpan) { deferredRevenue(fromDate: "2026-02-01", toDate: "2026-03-31", span: $span) {
  periods { firstDay lastDay clients { clientName figures { explanation } } totals { figures { closing { amount } } difference { amount } } }
  csvUrl } }
"""
CLOSE = "mutation ($input: ClosePeriodInput!) { closePeriod(input: $input) { closedThrough event { kind } userErrors { code field } } }"
REOPEN = """mutation ($input: ReopenPeriodInput!) { reopenPeriod(input: $input) {
  closedThrough event { kind reason closedThroughBefore entryCount } userErrors { code field } } }"""
EVENTS = "{ closedThrough periodEvents { totalCount nodes { kind closedThrough reason actor entryCount entries { journalNumber effectiveDate kind } } } }"
PREVIEW = """query ($asOf: Date!, $statement: MoneyInput!) { previewReconciliation(asOf: $asOf, statement: $statement) {
  canBeDone ownMoney { amount } clients { clientName held { amount } }
  figures { adjusted { amount } control { amount } clients { amount } unexplainedBank { amount } } } }"""
RECORD = """mutation ($input: RecordReconciliationInput!) { recordReconciliation(input: $input) {
  reconciliation { id isDone recordedBy items { kind amount { amount } explanation } figures { unexplainedBank { amount } } }
  userErrors { code field } } }"""
LISTED = "{ reconciliations { totalCount nodes { asOf isDone note items { kind } } } }"


@pytest.fixture
async def case(clock: FixedClock) -> Case:
    """41 666.67 held from 3 March; 50 000 invoiced on 9 March, due on the 17th."""
    case = await a_billable_engagement()
    await a_funded_retainer(case)
    await an_issued_invoice(case)
    clock.set(noon(MARCH[31]))
    return case


async def follow(http: httpx.AsyncClient, url: str) -> str:
    parts = urlsplit(url)
    answer = await http.get(f"{parts.path}?{parts.query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return answer.text


async def accountant(http: httpx.AsyncClient, case: Case) -> Api:
    return await api_of(http, case.actor, case.people.accountant)


async def test_the_aging_ties_and_comes_as_a_file(http: httpx.AsyncClient, case: Case) -> None:
    api = await accountant(http, case)
    found = (await api.ask(AGING))["aging"]
    assert found["asOf"] == "2026-03-31"
    assert found["ties"] == [
        {
            "currency": "DKK", "aged": {"amount": "50000.00"}, "ledger": {"amount": "50000.00"},
            "difference": {"amount": "0.00"}, "isTied": True,
        }
    ]  # fmt: skip
    assert found["differences"] == []
    (client,) = found["clients"]["nodes"]
    assert client["amounts"]["days1To30"] == {"amount": "50000.00"}
    assert found["documents"]["nodes"] == [
        {
            "kind": "invoice", "number": "2026-0001", "dueOn": "2026-03-17", "overdueDays": 14,
            "open": {"amount": "50000.00"},
        }
    ]  # fmt: skip
    assert (await follow(http, found["csvUrl"])).splitlines()[-1].endswith("50000.00,50000.00,0.00")
    cursor = found["clients"]["pageInfo"]["endCursor"]
    after = (await api.ask(AGING, first=1, after=cursor))["aging"]["clients"]
    assert (after["totalCount"], after["nodes"]) == (1, [])
    assert (await api.ask(AGING, asOf="2026-03-08"))["aging"]["documents"]["nodes"] == []


async def test_the_roll_forward_is_explained_and_comes_as_a_file(
    http: httpx.AsyncClient, case: Case
) -> None:
    api = await accountant(http, case)
    found = (await api.ask(ROLL))["deferredRevenue"]
    assert [(each["firstDay"], len(each["clients"])) for each in found["periods"]] == [
        ("2026-02-01", 0), ("2026-03-01", 1)]  # fmt: skip
    assert found["periods"][1]["clients"][0]["figures"]["explanation"] == (
        "0.00 + 41666.67 received = 41666.67 DKK"
    )
    assert found["periods"][1]["totals"][0]["difference"] == {"amount": "0.00"}
    assert "41666.67 received" in await follow(http, found["csvUrl"])
    whole = (await api.ask(ROLL, span="WHOLE"))["deferredRevenue"]["periods"]
    assert [(each["firstDay"], each["lastDay"]) for each in whole] == [("2026-02-01", "2026-03-31")]


async def test_periods_close_and_reopen_and_the_accountant_sees_why(
    http: httpx.AsyncClient, case: Case
) -> None:
    owner = await api_of(http, case.actor, case.actor)
    staff = await api_of(http, case.actor, case.people.staff)
    closed = await staff.ask(CLOSE, input={"through": "2026-02-28", "idempotencyKey": "c"})
    assert closed["closePeriod"] == {
        "closedThrough": "2026-02-28", "event": {"kind": "CLOSED"}, "userErrors": []}  # fmt: skip
    asked = {"reason": "The bank was late", "idempotencyKey": "r"}
    refused = await staff.ask(REOPEN, input=asked)
    assert refused["reopenPeriod"]["userErrors"] == [{"code": "FORBIDDEN", "field": None}]
    for given, code, field in (
        ({**asked, "reason": " "}, "REQUIRED", ["reason"]),
        ({**asked, "through": "2026-02-28"}, "PERIOD_NOT_CLOSED", None),
        ({**asked, "through": "1999-01-01"}, "DATE_OUT_OF_RANGE", ["through"]),
    ):
        (error,) = (await owner.ask(REOPEN, input=given))["reopenPeriod"]["userErrors"]
        assert (error["code"], error["field"]) == (code, field)
    opened = await owner.ask(REOPEN, input={**asked, "through": "2026-01-31"})
    assert opened["reopenPeriod"]["event"] == {
        "kind": "REOPENED", "reason": "The bank was late", "closedThroughBefore": "2026-02-28", "entryCount": 0}  # fmt: skip
    for given, code in (("2026-04-30", "EFFECTIVE_DATE_INVALID"), ("2026-01-31", "PERIOD_CLOSED")):
        (error,) = (await owner.ask(CLOSE, input={"through": given, "idempotencyKey": given}))["closePeriod"]["userErrors"]  # fmt: skip
        assert error["code"] == code
    seen = await (await accountant(http, case)).ask(EVENTS)
    assert seen["closedThrough"] == "2026-01-31"
    assert [(each["kind"], each["closedThrough"]) for each in seen["periodEvents"]["nodes"]] == [
        ("REOPENED", "2026-01-31"), ("CLOSED", "2026-02-28")]  # fmt: skip


async def test_a_reconciliation_is_done_only_when_it_is_explained(
    http: httpx.AsyncClient, case: Case
) -> None:
    api = await api_of(http, case.actor, case.actor)
    statement = {"amount": "51666.67", "currency": "DKK"}
    seen = (await api.ask(PREVIEW, asOf="2026-03-31", statement=statement))["previewReconciliation"]
    assert (seen["canBeDone"], seen["ownMoney"], seen["figures"]["unexplainedBank"]) == (
        False, {"amount": "0.00"}, {"amount": "10000.00"})  # fmt: skip
    given = {
        "asOf": "2026-03-31", "statement": statement, "statementReference": "2026/3", "items": [], "isDone": True,
        "idempotencyKey": "a",
    }  # fmt: skip
    (error,) = (await api.ask(RECORD, input=given))["recordReconciliation"]["userErrors"]
    assert error == {"code": "RECONCILIATION_UNEXPLAINED", "field": ["isDone"]}
    item = {
        "kind": "RECEIPT_NOT_BOOKED", "amount": {"amount": "10000.00", "currency": "DKK"},
        "happenedOn": "2026-03-30", "explanation": "Paid by another client; booked in April",
    }  # fmt: skip
    wrong = {**item, "amount": {"amount": "-1.00", "currency": "DKK"}}
    (error,) = (await api.ask(RECORD, input={**given, "items": [wrong]}))["recordReconciliation"]["userErrors"]  # fmt: skip
    assert error == {"code": "RECONCILIATION_ITEM_INVALID", "field": ["items", "0", "amount"]}
    done = (await api.ask(RECORD, input={**given, "items": [item]}))["recordReconciliation"]
    assert done["userErrors"] == []
    assert done["reconciliation"]["isDone"]
    assert done["reconciliation"]["items"][0]["explanation"] == item["explanation"]

    reader = await accountant(http, case)
    listed = (await reader.ask(LISTED))["reconciliations"]
    assert (listed["totalCount"], listed["nodes"][0]["items"]) == (
        1,
        [{"kind": "RECEIPT_NOT_BOOKED"}],
    )
    (error,) = (await reader.ask(RECORD, input=given))["recordReconciliation"]["userErrors"]
    assert error["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    ("file", "code"),
    [("aging.csv?asOf=x", "DATE"), ("deferred-revenue.csv?span=day", "PERIOD_INVALID"),
     ("deferred-revenue.csv?from=2026-04-01&to=2026-03-01", "PERIOD_INVALID")],
)  # fmt: skip
async def test_a_file_that_cannot_be_is_refused(
    http: httpx.AsyncClient, case: Case, file: str, code: str
) -> None:
    api = await accountant(http, case)
    answer = await http.get(f"/exports/{file}", headers=api._headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


STATEMENT = """
query ($client: ID!, $locale: String) { statementOfAccount(clientId: $client, fromDate: "2026-03-01", locale: $locale) {
  toDate pdfUrl docxUrl csvUrl sections { opening { amount } closing { amount } difference { amount } overdueTotal { amount } held { amount }
    overdue { number overdueDays } lines(first: 1) { totalCount nodes { kind documents amount { amount } } } } } }
"""


async def test_the_statement_comes_as_data_and_in_three_files(
    http: httpx.AsyncClient, case: Case
) -> None:
    api = await accountant(http, case)
    client = encode_id("Client", case.client.client_id)
    found = (await api.ask(STATEMENT, client=client))["statementOfAccount"]
    (section,) = found["sections"]
    assert section == {
        "opening": {"amount": "0.00"}, "closing": {"amount": "50000.00"}, "difference": {"amount": "0.00"},
        "overdueTotal": {"amount": "50000.00"}, "held": {"amount": "41666.67"},
        "overdue": [{"number": "2026-0001", "overdueDays": 14}],
        "lines": {"totalCount": 1, "nodes": [{"kind": "invoice", "documents": ["2026-0001"], "amount": {"amount": "50000.00"}}]},
    }  # fmt: skip
    assert "50000.00" in await follow(http, found["csvUrl"])
    for name, begins in (("pdfUrl", b"%PDF-"), ("docxUrl", b"PK")):
        parts = urlsplit(found[name])
        answer = await http.get(f"{parts.path}?{parts.query}")
        assert (answer.status_code, answer.content[: len(begins)]) == (200, begins)
        assert "statement-2026-03-31." in answer.headers["content-disposition"]
    body = (await api.raw(STATEMENT, client=client, locale="xx")).json()
    assert body["errors"][0]["extensions"]["code"] == "LOCALE"
