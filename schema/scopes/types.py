"""What a scope of work looks like: items with their dates and figures, dependencies, expectations."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Self

import strawberry

from schema.scalars import Money
from services.rules import money as rules
from services.rules.money import share
from services.rules.schedule import ConstraintKind, LagKind, LinkKind
from services.rules.scope import ExpectationKind, ItemKind

strawberry.enum(ItemKind, description="A heading, a piece of work, or an event without duration.")
strawberry.enum(
    ConstraintKind,
    description="How a date binds an item, or which way it leans; all but the first two need a date.",
)
strawberry.enum(
    LinkKind,
    name="DependencyKind",
    description="Which end of the predecessor binds which end of the successor.",
)
strawberry.enum(LagKind, description="What the days of a lag are counted in.")
strawberry.enum(
    ExpectationKind,
    description="What is left out, what is taken for granted, and which result nobody promises.",
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
    fee: Money = strawberry.field(description="What it costs the client, before tax.")
    cost: Money = strawberry.field(description="What it costs the practice.")
    margin: Money = strawberry.field(description="Fee less cost.")
    tax: Money = strawberry.field(description="Its share of the tax.")
    tax_code: str = strawberry.field(description="Tax category (UNCL 5305), such as S.")
    tax_bps: int = strawberry.field(description="Tax rate in basis points.")
    effort_minutes: int = strawberry.field(description="Estimated effort.")
    duration_days: int = strawberry.field(description="Working days from start to finish.")
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
    total_float_days: int = strawberry.field(description="Slack before the delivery moves.")
    free_float_days: int = strawberry.field(description="Slack before a successor moves.")
    is_critical: bool = strawberry.field(description="Whether it lies on the critical path.")

    @classmethod
    def of(cls, row: Any, currency: str) -> Self:
        """From a row of `scope_item`, or what would become one."""
        quantity = row["quantity"]
        return cls(
            key=row["item_key"],
            parent_key=row["parent_key"],
            kind=ItemKind(row["kind"]),
            title=row["title"],
            description=row["description"],
            quantity=None if quantity is None else plain(Decimal(quantity)),
            unit=row["unit"],
            rate=money_or_none(row["rate_minor"], currency),
            fee=money(row["fee_minor"], currency),
            cost=money(row["cost_minor"], currency),
            margin=money(row["fee_minor"] - row["cost_minor"], currency),
            tax=money(row["tax_minor"], currency),
            tax_code=row["tax_code"],
            tax_bps=row["tax_bps"],
            effort_minutes=row["effort_minutes"],
            duration_days=row["duration_days"],
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
            total_float_days=row["total_float"],
            free_float_days=row["free_float"],
            is_critical=row["is_critical"],
        )


def plain(value: Decimal) -> Decimal:
    """Without zeros at the end, and without an exponent."""
    return Decimal(format(value.normalize(), "f"))


@strawberry.type(description="An ordering of two items.")
class ScopeDependency:
    """Negative lag is a lead."""

    predecessor_key: str = strawberry.field(description="The item that comes first.")
    successor_key: str = strawberry.field(description="The item that waits.")
    kind: LinkKind = strawberry.field(description="Which ends are bound.")
    lag_days: int = strawberry.field(description="Days to wait; negative for a lead.")
    lag_kind: LagKind = strawberry.field(description="What they are counted in.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From a row, or a dependency's data."""
        return cls(
            predecessor_key=row["predecessor_key"],
            successor_key=row["successor_key"],
            kind=LinkKind(row["kind"]),
            lag_days=row["lag_days"],
            lag_kind=LagKind(row["lag_kind"]),
        )


@strawberry.type(description="A sentence on what the client may not, or must, count on.")
class Expectation:
    """Recorded and printed."""

    kind: ExpectationKind = strawberry.field(description="Exclusion, assumption or not guaranteed.")
    text: str = strawberry.field(description="The sentence.")


@strawberry.type(description="Tax of one category at one rate.")
class TaxAmount:
    """As EN 16931 adds it up: rounded once per category."""

    tax_code: str = strawberry.field(description="Tax category (UNCL 5305), such as S.")
    tax_bps: int = strawberry.field(description="Rate in basis points.")
    taxable: Money = strawberry.field(description="What is taxed.")
    tax: Money = strawberry.field(description="The tax.")


