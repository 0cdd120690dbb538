"""Retainers: their terms, what was asked for and received, and what was drawn, earned and moved."""

from piccolo.columns import UUID, BigInt, Boolean, Date, Integer, Text, Timestamptz
from piccolo.table import Table


class Retainer(Table, tablename="retainer"):
    """Client money held in advance for an engagement; the running columns are what limits are checked against."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    engagement_id = UUID(default=None)
    client_id = UUID(default=None)
    kind = Text(default=None)
    status = Text(default=None)
    currency = Text(default=None)
    target_minor = BigInt(default=None)
    floor_minor = BigInt(default=None)
    deposited_minor = BigInt(default=None)
    drawn_minor = BigInt(default=None)
    refund_pending_minor = BigInt(default=None)
    refunded_minor = BigInt(default=None)
    is_taxed_on_receipt = Boolean(default=False)
    tax_code = Text(default="")
    tax_bps = Integer(default=0)
    earned_minor = BigInt(default=0)
    transferred_in_minor = BigInt(default=0)
    transferred_out_minor = BigInt(default=0)
    closed_on = Date(null=True, default=None)
    close_reason = Text(default="")
    look_on = Date(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class RetainerRequest(Table, tablename="retainer_request"):
    """A deposit that was asked for, by its own paper."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    retainer_id = UUID(default=None)
    number = Integer(default=None)
    amount_minor = BigInt(default=None)
    received_minor = BigInt(default=None)
    expected_total_minor = BigInt(null=True, default=None)
    share_numerator = Integer(null=True, default=None)
    share_denominator = Integer(null=True, default=None)
    requested_on = Date(default=None)
    due_on = Date(default=None)
    status = Text(default=None)
    cancel_reason = Text()
    document_id = UUID(default=None)
    is_replenishment = Boolean(default=False)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class RetainerDeposit(Table, tablename="retainer_deposit"):
    """Money that came into a retainer."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    retainer_id = UUID(default=None)
    retainer_request_id = UUID(default=None)
    amount_minor = BigInt(default=None)
    received_on = Date(default=None)
    bank_reference = Text(default=None)
    tax_minor = BigInt(default=0)
    prepayment_number = Integer(null=True, default=None)
    document_id = UUID(null=True, default=None)
    journal_id = UUID(default=None)
    recorded_at = Timestamptz(default=None)


class Drawdown(Table, tablename="drawdown"):
    """Retainer money applied to an invoice."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    retainer_id = UUID(default=None)
    invoice_id = UUID(default=None)
    amount_minor = BigInt(default=None)
    tax_minor = BigInt(default=0)
    effective_on = Date(default=None)
    journal_id = UUID(default=None)
    recorded_at = Timestamptz(default=None)


class RetainerPeriodTerms(Table, tablename="retainer_period_terms"):
    """What is agreed for each period of an availability retainer or a period allowance."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    retainer_id = UUID(default=None)
    starts_on = Date(default=None)
    period = Text(default=None)
    periods = Integer(default=None)
    net_minor = BigInt(default=None)
    tax_minor = BigInt(default=None)
    minutes = Integer(null=True, default=None)
    rollover_cap_minutes = Integer(null=True, default=None)
    rollover_periods = Integer(null=True, default=None)
    settle_after_days = Integer(default=None)


class RetainerEarning(Table, tablename="retainer_earning"):
    """Retainer money that became revenue; inserting it moves the retainer."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    retainer_id = UUID(default=None)
    kind = Text(default=None)
    period_number = Integer(null=True, default=None)
    minutes = Integer(default=None)
    amount_minor = BigInt(default=None)
    tax_minor = BigInt(default=None)
    effective_on = Date(default=None)
    note = Text(default=None)
    journal_id = UUID(null=True, default=None)
    recorded_at = Timestamptz(default=None)


class RetainerTransfer(Table, tablename="retainer_transfer"):
    """Money moved from one retainer of a client to another; inserting it moves both."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    from_retainer_id = UUID(default=None)
    to_retainer_id = UUID(default=None)
    client_id = UUID(default=None)
    amount_minor = BigInt(default=None)
    tax_minor = BigInt(default=None)
    effective_on = Date(default=None)
    contact_id = UUID(default=None)
    said_on = Date(default=None)
    words = Text(default=None)
    journal_id = UUID(default=None)
    recorded_at = Timestamptz(default=None)
