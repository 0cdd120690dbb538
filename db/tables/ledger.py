"""The books. Read only: the functions of migration 0002 alone write them, so these classes insert and update nothing."""

from piccolo.columns import UUID, BigInt, Bytea, Date, Integer, SmallInt, Text, Timestamptz
from piccolo.table import Table


class LedgerHead(Table, tablename="ledger_head"):
    """One row per practice: the last number, the end of the hash chain, the period lock."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    last_seq = BigInt(default=None)
    last_hash = Bytea(default=None)
    last_recorded_at = Timestamptz(null=True, default=None)
    closed_through = Date(null=True, default=None)


class LedgerAccount(Table, tablename="ledger_account"):
    """One account in one currency; `balance_minor` is over all dates, debit positive."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    code = Text(default=None)
    kind = Text(default=None)
    name = Text(default=None)
    currency = Text(default=None)
    subject_kind = Text(default=None)
    subject_id = UUID(default=None)
    client_id = UUID(null=True, default=None)
    normal_sign = SmallInt(default=None)
    floor_minor = BigInt(null=True, default=None)
    balance_minor = BigInt(default=0)
    version = BigInt(default=0)
    created_at = Timestamptz(default=None)


class LedgerJournal(Table, tablename="ledger_journal"):
    """An entry: what happened, when it counts, when it was learnt, and its place in the chain."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    seq = BigInt(default=None)
    effective_date = Date(default=None)
    recorded_at = Timestamptz(default=None)
    written_at = Timestamptz(default=None)
    kind = Text(default=None)
    description = Text(default=None)
    source_kind = Text(default=None)
    source_id = UUID(null=True, default=None)
    reversal_of = UUID(null=True, default=None)
    actor = Text(default=None)
    request_id = Text(default=None)
    previous_hash = Bytea(default=None)
    hash = Bytea(default=None)


class LedgerPosting(Table, tablename="ledger_posting"):
    """A signed amount on one account; version and balance run in the order of recording."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    journal_id = UUID(default=None)
    journal_seq = BigInt(default=None)
    position = Integer(default=None)
    effective_date = Date(default=None)
    account_id = UUID(default=None)
    currency = Text(default=None)
    amount_minor = BigInt(default=None)
    account_version = BigInt(default=None)
    balance_minor = BigInt(default=None)


class LedgerDayBalance(Table, tablename="ledger_day_balance"):
    """An account's balance at the end of an effective date that has an entry."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    account_id = UUID(default=None)
    effective_date = Date(default=None)
    balance_minor = BigInt(default=None)
    normal_sign = SmallInt(default=None)
    floor_minor = BigInt(null=True, default=None)


class LedgerClosing(Table, tablename="ledger_closing"):
    """A period that was closed, and where the chain stood then."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    closed_through = Date(default=None)
    recorded_at = Timestamptz(default=None)
    actor = Text(default=None)
    request_id = Text(default=None)
    last_seq = BigInt(default=None)
    last_hash = Bytea(default=None)
    reopenings_before = Integer(default=0)
