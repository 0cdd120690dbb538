"""Scopes over HTTP: written item by item, compared, and laid on the calendar."""

import httpx
import pytest

from schema.relay import encode_id
from tests.factories.api import Api, api_of
from tests.factories.engagements import (
    a_scoped_engagement,
    a_signed_engagement,
    an_engagement,
    engagement_row,
)
from tests.factories.practices import a_practice
from tests.schema.test_engagements import CREATE_ORDER, SHOP

ERRORS = "userErrors { code field message currentVersion }"
DRAFT = """
  scopeDraft {
    version problems { field itemKey line code message }
    lines { key outlineNumber parentKey kind title fixedFee { amount } rate { amount } quantity unit cost { amount }
            effortMinutes durationDays allocationBps calendarKey constraintKind constraintDate taxCode taxBps deliverable
            acceptanceCriteria description position }
    items { key outlineNumber phaseKey startDate finishDate plannedStart plannedFinish fixedFee { amount } fee { amount }
            allocationBps calendarKey parent { key } children { key } }
    dependencies { predecessorKey successorKey kind lagDays lagKind maxLagDays }
    expectations { kind text } calendars { key title country region weekend daysOff }
    timeline { deliveryDate durationDays } budget { fee { amount } total { amount } }
  }
"""
CHANGE = f"""
mutation ($id: ID!, $version: Int!, $changes: [ChangeInput!]!) {{
  changeScopeDraft(input: {{engagementId: $id, expectedVersion: $version, changes: $changes}}) {{
    engagement {{ calendar {{ country daysOff }} {DRAFT} }} problems {{ field itemKey message }} {ERRORS}
  }}
}}
"""
DIFF = """
query ($id: ID!, $from: ScopeStateInput!, $to: ScopeStateInput!) {
  scopeDiff(engagementId: $id, from: $from, to: $to) {
    isEmpty fromVersion { number } toVersion { number }
    itemsAdded { key outlineNumber title fixedFee { amount currency } } itemsRemoved { key }
    itemsChanged { key title fields { field label en: before enAfter: after da: before(language: DA)
                                      daAfter: after(language: DA) daLabel: label(language: DA) } }
    dependenciesAdded { predecessorKey successorKey } dependenciesRemoved { successorKey }
    dependenciesChanged { before { lagDays } after { lagDays maxLagDays } }
    expectationsAdded { kind text } expectationsRemoved { text }
    calendarsAdded { key } calendarsRemoved { key } calendarsChanged { before { key } after { weekend } }
    moves { key finishBefore finishAfter shiftDays }
    totalsBefore { fee { amount } durationDays deliveryDate } totalsAfter { fee { amount } deliveryDate }
    feeChange { amount currency } costChange { amount } taxChange { amount } deliveryShiftDays
    workingDayChanges summary danish: summary(language: DA)
  }
}
"""
YEAR = """
query ($of: CalendarOfInput!, $year: Int!) {
  workingCalendar(of: $of, year: $year) {
    year country region regionName weekend daysOff workingDays months { month workingDays }
    publicHolidays { date name danish: name(language: DA) isOnWeekend }
  }
}
"""


def kroner(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "DKK"}


async def owner_api(http: httpx.AsyncClient, people) -> Api:
    return await api_of(http, people.owner, people.owner)


