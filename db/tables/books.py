"""The accountant's desk: reopened periods, reconciliations, opening balances."""

from piccolo.columns import UUID, BigInt, Boolean, Bytea, Date, Integer, Text, Timestamptz
from piccolo.table import Table


class LedgerReopening(Table, tablename="ledger_reopening"):
    """A closed period that was opened again, by whom and why. Written by the database's own function alone."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    number = Integer(default=None)
    closed_through_before = Date(default=None)
    closed_through = Date(null=True, default=None)
    reason = Text(default=None)
    recorded_at = Timestamptz(default=None)
    actor = Text(default=None)
    request_id = Text(default=None)
    last_seq = BigInt(default=None)
    last_hash = Bytea(default=None)


class Reconciliation(Table, tablename="reconciliation"):
    """One state of the three-way reconciliation of a day; never changed, a later state is a further row."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    as_of = Date(default=None)
    currency = Text(default=None)
    statement_reference = Text(default=None)
    statement_minor = BigInt(default=None)
    bank_items_minor = BigInt(default=None)
    books_items_minor = BigInt(default=None)
    client_items_minor = BigInt(default=None)
    adjusted_minor = BigInt(default=None)
    bank_account_minor = BigInt(default=None)
    control_minor = BigInt(default=None)
    clients_minor = BigInt(default=None)
    unexplained_bank_minor = BigInt(default=None)
    unexplained_clients_minor = BigInt(default=None)
    is_done = Boolean(default=None)
    note = Text(default=None)
    ledger_seq = BigInt(default=None)
    member_id = UUID(default=None)
    recorded_at = Timestamptz(default=None)


class ReconciliationItem(Table, tablename="reconciliation_item"):
    """One explained part of a difference."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    reconciliation_id = UUID(default=None)
    position = Integer(default=None)
    side = Text(default=None)
    kind = Text(default=None)
    amount_minor = BigInt(default=None)
    happened_on = Date(default=None)
    explanation = Text(default=None)


class OpeningImport(Table, tablename="opening_import"):
    """The one import of what stood in the books before."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    as_of = Date(default=None)
    file_name = Text(default=None)
    file_hash = Bytea(default=None)
    line_count = Integer(default=None)
    member_id = UUID(default=None)
    recorded_at = Timestamptz(default=None)


class OpeningLine(Table, tablename="opening_line"):
    """One balance of it; of an open invoice, what came in since."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    opening_import_id = UUID(default=None)
    position = Integer(default=None)
    kind = Text(default=None)
    client_id = UUID(null=True, default=None)
    retainer_id = UUID(null=True, default=None)
    reference = Text(default=None)
    currency = Text(default=None)
    amount_minor = BigInt(default=None)
    issued_on = Date(null=True, default=None)
    due_on = Date(null=True, default=None)
    paid_minor = BigInt(default=0)
    journal_id = UUID(default=None)
    version = Integer(default=1)
    recorded_at = Timestamptz(default=None)


class OpeningPayment(Table, tablename="opening_payment"):
    """Money that came in for an invoice of before."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    opening_line_id = UUID(default=None)
    amount_minor = BigInt(default=None)
    received_on = Date(default=None)
    bank_reference = Text(default=None)
    journal_id = UUID(default=None)
    recorded_at = Timestamptz(default=None)
