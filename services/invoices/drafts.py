"""Drafting an invoice from accepted items, and discarding a draft."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.ids import new_id
from db.queries import engagements as engagement_queries
from db.queries import invoices as queries
from db.queries import scopes as scope_queries
from db.tables.invoices import Invoice, InvoiceLine
from db.unit_of_work import UnitOfWork, unit_of_work
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.rules import invoices as rules
from services.rules.errors import Conflict, InvalidInput, NotFound, RuleViolation, Stale
from services.rules.scope import Scope
from services.scopes.rows import scope_item


async def draft_invoice(
    actor: Actor,
    engagement_id: UUID,
    *,
    item_keys: Sequence[str] | None = None,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Draft an invoice of these accepted items, or of all that are accepted, carry a fee and are not billed yet.

    Raises `Forbidden`, `NotFound` (also ITEM_NOT_FOUND for what no signed paper brought into the current scope), `InvalidInput`
    (INVOICE_EMPTY), `RuleViolation` (ITEM_IS_SUMMARY, ITEM_NOT_ACCEPTED, ITEM_BILLED, NOTHING_TO_BILL, INVOICE_NEGATIVE), and
    what `idempotency.keyed` raises.
    """
    actor.require(*MONEY)
    keys = None if item_keys is None else list(item_keys)

    async def effect(uow: UnitOfWork) -> UUID:
        engagement = await engagement_queries.lock_engagement(uow, engagement_id)
        if engagement is None:
            raise NotFound("No engagement with this id.", field="engagementId")
        return await _draft(uow, engagement, keys, today, now)

    return await keyed(
        actor,
        key=idempotency_key,
        operation="draft_invoice",
        request={"engagement_id": engagement_id, "item_keys": keys},
        now=now,
        effect=effect,
    )


async def _draft(
    uow: UnitOfWork, engagement: Any, keys: Sequence[str] | None, today: date, now: datetime
) -> UUID:
    lines, accepted = await billable_lines(uow, engagement, keys)
    figures = rules.compute_invoice(
        lines,
        issued_on=today,
        terms=rules.PaymentTerms(engagement["payment_terms_days"]),
        retention_bps=engagement["retention_bps"],
    )
    if figures.gross_minor <= 0:
        raise RuleViolation("These items add up to nothing.", code="NOTHING_TO_BILL")
    invoice_id = new_id()
    await Invoice.insert(
        Invoice(
            tenant_id=uow.tenant_id,
            id=invoice_id,
            engagement_id=engagement["id"],
            client_id=engagement["client_id"],
            scope_version_id=engagement["current_scope_version_id"],
            status="draft",
            currency=engagement["currency"],
            net_minor=figures.net_minor,
            tax_minor=figures.tax_minor,
            total_minor=figures.gross_minor,
            retention_bps=engagement["retention_bps"],
            retention_minor=figures.retention_minor,
            payable_minor=figures.payable_minor,
            paid_minor=0,
            drawn_minor=0,
            created_at=now,
            updated_at=now,
        )
    )
    await InvoiceLine.insert(
        *(
            InvoiceLine(
                tenant_id=uow.tenant_id,
                id=new_id(),
                invoice_id=invoice_id,
                engagement_id=engagement["id"],
                scope_version_id=engagement["current_scope_version_id"],
                item_key=line.item_key,
                acceptance_id=accepted[str(line.item_key)],
                position=position,
                title=line.description,
                net_minor=line.net_minor,
                tax_code=line.tax_code,
                tax_bps=line.tax_bps,
                tax_minor=line.tax_minor,
                is_live=True,
            )
            for position, line in enumerate(figures.lines, start=1)
        )
    )
    return invoice_id


async def billable_lines(
    uow: UnitOfWork, engagement: Any, keys: Sequence[str] | None
) -> tuple[tuple[rules.InvoiceDraftLine, ...], dict[str, UUID]]:
    """The lines that bill these items, and the acceptance of each accepted item. The engagement is locked.

    Raises what `draft_invoice` says of items.
    """
    version_id = engagement["current_scope_version_id"]
    rows = await scope_queries.items_of(uow, [version_id]) if version_id else []
    leaves = await scope_queries.billable_items(uow, engagement["id"])
    accepted = {row["item_key"]: row["acceptance_id"] for row in leaves if row["acceptance_id"]}
    billed = {row["item_key"] for row in await queries.billed_lines(uow, engagement["id"])}
    if keys is None:
        keys = [
            row["item_key"]
            for row in leaves
            if row["acceptance_id"] and row["fee_minor"] and row["item_key"] not in billed
        ]
        if not keys:
            raise RuleViolation(
                "Nothing is accepted that carries a fee and is not billed yet.",
                code="NOTHING_TO_BILL",
            )
    if len(set(keys)) != len(keys):
        raise InvalidInput("An item stands twice.", code="INVOICE_EMPTY", field="itemKeys")
    scope = Scope(items=tuple(scope_item(row) for row in rows))
    fees = {row["item_key"]: row["fee_minor"] for row in rows}
    lines = rules.lines_of_items(
        scope,
        keys,
        accepted_keys=accepted.keys(),
        # An item is billed once and whole; what was billed of it leaves nothing.
        billed_minor={key: fees.get(key, 0) for key in billed},
    )
    return lines, accepted


async def discard_invoice(
    actor: Actor, invoice_id: UUID, *, expected_version: int, now: datetime
) -> UUID:
    """Discard a draft, so that its items can be billed again. An issued invoice stands.

    Raises `Forbidden`, `NotFound`, `Stale` (STALE_VERSION), `Conflict` (INVOICE_NOT_DRAFT).
    """
    actor.require(*MONEY)
    async with unit_of_work(actor.scope()) as uow:
        invoice = await locked_draft(uow, invoice_id, expected_version)
        await Invoice.update(
            {"status": "discarded", "version": invoice["version"] + 1, "updated_at": now}
        ).where(Invoice.tenant_id == uow.tenant_id, Invoice.id == invoice_id)
        await InvoiceLine.update({"is_live": False}).where(
            InvoiceLine.tenant_id == uow.tenant_id, InvoiceLine.invoice_id == invoice_id
        )
    return invoice_id


async def locked_draft(uow: UnitOfWork, invoice_id: UUID, expected_version: int) -> asyncpg.Record:
    """The draft under its engagement's lock and its own, at the version the caller saw.

    Raises `NotFound`, `Stale` (STALE_VERSION), `Conflict` (INVOICE_NOT_DRAFT).
    """
    seen = await queries.invoice_by_id(uow, invoice_id)
    if seen is not None:
        await engagement_queries.lock_engagement(uow, seen["engagement_id"])
    invoice = await queries.lock_invoice(uow, invoice_id)
    if invoice is None:
        raise NotFound("No invoice with this id.", field="invoiceId")
    if invoice["status"] != "draft":
        raise Conflict(f"This invoice is {invoice['status']}.", code="INVOICE_NOT_DRAFT")
    if invoice["version"] != expected_version:
        raise Stale(
            "The invoice was changed meanwhile.",
            code="STALE_VERSION",
            field="expectedVersion",
            current_version=invoice["version"],
        )
    return invoice
