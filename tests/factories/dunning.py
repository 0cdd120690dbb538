"""A client who does not pay, and a clock that moves."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from db.queries import dunning as queries
from db.unit_of_work import read_only
from services import dunning
from services.late_interest.practice_rates import add_rate
from services.practices import system_actor
from services.rules.dunning import Hours, Step, default_steps
from services.rules.late_interest import Reference
from tests.factories.engagements import Case
from tests.factories.money import noon

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
STEPS = default_steps("DK", "DKK")


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment by the practice's clock."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=COPENHAGEN).astimezone(UTC)


async def a_ladder(case: Case, *, on: date, steps: tuple[Step, ...] = STEPS, **values: Any) -> int:
    """The default ladder, switched on."""
    async with read_only(case.actor.scope()) as uow:
        current = (await dunning.ladder(uow)).number
    return await dunning.set_ladder(
        case.actor,
        **{
            "is_active": True,
            "hours": Hours(),
            "country": "DK",
            "steps": steps,
            "expected_number": current,
            "today": on,
            "now": noon(on),
            **values,
        },
    )


async def rates(case: Case, *rows: tuple[date, int], on: date) -> None:
    """Danish reference rates behind those of the table."""
    for first, bps in rows:
        await add_rate(
            case.actor,
            Reference.NATIONALBANKEN,
            valid_from=first,
            rate_bps=bps,
            source="Told for a test, and for nothing else",
            today=on,
            now=noon(on),
        )


async def sweep(case: Case, now: datetime) -> tuple[int, int]:
    """One turn of the worker in this practice."""
    return await dunning.sweep_dunning(system_actor(case.actor.tenant_id), now)


async def notices(case: Case, invoice_id: UUID) -> list[Any]:
    """The notices of an invoice as they are stored."""
    async with read_only(case.actor.scope()) as uow:
        return await queries.rows_of_invoices(uow, "dunning_notice", [invoice_id])


async def charges(case: Case, invoice_id: UUID) -> list[Any]:
    """The charges of an invoice as they are stored."""
    async with read_only(case.actor.scope()) as uow:
        return await queries.rows_of_invoices(uow, "late_charge", [invoice_id])


async def mails(case: Case, kind: str) -> list[Any]:
    """The mails of a kind, in the order they were written."""
    async with read_only(case.actor.scope()) as uow:
        return await uow.fetch(
            "select * from outbox_message where tenant_id = $1 and kind like $2 order by id",
            uow.tenant_id, kind,
        )  # fmt: skip


async def approve_next(case: Case, invoice_id: UUID, now: datetime, *, version: int = 1) -> None:
    """The owner's word on the next notice."""
    await dunning.approve_notice(case.actor, invoice_id, expected_version=version, now=now)


def cheap(steps: tuple[Step, ...] = STEPS) -> tuple[Step, ...]:
    """The same ladder without fees and without asking."""
    return tuple(replace(step, fee_minor=0, needs_approval=False) for step in steps)
