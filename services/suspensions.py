"""Suspension: work that may stop when an undisputed sum stays unpaid, and goes on again once it is paid.

The gate is the contract's own clause: an undisputed sum more than so many days overdue, a notice served, and its days gone by. Only
then may the owner or staff stop the work; the last resort is never automatic. While it is stopped the engagement is suspended:
nothing new is ordered or handed over. Full payment of what the notice named lifts it by itself at the worker's next turn, and so
does the owner's word. The contract's dates move by the working days that were lost, from the first day without work through the
day on which the money came; the change order that writes it down is drafted with `draft_extension`.

Why the worker lifts and not the payment itself: a payment holds its invoice, and an engagement is locked before its invoices.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
import structlog

from contracts import formats
from db.ids import new_id
from db.queries import dunning as queries
from db.queries import practices as practice_queries
from db.queries import scopes as scope_queries
from db.tables.dunning import Suspension, SuspensionInvoice
from db.unit_of_work import UnitOfWork, read_only, unit_of_work
from services import change_orders, engagements
from services.actor import MONEY, WRITERS, Actor
from services.billing_contacts import tell_billing
from services.calendars import working_calendar
from services.change_orders import ChangeOrderDetails
from services.dunning.ladders import ladder
from services.dunning.stops import undisputed_minor
from services.invoices.numbers import number_of, open_minor
from services.rules import suspensions as rules
from services.rules.errors import Conflict, NotFound, RuleViolation, Stale
from services.rules.movements import check_happened
from services.rules.scope import Pause
from services.rules.text import clean_text

log = structlog.get_logger("services.suspensions")

Served = Literal["mail", "letter", "in_person"]


async def serve_suspension_notice(
    actor: Actor,
    engagement_id: UUID,
    *,
    served_how: Served,
    served_on: date | None = None,
    proof: str = "",
    today: date,
    now: datetime,
) -> UUID:
    """Serve notice that work will stop, or write down that it was served by letter or in person. Answers the suspension's id.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (DATE, TEXT_…), `RuleViolation` (ENGAGEMENT_NOT_ACTIVE,
    SUSPENSION_NOT_AGREED, NOT_OVERDUE_ENOUGH), `Conflict` (SUSPENSION_OPEN).
    """
    actor.require(*WRITERS)
    on = today if served_how == "mail" else served_on or today
    check_happened(on, today, "servedOn")
    told = clean_text(proof, "proof", max_length=500, required=False)
    suspension_id = new_id()
    async with unit_of_work(actor.scope()) as uow:
        engagement = await engagements.locked(uow, engagement_id)
        if engagement["status"] != "active":
            raise RuleViolation(
                f"The engagement is {engagement['status']}: only active work can stop.",
                code="ENGAGEMENT_NOT_ACTIVE",
            )
        if await queries.open_suspension(uow, engagement_id) is not None:
            raise Conflict("Notice of suspension is served already.", code="SUSPENSION_OPEN")
        clause = rules.clause_of(engagements.clauses_of(engagement))
        invoices = [
            row
            for row in await queries.overdue_of(uow, engagement_id, on)
            if (on - row["due_date"]).days > clause.overdue_days
        ]
        owed = {key: left for key, left in (await undisputed_minor(uow, invoices)).items() if left}
        settings = await ladder(uow)
        from_minor = (
            settings.suspension_from_minor if settings.currency == engagement["currency"] else 0
        )
        rules.check_owed(sum(owed.values()), from_minor, clause)
        may_stop_on = clause.may_stop_on(on)
        await Suspension.insert(
            Suspension(
                tenant_id=uow.tenant_id,
                id=suspension_id,
                engagement_id=engagement_id,
                client_id=engagement["client_id"],
                status="served",
                currency=engagement["currency"],
                undisputed_minor=sum(owed.values()),
                clause=orjson.dumps(
                    {"overdue_days": clause.overdue_days, "notice_days": clause.notice_days}
                ).decode(),
                served_on=on,
                served_how=served_how,
                proof=told,
                served_by=actor.member_id,
                may_stop_on=may_stop_on,
                created_at=now,
                updated_at=now,
            )
        )
        await SuspensionInvoice.insert(
            *(
                SuspensionInvoice(
                    tenant_id=uow.tenant_id,
                    id=new_id(),
                    suspension_id=suspension_id,
                    invoice_id=key,
                    undisputed_minor=left,
                )
                for key, left in owed.items()
            )
        )
        named = [number_of(row) for row in invoices if row["id"] in owed]
        if served_how == "mail":
            await _tell(
                uow,
                engagement,
                "suspension_notice",
                on=may_stop_on,
                owed_minor=sum(owed.values()),
                numbers=named,
                now=now,
            )
    return suspension_id


async def suspend(
    actor: Actor, engagement_id: UUID, *, expected_version: int, today: date, now: datetime
) -> UUID:
    """Stop the work, from today. Answers the suspension's id.

    Raises `Forbidden`, `NotFound`, `Stale` (STALE_VERSION of the suspension), `RuleViolation` (NO_SUSPENSION_NOTICE,
    NOTICE_RUNNING, NOTHING_OVERDUE where it was paid or disputed since).
    """
    actor.require(*MONEY)
    async with unit_of_work(actor.scope()) as uow:
        engagement = await engagements.locked(uow, engagement_id)
        suspension = await queries.open_suspension(uow, engagement_id)
        if suspension is None or suspension["status"] != "served":
            raise RuleViolation("No notice is served.", code="NO_SUSPENSION_NOTICE")
        _require_version(suspension, expected_version)
        if today < suspension["may_stop_on"]:
            raise RuleViolation(
                f"The client has time to pay; work may stop from {suspension['may_stop_on'].isoformat()}.",
                code="NOTICE_RUNNING",
            )
        left = await _left(uow, suspension["id"])
        if not left:
            raise RuleViolation("What the notice named is paid.", code="NOTHING_OVERDUE")
        await engagements.change(uow, engagement, {"status": "suspended"}, now=now)
        await _change(
            uow,
            suspension,
            {
                "status": "suspended",
                "suspended_on": today,
                "suspended_by": actor.member_id,
                "delivery_before": await _delivery_date(uow, engagement),
            },
            now,
        )
        await _tell(uow, engagement, "work_suspended", on=today, owed_minor=left, now=now)
    found: UUID = suspension["id"]
    return found


async def lift_suspension(
    actor: Actor, engagement_id: UUID, *, reason: str, today: date, now: datetime
) -> UUID:
    """Take the notice back, or let the work go on, although not all is paid. Only the owner may.

    Raises `Forbidden`, `NotFound`, `InvalidInput`, `RuleViolation` (NO_SUSPENSION_NOTICE).
    """
    actor.require("owner")
    why = clean_text(reason, "reason", max_length=1000, lines=True)
    async with unit_of_work(actor.scope()) as uow:
        engagement = await engagements.locked(uow, engagement_id)
        suspension = await queries.open_suspension(uow, engagement_id)
        if suspension is None:
            raise RuleViolation("No notice is served.", code="NO_SUSPENSION_NOTICE")
        await _end(
            uow,
            engagement,
            suspension,
            on=today,
            is_paid=False,
            by=actor.member_id,
            reason=why,
            now=now,
        )
    found: UUID = suspension["id"]
    return found


async def sweep_suspensions(actor: Actor, now: datetime) -> tuple[int, int]:
    """Lift every suspension of a practice whose invoices are paid; answers how many ended and how many failed."""
    async with read_only(actor.scope()) as uow:
        due = await queries.open_suspensions(uow)
    ended = failed = 0
    for engagement_id in due:
        try:
            ended += await lift_paid(actor, engagement_id, now=now)
        except Exception as error:  # the others have their turn
            log.warning(
                "suspension_not_lifted",
                engagement_id=str(engagement_id),
                error=type(error).__name__,
            )
            failed += 1
    return ended, failed


async def lift_paid(actor: Actor, engagement_id: UUID, *, now: datetime) -> bool:
    """End the suspension of an engagement where all that its notice named is paid; answers whether it ended."""
    async with unit_of_work(actor.scope()) as uow:
        engagement = await engagements.locked(uow, engagement_id)
        suspension = await queries.open_suspension(uow, engagement_id)
        if suspension is None or await _left(uow, suspension["id"]):
            return False
        invoices = await queries.invoices_of_suspension(uow, suspension["id"])
        settled = await queries.settlements_of(uow, [row["id"] for row in invoices])
        practice: Any = await practice_queries.practice(uow)
        today = now.astimezone(ZoneInfo(practice["timezone"])).date()
        # The day the last of it came; a dispute settled in the client's favour ends it today.
        came = max((row["on"] for row in settled), default=today)
        earliest = suspension["suspended_on"] or suspension["served_on"]
        await _end(
            uow, engagement, suspension, on=min(max(came, earliest), max(today, earliest)),
            is_paid=not any(open_minor(row) for row in invoices), by=None, reason="", now=now,
        )  # fmt: skip
    return True


async def draft_extension(actor: Actor, suspension_id: UUID, *, today: date, now: datetime) -> UUID:
    """Draft the change order that moves the dates by the days without work. Answers the order's id; it is sent like any other.

    Raises `Forbidden`, `NotFound`, `RuleViolation` (NOTHING_TO_EXTEND), and what `create_change_order` raises.
    """
    actor.require(*WRITERS)
    async with read_only(actor.scope()) as uow:
        rows = await queries.rows_by_ids(uow, "suspension", [suspension_id])
        if not rows:
            raise NotFound("No suspension with this id.", field="suspensionId")
        suspension = rows[0]
        engagement = await engagements.found(uow, suspension["engagement_id"])
    if suspension["status"] != "lifted" or not suspension["working_days"]:
        raise RuleViolation(
            "No working day was lost, or the work still stands still.", code="NOTHING_TO_EXTEND"
        )
    words = rules.EXTENSION_WORDS[engagement["locale"]]
    first, last = suspension["suspended_on"], suspension["ended_on"]
    return await change_orders.create_change_order(
        actor,
        engagement["id"],
        ChangeOrderDetails(
            title=words.title,
            changes=[Pause(first, last, words.reason)],
            reason="unforeseen",
            reason_text=words.text.format(days=suspension["working_days"]),
        ),
        now=now,
        today=today,
    )


async def _left(uow: UnitOfWork, suspension_id: UUID) -> int:
    """What is still owed, beyond dispute, of what a notice named."""
    invoices = await queries.invoices_of_suspension(uow, suspension_id)
    return sum((await undisputed_minor(uow, invoices)).values())


async def _end(
    uow: UnitOfWork,
    engagement: Any,
    suspension: Any,
    *,
    on: date,
    is_paid: bool,
    by: UUID | None,
    reason: str,
    now: datetime,
) -> None:
    values: dict[Any, Any] = {
        "status": "withdrawn",
        "ended_on": on,
        "ended_by": by,
        "end_reason": reason,
        "is_paid": is_paid,
    }
    if suspension["status"] == "suspended":
        calendar = working_calendar(
            engagements.calendar_terms(engagement), suspension["suspended_on"], working_days=400
        )
        lost = calendar.count_working_days(suspension["suspended_on"], on)
        before = suspension["delivery_before"]
        values |= {
            "status": "lifted",
            "working_days": lost,
            "delivery_after": None if before is None else calendar.add_working_days(before, lost),
        }
        await engagements.change(uow, engagement, {"status": "active"}, now=now)
    await _change(uow, suspension, values, now)
    if suspension["status"] == "suspended":
        await _tell(uow, engagement, "work_resumed", on=on + timedelta(days=1), now=now)


async def _delivery_date(uow: UnitOfWork, engagement: Any) -> date | None:
    version_id = engagement["current_scope_version_id"]
    if version_id is None:
        return None
    version = await scope_queries.version_by_id(uow, version_id)
    found: date | None = version["delivery_date"] if version else None
    return found


async def _tell(
    uow: UnitOfWork,
    engagement: Any,
    kind: str,
    *,
    on: date,
    owed_minor: int = 0,
    numbers: Sequence[str] = (),
    now: datetime,
) -> None:
    practice: Any = await practice_queries.practice(uow)
    currency = engagement["currency"]

    def write(locale: str) -> dict[str, Any]:
        return {
            "practice_name": practice["legal_name"] or practice["name"],
            "engagement_name": engagement["name"],
            "owed": formats.money({"amount_minor": owed_minor, "currency": currency}, locale),
            "numbers": ", ".join(numbers),
            "on": formats.date(on.isoformat(), locale),
            "account": practice["bank_account"],
        }

    await tell_billing(uow, engagement["client_id"], kind=kind, write=write, now=now)


def _require_version(suspension: Any, expected: int) -> None:
    if suspension["version"] != expected:
        raise Stale(
            "The suspension was changed meanwhile.",
            code="STALE_VERSION",
            field="expectedVersion",
            current_version=suspension["version"],
        )


async def _change(uow: UnitOfWork, suspension: Any, values: dict[Any, Any], now: datetime) -> None:
    await Suspension.update(
        {**values, "version": suspension["version"] + 1, "updated_at": now}
    ).where(Suspension.tenant_id == uow.tenant_id, Suspension.id == suspension["id"])
