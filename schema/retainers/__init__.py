"""Retainers: client money held in advance, of every kind."""

import strawberry

from schema.retainers.agreements import RetainerAgreementMutation
from schema.retainers.held import Retainer, RetainerQuery, RetainerRequest, retainer_loader
from schema.retainers.movements import RetainerMovementMutation
from schema.retainers.types import (
    Drawdown,
    RetainerDeposit,
    RetainerEarning,
    RetainerKind,
    RetainerTransfer,
    money,
)


@strawberry.type
class RetainerMutation(RetainerMovementMutation, RetainerAgreementMutation):
    """Mixed into Mutation."""


__all__ = [
    "Drawdown",
    "Retainer",
    "RetainerDeposit",
    "RetainerEarning",
    "RetainerKind",
    "RetainerMutation",
    "RetainerQuery",
    "RetainerRequest",
    "RetainerTransfer",
    "money",
    "retainer_loader",
]
