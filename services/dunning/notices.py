"""Notices: the next one as it would go out, its text, its approval, its waiver, and its sending, once.

The lock of the invoice serialises its notices with its payments: whoever pays first gets no reminder, and no rung is sent
twice, whatever is started again or runs at the same time (the database keeps one row for each rung). A notice is sent in the
assistant's name by the worker's sweep, or by hand once its day has come.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from db.ids import new_id
from db.queries import dunning as queries
from db.queries import engagements as engagement_queries
from db.queries import invoices as invoice_queries
from db.queries import practices as practice_queries
from db.tables.dunning import DunningNotice
from db.unit_of_work import UnitOfWork, read_only, unit_of_work
from services import mail
from services.actor import MEMBERS, WRITERS, Actor
from services.billing_contacts import billing_contacts, tell_billing
from services.dunning.charges import VAT_SOURCE, book_charge
from services.dunning.figures import Figures, figures_of, words
from services.dunning.ladders import Ladder, ladder
from services.invoices.numbers import number_of, open_minor
from services.outbox import queue_email
from services.rules.dunning import Step, may_send, next_moment, planned_day
from services.rules.errors import Conflict, NotFound, RuleViolation, Stale
from services.rules.text import clean_text

DEALT = ("sent", "waived")


@dataclass(frozen=True)
class Turn:
    """Where an invoice stands on the ladder: the step that comes next. `row` is its notice where it was drafted before."""

    invoice: Any
    engagement: Any
    practice: Any
    ladder: Ladder
    position: int
    step: Step
    planned_on: date
    row: Any | None
    stops: tuple[str, ...]
    last_sent_on: date | None


@dataclass(frozen=True)
class NextNotice:
    """The next notice as it would go out now. `leaves_at` is None while something stops it or an approval is missing."""

    turn: Turn
    figures: Figures
    leaves_at: datetime | None
    subject: str
    text: str


async def turn_of(uow: UnitOfWork, invoice: Any, now: datetime) -> Turn | None:
    """The step of an overdue invoice that comes next; None where it owes nothing, is not late, or the ladder has ended."""
    practice: Any = await practice_queries.practice(uow)
    today = now.astimezone(ZoneInfo(practice["timezone"])).date()
    if open_minor(invoice) <= 0 or invoice["due_date"] >= today:
        return None
    steps = await ladder(uow)
    rows = await queries.rows_of_invoices(uow, "dunning_notice", [invoice["id"]])
    dealt = [row for row in rows if row["status"] in DEALT]
    last = max(dealt, key=lambda row: row["position"]) if dealt else None
    position = last["position"] + 1 if last else 1
    if position > len(steps.steps):
        return None
    step = steps.steps[position - 1]
    step_before_on = last["dealt_on"] if last else None
    return Turn(
        invoice,
        await engagement_queries.engagement_by_id(uow, invoice["engagement_id"]),
        practice,
        steps,
        position,
        step,
        planned_day(
            step,
            due_on=invoice["due_date"],
            step_before_on=step_before_on,
            calendar=steps.calendar(invoice["due_date"]),
        ),
        next((row for row in rows if row["position"] == position), None),
        await stops_of(uow, invoice["id"]),
        max((row["dealt_on"] for row in dealt if row["status"] == "sent"), default=None),
    )


async def stops_of(uow: UnitOfWork, invoice_id: UUID) -> tuple[str, ...]:
    """What keeps an invoice from being reminded of: hold, dispute, waiver, collector."""
    stops = await queries.rows_of_invoices(uow, "dunning_stop", [invoice_id])
    cases = await queries.rows_of_invoices(uow, "collection_case", [invoice_id])
    kinds = {row["kind"] for row in stops if row["ended_at"] is None}
    if any(row["status"] == "handed_over" for row in cases):
        kinds.add("collector")
    return tuple(sorted(kinds))


async def next_notice(actor: Actor, invoice_id: UUID, *, now: datetime) -> NextNotice | None:
    """The next notice of an invoice as it would go out now, in the words of the first who gets it; None where none comes.

    Raises `Forbidden`, `NotFound`.
    """
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        invoice = await invoice_queries.invoice_by_id(uow, invoice_id)
        if invoice is None:
            raise NotFound("No invoice with this id.", field="invoiceId")
        turn = await turn_of(uow, invoice, now)
        if turn is None:
            return None
        local = now.astimezone(ZoneInfo(turn.practice["timezone"]))
        figures = await figures_of(uow, turn, max(local.date(), turn.planned_on))
        letter = await _letter(uow, turn, figures)
        ready = turn.ladder.is_active and not turn.stops
        if turn.step.needs_approval and (turn.row is None or turn.row["status"] != "approved"):
            ready = False
        moment = next_moment(
            turn.planned_on, local, turn.ladder.hours, turn.ladder.calendar(local.date())
        )
        return NextNotice(
            turn,
            figures,
            moment.replace(tzinfo=ZoneInfo(turn.practice["timezone"])) if ready else None,
            letter.subject,
            letter.text,
        )


async def edit_notice(
    actor: Actor, invoice_id: UUID, *, opening: str, expected_version: int, now: datetime
) -> UUID:
    """Write the opening words of the next notice before it goes out; empty ones are the ladder's or the built-in ones again.

    What is owed and since when is always said behind them. An approval is asked for again. `expected_version` is 0 where no
    notice was drafted. Raises `Forbidden`, `NotFound`, `InvalidInput`, `Stale`, `RuleViolation` (NO_NOTICE_COMES).
    """
    actor.require(*WRITERS)
    said = clean_text(opening, "opening", max_length=2000, required=False, lines=True)
    async with unit_of_work(actor.scope()) as uow:
        turn = await _locked_turn(uow, invoice_id, now)
        _require_version(turn, expected_version)
        return await _write(
            uow,
            turn,
            {"status": "drafted", "opening": said, "approved_at": None, "approved_by": None},
            now,
        )


async def approve_notice(
    actor: Actor, invoice_id: UUID, *, expected_version: int, now: datetime
) -> UUID:
    """Let the next notice go out; it leaves when its day and its hours have come. Only the owner may.

    Raises `Forbidden`, `NotFound`, `Stale`, `RuleViolation` (NO_NOTICE_COMES, APPROVAL_NOT_NEEDED).
    """
    actor.require("owner")
    async with unit_of_work(actor.scope()) as uow:
        turn = await _locked_turn(uow, invoice_id, now)
        _require_version(turn, expected_version)
        if not turn.step.needs_approval:
            raise RuleViolation("This step needs no approval.", code="APPROVAL_NOT_NEEDED")
        return await _write(
            uow,
            turn,
            {"status": "approved", "approved_at": now, "approved_by": actor.member_id},
            now,
        )


async def waive_notice(
    actor: Actor, invoice_id: UUID, *, reason: str, expected_version: int, now: datetime
) -> UUID:
    """Leave the next notice out, with the reason; the ladder goes on from today. Only the owner may.

    Raises `Forbidden`, `NotFound`, `InvalidInput`, `Stale`, `RuleViolation` (NO_NOTICE_COMES).
    """
    actor.require("owner")
    why = clean_text(reason, "reason", max_length=1000, lines=True)
    async with unit_of_work(actor.scope()) as uow:
        turn = await _locked_turn(uow, invoice_id, now)
        _require_version(turn, expected_version)
        return await _write(
            uow,
            turn,
            {
                "status": "waived",
                "dealt_on": _today(turn, now),
                "dealt_at": now,
                "waived_by": actor.member_id,
                "waive_reason": why,
            },
            now,
        )


async def send_notice(actor: Actor, invoice_id: UUID, *, now: datetime) -> UUID:
    """Send the next notice by hand, where the practice does not wait for the worker.

    Its day must have come, its hours hold, and nothing may stop it. Raises `Forbidden`, `NotFound`, `RuleViolation`
    (NO_NOTICE_COMES, LADDER_NOT_ACTIVE, DUNNING_STOPPED, NOTICE_NOT_DUE, QUIET_HOURS, NO_RECIPIENT), `Conflict`
    (APPROVAL_NEEDED).
    """
    actor.require(*WRITERS, "system")
    async with unit_of_work(actor.scope()) as uow:
        turn = await _locked_turn(uow, invoice_id, now)
        if not turn.ladder.is_active:
            raise RuleViolation("The practice sends no reminders.", code="LADDER_NOT_ACTIVE")
        if turn.stops:
            raise RuleViolation(
                f"This invoice is not reminded of: {', '.join(turn.stops)}.", code="DUNNING_STOPPED"
            )
        local = now.astimezone(ZoneInfo(turn.practice["timezone"]))
        if turn.planned_on > local.date():
            raise RuleViolation(
                f"The next notice is planned for {turn.planned_on.isoformat()}.",
                code="NOTICE_NOT_DUE",
            )
        if not may_send(local, turn.ladder.hours, turn.ladder.calendar(local.date())):
            raise RuleViolation(
                "Nothing is sent in quiet hours or on a day off.", code="QUIET_HOURS"
            )
        if turn.step.needs_approval and (turn.row is None or turn.row["status"] != "approved"):
            raise Conflict("The owner has not approved this notice.", code="APPROVAL_NEEDED")
        return await _send(uow, turn, local.date(), now)


async def take_turn(actor: Actor, invoice_id: UUID, *, now: datetime) -> bool:
    """The worker's look at one invoice: send what is due, or ask the owner once; answers whether a notice left."""
    async with unit_of_work(actor.scope()) as uow:
        invoice = await invoice_queries.lock_invoice(uow, invoice_id)
        turn = await turn_of(uow, invoice, now) if invoice is not None else None
        if turn is None or turn.stops or not turn.ladder.is_active:
            return False
        local = now.astimezone(ZoneInfo(turn.practice["timezone"]))
        calendar = turn.ladder.calendar(local.date())
        if turn.planned_on > local.date() or not may_send(local, turn.ladder.hours, calendar):
            return False
        if turn.step.needs_approval and (turn.row is None or turn.row["status"] != "approved"):
            if turn.row is None:
                await _write(uow, turn, {"status": "drafted"}, now)
                await _ask_owners(uow, turn, now)
            return False
        await _send(uow, turn, local.date(), now)
        return True


