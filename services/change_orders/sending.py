"""Sending a change order: number, figures and paper are fixed in one transaction; and taking one back."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from contracts.numbering import clause_number
from db.queries import change_orders as queries
from db.queries import documents as document_queries
from db.queries import engagements as engagement_queries
from db.queries import practices as practice_queries
from db.tables.change_orders import ChangeOrder
from db.unit_of_work import UnitOfWork, unit_of_work
from services import documents, envelopes
from services.actor import WRITERS, Actor
from services.change_orders.calculation import calculate_order, change_clause, require_active
from services.change_orders.drafts import SUBJECT, locked_order
from services.change_orders.figures import frozen_figures
from services.change_orders.outcomes import decide, require_base, require_supersedable
from services.change_orders.payload import change_order_paper, order_number
from services.change_orders.signers import require_signers
from services.idempotency import once
from services.rules.change_orders import (
    ChangeOrderAction,
    ChangeOrderStatus,
    check_fingerprint,
    next_status,
    offer_expires_on,
    reminder_due_on,
)
from services.rules.text import clean_text
from services.services_contracts import LOCALES, contract_parties

REMINDED_AT = time(9)
"""When of the day signers are reminded, where the practice is."""


async def send_change_order(
    actor: Actor,
    change_order_id: UUID,
    *,
    expected_version: int,
    fingerprint: str | None = None,
    contact_ids: Sequence[UUID] = (),
    idempotency_key: str,
    now: datetime,
    today: date,
) -> UUID:
    """Number a draft, freeze its figures and papers, and send the binding one out; the offer stands as the clause says.

    With a `fingerprint` the preview must still be the one the sender saw. Raises `Forbidden`, `NotFound`, `Stale`
    (STALE_VERSION, STALE_BASE, STALE_PREVIEW), `RuleViolation` (CHANGE_ORDER_STATUS, ENGAGEMENT_NOT_ACTIVE, NO_SIGNER,
    NOT_A_SIGNER), what the approval tiers of the clause ask for (APPROVAL_NEEDS_OWNER, APPROVAL_NEEDS_MORE_SIGNERS,
    APPROVAL_NEEDS_ROLE), and what rendering and sending raise.
    """
    actor.require("staff")

    async with unit_of_work(actor.scope()) as uow:

        async def effect() -> dict[str, Any]:
            order, engagement = await locked_order(uow, change_order_id, expected_version)
            status = next_status(ChangeOrderStatus(order["status"]), ChangeOrderAction.SEND)
            require_active(engagement)
            await require_base(uow, order, engagement)
            calculation = await calculate_order(uow, engagement, order)
            if fingerprint is not None:
                check_fingerprint(calculation.preview, fingerprint)
            await _send(uow, actor, order, calculation, status, contact_ids, now=now, today=today)
            return {"change_order_id": str(change_order_id)}

        await once(
            uow,
            key=idempotency_key,
            operation="send_change_order",
            request={
                "change_order_id": str(change_order_id),
                "expected_version": expected_version,
                "fingerprint": fingerprint,
                "contact_ids": [str(each) for each in contact_ids],
            },
            now=now,
            effect=effect,
        )
    return change_order_id


async def _send(  # noqa: PLR0917 - the parts of one call, split for its idempotency
    uow: UnitOfWork,
    actor: Actor,
    order: Any,
    calculation: Any,
    status: ChangeOrderStatus,
    contact_ids: Sequence[UUID],
    *,
    now: datetime,
    today: date,
) -> None:
    engagement, found = calculation.engagement, calculation.preview
    client_id, engagement_id = engagement["client_id"], engagement["id"]
    await require_signers(uow, actor, calculation, contact_ids)
    if order["supersedes_id"] is not None:
        require_supersedable(await queries.change_order_by_id(uow, order["supersedes_id"]))
    number = await queries.next_number(uow, engagement_id)
    parties = await contract_parties(uow, actor, client_id, contact_ids)
    contract: Any = await engagement_queries.signed_contract(uow, engagement_id)
    practice: Any = await practice_queries.practice(uow)
    zone = ZoneInfo(practice["timezone"])
    clause = change_clause(engagement)
    valid_until, remind_on = offer_expires_on(clause, today), reminder_due_on(clause, today)
    # The offer stands to the end of its last day where the practice is.
    expires_at = datetime.combine(valid_until + timedelta(days=1), time(), zone)
    signed: Any = await document_queries.document_content(uow, contract["document_id"])
    change_clause_number = clause_number(signed["content"], "change")
    papers: dict[str, documents.FrozenDocument] = {}
    for locale in LOCALES:
        papers[locale] = await documents.freeze(
            uow,
            kind="change_order",
            locale=locale,
            number=order_number(engagement, number),
            version=1,
            client_id=client_id,
            engagement_id=engagement_id,
            subject_kind=SUBJECT,
            subject_id=order["id"],
            payload=change_order_paper(
                order,
                calculation,
                parties,
                number=number,
                locale=locale,
                issued_on=today,
                valid_until=valid_until,
                contract_signed_at=contract["decided_at"],
                zone=zone,
                change_clause=change_clause_number,
            ),
            now=now,
        )
    binding = papers.pop(engagement["locale"])
    (translation,) = papers.values()
    envelope_id = await envelopes.send(
        uow,
        actor,
        document_id=binding.id,
        subject_kind=SUBJECT,
        subject_id=order["id"],
        client_id=client_id,
        signers=[envelopes.SignerSpec(each) for each in contact_ids],
        expires_at=expires_at,
        now=now,
    )
    await ChangeOrder.update(
        {
            "status": status.value,
            "number": number,
            "preview": orjson.dumps(frozen_figures(calculation)).decode(),
            "preview_fingerprint": found.fingerprint,
            "original_sum_minor": found.totals.original_sum_minor,
            "previously_approved_minor": found.totals.previously_approved_minor,
            "change_minor": found.totals.this_change_minor,
            "new_sum_minor": found.totals.new_sum_minor,
            "tax_change_minor": found.tax_change_minor,
            "change_days": found.change_days,
            "completion_before": found.delivery_before,
            "completion_after": found.delivery_after,
            "document_id": binding.id,
            "translation_id": translation.id,
            "envelope_id": envelope_id,
            "sent_at": now,
            "expires_at": expires_at,
            "remind_at": remind_on and datetime.combine(remind_on, REMINDED_AT, zone),
            "version": order["version"] + 1,
            "updated_at": now,
        }
    ).where(ChangeOrder.tenant_id == uow.tenant_id, ChangeOrder.id == order["id"])


async def withdraw_change_order(
    actor: Actor, change_order_id: UUID, *, expected_version: int, reason: str, now: datetime
) -> UUID:
    """Take a draft or an offer back; the links of an offer end at once.

    Raises `Forbidden`, `NotFound`, `Stale` (STALE_VERSION), `RuleViolation` (CHANGE_ORDER_STATUS) once it was decided.
    """
    actor.require(*WRITERS)
    said = clean_text(reason, "reason", max_length=1000, required=False, lines=True)
    async with unit_of_work(actor.scope()) as uow:
        order, _ = await locked_order(uow, change_order_id, expected_version)
        await take_back(uow, actor, order, ChangeOrderAction.WITHDRAW, said, now=now)
    return change_order_id


async def void_change_order(
    actor: Actor, change_order_id: UUID, *, expected_version: int, reason: str, now: datetime
) -> UUID:
    """Declare an offer void, for a reason: its links end at once, its number stays used, and it can be issued again.

    Raises `Forbidden`, `NotFound`, `InvalidInput` without a reason, `Stale` (STALE_VERSION), `RuleViolation`
    (CHANGE_ORDER_STATUS) unless it is out.
    """
    actor.require(*WRITERS)
    said = clean_text(reason, "reason", max_length=1000, lines=True)
    async with unit_of_work(actor.scope()) as uow:
        order, _ = await locked_order(uow, change_order_id, expected_version)
        await take_back(uow, actor, order, ChangeOrderAction.VOID, said, now=now)
    return change_order_id


async def take_back(
    uow: UnitOfWork,
    actor: Actor,
    order: Any,
    action: ChangeOrderAction,
    said: str,
    *,
    now: datetime,
) -> None:
    """End a locked order from the practice's side, with its links. Raises `RuleViolation` (CHANGE_ORDER_STATUS)."""
    status = next_status(ChangeOrderStatus(order["status"]), action)
    await envelopes.void_open(
        uow,
        actor,
        subject_kind=SUBJECT,
        subject_id=order["id"],
        reason=said or status.value,
        now=now,
    )
    await decide(uow, order, status, decided_by=actor.name, reason=said, now=now)
