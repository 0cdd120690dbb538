"""Paying a refund out, and what happens when that fails."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.ids import new_id
from db.queries import refunds as queries
from db.tables.refunds import Refund, RefundAttempt
from db.unit_of_work import UnitOfWork
from services import ledger
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.ledger import JournalDraft, Line
from services.refunds import sources
from services.refunds.numbers import number_of
from services.retainers import accounts as retainer_accounts
from services.rules import refunds as rules
from services.rules.errors import Conflict, Forbidden, InvalidInput, NotFound
from services.rules.money import Money
from services.rules.movements import check_happened
from services.rules.text import clean_text


async def settle_refund(
    actor: Actor,
    refund_id: UUID,
    *,
    settled_on: date,
    bank_reference: str,
    method: str = "bank",
    expected_version: int,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Enter that an approved refund left the bank on `settled_on`: Dr what it comes out of / Cr bank.

    `method` is one of `rules.RefundMethod`. Raises `Forbidden`, `NotFound`, `InvalidInput` (DATE, TEXT_…, METHOD_INVALID), `Stale`
    (STALE_VERSION), `Conflict` (REFUND_NOT_APPROVED), and what `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    check_happened(settled_on, today, "settledOn")
    reference = clean_text(bank_reference, "bankReference", max_length=140)
    if method not in tuple(rules.RefundMethod):
        raise InvalidInput(
            f"A method is one of {', '.join(rules.RefundMethod)}.",
            code="METHOD_INVALID",
            field="method",
        )

    async def effect(uow: UnitOfWork) -> UUID:
        return await settle(
            uow,
            actor,
            refund_id,
            settled_on=settled_on,
            reference=reference,
            method=method,
            expected_version=expected_version,
            now=now,
        )

    return await keyed(
        actor,
        key=idempotency_key,
        operation="settle_refund",
        request={
            "refund_id": refund_id,
            "settled_on": settled_on,
            "bank_reference": reference,
            "method": method,
            "expected_version": expected_version,
        },
        now=now,
        effect=effect,
    )


async def settle(
    uow: UnitOfWork,
    actor: Actor,
    refund_id: UUID,
    *,
    settled_on: date,
    reference: str,
    method: str,
    expected_version: int,
    now: datetime,
) -> UUID:
    """`settle_refund` in the caller's transaction, its values cleaned."""
    source, refund = await _locked(uow, refund_id, expected_version, {"approved"})
    check_happened(settled_on, settled_on, "settledOn", earliest=refund["decided_on"])
    amount_minor, attempt_id = refund["amount_minor"], new_id()
    await sources.change(
        uow, source, pending_minor=-amount_minor, refunded_minor=amount_minor, now=now
    )
    posted = await ledger.post(
        uow,
        JournalDraft(
            "refund",
            f"Refund {number_of(refund['number'])}: {reference}",
            settled_on,
            await _lines(uow, source, refund, settled_on, now),
            "refund_attempt",
            attempt_id,
        ),
        now=now,
    )
    await _attempt(
        refund,
        actor,
        attempt_id,
        outcome="settled",
        method=method,
        on=settled_on,
        note=reference,
        journal_id=posted.id,
        now=now,
    )
    await _change(
        refund,
        {
            "status": "settled",
            "settled_on": settled_on,
            "bank_reference": reference,
            "method": method,
            "journal_id": posted.id,
        },
        now,
    )
    return refund_id


