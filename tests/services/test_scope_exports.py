"""Scopes as files: what is written is read back, and others can open it."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from db.unit_of_work import read_only
from services import scopes
from services.calendars import plan_calendars
from services.rules.calendars import CalendarTerms
from services.rules.errors import DomainError, Forbidden, InvalidInput, NotFound
from services.rules.formulas import guarded, unguarded
from services.rules.plan_exports import (
    ExportedPlan,
    PlannedItem,
    write_csv,
    write_json,
    write_project,
)
from services.rules.scope import Scope, check_scope
from services.scopes.calendar_files import write_calendar
from services.scopes.exports import draft_file, version_file
from services.scopes.imports import read_scope, scheduled
from tests.factories.engagements import (
    NOW,
    SMALL_PLAN,
    a_scoped_engagement,
    a_signed_engagement,
    an_engagement,
    engagement_row,
)
from tests.factories.practices import a_practice
from tests.factories.scope_strategies import calendar_terms, in_outline
from tests.factories.scope_strategies import scopes as any_scopes

ENGAGEMENT = {
    "currency": "DKK", "start_date": date(2026, 3, 2), "tax_code": "S", "tax_bps": 2500, "country": None, "region": "",
    "weekend": [5, 6], "days_off": [],
}  # fmt: skip


def exported(
    scope: Scope, terms: CalendarTerms, start: date, currency: str = "DKK"
) -> ExportedPlan:
    found = scheduled(scope, terms, start)
    calendars = plan_calendars(scope, terms, start)
    return ExportedPlan(
        name="Website & shop",
        currency=currency,
        start=start,
        terms=terms,
        scope=scope,
        planned={
            key: PlannedItem(
                each.start_date,
                each.finish_date,
                each.early_start,
                each.total_float_days,
                each.free_float_days,
                each.critical,
            )
            for key, each in found.items.items()
        },
        calendars={None: calendars.project, **calendars.items},
    )


def schedulable(scope: Scope, terms: CalendarTerms, currency: str = "DKK") -> ExportedPlan:
    """The plan of a scope, where its maximal lags and dates do not contradict each other."""
    check_scope(scope)
    try:
        return exported(scope, terms, date(2026, 3, 2), currency)
    except DomainError:
        assume(False)
        raise


ANY = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@ANY
@given(any_scopes(), calendar_terms())
def test_json_gives_back_the_scope_with_its_calendars_and_expectations(scope, terms) -> None:
    plan = schedulable(scope, terms)
    found = read_scope(write_json(plan), "json", engagement=ENGAGEMENT, expectations=())
    assert (found.problems, found.warnings) == ((), ())
    assert in_outline(found.scope) == scope
    assert (found.calendar, found.start_date, found.name) == (terms, plan.start, plan.name)


@ANY
@given(any_scopes(), calendar_terms())
def test_csv_gives_back_the_items_and_leaves_the_rest_of_the_draft(scope, terms) -> None:
    found = read_scope(
        write_csv(schedulable(scope, terms)),
        "csv",
        engagement=ENGAGEMENT,
        expectations=scope.expectations,
        calendars=scope.calendars,
    )
    assert (found.problems, found.warnings) == ((), ())
    assert in_outline(found.scope) == scope


@ANY
@given(any_scopes(), calendar_terms(), st.sampled_from(["DKK", "JPY", "BHD"]))
def test_the_xml_of_microsoft_project_gives_back_the_scope_and_its_calendars(
    scope, terms, currency
) -> None:
    plan = schedulable(scope, terms, currency)
    found = read_scope(
        write_project(plan),
        "ms_project_xml",
        engagement={**ENGAGEMENT, "currency": currency},
        expectations=scope.expectations,
    )
    assert (found.problems, found.warnings) == ((), ())
    assert in_outline(found.scope) == scope
    assert (found.calendar, found.start_date, found.name) == (terms, plan.start, plan.name)


@given(st.text())
def test_a_guarded_cell_is_no_formula_and_comes_back(text: str) -> None:
    cell = guarded(text)
    assert cell[:1] not in set("=+-@\t\r＝＋－＠")
    assert unguarded(cell) == text


def test_no_cell_of_a_table_runs_as_a_formula() -> None:
    plan = {"items": [{"id": "a", "name": "=HYPERLINK(1)", "description": "@x", "unit": "-u", "fee": "5.00"}]}  # fmt: skip
    found = read_scope(json.dumps(plan), "json", engagement=ENGAGEMENT, expectations=())
    text = write_csv(exported(found.scope, CalendarTerms(), date(2026, 3, 2)))
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["title"], row["description"], row["unit"]) == ("'=HYPERLINK(1)", "'@x", "'-u")
    assert row["fee"] == "5.00"


@ANY
@given(any_scopes(), st.sampled_from(["en", "da"]))
def test_a_calendar_holds_an_all_day_event_for_every_milestone_and_deliverable(
    scope, locale
) -> None:
    plan = schedulable(scope, CalendarTerms())
    engagement_id = UUID(int=7)
    made = datetime(2026, 3, 1, 12, tzinfo=UTC)
    data = write_calendar(
        plan, engagement_id=engagement_id, locale=locale, sequence=3, stamped_at=made
    )
    # RFC 5545: lines end in CRLF and have at most 75 octets.
    assert data.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    calendar = Calendar.from_ical(data)
    events = {str(event["uid"]): event for event in calendar.walk("VEVENT")}
    wanted = {
        f"{engagement_id}.{item.item_key}@scopewright": item
        for item in scope.items
        if item.kind.value == "milestone" or item.deliverable
    }
    assert events.keys() == wanted.keys()
    for uid, item in wanted.items():
        event, day = events[uid], plan.planned[item.item_key].finish_date
        assert (event["dtstart"].dt, event["dtend"].dt) == (day, day + timedelta(days=1))
        assert type(event["dtstart"].dt) is date
        assert str(event["summary"]).endswith(item.title)
        assert event["sequence"] == 3
    assert b"VTIMEZONE" not in data


async def draft_of(case) -> Scope:
    async with read_only(case.actor.scope()) as uow:
        return (await scopes.draft_scope(uow, case.engagement_id))[0]


@pytest.mark.usefixtures("database")
async def test_a_draft_goes_out_and_comes_back_in_every_form_of_plan() -> None:
    case = await a_scoped_engagement()
    wanted = in_outline(await draft_of(case))
    version = 2
    for form, file_format in (("csv", "csv"), ("json", "json"), ("xml", "ms_project_xml")):
        file = await draft_file(case.actor, case.engagement_id, form)
        assert file.name.endswith(f"-scope-draft.{form}")
        await scopes.import_scope(
            case.actor,
            case.engagement_id,
            text=file.content.decode(),
            file_format=file_format,
            expected_version=version,
            now=NOW,
        )
        version += 1
        assert in_outline(await draft_of(case)) == wanted
    row = await engagement_row(case)
    assert (row["country"], row["weekend"], row["days_off"]) == ("DK", [5, 6], [])


@pytest.mark.usefixtures("database")
async def test_a_version_is_exported_with_the_dates_that_were_signed() -> None:
    case = await a_signed_engagement()
    row = await engagement_row(case)
    version_id = row["current_scope_version_id"]
    data = (await version_file(case.actor, version_id, "ics")).content
    (event,) = [
        each
        for each in Calendar.from_ical(data).walk("VEVENT")
        if str(each["uid"]) == f"{case.engagement_id}.handover@scopewright"
    ]
    assert event["dtstart"].dt == date(2026, 3, 20)
    assert str(event["summary"]) == "Milestone: Hand-over"
    text = (await version_file(case.actor, version_id, "xml")).content.decode()
    assert "<Finish>2026-03-20T17:00:00</Finish>" in text
    again = read_scope(text, "ms_project_xml", engagement=row, expectations=())
    assert again.problems == ()
    assert again.calendar.country == "DK"


@pytest.mark.usefixtures("database")
async def test_an_unscheduled_draft_can_be_had_as_a_table_and_is_refused_as_a_calendar() -> None:
    case = await an_engagement()
    assert (await draft_file(case.actor, case.engagement_id, "csv")).content.count(b"\n") == 1
    for form in ("ics", "xml"):
        file = await draft_file(case.actor, case.engagement_id, form)
        assert file.content


@pytest.mark.usefixtures("database")
async def test_only_members_of_the_practice_get_its_files() -> None:
    case = await a_signed_engagement()
    version_id = (await engagement_row(case))["current_scope_version_id"]
    stranger = (await a_practice()).owner
    for actor, error in ((stranger, NotFound), (replace(case.actor, role="client"), Forbidden)):
        with pytest.raises(error):
            await version_file(actor, version_id, "csv")
        with pytest.raises(error):
            await draft_file(actor, case.engagement_id, "json")
    with pytest.raises(NotFound):
        await version_file(case.actor, uuid4(), "csv")
    assert (await version_file(case.people.accountant, version_id, "csv")).content


def test_a_plan_of_the_command_line_is_what_json_exports() -> None:
    from services.plan_schedules import answer

    found = read_scope(json.dumps(SMALL_PLAN), "json", engagement=ENGAGEMENT, expectations=())
    assert found.schedule is not None
    data = json.loads(write_json(exported(found.scope, CalendarTerms("DK"), date(2026, 3, 2))))
    answered = answer(data)
    assert answered["finish_date"] == found.schedule.finish_date.isoformat()
    with pytest.raises(InvalidInput):
        check_scope(replace(found.scope, items=found.scope.items[1:]))
