"""Plans that come as files."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from services.rules.plan_files import PlanCalendar, PlanLink, read_csv, read_json
from services.rules.schedule import ConstraintKind, LagKind, LinkKind

REAL_PLAN = Path(__file__).parent.parent / "data" / "plan_new_product.json"


def problems(plan) -> list[tuple]:
    return [(each.line, each.item_key, each.field, each.code) for each in plan.problems]


def test_the_recorded_plan_is_read_whole() -> None:
    plan = read_json(REAL_PLAN.read_text(), currency="DKK")
    assert plan.problems == ()
    assert (plan.name, plan.start) == ("msproject/new_product_2004", date(2004, 7, 19))
    assert plan.calendar == PlanCalendar(weekend=frozenset({5, 6}))
    assert len(plan.items) == 42
    assert len(plan.links) == len(json.loads(REAL_PLAN.read_text())["deps"])
    items = {item.key: item for item in plan.items}
    assert items["4"].parent_key == "2"
    assert items["4"].constraint_kind is ConstraintKind.START_NO_EARLIER_THAN
    assert items["4"].constraint_date == date(2004, 9, 5)
    assert {link.lag_days for link in plan.links} == {0, -15}


def test_the_plan_format_is_read_with_its_calendar_and_fees() -> None:
    plan = read_json(
        """{"name": "Site", "start": "2026-11-02",
            "calendar": {"country": "DK", "weekend": [5, 6], "days_off": ["2026-12-24"]},
            "items": [{"id": "a", "name": "Design", "duration_days": 5, "fee": 12000.50, "tax_rate": "25"},
                      {"id": "b", "duration_days": 0}],
            "dependencies": [{"from": "a", "to": "b", "type": "SS", "lag_days": 2, "lag_kind": "elapsed"}]}""",
        currency="DKK",
    )
    assert plan.problems == ()
    assert plan.calendar == PlanCalendar("DK", "", frozenset({5, 6}), (date(2026, 12, 24),))
    assert (plan.items[0].title, plan.items[0].fee_minor, plan.items[0].tax_bps) == (
        "Design",
        1200050,
        2500,
    )
    assert plan.items[1].title == "b"
    assert plan.links == (PlanLink("a", "b", LinkKind.START_TO_START, 2, LagKind.ELAPSED),)


def test_every_problem_of_a_json_plan_is_named_at_once() -> None:
    plan = read_json(
        """{"start": "2026-13-01", "items": [
            {"id": "a", "duration_days": -1, "fee": "12.345"},
            {"id": "a", "parent": "x", "durration_days": 3},
            {"name": "no key"},
            {"id": "s", "summary": true},
            {"id": "c", "constraint": {"type": "some day"}}],
           "dependencies": [{"from": "a", "to": "z"}, {"from": "a", "to": "a"}, {"from": "a", "to": "c", "type": "XX"},
                            {"from": "a", "to": "c", "lag_days": 1.5}]}""",
        currency="DKK",
    )
    assert problems(plan) == [
        (None, "a", "items[0].duration_days", "DURATION_INVALID"),
        (None, "a", "items[0].fee", "AMOUNT_TOO_PRECISE"),
        (None, "a", "items[1].durration_days", "FIELD_UNKNOWN"),
        (None, None, "items[2].id", "REQUIRED"),
        (None, "c", "items[4].constraint.type", "CONSTRAINT_INVALID"),
        (None, "s", "items[3].summary", "SUMMARY_EMPTY"),
        (None, "a", "dependencies[1].type", "LINK_INVALID"),
        (None, "c", "dependencies[2].type", "LINK_INVALID"),
        (None, "c", "dependencies[3].lag_days", "LINK_INVALID"),
        (None, None, "start", "DATE_INVALID"),
        (None, "a", "items[1].key", "KEY_TWICE"),
        (None, "a", "items[1].parent", "ITEM_UNKNOWN"),
        (None, "z", "dependencies[0].type", "ITEM_UNKNOWN"),
    ]
    assert "Is duration_days meant?" in plan.problems[2].message


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "FILE_INVALID"),
        ("[]", "FILE_INVALID"),
        ("null", "FILE_INVALID"),
        ('{"items": [{"id": "a", "fee": NaN}]}', "FILE_INVALID"),
        ("[" * 100000, "FILE_INVALID"),
        ('{"items": []}', "EMPTY"),
        ('{"items": {}}', "FILE_INVALID"),
        ('{"items": [{"id": "a", "fee": 1e400}]}', "AMOUNT_TOO_LARGE"),
        ('{"items": [{"id": "a", "fee": true}]}', "AMOUNT_INVALID"),
        ('{"items": [{"id": "a", "name": "\\u202eevil"}]}', "TEXT_INVALID"),
        ('{"items": [{"id": "a", "name": "\\u0000"}]}', "TEXT_INVALID"),
        ('{"items": [{"id": "a", "duration_days": 1e99}]}', "DURATION_INVALID"),
        ('{"items": [{"id": ["a"]}]}', "TEXT_INVALID"),
        ('{"items": [{"id": "a", "tax_rate": 101}]}', "TAX_INVALID"),
    ],
)
def test_what_cannot_be_read_is_a_problem_and_not_a_crash(text: str, code: str) -> None:
    assert read_json(text, currency="DKK").problems[0].code == code


def test_a_table_is_read_line_by_line() -> None:
    plan = read_csv(
        "item_key,parent_key,kind,title,quantity,unit,rate,fee,cost,tax_code,tax_rate,duration_days,predecessors,"
        "constraint_type,constraint_date,deliverable,acceptance_criteria\n"
        "1,,summary,Phase,,,,,,,,,,,,,\n"
        '2,1,task,"Design, draft",12.5,hour,900.00,,5000,S,25,5,,,,Drawings,"Approved\nby board"\n'
        "3,1,,Build,,,,20000,,,25%,10,2FS-15d,SNET,2026-11-05,,\n"
        '4,,milestone,Done,,,,,,,,,"3;2SS+2ed",,,,\n',
        currency="DKK",
    )
    assert plan.problems == ()
    by_key = {item.key: item for item in plan.items}
    assert (by_key["2"].quantity, by_key["2"].rate_minor, by_key["2"].fee_minor) == (
        Decimal("12.5"),
        90000,
        None,
    )
    assert by_key["2"].acceptance_criteria == "Approved\nby board"
    assert (by_key["3"].fee_minor, by_key["3"].tax_bps) == (2000000, 2500)
    assert by_key["3"].constraint_date == date(2026, 11, 5)
    assert plan.links == (
        PlanLink("2", "3", LinkKind.FINISH_TO_START, -15),
        PlanLink("3", "4"),
        PlanLink("2", "4", LinkKind.START_TO_START, 2, LagKind.ELAPSED),
    )


def test_every_problem_of_a_table_is_named_by_line_and_column() -> None:
    plan = read_csv(
        "item_key;duration;fee;predecessors;kind\n"
        "a;5;1,5;;\n"
        "b;;12;zFS;milestone\n"
        ";;;a;\n"
        "c;;;cFF;summary\n"
        "d;;;;;;\n",
        currency="DKK",
    )
    assert problems(plan) == [
        (1, None, "duration", "FIELD_UNKNOWN"),
        (6, None, "", "ROW_INVALID"),
        (2, "a", "fee", "AMOUNT_INVALID"),
        (4, None, "item_key", "REQUIRED"),
        (5, "c", "kind", "SUMMARY_EMPTY"),
        (5, "c", "predecessors", "LINK_INVALID"),
        (3, "b", "predecessors", "ITEM_UNKNOWN"),
        (4, None, "predecessors", "ITEM_UNKNOWN"),
    ]