@strawberry.type(description="What a scope earns, costs and is taxed.")
class Budget:
    """Net of tax unless it says otherwise."""

    fee: Money = strawberry.field(description="The sum of all fees.")
    cost: Money = strawberry.field(description="The sum of all costs.")
    margin: Money = strawberry.field(description="Fee less cost.")
    tax: Money = strawberry.field(description="The tax on the fee.")
    total: Money = strawberry.field(description="Fee and tax.")
    contingency: Money = strawberry.field(
        description="A reserve beside the fee that changes may draw on; not part of the total."
    )
    retention: Money = strawberry.field(description="Kept back from invoices until acceptance.")
    taxes: list[TaxAmount] = strawberry.field(description="The tax by category and rate.")


@strawberry.type(description="An event without duration.")
class ScopeMilestone:
    """A date people watch."""

    key: str = strawberry.field(description="The item's key.")
    title: str = strawberry.field(description="What it is called.")
    due_date: date = strawberry.field(description="When it is due.")
    is_critical: bool = strawberry.field(description="Whether it lies on the critical path.")


@strawberry.type(description="When the work is done.")
class Timeline:
    """The critical path method on the working calendar."""

    start_date: date = strawberry.field(description="The first working day.")
    delivery_date: date = strawberry.field(description="The last day of the last item.")
    duration_days: int = strawberry.field(description="Working days from start to delivery.")
    critical_path: list[str] = strawberry.field(
        description="Keys of the critical leaves, by their start."
    )
    milestones: list[ScopeMilestone] = strawberry.field(description="In outline order.")


@strawberry.type(description="A scope with the dates and figures that follow from it.")
class ScopePlan:
    """A draft, or what a file would make of it."""

    items: list[ScopeItem] = strawberry.field(description="In outline order.")
    dependencies: list[ScopeDependency] = strawberry.field(description="As drawn.")
    expectations: list[Expectation] = strawberry.field(description="The register.")
    timeline: Timeline = strawberry.field(description="When the work is done.")
    budget: Budget = strawberry.field(description="What it earns and costs.")


def timeline_of(
    items: Sequence[ScopeItem], *, start_date: date, delivery_date: date, duration_days: int
) -> Timeline:
    """The timeline of items that carry their dates."""
    critical = [item for item in items if item.is_critical and item.kind is not ItemKind.SUMMARY]
    return Timeline(
        start_date=start_date,
        delivery_date=delivery_date,
        duration_days=duration_days,
        critical_path=[
            item.key
            for item in sorted(
                critical, key=lambda item: (item.early_start, item.early_finish, item.key)
            )
        ],
        milestones=[
            ScopeMilestone(
                key=item.key,
                title=item.title,
                due_date=item.finish_date,
                is_critical=item.is_critical,
            )
            for item in items
            if item.kind is ItemKind.MILESTONE
        ],
    )


def budget_of(version: Any, rows: Sequence[Any]) -> Budget:
    """The budget of a scope version's row and its items' rows."""
    currency = version["currency"]
    sums: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        if row["kind"] != "summary":
            found = sums[row["tax_code"], row["tax_bps"]]
            found[0] += row["fee_minor"]
            found[1] += row["tax_minor"]
    return budget(
        currency,
        fee=version["fee_minor"],
        cost=version["cost_minor"],
        tax=version["tax_minor"],
        contingency=version["contingency_minor"],
        retention=share(version["fee_minor"], version["retention_bps"]),
        taxes=[(code, bps, taxable, tax) for (code, bps), (taxable, tax) in sorted(sums.items())],
    )


def budget(
    currency: str,
    *,
    fee: int,
    cost: int,
    tax: int,
    contingency: int,
    retention: int,
    taxes: Sequence[tuple[str, int, int, int]],
) -> Budget:
    """A budget from its figures in minor units."""
    return Budget(
        fee=money(fee, currency),
        cost=money(cost, currency),
        margin=money(fee - cost, currency),
        tax=money(tax, currency),
        total=money(fee + tax, currency),
        contingency=money(contingency, currency),
        retention=money(retention, currency),
        taxes=[
            TaxAmount(
                tax_code=code,
                tax_bps=bps,
                taxable=money(taxable, currency),
                tax=money(amount, currency),
            )
            for code, bps, taxable, amount in taxes
        ],
    )
