"""What runs out, runs out without anybody looking: overdue envelopes and offers are written down as expired, test periods end.

Everybody who looks at an open paper past its end sees it as expired already; the sweep makes the rows say so, and gives the
things they were about back to their practice (a contract's engagement is a draft again, an order is closed). Each envelope
ends in a transaction of its own: locks are held one subject at a time, and one that cannot end keeps back no other. A test
period that ends without the client's word makes an acceptance (`services.acceptances.silence`). Once a day every engagement under
way is looked at for what needs an alert (`services.alerts`).

Safe to run as often and as many at once as one likes: what is due is looked at again under its lock.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from db.ids import new_id
from db.queries import envelopes as envelope_queries
from db.queries.acceptances import practices_with_test_periods_due
from db.queries.dunning import practices_with_late_payers
from db.queries.retainers import practices_with_retainers_due
from db.queries.sweep import practices_with_overdue_papers
from db.unit_of_work import read_only, unit_of_work
from services import (
    acceptances,
    alerts,
    change_orders,
    dunning,
    retainers,
    signing,
    suspensions,
    terminations,
)
from services.actor import Actor
from services.practices import system_actor

log = structlog.get_logger("services.sweep")


@dataclass(frozen=True)
class Sweep:
    """How many papers this sweep ended, and how many envelopes and practices it could not see to; the next tries again."""

    ended: int
    failed: int


async def sweep(now: datetime) -> Sweep:
    """Write down all that has run out by `now`, in every practice.

    What fails is logged by its id and left as it was. Raises what the database raises when not even the practices can be read.
    """
    ended = failed = 0
    request_id = str(new_id())
    turns = [
        *((_sweep_practice, each) for each in await practices_with_overdue_papers(now)),
        *((_sweep_test_periods, each) for each in await practices_with_test_periods_due(now)),
        *((_sweep_retainers, each) for each in await practices_with_retainers_due(now)),
        *((_sweep_late_payers, each) for each in await practices_with_late_payers(now)),
    ]
    for sweep_one, practice_id in turns:
        try:
            done = await sweep_one(system_actor(practice_id, request_id), now)
        except Exception as error:  # whatever it is, the other practices have their turn
            _note_failure("practice_not_swept", "practice_id", practice_id, error)
            failed += 1
        else:
            ended += done.ended
            failed += done.failed
    # Last, so that what has ended by itself is seen as it is now.
    _, unseen = await alerts.sweep_alerts(now)
    return Sweep(ended, failed + unseen)


async def _sweep_test_periods(actor: Actor, now: datetime) -> Sweep:
    return Sweep(*await acceptances.sweep_test_periods(actor, now))


async def _sweep_retainers(actor: Actor, now: datetime) -> Sweep:
    return Sweep(*await retainers.sweep_retainers(actor, now))


async def _sweep_late_payers(actor: Actor, now: datetime) -> Sweep:
    # What is paid is seen before anybody is reminded of it.
    lifted, stuck = await suspensions.sweep_suspensions(actor, now)
    ended = await terminations.sweep_terminations(actor, now)
    sent, failed = await dunning.sweep_dunning(actor, now)
    return Sweep(lifted + ended + sent, stuck + failed)


async def _sweep_practice(actor: Actor, now: datetime) -> Sweep:
    ended = failed = 0
    async with read_only(actor.scope()) as uow:
        overdue = await envelope_queries.overdue_envelopes(uow, now)
    for envelope_id in overdue:
        try:
            ended += await signing.expire(actor, envelope_id, now=now)
        except Exception as error:  # a paper whose domain refuses must not keep back the rest
            _note_failure("envelope_not_expired", "envelope_id", envelope_id, error)
            failed += 1
    # Orders end with their envelopes; this is for those whose offer ends before its envelope does.
    async with unit_of_work(actor.scope()) as uow:
        ended += await change_orders.expire_due(uow, now)
        await change_orders.remind_due(uow, now)
    return Sweep(ended, failed)


def _note_failure(event: str, key: str, value: UUID, error: Exception) -> None:
    # Not the error's text: PostgreSQL's may hold rows, and logs are no place for them.
    log.warning(event, **{key: str(value)}, error=type(error).__name__)
