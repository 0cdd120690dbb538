"""Retainers, what was asked for and received, and what was drawn."""

from piccolo.columns import UUID, BigInt, Date, Integer, Text, Timestamptz
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
    journal_id = UUID(default=None)
    recorded_at = Timestamptz(default=None)


class Drawdown(Table, tablename="drawdown"):
    """Retainer money applied to an invoice."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    retainer_id = UUID(default=None)
    invoice_id = UUID(default=None)
    amount_minor = BigInt(default=None)
    effective_on = Date(default=None)
    journal_id = UUID(default=None)
    recorded_at = Timestamptz(default=None)
