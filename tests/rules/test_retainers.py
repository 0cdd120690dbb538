"""Retainers: what is asked for, what is missing, what may be drawn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.errors import DomainError, InvalidInput, RuleViolation
from services.rules.retainers import (
    ONE_THIRD,
    TRAITS,
    RetainerKind,
    RetainerShare,
    check_drawdown,
    deposit_target,
    drawdown,
    replenishment,
    shortfall,
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
