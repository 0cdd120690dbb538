"""Billing, credit notes, write-offs and electronic invoices over HTTP, with literal sums."""

from typing import Any

import pytest

from tests.schema.documents import MUTATIONS, operation
from tests.schema.good_inputs import IN_ORDER
from tests.schema.played import Played, money

BILLABLE = """
query($id: ID!) { billable(engagementId: $id) {
  lines { source title itemKey sourceId period quantity unit net { amount } taxCode taxBps }
  bySource { source net { amount } } net { amount } tax { amount } } }
"""
CREDITABLE = """
query($id: ID!) { creditable(invoiceId: $id) {
  total { amount } openPart { amount } retentionPart { amount } paidBack { amount }
  lines { position net { amount } tax { amount } } } }
"""
EINVOICE = """
query($id: ID!) { node(id: $id) { ... on Invoice {
  state open { amount } creditedTotal { amount } creditNotes { number lines { net { amount } } einvoice { url problems { field } }
  document { fileName } } einvoice { url problems { field message } } lines { source net { amount } } } } }
"""


async def test_what_could_be_billed_is_suggested_with_sums_by_source(played: Played) -> None:
    found = (await played.apis["accountant"].ask(BILLABLE, id=played.ids["billing"]))["billable"]
    assert [(each["source"], each["net"]["amount"]) for each in found["bySource"]] == [
        ("MILESTONE", "40000.00"), ("TIME", "2850.00"), ("PACKAGE", "8000.00"), ("CHANGE_ORDER", "5000.00"),
        ("RETAINER_PERIOD", "1000.00"),
    ]  # fmt: skip
    assert (found["net"]["amount"], found["tax"]["amount"]) == ("56850.00", "14212.50")
    hours = next(each for each in found["lines"] if each["source"] == "TIME")
    assert (hours["itemKey"], hours["quantity"], hours["unit"]) == ("support", "1.500000", "hour")


async def test_the_most_to_credit_is_shown_beforehand(played: Played) -> None:
    api, of = played.apis["accountant"], played.ids["invoice credited"]
    found = (await api.ask(CREDITABLE, id=of))["creditable"]
    # 50 000 with tax, of which 12 500 are credited: 4 000 were retained, the rest was paid.
    assert found == {
        "total": money_of("37500.00"),
        "openPart": money_of("0.00"),
        "retentionPart": money_of("0.00"),
        "paidBack": money_of("37500.00"),
        "lines": [{"position": 1, "net": money_of("30000.00"), "tax": money_of("7500.00")}],
    }


def money_of(amount: str) -> dict[str, str]:
    """Money as these queries ask for it."""
    return {"amount": amount}


async def test_an_invoice_tells_its_credit_notes_and_its_electronic_file_or_what_that_lacks(
    played: Played,
) -> None:
    invoice = (await played.apis["owner"].ask(EINVOICE, id=played.ids["invoice credited"]))["node"]
    assert (invoice["creditedTotal"], invoice["open"]) == (
        money_of("12500.00"),
        money_of("0.00"),
    )
    (note,) = invoice["creditNotes"]
    assert note["number"].startswith("CN-2")
    assert note["lines"] == [{"net": money_of("10000.00")}]
    assert note["document"]["fileName"].startswith("refund-memo-cn-2")
    assert invoice["einvoice"]["url"] is None
    assert "seller.endpointId" in [each["field"] for each in invoice["einvoice"]["problems"]]


@pytest.mark.parametrize(
    ("name", "changes", "code", "field"),
    [
        (
            "issueCreditNote",
            {"lines": [{"position": 9}]},
            "LINE_NOT_FOUND",
            ["lines", "0", "position"],
        ),
        ("issueCreditNote", {"refund": money("999999.00")}, "CREDIT_SPLIT_EXCEEDS", ["settlement"]),
        ("issueCreditNote", {"refund": money("1.00", "EUR")}, "CURRENCY_MISMATCH", ["refund"]),
        ("applyCredit", {"amount": money("0.00")}, "AMOUNT_NOT_POSITIVE", ["amount"]),
        ("applyCredit", {"amount": money("-1.00")}, "AMOUNT_NOT_POSITIVE", ["amount"]),
        ("writeOffInvoice", {"amount": money("99999999.00")}, "WRITE_OFF_EXCEEDS_OPEN", ["amount"]),
        ("writeOffInvoice", {"amount": money("0.001")}, "AMOUNT_TOO_PRECISE", ["amount", "amount"]),
        ("recordTime", {"minutes": 1441}, "MINUTES", ["minutes"]),
        ("recordTime", {"itemKey": "design"}, "TIME_NOT_AGREED", ["itemKey"]),
        ("sellPackage", {"quantity": "0"}, "QUANTITY_INVALID", ["quantity"]),
        ("sellPackage", {"taxBps": -1}, "RATE_INVALID", ["taxBps"]),
        (
            "issueVoucher",
            {"value": money("1.00"), "expiresOn": "2020-01-01"},
            "DATE",
            ["expiresOn"],
        ),
        ("setBillingPlan", {"stages": []}, "PLAN_EMPTY", ["stages"]),
        ("openInvoiceSeries", {"prefix": "CN"}, "SERIES_PREFIX", ["prefix"]),
        ("releaseRetention", {"dueOn": "2020-01-01"}, "DATE", ["dueOn"]),
    ],
)
async def test_a_bad_input_is_refused_by_code_and_field_and_nothing_changes(
    played: Played, name: str, changes: dict[str, Any], code: str, field: list[str]
) -> None:
    before = await played.snapshot()
    given = {**await IN_ORDER[name](played), **changes}
    if "idempotencyKey" in MUTATIONS[name][2].args["input"].type.of_type.fields:
        given["idempotencyKey"] = f"bad {name} {changes}"[:100]
    data = await played.apis["owner"].ask(operation(MUTATIONS[name]), input=given)
    (error,) = data[name]["userErrors"]
    assert (error["code"], error["field"]) == (code, field)
    assert await played.snapshot() == before


MINE = (
    "draftInvoice", "setBillingPlan", "recordTime", "sellPackage", "issueVoucher", "openInvoiceSeries", "issueCreditNote",
    "applyCredit", "writeOffInvoice", "reverseWriteOff",
)  # fmt: skip


async def test_every_mutation_of_billing_succeeds_as_it_should(played: Played) -> None:
    for name in MINE:
        given = await IN_ORDER[name](played)
        if "idempotencyKey" in MUTATIONS[name][2].args["input"].type.of_type.fields:
            given["idempotencyKey"] = f"good {name}"
        await played.do(name, given)
