"""Orders that follow from orders: rebased on a newer scope version, issued again, or drafted to supersede an approved one.

All three carry changes over to the current scope version by the same merge. What fits becomes a draft that the practice looks
at and edits; what does not is told with the draft, with the values on both sides. Nothing of this binds anybody: the draft is
sent and signed as any other.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from db.ids import new_id
from db.queries import acceptances as acceptance_queries
from db.queries import change_orders as queries
from db.queries import scopes as scope_queries
from db.tables.change_orders import ChangeOrder
from db.unit_of_work import UnitOfWork, unit_of_work
from services import scopes
from services.actor import WRITERS, Actor
from services.change_orders.calculation import calculate, require_active, stored_changes
from services.change_orders.drafts import locked_order, requester, response_day, suggested_class
from services.change_orders.outcomes import require_supersedable
from services.change_orders.payload import order_number
from services.change_orders.sending import take_back
from services.rules.change_orders import (
    REISSUABLE,
    ChangeOrderAction,
    ChangeOrderStatus,
    ChangeReason,
    ConflictKind,
    Rebased,
    changes_between,
    rebase,
)
from services.rules.errors import Conflict, DomainError, RuleViolation
from services.rules.scope import Change, Scope, change_to_data
from services.rules.text import clean_text

_TITLES = {"en": "Instead of {number}: {title}", "da": "I stedet for {number}: {title}"}


@dataclass(frozen=True)
class SupersedingDetails:
    """What is written about an order that is to supersede another. Without a title it is named after that one."""

    title: str = ""
    reason: str = "client_request"
    reason_text: str = ""
    requested_by: UUID | None = None


async def rebase_change_order(
    actor: Actor, change_order_id: UUID, *, expected_version: int, now: datetime, today: date
) -> UUID:
    """Draft a stale order anew on the current scope version, and withdraw it: its links end at once. Answers the new draft.

    Raises `Forbidden`, `NotFound`, `Stale` (STALE_VERSION), `RuleViolation` (CHANGE_ORDER_STATUS unless it is a draft or out,
    ENGAGEMENT_NOT_ACTIVE, BASE_IS_CURRENT where there is nothing to rebase on, ALREADY_IN_SCOPE where others did all of it).
    """
    actor.require(*WRITERS)
    async with unit_of_work(actor.scope()) as uow:
        order, engagement = await locked_order(uow, change_order_id, expected_version)
        require_active(engagement)
        if order["status"] not in {"draft", "sent"}:
            raise RuleViolation(
                f"A change order that is {order['status']} is not rebased; issue it again.",
                code="CHANGE_ORDER_STATUS",
            )
        if order["base_scope_version_id"] == engagement["current_scope_version_id"]:
            raise RuleViolation(
                "The order starts from the current scope version already.", code="BASE_IS_CURRENT"
            )
        draft_id = await _carry_over(
            uow, engagement, order, {"rebased_from_id": order["id"]}, now=now, today=today
        )
        await take_back(uow, actor, order, ChangeOrderAction.WITHDRAW, "rebased", now=now)
    return draft_id


async def reissue_change_order(
    actor: Actor, change_order_id: UUID, *, now: datetime, today: date
) -> UUID:
    """Draft an order that ended without effect again, on the scope version that is current now; answers the new draft.

    Its old number stays used. Raises `Forbidden`, `NotFound`, `RuleViolation` (CHANGE_ORDER_STATUS unless it was voided,
    withdrawn, declined or has expired; ENGAGEMENT_NOT_ACTIVE, ALREADY_IN_SCOPE), `Conflict` (ALREADY_REISSUED).
    """
    actor.require(*WRITERS)
    async with unit_of_work(actor.scope()) as uow:
        order, engagement = await locked_order(uow, change_order_id)
        require_active(engagement)
        if ChangeOrderStatus(order["status"]) not in REISSUABLE:
            raise RuleViolation(
                f"A change order that is {order['status']} is not issued again.",
                code="CHANGE_ORDER_STATUS",
            )
        for relation in ("reissue", "rebase"):
            if await queries.open_successor(uow, order["id"], relation):
                raise Conflict(
                    "It has been drafted again already; look at that draft.",
                    code="ALREADY_REISSUED",
                )
        return await _carry_over(
            uow, engagement, order, {"reissue_of_id": order["id"]}, now=now, today=today
        )


async def supersede_change_order(
    actor: Actor, change_order_id: UUID, details: SupersedingDetails, *, now: datetime, today: date
) -> UUID:
    """Draft an order that undoes an approved one, for the practice to edit; once signed, it supersedes that one.

    What later orders have built on it is not undone, and is told as conflicts. Raises `Forbidden` (also CHANGE_NOT_ENTITLED),
    `NotFound`, `InvalidInput`, `RuleViolation` (CHANGE_ORDER_STATUS unless it is approved, ENGAGEMENT_NOT_ACTIVE,
    ALREADY_IN_SCOPE where nothing of it is left to undo), `Conflict` (SUPERSEDING_EXISTS).
    """
    actor.require(*WRITERS)
    reason = ChangeReason(details.reason)
    async with unit_of_work(actor.scope()) as uow:
        order, engagement = await locked_order(uow, change_order_id)
        require_active(engagement)
        require_supersedable(order)
        if await queries.open_successor(uow, order["id"], "supersede"):
            raise Conflict(
                "An order that is to supersede it is drafted or out already.",
                code="SUPERSEDING_EXISTS",
            )
        made: Any = await queries.version_made_by(uow, order["id"])
        before: Any = await scope_queries.version_by_id(uow, order["base_scope_version_id"])
        after_scope, before_scope = (
            await scopes.load_scope(uow, made),
            await scopes.load_scope(uow, before),
        )
        undoing = changes_between(
            after_scope,
            before_scope,
            calendar_before=scopes.terms_of_version(made).calendar,
            calendar_after=scopes.terms_of_version(before).calendar,
        )
        number = order_number(engagement, order["number"])
        title = (
            clean_text(details.title, "title", required=False)
            or _TITLES[engagement["locale"]]
            .format(number=number, title=order["title"])[:200]
            .rstrip()
        )
        values: dict[Any, Any] = {
            "title": title,
            "reason": reason.value,
            "reason_text": clean_text(
                details.reason_text, "reasonText", max_length=2000, required=False, lines=True
            ),
            "revenue_class": None,
            "requested_by": await requester(uow, actor, engagement, details.requested_by),
            "requested_by_contact_id": details.requested_by,
            "requested_on": today,
            "respond_by": response_day(engagement, today) if details.requested_by else None,
            "contingency_draw_minor": 0,
            "supersedes_id": order["id"],
        }
        return await _draft(
            uow, engagement, values, undoing, made, after_scope, now=now, today=today
        )


async def _carry_over(
    uow: UnitOfWork,
    engagement: Any,
    order: Any,
    origin: dict[Any, Any],
    *,
    now: datetime,
    today: date,
) -> UUID:
    """A draft with what still fits of an order's changes, and all else that was written about it."""
    kept = (
        "title", "reason", "reason_text", "revenue_class", "requested_by", "requested_by_contact_id", "requested_on",
        "respond_by", "contingency_draw_minor", "supersedes_id",
    )  # fmt: skip
    base: Any = await scope_queries.version_by_id(uow, order["base_scope_version_id"])
    return await _draft(
        uow,
        engagement,
        {name: order[name] for name in kept} | origin,
        stored_changes(order),
        base,
        await scopes.load_scope(uow, base),
        now=now,
        today=today,
    )


