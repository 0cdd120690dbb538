"""Asking for a deposit, for more of any retainer, and taking a request back."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from db.ids import new_id
from db.queries import engagements as engagement_queries
from db.queries import retainers as queries
from db.queries import scopes as scope_queries
from db.tables.retainers import Retainer, RetainerRequest
from db.unit_of_work import UnitOfWork, unit_of_work
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.retainers import accounts
from services.retainers.asking import Asked, raise_request, require_open_engagement
from services.rules import retainers as rules
from services.rules.dates import check_plausible
from services.rules.errors import Conflict, InvalidInput, NotFound, RuleViolation, Stale
from services.rules.money import Money
from services.rules.movements import check_amount, check_currency
from services.rules.text import clean_text

KIND: Final = rules.RetainerKind.DEPOSIT
"""The kind of retainer that is asked for here."""


async def request_deposit(
    actor: Actor,
    engagement_id: UUID,
    *,
    amount: Money | None = None,
    due_on: date | None = None,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Ask the client for a deposit against fees: a numbered request with its own paper, mailed to the billing contacts.

    Without an amount it is the engagement's share (a third unless agreed otherwise) of what the current scope version costs the
    client, **fee and tax together**, less what was asked for before; so after a change order it asks for the difference.
    Without a date it is due after the engagement's payment terms. Answers the request's id.

    The retainer it opens is not taxed on receipt; `open_retainer` opens one that is.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (AMOUNT_…, DATE), `RuleViolation` (CONTRACT_NOT_SIGNED, CURRENCY_MISMATCH,
    NOTHING_TO_REQUEST, BANK_ACCOUNT_MISSING), and what `idempotency.keyed` raises.
    """
    actor.require(*MONEY)
    if amount is not None:
        check_amount(amount)
    check_due(due_on, today)

    async def effect(uow: UnitOfWork) -> UUID:
        engagement = await engagement_queries.lock_engagement(uow, engagement_id)
        if engagement is None:
            raise NotFound("No engagement with this id.", field="engagementId")
        require_open_engagement(engagement)
        request_id = await _request(
            uow,
            engagement,
            amount,
            due_on or today + timedelta(days=engagement["payment_terms_days"]),
            today=today,
            now=now,
        )
        return request_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="request_deposit",
        request={
            "engagement_id": engagement_id,
            "amount": amount,
            "due_on": due_on,
        },
        now=now,
        effect=effect,
    )


