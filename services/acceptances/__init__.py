"""Deliverables with the client: handed over, tested, accepted or rejected, round by round.

What is accepted can be billed and stays accepted. What is handed over is with the client for the contract's test period; what
they reject within it comes back for correction, as often as the contract says; what they say nothing to counts as accepted on
the day after, because the contract says so and only where it does. The rules are in `services.rules.acceptances`.
"""

from services.acceptances.given import accept_item
from services.acceptances.handovers import deliver, recipient_url, revoke_link, withdraw
from services.acceptances.rejections import reject
from services.acceptances.silence import end_test_period, remind, sweep_test_periods

__all__ = [
    "accept_item",
    "deliver",
    "end_test_period",
    "recipient_url",
    "reject",
    "remind",
    "revoke_link",
    "sweep_test_periods",
    "withdraw",
]
