"""Refunds."""

from piccolo.columns import JSONB, UUID, BigInt, Date, Integer, Text, Timestamptz
from piccolo.table import Table


class Refund(Table, tablename="refund"):
    """Money that goes back, from its request to its settlement or failure."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    number = Integer(default=None)
    engagement_id = UUID(default=None)
    client_id = UUID(default=None)
    retainer_id = UUID(null=True, default=None)
    payment_id = UUID(null=True, default=None)
    currency = Text(default=None)
    amount_minor = BigInt(default=None)
    unapplied_minor = BigInt(default=None)
    tax_minor = BigInt(default=None)
    reason = Text(default=None)
    status = Text(default=None)
    requested_on = Date(default=None)
    requested_by = UUID(default=None)
    decided_on = Date(null=True, default=None)
    decided_by = UUID(null=True, default=None)
    entitlement = JSONB(null=True, default=None)
    entitlement_minor = BigInt(null=True, default=None)
    document_id = UUID(null=True, default=None)
    settled_on = Date(null=True, default=None)
    bank_reference = Text()
    journal_id = UUID(null=True, default=None)
    failed_on = Date(null=True, default=None)
    failure_reason = Text()
    reversal_journal_id = UUID(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)
    reason_kind = Text(default="other")
    second_person_above_minor = BigInt(null=True, default=None)
    attempt = Integer(default=1)
    method = Text()
    credit_note_id = UUID(null=True, default=None)


class RefundAttempt(Table, tablename="refund_attempt"):
    """What became of one attempt to pay a refund; append-only."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    refund_id = UUID(default=None)
    attempt = Integer(default=None)
    outcome = Text(default=None)
    method = Text(default=None)
    happened_on = Date(default=None)
    note = Text(default=None)
    journal_id = UUID(null=True, default=None)
    member_id = UUID(default=None)
    recorded_at = Timestamptz(default=None)


class RefundLimit(Table, tablename="refund_limit"):
    """The sum above which somebody else approves a refund; null is no limit."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    currency = Text(default=None)
    amount_minor = BigInt(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)
