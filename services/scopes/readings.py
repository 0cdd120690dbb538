"""What moved: the current scope version against the baseline, in money and in working days."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from db.queries import scopes as queries
from db.unit_of_work import UnitOfWork, read_only
from services import engagements
from services.actor import MEMBERS, Actor
from services.calendars import CalendarTerms
from services.scopes.versions import current_version


@dataclass(frozen=True)
class ItemVariance:
    """One item now and as agreed first; positive = more, or later. None where it was, or is, not there."""

    item_key: str
    title: str
    kind: str
    parent_key: str | None
    status: Literal["added", "removed", "kept"]
    baseline_fee_minor: int | None
    current_fee_minor: int | None
    fee_variance_minor: int
    cost_variance_minor: int
    baseline_start_date: date | None
    baseline_finish_date: date | None
    current_start_date: date | None
    current_finish_date: date | None
    start_variance_days: int | None
    finish_variance_days: int | None
    is_critical: bool


@dataclass(frozen=True)
class EngagementVariance:
    """An engagement's current scope version against its baseline; days are working days."""

    currency: str
    baseline: Any
    current: Any
    fee_variance_minor: int
    cost_variance_minor: int
    tax_variance_minor: int
    delivery_variance_days: int
    promised_date: date | None
    days_past_promise: int | None
    items: tuple[ItemVariance, ...]


async def agreed_calendar(actor: Actor, engagement_id: UUID) -> CalendarTerms:
    """The working days of an engagement: those of its current scope version, pauses among them; its own before there is one.

    Raises `Forbidden`, `NotFound`.
    """
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        engagement = await engagements.found(uow, engagement_id)
        if engagement["current_scope_version_id"] is None:
            return engagements.calendar_terms(engagement)
        return engagements.calendar_terms(await current_version(uow, engagement))


async def variance(uow: UnitOfWork, engagement_id: UUID) -> EngagementVariance:
    """Budget and timeline of an engagement, current against baseline, item by item in outline order.

    Raises `NotFound`, also (NO_SCOPE_VERSION) before the contract is signed.
    """
    engagement = await engagements.found(uow, engagement_id)
    current = await current_version(uow, engagement)
    baseline: Any = await queries.baseline_of(uow, engagement_id)
    by_version: dict[UUID, dict[str, Any]] = {baseline["id"]: {}, current["id"]: {}}
    for row in await queries.items_of(uow, list(by_version)):
        by_version[row["scope_version_id"]][row["item_key"]] = row
    before, after = by_version[baseline["id"]], by_version[current["id"]]
    keys = [*after, *(key for key in before if key not in after)]
    promised = engagement["promised_date"]
    return EngagementVariance(
        currency=current["currency"],
        baseline=baseline,
        current=current,
        fee_variance_minor=current["fee_minor"] - baseline["fee_minor"],
        cost_variance_minor=current["cost_minor"] - baseline["cost_minor"],
        tax_variance_minor=current["tax_minor"] - baseline["tax_minor"],
        delivery_variance_days=current["duration_days"] - baseline["duration_days"],
        promised_date=promised,
        days_past_promise=None if promised is None else (current["delivery_date"] - promised).days,
        items=tuple(_item(before.get(key), after.get(key)) for key in keys),
    )


def _item(old: Any, new: Any) -> ItemVariance:
    shown = new or old
    both = bool(old and new)
    return ItemVariance(
        item_key=shown["item_key"],
        title=shown["title"],
        kind=shown["kind"],
        parent_key=shown["parent_key"],
        status="kept" if both else ("added" if new else "removed"),
        baseline_fee_minor=old["fee_minor"] if old else None,
        current_fee_minor=new["fee_minor"] if new else None,
        fee_variance_minor=(new["fee_minor"] if new else 0) - (old["fee_minor"] if old else 0),
        cost_variance_minor=(new["cost_minor"] if new else 0) - (old["cost_minor"] if old else 0),
        baseline_start_date=old["start_date"] if old else None,
        baseline_finish_date=old["finish_date"] if old else None,
        current_start_date=new["start_date"] if new else None,
        current_finish_date=new["finish_date"] if new else None,
        start_variance_days=_planned(new, "start") - _planned(old, "start") if both else None,
        finish_variance_days=_planned(new, "finish") - _planned(old, "finish") if both else None,
        is_critical=shown["is_critical"],
    )


def _planned(row: Any, end: Literal["start", "finish"]) -> int:
    """The boundary of the date shown; versions of the first release have it as the early one only."""
    planned = row[f"planned_{end}"]
    return int(row[f"early_{end}"] if planned is None else planned)