async def test_a_front_end_builds_a_scope_item_by_item(http: httpx.AsyncClient) -> None:
    case = await an_engagement()
    api = await owner_api(http, case.people)
    node_id = encode_id("Engagement", case.engagement_id)

    async def change(version: int, *changes: dict):
        answer = await api.ask(CHANGE, id=node_id, version=version, changes=list(changes))
        payload = answer["changeScopeDraft"]
        assert payload["userErrors"] == []
        return payload["engagement"]

    phase = {"key": "site", "title": "The site", "kind": "SUMMARY"}
    draft = (await change(1, {"addItem": phase}))["scopeDraft"]
    assert [(each["field"], each["itemKey"], each["line"]) for each in draft["problems"]] == [
        ("kind", "site", 1)
    ]
    assert (draft["items"], draft["timeline"], draft["budget"]) == ([], None, None)
    assert [(each["key"], each["outlineNumber"]) for each in draft["lines"]] == [("site", "1")]

    whole = {
        "key": "design", "title": "Design", "parentKey": "site", "position": 1, "description": "Every page.",
        "quantity": "2.5", "unit": "day", "effortMinutes": 1200, "rate": kroner("8000.00"), "cost": kroner("5000.00"),
        "taxCode": "S", "taxBps": 2500, "durationDays": 5, "allocationBps": 5000, "calendarKey": "crew",
        "constraintKind": "START_NO_EARLIER_THAN", "constraintDate": "2026-03-03", "deliverable": "Drawings",
        "acceptanceCriteria": "The board approves",
    }  # fmt: skip
    engagement = await change(
        2,
        {"addItem": whole},
        {"addItem": {"key": "done", "title": "Done"}},
        {"addDependency": {"predecessorKey": "design", "successorKey": "done", "lagDays": 1, "maxLagDays": 4}},
        {"addExpectation": {"kind": "EXCLUSION", "text": "Photographs"}},
        {"addItemCalendar": {"key": "crew", "title": "Crew", "calendar": {"country": "DK", "weekend": [6], "daysOff": ["2026-03-05"]}}},
        {"pause": {"firstDay": "2026-03-16", "lastDay": "2026-03-17", "reason": "Moving"}},
    )  # fmt: skip
    draft = engagement["scopeDraft"]
    assert draft["problems"] == []
    assert engagement["calendar"]["daysOff"] == ["2026-03-16", "2026-03-17"]
    line = next(each for each in draft["lines"] if each["key"] == "design")
    assert line | whole == line | {
        "rate": {"amount": "8000.00"}, "cost": {"amount": "5000.00"}, "quantity": "2.5",
    } | {name: whole[name] for name in whole if name not in ("rate", "cost", "quantity")} | {
        "rate": kroner("8000.00"), "cost": kroner("5000.00"),
    }  # fmt: skip
    assert (line["outlineNumber"], line["fixedFee"]) == ("1.1", None)
    assert draft["calendars"] == [
        {"key": "crew", "title": "Crew", "country": "DK", "region": "", "weekend": [6],
         "daysOff": ["2026-03-05", "2026-03-16", "2026-03-17"]}
    ]  # fmt: skip
    assert draft["dependencies"] == [
        {"predecessorKey": "design", "successorKey": "done", "kind": "FINISH_TO_START", "lagDays": 1,
         "lagKind": "WORKING", "maxLagDays": 4}
    ]  # fmt: skip
    assert draft["expectations"] == [{"kind": "EXCLUSION", "text": "Photographs"}]
    # Two and a half days at 8 000.
    assert draft["budget"] == {"fee": {"amount": "20000.00"}, "total": {"amount": "25000.00"}}
    design = next(each for each in draft["items"] if each["key"] == "design")
    # Ten of the crew's six-day weeks' days from Tuesday 3 March, without the 5th.
    assert (design["startDate"], design["finishDate"]) == ("2026-03-03", "2026-03-14")
    assert (design["phaseKey"], design["parent"], design["children"]) == (
        "site",
        {"key": "site"},
        [],
    )
    site = next(each for each in draft["items"] if each["key"] == "site")
    assert (site["outlineNumber"], site["children"]) == ("1", [{"key": "design"}])


