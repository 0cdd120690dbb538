"""Invoices: a bill for what the client accepted, and what came in for it.

The model: a draft bills leaves of the engagement's **current** scope version, which a signed paper made; each must be accepted,
and each is billed once. Issuing gives it the next number of the year, its dates, and its entry in the ledger (Dr receivable, and
retention receivable for what is retained / Cr revenue and tax payable); from then on nothing of it changes but what was paid and
drawn, and the database refuses the rest. Its state follows from what it still owes.

What this package does not do yet: credit notes, write-offs, release of the retention, and invoices for anything but accepted
items. An issued invoice is announced by mail with its lines; a paper of its own comes with the electronic invoice.
"""

from services.invoices.drafts import discard_invoice, draft_invoice
from services.invoices.issuing import issue_invoice
from services.invoices.numbers import number_of, open_minor, state_of
from services.invoices.payments import record_payment
from services.invoices.retentions import release_retention

__all__ = [
    "discard_invoice",
    "draft_invoice",
    "issue_invoice",
    "number_of",
    "open_minor",
    "record_payment",
    "release_retention",
    "state_of",
]
