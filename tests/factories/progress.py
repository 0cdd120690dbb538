"""Reports of progress and cost on the small scope, and what they say of it."""

from datetime import date
from typing import Any
from uuid import UUID

from db.queries import alerts as alert_queries
from db.unit_of_work import read_only
from services import alerts, budgets, forecasts, progress
from services.budgets import EngagementBudget
from services.forecasts import Forecast
from services.rules.money import Money
from services.rules.progress import ItemReport
from tests.factories.engagements import Case, engagement_row
from tests.factories.money import noon


async def report(
    case: Case, on: date, *reports: ItemReport, today: date | None = None, **percents: int
) -> tuple[UUID, ...]:
    """A report at noon of its status date: `design=80` is 80 % of design."""
    lines = [*reports, *(ItemReport(key, percent * 100) for key, percent in percents.items())]
    return await progress.record_progress(
        case.actor,
        case.engagement_id,
        lines,
        status_date=on,
        idempotency_key=case.key(),
        now=noon(today or on),
        today=today or on,
    )


async def spend(
    case: Case, on: date, amount: Money, item_key: str | None = None, **values: Any
) -> UUID:
    """A cost written down on its day."""
    return await progress.record_cost(
        case.actor,
        case.engagement_id,
        **{
            "amount": amount,
            "spent_on": on,
            "item_key": item_key,
            "idempotency_key": case.key(),
            "now": noon(on),
            "today": on,
            **values,
        },
    )


async def forecast(case: Case, status_date: date) -> Forecast:
    """As the API gives it."""
    return await forecasts.forecast_of(
        case.actor, case.engagement_id, status_date=status_date, today=status_date
    )


async def budget(case: Case, as_of: date, **values: Any) -> EngagementBudget:
    """As the API gives it."""
    return await budgets.budget_of(
        case.actor, case.engagement_id, **{"as_of": as_of, "today": as_of, **values}
    )


async def all_alerts(case: Case) -> list[Any]:
    """Every alert of the engagement, oldest first."""
    async with read_only(case.actor.scope()) as uow:
        rows = await alert_queries.alerts_page(
            uow, engagement_id=case.engagement_id, statuses=None, after=None, before=None, limit=99, is_backward=True
        )  # fmt: skip
    return rows


async def standing(case: Case) -> list[tuple[str, str]]:
    """Kind and status of every alert, oldest first."""
    return [(row["kind"], alerts.status_of(row)) for row in await all_alerts(case)]


async def look(case: Case, on: date) -> tuple[int, int]:
    """The worker's daily look at the practice."""
    return await alerts.review_due(case.actor, now=noon(on))


__all__ = [
    "all_alerts", "budget", "engagement_row", "forecast", "look", "report", "spend", "standing",
]  # fmt: skip
