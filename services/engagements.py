"""Engagements: one body of work for one client, its terms and its number.

The terms are free until the contract goes out. From then on they stand as they were printed; what the client asks for later
comes by change order. What makes and changes the scope is in `services.scopes`, the contract in `services.services_contracts`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from db.ids import new_id
from db.queries import clients as client_queries
from db.queries import engagements as queries
from db.queries import practices as practice_queries
from db.tables.engagements import Engagement
from db.tables.scopes import ScopeDraft
from db.unit_of_work import UnitOfWork, unit_of_work
from services.actor import WRITERS, Actor
from services.approval_tiers import clean_tiers
from services.calendars import CalendarTerms, clean_terms
from services.clients import CONTACT_ROLES
from services.rules.change_orders import ApprovalTier
from services.rules.dates import check_plausible
from services.rules.errors import Conflict, InvalidInput, NotFound, RuleViolation, Stale
from services.rules.kill_fees import KillFeeStage, KillFeeTerms
from services.rules.money import BPS, MAX_AMOUNT_MINOR, minor_units
from services.rules.scope import Scope, scope_fingerprint, scope_to_data
from services.rules.taxes import check_tax
from services.rules.text import clean_text

KINDS = ("goods", "consulting", "craft", "corporate_supply")
"""What an engagement supplies."""
STATUSES = ("draft", "contract_sent", "active", "suspended", "completed", "terminated")
"""The life of an engagement."""
LAWS = ("DK", "SE", "NO", "DE", "NL", "IE", "GB-EAW")
"""Whose law may govern: those that the contract templates know."""


@dataclass(frozen=True)
class LatePaymentTerms:
    """Simple interest after the due day: a published rate plus `rate_bps`, or `rate_bps` alone where `basis` is fixed."""

    basis: str
    rate_bps: int
    compensation_minor: int | None = None
    reminder_fee_minor: int | None = None
    reminder_maximum_count: int = 3
    reminder_interval_days: int = 10


@dataclass(frozen=True)
class ContractClauses:
    """Parameters of the contract's further clauses; a clause whose parameters are None is not in the contract."""

    late_payment: LatePaymentTerms | None = None
    suspension_overdue_days: int | None = None
    suspension_notice_days: int | None = None
    refund_settlement_days: int | None = None
    confidentiality_years: int | None = None
    has_data_protection: bool = False
    intellectual_property: str | None = None
    may_show_in_portfolio: bool = False
    liability_cap_bps: int | None = None
    termination_notice_days: int | None = None
    termination_cure_days: int | None = None
    force_majeure_leave_after_days: int | None = None


@dataclass(frozen=True)
class EngagementDetails:
    """The terms of an engagement. Rates are in basis points, money in minor units of its currency.

    Without a currency or a locale the client's own counts, without a law the practice's country, without a venue the home
    court of the practice. The kill fee is one rate or goes by stages. The retainer share defaults to one third of the expected total.
    """

    name: str
    kind: str
    start_date: date
    tax_bps: int
    tax_code: str = "S"
    purpose: str = ""
    currency: str | None = None
    locale: str | None = None
    law: str | None = None
    venue_en: str = ""
    venue_da: str = ""
    promised_date: date | None = None
    country: str | None = None
    region: str = ""
    weekend: Sequence[int] | None = None
    days_off: Sequence[date] = ()
    contingency_bps: int = 0
    retention_bps: int = 0
    payment_terms_days: int | None = None
    retainer_numerator: int = 1
    retainer_denominator: int = 3
    change_requesters: Sequence[str] = ("signer", "sponsor")
    change_response_days: int = 5
    change_offer_days: int = 14
    change_minimum_fee_minor: int = 0
    change_reminder_days: int = 3
    change_approval_tiers: Sequence[ApprovalTier] = ()
    kill_fee_bps: int = 0
    kill_fee_stages: Sequence[KillFeeStage] = ()
    test_period_days: int = 10
    correction_rounds: int = 2
    clauses: ContractClauses = field(default_factory=ContractClauses)


