"""The budget of a scope: what it earns, costs and is taxed, per item, per phase and in total.

Fees and costs stand on leaves and roll up; a phase is an item without a parent. Everything is net of tax unless the name says
otherwise.

* Contingency is a reserve beside the fee that change costs may draw on. It is shown apart and never part of the fee, the tax or
  the total: what is drawn from it becomes fee by a signed change order.
* Retention is a share of the net fee that is kept back from invoices until acceptance. It delays money and changes no total.
* Earned is percent complete times fee, per leaf, rounded once each.

A budget is what was agreed. Its *standing* (`compute_standing`) sets beside it what became of it by a date: progress, what was
billed and paid, what was spent, and the earned value; it adds up the same way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from services.rules.earned_value import EarnedValue
from services.rules.errors import InvalidInput
from services.rules.money import BPS, share
from services.rules.progress import percent_of
from services.rules.scope import ItemKind, Scope, item_fee
from services.rules.taxes import TaxableLine, TaxSubtotal, compute_taxes


@dataclass(frozen=True, slots=True)
class ItemBudget:
    """The figures of one item; those of a summary are the sums of what it holds."""

    item_key: str
    parent_key: str | None
    is_summary: bool
    fee_minor: int
    cost_minor: int
    tax_minor: int
    effort_minutes: int
    earned_minor: int

    @property
    def margin_minor(self) -> int:
        """Fee less cost; negative when the item loses money."""
        return self.fee_minor - self.cost_minor


@dataclass(frozen=True, slots=True)
class Budget:
    """The figures of a whole scope."""

    fee_minor: int
    cost_minor: int
    tax_minor: int
    tax_subtotals: tuple[TaxSubtotal, ...]
    contingency_minor: int
    retention_minor: int
    effort_minutes: int
    earned_minor: int
    items: Mapping[str, ItemBudget] = field(default_factory=dict)
    """Every item by key, in outline order."""
    phases: tuple[ItemBudget, ...] = ()
    """The items without a parent, in outline order."""

    @property
    def margin_minor(self) -> int:
        """Fee less cost, without contingency."""
        return self.fee_minor - self.cost_minor

    @property
    def total_minor(self) -> int:
        """What the client pays in the end: fee and tax, without contingency."""
        return self.fee_minor + self.tax_minor


def compute_budget(
    scope: Scope,
    *,
    contingency_bps: int = 0,
    contingency_minor: int | None = None,
    retention_bps: int = 0,
    progress_bps: Mapping[str, int] | None = None,
) -> Budget:
    """The budget of a sound scope.

    The contingency is `contingency_minor` where an amount is agreed, else `contingency_bps` of the fee. `progress_bps` is percent
    complete by leaf, missing ones have not begun. Raises InvalidInput (RATE_INVALID) for a rate outside 0 to 100 %,
    (PROGRESS_UNKNOWN_ITEM) for progress on what is no leaf of the scope.
    """
    progress = dict(progress_bps or {})
    for name, rate in (
        ("contingency_bps", contingency_bps),
        ("retention_bps", retention_bps),
        *((f"progress_bps.{key}", rate) for key, rate in progress.items()),
    ):
        check_rate(rate, name)
    leaves = [item for item in scope.in_outline_order() if item.kind is not ItemKind.SUMMARY]
    unknown = progress.keys() - {item.item_key for item in leaves}
    if unknown:
        raise InvalidInput(
            f"The scope has no task {min(unknown)} that could progress.",
            code="PROGRESS_UNKNOWN_ITEM",
            field="progress_bps",
        )
    fees = {item.item_key: item_fee(item) for item in leaves}
    taxes = compute_taxes(
        [TaxableLine(fees[item.item_key], item.tax_code, item.tax_bps) for item in leaves]
    )
    line_tax = dict(zip(fees, taxes.line_tax_minor, strict=True))
    items: dict[str, ItemBudget] = {}
    ordered = scope.in_outline_order()
    sums = {item.item_key: [0, 0, 0, 0, 0] for item in ordered}
    for item in reversed(ordered):  # children come after their parent, so backwards they come first
        key = item.item_key
        if key in fees:
            earned = share(fees[key], progress.get(key, 0))
            sums[key] = [fees[key], item.cost_minor, line_tax[key], item.effort_minutes, earned]
        if item.parent_key is not None:
            above = sums[item.parent_key]
            sums[item.parent_key] = [a + b for a, b in zip(above, sums[key], strict=True)]
    for item in ordered:
        items[item.item_key] = ItemBudget(
            item.item_key, item.parent_key, item.kind is ItemKind.SUMMARY, *sums[item.item_key]
        )
    phases = tuple(items[item.item_key] for item in ordered if item.parent_key is None)
    fee_minor = sum(phase.fee_minor for phase in phases)
    return Budget(
        fee_minor=fee_minor,
        cost_minor=sum(phase.cost_minor for phase in phases),
        tax_minor=taxes.tax_minor,
        tax_subtotals=taxes.subtotals,
        contingency_minor=share(fee_minor, contingency_bps)
        if contingency_minor is None
        else contingency_minor,
        retention_minor=share(fee_minor, retention_bps),
        effort_minutes=sum(phase.effort_minutes for phase in phases),
        earned_minor=sum(phase.earned_minor for phase in phases),
        items=items,
        phases=phases,
    )


def check_rate(rate_bps: int, field_name: str) -> None:
    """Raise InvalidInput (RATE_INVALID) unless the rate lies from 0 to 100 %."""
    if type(rate_bps) is not int or not 0 <= rate_bps <= BPS:
        raise InvalidInput(
            f"{field_name} is not a rate from 0 to {BPS} basis points.",
            code="RATE_INVALID",
            field=field_name,
        )


# --- what became of it -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BilledLine:
    """What an issued invoice bills of one item: net, its tax, and its part of what came in for the invoice, tax included."""

    item_key: str
    net_minor: int
    tax_minor: int
    paid_minor: int = 0


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent on one item, or on no item in particular."""

    amount_minor: int = 0
    effort_minutes: int = 0


