"""The budget of a scope: what it earns, costs and is taxed, per item, per phase and in total.

Fees and costs stand on leaves and roll up; a phase is an item without a parent. Everything is net of tax unless the name says
otherwise.

* Contingency is a reserve beside the fee that change costs may draw on. It is shown apart and never part of the fee, the tax or
  the total: what is drawn from it becomes fee by a signed change order.
* Retention is a share of the net fee that is kept back from invoices until acceptance. It delays money and changes no total.
* Earned is percent complete times fee, per leaf, rounded once each.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.rules.errors import InvalidInput
from services.rules.money import BPS, share
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
