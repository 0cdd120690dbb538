"""Plans for the command line: what is understood, and what is refused with which items."""

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.plan_schedules import answer, answers, as_line
from services.rules.errors import InvalidInput
from services.rules.plan_files.schedule_plans import read_schedule_plan
from services.rules.schedule import ConstraintKind, LagKind, LinkKind


def error_of(plan: object) -> tuple[str, list]:
    found = answer(plan)["error"]
    return found["code"], found["items"]


@pytest.mark.parametrize(
    "written",
    [
        "start_no_earlier_than", "START_NO_EARLIER_THAN", "Start No Earlier Than", "start-no-earlier-than",
        "StartNoEarlierThan", "SNET", "snet", "Start On or After",
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind_name", ["type", "kind"])
def test_a_constraint_is_understood_however_it_is_spelt(written: str, kind_name: str) -> None:
    plan = {
        "start": "2026-11-02",
        "items": [
            {"id": "a", "constraint": {kind_name: written, "date": "2026-11-05"}},
            {"id": "b", "constraint": written, "constraint_date": "2026-11-05T08:00"},
            {"id": "c", "constraint": f"{written} 2026-11-05"},
        ],
    }
    for item in read_schedule_plan(plan).items:
        assert item.constraint_kind is ConstraintKind.START_NO_EARLIER_THAN
        assert item.constraint_date == date(2026, 11, 5)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("ASAP", "as_soon_as_possible"),
        ("ALAP", "as_late_as_possible"),
        ("SNLT", "start_no_later_than"),
        ("FNET", "finish_no_earlier_than"),
        ("FNLT", "finish_no_later_than"),
        ("MSO", "must_start_on"),
        ("MFO", "must_finish_on"),
        ("Mandatory Finish", "must_finish_on"),
    ],
)
def test_the_abbreviations_stand_for_the_kinds(written: str, kind: str) -> None:
    plan = {
        "start": "2026-11-02",
        "items": [{"id": "a", "constraint": {"type": written, "date": "2026-11-05"}}],
    }
    assert read_schedule_plan(plan).items[0].constraint_kind.value == kind


def test_everything_that_a_plan_may_say_is_read() -> None:
    plan = read_schedule_plan(
        {
            "name": "all",
            "start": "2026-11-02",
            "status_date": "2026-11-10",
            "calendar": {"country": "dk", "region": "", "weekend": ["Sat", "sunday"], "days_off": ["2026-12-24"]},
            "calendars": {"nights": {"weekend": "0,1 2"}},
            "items": [
                {"id": "s"},
                {
                    "id": 5, "parent": "s", "duration_days": 4, "calendar": "nights", "allocation_percent": 50,
                    "percent_complete": Decimal("12.5"), "actual_start": "2026-11-03", "resources": {"anyone": "else"},
                },
                {"id": "6", "duration_days": Decimal("4.0"), "actual_finish": "2026-11-09"},
            ],
            "dependencies": [
                {"from": 5, "to": "6", "type": "finish-to-start", "lag_days": -2, "lag_kind": "Elapsed", "max_lag_days": 9}
            ],
        }
    )  # fmt: skip
    assert plan.calendar is not None
    assert (plan.calendar.country, plan.calendar.weekend) == ("DK", frozenset({5, 6}))
    assert plan.calendars["nights"].weekend == frozenset({0, 1, 2})
    assert (plan.start, plan.status_date) == (date(2026, 11, 2), date(2026, 11, 10))
    assert plan.ids == {"s": "s", "5": 5, "6": "6"}
    item = plan.items[1]
    assert (item.parent_id, item.calendar_id) == ("s", "nights")
    assert (item.allocation_bps, item.percent_complete_bps) == (5000, 1250)
    assert item.actual_start == date(2026, 11, 3)
    link = plan.links[0]
    assert (link.predecessor_id, link.successor_id, link.kind) == (
        "5",
        "6",
        LinkKind.FINISH_TO_START,
    )
    assert (link.lag_days, link.lag_kind, link.max_lag_days) == (-2, LagKind.ELAPSED, 9)


def test_a_plan_as_it_was_recorded_is_read_with_its_children_and_working_weekdays() -> None:
    plan = read_schedule_plan(
        {
            "project_start": "2004-07-19T08:00",
            "calendar": {"working_weekdays": "Mon-Fri", "hours": "08:00-16:00"},
            "items": [{"id": "1", "summary": True}, {"id": "2", "duration": 3}],
            "deps": [],
            "children": {"1": ["2"]},
        }
    )
    assert plan.start == date(2004, 7, 19)
    assert plan.items[1].parent_id == "1"
    assert plan.calendar is not None
    assert plan.calendar.weekend == frozenset({5, 6})


ONE = {"id": "a", "duration_days": 1}


