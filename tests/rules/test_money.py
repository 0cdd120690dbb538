"""Money: exact amounts, strict reading, one rounding rule, parts that sum to the whole."""

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.errors import InvalidInput
from services.rules.money import (
    MAX_AMOUNT_MINOR,
    MINOR_UNITS,
    Money,
    allocate,
    divide_half_even,
    format_amount,
    minor_units,
    parse_amount,
    share,
)

AMOUNTS = st.integers(-MAX_AMOUNT_MINOR, MAX_AMOUNT_MINOR)


@pytest.mark.parametrize(
    ("text", "currency", "amount_minor"),
    [
        ("12.50", "DKK", 1250),
        ("12.5", "DKK", 1250),
        ("12", "DKK", 1200),
        ("-0.01", "EUR", -1),
        ("0", "EUR", 0),
        ("-0", "EUR", 0),
        ("007", "EUR", 700),
        ("12", "JPY", 12),
        ("1.234", "BHD", 1234),
        ("0.0001", "CLF", 1),
        ("759758.00", "USD", 75975800),
        ("10000000000000.00", "DKK", 10**15),
        ("-10000000000000.00", "DKK", -(10**15)),
        (Decimal("12.50"), "DKK", 1250),
        (Decimal("1E+3"), "DKK", 100000),
    ],
)
def test_a_plain_decimal_is_read_exactly(text, currency, amount_minor):
    assert parse_amount(text, currency, "fee") == Money(amount_minor, currency)


@pytest.mark.parametrize(
    ("text", "currency", "code"),
    [
        ("1.5", "JPY", "AMOUNT_TOO_PRECISE"),
        ("1.0", "JPY", "AMOUNT_TOO_PRECISE"),
        ("1.2345", "BHD", "AMOUNT_TOO_PRECISE"),
        ("1.001", "DKK", "AMOUNT_TOO_PRECISE"),
        (Decimal("1E-400"), "DKK", "AMOUNT_TOO_PRECISE"),
        ("10000000000000.01", "DKK", "AMOUNT_TOO_LARGE"),
        ("9" * 19, "DKK", "AMOUNT_TOO_LARGE"),
        (str(2**63), "JPY", "AMOUNT_TOO_LARGE"),
        (Decimal("1E+400"), "DKK", "AMOUNT_TOO_LARGE"),
        ("9" * 5000, "DKK", "AMOUNT_INVALID"),
        ("1e400", "DKK", "AMOUNT_INVALID"),
        ("1e2", "DKK", "AMOUNT_INVALID"),
        ("NaN", "DKK", "AMOUNT_INVALID"),
        ("Infinity", "DKK", "AMOUNT_INVALID"),
        (Decimal("NaN"), "DKK", "AMOUNT_INVALID"),
        (Decimal("-Infinity"), "DKK", "AMOUNT_INVALID"),
        ("", "DKK", "AMOUNT_INVALID"),
        (" 1", "DKK", "AMOUNT_INVALID"),
        ("1\n", "DKK", "AMOUNT_INVALID"),
        ("+1", "DKK", "AMOUNT_INVALID"),
        ("--1", "DKK", "AMOUNT_INVALID"),
        ("1,50", "DKK", "AMOUNT_INVALID"),
        ("1_000", "DKK", "AMOUNT_INVALID"),
        (".5", "DKK", "AMOUNT_INVALID"),
        ("5.", "DKK", "AMOUNT_INVALID"),
        ("١٢", "DKK", "AMOUNT_INVALID"),
        ("12\x00", "DKK", "AMOUNT_INVALID"),
        ("\u202e12", "DKK", "AMOUNT_INVALID"),
        (12.5, "DKK", "AMOUNT_INVALID"),
        (12, "DKK", "AMOUNT_INVALID"),
        (True, "DKK", "AMOUNT_INVALID"),
        (None, "DKK", "AMOUNT_INVALID"),
        ("1", "dkk", "CURRENCY_UNKNOWN"),
        ("1", "XAU", "CURRENCY_UNKNOWN"),
        ("1", "", "CURRENCY_UNKNOWN"),
        ("1", None, "CURRENCY_UNKNOWN"),
    ],
)
def test_a_bad_amount_is_refused_naming_the_field(text, currency, code):
    with pytest.raises(InvalidInput) as refused:
        parse_amount(text, currency, "input.fee")
    assert (refused.value.code, refused.value.field) == (code, "input.fee")


@given(AMOUNTS, st.sampled_from(sorted(MINOR_UNITS)))
def test_what_is_written_is_read_back_the_same(amount_minor, currency):
    money = Money(amount_minor, currency)
    assert parse_amount(format_amount(money), currency, "x") == money


