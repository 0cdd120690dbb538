"""A scope goes in as a file of Microsoft Project, becomes a contract, and goes out in every form, over HTTP."""

import csv
import io
import json
from urllib.parse import urlsplit

import httpx
from icalendar import Calendar

from schema.relay import encode_id
from services.gateways.clock import FixedClock
from tests.factories.api import api_of
from tests.factories.clients import a_client
from tests.factories.engagements import a_signed_engagement, an_engagement
from tests.factories.practices import a_practice

FILES = "files { csvUrl jsonUrl projectXmlUrl calendarUrl }"
DRAFT = f"query ($id: ID!) {{ engagement(id: $id) {{ scopeDraft {{ version {FILES} }} }} }}"
VERSION = (
    f"query ($id: ID!) {{ engagement(id: $id) {{ currentScopeVersion {{ number {FILES} }} }} }}"
)
PREVIEW = """query ($id: ID!, $text: String!) {
  previewScopeImport(engagementId: $id, text: $text, format: MS_PROJECT_XML) {
    name problems { code line severity } warnings { code line itemKey severity }
    plan { items { key title durationDays cost { amount } startDate } timeline { deliveryDate } } } }"""
IMPORT = """mutation ($id: ID!, $version: Int!, $text: String!, $format: PlanFormat!) {
  importScope(input: {engagementId: $id, expectedVersion: $version, text: $text, format: $format}) {
    engagement { scopeDraft { version timeline { deliveryDate } } } problems { code line } userErrors { code } } }"""

