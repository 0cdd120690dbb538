"""Payments, what they were put on, and how one in another currency settled an invoice."""

from piccolo.columns import UUID, BigInt, Date, Integer, Text, Timestamptz
from piccolo.table import Table


class Payment(Table, tablename="payment"):
    """Money that a client paid; `unapplied_minor` is what of it is on no invoice."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    invoice_id = UUID(null=True, default=None)
    client_id = UUID(default=None)
    amount_minor = BigInt(default=None)
    applied_minor = BigInt(default=None)
    unapplied_minor = BigInt(default=None)
    refund_pending_minor = BigInt(default=None)
    refunded_minor = BigInt(default=None)
    received_on = Date(default=None)
    bank_reference = Text(default=None)
    journal_id = UUID(default=None)
    recorded_at = Timestamptz(default=None)
    engagement_id = UUID(null=True, default=None)
    currency = Text(default=None)
    charge_minor = BigInt(default=0)
    unapplied_taken_minor = BigInt(default=0)
    credited_minor = BigInt(default=0)
    reversed_on = Date(null=True, default=None)
    reversal_reason = Text(default="")
    reversal_journal_id = UUID(null=True, default=None)
    version = Integer(default=1)


class PaymentAllocation(Table, tablename="payment_allocation"):
    """Money of a payment onto an invoice, or, negative, off it again."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    payment_id = UUID(default=None)
    invoice_id = UUID(default=None)
    amount_minor = BigInt(default=None)
    payment_minor = BigInt(default=None)
    effective_on = Date(default=None)
    note = Text(default="")
    journal_id = UUID(default=None)
    recorded_at = Timestamptz(default=None)


class PaymentExchange(Table, tablename="payment_exchange"):
    """The rate at which a payment settled an invoice in another currency, and the difference."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    payment_id = UUID(default=None)
    invoice_id = UUID(default=None)
    settled_minor = BigInt(default=None)
    settled_currency = Text(default=None)
    home_currency = Text(default=None)
    foreign_currency = Text(default=None)
    foreign_minor = BigInt(default=None)
    rate_home_minor = BigInt(default=None)
    rate_foreign_minor = BigInt(default=None)
    rate_on = Date(default=None)
    rate_source = Text(default=None)
    value_minor = BigInt(default=None)
    rounding_numerator = BigInt(default=None)
    difference_minor = BigInt(default=None)
    recorded_at = Timestamptz(default=None)