TOO_MUCH = {"amount": "-1.00", "currency": "DKK"}


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"reviseItem": {"key": "nobody", "title": "x"}}, "ITEM_NOT_FOUND", ["changes", "0", "reviseItem", "key"]),
        ({"removeItem": "nobody"}, "ITEM_NOT_FOUND", ["changes", "0", "removeItem"]),
        ({"addItem": {"key": "design", "title": "x"}}, "ITEM_EXISTS", ["changes", "0", "addItem", "key"]),
        ({"addItem": {"key": "x", "title": "x", "taxCode": "B"}}, "TAX_CODE_UNKNOWN", ["changes", "0", "addItem", "taxCode"]),
        ({"addItem": {"key": "x", "title": "x", "taxCode": "AE", "taxBps": 2500}}, "TAX_RATE_OF_CATEGORY",
         ["changes", "0", "addItem", "taxCode"]),
        ({"reviseItem": {"key": "design", "taxCode": "s"}}, "TAX_CODE_UNKNOWN", ["changes", "0", "reviseItem", "taxCode"]),
        ({"reviseItem": {"key": "design", "fee": {"amount": "1.00", "currency": "EUR"}}}, "CURRENCY_MISMATCH",
         ["changes", "0", "reviseItem", "fee"]),
        ({"reviseItem": {"key": "design", "durationDays": -1}}, "SCOPE_INVALID", ["changes"]),
        ({"reviseItem": {"key": "design", "allocationBps": 0}}, "SCOPE_INVALID", ["changes"]),
        ({"accelerate": {"key": "design", "durationDays": 5}}, "ACCELERATION_DOES_NOT_SHORTEN",
         ["changes", "0", "accelerate", "durationDays"]),
        ({"accelerate": {"key": "design", "durationDays": 4, "premium": TOO_MUCH}}, "ACCELERATION_INVALID",
         ["changes", "0", "accelerate", "premium"]),
        ({"pause": {"firstDay": "2026-03-10", "lastDay": "2026-03-09"}}, "PAUSE_ENDS_BEFORE_IT_BEGINS",
         ["changes", "0", "pause", "lastDay"]),
        ({"pause": {"firstDay": "2026-03-07", "lastDay": "2026-03-08"}}, "PAUSE_IN_FORCE", ["changes", "0", "pause"]),
        ({"changeCalendar": {}}, "CALENDAR_UNCHANGED", ["changes", "0", "changeCalendar"]),
        ({"changeCalendar": {"country": "XX"}}, "COUNTRY_UNKNOWN", ["changes", "0", "changeCalendar", "country"]),
        ({"changeCalendar": {"weekend": [0, 1, 2, 3, 4, 5, 6]}}, "CALENDAR_INVALID", ["changes", "0", "changeCalendar", "weekend"]),
        ({"addItemCalendar": {"key": "c", "title": "C", "calendar": {"country": "DE", "region": "ZZ"}}}, "REGION_UNKNOWN",
         ["changes", "0", "addItemCalendar", "calendar", "region"]),
        ({"removeItemCalendar": "c"}, "CALENDAR_NOT_FOUND", ["changes", "0", "removeItemCalendar"]),
    ],
)  # fmt: skip
async def test_a_change_that_cannot_be_is_refused_where_it_was_sent(
    http: httpx.AsyncClient, change: dict, code: str, field: list[str]
) -> None:
    case = await a_scoped_engagement()
    api = await owner_api(http, case.people)
    node_id = encode_id("Engagement", case.engagement_id)
    refused = await api.refusal(CHANGE, id=node_id, version=2, changes=[change])
    assert refused == (code, field)
    data = await api.ask(f"query ($id: ID!) {{ engagement(id: $id) {{ {DRAFT} }} }}", id=node_id)
    assert data["engagement"]["scopeDraft"]["version"] == 2


async def test_every_impossible_value_is_named_at_once(http: httpx.AsyncClient) -> None:
    case = await a_scoped_engagement()
    api = await owner_api(http, case.people)
    answer = await api.ask(
        CHANGE,
        id=encode_id("Engagement", case.engagement_id),
        version=2,
        changes=[
            {"reviseItem": {"key": "design", "durationDays": -1, "title": " "}},
            {"reviseItem": {"key": "build", "effortMinutes": -1}},
        ],
    )
    payload = answer["changeScopeDraft"]
    assert payload["engagement"] is None
    assert [(each["itemKey"], each["field"]) for each in payload["problems"]] == [
        ("design", "title"), ("design", "duration_days"), ("build", "effort_minutes"),
    ]  # fmt: skip


