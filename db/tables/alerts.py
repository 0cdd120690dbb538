"""Alerts, and what raises them."""

from piccolo.columns import JSONB, UUID, Date, Integer, Text, Timestamptz
from piccolo.table import Table


class AlertThreshold(Table, tablename="alert_threshold"):
    """When to raise an alert in one engagement; without an engagement, the practice's defaults. Null falls through."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    engagement_id = UUID(null=True, default=None)
    near_days = Integer(null=True, default=None)
    contingency_bps = Integer(null=True, default=None)
    budget_bps = Integer(null=True, default=None)
    version = Integer(default=1)
    updated_at = Timestamptz(default=None)


class Alert(Table, tablename="alert"):
    """One thing to see to, open until it is no longer true; `subject` is an item's key or empty."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    engagement_id = UUID(default=None)
    kind = Text(default=None)
    subject = Text()
    data = JSONB(default=None)
    raised_at = Timestamptz(default=None)
    acknowledged_at = Timestamptz(null=True, default=None)
    acknowledged_by = UUID(null=True, default=None)
    acknowledgement = Text()
    cleared_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)
    updated_at = Timestamptz(default=None)


class AlertReview(Table, tablename="alert_review"):
    """The day on which an engagement was last looked at."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    engagement_id = UUID(default=None)
    reviewed_on = Date(default=None)
