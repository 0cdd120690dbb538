"""Credit notes: paper that reduces an issued invoice.

The model: `creditable` says beforehand what may be credited, by line and in total. A credit note takes back net amounts of lines
with their tax, gets a number of its own series and is booked (Dr credit notes and tax payable / Cr receivable, retention
receivable, client credit). It first lowers what the invoice still owes, then what is retained; the rest was paid, and is offset
against other open invoices of the client, set aside for a refund, or kept as the client's credit. What is kept is used later by
`apply_credit` (Dr client credit / Cr receivable). A credit note is never changed; the database holds its caps.

What this package does not do: pay money out. The part that is to be refunded stands on the client's credit until a refund of it
is approved and settled.
"""

from services.credit_notes.applying import apply_credit
from services.credit_notes.issuing import (
    CreditLine,
    Offset,
    Settlement,
    issue_credit_note,
)
from services.credit_notes.standing import Creditable, CreditableLine, creditable

__all__ = [
    "CreditLine",
    "Creditable",
    "CreditableLine",
    "Offset",
    "Settlement",
    "apply_credit",
    "creditable",
    "issue_credit_note",
]
