"""One good input for every mutation and every query, each with all that it may hold.

Every mutation has a thing of its own to work on (see `played`), so all of them can be sent one after the other, in the order in
which they stand here; `test_roles` sends them. The attacks spoil them in one place at a time.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from demo.main_job import PLAN, PRICES
from schema.relay import encode_id, read_id
from tests.schema.documents import MUTATIONS, QUERIES
from tests.schema.played import (
    RULE,
    STEPS,
    TERMS,
    TODAY,
    Played,
    a_change_order,
    a_reconciliation_item,
    a_sending,
    details,
    money,
    person,
)
from tests.schema.played_bank import DANISH, STATEMENT, exchange

Given = dict[str, Any]

OPENING_FILE = "kind,client,reference,currency,amount,issued_on,due_on\ninvoice,Fjordbakken,2025-17,DKK,80.00,2025-12-15,2026-01-14\n"
"""What stood in the books before, of the one client whose name this is."""


async def good_input(played: Played, name: str) -> Given:
    """The variables of a mutation that would succeed. A mutation that nothing is written about fails the test."""
    assert set(IN_ORDER) == set(MUTATIONS), "write a good input for every mutation, here"
    given = await IN_ORDER[name](played)
    if "idempotencyKey" in MUTATIONS[name][2].args["input"].type.of_type.fields:
        given.setdefault("idempotencyKey", f"{name} of {played.practice_id}")
    return {"input": given}


def good_arguments(played: Played, name: str) -> Given:
    """The variables of a query that finds something. A query that nothing is written about fails the test."""
    ids = played.ids
    by_engagement = {"clientId": ids["client"], "engagementId": ids["engagement"]}
    known: dict[str, Given] = {
        "node": {"id": ids["client"]},
        "nodes": {"ids": [ids["client"]]},
        "auditTrail": {"rowId": str(read_id(ids["client plain"], "id")[1])},
        "clients": {"search": "Fjord", "includeArchived": True},
        "client": {"id": ids["client"]},
        "policyVersion": {"id": ids["policies"]},
        "outstandingSignOffs": {"policyVersionId": ids["policies"]},
        "policySignOffs": {"clientId": ids["client"]},
        "documents": by_engagement,
        "document": {"id": played.pool["Document"][0]},
        "verifyDocument": {"fingerprint": "0" * 64},
        "envelopes": {"clientId": ids["client"]},
        "envelope": {"id": ids["envelope voided"]},
        "engagements": {"clientId": ids["client"]},
        "engagement": {"id": ids["engagement"]},
        "scopeDiff": {
            "engagementId": ids["engagement"],
            "from": {"isDraft": True},
            "to": {"number": 1},
        },
        "workingCalendar": {"of": {"engagementId": ids["engagement"]}, "year": 2026},
        "previewScopeImport": {"engagementId": ids["draft"], "text": PLAN, "format": "JSON"},
        "previewChangeOrder": {
            "engagementId": ids["engagement"],
            "changes": a_change_order(played, "new-seen")["changes"],
            "reason": "CLIENT_REQUEST",
            "contingencyDraw": money("0.00"),
        },
        "previewDraftedChangeOrder": {"changeOrderId": ids["order revised"]},
        "compareChanges": {
            "engagementId": ids["engagement"],
            "candidates": [
                {
                    "label": "More",
                    "changes": a_change_order(played, "new-compared")["changes"],
                    "reason": "CLIENT_REQUEST",
                    "contingencyDraw": money("0.00"),
                },
                {"changeOrderId": ids["order revised"], "label": "The draft"},
            ],
        },
        "changeOrder": {"id": ids["order revised"]},
        "changeOrders": {
            "engagementId": ids["engagement"],
            "statuses": ["DRAFT", "SENT"],
            "isOpen": True,
            "sort": "NUMBER_DESC",
        },
        "progressEntries": {"engagementId": ids["engagement"], "itemKey": "20"},
        "costEntries": {"engagementId": ids["engagement"], "itemKey": "20"},
        "alerts": {"engagementId": ids["engagement"], "statuses": ["OPEN", "ACKNOWLEDGED"]},
        "alertThresholds": {"engagementId": ids["engagement"]},
        "retainers": by_engagement,
        "invoices": by_engagement,
        "payments": {"clientId": ids["client"], "hasUnapplied": True},
        "clientBalance": {"clientId": ids["client"]},
        "suggestedAllocation": {"paymentId": ids["payment tied"]},
        "previewBankStatement": {
            "bankAccountId": ids["account"],
            "format": "CSV",
            "content": {"text": STATEMENT},
            "mapping": DANISH,
        },
        "bankStatements": {"bankAccountId": ids["account"]},
        "bankLines": {
            "bankAccountId": ids["account"],
            "bankStatementId": ids["statement account"],
            "statuses": ["OPEN", "MATCHED"],
            "fromDate": "2026-01-01",
            "toDate": TODAY,
        },
        "billable": {"engagementId": ids["billing"]},
        "billingPlan": {"engagementId": ids["billing"]},
        "timeEntries": {"engagementId": ids["billing"]},
        "packageSales": {"engagementId": ids["billing"]},
        "discountVouchers": {"clientId": ids["client"]},
        "creditable": {"invoiceId": ids["invoice credited"]},
        "refundEntitlement": {"engagementId": ids["engagement"]},
        "refunds": by_engagement,
        "previewRefund": {"source": {"retainerId": ids["retainer"]}, "amount": money("10.00")},
        "killFee": {"engagementId": ids["engagement claimed"]},
        "previewKillFee": {
            "engagementId": ids["engagement"],
            "on": TODAY,
            "costEntryIds": [played.pool["CostEntry"][0]],
        },
        "engagementSettlement": {"engagementId": ids["engagement claimed"]},
        "dunningNotices": by_engagement,
        "nextDunningNotice": {"invoiceId": ids["invoice late"]},
        "lateCharges": by_engagement,
        "lateInterest": {"invoiceId": ids["invoice late"], "until": "2026-02-28"},
        "suspensions": by_engagement,
        "retainerBalances": {"includeEmpty": True},
        "clientLedger": {"clientId": ids["client"]},
        "previewOpeningBalances": {"text": OPENING_FILE, "asOf": TODAY},
        "statementOfAccount": {
            "clientId": ids["client"],
            "fromDate": "2026-01-01",
            "toDate": TODAY,
            "locale": "da",
        },
        "deferredRevenue": {"fromDate": "2026-01-01", "toDate": TODAY, "span": "MONTH"},
        "previewReconciliation": {
            "asOf": TODAY,
            "statement": money("1.00"),
            "items": [a_reconciliation_item()],
        },
    }
    open_ones = {
        "practice", "viewer", "members", "invoiceSeries", "apiTokens", "policyVersions", "outboxMessages", "trialBalance", "bookFiles",
        "aging", "bankAccounts", "csvPresets", "closedThrough", "periodEvents", "reconciliations", "openingBalances",
        "refundLimits",
        "dunningLadder",
    }  # fmt: skip
    assert set(known) | open_ones == set(QUERIES), "write good arguments for every query, here"
    given = dict(known.get(name, {}))
    if "first" in QUERIES[name][2].args:
        given["first"] = 3
    for argument, value in QUERIES[name][2].args.items():
        if str(value.type).endswith("!") and argument not in given:
            given[argument] = value.default_value
    return given


# --- one function for every mutation ------------------------------------------------------------------------------------


async def _update_practice(p: Played) -> Given:
    return {
        "expectedVersion": await p.connection.fetchval(
            "select version from practice where tenant_id = $1", p.practice_id
        ),
        "name": "Nørrebæk", "legalName": "Nørrebæk v/Signe Nørrebæk", "country": "DK", "currency": "DKK", "locale": "da",
        "timezone": "Europe/Copenhagen", "registrationNumber": "41526374", "address": "Mejlgade 48\n8000 Aarhus C",
        "email": "signe@noerrebaek.example", "phone": "+45 86 00 00 12", "assistantName": "Sofie Holm",
        "bankAccount": "1234 0001234567",
    }  # fmt: skip


async def _update_client(p: Played) -> Given:
    return {
        **details("Nyt navn"),
        "clientId": p.ids["client plain"],
        "expectedVersion": await p.version("client", "client plain"),
    }


async def _update_contact(p: Played) -> Given:
    given = {**person("", "Ny Holm"), "isActive": True, "contactId": p.ids["contact plain"]}
    del given["clientId"]
    return {**given, "expectedVersion": await p.version("contact", "contact plain")}


async def _policy_draft(p: Played) -> Given:
    return {
        "policyVersionId": p.ids["policy draft"],
        "expectedVersion": await p.version("policy_version", "policy draft"),
    }


def _policies() -> Given:
    return {
        "title": "Næste", "effectiveDate": TODAY, "introductionEn": "Hello.", "introductionDa": "Hej.",
    }  # fmt: skip


async def _scope(p: Played) -> Given:
    return {
        "engagementId": p.ids["draft"],
        "expectedVersion": await p.version("scope_draft", "draft", "engagement_id"),
    }


async def _engagement(p: Played) -> Given:
    return {
        "engagementId": p.ids["draft"],
        "expectedVersion": await p.version("engagement", "draft"),
    }


async def _send_contract(p: Played) -> Given:
    return {
        **await _engagement(p),
        "contactIds": [p.ids["signer"]],
        "expiresAt": "2026-03-20T00:00:00Z",
    }


EVERY_CHANGE = [
    {
        "addItem": {
            "key": "drafted", "title": "Drafted", "kind": "TASK", "parentKey": None, "position": 90, "description": "More.",
            "quantity": "1.5", "unit": "day", "effortMinutes": 60, "rate": money("500.00"), "fee": money("750.00"),
            "cost": money("10.00"), "taxCode": "S", "taxBps": 2500, "durationDays": 4, "allocationBps": 5000,
            "calendarKey": "crew", "constraintKind": "START_NO_EARLIER_THAN", "constraintDate": "2026-12-01",
            "deliverable": "Something", "acceptanceCriteria": "It is there.",
        }
    },
    {
        "addItemCalendar": {
            "key": "crew", "title": "Crew",
            "calendar": {"country": "DK", "region": "", "weekend": [6], "daysOff": ["2026-12-23"]},
        }
    },
    {"reviseItem": {"key": "41", "title": "Revised", "fee": money("800.00"), "constraintKind": None}},
    {"accelerate": {"key": "23", "durationDays": 3, "premium": money("50.00"), "extraCost": money("5.00")}},
    {"addDependency": {"predecessorKey": "20", "successorKey": "drafted", "lagDays": 1, "maxLagDays": 900}},
    {"changeDependency": {"predecessorKey": "3", "successorKey": "4", "lagDays": 2, "lagKind": "ELAPSED"}},
    {"removeDependency": {"predecessorKey": "4", "successorKey": "5"}},
    {"addExpectation": {"kind": "ASSUMPTION", "text": "The dealers wait."}},
    {"addExpectation": {"kind": "EXCLUSION", "text": "A fair."}},
    {"removeExpectation": {"kind": "EXCLUSION", "text": "A fair."}},
    {"pause": {"firstDay": "2026-11-16", "lastDay": "2026-11-17", "reason": "A fair."}},
    {"addItemCalendar": {"key": "gone", "title": "Gone", "calendar": {"daysOff": ["2026-12-23"]}}},
    {
        "changeCalendar": {
            "calendarKey": "gone", "country": "DE", "region": "BY", "weekend": [5], "addDaysOff": ["2026-12-22"],
            "removeDaysOff": ["2026-12-23"],
        }
    },
    {"removeItemCalendar": "gone"},
    {"addItem": {"key": "undone", "title": "Undone"}},
    {"removeItem": "undone"},
]  # fmt: skip


async def _price_items(p: Played) -> Given:
    item = {
        "key": "3", "fee": money("41000.00"), "rate": None, "quantity": None, "unit": "day", "cost": money("100.00"),
        "effortMinutes": 60, "taxCode": "S", "taxBps": 2500, "title": "Idea", "description": "The idea.",
        "deliverable": "A paper", "acceptanceCriteria": "It is read",
    }  # fmt: skip
    return {
        **await _scope(p),
        "items": [item, *(price for price in PRICES if "fee" in price and price["key"] != "3")],
    }


async def _revise_order(p: Played) -> Given:
    given = {
        **a_change_order(p, "new-again"),
        "changeOrderId": p.ids["order revised"],
        "expectedVersion": await p.version("change_order", "order revised"),
    }
    del given["engagementId"]
    return given


async def _invoice(p: Played, name: str) -> Given:
    return {
        "invoiceId": p.ids[f"invoice {name}"],
        "expectedVersion": await p.version("invoice", f"invoice {name}"),
    }


async def _refund(p: Played, name: str) -> Given:
    return {
        "refundId": p.ids[f"refund {name}"],
        "expectedVersion": await p.version("refund", f"refund {name}"),
    }


async def _cancel_request(p: Played) -> Given:
    return {
        "requestId": p.ids["request cancelled"],
        "reason": "Not now.",
        "expectedVersion": await p.version("retainer_request", "request cancelled"),
    }


async def _close_retainer(p: Played) -> Given:
    return {
        "retainerId": p.ids["retainer security"],
        "on": TODAY,
        "reason": "Not needed.",
        "expectedVersion": await p.version("retainer", "retainer security"),
    }


async def _rebase_order(p: Played) -> Given:
    return {
        "changeOrderId": p.ids["order stale"],
        "expectedVersion": await p.version("change_order", "order stale"),
    }


async def _void_order(p: Played) -> Given:
    return {
        "changeOrderId": p.ids["order voided"],
        "expectedVersion": await p.version("change_order", "order voided"),
        "reason": "A wrong price.",
    }


async def _withdraw_order(p: Played) -> Given:
    return {
        "changeOrderId": p.ids["order withdrawn"],
        "expectedVersion": await p.version("change_order", "order withdrawn"),
        "reason": "Changed our mind.",
    }


async def _acknowledge(p: Played) -> Given:
    return {
        "alertId": p.ids["alert"],
        "note": "They are told.",
        "expectedVersion": await p.version("alert", "alert"),
    }


def _always(make: Callable[[Played], Given]) -> Callable[[Played], Awaitable[Given]]:
    async def given(p: Played) -> Given:
        return make(p)

    return given


async def _opening_payment(p: Played) -> Given:
    """For an invoice of before, which is brought in unless it was: with the key and the input of `importOpeningBalances`."""
    await p.do("importOpeningBalances", (await good_input(p, "importOpeningBalances"))["input"])
    return {
        "clientId": p.ids["client"],
        "reference": "2025-17",
        "amount": money("10.00"),
        **_RECEIVED,
    }


def _with(
    make: Callable[[Played], Awaitable[Given]], **more: Any
) -> Callable[[Played], Awaitable[Given]]:
    async def given(p: Played) -> Given:
        return {**await make(p), **more}

    return given


async def _notice(p: Played, invoice: str) -> Given:
    """The next notice of an invoice, at the version it has by now."""
    version = await p.connection.fetchval(
        "select version from dunning_notice where tenant_id = $1 and invoice_id = $2 and status in ('drafted', 'approved')",
        p.practice_id, read_id(p.ids[f"invoice {invoice}"], "id")[1],
    )  # fmt: skip
    return {"invoiceId": p.ids[f"invoice {invoice}"], "expectedVersion": version or 0}


async def _waive_charge(p: Played) -> Given:
    return {
        "lateChargeId": p.ids["charge waived"], "reason": "A good client.",
        "expectedVersion": await p.version("late_charge", "charge waived"),
    }  # fmt: skip


async def _set_ladder(p: Played) -> Given:
    number = await p.connection.fetchval(
        "select max(number) from dunning_ladder where tenant_id = $1", p.practice_id
    )
    return {
        "isActive": True, "sendFromMinute": 480, "sendUntilMinute": 1020, "country": "DK", "region": "", "weekend": [5, 6],
        "daysOff": ["2026-12-24"], "suspensionFrom": money("1000.00"), "steps": STEPS, "expectedNumber": number,
    }  # fmt: skip


async def _suspend(p: Played) -> Given:
    version = await p.connection.fetchval(
        "select version from suspension where tenant_id = $1 and status = 'served'", p.practice_id
    )
    return {"engagementId": p.ids["engagement"], "expectedVersion": version or 1}


async def _draft_extension(p: Played) -> Given:
    newest = await p.connection.fetchval(
        "select id from suspension where tenant_id = $1 order by id desc limit 1", p.practice_id
    )
    return {"suspensionId": str(encode_id("Suspension", newest))}


_RECEIVED = {"receivedOn": TODAY, "bankReference": "R 2"}

STAGED: Given = {
    **TERMS, "killFeeBps": 0, "killFeeStages": [{"fromProgressBps": 0, "rateBps": 2000}],
}  # fmt: skip
"""With a kill fee by stages, so that there is a stage to spoil."""

IN_ORDER: dict[str, Callable[[Played], Awaitable[Given]]] = {
    "updatePractice": _update_practice,
    "addMember": _always(
        lambda p: {
            "name": "Ny", "email": "ny@practice.example", "role": "staff", "oidcIssuer": "https://id.example",
            "oidcSubject": "7",
        }
    ),
    "issueToken": _always(
        lambda p: {"memberId": p.ids["leaver"], "name": "t", "expiresAt": "2027-01-01T00:00:00Z"}
    ),
    "revokeToken": _always(lambda p: {"tokenId": p.ids["token"]}),
    "deactivateMember": _always(lambda p: {"memberId": p.ids["leaver"], "expectedVersion": 1}),
    "createClient": _always(lambda p: details("Ny klient")),
    "updateClient": _update_client,
    "archiveClient": _always(
        lambda p: {"clientId": p.ids["client archived"], "expectedVersion": 1, "isArchived": True}
    ),
    "addContact": _always(lambda p: person(p.ids["client plain"], "Nyere Holm")),
    "updateContact": _update_contact,
    "sendPoliciesForSignOff": _always(
        lambda p: {
            "clientId": p.ids["client unsigned"], "policyVersionId": p.ids["policies"],
            "contactIds": [p.ids["contact unsigned"]], "locale": "en", "expiresAt": "2026-03-20T00:00:00Z",
        }
    ),
    "voidEnvelope": _always(
        lambda p: {"envelopeId": p.ids["envelope voided"], "reason": "A mistake."}
    ),
    "revokeSignerLink": _always(lambda p: {"signerId": p.ids["signer unlinked"]}),
    "sendMessageAgain": _always(lambda p: {"messageId": p.ids["message"]}),
    "createEngagement": _always(lambda p: {"clientId": p.ids["client"], "terms": STAGED}),
    "updateEngagement": _with(_engagement, terms=STAGED),
    "importScope": _with(_scope, text=PLAN, format="JSON", source="plan.json"),
    "priceScopeItems": _price_items,
    "setExpectations": _with(_scope, expectations=[{"kind": "ASSUMPTION", "text": "A panel."}]),
    "changeScopeDraft": _with(_scope, changes=EVERY_CHANGE),
    "sendContract": _send_contract,
    "updatePolicyDraft": _with(_policy_draft, **_policies()),
    "addPolicyRule": _always(
        lambda p: {"policyVersionId": p.ids["policy draft"], "rule": {**RULE, "code": "X-3"}}
    ),
    "revisePolicyRule": _always(
        lambda p: {"ruleId": p.ids["rule revised"], "rule": {**RULE, "code": "X-4"}}
    ),
    "removePolicyRule": _always(lambda p: {"ruleId": p.ids["rule removed"]}),
    "publishPolicies": _policy_draft,
    "draftPolicies": _always(lambda p: {**_policies(), "copiesRules": True}),
    "createChangeOrder": _always(lambda p: a_change_order(p, "new-made")),
    "reviseChangeOrder": _revise_order,
    "sendChangeOrder": lambda p: a_sending(p, "order sent"),
    "withdrawChangeOrder": _withdraw_order,
    "voidChangeOrder": _void_order,
    "rebaseChangeOrder": _rebase_order,
    "reissueChangeOrder": _always(lambda p: {"changeOrderId": p.ids["order reissued"]}),
    "supersedeChangeOrder": _always(
        lambda p: {
            "changeOrderId": p.ids["order approved"], "title": "Without it", "reason": "DESCOPING", "reasonText": "Not needed.",
            "requestedBy": p.ids["signer"],
        }
    ),
    "acceptDeliverable": _always(
        lambda p: {
            "engagementId": p.ids["engagement"], "itemKey": "7", "acceptedOn": TODAY, "contactId": p.ids["signer"],
            "note": "by mail",
        }
    ),
    "deliver": _always(
        lambda p: {
            "engagementId": p.ids["engagement"], "itemKeys": ["26"], "deliveredOn": TODAY, "note": "On the shelf.",
            "agreement": "They asked for one more.", "contactIds": [p.ids["signer"]],
        }
    ),
    "rejectDeliverable": _always(
        lambda p: {
            "deliveryId": p.ids["delivery rejected"], "rejectedOn": TODAY, "contactId": p.ids["signer"],
            "reasons": [{"criterion": None, "text": "It wobbles."}], "text": "By mail.",
        }
    ),
    "withdrawDelivery": _always(
        lambda p: {"deliveryId": p.ids["delivery withdrawn"], "reason": "The wrong one."}
    ),
    "revokeDeliveryLink": _always(
        lambda p: {"deliveryId": p.ids["delivery unlinked"], "contactId": p.ids["signer"]}
    ),
    "acknowledgeAlert": _acknowledge,
    "recordProgress": _always(
        lambda p: {
            "engagementId": p.ids["engagement"], "statusDate": TODAY,
            "entries": [
                {
                    "itemKey": "20", "percentCompleteBps": 10000, "actualStart": TODAY, "actualFinish": TODAY,
                    "note": "In one go.",
                }
            ],
        }
    ),
    "recordCost": _always(
        lambda p: {
            "engagementId": p.ids["engagement"], "itemKey": "21", "amount": money("20.00"), "effortMinutes": 0,
            "spentOn": TODAY, "note": "Paper",
        }
    ),
    "setAlertThresholds": _always(
        lambda p: {
            "engagementId": p.ids["draft"], "nearDays": 5, "contingencyBps": 5000, "budgetBps": 5000,
            "expectedVersion": 0,
        }
    ),
    "requestDeposit": _always(
        lambda p: {
            "engagementId": p.ids["engagement"], "amount": money("50.00"), "dueOn": TODAY,
        }
    ),
    "cancelRetainerRequest": _cancel_request,
    "recordDeposit": _always(
        lambda p: {"requestId": p.ids["request paid"], "amount": money("10.00"), **_RECEIVED}
    ),
    "drawDown": _always(
        lambda p: {
            "retainerId": p.ids["retainer"], "invoiceId": p.ids["invoice owed"], "amount": money("10.00"), "on": TODAY,
        }
    ),
    "openRetainer": _always(
        lambda p: {
            "engagementId": p.ids["engagement"], "kind": "AVAILABILITY", "firstAmount": money("100.00"),
            "terms": {
                "startsOn": TODAY, "period": "MONTH", "periods": 12, "price": money("1000.00"), "rolloverCapMinutes": 0,
                "rolloverPeriods": 0, "settleAfterDays": 5,
            },
            "taxCode": "S", "taxBps": 2500, "isTaxedOnReceipt": True, "dueOn": TODAY,
        }
    ),
    "requestTopUp": _always(
        lambda p: {
            "retainerId": p.ids["retainer evergreen"], "amount": money("50.00"), "dueOn": TODAY,
        }
    ),
    "recordRetainerUse": _always(
        lambda p: {
            "retainerId": p.ids["retainer allowance"], "minutes": 15, "on": TODAY, "note": "A call",
        }
    ),
    "transferRetainer": _always(
        lambda p: {
            "fromRetainerId": p.ids["retainer evergreen"], "toRetainerId": p.ids["retainer"], "amount": money("10.00"),
            "on": TODAY, "contactId": p.ids["signer"], "saidOn": TODAY, "words": "Use it for the other one.",
        }
    ),
    "closeRetainer": _close_retainer,
    "draftInvoice": _always(
        lambda p: {
            "engagementId": p.ids["billing"], "itemKeys": [], "stageIds": [p.ids["stage"]],
            "timeEntryIds": [p.ids["time billed"]], "packageSaleIds": [p.ids["package"]], "changeOrderIds": [p.ids["order dearer"]],
            "retainerPeriods": [{"retainerId": p.ids["retainer by period"], "number": 1}],
            "expenses": [
                {
                    "description": "Train", "net": money("412.00"), "taxCode": "Z", "taxBps": 0,
                    "receiptReference": "DSB 4711",
                }
            ],
            "lineDiscounts": [{"position": 1, "discount": {"reason": "Friends", "rateBps": 100}}],
            "discounts": [{"reason": "Many at once", "amount": money("10.00")}],
            "vouchers": [{"voucherId": p.ids["voucher"], "amount": money("10.00")}],
        }
    ),
    "setBillingPlan": _always(
        lambda p: {
            "engagementId": p.ids["planned"],
            "stages": [
                {"title": "On signing", "amount": money("1000.00")},
                {"title": "Design", "itemKey": "design", "shareBps": 5000},
            ],
        }
    ),
    "recordTime": _always(
        lambda p: {
            "engagementId": p.ids["billing"], "itemKey": "support", "workedOn": TODAY, "minutes": 60,
            "description": "Less", "replacesId": p.ids["time corrected"],
        }
    ),
    "sellPackage": _always(
        lambda p: {
            "engagementId": p.ids["billing"], "title": "Sessions", "quantity": "2.5", "unit": "session",
            "unitPrice": money("800.00"), "taxCode": "S", "taxBps": 2500, "soldOn": TODAY, "contactId": p.ids["signer"],
            "words": "Yes.",
        }
    ),
    "issueVoucher": _always(
        lambda p: {
            "clientId": p.ids["client"], "value": money("50.00"), "reason": "A problem", "expiresOn": "2027-01-31",
            "engagementId": p.ids["billing"],
        }
    ),
    "openInvoiceSeries": _always(lambda p: {"kind": "INVOICE", "name": "Another", "prefix": "C"}),
    "releaseRetention": _always(
        lambda p: {"engagementId": p.ids["retained"], "on": TODAY, "dueOn": TODAY}
    ),
    "issueCreditNote": _always(
        lambda p: {
            "invoiceId": p.ids["invoice credited"], "lines": [{"position": 1, "net": money("100.00")}],
            "reasonKind": "GOODWILL", "reason": "Kindness", "refund": money("1.00"),
            "offsets": [{"invoiceId": p.ids["invoice owed"], "amount": money("1.00")}], "issueDate": TODAY,
            "seriesId": p.ids["series CREDIT_NOTE"],
        }
    ),
    "applyCredit": _always(
        lambda p: {
            "creditNoteId": p.ids["credit note"], "invoiceId": p.ids["invoice owed"], "amount": money("1.00"), "on": TODAY,
        }
    ),
    "writeOffInvoice": _always(
        lambda p: {
            "invoiceId": p.ids["invoice owed"], "amount": money("1.00"), "hasTaxRelief": True, "reason": "Small",
            "on": TODAY,
        }
    ),
    "reverseWriteOff": _always(
        lambda p: {"writeOffId": p.ids["write-off"], "reason": "It came.", "on": TODAY, "expectedVersion": 1}
    ),
    "issueInvoice": _with(lambda p: _invoice(p, "issued"), issueDate=TODAY),
    "discardInvoice": lambda p: _invoice(p, "discarded"),
    "recordPayment": _always(
        lambda p: {"invoiceId": p.ids["invoice owed"], "amount": money("10.00"), "charge": money("1.00"), **_RECEIVED}
    ),
    "recordReceipt": _always(
        lambda p: {
            "clientId": p.ids["client"], "amount": money("10.00"), "charge": money("1.00"), **_RECEIVED,
            "allocations": [{"invoiceId": p.ids["invoice owed"], "amount": money("11.00")}], "isOldestFirst": False,
            "engagementId": p.ids["engagement"],
        }
    ),
    "recordExchangedPayment": _always(
        lambda p: {
            "invoiceId": p.ids["invoice owed"], "amount": money("10.00", "USD"), **exchange(), **_RECEIVED,
        }
    ),
    "allocatePayment": _always(
        lambda p: {
            "paymentId": p.ids["payment moved"], "on": TODAY, "note": "As they meant it.", "isOldestFirst": False,
            "takeOff": [{"invoiceId": p.ids["invoice owed"], "amount": money("2.00")}],
            "putOn": [{"invoiceId": p.ids["invoice owed"], "amount": money("1.00")}],
        }
    ),
    "reversePayment": _always(
        lambda p: {"paymentId": p.ids["payment bounced"], "reversedOn": TODAY, "reason": "No cover."}
    ),
    "addBankAccount": _always(
        lambda p: {"name": "New", "currency": "DKK", "identification": "DK50 0040 0440 1162 43", "mapping": DANISH}
    ),
    "updateBankAccount": _always(
        lambda p: {
            "bankAccountId": p.ids["account changed"], "name": "Other", "mapping": DANISH, "isActive": True, "expectedVersion": 1,
        }
    ),
    "importBankStatement": _always(
        lambda p: {
            "bankAccountId": p.ids["account"], "format": "CSV", "content": {"text": STATEMENT}, "source": "new.csv",
        }
    ),
    "confirmBankMatch": _always(
        lambda p: {
            "bankLineId": p.ids["line Abroad"], "target": {"invoiceIds": [p.ids["invoice owed"]]}, "exchange": exchange(),
        }
    ),
    "undoBankMatch": _always(
        lambda p: {"bankLineId": p.ids["line Undone"], "on": TODAY, "reason": "A rent."}
    ),
    "rejectBankMatch": _always(
        lambda p: {"bankLineId": p.ids["line Rejected"], "suggestionKey": "invoices:x"}
    ),
    "setBankLineAside": _always(
        lambda p: {"bankLineId": p.ids["line Aside"], "reason": "A salary.", "expectedVersion": 1}
    ),
    "requestRefund": _always(
        lambda p: {
            "source": {"retainerId": p.ids["retainer"]}, "amount": money("10.00"), "reason": "Agreed.", "reasonKind": "GOODWILL",
        }
    ),
    "approveRefund": lambda p: _refund(p, "approved"),
    "rejectRefund": lambda p: _refund(p, "rejected"),
    "settleRefund": _with(lambda p: _refund(p, "settled"), settledOn=TODAY, bankReference="R 3", method="BANK"),
    "retryRefund": lambda p: _refund(p, "retried"),
    "setRefundLimit": _always(
        lambda p: {"currency": "DKK", "limit": money("1000000.00"), "expectedVersion": 0}
    ),
    "claimKillFee": _always(
        lambda p: {"engagementId": p.ids["engagement ended"], "costEntryIds": []}
    ),
    "offsetKillFee": _always(
        lambda p: {
            "killFeeId": p.ids["kill fee"], "retainerId": p.ids["retainer claimed"], "amount": money("10.00"), "on": TODAY,
            "note": "By telephone.",
        }
    ),
    "recordKillFeePayment": _always(
        lambda p: {"killFeeId": p.ids["kill fee"], "amount": money("10.00"), "on": TODAY, "bankReference": "R 4"}
    ),
    "waiveKillFee": _always(
        lambda p: {"killFeeId": p.ids["kill fee"], "amount": money("10.00"), "on": TODAY, "reason": "Agreed."}
    ),
    "failRefund": _with(lambda p: _refund(p, "failed"), failedOn=TODAY, reason="It came back."),
    "recordReconciliation": _always(
        lambda p: {
            "asOf": TODAY, "statement": money("1.00"), "statementReference": "2026/3", "items": [a_reconciliation_item()],
            "isDone": False, "note": "On the way",
        }
    ),
    "importOpeningBalances": _always(
        lambda p: {"text": OPENING_FILE, "fileName": "opening.csv", "asOf": TODAY}
    ),
    "recordOpeningPayment": _opening_payment,
    "closePeriod": _always(lambda p: {"through": "2025-12-31"}),
    "reopenPeriod": _always(lambda p: {"through": "2025-01-31", "reason": "A late statement"}),
    "editDunningNotice": _with(lambda p: _notice(p, "late"), opening="We spoke on Monday."),
    "sendDunningNotice": _always(lambda p: {"invoiceId": p.ids["invoice late"]}),
    "waiveDunningNotice": _with(lambda p: _notice(p, "late"), reason="They lost their bookkeeper."),
    "approveDunningNotice": lambda p: _notice(p, "reminded"),
    "stopDunning": _always(
        lambda p: {
            "invoiceId": p.ids["invoice late"], "kind": "DISPUTE", "reason": "They ask why.", "disputed": money("1.00"),
        }
    ),
    "resumeDunning": _always(
        lambda p: {"invoiceId": p.ids["invoice reminded"], "kind": "DISPUTE", "outcome": "Settled."}
    ),
    "chargeLateInterest": _always(lambda p: {"invoiceId": p.ids["invoice late"], "until": "2026-02-28"}),
    "chargeFixedSum": _always(lambda p: {"invoiceId": p.ids["invoice late"]}),
    "recordLateChargePayment": _always(
        lambda p: {"lateChargeId": p.ids["charge owed"], "amount": money("1.00"), **_RECEIVED}
    ),
    "waiveLateCharge": _waive_charge,
    "addReferenceRate": _always(
        lambda p: {
            "reference": "NATIONALBANKEN", "validFrom": "2026-01-01", "rateBps": 175, "source": "Put right.",
        }
    ),
    "setDunningLadder": _set_ladder,
    "serveSuspensionNotice": _always(
        lambda p: {
            "engagementId": p.ids["engagement"], "servedHow": "LETTER", "servedOn": "2026-02-10", "proof": "R 2",
        }
    ),
    "suspendWork": _suspend,
    "liftSuspension": _always(
        lambda p: {"engagementId": p.ids["engagement"], "reason": "They pay on Monday."}
    ),
    "draftExtension": _draft_extension,
}  # fmt: skip
