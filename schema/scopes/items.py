"""An item of a scope: in a plan with its dates and figures, and in a draft as it is written."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Self

import strawberry

from schema.scalars import Money
from services.rules import money as rules
from services.rules import scope as rule
from services.rules.schedule import ConstraintKind
from services.rules.scope import ItemKind, numbered, outline_numbers

strawberry.enum(ItemKind, description="A heading, a piece of work, or an event without duration.")
strawberry.enum(
    ConstraintKind,
    description="How a date binds an item, or which way it leans; all but the first two need a date.",
)


def money(amount_minor: int, currency: str) -> Money:
    """An amount of the services as the schema's."""
    return Money.of(rules.Money(amount_minor, currency))


def money_or_none(amount_minor: int | None, currency: str) -> Money | None:
    """An amount that may be missing."""
    return None if amount_minor is None else money(amount_minor, currency)


@strawberry.type(description="A unit of scope with its price, its dates and its floats.")
class ScopeItem:
    """A leaf (task or milestone), or a summary whose figures are those of what it holds.

    Boundaries count whole working days from the start of the plan: 0 is the beginning of its first working day.
    """

    key: str = strawberry.field(description="Stable through all versions of the scope.")
    parent_key: str | None = strawberry.field(description="The summary it lies in.")
    kind: ItemKind = strawberry.field(description="Summary, task or milestone.")
    title: str = strawberry.field(description="What it is called.")
    description: str = strawberry.field(description="What it comprises.")
    quantity: Decimal | None = strawberry.field(description="How many units, where priced so.")
    unit: str = strawberry.field(description="What the quantity counts.")
    rate: Money | None = strawberry.field(description="Price of a unit, or of an hour of effort.")
    fixed_fee: Money | None = strawberry.field(
        description="The fee where one is fixed; null where it follows from the rate."
    )
    fee: Money = strawberry.field(description="What it costs the client, before tax.")
    cost: Money = strawberry.field(description="What it costs the practice.")
    margin: Money = strawberry.field(description="Fee less cost.")
    tax: Money = strawberry.field(description="Its share of the tax.")
    tax_code: str = strawberry.field(description="Tax category (UNCL 5305), such as S.")
    tax_bps: int = strawberry.field(description="Tax rate in basis points.")
    effort_minutes: int = strawberry.field(description="Estimated effort.")
    duration_days: int = strawberry.field(
        description="Working days at full time; of a summary, from start to finish."
    )
    allocation_bps: int = strawberry.field(
        description="Share of each working day given to it, in basis points; 5000 is half time."
    )
    calendar_key: str | None = strawberry.field(
        description="The item calendar it is worked on; the engagement's own if null."
    )
    constraint_kind: ConstraintKind = strawberry.field(description="How a date binds it.")
    constraint_date: date | None = strawberry.field(description="That date.")
    deliverable: str = strawberry.field(description="What the client receives of it.")
    acceptance_criteria: str = strawberry.field(description="When it counts as done.")
    start_date: date = strawberry.field(description="Its first day.")
    finish_date: date = strawberry.field(description="Its last day.")
    late_start_date: date = strawberry.field(description="The latest day it may start.")
    late_finish_date: date = strawberry.field(description="The latest day it may finish.")
    early_start: int = strawberry.field(description="Earliest start, as a boundary.")
    early_finish: int = strawberry.field(description="Earliest finish, as a boundary.")
    late_start: int = strawberry.field(description="Latest start, as a boundary.")
    late_finish: int = strawberry.field(description="Latest finish, as a boundary.")
    planned_start: int = strawberry.field(
        description="The boundary of `startDate`; later than the early one only for what is done as late as possible."
    )
    planned_finish: int = strawberry.field(description="The boundary of `finishDate`.")
    total_float_days: int = strawberry.field(description="Slack before the delivery moves.")
    free_float_days: int = strawberry.field(description="Slack before a successor moves.")
    is_critical: bool = strawberry.field(description="Whether it lies on the critical path.")
    outline_number: str = strawberry.field(
        default="", description="Its place in the outline, such as 1.2.3."
    )
    phase_key: str | None = strawberry.field(
        default=None, description="The summary at the top that it lies in; null at the top."
    )
    above: strawberry.Private["ScopeItem | None"] = None
    below: strawberry.Private["list[ScopeItem] | None"] = None

    @strawberry.field(description="The summary it lies in.")
    def parent(self) -> "ScopeItem | None":
        """Null at the top."""
        return self.above

    @strawberry.field(
        description="What it holds, in outline order; nothing unless it is a summary."
    )
    def children(self) -> "list[ScopeItem]":
        """One level down."""
        return self.below or []

    @classmethod
    def of(cls, row: Any, currency: str) -> Self:
        """From a row of `scope_item`, or what would become one."""
        quantity = row["quantity"]
        planned = row["planned_start"] is not None
        return cls(
            key=row["item_key"],
            parent_key=row["parent_key"],
            kind=ItemKind(row["kind"]),
            title=row["title"],
            description=row["description"],
            quantity=plain_or_none(None if quantity is None else Decimal(quantity)),
            unit=row["unit"],
            rate=money_or_none(row["rate_minor"], currency),
            fixed_fee=money_or_none(row["fixed_fee_minor"], currency),
            fee=money(row["fee_minor"], currency),
            cost=money(row["cost_minor"], currency),
            margin=money(row["fee_minor"] - row["cost_minor"], currency),
            tax=money(row["tax_minor"], currency),
            tax_code=row["tax_code"],
            tax_bps=row["tax_bps"],
            effort_minutes=row["effort_minutes"],
            duration_days=row["duration_days"],
            allocation_bps=row["allocation_bps"],
            calendar_key=row["calendar_key"],
            constraint_kind=ConstraintKind(row["constraint_kind"]),
            constraint_date=row["constraint_date"],
            deliverable=row["deliverable"],
            acceptance_criteria=row["acceptance_criteria"],
            start_date=row["start_date"],
            finish_date=row["finish_date"],
            late_start_date=row["late_start_date"],
            late_finish_date=row["late_finish_date"],
            early_start=row["early_start"],
            early_finish=row["early_finish"],
            late_start=row["late_start"],
            late_finish=row["late_finish"],
            planned_start=row["planned_start"] if planned else row["early_start"],
            planned_finish=row["planned_finish"] if planned else row["early_finish"],
            total_float_days=row["total_float"],
            free_float_days=row["free_float"],
            is_critical=row["is_critical"],
        )


