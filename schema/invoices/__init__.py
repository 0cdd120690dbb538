"""Invoices: what is billed, by what, and what was taken off."""

from schema.invoices.billing import (
    BillingMutation,
    BillingQuery,
    BillingStage,
    DiscountVoucher,
    InvoiceSeries,
    PackageSale,
    TimeEntry,
)
from schema.invoices.changes import InvoiceMutation, InvoiceQuery
from schema.invoices.types import Invoice, InvoiceLine, InvoiceState

__all__ = [
    "BillingMutation",
    "BillingQuery",
    "BillingStage",
    "DiscountVoucher",
    "Invoice",
    "InvoiceLine",
    "InvoiceMutation",
    "InvoiceQuery",
    "InvoiceSeries",
    "InvoiceState",
    "PackageSale",
    "TimeEntry",
]