async def test_a_category_without_a_rate_takes_the_rate_with_it(http: httpx.AsyncClient) -> None:
    case = await a_scoped_engagement()
    api = await owner_api(http, case.people)
    answer = await api.ask(
        CHANGE,
        id=encode_id("Engagement", case.engagement_id),
        version=2,
        changes=[
            {"reviseItem": {"key": "design", "taxCode": "AE"}},
            {"addItem": {"key": "x", "title": "x", "taxCode": "O"}},
            {"addItem": {"key": "y", "title": "y", "taxCode": "L", "taxBps": 700}},
        ],
    )
    lines = answer["changeScopeDraft"]["engagement"]["scopeDraft"]["lines"]
    assert {each["key"]: (each["taxCode"], each["taxBps"]) for each in lines if each["kind"] != "SUMMARY"} == {
        "design": ("AE", 0), "build": ("S", 2500), "handover": ("S", 2500), "x": ("O", 0), "y": ("L", 700),
    }  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        [{"pause": {"firstDay": "2026-02-30", "lastDay": "2026-03-09"}}],
        [{"pause": None}],
        [{"pause": {"firstDay": "2026-03-09", "lastDay": "2026-03-09"}, "removeItem": "x"}],
        [{"explode": {}}],
        [{"accelerate": {"key": "design", "durationDays": 1.5}}],
        [{"changeCalendar": {"addDaysOff": ["tomorrow"]}}],
        [
            {
                "addDependency": {
                    "predecessorKey": "a",
                    "successorKey": "b",
                    "maxLagDays": 99999999999,
                }
            }
        ],
    ],
)
async def test_what_is_no_change_does_not_run(http: httpx.AsyncClient, changes: list) -> None:
    case = await a_scoped_engagement()
    api = await owner_api(http, case.people)
    node_id = encode_id("Engagement", case.engagement_id)
    body = (await api.raw(CHANGE, id=node_id, version=2, changes=changes)).json()
    assert [each["extensions"]["code"] for each in body["errors"]] == ["BAD_REQUEST"]
    assert "data" not in body


# Differences


async def signed_shop(http: httpx.AsyncClient):
    """A signed engagement whose shop was ordered and signed, and its owner's API."""
    from tests.factories.engagements import a_sent_order, sign_subject

    case = await a_signed_engagement()
    await sign_subject(case.actor, "change_order", await a_sent_order(case))
    return case, await owner_api(http, case.people)


async def test_two_versions_are_compared_over_http(http: httpx.AsyncClient) -> None:
    case, api = await signed_shop(http)
    node_id = encode_id("Engagement", case.engagement_id)
    data = await api.ask(DIFF, id=node_id, **{"from": {"number": 1}, "to": {"number": 2}})
    found = data["scopeDiff"]
    assert (found["fromVersion"], found["toVersion"]) == ({"number": 1}, {"number": 2})
    assert found["itemsAdded"] == [
        {"key": "shop", "outlineNumber": "1.3", "title": "A shop", "fixedFee": kroner("25000.00")}
    ]
    assert found["dependenciesAdded"] == [
        {"predecessorKey": "build", "successorKey": "shop"},
        {"predecessorKey": "shop", "successorKey": "handover"},
    ]
    assert (found["feeChange"], found["costChange"], found["taxChange"]) == (
        kroner("25000.00"), {"amount": "5000.00"}, {"amount": "6250.00"},
    )  # fmt: skip
    assert found["totalsBefore"] == {
        "fee": {"amount": "100000.00"}, "durationDays": 15, "deliveryDate": "2026-03-20",
    }  # fmt: skip
    assert found["moves"] == [
        {"key": "site", "finishBefore": "2026-03-20", "finishAfter": "2026-03-25", "shiftDays": 3},
        {"key": "handover", "finishBefore": "2026-03-20", "finishAfter": "2026-03-25", "shiftDays": 3},
    ]  # fmt: skip
    assert (found["deliveryShiftDays"], found["isEmpty"]) == (3, False)
    assert found["summary"][0].replace("\u00a0", " ") == (
        "Added: A shop (shop), 25,000.00 DKK, 3 working days."
    )
    assert found["danish"][-1].replace("\u00a0", " ") == (
        "Levering: før 20. marts 2026, nu 25. marts 2026 (+3 arbejdsdage)."
    )
    back = await api.ask(DIFF, id=node_id, **{"from": {"number": 2}, "to": {"isDraft": True}})
    assert [each["key"] for each in back["scopeDiff"]["itemsRemoved"]] == ["shop"]
    assert (back["scopeDiff"]["toVersion"], back["scopeDiff"]["feeChange"]["amount"]) == (
        None, "-25000.00",
    )  # fmt: skip


