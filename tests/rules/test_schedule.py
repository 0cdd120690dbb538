"""The schedule: the plan Microsoft Project stored, and the rules one by one."""

import json
from datetime import date
from pathlib import Path

import pytest

from services.rules.calendars import WorkingCalendar
from services.rules.errors import InvalidInput, RuleViolation
from services.rules.schedule import (
    ConstraintKind,
    LagKind,
    LinkKind,
    ScheduleItem,
    ScheduleLink,
    check_network,
    compute_schedule,
)

PLAN = json.loads((Path(__file__).parents[1] / "data" / "plan_new_product.json").read_text())
CALENDAR = WorkingCalendar()
MONDAY = date(2026, 3, 2)


def plan_new_product():
    parents = {child: parent for parent, children in PLAN["children"].items() for child in children}
    items = []
    for line in PLAN["items"]:
        constraint = line.get("constraint")
        items.append(
            ScheduleItem(
                line["id"],
                line.get("duration", 0),
                parents.get(line["id"]),
                ConstraintKind(constraint["type"].lower())
                if constraint
                else ConstraintKind.AS_SOON_AS_POSSIBLE,
                date.fromisoformat(constraint["date"][:10]) if constraint else None,
            )
        )
    links = [
        ScheduleLink(line["from"], line["to"], LinkKind(line["type"]), line["lag"])
        for line in PLAN["deps"]
    ]
    return items, links


def schedule(items, links=(), start=MONDAY, calendar=CALENDAR):
    return compute_schedule(list(items), list(links), calendar, start)


# The real plan


@pytest.mark.parametrize("item_id", list(PLAN["expected"]))
def test_the_real_plan_gets_what_microsoft_project_stored(item_id):
    item = schedule(*plan_new_product(), start=date(2004, 7, 19)).items[item_id]
    found = {
        "es": item.early_start,
        "ef": item.early_finish,
        "ls": item.late_start,
        "lf": item.late_finish,
        "tf": item.total_float_days,
        "ff": item.free_float_days,
        "critical": item.critical,
        "start": item.start_date.isoformat(),
        "finish": item.finish_date.isoformat(),
        "late_start": item.late_start_date.isoformat(),
        "late_finish": item.late_finish_date.isoformat(),
    }
    expected = {
        name: value[:10] if isinstance(value, str) else value
        for name, value in PLAN["expected"][item_id].items()
    }
    assert {name: found[name] for name in expected} == expected


def test_the_real_plan_is_delivered_on_the_day_microsoft_project_says():
    result = schedule(*plan_new_product(), start=date(2004, 7, 19))
    assert (result.start_date, result.finish_date) == (date(2004, 7, 19), date(2004, 12, 22))
    assert result.duration_days == 113
    path = "17 4 5 16 18 19 20 21 36 37 38 39 40 41 42"
    assert result.critical_path == tuple(path.split())
    assert len(result.items) == 42
    assert sum(item.is_summary for item in result.items.values()) == 6


# The rules, one by one


@pytest.mark.parametrize(
    ("kind", "lag_days", "start", "finish"),
    [
        ("FS", 0, 5, 8),
        ("FS", 2, 7, 10),
        ("FS", -2, 3, 6),
        ("FS", -50, 0, 3),
        ("SS", 0, 0, 3),
        ("SS", 4, 4, 7),
        ("FF", 0, 2, 5),
        ("FF", 1, 3, 6),
        ("FF", -9, 0, 3),
        ("SF", 0, 0, 3),
        ("SF", 9, 6, 9),
    ],
)
def test_each_kind_of_link_binds_its_own_ends(kind, lag_days, start, finish):
    result = schedule(
        [ScheduleItem("a", 5), ScheduleItem("b", 3)],
        [ScheduleLink("a", "b", LinkKind(kind), lag_days)],
    )
    assert (result.items["b"].early_start, result.items["b"].early_finish) == (start, finish)


