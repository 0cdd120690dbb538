"""Credit notes and write-offs."""

from piccolo.columns import UUID, BigInt, Date, Integer, Text, Timestamptz
from piccolo.table import Table


class CreditNote(Table, tablename="credit_note"):
    """Paper that reduces an issued invoice."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    invoice_id = UUID(default=None)
    engagement_id = UUID(default=None)
    client_id = UUID(default=None)
    series_id = UUID(null=True, default=None)
    number_prefix = Text(default=None)
    number_year = Integer(default=None)
    number_ordinal = Integer(default=None)
    currency = Text(default=None)
    issue_date = Date(default=None)
    reason_kind = Text(default=None)
    reason = Text(default=None)
    net_minor = BigInt(default=None)
    tax_minor = BigInt(default=None)
    total_minor = BigInt(default=None)
    open_part_minor = BigInt(default=None)
    retention_part_minor = BigInt(default=None)
    kept_minor = BigInt(default=None)
    refund_minor = BigInt(default=None)
    applied_minor = BigInt(default=None)
    refund_pending_minor = BigInt(default=None)
    refunded_minor = BigInt(default=None)
    journal_id = UUID(default=None)
    document_id = UUID(default=None)
    created_at = Timestamptz(default=None)


class CreditNoteLine(Table, tablename="credit_note_line"):
    """What a credit note takes back of one line."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    credit_note_id = UUID(default=None)
    invoice_line_id = UUID(default=None)
    position = Integer(default=None)
    net_minor = BigInt(default=None)
    tax_minor = BigInt(default=None)


class CreditApplication(Table, tablename="credit_application"):
    """Kept credit used on an invoice."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    credit_note_id = UUID(default=None)
    invoice_id = UUID(default=None)
    amount_minor = BigInt(default=None)
    effective_on = Date(default=None)
    journal_id = UUID(default=None)
    recorded_at = Timestamptz(default=None)


class WriteOff(Table, tablename="write_off"):
    """What is given up of an invoice, until it is reversed."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    invoice_id = UUID(default=None)
    engagement_id = UUID(default=None)
    client_id = UUID(default=None)
    currency = Text(default=None)
    amount_minor = BigInt(default=None)
    tax_minor = BigInt(default=None)
    reason = Text(default=None)
    written_off_on = Date(default=None)
    journal_id = UUID(default=None)
    reversed_on = Date(null=True, default=None)
    reversal_reason = Text()
    reversal_journal_id = UUID(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)
