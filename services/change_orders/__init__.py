"""Change orders: never "no", but every request with its price and its new date.

Life: draft → sent → approved | declined | withdrawn | expired | voided; approved → superseded. A draft has neither number nor figures of its own; sending
gives it both, for good, with its paper. Only a signature changes the scope (see `services.change_orders.outcomes`).
"""

from services.change_orders.calculation import (
    Calculation,
    calculate,
    calculate_order,
    preview_changes,
    preview_order,
)
from services.change_orders.comparing import CandidateDetails, Compared, compare_changes
from services.change_orders.drafts import (
    SUBJECT,
    ChangeOrderDetails,
    create_change_order,
    revise_change_order,
    stored_changes,
)
from services.change_orders.figures import frozen_figures
from services.change_orders.mails import remind_due
from services.change_orders.outcomes import expire_due, lock, on_declined, on_signed
from services.change_orders.payload import order_number
from services.change_orders.redrafting import (
    SupersedingDetails,
    rebase_change_order,
    reissue_change_order,
    supersede_change_order,
)
from services.change_orders.sending import (
    send_change_order,
    void_change_order,
    withdraw_change_order,
)
from services.change_orders.signers import tier_of

__all__ = [
    "SUBJECT",
    "Calculation",
    "CandidateDetails",
    "ChangeOrderDetails",
    "Compared",
    "SupersedingDetails",
    "calculate",
    "calculate_order",
    "compare_changes",
    "create_change_order",
    "expire_due",
    "frozen_figures",
    "lock",
    "on_declined",
    "on_signed",
    "order_number",
    "preview_changes",
    "preview_order",
    "rebase_change_order",
    "reissue_change_order",
    "remind_due",
    "revise_change_order",
    "send_change_order",
    "stored_changes",
    "supersede_change_order",
    "tier_of",
    "void_change_order",
    "withdraw_change_order",
]
