"""Opening a retainer of any kind on its own terms, with its first request."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from db.ids import new_id
from db.queries import engagements as engagement_queries
from db.queries import retainers as queries
from db.queries import scopes as scope_queries
from db.tables.retainers import Retainer, RetainerPeriodTerms
from db.unit_of_work import UnitOfWork
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.retainers.asking import Asked, raise_request, require_open_engagement
from services.retainers.requests import check_due
from services.rules import retainers as rules
from services.rules.dates import check_plausible
from services.rules.errors import Conflict, InvalidInput, NotFound, RuleViolation
from services.rules.money import MAX_AMOUNT_MINOR, Money, share
from services.rules.movements import check_amount, check_currency
from services.rules.retainers import RetainerKind
from services.rules.taxes import check_tax

_PERIODIC: Final = (RetainerKind.AVAILABILITY, RetainerKind.PERIOD_ALLOWANCE)
_MAX_PERIODS: Final = 120
_MAX_MINUTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class PeriodOffer:
    """What each period costs before tax; of an allowance, the minutes it brings and how they go over."""

    starts_on: date
    period: rules.Period
    periods: int
    price: Money
    minutes: int | None = None
    rollover_cap_minutes: int = 0
    rollover_periods: int = 0
    settle_after_days: int = 5


@dataclass(frozen=True, slots=True)
class RetainerOffer:
    """The terms of a new retainer. Which of them are needed follows from the kind; see `open_retainer`."""

    kind: RetainerKind
    target: Money | None = None
    floor: Money | None = None
    terms: PeriodOffer | None = None
    tax_code: str | None = None
    tax_bps: int | None = None
    is_taxed_on_receipt: bool | None = None


async def open_retainer(
    actor: Actor,
    engagement_id: UUID,
    offer: RetainerOffer,
    *,
    first_amount: Money | None = None,
    due_on: date | None = None,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Open a retainer and ask for its money by its own paper; answers the retainer's id.

    * deposit, security deposit: `target` is what is to be held.
    * evergreen: `floor` and `target`, with tax; below the floor the top-up is asked for by itself.
    * availability: `terms`; a period is earned when it has ended.
    * period allowance: `terms` with minutes; hours are earned as they are used or run out.

    Without `first_amount` the request is for the whole target, which of the last two is the price of all periods with tax. Tax is
    the one rate of the scope unless it is given. Whether it is due on receipt follows from the kind unless it is said
    (`rules.retainers.taxes` tells why); security is never taxed. An engagement has one open retainer of each kind.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (AMOUNT_…, DATE, TERMS_INVALID, TAX_…, RETAINER_TARGET_INVALID),
    `RuleViolation` (CONTRACT_NOT_SIGNED, CURRENCY_MISMATCH, TAX_RATE_NEEDED, SECURITY_NOT_TAXED, FIRST_AMOUNT_ABOVE_TARGET,
    BANK_ACCOUNT_MISSING), `Conflict` (RETAINER_OPEN), and what `idempotency.keyed` raises.
    """
    actor.require(*MONEY)
    _check(offer)
    for amount, field in ((offer.target, "target"), (offer.floor, "floor"), (first_amount, "firstAmount")):  # fmt: skip
        if amount is not None:
            check_amount(amount, field)
    check_due(due_on, today)

    async def effect(uow: UnitOfWork) -> UUID:
        engagement = await engagement_queries.lock_engagement(uow, engagement_id)
        if engagement is None:
            raise NotFound("No engagement with this id.", field="engagementId")
        require_open_engagement(engagement)
        if await queries.retainer_of_kind(uow, engagement_id, offer.kind):
            raise Conflict(
                "The engagement has an open retainer of this kind.", code="RETAINER_OPEN"
            )
        retainer_id, target = await _open(uow, engagement, offer, now=now)
        first = first_amount or target
        check_currency(first, engagement["currency"], "firstAmount")
        if first.amount_minor > target.amount_minor:
            raise RuleViolation(
                f"The first request is at most {target}.",
                code="FIRST_AMOUNT_ABOVE_TARGET",
                field="firstAmount",
            )
        await raise_request(
            uow,
            engagement,
            retainer_id,
            Asked(first),
            due_on or today + timedelta(days=engagement["payment_terms_days"]),
            is_further=False,
            today=today,
            now=now,
        )
        return retainer_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="open_retainer",
        request={
            "engagement_id": engagement_id,
            **_plain(offer),
            "first_amount": first_amount,
            "due_on": due_on,
        },
        now=now,
        effect=effect,
    )


