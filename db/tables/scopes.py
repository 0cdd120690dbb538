"""Scopes of work: the draft, and the versions that never change."""

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    Boolean,
    Date,
    Integer,
    Numeric,
    Text,
    Timestamptz,
)
from piccolo.table import Table


class ScopeDraft(Table, tablename="scope_draft"):
    """What the scope is going to be, until the contract is signed."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    engagement_id = UUID(default=None)
    body = JSONB(default=None)
    fingerprint = Text(default=None)
    source = Text()
    version = Integer(default=1)
    updated_at = Timestamptz(default=None)


class ScopeVersion(Table, tablename="scope_version"):
    """An immutable, numbered state of the scope with its totals; number 1 is the baseline."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    engagement_id = UUID(default=None)
    number = Integer(default=None)
    contract_id = UUID(null=True, default=None)
    change_order_id = UUID(null=True, default=None)
    fingerprint = Text(default=None)
    currency = Text(default=None)
    country = Text(null=True, default=None)
    region = Text()
    weekend = Array(base_column=Integer(), default=None)
    days_off = Array(base_column=Date(), default=None)
    contingency_bps = Integer(default=None)
    retention_bps = Integer(default=None)
    fee_minor = BigInt(default=None)
    cost_minor = BigInt(default=None)
    tax_minor = BigInt(default=None)
    contingency_minor = BigInt(default=None)
    duration_days = Integer(default=None)
    start_date = Date(default=None)
    delivery_date = Date(default=None)
    created_at = Timestamptz(default=None)


class ScopeItem(Table, tablename="scope_item"):
    """A unit of scope in one version, with its computed schedule; boundaries count working days from the start."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    scope_version_id = UUID(default=None)
    item_key = Text(default=None)
    parent_key = Text(null=True, default=None)
    outline = Integer(default=None)
    position = Integer(default=None)
    kind = Text(default=None)
    title = Text(default=None)
    description = Text()
    quantity = Numeric(digits=(18, 6), null=True, default=None)
    unit = Text()
    rate_minor = BigInt(null=True, default=None)
    fixed_fee_minor = BigInt(null=True, default=None)
    fee_minor = BigInt(default=None)
    cost_minor = BigInt(default=None)
    effort_minutes = Integer(default=None)
    tax_code = Text(default=None)
    tax_bps = Integer(default=None)
    tax_minor = BigInt(default=None)
    duration_days = Integer(default=None)
    constraint_kind = Text(default=None)
    constraint_date = Date(null=True, default=None)
    deliverable = Text()
    acceptance_criteria = Text()
    early_start = Integer(default=None)
    early_finish = Integer(default=None)
    late_start = Integer(default=None)
    late_finish = Integer(default=None)
    total_float = Integer(default=None)
    free_float = Integer(default=None)
    is_critical = Boolean(default=None)
    start_date = Date(default=None)
    finish_date = Date(default=None)
    late_start_date = Date(default=None)
    late_finish_date = Date(default=None)
    calendar_key = Text(null=True, default=None)
    allocation_bps = Integer(default=10000)
    planned_start = Integer(null=True, default=None)
    planned_finish = Integer(null=True, default=None)


class ScopeDependency(Table, tablename="scope_dependency"):
    """An ordering of two items of one version."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    scope_version_id = UUID(default=None)
    position = Integer(default=None)
    predecessor_key = Text(default=None)
    successor_key = Text(default=None)
    kind = Text(default=None)
    lag_days = Integer(default=None)
    lag_kind = Text(default=None)
    max_lag_days = Integer(null=True, default=None)


class ScopeCalendar(Table, tablename="scope_calendar"):
    """A working calendar that items of one version name."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    scope_version_id = UUID(default=None)
    position = Integer(default=None)
    key = Text(default=None)
    title = Text(default=None)
    country = Text(null=True, default=None)
    region = Text()
    weekend = Array(base_column=Integer(), default=None)
    days_off = Array(base_column=Date(), default=None)


class Expectation(Table, tablename="expectation"):
    """An exclusion, an assumption or a result that is not guaranteed, in one version."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    scope_version_id = UUID(default=None)
    position = Integer(default=None)
    kind = Text(default=None)
    text = Text(default=None)
