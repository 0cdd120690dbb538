"""Gantt pictures over GraphQL: the links, what they show, and who gets them."""

import re
import xml.etree.ElementTree as ElementTree
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from db.tables.scopes import ScopeDraft
from db.unit_of_work import unit_of_work
from schema.relay import encode_id
from services.gateways.clock import FixedClock
from services.rules.scope import Scope, ScopeItem
from services.scopes.drafts import dump_scope
from tests.factories.api import Api, api_of
from tests.factories.engagements import (
    Case,
    a_change_order,
    a_scoped_engagement,
    a_sent_order,
    a_shop,
    a_signed_engagement,
    an_engagement,
    sign_subject,
)

ALL = """query($id: ID!) { engagement(id: $id) {
  gantt { svgUrl pngUrl expiresAt alt }
  against: gantt(against: null) { alt }
  danish: gantt(locale: "da", theme: DARK, maxRows: 2) { svgUrl alt }
  scopeVersions { number gantt { svgUrl alt } gained: gantt(against: 1) { svgUrl alt } }
  changeOrders { gantt { svgUrl pngUrl alt } }
} }"""


async def ask(http: httpx.AsyncClient, case: Case, query: str = ALL) -> Any:
    """The engagement as the owner sees it."""
    api = await api_of(http, case.actor, case.actor)
    data = await api.ask(query, id=encode_id("Engagement", case.engagement_id))
    return data["engagement"]


def titles(svg: str) -> list[str]:
    """The words of every row."""
    root = ElementTree.fromstring(svg)
    return [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}title")][1:]


async def test_an_engagement_has_its_picture_against_the_baseline(
    http: httpx.AsyncClient, clock: FixedClock
) -> None:
    case = await a_signed_engagement()
    await sign_subject(case.actor, "change_order", await a_sent_order(case))
    shown = await ask(http, case)
    gantt = shown["gantt"]
    assert gantt["expiresAt"] == "2026-03-02T09:15:00Z"
    assert (
        "Delivery before: 20\u00a0March\u00a02026; after: 25\u00a0March\u00a02026" in gantt["alt"]
    )
    assert "Delivery before" not in shown["against"]["alt"]
    assert "Levering før: 20.\u00a0marts\u00a02026" in shown["danish"]["alt"]
    assert gantt["svgUrl"].startswith("http://testserver/gantts/")
    svg = await http.get(gantt["svgUrl"])
    assert (svg.status_code, svg.headers["content-type"]) == (200, "image/svg+xml")
    rows = titles(svg.text)
    assert rows[0].startswith("1 The site: 2\u00a0Mar\u00a02026 – 25\u00a0Mar\u00a02026")
    assert len(rows) == 5
    png = await http.get(gantt["pngUrl"])
    assert (png.status_code, png.headers["content-type"]) == (200, "image/png")
    assert png.content.startswith(b"\x89PNG")
    small = await http.get(shown["danish"]["svgUrl"])
    assert len(titles(small.text)) == 2
    assert "der ikke vises" in small.text
    clock.set(clock.now() + timedelta(minutes=15))
    assert (await http.get(gantt["svgUrl"])).status_code == 404


async def test_versions_and_orders_have_theirs(http: httpx.AsyncClient) -> None:
    case = await a_signed_engagement()
    await sign_subject(case.actor, "change_order", await a_sent_order(case))
    await a_change_order(case, a_shop("depot"))
    shown = await ask(http, case)
    first, second = shown["scopeVersions"]
    assert len(titles((await http.get(first["gantt"]["svgUrl"])).text)) == 4
    assert len(titles((await http.get(second["gantt"]["svgUrl"])).text)) == 5
    assert "Delivery before" not in second["gantt"]["alt"]
    assert "; +3\u00a0working days." in second["gained"]["alt"]
    approved, draft = shown["changeOrders"]
    assert "Change order 1: A shop" in approved["gantt"]["alt"]
    assert "Draft of a change order: A shop" in draft["gantt"]["alt"]
    for order in (approved, draft):
        assert "new" in (await http.get(order["gantt"]["svgUrl"])).text
        assert (await http.get(order["gantt"]["pngUrl"])).status_code == 200