_NOTHING_DONE: Final = EarnedValue()


@dataclass(frozen=True, slots=True)
class BudgetFigures:
    """How an item, a phase or the whole stands. Net of tax, except `paid_minor`, which is money as it came in."""

    fee_minor: int = 0
    cost_minor: int = 0
    tax_minor: int = 0
    effort_minutes: int = 0
    earned_minor: int = 0
    billed_minor: int = 0
    billed_tax_minor: int = 0
    paid_minor: int = 0
    unbilled_minor: int = 0
    """Earned above what is billed, leaf by leaf: what could be asked for once it is accepted."""
    ahead_minor: int = 0
    """Billed above what is earned, leaf by leaf."""
    spent_effort_minutes: int = 0
    earned_value: EarnedValue = _NOTHING_DONE
    percent_complete_bps: int = 0

    @property
    def margin_minor(self) -> int:
        """Fee less budgeted cost."""
        return self.fee_minor - self.cost_minor

    @property
    def billed_gross_minor(self) -> int:
        """Billed with its tax."""
        return self.billed_minor + self.billed_tax_minor

    @property
    def spent_minor(self) -> int:
        """What was spent: the actual cost."""
        return self.earned_value.actual_cost_minor


@dataclass(frozen=True, slots=True)
class Standing:
    """How a budget stands as of a date: `total` is the sum of `phases` and of what belongs to no item of the scope."""

    total: BudgetFigures
    phases: Mapping[str, BudgetFigures]
    items: Mapping[str, BudgetFigures]
    """Every item by key, in outline order."""
    unassigned: BudgetFigures
    """Spent on the whole or on what is no longer in the scope, and billed of such."""


