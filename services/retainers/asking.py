"""A request for retainer money: its number, its paper, its row, its mail. Everything that asks goes through here."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from contracts import formats
from db.ids import new_id
from db.queries import retainers as queries
from db.tables.retainers import RetainerRequest
from db.unit_of_work import UnitOfWork
from services import documents
from services.billing_contacts import tell_billing
from services.retainers import papers
from services.rules import retainers as rules
from services.rules.errors import RuleViolation
from services.rules.money import Money

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


def require_open_engagement(engagement: Any) -> None:
    """Raise `RuleViolation` (CONTRACT_NOT_SIGNED) unless the contract is signed and the work has not ended."""
    if engagement["status"] not in OPEN_ENGAGEMENTS:
        raise RuleViolation(
            "A deposit is asked for once the contract is signed, while the work goes on.",
            code="CONTRACT_NOT_SIGNED",
        )


async def raise_request(
    uow: UnitOfWork,
    engagement: Any,
    retainer_id: UUID,
    asked: Asked,
    due_on: date,
    *,
    is_further: bool,
    is_replenishment: bool = False,
    today: date,
    now: datetime,
) -> UUID:
    """Ask for money of a locked (or new) retainer; answers the request's id. Raises `RuleViolation` (BANK_ACCOUNT_MISSING)."""
    number = await queries.next_request_number(uow)
    retainer = await queries.retainer_by_id(uow, retainer_id)
    assert retainer is not None
    request_id = new_id()
    payload = await papers.agreement(
        uow,
        engagement,
        retainer,
        number=number,
        amount=asked.amount,
        expected_total_minor=asked.expected_total_minor,
        share=asked.share,
        is_further=is_further,
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
            is_replenishment=is_replenishment,
            created_at=now,
            updated_at=now,
        )
    )
    kind = "retainer_replenishment" if is_replenishment else "deposit_request"
    await _mail(uow, engagement, kind, payload, frozen.id, now=now)
    return request_id


async def _mail(
    uow: UnitOfWork,
    engagement: Any,
    kind: str,
    payload: dict[str, Any],
    document_id: UUID,
    *,
    now: datetime,
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

    await tell_billing(uow, engagement["client_id"], kind=kind, write=write, now=now)
