"""Refunds: what a client is entitled to get back, explained line by line, and what may be paid out.

Entitlement = paid − earned − kill fee ± credits − earlier refunds, never below zero and never above what is left of what was
paid. All amounts include tax, for so does the money that goes back.

What is *not* in it: interest, fixed sums and fees for late payment, for they are claims of their own with payments of their own; and
what was written off, for giving a claim up in the books gives the client nothing back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.rules.errors import InvalidInput, RuleViolation


class EntitlementKind(StrEnum):
    """What a line of an entitlement stands for."""

    PAID = "paid"
    DEPOSITED = "deposited"
    EARNED = "earned"
    KILL_FEE = "kill_fee"
    CREDIT = "credit"
    EARLIER_REFUND = "earlier_refund"
    LIMIT = "limit"
    """What the bounds take off or put on: not below zero, not above what is left of what was paid."""


class RefundReason(StrEnum):
    """Why money goes back; the words beside it say it in full."""

    OVERPAYMENT = "overpayment"
    RETAINER_UNUSED = "retainer_unused"
    COMPLAINT = "complaint"
    CANCELLED = "cancelled"
    DUPLICATE = "duplicate"
    PRICE_CORRECTION = "price_correction"
    GOODWILL = "goodwill"
    OTHER = "other"


class RefundMethod(StrEnum):
    """By which way a refund leaves."""

    BANK = "bank"
    CARD_REVERSAL = "card_reversal"


@dataclass(frozen=True, slots=True)
class EntitlementLine:
    """One step: a signed amount, and the sum so far."""

    kind: EntitlementKind
    amount_minor: int
    running_minor: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Credit:
    """An agreed credit (positive, for the client) or charge (negative), with its reason."""

    amount_minor: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What a client may get back. The lines sum to it."""

    lines: tuple[EntitlementLine, ...]
    entitled_minor: int
    refundable_minor: int
    """What was paid or deposited and not refunded: no entitlement is larger."""


def compute_entitlement(
    *,
    paid_minor: int = 0,
    deposited_minor: int = 0,
    earned_minor: int = 0,
    kill_fee_minor: int = 0,
    credits: Sequence[Credit] = (),
    refunded_minor: int = 0,
) -> Entitlement:
    """The entitlement, each step with the sum so far.

    `paid_minor` are payments of invoices from outside the retainer and `deposited_minor` what came into the retainer, so a drawdown
    counts once. `refunded_minor` holds earlier refunds, those under way included. Raises InvalidInput (AMOUNT_NEGATIVE),
    RuleViolation (REFUNDED_EXCEEDS_PAID) for figures that cannot be.
    """
    for name, amount in (
        ("paid_minor", paid_minor),
        ("deposited_minor", deposited_minor),
        ("earned_minor", earned_minor),
        ("kill_fee_minor", kill_fee_minor),
        ("refunded_minor", refunded_minor),
    ):
        if amount < 0:
            raise InvalidInput(f"{name} is negative.", code="AMOUNT_NEGATIVE", field=name)
    refundable = paid_minor + deposited_minor - refunded_minor
    if refundable < 0:
        raise RuleViolation(
            "More was refunded than was ever paid.",
            code="REFUNDED_EXCEEDS_PAID",
            field="refunded_minor",
        )
    steps = [
        (EntitlementKind.PAID, paid_minor, ""),
        (EntitlementKind.DEPOSITED, deposited_minor, ""),
        (EntitlementKind.EARNED, -earned_minor, ""),
        (EntitlementKind.KILL_FEE, -kill_fee_minor, ""),
        *((EntitlementKind.CREDIT, credit.amount_minor, credit.note) for credit in credits),
        (EntitlementKind.EARLIER_REFUND, -refunded_minor, ""),
    ]
    lines: list[EntitlementLine] = []
    running = 0
    for kind, amount, note in steps:
        if amount:
            running += amount
            lines.append(EntitlementLine(kind, amount, running, note))
    entitled = min(max(running, 0), refundable)
    if entitled != running:
        lines.append(EntitlementLine(EntitlementKind.LIMIT, entitled - running, entitled))
    return Entitlement(tuple(lines), entitled, refundable)


def check_refund(
    amount_minor: int, *, captured_minor: int, refunded_minor: int, pending_minor: int = 0
) -> None:
    """Raise unless a refund of `amount_minor` stays within what was paid or deposited less what was refunded or is on its way.

    Several partial refunds may reach the whole. InvalidInput (AMOUNT_NOT_POSITIVE), RuleViolation (REFUND_OVER_CAP) with
    `details["left_minor"]`.
    """
    if amount_minor <= 0:
        raise InvalidInput("A refund is above zero.", code="AMOUNT_NOT_POSITIVE", field="amount")
    left = captured_minor - refunded_minor - pending_minor
    if amount_minor > left:
        raise RuleViolation(
            "That is more than is left of what was paid.",
            code="REFUND_OVER_CAP",
            field="amount",
            left_minor=max(0, left),
        )


def needs_second_person(
    amount_minor: int, *, limit_minor: int | None, alone_minor: int = 0
) -> bool:
    """Whether somebody else than who asked approves: above the limit, where there is one.

    `alone_minor` is what the same person has asked for and approved of the same engagement before: it counts with it, so that a
    large refund cannot be cut up.
    """
    return limit_minor is not None and alone_minor + amount_minor > limit_minor


def check_split(
    total_minor: int, *, kept_minor: int, refunded_minor: int, offset_minor: int
) -> None:
    """Raise InvalidInput (CREDIT_SPLIT_INVALID) unless credit kept, refund and offset make up a credit note exactly."""
    parts = (kept_minor, refunded_minor, offset_minor)
    if any(part < 0 for part in parts) or sum(parts) != total_minor:
        raise InvalidInput(
            "The parts of a credit note add up to it, none of them below zero.",
            code="CREDIT_SPLIT_INVALID",
            field="settlement",
        )