@pytest.mark.parametrize(
    ("kind", "lag_days", "predecessor_days", "start_date", "finish_date"),
    [
        # a runs Mon 2 March to Fri 6 March; the evening of Friday plus n calendar days
        ("FS", 0, 5, date(2026, 3, 9), date(2026, 3, 11)),
        ("FS", 1, 5, date(2026, 3, 9), date(2026, 3, 11)),
        ("FS", 2, 5, date(2026, 3, 9), date(2026, 3, 11)),
        ("FS", 3, 5, date(2026, 3, 10), date(2026, 3, 12)),
        ("FS", 7, 5, date(2026, 3, 16), date(2026, 3, 18)),
        ("FS", -1, 5, date(2026, 3, 6), date(2026, 3, 10)),
        # from Thursday evening two days reach Saturday evening
        ("FS", 2, 4, date(2026, 3, 9), date(2026, 3, 11)),
        ("SS", 5, 5, date(2026, 3, 9), date(2026, 3, 11)),
        ("SS", 3, 5, date(2026, 3, 5), date(2026, 3, 9)),
        ("FF", 0, 5, date(2026, 3, 4), date(2026, 3, 6)),
        ("FF", 1, 5, date(2026, 3, 5), date(2026, 3, 9)),
        ("FF", 3, 5, date(2026, 3, 5), date(2026, 3, 9)),
        ("FF", 4, 5, date(2026, 3, 6), date(2026, 3, 10)),
        ("SF", 9, 5, date(2026, 3, 6), date(2026, 3, 10)),
    ],
)
def test_an_elapsed_lag_counts_calendar_days(
    kind, lag_days, predecessor_days, start_date, finish_date
):
    result = schedule(
        [ScheduleItem("a", predecessor_days), ScheduleItem("b", 3)],
        [ScheduleLink("a", "b", LinkKind(kind), lag_days, LagKind.ELAPSED)],
    )
    item = result.items["b"]
    assert (item.start_date, item.finish_date) == (start_date, finish_date)


def test_an_elapsed_lag_that_ends_on_a_weekend_leaves_float_before_it():
    result = schedule(
        [ScheduleItem("a", 4), ScheduleItem("b", 3)],
        [ScheduleLink("a", "b", lag_days=1, lag_kind=LagKind.ELAPSED)],
    )
    # Thursday evening and one day is Friday evening, so Monday; a may end no later than Friday plus nothing.
    assert result.items["b"].start_date == date(2026, 3, 9)
    assert (result.items["a"].total_float_days, result.items["a"].free_float_days) == (1, 1)
    assert result.items["b"].critical


def test_a_wait_after_a_milestone_counts_from_the_day_it_is_shown_on():
    result = schedule(
        [
            ScheduleItem("start", 0),
            ScheduleItem("after start", 1),
            ScheduleItem(
                "content", 0, None, ConstraintKind.START_NO_EARLIER_THAN, date(2026, 3, 14)
            ),
            ScheduleItem("after content", 1),
        ],
        [
            ScheduleLink("start", "after start", lag_days=2, lag_kind=LagKind.ELAPSED),
            ScheduleLink("content", "after content", lag_days=2, lag_kind=LagKind.ELAPSED),
        ],
    )
    assert result.items["start"].start_date == date(2026, 3, 2)
    assert result.items["after start"].start_date == date(2026, 3, 4)
    assert result.items["content"].start_date == date(2026, 3, 16)
    assert result.items["after content"].start_date == date(2026, 3, 18)


@pytest.mark.parametrize(
    ("kind", "day", "boundaries", "total_float"),
    [
        # three days of work, alone in a plan that another item stretches to ten days
        ("start_no_earlier_than", date(2026, 3, 5), (3, 6), 4),
        ("start_no_earlier_than", date(2026, 3, 7), (5, 8), 2),
        ("start_no_earlier_than", date(2026, 2, 2), (0, 3), 7),
        ("finish_no_earlier_than", date(2026, 3, 6), (2, 5), 5),
        ("finish_no_earlier_than", date(2026, 3, 7), (3, 6), 4),
        ("start_no_later_than", date(2026, 3, 5), (0, 3), 3),
        ("start_no_later_than", date(2026, 3, 8), (0, 3), 4),
        ("finish_no_later_than", date(2026, 3, 6), (0, 3), 2),
        ("finish_no_later_than", date(2026, 3, 8), (0, 3), 2),
        ("finish_no_later_than", date(2026, 3, 3), (0, 3), -1),
        ("start_no_later_than", date(2026, 2, 27), (0, 3), -1),
        ("must_start_on", date(2026, 3, 5), (3, 6), 0),
        ("must_start_on", date(2026, 3, 7), (5, 8), 0),
        ("must_finish_on", date(2026, 3, 6), (2, 5), 0),
        ("must_finish_on", date(2026, 3, 7), (3, 6), 0),
        ("must_finish_on", date(2026, 3, 3), (0, 3), -1),
    ],
)
def test_each_constraint_binds_as_its_name_says(kind, day, boundaries, total_float):
    result = schedule(
        [ScheduleItem("a", 3, None, ConstraintKind(kind), day), ScheduleItem("long", 10)]
    )
    item = result.items["a"]
    assert (item.early_start, item.early_finish) == boundaries
    assert item.total_float_days == total_float
    assert item.critical == (total_float <= 0)