@pytest.mark.parametrize(
    ("amount_minor", "currency", "text"),
    [
        (0, "DKK", "0.00"),
        (-5, "DKK", "-0.05"),
        (5, "BHD", "0.005"),
        (-12, "JPY", "-12"),
        (123456, "DKK", "1234.56"),
    ],
)
def test_an_amount_is_written_with_all_decimals_of_its_currency(amount_minor, currency, text):
    assert format_amount(Money(amount_minor, currency)) == text


def test_the_decimals_of_currencies_follow_iso_4217():
    assert {code: minor_units(code) for code in ["DKK", "JPY", "BHD", "CLF", "ISK", "HUF"]} == {
        "DKK": 2,
        "JPY": 0,
        "BHD": 3,
        "CLF": 4,
        "ISK": 0,
        "HUF": 2,
    }
    assert len(MINOR_UNITS) == 167


def test_money_adds_and_compares_within_one_currency():
    assert Money(100, "DKK") + Money(50, "DKK") == Money(150, "DKK")
    assert Money(100, "DKK") - Money(150, "DKK") == Money(-50, "DKK")
    assert -Money(100, "DKK") == Money(-100, "DKK")
    assert Money(1, "DKK") < Money(2, "DKK") <= Money(2, "DKK")
    assert Money(2, "DKK") > Money(1, "DKK") >= Money(1, "DKK")
    assert Money(1, "DKK") != Money(1, "EUR")
    assert str(Money(150, "DKK")) == "1.50 DKK"


@pytest.mark.parametrize(
    "mix",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a < b,
        lambda a, b: a <= b,
        lambda a, b: a > b,
        lambda a, b: a >= b,
    ],
)
def test_two_currencies_never_mix(mix):
    with pytest.raises(InvalidInput) as refused:
        mix(Money(1, "DKK"), Money(1, "EUR"))
    assert refused.value.code == "CURRENCY_MISMATCH"
    with pytest.raises(TypeError):
        mix(Money(1, "DKK"), 1)


@pytest.mark.parametrize("amount", [1.5, True, "1", Decimal(1), None])
def test_money_holds_whole_numbers_only(amount):
    with pytest.raises(InvalidInput):
        Money(amount, "DKK")


@pytest.mark.parametrize(
    ("numerator", "denominator", "result"),
    [
        (1, 2, 0),
        (3, 2, 2),
        (5, 2, 2),
        (-1, 2, 0),
        (-3, 2, -2),
        (-5, 2, -2),
        (3, -2, -2),
        (7, 3, 2),
        (8, 3, 3),
        (10**30 + 1, 2, 5 * 10**29),
    ],
)
def test_halves_go_to_the_even_neighbour(numerator, denominator, result):
    assert divide_half_even(numerator, denominator) == result


@given(st.integers(-(10**20), 10**20), st.integers(-(10**6), 10**6).filter(bool))
def test_rounding_agrees_with_the_decimal_module(numerator, denominator):
    assert divide_half_even(numerator, denominator) == round(Fraction(numerator, denominator))


def test_a_division_by_zero_is_refused():
    with pytest.raises(InvalidInput):
        divide_half_even(1, 0)


@given(AMOUNTS, st.integers(0, 10_000))
def test_a_share_is_the_exact_product_rounded_half_even(amount_minor, rate_bps):
    exact = Decimal(amount_minor) * rate_bps / 10_000
    assert share(amount_minor, rate_bps) == int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], (34, 33, 33)),
        (-100, [1, 1, 1], (-34, -33, -33)),
        (100, [0, 1, 0], (0, 100, 0)),
        (5, [3, 3, 1], (2, 2, 1)),
        (0, [1, 2], (0, 0)),
        (0, [], ()),
        (0, [0, 0], (0, 0)),
        (1, [1, 2], (0, 1)),
    ],
)
def test_remainders_go_to_the_largest_fractions(total, weights, parts):
    assert allocate(total, weights) == parts


@given(AMOUNTS, st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any))
def test_parts_sum_to_the_whole_and_stay_within_one_unit_of_their_share(total, weights):
    parts = allocate(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(Fraction(part) - Fraction(total * weight, sum(weights))) < 1
        assert weight or part == 0
    assert allocate(-total, weights) == tuple(-part for part in parts)


@pytest.mark.parametrize(("total", "weights"), [(1, []), (1, [0, 0]), (1, [2, -1]), (0, [-1, 1])])
def test_an_allocation_without_an_answer_is_refused(total, weights):
    with pytest.raises(InvalidInput) as refused:
        allocate(total, weights)
    assert refused.value.code == "ALLOCATION_INVALID"
