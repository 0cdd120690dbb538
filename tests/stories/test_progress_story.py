"""A month of one engagement over HTTP, with literal dates and money: reported, forecast, budgeted, warned of, and planned anew.

Three tasks from Monday 2 March 2026 on Danish working days: design 5 days (fee 40 000, cost 10 000), build 10 days (60 000 and
30 000), training 2 days (20 000 and 5 000). Planned delivery is Tuesday 24 March; Friday 27 March is promised.
"""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest

from db.unit_of_work import read_only
from schema.relay import decode_id, encode_id
from services import scopes, services_contracts
from services.gateways.clock import FixedClock
from tests.factories.api import Api, api_of
from tests.factories.engagements import Case, an_engagement, sign_subject
from tests.factories.money import MARCH, noon
from tests.factories.practices import NOW

PLAN = {
    "name": "Website",
    "items": [
        {"id": "design", "name": "Design", "duration_days": 5, "fee": "40000.00", "cost": "10000.00"},
        {"id": "build", "name": "Build", "duration_days": 10, "fee": "60000.00", "cost": "30000.00"},
        {"id": "train", "name": "Training", "duration_days": 2, "fee": "20000.00", "cost": "5000.00"},
    ],
    "dependencies": [{"from": "design", "to": "build"}, {"from": "build", "to": "train"}],
}  # fmt: skip

REPORT = """
mutation ($id: ID!, $on: Date!, $entries: [ProgressEntryInput!]!, $key: String!) {
  recordProgress(input: {engagementId: $id, statusDate: $on, entries: $entries, idempotencyKey: $key}) {
    progressEntries { id itemKey percentCompleteBps actualStart actualFinish statusDate note }
    forecast { statusDate deliveryDate plannedDeliveryDate baselineDeliveryDate shiftDays baselineShiftDays promisedDate
               daysPastPromise isDelivered criticalPath
               items { key percentCompleteBps startDate finishDate plannedFinishDate finishShiftDays isComplete } }
    userErrors { code field }
  }
}
"""
COST = """
mutation ($id: ID!, $item: String, $amount: Decimal!, $on: Date!, $key: String!) {
  recordCost(input: {engagementId: $id, itemKey: $item, amount: {amount: $amount, currency: "DKK"}, spentOn: $on,
                     idempotencyKey: $key}) {
    costEntry { id itemKey amount { amount currency } spentOn }
    userErrors { code field }
  }
}
"""
LOOK = """
query ($id: ID!, $asOf: Date) {
  engagement(id: $id) {
    budget(asOf: $asOf) {
      scopeVersionNumber feeVariance { amount } costVariance { amount } deliveryVarianceDays
      total { fee { amount } cost { amount } margin { amount } earned { amount } unbilled { amount } spent { amount }
        percentCompleteBps
        earnedValue {
          budgetAtCompletion { amount } plannedValue { amount } earnedValue { amount } actualCost { amount }
          scheduleVariance { amount } costVariance { amount } schedulePerformanceIndex costPerformanceIndex
          estimateAtCompletion { amount } estimateToComplete { amount } varianceAtCompletion { amount }
          toCompletePerformanceIndex } }
      items { key figures { earned { amount } spent { amount } earnedValue { costPerformanceIndex } } }
    }
    alerts { id kind status itemKey promisedDate deliveryDate days whole { amount } used { amount } estimate { amount } version }
  }
}
"""
HISTORY = """
query ($id: ID!) {
  alerts(engagementId: $id) { nodes { kind status raisedAt clearedAt acknowledgement acknowledgedBy { name } } totalCount }
}
"""


async def a_signed_plan() -> Case:
    case = await an_engagement(promised_date=MARCH[27])
    await scopes.import_scope(
        case.actor, case.engagement_id, text=json.dumps(PLAN), file_format="json", expected_version=1, now=NOW
    )  # fmt: skip
    contract_id = await services_contracts.send_contract(
        case.actor, case.engagement_id, expected_version=2, idempotency_key=case.key(), now=NOW, today=NOW.date()
    )  # fmt: skip
    await sign_subject(case.actor, "services_contract", contract_id)
    return case


def flat(value: Any) -> Any:
    """Money as its amount alone."""
    if isinstance(value, dict):
        return value["amount"] if set(value) == {"amount"} else {k: flat(v) for k, v in value.items()}  # fmt: skip
    return [flat(each) for each in value] if isinstance(value, list) else value


