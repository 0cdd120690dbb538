"""The paper of a deposit: the retainer agreement as data for its template."""

import re
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from db.queries import engagements as engagement_queries
from db.queries import practices as practice_queries
from db.unit_of_work import UnitOfWork
from services import documents, engagements
from services.rules.errors import RuleViolation
from services.rules.money import BPS, Money, divide_half_even
from services.rules.retainers import RetainerShare

# The name of a bank ends where a number begins: "Nordbanken 3409 0012345678", "Nordbanken DK50 0040 …".
_ACCOUNT = re.compile(r"[A-Z]{2}[0-9]{2}\b|[0-9]")


def number_of(number: int) -> str:
    """The number of a request that people see, and put on the transfer."""
    return f"R-{number:04d}"


async def bank_of(uow: UnitOfWork) -> dict[str, Any]:
    """Where clients pay to, as papers print it. Raises `RuleViolation` (BANK_ACCOUNT_MISSING)."""
    practice = await practice_queries.practice(uow)
    text: str = practice["bank_account"].strip() if practice else ""
    if practice is None or not text:
        raise RuleViolation(
            "Write down the practice's bank account first: the client must know where to pay.",
            code="BANK_ACCOUNT_MISSING",
        )
    begins = _ACCOUNT.search(text)
    at = begins.start() if begins else 0
    return {
        "bank_name": text[:at].strip(" ,:") or None,
        "account": text[at:],
    }


async def engagement_of(uow: UnitOfWork, engagement: Any) -> dict[str, Any]:
    """The engagement as money papers name it, with its contract where that is signed."""
    contract = await engagement_queries.signed_contract(uow, engagement["id"])
    signed_on = await _day(uow, contract["decided_at"]) if contract else None
    return {
        "title": engagement["name"],
        "contract_number": engagements.number_of(engagement) if contract else None,
        "contract_signed_on": signed_on.isoformat() if signed_on else None,
    }


async def _day(uow: UnitOfWork, moment: datetime) -> date:
    """The date of an instant where the practice is."""
    practice = await practice_queries.practice(uow)
    assert practice is not None
    return moment.astimezone(ZoneInfo(practice["timezone"])).date()


async def agreement(
    uow: UnitOfWork,
    engagement: Any,
    *,
    number: int,
    amount: Money,
    expected_total_minor: int | None,
    share: RetainerShare | None,
    is_further: bool,
    due_on: date,
    today: date,
) -> dict[str, Any]:
    """The payload of the retainer agreement. Raises `RuleViolation` (BANK_ACCOUNT_MISSING)."""
    reference, locale = number_of(number), engagement["locale"]
    practice = await documents.practice_party(uow)
    client = await documents.client_party(uow, engagement["client_id"])
    retainer: dict[str, Any] = {
        "amount": money(amount.amount_minor, amount.currency),
        "further": is_further,
    }
    if share is not None and expected_total_minor is not None:
        retainer["expected_total"] = money(expected_total_minor, amount.currency)
        retainer["share_bps"] = divide_half_even(share.numerator * BPS, share.denominator)
    return {
        "document": {"number": reference, "version": 1, "issued_on": today.isoformat()},
        "practice": practice,
        "client": client,
        "engagement": await engagement_of(uow, engagement),
        "retainer": retainer,
        "request": {
            "number": reference,
            "due_on": due_on.isoformat(),
            "bank": await bank_of(uow),
            "reference": reference,
        },
        "clauses": {
            # A paper promises only what is kept: nothing tells the client of a drawdown yet, or takes one back; so neither
            # days to object nor statements.
            "drawdown": {"applied_to": "each_invoice"},
            "unused": {
                "settlement_days": engagements.clauses_of(engagement).refund_settlement_days
            },
        },
        "law": {"jurisdiction": engagement["law"], "venue": engagement[f"venue_{locale}"]},
        # Nobody is asked to sign it: paying accepts it.
        "signatures": [],
    }


def money(amount_minor: int, currency: str) -> dict[str, Any]:
    """An amount as papers take it."""
    return {"amount_minor": amount_minor, "currency": currency}
