"""Retainers of every kind on a signed engagement, opened, paid and swept on dates of their own."""

from datetime import date
from typing import Any
from uuid import UUID

from db.queries import retainers as queries
from db.unit_of_work import read_only
from services import ledger, retainers
from services.practices import system_actor
from services.retainers import closing
from services.rules.money import Money
from services.rules.retainers import Period, RetainerKind
from tests.factories.engagements import Case
from tests.factories.money import MARCH, deposit, noon


async def open_of_kind(
    case: Case, kind: str, *, on: date = MARCH[2], first_amount: Money | None = None, **terms: Any
) -> UUID:
    """A retainer of a kind; the rest are terms of the offer."""
    return await retainers.open_retainer(
        case.actor,
        case.engagement_id,
        retainers.RetainerOffer(RetainerKind(kind), **terms),
        first_amount=first_amount,
        idempotency_key=case.key(),
        today=on,
        now=noon(on),
    )


def monthly(starts_on: date, periods: int, price: Money, **more: Any) -> retainers.PeriodOffer:
    """So many months at a price before tax."""
    return retainers.PeriodOffer(starts_on, Period.MONTH, periods, price, **more)


async def requests_of(case: Case, retainer_id: UUID) -> list[Any]:
    """What was asked for, by number."""
    async with read_only(case.actor.scope()) as uow:
        return await queries.requests_of(uow, [retainer_id])


async def pay_in(case: Case, retainer_id: UUID, amount: Money, *, on: date) -> UUID:
    """Money for the newest open request."""
    request = [row for row in await requests_of(case, retainer_id) if row["status"] == "requested"][
        -1
    ]
    return await deposit(case, request["id"], amount, on=on)


async def opened_and_paid(case: Case, kind: str, amount: Money, **terms: Any) -> UUID:
    """A retainer that holds an amount from 3 March on."""
    retainer_id = await open_of_kind(case, kind, target=amount, **terms)
    await pay_in(case, retainer_id, amount, on=MARCH[3])
    return retainer_id


async def sweep(case: Case, on: date) -> tuple[int, int]:
    """The worker's turn at noon of a day."""
    return await retainers.sweep_retainers(system_actor(case.actor.tenant_id), noon(on))


async def use(case: Case, retainer_id: UUID, minutes: int, *, on: date, **values: Any) -> UUID:
    """Hours used."""
    return await retainers.record_use(
        case.actor,
        retainer_id,
        **{
            "minutes": minutes,
            "on": on,
            "note": "A call",
            "idempotency_key": case.key(),
            "today": on,
            "now": noon(on),
            **values,
        },
    )


async def earnings_of(case: Case, retainer_id: UUID) -> list[Any]:
    """What was earned out of it, in the order it was recorded."""
    async with read_only(case.actor.scope()) as uow:
        return await queries.earnings_of(uow, [retainer_id])


async def balance(
    case: Case, retainer_id: UUID, code: str = "retainer_liability", *, as_of: date | None = None
) -> int:
    """What an account of the retainer held at the end of a day."""
    async with read_only(case.actor.scope()) as uow:
        found = await ledger.balances(uow, codes=[code], subject_ids=[retainer_id], as_of=as_of)
    return sum(each.natural_minor for each in found)


async def left(case: Case, retainer_id: UUID, on: date) -> tuple[int, int, int]:
    """Minutes left, rolled over and lost by the end of a day."""
    found = (await retainers.standings(case.actor, [retainer_id], as_of=on))[retainer_id].hours
    assert found is not None
    return found.left_minutes, found.rolled_minutes, found.lost_minutes


async def move(
    case: Case, source: UUID, target: UUID, amount: Money, *, on: date = MARCH[10], **values: Any
) -> UUID:
    """Money from one retainer to another on the word of the client's signer."""
    return await retainers.transfer(
        case.actor,
        source,
        target,
        **{
            "amount": amount,
            "on": on,
            "contact_id": case.client.signer_id,
            "said_on": on,
            "words": "Take it from the other one, please.",
            "idempotency_key": case.key(),
            "today": on,
            "now": noon(on),
            **values,
        },
    )


async def close(case: Case, retainer_id: UUID, version: int, *, on: date = MARCH[20], **values: Any) -> UUID | None:  # fmt: skip
    """The end of a retainer."""
    return await closing.close_retainer(
        case.actor,
        retainer_id,
        **{
            "on": on,
            "reason": "The work is done.",
            "expected_version": version,
            "idempotency_key": case.key(),
            "today": on,
            "now": noon(on),
            **values,
        },
    )
