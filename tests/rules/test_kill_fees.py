"""The kill fee: by stage, and capped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.errors import InvalidInput
from services.rules.kill_fees import KillFee, KillFeeStage, KillFeeTerms, compute_kill_fee

STAGED = KillFeeTerms((KillFeeStage(0, 2500), KillFeeStage(3000, 5000), KillFeeStage(7000, 10_000)))


@pytest.mark.parametrize(
    ("earned", "paid", "costs", "fee"),
    [
        # of 100 000: nothing earned, a quarter of the whole
        (0, 0, 0, KillFee(25_000, 2500, 100_000, 100_000)),
        (29_999, 0, 0, KillFee(17_500, 2500, 70_001, 100_000, 2999)),
        (30_000, 0, 0, KillFee(35_000, 5000, 70_000, 100_000, 3000)),
        (70_000, 0, 0, KillFee(30_000, 10_000, 30_000, 100_000, 7000)),
        (100_000, 0, 0, KillFee(0, 10_000, 0, 100_000, 10_000)),
        # paid most of it already: the unpaid remainder caps
        (30_000, 90_000, 0, KillFee(10_000, 5000, 70_000, 10_000, 3000)),
        (30_000, 90_000, 5_000, KillFee(15_000, 5000, 70_000, 15_000, 3000, 5_000)),
        (30_000, 100_000, 0, KillFee(0, 5000, 70_000, 0, 3000)),
        (30_000, 120_000, 700, KillFee(700, 5000, 70_000, 700, 3000, 700)),
    ],
)
def test_the_stage_sets_the_share_and_the_unpaid_remainder_caps_it(earned, paid, costs, fee):
    assert (
        compute_kill_fee(
            STAGED, total_fee_minor=100_000, earned_minor=earned, paid_minor=paid, costs_minor=costs
        )
        == fee
    )
    assert fee.is_capped == (fee.amount_minor == fee.cap_minor and paid > 0)


def test_progress_may_be_told_apart_from_what_is_earned():
    fee = compute_kill_fee(
        STAGED, total_fee_minor=100_000, earned_minor=0, paid_minor=0, progress_bps=7_000
    )
    assert fee.amount_minor == 100_000


def test_what_asks_for_the_whole_unearned_fee_is_told_apart():
    whole = compute_kill_fee(STAGED, total_fee_minor=100_000, earned_minor=70_000, paid_minor=0)
    assert whole.is_whole
    part = compute_kill_fee(STAGED, total_fee_minor=100_000, earned_minor=30_000, paid_minor=0)
    assert not part.is_whole
    nothing = compute_kill_fee(STAGED, total_fee_minor=100_000, earned_minor=100_000, paid_minor=0)
    assert not nothing.is_whole


def test_a_flat_rate_and_no_terms():
    flat = KillFeeTerms.flat(1500)
    assert (
        compute_kill_fee(flat, total_fee_minor=333, earned_minor=0, paid_minor=0).amount_minor == 50
    )
    none = KillFeeTerms(())
    assert (
        compute_kill_fee(none, total_fee_minor=333, earned_minor=0, paid_minor=0).amount_minor == 0
    )
    assert compute_kill_fee(flat, total_fee_minor=0, earned_minor=0, paid_minor=0).amount_minor == 0


@pytest.mark.parametrize(
    "stages",
    [
        (KillFeeStage(1, 2500),),
        (KillFeeStage(0, 2500), KillFeeStage(0, 5000)),
        (KillFeeStage(0, 2500), KillFeeStage(5000, 100), KillFeeStage(4000, 100)),
        (KillFeeStage(0, 10_001),),
        (KillFeeStage(0, -1),),
        tuple(KillFeeStage(step, 100) for step in range(11)),
    ],
)
def test_stages_with_gaps_or_overlaps_are_refused(stages):
    with pytest.raises(InvalidInput):
        KillFeeTerms(stages)


@pytest.mark.parametrize(
    "values", [{"earned_minor": 101}, {"earned_minor": -1}, {"paid_minor": -1}, {"costs_minor": -1}, {"progress_bps": 10_001}]
)  # fmt: skip
def test_figures_that_cannot_be_are_refused(values):
    with pytest.raises(InvalidInput):
        compute_kill_fee(
            STAGED, **({"total_fee_minor": 100, "earned_minor": 0, "paid_minor": 0} | values)
        )


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**6))
def test_a_kill_fee_is_never_more_than_its_cap_nor_than_the_unearned_fee(
    total, earned, paid, costs
):
    earned = min(earned, total)
    fee = compute_kill_fee(
        STAGED, total_fee_minor=total, earned_minor=earned, paid_minor=paid, costs_minor=costs
    )
    assert 0 <= fee.amount_minor <= max(0, total - paid) + costs
    assert fee.amount_minor <= total - earned
