"""Retainer money onto an invoice."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from db.ids import new_id
from db.queries import engagements as engagement_queries
from db.queries import invoices as invoice_queries
from db.tables.invoices import Invoice
from db.tables.retainers import Drawdown
from db.unit_of_work import UnitOfWork
from services import ledger
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.invoices import numbers as invoice_numbers
from services.invoices.numbers import number_of
from services.ledger import JournalDraft, Line
from services.retainers import accounts
from services.retainers.replenishing import replenish
from services.rules import retainers as rules
from services.rules.errors import NotFound, RuleViolation
from services.rules.money import Money, format_amount
from services.rules.movements import check_amount, check_currency, check_happened


async def drawdown(
    actor: Actor,
    retainer_id: UUID,
    invoice_id: UUID,
    *,
    amount: Money | None = None,
    on: date,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Apply retainer money to an issued invoice of the same engagement: Dr retainer liability / Cr receivable.

    Tax that was due when the money came in is taken off again (Dr tax payable / Cr deposit tax), because the invoice carries the
    tax of the whole work. An evergreen retainer that falls below its floor asks for its top-up in the same transaction. Security
    pays once the work has ended.

    Without an amount it is as much as both sides allow. Never more than the invoice still owes, nor than the retainer has on
    that date and on every later one, less what is promised to refunds. Answers the drawdown's id.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (AMOUNT_…, DATE), `RuleViolation` (CURRENCY_MISMATCH, RETAINER_MISMATCH,
    INVOICE_NOT_ISSUED, RETAINER_KIND_NOT_DRAWN, RETAINER_OVERDRAWN with `available_minor`, DRAWDOWN_EXCEEDS_OPEN, NOTHING_TO_DRAW), and what
    `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    if amount is not None:
        check_amount(amount)
    check_happened(on, today, "on")

    async def effect(uow: UnitOfWork) -> UUID:
        return await _drawdown(uow, retainer_id, invoice_id, amount, on, today=today, now=now)

    return await keyed(
        actor,
        key=idempotency_key,
        operation="drawdown",
        request={
            "retainer_id": retainer_id,
            "invoice_id": invoice_id,
            "amount": amount,
            "on": on,
        },
        now=now,
        effect=effect,
    )


async def _drawdown(
    uow: UnitOfWork,
    retainer_id: UUID,
    invoice_id: UUID,
    asked: Money | None,
    on: date,
    *,
    today: date,
    now: datetime,
) -> UUID:
    retainer = await accounts.locked(uow, retainer_id)
    invoice = await invoice_queries.lock_invoice(uow, invoice_id)
    if invoice is None:
        raise NotFound("No invoice with this id.", field="invoiceId")
    if invoice["engagement_id"] != retainer["engagement_id"]:
        raise RuleViolation(
            "The retainer was paid for another engagement.",
            code="RETAINER_MISMATCH",
            field="retainerId",
        )
    if invoice["status"] != "issued":
        raise RuleViolation("The invoice is not issued.", code="INVOICE_NOT_ISSUED")
    check_happened(on, on, "on", earliest=invoice["issue_date"])
    available_minor = await accounts.available(uow, retainer, on=on)
    open_minor = invoice_numbers.open_minor(invoice)
    amount = _amount(retainer, asked, available_minor, open_minor, await _has_ended(uow, retainer))
    tax_minor = await accounts.tax_in_part(uow, retainer, amount.amount_minor, on=on)
    await accounts.change(
        uow, retainer, {"drawn_minor": retainer["drawn_minor"] + amount.amount_minor}, now
    )
    await Invoice.update(
        {
            "drawn_minor": invoice["drawn_minor"] + amount.amount_minor,
            "version": invoice["version"] + 1,
            "updated_at": now,
        }
    ).where(Invoice.tenant_id == uow.tenant_id, Invoice.id == invoice_id)
    # Before the ledger: a request takes a number, and numbers are locked before the books.
    await replenish(uow, retainer_id, today=today, now=now)
    drawdown_id = new_id()
    held = await accounts.liability(uow, retainer, now)
    receivable = await ledger.account_for(
        uow, "receivable", amount.currency, client_id=invoice["client_id"], now=now
    )
    posted = await ledger.post(
        uow,
        JournalDraft(
            "drawdown",
            f"Retainer applied to invoice {number_of(invoice)}",
            on,
            (
                Line.debit(held.id, amount),
                Line.credit(receivable.id, amount),
                *await accounts.tax_lines(uow, retainer, -tax_minor, now),
            ),
            "drawdown",
            drawdown_id,
        ),
        now=now,
    )
    await Drawdown.insert(
        Drawdown(
            tenant_id=uow.tenant_id,
            id=drawdown_id,
            retainer_id=retainer_id,
            invoice_id=invoice_id,
            amount_minor=amount.amount_minor,
            tax_minor=tax_minor,
            effective_on=on,
            journal_id=posted.id,
            recorded_at=now,
        )
    )
    return drawdown_id


async def _has_ended(uow: UnitOfWork, retainer: Any) -> bool:
    """Whether the retainer is being closed or its work has ended: then security may pay what stayed open."""
    if retainer["status"] == "closing":
        return True
    engagement = await engagement_queries.engagement_by_id(uow, retainer["engagement_id"])
    return engagement is not None and engagement["status"] in ("completed", "terminated")


def _amount(
    retainer: Any, asked: Money | None, available_minor: int, open_minor: int, has_ended: bool
) -> Money:
    currency = retainer["currency"]
    if asked is None:
        both_minor = rules.drawdown(available_minor, open_minor)
        if both_minor == 0:
            raise RuleViolation(
                "Either the retainer holds nothing or the invoice owes nothing.",
                code="NOTHING_TO_DRAW",
            )
        asked = Money(both_minor, currency)
    check_currency(asked, currency)
    try:
        rules.check_drawdown(
            rules.RetainerKind(retainer["kind"]),
            asked.amount_minor,
            balance_minor=available_minor,
            open_minor=open_minor,
            has_ended=has_ended,
        )
    except RuleViolation as refusal:
        limit_minor = {
            "RETAINER_OVERDRAWN": available_minor,
            "DRAWDOWN_EXCEEDS_OPEN": open_minor,
        }.get(refusal.code)
        if limit_minor is not None:
            limit = format_amount(Money(limit_minor, currency))
            refusal.message = f"{refusal.message} At most {limit} {currency}."
            refusal.details["limit_minor"] = limit_minor
        raise
    return asked
