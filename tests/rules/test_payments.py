"""Payments by rule: oldest due first, and what another currency is worth."""

from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.errors import DomainError
from services.rules.money import Money
from services.rules.payments import OpenInvoice, Part, Rate, check_parts, exchange, oldest_due_first

DAY = date(2026, 3, 1)


def owed(number: int, due: int, open_minor: int) -> OpenInvoice:
    """An invoice by its number, due so many days on."""
    return OpenInvoice(
        UUID(int=number), f"2026-{number:04d}", DAY + timedelta(days=due), open_minor
    )


@pytest.mark.parametrize(
    ("available", "parts"),
    [(0, []), (1, [(2, 1)]), (500, [(2, 500)]), (501, [(2, 500), (1, 1)]), (1_600, [(2, 500), (1, 1_000), (3, 100)]),
     (9_999, [(2, 500), (1, 1_000), (3, 300)])],
)  # fmt: skip
def test_the_oldest_due_is_paid_first_and_ties_go_by_number(
    available: int, parts: list[tuple[int, int]]
) -> None:
    invoices = [owed(3, 20, 300), owed(1, 20, 1_000), owed(2, 5, 500), owed(4, 1, 0)]
    assert oldest_due_first(available, invoices) == tuple(
        Part(UUID(int=n), minor) for n, minor in parts
    )


@given(
    st.integers(0, 10**6),
    st.lists(st.tuples(st.integers(0, 90), st.integers(0, 10**5)), max_size=8),
)
def test_no_part_is_beyond_its_invoice_and_all_that_can_go_goes(
    available: int, debts: list[tuple[int, int]]
) -> None:
    invoices = [owed(n, due, minor) for n, (due, minor) in enumerate(debts, start=1)]
    parts = oldest_due_first(available, invoices)
    limits = {each.invoice_id: each.open_minor for each in invoices}
    assert all(0 < part.amount_minor <= limits[part.invoice_id] for part in parts)
    assert sum(part.amount_minor for part in parts) == min(available, sum(limits.values()))


@pytest.mark.parametrize(
    ("minor", "code"),
    [(1_001, "TOO_MUCH"), (0, "AMOUNT_NOT_POSITIVE"), (-1, "AMOUNT_NOT_POSITIVE")],
)
def test_a_part_beyond_its_limit_is_refused_with_the_limit(minor: int, code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        check_parts(
            [Part(UUID(int=1), minor)],
            limits={UUID(int=1): 1_000},
            field="putOn",
            code="TOO_MUCH",
            said="No.",
        )
    assert (refusal.value.code, refusal.value.field) == (code, "putOn")


def dkk_per(home: int, foreign: int, currency: str = "EUR") -> Rate:
    """So many øre for so many cents."""
    return Rate(Money(home, "DKK"), Money(foreign, currency))


@pytest.mark.parametrize(
    ("paid", "settled", "rate", "value", "rounding", "difference"),
    [
        # Paid at home: EUR 1 000.00 at 7.4605 is DKK 7 460.50; what came in beyond is the gain.
        (Money(750_000, "DKK"), Money(100_000, "EUR"), dkk_per(74_605, 10_000), 746_050, 0, 3_950),
        (Money(740_000, "DKK"), Money(100_000, "EUR"), dkk_per(74_605, 10_000), 746_050, 0, -6_050),
        # Paid abroad: EUR 1 000.00 is worth DKK 7 460.50 on the day, and settled DKK 7 500.00: a loss.
        (Money(100_000, "EUR"), Money(750_000, "DKK"), dkk_per(74_605, 10_000), 746_050, 0, -3_950),
        # Halves go to the even øre: 0.5 to 0 is nothing, 1.5 and 2.5 to 2.
        (Money(3, "DKK"), Money(1, "EUR"), dkk_per(3, 2), 2, -1, 1),
        (Money(3, "DKK"), Money(1, "EUR"), dkk_per(5, 2), 2, 1, 1),
        # Yen have no decimals, dinars three.
        (Money(4_400, "DKK"), Money(1_000, "JPY"), dkk_per(437, 100, "JPY"), 4_370, 0, 30),
        (Money(2_200, "DKK"), Money(1_234, "BHD"), dkk_per(1_790, 1_000, "BHD"), 2_209, -140, -9),
    ],
)  # fmt: skip
def test_the_difference_is_what_came_in_beyond_what_it_settled_at_the_rate(
    paid: Money, settled: Money, rate: Rate, value: int, rounding: int, difference: int
) -> None:
    found = exchange(paid, settled, rate, "DKK")
    assert (found.value_minor, found.rounding_numerator, found.difference_minor) == (
        value,
        rounding,
        difference,
    )


@given(
    st.integers(1, 10**12),
    st.integers(1, 10**12),
    st.integers(1, 10**9),
    st.integers(1, 10**9),
    st.booleans(),
)
def test_the_value_is_within_half_a_unit_and_the_remainder_is_exact(
    one: int, other: int, home: int, foreign: int, is_paid_at_home: bool
) -> None:
    sides = Money(one, "DKK"), Money(other, "EUR")
    paid, settled = sides if is_paid_at_home else sides[::-1]
    exact = Fraction(other * home, foreign)
    if exact <= Fraction(1, 2):
        with pytest.raises(DomainError):
            exchange(paid, settled, dkk_per(home, foreign), "DKK")
        return
    found = exchange(paid, settled, dkk_per(home, foreign), "DKK")
    assert found.value_minor + Fraction(found.rounding_numerator, foreign) == exact
    assert abs(found.value_minor - exact) <= Fraction(1, 2)
    assert found.difference_minor == (
        one - found.value_minor if is_paid_at_home else found.value_minor - one
    )


@pytest.mark.parametrize(
    ("paid", "settled", "rate", "code", "field"),
    [
        (Money(1, "USD"), Money(1, "EUR"), dkk_per(1, 1), "CURRENCY_PAIR", "settles"),
        (Money(1, "DKK"), Money(1, "DKK"), dkk_per(1, 1), "CURRENCY_PAIR", "settles"),
        (Money(1, "DKK"), Money(1, "EUR"), dkk_per(1, 1, "USD"), "RATE_INVALID", "rate.foreign"),
        (Money(1, "DKK"), Money(1, "EUR"), Rate(Money(1, "EUR"), Money(1, "EUR")), "RATE_INVALID", "rate.home"),
        (Money(1, "DKK"), Money(1, "EUR"), dkk_per(0, 1), "RATE_INVALID", "rate.home"),
        (Money(1, "DKK"), Money(1, "EUR"), dkk_per(1, 3), "RATE_INVALID", "rate"),
    ],
)  # fmt: skip
def test_a_rate_that_says_nothing_is_refused(
    paid: Money, settled: Money, rate: Rate, code: str, field: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        exchange(paid, settled, rate, "DKK")
    assert (refusal.value.code, refusal.value.field) == (code, field)