def spread_payment(paid_minor: int, gross_minor: Sequence[int]) -> tuple[int, ...]:
    """What came in for an invoice, cut to its lines by their sums with tax; the parts sum to it (largest remainder).

    Unlike `money.allocate` this also takes credits among the lines: a credit line is paid in the negative, as it lowered what
    was owed. Raises InvalidInput (ALLOCATION_INVALID) where the lines add up to nothing and something came in.
    """
    whole = sum(gross_minor)
    if whole == 0:
        if paid_minor:
            raise InvalidInput("There is nothing that was paid for.", code="ALLOCATION_INVALID")
        return (0,) * len(gross_minor)
    exact = [paid_minor * gross for gross in gross_minor]
    parts = [each // whole for each in exact]
    by_remainder = sorted(range(len(parts)), key=lambda at: -(exact[at] % whole))
    for at in by_remainder[: paid_minor - sum(parts)]:
        parts[at] += 1
    return tuple(parts)


def compute_standing(
    scope: Scope,
    budget: Budget,
    *,
    progress_bps: Mapping[str, int],
    planned_value_minor: Mapping[str, int],
    billed: Sequence[BilledLine] = (),
    spent: Mapping[str | None, Spent] | None = None,
) -> Standing:
    """How `budget`, computed from `scope` with the same progress, stands.

    `planned_value_minor` is by leaf what its plan has done by the date. `spent` is by item, under None what was spent on the whole;
    keys that are no leaf of the scope count as unassigned.
    """
    ordered = scope.in_outline_order()
    leaves = {item.item_key: item for item in ordered if item.kind is not ItemKind.SUMMARY}
    billed_by: dict[str | None, BudgetFigures] = {}
    for line in billed:
        key = line.item_key if line.item_key in leaves else None
        billed_by[key] = _plus(
            billed_by.get(key, BudgetFigures()),
            BudgetFigures(
                billed_minor=line.net_minor,
                billed_tax_minor=line.tax_minor,
                paid_minor=line.paid_minor,
            ),
        )
    spent_by: dict[str | None, Spent] = {}
    for given, each in (spent or {}).items():
        key = given if given in leaves else None
        known = spent_by.get(key, Spent())
        spent_by[key] = Spent(
            known.amount_minor + each.amount_minor, known.effort_minutes + each.effort_minutes
        )
    figures: dict[str, BudgetFigures] = {item.item_key: BudgetFigures() for item in ordered}
    parts: dict[str, list[tuple[int, int]]] = {item.item_key: [] for item in ordered}
    for item in reversed(ordered):  # children come after their parent, so backwards they come first
        key = item.item_key
        if key in leaves:
            percent = progress_bps.get(key, 0)
            figures[key] = _leaf(
                budget.items[key],
                billed_by.get(key, BudgetFigures()),
                spent_by.get(key, Spent()),
                percent,
                planned_value_minor.get(key, 0),
            )
            parts[key].append((item.duration_days, percent))
        else:
            figures[key] = replace(figures[key], percent_complete_bps=percent_of(parts[key]))
        if item.parent_key is not None:
            figures[item.parent_key] = _plus(figures[item.parent_key], figures[key])
            parts[item.parent_key] += parts[key]
    phases = {item.item_key: figures[item.item_key] for item in ordered if item.parent_key is None}
    loose, elsewhere = billed_by.get(None, BudgetFigures()), spent_by.get(None, Spent())
    unassigned = replace(
        loose,
        ahead_minor=loose.billed_minor,
        spent_effort_minutes=elsewhere.effort_minutes,
        earned_value=EarnedValue(actual_cost_minor=elsewhere.amount_minor),
    )
    total = unassigned
    for phase in phases.values():
        total = _plus(total, phase)
    whole = percent_of([part for key in phases for part in parts[key]])
    return Standing(replace(total, percent_complete_bps=whole), phases, figures, unassigned)


def _leaf(
    agreed: ItemBudget, billed: BudgetFigures, spent: Spent, percent_bps: int, planned_minor: int
) -> BudgetFigures:
    return BudgetFigures(
        fee_minor=agreed.fee_minor,
        cost_minor=agreed.cost_minor,
        tax_minor=agreed.tax_minor,
        effort_minutes=agreed.effort_minutes,
        earned_minor=agreed.earned_minor,
        billed_minor=billed.billed_minor,
        billed_tax_minor=billed.billed_tax_minor,
        paid_minor=billed.paid_minor,
        unbilled_minor=max(0, agreed.earned_minor - billed.billed_minor),
        ahead_minor=max(0, billed.billed_minor - agreed.earned_minor),
        spent_effort_minutes=spent.effort_minutes,
        earned_value=EarnedValue(
            agreed.cost_minor,
            planned_minor,
            share(agreed.cost_minor, percent_bps),
            spent.amount_minor,
        ),
        percent_complete_bps=percent_bps,
    )


_SUMS = (
    "fee_minor", "cost_minor", "tax_minor", "effort_minutes", "earned_minor", "billed_minor", "billed_tax_minor", "paid_minor",
    "unbilled_minor", "ahead_minor", "spent_effort_minutes", "earned_value",
)  # fmt: skip


def _plus(one: BudgetFigures, other: BudgetFigures) -> BudgetFigures:
    """The sums of two; the percentage is not a sum and stays to be said."""
    return BudgetFigures(**{name: getattr(one, name) + getattr(other, name) for name in _SUMS})