async def fail_refund(
    actor: Actor,
    refund_id: UUID,
    *,
    failed_on: date,
    reason: str,
    expected_version: int,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Enter that an approved refund could not be paid, or that a settled one came back: then a further entry takes it back.

    The money is free again where it came from; `retry_refund` sets it aside once more. Raises `Forbidden`, `NotFound`,
    `InvalidInput` (DATE, TEXT_…), `Stale` (STALE_VERSION), `Conflict` (REFUND_NOT_APPROVED), and what `ledger.reverse` and
    `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    check_happened(failed_on, today, "failedOn")
    why = clean_text(reason, "reason", max_length=500)

    async def effect(uow: UnitOfWork) -> UUID:
        source, refund = await _locked(uow, refund_id, expected_version, {"approved", "settled"})
        earliest = refund["settled_on"] or refund["decided_on"]
        check_happened(failed_on, today, "failedOn", earliest=earliest)
        amount_minor, reversal = refund["amount_minor"], None
        if refund["journal_id"] is None:
            await sources.change(uow, source, pending_minor=-amount_minor, now=now)
        else:
            await sources.change(uow, source, refunded_minor=-amount_minor, now=now)
            reversal = await ledger.reverse(
                uow,
                refund["journal_id"],
                effective_date=failed_on,
                description=f"Refund {number_of(refund['number'])} failed: {why}"[:500],
                now=now,
            )
        await _attempt(
            refund,
            actor,
            new_id(),
            outcome="returned" if reversal else "failed",
            method=refund["method"] or ("bank" if reversal else ""),
            on=failed_on,
            note=why,
            journal_id=reversal.id if reversal else None,
            now=now,
        )
        await _change(
            refund,
            {
                "status": "failed",
                "failed_on": failed_on,
                "failure_reason": why,
                "reversal_journal_id": reversal.id if reversal else None,
            },
            now,
        )
        return refund_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="fail_refund",
        request={
            "refund_id": refund_id,
            "failed_on": failed_on,
            "reason": why,
            "expected_version": expected_version,
        },
        now=now,
        effect=effect,
    )


async def _attempt(
    refund: Any,
    actor: Actor,
    attempt_id: UUID,
    *,
    outcome: str,
    method: str,
    on: date,
    note: str,
    journal_id: UUID | None,
    now: datetime,
) -> None:
    await RefundAttempt.insert(
        RefundAttempt(
            tenant_id=refund["tenant_id"],
            id=attempt_id,
            refund_id=refund["id"],
            attempt=refund["attempt"],
            outcome=outcome,
            method=method,
            happened_on=on,
            note=note,
            journal_id=journal_id,
            member_id=_member(actor),
            recorded_at=now,
        )
    )


def _member(actor: Actor) -> UUID:
    if actor.member_id is None:
        raise Forbidden("A refund is settled by a member of the practice.")
    return actor.member_id


async def _locked(
    uow: UnitOfWork, refund_id: UUID, expected_version: int, statuses: set[str]
) -> tuple[asyncpg.Record, asyncpg.Record]:
    seen = await queries.refund_by_id(uow, refund_id)
    if seen is None:
        raise NotFound("No refund with this id.", field="refundId")
    source = await sources.locked(uow, sources.SourceIds.of(seen))
    refund = await sources.locked_refund(uow, refund_id, expected_version)
    if refund["status"] not in statuses:
        raise Conflict(f"This refund is {refund['status']}.", code="REFUND_NOT_APPROVED")
    return source, refund


async def _lines(
    uow: UnitOfWork, source: Any, refund: Any, settled_on: date, now: datetime
) -> tuple[Line, ...]:
    currency, client_id = refund["currency"], refund["client_id"]
    bank = await ledger.account_for(uow, "bank", currency, now=now)
    out = Line.credit(bank.id, Money(refund["amount_minor"], currency))
    if sources.is_retainer(source):
        held = await ledger.account_for(
            uow,
            "retainer_liability",
            currency,
            subject_id=source["id"],
            client_id=client_id,
            now=now,
        )
        taxes = await retainer_accounts.tax_back_lines(
            uow, source, refund["amount_minor"], on=settled_on, now=now
        )
        return (Line.debit(held.id, Money(refund["amount_minor"], currency)), out, *taxes)
    if not sources.is_payment(source):
        credit = await ledger.account_for(
            uow, "client_credit", currency, client_id=client_id, now=now
        )
        return (Line.debit(credit.id, Money(refund["amount_minor"], currency)), out)
    unapplied_minor, tax_minor = refund["unapplied_minor"], refund["tax_minor"]
    net_minor = refund["amount_minor"] - unapplied_minor - tax_minor
    debits: list[Line] = []
    parts: tuple[tuple[ledger.AccountCode, int, UUID | None], ...] = (
        ("unapplied_receipts", unapplied_minor, client_id),
        ("refunds", net_minor, None),
        ("tax_payable", tax_minor, None),
    )
    for code, amount_minor, whose in parts:
        if amount_minor:
            account = await ledger.account_for(uow, code, currency, client_id=whose, now=now)
            debits.append(Line.debit(account.id, Money(amount_minor, currency)))
    return (*debits, out)


async def _change(refund: Any, values: dict[Any, Any], now: datetime) -> None:
    await Refund.update({**values, "version": refund["version"] + 1, "updated_at": now}).where(
        Refund.tenant_id == refund["tenant_id"], Refund.id == refund["id"]
    )