async def _send(uow: UnitOfWork, turn: Turn, on: date, now: datetime) -> UUID:
    people = await billing_contacts(uow, turn.invoice["client_id"])
    if not people:
        raise RuleViolation("Nobody at the client has an address.", code="NO_RECIPIENT")
    figures = await figures_of(uow, turn, on)
    letter = await _letter(uow, turn, figures)
    notice_id = await _write(
        uow,
        turn,
        {
            "status": "sent",
            "dealt_on": on,
            "dealt_at": now,
            "owed_minor": figures.owed.amount_minor,
            "days_late": figures.days_late,
            "interest_minor": figures.interest.amount_minor if figures.interest else None,
            "charges_minor": figures.charges.amount_minor,
            "fee_minor": figures.fee.amount_minor if figures.fee else 0,
            "fee_note": figures.fee_note,
            "pay_by": figures.pay_by,
            "subject": letter.subject,
            "body": letter.text,
            "recipients": orjson.dumps(
                [{"name": each.name, "email": each.email} for each in people]
            ).decode(),
        },
        now,
    )
    await tell_billing(
        uow,
        turn.invoice["client_id"],
        kind=f"dunning_{turn.step.tone.value}",
        write=lambda locale: words(turn, figures, locale),
        now=now,
    )
    if figures.fee is not None:
        await book_charge(
            uow,
            turn.invoice,
            kind="reminder_fee",
            amount=figures.fee,
            explanation={"limit": figures.fee_note, "vat": VAT_SOURCE},
            on=on,
            notice_id=notice_id,
            now=now,
        )
    return notice_id


