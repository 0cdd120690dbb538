"""The end of a contract before its work is done: by notice (opsigelse), or for breach (ophævelse). The two are never mixed.

By notice either party ends it without a reason to prove, after the clause's days. For breach a written demand comes first; only when
its days have gone by without cure may the owner terminate, at once. Either way the engagement is terminated on its last day, by
the worker or in the same step; the kill fee that follows is claimed by the refunds of that name.
"""

from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from db.ids import new_id
from db.queries import dunning as queries
from db.queries import practices as practice_queries
from db.tables.dunning import Termination
from db.unit_of_work import UnitOfWork, read_only, unit_of_work
from services import engagements
from services.actor import Actor
from services.rules.errors import Conflict, RuleViolation
from services.rules.movements import check_happened
from services.rules.text import clean_text

Party = Literal["practice", "client"]
_RUNNING = ("active", "suspended")


async def give_notice(
    actor: Actor,
    engagement_id: UUID,
    *,
    party: Party,
    reason: str,
    given_on: date,
    today: date,
    now: datetime,
) -> UUID:
    """Write down that a party gave notice (opsigelse); the contract ends after the clause's days. Only the owner may.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (DATE, TEXT_…), `RuleViolation` (ENGAGEMENT_NOT_ACTIVE,
    TERMINATION_NOT_AGREED), `Conflict` (TERMINATION_OPEN).
    """
    actor.require("owner")
    why = clean_text(reason, "reason", max_length=2000, lines=True)
    check_happened(given_on, today, "givenOn")
    async with unit_of_work(actor.scope()) as uow:
        engagement = await _running(uow, engagement_id)
        days = _agreed(engagements.clauses_of(engagement).termination_notice_days)
        values = {"kind": "notice", "party": party, "status": "given", "reason": why}
        return await _insert(
            uow,
            actor,
            engagement,
            {
                **values,
                "clause": orjson.dumps({"notice_days": days}).decode(),
                "given_on": given_on,
                "ends_on": given_on + timedelta(days=days),
            },
            now,
        )


async def demand_cure(
    actor: Actor, engagement_id: UUID, *, reason: str, today: date, now: datetime
) -> UUID:
    """Demand of the client that a breach is put right; its days run from today. Only the owner may.

    Raises what `give_notice` raises.
    """
    actor.require("owner")
    why = clean_text(reason, "reason", max_length=2000, lines=True)
    async with unit_of_work(actor.scope()) as uow:
        engagement = await _running(uow, engagement_id)
        days = _agreed(engagements.clauses_of(engagement).termination_cure_days)
        return await _insert(
            uow,
            actor,
            engagement,
            {
                "kind": "breach",
                "party": "practice",
                "status": "demanded",
                "reason": why,
                "clause": orjson.dumps({"cure_days": days}).decode(),
                "demanded_on": today,
                "cure_by": today + timedelta(days=days),
            },
            now,
        )


async def terminate_for_breach(
    actor: Actor, engagement_id: UUID, *, today: date, now: datetime
) -> UUID:
    """End the contract for breach (ophævelse), at once, when the demand's days have gone by. Only the owner may.

    Raises `Forbidden`, `NotFound`, `RuleViolation` (NO_DEMAND, DEMAND_RUNNING).
    """
    actor.require("owner")
    async with unit_of_work(actor.scope()) as uow:
        engagement = await engagements.locked(uow, engagement_id)
        found = await queries.open_termination(uow, engagement_id)
        if found is None or found["status"] != "demanded":
            raise RuleViolation("No cure was demanded first.", code="NO_DEMAND")
        if today <= found["cure_by"]:
            raise RuleViolation(
                f"The client has until {found['cure_by'].isoformat()} to put it right.",
                code="DEMAND_RUNNING",
            )
        await _change(uow, found, {"status": "ended", "given_on": today, "ends_on": today}, now)
        await engagements.change(uow, engagement, {"status": "terminated"}, now=now)
    known: UUID = found["id"]
    return known


async def withdraw_termination(
    actor: Actor, engagement_id: UUID, *, reason: str, now: datetime
) -> UUID:
    """Take a notice or a demand back before the contract has ended. Only the owner may.

    Raises `Forbidden`, `NotFound`, `InvalidInput`, `RuleViolation` (NO_TERMINATION).
    """
    actor.require("owner")
    why = clean_text(reason, "reason", max_length=2000, lines=True)
    async with unit_of_work(actor.scope()) as uow:
        await engagements.locked(uow, engagement_id)
        found = await queries.open_termination(uow, engagement_id)
        if found is None or found["status"] == "ended":
            raise RuleViolation("Nothing is under way that could be taken back.", code="NO_TERMINATION")  # fmt: skip
        await _change(uow, found, {"status": "withdrawn", "withdraw_reason": why}, now)
    known: UUID = found["id"]
    return known


async def sweep_terminations(actor: Actor, now: datetime) -> int:
    """End every contract of a practice whose notice has run out; answers how many ended."""
    async with read_only(actor.scope()) as uow:
        practice: Any = await practice_queries.practice(uow)
        today = now.astimezone(ZoneInfo(practice["timezone"])).date()
        due = await queries.terminations_to_end(uow, today)
    ended = 0
    for engagement_id in due:
        async with unit_of_work(actor.scope()) as uow:
            engagement = await engagements.locked(uow, engagement_id)
            found = await queries.open_termination(uow, engagement_id)
            if found is None or found["status"] != "given" or found["ends_on"] >= today:
                continue
            await _change(uow, found, {"status": "ended"}, now)
            if engagement["status"] in _RUNNING:
                await engagements.change(uow, engagement, {"status": "terminated"}, now=now)
            ended += 1
    return ended


async def _running(uow: UnitOfWork, engagement_id: UUID) -> Any:
    engagement = await engagements.locked(uow, engagement_id)
    if engagement["status"] not in _RUNNING:
        raise RuleViolation(
            f"The engagement is {engagement['status']}.", code="ENGAGEMENT_NOT_ACTIVE"
        )
    if await queries.open_termination(uow, engagement_id) is not None:
        raise Conflict("Its end is under way already.", code="TERMINATION_OPEN")
    return engagement


def _agreed(days: int | None) -> int:
    if days is None:
        raise RuleViolation("The contract has no clause on its end.", code="TERMINATION_NOT_AGREED")
    return days


async def _insert(
    uow: UnitOfWork, actor: Actor, engagement: Any, values: dict[str, Any], now: datetime
) -> UUID:
    termination_id = new_id()
    await Termination.insert(
        Termination(
            tenant_id=uow.tenant_id,
            id=termination_id,
            engagement_id=engagement["id"],
            client_id=engagement["client_id"],
            member_id=actor.member_id,
            created_at=now,
            updated_at=now,
            **values,
        )
    )
    return termination_id


async def _change(uow: UnitOfWork, row: Any, values: dict[Any, Any], now: datetime) -> None:
    await Termination.update({**values, "version": row["version"] + 1, "updated_at": now}).where(
        Termination.tenant_id == uow.tenant_id, Termination.id == row["id"]
    )
