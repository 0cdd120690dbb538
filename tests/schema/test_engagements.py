"""Engagements over HTTP: from an imported plan to a signed change order."""

import json
from pathlib import Path
from uuid import UUID

import httpx

from schema.relay import decode_id, encode_id
from tests.factories.api import Api, api_of
from tests.factories.clients import a_client
from tests.factories.engagements import (
    SMALL_PLAN,
    a_scoped_engagement,
    a_signed_engagement,
    an_engagement,
    sign_subject,
)
from tests.factories.practices import a_practice

REAL_PLAN = (Path(__file__).parent.parent / "data" / "plan_new_product.json").read_text()

ERRORS = "userErrors { code field message currentVersion }"
CREATE = f"""
mutation ($client: ID!) {{
  createEngagement(input: {{clientId: $client, terms: {{
    name: "New product", kind: CONSULTING, startDate: "2026-03-02", taxBps: 2500, locale: "en", contingencyBps: 500,
    calendar: {{country: "DK", daysOff: ["2026-12-24"]}},
    changeClause: {{minimumFee: {{amount: "500", currency: "DKK"}}}},
    clauses: {{latePayment: {{basis: DANMARKS_NATIONALBANK, rateBps: 800,
                             compensation: {{amount: "310", currency: "DKK"}}}},
              intellectualProperty: TRANSFER, confidentialityYears: 3}} }} }}) {{
    engagement {{ id number status currency law calendar {{ country weekend daysOff }}
                  client {{ name }} changeClause {{ minimumFee {{ amount }} requesters }} scopeDraft {{ version }} }}
    {ERRORS}
  }}
}}
"""
IMPORT = f"""
mutation ($id: ID!, $version: Int!, $text: String!, $format: PlanFormat!) {{
  importScope(input: {{engagementId: $id, expectedVersion: $version, text: $text, format: $format}}) {{
    engagement {{ startDate scopeDraft {{
      version timeline {{ startDate deliveryDate durationDays criticalPath milestones {{ key dueDate isCritical }} }}
      items {{ key parentKey kind startDate finishDate lateStart lateFinish totalFloatDays freeFloatDays isCritical }} }} }}
    problems {{ line itemKey field code message }}
    {ERRORS}
  }}
}}
"""
PRICE = f"""
mutation ($id: ID!, $version: Int!, $items: [ItemPriceInput!]!) {{
  priceScopeItems(input: {{engagementId: $id, expectedVersion: $version, items: $items}}) {{
    engagement {{ version scopeDraft {{ version budget {{ fee {{ amount currency }} tax {{ amount }} total {{ amount }}
                                      contingency {{ amount }} taxes {{ taxBps taxable {{ amount }} }} }} }} }}
    {ERRORS}
  }}
}}
"""
SEND_CONTRACT = f"""
mutation ($id: ID!, $version: Int!, $key: String!) {{
  sendContract(input: {{engagementId: $id, expectedVersion: $version, idempotencyKey: $key}}) {{
    contract {{ id status issue document {{ locale fingerprint }} translation {{ locale }} envelope {{ status }} }}
    engagement {{ status version }}
    {ERRORS}
  }}
}}
"""
PREVIEW_FIELDS = """
  lines { action key title feeBefore { amount } feeAfter { amount } feeChange { amount } }
  originalSum { amount } previouslyApproved { amount } sumBefore { amount } change { amount } newSum { amount }
  taxChange { amount } totalChange { amount } changeDays deliveryBefore deliveryAfter
  milestones { key before after shiftDays } retainer { held { amount } requiredAfter { amount } topUp { amount } }
  fingerprint
"""
SHOP = [
    {"addItem": {"key": "shop", "title": "A shop", "parentKey": "site", "durationDays": 3,
                 "fee": {"amount": "25000.00", "currency": "DKK"}}},
    {"addDependency": {"predecessorKey": "build", "successorKey": "shop"}},
    {"addDependency": {"predecessorKey": "shop", "successorKey": "handover"}},
]  # fmt: skip
PREVIEW = f"""
query ($id: ID!, $changes: [ChangeInput!]!) {{
  previewChangeOrder(engagementId: $id, changes: $changes) {{ {PREVIEW_FIELDS} }}
}}
"""
CREATE_ORDER = f"""
mutation ($id: ID!, $changes: [ChangeInput!]!, $by: ID) {{
  createChangeOrder(input: {{engagementId: $id, title: "A shop", changes: $changes, requestedBy: $by}}) {{
    changeOrder {{ id number status version requestedBy figures {{ fingerprint }} baseScopeVersion {{ number }} }}
    {ERRORS}
  }}
}}
"""
SEND_ORDER = f"""
mutation ($id: ID!, $fingerprint: String!, $key: String!) {{
  sendChangeOrder(input: {{changeOrderId: $id, expectedVersion: 1, fingerprint: $fingerprint, idempotencyKey: $key}}) {{
    changeOrder {{ id number documentNumber status version figures {{ {PREVIEW_FIELDS} }}
                   document {{ locale kind }} envelope {{ status }} }}
    {ERRORS}
  }}
}}
"""


