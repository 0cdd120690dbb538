"""The budget of an engagement as of a date: agreed, billed, paid, earned, spent, and earned value."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

import strawberry

from schema.context import Info
from schema.scalars import Money
from schema.scopes.types import money, money_or_none
from services import budgets
from services.rules.budgets import BudgetFigures as Figures
from services.rules.earned_value import EarnedValue as Measures
from services.rules.scope import ItemKind


@strawberry.type(
    description=(
        "Earned value on the cost basis, by PMI's Standard for Earned Value Management and ISO 21508. What is undefined is null."
    )
)
class EarnedValue:
    """Budget, plan, work done and cost of it; approved change orders are part of the budget."""

    budget_at_completion: Money = strawberry.field(description="BAC: the budgeted cost of all the work.")  # fmt: skip
    planned_value: Money = strawberry.field(description="PV: what the plan in force has done by the date.")  # fmt: skip
    earned_value: Money = strawberry.field(description="EV: percent complete times budgeted cost.")
    actual_cost: Money = strawberry.field(description="AC: what was spent.")
    schedule_variance: Money = strawberry.field(description="SV: EV less PV; negative is late.")
    cost_variance: Money = strawberry.field(description="CV: EV less AC; negative is over.")
    schedule_performance_index: Decimal | None = strawberry.field(
        description="SPI: EV over PV; null while nothing was planned."
    )
    cost_performance_index: Decimal | None = strawberry.field(
        description="CPI: EV over AC; null while nothing was spent."
    )
    estimate_at_completion: Money | None = strawberry.field(
        description="EAC: BAC over CPI; null while nothing was spent or earned."
    )
    estimate_to_complete: Money | None = strawberry.field(
        description="ETC: EAC less AC; null where EAC is."
    )
    variance_at_completion: Money | None = strawberry.field(
        description="VAC: BAC less EAC; null where EAC is."
    )
    to_complete_performance_index: Decimal | None = strawberry.field(
        description="TCPI: the work left over the budget left; null where none is left."
    )

    @classmethod
    def of(cls, measures: Measures, currency: str) -> Self:
        """From the rules' measures."""

        def amount(value: int | None) -> Money | None:
            return money_or_none(value, currency)

        return cls(
            budget_at_completion=money(measures.budget_at_completion_minor, currency),
            planned_value=money(measures.planned_value_minor, currency),
            earned_value=money(measures.earned_value_minor, currency),
            actual_cost=money(measures.actual_cost_minor, currency),
            schedule_variance=money(measures.schedule_variance_minor, currency),
            cost_variance=money(measures.cost_variance_minor, currency),
            schedule_performance_index=measures.schedule_performance_index,
            cost_performance_index=measures.cost_performance_index,
            estimate_at_completion=amount(measures.estimate_at_completion_minor),
            estimate_to_complete=amount(measures.estimate_to_complete_minor),
            variance_at_completion=amount(measures.variance_at_completion_minor),
            to_complete_performance_index=measures.to_complete_performance_index,
        )


