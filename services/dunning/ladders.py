"""How a practice reminds: its ladder, its hours and its days off, in numbered editions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from db.ids import new_id
from db.queries import dunning as queries
from db.queries import practices as practice_queries
from db.tables.dunning import DunningLadder, DunningStep
from db.unit_of_work import UnitOfWork, unit_of_work
from services.actor import Actor
from services.calendars import CalendarTerms, clean_terms, working_calendar
from services.rules.calendars import WorkingCalendar
from services.rules.dunning import Hours, Step, Tone, check_fees, check_steps, default_steps
from services.rules.errors import InvalidInput, Stale
from services.rules.money import MAX_AMOUNT_MINOR
from services.rules.text import clean_text

HOME_LAWS = {"GB": "GB-EAW"}
"""A practice's own law where it is not called as its country."""


@dataclass(frozen=True)
class Ladder:
    """An edition as it counts. Number 0 is the one that is offered before any was written; nothing is sent by it.

    Fees and `suspension_from_minor` (the undisputed overdue sum from which work may be stopped) are in `currency`.
    """

    number: int
    is_active: bool
    hours: Hours
    terms: CalendarTerms
    currency: str
    suspension_from_minor: int
    steps: tuple[Step, ...]
    id: UUID | None = None

    def calendar(self, around: date) -> WorkingCalendar:
        """The days on which notices leave."""
        return working_calendar(self.terms, around)


async def ladder(uow: UnitOfWork) -> Ladder:
    """The edition that counts, or the default."""
    row = await queries.ladder(uow)
    if row is None:
        practice: Any = await practice_queries.practice(uow)
        country = practice["country"]
        try:
            terms = clean_terms(country=country, region="", weekend=None, days_off=())
        except InvalidInput:  # a country whose holidays nobody told us
            terms = CalendarTerms()
        currency = practice["currency"]
        return Ladder(0, False, Hours(), terms, currency, 0, default_steps(country, currency))
    return Ladder(
        row["number"],
        row["is_active"],
        Hours(row["send_from_minute"], row["send_until_minute"]),
        CalendarTerms(
            row["country"], row["region"], frozenset(row["weekend"]), tuple(row["days_off"])
        ),
        row["currency"],
        row["suspension_from_minor"],
        tuple(_step(each) for each in await queries.steps_of(uow, row["id"])),
        row["id"],
    )


def _step(row: Any) -> Step:
    return Step(
        Tone(row["tone"]),
        row["after_days"],
        row["counts_from"],
        row["pay_within_days"],
        row["fee_minor"],
        row["needs_approval"],
        row["opening_en"],
        row["opening_da"],
    )


async def set_ladder(
    actor: Actor,
    *,
    is_active: bool,
    hours: Hours,
    country: str | None,
    region: str = "",
    weekend: Sequence[int] | None = None,
    days_off: Sequence[date] = (),
    suspension_from_minor: int = 0,
    steps: Sequence[Step],
    expected_number: int,
    today: date,
    now: datetime,
) -> int:
    """Write the next edition; answers its number. Only the owner may. What was sent by earlier ones stands.

    The currency is the practice's own. Raises `Forbidden`, `InvalidInput` (LADDER_INVALID, and what `clean_terms` raises),
    `RuleViolation` (FEE_OVER_LIMIT, FEE_TOO_OFTEN, FEE_LAW_UNKNOWN) for fees that the law of the practice's country forbids,
    `Stale` (STALE_VERSION).
    """
    actor.require("owner")
    check_steps(steps)
    if not 0 <= hours.from_minute < hours.until_minute <= 1440:
        raise InvalidInput(
            "Notices leave between two minutes of one day.",
            code="LADDER_INVALID",
            field="sendUntilMinute" if 0 <= hours.from_minute < 1440 else "sendFromMinute",
        )
    if not 0 <= suspension_from_minor <= MAX_AMOUNT_MINOR:
        raise InvalidInput(
            "The sum is not below zero.", code="LADDER_INVALID", field="suspensionFrom"
        )
    terms = clean_terms(
        country=country, region=region, weekend=weekend, days_off=days_off, field=""
    )
    cleaned = [_clean(step, at) for at, step in enumerate(steps)]
    async with unit_of_work(actor.scope()) as uow:
        row = await queries.lock_ladder(uow)
        current = row["number"] if row else 0
        if current != expected_number:
            raise Stale(
                "The ladder was changed meanwhile.",
                code="STALE_VERSION",
                field="expectedNumber",
                current_version=current,
            )
        practice: Any = await practice_queries.practice(uow)
        law = HOME_LAWS.get(practice["country"], practice["country"])
        check_fees(cleaned, practice["currency"], law, today)
        ladder_id = new_id()
        await DunningLadder.insert(
            DunningLadder(
                tenant_id=uow.tenant_id,
                id=ladder_id,
                number=current + 1,
                is_active=is_active,
                send_from_minute=hours.from_minute,
                send_until_minute=hours.until_minute,
                country=terms.country,
                region=terms.region,
                weekend=sorted(terms.weekend),
                days_off=list(terms.days_off),
                currency=practice["currency"],
                suspension_from_minor=suspension_from_minor,
                member_id=actor.member_id,
                created_at=now,
            )
        )
        await DunningStep.insert(
            *(
                DunningStep(
                    tenant_id=uow.tenant_id,
                    id=new_id(),
                    ladder_id=ladder_id,
                    position=position,
                    tone=step.tone.value,
                    counts_from=step.counts_from,
                    after_days=step.after_days,
                    pay_within_days=step.pay_within_days,
                    fee_minor=step.fee_minor,
                    needs_approval=step.needs_approval,
                    opening_en=step.opening_en,
                    opening_da=step.opening_da,
                )
                for position, step in enumerate(cleaned, start=1)
            )
        )
    return current + 1


def _clean(step: Step, at: int) -> Step:
    def words(text: str, name: str) -> str:
        return clean_text(text, f"steps.{at}.{name}", max_length=2000, required=False, lines=True)

    return Step(
        step.tone,
        step.after_days,
        step.counts_from,
        step.pay_within_days,
        step.fee_minor,
        step.needs_approval,
        words(step.opening_en, "openingEn"),
        words(step.opening_da, "openingDa"),
    )