def _plain(offer: RetainerOffer) -> dict[str, Any]:
    terms = offer.terms
    return {
        "kind": offer.kind.value,
        "target": offer.target,
        "floor": offer.floor,
        "tax_code": offer.tax_code,
        "tax_bps": offer.tax_bps,
        "is_taxed_on_receipt": offer.is_taxed_on_receipt,
        "terms": terms
        and {
            "starts_on": terms.starts_on,
            "period": terms.period.value,
            "periods": terms.periods,
            "price": terms.price,
            "minutes": terms.minutes,
            "rollover_cap_minutes": terms.rollover_cap_minutes,
            "rollover_periods": terms.rollover_periods,
            "settle_after_days": terms.settle_after_days,
        },
    }


def _check(offer: RetainerOffer) -> None:
    """Each kind has its own terms, all of them and no others."""
    kind, terms = offer.kind, offer.terms
    if (terms is not None) != (kind in _PERIODIC):
        raise _invalid("Availability and allowances are agreed by the period, no others.", "terms")
    if (offer.target is None) != (kind in _PERIODIC):
        raise _invalid("What is to be held follows from the periods, and only there.", "target")
    if (offer.floor is not None) != (kind is RetainerKind.EVERGREEN):
        raise _invalid("An evergreen retainer has a floor, and no other has.", "floor")
    if offer.floor and offer.target and offer.floor.amount_minor > offer.target.amount_minor:
        raise InvalidInput(
            "The target of an evergreen retainer is not below its floor.",
            code="RETAINER_TARGET_INVALID",
            field="target",
        )
    if kind is RetainerKind.SECURITY_DEPOSIT and (offer.is_taxed_on_receipt or offer.tax_bps):
        raise RuleViolation(
            "Security is no payment for a supply: no tax is due on it.", code="SECURITY_NOT_TAXED"
        )
    if offer.tax_bps is not None:
        check_tax(offer.tax_code or "S", offer.tax_bps, "taxCode")
        if not 0 <= offer.tax_bps < 10_000:
            raise _invalid("A rate lies from 0 to below 10 000 basis points.", "taxBps")
    if terms is not None:
        _check_terms(kind, terms)


def _check_terms(kind: RetainerKind, terms: PeriodOffer) -> None:
    check_amount(terms.price, "terms.price")
    check_plausible(terms.starts_on, "terms.startsOn")
    if not 1 <= terms.periods <= _MAX_PERIODS:
        raise _invalid(f"There are 1 to {_MAX_PERIODS} periods.", "terms.periods")
    if terms.price.amount_minor * 2 * terms.periods > MAX_AMOUNT_MINOR:
        raise InvalidInput("The amount is too large.", code="AMOUNT_TOO_LARGE", field="terms.price")
    if not 0 <= terms.settle_after_days <= 60:
        raise _invalid("A period is settled within 60 days.", "terms.settleAfterDays")
    if (terms.minutes is not None) != (kind is RetainerKind.PERIOD_ALLOWANCE):
        raise _invalid("An allowance has minutes, and availability has none.", "terms.minutes")
    if terms.minutes is None:
        for value, field in (
            (terms.rollover_cap_minutes, "terms.rolloverCapMinutes"),
            (terms.rollover_periods, "terms.rolloverPeriods"),
        ):
            if value:
                raise _invalid("Only minutes roll over.", field)
        return
    if not 1 <= terms.minutes <= _MAX_MINUTES:
        raise _invalid("A period has one minute or more.", "terms.minutes")
    if not 0 <= terms.rollover_cap_minutes <= _MAX_MINUTES:
        raise _invalid("The cap is nothing or more.", "terms.rolloverCapMinutes")
    if not 0 <= terms.rollover_periods <= _MAX_PERIODS:
        raise _invalid("Minutes go over for no period or more.", "terms.rolloverPeriods")


