"""Alerts: told while something can still be done, once, and taken back by themselves.

`review` looks at an engagement as it is now and compares what the rules find with what is open. What is new is written down and
mailed to the owner and the assistant; what goes on is brought up to date in silence; what is no longer true is cleared and kept.
It runs in the transaction of whatever moved the engagement (a report, a cost, an approved change order, new thresholds), and
once a day for every engagement under way, because time moves them too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
import structlog

from contracts import formats
from db.ids import new_id
from db.queries import alerts as queries
from db.queries import practices as practice_queries
from db.tables.alerts import Alert, AlertThreshold
from db.unit_of_work import UnitOfWork, read_only, unit_of_work
from services import engagements
from services.actor import MONEY, WRITERS, Actor
from services.budgets import EngagementBudget, budget_as_of
from services.forecasts import Forecast, forecast, fresh_status_date, load_plan
from services.outbox import queue_email
from services.practices import system_actor
from services.rules.alerts import (
    DEFAULT_THRESHOLDS,
    AlertKind,
    Deadline,
    Finding,
    Situation,
    Thresholds,
    check_thresholds,
    find,
)
from services.rules.errors import Conflict, DomainError, NotFound, Stale
from services.rules.schedule import ConstraintKind
from services.rules.text import clean_text

log = structlog.get_logger("services.alerts")

WATCHED: Final = ("active", "suspended")
"""Engagements in which work goes on, or will."""
AlertStatus = Literal["open", "acknowledged", "cleared"]
STATUSES: Final[tuple[AlertStatus, ...]] = ("open", "acknowledged", "cleared")

_LATEST_FINISHES = (ConstraintKind.FINISH_NO_LATER_THAN, ConstraintKind.MUST_FINISH_ON)


@dataclass(frozen=True)
class AlertThresholds:
    """What counts in an engagement or, without one, in the practice; and what was set there (None falls through)."""

    engagement_id: UUID | None
    in_force: Thresholds
    near_days: int | None
    contingency_bps: int | None
    budget_bps: int | None
    version: int
    """0 where nothing was ever set."""


def status_of(alert: Any) -> AlertStatus:
    """Where an alert's row stands."""
    if alert["cleared_at"] is not None:
        return "cleared"
    return "open" if alert["acknowledged_at"] is None else "acknowledged"


async def review(uow: UnitOfWork, engagement_id: UUID, *, now: datetime) -> None:
    """Compare what is true of an engagement with its open alerts. The caller holds the engagement's lock.

    Never refuses: where no forecast can be made (dates reported contradict the plan) the alerts stay as they are, and the log
    says so. Raises `NotFound`.
    """
    engagement = await engagements.found(uow, engagement_id)
    practice: Any = await practice_queries.practice(uow)
    today = now.astimezone(ZoneInfo(practice["timezone"])).date()
    await queries.note_review(uow, engagement_id, new_id(), today)
    try:
        findings = await _findings(uow, engagement, today)
    except DomainError as error:
        log.warning("alerts_not_reviewed", engagement_id=str(engagement_id), code=error.code)
        return
    still_open = {
        (row["kind"], row["subject"]): row for row in await queries.open_alerts(uow, engagement_id)
    }
    raised = []
    for finding in findings:
        known = still_open.pop((finding.kind.value, finding.subject), None)
        if known is None:
            await _raise(uow, engagement_id, finding, now)
            raised.append(finding)
        elif orjson.loads(known["data"]) != finding.data:
            await _change(uow, known, {"data": orjson.dumps(finding.data).decode()}, now)
    for cleared in still_open.values():
        await _change(uow, cleared, {"cleared_at": now}, now)
    if raised:
        await _tell(uow, engagement, practice, raised, now)


async def review_due(actor: Actor, *, now: datetime) -> tuple[int, int]:
    """Look once a day at every engagement under way in a practice; answers how many were looked at and how many failed.

    Each has a transaction of its own, so that one that fails keeps back no other.
    """
    async with read_only(actor.scope()) as uow:
        practice: Any = await practice_queries.practice(uow)
        today = now.astimezone(ZoneInfo(practice["timezone"])).date()
        due = await queries.engagements_to_review(uow, today)
    done = failed = 0
    for engagement_id in due:
        try:
            async with unit_of_work(actor.scope()) as uow:
                await engagements.locked(uow, engagement_id)
                if engagement_id in await queries.engagements_to_review(uow, today):
                    await review(uow, engagement_id, now=now)
                    done += 1
        except Exception as error:  # not its text: PostgreSQL's may hold rows
            log.warning(
                "engagement_not_reviewed",
                engagement_id=str(engagement_id),
                error=type(error).__name__,
            )
            failed += 1
    return done, failed