class Story:
    """The engagement as its front end sees it, day by day."""

    def __init__(self, case: Case, api: Api, clock: FixedClock) -> None:
        self.case, self.api, self.clock = case, api, clock
        self.id = encode_id("Engagement", case.engagement_id)

    async def report(self, day: int, **percents: int) -> dict[str, Any]:
        self.clock.set(noon(MARCH[day]))
        entries = [{"itemKey": k, "percentCompleteBps": v * 100} for k, v in percents.items()]
        data = await self.api.ask(
            REPORT, id=self.id, on=MARCH[day].isoformat(), entries=entries, key=self.case.key()
        )
        payload: dict[str, Any] = data["recordProgress"]
        assert payload["userErrors"] == []
        return payload

    async def spend(self, day: int, amount: str, item: str | None) -> None:
        self.clock.set(noon(MARCH[day]))
        data = await self.api.ask(
            COST, id=self.id, item=item, amount=amount, on=MARCH[day].isoformat(), key=self.case.key()
        )  # fmt: skip
        assert data["recordCost"]["userErrors"] == []

    async def look(self, day: int | None = None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The budget and what is open."""
        on = MARCH[day].isoformat() if day else None
        found = flat((await self.api.ask(LOOK, id=self.id, asOf=on))["engagement"])
        return found["budget"], found["alerts"]

    async def history(self) -> list[tuple[str, str]]:
        found = (await self.api.ask(HISTORY, id=self.id))["alerts"]
        assert found["totalCount"] == len(found["nodes"])
        return [(node["kind"], node["status"]) for node in reversed(found["nodes"])]


@pytest.fixture
async def story(http: httpx.AsyncClient, clock: FixedClock) -> Story:
    case = await a_signed_plan()
    return Story(case, await api_of(http, case.people.owner, case.people.owner), clock)


async def test_a_month_of_work_is_forecast_warned_of_and_planned_anew(story: Story) -> None:
    # Friday 6 March: a fifth of design is left. Everything behind it moves by a day.
    told = await story.report(6, design=80)
    assert told["progressEntries"][0] | {"id": ""} == {
        "id": "", "itemKey": "design", "percentCompleteBps": 8_000, "actualStart": "2026-03-02", "actualFinish": None,
        "statusDate": "2026-03-06", "note": "",
    }  # fmt: skip
    forecast = told["forecast"]
    assert {k: forecast[k] for k in ("deliveryDate", "plannedDeliveryDate", "shiftDays", "promisedDate", "daysPastPromise")} == {
        "deliveryDate": "2026-03-25", "plannedDeliveryDate": "2026-03-24", "shiftDays": 1, "promisedDate": "2026-03-27",
        "daysPastPromise": -2,
    }  # fmt: skip
    assert [(i["key"], i["startDate"], i["finishDate"], i["finishShiftDays"]) for i in forecast["items"]] == [
        ("design", "2026-03-02", "2026-03-09", 1),
        ("build", "2026-03-10", "2026-03-23", 1),
        ("train", "2026-03-24", "2026-03-25", 1),
    ]  # fmt: skip
    assert forecast["criticalPath"] == ["design", "build", "train"]
    await story.spend(6, "9000.00", "design")
    budget, alerts = await story.look()
    # Planned 10 000, earned 8 000, spent 9 000: 45 000 will be 50 625.
    assert budget["total"]["earnedValue"] == {
        "budgetAtCompletion": "45000.00", "plannedValue": "10000.00", "earnedValue": "8000.00", "actualCost": "9000.00",
        "scheduleVariance": "-2000.00", "costVariance": "-1000.00", "schedulePerformanceIndex": "0.8000",
        "costPerformanceIndex": "0.8889", "estimateAtCompletion": "50625.00", "estimateToComplete": "41625.00",
        "varianceAtCompletion": "-5625.00", "toCompletePerformanceIndex": "1.0278",
    }  # fmt: skip
    assert (budget["total"]["earned"], budget["total"]["unbilled"]) == ("32000.00", "32000.00")
    assert [(a["kind"], a["deliveryDate"], a["days"], a["estimate"]) for a in alerts] == [
        ("FORECAST_NEAR_PROMISE", "2026-03-25", 2, None),
        ("BUDGET_FORECAST_EXCEEDED", None, None, "50625.00"),
    ]  # fmt: skip

    # Friday 13 March, two weeks before the promised date: build is at 10 % where 50 % was planned.
    # On Monday 9 March design was done for 9 000 of 10 000: cost was no matter any more, until build began.
    await story.report(9, design=100)
    told = await story.report(13, build=10)
    assert (told["forecast"]["deliveryDate"], told["forecast"]["daysPastPromise"]) == ("2026-03-30", 3)  # fmt: skip
    await story.spend(13, "7000.00", "build")
    budget, alerts = await story.look()
    assert budget["total"]["earnedValue"] == {
        "budgetAtCompletion": "45000.00", "plannedValue": "25000.00", "earnedValue": "13000.00", "actualCost": "16000.00",
        "scheduleVariance": "-12000.00", "costVariance": "-3000.00", "schedulePerformanceIndex": "0.5200",
        "costPerformanceIndex": "0.8125", "estimateAtCompletion": "55384.62", "estimateToComplete": "39384.62",
        "varianceAtCompletion": "-10384.62", "toCompletePerformanceIndex": "1.1034",
    }  # fmt: skip
    assert [(a["kind"], a["promisedDate"], a["deliveryDate"], a["days"]) for a in alerts] == [
        ("FORECAST_PAST_PROMISE", "2026-03-27", "2026-03-30", 1),
        ("BUDGET_FORECAST_EXCEEDED", None, None, None),
    ]  # fmt: skip
    past = alerts[0]
    acknowledged = await story.api.ask(
        """mutation ($id: ID!) { acknowledgeAlert(input: {alertId: $id, note: "Karen is told today.", expectedVersion: 1}) {
             alert { status acknowledgement acknowledgedBy { name } version } userErrors { code } } }""",
        id=past["id"],
    )
    assert acknowledged["acknowledgeAlert"] == {
        "alert": {
            "status": "ACKNOWLEDGED", "acknowledgement": "Karen is told today.", "acknowledgedBy": {"name": "Freja Lund"},
            "version": 2,
        },
        "userErrors": [],
    }  # fmt: skip

    # Monday 16 March: the client agrees to do without the training, and signs.
    story.clock.set(noon(MARCH[16]))
    await drop_training(story)
    budget, alerts = await story.look()
    assert (budget["scopeVersionNumber"], budget["feeVariance"], budget["costVariance"], budget["deliveryVarianceDays"]) == (
        2, "-20000.00", "-5000.00", -2,
    )  # fmt: skip
    # Without the training delivery is Thursday 26 March: no longer past the promise, a day before it.
    assert [(a["kind"], a["status"], a["deliveryDate"], a["days"], a["estimate"]) for a in alerts] == [
        ("BUDGET_FORECAST_EXCEEDED", "OPEN", None, None, "49230.77"),
        ("FORECAST_NEAR_PROMISE", "OPEN", "2026-03-26", 1, None),
    ]  # fmt: skip

    # Friday 20 March: the team has caught up. Nothing is left to warn of.
    told = await story.report(20, build=90)
    assert (told["forecast"]["deliveryDate"], told["forecast"]["shiftDays"]) == ("2026-03-23", 1)
    await story.spend(20, "10000.00", "build")
    budget, alerts = await story.look()
    assert (budget["total"]["earnedValue"]["actualCost"], budget["total"]["earnedValue"]["estimateAtCompletion"]) == (
        "26000.00", "28108.11",
    )  # fmt: skip
    assert budget["total"]["earned"] == "94000.00"
    assert alerts == []
    assert await story.history() == [
        ("FORECAST_NEAR_PROMISE", "CLEARED"), ("BUDGET_FORECAST_EXCEEDED", "CLEARED"),
        ("FORECAST_PAST_PROMISE", "CLEARED"), ("BUDGET_FORECAST_EXCEEDED", "CLEARED"),
        ("FORECAST_NEAR_PROMISE", "CLEARED"),
    ]  # fmt: skip
    # What stood on 6 March can be told again, on the plan as it is now.
    budget, _ = await story.look(6)
    assert (budget["total"]["spent"], budget["total"]["percentCompleteBps"]) == ("9000.00", 2_667)
    assert await mails_sent(story.case) == 10


async def drop_training(story: Story) -> None:
    """A change order without the training, sent and signed."""
    data = await story.api.ask(
        """mutation ($id: ID!, $by: ID!) {
             createChangeOrder(input: {engagementId: $id, title: "No training", reason: DESCOPING, requestedBy: $by,
                                       changes: [{removeItem: "train"}]}) { changeOrder { id } userErrors { code message } } }""",
        id=story.id,
        by=encode_id("Contact", story.case.client.signer_id),
    )
    assert data["createChangeOrder"]["userErrors"] == []
    order_id = data["createChangeOrder"]["changeOrder"]["id"]
    data = await story.api.ask(
        """mutation ($id: ID!, $key: String!) {
             sendChangeOrder(input: {changeOrderId: $id, expectedVersion: 1, idempotencyKey: $key}) {
               changeOrder { status } userErrors { code message } } }""",
        id=order_id,
        key=story.case.key(),
    )
    assert data["sendChangeOrder"]["userErrors"] == []
    key: UUID = decode_id("ChangeOrder", order_id, "id")
    await sign_subject(story.case.actor, "change_order", key, now=noon(MARCH[16]))


async def mails_sent(case: Case) -> int:
    """Alert mails of the practice: two people are told of each time something was raised."""
    async with read_only(case.actor.scope()) as uow:
        count: int = await uow.fetchval(
            "select count(*) from outbox_message where tenant_id = $1 and kind = 'alert_raised'",
            case.people.practice_id,
        )
    return count


async def test_a_refused_report_changes_nothing_and_names_its_line(story: Story) -> None:
    story.clock.set(noon(MARCH[6]))
    entries = [
        {"itemKey": "design", "percentCompleteBps": 10_000},
        {"itemKey": "build", "percentCompleteBps": 10_000, "actualStart": "2026-03-06", "actualFinish": "2026-03-05"},
    ]  # fmt: skip
    code = await story.api.refusal(
        REPORT, id=story.id, on="2026-03-06", entries=entries, key="refused"
    )
    assert code == ("DATE_ORDER", ["entries", "1", "actualFinish"])
    found = await story.api.ask(
        "query ($id: ID!) { progressEntries(engagementId: $id) { totalCount } engagement(id: $id) { progress { key } } }",
        id=story.id,
    )
    assert found == {"progressEntries": {"totalCount": 0}, "engagement": {"progress": []}}
