"""The mails about deliveries, to the client's contacts who were told of them and to the member who handed over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts import formats
from db.queries import acceptances as queries
from db.queries import clients as client_queries
from db.queries import practices as practice_queries
from db.unit_of_work import UnitOfWork
from services.outbox import queue_email


async def tell_client(
    uow: UnitOfWork,
    engagement: Any,
    kind: str,
    deliveries: Sequence[Any],
    *,
    recipients: Sequence[Any] | None = None,
    reason: str = "",
    now: datetime,
) -> None:
    """Write to those who were told of these deliveries of one handover, in their languages, each with their own link."""
    if recipients is None:
        recipients = await queries.recipients_of(uow, [deliveries[0]["handover_id"]])
    for person in recipients:
        if person["is_active"]:
            await queue_email(
                uow,
                kind=kind,
                recipient_name=person["name"],
                recipient_email=person["email"],
                locale=person["locale"],
                data={
                    **await _data(uow, engagement, deliveries, person["locale"]),
                    "delivery_recipient_id": str(person["id"]),
                    "reason": reason,
                },
                now=now,
            )


async def tell_practice(
    uow: UnitOfWork,
    engagement: Any,
    kind: str,
    member_id: UUID,
    deliveries: Sequence[Any],
    *,
    contact_id: UUID | None = None,
    reasons: str = "",
    is_final: bool = False,
    now: datetime,
) -> None:
    """Write to the member who handed these deliveries over; nobody where they have left."""
    member = await practice_queries.member_by_id(uow, member_id)
    practice = await practice_queries.practice(uow)
    client = await client_queries.client_by_id(uow, engagement["client_id"])
    contact = await client_queries.contact_by_id(uow, contact_id) if contact_id else None
    if member is None or practice is None or client is None or not member["is_active"]:
        return
    locale = practice["locale"]
    await queue_email(
        uow,
        kind=kind,
        recipient_name=member["name"],
        recipient_email=member["email"],
        locale=locale,
        data={
            **await _data(uow, engagement, deliveries, locale),
            "client_name": client["name"],
            "contact_name": contact["name"] if contact else client["name"],
            "reasons": reasons,
            "is_final": is_final,
        },
        now=now,
    )


async def _data(
    uow: UnitOfWork, engagement: Any, deliveries: Sequence[Any], locale: str
) -> dict[str, Any]:
    practice: Any = await practice_queries.practice(uow)
    first = deliveries[0]
    until = first["test_until"]
    return {
        "practice_name": practice["name"],
        "engagement_name": engagement["name"],
        "items": "\n".join(f"{each['item_key']} {each['title']}" for each in deliveries),
        "delivered_on": formats.date(first["delivered_on"].isoformat(), locale),
        "test_until": formats.date(until.isoformat(), locale) if until else "",
        "clause": first["clause"],
        "note": first["note"],
    }
