"""Retainers: client money held in advance, from the request to the drawdown.

The model: a retainer belongs to one engagement and is a liability in the ledger until it is earned. A request asks for money
by a paper of its own; a deposit records what came in (Dr bank / Cr retainer liability); a drawdown applies it to an issued
invoice (Dr retainer liability / Cr receivable). What goes back is a refund (`services.refunds`).

The limits stand twice: as a CHECK on the retainer's row (drawn + promised to refunds + refunded never exceed what was
deposited), and in the ledger, where the account may not fall below zero on any effective date.

What this package does not do yet: tax on deposits. A deposit is booked whole as a liability and its tax comes with the
invoices it pays; where the law makes tax due on receipt (as for Danish prepayments of taxable work), the practice still has
to declare it by hand. Nor does it close, replenish or transfer retainers.
"""

from services.retainers.deposits import record_deposit
from services.retainers.drawdowns import drawdown
from services.retainers.requests import cancel_request, request_deposit, request_top_up

__all__ = ["cancel_request", "drawdown", "record_deposit", "request_deposit", "request_top_up"]