def _invalid(message: str, field: str) -> InvalidInput:
    return InvalidInput(message, code="TERMS_INVALID", field=field)


async def _tax(uow: UnitOfWork, engagement_id: UUID, offer: RetainerOffer) -> tuple[str, int]:
    """Category and rate: as given, or the only ones of the scope."""
    if offer.kind is RetainerKind.SECURITY_DEPOSIT:
        return "", 0
    if offer.tax_bps is not None:
        return offer.tax_code or "S", offer.tax_bps
    items = await scope_queries.billable_items(uow, engagement_id)
    rates = {(row["tax_code"], row["tax_bps"]) for row in items}
    if len(rates) != 1:
        raise RuleViolation(
            "The scope has no single rate of tax: say which one this retainer bears.",
            code="TAX_RATE_NEEDED",
            field="taxBps",
        )
    code, bps = rates.pop()
    return code, bps


async def _open(
    uow: UnitOfWork, engagement: Any, offer: RetainerOffer, *, now: datetime
) -> tuple[UUID, Money]:
    """The retainer with its terms, and what it is to hold."""
    currency = engagement["currency"]
    tax_code, tax_bps = await _tax(uow, engagement["id"], offer)
    wanted = offer.is_taxed_on_receipt
    is_taxed = bool(tax_bps) and (
        rules.is_taxed_by_default(offer.kind) if wanted is None else wanted
    )
    terms, look_on, net_minor, tax_minor = offer.terms, None, 0, 0
    target = offer.target
    if terms is not None:
        check_currency(terms.price, currency, "terms.price")
        net_minor, tax_minor = (
            terms.price.amount_minor,
            share(terms.price.amount_minor, tax_bps),
        )
        target = Money((net_minor + tax_minor) * terms.periods, currency)
        last = rules.period_days(terms.starts_on, terms.period, 1)[1]
        look_on = last + timedelta(1 + (terms.settle_after_days if terms.minutes else 0))
    assert target is not None
    check_currency(target, currency, "target")
    if offer.floor is not None:
        check_currency(offer.floor, currency, "floor")
    retainer_id = new_id()
    await Retainer.insert(
        Retainer(
            tenant_id=uow.tenant_id,
            id=retainer_id,
            engagement_id=engagement["id"],
            client_id=engagement["client_id"],
            kind=offer.kind.value,
            status="requested",
            currency=currency,
            target_minor=target.amount_minor,
            floor_minor=offer.floor.amount_minor if offer.floor else 0,
            deposited_minor=0,
            drawn_minor=0,
            refund_pending_minor=0,
            refunded_minor=0,
            is_taxed_on_receipt=is_taxed,
            tax_code=tax_code,
            tax_bps=tax_bps,
            look_on=look_on,
            created_at=now,
            updated_at=now,
        )
    )
    if terms is not None:
        has_minutes = terms.minutes is not None
        await RetainerPeriodTerms.insert(
            RetainerPeriodTerms(
                tenant_id=uow.tenant_id,
                id=new_id(),
                retainer_id=retainer_id,
                starts_on=terms.starts_on,
                period=terms.period.value,
                periods=terms.periods,
                net_minor=net_minor,
                tax_minor=tax_minor,
                minutes=terms.minutes,
                rollover_cap_minutes=terms.rollover_cap_minutes if has_minutes else None,
                rollover_periods=terms.rollover_periods if has_minutes else None,
                settle_after_days=terms.settle_after_days,
            )
        )
    return retainer_id, target
