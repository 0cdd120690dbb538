"""What retainers do by themselves, for the worker: earn what has ended, settle hours, ask for top-ups."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from db.queries import practices as practice_queries
from db.queries import retainers as queries
from db.unit_of_work import read_only, unit_of_work
from services.actor import Actor
from services.retainers import accounts
from services.retainers.earnings import earn_due
from services.retainers.replenishing import replenish
from services.rules.retainers import RetainerKind

log = structlog.get_logger("services.retainers")


async def sweep_retainers(actor: Actor, now: datetime) -> tuple[int, int]:
    """Do all that is due in one practice by its own calendar; answers how many entries and requests it made, and how many failed.

    Each retainer has a transaction of its own: one that cannot be earned keeps back no other. Safe to run as often and as many at
    once as one likes: everything is looked at again under the retainer's lock.
    """
    async with read_only(actor.scope()) as uow:
        practice = await practice_queries.practice(uow)
        assert practice is not None
        today = now.astimezone(ZoneInfo(practice["timezone"])).date()
        due = await queries.due_retainers(uow, today)
    done = failed = 0
    for row in due:
        try:
            if row["kind"] == RetainerKind.EVERGREEN:
                done += await _top_up(actor, row["id"], today, now)
            else:
                done += await earn_due(actor, row["id"], today=today, now=now)
        except Exception as error:  # whatever it is, the other retainers have their turn
            # Not the error's text: PostgreSQL's may hold rows, and logs are no place for them.
            log.warning(
                "retainer_not_swept", retainer_id=str(row["id"]), error=type(error).__name__
            )
            failed += 1
    return done, failed


async def _top_up(actor: Actor, retainer_id: UUID, today: date, now: datetime) -> int:
    async with unit_of_work(actor.scope()) as uow:
        await accounts.locked(uow, retainer_id)
        return int(await replenish(uow, retainer_id, today=today, now=now) is not None)
