"""How a budget stands: literal figures by leaf, phase and total, and parts that sum to wholes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.budgets import (
    BilledLine,
    BudgetFigures,
    Spent,
    compute_budget,
    compute_standing,
    spread_payment,
)
from services.rules.earned_value import EarnedValue, add_up
from services.rules.errors import InvalidInput
from services.rules.scope import ItemKind, Scope, ScopeItem

# Fees 1,000.00 and 600.00 and 333.33 at 25 %; costs 400.00, 300.00, 100.00; ten, five and no days.
WORK = Scope(
    items=(
        ScopeItem("site", "Site", ItemKind.SUMMARY),
        ScopeItem("design", "Design", parent_key="site", position=1, fee_minor=100_000, cost_minor=40_000, tax_bps=2500, duration_days=10),
        ScopeItem("build", "Build", parent_key="site", position=2, fee_minor=60_000, cost_minor=30_000, tax_bps=2500, duration_days=5),
        ScopeItem("launch", "Launch", ItemKind.MILESTONE, position=1, fee_minor=33_333, cost_minor=10_000, tax_bps=2500),
    )
)  # fmt: skip
DONE = {"design": 10_000, "build": 3_333}


def standing(**changes):
    values = {
        "progress_bps": DONE,
        "planned_value_minor": {"design": 40_000, "build": 18_000},
        "billed": [BilledLine("design", 100_000, 25_000, 125_000)],
        "spent": {"design": Spent(45_000, 600), "build": Spent(5_000), None: Spent(2_000, 30)},
        **changes,
    }
    return compute_standing(WORK, compute_budget(WORK, progress_bps=values["progress_bps"]), **values)  # fmt: skip


def test_every_leaf_says_what_is_earned_billed_paid_and_spent() -> None:
    found = standing()
    build = found.items["build"]
    # 33.33 % of 600.00 is 199.98, of the cost 300.00 it is 99.99.
    assert (build.earned_minor, build.unbilled_minor, build.ahead_minor) == (19_998, 19_998, 0)
    assert build.earned_value == EarnedValue(30_000, 18_000, 9_999, 5_000)
    design = found.items["design"]
    assert (design.billed_minor, design.billed_tax_minor, design.billed_gross_minor) == (100_000, 25_000, 125_000)  # fmt: skip
    assert (design.paid_minor, design.unbilled_minor, design.ahead_minor) == (125_000, 0, 0)
    assert (design.spent_minor, design.spent_effort_minutes) == (45_000, 600)
    assert (design.margin_minor, design.percent_complete_bps) == (60_000, 10_000)


def test_a_phase_is_the_sum_of_its_leaves_and_weighs_progress_by_duration() -> None:
    found = standing()
    site = found.phases["site"]
    assert (site.fee_minor, site.cost_minor, site.tax_minor) == (160_000, 70_000, 40_000)
    assert (site.earned_minor, site.billed_minor, site.unbilled_minor) == (119_998, 100_000, 19_998)
    assert site.earned_value == EarnedValue(70_000, 58_000, 49_999, 50_000)
    # (10 days x 100 % + 5 days x 33.33 %) / 15 days
    assert site.percent_complete_bps == 7_778
    assert found.phases["launch"].percent_complete_bps == 0
    assert list(found.items) == ["site", "design", "build", "launch"]


def test_what_was_spent_on_the_whole_stands_in_the_total_alone() -> None:
    found = standing()
    assert found.unassigned.earned_value == EarnedValue(actual_cost_minor=2_000)
    assert found.total.earned_value == EarnedValue(80_000, 58_000, 49_999, 52_000)
    assert (found.total.spent_effort_minutes, found.total.spent_minor) == (630, 52_000)
    assert found.total.cost_minor == 80_000


def test_what_is_no_longer_in_the_scope_is_still_spent_and_billed() -> None:
    found = standing(
        billed=[BilledLine("gone", 7_000, 1_750, 8_750)], spent={"gone": Spent(3_000, 15)}
    )
    assert found.unassigned == BudgetFigures(
        billed_minor=7_000, billed_tax_minor=1_750, paid_minor=8_750, ahead_minor=7_000,
        spent_effort_minutes=15, earned_value=EarnedValue(actual_cost_minor=3_000),
    )  # fmt: skip
    assert (found.total.billed_minor, found.total.paid_minor) == (7_000, 8_750)


def test_what_is_billed_above_what_is_earned_is_not_set_off_against_another_item() -> None:
    found = standing(billed=[BilledLine("build", 60_000, 15_000)])
    assert found.items["build"].ahead_minor == 40_002
    assert (found.total.unbilled_minor, found.total.ahead_minor) == (100_000, 40_002)


def test_an_empty_scope_stands_at_nothing() -> None:
    found = compute_standing(
        Scope(), compute_budget(Scope()), progress_bps={}, planned_value_minor={}
    )
    assert (found.total, found.phases) == (BudgetFigures(), {})


@pytest.mark.parametrize(
    ("paid", "gross", "parts"),
    [
        (100, (1, 1, 1), (34, 33, 33)),
        (0, (5, 5), (0, 0)),
        (50_000, (62_500, 62_500), (25_000, 25_000)),
        (90, (150, -50), (135, -45)),
        (1, (150, -50), (2, -1)),
        (7, (7,), (7,)),
        (0, (), ()),
        (0, (5, -5), (0, 0)),
    ],
)
def test_a_payment_is_cut_to_the_lines_by_largest_remainder(paid, gross, parts) -> None:
    assert spread_payment(paid, gross) == parts


def test_a_payment_of_nothing_belongs_nowhere() -> None:
    with pytest.raises(InvalidInput) as refused:
        spread_payment(5, (10, -10))
    assert refused.value.code == "ALLOCATION_INVALID"


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20).filter(lambda g: sum(g) > 0),
    st.data(),
)
def test_the_parts_of_a_payment_sum_to_it_and_a_full_payment_pays_every_line(gross, data) -> None:
    paid = data.draw(st.integers(0, sum(gross)))
    parts = spread_payment(paid, gross)
    assert sum(parts) == paid
    assert all(abs(part - paid * each / sum(gross)) <= 1.001 for part, each in zip(parts, gross, strict=True))  # fmt: skip
    assert spread_payment(sum(gross), gross) == tuple(gross)


@st.composite
def stood(draw):
    """A tree of up to twelve leaves under two summaries, with progress, bills and costs."""
    count = draw(st.integers(0, 12))
    items = [
        ScopeItem("p", "P", ItemKind.SUMMARY),
        ScopeItem("q", "Q", ItemKind.SUMMARY, parent_key="p"),
    ]
    amount = st.integers(0, 10**9)
    keys = [f"i{n}" for n in range(count)]
    for key in keys:
        items.append(
            ScopeItem(
                key, "Item", parent_key=draw(st.sampled_from([None, "p", "q"])), fee_minor=draw(amount),
                cost_minor=draw(amount), tax_bps=draw(st.sampled_from([0, 2500])), duration_days=draw(st.integers(1, 9)),
            )
        )  # fmt: skip
    progress = {key: draw(st.integers(0, 10_000)) for key in keys}
    scope = Scope(tuple(items))
    names = st.sampled_from([*keys, "gone"])
    billed = draw(st.lists(st.builds(BilledLine, names, amount, amount, amount), max_size=6))
    spent = draw(st.dictionaries(st.one_of(st.none(), names), st.builds(Spent, amount, amount), max_size=6))  # fmt: skip
    budget = compute_budget(scope, progress_bps=progress)
    planned = {key: draw(st.integers(0, budget.items[key].cost_minor)) for key in keys}
    return scope, budget, billed, spent, compute_standing(
        scope, budget, progress_bps=progress, planned_value_minor=planned, billed=billed, spent=spent
    )  # fmt: skip


@given(stood())
def test_the_total_is_the_sum_of_leaves_and_what_belongs_to_none(case) -> None:
    scope, budget, billed, spent, found = case
    leaves = [found.items[item.item_key] for item in scope.leaves()]
    every = [*leaves, found.unassigned]
    for name in (
        "fee_minor", "cost_minor", "tax_minor", "earned_minor", "billed_minor", "billed_tax_minor", "paid_minor",
        "unbilled_minor", "ahead_minor", "spent_effort_minutes",
    ):  # fmt: skip
        whole = getattr(found.total, name)
        assert whole == sum(getattr(each, name) for each in every)
        phases = [*found.phases.values(), found.unassigned]
        assert whole == sum(getattr(each, name) for each in phases)
    assert found.total.earned_value == add_up(each.earned_value for each in every)
    assert (found.total.fee_minor, found.total.earned_minor) == (budget.fee_minor, budget.earned_minor)  # fmt: skip
    assert found.total.billed_minor == sum(line.net_minor for line in billed)
    assert found.total.spent_minor == sum(each.amount_minor for each in spent.values())
    assert found.total.earned_minor - found.total.billed_minor == found.total.unbilled_minor - found.total.ahead_minor  # fmt: skip
    for each in [*found.items.values(), found.total]:
        measures = each.earned_value
        assert 0 <= measures.earned_value_minor <= measures.budget_at_completion_minor
        assert 0 <= each.percent_complete_bps <= 10_000
