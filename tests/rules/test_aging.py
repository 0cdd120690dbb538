"""What is owed by how long it has been due, in literal tables."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.aging import BUCKETS, DuePart, OpenPart, Tie, bucket_of, open_parts, summed

JUNE = date(2026, 6, 30)


@pytest.mark.parametrize(
    ("days", "bucket"),
    [(-5, "not_due"), (0, "not_due"), (1, "days_1_30"), (30, "days_1_30"), (31, "days_31_60"), (60, "days_31_60"),
     (61, "days_61_90"), (90, "days_61_90"), (91, "days_over_90"), (4000, "days_over_90")],
)  # fmt: skip
def test_the_columns_begin_and_end_where_accountants_put_them(days: int, bucket: str) -> None:
    assert bucket_of(days) == bucket


def test_what_was_settled_takes_the_part_that_was_due_first() -> None:
    parts = [DuePart(date(2026, 6, 20), 10_000), DuePart(date(2026, 3, 1), 45_000)]
    assert open_parts(parts, 46_000, as_of=JUNE) == (
        OpenPart(date(2026, 6, 20), 10, 9_000, "days_1_30"),
    )
    assert open_parts(parts, 44_999, as_of=JUNE) == (
        OpenPart(date(2026, 3, 1), 121, 1, "days_over_90"),
        OpenPart(date(2026, 6, 20), 10, 10_000, "days_1_30"),
    )
    assert open_parts(parts, 55_000, as_of=JUNE) == ()


def test_money_before_its_invoice_has_no_age_and_is_negative() -> None:
    assert open_parts([], 700, as_of=JUNE) == (OpenPart(JUNE, 0, -700, "unapplied"),)
    assert open_parts([DuePart(date(2026, 5, 1), 500)], 700, as_of=JUNE) == (
        OpenPart(date(2026, 5, 1), 0, -200, "unapplied"),
    )


def test_a_tie_says_by_how_much_it_fails() -> None:
    tie = Tie("DKK", aged_minor=4_999, receivable_minor=6_000, unapplied_minor=1_000)
    assert (tie.ledger_minor, tie.difference_minor, tie.ties) == (5_000, -1, False)
    assert Tie("DKK", 5_000, 6_000, 1_000).ties


@given(
    st.lists(st.tuples(st.integers(-200, 200), st.integers(1, 10**6)), max_size=6),
    st.integers(0, 10**7),
)
def test_the_parts_always_sum_to_what_is_open(
    parts: list[tuple[int, int]], settled_minor: int
) -> None:
    due = [DuePart(JUNE + timedelta(days), minor) for days, minor in parts]
    found = open_parts(due, settled_minor, as_of=JUNE)
    columns = summed((part.bucket, part.open_minor) for part in found)
    assert tuple(columns) == BUCKETS
    assert sum(columns.values()) == sum(minor for _, minor in parts) - settled_minor
    assert all((part.open_minor < 0) == (part.bucket == "unapplied") for part in found)
