"""What every change leaves behind: the audit trail, idempotency keys, and messages to send after commit."""

from piccolo.columns import JSONB, UUID, BigInt, Bytea, Integer, Text, Timestamptz
from piccolo.table import Table


class AuditEvent(Table, tablename="audit_event"):
    """One change of one row: who, when, what before and after, through which request. Written by a trigger."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    position = BigInt()
    recorded_at = Timestamptz(default=None)
    actor = Text(default=None)
    request_id = Text(default=None)
    operation = Text(default=None)
    table_name = Text(default=None)
    row_id = UUID(default=None)
    before = JSONB(null=True, default=None)
    after = JSONB(null=True, default=None)
    digest = Bytea(default=None)


class IdempotencyKey(Table, tablename="idempotency_key"):
    """A key that a client gave a request, the hash of its input, and the response it got."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    key = Text(default=None)
    operation = Text(default=None)
    input_hash = Bytea(default=None)
    response = JSONB(null=True, default=None)
    created_at = Timestamptz(default=None)


class OutboxMessage(Table, tablename="outbox_message"):
    """A message that leaves after commit, drained by the worker."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    kind = Text(default=None)
    recipient_name = Text()
    recipient_email = Text()
    locale = Text(default="en")
    data = JSONB(default=None)
    status = Text(default=None)
    attempts = Integer(default=0)
    last_error = Text()
    due_at = Timestamptz(default=None)
    sent_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=None)
