"""Asking for a deposit, and taking the request back."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from contracts import formats
from db.ids import new_id
from db.queries import engagements as engagement_queries
from db.queries import retainers as queries
from db.queries import scopes as scope_queries
from db.tables.retainers import Retainer, RetainerRequest
from db.unit_of_work import UnitOfWork, unit_of_work
from services import documents
from services.actor import MONEY, Actor
from services.billing_contacts import tell_billing
from services.idempotency import keyed
from services.retainers import papers
from services.rules import retainers as rules
from services.rules.dates import check_plausible
from services.rules.errors import Conflict, InvalidInput, NotFound, RuleViolation, Stale
from services.rules.money import Money
from services.rules.movements import check_amount, check_currency
from services.rules.text import clean_text

KIND: Final = rules.RetainerKind.DEPOSIT
"""The kind of retainer that is asked for here."""
SUBJECT: Final = "retainer_agreement"
"""What the request's paper is about."""
OPEN_ENGAGEMENTS: Final = ("active", "suspended")
"""Engagements that money may be asked and billed for: the contract is signed, and the work has not ended."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How much is asked for; with the share and the total where the amount follows from them."""

    amount: Money
    expected_total_minor: int | None = None
    share: rules.RetainerShare | None = None


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

    Raises `Forbidden`, `NotFound`, `InvalidInput` (AMOUNT_…, DATE), `RuleViolation` (CONTRACT_NOT_SIGNED, CURRENCY_MISMATCH,
    NOTHING_TO_REQUEST, BANK_ACCOUNT_MISSING), and what `idempotency.keyed` raises.
    """
    actor.require(*MONEY)
    if amount is not None:
        check_amount(amount)
    if due_on is not None and due_on < today:
        raise InvalidInput("The due date lies before today.", code="DATE", field="dueOn")
    if due_on is not None:
        check_plausible(due_on, "dueOn")

    async def effect(uow: UnitOfWork) -> UUID:
        engagement = await engagement_queries.lock_engagement(uow, engagement_id)
        if engagement is None:
            raise NotFound("No engagement with this id.", field="engagementId")
        if engagement["status"] not in OPEN_ENGAGEMENTS:
            raise RuleViolation(
                "A deposit is asked for once the contract is signed, while the work goes on.",
                code="CONTRACT_NOT_SIGNED",
            )
        request_id = await _request(
            uow,
            actor,
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
    actor: Actor,
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
    number = await queries.next_request_number(uow)
    request_id = new_id()
    payload = await papers.agreement(
        uow,
        engagement,
        number=number,
        amount=asked.amount,
        expected_total_minor=asked.expected_total_minor,
        share=asked.share,
        is_further=asked_minor > 0,
        due_on=due_on,
        today=today,
    )
    frozen = await documents.freeze(
        uow,
        kind=SUBJECT,
        locale=engagement["locale"],
        number=papers.number_of(number),
        version=1,
        client_id=engagement["client_id"],
        engagement_id=engagement["id"],
        subject_kind=SUBJECT,
        subject_id=request_id,
        payload=payload,
        now=now,
    )
    await RetainerRequest.insert(
        RetainerRequest(
            tenant_id=uow.tenant_id,
            id=request_id,
            retainer_id=retainer_id,
            number=number,
            amount_minor=asked.amount.amount_minor,
            received_minor=0,
            expected_total_minor=asked.expected_total_minor,
            share_numerator=asked.share.numerator if asked.share else None,
            share_denominator=asked.share.denominator if asked.share else None,
            requested_on=today,
            due_on=due_on,
            status="requested",
            document_id=frozen.id,
            created_at=now,
            updated_at=now,
        )
    )
    await _mail(uow, engagement, payload, frozen.id, now=now)
    return request_id


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


async def _mail(
    uow: UnitOfWork, engagement: Any, payload: dict[str, Any], document_id: UUID, *, now: datetime
) -> None:
    def write(locale: str) -> dict[str, Any]:
        bank = payload["request"]["bank"]
        return {
            "document_id": str(document_id),
            "document_number": payload["document"]["number"],
            "practice_name": payload["practice"]["name"],
            "engagement_name": engagement["name"],
            "amount": formats.money(payload["retainer"]["amount"], locale),
            "due_on": formats.date(payload["request"]["due_on"], locale),
            "account": " ".join(filter(None, (bank["bank_name"], bank["account"]))),
        }

    await tell_billing(uow, engagement["client_id"], kind="deposit_request", write=write, now=now)
