"""Change orders: preview, draft, offer, and how they ended."""

from schema.change_orders.changes import ChangeOrderMutation, ChangeOrderQuery
from schema.change_orders.previews import ChangePreviewQuery
from schema.change_orders.types import ChangeOrder

__all__ = [
    "ChangeOrder",
    "ChangeOrderMutation",
    "ChangeOrderQuery",
    "ChangePreviewQuery",
]
