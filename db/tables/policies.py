"""Policies and procedures: versions, their rules, and who signed them off."""

from piccolo.columns import UUID, Date, Integer, Text, Timestamptz
from piccolo.table import Table


class PolicyVersion(Table, tablename="policy_version"):
    """A numbered state of the policies: a draft, or published and never changed again."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    number = Integer(default=None)
    status = Text(default=None)
    title = Text(default=None)
    introduction_en = Text()
    introduction_da = Text()
    effective_date = Date(default=None)
    published_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class PolicyRule(Table, tablename="policy_rule"):
    """One rule of a policy version; its code is what a reminder cites."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    policy_version_id = UUID(default=None)
    code = Text(default=None)
    category = Text(default=None)
    position = Integer(default=None)
    title_en = Text(default=None)
    title_da = Text(default=None)
    text_en = Text(default=None)
    text_da = Text(default=None)
    consequence_en = Text()
    consequence_da = Text()
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class PolicyRequest(Table, tablename="policy_request"):
    """A client was asked to sign off a policy version: the subject of an envelope."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    client_id = UUID(default=None)
    policy_version_id = UUID(default=None)
    document_id = UUID(default=None)
    created_at = Timestamptz(default=None)


class PolicySignOff(Table, tablename="policy_sign_off"):
    """A client's consent to one policy version by the fingerprint of what was shown."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    client_id = UUID(default=None)
    policy_version_id = UUID(default=None)
    document_id = UUID(default=None)
    envelope_id = UUID(default=None)
    contact_id = UUID(default=None)
    signer_name = Text(default=None)
    fingerprint = Text(default=None)
    signed_at = Timestamptz(default=None)
