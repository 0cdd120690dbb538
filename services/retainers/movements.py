"""Money into a retainer, and out of it onto an invoice."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.ids import new_id
from db.queries import invoices as invoice_queries
from db.queries import retainers as queries
from db.tables.invoices import Invoice
from db.tables.retainers import Drawdown, Retainer, RetainerDeposit, RetainerRequest
from db.unit_of_work import UnitOfWork
from services import ledger
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.invoices.numbers import number_of
from services.ledger import JournalDraft, Line
from services.retainers import papers
from services.retainers.requests import require_open
from services.rules import retainers as rules
from services.rules.errors import NotFound, RuleViolation
from services.rules.money import Money, format_amount
from services.rules.movements import check_amount, check_currency, check_happened
from services.rules.text import clean_text


async def record_deposit(
    actor: Actor,
    request_id: UUID,
    *,
    amount: Money,
    received_on: date,
    bank_reference: str,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Enter what the client paid for a request: Dr bank / Cr retainer liability. Answers the deposit's id.

    It may be a part of what was asked for; several parts make up the whole, and the last one closes the request. More than was
    asked for is refused, because nobody agreed on it: ask for the rest by a request of its own, and record it there.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (AMOUNT_…, DATE, TEXT_…), `RuleViolation` (CURRENCY_MISMATCH,
    DEPOSIT_EXCEEDS_REQUEST with `open_minor`), `Conflict` (REQUEST_CLOSED), and what `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    check_amount(amount)
    check_happened(received_on, today, "receivedOn")
    reference = clean_text(bank_reference, "bankReference", max_length=140)

    async def effect(uow: UnitOfWork) -> UUID:
        return await _deposit(uow, request_id, amount, received_on, reference, now=now)

    return await keyed(
        actor,
        key=idempotency_key,
        operation="record_deposit",
        request={
            "request_id": request_id,
            "amount": amount,
            "received_on": received_on,
            "bank_reference": reference,
        },
        now=now,
        effect=effect,
    )


async def _deposit(
    uow: UnitOfWork,
    request_id: UUID,
    amount: Money,
    received_on: date,
    bank_reference: str,
    *,
    now: datetime,
) -> UUID:
    seen = await queries.request_by_id(uow, request_id)
    if seen is None:
        raise NotFound("No request with this id.", field="requestId")
    retainer = await _locked(uow, seen["retainer_id"])
    request = await queries.request_by_id(uow, request_id)
    assert request is not None
    require_open(request)
    check_currency(amount, retainer["currency"])
    open_minor = request["amount_minor"] - request["received_minor"]
    if amount.amount_minor > open_minor:
        still = Money(open_minor, retainer["currency"])
        raise RuleViolation(
            f"{still} is still open on this request; ask for more by a request of its own.",
            code="DEPOSIT_EXCEEDS_REQUEST",
            field="amount",
            open_minor=open_minor,
        )
    await RetainerRequest.update(
        {
            "received_minor": request["received_minor"] + amount.amount_minor,
            "status": "received" if amount.amount_minor == open_minor else "requested",
            "version": request["version"] + 1,
            "updated_at": now,
        }
    ).where(RetainerRequest.tenant_id == uow.tenant_id, RetainerRequest.id == request_id)
    await _change(
        uow,
        retainer,
        {
            "status": "active",
            "deposited_minor": retainer["deposited_minor"] + amount.amount_minor,
        },
        now,
    )
    deposit_id = new_id()
    bank = await ledger.account_for(uow, "bank", amount.currency, now=now)
    held = await _account(uow, retainer, now)
    posted = await ledger.post(
        uow,
        JournalDraft(
            "retainer_deposit",
            f"Deposit for request {papers.number_of(request['number'])}: {bank_reference}",
            received_on,
            (Line.debit(bank.id, amount), Line.credit(held.id, amount)),
            "retainer_deposit",
            deposit_id,
        ),
        now=now,
    )
    await RetainerDeposit.insert(
        RetainerDeposit(
            tenant_id=uow.tenant_id,
            id=deposit_id,
            retainer_id=retainer["id"],
            retainer_request_id=request_id,
            amount_minor=amount.amount_minor,
            received_on=received_on,
            bank_reference=bank_reference,
            journal_id=posted.id,
            recorded_at=now,
        )
    )
    return deposit_id


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

    Without an amount it is as much as both sides allow. Never more than the invoice still owes, nor than the retainer has on
    that date and on every later one, less what is promised to refunds. Answers the drawdown's id.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (AMOUNT_…, DATE), `RuleViolation` (CURRENCY_MISMATCH, RETAINER_MISMATCH,
    INVOICE_NOT_ISSUED, RETAINER_OVERDRAWN with `available_minor`, DRAWDOWN_EXCEEDS_OPEN, NOTHING_TO_DRAW), and what
    `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    if amount is not None:
        check_amount(amount)
    check_happened(on, today, "on")

    async def effect(uow: UnitOfWork) -> UUID:
        return await _drawdown(uow, retainer_id, invoice_id, amount, on, now=now)

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
    now: datetime,
) -> UUID:
    retainer = await _locked(uow, retainer_id)
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
    available_minor = await available(uow, retainer, on=on)
    open_minor = invoice["payable_minor"] - invoice["paid_minor"] - invoice["drawn_minor"]
    amount = _amount(retainer, asked, available_minor, open_minor)
    await _change(
        uow, retainer, {"drawn_minor": retainer["drawn_minor"] + amount.amount_minor}, now
    )
    await Invoice.update(
        {
            "drawn_minor": invoice["drawn_minor"] + amount.amount_minor,
            "version": invoice["version"] + 1,
            "updated_at": now,
        }
    ).where(Invoice.tenant_id == uow.tenant_id, Invoice.id == invoice_id)
    drawdown_id = new_id()
    held = await _account(uow, retainer, now)
    receivable = await ledger.account_for(
        uow, "receivable", amount.currency, client_id=invoice["client_id"], now=now
    )
    posted = await ledger.post(
        uow,
        JournalDraft(
            "drawdown",
            f"Retainer applied to invoice {number_of(invoice)}",
            on,
            (Line.debit(held.id, amount), Line.credit(receivable.id, amount)),
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
            effective_on=on,
            journal_id=posted.id,
            recorded_at=now,
        )
    )
    return drawdown_id


def _amount(retainer: Any, asked: Money | None, available_minor: int, open_minor: int) -> Money:
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


async def available(uow: UnitOfWork, retainer: Any, *, on: date) -> int:
    """What may be taken from a locked retainer with this effective date: what is free of it now, and there on every date since."""
    free_minor: int = (
        retainer["deposited_minor"]
        - retainer["drawn_minor"]
        - retainer["refund_pending_minor"]
        - retainer["refunded_minor"]
    )
    found = await ledger.balances(uow, codes=["retainer_liability"], subject_ids=[retainer["id"]])
    if not found:
        return 0
    return max(0, min(free_minor, await ledger.available(uow, found[0].account.id, on=on)))


async def _locked(uow: UnitOfWork, retainer_id: UUID) -> asyncpg.Record:
    retainer = await queries.lock_retainer(uow, retainer_id)
    if retainer is None:
        raise NotFound("No retainer with this id.", field="retainerId")
    return retainer


async def _change(uow: UnitOfWork, retainer: Any, values: dict[Any, Any], now: datetime) -> None:
    await Retainer.update({**values, "version": retainer["version"] + 1, "updated_at": now}).where(
        Retainer.tenant_id == uow.tenant_id, Retainer.id == retainer["id"]
    )


async def _account(uow: UnitOfWork, retainer: Any, now: datetime) -> ledger.Account:
    return await ledger.account_for(
        uow,
        "retainer_liability",
        retainer["currency"],
        subject_id=retainer["id"],
        client_id=retainer["client_id"],
        now=now,
    )
