"""The numbered paper of a credit note, and its mail."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from contracts import formats
from db.queries import practices as practice_queries
from db.unit_of_work import UnitOfWork
from services import documents
from services.actor import Actor
from services.billing_contacts import tell_billing
from services.invoices.numbers import number_of
from services.retainers.papers import engagement_of, money
from services.rules.credit_notes import CreditedLine, CreditFigures
from services.rules.money import Money

_TAX: Final = {"en": "VAT", "da": "moms"}
_LINE: Final = {"en": "Line {} of the invoice: {}", "da": "Fakturaens linje {}: {}"}


async def payload(
    uow: UnitOfWork,
    actor: Actor,
    engagement: Any,
    *,
    invoice: Any,
    note: dict[str, Any],
    lines: Sequence[tuple[Any, CreditedLine]],
    figures: CreditFigures,
    offsets: Sequence[tuple[Any, Money]],
) -> dict[str, Any]:
    """What the paper says: the lines credited, the tax by rate, and how the credit is settled."""
    locale, currency = engagement["locale"], note["currency"]
    practice = await documents.practice_party(uow)
    member = await practice_queries.member_by_id(uow, actor.member_id) if actor.member_id else None
    lowered_minor = note["open_part_minor"] + note["retention_part_minor"]
    offset_minor = lowered_minor + sum(amount.amount_minor for _, amount in offsets)
    kept_minor = note["total_minor"] - offset_minor - note["refund_minor"]
    set_off = [invoice] if lowered_minor else []
    settlement: dict[str, Any] = {}
    if offset_minor:
        settlement["offset"] = money(offset_minor, currency)
        settlement["offset_invoice"] = ", ".join(
            number_of(each) for each in (*set_off, *(row for row, _ in offsets))
        )
    if note["refund_minor"]:
        settlement["refund"] = money(note["refund_minor"], currency)
    if kept_minor:
        settlement["credit_kept"] = money(kept_minor, currency)
    return {
        "document": {
            "number": number_of(note),
            "version": 1,
            "issued_on": note["issue_date"].isoformat(),
        },
        "practice": practice,
        "client": await documents.client_party(uow, note["client_id"]),
        "engagement": await engagement_of(uow, engagement),
        "memo": {
            "kind": "credit_note",
            "approved_on": note["issue_date"].isoformat(),
            "approved_by": member["name"] if member else practice["name"],
            "reason": note["reason"],
        },
        "invoices": [
            {
                "number": number_of(invoice),
                "issued_on": invoice["issue_date"].isoformat(),
                "amount": money(invoice["total_minor"], currency),
            }
        ],
        "lines": [
            {
                "kind": "other",
                "text": _LINE[locale].format(row["position"], row["title"]),
                "amount": money(each.net_minor + each.tax_minor, currency),
            }
            for row, each in lines
        ],
        "entitlement": money(note["total_minor"], currency),
        "taxes": [
            {
                "label": _TAX[locale],
                "rate_bps": each.tax_bps,
                "base": money(each.taxable_minor, currency),
                "amount": money(each.tax_minor, currency),
            }
            for each in figures.subtotals
        ],
        "settlement": settlement,
        "signatures": [],
    }


async def mail(
    uow: UnitOfWork, engagement: Any, *, note: dict[str, Any], invoice: Any, now: datetime
) -> None:
    """Tell whoever pays."""
    practice = await practice_queries.practice(uow)
    assert practice is not None

    def write(locale: str) -> dict[str, Any]:
        def said(amount_minor: int) -> str:
            return formats.money(money(amount_minor, note["currency"]), locale)

        return {
            "practice_name": practice["legal_name"] or practice["name"],
            "engagement_name": engagement["name"],
            "number": number_of(note),
            "invoice_number": number_of(invoice),
            "issue_date": formats.date(note["issue_date"].isoformat(), locale),
            "reason": note["reason"],
            "total": said(note["total_minor"]),
            "tax": said(note["tax_minor"]),
            "lowered": said(note["open_part_minor"] + note["retention_part_minor"]),
            "returned": said(note["kept_minor"] + note["refund_minor"])
            if note["kept_minor"] + note["refund_minor"]
            else "",
        }

    await tell_billing(uow, note["client_id"], kind="credit_note_issued", write=write, now=now)
