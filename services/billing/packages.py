"""Packages: a priced bundle that the client buys on top of the scope, by word that is written down."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from db.ids import new_id
from db.queries import clients as client_queries
from db.queries import engagements as engagement_queries
from db.tables.billing import PackageSale
from db.unit_of_work import UnitOfWork
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.rules.billing import price_amount
from services.rules.budgets import check_rate
from services.rules.errors import NotFound, RuleViolation
from services.rules.money import Money
from services.rules.movements import check_amount, check_currency, check_happened
from services.rules.taxes import check_tax
from services.rules.text import clean_text


@dataclass(frozen=True, slots=True)
class PackageDetails:
    """What was sold: how many of what at which price before tax; who of the client said yes, when, in which words."""

    title: str
    quantity: Decimal
    unit_price: Money
    tax_code: str
    tax_bps: int
    sold_on: date
    contact_id: UUID
    words: str
    unit: str = ""


async def sell_package(
    actor: Actor,
    engagement_id: UUID,
    details: PackageDetails,
    *,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Write down a package that the client bought. Answers its id.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (DATE, TEXT_…, AMOUNT_…, QUANTITY_INVALID, RATE_INVALID, TAX_…), `RuleViolation`
    (CURRENCY_MISMATCH, NO_SCOPE_VERSION), and what `idempotency.keyed` raises.
    """
    actor.require(*MONEY)
    check_amount(details.unit_price, "unitPrice")
    check_happened(details.sold_on, today, "soldOn")
    check_rate(details.tax_bps, "taxBps")
    check_tax(details.tax_code, details.tax_bps, "taxCode")
    title = clean_text(details.title, "title")
    unit = clean_text(details.unit, "unit", max_length=40, required=False)
    words = clean_text(details.words, "words", max_length=1000, lines=True)
    net_minor = price_amount(details.quantity, details.unit_price.amount_minor)

    async def effect(uow: UnitOfWork) -> UUID:
        engagement = await engagement_queries.lock_engagement(uow, engagement_id)
        if engagement is None:
            raise NotFound("No engagement with this id.", field="engagementId")
        if engagement["current_scope_version_id"] is None:
            raise RuleViolation("Nothing is signed yet.", code="NO_SCOPE_VERSION")
        check_currency(details.unit_price, engagement["currency"], "unitPrice")
        contact = await client_queries.contact_by_id(uow, details.contact_id)
        if contact is None or contact["client_id"] != engagement["client_id"]:
            raise NotFound("No contact of this client with this id.", field="contactId")
        sale_id = new_id()
        await PackageSale.insert(
            PackageSale(
                tenant_id=uow.tenant_id,
                id=sale_id,
                engagement_id=engagement_id,
                title=title,
                quantity=details.quantity,
                unit=unit,
                unit_price_minor=details.unit_price.amount_minor,
                net_minor=net_minor,
                tax_code=details.tax_code,
                tax_bps=details.tax_bps,
                sold_on=details.sold_on,
                contact_id=details.contact_id,
                words=words,
                recorded_at=now,
            )
        )
        return sale_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="sell_package",
        request={
            "engagement_id": engagement_id,
            **asdict(details),
            "unit_price": details.unit_price,
            "quantity": format(details.quantity.normalize(), "f"),
            "title": title,
            "unit": unit,
            "words": words,
        },
        now=now,
        effect=effect,
    )
