"""Four small engagements of the main client, signed: one billed by plan, hours and packages, one with a plan alone, one credited, one retained."""

import json
from typing import Any

from schema.relay import encode_id, read_id
from services.actor import Actor
from tests.factories.engagements import sign_subject

PLAN: dict[str, Any] = {
    "name": "Small",
    "items": [
        {"id": "design", "name": "Design", "duration_days": 5, "fee": "40000.00"},
        {"id": "support", "name": "Support", "duration_days": 1},
    ],
    "dependencies": [],
}


def kroner(amount: str) -> dict[str, str]:
    """A MoneyInput."""
    return {"amount": amount, "currency": "DKK"}


async def bill(played: Any, terms: dict[str, Any], today: str) -> None:
    """Make one thing for every mutation of billing, credit and write-offs to work on."""
    ids = played.ids
    for name, retention_bps in (
        ("billing", 0),
        ("planned", 0),
        ("credited", 1000),
        ("retained", 1000),
    ):
        ids[name] = await _signed(played, {**terms, "name": name, "retentionBps": retention_bps})
    stages = [
        {"title": "On signing", "shareBps": 3000},
        {"title": "Design", "itemKey": "design", "shareBps": 7000},
    ]
    plan = await played.do("setBillingPlan", {"engagementId": ids["billing"], "stages": stages, "idempotencyKey": "plan"})  # fmt: skip
    ids["stage"] = plan["stages"][0]["id"]
    for name in ("billed", "corrected"):
        made = await played.do(
            "recordTime",
            {
                "engagementId": ids["billing"], "itemKey": "support", "workedOn": today, "minutes": 90,
                "description": "Moved the mail", "idempotencyKey": f"time {name}",
            },
        )  # fmt: skip
        ids[f"time {name}"] = made["timeEntry"]["id"]
    sold = await played.do(
        "sellPackage",
        {
            "engagementId": ids["billing"], "title": "Ten sessions", "quantity": "10", "unit": "session",
            "unitPrice": kroner("800.00"), "taxCode": "S", "taxBps": 2500, "soldOn": today, "contactId": ids["signer"],
            "words": "Yes please.", "idempotencyKey": "package",
        },
    )  # fmt: skip
    ids["package"] = sold["packageSale"]["id"]
    given = await played.do(
        "issueVoucher",
        {"clientId": ids["client"], "value": kroner("500.00"), "reason": "Late", "idempotencyKey": "voucher"},
    )  # fmt: skip
    ids["voucher"] = given["voucher"]["id"]
    for kind, prefix in (("INVOICE", "B"), ("CREDIT_NOTE", "BK")):
        made = await played.do("openInvoiceSeries", {"kind": kind, "name": kind, "prefix": prefix})
        ids[f"series {kind}"] = made["series"]["id"]
    await played.do(
        "openRetainer",
        {
            "engagementId": ids["billing"], "kind": "AVAILABILITY", "firstAmount": kroner("1000.00"),
            "terms": {"startsOn": today, "period": "MONTH", "periods": 12, "price": kroner("1000.00"), "settleAfterDays": 5},
            "taxCode": "S", "taxBps": 2500, "isTaxedOnReceipt": False, "dueOn": today, "idempotencyKey": "by period",
        },
    )  # fmt: skip
    retainer = await played.connection.fetchval(
        "select id from retainer where tenant_id = $1 and engagement_id = $2",
        played.practice_id, read_id(ids["billing"], "id")[1],
    )  # fmt: skip
    ids["retainer by period"] = str(encode_id("Retainer", retainer))
    await _changed(played, today)
    await _credited(played, today)


