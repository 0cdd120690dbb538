"""Change orders that follow from change orders, over HTTP: stale, rebased, voided, reissued, superseded, listed."""

from typing import Any

import httpx

from schema.relay import decode_id, encode_id
from tests.factories.api import Api, api_of
from tests.factories.engagements import (
    Case,
    a_sent_order,
    a_shop,
    a_signed_engagement,
    sign_subject,
)
from tests.factories.practices import a_practice

ERRORS = "userErrors { code field message currentVersion }"
SHOWN = """
id number status isStale staleBecause version respondBy revenueClass
suggestedRevenue { revenueClass paragraph } approvalTier { signers roles isOwnerNeeded }
carriedOver { fromNumber toNumber conflicts { change kind itemKey field base ours theirs } notes { itemKey message } }
rebasedFrom { number } reissueOf { number } supersedes { number status } supersededBy { number }
"""
LIST = f"""
query ($id: ID!, $statuses: [ChangeOrderStatus!], $open: Boolean, $stale: Boolean, $sort: ChangeOrderSort! = NUMBER_ASC,
       $first: Int, $after: String) {{
  changeOrders(engagementId: $id, statuses: $statuses, isOpen: $open, isStale: $stale, sort: $sort, first: $first, after: $after) {{
    totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ {SHOWN} }} }} }}
"""
REBASE = f"""
mutation ($id: ID!, $version: Int!) {{
  rebaseChangeOrder(input: {{changeOrderId: $id, expectedVersion: $version}}) {{
    changeOrder {{ {SHOWN} }} original {{ number status }} {ERRORS} }} }}
"""
SEND = f"""
mutation ($id: ID!, $key: String!) {{
  sendChangeOrder(input: {{changeOrderId: $id, expectedVersion: 1, idempotencyKey: $key}}) {{
    changeOrder {{ {SHOWN} figures {{ previouslyApproved {{ amount }} change {{ amount }} newSum {{ amount }} }} }} {ERRORS} }} }}
"""


async def a_case(http: httpx.AsyncClient, **terms: Any) -> tuple[Case, Api, str]:
    case = await a_signed_engagement(await a_practice(), **terms)
    api = await api_of(http, case.actor, case.actor)
    return case, api, encode_id("Engagement", case.engagement_id)


def global_id(order_id: Any) -> str:
    return str(encode_id("ChangeOrder", order_id))


async def test_a_stale_offer_says_so_and_is_rebased_in_one_call(http: httpx.AsyncClient) -> None:
    case, api, engagement = await a_case(http)
    first, second = (
        await a_sent_order(case),
        await a_sent_order(case, a_shop("blog", fee_minor=900_000)),
    )
    nodes = (await api.ask(LIST, id=engagement))["changeOrders"]["nodes"]
    assert [(n["number"], n["isStale"], n["staleBecause"]) for n in nodes] == [
        (1, False, None),
        (2, False, None),
    ]
    await sign_subject(case.actor, "change_order", first)
    nodes = (await api.ask(LIST, id=engagement, open=True, stale=True))["changeOrders"]["nodes"]
    assert [(n["number"], n["status"], n["isStale"], n["staleBecause"]) for n in nodes] == [
        (2, "SENT", True, 2)
    ]
    payload = (await api.ask(REBASE, id=global_id(second), version=2))["rebaseChangeOrder"]
    assert payload["userErrors"] == []
    assert payload["original"] == {"number": 2, "status": "WITHDRAWN"}
    draft = payload["changeOrder"]
    assert (draft["status"], draft["isStale"], draft["rebasedFrom"]) == (
        "DRAFT",
        False,
        {"number": 2},
    )
    assert draft["carriedOver"] == {"fromNumber": 1, "toNumber": 2, "conflicts": [], "notes": []}
    sent = (await api.ask(SEND, id=draft["id"], key="k"))["sendChangeOrder"]["changeOrder"]
    assert (sent["number"], sent["figures"]) == (
        3,
        {
            "previouslyApproved": {"amount": "25000.00"},
            "change": {"amount": "9000.00"},
            "newSum": {"amount": "134000.00"},
        },
    )
    assert (await api.ask(REBASE, id=global_id(second), version=2))["rebaseChangeOrder"][
        "userErrors"
    ][0]["code"] == ("STALE_VERSION")
    assert await api.refusal(REBASE, id=draft["id"], version=2) == ("BASE_IS_CURRENT", None)


async def test_conflicts_are_told_with_both_sides(http: httpx.AsyncClient) -> None:
    case, api, _ = await a_case(http)
    first, second = await a_sent_order(case), await a_sent_order(case, a_shop(fee_minor=2_000_000))
    await sign_subject(case.actor, "change_order", first)
    payload = (await api.ask(REBASE, id=global_id(second), version=2))["rebaseChangeOrder"]
    conflicts = payload["changeOrder"]["carriedOver"]["conflicts"]
    assert conflicts[0] == {
        "change": 0, "kind": "ITEM_ADDED_TWICE", "itemKey": "shop", "field": None, "base": None,
        "ours": '{"fee_minor":2000000}', "theirs": '{"fee_minor":2500000}',
    }  # fmt: skip
    assert [each["kind"] for each in conflicts[1:]] == ["NEEDS_ANOTHER", "NEEDS_ANOTHER"]


