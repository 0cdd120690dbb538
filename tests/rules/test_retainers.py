"""Retainers: what is asked for, what is missing, what may be drawn."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.errors import DomainError, InvalidInput, RuleViolation
from services.rules.retainers import (
    ONE_THIRD,
    TRAITS,
    AllowanceTerms,
    Period,
    RetainerKind,
    RetainerShare,
    check_drawdown,
    deposit_target,
    drawdown,
    ended_with,
    is_taxed_by_default,
    period_days,
    period_on,
    replenishment,
    shortfall,
    standing,
    tax_in,
    tax_of_part,
    worth,
)


@pytest.mark.parametrize(
    ("total", "share", "target"),
    [
        (30_000, ONE_THIRD, 10_000),
        (10_000, ONE_THIRD, 3_333),
        (20_000, ONE_THIRD, 6_667),
        (5, RetainerShare(1, 2), 2),
        (7, RetainerShare(1, 2), 4),
        (10_000, RetainerShare(0, 1), 0),
        (10_000, RetainerShare(1, 1), 10_000),
        (0, ONE_THIRD, 0),
    ],
)
def test_a_deposit_asks_for_its_share_of_the_total(total, share, target):
    assert deposit_target(total, share) == target


@pytest.mark.parametrize(("numerator", "denominator"), [(-1, 3), (4, 3), (1, 0), (1, -3)])
def test_a_share_outside_the_whole_is_refused(numerator, denominator):
    with pytest.raises(InvalidInput):
        RetainerShare(numerator, denominator)


@pytest.mark.parametrize(
    ("target", "held", "pending", "missing"),
    [
        (900, 0, 0, 900),
        (900, 400, 0, 500),
        (900, 400, 300, 200),
        (900, 900, 0, 0),
        (900, 2_000, 5, 0),
    ],
)
def test_the_shortfall_is_what_neither_is_held_nor_asked_for(target, held, pending, missing):
    assert shortfall(target, held, pending) == missing


@pytest.mark.parametrize(
    ("balance", "pending", "asked"),
    [
        (5_000, 0, 0),
        (2_000, 0, 0),
        (1_999, 0, 3_001),
        (0, 0, 5_000),
        (500, 1_000, 3_500),
        (500, 9_000, 0),
    ],
)
def test_an_evergreen_retainer_is_topped_up_to_its_target_once_below_its_floor(
    balance, pending, asked
):
    assert (
        replenishment(
            floor_minor=2_000, target_minor=5_000, balance_minor=balance, pending_minor=pending
        )
        == asked
    )


def test_a_target_below_the_floor_is_refused():
    with pytest.raises(InvalidInput):
        replenishment(floor_minor=2_000, target_minor=1_999, balance_minor=0)


def test_negative_amounts_are_refused():
    for call in (
        lambda: deposit_target(-1),
        lambda: shortfall(-1, 0),
        lambda: shortfall(1, -1),
        lambda: replenishment(floor_minor=0, target_minor=0, balance_minor=-1),
    ):
        with pytest.raises(InvalidInput):
            call()


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_a_drawdown_takes_neither_more_than_is_held_nor_more_than_is_owed(balance, owed):
    drawn = drawdown(balance, owed)
    assert 0 <= drawn <= max(0, balance)
    assert drawn <= max(0, owed)
    assert drawn in (0, balance, owed)
    if drawn:
        check_drawdown(RetainerKind.DEPOSIT, drawn, balance_minor=balance, open_minor=owed)


@pytest.mark.parametrize(
    ("kind", "amount", "error", "code"),
    [
        ("deposit", 0, InvalidInput, "AMOUNT_NOT_POSITIVE"),
        ("deposit", -1, InvalidInput, "AMOUNT_NOT_POSITIVE"),
        ("deposit", 1_001, RuleViolation, "RETAINER_OVERDRAWN"),
        ("evergreen", 901, RuleViolation, "DRAWDOWN_EXCEEDS_OPEN"),
        ("security_deposit", 1, RuleViolation, "RETAINER_KIND_NOT_DRAWN"),
        ("availability", 1, RuleViolation, "RETAINER_KIND_NOT_DRAWN"),
    ],
)
def test_a_drawdown_against_the_rules_is_refused(kind, amount, error, code):
    with pytest.raises(DomainError) as refused:
        check_drawdown(RetainerKind(kind), amount, balance_minor=1_000, open_minor=900)
    assert (type(refused.value), refused.value.code) == (error, code)


def test_every_kind_has_its_traits_and_only_availability_is_kept_for_good():
    assert set(TRAITS) == set(RetainerKind)
    assert [kind for kind in RetainerKind if not TRAITS[kind].is_refundable] == [
        RetainerKind.AVAILABILITY
    ]


def test_security_pays_once_the_work_has_ended():
    with pytest.raises(RuleViolation):
        check_drawdown(RetainerKind.SECURITY_DEPOSIT, 1, balance_minor=1, open_minor=1)
    check_drawdown(RetainerKind.SECURITY_DEPOSIT, 1, balance_minor=1, open_minor=1, has_ended=True)


@pytest.mark.parametrize(
    ("starts_on", "period", "number", "first", "last"),
    [
        (date(2026, 1, 1), Period.MONTH, 1, date(2026, 1, 1), date(2026, 1, 31)),
        (date(2026, 1, 1), Period.MONTH, 14, date(2027, 2, 1), date(2027, 2, 28)),
        (date(2026, 1, 31), Period.MONTH, 2, date(2026, 2, 28), date(2026, 3, 30)),
        (date(2026, 1, 31), Period.MONTH, 3, date(2026, 3, 31), date(2026, 4, 29)),
        (date(2026, 3, 15), Period.QUARTER, 2, date(2026, 6, 15), date(2026, 9, 14)),
        (date(2024, 2, 29), Period.YEAR, 2, date(2025, 2, 28), date(2026, 2, 27)),
        (date(2026, 3, 2), Period.WEEK, 3, date(2026, 3, 16), date(2026, 3, 22)),
    ],
)
def test_a_period_has_a_first_and_a_last_day(starts_on, period, number, first, last):
    assert period_days(starts_on, period, number) == (first, last)


@given(
    st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    st.sampled_from(Period),
    st.integers(0, 2_000),
)
def test_every_day_lies_in_exactly_one_period(starts_on, period, after):
    on = starts_on + timedelta(after)
    number = period_on(starts_on, period, on)
    first, last = period_days(starts_on, period, number)
    assert first <= on <= last
    assert period_on(starts_on, period, starts_on - timedelta(1)) == 0
    assert period_days(starts_on, period, number + 1)[0] == last + timedelta(1)


TEN_HOURS = AllowanceTerms(
    date(2026, 1, 1), Period.MONTH, periods=3, minutes=600, rollover_cap_minutes=240, rollover_periods=1
)  # fmt: skip


@pytest.mark.parametrize(
    ("on", "granted", "used", "lost", "rolled", "left"),
    [
        (date(2026, 1, 1), 600, 0, 0, 0, 600),
        (date(2026, 1, 20), 600, 200, 0, 0, 400),
        # 400 are left in January; 240 go over, 160 are lost.
        (date(2026, 2, 1), 1_200, 200, 160, 240, 840),
        # 300 in February take the 240 first, then 60 of February's.
        (date(2026, 2, 15), 1_200, 500, 160, 0, 540),
        (date(2026, 3, 1), 1_800, 500, 460, 240, 840),
        # Nothing is used in March: February's 240 run out, 600 of March are cut to 240, which run out in April.
        (date(2026, 4, 1), 1_800, 500, 1_060, 240, 240),
        (date(2026, 5, 1), 1_800, 500, 1_300, 0, 0),
        (date(2027, 5, 1), 1_800, 500, 1_300, 0, 0),
    ],
)
def test_hours_roll_over_up_to_the_cap_and_run_out(on, granted, used, lost, rolled, left):
    uses = [(date(2026, 1, 20), 200), (date(2026, 2, 15), 300)]
    found = standing(TEN_HOURS, uses, paid_periods=3, on=on)
    assert (
        found.granted_minutes, found.used_minutes, found.lost_minutes, found.rolled_minutes, found.left_minutes,
    ) == (granted, used, lost, rolled, left)  # fmt: skip


def test_each_period_loses_its_own_minutes():
    uses = [(date(2026, 1, 20), 200), (date(2026, 2, 15), 300)]
    assert [ended_with(TEN_HOURS, uses, paid_periods=3, number=n) for n in (1, 2, 3, 4)] == [
        160, 300, 600, 240,
    ]  # fmt: skip
    assert TEN_HOURS.last_period == 4


def test_a_period_that_is_not_paid_for_brings_no_hours():
    assert standing(TEN_HOURS, [], paid_periods=0, on=date(2026, 1, 5)).left_minutes == 0
    with pytest.raises(RuleViolation) as refusal:
        standing(TEN_HOURS, [(date(2026, 1, 5), 601)], paid_periods=3, on=date(2026, 1, 5))
    assert (refusal.value.code, refusal.value.details["left_minutes"]) == (
        "ALLOWANCE_EXCEEDED",
        600,
    )


@given(
    st.integers(1, 10**7),
    st.integers(1, 3_000),
    st.lists(st.integers(0, 500), max_size=30),
)
def test_minutes_in_any_pieces_are_worth_their_price(price, period_minutes, pieces):
    earned = worths = 0
    for minutes in pieces:
        part = worth(price, period_minutes, earlier_minutes=earned, minutes=minutes)
        assert part >= 0
        earned, worths = earned + minutes, worths + part
    assert worths == worth(price, period_minutes, earlier_minutes=0, minutes=earned)
    assert worth(price, period_minutes, earlier_minutes=0, minutes=period_minutes * 3) == price * 3


@given(
    st.integers(0, 5), st.integers(0, 500), st.integers(0, 4),
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 400)), max_size=12),
)  # fmt: skip
def test_granted_minutes_are_used_lost_or_left(paid, cap, rollover, wanted):
    terms = AllowanceTerms(date(2026, 1, 1), Period.MONTH, 4, 600, cap, rollover)
    uses: list[tuple[date, int]] = []
    for after, minutes in sorted(wanted):
        day = date(2026, 1, 1) + timedelta(after)
        left = standing(terms, uses, paid_periods=paid, on=day).left_minutes
        if minutes <= left:
            uses.append((day, minutes))
        else:
            with pytest.raises(RuleViolation):
                standing(terms, [*uses, (day, minutes)], paid_periods=paid, on=day)
    for after in (0, 30, 31, 59, 100, 180, 400):
        found = standing(terms, uses, paid_periods=paid, on=date(2026, 1, 1) + timedelta(after))
        assert found.granted_minutes == found.used_minutes + found.lost_minutes + found.left_minutes
        assert 0 <= found.rolled_minutes <= min(cap, found.left_minutes)
    assert found.left_minutes == 0


@pytest.mark.parametrize(
    ("gross", "bps", "tax"),
    [
        (12_500, 2_500, 2_500),
        (100, 2_500, 20),
        (3, 2_500, 1),
        (10_000, 0, 0),
        (11_900, 1_900, 1_900),
    ],
)
def test_the_tax_is_in_what_was_received(gross, bps, tax):
    assert tax_in(gross, bps) == tax


@given(
    st.lists(st.integers(1, 10**9), min_size=1, max_size=8),
    st.lists(st.integers(1, 10**9), max_size=8),
    st.sampled_from([0, 700, 1_900, 2_500]),
)
def test_the_last_part_takes_the_last_of_the_tax(deposits, parts, bps):
    held, tax = sum(deposits), sum(tax_in(each, bps) for each in deposits)
    for part in [*parts, held]:
        taken = min(part, held)
        went = tax_of_part(taken, held_minor=held, tax_held_minor=tax, tax_bps=bps)
        assert 0 <= went <= min(taken, tax)
        held, tax = held - taken, tax - went
        # Deposits were rounded one by one; a part takes all of that difference unless it is smaller itself.
        assert abs(tax - tax_in(held, bps)) <= len(deposits)


def test_the_tax_of_many_parts_is_that_of_their_sum():
    held, tax = 750_000, 150_000
    for part, expected in ((1_248, 250), (249_584, 49_916), (123_544, 24_709), (375_624, 75_125)):
        assert tax_of_part(part, held_minor=held, tax_held_minor=tax, tax_bps=2_500) == expected
        held, tax = held - part, tax - expected
    assert (held, tax) == (0, 0)


def test_tax_falls_due_on_receipt_where_the_supply_is_known():
    assert [kind.value for kind in RetainerKind if is_taxed_by_default(kind)] == [
        "deposit", "availability", "period_allowance",
    ]  # fmt: skip