async def _letter(uow: UnitOfWork, turn: Turn, figures: Figures) -> mail.Letter:
    people = await billing_contacts(uow, turn.invoice["client_id"])
    locale = people[0].locale if people else turn.engagement["locale"]
    practice = turn.practice
    return mail.write(
        f"dunning_{turn.step.tone.value}",
        locale,
        words(turn, figures, locale),
        recipient_name=people[0].name if people else "",
        timezone=practice["timezone"],
        link=None,
        sender=_signature(practice),
    )


def _signature(practice: Any) -> str:
    """The assistant's name over the practice's, as the worker signs."""
    name = practice["assistant_name"] or practice["name"]
    return f"{name}\n{practice['name']}" if name != practice["name"] else name


async def _write(uow: UnitOfWork, turn: Turn, values: dict[Any, Any], now: datetime) -> UUID:
    """The row of this turn with new values; made where there is none."""
    values = {
        "ladder_id": turn.ladder.id,
        "tone": turn.step.tone.value,
        "planned_on": turn.planned_on,
        "updated_at": now,
        **values,
    }
    if turn.row is not None:
        await DunningNotice.update({**values, "version": turn.row["version"] + 1}).where(
            DunningNotice.tenant_id == uow.tenant_id, DunningNotice.id == turn.row["id"]
        )
        known: UUID = turn.row["id"]
        return known
    notice_id = new_id()
    await DunningNotice.insert(
        DunningNotice(
            tenant_id=uow.tenant_id,
            id=notice_id,
            invoice_id=turn.invoice["id"],
            engagement_id=turn.invoice["engagement_id"],
            client_id=turn.invoice["client_id"],
            position=turn.position,
            currency=turn.invoice["currency"],
            created_at=now,
            **values,
        )
    )
    return notice_id


async def _locked_turn(uow: UnitOfWork, invoice_id: UUID, now: datetime) -> Turn:
    invoice = await invoice_queries.lock_invoice(uow, invoice_id)
    if invoice is None:
        raise NotFound("No invoice with this id.", field="invoiceId")
    turn = await turn_of(uow, invoice, now)
    if turn is None or turn.ladder.id is None:
        raise RuleViolation(
            "No notice comes: the invoice is not late, is paid, the ladder has ended or none is set.",
            code="NO_NOTICE_COMES",
        )
    return turn


def _require_version(turn: Turn, expected: int) -> None:
    current = turn.row["version"] if turn.row else 0
    if current != expected:
        raise Stale(
            "The notice was changed meanwhile.",
            code="STALE_VERSION",
            field="expectedVersion",
            current_version=current,
        )


def _today(turn: Turn, now: datetime) -> date:
    return now.astimezone(ZoneInfo(turn.practice["timezone"])).date()


async def _ask_owners(uow: UnitOfWork, turn: Turn, now: datetime) -> None:
    for member in await practice_queries.members(uow):
        if member["role"] == "owner" and member["is_active"]:
            await queue_email(
                uow,
                kind="dunning_approval",
                recipient_name=member["name"],
                recipient_email=member["email"],
                locale=turn.practice["locale"],
                data={
                    "number": number_of(turn.invoice),
                    "engagement_name": turn.engagement["name"],
                    "position": turn.position,
                },
                now=now,
            )
