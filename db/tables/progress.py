"""What was reported of an engagement: progress and cost."""

from piccolo.columns import UUID, BigInt, Date, Integer, Text, Timestamptz
from piccolo.table import Table


class ProgressEntry(Table, tablename="progress_entry"):
    """One line of a progress report; append-only, the newest as of a status date counts."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    engagement_id = UUID(default=None)
    scope_version_id = UUID(default=None)
    item_key = Text(default=None)
    status_date = Date(default=None)
    percent_complete_bps = Integer(default=None)
    actual_start = Date(null=True, default=None)
    actual_finish = Date(null=True, default=None)
    note = Text()
    member_id = UUID(default=None)
    recorded_at = Timestamptz(default=None)


class CostEntry(Table, tablename="cost_entry"):
    """What the practice spent on an item or on the whole; append-only, corrected by entries of the other sign."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    engagement_id = UUID(default=None)
    scope_version_id = UUID(null=True, default=None)
    item_key = Text(null=True, default=None)
    currency = Text(default=None)
    amount_minor = BigInt(default=None)
    effort_minutes = Integer(default=0)
    spent_on = Date(default=None)
    note = Text()
    member_id = UUID(default=None)
    recorded_at = Timestamptz(default=None)
