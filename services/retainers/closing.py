"""Closing a retainer: nothing comes in any more, and what is left goes back.

Two steps of a transaction each, both repeatable with the same key: the retainer stops; then what is free of it is asked back by
`services.refunds`, which explains what the client is entitled to. Where that refuses, because the client still owes something, the
retainer stays `closing`: apply the money to what is owed, and close again for the rest. Whatever takes the last of it (a
settlement, a drawdown) closes it; the database says so.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from db.queries import retainers as queries
from db.tables.retainers import RetainerRequest
from db.unit_of_work import UnitOfWork, read_only
from services import refunds
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.retainers import accounts
from services.retainers.earnings import earn
from services.rules import retainers as rules
from services.rules.errors import RuleViolation
from services.rules.money import Money
from services.rules.movements import check_happened
from services.rules.retainers import TRAITS, RetainerKind
from services.rules.text import clean_text


async def close_retainer(
    actor: Actor,
    retainer_id: UUID,
    *,
    on: date,
    reason: str,
    expected_version: int,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID | None:
    """Close a retainer and ask for the return of what is free of it. Answers the refund's id; None where nothing goes back.

    Requests that are open are taken back. What availability has not earned yet is not refundable: it is earned with the closing.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (DATE, TEXT_…), `Stale` (STALE_VERSION), `RuleViolation` (RETAINER_CLOSED,
    RETAINER_OVERDRAWN, REFUND_OVER_ENTITLEMENT: closing stands, the money stays until it is applied), and what
    `refunds.request_refund`, `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    check_happened(on, today, "on")
    why = clean_text(reason, "reason", max_length=500)

    async def effect(uow: UnitOfWork) -> UUID:
        retainer = await accounts.locked(uow, retainer_id, expected=expected_version)
        if retainer["status"] == "closed":
            raise RuleViolation("This retainer is closed.", code="RETAINER_CLOSED")
        await _stop(uow, retainer, on, why, now=now)
        return retainer_id

    await keyed(
        actor,
        key=idempotency_key,
        operation="close_retainer",
        request={
            "retainer_id": retainer_id,
            "on": on,
            "reason": why,
            "expected_version": expected_version,
        },
        now=now,
        effect=effect,
    )
    return await _ask_back(actor, retainer_id, why, f"{idempotency_key}:refund", today=today, now=now)  # fmt: skip


async def _stop(uow: UnitOfWork, retainer: Any, on: date, why: str, *, now: datetime) -> None:
    for request in await queries.requests_of(uow, [retainer["id"]]):
        if request["status"] == "requested":
            await RetainerRequest.update(
                {
                    "status": "cancelled",
                    "cancel_reason": f"The retainer was closed: {why}"[:500],
                    "version": request["version"] + 1,
                    "updated_at": now,
                }
            ).where(RetainerRequest.tenant_id == uow.tenant_id, RetainerRequest.id == request["id"])
    if retainer["status"] != "closing":
        # The status is the database's to say: closed where nothing is left, closing where something is.
        await accounts.change(
            uow,
            retainer,
            {"status": "closing", "closed_on": on, "close_reason": why, "look_on": None},
            now,
        )
    rest_minor = rules.free_minor(retainer)
    if TRAITS[RetainerKind(retainer["kind"])].is_refundable or not rest_minor:
        return
    if await accounts.available(uow, retainer, on=on) < rest_minor:
        raise RuleViolation(
            f"The retainer did not hold all of it on {on}.", code="RETAINER_OVERDRAWN", field="on"
        )
    await earn(
        uow,
        retainer,
        kind="rest",
        description=f"Availability closed, not refundable: {why}"[:500],
        amount_minor=rest_minor,
        tax_minor=rules.tax_in(rest_minor, retainer["tax_bps"]),
        on=on,
        note=why,
        now=now,
    )


async def _ask_back(
    actor: Actor, retainer_id: UUID, why: str, key: str, *, today: date, now: datetime
) -> UUID | None:
    async with read_only(actor.scope()) as uow:
        retainer = await queries.retainer_by_id(uow, retainer_id)
        asked = await queries.answer_to_key(uow, key)
    assert retainer is not None
    if asked is not None:
        return asked
    rest_minor = rules.free_minor(retainer)
    if not rest_minor:
        return None
    return await refunds.request_refund(
        actor,
        retainer_id=retainer_id,
        amount=Money(rest_minor, retainer["currency"]),
        reason=why,
        idempotency_key=key,
        today=today,
        now=now,
    )
