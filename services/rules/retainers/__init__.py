"""Retainers: client money held in advance. It is a liability until earned, and it never goes below zero.

What this package does not do: it books nothing and holds no balance. It says how much to ask for, how much may be drawn, when a
period ends, what an hour is worth and which hours are left.
"""

from services.rules.retainers.allowances import (
    AllowanceStanding,
    AllowanceTerms,
    ended_with,
    standing,
    worth,
)
from services.rules.retainers.amounts import (
    ONE_THIRD,
    TRAITS,
    RetainerKind,
    RetainerShare,
    RetainerTraits,
    check_drawdown,
    deposit_target,
    drawdown,
    free_minor,
    held_minor,
    replenishment,
    shortfall,
)
from services.rules.retainers.periods import Period, period_days, period_on
from services.rules.retainers.taxes import is_taxed_by_default, tax_in, tax_of_part

__all__ = [
    "ONE_THIRD",
    "TRAITS",
    "AllowanceStanding",
    "AllowanceTerms",
    "Period",
    "RetainerKind",
    "RetainerShare",
    "RetainerTraits",
    "check_drawdown",
    "deposit_target",
    "drawdown",
    "ended_with",
    "free_minor",
    "held_minor",
    "is_taxed_by_default",
    "period_days",
    "period_on",
    "replenishment",
    "shortfall",
    "standing",
    "tax_in",
    "tax_of_part",
    "worth",
]
