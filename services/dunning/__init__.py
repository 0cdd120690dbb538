"""Late payers: reminders in rising steps, in the assistant's name, and what delay costs.

The model: a practice has a ladder (`ladders`), kind → firm → final → collector. Each overdue invoice climbs it, one notice for
each step (`notices`), on working days and outside the quiet hours, until it is paid, held, disputed or let be (`stops`). A notice
says how much is owed and since when (`figures`); its fee, the fixed sum and the interest are charges of their own (`charges`).

What this package does not do: stop work (`services.suspensions`), end a contract (`services.terminations`), or hand a debt
over (`services.collections`).
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from db.queries import dunning as queries
from db.queries import practices as practice_queries
from db.unit_of_work import read_only
from services.actor import Actor
from services.dunning.charges import (
    charge_fixed_sum,
    charge_late_interest,
    record_late_charge_payment,
    waive_late_charge,
)
from services.dunning.ladders import Ladder, ladder, set_ladder
from services.dunning.notices import (
    NextNotice,
    approve_notice,
    edit_notice,
    next_notice,
    send_notice,
    take_turn,
    waive_notice,
)
from services.dunning.stops import resume_dunning, stop_dunning
from services.rules.dunning import may_send

__all__ = [
    "Ladder",
    "NextNotice",
    "approve_notice",
    "charge_fixed_sum",
    "charge_late_interest",
    "edit_notice",
    "ladder",
    "next_notice",
    "record_late_charge_payment",
    "resume_dunning",
    "send_notice",
    "set_ladder",
    "stop_dunning",
    "sweep_dunning",
    "waive_late_charge",
    "waive_notice",
]

log = structlog.get_logger("services.dunning")


async def sweep_dunning(actor: Actor, now: datetime) -> tuple[int, int]:
    """Look at every overdue invoice of a practice; answers how many notices left and how many invoices failed.

    Each invoice has a transaction of its own, so that one that fails keeps back no other.
    """
    async with read_only(actor.scope()) as uow:
        steps = await ladder(uow)
        practice: Any = await practice_queries.practice(uow)
        local = now.astimezone(ZoneInfo(practice["timezone"]))
        if not steps.is_active or not may_send(local, steps.hours, steps.calendar(local.date())):
            return 0, 0
        invoices = await queries.overdue_invoices(uow, local.date())
    sent = failed = 0
    for invoice in invoices:
        try:
            sent += await take_turn(actor, invoice["id"], now=now)
        except Exception as error:  # whatever it is, the other invoices have their turn
            log.warning(
                "notice_not_sent", invoice_id=str(invoice["id"]), error=type(error).__name__
            )
            failed += 1
    return sent, failed
