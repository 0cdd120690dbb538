"""What happens when the client says nothing: a reminder before the test period ends, and acceptance on the day after.

Silence counts only because the contract says so. It is written down once, whoever sweeps: what is due is looked at again
under the engagement's lock, which the client's word takes as well, and a rejection ends the test for good.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from db.ids import new_id
from db.queries import acceptances as queries
from db.queries import scopes as scope_queries
from db.tables.acceptances import Acceptance, DeliveryRecipient
from db.unit_of_work import UnitOfWork, read_only, unit_of_work
from services import engagements
from services.acceptances.given import decide
from services.acceptances.handovers import criteria_shown
from services.acceptances.mails import tell_client, tell_practice
from services.actor import Actor

log = structlog.get_logger("services.acceptances")

_COUNTING = frozenset({"active", "suspended", "completed"})
"""The states of an engagement in which its contract's silence still counts."""


async def sweep_test_periods(actor: Actor, now: datetime) -> tuple[int, int]:
    """Send what reminders are due in the practice and end what test periods have ended; answers (done, failed).

    Each handover is a transaction of its own, and one that cannot end keeps back no other.
    """
    async with read_only(actor.scope()) as uow:
        ended = await queries.ended_periods(uow, now)
        due = await queries.due_reminders(uow, now)
    done = failed = 0
    work: list[tuple[Callable[..., Awaitable[int]], Any]] = [
        *((end_test_period, row) for row in ended),
        *((remind, row) for row in due),
    ]
    for act, row in work:
        try:
            done += await act(actor, row["id"], row["engagement_id"], now=now)
        except Exception as error:  # whatever it is, the next handover has its turn
            # Not the error's text: PostgreSQL's may hold rows, and logs are no place for them.
            log.warning(
                "test_period_not_swept", handover_id=str(row["id"]), error=type(error).__name__
            )
            failed += 1
    return done, failed


async def end_test_period(
    actor: Actor, handover_id: UUID, engagement_id: UUID, *, now: datetime
) -> int:
    """Write down as accepted what the client has said nothing to when its test period has ended; answers how many ended.

    Where the scope has changed meanwhile what was agreed of an item, or the engagement is over, the delivery lapses
    instead: nobody was silent about what is agreed now. Only the worker may. Raises `Forbidden`, `NotFound`.
    """
    actor.require("system")
    async with unit_of_work(actor.scope()) as uow:
        engagement = await engagements.locked(uow, engagement_id)
        unanswered = [
            each
            for each in await queries.deliveries_of_handover(uow, handover_id)
            if each["status"] == "in_test"
            and each["test_ends_at"] is not None
            and each["test_ends_at"] <= now
        ]
        if not unanswered:
            return 0
        standing = await _still_agreed(uow, engagement, unanswered)
        lapsed = [each for each in unanswered if each["item_key"] not in standing]
        deemed = [each for each in unanswered if each["item_key"] in standing]
        for each in lapsed:
            await decide(uow, each["id"], "lapsed", now)
        for each in deemed:
            await Acceptance.insert(
                Acceptance(
                    tenant_id=uow.tenant_id,
                    id=new_id(),
                    engagement_id=engagement_id,
                    scope_version_id=engagement["current_scope_version_id"],
                    item_key=each["item_key"],
                    accepted_on=each["test_until"] + timedelta(days=1),
                    kind="deemed",
                    delivery_id=each["id"],
                    clause=each["clause"],
                    recorded_at=now,
                )
            )
            await decide(uow, each["id"], "deemed", now)
        member_id = unanswered[0]["member_id"]
        if deemed:
            await tell_client(uow, engagement, "delivery_deemed", deemed, now=now)
            await tell_practice(
                uow, engagement, "delivery_deemed_accepted", member_id, deemed, now=now
            )
        if lapsed:
            await tell_practice(uow, engagement, "delivery_lapsed", member_id, lapsed, now=now)
    return len(unanswered)


async def _still_agreed(uow: UnitOfWork, engagement: Any, deliveries: list[Any]) -> set[str]:
    """The keys of those whose item is in the current scope with the words that it was delivered under."""
    if engagement["status"] not in _COUNTING:
        return set()
    then_id, now_id = deliveries[0]["scope_version_id"], engagement["current_scope_version_id"]
    keys = {each["item_key"] for each in deliveries}
    if then_id == now_id:
        return keys
    items: dict[UUID, dict[str, Any]] = {then_id: {}, now_id: {}}
    for row in await scope_queries.items_of(uow, [then_id, now_id]):
        items[row["scope_version_id"]][row["item_key"]] = row
    return {key for key in keys if _agreed(items[then_id], key) == _agreed(items[now_id], key)}


def _agreed(items: dict[str, Any], key: str) -> tuple[Any, ...] | None:
    item = items.get(key)
    if item is None or item["kind"] == "summary":
        return None
    words = (item["description"], item["quantity"], item["unit"], item["deliverable"])
    return (*words, criteria_shown(items, key))


async def remind(actor: Actor, handover_id: UUID, engagement_id: UUID, *, now: datetime) -> int:
    """Remind those who were told, once, while something is in test; answers how many mails that made.

    Only the worker may. Raises `Forbidden`, `NotFound`.
    """
    actor.require("system")
    async with unit_of_work(actor.scope()) as uow:
        engagement = await engagements.locked(uow, engagement_id)
        unanswered = [
            each
            for each in await queries.deliveries_of_handover(uow, handover_id)
            if each["status"] == "in_test"
            and each["remind_at"] is not None
            and each["remind_at"] <= now < each["test_ends_at"]
        ]
        due = [
            each
            for each in await queries.recipients_of(uow, [handover_id])
            if each["reminded_at"] is None
        ]
        if not unanswered or not due or engagement["status"] not in _COUNTING:
            return 0
        await DeliveryRecipient.update({"reminded_at": now}).where(
            DeliveryRecipient.tenant_id == uow.tenant_id,
            DeliveryRecipient.id.is_in([each["id"] for each in due]),
        )
        await tell_client(uow, engagement, "delivery_reminder", unanswered, recipients=due, now=now)
    return len(due)
