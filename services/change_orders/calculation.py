"""What a change order would do to an engagement as it stands: gathered from the rows, computed by the rules.

Preview, sending and approval all come through `calculation_of`, so what is signed is what was shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson

from db.queries import change_orders as queries
from db.unit_of_work import UnitOfWork, read_only
from services import engagements
from services.actor import MEMBERS, Actor
from services.change_orders.standing import Standing, change_clause, standing
from services.rules.change_orders import ChangePreview, ChangeReason, preview_on
from services.rules.errors import NotFound, RuleViolation
from services.rules.scope import Change, change_from_data
from services.scopes import ScopeTerms

__all__ = [
    "Calculation",
    "calculate",
    "calculate_order",
    "calculation_from",
    "calculation_of",
    "change_clause",
    "order_reason",
    "preview_changes",
    "preview_order",
    "require_active",
    "stored_changes",
]


@dataclass(frozen=True)
class Calculation:
    """A change order's effect: the base it starts from, the approved orders before it, and the preview.

    `terms` are those of the scope version that the order would make.
    """

    engagement: Any
    base_version: Any
    terms: ScopeTerms
    approved: Sequence[Any]
    preview: ChangePreview

    @property
    def currency(self) -> str:
        """The currency of every amount."""
        return self.terms.currency


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


def order_reason(order: Any) -> ChangeReason:
    """The reason that a stored order is computed with.

    An order that was sent before the reason decided on the minimum fee is computed as it was sent: its frozen figures name
    no reason.
    """
    if order["preview"] is None:
        return ChangeReason(order["reason"])
    return ChangeReason(orjson.loads(order["preview"]).get("reason", ChangeReason.CLIENT_REQUEST))


async def calculate_order(uow: UnitOfWork, engagement: Any, order: Any) -> Calculation:
    """Compute a stored order, a draft or a sent one, on the current scope version. Raises what `calculate` raises."""
    return await calculate(
        uow,
        engagement,
        stored_changes(order),
        reason=order_reason(order),
        contingency_draw_minor=order["contingency_draw_minor"],
    )


async def calculate(
    uow: UnitOfWork,
    engagement: Any,
    changes: Sequence[Change],
    *,
    reason: ChangeReason = ChangeReason.CLIENT_REQUEST,
    contingency_draw_minor: int = 0,
    binds: bool = True,
) -> Calculation:
    """Compute `changes` on the engagement's current scope version. Raises what the rules raise, and `NotFound`."""
    return calculation_of(
        await standing(uow, engagement, binds=binds),
        changes,
        reason=reason,
        contingency_draw_minor=contingency_draw_minor,
    )


def calculation_of(
    stands: Standing,
    changes: Sequence[Change],
    *,
    reason: ChangeReason = ChangeReason.CLIENT_REQUEST,
    contingency_draw_minor: int = 0,
) -> Calculation:
    """Compute `changes` on an engagement as it stands. Raises what the rules raise."""
    found = preview_on(
        stands.start,
        changes,
        stands.order_terms,
        reason=reason,
        contingency_draw_minor=contingency_draw_minor,
    )
    return calculation_from(stands, found)


def calculation_from(stands: Standing, found: ChangePreview) -> Calculation:
    """A preview with what it was computed from."""
    terms = replace(stands.terms, calendar=found.calendar_after)
    return Calculation(stands.engagement, stands.version, terms, stands.approved, found)


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
            binds=False,
        )


async def preview_order(actor: Actor, change_order_id: UUID) -> Calculation:
    """What a drafted order would do as the scope stands now. Raises `Forbidden`, `NotFound`, and what the rules raise."""
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        order = await queries.change_order_by_id(uow, change_order_id)
        if order is None:
            raise NotFound("No change order with this id.", field="changeOrderId")
        return await calculate_order(
            uow, await engagements.found(uow, order["engagement_id"]), order
        )
