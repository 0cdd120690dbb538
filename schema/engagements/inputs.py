"""What one writes to open an engagement or to change its terms."""

from datetime import date
from enum import Enum
from typing import Any

import strawberry

from schema.clients import ContactRole
from schema.engagements.types import EngagementKind
from schema.scalars import Currency, MoneyInput
from services.engagements import ContractClauses, EngagementDetails, LatePaymentTerms
from services.rules.change_orders import ApprovalTier
from services.rules.errors import InvalidInput
from services.rules.kill_fees import KillFeeStage


@strawberry.enum(description="Which published rate late interest is reckoned from.")
class LateInterestBasis(Enum):
    """What the late payment clause knows."""

    DANMARKS_NATIONALBANK = strawberry.enum_value(
        "danmarks_nationalbank", description="The lending rate of Danmarks Nationalbank."
    )
    ECB = strawberry.enum_value("ecb", description="The main refinancing rate of the ECB.")
    BANK_OF_ENGLAND = strawberry.enum_value(
        "bank_of_england", description="The Bank Rate of the Bank of England."
    )
    FIXED = strawberry.enum_value("fixed", description="None: the rate is the contract's own.")


@strawberry.enum(description="What becomes of the rights in the work.")
class PropertyMode(Enum):
    """What the clause on intellectual property knows."""

    TRANSFER = strawberry.enum_value("transfer", description="They pass on full payment.")
    LICENCE = strawberry.enum_value("licence", description="The client gets a licence.")


@strawberry.input(description="The working calendar that dates are reckoned on.")
class CalendarInput:
    """Without a country no public holiday counts."""

    country: str | None = strawberry.field(default=None, description="ISO 3166 alpha-2.")
    region: str = strawberry.field(default="", description="ISO 3166-2, without the country.")
    weekend: list[int] | None = strawberry.field(
        default=None, description="Weekdays without work, Monday is 0; the country's own if null."
    )
    days_off: list[date] = strawberry.field(default_factory=list, description="Own days off.")


@strawberry.input(description="Who signs a change order from an amount on.")
class ApprovalTierInput:
    """The highest tier that a change reaches decides alone."""

    from_amount: MoneyInput = strawberry.field(
        description="Counts for changes of the fee of at least this size, up or down, before tax."
    )
    signers: int = strawberry.field(default=1, description="How many sign for the client.")
    roles: list[ContactRole] = strawberry.field(
        default_factory=list,
        description="Roles each of which at least one of the signers must hold.",
    )
    is_owner_needed: bool = strawberry.field(
        default=False, description="Whether only the practice's owner may send it."
    )


@strawberry.input(
    description="A share of the unearned fee that holds from a degree of completion on."
)
class KillFeeStageInput:
    """Stages begin at zero and rise."""

    from_progress_bps: int = strawberry.field(description="From this earned part of the fee on.")
    rate_bps: int = strawberry.field(description="Of the part of the fee that is not earned.")


@strawberry.input(description="How the scope may change after signature.")
class ChangeClauseInput:
    """Printed in the contract, and held to."""

    requesters: list[ContactRole] = strawberry.field(
        default_factory=lambda: [ContactRole.SIGNER, ContactRole.SPONSOR],
        description="Roles that may ask for changes.",
    )
    response_days: int = strawberry.field(default=5, description="Working days to answer in.")
    offer_days: int = strawberry.field(default=14, description="Days that an offer stands.")
    minimum_fee: MoneyInput | None = strawberry.field(
        default=None, description="What a change costs at least."
    )
    reminder_days: int = strawberry.field(
        default=3, description="Signers are reminded so many days before an offer ends; 0 is never."
    )
    approval_tiers: list[ApprovalTierInput] = strawberry.field(
        default_factory=list,
        description="Who signs by amount, the amounts rising; one signer for any amount if empty.",
    )


@strawberry.input(description="Simple interest and fees on late payment.")
class LatePaymentInput:
    """With a basis, the rate is on top of it."""

    basis: LateInterestBasis = strawberry.field(description="Which published rate.")
    rate_bps: int = strawberry.field(description="Points on top, or the rate itself if fixed.")
    compensation: MoneyInput | None = strawberry.field(default=None, description="Fixed sum.")
    reminder_fee: MoneyInput | None = strawberry.field(default=None, description="Per reminder.")
    reminder_maximum_count: int = strawberry.field(default=3, description="At most so many.")
    reminder_interval_days: int = strawberry.field(default=10, description="So far apart.")


@strawberry.input(description="Further clauses of the contract; what is null is not in it.")
class ContractClausesInput:
    """Their parameters."""

    late_payment: LatePaymentInput | None = strawberry.field(default=None, description="Interest.")
    suspension_overdue_days: int | None = strawberry.field(
        default=None, description="Days overdue after which work may stop …"
    )
    suspension_notice_days: int | None = strawberry.field(
        default=None, description="… with this much notice."
    )
    refund_settlement_days: int | None = strawberry.field(
        default=None, description="Days within which money goes back."
    )
    confidentiality_years: int | None = strawberry.field(default=None, description="Years.")
    has_data_protection: bool = strawberry.field(default=False, description="Data protection.")
    intellectual_property: PropertyMode | None = strawberry.field(
        default=None, description="Rights."
    )
    may_show_in_portfolio: bool = strawberry.field(default=False, description="As a reference.")
    liability_cap_bps: int | None = strawberry.field(default=None, description="Share of the fee.")
    termination_notice_days: int | None = strawberry.field(default=None, description="Notice.")
    termination_cure_days: int | None = strawberry.field(default=None, description="To cure.")
    force_majeure_leave_after_days: int | None = strawberry.field(
        default=None, description="Days of hindrance after which either may leave."
    )