async def owner_api(http: httpx.AsyncClient, people) -> Api:
    return await api_of(http, people.owner, people.owner)


def key_of(kind: str, node_id: str) -> UUID:
    return decode_id(kind, node_id, "id")


async def test_the_real_plan_goes_from_file_to_signed_baseline_with_microsoft_projects_dates(
    http: httpx.AsyncClient,
) -> None:
    people = await a_practice()
    client = await a_client(people.owner)
    api = await owner_api(http, people)
    made = await api.ask(CREATE, client=encode_id("Client", client.client_id))
    engagement = made["createEngagement"]["engagement"]
    assert engagement["number"].endswith("-001")
    assert engagement | {"id": "", "number": ""} == {
        "id": "", "number": "", "status": "DRAFT", "currency": "DKK", "law": "DK",
        "calendar": {"country": "DK", "weekend": [5, 6], "daysOff": ["2026-12-24"]},
        "client": {"name": "Havn & Co"},
        "changeClause": {"minimumFee": {"amount": "500.00"}, "requesters": ["SIGNER", "SPONSOR"]},
        "scopeDraft": {"version": 1},
    }  # fmt: skip
    node_id = engagement["id"]
    imported = (await api.ask(IMPORT, id=node_id, version=1, text=REAL_PLAN, format="JSON"))[
        "importScope"
    ]
    assert (imported["userErrors"], imported["problems"]) == ([], [])
    expected = json.loads(REAL_PLAN)["expected"]
    draft = imported["engagement"]["scopeDraft"]
    assert len(draft["items"]) == 42
    for item in draft["items"]:
        want = expected[item["key"]]
        assert (item["startDate"], item["finishDate"]) == (want["start"][:10], want["finish"][:10])
        if "ls" in want:
            got = [
                item[name]
                for name in (
                    "lateStart",
                    "lateFinish",
                    "totalFloatDays",
                    "freeFloatDays",
                    "isCritical",
                )
            ]
            assert got == [want[name] for name in ("ls", "lf", "tf", "ff", "critical")]
    tasks = [item["id"] for item in json.loads(REAL_PLAN)["items"] if item.get("duration")]
    fees = [{"key": key, "fee": {"amount": "10000.00", "currency": "DKK"}} for key in tasks]
    priced = (await api.ask(PRICE, id=node_id, version=2, items=fees))["priceScopeItems"]
    budget = priced["engagement"]["scopeDraft"]["budget"]
    assert len(tasks) == 24
    assert budget == {
        "fee": {"amount": "240000.00", "currency": "DKK"}, "tax": {"amount": "60000.00"},
        "total": {"amount": "300000.00"}, "contingency": {"amount": "12000.00"},
        "taxes": [{"taxBps": 2500, "taxable": {"amount": "240000.00"}}],
    }  # fmt: skip
    sent = (
        await api.ask(SEND_CONTRACT, id=node_id, version=priced["engagement"]["version"], key="c1")
    )["sendContract"]
    assert sent["userErrors"] == []
    assert sent["contract"]["document"]["locale"] == "en"
    assert sent["contract"]["translation"] == {"locale": "da"}
    assert sent["engagement"]["status"] == "CONTRACT_SENT"
    await sign_subject(
        people.owner, "services_contract", key_of("ServicesContract", sent["contract"]["id"])
    )
    data = await api.ask(
        """query ($id: ID!) { engagement(id: $id) { status
             currentScopeVersion { id number items { key startDate finishDate }
                                   timeline { deliveryDate durationDays criticalPath } dependencies { kind lagDays } }
             baselineScopeVersion { id } scopeVersions { number }
             contracts { status decidedBy } variance { deliveryVarianceDays feeVariance { amount } } } }""",
        id=node_id,
    )
    current = data["engagement"]["currentScopeVersion"]
    assert data["engagement"]["status"] == "ACTIVE"
    assert data["engagement"]["contracts"] == [{"status": "SIGNED", "decidedBy": "Søren"}]
    assert current["id"] == data["engagement"]["baselineScopeVersion"]["id"]
    for item in current["items"]:
        want = expected[item["key"]]
        assert (item["startDate"], item["finishDate"]) == (want["start"][:10], want["finish"][:10])
    assert {(link["kind"], link["lagDays"]) for link in current["dependencies"]} == {
        ("FINISH_TO_START", 0), ("FINISH_TO_FINISH", 0), ("FINISH_TO_START", -15),
    }  # fmt: skip
    assert data["engagement"]["variance"] == {
        "deliveryVarianceDays": 0,
        "feeVariance": {"amount": "0.00"},
    }


