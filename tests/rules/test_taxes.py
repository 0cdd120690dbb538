"""Tax by category, cut back to lines so that both add up to the same."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.taxes import TaxableLine, TaxSubtotal, compute_taxes


def test_each_category_at_each_rate_is_rounded_once():
    taxes = compute_taxes(
        [
            TaxableLine(10_00, "S", 2500),
            TaxableLine(99, "S", 2500),
            TaxableLine(5_000, "Z", 0),
            TaxableLine(1_000, "S", 1200),
        ]
    )
    assert taxes.subtotals == (
        TaxSubtotal("S", 1200, 1_000, 120),
        TaxSubtotal("S", 2500, 1_099, 275),
        TaxSubtotal("Z", 0, 5_000, 0),
    )
    assert taxes.line_tax_minor == (250, 25, 0, 120)
    assert taxes.tax_minor == 395


@pytest.mark.parametrize(
    ("nets", "line_taxes"),
    [
        # three lines of 0.02 at 25 % are half a unit each: together 1.5, rounded to 2
        ([2, 2, 2], (1, 1, 0)),
        # two of them are exactly 1
        ([2, 2], (1, 0)),
        # one is half a unit, to the even neighbour
        ([2], (0,)),
        ([6], (2,)),
        ([100, -100], (25, -25)),
        ([2, -2], (1, -1)),
        ([-2, -2, -2], (0, -1, -1)),
        ([], ()),
    ],
)
def test_the_lines_share_the_tax_of_their_category(nets, line_taxes):
    taxes = compute_taxes([TaxableLine(net, "S", 2500) for net in nets])
    assert taxes.line_tax_minor == line_taxes


@given(
    st.lists(
        st.builds(
            TaxableLine,
            st.integers(-(10**12), 10**12),
            st.sampled_from(["S", "AA"]),
            st.sampled_from([2500, 1200, 1, 9999]),
        ),
        max_size=25,
    )
)
def test_lines_categories_and_total_agree_and_no_line_is_a_unit_off(lines):
    taxes = compute_taxes(lines)
    assert sum(taxes.line_tax_minor) == taxes.tax_minor
    for category in taxes.subtotals:
        members = [
            (line, tax)
            for line, tax in zip(lines, taxes.line_tax_minor, strict=True)
            if (line.tax_code, line.tax_bps) == (category.tax_code, category.tax_bps)
        ]
        assert sum(tax for _, tax in members) == category.tax_minor
        assert sum(line.net_minor for line, _ in members) == category.taxable_minor
    for line, tax in zip(lines, taxes.line_tax_minor, strict=True):
        assert abs(Fraction(line.net_minor * line.tax_bps, 10_000) - tax) <= 1