async def sweep_alerts(now: datetime) -> tuple[int, int]:
    """`review_due` for every practice whose turn it is; what fails is logged and tried again. For the worker."""
    done = failed = 0
    request_id = str(new_id())
    for practice_id in await queries.practices_to_review(now):
        try:
            here = await review_due(system_actor(practice_id, request_id), now=now)
        except Exception as error:  # the other practices have their turn
            log.warning(
                "practice_not_reviewed", practice_id=str(practice_id), error=type(error).__name__
            )
            failed += 1
        else:
            done, failed = done + here[0], failed + here[1]
    return done, failed


async def acknowledge(
    actor: Actor, alert_id: UUID, *, note: str = "", expected_version: int, now: datetime
) -> UUID:
    """Write down that somebody has seen an alert and what they mean to do; it stays open until it is no longer true.

    Raises `Forbidden`, `NotFound`, `InvalidInput`, `Stale` (STALE_VERSION), `Conflict` (ALERT_CLEARED,
    ALERT_ALREADY_ACKNOWLEDGED).
    """
    actor.require(*WRITERS)
    said = clean_text(note, "note", max_length=1000, required=False, lines=True)
    async with unit_of_work(actor.scope()) as uow:
        for seen in await queries.alerts_by_ids(uow, [alert_id]):
            await engagements.locked(uow, seen["engagement_id"])
        alert = await queries.lock_alert(uow, alert_id)
        if alert is None:
            raise NotFound("No alert with this id.", field="alertId")
        if alert["cleared_at"] is not None:
            raise Conflict("This alert is over.", code="ALERT_CLEARED", field="alertId")
        if alert["acknowledged_at"] is not None:
            raise Conflict(
                "Somebody has seen to this alert already.",
                code="ALERT_ALREADY_ACKNOWLEDGED",
                field="alertId",
            )
        _require_version("alert", alert["version"], expected_version)
        await _change(
            uow,
            alert,
            {
                "acknowledged_at": now,
                "acknowledged_by": actor.member_id,
                "acknowledgement": said,
            },
            now,
        )
    return alert_id


async def set_thresholds(
    actor: Actor,
    engagement_id: UUID | None,
    *,
    near_days: int | None,
    contingency_bps: int | None,
    budget_bps: int | None,
    expected_version: int,
    now: datetime,
) -> None:
    """Set when alerts are raised in an engagement or, without one, in the practice; None leaves it to the default.

    An engagement is looked at again at once, the others of the practice at the worker's next turn. Raises `Forbidden`,
    `NotFound`, `InvalidInput` (THRESHOLD_INVALID), `Stale` (STALE_VERSION; version 0 where nothing was set).
    """
    actor.require(*MONEY)
    check_thresholds(near_days, contingency_bps, budget_bps)
    values: dict[Any, Any] = {
        "near_days": near_days,
        "contingency_bps": contingency_bps,
        "budget_bps": budget_bps,
        "version": expected_version + 1,
        "updated_at": now,
    }
    async with unit_of_work(actor.scope()) as uow:
        if engagement_id is not None:
            await engagements.locked(uow, engagement_id)
        await queries.lock_thresholds(uow)
        known = await queries.thresholds_of(uow, engagement_id)
        _require_version("thresholds", known["version"] if known else 0, expected_version)
        if known is None:
            await AlertThreshold.insert(
                AlertThreshold(
                    tenant_id=uow.tenant_id, id=new_id(), engagement_id=engagement_id, **values
                )
            )
        else:
            await AlertThreshold.update(values).where(
                AlertThreshold.tenant_id == uow.tenant_id, AlertThreshold.id == known["id"]
            )
        if engagement_id is None:
            await queries.forget_reviews(uow)
        else:
            await review(uow, engagement_id, now=now)


async def thresholds(uow: UnitOfWork, engagement_id: UUID | None) -> AlertThresholds:
    """What counts in an engagement, or in the practice as a whole."""
    own = await queries.thresholds_of(uow, engagement_id)
    defaults = own if engagement_id is None else await queries.thresholds_of(uow, None)
    chosen = {}
    for each in fields(Thresholds):
        said = [row[each.name] for row in (own, defaults) if row and row[each.name] is not None]
        chosen[each.name] = said[0] if said else getattr(DEFAULT_THRESHOLDS, each.name)
    return AlertThresholds(
        engagement_id,
        Thresholds(**chosen),
        own["near_days"] if own else None,
        own["contingency_bps"] if own else None,
        own["budget_bps"] if own else None,
        own["version"] if own else 0,
    )