async def test_before_the_contract_the_draft_is_drawn(http: httpx.AsyncClient) -> None:
    case = await a_scoped_engagement(promised_date=date(2026, 3, 18))
    shown = await ask(http, case)
    assert "2026-001 · Draft of the plan" in shown["gantt"]["alt"]
    assert (
        "Promised for 18\u00a0March\u00a02026: 2\u00a0working days late." in shown["gantt"]["alt"]
    )
    assert (await http.get(shown["gantt"]["svgUrl"])).status_code == 200


async def test_a_draft_that_cannot_be_planned_yet_says_so(http: httpx.AsyncClient) -> None:
    case = await an_engagement()
    shown = await ask(http, case)
    assert "There is nothing in this plan yet." in shown["gantt"]["alt"]
    assert shown["scopeVersions"] == []
    async with unit_of_work(case.actor.scope()) as uow:
        unsound = dump_scope(Scope(items=(ScopeItem("a", "A", parent_key="nowhere"),)))
        await ScopeDraft.update({"body": unsound}).where(
            ScopeDraft.tenant_id == uow.tenant_id,
            ScopeDraft.engagement_id == case.engagement_id,
        )
    shown = await ask(http, case)
    assert "This draft cannot be planned as it stands." in shown["gantt"]["alt"]
    assert "This draft cannot be planned" in (await http.get(shown["gantt"]["svgUrl"])).text


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ('locale: "de"', "LOCALE"),
        ("maxRows: 0", "GANTT_ROWS_OUT_OF_RANGE"),
        ("maxRows: 401", "GANTT_ROWS_OUT_OF_RANGE"),
        ("version: 7", "NO_SCOPE_VERSION"),
        ("against: -1", "NO_SCOPE_VERSION"),
    ],
)
async def test_a_picture_that_cannot_be_is_refused(
    http: httpx.AsyncClient, arguments: str, code: str
) -> None:
    case = await a_signed_engagement()
    api = await api_of(http, case.actor, case.actor)
    query = f"query($id: ID!) {{ engagement(id: $id) {{ gantt({arguments}) {{ alt }} }} }}"
    body = (await api.raw(query, id=encode_id("Engagement", case.engagement_id))).json()
    assert [error["extensions"]["code"] for error in body["errors"]] == [code]


async def test_every_member_sees_it_and_nobody_else_gets_a_link(http: httpx.AsyncClient) -> None:
    case, other = await a_signed_engagement(), await a_signed_engagement()
    key = encode_id("Engagement", case.engagement_id)
    query = "query($id: ID!) { engagement(id: $id) { gantt { svgUrl } } }"
    for actor in (case.people.staff, case.people.assistant, case.people.accountant):
        api = await api_of(http, case.actor, actor)
        assert (await api.ask(query, id=key))["engagement"]["gantt"]["svgUrl"]
    stranger = await api_of(http, other.actor, other.actor)
    assert (await stranger.ask(query, id=key))["engagement"] is None
    body = (await Api(http, None).raw(query, id=key)).json()
    assert body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_many_engagements_ask_for_their_pictures_without_reading_each(
    http: httpx.AsyncClient,
) -> None:
    case = await a_signed_engagement()
    await a_signed_engagement(case.people)
    api = await api_of(http, case.actor, case.actor)
    data = await api.ask(
        "{ engagements { nodes { gantt { svgUrl } changeOrders { gantt { pngUrl } } } } }"
    )
    urls = [node["gantt"]["svgUrl"] for node in data["engagements"]["nodes"]]
    assert len(set(urls)) == 2
    assert all(
        re.fullmatch(r"http://testserver/gantts/[\w-]+/engagement\.svg\?.+", u) for u in urls
    )