async def test_a_change_order_is_previewed_sent_signed_and_seen_in_the_variance(
    http: httpx.AsyncClient,
) -> None:
    case = await a_signed_engagement()
    api = await owner_api(http, case.people)
    node_id = encode_id("Engagement", case.engagement_id)
    preview = (await api.ask(PREVIEW, id=node_id, changes=SHOP))["previewChangeOrder"]
    assert preview["lines"] == [
        {"action": "ADDED", "key": "shop", "title": "A shop", "feeBefore": None,
         "feeAfter": {"amount": "25000.00"}, "feeChange": {"amount": "25000.00"}}
    ]  # fmt: skip
    assert [preview[name]["amount"] for name in ("originalSum", "previouslyApproved", "sumBefore", "change", "newSum")] == [
        "100000.00", "0.00", "100000.00", "25000.00", "125000.00",
    ]  # fmt: skip
    assert (preview["taxChange"]["amount"], preview["totalChange"]["amount"]) == (
        "6250.00",
        "31250.00",
    )
    assert (preview["changeDays"], preview["deliveryBefore"], preview["deliveryAfter"]) == (
        3,
        "2026-03-20",
        "2026-03-25",
    )
    assert preview["milestones"] == [
        {"key": "handover", "before": "2026-03-20", "after": "2026-03-25", "shiftDays": 3}
    ]
    assert preview["retainer"] == {
        "held": {"amount": "0.00"}, "requiredAfter": {"amount": "52083.33"}, "topUp": {"amount": "52083.33"},
    }  # fmt: skip
    by = encode_id("Contact", case.client.signer_id)
    order = (await api.ask(CREATE_ORDER, id=node_id, changes=SHOP, by=by))["createChangeOrder"][
        "changeOrder"
    ]
    assert (order["number"], order["status"], order["figures"]) == (None, "DRAFT", None)
    sent = (
        await api.ask(SEND_ORDER, id=order["id"], fingerprint=preview["fingerprint"], key="o1")
    )["sendChangeOrder"]
    assert sent["userErrors"] == []
    assert sent["changeOrder"]["figures"] == preview
    assert (sent["changeOrder"]["number"], sent["changeOrder"]["documentNumber"]) == (
        1,
        "2026-001-CO01",
    )
    await sign_subject(case.actor, "change_order", key_of("ChangeOrder", order["id"]))
    data = await api.ask(
        """query ($id: ID!) { engagement(id: $id) {
             changeOrders { status number } scopeVersions { number deliveryDate budget { fee { amount } } }
             variance { feeVariance { amount } deliveryVarianceDays
                        items { key standing feeVariance { amount } finishVarianceDays } } } }""",
        id=node_id,
    )
    found = data["engagement"]
    assert found["changeOrders"] == [{"status": "APPROVED", "number": 1}]
    assert found["scopeVersions"] == [
        {"number": 1, "deliveryDate": "2026-03-20", "budget": {"fee": {"amount": "100000.00"}}},
        {"number": 2, "deliveryDate": "2026-03-25", "budget": {"fee": {"amount": "125000.00"}}},
    ]
    assert found["variance"] == {
        "feeVariance": {"amount": "25000.00"}, "deliveryVarianceDays": 3,
        "items": [
            {"key": "site", "standing": "KEPT", "feeVariance": {"amount": "25000.00"}, "finishVarianceDays": 3},
            {"key": "design", "standing": "KEPT", "feeVariance": {"amount": "0.00"}, "finishVarianceDays": 0},
            {"key": "build", "standing": "KEPT", "feeVariance": {"amount": "0.00"}, "finishVarianceDays": 0},
            {"key": "shop", "standing": "ADDED", "feeVariance": {"amount": "25000.00"}, "finishVarianceDays": None},
            {"key": "handover", "standing": "KEPT", "feeVariance": {"amount": "0.00"}, "finishVarianceDays": 3},
        ],
    }  # fmt: skip


