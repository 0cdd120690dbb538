"""Refunds: the entitlement line by line, and the cap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.errors import DomainError, InvalidInput, RuleViolation
from services.rules.refunds import (
    Credit,
    check_refund,
    check_split,
    compute_entitlement,
    needs_second_person,
)

AMOUNT = st.integers(0, 10**9)


def explained(entitlement):
    return [(line.kind.value, line.amount_minor, line.running_minor) for line in entitlement.lines]


def test_an_entitlement_is_explained_step_by_step():
    found = compute_entitlement(
        paid_minor=10_000,
        deposited_minor=20_000,
        earned_minor=12_500,
        kill_fee_minor=3_000,
        credits=[Credit(1_000, "Late delivery"), Credit(-400, "Licence kept")],
        refunded_minor=2_000,
    )
    assert explained(found) == [
        ("paid", 10_000, 10_000),
        ("deposited", 20_000, 30_000),
        ("earned", -12_500, 17_500),
        ("kill_fee", -3_000, 14_500),
        ("credit", 1_000, 15_500),
        ("credit", -400, 15_100),
        ("earlier_refund", -2_000, 13_100),
    ]
    assert (found.entitled_minor, found.refundable_minor) == (13_100, 28_000)
    assert [line.note for line in found.lines if line.note] == ["Late delivery", "Licence kept"]


def test_who_owes_more_than_was_paid_gets_nothing_and_is_told_why():
    found = compute_entitlement(deposited_minor=5_000, earned_minor=8_000)
    assert explained(found) == [
        ("deposited", 5_000, 5_000),
        ("earned", -8_000, -3_000),
        ("limit", 3_000, 0),
    ]
    assert found.entitled_minor == 0


def test_credits_never_lift_a_refund_above_what_was_paid():
    found = compute_entitlement(paid_minor=5_000, credits=[Credit(9_000)], refunded_minor=1_000)
    assert explained(found) == [
        ("paid", 5_000, 5_000),
        ("credit", 9_000, 14_000),
        ("earlier_refund", -1_000, 13_000),
        ("limit", -9_000, 4_000),
    ]


def test_nothing_paid_is_nothing_owed():
    found = compute_entitlement()
    assert (found.lines, found.entitled_minor) == ((), 0)


@pytest.mark.parametrize(
    "values",
    [
        {"paid_minor": -1},
        {"deposited_minor": -1},
        {"earned_minor": -1},
        {"kill_fee_minor": -1},
        {"refunded_minor": -1},
        {"paid_minor": 5, "refunded_minor": 6},
    ],
)
def test_figures_that_cannot_be_are_refused(values):
    with pytest.raises(DomainError):
        compute_entitlement(**values)


@given(
    AMOUNT, AMOUNT, AMOUNT, AMOUNT, st.lists(st.integers(-(10**9), 10**9), max_size=4), st.data()
)
def test_an_entitlement_lies_between_nothing_and_what_is_left_and_its_lines_sum_to_it(
    paid, deposited, earned, kill_fee, credits, data
):
    refunded = data.draw(st.integers(0, paid + deposited))
    found = compute_entitlement(
        paid_minor=paid,
        deposited_minor=deposited,
        earned_minor=earned,
        kill_fee_minor=kill_fee,
        credits=[Credit(amount) for amount in credits],
        refunded_minor=refunded,
    )
    assert 0 <= found.entitled_minor <= paid + deposited - refunded
    assert sum(line.amount_minor for line in found.lines) == found.entitled_minor
    if found.lines:
        assert found.lines[-1].running_minor == found.entitled_minor
    if found.entitled_minor:
        check_refund(found.entitled_minor, captured_minor=paid + deposited, refunded_minor=refunded)


def test_partial_refunds_reach_the_whole_and_not_one_unit_more():
    check_refund(4_000, captured_minor=10_000, refunded_minor=0)
    check_refund(6_000, captured_minor=10_000, refunded_minor=4_000)
    with pytest.raises(RuleViolation) as refused:
        check_refund(6_001, captured_minor=10_000, refunded_minor=4_000)
    assert (refused.value.code, refused.value.details) == ("REFUND_OVER_CAP", {"left_minor": 6_000})


def test_what_is_on_its_way_counts_as_refunded():
    with pytest.raises(RuleViolation):
        check_refund(5_001, captured_minor=10_000, refunded_minor=0, pending_minor=5_000)


@pytest.mark.parametrize("amount", [0, -1])
def test_a_refund_of_nothing_is_refused(amount):
    with pytest.raises(InvalidInput):
        check_refund(amount, captured_minor=10_000, refunded_minor=0)


@pytest.mark.parametrize(
    ("parts", "fits"),
    [
        ((1, 2, 7), True),
        ((0, 10, 0), True),
        ((0, 9, 0), False),
        ((-1, 11, 0), False),
        ((5, 5, 1), False),
    ],
)
def test_a_credit_note_is_split_without_remainder(parts, fits):
    kept, refunded, offset = parts

    def split():
        check_split(10, kept_minor=kept, refunded_minor=refunded, offset_minor=offset)

    if fits:
        split()
    else:
        with pytest.raises(InvalidInput):
            split()


@pytest.mark.parametrize(
    ("amount", "limit", "alone", "needed"),
    [
        (10**12, None, 10**12, False),
        (5_000, 5_000, 0, False),
        (5_001, 5_000, 0, True),
        (1, 0, 0, True),
        (2_000, 5_000, 3_000, False),
        (2_001, 5_000, 3_000, True),
    ],
)
def test_somebody_else_approves_above_the_limit_and_small_ones_count_together(
    amount, limit, alone, needed
):
    assert needs_second_person(amount, limit_minor=limit, alone_minor=alone) is needed
