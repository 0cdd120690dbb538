"""Previews and comparisons over HTTP: a story with literal money and dates.

The engagement: design 5 days (DKK 40 000), build 10 days (DKK 60 000), hand-over; from Monday 2 March 2026 on Danish days, done on
20 March. Five per cent of reserve, a kill fee of 20 per cent, a third as deposit, promised for 24 March.
"""

from typing import Any

import httpx
import pytest

from schema.relay import decode_id, encode_id
from services import acceptances
from tests.factories.api import Api, api_of
from tests.factories.engagements import LATER, TODAY, Case, a_signed_engagement, sign_subject

FIELDS = """
  kinds baseNumber
  lines { action kinds key feeChange { amount } costChange { amount } marginChange { amount } changedFields }
  arrangements {
    arranged kind linkBefore { lagDays } linkAfter { predecessorKey successorKey lagDays }
    pause { firstDay lastDay workingDays reason } calendarKey calendarBefore { weekend } calendarAfter { weekend }
    expectation { kind text }
  }
  originalSum { amount } sumBefore { amount } change { amount } newSum { amount }
  taxes { taxCode taxBps taxable { amount } tax { amount } } taxChange { amount } totalChange { amount }
  totalAfter { amount } costChange { amount } marginChange { amount }
  changeDays deliveryBefore deliveryAfter promisedDate missesPromiseBefore missesPromiseAfter
  criticalPathBefore criticalPathAfter criticalPathEntered criticalPathLeft floatConsumedDays
  milestones { key before after shiftDays }
  shifts { key kind startBefore startAfter finishBefore finishAfter shiftDays floatBeforeDays floatAfterDays }
  calendarBefore { country weekend daysOff } calendarAfter { daysOff }
  retainer { requiredBefore { amount } requiredAfter { amount } topUp { amount } }
  contingency { before { amount } drawn { amount } after { amount } }
  retention { before { amount } after { amount } }
  killFee { rateBps before { amount { amount } unearned { amount } cap { amount } } after { amount { amount } } change { amount } }
  fingerprint
"""
PREVIEW = f"""
query ($id: ID!, $changes: [ChangeInput!]!, $reason: ChangeReason! = CLIENT_REQUEST, $draw: MoneyInput) {{
  previewChangeOrder(engagementId: $id, changes: $changes, reason: $reason, contingencyDraw: $draw) {{ {FIELDS} }}
}}
"""
COMPARE = f"""
query ($id: ID!, $candidates: [CandidateInput!]!) {{
  compareChanges(engagementId: $id, candidates: $candidates) {{
    cheapest earliest bestMargin
    candidates {{
      label isCheapest isEarliest isBestMargin error {{ code field message }}
      preview {{ {FIELDS} }}
      difference {{ fee {{ amount }} cost {{ amount }} margin {{ amount }} tax {{ amount }} total {{ amount }} days
                    topUp {{ amount }} killFee {{ amount }} contingency {{ amount }} }}
    }}
    combined {{
      preview {{ deliveryAfter newSum {{ amount }} }} difference {{ fee {{ amount }} days }} error {{ code }}
      conflicts {{ label withLabels change kind itemKey fieldName message }}
    }}
  }}
}}
"""
CREATE = """
mutation ($id: ID!, $changes: [ChangeInput!]!, $draw: MoneyInput, $title: String!) {
  createChangeOrder(input: {engagementId: $id, title: $title, changes: $changes, contingencyDraw: $draw}) {
    changeOrder { id version contingencyDraw { amount } } userErrors { code field }
  }
}
"""
DRAFTED = f"query ($id: ID!) {{ previewDraftedChangeOrder(changeOrderId: $id) {{ {FIELDS} }} }}"
SEND = f"""
mutation ($id: ID!, $fingerprint: String!) {{
  sendChangeOrder(input: {{changeOrderId: $id, expectedVersion: 1, fingerprint: $fingerprint, idempotencyKey: "send it"}}) {{
    changeOrder {{ status number figures {{ {FIELDS} }} }} userErrors {{ code field }}
  }}
}}
"""


def dkk(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "DKK"}