PROJECT = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Project xmlns="http://schemas.microsoft.com/project">
<Title>Kitchen</Title><StartDate>2026-03-02T08:00:00</StartDate><CurrencyCode>DKK</CurrencyCode>
<Tasks>
<Task><UID>1</UID><Name>Drawings</Name><OutlineLevel>1</OutlineLevel><Duration>PT36H0M0S</Duration><Cost>500000</Cost></Task>
<Task><UID>2</UID><Name>Fitting</Name><OutlineLevel>1</OutlineLevel><Duration>PT80H0M0S</Duration>
<PredecessorLink><PredecessorUID>1</PredecessorUID><Type>1</Type><LinkLag>4800</LinkLag><LagFormat>7</LagFormat></PredecessorLink></Task>
<Task><UID>3</UID><Name>Keys handed over</Name><OutlineLevel>1</OutlineLevel><Duration>PT0H0M0S</Duration><Milestone>1</Milestone>
<PredecessorLink><PredecessorUID>2</PredecessorUID><Type>1</Type></PredecessorLink></Task>
</Tasks></Project>"""


async def fetched(http: httpx.AsyncClient, link: str) -> httpx.Response:
    url = urlsplit(link)
    return await http.get(f"{url.path}?{url.query}")


async def test_a_plan_of_microsoft_project_is_previewed_imported_and_given_out_again(
    http: httpx.AsyncClient,
) -> None:
    case = await an_engagement()
    api = await api_of(http, case.actor, case.actor)
    node_id = encode_id("Engagement", case.engagement_id)
    shown = (await api.ask(PREVIEW, id=node_id, text=PROJECT))["previewScopeImport"]
    assert (shown["name"], shown["problems"]) == ("Kitchen", [])
    assert shown["warnings"] == [
        {"code": "DURATION_ROUNDED", "line": 5, "itemKey": "1", "severity": "WARNING"}
    ]
    assert shown["plan"]["items"][0] == {
        "key": "1", "title": "Drawings", "durationDays": 5, "cost": {"amount": "5000.00"}, "startDate": "2026-03-02",
    }  # fmt: skip
    # Five days from Monday 2 March, a day's lag, ten days.
    assert shown["plan"]["timeline"] == {"deliveryDate": "2026-03-23"}

    done = await api.ask(IMPORT, id=node_id, version=1, text=PROJECT, format="MS_PROJECT_XML")
    assert done["importScope"]["userErrors"] == []
    files = (await api.ask(DRAFT, id=node_id))["engagement"]["scopeDraft"]["files"]
    for name, form, kind in (
        ("csvUrl", "CSV", "text/csv"),
        ("jsonUrl", "JSON", "application/json"),
        ("projectXmlUrl", "MS_PROJECT_XML", "application/xml"),
    ):
        got = await fetched(http, files[name])
        assert got.headers["content-type"] == f"{kind}; charset=utf-8"
        assert got.headers["cache-control"] == "no-store"
        assert got.headers["content-disposition"].startswith('attachment; filename="')
        draft = (await api.ask(DRAFT, id=node_id))["engagement"]["scopeDraft"]
        again = await api.ask(
            IMPORT, id=node_id, version=draft["version"], text=got.text, format=form
        )
        assert again["importScope"]["userErrors"] == [], name
        draft = again["importScope"]["engagement"]["scopeDraft"]
        assert draft["timeline"] == {"deliveryDate": "2026-03-23"}


async def test_a_signed_version_goes_out_in_every_form_to_every_member(
    http: httpx.AsyncClient,
) -> None:
    case = await a_signed_engagement()
    api = await api_of(http, case.actor, case.people.accountant)
    node_id = encode_id("Engagement", case.engagement_id)
    files = (await api.ask(VERSION, id=node_id))["engagement"]["currentScopeVersion"]["files"]
    rows = list(csv.DictReader(io.StringIO((await fetched(http, files["csvUrl"])).text)))
    assert [(row["item_key"], row["predecessors"], row["fee"]) for row in rows] == [
        ("site", "", ""), ("design", "", "40000.00"), ("build", "design FS", "60000.00"), ("handover", "build FS", ""),
    ]  # fmt: skip
    assert json.loads((await fetched(http, files["jsonUrl"])).text)["calendar"]["country"] == "DK"
    assert "<Name>Hand-over</Name>" in (await fetched(http, files["projectXmlUrl"])).text
    events = Calendar.from_ical((await fetched(http, files["calendarUrl"])).content).walk("VEVENT")
    assert [str(event["summary"]) for event in events] == [
        "Deliverable: Design", "Deliverable: Build", "Milestone: Hand-over",
    ]  # fmt: skip


async def test_a_link_reads_its_one_file_and_ends_and_another_practice_gets_nothing(
    http: httpx.AsyncClient, clock: FixedClock
) -> None:
    case = await a_signed_engagement()
    api = await api_of(http, case.actor, case.actor)
    node_id = encode_id("Engagement", case.engagement_id)
    files = (await api.ask(VERSION, id=node_id))["engagement"]["currentScopeVersion"]["files"]
    url = urlsplit(files["jsonUrl"])
    other = await a_signed_engagement()
    for path in (
        url.path.replace(".json", ".csv") + f"?{url.query}",
        f"{url.path}?versionId={other.engagement_id}",
        url.path,
    ):
        assert (await http.get(path)).status_code == 404, path

    people = await a_practice()
    await a_client(people.owner)
    stranger = await api_of(http, people.owner, people.owner)
    for path in (
        f"/exports/scope-version.json?{url.query}",
        f"/exports/scope-draft.csv?engagementId={case.engagement_id}",
        "/exports/scope-draft.csv?engagementId=1",
        "/exports/scope-version.ics",
    ):
        refused = await http.get(path, headers=stranger._headers)
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "NOT_FOUND"), path
        assert (await http.get(path)).status_code == 401
    own = await http.get(f"/exports/scope-version.json?{url.query}", headers=api._headers)
    assert own.status_code == 200
    moved = clock.now()
    clock.set(moved.replace(minute=moved.minute + 15))
    assert (await fetched(http, files["jsonUrl"])).json()["error"]["code"] == "LINK_INVALID"


async def test_what_is_no_plan_of_microsoft_project_is_a_problem_with_its_line(
    http: httpx.AsyncClient,
) -> None:
    case = await an_engagement()
    api = await api_of(http, case.actor, case.actor)
    node_id = encode_id("Engagement", case.engagement_id)
    for text, code, line in (
        ("<html/>", "NOT_MS_PROJECT", 1),
        (PROJECT.replace("</Tasks>", ""), "FILE_INVALID", 10),
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + PROJECT.partition("\n")[2], "XML_FORBIDDEN", 1),
    ):
        shown = (await api.ask(PREVIEW, id=node_id, text=text))["previewScopeImport"]
        assert shown["problems"] == [{"code": code, "line": line, "severity": "PROBLEM"}]
        assert shown["plan"] is None
        refused = (await api.ask(IMPORT, id=node_id, version=1, text=text, format="MS_PROJECT_XML"))["importScope"]  # fmt: skip
        assert refused["userErrors"] == [{"code": "IMPORT_INVALID"}]
        assert refused["problems"] == [{"code": code, "line": line}]
