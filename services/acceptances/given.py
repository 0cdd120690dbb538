"""The client's yes. Once given it stays, and the item can be billed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from db.ids import new_id
from db.queries import acceptances as queries
from db.queries import clients as client_queries
from db.queries import scopes as scope_queries
from db.tables.acceptances import Acceptance, Delivery
from db.unit_of_work import UnitOfWork, unit_of_work
from services import engagements
from services.acceptances.mails import tell_practice
from services.actor import WRITERS, Actor
from services.rules.dates import check_plausible
from services.rules.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleViolation
from services.rules.text import clean_text


async def accept_item(
    actor: Actor,
    engagement_id: UUID,
    item_key: str,
    *,
    accepted_on: date,
    note: str = "",
    contact_id: UUID | None = None,
    delivery_id: UUID | None = None,
    now: datetime,
    today: date,
) -> UUID:
    """Record that the client accepted an item of the current scope version; answers the acceptance's id.

    A contact records their own acceptance; a member records it on the client's word, naming the contact where there is
    one, else with a note that says how the word was given. It ends the test of the item's open delivery; with a
    `delivery_id` it must be that one. What was rejected can still be accepted. Raises `Forbidden`, `NotFound`,
    `InvalidInput`, `RuleViolation` (NO_SCOPE_VERSION, ITEM_IS_SUMMARY), `Conflict` (ALREADY_ACCEPTED, DELIVERY_DECIDED).
    """
    if actor.role != "client":
        actor.require(*WRITERS)
    said = clean_text(note, "note", max_length=2000, required=False, lines=True)
    if accepted_on > today:
        raise InvalidInput(
            "An acceptance cannot lie in the future.", code="DATE_ORDER", field="acceptedOn"
        )
    check_plausible(accepted_on, "acceptedOn")
    if actor.role != "client" and contact_id is None and not said:
        raise InvalidInput(
            "Say who accepted it, or how the client's word was given.",
            code="REQUIRED",
            field="note",
        )
    acceptance_id = new_id()
    async with unit_of_work(actor.scope()) as uow:
        engagement = await engagements.locked(uow, engagement_id)
        by = await speaking_contact(uow, actor, engagement, contact_id)
        item = leaf(await items_of(uow, engagement), item_key, "itemKey")
        if await queries.acceptance_of(uow, engagement_id, item_key) is not None:
            raise already_accepted("itemKey")
        deliveries = await queries.deliveries_of_items(uow, engagement_id, [item_key])
        tested = newest_counted(deliveries)
        if delivery_id is not None and (
            tested is None or tested["id"] != delivery_id or tested["status"] != "in_test"
        ):
            raise Conflict(
                "This delivery is no longer open: it was answered, withdrawn or followed by another.",
                code="DELIVERY_DECIDED",
                field="deliveryId",
            )
        await Acceptance.insert(
            Acceptance(
                tenant_id=actor.tenant_id,
                id=acceptance_id,
                engagement_id=engagement_id,
                scope_version_id=item["scope_version_id"],
                item_key=item_key,
                accepted_on=accepted_on,
                note=said,
                contact_id=by,
                member_id=actor.member_id,
                recorded_at=now,
                delivery_id=tested["id"] if tested else None,
            )
        )
        if tested and tested["status"] == "in_test":
            await decide(uow, tested["id"], "accepted", now)
            if actor.role == "client":
                await tell_practice(
                    uow, engagement, "delivery_accepted", tested["member_id"], [tested], contact_id=by, now=now
                )  # fmt: skip
    return acceptance_id


async def speaking_contact(
    uow: UnitOfWork, actor: Actor, engagement: Any, contact_id: UUID | None
) -> UUID | None:
    """Whose word it is: the contact who asks, or whom the member names. Raises `Forbidden`, `NotFound`."""
    by = actor.contact_id if actor.role == "client" else contact_id
    if by is None:
        return None
    contact = await client_queries.contact_by_id(uow, by)
    if contact is None or contact["client_id"] != engagement["client_id"]:
        if actor.role == "client":
            raise Forbidden("This engagement is another client's.")
        raise NotFound("No contact of this client with this id.", field="contactId")
    return by


async def items_of(uow: UnitOfWork, engagement: Any) -> dict[str, Any]:
    """The rows of the current scope version's items by key. Raises `RuleViolation` (NO_SCOPE_VERSION)."""
    version_id = engagement["current_scope_version_id"]
    if version_id is None:
        raise RuleViolation(
            "The contract is not signed yet: there is nothing to accept.", code="NO_SCOPE_VERSION"
        )
    return {row["item_key"]: row for row in await scope_queries.items_of(uow, [version_id])}


def leaf(items: dict[str, Any], item_key: str, field: str) -> Any:
    """The row of an item that can be delivered. Raises `NotFound` (ITEM_NOT_FOUND), `RuleViolation` (ITEM_IS_SUMMARY)."""
    item = items.get(item_key)
    if item is None:
        raise NotFound("The scope has no such item.", code="ITEM_NOT_FOUND", field=field)
    if item["kind"] == "summary":
        raise RuleViolation(
            "A summary is accepted by accepting what it holds.",
            code="ITEM_IS_SUMMARY",
            field=field,
        )
    return item


def already_accepted(field: str) -> Conflict:
    """The refusal of a second word on an item that is accepted."""
    return Conflict("This item is accepted already.", code="ALREADY_ACCEPTED", field=field)


def newest_counted(deliveries: list[Any]) -> Any:
    """The newest of an item's deliveries that was neither withdrawn nor overtaken by the scope; None without one."""
    counted = [each for each in deliveries if each["status"] not in {"withdrawn", "lapsed"}]
    return counted[-1] if counted else None


async def decide(
    uow: UnitOfWork, delivery_id: UUID, status: str, now: datetime, *, reason: str = ""
) -> None:
    """End an open delivery. The caller holds the engagement's lock and has looked at its status under it."""
    await Delivery.update({"status": status, "decided_at": now, "withdrawal_reason": reason}).where(
        Delivery.tenant_id == uow.tenant_id, Delivery.id == delivery_id
    )