@strawberry.input(description="The terms of an engagement.")
class EngagementTermsInput:
    """What is left out counts as the client, the practice or custom have it."""

    name: str = strawberry.field(description="What it is called.")
    kind: EngagementKind = strawberry.field(description="What is supplied.")
    start_date: date = strawberry.field(description="When work is to start.")
    tax_bps: int = strawberry.field(description="Tax rate in basis points, such as 2500.")
    tax_code: str = strawberry.field(default="S", description="Tax category (UNCL 5305).")
    purpose: str = strawberry.field(default="", description="What it is for.")
    currency: Currency | None = strawberry.field(default=None, description="The client's if null.")
    locale: str | None = strawberry.field(default=None, description="The client's if null.")
    law: str | None = strawberry.field(default=None, description="The practice's country if null.")
    venue_en: str = strawberry.field(default="", description="The court, in English.")
    venue_da: str = strawberry.field(default="", description="The court, in Danish.")
    promised_date: date | None = strawberry.field(default=None, description="Told to the client.")
    calendar: CalendarInput = strawberry.field(
        default_factory=CalendarInput, description="The working calendar."
    )
    contingency_bps: int = strawberry.field(default=0, description="Reserve beside the fee.")
    retention_bps: int = strawberry.field(default=0, description="Share of invoices kept back.")
    payment_terms_days: int | None = strawberry.field(
        default=None, description="The client's if null."
    )
    retainer_numerator: int = strawberry.field(default=1, description="Share asked in advance …")
    retainer_denominator: int = strawberry.field(default=3, description="… as a fraction.")
    change_clause: ChangeClauseInput = strawberry.field(
        default_factory=ChangeClauseInput, description="How the scope may change."
    )
    kill_fee_bps: int = strawberry.field(default=0, description="Charge on early end.")
    kill_fee_stages: list[KillFeeStageInput] = strawberry.field(
        default_factory=list, description="Instead of one rate: by how much of the fee is earned."
    )
    test_period_days: int = strawberry.field(default=10, description="Working days to test in.")
    correction_rounds: int = strawberry.field(default=2, description="Rounds of correction.")
    clauses: ContractClausesInput = strawberry.field(
        default_factory=ContractClausesInput, description="Further clauses."
    )


def minor(amount: MoneyInput | None, currency: str, field: str) -> int | None:
    """An amount in minor units; it must be in the engagement's currency. Raises `InvalidInput` (CURRENCY_MISMATCH)."""
    if amount is None:
        return None
    if amount.currency != currency:
        raise InvalidInput(
            f"Amounts of this engagement are in {currency}.", code="CURRENCY_MISMATCH", field=field
        )
    return amount.to_money(f"{field}.amount").amount_minor


def details_of(terms: EngagementTermsInput, currency: str) -> EngagementDetails:
    """The services' details; `currency` is the engagement's, which amounts must be in."""
    same = (
        "name", "start_date", "tax_bps", "tax_code", "purpose", "locale", "law", "venue_en", "venue_da", "promised_date",
        "contingency_bps", "retention_bps", "payment_terms_days", "retainer_numerator", "retainer_denominator",
        "kill_fee_bps", "test_period_days", "correction_rounds",
    )  # fmt: skip
    values: dict[str, Any] = {name: getattr(terms, name) for name in same}
    clause, calendar = terms.change_clause, terms.calendar
    return EngagementDetails(
        **values,
        kind=str(terms.kind.value),
        kill_fee_stages=[
            KillFeeStage(stage.from_progress_bps, stage.rate_bps) for stage in terms.kill_fee_stages
        ],
        currency=currency,
        country=calendar.country,
        region=calendar.region,
        weekend=calendar.weekend,
        days_off=calendar.days_off,
        change_requesters=[str(role.value) for role in clause.requesters],
        change_response_days=clause.response_days,
        change_offer_days=clause.offer_days,
        change_minimum_fee_minor=minor(
            clause.minimum_fee, currency, "terms.changeClause.minimumFee"
        )
        or 0,
        change_reminder_days=clause.reminder_days,
        change_approval_tiers=[
            _tier_of(tier, currency, f"terms.changeClause.approvalTiers.{at}")
            for at, tier in enumerate(clause.approval_tiers)
        ],
        clauses=_clauses_of(terms.clauses, currency),
    )


def _tier_of(tier: ApprovalTierInput, currency: str, path: str) -> ApprovalTier:
    return ApprovalTier(
        from_minor=minor(tier.from_amount, currency, f"{path}.fromAmount") or 0,
        signers=tier.signers,
        roles=frozenset(str(role.value) for role in tier.roles),
        is_owner_needed=tier.is_owner_needed,
    )


def _clauses_of(clauses: ContractClausesInput, currency: str) -> ContractClauses:
    same = (
        "suspension_overdue_days", "suspension_notice_days", "refund_settlement_days", "confidentiality_years",
        "has_data_protection", "may_show_in_portfolio", "liability_cap_bps", "termination_notice_days",
        "termination_cure_days", "force_majeure_leave_after_days",
    )  # fmt: skip
    values: dict[str, Any] = {name: getattr(clauses, name) for name in same}
    late, mode = clauses.late_payment, clauses.intellectual_property
    path = "terms.clauses.latePayment"
    return ContractClauses(
        **values,
        intellectual_property=None if mode is None else str(mode.value),
        late_payment=None
        if late is None
        else LatePaymentTerms(
            basis=str(late.basis.value),
            rate_bps=late.rate_bps,
            compensation_minor=minor(late.compensation, currency, f"{path}.compensation"),
            reminder_fee_minor=minor(late.reminder_fee, currency, f"{path}.reminderFee"),
            reminder_maximum_count=late.reminder_maximum_count,
            reminder_interval_days=late.reminder_interval_days,
        ),
    )
