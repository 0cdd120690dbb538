"""Whether those who sign are enough for what an order is worth, by the approval tiers of the change clause."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from db.queries import clients as client_queries
from db.queries import envelopes as envelope_queries
from db.unit_of_work import UnitOfWork
from services.actor import Actor
from services.change_orders.calculation import Calculation
from services.change_orders.standing import change_clause
from services.rules.change_orders import (
    ONE_SIGNER,
    ApprovalTier,
    check_sender,
    check_signers,
    tier_for,
)


def tier_of(calculation: Calculation) -> ApprovalTier:
    """The tier that an order falls into by its change of the fee."""
    tiers = change_clause(calculation.engagement).approval_tiers
    return tier_for(tiers, calculation.preview.totals.this_change_minor)


async def require_signers(
    uow: UnitOfWork, actor: Actor, calculation: Calculation, contact_ids: Sequence[UUID]
) -> None:
    """Refuse to send an order to fewer than must sign it, or by another than may send it.

    Without `contact_ids` every signer of the client is asked. Raises `Forbidden` (APPROVAL_NEEDS_OWNER), `RuleViolation`
    (APPROVAL_NEEDS_MORE_SIGNERS, APPROVAL_NEEDS_ROLE).
    """
    tier = tier_of(calculation)
    check_sender(tier, is_owner=actor.role == "owner")
    able = await _signers(uow, calculation.engagement)
    asked = set(contact_ids) or set(able)
    if tier != ONE_SIGNER:
        check_signers(tier, [roles for contact_id, roles in able.items() if contact_id in asked])


async def require_signed(uow: UnitOfWork, calculation: Calculation, envelope_id: UUID) -> None:
    """Refuse to approve an order unless enough of those who signed may still sign for the client.

    Raises `RuleViolation` (APPROVAL_NEEDS_MORE_SIGNERS, APPROVAL_NEEDS_ROLE): somebody left, or lost a role, since it was sent.
    """
    tier = tier_of(calculation)
    if tier == ONE_SIGNER:
        return
    able = await _signers(uow, calculation.engagement)
    signed = {
        row["contact_id"]
        for row in await envelope_queries.signers_of(uow, [envelope_id])
        if row["party"] == "client" and row["status"] == "signed"
    }
    check_signers(tier, [roles for contact_id, roles in able.items() if contact_id in signed])


async def _signers(uow: UnitOfWork, engagement: Any) -> dict[UUID, Sequence[str]]:
    """The roles of each contact who may sign for the client now."""
    contacts = await client_queries.contacts_of(uow, [engagement["client_id"]])
    return {
        contact["id"]: contact["roles"]
        for contact in contacts
        if contact["is_active"] and "signer" in contact["roles"]
    }
