"""Hours worked, on items that the signed scope prices by the hour."""

from datetime import date, datetime
from uuid import UUID

from db.ids import new_id
from db.queries import billing as queries
from db.queries import engagements as engagement_queries
from db.queries import scopes as scope_queries
from db.tables.billing import TimeEntry
from db.unit_of_work import UnitOfWork
from services.actor import WRITERS, Actor
from services.idempotency import keyed
from services.rules.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleViolation
from services.rules.movements import check_happened
from services.rules.text import clean_text


async def record_time(
    actor: Actor,
    engagement_id: UUID,
    *,
    item_key: str,
    worked_on: date,
    minutes: int,
    description: str,
    replaces_id: UUID | None = None,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Record hours on an item, at the rate that was signed for it. Answers the entry's id.

    With `replaces_id` it corrects an entry that is not on an invoice; zero minutes take that away. Raises `Forbidden`, `NotFound`
    (also ITEM_NOT_FOUND for what no signed paper brought into the current scope), `InvalidInput` (DATE, MINUTES, TEXT_…),
    `RuleViolation` (TIME_NOT_AGREED for an item without a rate or with a fee), `Conflict` (TIME_REPLACED, TIME_BILLED), and what
    `idempotency.keyed` raises.
    """
    actor.require(*WRITERS)
    check_happened(worked_on, today, "workedOn")
    what = clean_text(description, "description")
    if not (0 if replaces_id else 1) <= minutes <= 1440:
        raise InvalidInput("A day has 1 to 1440 minutes.", code="MINUTES", field="minutes")
    if actor.member_id is None:
        raise Forbidden("Hours are a member's.")

    async def effect(uow: UnitOfWork) -> UUID:
        engagement = await engagement_queries.lock_engagement(uow, engagement_id)
        if engagement is None:
            raise NotFound("No engagement with this id.", field="engagementId")
        if replaces_id is not None:
            await _require_replaceable(uow, engagement_id, replaces_id)
        leaves = {
            row["item_key"]: row for row in await scope_queries.billable_items(uow, engagement_id)
        }
        item = leaves.get(item_key)
        if item is None:
            raise NotFound(
                f"The signed scope has no item {item_key:.64}, so no hours on it can be billed.",
                code="ITEM_NOT_FOUND",
                field="itemKey",
            )
        if not item["rate_minor"] or item["fee_minor"]:
            raise RuleViolation(
                f"{item_key} is not signed as work by the hour: it has {'a fee' if item['fee_minor'] else 'no rate'}.",
                code="TIME_NOT_AGREED",
                field="itemKey",
            )
        entry_id = new_id()
        await TimeEntry.insert(
            TimeEntry(
                tenant_id=uow.tenant_id,
                id=entry_id,
                engagement_id=engagement_id,
                scope_version_id=item["scope_version_id"],
                item_key=item_key,
                member_id=actor.member_id,
                worked_on=worked_on,
                minutes=minutes,
                description=what,
                rate_minor=item["rate_minor"],
                replaces_id=replaces_id,
                recorded_at=now,
            )
        )
        return entry_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="record_time",
        request={
            "engagement_id": engagement_id,
            "item_key": item_key,
            "worked_on": worked_on,
            "minutes": minutes,
            "description": what,
            "replaces_id": replaces_id,
        },
        now=now,
        effect=effect,
    )


async def _require_replaceable(uow: UnitOfWork, engagement_id: UUID, entry_id: UUID) -> None:
    entries = {row["id"]: row for row in await queries.time_entries_of(uow, engagement_id)}
    entry = entries.get(entry_id)
    if entry is None:
        raise NotFound("No such hours in this engagement.", field="replacesId")
    if entry["is_replaced"]:
        raise Conflict("These hours were corrected.", code="TIME_REPLACED", field="replacesId")
    if entry["invoice_id"]:
        raise Conflict("These hours are on an invoice.", code="TIME_BILLED", field="replacesId")
