"""Frozen papers."""

from piccolo.columns import JSONB, UUID, Bytea, Integer, Text, Timestamptz
from piccolo.table import Table


class Document(Table, tablename="document"):
    """The bytes of a paper, never changed: `fingerprint` is their SHA-256, `payload` what they were made of."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    kind = Text(default=None)
    locale = Text(default=None)
    number = Text(default=None)
    version = Integer(default=None)
    fingerprint = Text(default=None)
    content_fingerprint = Text(default=None)
    template_fingerprint = Text(default=None)
    content = Bytea(default=None)
    preview_html = Text(default=None)
    payload = JSONB(default=None)
    client_id = UUID(null=True, default=None)
    engagement_id = UUID(null=True, default=None)
    subject_kind = Text(default=None)
    subject_id = UUID(default=None)
    created_at = Timestamptz(default=None)