def items_of(rows: Sequence[Any], currency: str) -> list[ScopeItem]:
    """Items from their rows in outline order, each with its place in the tree."""
    items: dict[str, ScopeItem] = {}
    numbers = numbered([(row["item_key"], row["parent_key"]) for row in rows])
    for row in rows:
        item = ScopeItem.of(row, currency)
        item.outline_number = numbers[item.key]
        parent = items.get(item.parent_key or "")
        if parent is not None:
            parent.below = [] if parent.below is None else parent.below
            parent.below.append(item)
            item.above = parent
            item.phase_key = parent.phase_key or parent.key
        items[item.key] = item
    return list(items.values())


@strawberry.type(description="An item of a scope draft as it is written, complete or not.")
class ScopeLine:
    """What can be said of it before anything is computed."""

    key: str = strawberry.field(description="Its key.")
    parent_key: str | None = strawberry.field(description="The summary it is said to lie in.")
    outline_number: str | None = strawberry.field(
        description="Its place in the outline, such as 1.2.3; null where its parent is missing."
    )
    position: int = strawberry.field(description="Among its siblings.")
    kind: ItemKind = strawberry.field(description="Summary, task or milestone.")
    title: str = strawberry.field(description="What it is called.")
    description: str = strawberry.field(description="What it comprises.")
    quantity: Decimal | None = strawberry.field(description="How many units.")
    unit: str = strawberry.field(description="What the quantity counts.")
    rate: Money | None = strawberry.field(description="Price of a unit, or of an hour of effort.")
    fixed_fee: Money | None = strawberry.field(description="The fee where one is fixed.")
    cost: Money = strawberry.field(description="What it costs the practice.")
    tax_code: str = strawberry.field(description="Tax category (UNCL 5305), such as S.")
    tax_bps: int = strawberry.field(description="Tax rate in basis points.")
    effort_minutes: int = strawberry.field(description="Estimated effort.")
    duration_days: int = strawberry.field(description="Working days at full time.")
    allocation_bps: int = strawberry.field(description="Share of each working day given to it.")
    calendar_key: str | None = strawberry.field(description="The item calendar it is worked on.")
    constraint_kind: ConstraintKind = strawberry.field(description="How a date binds it.")
    constraint_date: date | None = strawberry.field(description="That date.")
    deliverable: str = strawberry.field(description="What the client receives of it.")
    acceptance_criteria: str = strawberry.field(description="When it counts as done.")


def lines_of(scope: rule.Scope, currency: str) -> list[ScopeLine]:
    """The items of a scope as written: in outline order, then those that hang on nothing."""
    numbers = outline_numbers(scope)
    items = {item.item_key: item for item in scope.items}
    same = (
        "parent_key", "position", "kind", "title", "description", "unit", "tax_code", "tax_bps", "effort_minutes",
        "duration_days", "allocation_bps", "calendar_key", "constraint_kind", "constraint_date", "deliverable",
        "acceptance_criteria",
    )  # fmt: skip
    return [
        ScopeLine(
            key=key,
            outline_number=numbers.get(key),
            quantity=plain_or_none(items[key].quantity),
            rate=money_or_none(items[key].rate_minor, currency),
            fixed_fee=money_or_none(items[key].fee_minor, currency),
            cost=money(items[key].cost_minor, currency),
            **{name: getattr(items[key], name) for name in same},
        )
        for key in [*numbers, *(key for key in items if key not in numbers)]
    ]


def plain(value: Decimal) -> Decimal:
    """Without zeros at the end, and without an exponent."""
    return Decimal(format(value.normalize(), "f"))


def plain_or_none(value: Decimal | None) -> Decimal | None:
    """The same for a number that may be missing."""
    return None if value is None else plain(value)
