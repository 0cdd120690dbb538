"""Acceptances of deliverables."""

from piccolo.columns import UUID, Date, Text, Timestamptz
from piccolo.table import Table


class Acceptance(Table, tablename="acceptance"):
    """The client's recorded approval of an item; once per item."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    engagement_id = UUID(default=None)
    scope_version_id = UUID(default=None)
    item_key = Text(default=None)
    accepted_on = Date(default=None)
    note = Text()
    contact_id = UUID(null=True, default=None)
    member_id = UUID(null=True, default=None)
    recorded_at = Timestamptz(default=None)