def test_links_win_over_hard_dates_and_the_float_says_by_how_much():
    result = schedule(
        [
            ScheduleItem("a", 5),
            ScheduleItem("b", 3, None, ConstraintKind.MUST_START_ON, date(2026, 3, 5)),
        ],
        [ScheduleLink("a", "b")],
    )
    assert result.items["b"].early_start == 5
    assert result.items["b"].late_start == 3
    assert {item.total_float_days for item in result.items.values()} == {-2}
    assert result.critical_path == ("a", "b")
    assert result.items["a"].late_start_date == date(2026, 2, 26)


def test_a_constraint_on_a_summary_holds_for_its_leaves():
    result = schedule(
        [
            ScheduleItem("s", 0, None, ConstraintKind.START_NO_EARLIER_THAN, date(2026, 3, 4)),
            ScheduleItem("t", 0, "s", ConstraintKind.FINISH_NO_LATER_THAN, date(2026, 3, 5)),
            ScheduleItem("a", 2, "t"),
            ScheduleItem("b", 1, "s", ConstraintKind.START_NO_EARLIER_THAN, date(2026, 3, 3)),
            ScheduleItem("c", 9),
        ]
    )
    assert [result.items[key].early_start for key in "abs"] == [2, 2, 2]
    assert [result.items[key].total_float_days for key in "abs"] == [0, 6, 0]


def test_a_link_between_summaries_binds_every_leaf_of_both():
    items = [
        ScheduleItem("s"),
        ScheduleItem("s1", 2, "s"),
        ScheduleItem("inner", 0, "s"),
        ScheduleItem("s2", 6, "inner"),
        ScheduleItem("t"),
        ScheduleItem("t1", 1, "t"),
        ScheduleItem("t2", 4, "t"),
    ]
    starts = {}
    for kind in LinkKind:
        result = schedule(items, [ScheduleLink("s", "t", kind, 1)])
        starts[kind.value] = (result.items["t1"].early_start, result.items["t2"].early_start)
    assert starts == {"FS": (7, 7), "SS": (1, 1), "FF": (6, 3), "SF": (0, 0)}


def test_a_latest_start_on_a_summary_caps_each_leaf():
    result = schedule(
        [
            ScheduleItem("s", 0, None, ConstraintKind.START_NO_LATER_THAN, date(2026, 3, 3)),
            ScheduleItem("a", 2, "s"),
            ScheduleItem("b", 5, "s"),
            ScheduleItem("long", 9),
        ]
    )
    assert [result.items[key].total_float_days for key in ("a", "b", "s")] == [1, 1, 1]


@pytest.mark.parametrize("kind", ["FS", "SS", "FF", "SF"])
def test_the_free_float_of_a_summary_is_measured_on_the_leaves_that_bind(kind):
    """s2 starts and ends last of s, and t1 starts and ends first of t: between them there is no slack."""
    result = schedule(
        [
            ScheduleItem("s"),
            ScheduleItem("s1", 2, "s"),
            ScheduleItem("s2", 6, "s"),
            ScheduleItem("t"),
            ScheduleItem("t1", 1, "t"),
            ScheduleItem("t2", 1, "t"),
            ScheduleItem("x", 20),
            ScheduleItem("long", 60),
        ],
        [
            ScheduleLink("s1", "s2"),
            ScheduleLink("s", "t", LinkKind(kind), 3),
            ScheduleLink("x", "t2"),
        ],
    )
    assert result.items["t2"].early_start == 20
    assert result.items["s"].total_float_days > 30
    assert result.items["s"].free_float_days == 0


