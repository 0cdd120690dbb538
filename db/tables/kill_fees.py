"""Kill fees, and what became of them."""

from piccolo.columns import UUID, Array, BigInt, Date, Integer, Text, Timestamptz
from piccolo.table import Table


class KillFee(Table, tablename="kill_fee"):
    """The charge for ending an engagement early, as it was claimed; only what is settled and waived of it moves."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    engagement_id = UUID(default=None)
    client_id = UUID(default=None)
    currency = Text(default=None)
    amount_minor = BigInt(default=None)
    fee_minor = BigInt(default=None)
    earned_minor = BigInt(default=None)
    paid_minor = BigInt(default=None)
    costs_minor = BigInt(default=None)
    rate_bps = Integer(default=None)
    cost_entry_ids = Array(base_column=UUID(), default=None)
    ended_on = Date(default=None)
    claimed_on = Date(default=None)
    due_on = Date(default=None)
    settled_minor = BigInt(default=0)
    waived_minor = BigInt(default=0)
    journal_id = UUID(default=None)
    member_id = UUID(default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class KillFeeEntry(Table, tablename="kill_fee_entry"):
    """A kill fee taken out of a retainer, paid or waived, in part or whole; append-only."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    kill_fee_id = UUID(default=None)
    kind = Text(default=None)
    retainer_id = UUID(null=True, default=None)
    amount_minor = BigInt(default=None)
    effective_on = Date(default=None)
    note = Text(default=None)
    journal_id = UUID(default=None)
    member_id = UUID(default=None)
    recorded_at = Timestamptz(default=None)
