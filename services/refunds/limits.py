"""The sum above which a refund is approved by somebody else than who asked for it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from db.ids import new_id
from db.queries import refunds as queries
from db.queries.retainers import lock_numbers
from db.tables.refunds import RefundLimit
from db.unit_of_work import UnitOfWork, unit_of_work
from services.actor import Actor
from services.rules import refunds as rules
from services.rules.errors import InvalidInput, RuleViolation, Stale
from services.rules.money import MAX_AMOUNT_MINOR, Money, minor_units


async def set_refund_limit(
    actor: Actor,
    currency: str,
    amount: Money | None,
    *,
    expected_version: int,
    now: datetime,
) -> UUID:
    """Set the limit of a currency, or take it away with None; `expected_version` is 0 where none was ever set.

    Zero asks for a second person always. As soon as one currency has a limit, every sum in a currency without one needs a second
    person. It holds for what is asked for from now on. The owner alone may. Raises `Forbidden`, `InvalidInput` (CURRENCY_UNKNOWN,
    CURRENCY_MISMATCH, AMOUNT_NEGATIVE, AMOUNT_TOO_LARGE), `Stale` (STALE_VERSION).
    """
    actor.require("owner")
    minor_units(currency)
    amount_minor = None if amount is None else _checked(amount, currency)
    async with unit_of_work(actor.scope()) as uow:
        await lock_numbers(uow)
        row = next(
            (each for each in await queries.limits(uow) if each["currency"] == currency), None
        )
        version = row["version"] if row else 0
        if version != expected_version:
            raise Stale(
                "The limit was changed meanwhile.",
                code="STALE_VERSION",
                field="expectedVersion",
                current_version=version,
            )
        if row is None:
            limit_id = new_id()
            await RefundLimit.insert(
                RefundLimit(
                    tenant_id=uow.tenant_id,
                    id=limit_id,
                    currency=currency,
                    amount_minor=amount_minor,
                    created_at=now,
                    updated_at=now,
                )
            )
            return limit_id
        await RefundLimit.update(
            {"amount_minor": amount_minor, "version": version + 1, "updated_at": now}
        ).where(RefundLimit.tenant_id == uow.tenant_id, RefundLimit.id == row["id"])
        found: UUID = row["id"]
        return found


def _checked(amount: Money, currency: str) -> int:
    if amount.currency != currency:
        raise InvalidInput(f"The limit is for {currency}.", code="CURRENCY_MISMATCH", field="limit")
    if amount.amount_minor < 0:
        raise InvalidInput("A limit is not below zero.", code="AMOUNT_NEGATIVE", field="limit")
    if amount.amount_minor > MAX_AMOUNT_MINOR:
        raise InvalidInput("The amount is too large.", code="AMOUNT_TOO_LARGE", field="limit")
    return amount.amount_minor


async def limit_minor(uow: UnitOfWork, currency: str) -> int | None:
    """The limit that a request in this currency would stand under now; None is none. The trigger on refunds says the same."""
    found = {row["currency"]: row["amount_minor"] for row in await queries.limits(uow)}
    limit: int | None = found.get(currency)
    if limit is None and any(each is not None for each in found.values()):
        return 0
    return limit


async def check_second_person(uow: UnitOfWork, refund: Any, member_id: UUID) -> None:
    """Raise `RuleViolation` (REFUND_NEEDS_SECOND_PERSON) where this member asked for it and may not approve it too."""
    if refund["requested_by"] != member_id:
        return
    alone_minor = await queries.approved_alone_minor(
        uow, refund["engagement_id"], member_id, without=refund["id"]
    )
    limit: int | None = refund["second_person_above_minor"]
    if rules.needs_second_person(
        refund["amount_minor"], limit_minor=limit, alone_minor=alone_minor
    ):
        assert limit is not None
        together = " together with what you approved before" if alone_minor else ""
        raise RuleViolation(
            f"You asked for this refund; above {Money(limit, refund['currency'])}{together} somebody else approves it.",
            code="REFUND_NEEDS_SECOND_PERSON",
            field="refundId",
            limit_minor=limit,
        )
