"""Change orders: the price and the new date of a wish, instead of a no.

The model: a change order holds changes to one scope version. `preview` computes everything the paper shows and a fingerprint
of it. Approval computes the same again and must meet the fingerprint that was signed (`check_fingerprint`); if the base moved
meanwhile, it is stale (`check_base`). Only approved orders count in the running totals. The terms are data: `ChangeClause`.
"""

from services.rules.change_orders.approvals import (
    ONE_SIGNER,
    ApprovalTier,
    check_sender,
    check_signers,
    check_tiers,
    tier_for,
)
from services.rules.change_orders.effects import (
    ChangeLine,
    ItemShift,
    KillFeeBasis,
    KillFeeExposure,
    MilestoneShift,
    RetainerEffect,
)
from services.rules.change_orders.life import (
    COUNTING,
    REISSUABLE,
    TRANSITIONS,
    ChangeClause,
    ChangeOrderAction,
    ChangeOrderStatus,
    ChangeReason,
    RevenueClass,
    check_may_ask,
    check_offer_open,
    next_status,
    offer_expires_on,
    reminder_due_on,
    response_due_on,
)
from services.rules.change_orders.preview import (
    ChangePreview,
    OrderTerms,
    StartingPoint,
    check_base,
    check_fingerprint,
    preview,
    preview_on,
    starting_point,
)
from services.rules.change_orders.rebasing import (
    ConflictKind,
    RebaseConflict,
    Rebased,
    RebaseNote,
    changes_between,
    rebase,
)
from services.rules.change_orders.revenue import RevenueSuggestion, suggest_revenue_class
from services.rules.change_orders.totals import (
    ContingencyEffect,
    RunningTotals,
    contingency_left,
    draw_contingency,
    percent_text,
    running_totals,
)

__all__ = [
    "COUNTING",
    "ONE_SIGNER",
    "REISSUABLE",
    "TRANSITIONS",
    "ApprovalTier",
    "ChangeClause",
    "ChangeLine",
    "ChangeOrderAction",
    "ChangeOrderStatus",
    "ChangePreview",
    "ChangeReason",
    "ConflictKind",
    "ContingencyEffect",
    "ItemShift",
    "KillFeeBasis",
    "KillFeeExposure",
    "MilestoneShift",
    "OrderTerms",
    "RebaseConflict",
    "RebaseNote",
    "Rebased",
    "RetainerEffect",
    "RevenueClass",
    "RevenueSuggestion",
    "RunningTotals",
    "StartingPoint",
    "changes_between",
    "check_base",
    "check_fingerprint",
    "check_may_ask",
    "check_offer_open",
    "check_sender",
    "check_signers",
    "check_tiers",
    "contingency_left",
    "draw_contingency",
    "next_status",
    "offer_expires_on",
    "percent_text",
    "preview",
    "preview_on",
    "rebase",
    "reminder_due_on",
    "response_due_on",
    "running_totals",
    "starting_point",
    "suggest_revenue_class",
    "tier_for",
]
