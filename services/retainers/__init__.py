"""Retainers: client money held in advance, from the request to the last of it.

The model: a retainer belongs to one engagement and is a liability in the ledger until it is earned. A request asks for money
by a paper of its own; a deposit records what came in (Dr bank / Cr retainer liability). What becomes of it follows from the kind:

* a deposit and an evergreen retainer pay issued invoices (a drawdown: Dr retainer liability / Cr receivable); the evergreen one asks
  for its top-up by itself once it is below its floor;
* security is held to the end, then pays what stayed open, or goes back;
* availability is earned as its periods end (Dr retainer liability / Cr revenue and tax), and is not refundable;
* a period allowance is earned as its hours are used, or run out.

Money moves to another retainer of the client on the client's word, and goes back as a refund (`services.refunds`); closing a retainer
asks for that (`closing`; it is not among the names here, because refunds themselves build on retainers). Where tax is due on receipt, `accounts` tells how it is booked and `prepayments` invoices it.

The limits stand twice: as a CHECK on the retainer's row (what was drawn, earned, moved on, promised to refunds and refunded never
exceeds what came in), and in the ledger, where the account may not fall below zero on any effective date.

Order of locks: idempotency key, engagement, retainers by id, invoice, refund, the practice's numbers, ledger.
"""

from services.retainers.allowances import RetainerStanding, record_use, standings
from services.retainers.deposits import record_deposit
from services.retainers.drawdowns import drawdown
from services.retainers.earnings import earn_due
from services.retainers.opening import PeriodOffer, RetainerOffer, open_retainer
from services.retainers.requests import cancel_request, request_deposit, request_top_up
from services.retainers.sweeping import sweep_retainers
from services.retainers.transfers import transfer

__all__ = [
    "PeriodOffer",
    "RetainerOffer",
    "RetainerStanding",
    "cancel_request",
    "drawdown",
    "earn_due",
    "open_retainer",
    "record_deposit",
    "record_use",
    "request_deposit",
    "request_top_up",
    "standings",
    "sweep_retainers",
    "transfer",
]
