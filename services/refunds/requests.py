"""Asking for a refund, and deciding on it."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson

from contracts import formats
from db.ids import new_id
from db.queries import engagements as engagement_queries
from db.queries import refunds as queries
from db.tables.refunds import Refund
from db.unit_of_work import UnitOfWork
from services import documents
from services.actor import MONEY, Actor
from services.billing_contacts import tell_billing
from services.idempotency import keyed
from services.refunds import memos, sources
from services.refunds.entitlements import ExplainedEntitlement, explain
from services.refunds.limits import check_second_person
from services.refunds.numbers import number_of
from services.refunds.parts import parts_of, proposed_credit
from services.rules import refunds as rules
from services.rules.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleViolation
from services.rules.money import Money
from services.rules.movements import check_amount, check_currency
from services.rules.retainers import TRAITS, RetainerKind
from services.rules.text import clean_text

REASONS: Final = tuple(rules.RefundReason)
"""Why money may go back."""


async def request_refund(
    actor: Actor,
    *,
    retainer_id: UUID | None = None,
    payment_id: UUID | None = None,
    credit_note_id: UUID | None = None,
    amount: Money,
    reason: str,
    reason_kind: str = "other",
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Ask for money to go back out of one retainer, one payment or one credit note; the amount is set aside until it is decided.

    `reason_kind` is one of `rules.RefundReason`. The practice's limit above which somebody else approves is kept with the request
    (by a trigger). Answers the refund's id. Raises `Forbidden`, `NotFound`, `InvalidInput` (SOURCE_INVALID, REASON_INVALID, AMOUNT_…,
    TEXT_…), `RuleViolation` (CURRENCY_MISMATCH, RETAINER_NOT_REFUNDABLE, REFUND_OVER_CAP and REFUND_OVER_INVOICE with `left_minor`,
    REFUND_OVER_ENTITLEMENT with `entitled_minor`), and what `idempotency.keyed` raises.
    """
    actor.require(*MONEY)
    check_amount(amount)
    why = clean_text(reason, "reason", max_length=1000, lines=True)
    if reason_kind not in REASONS:
        raise InvalidInput(
            f"A reason is one of {', '.join(REASONS)}.", code="REASON_INVALID", field="reasonKind"
        )
    ids = sources.SourceIds(retainer_id, payment_id, credit_note_id)

    async def effect(uow: UnitOfWork) -> UUID:
        source = await sources.found(uow, ids)
        engagement = await _engagement(uow, source["engagement_id"])
        source = await sources.locked(uow, ids)
        check_currency(amount, source["currency"])
        check_cap(source, amount.amount_minor)
        number = await queries.next_number(uow)
        parts = await parts_of(uow, source, amount.amount_minor, without=None)
        found = await explain(
            uow, engagement, proposed=await proposed_credit(uow, source, amount, parts, number)
        )
        check_entitlement(found, amount)
        await sources.change(uow, source, pending_minor=amount.amount_minor, now=now)
        refund_id = new_id()
        await Refund.insert(
            Refund(
                tenant_id=uow.tenant_id,
                id=refund_id,
                number=number,
                engagement_id=engagement["id"],
                client_id=engagement["client_id"],
                retainer_id=retainer_id,
                payment_id=payment_id,
                credit_note_id=credit_note_id,
                currency=amount.currency,
                amount_minor=amount.amount_minor,
                unapplied_minor=parts.unapplied_minor,
                tax_minor=parts.tax_minor,
                reason=why,
                reason_kind=reason_kind,
                status="requested",
                requested_on=today,
                requested_by=_member(actor),
                created_at=now,
                updated_at=now,
            )
        )
        return refund_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="request_refund",
        request={
            "retainer_id": retainer_id,
            "payment_id": payment_id,
            "credit_note_id": credit_note_id,
            "amount": amount,
            "reason": why,
            "reason_kind": reason_kind,
        },
        now=now,
        effect=effect,
    )


