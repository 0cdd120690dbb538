"""The approval tiers of an engagement's change clause, as its row holds them."""

from collections.abc import Sequence
from typing import Any

import orjson

from services.clients import CONTACT_ROLES
from services.rules.change_orders import ApprovalTier, check_tiers
from services.rules.errors import InvalidInput

COLUMN = "change_approval_tiers"
PATH = "changeClause.approvalTiers"
"""Where the terms of an engagement hold them, for refusals."""


def clean_tiers(tiers: Sequence[ApprovalTier]) -> str:
    """Checked tiers as the column holds them. Raises `InvalidInput` (APPROVAL_TIERS_INVALID, ROLE) with the place."""
    check_tiers(tiers, PATH)
    for at, tier in enumerate(tiers):
        if not tier.roles <= set(CONTACT_ROLES):
            raise InvalidInput(
                f"Roles of contacts are {', '.join(CONTACT_ROLES)}.",
                code="ROLE",
                field=f"{PATH}.{at}.roles",
            )
    return orjson.dumps(
        [
            {
                "from_minor": tier.from_minor,
                "signers": tier.signers,
                "roles": sorted(tier.roles, key=CONTACT_ROLES.index),
                "is_owner_needed": tier.is_owner_needed,
            }
            for tier in tiers
        ]
    ).decode()


def tiers_of(engagement: Any) -> tuple[ApprovalTier, ...]:
    """The tiers of an engagement's row, the amounts rising."""
    return tuple(
        ApprovalTier(
            each["from_minor"], each["signers"], frozenset(each["roles"]), each["is_owner_needed"]
        )
        for each in orjson.loads(engagement[COLUMN])
    )


def roles_in_order(tier: ApprovalTier) -> list[str]:
    """The roles of a tier in the order in which they are always named."""
    return sorted(tier.roles, key=CONTACT_ROLES.index)