PAUSE = {"pause": {"firstDay": "2026-03-09", "lastDay": "2026-03-13", "reason": "Winter holiday"}}
DEARER = {"reviseItem": {"key": "build", "fee": dkk("64000.00"), "cost": dkk("31000.00")}}
FASTER = {"accelerate": {"key": "build", "durationDays": 7, "premium": dkk("9000.00"), "extraCost": dkk("2000.00")}}  # fmt: skip


async def a_case() -> Case:
    return await a_signed_engagement(
        contingency_bps=500, kill_fee_bps=2000, retention_bps=1000, promised_date=TODAY.replace(day=24)
    )  # fmt: skip


async def asked(http: httpx.AsyncClient, case: Case) -> tuple[Api, str]:
    api = await api_of(http, case.actor, case.actor)
    return api, encode_id("Engagement", case.engagement_id)


async def test_a_change_is_previewed_drafted_sent_signed_and_paid_out_of_the_reserve(
    http: httpx.AsyncClient,
) -> None:
    case = await a_case()
    api, node_id = await asked(http, case)
    await acceptances.accept_item(
        case.actor, case.engagement_id, "design", accepted_on=TODAY, contact_id=case.client.signer_id,
        now=LATER, today=TODAY,
    )  # fmt: skip
    changes = [PAUSE, DEARER]
    seen = (await api.ask(PREVIEW, id=node_id, changes=changes, draw=dkk("3000.00")))[
        "previewChangeOrder"
    ]
    assert sorted(seen["kinds"]) == ["PAUSE", "RE_ESTIMATE", "RE_PRICE"]
    assert seen["lines"] == [
        {
            "action": "CHANGED",
            "kinds": ["RE_ESTIMATE", "RE_PRICE"],
            "key": "build",
            "feeChange": {"amount": "4000.00"},
            "costChange": {"amount": "1000.00"},
            "marginChange": {"amount": "3000.00"},
            "changedFields": ["fee_minor", "cost_minor"],
        }
    ]
    (pause,) = seen["arrangements"]
    assert (pause["arranged"], pause["kind"]) == ("PAUSE", "PAUSE")
    assert pause["pause"] == {
        "firstDay": "2026-03-09", "lastDay": "2026-03-13", "workingDays": 5, "reason": "Winter holiday",
    }  # fmt: skip
    for name, amount in {
        "originalSum": "100000.00",
        "sumBefore": "100000.00",
        "change": "4000.00",
        "newSum": "104000.00",
        "taxChange": "1000.00",
        "totalChange": "5000.00",
        "totalAfter": "130000.00",
        "costChange": "1000.00",
        "marginChange": "3000.00",
    }.items():
        assert seen[name] == {"amount": amount}, name
    assert seen["taxes"] == [
        {
            "taxCode": "S",
            "taxBps": 2500,
            "taxable": {"amount": "4000.00"},
            "tax": {"amount": "1000.00"},
        }
    ]
    assert (seen["changeDays"], seen["deliveryBefore"], seen["deliveryAfter"]) == (
        5,
        "2026-03-20",
        "2026-03-27",
    )
    assert (seen["promisedDate"], seen["missesPromiseBefore"], seen["missesPromiseAfter"]) == (
        "2026-03-24",
        False,
        True,
    )
    assert (
        seen["criticalPathBefore"] == seen["criticalPathAfter"] == ["design", "build", "handover"]
    )
    assert (seen["criticalPathEntered"], seen["floatConsumedDays"]) == ([], 0)
    assert [
        (each["key"], each["startBefore"], each["startAfter"], each["finishAfter"], each["shiftDays"])
        for each in seen["shifts"]
    ] == [
        ("site", "2026-03-02", "2026-03-02", "2026-03-27", 5),
        ("build", "2026-03-09", "2026-03-16", "2026-03-27", 5),
        ("handover", "2026-03-20", "2026-03-27", "2026-03-27", 5),
    ]  # fmt: skip
    assert seen["milestones"] == [
        {"key": "handover", "before": "2026-03-20", "after": "2026-03-27", "shiftDays": 5}
    ]
    assert seen["calendarBefore"] == {"country": "DK", "weekend": [5, 6], "daysOff": []}
    assert seen["calendarAfter"]["daysOff"] == [f"2026-03-{day:02}" for day in range(9, 14)]
    assert seen["contingency"] == {
        "before": {"amount": "5000.00"},
        "drawn": {"amount": "3000.00"},
        "after": {"amount": "2000.00"},
    }
    assert seen["retention"] == {"before": {"amount": "10000.00"}, "after": {"amount": "10400.00"}}
    # Design is accepted: 60 000 are unearned of 100 000, and 64 000 of 104 000. Nothing is paid.
    assert seen["killFee"] == {
        "rateBps": 2000,
        "before": {
            "amount": {"amount": "12000.00"},
            "unearned": {"amount": "60000.00"},
            "cap": {"amount": "100000.00"},
        },
        "after": {"amount": {"amount": "12800.00"}},
        "change": {"amount": "800.00"},
    }
    # A third of 125 000.00 and of 130 000.00.
    assert seen["retainer"] == {
        "requiredBefore": {"amount": "41666.67"},
        "requiredAfter": {"amount": "43333.33"},
        "topUp": {"amount": "43333.33"},
    }

    made = (
        await api.ask(
            CREATE, id=node_id, changes=changes, draw=dkk("3000.00"), title="A dearer build"
        )
    )["createChangeOrder"]
    assert made["changeOrder"]["contingencyDraw"] == {"amount": "3000.00"}
    order_id = made["changeOrder"]["id"]
    drafted = (await api.ask(DRAFTED, id=order_id))["previewDraftedChangeOrder"]
    assert drafted == seen
    sent = (await api.ask(SEND, id=order_id, fingerprint=seen["fingerprint"]))["sendChangeOrder"]
    assert (sent["userErrors"], sent["changeOrder"]["status"]) == ([], "SENT")
    assert sent["changeOrder"]["figures"] == seen
    await sign_subject(case.actor, "change_order", decode_id("ChangeOrder", order_id, "id"))
    left = """query ($id: ID!) { engagement(id: $id) { currentScopeVersion {
        number timeline { deliveryDate } budget { fee { amount } contingency { amount } } } } }"""
    current = (await api.ask(left, id=node_id))["engagement"]["currentScopeVersion"]
    assert current == {
        "number": 2,
        "timeline": {"deliveryDate": "2026-03-27"},
        "budget": {"fee": {"amount": "104000.00"}, "contingency": {"amount": "2000.00"}},
    }
    # The client has agreed to 27 March: that is the promise now.
    again = (await api.ask(PREVIEW, id=node_id, changes=[FASTER]))["previewChangeOrder"]
    assert (again["promisedDate"], again["missesPromiseAfter"]) == ("2026-03-27", False)
    assert (again["deliveryAfter"], again["changeDays"]) == ("2026-03-24", -3)
    assert again["contingency"]["before"] == {"amount": "2000.00"}


