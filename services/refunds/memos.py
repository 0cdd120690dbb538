"""The memo of a refund: its entitlement line by line, as data for its template."""

from datetime import date
from typing import Any, Final

from db.queries import invoices as invoice_queries
from db.queries import practices as practice_queries
from db.unit_of_work import UnitOfWork
from services import documents
from services.actor import Actor
from services.invoices import numbers as invoice_numbers
from services.refunds import sources
from services.refunds.entitlements import ExplainedEntitlement
from services.refunds.numbers import number_of
from services.retainers import accounts as retainer_accounts
from services.retainers.papers import engagement_of, money

_TAX: Final = {"en": "VAT", "da": "moms"}
_LIMIT: Final = {"en": "Limit", "da": "Grænse"}


async def memo(
    uow: UnitOfWork,
    actor: Actor,
    engagement: Any,
    *,
    source: Any,
    refund: Any,
    found: ExplainedEntitlement,
    tax_minor: int,
    today: date,
) -> dict[str, Any]:
    """The payload of the refund memo, which is made before the money leaves. What is not refunded now stays the client's.

    The memo names who approved it and carries no signature block, for nobody signs it.
    """
    locale, currency = engagement["locale"], refund["currency"]
    practice = await documents.practice_party(uow)
    client = await documents.client_party(uow, engagement["client_id"])
    member = await practice_queries.member_by_id(uow, actor.member_id) if actor.member_id else None
    settlement = {"refund": money(refund["amount_minor"], currency)}
    kept_minor = found.entitled_minor - refund["amount_minor"]
    if kept_minor:
        settlement["held"] = money(kept_minor, currency)
    return {
        "document": {
            "number": number_of(refund["number"]),
            "version": 1,
            "issued_on": today.isoformat(),
        },
        "practice": practice,
        "client": client,
        "engagement": await engagement_of(uow, engagement),
        "memo": {
            "kind": "refund",
            "requested_on": refund["requested_on"].isoformat(),
            "approved_on": today.isoformat(),
            "approved_by": member["name"] if member else practice["name"],
            "reason": refund["reason"],
        },
        "invoices": await _invoices(uow, source),
        "lines": [
            {
                "kind": "other" if line.kind == "limit" else line.kind,
                "text": _LIMIT[locale] if line.kind == "limit" else None,
                "note": line.note or None,
                "amount": money(line.amount_minor, currency),
            }
            for line in found.lines
        ],
        "entitlement": money(found.entitled_minor, currency),
        "taxes": await _taxes(uow, source, refund, tax_minor, locale) if not kept_minor else [],
        "settlement": settlement,
        "signatures": [],
    }


async def _invoices(uow: UnitOfWork, source: Any) -> list[dict[str, Any]]:
    if sources.is_retainer(source):
        return []
    invoice = await invoice_queries.invoice_by_id(uow, source["invoice_id"])
    if invoice is None:
        return []  # money that named no invoice
    return [
        {
            "number": invoice_numbers.number_of(invoice),
            "issued_on": invoice["issue_date"].isoformat(),
            "amount": money(invoice["total_minor"], invoice["currency"]),
        }
    ]


async def _taxes(
    uow: UnitOfWork, source: Any, refund: Any, tax_minor: int, locale: str
) -> list[dict[str, Any]]:
    """The tax inside the refund, where the invoice has one rate; of several the memo names no base."""
    if sources.is_retainer(source):
        return await _deposit_taxes(uow, source, refund, locale)
    if not tax_minor:
        return []
    rates = {
        line["tax_bps"] for line in await invoice_queries.lines_of(uow, [source["invoice_id"]])
    }
    if len(rates) != 1:
        return []
    base_minor = refund["amount_minor"] - refund["unapplied_minor"] - tax_minor
    return [
        {
            "label": _TAX[locale],
            "rate_bps": rates.pop(),
            "base": money(base_minor, refund["currency"]),
            "amount": money(tax_minor, refund["currency"]),
        }
    ]


async def _deposit_taxes(
    uow: UnitOfWork, retainer: Any, refund: Any, locale: str
) -> list[dict[str, Any]]:
    """The tax that was due when the deposit came in, and falls away as it goes back (directive 2006/112/EC, article 90)."""
    tax_minor = await retainer_accounts.tax_in_part(
        uow, retainer, refund["amount_minor"], on=refund["requested_on"]
    )
    if not tax_minor:
        return []
    return [
        {
            "label": _TAX[locale],
            "rate_bps": retainer["tax_bps"],
            "base": money(refund["amount_minor"] - tax_minor, refund["currency"]),
            "amount": money(tax_minor, refund["currency"]),
        }
    ]
