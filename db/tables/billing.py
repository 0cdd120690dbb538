"""What is billed besides accepted items: stages of the fee, hours, packages; and vouchers that take off."""

from piccolo.columns import UUID, BigInt, Boolean, Date, Integer, Numeric, Text, Timestamptz
from piccolo.table import Table


class BillingStage(Table, tablename="billing_stage"):
    """A part of the fee that is billed when something is reached."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    engagement_id = UUID(default=None)
    scope_version_id = UUID(default=None)
    position = Integer(default=None)
    title = Text(default=None)
    item_key = Text(null=True, default=None)
    share_bps = Integer(null=True, default=None)
    net_minor = BigInt(default=None)
    is_live = Boolean(default=None)
    created_at = Timestamptz(default=None)


class TimeEntry(Table, tablename="time_entry"):
    """Hours worked on an item that is billed by the hour; corrected by another entry."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    engagement_id = UUID(default=None)
    scope_version_id = UUID(default=None)
    item_key = Text(default=None)
    member_id = UUID(default=None)
    worked_on = Date(default=None)
    minutes = Integer(default=None)
    description = Text(default=None)
    rate_minor = BigInt(default=None)
    replaces_id = UUID(null=True, default=None)
    recorded_at = Timestamptz(default=None)


class PackageSale(Table, tablename="package_sale"):
    """A priced bundle that the client bought."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    engagement_id = UUID(default=None)
    title = Text(default=None)
    quantity = Numeric(digits=(18, 6), default=None)
    unit = Text(default=None)
    unit_price_minor = BigInt(default=None)
    net_minor = BigInt(default=None)
    tax_code = Text(default=None)
    tax_bps = Integer(default=None)
    sold_on = Date(default=None)
    contact_id = UUID(default=None)
    words = Text(default=None)
    recorded_at = Timestamptz(default=None)


class DiscountVoucher(Table, tablename="discount_voucher"):
    """A discount on future work; `used_minor` is what drafts and invoices took of it."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    client_id = UUID(default=None)
    engagement_id = UUID(null=True, default=None)
    code = Text(default=None)
    currency = Text(default=None)
    value_minor = BigInt(default=None)
    used_minor = BigInt(default=None)
    issued_on = Date(default=None)
    expires_on = Date(null=True, default=None)
    reason = Text(default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)
