"""Mails about an offer: to its signers before it ends, to its sender when it has."""

from datetime import datetime
from typing import Any

from db.queries import change_orders as queries
from db.queries import clients as client_queries
from db.queries import documents as document_queries
from db.queries import engagements as engagement_queries
from db.queries import envelopes as envelope_queries
from db.queries import practices as practice_queries
from db.tables.change_orders import ChangeOrder
from db.unit_of_work import UnitOfWork
from services import envelopes
from services.outbox import queue_email


async def _about(uow: UnitOfWork, order: Any, practice: Any) -> dict[str, Any]:
    document = await document_queries.document_by_id(uow, order["document_id"])
    return {
        "document_kind": "change_order",
        "document_number": document["number"] if document else "",
        "title": order["title"],
        "practice_name": practice["name"],
        "expires_at": order["expires_at"].isoformat(),
    }


async def tell_sender_of_expiry(uow: UnitOfWork, order: Any, *, now: datetime) -> None:
    """Tell whoever sent an offer that it ended without a signature. Silence was no consent: nothing has changed."""
    envelope = await envelope_queries.envelope_by_id(uow, order["envelope_id"])
    practice = await practice_queries.practice(uow)
    if envelope is None or practice is None:
        return
    member = await practice_queries.member_by_id(uow, envelope["sent_by"])
    client = await client_queries.client_by_id(uow, envelope["client_id"])
    if member is None or client is None or not member["is_active"]:
        return
    await queue_email(
        uow,
        kind="offer_expired",
        recipient_name=member["name"],
        recipient_email=member["email"],
        locale=practice["locale"],
        data=await _about(uow, order, practice) | {"client_name": client["name"]},
        now=now,
    )


async def remind_due(uow: UnitOfWork, now: datetime) -> int:
    """Remind the signers of every offer of the practice that ends soon, each offer once; answers how many offers.

    Who has signed gets no mail, nor does anybody about an offer that the scope has left behind: it cannot be signed.
    """
    reminded = 0
    for due in await queries.orders_to_remind(uow, now):
        engagement = await engagement_queries.lock_engagement(uow, due["engagement_id"])
        order = await queries.change_order_by_id(uow, due["id"])
        is_due = order is not None and order["status"] == "sent" and order["reminded_at"] is None
        if not is_due or order is None or engagement is None or order["expires_at"] <= now:
            continue
        await ChangeOrder.update({"reminded_at": now}).where(
            ChangeOrder.tenant_id == uow.tenant_id, ChangeOrder.id == order["id"]
        )
        if order["base_scope_version_id"] == engagement["current_scope_version_id"]:
            reminded += await _remind(uow, order, now)
    return reminded


async def _remind(uow: UnitOfWork, order: Any, now: datetime) -> bool:
    envelope = await envelope_queries.envelope_by_id(uow, order["envelope_id"])
    practice = await practice_queries.practice(uow)
    if envelope is None or practice is None or envelope["status"] not in envelopes.OPEN:
        return False
    signers = await envelope_queries.signers_of(uow, [envelope["id"]])
    for signer in signers:
        if signer["party"] != "client" or signer["status"] != "pending":
            continue
        await queue_email(
            uow,
            kind="offer_reminder",
            recipient_name=signer["name"],
            recipient_email=signer["email"],
            locale=signer["locale"],
            data=await _about(uow, order, practice) | {"signer_id": str(signer["id"])},
            now=now,
        )
    return True
