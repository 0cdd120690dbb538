"""Discounts: off a line, off a whole invoice, and vouchers. All are taken before tax (the allowances of EN 16931).

A discount of a line is a percentage of it or a sum. What comes off the whole is spread over the lines in proportion to what is left
of them, by largest remainder, so that the tax of each line follows from its own net amount.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.rules.errors import InvalidInput, RuleViolation
from services.rules.money import BPS, allocate, share


@dataclass(frozen=True, slots=True)
class Discount:
    """A percentage in basis points, or a sum in minor units; one of the two. `reason` is printed."""

    reason: str
    rate_bps: int | None = None
    amount_minor: int | None = None


def discount_of(discount: Discount, base_minor: int, field: str) -> int:
    """What a discount takes off a base, rounded half to even once.

    Raises InvalidInput (DISCOUNT_INVALID) unless it is either a percentage above 0 and up to 100 or a sum above zero, and
    RuleViolation (DISCOUNT_EXCEEDS with `limit_minor`) where it is more than the base or rounds to nothing.
    """
    if (discount.rate_bps is None) == (discount.amount_minor is None):
        raise InvalidInput(
            "A discount is a percentage or a sum.", code="DISCOUNT_INVALID", field=field
        )
    if discount.rate_bps is not None and not 0 < discount.rate_bps <= BPS:
        raise InvalidInput(
            "A discount is above 0 and up to 100 %.", code="DISCOUNT_INVALID", field=field
        )
    if discount.amount_minor is not None and discount.amount_minor <= 0:
        raise InvalidInput("A discount is above zero.", code="DISCOUNT_INVALID", field=field)
    taken = (
        discount.amount_minor
        if discount.amount_minor is not None
        else share(base_minor, discount.rate_bps or 0)
    )
    if not 0 < taken <= base_minor:
        raise RuleViolation(
            "A discount takes off no more than there is, and not nothing.",
            code="DISCOUNT_EXCEEDS",
            field=field,
            limit_minor=max(0, base_minor),
        )
    return taken


def spread(amount_minor: int, nets_minor: Sequence[int]) -> tuple[int, ...]:
    """The parts of an allowance that fall on each line; lines that take off already get none.

    Raises RuleViolation (DISCOUNT_EXCEEDS with `limit_minor`) where it is more than the lines come to.
    """
    weights = [max(0, net) for net in nets_minor]
    limit = min(sum(weights), max(0, sum(nets_minor)))
    if amount_minor > limit:
        raise RuleViolation(
            "A discount takes off no more than there is.",
            code="DISCOUNT_EXCEEDS",
            field="allowances",
            limit_minor=limit,
        )
    return allocate(amount_minor, weights)
