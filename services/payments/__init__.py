"""Payments: money that comes in, what it pays, and what of it is still the client's.

The model: a payment is entered once (Dr bank / Cr receivable for what is on invoices, Cr unapplied receipts for the rest) and never
changed. Where its money goes is told by allocations, which are only ever added: taking money off an invoice is a further one, and
an entry of its own. A payment that the bank took back is reversed by an entry that opens its invoices again. The database keeps the
sums: never beyond the payment, never beyond what is open, never what is promised to a refund.

Order of locks: invoices by id, the payment, the ledger last.

What this package does not do: know rates of exchange, or revalue what is open in another currency.
"""

from services.payments.allocating import allocate_payment, suggested_allocation
from services.payments.balances import ClientBalance, client_balance
from services.payments.exchanging import Conversion, record_exchanged_payment, rounding_told
from services.payments.receipts import record_receipt
from services.payments.recording import Allocation, record_payment
from services.payments.reversing import reverse_payment

__all__ = [
    "Allocation",
    "ClientBalance",
    "Conversion",
    "allocate_payment",
    "client_balance",
    "record_exchanged_payment",
    "record_payment",
    "record_receipt",
    "reverse_payment",
    "rounding_told",
    "suggested_allocation",
]