def test_a_milestone_is_shown_when_the_work_before_it_ends():
    result = schedule(
        [
            ScheduleItem("kickoff", 0),
            ScheduleItem("work", 5),
            ScheduleItem("done", 0),
            ScheduleItem("meeting", 0, None, ConstraintKind.MUST_START_ON, date(2026, 3, 9)),
        ],
        [ScheduleLink("kickoff", "work"), ScheduleLink("work", "done")],
    )
    dates = {key: item.start_date for key, item in result.items.items()}
    assert dates == {
        "kickoff": date(2026, 3, 2),
        "work": date(2026, 3, 2),
        "done": date(2026, 3, 6),
        "meeting": date(2026, 3, 9),
    }
    assert all(i.start_date == i.finish_date for i in result.items.values() if i.is_milestone)
    assert result.finish_date == date(2026, 3, 9)


def test_days_off_push_the_dates_and_not_the_boundaries():
    easter = WorkingCalendar(
        days_off=frozenset({date(2026, 4, 2), date(2026, 4, 3), date(2026, 4, 6)})
    )
    result = schedule([ScheduleItem("a", 5)], start=date(2026, 3, 30), calendar=easter)
    assert (result.duration_days, result.finish_date) == (5, date(2026, 4, 8))


def test_a_plan_without_items_starts_and_ends_on_its_first_day():
    result = schedule([], start=date(2026, 3, 1))
    assert (result.duration_days, result.start_date, result.finish_date) == (0, MONDAY, MONDAY)
    assert result.critical_path == ()


# Refusals


