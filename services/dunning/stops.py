"""Why an invoice is not reminded of: somebody holds it for now, the client disputes it, or the owner lets it be."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from db.ids import new_id
from db.queries import dunning as queries
from db.queries import invoices as invoice_queries
from db.tables.dunning import DunningStop
from db.unit_of_work import UnitOfWork, unit_of_work
from services.actor import WRITERS, Actor
from services.invoices.numbers import open_minor
from services.rules.errors import Conflict, InvalidInput, NotFound, RuleViolation
from services.rules.money import Money
from services.rules.movements import check_amount, check_currency
from services.rules.text import clean_text

StopKind = Literal["hold", "dispute", "waiver"]


async def stop_dunning(
    actor: Actor,
    invoice_id: UUID,
    kind: StopKind,
    *,
    reason: str,
    disputed: Money | None = None,
    now: datetime,
) -> UUID:
    """Send no notice on an invoice until this ends. A dispute is about the whole or the sum given; a waiver is the owner's.

    Answers the invoice's id. Raises `Forbidden`, `NotFound`, `InvalidInput`, `RuleViolation` (INVOICE_NOT_ISSUED,
    CURRENCY_MISMATCH, DISPUTE_OVER_DEBT), `Conflict` (ALREADY_STOPPED).
    """
    if kind == "waiver":
        actor.require("owner")
    actor.require(*WRITERS)
    why = clean_text(reason, "reason", max_length=1000, lines=True)
    if disputed is not None:
        check_amount(disputed, "disputed")
        if kind != "dispute":
            raise InvalidInput(
                "Only a dispute is about a sum.", code="STOP_INVALID", field="disputed"
            )
    async with unit_of_work(actor.scope()) as uow:
        invoice = await invoice_queries.lock_invoice(uow, invoice_id)
        if invoice is None:
            raise NotFound("No invoice with this id.", field="invoiceId")
        if invoice["status"] != "issued":
            raise RuleViolation("The invoice is not issued.", code="INVOICE_NOT_ISSUED")
        if disputed is not None:
            check_currency(disputed, invoice["currency"], "disputed")
            if disputed.amount_minor > open_minor(invoice):
                raise RuleViolation(
                    "More is disputed than is owed.", code="DISPUTE_OVER_DEBT", field="disputed"
                )
        if kind in await open_kinds(uow, invoice_id):
            raise Conflict(f"There is a {kind} on this invoice.", code="ALREADY_STOPPED")
        await DunningStop.insert(
            DunningStop(
                tenant_id=uow.tenant_id,
                id=new_id(),
                invoice_id=invoice_id,
                kind=kind,
                reason=why,
                disputed_minor=disputed.amount_minor if disputed else None,
                member_id=actor.member_id,
                began_at=now,
            )
        )
    return invoice_id


async def resume_dunning(
    actor: Actor, invoice_id: UUID, kind: StopKind, *, outcome: str = "", now: datetime
) -> UUID:
    """End a hold, a dispute or a waiver, with how it came out. Answers the invoice's id.

    Raises `Forbidden`, `NotFound`, `InvalidInput`, `Conflict` (NOT_STOPPED).
    """
    if kind == "waiver":
        actor.require("owner")
    actor.require(*WRITERS)
    said = clean_text(outcome, "outcome", max_length=1000, required=False, lines=True)
    async with unit_of_work(actor.scope()) as uow:
        if await invoice_queries.lock_invoice(uow, invoice_id) is None:
            raise NotFound("No invoice with this id.", field="invoiceId")
        rows = await queries.rows_of_invoices(uow, "dunning_stop", [invoice_id])
        still = [row for row in rows if row["kind"] == kind and row["ended_at"] is None]
        if not still:
            raise Conflict(f"There is no {kind} on this invoice.", code="NOT_STOPPED")
        await DunningStop.update(
            {
                "ended_at": now,
                "ended_by": actor.member_id,
                "outcome": said,
                "version": still[0]["version"] + 1,
            }
        ).where(DunningStop.tenant_id == uow.tenant_id, DunningStop.id == still[0]["id"])
    return invoice_id


async def open_kinds(uow: UnitOfWork, invoice_id: UUID) -> set[str]:
    """The stops that hold on an invoice."""
    rows = await queries.rows_of_invoices(uow, "dunning_stop", [invoice_id])
    return {row["kind"] for row in rows if row["ended_at"] is None}


async def undisputed_minor(uow: UnitOfWork, invoices: Sequence[Any]) -> dict[UUID, int]:
    """What each of these invoices owes beyond dispute, in minor units; nothing where the whole is disputed."""
    by_id = {row["id"]: row for row in invoices}
    left = {key: open_minor(row) for key, row in by_id.items()}
    for stop in await queries.rows_of_invoices(uow, "dunning_stop", list(by_id)):
        if stop["kind"] == "dispute" and stop["ended_at"] is None:
            taken = stop["disputed_minor"]
            key = stop["invoice_id"]
            left[key] = 0 if taken is None else max(left[key] - taken, 0)
    return left
