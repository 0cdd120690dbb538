"""Topping up an evergreen retainer: asked for by itself, once, as soon as it falls below its floor."""

from datetime import date, datetime, timedelta
from uuid import UUID

from db.queries import engagements as engagement_queries
from db.queries import practices as practice_queries
from db.queries import retainers as queries
from db.unit_of_work import UnitOfWork
from services.retainers.asking import OPEN_ENGAGEMENTS, Asked, raise_request
from services.rules import retainers as rules
from services.rules.money import Money


async def replenish(
    uow: UnitOfWork, retainer_id: UUID, *, leaving_minor: int = 0, today: date, now: datetime
) -> UUID | None:
    """Ask for target − balance − pending where a locked evergreen retainer is below its floor. Answers the request's id, or None.

    The balance is what is free now, so money promised to a refund counts as gone. While one such request is open there is no
    second one (the database refuses it, too); what more was drawn meanwhile is asked for once that one is paid or cancelled and
    the balance is still below the floor. `leaving_minor` is about to leave it, and is not in its row yet. Nothing is asked for work that has ended, or while the client could not know where to
    pay. To be called before anything is posted.
    """
    retainer = await queries.retainer_by_id(uow, retainer_id)
    if (
        retainer is None
        or retainer["kind"] != rules.RetainerKind.EVERGREEN
        or retainer["status"] != "active"
        or await queries.is_replenishing(uow, retainer_id)
    ):
        return None
    missing_minor = rules.replenishment(
        floor_minor=retainer["floor_minor"],
        target_minor=retainer["target_minor"],
        balance_minor=rules.free_minor(retainer) - leaving_minor,
        pending_minor=await queries.pending_minor(uow, retainer_id),
    )
    engagement = await engagement_queries.engagement_by_id(uow, retainer["engagement_id"])
    practice = await practice_queries.practice(uow)
    assert engagement is not None
    assert practice is not None
    if (
        not missing_minor
        or engagement["status"] not in OPEN_ENGAGEMENTS
        or not practice["bank_account"].strip()
    ):
        return None
    return await raise_request(
        uow,
        engagement,
        retainer_id,
        Asked(Money(missing_minor, retainer["currency"])),
        today + timedelta(days=engagement["payment_terms_days"]),
        is_further=True,
        is_replenishment=True,
        today=today,
        now=now,
    )
