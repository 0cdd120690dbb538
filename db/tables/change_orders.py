"""Change orders."""

from piccolo.columns import JSONB, UUID, BigInt, Date, Integer, Text, Timestamptz
from piccolo.table import Table


class ChangeOrder(Table, tablename="change_order"):
    """The delta to scope, price and dates; frozen when sent."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    engagement_id = UUID(default=None)
    number = Integer(null=True, default=None)
    title = Text(default=None)
    reason = Text(default=None)
    reason_text = Text()
    revenue_class = Text(default=None)
    requested_by = Text(default=None)
    requested_by_contact_id = UUID(null=True, default=None)
    requested_on = Date(default=None)
    status = Text(default=None)
    base_scope_version_id = UUID(default=None)
    changes = JSONB(default=None)
    preview = JSONB(null=True, default=None)
    preview_fingerprint = Text(null=True, default=None)
    currency = Text(default=None)
    original_sum_minor = BigInt(null=True, default=None)
    previously_approved_minor = BigInt(null=True, default=None)
    change_minor = BigInt(null=True, default=None)
    new_sum_minor = BigInt(null=True, default=None)
    tax_change_minor = BigInt(null=True, default=None)
    contingency_draw_minor = BigInt(default=0)
    change_days = Integer(null=True, default=None)
    completion_before = Date(null=True, default=None)
    completion_after = Date(null=True, default=None)
    document_id = UUID(null=True, default=None)
    translation_id = UUID(null=True, default=None)
    envelope_id = UUID(null=True, default=None)
    sent_at = Timestamptz(null=True, default=None)
    expires_at = Timestamptz(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = Text()
    decline_reason = Text()
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)