async def approve_refund(
    actor: Actor,
    refund_id: UUID,
    *,
    expected_version: int,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Approve a refund: the entitlement is worked out again and frozen with it, the memo is stored and mailed to the client.

    Above the limit it is not who asked; small refunds of one engagement that the same person asks for and approves count together.
    Raises `Forbidden`, `NotFound`, `Stale` (STALE_VERSION), `Conflict` (REFUND_DECIDED), `RuleViolation` (REFUND_OVER_ENTITLEMENT,
    REFUND_OVER_INVOICE, REFUND_NEEDS_SECOND_PERSON with `limit_minor`), and what `idempotency.keyed` raises.
    """
    actor.require(*MONEY)

    async def effect(uow: UnitOfWork) -> UUID:
        engagement, source, refund = await _locked_request(uow, refund_id, expected_version)
        await check_second_person(uow, refund, _member(actor))
        await _approve(uow, actor, engagement, source, refund, today=today, now=now)
        return refund_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="approve_refund",
        request={"refund_id": refund_id, "expected_version": expected_version},
        now=now,
        effect=effect,
    )


async def _approve(
    uow: UnitOfWork,
    actor: Actor,
    engagement: Any,
    source: Any,
    refund: Any,
    *,
    today: date,
    now: datetime,
) -> None:
    amount = Money(refund["amount_minor"], refund["currency"])
    parts = await parts_of(uow, source, amount.amount_minor, without=refund["id"])
    found = await explain(
        uow,
        engagement,
        without=refund["id"],
        proposed=await proposed_credit(uow, source, amount, parts, refund["number"]),
    )
    check_entitlement(found, amount)
    number = number_of(refund["number"])
    payload = await memos.memo(
        uow,
        actor,
        engagement,
        source=source,
        refund=refund,
        found=found,
        tax_minor=parts.tax_minor,
        today=today,
    )
    frozen = await documents.freeze(
        uow,
        kind="refund_memo",
        locale=engagement["locale"],
        number=number,
        version=1,
        client_id=engagement["client_id"],
        engagement_id=engagement["id"],
        subject_kind="refund",
        subject_id=refund["id"],
        payload=payload,
        now=now,
    )
    await Refund.update(
        {
            "status": "approved",
            "decided_on": today,
            "decided_by": _member(actor),
            "entitlement": orjson.dumps([asdict(line) for line in found.lines]).decode(),
            "entitlement_minor": found.entitled_minor,
            "document_id": frozen.id,
            "unapplied_minor": parts.unapplied_minor,
            "tax_minor": parts.tax_minor,
            "version": refund["version"] + 1,
            "updated_at": now,
        }
    ).where(Refund.tenant_id == uow.tenant_id, Refund.id == refund["id"])

    def write(locale: str) -> dict[str, Any]:
        return {
            "document_id": str(frozen.id),
            "document_number": number,
            "practice_name": payload["practice"]["name"],
            "engagement_name": engagement["name"],
            "amount": formats.money(payload["settlement"]["refund"], locale),
        }

    await tell_billing(uow, engagement["client_id"], kind="refund_approved", write=write, now=now)


async def reject_refund(
    actor: Actor,
    refund_id: UUID,
    *,
    expected_version: int,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Turn a request down; its amount is free again.

    Raises `Forbidden`, `NotFound`, `Stale` (STALE_VERSION), `Conflict` (REFUND_DECIDED), and what `idempotency.keyed` raises.
    """
    actor.require(*MONEY)

    async def effect(uow: UnitOfWork) -> UUID:
        _, source, refund = await _locked_request(uow, refund_id, expected_version)
        await sources.change(uow, source, pending_minor=-refund["amount_minor"], now=now)
        await Refund.update(
            {
                "status": "rejected",
                "decided_on": today,
                "decided_by": _member(actor),
                "version": refund["version"] + 1,
                "updated_at": now,
            }
        ).where(Refund.tenant_id == uow.tenant_id, Refund.id == refund_id)
        return refund_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="reject_refund",
        request={"refund_id": refund_id, "expected_version": expected_version},
        now=now,
        effect=effect,
    )


async def _locked_request(
    uow: UnitOfWork, refund_id: UUID, expected_version: int
) -> tuple[asyncpg.Record, asyncpg.Record, asyncpg.Record]:
    """Engagement, source and refund under their locks; the refund awaits its decision at the version the caller saw."""
    seen = await queries.refund_by_id(uow, refund_id)
    if seen is None:
        raise NotFound("No refund with this id.", field="refundId")
    engagement = await _engagement(uow, seen["engagement_id"])
    source = await sources.locked(uow, sources.SourceIds.of(seen))
    refund = await sources.locked_refund(uow, refund_id, expected_version)
    if refund["status"] != "requested":
        raise Conflict(f"This refund is {refund['status']}.", code="REFUND_DECIDED")
    return engagement, source, refund


async def _engagement(uow: UnitOfWork, engagement_id: UUID) -> asyncpg.Record:
    engagement = await engagement_queries.lock_engagement(uow, engagement_id)
    if engagement is None:
        raise NotFound("No engagement with this id.", field="engagementId")
    return engagement


def check_cap(source: Any, amount_minor: int) -> None:
    captured_minor = sources.captured(source)
    if sources.is_retainer(source) and not TRAITS[RetainerKind(source["kind"])].is_refundable:
        raise RuleViolation(
            "A retainer of this kind is not refundable.",
            code="RETAINER_NOT_REFUNDABLE",
            field="retainerId",
        )
    rules.check_refund(
        amount_minor,
        captured_minor=captured_minor,
        refunded_minor=source["refunded_minor"],
        pending_minor=source["refund_pending_minor"],
    )


def check_entitlement(found: ExplainedEntitlement, amount: Money) -> None:
    if amount.amount_minor > found.entitled_minor:
        raise RuleViolation(
            f"The client is entitled to {Money(found.entitled_minor, found.currency)}, not to {amount}.",
            code="REFUND_OVER_ENTITLEMENT",
            field="amount",
            entitled_minor=found.entitled_minor,
        )


def _member(actor: Actor) -> UUID:
    if actor.member_id is None:
        raise Forbidden("A refund is asked for and decided by a member of the practice.")
    return actor.member_id
