"""Stages of a fee, hours, prices; discounts and how they are spread."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.billing import Stage, by_tax, hours, price_amount, stage_amounts, time_amount
from services.rules.discounts import Discount, discount_of, spread
from services.rules.errors import DomainError


@pytest.mark.parametrize(
    ("shares", "amounts"),
    [
        ((3333, 3333, 3334), (3_333_000, 3_333_000, 3_334_000)),
        ((5000, 2500), (5_000_000, 2_500_000)),
        ((10_000,), (10_000_000,)),
    ],
)
def test_stages_are_shares_of_the_fee(shares: tuple[int, ...], amounts: tuple[int, ...]) -> None:
    assert stage_amounts([Stage("x", share_bps=each) for each in shares], 10_000_000) == amounts


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=12), st.integers(10**6, 10**12))
def test_shares_of_the_whole_sum_to_the_fee(weights: list[int], fee: int) -> None:
    cut = [weight * 10_000 // sum(weights) for weight in weights]
    cut[0] += 10_000 - sum(cut)
    stages = [Stage("x", share_bps=each) for each in cut if each]
    assert sum(stage_amounts(stages, fee)) == fee


def test_a_stage_is_cut_by_the_taxes_of_the_fee() -> None:
    fees = {("S", 2500): 200, ("Z", 0): 100, ("E", 0): 0}
    assert by_tax(100, fees) == (("S", 2500, 67), ("Z", 0, 33))


@pytest.mark.parametrize(
    ("minutes", "rate", "amount"),
    [(50, 95_000, 79_167), (90, 95_000, 142_500), (1, 30, 0), (3, 30, 2)],
)
def test_hours_are_rounded_half_to_even_once(minutes: int, rate: int, amount: int) -> None:
    assert time_amount(minutes, rate) == amount
    assert hours(minutes) == (Decimal(minutes) / 60).quantize(Decimal("0.000001"))


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "Infinity", "0.0000001", "1000000000000"])
def test_a_bad_quantity_is_refused(quantity: str) -> None:
    with pytest.raises(DomainError) as refusal:
        price_amount(Decimal(quantity), 100)
    assert refusal.value.code == "QUANTITY_INVALID"
    assert price_amount(Decimal("2.5"), 333) == 832


@pytest.mark.parametrize(
    ("discount", "taken"),
    [
        (Discount("x", rate_bps=1000), 100),
        (Discount("x", amount_minor=7), 7),
        (Discount("x", rate_bps=10_000), 1_000),
    ],
)
def test_a_discount_is_a_percentage_or_a_sum(discount: Discount, taken: int) -> None:
    assert discount_of(discount, 1_000, "discount") == taken


@pytest.mark.parametrize(
    ("discount", "code"),
    [
        (Discount("x"), "DISCOUNT_INVALID"),
        (Discount("x", rate_bps=1, amount_minor=1), "DISCOUNT_INVALID"),
        (Discount("x", rate_bps=0), "DISCOUNT_INVALID"),
        (Discount("x", rate_bps=10_001), "DISCOUNT_INVALID"),
        (Discount("x", amount_minor=0), "DISCOUNT_INVALID"),
        (Discount("x", amount_minor=1_001), "DISCOUNT_EXCEEDS"),
        (Discount("x", rate_bps=1), "DISCOUNT_EXCEEDS"),
    ],
)
def test_a_bad_discount_is_refused(discount: Discount, code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        discount_of(discount, 1_000, "discount")
    assert refusal.value.code == code


@given(st.lists(st.integers(-(10**6), 10**9), min_size=1, max_size=20), st.integers(0, 10**9))
def test_what_comes_off_the_whole_is_spread_to_the_last_unit(nets: list[int], wanted: int) -> None:
    limit = max(0, min(sum(nets), sum(max(0, net) for net in nets)))
    amount = min(wanted, limit)
    parts = spread(amount, nets)
    assert sum(parts) == amount
    assert all(0 <= part <= max(0, net) for part, net in zip(parts, nets, strict=True))
    with pytest.raises(DomainError):
        spread(limit + 1, nets)
