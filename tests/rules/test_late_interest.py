"""Interest on late payment: sums worked out by hand from the published rates, one case a line."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.late_interest import explained, rates_of, reference_rates, source_title
from services.rules.errors import DomainError
from services.rules.late_interest import (
    DayCount,
    LateDebt,
    LateInterest,
    Law,
    PartPayment,
    Reference,
    compute_late_interest,
)
from services.rules.money import Money


def interest(law: Law, principal: Money, due: str, until: str, **more: object) -> LateInterest:
    debt = LateDebt(
        law,
        principal,
        date.fromisoformat(due),
        date.fromisoformat(until),
        **more,  # type: ignore[arg-type]
    )
    return compute_late_interest(debt, rates_of(law))


@pytest.mark.parametrize(
    ("law", "amount", "currency", "due", "until", "days", "minor", "fixed"),
    [
        # 10 000 × (31 × 11.50 + 181 × 10.75 + 32 × 9.75) / 36 500: two resets, three rates.
        (Law.DK, 10_000_00, "DKK", "2024-11-30", "2025-08-01", 244, 716_23, 310_00),
        # Due before 1 March 2013: 7 points for life, also in a half-year whose published rate is 8.20.
        (Law.DK, 50_000_00, "DKK", "2013-02-01", "2013-12-31", 333, 3284_38, 310_00),
        (Law.DK, 50_000_00, "DKK", "2013-03-01", "2013-12-31", 305, 3426_03, 310_00),
        # One rate for good: 5.25 + 8, although it fell three times in the year that follows.
        (Law.UK, 1_000_00, "GBP", "2024-06-30", "2025-06-30", 365, 132_50, 70_00),
        # Interest starts on 1 July, so the rate is that of 30 June; a day earlier it is that of 31 December.
        (Law.UK, 999_99, "GBP", "2023-06-30", "2023-07-30", 30, 10_68, 40_00),
        (Law.UK, 10_000_00, "GBP", "2023-06-29", "2023-07-30", 31, 97_67, 100_00),
        # The government's own example: 1 000 pounds at 8.5 % for 50 days at 23.29 pence.
        (Law.UK, 1_000_00, "GBP", "2018-03-01", "2018-04-20", 50, 11_64, 70_00),
        # 2 000 × (61 × 12.50 + 92 × 12.25) / 36 500: the directive resets …
        (Law.EU, 2_000_00, "EUR", "2024-04-30", "2024-09-30", 153, 103_53, 40_00),
        # … Ireland keeps the rate of the day it became overdue: 2 000 × 153 × 12.50 / 36 500.
        (Law.IE, 2_000_00, "EUR", "2024-04-30", "2024-09-30", 153, 104_79, 70_00),
        (Law.IE, 1_000_00, "EUR", "2024-06-30", "2024-07-31", 31, 10_40, 40_00),
        (Law.IE, 10_000_01, "EUR", "2023-12-31", "2024-01-01", 1, 3_42, 100_00),
        # 5 000 × (184 × 12.37 + 180 × 11.27) / 36 500
        (Law.DE, 5_000_00, "EUR", "2024-06-30", "2025-06-29", 364, 589_68, 40_00),
        # Due before 29 July 2014: 8 points.
        (Law.DE, 5_000_00, "EUR", "2014-07-28", "2014-12-31", 156, 155_36, 40_00),
        (Law.DE, 5_000_00, "EUR", "2014-07-29", "2014-12-31", 155, 175_60, 40_00),
    ],
)
def test_a_debt_bears_what_the_law_of_the_place_says(
    law: Law, amount: int, currency: str, due: str, until: str, days: int, minor: int, fixed: int
) -> None:
    found = interest(law, Money(amount, currency), due, until)
    assert (found.days, found.interest) == (days, Money(minor, currency))
    assert found.fixed_sum is not None
    assert found.fixed_sum.amount_minor == fixed


@pytest.mark.parametrize("law", [Law.EU, Law.IE, Law.DK, Law.DE])
def test_what_is_paid_on_the_due_date_bears_nothing(law: Law) -> None:
    found = interest(law, Money(1_000_00, "EUR"), "2024-03-31", "2024-03-31")
    assert (found.steps, found.interest.amount_minor, found.fixed_sum) == ((), 0, None)


def test_a_consumer_in_germany_owes_five_points_and_no_fixed_sum() -> None:
    # 1 000 × 91 × 8.62 / 36 500
    found = interest(Law.DE, Money(1_000_00, "EUR"), "2023-12-31", "2024-03-31", from_consumer=True)
    assert (found.interest, found.fixed_sum) == (Money(21_49, "EUR"), None)


def test_a_contract_has_its_own_rate_and_no_compensation() -> None:
    found = interest(
        Law.CONTRACT, Money(365_00, "EUR"), "2026-01-01", "2026-01-11", contract_bps=1200
    )
    assert (found.interest, found.fixed_sum) == (Money(1_20, "EUR"), None)


@pytest.mark.parametrize(
    ("day_count", "minor"),
    [
        # 36 500 at 12 % from 31 December 2023 to 31 January 2025: 397 days, of which 366 lie in a leap year
        (DayCount.ACTUAL_365, 4764_00),
        (DayCount.ACTUAL_ACTUAL, 4752_00),
        (DayCount.THIRTY_360, 4745_00),
    ],
)
def test_the_days_of_a_year_are_counted_as_asked(day_count: DayCount, minor: int) -> None:
    found = interest(
        Law.CONTRACT,
        Money(36_500_00, "DKK"),
        "2023-12-31",
        "2025-01-31",
        contract_bps=1200,
        day_count=day_count,
    )
    assert found.interest == Money(minor, "DKK")


def test_a_payment_lowers_the_debt_from_the_next_day_on() -> None:
    # 10 days on 1 000 and 10 on 400 at 36.5 %: 10.00 + 4.00
    found = interest(
        Law.CONTRACT,
        Money(1_000_00, "EUR"),
        "2026-01-01",
        "2026-01-21",
        contract_bps=3650,
        payments=(PartPayment(date(2026, 1, 11), Money(600_00, "EUR")),),
    )
    assert [(step.days, step.principal.amount_minor) for step in found.steps] == [
        (10, 1_000_00),
        (10, 400_00),
    ]
    assert found.interest == Money(14_00, "EUR")


def test_nothing_runs_after_the_whole_is_paid() -> None:
    found = interest(
        Law.DK,
        Money(1_000_00, "DKK"),
        "2025-01-31",
        "2025-12-31",
        payments=(PartPayment(date(2025, 1, 15), Money(1_000_00, "DKK")),),
    )
    assert (found.steps, found.fixed_sum) == ((), None)


@pytest.mark.parametrize(
    ("law", "due", "until", "missing"),
    [
        (Law.DK, "2025-12-01", "2026-02-01", "2026-01-01"),
        (Law.DK, "2006-01-01", "2006-02-01", "2006-01-02"),
        (Law.EU, "2026-06-30", "2026-07-01", "2026-07-01"),
        (Law.UK, "2010-12-30", "2011-02-01", "2010-12-31"),
        (Law.DE, "2026-06-01", "2026-07-01", "2026-07-01"),
    ],
)
def test_a_rate_that_is_not_known_is_refused_and_its_day_named(
    law: Law, due: str, until: str, missing: str
) -> None:
    currency = {"UK": "GBP", "DK": "DKK"}.get(law.value, "EUR")
    with pytest.raises(DomainError, match=missing) as refusal:
        interest(law, Money(1_00, currency), due, until)
    assert refusal.value.code == "RATE_UNKNOWN"


def test_a_debt_with_one_rate_needs_only_the_rate_it_began_with() -> None:
    found = interest(Law.IE, Money(100_00, "EUR"), "2026-06-29", "2026-12-31")
    assert [step.annual_percent for step in found.steps] == [Decimal("10.15")]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"principal": Money(0, "EUR")}, "AMOUNT_INVALID"),
        ({"principal": Money(-1, "EUR")}, "AMOUNT_INVALID"),
        ({"contract_bps": 500}, "RATE_REQUIRED"),
        ({"law": Law.CONTRACT}, "RATE_REQUIRED"),
        ({"law": Law.CONTRACT, "contract_bps": -1}, "RATE_INVALID"),
        ({"law": Law.UK}, "CURRENCY_MISMATCH"),
        ({"law": Law.UK, "day_count": DayCount.THIRTY_360}, "DAY_COUNT_FIXED"),
        ({"from_consumer": True}, "CONSUMER_LAW_UNKNOWN"),
        ({"until": date(2095, 1, 1)}, "SPAN_TOO_LONG"),
        ({"payments": (PartPayment(date(2024, 2, 1), Money(1, "DKK")),)}, "CURRENCY_MISMATCH"),
        ({"payments": (PartPayment(date(2024, 2, 1), Money(0, "EUR")),)}, "AMOUNT_INVALID"),
        ({"payments": (PartPayment(date(2025, 2, 1), Money(1, "EUR")),)}, "DATE_ORDER"),
        (
            {"payments": (PartPayment(date(2024, 2, 1), Money(1_000_01, "EUR")),)},
            "PAYMENTS_EXCEED_DEBT",
        ),
    ],
)
def test_a_debt_no_rule_fits_is_refused(changes: dict[str, object], code: str) -> None:
    values: dict[str, object] = {
        "law": Law.EU,
        "principal": Money(1_000_00, "EUR"),
        "due_on": date(2024, 1, 1),
        "until": date(2024, 6, 1),
        **changes,
    }
    with pytest.raises(DomainError) as refusal:
        LateDebt(**values)  # type: ignore[arg-type]
    assert refusal.value.code == code


def test_every_rate_of_the_table_names_its_source_and_rises_by_date() -> None:
    for reference in Reference:
        table = reference_rates(reference)
        days = [row.valid_from for row in table.rows]
        assert days == sorted(set(days))
        assert days[-1] <= table.known_through
        assert all(source_title(row.source) for row in table.rows)


def test_the_published_danish_rates_come_out() -> None:
    table = reference_rates(Reference.NATIONALBANKEN)
    published = {"2009-07-01": "8.55", "2012-07-01": "7.45", "2015-01-01": "8.20"}
    published |= {"2021-07-01": "7.65", "2023-01-01": "9.90", "2024-01-01": "11.75"}
    for day, percent in published.items():
        points = 7 if day < "2013-03-01" else 8
        assert table.at(date.fromisoformat(day)).percent + points == Decimal(percent)


def test_each_step_is_shown_unrounded_and_rounded_once_at_the_end() -> None:
    shown = explained(interest(Law.DK, Money(10_000_00, "DKK"), "2024-11-30", "2025-08-01"))
    assert [step["interest"] for step in shown["steps"]] == [
        "97.6712328767",
        "533.0821917808",
        "85.4794520548",
    ]
    assert [step["per_day"] for step in shown["steps"]] == [
        "3.1506849315",
        "2.9452054795",
        "2.6712328767",
    ]
    assert (shown["interest_exact"], shown["interest_unrounded"]) == ("52285/73", "716.2328767123")
    assert (shown["interest"], shown["total"]) == ("716.23", "1026.23")


days = st.dates(date(2014, 1, 1), date(2025, 12, 1))


@given(days, st.integers(0, 20), st.integers(0, 300), st.integers(1, 10**9))
def test_a_span_cut_anywhere_bears_the_same(due: date, first: int, second: int, minor: int) -> None:
    middle = min(due + timedelta(days=first), date(2025, 12, 31))
    end = min(middle + timedelta(days=second), date(2025, 12, 31))
    money = Money(minor, "DKK")

    def exact(start: date, until: date) -> Fraction:
        return compute_late_interest(
            LateDebt(Law.DK, money, start, until), rates_of(Law.DK)
        ).unrounded

    assert exact(due, end) == exact(due, middle) + exact(middle, end)


@given(days, st.integers(0, 1000), st.integers(2, 10**9), st.data())
def test_two_halves_of_a_debt_bear_what_the_whole_bears(
    due: date, length: int, minor: int, data: st.DataObject
) -> None:
    part = data.draw(st.integers(1, minor - 1))
    end = min(due + timedelta(days=length), date(2026, 6, 30))

    def exact(amount: int) -> Fraction:
        return compute_late_interest(
            LateDebt(Law.DE, Money(amount, "EUR"), due, end), rates_of(Law.DE)
        ).unrounded

    assert exact(minor) == exact(part) + exact(minor - part)
