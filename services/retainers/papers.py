"""The paper of a request: the retainer agreement as data for its template."""

import re
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from db.queries import engagements as engagement_queries
from db.queries import practices as practice_queries
from db.queries import retainers as queries
from db.unit_of_work import UnitOfWork
from services import documents, engagements
from services.rules import retainers as rules
from services.rules.errors import RuleViolation
from services.rules.money import BPS, Money, divide_half_even
from services.rules.retainers import TRAITS, RetainerKind, RetainerShare
from services.services_contracts.payload import TAX_LABELS

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
    held: Any,
    *,
    number: int,
    amount: Money,
    expected_total_minor: int | None,
    share: RetainerShare | None,
    is_further: bool,
    due_on: date,
    today: date,
) -> dict[str, Any]:
    """The payload of the retainer agreement for the retainer `held`. Raises `RuleViolation` (BANK_ACCOUNT_MISSING)."""
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
    if held["kind"] != RetainerKind.DEPOSIT:
        retainer["kind"] = held["kind"]
    if held["is_taxed_on_receipt"]:
        retainer["tax"] = tax_line(amount, held["tax_bps"], locale)
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
        "clauses": await _clauses(uow, engagement, held),
        "law": {"jurisdiction": engagement["law"], "venue": engagement[f"venue_{locale}"]},
        # Nobody is asked to sign it: paying accepts it.
        "signatures": [],
    }


async def _clauses(uow: UnitOfWork, engagement: Any, held: Any) -> dict[str, Any]:
    """What this kind of retainer promises.

    A paper promises only what is kept: nothing tells the client of a drawdown yet, or takes one back; so neither days to object
    nor statements.
    """
    kind, currency = RetainerKind(held["kind"]), held["currency"]
    clauses: dict[str, Any] = {}
    if TRAITS[kind].pays_invoices:
        clauses["drawdown"] = {"applied_to": "each_invoice"}
    if kind is RetainerKind.SECURITY_DEPOSIT:
        clauses["security"] = True
    if kind is RetainerKind.EVERGREEN:
        clauses["replenishment"] = {
            "floor": money(held["floor_minor"], currency),
            "target": money(held["target_minor"], currency),
            "due_days": engagement["payment_terms_days"],
        }
    for terms in await queries.period_terms_of(uow, [held["id"]]):
        last = rules.period_days(
            terms["starts_on"], rules.Period(terms["period"]), terms["periods"]
        )[1]
        clauses[kind.value.removeprefix("period_")] = {
            "price": money(terms["net_minor"], currency),
            "tax": money(terms["tax_minor"], currency) if terms["tax_minor"] else None,
            "period": terms["period"],
            "periods": terms["periods"],
            "starts_on": terms["starts_on"].isoformat(),
            "ends_on": last.isoformat(),
        }
        if terms["minutes"]:
            clauses["allowance"] |= {
                name: terms[name]
                for name in (
                    "minutes",
                    "rollover_cap_minutes",
                    "rollover_periods",
                    "settle_after_days",
                )
            }
    if TRAITS[kind].is_refundable:
        days = engagements.clauses_of(engagement).refund_settlement_days
        clauses["unused"] = {"settlement_days": days}
    return clauses


def tax_line(amount: Money, tax_bps: int, locale: str) -> dict[str, Any]:
    """The tax that an amount includes, as papers take it."""
    tax_minor = rules.tax_in(amount.amount_minor, tax_bps)
    return {
        "label": TAX_LABELS[locale],
        "rate_bps": tax_bps,
        "base": money(amount.amount_minor - tax_minor, amount.currency),
        "amount": money(tax_minor, amount.currency),
    }


def money(amount_minor: int, currency: str) -> dict[str, Any]:
    """An amount as papers take it."""
    return {"amount_minor": amount_minor, "currency": currency}