_RANGES = {
    "tax_bps": (0, BPS),
    "contingency_bps": (0, BPS),
    "retention_bps": (0, BPS),
    "kill_fee_bps": (0, BPS),
    "retainer_numerator": (0, 10_000),
    "retainer_denominator": (1, 10_000),
    "change_response_days": (0, 365),
    "change_offer_days": (1, 365),
    "change_minimum_fee_minor": (0, MAX_AMOUNT_MINOR),
    "change_reminder_days": (0, 365),
    "test_period_days": (0, 365),
    "correction_rounds": (0, 20),
}
_CLAUSE_RANGES = {
    "suspension_overdue_days": (0, 365),
    "suspension_notice_days": (1, 365),
    "refund_settlement_days": (1, 365),
    "confidentiality_years": (1, 99),
    "liability_cap_bps": (0, 100 * BPS),
    "termination_notice_days": (0, 365),
    "termination_cure_days": (1, 365),
    "force_majeure_leave_after_days": (1, 365),
}
_LATE_RANGES = {
    "rate_bps": (0, BPS),
    "compensation_minor": (0, MAX_AMOUNT_MINOR),
    "reminder_fee_minor": (0, MAX_AMOUNT_MINOR),
    "reminder_maximum_count": (1, 10),
    "reminder_interval_days": (1, 365),
}


def number_of(engagement: Any) -> str:
    """The number that people see, such as 2026-001."""
    return f"{engagement['number_year']}-{engagement['number_ordinal']:03d}"


def calendar_terms(row: Any) -> CalendarTerms:
    """The calendar of an engagement's or a scope version's row."""
    return CalendarTerms(
        country=row["country"],
        region=row["region"],
        weekend=frozenset(row["weekend"]),
        days_off=tuple(row["days_off"]),
    )


def clauses_of(engagement: Any) -> ContractClauses:
    """The further clauses of an engagement's row."""
    stored = orjson.loads(engagement["clauses"])
    late = stored.pop("late_payment", None)
    return ContractClauses(**stored, late_payment=LatePaymentTerms(**late) if late else None)


async def create_engagement(
    actor: Actor, client_id: UUID, details: EngagementDetails, *, now: datetime, today: date
) -> UUID:
    """Open an engagement as a draft, with an empty scope, under the next number of the year.

    Raises `Forbidden`, `NotFound`, `InvalidInput`, `Conflict` (CLIENT_ARCHIVED).
    """
    actor.require(*WRITERS)
    values = _checked(details)
    engagement_id = new_id()
    async with unit_of_work(actor.scope()) as uow:
        client = await client_queries.client_by_id(uow, client_id)
        practice = await practice_queries.practice(uow)
        if client is None or practice is None:
            raise NotFound("No client with this id.", field="clientId")
        if client["is_archived"]:
            raise Conflict("The client is archived.", code="CLIENT_ARCHIVED", field="clientId")
        values |= _defaults(details, client, practice)
        ordinal = await queries.next_ordinal(uow, today.year)
        await Engagement.insert(
            Engagement(
                tenant_id=actor.tenant_id,
                id=engagement_id,
                client_id=client_id,
                number_year=today.year,
                number_ordinal=ordinal,
                status="draft",
                created_at=now,
                updated_at=now,
                **values,
            )
        )
        await ScopeDraft.insert(
            ScopeDraft(
                tenant_id=actor.tenant_id,
                id=new_id(),
                engagement_id=engagement_id,
                body=orjson.dumps(scope_to_data(Scope())).decode(),
                fingerprint=scope_fingerprint(Scope()),
                updated_at=now,
            )
        )
    return engagement_id


async def update_engagement(
    actor: Actor,
    engagement_id: UUID,
    details: EngagementDetails,
    *,
    expected_version: int,
    now: datetime,
) -> UUID:
    """Replace the terms of a draft. The currency stays: amounts in the draft of the scope are written in it.

    Raises `Forbidden`, `NotFound`, `InvalidInput`, `Stale` (STALE_VERSION), `RuleViolation` (TERMS_FIXED,
    CURRENCY_FIXED).
    """
    actor.require(*WRITERS)
    values = _checked(details)
    async with unit_of_work(actor.scope()) as uow:
        engagement = await locked(uow, engagement_id, expected_version)
        require_draft(engagement)
        client = await client_queries.client_by_id(uow, engagement["client_id"])
        practice = await practice_queries.practice(uow)
        values |= _defaults(details, client, practice)
        if details.currency is None:
            values["currency"] = engagement["currency"]
        if values["currency"] != engagement["currency"]:
            raise RuleViolation(
                f"The engagement is in {engagement['currency']} and stays so.",
                code="CURRENCY_FIXED",
                field="currency",
            )
        await change(uow, engagement, values, now=now)
    return engagement_id