@strawberry.type(description="How an item, a phase or the whole stands. Before tax unless a name says otherwise.")  # fmt: skip
class BudgetFigures:
    """Parts sum to the whole in every figure but the percentage and the indices."""

    fee: Money = strawberry.field(description="What it costs the client.")
    cost: Money = strawberry.field(description="What it may cost the practice.")
    margin: Money = strawberry.field(description="Fee less cost.")
    tax: Money = strawberry.field(description="The tax on the fee.")
    effort_minutes: int = strawberry.field(description="Estimated effort.")
    percent_complete_bps: int = strawberry.field(
        description="In basis points; of a whole, weighted by duration."
    )
    earned: Money = strawberry.field(description="Percent complete times fee.")
    billed: Money = strawberry.field(description="On issued invoices.")
    billed_gross: Money = strawberry.field(description="On issued invoices, with tax.")
    paid: Money = strawberry.field(
        description="What came in for it in payments and out of retainers, tax included, less what went back."
    )
    unbilled: Money = strawberry.field(description="Earned above what is billed, leaf by leaf.")
    billed_ahead: Money = strawberry.field(description="Billed above what is earned, leaf by leaf.")
    spent: Money = strawberry.field(description="Actual cost.")
    spent_effort_minutes: int = strawberry.field(description="Actual effort.")
    earned_value: EarnedValue = strawberry.field(description="Earned value.")

    @classmethod
    def of(cls, figures: Figures, currency: str) -> Self:
        """From the rules' figures."""
        return cls(
            fee=money(figures.fee_minor, currency),
            cost=money(figures.cost_minor, currency),
            margin=money(figures.margin_minor, currency),
            tax=money(figures.tax_minor, currency),
            effort_minutes=figures.effort_minutes,
            percent_complete_bps=figures.percent_complete_bps,
            earned=money(figures.earned_minor, currency),
            billed=money(figures.billed_minor, currency),
            billed_gross=money(figures.billed_gross_minor, currency),
            paid=money(figures.paid_minor, currency),
            unbilled=money(figures.unbilled_minor, currency),
            billed_ahead=money(figures.ahead_minor, currency),
            spent=money(figures.spent_minor, currency),
            spent_effort_minutes=figures.spent_effort_minutes,
            earned_value=EarnedValue.of(figures.earned_value, currency),
        )


@strawberry.type(description="One item's budget; a summary's figures are the sums of what it holds.")  # fmt: skip
class ItemBudget:
    """Beside the baseline: positive is more, or later."""

    key: str = strawberry.field(description="The item's key.")
    parent_key: str | None = strawberry.field(description="The summary it lies in.")
    title: str = strawberry.field(description="What it is called.")
    kind: ItemKind = strawberry.field(description="Summary, task or milestone.")
    figures: BudgetFigures = strawberry.field(description="How it stands.")
    fee_variance: Money = strawberry.field(description="Fee now less fee in the baseline.")
    cost_variance: Money = strawberry.field(description="Cost now less cost in the baseline.")
    finish_variance_days: int | None = strawberry.field(
        description="Working days it is planned to end later than in the baseline; null where it was not in it."
    )


@strawberry.type(description="The reserve in the fee for known unknowns.")
class BudgetContingency:
    """Apart from the fee; what is drawn becomes fee by a signed change order."""

    agreed: Money = strawberry.field(description="As the contract agreed it.")
    drawn: Money = strawberry.field(description="By signed change orders.")
    left: Money = strawberry.field(description="Agreed less drawn.")


@strawberry.type(description="The share of invoices kept back until acceptance of the whole.")
class BudgetRetention:
    """It delays money and changes no total."""

    rate_bps: int = strawberry.field(description="In basis points.")
    expected: Money = strawberry.field(description="Of the whole fee.")
    withheld: Money = strawberry.field(description="Of the invoices issued so far.")
    released: Money = strawberry.field(description="Let go of so far.")
    held: Money = strawberry.field(description="Withheld less released.")


@strawberry.type(description="One tax category at one rate.")
class BudgetTax:
    """By EN 16931: the rate on the sum of its lines, rounded once."""

    tax_code: str = strawberry.field(description="Tax category (UNCL 5305), such as S.")
    tax_bps: int = strawberry.field(description="Tax rate in basis points.")
    taxable: Money = strawberry.field(description="The sum of fees in it.")
    tax: Money = strawberry.field(description="The tax on that.")