async def test_every_kind_of_change_can_be_written(http: httpx.AsyncClient) -> None:
    case = await a_signed_engagement()
    api = await owner_api(http, case.people)
    changes = [
        {"reviseItem": {"key": "design", "fee": {"amount": "30000", "currency": "DKK"}, "durationDays": 3,
                        "constraintKind": "START_NO_EARLIER_THAN", "constraintDate": "2026-03-04"}},
        {"reviseItem": {"key": "design", "constraintKind": None}},
        {"changeDependency": {"predecessorKey": "design", "successorKey": "build", "lagDays": 2}},
        {"addExpectation": {"kind": "EXCLUSION", "text": "Photographs"}},
        {"removeExpectation": {"kind": "EXCLUSION", "text": "Photographs"}},
        {"removeDependency": {"predecessorKey": "build", "successorKey": "handover"}},
        {"removeItem": "handover"},
        {"addItem": {"key": "golive", "title": "Go-live"}},
        {"addDependency": {"predecessorKey": "build", "successorKey": "golive", "lagDays": 3, "lagKind": "ELAPSED"}},
    ]  # fmt: skip
    preview = (
        await api.ask(PREVIEW, id=encode_id("Engagement", case.engagement_id), changes=changes)
    )["previewChangeOrder"]
    assert [(line["action"], line["key"], line["feeChange"]["amount"]) for line in preview["lines"]] == [
        ("CHANGED", "design", "-10000.00"), ("ADDED", "golive", "0.00"), ("REMOVED", "handover", "0.00"),
    ]  # fmt: skip


async def test_a_refused_file_names_every_problem_and_a_preview_stores_nothing(
    http: httpx.AsyncClient,
) -> None:
    case = await a_scoped_engagement()
    api = await owner_api(http, case.people)
    node_id = encode_id("Engagement", case.engagement_id)
    text = "item_key,duration_days,fee\na,x,1.234\na,1,10\n"
    refused = (await api.ask(IMPORT, id=node_id, version=2, text=text, format="CSV"))["importScope"]
    assert refused["engagement"] is None
    assert [(each["code"], each["field"]) for each in refused["userErrors"]] == [
        ("IMPORT_INVALID", ["text"])
    ]
    named = [
        (each["line"], each["itemKey"], each["field"], each["code"]) for each in refused["problems"]
    ]
    assert named == [
        (2, "a", "duration_days", "DURATION_INVALID"), (2, "a", "fee", "AMOUNT_TOO_PRECISE"), (3, "a", "key", "KEY_TWICE"),
    ]  # fmt: skip
    previewed = await api.ask(
        """query ($id: ID!, $bad: String!, $good: String!) {
             bad: previewScopeImport(engagementId: $id, text: $bad, format: CSV) { problems { line } plan { items { key } } }
             good: previewScopeImport(engagementId: $id, text: $good, format: JSON) {
               name problems { line } plan { items { key } budget { fee { amount } } timeline { deliveryDate } } } }""",
        id=node_id, bad=text, good=json.dumps(SMALL_PLAN),
    )  # fmt: skip
    assert previewed["bad"] == {"problems": [{"line": 2}, {"line": 2}, {"line": 3}], "plan": None}
    assert previewed["good"]["plan"]["timeline"] == {"deliveryDate": "2026-03-20"}
    data = await api.ask(
        "query ($id: ID!) { engagement(id: $id) { scopeDraft { version } } }", id=node_id
    )
    assert data["engagement"]["scopeDraft"]["version"] == 2


