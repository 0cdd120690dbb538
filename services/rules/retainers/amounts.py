"""The kinds of retainers, how much to ask for, and how much may be drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from services.rules.errors import InvalidInput, RuleViolation
from services.rules.money import divide_half_even


class RetainerKind(StrEnum):
    """What the money is held for."""

    DEPOSIT = "deposit"
    SECURITY_DEPOSIT = "security_deposit"
    EVERGREEN = "evergreen"
    AVAILABILITY = "availability"
    PERIOD_ALLOWANCE = "period_allowance"


@dataclass(frozen=True, slots=True)
class RetainerTraits:
    """What may be done with money of a kind."""

    pays_invoices: bool
    """Whether invoices are drawn from it as they fall due."""
    is_refundable: bool
    """Whether what is not earned goes back to the client."""


TRAITS: Final[Mapping[RetainerKind, RetainerTraits]] = {
    RetainerKind.DEPOSIT: RetainerTraits(pays_invoices=True, is_refundable=True),
    # Security is held to the end and only then applied to what stayed unpaid, or returned.
    RetainerKind.SECURITY_DEPOSIT: RetainerTraits(pays_invoices=False, is_refundable=True),
    RetainerKind.EVERGREEN: RetainerTraits(pays_invoices=True, is_refundable=True),
    # Paid for being reachable: earned by the passing of time, whether or not there was work.
    RetainerKind.AVAILABILITY: RetainerTraits(pays_invoices=False, is_refundable=False),
    # The hours themselves earn it: an invoice drawn from it would leave hours without money.
    RetainerKind.PERIOD_ALLOWANCE: RetainerTraits(pays_invoices=False, is_refundable=True),
}


@dataclass(frozen=True, slots=True)
class RetainerShare:
    """The share of the expected total that a deposit asks for, as a fraction: a third has no exact basis points.

    Raises InvalidInput (RETAINER_SHARE_INVALID) unless it lies from 0 to 1.
    """

    numerator: int = 1
    denominator: int = 3

    def __post_init__(self) -> None:
        """Refuse a share below nothing or above the whole."""
        if self.denominator < 1 or not 0 <= self.numerator <= self.denominator:
            raise InvalidInput(
                "The share of a retainer lies between nothing and the whole.",
                code="RETAINER_SHARE_INVALID",
                field="retainer_share",
            )


ONE_THIRD: Final = RetainerShare(1, 3)
"""The deposit asked for when nothing else is agreed."""


def held_minor(row: Any) -> int:
    """What a retainer holds by its own row: what came in less what was drawn, went back, was earned or moved on."""
    held: int = (
        row["deposited_minor"]
        + row["transferred_in_minor"]
        - row["drawn_minor"]
        - row["refunded_minor"]
        - row["earned_minor"]
        - row["transferred_out_minor"]
    )
    return held


def free_minor(row: Any) -> int:
    """What of it is not promised to a refund."""
    free: int = held_minor(row) - row["refund_pending_minor"]
    return free


def deposit_target(expected_total_minor: int, share: RetainerShare = ONE_THIRD) -> int:
    """What a deposit asks for before work starts: the share of the expected total including tax, half to even."""
    _refuse_negative(expected_total_minor=expected_total_minor)
    return divide_half_even(expected_total_minor * share.numerator, share.denominator)


def shortfall(target_minor: int, held_minor: int, pending_minor: int = 0) -> int:
    """What is missing to the target, given what is held and what is asked for but not yet received; never negative."""
    _refuse_negative(target_minor=target_minor, held_minor=held_minor, pending_minor=pending_minor)
    return max(0, target_minor - held_minor - pending_minor)


def replenishment(
    *, floor_minor: int, target_minor: int, balance_minor: int, pending_minor: int = 0
) -> int:
    """What to ask for to top an evergreen retainer up.

    Nothing while the balance is at or above the floor; below it, what is missing to the target beyond what was asked for
    already. Raises InvalidInput (RETAINER_TARGET_INVALID) for a target below the floor.
    """
    _refuse_negative(
        floor_minor=floor_minor, balance_minor=balance_minor, pending_minor=pending_minor
    )
    if target_minor < floor_minor:
        raise InvalidInput(
            "The target of an evergreen retainer is not below its floor.",
            code="RETAINER_TARGET_INVALID",
            field="target_minor",
        )
    if balance_minor >= floor_minor:
        return 0
    return shortfall(target_minor, balance_minor, pending_minor)


def drawdown(balance_minor: int, open_minor: int) -> int:
    """How much of a balance pays an open receivable: all of the smaller one, never less than nothing."""
    return max(0, min(balance_minor, open_minor))


def check_drawdown(
    kind: RetainerKind,
    amount_minor: int,
    *,
    balance_minor: int,
    open_minor: int,
    has_ended: bool = False,
) -> None:
    """Raise unless `amount_minor` may be drawn from a retainer for a receivable.

    Security pays once the work or the retainer `has_ended`. InvalidInput (AMOUNT_NOT_POSITIVE), RuleViolation
    (RETAINER_KIND_NOT_DRAWN for kinds that pay no invoices,
    RETAINER_OVERDRAWN beyond the balance, DRAWDOWN_EXCEEDS_OPEN beyond what is owed).
    """
    if amount_minor <= 0:
        raise InvalidInput(
            "The amount is not above zero.", code="AMOUNT_NOT_POSITIVE", field="amount"
        )
    is_due_security = kind is RetainerKind.SECURITY_DEPOSIT and has_ended
    if not (TRAITS[kind].pays_invoices or is_due_security):
        raise RuleViolation(
            f"A retainer of the kind {kind.value} pays no invoices.",
            code="RETAINER_KIND_NOT_DRAWN",
            field="retainer",
        )
    if amount_minor > balance_minor:
        raise RuleViolation(
            "The retainer does not hold that much.", code="RETAINER_OVERDRAWN", field="amount"
        )
    if amount_minor > open_minor:
        raise RuleViolation(
            "The invoice does not owe that much.", code="DRAWDOWN_EXCEEDS_OPEN", field="amount"
        )


def _refuse_negative(**amounts: int) -> None:
    for name, amount in amounts.items():
        if amount < 0:
            raise InvalidInput(f"{name} is negative.", code="AMOUNT_NEGATIVE", field=name)
