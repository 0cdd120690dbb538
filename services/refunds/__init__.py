"""Refunds: money that goes back to a client, and what the client is entitled to.

The model: a refund has a source, which is a retainer (the unused rest, or a part of it) or a payment of an invoice. It is asked
for, which sets its amount aside; approved, which freezes the explanation and the memo; and settled, which books it: out of a
retainer Dr retainer liability / Cr bank; out of a payment first what never was applied (Dr unapplied receipts), the rest as a
reduction of what was earned (Dr refunds and tax payable), / Cr bank; out of a credit note Dr client credit / Cr bank. A settlement
that fails is reversed by a further entry, and may be tried again; every attempt stays in the history.

No refund exceeds what is left of its source (a CHECK on the source's row), nor what the client is entitled to.

Above a sum that the practice sets, who asked does not approve: checked here for a clear answer, and by the database, which keeps
the limit with the request and adds up what one person asks for and approves alone.
"""

from services.refunds.entitlements import ExplainedEntitlement, ExplainedLine, entitlement
from services.refunds.limits import set_refund_limit
from services.refunds.numbers import number_of
from services.refunds.previews import LedgerEffect, RefundPreview, preview_refund
from services.refunds.requests import approve_refund, reject_refund, request_refund
from services.refunds.retries import retry_refund
from services.refunds.settlements import fail_refund, settle_refund
from services.refunds.statements import Settlement, SettlementLine, settled, settlement

__all__ = [
    "ExplainedEntitlement",
    "ExplainedLine",
    "LedgerEffect",
    "RefundPreview",
    "Settlement",
    "SettlementLine",
    "approve_refund",
    "entitlement",
    "fail_refund",
    "number_of",
    "preview_refund",
    "reject_refund",
    "request_refund",
    "retry_refund",
    "set_refund_limit",
    "settle_refund",
    "settled",
    "settlement",
]
