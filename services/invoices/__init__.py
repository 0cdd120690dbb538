"""Invoices: a bill for what was agreed and done, and what came in for it.

The model: a draft bills sources of one engagement (`sources`): accepted leaves of the **current** scope version, which a signed
paper made; stages of the fee that are reached; hours, packages, changes of a fee, periods, expenses. Each is billed once. Issuing
gives it the next number of its series and year, its dates, and its entry in the ledger (Dr receivable, and retention receivable
for what is retained / Cr revenue and tax payable); from then on nothing of it changes but what is paid, drawn, credited, written
off and released, and the database refuses the rest. Its state follows from what it still owes.

Discounts and vouchers are taken before tax; each line says what comes off it. Credit notes and write-offs have services of their
own. An issued invoice is announced by mail with its lines.
"""

from services.invoices.drafts import (
    LineDiscount,
    Reductions,
    VoucherUse,
    discard_invoice,
    draft_invoice,
)
from services.invoices.issuing import issue_invoice
from services.invoices.numbers import number_of, open_minor, retained_minor, state_of
from services.invoices.retentions import release_retention
from services.invoices.sources import Expense, Selection
from services.invoices.suggestions import Billable, BillableLine, billable

__all__ = [
    "Billable",
    "BillableLine",
    "Expense",
    "LineDiscount",
    "Reductions",
    "Selection",
    "VoucherUse",
    "billable",
    "discard_invoice",
    "draft_invoice",
    "issue_invoice",
    "number_of",
    "open_minor",
    "release_retention",
    "retained_minor",
    "state_of",
]
