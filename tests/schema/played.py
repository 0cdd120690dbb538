"""A practice in the middle of its work: the main job is played, and beside it stands one thing for every mutation to work on.

What the attacks on the API lean on: two such practices side by side, one actor for each role, real ids of every type, and a
fingerprint of all that a practice owns, so that "nothing happened" can be asserted of the whole database.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from app import create_app
from demo.load import set_up_practice
from demo.main_job import MORE, PLAN, PRICES, MainJob
from schema.relay import encode_id, read_id
from services.access import authenticate
from services.gateways.clock import FixedClock
from settings import Settings
from tests.factories.api import Api
from tests.schema.documents import MUTATIONS, operation
from tests.schema.played_bank import bank
from tests.schema.played_billing import bill

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TODAY = NOW.date().isoformat()
ROLES = ("owner", "staff", "assistant", "accountant")

TABLES: dict[str, str] = {
    "Acceptance": "acceptance",
    "Alert": "alert",
    "BillingStage": "billing_stage",
    "CreditNote": "credit_note",
    "DiscountVoucher": "discount_voucher",
    "InvoiceSeries": "invoice_series",
    "PackageSale": "package_sale",
    "TimeEntry": "time_entry",
    "WriteOff": "write_off",
    "ApiToken": "api_token",
    "ChangeOrder": "change_order",
    "BankAccount": "bank_account",
    "BankLine": "bank_line",
    "BankStatement": "bank_statement",
    "Client": "client",
    "Contact": "contact",
    "CostEntry": "cost_entry",
    "Delivery": "delivery",
    "Document": "document",
    "Drawdown": "drawdown",
    "DunningNotice": "dunning_notice",
    "Engagement": "engagement",
    "Envelope": "envelope",
    "EnvelopeSigner": "envelope_signer",
    "Invoice": "invoice",
    "KillFee": "kill_fee",
    "LateCharge": "late_charge",
    "Member": "member",
    "OutboxMessage": "outbox_message",
    "Payment": "payment",
    "PolicyRule": "policy_rule",
    "PolicySignOff": "policy_sign_off",
    "PolicyVersion": "policy_version",
    "Practice": "practice",
    "ProgressEntry": "progress_entry",
    "Refund": "refund",
    "Retainer": "retainer",
    "RetainerDeposit": "retainer_deposit",
    "RetainerEarning": "retainer_earning",
    "RetainerTransfer": "retainer_transfer",
    "RetainerRequest": "retainer_request",
    "ScopeVersion": "scope_version",
    "ServicesContract": "services_contract",
    "Suspension": "suspension",
}
"""Where the things live that have a global id."""

UNWATCHED = ("audit_event", "idempotency_key")
"""Tables that a refusal may write to."""


def money(amount: str, currency: str = "DKK") -> dict[str, str]:
    """A MoneyInput."""
    return {"amount": amount, "currency": currency}


TERMS: dict[str, Any] = {
    "name": "A second product", "purpose": "Another one.", "kind": "CONSULTING", "startDate": TODAY,
    "taxBps": 2500, "taxCode": "S", "currency": "DKK", "locale": "en", "law": "DK",
    "venueEn": "the City Court of Aarhus", "venueDa": "Retten i Aarhus", "promisedDate": "2026-12-01",
    "calendar": {"country": "DK", "region": "", "weekend": [5, 6], "daysOff": ["2026-06-05"]},
    "contingencyBps": 500, "retentionBps": 0, "paymentTermsDays": 14, "retainerNumerator": 1, "retainerDenominator": 3,
    "changeClause": {
        "requesters": ["SIGNER"], "responseDays": 5, "offerDays": 14, "minimumFee": money("2500.00"), "reminderDays": 2,
        "approvalTiers": [
            {"fromAmount": money("50000.00"), "signers": 2, "roles": ["SPONSOR"], "isOwnerNeeded": True},
        ],
    },
    "killFeeBps": 2000, "testPeriodDays": 10, "correctionRounds": 2,
    "clauses": {
        "latePayment": {
            "basis": "DANMARKS_NATIONALBANK", "rateBps": 800, "compensation": money("310.00"),
            "reminderFee": money("100.00"), "reminderMaximumCount": 3, "reminderIntervalDays": 10,
        },
        "suspensionOverdueDays": 30, "suspensionNoticeDays": 10, "refundSettlementDays": 14, "confidentialityYears": 3,
        "hasDataProtection": True, "intellectualProperty": "TRANSFER", "mayShowInPortfolio": True,
        "liabilityCapBps": 10000, "terminationNoticeDays": 30, "terminationCureDays": 10, "forceMajeureLeaveAfterDays": 60,
    },
}  # fmt: skip
"""Every term that an engagement can have."""

RULE: dict[str, Any] = {
    "code": "X-9", "category": "CALLS", "titleEn": "Calls", "titleDa": "Samtaler", "textEn": "Calls are booked.",
    "textDa": "Samtaler aftales.", "consequenceEn": "", "consequenceDa": "", "position": 1,
}  # fmt: skip


def details(name: str, **changes: Any) -> dict[str, Any]:
    """A client to take on."""
    return {
        "name": name, "legalName": f"{name} ApS", "registrationNumber": "38271605", "address": "Havnegade 1\n8000 Aarhus C",
        "email": "post@klient.example", "country": "DK", "currency": "DKK", "locale": "da",
        "kind": "KNOWS_WHAT_THEY_WANT", "paymentTermsDays": 14, **changes,
    }  # fmt: skip


def a_reconciliation_item() -> dict[str, Any]:
    """What explains a difference."""
    return {
        "kind": "OWN_MONEY", "amount": money("-5.00"), "happenedOn": TODAY, "explanation": "Fees of February",
    }  # fmt: skip


def person(client_id: str, name: str = "Karen Holm") -> dict[str, Any]:
    """A contact who signs and may ask for changes."""
    return {
        "clientId": client_id, "name": name, "email": "karen@klient.example", "locale": "da",
        "roles": ["SIGNER", "BILLING"], "phone": "+45 12 34 56 78",
    }  # fmt: skip


@dataclass
class Played:
    """One practice. `ids` are global ids by what they are here for, `pool` all of them by type."""

    practice_id: UUID
    apis: dict[str, Api]
    job: MainJob
    connection: asyncpg.Connection
    ids: dict[str, str] = field(default_factory=dict)
    pool: dict[str, list[str]] = field(default_factory=dict)
    _digests: str = ""

    async def do(self, name: str, given: dict[str, Any], *, role: str = "owner") -> Any:
        """The payload of a mutation that must succeed."""
        data = await self.apis[role].ask(operation(MUTATIONS[name]), input=given)
        payload = data[name]
        assert payload["userErrors"] == [], (name, payload["userErrors"])
        return payload

    async def version(self, table: str, row: str, column: str = "id") -> int:
        """The version that a row has by now."""
        _, value = read_id(self.ids[row], "id")
        found = await self.connection.fetchval(
            f"select version from {table} where tenant_id = $1 and {column} = $2",
            self.practice_id, value,
        )  # fmt: skip
        assert isinstance(found, int)
        return found

    async def snapshot(self) -> dict[str, str]:
        """A digest of everything that the practice owns, by table."""
        if not self._digests:
            self._digests = " union all ".join(
                f"select '{table}' as name, md5(string_agg(t::text, '' order by t.id)) as digest"
                f" from {table} t where tenant_id = $1"
                for table in await tenant_tables(self.connection)
                if table not in UNWATCHED
            )
        rows = await self.connection.fetch(self._digests, self.practice_id)
        return {row["name"]: row["digest"] for row in rows}


async def tenant_tables(connection: asyncpg.Connection) -> list[str]:
    """Every table that belongs to tenants."""
    rows = await connection.fetch(
        """
        select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attname = 'tenant_id'
        order by 1
        """
    )
    return [row["relname"] for row in rows]


@asynccontextmanager
async def application(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The whole application over HTTP; its clock stands still."""
    transport = httpx.ASGITransport(
        create_app(settings, None, clock=FixedClock(NOW)), raise_app_exceptions=False
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
        yield http


async def played_practice(http: httpx.AsyncClient, connection: asyncpg.Connection) -> Played:
    """A practice with the main job played, and one thing for every mutation to work on."""
    tokens = await set_up_practice(NOW)
    practice_id = (await authenticate(tokens["owner"], now=NOW)).tenant_id
    job = MainJob(http, tokens)
    played = Played(practice_id, {role: Api(http, tokens[role]) for role in ROLES}, job, connection)
    await job.play(NOW.date())
    played.ids.update({k: v for k, v in job.ids.items() if isinstance(v, str)})
    await _people(played)
    await _signatures(played)
    await _work(played)
    await _progress(played)
    await _money(played)
    await bank(played, TODAY)
    await bill(played, TERMS, TODAY)
    await played.do("closePeriod", {"through": "2025-06-30", "idempotencyKey": "closed before"})
    await _endings(played)
    await _late(played)
    await connection.execute(
        "update outbox_message set status = 'failed' where tenant_id = $1 and id = $2",
        practice_id, read_id(await _one(played, "OutboxMessage", "message"), "id")[1],
    )  # fmt: skip
    for type_name, table in TABLES.items():
        played.pool[type_name] = await _ids(played, type_name, table)
        assert played.pool[type_name], f"no {type_name} was made: the attacks on it would be empty"
    return played


async def _ids(played: Played, type_name: str, table: str) -> list[str]:
    rows = await played.connection.fetch(
        f"select id from {table} where tenant_id = $1 order by 1",
        played.practice_id,
    )
    return [str(encode_id(type_name, row["id"])) for row in rows]


async def _one(played: Played, type_name: str, name: str) -> str:
    played.ids[name] = (await _ids(played, type_name, TABLES[type_name]))[0]
    return played.ids[name]


async def _people(played: Played) -> None:
    ids = played.ids
    leaver = await played.do(
        "addMember", {"name": "Per Vest", "email": "per@practice.example", "role": "staff"}
    )
    ids["leaver"] = leaver["member"]["id"]
    token = await played.do("issueToken", {"memberId": ids["leaver"], "name": "to be revoked"})
    ids["token"] = token["apiTokenId"]
    for name in ("plain", "archived", "unsigned", "voided", "unlinked"):
        made = await played.do("createClient", details(f"Klient {name}"))
        ids[f"client {name}"] = made["client"]["id"]
        made = await played.do("addContact", person(ids[f"client {name}"]))
        ids[f"contact {name}"] = made["contact"]["id"]


async def _signatures(played: Played) -> None:
    ids = played.ids
    for name in ("voided", "unlinked"):
        sent = await played.do(
            "sendPoliciesForSignOff", {"clientId": ids[f"client {name}"], "contactIds": []}
        )
        ids[f"envelope {name}"] = sent["envelope"]["id"]
        ids[f"signer {name}"] = next(
            s["id"] for s in sent["envelope"]["signers"] if s["party"] == "CLIENT"
        )
    ids["policies"] = (await _ids(played, "PolicyVersion", "policy_version"))[0]
    drafted = await played.do(
        "draftPolicies",
        {
            "title": "Næste udgave", "effectiveDate": TODAY, "introductionEn": "", "introductionDa": "",
            "copiesRules": True,
        },
    )  # fmt: skip
    ids["policy draft"] = drafted["policyVersion"]["id"]
    for name, code in (("revised", "X-1"), ("removed", "X-2")):
        made = await played.do(
            "addPolicyRule",
            {"policyVersionId": ids["policy draft"], "rule": {**RULE, "code": code}},
        )
        ids[f"rule {name}"] = made["rule"]["id"]


async def _work(played: Played) -> None:
    ids = played.ids
    drafted = await played.do("createEngagement", {"clientId": ids["client"], "terms": TERMS})
    ids["draft"] = drafted["engagement"]["id"]
    await played.do(
        "importScope",
        {
            "engagementId": ids["draft"], "text": PLAN, "format": "JSON", "source": "plan.json",
            "expectedVersion": await played.version("scope_draft", "draft", "engagement_id"),
        },
    )  # fmt: skip
    await played.do(
        "priceScopeItems",
        {
            "engagementId": ids["draft"],
            "items": [{"key": i["key"], "fee": i["fee"]} for i in PRICES if "fee" in i],
            "expectedVersion": await played.version("scope_draft", "draft", "engagement_id"),
        },
    )
    for name in ("revised", "sent", "withdrawn", "stale", "voided", "reissued"):
        made = await played.do("createChangeOrder", a_change_order(played, f"new-{name}"))
        ids[f"order {name}"] = made["changeOrder"]["id"]
    for name in ("withdrawn", "voided"):
        await played.do("sendChangeOrder", await a_sending(played, f"order {name}"))
    await played.do(
        "withdrawChangeOrder",
        {"changeOrderId": ids["order reissued"], "expectedVersion": 1, "reason": "Not yet."},
    )
    # As if it had been drafted before the main job's own order was signed.
    await played.connection.execute(
        """
        update change_order set base_scope_version_id = (
          select v.id from scope_version v where v.tenant_id = $1 and v.engagement_id = change_order.engagement_id and v.number = 1)
        where tenant_id = $1 and id = $2
        """,
        played.practice_id, read_id(ids["order stale"], "id")[1],
    )  # fmt: skip
    approved = await played.connection.fetchval(
        "select id from change_order where tenant_id = $1 and status = 'approved'",
        played.practice_id,
    )
    ids["order approved"] = str(encode_id("ChangeOrder", approved))


def a_change_order(played: Played, key: str) -> dict[str, Any]:
    """One that adds an item under `key`, and holds one change of every kind that goes with it."""
    added = {**MORE[0]["addItem"], "key": key}
    return {
        "engagementId": played.ids["engagement"],
        "title": "More again",
        "changes": [
            {"addItem": {**added, "rate": money("500.00"), "quantity": "1.5", "cost": money("10.00")}},
            {
                "reviseItem": {
                    "key": "41", "fee": money("13000.00"), "cost": money("1.00"),
                    "constraintKind": "START_NO_EARLIER_THAN", "constraintDate": "2026-12-01",
                }
            },
            {"addDependency": {"predecessorKey": "20", "successorKey": key}},
            {"changeDependency": {"predecessorKey": "21a", "successorKey": "21", "lagDays": 1}},
            {"removeDependency": {"predecessorKey": "20", "successorKey": "21a"}},
            {"removeItem": "40"},
            {"addExpectation": {"kind": "ASSUMPTION", "text": "The dealers wait."}},
            {"removeExpectation": {"kind": "NO_GUARANTEE", "text": "No particular sales are promised."}},
            {
                "accelerate": {
                    "key": "38", "durationDays": 2, "premium": money("1000.00"), "extraCost": money("500.00"),
                }
            },
            {"pause": {"firstDay": "2026-04-13", "lastDay": "2026-04-17", "reason": "They are away."}},
            {
                "changeCalendar": {
                    "country": "DK", "region": "", "weekend": [5, 6], "addDaysOff": ["2026-10-12"], "removeDaysOff": [],
                }
            },
            {
                "addItemCalendar": {
                    "key": f"{key}-crew", "title": "Saturdays too",
                    "calendar": {"country": "DK", "region": "", "weekend": [6], "daysOff": ["2026-10-12"]},
                }
            },
        ],
        "reason": "CLIENT_REQUEST",
        "reasonText": "They asked.",
        "revenueClass": "PROSPECTIVE",
        "requestedBy": played.ids["signer"],
        "requestedOn": TODAY,
        "contingencyDraw": money("0.00"),
    }  # fmt: skip


async def a_sending(played: Played, order: str) -> dict[str, Any]:
    """The input that sends a drafted change order."""
    return {
        "changeOrderId": played.ids[order],
        "expectedVersion": await played.version("change_order", order),
        "contactIds": [played.ids["signer"]],
        "idempotencyKey": f"send {played.ids[order]}",
    }


async def _progress(played: Played) -> None:
    """What was done and spent. All goes well, so an alert to see to is put there by hand; the next report clears it."""
    engagement = {"engagementId": played.ids["engagement"]}
    await played.do(
        "recordProgress",
        {
            **engagement, "statusDate": TODAY, "idempotencyKey": "progress",
            "entries": [{"itemKey": "20", "percentCompleteBps": 1000}],
        },
    )  # fmt: skip
    await played.do(
        "recordCost",
        {**engagement, "itemKey": "20", "amount": money("1000.00"), "spentOn": TODAY, "idempotencyKey": "cost"},
    )  # fmt: skip
    await played.connection.execute(
        """
        insert into alert (tenant_id, id, engagement_id, kind, data, raised_at, updated_at)
        values ($1, gen_random_uuid(), $2, 'forecast_past_promise',
                '{"promised_date": "2026-09-02", "delivery_date": "2026-09-04", "days": 2}', $3, $3)
        """,
        played.practice_id, read_id(played.ids["engagement"], "id")[1], NOW,
    )  # fmt: skip
    await _one(played, "Alert", "alert")


async def _money(played: Played) -> None:
    ids, today = played.ids, {"receivedOn": TODAY, "bankReference": "R 1"}
    engagement = {"engagementId": ids["engagement"]}
    for key in ("10", "11", "13", "18"):
        await played.do(
            "acceptDeliverable", {**engagement, "itemKey": key, "acceptedOn": TODAY, "note": "by telephone"}
        )  # fmt: skip
    for name, key in (("rejected", "23"), ("withdrawn", "24"), ("unlinked", "25")):
        made = await played.do(
            "deliver",
            {**engagement, "itemKeys": [key], "deliveredOn": TODAY, "idempotencyKey": f"deliver {name}"},
        )  # fmt: skip
        ids[f"delivery {name}"] = made["deliveries"][0]["id"]
    for name, key in (("issued", "10"), ("discarded", "11"), ("owed", "13")):
        made = await played.do(
            "draftInvoice", {**engagement, "itemKeys": [key], "idempotencyKey": f"draft {name}"}
        )
        ids[f"invoice {name}"] = made["invoice"]["id"]
    owed = {"invoiceId": ids["invoice owed"]}
    await played.do("issueInvoice", {**owed, "issueDate": TODAY, "expectedVersion": 1, "idempotencyKey": "issue owed"})  # fmt: skip
    paid = await played.do("recordPayment", {**owed, **today, "amount": money("5000.00"), "idempotencyKey": "pay owed"})  # fmt: skip
    ids["payment"] = paid["payment"]["id"]
    for name in ("cancelled", "paid"):
        made = await played.do(
            "requestDeposit",
            {**engagement, "amount": money("1000.00"), "dueOn": TODAY, "idempotencyKey": f"ask {name}"},
        )  # fmt: skip
        ids[f"request {name}"] = made["retainerRequest"]["id"]
    await _retainers_of_every_kind(played, engagement, today)
    for name in ("approved", "rejected", "settled", "failed", "retried"):
        made = await played.do(
            "requestRefund",
            {
                "source": {"retainerId": ids["retainer"]}, "amount": money("100.00"), "reason": "Agreed.",
                "idempotencyKey": f"refund {name}",
            },
        )  # fmt: skip
        ids[f"refund {name}"] = made["refund"]["id"]
    for name in ("settled", "failed", "retried"):
        await played.do(
            "approveRefund",
            {
                "refundId": ids[f"refund {name}"], "expectedVersion": 1,
                "idempotencyKey": f"approve {name}",
            },
        )  # fmt: skip
    await played.do(
        "failRefund",
        {
            "refundId": ids["refund retried"], "failedOn": TODAY, "reason": "The account is closed.", "expectedVersion": 2,
            "idempotencyKey": "fail retried",
        },
    )  # fmt: skip


async def _endings(played: Played) -> None:
    """Two engagements that the client has ended by notice, written by hand: one whose kill fee is claimed, and one to claim."""
    ids, today = played.ids, {"receivedOn": TODAY, "bankReference": "R 2"}
    for ordinal, name in ((901, "ended"), (902, "claimed")):
        engagement_id, contract_id, version_id = uuid4(), uuid4(), uuid4()
        values = (played.practice_id, read_id(ids["engagement"], "id")[1], engagement_id)
        await played.connection.execute(
            """
            insert into engagement select (jsonb_populate_record(e, jsonb_build_object(
              'id', $3::uuid, 'number_ordinal', $4::int, 'status', 'terminated', 'current_scope_version_id', null))).*
            from engagement e where tenant_id = $1 and id = $2
            """,
            *values, ordinal,
        )  # fmt: skip
        await played.connection.execute(
            """
            insert into services_contract select (jsonb_populate_record(c, jsonb_build_object(
              'id', $4::uuid, 'engagement_id', $3::uuid))).*
            from services_contract c where tenant_id = $1 and engagement_id = $2 and status = 'signed'
            """,
            *values, contract_id,
        )  # fmt: skip
        await played.connection.execute(
            """
            insert into scope_version select (jsonb_populate_record(v, jsonb_build_object(
              'id', $4::uuid, 'engagement_id', $3::uuid, 'contract_id', $5::uuid))).*
            from scope_version v where tenant_id = $1 and engagement_id = $2 and number = 1
            """,
            *values, version_id, contract_id,
        )  # fmt: skip
        await played.connection.execute(
            "update engagement set status = 'active', current_scope_version_id = $3 where tenant_id = $1 and id = $2",
            played.practice_id, engagement_id, version_id,
        )  # fmt: skip
        ids[f"engagement {name}"] = str(encode_id("Engagement", engagement_id))
        if name == "claimed":
            made = await played.do(
                "requestDeposit",
                {
                    "engagementId": ids["engagement claimed"], "amount": money("500.00"), "dueOn": TODAY,
                    "idempotencyKey": "ask claimed",
                },
            )  # fmt: skip
            ids["retainer claimed"] = made["retainerRequest"]["retainer"]["id"]
            await played.do(
                "recordDeposit",
                {
                    "requestId": made["retainerRequest"]["id"], **today, "amount": money("500.00"),
                    "idempotencyKey": "fund claimed",
                },
            )  # fmt: skip
        await played.connection.execute(
            """
            insert into termination (tenant_id, id, engagement_id, client_id, kind, party, status, reason, clause, given_on, ends_on,
              member_id, created_at, updated_at)
            select tenant_id, gen_random_uuid(), id, client_id, 'notice', 'client', 'ended', 'Plans changed', '{}', $3, $3,
              (select id from member where tenant_id = $1 and role = 'owner' limit 1), $4, $4
            from engagement where tenant_id = $1 and id = $2
            """,
            played.practice_id, engagement_id, NOW.date(), NOW,
        )  # fmt: skip
        await played.connection.execute(
            "update engagement set status = 'terminated' where tenant_id = $1 and id = $2",
            played.practice_id, engagement_id,
        )  # fmt: skip
    made = await played.do(
        "claimKillFee", {"engagementId": ids["engagement claimed"], "idempotencyKey": "claim"}
    )
    ids["kill fee"] = made["killFee"]["id"]


async def _retainers_of_every_kind(
    played: Played, engagement: dict[str, str], received: dict[str, str]
) -> None:
    terms = {
        "startsOn": TODAY, "period": "MONTH", "periods": 3, "price": money("600.00"), "minutes": 600,
    }  # fmt: skip
    for name, given, amount in (
        ("evergreen", {"kind": "EVERGREEN", "target": money("1000.00"), "floor": money("1.00")}, "1000.00"),
        ("allowance", {"kind": "PERIOD_ALLOWANCE", "terms": terms, "taxBps": 2500}, "2250.00"),
        ("security", {"kind": "SECURITY_DEPOSIT", "target": money("100.00")}, None),
    ):  # fmt: skip
        made = await played.do(
            "openRetainer", {**engagement, **given, "idempotencyKey": f"open {name}"}
        )
        played.ids[f"retainer {name}"] = made["retainer"]["id"]
        if amount is not None:
            request = made["retainer"]["requests"][0]["id"]
            await played.do(
                "recordDeposit",
                {"requestId": request, **received, "amount": money(amount), "idempotencyKey": f"fund {name}"},
            )  # fmt: skip
    moved = {
        "fromRetainerId": played.ids["retainer evergreen"], "toRetainerId": played.ids["retainer"],
        "amount": money("10.00"), "on": TODAY, "contactId": played.ids["signer"], "saidOn": TODAY, "words": "Please.",
        "idempotencyKey": "move",
    }  # fmt: skip
    await played.do("transferRetainer", moved)
    used = {
        "retainerId": played.ids["retainer allowance"], "minutes": 30, "on": TODAY, "note": "A call",
        "idempotencyKey": "use",
    }  # fmt: skip
    await played.do("recordRetainerUse", used)


STEPS: list[dict[str, Any]] = [
    {"tone": "KIND", "afterDays": 3, "countsFrom": "DUE", "payWithinDays": 10},
    {
        "tone": "COLLECTOR", "afterDays": 10, "countsFrom": "STEP_BEFORE", "payWithinDays": 10, "fee": money("100.00"),
        "needsApproval": True, "openingEn": "We are sorry to write again.", "openingDa": "Vi skriver igen.",
    },
]  # fmt: skip
"""A ladder of two steps; the second needs the owner's word."""


async def _late(played: Played) -> None:
    """Two invoices that fell due last year: nobody was reminded of the first, and of the second once."""
    ids = played.ids
    engagement = {"engagementId": ids["engagement"]}
    await played.do(
        "setDunningLadder",
        {"isActive": True, "country": "DK", "daysOff": [], "steps": STEPS, "expectedNumber": 0},
    )
    await played.do(
        "addReferenceRate",
        {"reference": "NATIONALBANKEN", "validFrom": "2026-01-01", "rateBps": 175, "source": "For a test."},
    )  # fmt: skip
    for name, key in (("late", "32"), ("reminded", "33")):
        await played.do(
            "acceptDeliverable", {**engagement, "itemKey": key, "acceptedOn": TODAY, "note": "by telephone"}
        )  # fmt: skip
        made = await played.do(
            "draftInvoice", {**engagement, "itemKeys": [key], "idempotencyKey": f"draft {name}"}
        )
        ids[f"invoice {name}"] = made["invoice"]["id"]
        await played.do(
            "issueInvoice",
            {"invoiceId": ids[f"invoice {name}"], "issueDate": "2025-11-03", "expectedVersion": 1, "idempotencyKey": f"issue {name}"},
        )  # fmt: skip
        # Nearly all is paid, so that refunds are within what the client is entitled to.
        await played.do(
            "recordPayment",
            {
                "invoiceId": ids[f"invoice {name}"], "amount": money("9900.00"), "receivedOn": TODAY, "bankReference": "R 9",
                "idempotencyKey": f"pay {name}",
            },
        )  # fmt: skip
    reminded = {"invoiceId": ids["invoice reminded"]}
    sent = await played.do("sendDunningNotice", reminded)
    ids["notice"] = sent["notice"]["id"]
    await played.do("stopDunning", {**reminded, "kind": "DISPUTE", "reason": "They say it is too much.", "disputed": money("1.00")})  # fmt: skip
    charged = await played.do(
        "chargeLateInterest", {**reminded, "until": "2025-12-31", "idempotencyKey": "interest"}
    )
    ids["charge owed"] = charged["lateCharge"]["id"]
    charged = await played.do("chargeFixedSum", {**reminded, "idempotencyKey": "fixed sum"})
    ids["charge waived"] = charged["lateCharge"]["id"]
    served = await played.do(
        "serveSuspensionNotice",
        {**engagement, "servedHow": "LETTER", "servedOn": "2026-01-20", "proof": "R 1"},
    )
    ids["suspension"] = served["suspension"]["id"]
    await played.do("liftSuspension", {**engagement, "reason": "They called."})
