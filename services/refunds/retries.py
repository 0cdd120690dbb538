"""Trying a refund again that could not be paid, or came back."""

from datetime import datetime
from uuid import UUID

from db.queries import refunds as queries
from db.tables.refunds import Refund
from db.unit_of_work import UnitOfWork
from services.actor import MONEY, Actor
from services.engagements import locked as locked_engagement
from services.idempotency import keyed
from services.refunds import requests, sources
from services.refunds.entitlements import explain
from services.refunds.limits import check_second_person
from services.refunds.parts import parts_of, proposed_credit
from services.rules.errors import Conflict, NotFound
from services.rules.money import Money


async def retry_refund(
    actor: Actor,
    refund_id: UUID,
    *,
    expected_version: int,
    idempotency_key: str,
    now: datetime,
) -> UUID:
    """Set a failed refund's money aside once more, for the next attempt to pay it. What became of earlier attempts stays.

    The approval stands; cap and entitlement are looked at again, for the money was free meanwhile. Raises `Forbidden`, `NotFound`,
    `Stale` (STALE_VERSION), `Conflict` (REFUND_NOT_FAILED), `RuleViolation` (REFUND_OVER_CAP, REFUND_OVER_ENTITLEMENT,
    REFUND_OVER_INVOICE, RETAINER_NOT_REFUNDABLE, REFUND_NEEDS_SECOND_PERSON), and what `idempotency.keyed` raises.
    """
    actor.require(*MONEY)

    async def effect(uow: UnitOfWork) -> UUID:
        seen = await queries.refund_by_id(uow, refund_id)
        if seen is None:
            raise NotFound("No refund with this id.", field="refundId")
        engagement = await locked_engagement(uow, seen["engagement_id"])
        source = await sources.locked(uow, sources.SourceIds.of(seen))
        refund = await sources.locked_refund(uow, refund_id, expected_version)
        if refund["status"] != "failed":
            raise Conflict(f"This refund is {refund['status']}.", code="REFUND_NOT_FAILED")
        amount = Money(refund["amount_minor"], refund["currency"])
        await check_second_person(uow, refund, refund["decided_by"])
        requests.check_cap(source, amount.amount_minor)
        parts = await parts_of(uow, source, amount.amount_minor, without=refund_id)
        found = await explain(
            uow,
            engagement,
            without=refund_id,
            proposed=await proposed_credit(uow, source, amount, parts, refund["number"]),
        )
        requests.check_entitlement(found, amount)
        await sources.change(uow, source, pending_minor=amount.amount_minor, now=now)
        await Refund.update(
            {
                "status": "approved",
                "attempt": refund["attempt"] + 1,
                "unapplied_minor": parts.unapplied_minor,
                "tax_minor": parts.tax_minor,
                "settled_on": None,
                "bank_reference": "",
                "method": "",
                "journal_id": None,
                "failed_on": None,
                "failure_reason": "",
                "reversal_journal_id": None,
                "version": refund["version"] + 1,
                "updated_at": now,
            }
        ).where(Refund.tenant_id == uow.tenant_id, Refund.id == refund_id)
        return refund_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="retry_refund",
        request={"refund_id": refund_id, "expected_version": expected_version},
        now=now,
        effect=effect,
    )
