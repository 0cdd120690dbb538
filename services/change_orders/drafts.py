"""Change orders before they go out: drafted, and drafted again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from db.ids import new_id
from db.queries import acceptances as acceptance_queries
from db.queries import change_orders as queries
from db.queries import clients as client_queries
from db.queries import practices as practice_queries
from db.tables.change_orders import ChangeOrder
from db.unit_of_work import UnitOfWork, unit_of_work
from services import engagements
from services.actor import WRITERS, Actor
from services.calendars import working_calendar
from services.change_orders.calculation import (
    Calculation,
    calculate,
    change_clause,
    require_active,
    stored_changes,
)
from services.progress_readings import progress_as_of
from services.rules.change_orders import (
    ChangeReason,
    RevenueClass,
    check_may_ask,
    response_due_on,
    suggest_revenue_class,
)
from services.rules.dates import check_plausible
from services.rules.errors import InvalidInput, NotFound, RuleViolation, Stale
from services.rules.scope import Change, change_to_data
from services.rules.text import clean_text

__all__ = [
    "SUBJECT",
    "ChangeOrderDetails",
    "create_change_order",
    "locked_order",
    "requester",
    "response_day",
    "revise_change_order",
    "stored_changes",
    "suggested_class",
]

SUBJECT = "change_order"
"""The kind of thing its envelopes are about; the subject's id is the change order's."""


@dataclass(frozen=True)
class ChangeOrderDetails:
    """What is written about a change order. Without a `requested_by` contact it is the practice's own proposal.

    Without a `revenue_class` it counts as the data suggest (`services.rules.change_orders.revenue`).

    `contingency_draw_minor` is what it takes out of the engagement's contingency.
    """

    title: str
    changes: Sequence[Change] = field(default_factory=tuple)
    reason: str = "client_request"
    reason_text: str = ""
    revenue_class: str | None = None
    requested_by: UUID | None = None
    requested_on: date | None = None
    contingency_draw_minor: int = 0


async def create_change_order(
    actor: Actor,
    engagement_id: UUID,
    details: ChangeOrderDetails,
    *,
    now: datetime,
    today: date,
) -> UUID:
    """Draft an order on the current scope version; it has no number until it is sent.

    Raises `Forbidden` (also CHANGE_NOT_ENTITLED), `NotFound`, `InvalidInput`, `RuleViolation` (ENGAGEMENT_NOT_ACTIVE), and
    what the preview of its changes raises.
    """
    actor.require(*WRITERS)
    order_id = new_id()
    async with unit_of_work(actor.scope()) as uow:
        engagement = await engagements.locked(uow, engagement_id)
        values = await _checked(uow, actor, engagement, details, today)
        await ChangeOrder.insert(
            ChangeOrder(
                tenant_id=actor.tenant_id,
                id=order_id,
                engagement_id=engagement_id,
                status="draft",
                currency=engagement["currency"],
                created_at=now,
                updated_at=now,
                **values,
            )
        )
    return order_id


async def revise_change_order(
    actor: Actor,
    change_order_id: UUID,
    details: ChangeOrderDetails,
    *,
    expected_version: int,
    now: datetime,
    today: date,
) -> UUID:
    """Write a draft anew, on the scope version that is current now.

    Raises what `create_change_order` raises, `Stale` (STALE_VERSION), `RuleViolation` (CHANGE_ORDER_STATUS) once it is sent.
    """
    actor.require(*WRITERS)
    async with unit_of_work(actor.scope()) as uow:
        order, engagement = await locked_order(uow, change_order_id, expected_version)
        if order["status"] != "draft":
            raise RuleViolation(
                f"A change order that is {order['status']} is not written any more.",
                code="CHANGE_ORDER_STATUS",
            )
        values = await _checked(uow, actor, engagement, details, today)
        await ChangeOrder.update(
            {**values, "version": order["version"] + 1, "updated_at": now}
        ).where(ChangeOrder.tenant_id == uow.tenant_id, ChangeOrder.id == change_order_id)
    return change_order_id


async def locked_order(
    uow: UnitOfWork, change_order_id: UUID, expected_version: int | None = None
) -> tuple[Any, Any]:
    """An order as it is once its engagement is locked, and the engagement. Raises `NotFound`, `Stale` (STALE_VERSION)."""
    seen = await queries.change_order_by_id(uow, change_order_id)
    if seen is None:
        raise NotFound("No change order with this id.", field="changeOrderId")
    engagement = await engagements.locked(uow, seen["engagement_id"])
    order: Any = await queries.change_order_by_id(uow, change_order_id)
    if expected_version is not None and order["version"] != expected_version:
        raise Stale(
            "The change order was changed meanwhile.",
            code="STALE_VERSION",
            field="expectedVersion",
            current_version=order["version"],
        )
    return order, engagement


async def _checked(
    uow: UnitOfWork, actor: Actor, engagement: Any, details: ChangeOrderDetails, today: date
) -> dict[Any, Any]:
    require_active(engagement)
    if details.reason not in set(ChangeReason):
        raise InvalidInput(
            f"A reason is one of {', '.join(ChangeReason)}.", code="REASON", field="reason"
        )
    if details.revenue_class is not None and details.revenue_class not in set(RevenueClass):
        raise InvalidInput("No such class of revenue.", code="KIND", field="revenueClass")
    requested_on = details.requested_on or today
    if requested_on > today:
        raise InvalidInput(
            "The request lies in the future.", code="DATE_ORDER", field="requestedOn"
        )
    check_plausible(requested_on, "requestedOn")
    calculation = await calculate(
        uow,
        engagement,
        details.changes,
        reason=ChangeReason(details.reason),
        contingency_draw_minor=details.contingency_draw_minor,
    )
    suggestion = await suggested_class(uow, calculation, today)
    return {
        "title": clean_text(details.title, "title"),
        "reason": details.reason,
        "reason_text": clean_text(
            details.reason_text, "reasonText", max_length=2000, required=False, lines=True
        ),
        "revenue_class": details.revenue_class or suggestion["suggested_revenue_class"],
        **suggestion,
        "requested_by": await requester(uow, actor, engagement, details.requested_by),
        "requested_by_contact_id": details.requested_by,
        "requested_on": requested_on,
        "respond_by": response_day(engagement, requested_on) if details.requested_by else None,
        "base_scope_version_id": calculation.base_version["id"],
        "changes": orjson.dumps([change_to_data(each) for each in details.changes]).decode(),
        "contingency_draw_minor": details.contingency_draw_minor,
    }


def response_day(engagement: Any, requested_on: date) -> date:
    """The day by which a request is to be answered, on the engagement's calendar."""
    clause = change_clause(engagement)
    calendar = working_calendar(
        engagements.calendar_terms(engagement), requested_on, working_days=clause.response_days
    )
    return response_due_on(clause, requested_on, calendar)


