"""Acceptances: the client's word that an item of the scope is delivered. Once given it stays, and the item can be billed."""

from datetime import date, datetime
from uuid import UUID

from db.ids import new_id
from db.queries import acceptances as queries
from db.queries import clients as client_queries
from db.queries import scopes as scope_queries
from db.tables.acceptances import Acceptance
from db.unit_of_work import unit_of_work
from services import engagements
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
    now: datetime,
    today: date,
) -> UUID:
    """Record that the client accepted an item of the current scope version; answers the acceptance's id.

    A contact records their own acceptance; a member records it on the client's word, naming the contact where there is
    one, else with a note that says how the word was given. Raises `Forbidden`, `NotFound`, `InvalidInput`, `RuleViolation`
    (NO_SCOPE_VERSION, ITEM_IS_SUMMARY), `Conflict` (ALREADY_ACCEPTED).
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
        by = actor.contact_id if actor.role == "client" else contact_id
        if by is not None:
            contact = await client_queries.contact_by_id(uow, by)
            if contact is None or contact["client_id"] != engagement["client_id"]:
                if actor.role == "client":
                    raise Forbidden("This engagement is another client's.")
                raise NotFound("No contact of this client with this id.", field="contactId")
        if engagement["current_scope_version_id"] is None:
            raise RuleViolation(
                "The contract is not signed yet: there is nothing to accept.",
                code="NO_SCOPE_VERSION",
            )
        version_id = engagement["current_scope_version_id"]
        items = {row["item_key"]: row for row in await scope_queries.items_of(uow, [version_id])}
        item = items.get(item_key)
        if item is None:
            raise NotFound("The scope has no such item.", code="ITEM_NOT_FOUND", field="itemKey")
        if item["kind"] == "summary":
            raise RuleViolation(
                "A summary is accepted by accepting what it holds.",
                code="ITEM_IS_SUMMARY",
                field="itemKey",
            )
        if await queries.acceptance_of(uow, engagement_id, item_key) is not None:
            raise Conflict(
                "This item is accepted already.", code="ALREADY_ACCEPTED", field="itemKey"
            )
        await Acceptance.insert(
            Acceptance(
                tenant_id=actor.tenant_id,
                id=acceptance_id,
                engagement_id=engagement_id,
                scope_version_id=version_id,
                item_key=item_key,
                accepted_on=accepted_on,
                note=said,
                contact_id=by,
                member_id=actor.member_id,
                recorded_at=now,
            )
        )
    return acceptance_id
