"""Accounts at banks, their statements line by line, and what the lines turned out to be."""

from piccolo.columns import JSONB, UUID, BigInt, Boolean, Bytea, Date, Integer, Text, Timestamptz
from piccolo.table import Table


class BankAccount(Table, tablename="bank_account"):
    """One of the practice's accounts at a bank, and how its CSV is read."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    name = Text(default=None)
    currency = Text(default=None)
    identification = Text(default="")
    mapping = JSONB(default=None)
    is_active = Boolean(default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class BankStatement(Table, tablename="bank_statement"):
    """One statement of one file; never changed."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    bank_account_id = UUID(default=None)
    format = Text(default=None)
    source = Text(default="")
    file_digest = Bytea(default=None)
    position = Integer(default=None)
    reference = Text(default="")
    from_on = Date(default=None)
    to_on = Date(default=None)
    opening_minor = BigInt(null=True, default=None)
    closing_minor = BigInt(null=True, default=None)
    net_minor = BigInt(default=None)
    entry_count = Integer(default=None)
    known_count = Integer(default=None)
    recorded_at = Timestamptz(default=None)


class BankLine(Table, tablename="bank_line"):
    """One entry of a statement; in is positive, out negative. Only its status moves."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    bank_statement_id = UUID(default=None)
    bank_account_id = UUID(default=None)
    position = Integer(default=None)
    line = Integer(default=None)
    entry_key = Text(default=None)
    booked_on = Date(default=None)
    value_on = Date(null=True, default=None)
    amount_minor = BigInt(default=None)
    currency = Text(default=None)
    balance_minor = BigInt(null=True, default=None)
    text = Text(default="")
    counterparty = Text(default="")
    counterparty_account = Text(default="")
    reference = Text(default="")
    end_to_end_id = Text(default="")
    original_minor = BigInt(null=True, default=None)
    original_currency = Text(null=True, default=None)
    charge_minor = BigInt(default=None)
    status = Text(default=None)
    set_aside_reason = Text(default="")
    version = Integer(default=1)
    recorded_at = Timestamptz(default=None)


class BankMatch(Table, tablename="bank_match"):
    """What a person said a line is; undone by a further word, never edited."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    line_id = UUID(default=None)
    kind = Text(default=None)
    is_new = Boolean(default=None)
    payment_id = UUID(null=True, default=None)
    retainer_deposit_id = UUID(null=True, default=None)
    refund_id = UUID(null=True, default=None)
    journal_id = UUID(default=None)
    score = Integer(default=None)
    reasons = Text(default="")
    confirmed_by = UUID(default=None)
    confirmed_at = Timestamptz(default=None)
    undone_on = Date(null=True, default=None)
    undone_by = UUID(null=True, default=None)
    undo_reason = Text(default="")


class BankMatchRejection(Table, tablename="bank_match_rejection"):
    """A suggestion that a person turned down for a line."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    line_id = UUID(default=None)
    suggestion_key = Text(default=None)
    rejected_by = UUID(default=None)
    rejected_at = Timestamptz(default=None)
