"""What a change order would do to an engagement as it stands: gathered from the rows, computed by the rules.

Preview, sending and approval all come through `calculate`, so what is signed is what was shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from db.queries import acceptances as acceptance_queries
from db.queries import change_orders as queries
from db.queries import scopes as scope_queries
from db.unit_of_work import UnitOfWork, read_only
from services import engagements, scopes
from services.actor import MEMBERS, Actor
from services.calendars import working_calendar
from services.rules.change_orders import ChangeClause, ChangePreview, ChangeReason, preview
from services.rules.errors import NotFound, RuleViolation
from services.rules.retainers import RetainerShare
from services.rules.scope import (
    AddDependency,
    AddItem,
    Change,
    ChangeDependency,
    ReviseItem,
    change_from_data,
)
from services.scopes import ScopeTerms
from services.scopes.imports import plan_length_days

_MINIMUM_FEE_TITLES = {
    "en": "Minimum fee for a change order",
    "da": "Mindstegebyr for en ændringsordre",
}


@dataclass(frozen=True)
class Calculation:
    """A change order's effect: the base it starts from, the approved orders before it, and the preview."""

    engagement: Any
    base_version: Any
    terms: ScopeTerms
    approved: Sequence[Any]
    preview: ChangePreview

    @property
    def currency(self) -> str:
        """The currency of every amount."""
        return self.terms.currency


def change_clause(engagement: Any) -> ChangeClause:
    """The change clause that the contract printed."""
    return ChangeClause(
        requesters=frozenset(engagement["change_requesters"]),
        response_days=engagement["change_response_days"],
        offer_days=engagement["change_offer_days"],
        minimum_fee_minor=engagement["change_minimum_fee_minor"],
        tax_code=engagement["tax_code"],
        tax_bps=engagement["tax_bps"],
        minimum_fee_title=_MINIMUM_FEE_TITLES[engagement["locale"]],
    )


def require_active(engagement: Any) -> None:
    """Raise `RuleViolation` (ENGAGEMENT_NOT_ACTIVE) where nothing can be ordered: no contract, suspended, or over."""
    if engagement["status"] != "active":
        raise RuleViolation(
            f"The engagement is {engagement['status']}: a change can be ordered only while it is active.",
            code="ENGAGEMENT_NOT_ACTIVE",
        )


def stored_changes(order: Any) -> list[Change]:
    """The changes of an order's row."""
    stored: list[dict[str, Any]] = orjson.loads(order["changes"])
    return [change_from_data(each, f"changes.{at}") for at, each in enumerate(stored)]


async def calculate_order(uow: UnitOfWork, engagement: Any, order: Any) -> Calculation:
    """Compute a stored order, a draft or a sent one, on the current scope version. Raises what `calculate` raises.

    An order that was sent before the reason decided on the minimum fee is computed as it was sent: its frozen figures name
    no reason.
    """
    reason = order["reason"]
    if order["preview"] is not None:
        reason = orjson.loads(order["preview"]).get("reason", ChangeReason.CLIENT_REQUEST)
    return await calculate(
        uow,
        engagement,
        stored_changes(order),
        reason=ChangeReason(reason),
        contingency_draw_minor=order["contingency_draw_minor"],
    )


async def calculate(
    uow: UnitOfWork,
    engagement: Any,
    changes: Sequence[Change],
    *,
    reason: ChangeReason = ChangeReason.CLIENT_REQUEST,
    contingency_draw_minor: int = 0,
) -> Calculation:
    """Compute `changes` on the engagement's current scope version. Raises what the rules raise, and `NotFound`."""
    base_version = await scopes.current_version(uow, engagement)
    baseline: Any = await scope_queries.baseline_of(uow, engagement["id"])
    base = await scopes.load_scope(uow, base_version)
    approved = await queries.approved_orders(uow, engagement["id"])
    accepted = await acceptance_queries.acceptances_of(uow, [engagement["id"]])
    terms = scopes.terms_of_version(base_version)
    # Public holidays only cost time to look up, so the horizon is generous: dated constraints may lie years ahead.
    ahead = plan_length_days(base) + _added_days(changes) + 2500
    found = preview(
        base,
        changes,
        calendar=working_calendar(terms.calendar, terms.start_date, working_days=ahead),
        start=terms.start_date,
        clause=change_clause(engagement),
        reason=reason,
        contingency_draw_minor=contingency_draw_minor,
        currency=terms.currency,
        original_sum_minor=baseline["fee_minor"],
        approved_minor=[row["change_minor"] for row in approved],
        contingency_bps=terms.contingency_bps,
        contingency_minor=terms.contingency_minor,
        retention_bps=terms.retention_bps,
        retainer_share=RetainerShare(
            engagement["retainer_numerator"], engagement["retainer_denominator"]
        ),
        retainer_held_minor=await queries.retainer_held_minor(uow, engagement["id"]),
        locked_keys=frozenset(row["item_key"] for row in accepted),
    )
    return Calculation(engagement, base_version, terms, approved, found)


def _added_days(changes: Sequence[Change]) -> int:
    """A bound on how many working days the changes can lengthen the plan by."""
    days = 0
    for each in changes:
        if isinstance(each, AddItem):
            days += each.item.duration_days
        elif isinstance(each, ReviseItem):
            revised = each.values.get("duration_days", 0)
            days += revised if isinstance(revised, int) else 0
        elif isinstance(each, AddDependency):
            days += abs(each.dependency.lag_days)
        elif isinstance(each, ChangeDependency):
            days += abs(each.lag_days)
    return days


async def preview_changes(
    actor: Actor,
    engagement_id: UUID,
    changes: Sequence[Change],
    *,
    reason: ChangeReason = ChangeReason.CLIENT_REQUEST,
    contingency_draw_minor: int = 0,
) -> Calculation:
    """What these changes would do, without storing anything. Raises `Forbidden`, `NotFound`, and what the rules raise."""
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        return await calculate(
            uow,
            await engagements.found(uow, engagement_id),
            changes,
            reason=reason,
            contingency_draw_minor=contingency_draw_minor,
        )


async def preview_order(actor: Actor, change_order_id: UUID) -> Calculation:
    """What a drafted order would do as the scope stands now. Raises `Forbidden`, `NotFound`, and what the rules raise."""
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        order = await queries.change_order_by_id(uow, change_order_id)
        if order is None:
            raise NotFound("No change order with this id.", field="changeOrderId")
        engagement = await engagements.found(uow, order["engagement_id"])
        return await calculate_order(uow, engagement, order)
