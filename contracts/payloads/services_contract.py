"""The services contract: parties, scope, timeline, fee, clauses."""

from typing import Literal, NotRequired, TypedDict

from contracts.payloads.parts import (
    BankAccount,
    DocumentHead,
    IsoDate,
    Law,
    Money,
    Party,
    Signer,
    TaxLine,
)


class ScopeItem(TypedDict):
    """A priced line of scope; ``key`` is stable across versions, ``quantity`` is printed as given."""

    key: str
    name: str
    description: NotRequired[str | None]
    quantity: NotRequired[str | None]
    fee: Money


class ScopePhase(TypedDict):
    """Items that belong together, what the client receives of them, and when."""

    name: str
    items: list[ScopeItem]
    fee: Money
    deliverable: NotRequired[str | None]
    acceptance: NotRequired[str | None]
    starts_on: IsoDate
    finishes_on: IsoDate


class Scope(TypedDict):
    """The detailed scope; ``version`` is the scope version's number."""

    version: int
    summary: NotRequired[str | None]
    phases: list[ScopePhase]


class Totals(TypedDict):
    """The fee. ``contingency`` is a reserve shown apart; it is not part of ``fee``."""

    fee: Money
    taxes: list[TaxLine]
    total: Money
    contingency: NotRequired[Money | None]


class Milestone(TypedDict):
    """A dated event of the timeline."""

    name: str
    due_on: IsoDate
    note: NotRequired[str | None]


class Timeline(TypedDict):
    """Start, delivery and what lies between; ``client_duties`` are what the dates depend on."""

    starts_on: IsoDate
    delivery_on: IsoDate
    milestones: list[Milestone]
    client_duties: NotRequired[list[str] | None]


class WorkingCalendar(TypedDict):
    """Which days are working days. ``weekend`` holds ISO weekdays, Monday is 1.

    ``country`` (ISO 3166-1 alpha-2) says whose public holidays are no working days; without one they count as working days.
    ``region`` is the part of it, printed as given. ``days_off`` are further days without work.
    """

    weekend: list[int]
    country: NotRequired[str | None]
    region: NotRequired[str | None]
    days_off: list[IsoDate]


class Expectation(TypedDict):
    """One line of the register of what is excluded, assumed or not guaranteed."""

    key: str
    kind: Literal["exclusion", "assumption", "no_guarantee"]
    text: str


class Instalment(TypedDict):
    """One payment of the fee; ``when`` says what makes it due (``On signature``), tax is added."""

    when: str
    share_bps: NotRequired[int | None]
    due_on: NotRequired[IsoDate | None]
    amount: Money


class PaymentTerms(TypedDict):
    """How the fee is paid. ``terms_days`` count from the date of the invoice."""

    instalments: list[Instalment]
    terms_days: int
    bank: NotRequired[BankAccount | None]


class RetainerClause(TypedDict):
    """A deposit before work starts. ``share_bps`` 3333 is printed as "one third"."""

    amount: Money
    share_bps: NotRequired[int | None]
    due_days: int
    applied_to: Literal["each_invoice", "last_invoice"]


class ApprovalTier(TypedDict):
    """Who signs a change of the fee of at least ``from_amount``; ``roles`` are words, each held by one of the signers."""

    from_amount: Money
    signers: int
    roles: list[str]
    is_owner_needed: bool


class ChangeClause(TypedDict):
    """Who may ask for a change and under what terms; ``offer_days`` is how long an offer stands.

    Without ``approvals`` one signature of the Client is enough for any amount.
    """

    requesters: list[str]
    response_days: int
    offer_days: int
    minimum_fee: NotRequired[Money | None]
    approvals: NotRequired[list[ApprovalTier] | None]


class AcceptanceClause(TypedDict):
    """``test_days`` working days to test, after which silence counts as acceptance."""

    test_days: int
    correction_rounds: int


class KillFeeStage(TypedDict):
    """``rate_bps`` of the fee not yet earned, if work ends in this stage."""

    when: str
    rate_bps: int


class KillFeeClause(TypedDict):
    """Charge on early end at the client's wish, capped at the unpaid remainder plus costs."""

    stages: list[KillFeeStage]


class RefundsClause(TypedDict):
    """Money back is settled within ``settlement_days``."""

    settlement_days: int


class ReminderFee(TypedDict):
    """A fee per reminder, at most ``maximum_count`` of them, ``interval_days`` apart."""

    fee: Money
    maximum_count: int
    interval_days: int


class LatePaymentClause(TypedDict):
    """Simple interest: a published rate plus ``rate_bps``, or ``rate_bps`` a year if ``fixed``."""

    basis: Literal["danmarks_nationalbank", "ecb", "bank_of_england", "fixed"]
    rate_bps: int
    compensation: NotRequired[Money | None]
    reminders: NotRequired[ReminderFee | None]


class SuspensionClause(TypedDict):
    """Work may stop ``notice_days`` after written notice of a sum ``overdue_days`` overdue."""

    overdue_days: int
    notice_days: int


class ConfidentialityClause(TypedDict):
    """Lasts ``years`` after the work ends."""

    years: int


class IntellectualPropertyClause(TypedDict):
    """Ownership passes on full payment, or the client gets a licence; ``portfolio`` = may be shown."""

    mode: Literal["transfer", "licence"]
    portfolio: bool


class LiabilityClause(TypedDict):
    """Liability is capped at ``cap_bps`` of the fee (10 000 = the whole fee)."""

    cap_bps: int


class TerminationClause(TypedDict):
    """``notice_days`` for notice (opsigelse); ``cure_days`` to cure a breach (ophævelse)."""

    notice_days: int
    cure_days: int


class ForceMajeureClause(TypedDict):
    """Either party may leave once the hindrance has lasted ``leave_after_days``."""

    leave_after_days: int


class ServicesClauses(TypedDict, total=False):
    """The clauses of the services contract that may be present or absent."""

    retainer: RetainerClause | None
    change: ChangeClause | None
    acceptance: AcceptanceClause | None
    no_guarantee: bool | None
    late_payment: LatePaymentClause | None
    suspension: SuspensionClause | None
    kill_fee: KillFeeClause | None
    refunds: RefundsClause | None
    confidentiality: ConfidentialityClause | None
    data_protection: bool | None
    intellectual_property: IntellectualPropertyClause | None
    liability: LiabilityClause | None
    termination: TerminationClause | None
    force_majeure: ForceMajeureClause | None


class ContractEngagement(TypedDict):
    """What the work is for. ``purpose`` ends "The purpose of the work is …", with its stop."""

    title: str
    purpose: NotRequired[str | None]


class ServicesContractPayload(TypedDict):
    """``services_contract``: kontrakt. Money of one document is in one currency."""

    document: DocumentHead
    practice: Party
    client: Party
    engagement: ContractEngagement
    scope: Scope
    totals: Totals
    timeline: Timeline
    calendar: WorkingCalendar
    expectations: list[Expectation]
    payment: PaymentTerms
    clauses: ServicesClauses
    law: Law
    signatures: list[Signer]