@pytest.mark.parametrize(
    ("draw", "code"),
    [("4000.01", "DRAW_EXCEEDS_CHANGE"), ("5000.01", "CONTINGENCY_EXCEEDED")],
)
async def test_a_draw_that_cannot_be_is_refused_by_name(
    http: httpx.AsyncClient, draw: str, code: str
) -> None:
    api, node_id = await asked(http, await a_case())
    refused = await api.refusal(CREATE, id=node_id, changes=[DEARER], draw=dkk(draw), title="More")
    assert refused == (code, ["contingencyDraw"])
    body = (await api.raw(PREVIEW, id=node_id, changes=[DEARER], draw=dkk(draw))).json()
    assert [each["extensions"]["code"] for each in body["errors"]] == [code]


async def test_candidates_stand_side_by_side_with_their_differences(
    http: httpx.AsyncClient,
) -> None:
    case = await a_case()
    api, node_id = await asked(http, case)
    made = await api.ask(CREATE, id=node_id, changes=[PAUSE], draw=None, title="A pause")
    order_id = made["createChangeOrder"]["changeOrder"]["id"]
    found = (
        await api.ask(
            COMPARE,
            id=node_id,
            candidates=[
                {"changeOrderId": order_id},
                {"label": "Faster", "changes": [FASTER], "contingencyDraw": dkk("5000.00")},
                {"label": "Dearer", "changes": [DEARER]},
                {"label": "Lost", "changes": [DEARER, {"removeItem": "nowhere"}]},
                {"label": "Greedy", "changes": [DEARER], "contingencyDraw": dkk("5000.00")},
            ],
        )
    )["compareChanges"]
    assert [
        (each["label"], each["isCheapest"], each["isEarliest"], each["isBestMargin"])
        for each in found["candidates"]
    ] == [
        ("A pause", True, False, False),
        ("Faster", False, True, True),
        ("Dearer", False, False, False),
        ("Lost", False, False, False),
        ("Greedy", False, False, False),
    ]
    assert (found["cheapest"], found["earliest"], found["bestMargin"]) == (
        ["A pause"],
        ["Faster"],
        ["Faster"],
    )
    assert [each["error"] and (each["error"]["code"], each["error"]["field"]) for each in found["candidates"]] == [
        None,
        None,
        None,
        ("ITEM_NOT_FOUND", ["candidates", "3", "changes", "1", "removeItem"]),
        ("DRAW_EXCEEDS_CHANGE", ["candidates", "4", "contingencyDraw"]),
    ]  # fmt: skip
    assert found["candidates"][3]["preview"] is found["candidates"][3]["difference"] is None
    faster: dict[str, Any] = found["candidates"][1]["difference"]
    assert {name: value["amount"] if isinstance(value, dict) else value for name, value in faster.items()} == {
        "fee": "9000.00", "cost": "2000.00", "margin": "7000.00", "tax": "2250.00", "total": "11250.00", "days": -3,
        "topUp": "45416.67", "killFee": "1800.00", "contingency": "-5000.00",
    }  # fmt: skip
    # The build cannot be both dearer by 4 000 and at a premium of 9 000: its fee is set twice.
    conflicts = found["combined"]["conflicts"]
    assert found["combined"]["preview"] is None
    assert {(each["label"], tuple(each["withLabels"]), each["itemKey"]) for each in conflicts} == {
        ("Dearer", ("Faster",), "build")
    }
    assert "FIELD_CHANGED_TWICE" in {each["kind"] for each in conflicts}

    together = (
        await api.ask(
            COMPARE,
            id=node_id,
            candidates=[{"changeOrderId": order_id}, {"label": "Faster", "changes": [FASTER]}],
        )
    )["compareChanges"]["combined"]
    assert together == {
        "preview": {"deliveryAfter": "2026-03-24", "newSum": {"amount": "109000.00"}},
        "difference": {"fee": {"amount": "9000.00"}, "days": 2},
        "error": None,
        "conflicts": [],
    }


