"""A deliverable's way over HTTP, day by day: handed over, rejected, corrected, silent, billed; with the sweep and a moving clock."""

import re
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx

from schema.relay import encode_id
from services.gateways.clock import FixedClock
from services.sweep import sweep
from tests.factories.api import Api, api_of
from tests.factories.engagements import a_signed_engagement

ERRORS = "userErrors { code field }"
DELIVER = f"""
mutation ($id: ID!, $keys: [String!]!, $on: Date!, $key: String!, $agreement: String = "") {{
  deliver(input: {{engagementId: $id, itemKeys: $keys, deliveredOn: $on, agreement: $agreement, idempotencyKey: $key}}) {{
    deliveries {{ id itemKey round status testUntil testEndsAt remindAt clause criteria
                  recipients {{ contact {{ id }} link }} }} {ERRORS} }} }}
"""
REJECT = f"""
mutation ($id: ID!, $on: Date!, $by: ID) {{
  rejectDeliverable(input: {{deliveryId: $id, rejectedOn: $on, contactId: $by, reasons: [{{criterion: 1, text: "No."}}]}}) {{
    delivery {{ status rejection {{ isFinal rejectedOn reasons {{ criterion text }} contact {{ id }} }} }} {ERRORS} }} }}
"""
STANDING = """
query ($id: ID!, $states: [DeliverableState!]) { engagement(id: $id) {
  correctionRounds
  deliverables(states: $states) { totalCount nodes { itemKey state round delivery { id } acceptance { kind acceptedOn clause delivery { id } } } }
  deliveries(itemKey: "design") { totalCount nodes { number round status rejection { isFinal } } }
} }
"""
BILL = f"""
mutation ($id: ID!, $keys: [String!]!, $key: String!) {{
  draftInvoice(input: {{engagementId: $id, itemKeys: $keys, idempotencyKey: $key}}) {{
    invoice {{ net {{ amount }} }} {ERRORS} }} }}
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def test_a_deliverable_goes_to_and_fro_and_ends_in_silence(
    http: httpx.AsyncClient, clock: FixedClock, owner_connection: asyncpg.Connection
) -> None:
    case = await a_signed_engagement(correction_rounds=1)
    api = await api_of(http, case.actor, case.people.staff)
    node, by = (
        encode_id("Engagement", case.engagement_id),
        encode_id("Contact", case.client.signer_id),
    )

    async def day(moment: str) -> None:
        clock.set(at(moment))
        await sweep(clock.now())

    async def standing(*states: str) -> dict[str, Any]:
        found = (await api.ask(STANDING, id=node, states=list(states) or None))["engagement"]
        return {row["itemKey"]: row for row in found["deliverables"]["nodes"]}

    # Friday 6 March: the design is handed over; ten Danish working days end on Friday the 20th.
    await day("2026-03-06T14:00")
    first = (await api.ask(DELIVER, id=node, keys=["design"], on="2026-03-06", key="d1"))[
        "deliver"
    ]["deliveries"][0]
    assert (first["round"], first["status"], first["testUntil"], first["testEndsAt"]) == (
        1, "IN_TEST", "2026-03-20", "2026-03-20T23:00:00Z",
    )  # fmt: skip
    assert (first["remindAt"], first["criteria"]) == (
        "2026-03-18T07:00:00Z",
        ["The board has approved them"],
    )
    assert await api.refusal(DELIVER, id=node, keys=["design"], on="2026-03-06", key="d1b") == (
        "ALREADY_DELIVERED", ["itemKeys", "0"],
    )  # fmt: skip

    # Wednesday 18 March: reminded at eight. That evening the client rejects on their page.
    await day("2026-03-18T07:00")
    link = first["recipients"][0]["link"].removeprefix("http://testserver")
    clock.set(at("2026-03-18T20:00"))
    page = (await http.get(link)).text
    delivery = re.search(r'name="delivery" value="([^"]+)"', page)
    assert delivery is not None
    form = {
        "act": "reject",
        "delivery": delivery[1],
        "criterion-1": "The board has not seen page 3.",
    }
    assert (await http.post(link, data=form)).status_code == 303
    assert (await standing("REJECTED"))["design"]["round"] == 1
    assert await api.refusal(BILL, id=node, keys=["design"], key="b1") == (
        "ITEM_NOT_ACCEPTED",
        ["itemKeys", "0"],
    )

    # Friday 27 March: corrected; over Easter ten working days end on Wednesday 15 April.
    await day("2026-03-27T09:00")
    second = (await api.ask(DELIVER, id=node, keys=["design"], on="2026-03-27", key="d2"))[
        "deliver"
    ]["deliveries"][0]
    assert (second["round"], second["testUntil"]) == (2, "2026-04-15")

    # The last minute of the 15th in Copenhagen, then midnight.
    await day("2026-04-15T21:59")
    assert (await standing())["design"]["state"] == "IN_TEST"
    await day("2026-04-15T22:00")
    deemed = (await standing("DEEMED"))["design"]
    assert deemed["acceptance"] == {
        "kind": "DEEMED", "acceptedOn": "2026-04-16", "clause": second["clause"], "delivery": {"id": second["id"]},
    }  # fmt: skip
    assert await api.refusal(REJECT, id=second["id"], on="2026-04-15", by=by) == (
        "TEST_PERIOD_ENDED",
        None,
    )
    billed = (await api.ask(BILL, id=node, keys=["design"], key="b2"))["draftInvoice"]
    assert billed["invoice"] == {"net": {"amount": "40000.00"}}

    history = (await api.ask(STANDING, id=node))["engagement"]
    assert (history["correctionRounds"], history["deliveries"]) == (
        1,
        {
            "totalCount": 2,
            "nodes": [
                {"number": 2, "round": 2, "status": "DEEMED", "rejection": None},
                {"number": 1, "round": 1, "status": "REJECTED", "rejection": {"isFinal": False}},
            ],
        },
    )
    mails = await owner_connection.fetch(
        "select kind, count(*) as sent from outbox_message where tenant_id = $1 and kind like 'delivery%' group by 1 order by 1",
        case.people.practice_id,
    )
    assert {row["kind"]: row["sent"] for row in mails} == {
        # In the second round the reminder was due on 13 April, and the worker next swept on the 15th.
        "delivery_made": 2, "delivery_reminder": 2, "delivery_rejected": 1, "delivery_deemed": 1, "delivery_deemed_accepted": 1,
    }  # fmt: skip


async def test_who_only_reads_sees_where_it_stands_but_no_link_and_pages_are_cut_by_key(
    http: httpx.AsyncClient, clock: FixedClock
) -> None:
    case = await a_signed_engagement()
    clock.set(at("2026-03-02T12:00"))
    api = await api_of(http, case.actor, case.people.owner)
    reader: Api = await api_of(http, case.actor, case.people.accountant)
    node = encode_id("Engagement", case.engagement_id)
    made = (await api.ask(DELIVER, id=node, keys=["build", "design"], on="2026-03-02", key="d"))[
        "deliver"
    ]["deliveries"]
    assert [each["itemKey"] for each in made] == ["build", "design"]
    seen = await reader.ask(
        "query ($id: ID!) { node(id: $id) { ... on Delivery { itemKey recipients { link contact { name } } } } }",
        id=made[0]["id"],
    )
    assert seen["node"]["recipients"][0]["link"] is None
    assert await reader.refusal(DELIVER, id=node, keys=["handover"], on="2026-03-02", key="x") == (
        "FORBIDDEN",
        None,
    )
    assert await reader.refusal(REJECT, id=made[1]["id"], on="2026-03-02", by=None) == (
        "FORBIDDEN",
        None,
    )
    cut = """query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { engagement(id: $id) {
      deliverables(first: $first, after: $after, last: $last, before: $before) {
        nodes { itemKey } pageInfo { hasNextPage hasPreviousPage endCursor startCursor } } } }"""

    async def page(**given: Any) -> Any:
        return (await reader.ask(cut, id=node, **given))["engagement"]["deliverables"]

    one = await page(first=2)
    assert [each["itemKey"] for each in one["nodes"]] == ["design", "build"]
    two = await page(first=2, after=one["pageInfo"]["endCursor"])
    assert ([each["itemKey"] for each in two["nodes"]], two["pageInfo"]["hasNextPage"]) == (
        ["handover"],
        False,
    )
    back = await page(last=1, before=two["pageInfo"]["startCursor"])
    assert [each["itemKey"] for each in back["nodes"]] == ["build"]
