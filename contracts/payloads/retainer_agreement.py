"""The retainer agreement: the money held in advance, what becomes of it, and the return of what is unused."""

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


class RetainerTerms(TypedDict):
    """The deposit. ``expected_total`` and ``share_bps`` explain the amount; ``further``: it adds to an earlier one.

    ``kind`` is a deposit where it is left out; ``tax`` is what of the amount falls due when it is received.
    """

    amount: Money
    expected_total: NotRequired[Money | None]
    share_bps: NotRequired[int | None]
    further: NotRequired[bool | None]
    kind: NotRequired[
        Literal["deposit", "security_deposit", "evergreen", "availability", "period_allowance"]
        | None
    ]
    tax: NotRequired[TaxLine | None]


class RetainerRequest(TypedDict):
    """How to pay it: ``reference`` goes on the transfer."""

    number: str
    due_on: IsoDate
    bank: BankAccount
    reference: str


class DrawdownClause(TypedDict):
    """How the deposit is used; ``objection_days`` to object to a drawdown, where drawdowns are notified."""

    applied_to: Literal["each_invoice", "last_invoice"]
    objection_days: NotRequired[int | None]


class ReplenishmentClause(TypedDict):
    """Topped up to ``target`` within ``due_days`` once it falls below ``floor``."""

    floor: Money
    target: Money
    due_days: int


class AvailabilityClause(TypedDict):
    """Paid for being reachable: ``price`` (before ``tax``) for each of ``periods`` periods."""

    price: Money
    tax: NotRequired[Money | None]
    period: Literal["week", "month", "quarter", "year"]
    periods: int
    starts_on: IsoDate
    ends_on: IsoDate


class AllowanceClause(AvailabilityClause):
    """``minutes`` in each period; at most ``rollover_cap_minutes`` go over, for ``rollover_periods`` periods."""

    minutes: int
    rollover_cap_minutes: int
    rollover_periods: int
    settle_after_days: int


class ReturnClause(TypedDict):
    """The unused rest goes back within ``settlement_days``, or without undue delay where none are agreed."""

    settlement_days: NotRequired[int | None]


class RetainerClauses(TypedDict, total=False):
    """The clauses of the retainer agreement that may be present or absent."""

    drawdown: DrawdownClause | None
    replenishment: ReplenishmentClause | None
    security: bool | None
    availability: AvailabilityClause | None
    allowance: AllowanceClause | None
    unused: ReturnClause | None
    separate_account: bool | None
    statements: bool | None


class RetainerEngagement(TypedDict):
    """The work that the deposit secures; the contract where there is one already."""

    title: str
    contract_number: NotRequired[str | None]
    contract_signed_on: NotRequired[IsoDate | None]


class RetainerAgreementPayload(TypedDict):
    """``retainer_agreement``: aftale om forudbetaling."""

    document: DocumentHead
    practice: Party
    client: Party
    engagement: RetainerEngagement
    retainer: RetainerTerms
    request: RetainerRequest
    clauses: RetainerClauses
    law: Law
    signatures: list[Signer]
