"""Refunds: money that goes back to a client, and what the client is entitled to.

The model: a refund has a source, which is a retainer (the unused rest, or a part of it) or a payment of an invoice. It is asked
for, which sets its amount aside; approved, which freezes the explanation and the memo; and settled, which books it: out of a
retainer Dr retainer liability / Cr bank; out of a payment first what never was applied (Dr unapplied receipts), the rest as a
reduction of what was earned (Dr refunds and tax payable), / Cr bank. A settlement that fails is reversed by a further entry.

No refund exceeds what is left of its source (a CHECK on the source's row), nor what the client is entitled to.

What this package does not do yet: ask for a second person above a set sum. Whoever may move money may approve, also a request of
their own; who asked and who approved is kept.
"""

from services.refunds.entitlements import ExplainedEntitlement, ExplainedLine, entitlement
from services.refunds.numbers import number_of
from services.refunds.requests import approve_refund, reject_refund, request_refund
from services.refunds.settlements import fail_refund, settle_refund

__all__ = [
    "ExplainedEntitlement",
    "ExplainedLine",
    "approve_refund",
    "entitlement",
    "fail_refund",
    "number_of",
    "reject_refund",
    "request_refund",
    "settle_refund",
]
