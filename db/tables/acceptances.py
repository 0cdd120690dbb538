"""What was handed over, what the client said to it, and what counts as accepted."""

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    Boolean,
    Bytea,
    Date,
    Integer,
    Text,
    Timestamptz,
)
from piccolo.table import Table


class Handover(Table, tablename="handover"):
    """One handing over of one or more items. Without an acceptance clause it has no test period."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    engagement_id = UUID(default=None)
    scope_version_id = UUID(default=None)
    delivered_on = Date(default=None)
    test_days = Integer(default=None)
    test_until = Date(null=True, default=None)
    test_ends_at = Timestamptz(null=True, default=None)
    remind_at = Timestamptz(null=True, default=None)
    clause = Text()
    note = Text()
    member_id = UUID(default=None)
    recorded_at = Timestamptz(default=None)


class Delivery(Table, tablename="delivery"):
    """One item of a handover with its words as they were shown; one of an item is with the client at a time."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    handover_id = UUID(default=None)
    engagement_id = UUID(default=None)
    scope_version_id = UUID(default=None)
    item_key = Text(default=None)
    number = Integer(default=None)
    round = Integer(default=None)
    title = Text(default=None)
    deliverable = Text()
    criteria = Array(base_column=Text(), default=None)
    agreement = Text()
    status = Text(default=None)
    decided_at = Timestamptz(null=True, default=None)
    withdrawal_reason = Text()


class DeliveryRecipient(Table, tablename="delivery_recipient"):
    """A contact who was told of a handover, and the hash of their link to its page."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    handover_id = UUID(default=None)
    contact_id = UUID(default=None)
    link_hash = Bytea(default=None)
    link_generation = Integer(default=1)
    expires_at = Timestamptz(default=None)
    reminded_at = Timestamptz(null=True, default=None)


class DeliveryRejection(Table, tablename="delivery_rejection"):
    """Where a delivery departs from what was agreed, in the client's words; once per delivery."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    delivery_id = UUID(default=None)
    engagement_id = UUID(default=None)
    item_key = Text(default=None)
    rejected_on = Date(default=None)
    reasons = JSONB(default=None)
    text = Text()
    is_final = Boolean(default=None)
    contact_id = UUID(null=True, default=None)
    member_id = UUID(null=True, default=None)
    recorded_at = Timestamptz(default=None)


class Acceptance(Table, tablename="acceptance"):
    """The client's recorded approval of an item, or the silence that the contract counts as one; once per item."""

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
    kind = Text(default="given")
    delivery_id = UUID(null=True, default=None)
    clause = Text()