@pytest.mark.parametrize(
    ("plan", "code", "items"),
    [
        ([], "PLAN_INVALID", []),
        ("x", "PLAN_INVALID", []),
        ({}, "PLAN_INVALID", []),
        ({"items": {}}, "PLAN_INVALID", []),
        ({"items": [1]}, "PLAN_INVALID", []),
        ({"items": [{}]}, "PLAN_INVALID", []),
        ({"items": [{"id": True}]}, "PLAN_INVALID", []),
        ({"items": [ONE], "dependencies": [3]}, "PLAN_INVALID", []),
        ({"items": [ONE], "dependencies": [{"from": "a"}]}, "PLAN_INVALID", []),
        ({"items": [{"id": "a", "durration_days": 1}]}, "PLAN_INVALID", []),
        ({"items": [ONE], "dependancies": []}, "PLAN_INVALID", []),
        ({"items": [{"id": "a", "duration_days": -1}]}, "DURATION_INVALID", ["a"]),
        ({"items": [{"id": 4, "duration_days": Decimal("1.5")}]}, "DURATION_INVALID", [4]),
        ({"items": [{"id": "a", "duration_days": 1.5}]}, "DURATION_INVALID", ["a"]),
        ({"items": [{"id": "a", "duration_days": 10_001}]}, "DURATION_INVALID", ["a"]),
        ({"items": [{"id": "a", "duration_days": True}]}, "DURATION_INVALID", ["a"]),
        ({"items": [{"id": "a", "constraint": "someday"}]}, "CONSTRAINT_INVALID", ["a"]),
        ({"items": [{"id": "a", "constraint": "SNET"}]}, "CONSTRAINT_INVALID", ["a"]),
        ({"items": [{"id": "a", "constraint": {"type": "SNET", "date": "soon"}}]}, "DATE_INVALID", ["a"]),
        ({"items": [{"id": "a", "constraint": "SNET 2026-11-02"}]}, "START_REQUIRED", ["a"]),
        ({"start": "2026-02-30", "items": []}, "DATE_INVALID", []),
        ({"items": [{"id": "a", "calendar": "x"}]}, "CALENDAR_UNKNOWN", ["a"]),
        ({"items": [{"id": "a", "allocation_percent": 0}]}, "ALLOCATION_INVALID", ["a"]),
        ({"items": [{"id": "a", "percent_complete": 101}]}, "PROGRESS_INVALID", ["a"]),
        ({"items": [ONE, ONE]}, "SCHEDULE_DUPLICATE_ITEM", ["a"]),
        ({"items": [{"id": "1"}, {"id": 1}]}, "SCHEDULE_DUPLICATE_ITEM", ["1"]),
        ({"items": [{**ONE, "parent": "z"}]}, "SCHEDULE_UNKNOWN_ITEM", ["z"]),
        ({"items": [ONE], "dependencies": [{"from": "a", "to": "z"}]}, "SCHEDULE_UNKNOWN_ITEM", ["z"]),
        ({"items": [ONE], "dependencies": [{"from": "a", "to": "a"}]}, "SCHEDULE_SELF_LINK", ["a"]),
        ({"items": [{"id": "a", "parent": "b"}, {"id": "b", "parent": "a"}]}, "SCHEDULE_PARENT_CYCLE", ["a", "b"]),
        ({"items": [ONE, {"id": "b"}], "dependencies": [{"from": "a", "to": "b", "type": "FX"}]}, "LINK_INVALID", ["a", "b"]),
        ({"items": [ONE, {"id": "b"}], "dependencies": [{"from": "a", "to": "b", "lag_days": "1.5"}]}, "LINK_INVALID", ["a", "b"]),
        ({"items": [ONE, {"id": "b"}], "dependencies": [{"from": "a", "to": "b", "lag_kind": "x"}]}, "LINK_INVALID", ["a", "b"]),
        ({"items": [ONE], "calendar": 5}, "CALENDAR_INVALID", []),
        ({"items": [ONE], "calendar": {"weekend": [7]}}, "CALENDAR_INVALID", []),
        ({"items": [ONE], "calendar": {"weekend": [0, 1, 2, 3, 4, 5, 6]}}, "CALENDAR_EMPTY", []),
        ({"items": [ONE], "calendar": {"country": "DK"}}, "START_REQUIRED", []),
        ({"start": "2026-01-01", "items": [ONE], "calendar": {"country": "XX"}}, "COUNTRY_UNKNOWN", []),
        ({"start": "9999-12-30", "items": [{"id": "a", "duration_days": 9}]}, "DATE_OUT_OF_RANGE", []),
    ],
)  # fmt: skip
def test_what_cannot_be_scheduled_is_refused_with_its_items(plan, code, items) -> None:
    assert error_of(plan) == (code, items)


def test_without_a_calendar_every_day_works_and_without_a_start_the_boundaries_are_the_same() -> (
    None
):
    items = [{"id": "a", "duration_days": 9}]
    dated, undated = answer({"start": "2026-11-02", "items": items}), answer({"items": items})
    assert dated["finish_date"] == "2026-11-10"
    assert undated["finish_date"] == "2000-01-11"
    assert dated["duration_days"] == undated["duration_days"] == 9


def test_a_danish_plan_knows_when_the_great_prayer_day_went() -> None:
    for start, finish in (("2023-05-04", "2023-05-08"), ("2024-04-25", "2024-04-26")):
        found = answer(
            {
                "start": start,
                "calendar": {"country": "DK"},
                "items": [{"id": "a", "duration_days": 2}],
            }
        )
        assert found["finish_date"] == finish


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "name", "start", "items", "dependencies", "id", "duration_days", "parent", "constraint", "from", "to",
                    "type", "lag_days", "calendar", "weekend", "days_off", "date", "calendars", "children",
                ]
            ),
            inner,
            max_size=5,
        ),
    )
)  # fmt: skip
def test_no_json_value_brings_the_command_down(value: object) -> None:
    found = answer(value)
    assert ("error" in found) != ("items" in found)
    as_line(found)


@given(st.lists(st.binary(max_size=30).map(lambda line: line + b"\n"), max_size=4))
def test_no_bytes_bring_the_command_down(lines: list[bytes]) -> None:
    for found in answers(lines):
        json.loads(as_line(found))


def test_a_fault_is_raised_as_an_input_and_never_as_a_crash() -> None:
    with pytest.raises(InvalidInput):
        read_schedule_plan(None)
