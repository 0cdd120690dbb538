"""Papers out for signature: the envelope, its signers, and the chain of what happened."""

from piccolo.columns import UUID, Bytea, Integer, Text, Timestamptz
from piccolo.table import Table


class Envelope(Table, tablename="envelope"):
    """One frozen document sent to be signed; `head_hash` and `event_count` are the end of its chain of events."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    document_id = UUID(default=None)
    fingerprint = Text(default=None)
    subject_kind = Text(default=None)
    subject_id = UUID(default=None)
    client_id = UUID(default=None)
    sent_by = UUID(default=None)
    status = Text(default=None)
    reason = Text()
    expires_at = Timestamptz(default=None)
    sent_at = Timestamptz(default=None)
    closed_at = Timestamptz(null=True, default=None)
    event_count = Integer(default=0)
    head_hash = Bytea(default=None)


class EnvelopeSigner(Table, tablename="envelope_signer"):
    """Who is to sign an envelope, or has; a contact's link is kept as its SHA-256 alone."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    envelope_id = UUID(default=None)
    position = Integer(default=None)
    party = Text(default=None)
    member_id = UUID(null=True, default=None)
    contact_id = UUID(null=True, default=None)
    name = Text(default=None)
    email = Text(default=None)
    locale = Text(default=None)
    status = Text(default=None)
    signed_name = Text()
    viewed_at = Timestamptz(null=True, default=None)
    signed_at = Timestamptz(null=True, default=None)
    link_generation = Integer(default=1)
    link_hash = Bytea(null=True, default=None)


class EnvelopeEvent(Table, tablename="envelope_event"):
    """One thing that happened to an envelope, chained to the one before by its hash."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    envelope_id = UUID(default=None)
    sequence = Integer(default=None)
    kind = Text(default=None)
    occurred_at = Timestamptz(default=None)
    actor = Text(default=None)
    signer_id = UUID(null=True, default=None)
    name = Text()
    ip = Text()
    user_agent = Text()
    consent_version = Text()
    consent_text = Text()
    fingerprint = Text(default=None)
    detail = Text()
    previous_hash = Bytea(default=None)
    hash = Bytea(default=None)
