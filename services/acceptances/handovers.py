"""Handing over: what is delivered, in which round, to whom it is told, and how long they may test."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.numbering import clause_number
from db.ids import new_id
from db.queries import acceptances as queries
from db.queries import clients as client_queries
from db.queries import documents as document_queries
from db.queries import engagements as engagement_queries
from db.queries import practices as practice_queries
from db.queries import scopes as scope_queries
from db.tables.acceptances import Delivery, DeliveryRecipient, Handover
from db.unit_of_work import UnitOfWork, unit_of_work
from services import engagements, links
from services.acceptances.given import already_accepted, decide, items_of, leaf, newest_counted
from services.acceptances.mails import tell_client
from services.actor import WRITERS, Actor
from services.calendars import working_calendar
from services.idempotency import once
from services.rules import acceptances as rules
from services.rules.dates import check_plausible
from services.rules.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleViolation
from services.rules.text import clean_text

MOST_ITEMS = 100
"""The most items that are handed over together."""
LINK_OUTLIVES_TEST = timedelta(days=30)
"""How long after the test period the client may still read what they said."""
LINK_LASTS_WITHOUT_TEST = timedelta(days=90)
"""How long the link is good for where the contract has no test period."""


async def deliver(
    actor: Actor,
    engagement_id: UUID,
    item_keys: Sequence[str],
    *,
    delivered_on: date,
    note: str = "",
    agreement: str = "",
    contact_ids: Sequence[UUID] = (),
    idempotency_key: str,
    now: datetime,
    today: date,
) -> list[UUID]:
    """Hand items of the current scope over to the client; answers the deliveries' ids in the order of the keys.

    Told to these contacts, or to every active signer, by a mail with a link of their own. The test period is the
    contract's, on the calendar of the scope version. After a rejection it is the next round; `agreement` says how the
    client agreed to one beyond those of the contract. Raises `Forbidden`, `NotFound`, `InvalidInput`, `RuleViolation`
    (NO_SCOPE_VERSION, ENGAGEMENT_NOT_ACTIVE, ITEM_IS_SUMMARY, TEST_PERIOD_PASSED, CORRECTION_ROUNDS_USED, NO_SIGNER),
    `Conflict` (ALREADY_ACCEPTED, ALREADY_DELIVERED).
    """
    actor.require(*WRITERS)
    if not 1 <= len(item_keys) <= MOST_ITEMS:
        raise InvalidInput(
            f"Between 1 and {MOST_ITEMS} items are handed over together.",
            code="OUT_OF_RANGE",
            field="itemKeys",
        )
    if len(set(item_keys)) < len(item_keys):
        raise InvalidInput("An item is named twice.", code="ITEM_TWICE", field="itemKeys")
    said = clean_text(note, "note", max_length=4000, required=False, lines=True)
    agreed = clean_text(agreement, "agreement", max_length=1000, required=False, lines=True)
    check_plausible(delivered_on, "deliveredOn")
    if delivered_on > today:
        raise InvalidInput(
            "A delivery cannot lie in the future.", code="DATE_ORDER", field="deliveredOn"
        )
    async with unit_of_work(actor.scope()) as uow:

        async def effect() -> dict[str, Any]:
            engagement = await engagements.locked(uow, engagement_id)
            handover = await _handover(
                uow, actor, engagement, delivered_on=delivered_on, note=said, now=now, today=today
            )
            deliveries = await _deliveries(uow, engagement, handover, item_keys, agreed)
            contacts = await _contacts(uow, engagement, contact_ids)
            await Handover.insert(handover)
            await Delivery.insert(*deliveries)
            await _tell(uow, engagement, handover, contacts, now)
            return {"ids": [str(each.id) for each in deliveries]}

        answer = await once(
            uow,
            key=idempotency_key,
            operation="deliver",
            request={
                "engagement_id": str(engagement_id),
                "item_keys": list(item_keys),
                "delivered_on": delivered_on.isoformat(),
                "note": said,
                "agreement": agreed,
                "contact_ids": [str(each) for each in contact_ids],
            },
            now=now,
            effect=effect,
        )
    return [UUID(each) for each in answer["ids"]]


async def _handover(
    uow: UnitOfWork,
    actor: Actor,
    engagement: Any,
    *,
    delivered_on: date,
    note: str,
    now: datetime,
    today: date,
) -> Handover:
    if actor.member_id is None:
        raise Forbidden("Only a member hands over.")
    version_id = engagement["current_scope_version_id"]
    if version_id is None:
        raise RuleViolation(
            "The contract is not signed yet: there is nothing to deliver.", code="NO_SCOPE_VERSION"
        )
    if engagement["status"] != "active":
        raise RuleViolation(
            f"The engagement is {engagement['status']}: work is handed over while it is active.",
            code="ENGAGEMENT_NOT_ACTIVE",
        )
    version: Any = await scope_queries.version_by_id(uow, version_id)
    practice: Any = await practice_queries.practice(uow)
    clause = await acceptance_clause(uow, engagement)
    days = engagement["test_period_days"] if clause else 0
    calendar = working_calendar(
        engagements.calendar_terms(version), delivered_on, working_days=days
    )
    period = rules.period_of_test(delivered_on, days, calendar, practice["timezone"], told_on=today)
    return Handover(
        tenant_id=uow.tenant_id,
        id=new_id(),
        engagement_id=engagement["id"],
        scope_version_id=version_id,
        delivered_on=delivered_on,
        test_days=days,
        test_until=period.last_day if period else None,
        test_ends_at=period.ends_at if period else None,
        remind_at=period.remind_at if period else None,
        clause=clause,
        note=note,
        member_id=actor.member_id,
        recorded_at=now,
    )


async def acceptance_clause(uow: UnitOfWork, engagement: Any) -> str:
    """The number of the acceptance clause in the contract that the client signed; empty where it has none."""
    if not engagement["test_period_days"]:
        return ""
    contract = await engagement_queries.signed_contract(uow, engagement["id"])
    if contract is None:
        return ""
    document: Any = await document_queries.document_content(uow, contract["document_id"])
    return await asyncio.to_thread(clause_number, document["content"], "acceptance") or ""


async def _deliveries(
    uow: UnitOfWork,
    engagement: Any,
    handover: Handover,
    item_keys: Sequence[str],
    agreement: str,
) -> list[Delivery]:
    items = await items_of(uow, engagement)
    rounds = engagement["correction_rounds"] if handover.clause else None
    earlier = await queries.deliveries_of_items(uow, engagement["id"], item_keys)
    rejections = {
        row["delivery_id"]: row
        for row in await queries.rejections_of(uow, [each["id"] for each in earlier])
    }
    made = []
    for at, item_key in enumerate(item_keys):
        field = f"itemKeys.{at}"
        item = leaf(items, item_key, field)
        if await queries.acceptance_of(uow, engagement["id"], item_key) is not None:
            raise already_accepted(field)
        before = [each for each in earlier if each["item_key"] == item_key]
        last = newest_counted(before)
        if last is not None and last["status"] == "in_test":
            raise Conflict(
                "This item is with the client already: wait for their word, or withdraw that delivery.",
                code="ALREADY_DELIVERED",
                field=field,
            )
        rejected = [rejections[each["id"]] for each in before if each["id"] in rejections]
        number = len(rejected) + 1
        rules.check_round(number, rounds, agreement, field)
        if rejected and handover.delivered_on < rejected[-1]["rejected_on"]:
            raise InvalidInput(
                f"The client rejected it on {rejected[-1]['rejected_on'].isoformat()}.",
                code="DATE_ORDER",
                field="deliveredOn",
            )
        made.append(
            Delivery(
                tenant_id=uow.tenant_id,
                id=new_id(),
                handover_id=handover.id,
                engagement_id=engagement["id"],
                scope_version_id=item["scope_version_id"],
                item_key=item_key,
                number=len(before) + 1,
                round=number,
                title=item["title"],
                deliverable=item["deliverable"],
                criteria=list(criteria_shown(items, item_key)),
                agreement=agreement if rules.is_final_round(number - 1, rounds) else "",
                status="in_test",
            )
        )
    return made


def criteria_shown(items: dict[str, Any], item_key: str) -> tuple[str, ...]:
    """The criteria that an item is tested against: its own, or those of the nearest summary above it that has some."""
    key: str | None = item_key
    while key is not None:
        found = rules.criteria_of(items[key]["acceptance_criteria"])
        if found:
            return found
        key = items[key]["parent_key"]
    return ()


async def _contacts(uow: UnitOfWork, engagement: Any, contact_ids: Sequence[UUID]) -> list[Any]:
    able = {
        row["id"]: row
        for row in await client_queries.contacts_of(uow, [engagement["client_id"]])
        if row["is_active"]
    }
    for at, contact_id in enumerate(contact_ids):
        if contact_id not in able:
            raise NotFound(
                "No active contact of this client with this id.", field=f"contactIds.{at}"
            )
    if contact_ids:
        return [able[each] for each in dict.fromkeys(contact_ids)]
    signers = [row for row in able.values() if "signer" in row["roles"]]
    if not signers:
        raise RuleViolation(
            "The client has no active contact with the role signer; say who is to be told.",
            code="NO_SIGNER",
            field="contactIds",
        )
    return signers


async def _tell(
    uow: UnitOfWork, engagement: Any, handover: Handover, contacts: Sequence[Any], now: datetime
) -> None:
    ends = handover.test_ends_at
    expires_at = ends + LINK_OUTLIVES_TEST if ends else now + LINK_LASTS_WITHOUT_TEST
    told = []
    for contact in contacts:
        recipient_id = new_id()
        token = links.delivery_token(uow.tenant_id, recipient_id, 1)
        told.append(
            DeliveryRecipient(
                tenant_id=uow.tenant_id,
                id=recipient_id,
                handover_id=handover.id,
                contact_id=contact["id"],
                link_hash=links.token_hash(token),
                expires_at=expires_at,
            )
        )
    await DeliveryRecipient.insert(*told)
    deliveries = await queries.deliveries_of_handover(uow, handover.id)
    await tell_client(uow, engagement, "delivery_made", deliveries, now=now)


async def locked_delivery(uow: UnitOfWork, delivery_id: UUID) -> tuple[Any, Any]:
    """A delivery as it is once its engagement is locked, and the engagement. Raises `NotFound`."""
    found = await queries.delivery_by_id(uow, delivery_id)
    if found is None:
        raise NotFound("No delivery with this id.", field="deliveryId")
    engagement = await engagements.locked(uow, found["engagement_id"])
    return await queries.delivery_by_id(uow, delivery_id), engagement


def require_in_test(delivery: Any, now: datetime) -> None:
    """Raise unless the client may still say something to a locked delivery.

    `RuleViolation` (TEST_PERIOD_ENDED) once its time is over, whether or not that is written down yet; `Conflict`
    (ALREADY_ACCEPTED, DELIVERY_DECIDED).
    """
    if delivery["status"] == "accepted":
        raise already_accepted("deliveryId")
    is_over = delivery["test_ends_at"] is not None and delivery["test_ends_at"] <= now
    if delivery["status"] == "deemed" or (delivery["status"] == "in_test" and is_over):
        raise rules.period_is_over(delivery["test_until"])
    if delivery["status"] != "in_test":
        raise Conflict(
            f"This delivery is {delivery['status']} already.",
            code="DELIVERY_DECIDED",
            field="deliveryId",
        )


async def withdraw(actor: Actor, delivery_id: UUID, *, reason: str, now: datetime) -> UUID:
    """Take back a delivery that was made by mistake, before the client has said anything to it; they are told.

    It counts no round, and the item may be delivered again. Answers the delivery's id. Raises `Forbidden`, `NotFound`,
    `InvalidInput`, `RuleViolation` (TEST_PERIOD_ENDED), `Conflict` (ALREADY_ACCEPTED, DELIVERY_DECIDED).
    """
    actor.require(*WRITERS)
    why = clean_text(reason, "reason", max_length=1000, lines=True)
    async with unit_of_work(actor.scope()) as uow:
        delivery, engagement = await locked_delivery(uow, delivery_id)
        require_in_test(delivery, now)
        await decide(uow, delivery_id, "withdrawn", now, reason=why)
        await tell_client(uow, engagement, "delivery_withdrawn", [delivery], reason=why, now=now)
    return delivery_id


async def revoke_link(actor: Actor, delivery_id: UUID, contact_id: UUID, *, now: datetime) -> UUID:
    """End a contact's link to what was handed over, and send them a new one; for a link that went astray.

    Answers the delivery's id. Raises `Forbidden`, `NotFound`, `Conflict` (LINK_EXPIRED).
    """
    actor.require(*WRITERS)
    async with unit_of_work(actor.scope()) as uow:
        delivery, engagement = await locked_delivery(uow, delivery_id)
        told = await queries.recipients_of(uow, [delivery["handover_id"]])
        person = next((row for row in told if row["contact_id"] == contact_id), None)
        if person is None:
            raise NotFound("This delivery was not told to such a contact.", field="contactId")
        if person["expires_at"] <= now:
            raise Conflict("The link has run out.", code="LINK_EXPIRED", field="deliveryId")
        generation = person["link_generation"] + 1
        token = links.delivery_token(uow.tenant_id, person["id"], generation)
        await DeliveryRecipient.update(
            {"link_generation": generation, "link_hash": links.token_hash(token)}
        ).where(DeliveryRecipient.tenant_id == uow.tenant_id, DeliveryRecipient.id == person["id"])
        await tell_client(
            uow,
            engagement,
            "delivery_made",
            await queries.deliveries_of_handover(uow, delivery["handover_id"]),
            recipients=[person],
            now=now,
        )
    return delivery_id


def recipient_url(actor: Actor, recipient: Any, *, now: datetime) -> str | None:
    """A recipient's link for a member to pass on; None for those who may not, and where it has run out."""
    if actor.role not in WRITERS or recipient["expires_at"] <= now:
        return None
    return links.delivery_url(
        links.delivery_token(actor.tenant_id, recipient["id"], recipient["link_generation"])
    )
