"""Alerts: what of an engagement should be told while there is still time to do something about it.

The rules look at a `Situation` and answer every finding that is true of it. They know nothing of what was said before: a finding
that goes on being true is one alert, and one that is no longer true clears it (`services.alerts`).

* The forecast delivery passes the promised date, or has slipped to within so many working days of it. A plan that was signed
  with little room is no news: near counts only what is later than planned.
* The forecast of an item passes the latest finish that was agreed for it.
* The contingency, or the cost budget, is used up beyond a set share.
* At the cost performance so far the work will cost more than its budget (earned value: EAC above BAC).

What is delivered raises no more alerts about dates: what is late then is a fact, not a forecast.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from services.rules.errors import InvalidInput
from services.rules.money import BPS, divide_half_even


class AlertKind(StrEnum):
    """What an alert is about."""

    FORECAST_NEAR_PROMISE = "forecast_near_promise"
    FORECAST_PAST_PROMISE = "forecast_past_promise"
    FORECAST_PAST_DEADLINE = "forecast_past_deadline"
    CONTINGENCY_USED = "contingency_used"
    BUDGET_USED = "budget_used"
    BUDGET_FORECAST_EXCEEDED = "budget_forecast_exceeded"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a finding is worth an alert. `near_days` 0 means: only once the promise would be broken."""

    near_days: int = 3
    """Working days before the promised date within which a forecast counts as near."""
    contingency_bps: int = 8_000
    """The share of the contingency that may be drawn without an alert."""
    budget_bps: int = 9_000
    """The share of the cost budget that may be spent without an alert."""


DEFAULT_THRESHOLDS: Final = Thresholds()
"""What counts where neither the engagement nor the practice says otherwise."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The latest finish that was agreed for one unfinished item, and when it is going to end."""

    item_key: str
    title: str
    deadline: date
    forecast: date
    days_past: int
    """Working days; zero or less where it is kept."""


@dataclass(frozen=True, slots=True)
class Situation:
    """How an engagement stands. Days are working days, money is in minor units of one currency."""

    is_delivered: bool
    promised_date: date
    planned_date: date
    """The delivery date of the current scope version."""
    delivery_date: date
    """The delivery date as it is forecast."""
    days_left: int
    """Working days from the forecast delivery to the promised date; negative past it."""
    deadlines: Sequence[Deadline] = ()
    contingency_agreed_minor: int = 0
    contingency_drawn_minor: int = 0
    cost_budget_minor: int = 0
    spent_minor: int = 0
    estimate_at_completion_minor: int | None = None
    currency: str = "DKK"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to tell; `data` holds its figures ready for JSON. `subject` is an item's key, or empty for the whole."""

    kind: AlertKind
    data: dict[str, Any]
    subject: str = ""


def find(situation: Situation, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Everything of the situation that is worth an alert, dates first."""
    return (*_dates(situation, thresholds), *_money(situation, thresholds))


def _dates(situation: Situation, thresholds: Thresholds) -> list[Finding]:
    if situation.is_delivered:
        return []
    left = situation.days_left
    dates = {
        "promised_date": situation.promised_date.isoformat(),
        "delivery_date": situation.delivery_date.isoformat(),
    }
    found = []
    # Compared as dates: on a promise for a Sunday, a Monday is past although no working day lies between.
    if situation.delivery_date > situation.promised_date:
        data = {**dates, "days": max(1, -left)}
        found.append(Finding(AlertKind.FORECAST_PAST_PROMISE, data))
    elif left < thresholds.near_days and situation.delivery_date > situation.planned_date:
        data = {**dates, "days": left, "threshold_days": thresholds.near_days}
        found.append(Finding(AlertKind.FORECAST_NEAR_PROMISE, data))
    found.extend(
        Finding(
            AlertKind.FORECAST_PAST_DEADLINE,
            {
                "item_key": each.item_key,
                "title": each.title,
                "promised_date": each.deadline.isoformat(),
                "delivery_date": each.forecast.isoformat(),
                "days": max(1, each.days_past),
            },
            each.item_key,
        )
        for each in situation.deadlines
        if each.forecast > each.deadline
    )
    return found


def _money(situation: Situation, thresholds: Thresholds) -> list[Finding]:
    found = []
    for kind, used, whole, allowed in (
        (
            AlertKind.CONTINGENCY_USED,
            situation.contingency_drawn_minor,
            situation.contingency_agreed_minor,
            thresholds.contingency_bps,
        ),
        (
            AlertKind.BUDGET_USED,
            situation.spent_minor,
            situation.cost_budget_minor,
            thresholds.budget_bps,
        ),
    ):
        if whole > 0 and used * BPS >= whole * allowed:
            found.append(
                Finding(
                    kind,
                    {
                        "used_minor": used,
                        "whole_minor": whole,
                        "left_minor": whole - used,
                        "share_bps": divide_half_even(used * BPS, whole),
                        "threshold_bps": allowed,
                        "currency": situation.currency,
                    },
                )
            )
    estimate, budget = situation.estimate_at_completion_minor, situation.cost_budget_minor
    if estimate is not None and estimate > budget and not situation.is_delivered:
        found.append(
            Finding(
                AlertKind.BUDGET_FORECAST_EXCEEDED,
                {
                    "estimate_minor": estimate,
                    "whole_minor": budget,
                    "over_minor": estimate - budget,
                    "used_minor": situation.spent_minor,
                    "currency": situation.currency,
                },
            )
        )
    return found


def check_thresholds(
    near_days: int | None, contingency_bps: int | None, budget_bps: int | None
) -> None:
    """Raise `InvalidInput` (THRESHOLD_INVALID) for a threshold that cannot be; None leaves it to the default."""
    for name, value, lowest, highest in (
        ("nearDays", near_days, 0, 365),
        ("contingencyBps", contingency_bps, 1, BPS),
        ("budgetBps", budget_bps, 1, BPS),
    ):
        if value is not None and not lowest <= value <= highest:
            raise InvalidInput(
                f"A whole number from {lowest} to {highest}.", code="THRESHOLD_INVALID", field=name
            )


def promised_date(
    promised: date | None, *, baseline_delivery: date, current_delivery: date
) -> date:
    """The date that the client may count on.

    Without a promised date it is the delivery date that was signed last. With one, it stands; but where signed change orders
    moved the delivery past it, the client has agreed to that later date.
    """
    if promised is None:
        return current_delivery
    if current_delivery > baseline_delivery:
        return max(promised, current_delivery)
    return promised