@pytest.mark.parametrize(
    ("items", "links", "code", "named"),
    [
        ([("a", 1, None), ("a", 1, None)], [], "SCHEDULE_DUPLICATE_ITEM", ["a"]),
        ([("a", 1, "b")], [], "SCHEDULE_UNKNOWN_ITEM", ["b"]),
        ([("a", 1, None)], [("a", "x")], "SCHEDULE_UNKNOWN_ITEM", ["x"]),
        ([("a", 1, None)], [("x", "a")], "SCHEDULE_UNKNOWN_ITEM", ["x"]),
        ([("a", 1, None)], [("a", "a")], "SCHEDULE_SELF_LINK", ["a"]),
        ([("a", 1, "a")], [], "SCHEDULE_PARENT_CYCLE", ["a"]),
        ([("x", 1, "a"), ("a", 1, "b"), ("b", 1, "a")], [], "SCHEDULE_PARENT_CYCLE", ["a", "b"]),
        ([("s", 0, None), ("a", 1, "s")], [("s", "a")], "SCHEDULE_LINK_INSIDE_SUMMARY", ["s", "a"]),
        (
            [("s", 0, None), ("t", 0, "s"), ("a", 1, "t")],
            [("a", "s")],
            "SCHEDULE_LINK_INSIDE_SUMMARY",
            ["a", "s"],
        ),
        ([("a", -1, None)], [], "SCHEDULE_INVALID", ["a"]),
        ([("a", 10_001, None)], [], "SCHEDULE_INVALID", ["a"]),
        ([("a", 1.5, None)], [], "SCHEDULE_INVALID", ["a"]),
        ([("a", True, None)], [], "SCHEDULE_INVALID", ["a"]),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_naming_the_items(items, links, code, named):
    with pytest.raises(InvalidInput) as refused:
        schedule(
            [ScheduleItem(key, days, parent) for key, days, parent in items],
            [ScheduleLink(a, b) for a, b in links],
        )
    assert (refused.value.code, refused.value.details["items"]) == (code, named)


def test_a_link_to_another_branch_of_the_same_summary_is_fine():
    result = schedule(
        [
            ScheduleItem("s"),
            ScheduleItem("t", 0, "s"),
            ScheduleItem("a", 1, "t"),
            ScheduleItem("b", 2, "s"),
        ],
        [ScheduleLink("t", "b")],
    )
    assert result.items["b"].early_start == 1


@pytest.mark.parametrize(
    "constraint",
    [
        (ConstraintKind.MUST_START_ON, None),
        (ConstraintKind.AS_SOON_AS_POSSIBLE, date(2026, 3, 2)),
    ],
)
def test_a_constraint_and_its_date_come_together(constraint):
    with pytest.raises(InvalidInput):
        schedule([ScheduleItem("a", 1, None, *constraint)])


@pytest.mark.parametrize("lag_days", [10_001, -10_001, 0.5])
def test_a_lag_stays_within_reason(lag_days):
    with pytest.raises(InvalidInput):
        schedule(
            [ScheduleItem("a", 1), ScheduleItem("b", 1)],
            [ScheduleLink("a", "b", lag_days=lag_days)],
        )


@pytest.mark.parametrize(
    ("links", "named"),
    [
        ([("a", "b"), ("b", "a")], ["a", "b"]),
        ([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e")], ["a", "b", "c"]),
        ([("s", "a"), ("a", "s1")], ["a", "s1", "s"]),
        ([("s", "t"), ("t1", "s2")], ["s", "t", "t1", "s2"]),
    ],
)
def test_a_cycle_is_refused_with_the_items_that_form_it(links, named):
    items = [ScheduleItem(key, 1) for key in "abcde"]
    items += [ScheduleItem("s"), ScheduleItem("s1", 1, "s"), ScheduleItem("s2", 1, "s")]
    items += [ScheduleItem("t"), ScheduleItem("t1", 1, "t")]
    drawn = [ScheduleLink(a, b) for a, b in links]
    for tried in (drawn, drawn[::-1]):
        with pytest.raises(RuleViolation) as refused:
            schedule(items, tried)
        assert refused.value.code == "SCHEDULE_CYCLE"
        found = refused.value.details["items"]
        assert sorted(found) == sorted(named)
        at = found.index(named[0])
        assert found[at:] + found[:at] == named
    with pytest.raises(RuleViolation):
        check_network(items, drawn)


def test_a_cycle_of_elapsed_lags_is_a_cycle():
    with pytest.raises(RuleViolation) as refused:
        schedule(
            [ScheduleItem("a", 1), ScheduleItem("b", 1)],
            [ScheduleLink("a", "b", lag_kind=LagKind.ELAPSED), ScheduleLink("b", "a")],
        )
    assert refused.value.details["items"] == ["a", "b"]


def test_a_plan_beyond_the_year_9999_is_refused():
    items = [ScheduleItem(str(n), 10_000) for n in range(300)]
    links = [ScheduleLink(str(n), str(n + 1)) for n in range(299)]
    with pytest.raises(InvalidInput) as refused:
        schedule(items, links)
    assert refused.value.code == "DATE_OUT_OF_RANGE"


def test_an_elapsed_wait_beyond_the_year_9999_is_refused():
    for start in (date(9999, 12, 20), date(1, 1, 3)):
        with pytest.raises(InvalidInput) as refused:
            schedule(
                [ScheduleItem("a", 1), ScheduleItem("b", 1)],
                [
                    ScheduleLink("a", "b", lag_days=9_999, lag_kind=LagKind.ELAPSED),
                    ScheduleLink("a", "b", lag_days=-9_999, lag_kind=LagKind.ELAPSED),
                ],
                start=start,
            )
        assert refused.value.code == "DATE_OUT_OF_RANGE"


def test_deep_chains_and_deep_nesting_need_no_recursion():
    chain = [ScheduleItem(str(n), 1) for n in range(3_000)]
    links = [ScheduleLink(str(n), str(n + 1)) for n in range(2_999)]
    assert schedule(chain, links).duration_days == 3_000
    nested = [ScheduleItem(str(n), 1, str(n - 1) if n else None) for n in range(3_000)]
    result = schedule([*nested, ScheduleItem("after", 1)], [ScheduleLink("0", "after")])
    assert result.duration_days == 2
    with pytest.raises(RuleViolation):
        schedule(chain, [*links, ScheduleLink("2999", "0")])
