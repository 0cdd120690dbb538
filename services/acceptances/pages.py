"""What the link in a delivery's mail shows, and what its holder may say: each item accepted, or rejected with reasons.

Looking changes nothing. The link is proven before anything is read, and what is said goes through the same use cases as over
the API, as the contact whose link it is.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import orjson

from db.queries import acceptances as queries
from db.queries import clients as client_queries
from db.queries import practices as practice_queries
from db.unit_of_work import Scope, read_only
from services import engagements, links
from services.acceptances.given import accept_item
from services.acceptances.rejections import reject
from services.actor import Actor
from services.rules import acceptances as rules


@dataclass(frozen=True)
class DeliveredItem:
    """One item of the page. `state` is in_test, accepted, deemed, rejected, withdrawn or lapsed; `ended` where the test
    period is over and that is not written down yet. `rounds_left` is None where the contract bounds none."""

    delivery_id: UUID
    item_key: str
    title: str
    deliverable: str
    criteria: tuple[str, ...]
    round: int
    state: str
    decided_on: date | None
    reasons: tuple[rules.Reason, ...]
    text: str
    is_final: bool
    rounds_left: int | None

    @property
    def can_answer(self) -> bool:
        """Whether the client may accept or reject it now."""
        return self.state == "in_test"


@dataclass(frozen=True)
class DeliveryPage:
    """All that the page shows. `test_until` is None where the contract has no test period."""

    practice_name: str
    timezone: str
    client_name: str
    contact_name: str
    locale: str
    engagement_name: str
    engagement_number: str
    delivered_on: date
    test_until: date | None
    test_days: int
    clause: str
    note: str
    items: tuple[DeliveredItem, ...]


async def holder_of(token: str, *, ip: str, user_agent: str, now: datetime) -> tuple[Actor, Any]:
    """Who holds a link, and their row. Raises `NotFound` (LINK_INVALID) for one that is made up, revoked or has run out."""
    link = links.read_delivery_token(token)
    async with read_only(Scope(link.tenant_id, "link:delivery", "-")) as uow:
        row = await queries.recipient_by_id(uow, link.recipient_id)
        practice = await practice_queries.practice(uow)
    if (
        row is None
        or practice is None
        or not hmac.compare_digest(row["link_hash"], link.token_hash)
        or row["expires_at"] <= now
        or not row["is_active"]
    ):
        raise links.no_such_link()
    actor = Actor(
        link.tenant_id,
        "client",
        contact_id=row["contact_id"],
        name=row["name"],
        timezone=practice["timezone"],
        ip=ip,
        user_agent=user_agent,
    )
    return actor, row


async def open_link(token: str, *, ip: str, user_agent: str, now: datetime) -> DeliveryPage:
    """What a link shows, also once everything is answered. Raises `NotFound` (LINK_INVALID)."""
    actor, row = await holder_of(token, ip=ip, user_agent=user_agent, now=now)
    async with read_only(actor.scope()) as uow:
        engagement = await engagements.found(uow, row["engagement_id"])
        practice: Any = await practice_queries.practice(uow)
        client: Any = await client_queries.client_by_id(uow, engagement["client_id"])
        deliveries = await queries.deliveries_of_handover(uow, row["handover_id"])
        said = {
            each["delivery_id"]: each
            for each in await queries.rejections_of(uow, [each["id"] for each in deliveries])
        }
        accepted = {
            each["item_key"]: each for each in await queries.acceptances_of(uow, [engagement["id"]])
        }
    first = deliveries[0]
    rounds = engagement["correction_rounds"] if first["clause"] else None
    return DeliveryPage(
        practice_name=practice["name"],
        timezone=practice["timezone"],
        client_name=client["name"],
        contact_name=row["name"],
        locale=row["locale"],
        engagement_name=engagement["name"],
        engagement_number=engagements.number_of(engagement),
        delivered_on=first["delivered_on"],
        test_until=first["test_until"],
        test_days=first["test_days"],
        clause=first["clause"],
        note=first["note"],
        items=tuple(
            _item(each, said.get(each["id"]), accepted.get(each["item_key"]), rounds, now)
            for each in deliveries
        ),
    )


def _item(
    delivery: asyncpg.Record,
    rejection: asyncpg.Record | None,
    acceptance: asyncpg.Record | None,
    rounds: int | None,
    now: datetime,
) -> DeliveredItem:
    state = delivery["status"]
    if state == "in_test" and delivery["test_ends_at"] and delivery["test_ends_at"] <= now:
        state = "ended"
    decided = None
    if rejection is not None:
        decided = rejection["rejected_on"]
    elif acceptance is not None and state in {"accepted", "deemed"}:
        decided = acceptance["accepted_on"]
    reasons = orjson.loads(rejection["reasons"]) if rejection is not None else []
    return DeliveredItem(
        delivery_id=delivery["id"],
        item_key=delivery["item_key"],
        title=delivery["title"],
        deliverable=delivery["deliverable"],
        criteria=tuple(delivery["criteria"]),
        round=delivery["round"],
        state=state,
        decided_on=decided,
        reasons=tuple(rules.Reason(each["criterion"], each["text"]) for each in reasons),
        text=rejection["text"] if rejection is not None else "",
        is_final=rejection is not None and rejection["is_final"],
        rounds_left=None if rounds is None else max(rounds - delivery["round"] + 1, 0),
    )


async def accept_by_link(
    token: str, delivery_id: UUID, *, ip: str, user_agent: str, now: datetime
) -> UUID:
    """The holder accepts one item of their page; answers the acceptance's id.

    Raises `NotFound` (LINK_INVALID), and what `accept_item` raises.
    """
    actor, delivery, today = await _delivery(token, delivery_id, ip, user_agent, now)
    return await accept_item(
        actor,
        delivery["engagement_id"],
        delivery["item_key"],
        accepted_on=today,
        delivery_id=delivery_id,
        now=now,
        today=today,
    )


async def reject_by_link(
    token: str,
    delivery_id: UUID,
    *,
    reasons: Sequence[rules.Reason],
    text: str,
    ip: str,
    user_agent: str,
    now: datetime,
) -> UUID:
    """The holder rejects one item of their page; answers the rejection's id.

    Raises `NotFound` (LINK_INVALID), and what `reject` raises.
    """
    actor, _, today = await _delivery(token, delivery_id, ip, user_agent, now)
    return await reject(
        actor, delivery_id, rejected_on=today, reasons=reasons, text=text, now=now, today=today
    )


async def _delivery(
    token: str, delivery_id: UUID, ip: str, user_agent: str, now: datetime
) -> tuple[Actor, Any, date]:
    """The holder, the delivery if it is one of their page, and the day where the practice is."""
    actor, row = await holder_of(token, ip=ip, user_agent=user_agent, now=now)
    async with read_only(actor.scope()) as uow:
        delivery = await queries.delivery_by_id(uow, delivery_id)
    if delivery is None or delivery["handover_id"] != row["handover_id"]:
        raise links.no_such_link()
    return actor, delivery, now.astimezone(ZoneInfo(actor.timezone)).date()