async def _changed(played: Any, today: str) -> None:
    """A signed order makes the planned design dearer, and it is accepted."""
    from tests.schema.played import a_sending

    of = {"engagementId": played.ids["billing"]}
    made = await played.do(
        "createChangeOrder",
        {
            **of, "title": "More drawings", "changes": [{"reviseItem": {"key": "design", "fee": kroner("45000.00")}}],
            "reason": "CLIENT_REQUEST", "requestedBy": played.ids["signer"],
        },
    )  # fmt: skip
    played.ids["order dearer"] = made["changeOrder"]["id"]
    await played.do("sendChangeOrder", await a_sending(played, "order dearer"))
    order_id = read_id(played.ids["order dearer"], "id")[1]
    await sign_subject(Actor(played.practice_id, "owner"), "change_order", order_id)
    await played.do(
        "acceptDeliverable",
        {**of, "itemKey": "design", "acceptedOn": today, "note": "by telephone"},
    )


async def _paid(played: Any, today: str, name: str) -> None:
    """The whole of the engagement is accepted, invoiced and paid but for the retention and a little."""
    ids = played.ids
    for key in ("design", "support"):
        await played.do(
            "acceptDeliverable",
            {"engagementId": ids[name], "itemKey": key, "acceptedOn": today, "note": "by telephone"},
        )  # fmt: skip
    made = await played.do("draftInvoice", {"engagementId": ids[name], "idempotencyKey": f"draft {name}"})  # fmt: skip
    ids[f"invoice {name}"] = made["invoice"]["id"]
    of = {"invoiceId": made["invoice"]["id"]}
    await played.do("issueInvoice", {**of, "issueDate": today, "expectedVersion": 1, "idempotencyKey": f"issue {name}"})  # fmt: skip
    await played.do(
        "recordPayment",
        {**of, "amount": kroner("46000.00"), "receivedOn": today, "bankReference": "R 2", "idempotencyKey": f"pay {name}"},
    )  # fmt: skip


async def _credited(played: Any, today: str) -> None:
    """One invoice is credited by more than was open and retained; of the other the retention stands."""
    ids = played.ids
    for name in ("retained", "credited"):
        await _paid(played, today, name)
    credited = {"invoiceId": ids["invoice credited"]}
    made = await played.do(
        "issueCreditNote",
        {
            **credited, "lines": [{"position": 1, "net": kroner("10000.00")}], "reasonKind": "QUALITY", "reason": "Late",
            "idempotencyKey": "credit",
        },
    )  # fmt: skip
    ids["credit note"] = made["creditNote"]["id"]
    made = await played.do(
        "writeOffInvoice",
        {
            "invoiceId": ids["invoice owed"], "amount": kroner("2.00"), "reason": "Small", "on": today,
            "idempotencyKey": "write off",
        },
    )  # fmt: skip
    ids["write-off"] = made["writeOff"]["id"]


async def _signed(played: Any, terms: dict[str, Any]) -> str:
    made = await played.do("createEngagement", {"clientId": played.ids["client"], "terms": terms})
    engagement_id: str = made["engagement"]["id"]
    for mutation, more in (
        ("importScope", {"text": json.dumps(PLAN), "format": "JSON"}),
        ("priceScopeItems", {"items": [{"key": "support", "rate": kroner("950.00")}]}),
    ):
        version = await played.connection.fetchval(
            "select version from scope_draft where tenant_id = $1 and engagement_id = $2",
            played.practice_id, read_id(engagement_id, "id")[1],
        )  # fmt: skip
        await played.do(
            mutation, {"engagementId": engagement_id, **more, "expectedVersion": version}
        )
    version = await played.connection.fetchval(
        "select version from engagement where tenant_id = $1 and id = $2",
        played.practice_id, read_id(engagement_id, "id")[1],
    )  # fmt: skip
    await played.do(
        "sendContract",
        {"engagementId": engagement_id, "expectedVersion": version, "idempotencyKey": f"contract {engagement_id}"},
    )  # fmt: skip
    contract = await played.connection.fetchval(
        "select id from services_contract where tenant_id = $1 and engagement_id = $2",
        played.practice_id, read_id(engagement_id, "id")[1],
    )  # fmt: skip
    await sign_subject(Actor(played.practice_id, "owner"), "services_contract", contract)
    return engagement_id