async def test_a_comparison_is_bounded_and_counted(http: httpx.AsyncClient) -> None:
    api, node_id = await asked(http, await a_case())
    many = [{"label": f"c{n}", "changes": [PAUSE]} for n in range(9)]
    body = (await api.raw(COMPARE, id=node_id, candidates=many)).json()
    assert [each["extensions"]["code"] for each in body["errors"]] == ["TOO_MANY_CANDIDATES"]
    one = (await api.raw(COMPARE, id=node_id, candidates=many[:1])).json()
    assert one["extensions"]["cost"]["requested"] > 500
    assert (await api.raw(COMPARE, id=node_id, candidates=[])).json()["errors"][0]["extensions"][
        "code"
    ] == "CANDIDATES_MISSING"


async def test_amounts_of_a_candidate_are_in_the_engagements_currency(
    http: httpx.AsyncClient,
) -> None:
    api, node_id = await asked(http, await a_case())
    euro = {"reviseItem": {"key": "build", "fee": {"amount": "1.00", "currency": "EUR"}}}
    candidates = [{"label": "a", "changes": [PAUSE]}, {"label": "b", "changes": [euro]}]
    (error,) = (await api.raw(COMPARE, id=node_id, candidates=candidates)).json()["errors"]
    assert (error["extensions"]["code"], error["extensions"]["field"]) == (
        "CURRENCY_MISMATCH",
        ["candidates", "1", "changes", "0", "reviseItem", "fee"],
    )