async def test_fields_are_compared_in_words(http: httpx.AsyncClient) -> None:
    from services.rules.scope import Accelerate, ReviseItem
    from tests.factories.engagements import a_sent_order, sign_subject

    case = await a_signed_engagement()
    order = await a_sent_order(
        case, [ReviseItem("design", {"effort_minutes": 90}), Accelerate("build", 8, 1_000_000)]
    )
    await sign_subject(case.actor, "change_order", order)
    api = await owner_api(http, case.people)
    node_id = encode_id("Engagement", case.engagement_id)
    data = await api.ask(DIFF, id=node_id, **{"from": {"number": 1}, "to": {"number": 2}})
    told = [
        (each["key"], *(str(value).replace("\u00a0", " ") for value in field.values()))
        for each in data["scopeDiff"]["itemsChanged"]
        for field in each["fields"]
    ]
    assert told == [
        ("design", "EFFORT_MINUTES", "effort", "None", "1 hour 30 minutes", "None", "1 time 30 minutter", "tidsforbrug"),
        ("build", "FIXED_FEE", "fixed fee", "60,000.00 DKK", "70,000.00 DKK", "60.000,00 DKK", "70.000,00 DKK", "fast honorar"),
        ("build", "DURATION_DAYS", "duration", "10 working days", "8 working days", "10 arbejdsdage", "8 arbejdsdage", "varighed"),
    ]  # fmt: skip


async def test_a_state_that_is_not_there_is_refused(http: httpx.AsyncClient) -> None:
    case = await a_signed_engagement()
    api = await owner_api(http, case.people)
    node_id = encode_id("Engagement", case.engagement_id)

    async def refused(before: dict, after: dict):
        body = (await api.raw(DIFF, id=node_id, **{"from": before, "to": after})).json()
        extensions = body["errors"][0]["extensions"]
        return extensions["code"], extensions.get("field")

    assert await refused({"number": 1}, {"number": 9}) == ("SCOPE_VERSION_NOT_FOUND", ["to"])
    assert await refused({"number": 0}, {"number": 1}) == ("SCOPE_VERSION_NOT_FOUND", ["from"])
    assert await refused({"isDraft": False}, {"number": 1}) == (
        "SCOPE_STATE_UNCLEAR", ["from", "isDraft"],
    )  # fmt: skip
    assert (await refused({"number": 1, "isDraft": True}, {"number": 1}))[0] == "BAD_REQUEST"
    assert (await refused({}, {"number": 1}))[0] == "BAD_REQUEST"
    stranger = await owner_api(http, await a_practice())
    body = (
        await stranger.raw(DIFF, id=node_id, **{"from": {"number": 1}, "to": {"number": 1}})
    ).json()
    assert body["errors"][0]["message"] == "No engagement with this id."


async def test_a_version_shows_its_tree(http: httpx.AsyncClient) -> None:
    _, api = case_and_api = await signed_shop(http)
    node_id = encode_id("Engagement", case_and_api[0].engagement_id)
    data = await api.ask(
        """query ($id: ID!) { engagement(id: $id) { scopeVersions {
             number calendars { key } expectations { text } dependencies { successorKey maxLagDays }
             items { key outlineNumber phaseKey parent { key } children { key } } } } }""",
        id=node_id,
    )
    first, second = data["engagement"]["scopeVersions"]
    assert [(each["key"], each["outlineNumber"], each["phaseKey"]) for each in second["items"]] == [
        ("site", "1", None), ("design", "1.1", "site"), ("build", "1.2", "site"), ("shop", "1.3", "site"),
        ("handover", "2", None),
    ]  # fmt: skip
    assert [each["key"] for each in second["items"][0]["children"]] == ["design", "build", "shop"]
    assert [each["parent"] for each in first["items"]] == [
        None,
        {"key": "site"},
        {"key": "site"},
        None,
    ]


async def test_a_change_order_takes_the_new_kinds_of_change(http: httpx.AsyncClient) -> None:
    case = await a_signed_engagement()
    api = await owner_api(http, case.people)
    made = await api.ask(
        CREATE_ORDER,
        id=encode_id("Engagement", case.engagement_id),
        changes=[
            *SHOP,
            {"pause": {"firstDay": "2026-03-16", "lastDay": "2026-03-17"}},
            {"changeCalendar": {"addDaysOff": ["2026-03-18"]}},
            {"accelerate": {"key": "build", "durationDays": 9, "premium": kroner("100.00"), "extraCost": kroner("50.00")}},
            {"addItemCalendar": {"key": "crew", "title": "Crew", "calendar": {"weekend": [6]}}},
            {"reviseItem": {"key": "shop", "calendarKey": "crew", "allocationBps": 5000}},
        ],
    )  # fmt: skip
    assert made["createChangeOrder"]["userErrors"] == []
    assert made["createChangeOrder"]["changeOrder"]["status"] == "DRAFT"
    assert (await engagement_row(case))["days_off"] == []


