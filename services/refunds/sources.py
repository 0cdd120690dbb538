"""What a refund comes out of: a retainer or a payment, locked, and the columns that cap it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.queries import invoices as invoice_queries
from db.queries import refunds as queries
from db.queries import retainers as retainer_queries
from db.tables.invoices import Payment
from db.tables.retainers import Retainer
from db.unit_of_work import UnitOfWork
from services.rules.errors import NotFound, Stale


def is_retainer(source: Any) -> bool:
    """Whether the source is a retainer; else it is a payment."""
    return "deposited_minor" in source


def captured(source: Any) -> int:
    """What could ever go back: of a retainer what was not drawn, earned or moved on, of a payment all of it."""
    amount: int = (
        source["deposited_minor"]
        + source["transferred_in_minor"]
        - source["transferred_out_minor"]
        - source["earned_minor"]
        - source["drawn_minor"]
        if is_retainer(source)
        else source["amount_minor"]
    )
    return amount


async def locked(
    uow: UnitOfWork, retainer_id: UUID | None, payment_id: UUID | None
) -> asyncpg.Record:
    """The source under its lock. Raises `NotFound`."""
    if retainer_id is not None:
        source = await retainer_queries.lock_retainer(uow, retainer_id)
    else:
        assert payment_id is not None
        source = await invoice_queries.lock_payment(uow, payment_id)
    if source is None:
        raise NotFound("What the refund comes out of is not there.")
    return source


async def change(
    uow: UnitOfWork,
    source: Any,
    *,
    pending_minor: int = 0,
    refunded_minor: int = 0,
    now: datetime,
) -> None:
    """Move what is promised and what is refunded of a locked source by these differences."""
    values: dict[Any, Any] = {
        "refund_pending_minor": source["refund_pending_minor"] + pending_minor,
        "refunded_minor": source["refunded_minor"] + refunded_minor,
    }
    if is_retainer(source):
        values |= {"version": source["version"] + 1, "updated_at": now}
        await Retainer.update(values).where(
            Retainer.tenant_id == uow.tenant_id, Retainer.id == source["id"]
        )
    else:
        await Payment.update(values).where(
            Payment.tenant_id == uow.tenant_id, Payment.id == source["id"]
        )


async def locked_refund(uow: UnitOfWork, refund_id: UUID, expected_version: int) -> asyncpg.Record:
    """The refund under its lock, at the version the caller saw. Raises `NotFound`, `Stale` (STALE_VERSION)."""
    refund = await queries.lock_refund(uow, refund_id)
    if refund is None:
        raise NotFound("No refund with this id.", field="refundId")
    if refund["version"] != expected_version:
        raise Stale(
            "The refund was changed meanwhile.",
            code="STALE_VERSION",
            field="expectedVersion",
            current_version=refund["version"],
        )
    return refund
