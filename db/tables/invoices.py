"""Invoices, their lines and their payments."""

from piccolo.columns import UUID, BigInt, Boolean, Date, Integer, Text, Timestamptz
from piccolo.table import Table


class Invoice(Table, tablename="invoice"):
    """A bill for accepted items; nothing but what was paid and drawn moves once it is issued."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    engagement_id = UUID(default=None)
    client_id = UUID(default=None)
    scope_version_id = UUID(default=None)
    status = Text(default=None)
    number_year = Integer(null=True, default=None)
    number_ordinal = Integer(null=True, default=None)
    currency = Text(default=None)
    issue_date = Date(null=True, default=None)
    due_date = Date(null=True, default=None)
    net_minor = BigInt(default=None)
    tax_minor = BigInt(default=None)
    total_minor = BigInt(default=None)
    retention_bps = Integer(default=None)
    retention_minor = BigInt(default=None)
    payable_minor = BigInt(default=None)
    paid_minor = BigInt(default=None)
    drawn_minor = BigInt(default=None)
    journal_id = UUID(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class InvoiceLine(Table, tablename="invoice_line"):
    """One accepted item on an invoice."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    invoice_id = UUID(default=None)
    engagement_id = UUID(default=None)
    scope_version_id = UUID(default=None)
    item_key = Text(default=None)
    acceptance_id = UUID(default=None)
    position = Integer(default=None)
    title = Text(default=None)
    net_minor = BigInt(default=None)
    tax_code = Text(default=None)
    tax_bps = Integer(default=None)
    tax_minor = BigInt(default=None)
    is_live = Boolean(default=None)


class Payment(Table, tablename="payment"):
    """Money that came in for an invoice; `unapplied_minor` is what was more than was owed."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    invoice_id = UUID(default=None)
    client_id = UUID(default=None)
    amount_minor = BigInt(default=None)
    applied_minor = BigInt(default=None)
    unapplied_minor = BigInt(default=None)
    refund_pending_minor = BigInt(default=None)
    refunded_minor = BigInt(default=None)
    received_on = Date(default=None)
    bank_reference = Text(default=None)
    journal_id = UUID(default=None)
    recorded_at = Timestamptz(default=None)