async def locked(
    uow: UnitOfWork, engagement_id: UUID, expected_version: int | None = None
) -> asyncpg.Record:
    """The engagement under its lock, at the version the caller saw. Raises `NotFound`, `Stale` (STALE_VERSION)."""
    engagement = await queries.lock_engagement(uow, engagement_id)
    if engagement is None:
        raise NotFound("No engagement with this id.", field="engagementId")
    if expected_version is not None and engagement["version"] != expected_version:
        raise Stale(
            "The engagement was changed meanwhile.",
            code="STALE_VERSION",
            field="expectedVersion",
            current_version=engagement["version"],
        )
    return engagement


async def found(uow: UnitOfWork, engagement_id: UUID) -> asyncpg.Record:
    """The engagement, not locked. Raises `NotFound`."""
    engagement = await queries.engagement_by_id(uow, engagement_id)
    if engagement is None:
        raise NotFound("No engagement with this id.", field="engagementId")
    return engagement


def require_draft(engagement: Any) -> None:
    """Raise `RuleViolation` (TERMS_FIXED) unless terms and scope may still be changed without a signature."""
    if engagement["status"] == "contract_sent":
        raise RuleViolation(
            "The contract is out for signature; void it before anything is changed.",
            code="TERMS_FIXED",
        )
    if engagement["status"] != "draft":
        raise RuleViolation(
            "The contract is signed: what changes now, changes by change order.", code="TERMS_FIXED"
        )


async def change(
    uow: UnitOfWork, engagement: Any, values: dict[Any, Any], *, now: datetime
) -> None:
    """Write new values to a locked engagement, and count its version up."""
    await Engagement.update(
        {**values, "version": engagement["version"] + 1, "updated_at": now}
    ).where(Engagement.tenant_id == uow.tenant_id, Engagement.id == engagement["id"])


def _defaults(details: EngagementDetails, client: Any, practice: Any) -> dict[Any, Any]:
    """What was left to the client's and the practice's own terms."""
    country, home = practice["country"], practice["legal_name"] or practice["name"]
    law = details.law or ("GB-EAW" if country == "GB" else country)
    if law not in LAWS:
        raise InvalidInput(f"A law is one of {', '.join(LAWS)}.", code="LAW", field="law")
    terms = details.payment_terms_days
    return {
        "currency": details.currency or client["currency"],
        "locale": details.locale or client["locale"],
        "law": law,
        "venue_en": clean_text(details.venue_en, "venueEn", required=False)
        or f"the home court of {home}"[:200],
        "venue_da": clean_text(details.venue_da, "venueDa", required=False)
        or f"{home}s hjemting"[:200],
        "payment_terms_days": client["payment_terms_days"] if terms is None else terms,
    }


def _within(value: Any, ranges: dict[str, tuple[int, int]], prefix: str = "") -> None:
    for name, (lowest, highest) in ranges.items():
        number = getattr(value, name)
        if number is not None and not lowest <= number <= highest:
            raise InvalidInput(
                f"A whole number from {lowest} to {highest}.",
                code="OUT_OF_RANGE",
                field=prefix + name,
            )


