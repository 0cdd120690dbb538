"""What is billed besides accepted items: stages of the fee, hours, packages, changes of a fee that was billed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.rules.errors import InvalidInput, RuleViolation
from services.rules.money import BPS, MAX_AMOUNT_MINOR, allocate, divide_half_even, share


@dataclass(frozen=True, slots=True)
class Stage:
    """A share of the fee in basis points, or a sum; billed when the item is accepted, or on signing where none is named."""

    title: str
    item_key: str | None = None
    share_bps: int | None = None
    amount_minor: int | None = None


def stage_amounts(stages: Sequence[Stage], fee_minor: int) -> tuple[int, ...]:
    """What each stage comes to. Shares that make up the whole fee sum to it exactly.

    Raises InvalidInput (PLAN_EMPTY, STAGE_INVALID) and RuleViolation (PLAN_EXCEEDS_FEE with `fee_minor`).
    """
    if not 1 <= len(stages) <= 100:
        raise InvalidInput("A plan has 1 to 100 stages.", code="PLAN_EMPTY", field="stages")
    for position, stage in enumerate(stages):
        field = f"stages.{position}"
        if (stage.share_bps is None) == (stage.amount_minor is None):
            raise InvalidInput("A stage is a share or a sum.", code="STAGE_INVALID", field=field)
        if stage.share_bps is not None and not 0 < stage.share_bps <= BPS:
            raise InvalidInput(
                "A share is above 0 and up to 100 %.", code="STAGE_INVALID", field=field
            )
        if stage.amount_minor is not None and not 0 < stage.amount_minor <= MAX_AMOUNT_MINOR:
            raise InvalidInput("A sum is above zero.", code="STAGE_INVALID", field=field)
    shares = [stage.share_bps for stage in stages if stage.share_bps is not None]
    if len(shares) == len(stages) and sum(shares) == BPS:
        amounts = allocate(fee_minor, shares)
    else:
        amounts = tuple(
            stage.amount_minor
            if stage.amount_minor is not None
            else share(fee_minor, stage.share_bps or 0)
            for stage in stages
        )
    if sum(amounts) > fee_minor:
        raise RuleViolation(
            "The stages are more than the fee.",
            code="PLAN_EXCEEDS_FEE",
            field="stages",
            fee_minor=fee_minor,
        )
    if min(amounts) <= 0:
        raise InvalidInput("A stage rounds to nothing.", code="STAGE_INVALID", field="stages")
    return amounts


def by_tax(
    amount_minor: int, fees: Mapping[tuple[str, int], int]
) -> tuple[tuple[str, int, int], ...]:
    """A part of a fee cut by the taxes of the fee's items: (code, bps, net), those without a part left out."""
    keys = sorted(fees)
    parts = allocate(amount_minor, [max(0, fees[key]) for key in keys])
    return tuple((*key, part) for key, part in zip(keys, parts, strict=True) if part)


def time_amount(minutes: int, rate_minor: int) -> int:
    """Minutes at a rate for the hour, rounded half to even once."""
    return divide_half_even(minutes * rate_minor, 60)


def hours(minutes: int) -> Decimal:
    """Minutes as hours with six decimals, as a line tells them."""
    return (Decimal(minutes) / 60).quantize(Decimal("0.000001"))


def price_amount(quantity: Decimal, unit_price_minor: int) -> int:
    """A quantity at a price, rounded half to even once. Raises InvalidInput (QUANTITY_INVALID, AMOUNT_TOO_LARGE)."""
    if not quantity.is_finite() or not 0 < quantity < 10**12:
        raise InvalidInput("A quantity is above zero.", code="QUANTITY_INVALID", field="quantity")
    if quantity != quantity.quantize(Decimal("0.000001")):
        raise InvalidInput(
            "A quantity has at most six decimals.", code="QUANTITY_INVALID", field="quantity"
        )
    numerator, denominator = quantity.as_integer_ratio()
    net = divide_half_even(numerator * unit_price_minor, denominator)
    if net > MAX_AMOUNT_MINOR:
        raise InvalidInput("The amount is too large.", code="AMOUNT_TOO_LARGE", field="unitPrice")
    return net
