"""How a change order ends: approved, declined, withdrawn, voided or expired; and, once approved, superseded.

Approval is applied exactly once. The engagement is locked, the status read again after the lock, the base compared, the
figures computed again by the code that showed them and compared by fingerprint; only then is the next scope version
written. Beneath all that a constraint lets one order make one version.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from db.queries import change_orders as queries
from db.queries import engagements as engagement_queries
from db.queries import envelopes as envelope_queries
from db.queries import scopes as scope_queries
from db.tables.change_orders import ChangeOrder
from db.unit_of_work import UnitOfWork
from services import alerts, engagements, envelopes, scopes
from services.change_orders.calculation import calculate_order, require_active
from services.change_orders.mails import tell_sender_of_expiry
from services.change_orders.signers import require_signed
from services.practices import system_actor
from services.rules.change_orders import (
    ChangeOrderAction,
    ChangeOrderStatus,
    check_fingerprint,
    next_status,
)
from services.rules.errors import Conflict, NotFound, RuleViolation, Stale
from services.scopes import ScopeState

_BY_ENVELOPE = {
    "declined": ChangeOrderAction.DECLINE,
    "expired": ChangeOrderAction.EXPIRE,
    "voided": ChangeOrderAction.VOID,
}


async def lock(uow: UnitOfWork, *, subject_id: UUID) -> None:
    """Lock the engagement before the envelope is locked, as sending does."""
    order = await queries.change_order_by_id(uow, subject_id)
    if order is not None:
        await engagement_queries.lock_engagement(uow, order["engagement_id"])


async def on_signed(
    uow: UnitOfWork,
    *,
    subject_id: UUID,
    document_id: UUID,
    fingerprint: str,
    signer_name: str,
    now: datetime,
) -> None:
    """Apply an order that everybody has signed: the next scope version, current at once.

    Called by `services.signing` in the transaction of the last signature. Raises `RuleViolation` (CHANGE_ORDER_STATUS,
    CHANGE_ORDER_EXPIRED, ENGAGEMENT_NOT_ACTIVE, ITEM_LOCKED, APPROVAL_NEEDS_MORE_SIGNERS, APPROVAL_NEEDS_ROLE), `Stale`
    (STALE_BASE with the number of the current scope version, STALE_PREVIEW).
    """
    order, engagement = await _locked(uow, subject_id)
    status = next_status(ChangeOrderStatus(order["status"]), ChangeOrderAction.APPROVE)
    if now >= order["expires_at"]:
        raise RuleViolation(
            f"The offer stood until {order['expires_at']:%Y-%m-%d %H:%M} UTC.",
            code="CHANGE_ORDER_EXPIRED",
        )
    require_active(engagement)
    await require_base(uow, order, engagement)
    if order["document_id"] != document_id:
        raise Conflict("This is not the paper that was sent.", code="STALE_PREVIEW")
    calculation = await calculate_order(uow, engagement, order)
    found = calculation.preview
    check_fingerprint(found, order["preview_fingerprint"])
    await require_signed(uow, calculation, order["envelope_id"])
    version_id = await scopes.write_version(
        uow,
        ScopeState(found.scope, found.schedule_after, found.budget_after),
        calculation.terms,
        engagement_id=engagement["id"],
        number=calculation.base_version["number"] + 1,
        change_order_id=subject_id,
        now=now,
    )
    await engagements.change(uow, engagement, {"current_scope_version_id": version_id}, now=now)
    await decide(uow, order, status, decided_by=signer_name, now=now)
    if order["supersedes_id"] is not None:
        await _supersede(uow, order, now=now)
    await alerts.review(uow, engagement["id"], now=now)


async def _supersede(uow: UnitOfWork, order: Any, *, now: datetime) -> None:
    """Write down that an approved order was superseded by one that has just been approved."""
    old: Any = await queries.change_order_by_id(uow, order["supersedes_id"])
    await ChangeOrder.update(
        {
            "status": require_supersedable(old).value,
            "superseded_by_id": order["id"],
            "version": old["version"] + 1,
            "updated_at": now,
        }
    ).where(ChangeOrder.tenant_id == uow.tenant_id, ChangeOrder.id == old["id"])


def require_supersedable(order: Any) -> ChangeOrderStatus:
    """The status of an order once it is superseded. Raises `RuleViolation` (CHANGE_ORDER_STATUS) unless it is approved."""
    return next_status(ChangeOrderStatus(order["status"]), ChangeOrderAction.SUPERSEDE)


async def on_declined(uow: UnitOfWork, *, subject_id: UUID, reason: str, now: datetime) -> None:
    """Close an order whose envelope ended without signatures: the scope stays as it is."""
    order, _ = await _locked(uow, subject_id)
    envelope = await envelope_queries.envelope_by_id(uow, order["envelope_id"])
    action = _BY_ENVELOPE[envelope["status"] if envelope else "declined"]
    status = next_status(ChangeOrderStatus(order["status"]), action)
    await decide(uow, order, status, reason=reason, now=now)
    if action is ChangeOrderAction.EXPIRE:
        await tell_sender_of_expiry(uow, order, now=now)


async def expire_due(uow: UnitOfWork, now: datetime) -> int:
    """Close every sent order of the practice whose offer has run out, with its envelope; answers how many. For a job."""
    expired = 0
    for due in await queries.overdue_orders(uow, now):
        order, _ = await _locked(uow, due["id"])
        if order["status"] != "sent" or order["expires_at"] > now:
            continue
        envelope = await envelope_queries.lock_envelope(uow, order["envelope_id"])
        if envelope is not None and envelope["status"] in envelopes.OPEN:
            actor = system_actor(uow.tenant_id)
            await envelopes.add_event(uow, envelope["id"], kind="expired", actor=actor, now=now)
            await envelopes.close(uow, envelope["id"], status="expired", now=now)
        await decide(uow, order, ChangeOrderStatus.EXPIRED, reason="expired", now=now)
        await tell_sender_of_expiry(uow, order, now=now)
        expired += 1
    return expired


async def require_base(uow: UnitOfWork, order: Any, engagement: Any) -> None:
    """Raise `Stale` (STALE_BASE) unless the order still starts from the current scope version."""
    current_id = engagement["current_scope_version_id"]
    if order["base_scope_version_id"] == current_id:
        return
    base: Any = await scope_queries.version_by_id(uow, order["base_scope_version_id"])
    current: Any = await scope_queries.version_by_id(uow, current_id)
    raise Stale(
        f"This order starts from scope version {base['number']}; the current one is {current['number']}. "
        "Rebase it: what still fits becomes a new draft on that.",
        code="STALE_BASE",
        current_version=current["number"],
    )


async def decide(
    uow: UnitOfWork,
    order: Any,
    status: ChangeOrderStatus,
    *,
    decided_by: str = "",
    reason: str = "",
    now: datetime,
) -> None:
    """Write how a locked order ended."""
    await ChangeOrder.update(
        {
            "status": status.value,
            "decided_at": now,
            "decided_by": decided_by,
            "decline_reason": reason[:1000],
            "version": order["version"] + 1,
            "updated_at": now,
        }
    ).where(ChangeOrder.tenant_id == uow.tenant_id, ChangeOrder.id == order["id"])


async def _locked(uow: UnitOfWork, order_id: UUID) -> tuple[Any, Any]:
    """The order as it is once its engagement is locked, and the engagement. Raises `NotFound`."""
    await lock(uow, subject_id=order_id)
    order = await queries.change_order_by_id(uow, order_id)
    if order is None:
        raise NotFound("No change order with this id.", field="changeOrderId")
    return order, await engagements.found(uow, order["engagement_id"])
