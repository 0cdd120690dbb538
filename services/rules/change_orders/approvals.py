"""Who must sign a change order, and who may send it, by what it is worth: the approval tiers of the change clause.

A tier counts from an amount on, and the highest one that an order reaches decides alone. What an order is worth is the size of
its change of the fee, before tax, up or down: taking work out binds the client as much as adding some. Below the first tier one
signer is enough.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from services.rules.errors import Forbidden, InvalidInput, RuleViolation
from services.rules.money import MAX_AMOUNT_MINOR

MAX_TIERS: Final = 10
MAX_SIGNERS: Final = 10


@dataclass(frozen=True, slots=True)
class ApprovalTier:
    """From `from_minor` on, `signers` of the client's people sign, and each of `roles` is held by at least one of them.

    With `is_owner_needed` only the owner of the practice may send such an order; sending is the practice's signature.
    """

    from_minor: int
    signers: int = 1
    roles: frozenset[str] = frozenset()
    is_owner_needed: bool = False


ONE_SIGNER: Final = ApprovalTier(0)
"""What counts where no tier is reached."""


def check_tiers(tiers: Sequence[ApprovalTier], field: str = "change_clause.approval_tiers") -> None:
    """Raise InvalidInput (APPROVAL_TIERS_INVALID) for tiers that cannot be kept.

    Amounts rise from tier to tier, and no tier asks for fewer signers than one below it: a dearer change is never easier to
    approve.
    """
    if len(tiers) > MAX_TIERS:
        raise _invalid(f"A change clause has at most {MAX_TIERS} tiers.", field)
    for at, tier in enumerate(tiers):
        path = f"{field}.{at}"
        if type(tier.from_minor) is not int or not 0 <= tier.from_minor <= MAX_AMOUNT_MINOR:
            raise _invalid("A tier counts from an amount of zero or more.", f"{path}.from_amount")
        if type(tier.signers) is not int or not 1 <= tier.signers <= MAX_SIGNERS:
            raise _invalid(f"A tier asks for 1 to {MAX_SIGNERS} signers.", f"{path}.signers")
        if at and tier.from_minor <= tiers[at - 1].from_minor:
            raise _invalid(
                "Each tier counts from a larger amount than the one before.", f"{path}.from_amount"
            )
        if at and tier.signers < tiers[at - 1].signers:
            raise _invalid("No tier asks for fewer signers than the one before.", f"{path}.signers")


def _invalid(message: str, field: str) -> InvalidInput:
    return InvalidInput(message, code="APPROVAL_TIERS_INVALID", field=field)


def tier_for(tiers: Sequence[ApprovalTier], change_minor: int) -> ApprovalTier:
    """The tier that an order with this change of the fee (net, signed) falls into."""
    reached = [tier for tier in tiers if tier.from_minor <= abs(change_minor)]
    return max(reached, key=lambda tier: tier.from_minor, default=ONE_SIGNER)


def check_sender(tier: ApprovalTier, *, is_owner: bool) -> None:
    """Raise Forbidden (APPROVAL_NEEDS_OWNER) where the tier keeps sending to the owner."""
    if tier.is_owner_needed and not is_owner:
        raise Forbidden(
            "By the change clause only the owner sends a change order of this amount.",
            code="APPROVAL_NEEDS_OWNER",
        )


def check_signers(tier: ApprovalTier, signers: Sequence[Collection[str]]) -> None:
    """Raise RuleViolation unless these signers, each given by the roles they hold, are enough for the tier.

    Codes: APPROVAL_NEEDS_MORE_SIGNERS (`needed`, `found` in details), APPROVAL_NEEDS_ROLE (`roles` that nobody holds).
    """
    if len(signers) < tier.signers:
        raise RuleViolation(
            f"A change of this amount is signed by {tier.signers} people for the client; {len(signers)} would sign.",
            code="APPROVAL_NEEDS_MORE_SIGNERS",
            field="contact_ids",
            needed=tier.signers,
            found=len(signers),
        )
    held = {role for roles in signers for role in roles}
    missing = sorted(tier.roles - held)
    if missing:
        raise RuleViolation(
            f"A change of this amount is signed by the client's {', '.join(missing)} as well.",
            code="APPROVAL_NEEDS_ROLE",
            field="contact_ids",
            roles=missing,
        )