def situation_of(coming: Forecast, budget: EngagementBudget) -> Situation:
    """What the rules look at, from the forecast and the budget of one engagement."""
    plan, total = coming.plan, budget.standing.total
    return Situation(
        is_delivered=coming.is_delivered,
        promised_date=plan.promised_date,
        planned_date=plan.version["delivery_date"],
        delivery_date=coming.delivery_date,
        days_left=coming.working_days_left,
        deadlines=_deadlines(coming),
        contingency_agreed_minor=budget.contingency.agreed_minor,
        contingency_drawn_minor=budget.contingency.drawn_minor,
        cost_budget_minor=total.cost_minor,
        spent_minor=total.spent_minor,
        estimate_at_completion_minor=total.earned_value.estimate_at_completion_minor,
        currency=budget.currency,
    )


async def _findings(uow: UnitOfWork, engagement: Any, today: date) -> tuple[Finding, ...]:
    if engagement["status"] not in WATCHED or engagement["current_scope_version_id"] is None:
        return ()
    status_date = await fresh_status_date(uow, engagement["id"], today)
    plan = await load_plan(uow, engagement, until=today)
    coming = await forecast(uow, engagement, status_date, plan=plan)
    budget = await budget_as_of(uow, engagement, today, plan=plan)
    limits = await thresholds(uow, engagement["id"])
    return find(situation_of(coming, budget), limits.in_force)


def _deadlines(coming: Forecast) -> tuple[Deadline, ...]:
    """The latest finishes agreed for leaves that are not done. (A constraint on a summary holds for each of its leaves.)"""
    plan, found = coming.plan, []
    by_key = {item.item_key: item for item in plan.scope.items}
    for item in coming.items:
        if item.kind == "summary" or item.is_complete:
            continue
        at, latest = by_key.get(item.item_key), None
        while at is not None:
            if at.constraint_kind in _LATEST_FINISHES and at.constraint_date is not None:
                latest = min(latest or at.constraint_date, at.constraint_date)
            at = by_key.get(at.parent_key) if at.parent_key else None
        if latest is not None:
            past = plan.days_between(latest, item.finish_date)
            found.append(Deadline(item.item_key, item.title, latest, item.finish_date, past))
    return tuple(found)


async def _raise(uow: UnitOfWork, engagement_id: UUID, finding: Finding, now: datetime) -> None:
    await Alert.insert(
        Alert(
            tenant_id=uow.tenant_id,
            id=new_id(),
            engagement_id=engagement_id,
            kind=finding.kind.value,
            subject=finding.subject,
            data=orjson.dumps(finding.data).decode(),
            raised_at=now,
            updated_at=now,
        )
    )


async def _change(uow: UnitOfWork, alert: Any, values: dict[Any, Any], now: datetime) -> None:
    await Alert.update({**values, "version": alert["version"] + 1, "updated_at": now}).where(
        Alert.tenant_id == uow.tenant_id, Alert.id == alert["id"]
    )


def _require_version(what: str, current: int, expected: int) -> None:
    if current != expected:
        raise Stale(
            f"The {what} changed meanwhile.",
            code="STALE_VERSION",
            field="expectedVersion",
            current_version=current,
        )


async def _tell(
    uow: UnitOfWork, engagement: Any, practice: Any, raised: Sequence[Finding], now: datetime
) -> None:
    """One mail with all that is new, to the owners and assistants."""
    locale = practice["locale"]
    for member in await practice_queries.members(uow):
        if member["is_active"] and member["role"] in {"owner", "assistant"}:
            await queue_email(
                uow,
                kind="alert_raised",
                recipient_name=member["name"],
                recipient_email=member["email"],
                locale=locale,
                data={
                    "engagement_name": engagement["name"],
                    "engagement_number": engagements.number_of(engagement),
                    "alerts": [words_of(each.kind, each.data, locale) for each in raised],
                },
                now=now,
            )


def words_of(kind: AlertKind, data: dict[str, Any], locale: str) -> dict[str, str]:
    """An alert's figures as a reader writes them, beside its kind: what the templates say their sentences with."""
    said = {"kind": kind.value}
    for name, value in data.items():
        if name.endswith("_date"):
            said[name] = formats.date(value, locale)
        elif name.endswith("_minor"):
            amount = {"amount_minor": value, "currency": data["currency"]}
            said[name.removesuffix("_minor")] = formats.money(amount, locale)
        elif name.endswith("_bps"):
            said[name.removesuffix("_bps")] = formats.percent(value, locale)
        elif name == "days":
            said[name] = formats.FILTERS["working_days"](value, locale)
        elif isinstance(value, str):
            said[name] = value
    return said