@strawberry.type(description="The budget of an engagement as of a date. For members alone: it shows cost and margin.")  # fmt: skip
class EngagementBudget:
    """The total is the sum of the phases and of what belongs to no item."""

    as_of: date = strawberry.field(description="The date it stands on.")
    scope_version_number: int = strawberry.field(description="The scope version it is of.")
    total: BudgetFigures = strawberry.field(description="The whole.")
    total_with_tax: Money = strawberry.field(description="Fee and tax: what the client pays.")
    fee_variance: Money = strawberry.field(description="Fee now less fee in the baseline.")
    cost_variance: Money = strawberry.field(description="Cost now less cost in the baseline.")
    delivery_variance_days: int = strawberry.field(
        description="Working days that the planned delivery is later than in the baseline."
    )
    taxes: list[BudgetTax] = strawberry.field(description="By category and rate.")
    contingency: BudgetContingency = strawberry.field(description="The reserve and its use.")
    retention: BudgetRetention = strawberry.field(description="What is kept back.")
    phases: list[ItemBudget] = strawberry.field(description="Items without a parent, in order.")
    items: list[ItemBudget] = strawberry.field(description="Every item, in outline order.")
    unassigned: BudgetFigures = strawberry.field(
        description="Spent on the whole, or on items no longer in the scope."
    )


def budget_of(found: budgets.EngagementBudget) -> EngagementBudget:
    """The service's answer as the schema's."""
    plan, standing, currency = found.plan, found.standing, found.currency

    def amount(value: int) -> Money:
        return money(value, currency)

    items = [_item(found, key) for key in standing.items]
    return EngagementBudget(
        as_of=found.as_of,
        scope_version_number=plan.version["number"],
        total=BudgetFigures.of(standing.total, currency),
        total_with_tax=amount(found.budget.total_minor),
        fee_variance=amount(plan.version["fee_minor"] - plan.baseline["fee_minor"]),
        cost_variance=amount(plan.version["cost_minor"] - plan.baseline["cost_minor"]),
        delivery_variance_days=plan.days_between(
            plan.baseline["delivery_date"], plan.version["delivery_date"]
        ),
        taxes=[
            BudgetTax(
                tax_code=each.tax_code,
                tax_bps=each.tax_bps,
                taxable=amount(each.taxable_minor),
                tax=amount(each.tax_minor),
            )
            for each in found.budget.tax_subtotals
        ],
        contingency=BudgetContingency(
            agreed=amount(found.contingency.agreed_minor),
            drawn=amount(found.contingency.drawn_minor),
            left=amount(found.contingency.left_minor),
        ),
        retention=BudgetRetention(
            rate_bps=found.retention.rate_bps,
            expected=amount(found.budget.retention_minor),
            withheld=amount(found.retention.withheld_minor),
            released=amount(found.retention.released_minor),
            held=amount(found.retention.held_minor),
        ),
        phases=[item for item in items if item.parent_key is None],
        items=items,
        unassigned=BudgetFigures.of(standing.unassigned, currency),
    )


def _item(found: budgets.EngagementBudget, item_key: str) -> ItemBudget:
    plan, currency = found.plan, found.currency
    now, first = plan.items[item_key], plan.baseline_items.get(item_key)
    return ItemBudget(
        key=item_key,
        parent_key=now["parent_key"],
        title=now["title"],
        kind=ItemKind(now["kind"]),
        figures=BudgetFigures.of(found.standing.items[item_key], currency),
        fee_variance=money(now["fee_minor"] - (first["fee_minor"] if first else 0), currency),
        cost_variance=money(now["cost_minor"] - (first["cost_minor"] if first else 0), currency),
        finish_variance_days=plan.days_between(first["finish_date"], now["finish_date"])
        if first
        else None,
    )


async def engagement_budget(
    info: Info, engagement: Any, as_of: date | None, known_at: datetime | None
) -> EngagementBudget | None:
    """The budget of an engagement's row; None before the contract is signed."""
    if engagement["current_scope_version_id"] is None:
        return None
    found = await budgets.budget_of(
        info.context.actor,
        engagement["id"],
        as_of=as_of or info.context.today,
        known_at=known_at,
        today=info.context.today,
    )
    return budget_of(found)
