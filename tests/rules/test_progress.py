"""What a progress report may say, and what it makes of an item."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.errors import DomainError
from services.rules.progress import (
    ItemProgress,
    ItemReport,
    ReportedItem,
    check_report,
    percent_of,
    with_acceptance,
)
from services.rules.scope import ItemKind

MONDAY, WEDNESDAY, FRIDAY, TODAY = (
    date(2026, 3, 2), date(2026, 3, 4), date(2026, 3, 6), date(2026, 3, 9),
)  # fmt: skip
HALF = ItemProgress(5_000, MONDAY, None, WEDNESDAY)

ITEMS = {
    "site": ReportedItem(ItemKind.SUMMARY, MONDAY),
    "design": ReportedItem(ItemKind.TASK, MONDAY),
    "build": ReportedItem(ItemKind.TASK, TODAY),
    "begun": ReportedItem(ItemKind.TASK, MONDAY, before=HALF),
    "later": ReportedItem(ItemKind.TASK, MONDAY, after=ItemProgress(6_000, MONDAY, None, TODAY)),
    "accepted": ReportedItem(ItemKind.TASK, MONDAY, is_accepted=True),
    "handover": ReportedItem(ItemKind.MILESTONE, FRIDAY),
}


def report(*lines: ItemReport, status_date: date = FRIDAY) -> tuple[ItemProgress, ...]:
    return check_report(lines, ITEMS, status_date=status_date, today=TODAY)


@pytest.mark.parametrize(
    ("line", "start", "finish"),
    [
        (ItemReport("design", 0), None, None),
        (ItemReport("design", 0, WEDNESDAY), WEDNESDAY, None),
        (ItemReport("design", 2_500), MONDAY, None),
        (ItemReport("design", 2_500, WEDNESDAY), WEDNESDAY, None),
        (ItemReport("build", 2_500), FRIDAY, None),
        (ItemReport("begun", 6_000), MONDAY, None),
        (ItemReport("design", 10_000), MONDAY, FRIDAY),
        (ItemReport("design", 10_000, MONDAY, WEDNESDAY), MONDAY, WEDNESDAY),
        (ItemReport("build", 10_000, None, WEDNESDAY), WEDNESDAY, WEDNESDAY),
        (ItemReport("handover", 10_000), FRIDAY, FRIDAY),
        (ItemReport("accepted", 10_000, None, WEDNESDAY), MONDAY, WEDNESDAY),
        (ItemReport("begun", 4_000, note="A page was left out."), MONDAY, None),
        (ItemReport("later", 7_000, note="Half of it was thrown away later."), MONDAY, None),
    ],
    ids=str,
)
def test_what_is_left_out_is_filled_in(line: ItemReport, start: date | None, finish: date | None) -> None:  # fmt: skip
    assert report(line) == (ItemProgress(line.percent_complete_bps, start, finish, FRIDAY),)


SATURDAY = date(2026, 3, 7)


@pytest.mark.parametrize(
    ("lines", "code", "field"),
    [
        ((), "PROGRESS_EMPTY", "entries"),
        ((ItemReport("design", 1),) * 1001, "PROGRESS_TOO_LONG", "entries"),
        ((ItemReport("design", 1), ItemReport("design", 2)), "PROGRESS_ITEM_TWICE", "entries.1.itemKey"),
        ((ItemReport("shop", 1),), "ITEM_NOT_FOUND", "entries.0.itemKey"),
        ((ItemReport("design", 1), ItemReport("site", 1)), "ITEM_IS_SUMMARY", "entries.1.itemKey"),
        ((ItemReport("design", -1),), "PERCENT_INVALID", "entries.0.percentCompleteBps"),
        ((ItemReport("design", 10_001),), "PERCENT_INVALID", "entries.0.percentCompleteBps"),
        ((ItemReport("handover", 5_000),), "MILESTONE_PARTLY_DONE", "entries.0.percentCompleteBps"),
        ((ItemReport("accepted", 9_999),), "ACCEPTED_ITEM_INCOMPLETE", "entries.0.percentCompleteBps"),
        ((ItemReport("begun", 4_999),), "PROGRESS_DECREASED", "entries.0.percentCompleteBps"),
        ((ItemReport("later", 6_001),), "PROGRESS_DECREASED", "entries.0.percentCompleteBps"),
        ((ItemReport("design", 1, SATURDAY),), "DATE", "entries.0.actualStart"),
        ((ItemReport("design", 10_000, None, SATURDAY),), "DATE", "entries.0.actualFinish"),
        ((ItemReport("design", 1, date(1026, 3, 2)),), "DATE_OUT_OF_RANGE", "entries.0.actualStart"),
        ((ItemReport("design", 9_999, None, FRIDAY),), "FINISH_BEFORE_COMPLETE", "entries.0.actualFinish"),
        ((ItemReport("design", 10_000, FRIDAY, WEDNESDAY),), "DATE_ORDER", "entries.0.actualFinish"),
        ((ItemReport("begun", 10_000, None, date(2026, 3, 1)),), "DATE_ORDER", "entries.0.actualFinish"),
    ],
)  # fmt: skip
def test_a_report_that_cannot_be_is_refused_by_line(lines, code: str, field: str) -> None:
    with pytest.raises(DomainError) as refused:
        report(*lines)
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize(
    ("status_date", "code"),
    [(date(2026, 3, 10), "DATE"), (date(1999, 12, 31), "DATE_OUT_OF_RANGE")],
)
def test_a_report_is_of_a_day_that_has_come(status_date: date, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        report(ItemReport("design", 0), status_date=status_date)
    assert (refused.value.code, refused.value.field) == (code, "statusDate")


def test_what_the_client_accepted_is_complete() -> None:
    assert with_acceptance(None, FRIDAY) == ItemProgress(10_000, None, FRIDAY, FRIDAY)
    assert with_acceptance(HALF, FRIDAY) == ItemProgress(10_000, MONDAY, FRIDAY, FRIDAY)
    done = ItemProgress(10_000, MONDAY, WEDNESDAY, WEDNESDAY)
    assert with_acceptance(done, FRIDAY) == done
    # Reported as begun after the client accepted it: it ended no earlier than it began.
    assert with_acceptance(ItemProgress(0, TODAY, None, TODAY), FRIDAY) == ItemProgress(
        10_000, TODAY, TODAY, TODAY
    )


@pytest.mark.parametrize(
    ("parts", "percent"),
    [
        ([], 0),
        ([(10, 10_000), (5, 0)], 6_667),
        ([(10, 10_000), (0, 0)], 9_999),
        ([(0, 10_000), (0, 0)], 5_000),
        ([(10_000, 10_000), (1, 9_999)], 9_999),
        ([(3, 10_000), (0, 10_000)], 10_000),
    ],
)
def test_a_whole_is_as_far_as_its_parts_by_duration(parts, percent: int) -> None:
    assert percent_of(parts) == percent


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 10_000)), min_size=1, max_size=9))
def test_a_whole_is_complete_only_when_every_part_is(parts) -> None:
    percent = percent_of(parts)
    assert 0 <= percent <= 10_000
    assert (percent == 10_000) == all(each == 10_000 for _, each in parts)


@given(
    st.sampled_from(sorted(ITEMS)), st.integers(0, 10_000),
    st.one_of(st.none(), st.dates(date(2026, 2, 25), date(2026, 3, 8))),
    st.one_of(st.none(), st.dates(date(2026, 2, 25), date(2026, 3, 8))),
)  # fmt: skip
def test_whatever_is_taken_hangs_together(key, percent, start, finish) -> None:
    try:
        (taken,) = report(ItemReport(key, percent, start, finish, note="so"))
    except DomainError:
        return
    assert (taken.actual_finish is not None) == (percent == 10_000) == taken.is_complete
    if percent:
        assert taken.actual_start is not None
        assert taken.actual_start <= (taken.actual_finish or FRIDAY) <= FRIDAY