# Calendars


async def test_denmarks_great_prayer_day_is_off_in_2023_and_worked_from_2024(
    http: httpx.AsyncClient,
) -> None:
    case = await an_engagement()
    api = await owner_api(http, case.people)
    denmark = {"calendar": {"country": "DK"}}
    before = (await api.ask(YEAR, of=denmark, year=2023))["workingCalendar"]
    after = (await api.ask(YEAR, of=denmark, year=2024))["workingCalendar"]
    prayers = [each for each in before["publicHolidays"] if each["date"] == "2023-05-05"]
    assert prayers == [
        {"date": "2023-05-05", "name": "Great Prayer Day", "danish": "Store bededag", "isOnWeekend": False}
    ]  # fmt: skip
    assert "2024-04-26" not in [each["date"] for each in after["publicHolidays"]]
    assert [each["name"] for each in after["publicHolidays"]] == [
        "New Year's Day", "Maundy Thursday", "Good Friday", "Easter Sunday", "Easter Monday", "Ascension Day",
        "Pentecost", "Pentecost Monday", "Christmas Day", "Second Day of Christmas",
    ]  # fmt: skip
    # 2023: 260 weekdays, eight holidays on them. 2024: 262 weekdays, eight holidays on them.
    assert (before["workingDays"], after["workingDays"]) == (252, 254)
    assert after["months"][3] == {"month": 4, "workingDays": 21}
    assert sum(each["workingDays"] for each in after["months"]) == 254
    assert (after["weekend"], after["regionName"], after["daysOff"]) == ([5, 6], "", [])


async def test_the_calendar_of_an_engagement_and_of_a_place_with_days_off(
    http: httpx.AsyncClient,
) -> None:
    case, api = await signed_shop(http)
    node_id = encode_id("Engagement", case.engagement_id)
    year = (await api.ask(YEAR, of={"engagementId": node_id}, year=2026))["workingCalendar"]
    assert (year["country"], year["workingDays"]) == ("DK", 254)
    bavaria = {
        "country": "DE",
        "region": "BY",
        "weekend": [6],
        "daysOff": ["2026-05-02", "2027-01-02"],
    }
    year = (await api.ask(YEAR, of={"calendar": bavaria}, year=2026))["workingCalendar"]
    assert (year["regionName"], year["daysOff"], year["weekend"]) == ("Bayern", ["2026-05-02"], [6])
    assert {
        "date": "2026-01-06",
        "name": "Epiphany",
        "danish": "Epiphany",
        "isOnWeekend": False,
    } in year["publicHolidays"]
    nowhere = (await api.ask(YEAR, of={"calendar": {}}, year=2026))["workingCalendar"]
    assert (nowhere["country"], nowhere["publicHolidays"], nowhere["workingDays"]) == (
        None,
        [],
        261,
    )


@pytest.mark.parametrize(
    ("of", "year", "code", "field"),
    [
        ({"calendar": {"country": "XX"}}, 2026, "COUNTRY_UNKNOWN", ["of", "calendar", "country"]),
        ({"calendar": {"country": "DE", "region": "84"}}, 2026, "REGION_UNKNOWN", ["of", "calendar", "region"]),
        ({"calendar": {"weekend": [9]}}, 2026, "CALENDAR_INVALID", ["of", "calendar", "weekend"]),
        ({"calendar": {"country": "DK"}}, 1999, "DATE_OUT_OF_RANGE", ["year"]),
        ({"calendar": {"country": "DK"}}, 2200, "DATE_OUT_OF_RANGE", ["year"]),
        ({}, 2026, "BAD_REQUEST", None),
        ({"engagementId": "nothing"}, 2026, "ID_INVALID", ["of", "engagementId"]),
    ],
)  # fmt: skip
async def test_a_calendar_that_is_none_is_refused(
    http: httpx.AsyncClient, of: dict, year: int, code: str, field: list[str] | None
) -> None:
    api = await owner_api(http, await a_practice())
    body = (await api.raw(YEAR, of=of, year=year)).json()
    extensions = body["errors"][0]["extensions"]
    assert (extensions["code"], extensions.get("field")) == (code, field)
