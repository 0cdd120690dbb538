"""The prepayment invoice: the numbered paper about tax that is due because money came in.

Whoever is paid on account for a taxable supply issues an invoice for it (directive 2006/112/EC, article 220(1) no. 4); it lets the
client deduct the tax at once. The invoice for the work then takes the prepayment and its tax off.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from contracts import formats
from db.queries import engagements as engagement_queries
from db.queries import retainers as queries
from db.unit_of_work import UnitOfWork
from services import documents
from services.billing_contacts import tell_billing
from services.retainers import papers
from services.rules import retainers as rules
from services.rules.money import Money

KIND: Final = "prepayment_invoice"
"""The kind of its paper."""


@dataclass(frozen=True, slots=True)
class Taxed:
    """The tax in a deposit, and the number and document that say so; nothing of the three where no tax is due on receipt."""

    tax_minor: int = 0
    number: int | None = None
    document_id: UUID | None = None


def number_of(number: int) -> str:
    """The number of a prepayment invoice that people see; a series of its own."""
    return f"P-{number:04d}"


async def freeze(
    uow: UnitOfWork,
    retainer: Any,
    request: Any,
    *,
    deposit_id: UUID,
    amount: Money,
    received_on: date,
    today: date,
    now: datetime,
) -> Taxed:
    """Number, store and mail the invoice for a deposit of a locked retainer that is taxed on receipt."""
    tax_minor = rules.tax_in(amount.amount_minor, retainer["tax_bps"])
    if not (retainer["is_taxed_on_receipt"] and tax_minor):
        return Taxed()
    engagement = await engagement_queries.engagement_by_id(uow, retainer["engagement_id"])
    assert engagement is not None
    number = await queries.next_prepayment_number(uow)
    payload = {
        "document": {"number": number_of(number), "version": 1, "issued_on": today.isoformat()},
        "practice": await documents.practice_party(uow),
        "client": await documents.client_party(uow, retainer["client_id"]),
        "engagement": await papers.engagement_of(uow, engagement),
        "prepayment": {
            "request_number": papers.number_of(request["number"]),
            "kind": retainer["kind"],
            "received_on": received_on.isoformat(),
            "amount": papers.money(amount.amount_minor, amount.currency),
            "tax": papers.tax_line(amount, retainer["tax_bps"], engagement["locale"]),
        },
    }
    frozen = await documents.freeze(
        uow,
        kind=KIND,
        locale=engagement["locale"],
        number=number_of(number),
        version=1,
        client_id=retainer["client_id"],
        engagement_id=engagement["id"],
        subject_kind=KIND,
        subject_id=deposit_id,
        payload=payload,
        now=now,
    )

    def write(locale: str) -> dict[str, Any]:
        return {
            "document_id": str(frozen.id),
            "document_number": number_of(number),
            "practice_name": payload["practice"]["name"],
            "engagement_name": engagement["name"],
            "amount": formats.money(payload["prepayment"]["amount"], locale),
            "tax": formats.money(payload["prepayment"]["tax"]["amount"], locale),
            "received_on": formats.date(received_on.isoformat(), locale),
            "is_deducted": rules.TRAITS[rules.RetainerKind(retainer["kind"])].pays_invoices,
        }

    await tell_billing(uow, retainer["client_id"], kind=KIND, write=write, now=now)
    return Taxed(tax_minor, number, frozen.id)