async def _draft(  # noqa: PLR0917 - one call's parts, named at both of its callers
    uow: UnitOfWork,
    engagement: Any,
    values: dict[Any, Any],
    changes: Sequence[Change],
    base_version: Any,
    base: Scope,
    *,
    now: datetime,
    today: date,
) -> UUID:
    """Merge changes written on a base into the current scope version, and store what fits as a draft."""
    current = await scopes.current_version(uow, engagement)
    accepted = await acceptance_queries.acceptances_of(uow, [engagement["id"]])
    found = rebase(
        changes,
        base,
        base if current["id"] == base_version["id"] else await scopes.load_scope(uow, current),
        locked_keys=frozenset(row["item_key"] for row in accepted),
        base_calendar=scopes.terms_of_version(base_version).calendar,
        calendar=scopes.terms_of_version(current).calendar,
    )
    if not found.changes and not found.conflicts:
        raise RuleViolation(
            "All that this order asks for stands in the scope already.", code="ALREADY_IN_SCOPE"
        )
    suggestion, refusal = None, ""
    if found.changes:
        try:
            calculation = await calculate(
                uow,
                engagement,
                found.changes,
                reason=ChangeReason(values["reason"]),
                contingency_draw_minor=values["contingency_draw_minor"],
            )
            suggestion = await suggested_class(uow, calculation, today)
        except DomainError as refused:
            # Such as a reserve that others have drawn on meanwhile: the practice sees it with the draft and edits that.
            refusal = refused.message
    values |= suggestion or {}
    if values["revenue_class"] is None:
        values["revenue_class"] = values.get("suggested_revenue_class", "prospective")
    draft_id = new_id()
    await ChangeOrder.insert(
        ChangeOrder(
            tenant_id=uow.tenant_id,
            id=draft_id,
            engagement_id=engagement["id"],
            status="draft",
            currency=engagement["currency"],
            base_scope_version_id=current["id"],
            changes=orjson.dumps([change_to_data(each) for each in found.changes]).decode(),
            carried_over=_report(found, refusal, base_version["number"], current["number"]),
            created_at=now,
            updated_at=now,
            **values,
        )
    )
    return draft_id


def _report(found: Rebased, refusal: str, from_number: int, to_number: int) -> str:
    """What is told with the draft, as its column holds it; a `refusal` is about the order as a whole."""
    whole = {
        "change": None, "kind": ConflictKind.COMBINATION_INVALID, "message": refusal, "item_key": None, "field": None,
        "base": None, "ours": None, "theirs": None,
    }  # fmt: skip
    return orjson.dumps(
        {
            "from_number": from_number,
            "to_number": to_number,
            "conflicts": [asdict(each) for each in found.conflicts] + ([whole] if refusal else []),
            "notes": [asdict(each) for each in found.notes],
        },
        default=str,
    ).decode()
