"""The budget: literal figures, and sums that agree whichever way they are read."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.budgets import compute_budget
from services.rules.errors import InvalidInput
from services.rules.scope import ItemKind, Scope, ScopeItem
from services.rules.taxes import TaxSubtotal
from tests.rules.test_scope import SITE

MIXED = Scope(
    items=(
        ScopeItem("one", "One", ItemKind.SUMMARY, position=1),
        ScopeItem(
            "a",
            "A",
            parent_key="one",
            fee_minor=20_000,
            cost_minor=12_000,
            tax_bps=2500,
            effort_minutes=60,
        ),
        ScopeItem("inner", "Inner", ItemKind.SUMMARY, parent_key="one", position=2),
        ScopeItem("b", "B", parent_key="inner", fee_minor=5_000, cost_minor=6_000, tax_bps=2500),
        ScopeItem("c", "C", parent_key="inner", fee_minor=333, tax_bps=2500, effort_minutes=30),
        ScopeItem("train", "Training", position=2, fee_minor=8_000, tax_code="E", tax_bps=0),
    )
)


def test_fees_costs_and_taxes_add_up_by_item_phase_and_total():
    budget = compute_budget(MIXED, contingency_bps=1000, retention_bps=500)
    assert (budget.fee_minor, budget.cost_minor, budget.margin_minor) == (33_333, 18_000, 15_333)
    assert (budget.tax_minor, budget.total_minor) == (6_333, 39_666)
    assert budget.tax_subtotals == (
        TaxSubtotal("E", 0, 8_000, 0),
        TaxSubtotal("S", 2500, 25_333, 6_333),
    )
    assert (budget.contingency_minor, budget.retention_minor) == (3_333, 1_667)
    assert budget.effort_minutes == 90
    assert [(p.item_key, p.fee_minor, p.tax_minor) for p in budget.phases] == [
        ("one", 25_333, 6_333),
        ("train", 8_000, 0),
    ]
    inner = budget.items["inner"]
    assert (inner.fee_minor, inner.cost_minor, inner.margin_minor, inner.tax_minor) == (
        5_333,
        6_000,
        -667,
        1_333,
    )
    assert list(budget.items) == ["one", "a", "inner", "b", "c", "train"]


def test_an_agreed_contingency_wins_over_a_rate_and_stays_outside_the_total():
    budget = compute_budget(MIXED, contingency_bps=1000, contingency_minor=50_000)
    assert (budget.contingency_minor, budget.total_minor) == (50_000, 39_666)


def test_what_is_earned_is_percent_complete_times_fee():
    budget = compute_budget(MIXED, progress_bps={"a": 10_000, "b": 5_000, "c": 5_000})
    assert budget.items["c"].earned_minor == 166
    assert budget.items["inner"].earned_minor == 2_666
    assert budget.earned_minor == 22_666


def test_the_site_costs_what_its_lines_say():
    budget = compute_budget(SITE)
    assert budget.fee_minor == 1_200_000 + 2_250_000 + 1_875_012 == 5_325_012
    assert budget.tax_minor == 1_331_253
    assert budget.total_minor == 6_656_265


def test_an_empty_scope_has_an_empty_budget():
    budget = compute_budget(Scope(), contingency_bps=1000)
    assert (budget.fee_minor, budget.total_minor, budget.phases) == (0, 0, ())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"contingency_bps": 10_001}, "RATE_INVALID"),
        ({"retention_bps": -1}, "RATE_INVALID"),
        ({"progress_bps": {"a": 10_001}}, "RATE_INVALID"),
        ({"progress_bps": {"a": True}}, "RATE_INVALID"),
        ({"progress_bps": {"one": 5_000}}, "PROGRESS_UNKNOWN_ITEM"),
        ({"progress_bps": {"nobody": 5_000}}, "PROGRESS_UNKNOWN_ITEM"),
    ],
)
def test_rates_outside_reason_are_refused(arguments, code):
    with pytest.raises(InvalidInput) as refused:
        compute_budget(MIXED, **arguments)
    assert refused.value.code == code


@given(
    st.lists(
        st.builds(
            dict,
            fee_minor=st.one_of(st.none(), st.integers(0, 10**9)),
            rate_minor=st.integers(0, 10**6),
            quantity=st.decimals(0, 1000, places=3),
            cost_minor=st.integers(0, 10**9),
            tax_bps=st.sampled_from([0, 2500, 1900]),
            parent_key=st.sampled_from([None, "p", "q"]),
        ),
        max_size=15,
    ),
    st.integers(0, 10_000),
)
def test_the_total_is_the_sum_of_phases_and_of_leaves(lines, progress):
    leaves = [ScopeItem(f"i{n}", "Item", **line) for n, line in enumerate(lines)]
    tree = [
        ScopeItem("p", "P", ItemKind.SUMMARY),
        ScopeItem("q", "Q", ItemKind.SUMMARY, parent_key="p"),
    ]
    budget = compute_budget(
        Scope((*leaves, *tree)), progress_bps={leaf.item_key: progress for leaf in leaves}
    )
    for name in ("fee_minor", "cost_minor", "tax_minor", "effort_minutes", "earned_minor"):
        total = getattr(budget, name)
        assert total == sum(getattr(phase, name) for phase in budget.phases)
        assert total == sum(getattr(budget.items[leaf.item_key], name) for leaf in leaves)
    assert budget.earned_minor <= budget.fee_minor


def test_quantities_are_priced_exactly():
    scope = Scope((ScopeItem("a", "A", quantity=Decimal("0.333333"), rate_minor=300_000_000),))
    assert compute_budget(scope).fee_minor == 99_999_900