def _checked(details: EngagementDetails) -> dict[Any, Any]:
    _within(details, _RANGES)
    if details.kind not in KINDS:
        raise InvalidInput(f"A kind is one of {', '.join(KINDS)}.", code="KIND", field="kind")
    if details.currency is not None:
        minor_units(details.currency)
    if details.locale not in {None, "en", "da"}:
        raise InvalidInput("The locale is en or da.", code="LOCALE", field="locale")
    if details.retainer_numerator > details.retainer_denominator:
        raise InvalidInput(
            "A retainer is at most the whole.", code="OUT_OF_RANGE", field="retainerNumerator"
        )
    if details.payment_terms_days is not None and not 0 <= details.payment_terms_days <= 365:
        raise InvalidInput(
            "Payment terms are 0 to 365 days.", code="TERMS", field="paymentTermsDays"
        )
    check_plausible(details.start_date, "startDate")
    if details.promised_date is not None:
        check_plausible(details.promised_date, "promisedDate")
    if details.promised_date is not None and details.promised_date < details.start_date:
        raise InvalidInput(
            "The promised date lies before the start.", code="DATE_ORDER", field="promisedDate"
        )
    calendar = clean_terms(
        country=details.country,
        region=details.region,
        weekend=details.weekend,
        days_off=details.days_off,
    )
    return {name: getattr(details, name) for name in _RANGES} | {
        "name": clean_text(details.name, "name"),
        "purpose": clean_text(details.purpose, "purpose", max_length=500, required=False),
        "kind": details.kind,
        "start_date": details.start_date,
        "promised_date": details.promised_date,
        "tax_code": _checked_tax_code(details),
        "change_requesters": _requesters(details.change_requesters),
        "change_approval_tiers": clean_tiers(details.change_approval_tiers),
        "kill_fee_stages": _kill_fee_stages(details),
        "clauses": orjson.dumps(_checked_clauses(details.clauses)).decode(),
        **calendar_columns(calendar),
    }


def _kill_fee_stages(details: EngagementDetails) -> str:
    stages = tuple(details.kill_fee_stages)
    if stages and details.kill_fee_bps:
        raise InvalidInput(
            "A kill fee is one rate or goes by stages.",
            code="KILL_FEE_INVALID",
            field="killFeeStages",
        )
    return orjson.dumps([asdict(stage) for stage in KillFeeTerms(stages).stages]).decode()


def kill_fee_terms(engagement: Any) -> KillFeeTerms:
    """The kill fee clause of an engagement's row: its stages, or the one rate; no stages where there is no clause."""
    stages = orjson.loads(engagement["kill_fee_stages"])
    if stages:
        return KillFeeTerms(tuple(KillFeeStage(**stage) for stage in stages))
    return (
        KillFeeTerms.flat(engagement["kill_fee_bps"])
        if engagement["kill_fee_bps"]
        else KillFeeTerms(())
    )


def _checked_tax_code(details: EngagementDetails) -> str:
    check_tax(details.tax_code, details.tax_bps, "taxCode")
    return details.tax_code


def _requesters(roles: Sequence[str]) -> list[str]:
    if not roles or not set(roles) <= set(CONTACT_ROLES):
        raise InvalidInput(
            f"Who may ask for changes is told by roles of contacts: {', '.join(CONTACT_ROLES)}.",
            code="ROLE",
            field="changeRequesters",
        )
    return sorted(set(roles), key=CONTACT_ROLES.index)


def calendar_columns(calendar: CalendarTerms) -> dict[Any, Any]:
    """A calendar as the columns of an engagement or a scope version."""
    return {
        "country": calendar.country,
        "region": calendar.region,
        "weekend": sorted(calendar.weekend),
        "days_off": list(calendar.days_off),
    }


def _checked_clauses(clauses: ContractClauses) -> dict[str, Any]:
    _within(clauses, _CLAUSE_RANGES, "clauses.")
    for one, other in (
        ("suspension_overdue_days", "suspension_notice_days"),
        ("termination_notice_days", "termination_cure_days"),
    ):
        if (getattr(clauses, one) is None) != (getattr(clauses, other) is None):
            raise InvalidInput(
                f"{one} and {other} come together.", code="CLAUSE_INVALID", field=f"clauses.{other}"
            )
    if clauses.intellectual_property not in {None, "transfer", "licence"}:
        raise InvalidInput(
            "Intellectual property is a transfer or a licence.",
            code="CLAUSE_INVALID",
            field="clauses.intellectualProperty",
        )
    late = clauses.late_payment
    if late is not None:
        _within(late, _LATE_RANGES, "clauses.latePayment.")
        if late.basis not in {"danmarks_nationalbank", "ecb", "bank_of_england", "fixed"}:
            raise InvalidInput(
                "No such published rate.", code="CLAUSE_INVALID", field="clauses.latePayment.basis"
            )
    return asdict(clauses)
