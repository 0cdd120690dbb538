"""The budget of an engagement as of a date: what was agreed, and what became of it.

Computed by the pass that makes the scope's own budget, from the scope version in force, the progress and the costs reported, the
invoices issued and the money that came in for them. Nothing is stored, so with `known_at` any earlier answer is given again.

Planned value is on the plan of the version in force: approved change orders are part of the performance measurement baseline.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from db.queries import budgets as queries
from db.queries import progress as progress_queries
from db.unit_of_work import UnitOfWork, read_only
from services import engagements
from services.actor import MEMBERS, Actor
from services.forecasts import Plan, load_plan
from services.progress_readings import progress_as_of
from services.rules.budgets import (
    BilledLine,
    Budget,
    Spent,
    Standing,
    compute_budget,
    compute_standing,
    spread_payment,
)
from services.rules.calendars import Timeline
from services.rules.earned_value import planned_value
from services.rules.movements import check_happened


@dataclass(frozen=True)
class Contingency:
    """The reserve: what the contract agreed, what signed change orders drew from it, and what is left."""

    agreed_minor: int
    left_minor: int

    @property
    def drawn_minor(self) -> int:
        """Agreed less left."""
        return self.agreed_minor - self.left_minor


@dataclass(frozen=True)
class Retention:
    """What is kept back of invoices until acceptance of the whole, and what was let go of it."""

    rate_bps: int
    withheld_minor: int
    released_minor: int

    @property
    def held_minor(self) -> int:
        """Withheld so far less released."""
        return self.withheld_minor - self.released_minor


@dataclass(frozen=True)
class EngagementBudget:
    """An engagement's budget as of a date, in the currency of its plan's version."""

    plan: Plan
    as_of: date
    budget: Budget
    standing: Standing
    contingency: Contingency
    retention: Retention

    @property
    def currency(self) -> str:
        """The currency of every amount."""
        currency: str = self.plan.version["currency"]
        return currency


async def budget_as_of(
    uow: UnitOfWork,
    engagement: Any,
    as_of: date,
    *,
    known_at: datetime | None = None,
    plan: Plan | None = None,
) -> EngagementBudget:
    """The budget of an engagement's row as of a date; `plan` spares loading it again. Raises what `load_plan` raises."""
    engagement_id = engagement["id"]
    if plan is None:
        plan = await load_plan(uow, engagement, until=as_of, known_at=known_at)
    progress = await progress_as_of(uow, engagement_id, as_of, known_at=known_at)
    leaves = {item.item_key for item in plan.scope.leaves()}
    progress_bps = {
        key: each.percent_complete_bps for key, each in progress.items() if key in leaves
    }
    version = plan.version
    budget = compute_budget(
        plan.scope,
        contingency_minor=version["contingency_minor"],
        retention_bps=version["retention_bps"],
        progress_bps=progress_bps,
    )
    rows = await queries.billed_lines(uow, engagement_id, as_of, known_at)
    paid = await queries.paid_by_invoice(uow, engagement_id, as_of, known_at)
    spent = await progress_queries.spent_as_of(uow, engagement_id, as_of, known_at)
    return EngagementBudget(
        plan=plan,
        as_of=as_of,
        budget=budget,
        standing=compute_standing(
            plan.scope,
            budget,
            progress_bps=progress_bps,
            planned_value_minor=planned_values(plan, as_of),
            billed=_billed(rows, paid),
            spent={
                row["item_key"]: Spent(row["amount_minor"], row["effort_minutes"]) for row in spent
            },
        ),
        contingency=Contingency(plan.baseline["contingency_minor"], version["contingency_minor"]),
        retention=Retention(
            version["retention_bps"],
            sum({row["invoice_id"]: row["retention_minor"] for row in rows}.values()),
            await queries.retention_released(uow, engagement_id, as_of, known_at),
        ),
    )


async def budget_of(
    actor: Actor,
    engagement_id: UUID,
    *,
    as_of: date,
    known_at: datetime | None = None,
    today: date,
) -> EngagementBudget:
    """The budget as of a date that has come. For members alone: it shows cost and margin.

    Raises `Forbidden`, `NotFound` (also NO_SCOPE_VERSION), `InvalidInput` (DATE, DATE_OUT_OF_RANGE).
    """
    actor.require(*MEMBERS)
    check_happened(as_of, today, "asOf")
    async with read_only(actor.scope()) as uow:
        engagement = await engagements.found(uow, engagement_id)
        return await budget_as_of(uow, engagement, as_of, known_at=known_at)


def planned_values(plan: Plan, as_of: date) -> dict[str, int]:
    """By leaf, what the plan in force has done by the end of a day: linear over the working days of the item's calendar."""
    timelines: dict[str | None, Timeline] = {None: plan.timeline}
    found = {}
    for item in plan.scope.leaves():
        row = plan.items[item.item_key]
        first, last = row["start_date"], row["finish_date"]
        if not row["duration_days"]:
            found[item.item_key] = planned_value(row["cost_minor"], 0, int(as_of >= last))
            continue
        key = _calendar_key(plan, item.item_key)
        if key not in timelines:
            timelines[key] = Timeline(plan.calendars.items[str(key)], plan.version["start_date"])
        days = timelines[key]
        begin = days.started_by(first)
        found[item.item_key] = planned_value(
            row["cost_minor"],
            days.finished_by(last) - begin,
            days.finished_by(min(as_of, last)) - begin,
        )
    return found


def _calendar_key(plan: Plan, item_key: str) -> str | None:
    """The calendar an item is worked on: its own, else that of the nearest summary above it that names one."""
    by_key: Mapping[str, Any] = {item.item_key: item for item in plan.scope.items}
    at = by_key.get(item_key)
    while at is not None:
        if at.calendar_key is not None:
            key: str = at.calendar_key
            return key
        at = by_key.get(at.parent_key)
    return None


def _billed(rows: Sequence[Any], paid: Mapping[UUID, int]) -> list[BilledLine]:
    """The lines with their part of what came in, invoice by invoice."""
    found: list[BilledLine] = []
    for invoice_id, lines in groupby(rows, key=lambda row: row["invoice_id"]):
        kept = list(lines)
        gross_minor = [row["net_minor"] + row["tax_minor"] for row in kept]
        # An invoice that was credited whole bills nothing, so nothing is paid of it.
        parts = spread_payment(paid.get(invoice_id, 0) if sum(gross_minor) else 0, gross_minor)
        found += [
            BilledLine(row["item_key"], row["net_minor"], row["tax_minor"], part)
            for row, part in zip(kept, parts, strict=True)
        ]
    return found