async def request_top_up(
    actor: Actor,
    retainer_id: UUID,
    *,
    amount: Money | None = None,
    due_on: date | None = None,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Ask for more of an open retainer of any kind: without an amount what is missing to its target. Answers the request's id.

    Missing is, of an evergreen retainer, target less what is free and what is awaited; of any other, target less what was asked
    for. Raises `Forbidden`, `NotFound`, `InvalidInput` (AMOUNT_…, DATE), `RuleViolation` (CONTRACT_NOT_SIGNED, RETAINER_CLOSED,
    CURRENCY_MISMATCH, NOTHING_TO_REQUEST, BANK_ACCOUNT_MISSING), and what `idempotency.keyed` raises.
    """
    actor.require(*MONEY)
    if amount is not None:
        check_amount(amount)
    check_due(due_on, today)

    async def effect(uow: UnitOfWork) -> UUID:
        seen = await queries.retainer_by_id(uow, retainer_id)
        if seen is None:
            raise NotFound("No retainer with this id.", field="retainerId")
        engagement = await engagement_queries.lock_engagement(uow, seen["engagement_id"])
        assert engagement is not None
        require_open_engagement(engagement)
        retainer = await accounts.locked(uow, retainer_id)
        if retainer["status"] not in ("requested", "active"):
            raise RuleViolation(f"This retainer is {retainer['status']}.", code="RETAINER_CLOSED")
        if amount is not None:
            check_currency(amount, retainer["currency"])
        return await raise_request(
            uow,
            engagement,
            retainer_id,
            Asked(amount or await _missing(uow, retainer)),
            due_on or today + timedelta(days=engagement["payment_terms_days"]),
            is_further=await queries.asked_minor(uow, retainer_id) > 0,
            today=today,
            now=now,
        )

    return await keyed(
        actor,
        key=idempotency_key,
        operation="request_top_up",
        request={"retainer_id": retainer_id, "amount": amount, "due_on": due_on},
        now=now,
        effect=effect,
    )


async def _missing(uow: UnitOfWork, retainer: Any) -> Money:
    is_evergreen = retainer["kind"] == rules.RetainerKind.EVERGREEN
    if is_evergreen:
        held_minor = rules.free_minor(retainer)
        pending_minor = await queries.pending_minor(uow, retainer["id"])
    else:
        held_minor, pending_minor = await queries.asked_minor(uow, retainer["id"]), 0
    missing_minor = rules.shortfall(retainer["target_minor"], held_minor, pending_minor)
    if not missing_minor:
        raise RuleViolation("All of it has been asked for.", code="NOTHING_TO_REQUEST")
    return Money(missing_minor, retainer["currency"])


def check_due(due_on: date | None, today: date) -> None:
    """Raise `InvalidInput` (DATE, DATE_OUT_OF_RANGE) for a due date that has passed, or that nobody can mean."""
    if due_on is not None and due_on < today:
        raise InvalidInput("The due date lies before today.", code="DATE", field="dueOn")
    if due_on is not None:
        check_plausible(due_on, "dueOn")


async def cancel_request(
    actor: Actor, request_id: UUID, *, reason: str, expected_version: int, now: datetime
) -> UUID:
    """Take a request back, or what of it has not come in. What came in stays in the retainer.

    Raises `Forbidden`, `NotFound`, `InvalidInput`, `Stale` (STALE_VERSION), `Conflict` (REQUEST_CLOSED).
    """
    actor.require(*MONEY)
    why = clean_text(reason, "reason", max_length=500)
    async with unit_of_work(actor.scope()) as uow:
        request = await _locked_request(uow, request_id)
        if request["version"] != expected_version:
            raise Stale(
                "The request was changed meanwhile.",
                code="STALE_VERSION",
                field="expectedVersion",
                current_version=request["version"],
            )
        require_open(request)
        await RetainerRequest.update(
            {
                "status": "cancelled",
                "cancel_reason": why,
                "version": request["version"] + 1,
                "updated_at": now,
            }
        ).where(RetainerRequest.tenant_id == uow.tenant_id, RetainerRequest.id == request_id)
    return request_id


async def _locked_request(uow: UnitOfWork, request_id: UUID) -> asyncpg.Record:
    """The request, read under the lock of its retainer, which guards it. Raises `NotFound`."""
    request = await queries.request_by_id(uow, request_id)
    if request is not None:
        await queries.lock_retainer(uow, request["retainer_id"])
        request = await queries.request_by_id(uow, request_id)
    if request is None:
        raise NotFound("No request with this id.", field="requestId")
    return request


def require_open(request: Any) -> None:
    """Raise `Conflict` (REQUEST_CLOSED) unless money is still awaited for the request."""
    if request["status"] != "requested":
        raise Conflict(f"This request is {request['status']}.", code="REQUEST_CLOSED")


async def _request(
    uow: UnitOfWork,
    engagement: Any,
    amount: Money | None,
    due_on: date,
    *,
    today: date,
    now: datetime,
) -> UUID:
    retainer = await queries.retainer_of_kind(uow, engagement["id"], KIND)
    asked_minor = await queries.asked_minor(uow, retainer["id"]) if retainer else 0
    asked = await _asked(uow, engagement, amount, asked_minor)
    target_minor = asked_minor + asked.amount.amount_minor
    if retainer is None:
        retainer_id = await _open(uow, engagement, target_minor, now=now)
    else:
        retainer_id = retainer["id"]
        await queries.lock_retainer(uow, retainer_id)
        await Retainer.update({"target_minor": target_minor, "updated_at": now}).where(
            Retainer.tenant_id == uow.tenant_id, Retainer.id == retainer_id
        )
    return await raise_request(
        uow,
        engagement,
        retainer_id,
        asked,
        due_on,
        is_further=asked_minor > 0,
        today=today,
        now=now,
    )


async def _asked(uow: UnitOfWork, engagement: Any, amount: Money | None, asked_minor: int) -> Asked:
    currency = engagement["currency"]
    if amount is not None:
        check_currency(amount, currency)
        return Asked(amount)
    version = await scope_queries.version_by_id(uow, engagement["current_scope_version_id"])
    if version is None:
        raise NotFound("The engagement has no scope version.")
    share = rules.RetainerShare(
        engagement["retainer_numerator"], engagement["retainer_denominator"]
    )
    expected_total_minor = version["fee_minor"] + version["tax_minor"]
    target_minor = rules.deposit_target(expected_total_minor, share)
    missing = Money(rules.shortfall(target_minor, asked_minor), currency)
    if missing.amount_minor == 0:
        raise RuleViolation(
            "The agreed share has been asked for already.", code="NOTHING_TO_REQUEST"
        )
    # A further request is not the share of the total, so its paper must not say so.
    return Asked(missing) if asked_minor else Asked(missing, expected_total_minor, share)


async def _open(uow: UnitOfWork, engagement: Any, target_minor: int, *, now: datetime) -> UUID:
    retainer_id = new_id()
    await Retainer.insert(
        Retainer(
            tenant_id=uow.tenant_id,
            id=retainer_id,
            engagement_id=engagement["id"],
            client_id=engagement["client_id"],
            kind=KIND.value,
            status="requested",
            currency=engagement["currency"],
            target_minor=target_minor,
            floor_minor=0,
            deposited_minor=0,
            drawn_minor=0,
            refund_pending_minor=0,
            refunded_minor=0,
            created_at=now,
            updated_at=now,
        )
    )
    return retainer_id
