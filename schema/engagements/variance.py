"""What moved since the contract: current against baseline."""

from datetime import date
from enum import Enum

import strawberry

from schema.scalars import Money
from schema.scopes.types import money, money_or_none
from services.rules.scope import ItemKind
from services.scopes import EngagementVariance as Found


@strawberry.enum(description="What became of an item since the baseline.")
class ItemStanding(Enum):
    """Whether it was, is, or both."""

    ADDED = strawberry.enum_value("added", description="A change order brought it in.")
    REMOVED = strawberry.enum_value("removed", description="A change order took it out.")
    KEPT = strawberry.enum_value("kept", description="It was there from the start.")


@strawberry.type(description="One item now and as agreed first; positive means more, or later.")
class ItemVariance:
    """Dates and fees that are not there are null."""

    key: str = strawberry.field(description="The item's key.")
    title: str = strawberry.field(description="What it is called.")
    kind: ItemKind = strawberry.field(description="Summary, task or milestone.")
    standing: ItemStanding = strawberry.field(description="What became of it.")
    baseline_fee: Money | None = strawberry.field(description="Fee in the baseline.")
    current_fee: Money | None = strawberry.field(description="Fee now.")
    fee_variance: Money = strawberry.field(description="Current less baseline.")
    cost_variance: Money = strawberry.field(description="Current less baseline.")
    baseline_start_date: date | None = strawberry.field(description="Start in the baseline.")
    baseline_finish_date: date | None = strawberry.field(description="Finish in the baseline.")
    current_start_date: date | None = strawberry.field(description="Start now.")
    current_finish_date: date | None = strawberry.field(description="Finish now.")
    start_variance_days: int | None = strawberry.field(description="Working days it starts later.")
    finish_variance_days: int | None = strawberry.field(description="Working days it ends later.")
    is_critical: bool = strawberry.field(description="Whether it lies on the critical path.")


@strawberry.type(description="Budget and timeline of an engagement against its baseline.")
class EngagementVariance:
    """Current minus baseline: positive is more, or later."""

    fee_variance: Money = strawberry.field(description="Of the sum of fees.")
    cost_variance: Money = strawberry.field(description="Of the sum of costs.")
    tax_variance: Money = strawberry.field(description="Of the tax.")
    baseline_delivery_date: date = strawberry.field(description="As agreed first.")
    current_delivery_date: date = strawberry.field(description="As agreed now.")
    delivery_variance_days: int = strawberry.field(description="Working days it is later.")
    days_past_promise: int | None = strawberry.field(
        description="Calendar days from the promised date to the delivery; null without a promise."
    )
    items: list[ItemVariance] = strawberry.field(description="In outline order.")


def variance_of(found: Found) -> EngagementVariance:
    """The service's answer as the schema's."""
    currency = found.currency
    return EngagementVariance(
        fee_variance=money(found.fee_variance_minor, currency),
        cost_variance=money(found.cost_variance_minor, currency),
        tax_variance=money(found.tax_variance_minor, currency),
        baseline_delivery_date=found.baseline["delivery_date"],
        current_delivery_date=found.current["delivery_date"],
        delivery_variance_days=found.delivery_variance_days,
        days_past_promise=found.days_past_promise,
        items=[
            ItemVariance(
                key=item.item_key,
                title=item.title,
                kind=ItemKind(item.kind),
                standing=ItemStanding(item.status),
                baseline_fee=money_or_none(item.baseline_fee_minor, currency),
                current_fee=money_or_none(item.current_fee_minor, currency),
                fee_variance=money(item.fee_variance_minor, currency),
                cost_variance=money(item.cost_variance_minor, currency),
                baseline_start_date=item.baseline_start_date,
                baseline_finish_date=item.baseline_finish_date,
                current_start_date=item.current_start_date,
                current_finish_date=item.current_finish_date,
                start_variance_days=item.start_variance_days,
                finish_variance_days=item.finish_variance_days,
                is_critical=item.is_critical,
            )
            for item in found.items
        ],
    )