async def test_an_acceptance_is_recorded_once(http: httpx.AsyncClient) -> None:
    case = await a_signed_engagement()
    api = await owner_api(http, case.people)
    accept = f"""mutation ($id: ID!, $by: ID!, $day: Date!) {{
      acceptDeliverable(input: {{engagementId: $id, itemKey: "design", acceptedOn: $day, contactId: $by}}) {{
        acceptance {{ itemKey acceptedOn contact {{ id }} }} {ERRORS} }} }}"""
    values = {
        "id": encode_id("Engagement", case.engagement_id),
        "by": encode_id("Contact", case.client.signer_id),
        "day": "2026-03-02",
    }
    done = (await api.ask(accept, **values))["acceptDeliverable"]
    assert done["acceptance"] == {
        "itemKey": "design",
        "acceptedOn": "2026-03-02",
        "contact": {"id": values["by"]},
    }
    assert await api.refusal(accept, **values) == ("ALREADY_ACCEPTED", ["itemKey"])


async def test_another_practice_gets_the_same_answer_as_for_a_missing_id(
    http: httpx.AsyncClient,
) -> None:
    case = await a_signed_engagement()
    stranger = await owner_api(http, await a_practice())
    for engagement_id in (case.engagement_id, UUID(int=7)):
        node_id = encode_id("Engagement", engagement_id)
        data = await stranger.ask(
            "query ($id: ID!) { engagement(id: $id) { id } node(id: $id) { id } }", id=node_id
        )
        assert data == {"engagement": None, "node": None}
        assert await stranger.refusal(IMPORT, id=node_id, version=2, text="{}", format="JSON") == (
            "NOT_FOUND", ["engagementId"],
        )  # fmt: skip
        assert await stranger.refusal(SEND_CONTRACT, id=node_id, version=2, key="k") == (
            "NOT_FOUND",
            ["engagementId"],
        )
        assert await stranger.refusal(CREATE_ORDER, id=node_id, changes=SHOP, by=None) == (
            "NOT_FOUND",
            ["engagementId"],
        )
        body = (await stranger.raw(PREVIEW, id=node_id, changes=SHOP)).json()
        assert body["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_an_amount_in_another_currency_or_with_too_many_decimals_is_refused_by_its_field(
    http: httpx.AsyncClient,
) -> None:
    case = await a_scoped_engagement()
    api = await owner_api(http, case.people)
    node_id = encode_id("Engagement", case.engagement_id)
    for money, code, field in (
        ({"amount": "1", "currency": "EUR"}, "CURRENCY_MISMATCH", ["items", "0", "fee"]),
        (
            {"amount": "1.234", "currency": "DKK"},
            "AMOUNT_TOO_PRECISE",
            ["items", "0", "fee", "amount"],
        ),
    ):
        items = [{"key": "design", "fee": money}]
        assert await api.refusal(PRICE, id=node_id, version=2, items=items) == (code, field)
    assert await api.refusal(PRICE, id=node_id, version=1, items=[{"key": "design", "unit": "h"}]) == (
        "STALE_VERSION", ["expectedVersion"],
    )  # fmt: skip


async def test_engagements_are_listed_newest_first_in_pages_of_both_directions(
    http: httpx.AsyncClient,
) -> None:
    people = await a_practice()
    client = await a_client(people.owner)
    for _ in range(5):
        await an_engagement(people, client)
    api = await owner_api(http, people)
    query = """query ($first: Int, $after: String, $last: Int, $before: String) {
      engagements(first: $first, after: $after, last: $last, before: $before, statuses: [DRAFT]) {
        totalCount nodes { number } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
    one = (await api.ask(query, first=2))["engagements"]
    assert (one["totalCount"], [node["number"] for node in one["nodes"]]) == (
        5,
        ["2026-005", "2026-004"],
    )
    two = (await api.ask(query, first=2, after=one["pageInfo"]["endCursor"]))["engagements"]
    assert [node["number"] for node in two["nodes"]] == ["2026-003", "2026-002"]
    back = (await api.ask(query, last=1, before=two["pageInfo"]["startCursor"]))["engagements"]
    assert [node["number"] for node in back["nodes"]] == ["2026-004"]
    tail = (await api.ask(query, last=2))["engagements"]
    assert [node["number"] for node in tail["nodes"]] == ["2026-002", "2026-001"]
