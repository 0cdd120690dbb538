"""An invoice as other people's programs read it: Peppol BIS Billing 3.0, which is EN 16931 in UBL 2.1.

The model: an `EInvoice` is what was issued, in plain values. `missing_parts` names everything the standard demands that is not
there; `write_einvoice` writes the XML, with totals derived from the lines as EN 16931 does (BR-CO-10 to BR-CO-17), so that they
cannot contradict each other. The tests let the official rules of CEN and Peppol judge the result.

What this package does not do: send it (that takes a Peppol access point), or represent a retention, for which the standard has no
place: it is told in the payment terms, and the payable amount is the whole.
"""

from services.rules.einvoices.document import (
    EInvoice,
    EInvoiceAllowance,
    EInvoiceKind,
    EInvoiceLine,
    PaymentInstruction,
    PostalAddress,
    TradeParty,
    check_complete,
    missing_parts,
)
from services.rules.einvoices.ubl import write_einvoice

__all__ = [
    "EInvoice",
    "EInvoiceAllowance",
    "EInvoiceKind",
    "EInvoiceLine",
    "PaymentInstruction",
    "PostalAddress",
    "TradeParty",
    "check_complete",
    "missing_parts",
    "write_einvoice",
]
