"""Invoices and their lines."""

from piccolo.columns import UUID, BigInt, Boolean, Date, Integer, Numeric, Text, Timestamptz
from piccolo.table import Table


class Invoice(Table, tablename="invoice"):
    """A bill; nothing but what is paid, credited and given up of it moves once it is issued."""

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
    series_id = UUID(null=True, default=None)
    number_prefix = Text()
    discount_minor = BigInt(default=0)
    retention_released_minor = BigInt(default=0)
    credited_minor = BigInt(default=0)
    credited_retention_minor = BigInt(default=0)
    credited_total_minor = BigInt(default=0)
    credit_applied_minor = BigInt(default=0)
    written_off_minor = BigInt(default=0)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class InvoiceLine(Table, tablename="invoice_line"):
    """What an invoice bills, and where it comes from: one source, billed once."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    invoice_id = UUID(default=None)
    engagement_id = UUID(default=None)
    scope_version_id = UUID(null=True, default=None)
    item_key = Text(null=True, default=None)
    acceptance_id = UUID(null=True, default=None)
    source = Text(default="item")
    billing_stage_id = UUID(null=True, default=None)
    time_entry_id = UUID(null=True, default=None)
    package_sale_id = UUID(null=True, default=None)
    change_order_id = UUID(null=True, default=None)
    retainer_id = UUID(null=True, default=None)
    retainer_period = Integer(null=True, default=None)
    receipt_reference = Text(null=True, default=None)
    quantity = Numeric(digits=(18, 6), null=True, default=None)
    unit = Text()
    discount_bps = Integer(null=True, default=None)
    discount_minor = BigInt(default=0)
    discount_reason = Text()
    allowance_minor = BigInt(default=0)
    credited_net_minor = BigInt(default=0)
    credited_tax_minor = BigInt(default=0)
    position = Integer(default=None)
    title = Text(default=None)
    net_minor = BigInt(default=None)
    tax_code = Text(default=None)
    tax_bps = Integer(default=None)
    tax_minor = BigInt(default=None)
    is_live = Boolean(default=None)


class InvoiceSeries(Table, tablename="invoice_series"):
    """A series of numbers beside the standard ones; its prefix is part of the number."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    kind = Text(default=None)
    name = Text(default=None)
    prefix = Text(default=None)
    created_at = Timestamptz(default=None)


class InvoiceAllowance(Table, tablename="invoice_allowance"):
    """What comes off a whole invoice."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    invoice_id = UUID(default=None)
    position = Integer(default=None)
    reason = Text(default=None)
    rate_bps = Integer(null=True, default=None)
    amount_minor = BigInt(default=None)
    voucher_id = UUID(null=True, default=None)
    is_live = Boolean(default=None)


class RetentionRelease(Table, tablename="retention_release"):
    """Retention that fell due."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    invoice_id = UUID(default=None)
    engagement_id = UUID(default=None)
    amount_minor = BigInt(default=None)
    effective_on = Date(default=None)
    due_on = Date(default=None)
    journal_id = UUID(default=None)
    recorded_at = Timestamptz(default=None)
