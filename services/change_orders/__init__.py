"""Change orders: never "no", but every request with its price and its new date.

Life: draft → sent → approved | declined | withdrawn | expired. A draft has neither number nor figures of its own; sending
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
from services.change_orders.outcomes import expire_due, lock, on_declined, on_signed
from services.change_orders.payload import order_number
from services.change_orders.sending import send_change_order, withdraw_change_order

__all__ = [
    "SUBJECT",
    "Calculation",
    "CandidateDetails",
    "ChangeOrderDetails",
    "Compared",
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
    "revise_change_order",
    "send_change_order",
    "stored_changes",
    "withdraw_change_order",
]
