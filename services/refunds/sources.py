"""What a refund comes out of: a retainer, a payment or a credit note, locked, and the columns that cap it."""

from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.queries import payments as payment_queries
from db.queries import refunds as queries
from db.queries import retainers as retainer_queries
from db.tables.credit_notes import CreditNote
from db.tables.payments import Payment
from db.tables.retainers import Retainer
from db.unit_of_work import UnitOfWork
from services.rules.errors import InvalidInput, NotFound, Stale


def is_retainer(source: Any) -> bool:
    """Whether the source is a retainer."""
    return "deposited_minor" in source


def is_payment(source: Any) -> bool:
    """Whether the source is a payment of an invoice: then the refund itself takes back what was earned."""
    return "received_on" in source


def captured(source: Any) -> int:
    """What could ever go back: of a retainer what was not drawn, earned or moved on, of a payment what is on no invoice or on the
    one that it named, of a credit note the part that is to be refunded."""
    if not is_retainer(source) and not is_payment(source):
        back: int = source["refund_minor"]
        return back
    amount: int = (
        source["deposited_minor"]
        + source["transferred_in_minor"]
        - source["transferred_out_minor"]
        - source["earned_minor"]
        - source["drawn_minor"]
        if is_retainer(source)
        else source["refundable_minor"]
    )
    return amount


def left(source: Any) -> int:
    """What of it was neither refunded nor promised."""
    rest: int = captured(source) - source["refunded_minor"] - source["refund_pending_minor"]
    return rest


@dataclass(frozen=True, slots=True)
class SourceIds:
    """Which retainer, payment or credit note; exactly one is given."""

    retainer_id: UUID | None = None
    payment_id: UUID | None = None
    credit_note_id: UUID | None = None

    def __post_init__(self) -> None:
        """Refuse none and several."""
        if len([each for each in astuple(self) if each is not None]) != 1:
            raise InvalidInput(
                "A refund comes out of one retainer, one payment or one credit note.",
                code="SOURCE_INVALID",
                field="retainerId",
            )

    @classmethod
    def of(cls, refund: Any) -> "SourceIds":
        """Those of a refund's row."""
        return cls(refund["retainer_id"], refund["payment_id"], refund["credit_note_id"])


async def found(uow: UnitOfWork, ids: SourceIds) -> asyncpg.Record:
    """The source, not locked. Raises `NotFound`."""
    source: asyncpg.Record | None
    if ids.retainer_id is not None:
        name, source = "retainer", await retainer_queries.retainer_by_id(uow, ids.retainer_id)
    elif ids.payment_id is not None:
        name, source = "payment", await payment_queries.payment_by_id(uow, ids.payment_id)
    else:
        assert ids.credit_note_id is not None
        name, source = "credit note", await queries.credit_note_by_id(uow, ids.credit_note_id)
    if source is None:
        field = {"retainer": "retainerId", "payment": "paymentId"}.get(name, "creditNoteId")
        raise NotFound(f"No {name} with this id.", field=field)
    return source


async def locked(uow: UnitOfWork, ids: SourceIds) -> asyncpg.Record:
    """The source under its lock. Raises `NotFound`."""
    source: asyncpg.Record | None
    if ids.retainer_id is not None:
        source = await retainer_queries.lock_retainer(uow, ids.retainer_id)
    elif ids.payment_id is not None:
        source = await payment_queries.lock_payment(uow, ids.payment_id)
    else:
        assert ids.credit_note_id is not None
        source = await queries.lock_credit_note(uow, ids.credit_note_id)
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
    elif is_payment(source):
        await Payment.update(values).where(
            Payment.tenant_id == uow.tenant_id, Payment.id == source["id"]
        )
    else:
        await CreditNote.update(values).where(
            CreditNote.tenant_id == uow.tenant_id, CreditNote.id == source["id"]
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