async def test_an_offer_is_voided_and_issued_again(http: httpx.AsyncClient) -> None:
    case, api, _ = await a_case(http)
    order = global_id(await a_sent_order(case))
    void = f"""
    mutation ($id: ID!, $reason: String!) {{
      voidChangeOrder(input: {{changeOrderId: $id, expectedVersion: 2, reason: $reason}}) {{
        changeOrder {{ number status declineReason }} {ERRORS} }} }}
    """
    assert await api.refusal(void, id=order, reason=" ") == ("REQUIRED", ["reason"])
    voided = (await api.ask(void, id=order, reason="Wrong price"))["voidChangeOrder"]["changeOrder"]
    assert voided == {"number": 1, "status": "VOIDED", "declineReason": "Wrong price"}
    reissue = f"""
    mutation ($id: ID!) {{ reissueChangeOrder(input: {{changeOrderId: $id}}) {{
      changeOrder {{ {SHOWN} }} original {{ status }} {ERRORS} }} }}
    """
    made = (await api.ask(reissue, id=order))["reissueChangeOrder"]
    assert (made["changeOrder"]["status"], made["changeOrder"]["reissueOf"]) == (
        "DRAFT",
        {"number": 1},
    )
    assert await api.refusal(reissue, id=order) == ("ALREADY_REISSUED", None)


async def test_an_approved_order_is_superseded_by_another(http: httpx.AsyncClient) -> None:
    case, api, engagement = await a_case(http)
    old = await a_sent_order(case)
    await sign_subject(case.actor, "change_order", old)
    supersede = f"""
    mutation ($id: ID!) {{ supersedeChangeOrder(input: {{changeOrderId: $id, reason: DESCOPING}}) {{
      changeOrder {{ {SHOWN} title }} original {{ status }} {ERRORS} }} }}
    """
    made = (await api.ask(supersede, id=global_id(old)))["supersedeChangeOrder"]
    draft = made["changeOrder"]
    assert (draft["title"], draft["supersedes"]) == (
        "Instead of 2026-001-CO01: A shop",
        {"number": 1, "status": "APPROVED"},
    )
    sent = (await api.ask(SEND, id=draft["id"], key="k"))["sendChangeOrder"]["changeOrder"]
    assert sent["figures"] == {
        "previouslyApproved": {"amount": "25000.00"},
        "change": {"amount": "-25000.00"},
        "newSum": {"amount": "100000.00"},
    }
    await sign_subject(case.actor, "change_order", decode_id("ChangeOrder", draft["id"], "id"))
    nodes = (await api.ask(LIST, id=engagement))["changeOrders"]["nodes"]
    assert [(n["number"], n["status"], n["supersededBy"]) for n in nodes] == [
        (1, "SUPERSEDED", {"number": 2}),
        (2, "APPROVED", None),
    ]
    assert await api.refusal(supersede, id=global_id(old)) == ("CHANGE_ORDER_STATUS", ["status"])


async def test_the_list_pages_by_number_both_ways_and_filters(http: httpx.AsyncClient) -> None:
    case, api, engagement = await a_case(http)
    for at in range(3):
        await a_sent_order(case, a_shop(f"shop{at}"))
    await sign_subject(case.actor, "change_order", (await _ids(api, engagement))[0])
    for sort, expected in (("NUMBER_ASC", [1, 2, 3]), ("NUMBER_DESC", [3, 2, 1])):
        seen, after = [], None
        while True:
            page = (await api.ask(LIST, id=engagement, sort=sort, first=1, after=after))[
                "changeOrders"
            ]
            assert page["totalCount"] == 3
            seen += [n["number"] for n in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert seen == expected
    for filters, expected in (
        ({"statuses": ["APPROVED"]}, [1]),
        ({"open": True}, [2, 3]),
        ({"open": False}, [1]),
        ({"stale": False}, [1]),
        ({"statuses": ["DRAFT"]}, []),
    ):
        page = (await api.ask(LIST, id=engagement, **filters))["changeOrders"]
        assert ([n["number"] for n in page["nodes"]], page["totalCount"]) == (
            expected,
            len(expected),
        )


async def _ids(api: Api, engagement: str) -> list[Any]:
    nodes = (await api.ask(LIST, id=engagement))["changeOrders"]["nodes"]
    return [decode_id("ChangeOrder", node["id"], "id") for node in nodes]


async def test_tiers_are_set_and_shown_and_a_bad_one_is_named_by_its_place(
    http: httpx.AsyncClient,
) -> None:
    case, api, _ = await a_case(http)
    create = f"""
    mutation ($client: ID!, $tiers: [ApprovalTierInput!]!) {{
      createEngagement(input: {{clientId: $client, terms: {{
        name: "New", kind: CONSULTING, startDate: "2026-03-02", taxBps: 2500, changeClause: {{approvalTiers: $tiers}} }} }}) {{
        engagement {{ changeClause {{ reminderDays approvalTiers {{ fromAmount {{ amount }} signers roles isOwnerNeeded }} }} }}
        {ERRORS} }} }}
    """
    client = encode_id("Client", case.client.client_id)

    def tier(amount: str, **more: Any) -> dict[str, Any]:
        return {"fromAmount": {"amount": amount, "currency": "DKK"}, **more}

    tiers = [
        tier("20000", signers=2, roles=["SPONSOR"]),
        tier("90000", signers=2, isOwnerNeeded=True),
    ]
    data = await api.ask(create, client=client, tiers=tiers)
    assert data["createEngagement"]["engagement"]["changeClause"] == {
        "reminderDays": 3,
        "approvalTiers": [
            {"fromAmount": {"amount": "20000.00"}, "signers": 2, "roles": ["SPONSOR"], "isOwnerNeeded": False},
            {"fromAmount": {"amount": "90000.00"}, "signers": 2, "roles": [], "isOwnerNeeded": True},
        ],
    }  # fmt: skip
    assert await api.refusal(create, client=client, tiers=tiers[::-1]) == (
        "APPROVAL_TIERS_INVALID",
        ["terms", "changeClause", "approvalTiers", "1", "fromAmount"],
    )
