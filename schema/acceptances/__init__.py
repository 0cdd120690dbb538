"""What was handed over, what the client said to it, and what counts as accepted."""

from schema.acceptances.changes import AcceptanceMutation
from schema.acceptances.lists import deliverables_page, deliveries_page
from schema.acceptances.types import (
    Acceptance,
    Deliverable,
    DeliverableState,
    Delivery,
    DeliveryStatus,
)

__all__ = [
    "Acceptance",
    "AcceptanceMutation",
    "Deliverable",
    "DeliverableState",
    "Delivery",
    "DeliveryStatus",
    "deliverables_page",
    "deliveries_page",
]
