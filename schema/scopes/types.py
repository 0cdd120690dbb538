"""What a scope of work looks like: dependencies, expectations, calendars, its budget and its timeline."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Self

import strawberry

from schema.scalars import Money
from schema.scopes.items import ScopeItem, money, money_or_none
from services.rules import scope as rule
from services.rules.money import share
from services.rules.plan_files import PlanProblem, Severity
from services.rules.schedule import LagKind, LinkKind
from services.rules.scope import ExpectationKind, ItemKind

__all__ = ["money", "money_or_none"]

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
strawberry.enum(
    Severity,
    name="PlanFileSeverity",
    description="A problem bars a file; a warning names what is rounded or not carried over.",
)


@strawberry.type(description="An ordering of two items.")
class ScopeDependency:
    """Negative lag is a lead."""

    predecessor_key: str = strawberry.field(description="The item that comes first.")
    successor_key: str = strawberry.field(description="The item that waits.")
    kind: LinkKind = strawberry.field(description="Which ends are bound.")
    lag_days: int = strawberry.field(description="Days to wait; negative for a lead.")
    lag_kind: LagKind = strawberry.field(description="What they are counted in.")
    max_lag_days: int | None = strawberry.field(
        description="The successor comes no later than this many days after; null for no limit."
    )

    @classmethod
    def of(cls, row: Any) -> Self:
        """From a row, or a dependency's data."""
        return cls(
            predecessor_key=row["predecessor_key"],
            successor_key=row["successor_key"],
            kind=LinkKind(row["kind"]),
            lag_days=row["lag_days"],
            lag_kind=LagKind(row["lag_kind"]),
            max_lag_days=row["max_lag_days"],
        )


@strawberry.type(description="A sentence on what the client may not, or must, count on.")
class Expectation:
    """Recorded and printed."""

    kind: ExpectationKind = strawberry.field(description="Exclusion, assumption or not guaranteed.")
    text: str = strawberry.field(description="The sentence.")


@strawberry.type(description="A working calendar that items of a scope name.")
class ItemCalendar:
    """A crew that works on Saturdays, a partner abroad."""

    key: str = strawberry.field(description="What items name it by.")
    title: str = strawberry.field(description="What it is called.")
    country: str | None = strawberry.field(description="Whose public holidays count.")
    region: str = strawberry.field(description="Of the country, where holidays differ.")
    weekend: list[int] = strawberry.field(description="Weekdays without work; Monday is 0.")
    days_off: list[date] = strawberry.field(description="Own days off, those of pauses among them.")

    @classmethod
    def of(cls, calendar: rule.ItemCalendar) -> Self:
        """From the rules'."""
        return cls(
            key=calendar.key,
            title=calendar.title,
            country=calendar.terms.country,
            region=calendar.terms.region,
            weekend=sorted(calendar.terms.weekend),
            days_off=list(calendar.terms.days_off),
        )


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


@strawberry.type(
    description="One thing that is wrong with a plan's file, or open in a scope draft."
)
class PlanFileProblem:
    """Named by line or item, and field."""

    message: str = strawberry.field(description="A sentence for people.")
    code: str = strawberry.field(description="Which kind of problem.")
    field: str = strawberry.field(description="Where, such as `items[3].fee` or `parent_key`.")
    line: int | None = strawberry.field(
        description="The line of the file, where it has lines; in a draft the place in its list, from 1."
    )
    item_key: str | None = strawberry.field(description="The item, where it can be told.")
    severity: Severity = strawberry.field(
        description="Whether it bars the file, or is only to be known."
    )

    @classmethod
    def of(cls, problem: PlanProblem | rule.ScopeProblem) -> Self:
        """From the rules'."""
        return cls(
            message=problem.message,
            code=problem.code if isinstance(problem, PlanProblem) else "SCOPE_INVALID",
            field=problem.field,
            line=problem.line,
            item_key=problem.item_key,
            severity=problem.severity if isinstance(problem, PlanProblem) else Severity.PROBLEM,
        )


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
    calendars: list[ItemCalendar] = strawberry.field(description="The calendars that items name.")
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