async def suggested_class(uow: UnitOfWork, calculation: Calculation, today: date) -> dict[Any, Any]:
    """The class of revenue that the data suggest for an order, as its columns.

    Begun is what was reported as begun, and where nobody reported, what was to have begun by now.
    """
    found = calculation.preview
    progress = await progress_as_of(uow, calculation.engagement["id"], today)
    begun = {
        key
        for key, item in found.schedule_before.items.items()
        if (
            progress[key].percent_complete_bps > 0 or progress[key].actual_start is not None
            if key in progress
            else item.start_date < today
        )
    }
    accepted = await acceptance_queries.acceptances_of(uow, [calculation.engagement["id"]])
    suggestion = suggest_revenue_class(
        found.difference,
        found.scope,
        begun_keys=begun - {row["item_key"] for row in accepted},
    )
    return {
        "suggested_revenue_class": suggestion.revenue_class.value,
        "suggested_paragraph": suggestion.paragraph,
        "suggested_because": suggestion.explanation,
    }


async def requester(uow: UnitOfWork, actor: Actor, engagement: Any, contact_id: UUID | None) -> str:
    """The name of who asked; a contact must be entitled to by the change clause."""
    if contact_id is None:
        member = (
            await practice_queries.member_by_id(uow, actor.member_id) if actor.member_id else None
        )
        return str(member["name"]) if member else (actor.name or actor.role)
    contact = await client_queries.contact_by_id(uow, contact_id)
    if contact is None or contact["client_id"] != engagement["client_id"]:
        raise NotFound("No contact of this client with this id.", field="requestedBy")
    check_may_ask(change_clause(engagement), contact["roles"])
    return str(contact["name"])
