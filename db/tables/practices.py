"""The practice and who acts for it."""

from piccolo.columns import UUID, Boolean, Bytea, Integer, Text, Timestamptz
from piccolo.table import Table


class Practice(Table, tablename="practice"):
    """The business that uses the system; it is the tenant, so `id` equals `tenant_id`."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    name = Text(default=None)
    legal_name = Text(default=None)
    registration_number = Text()
    address = Text()
    email = Text()
    phone = Text()
    country = Text(default=None)
    currency = Text(default=None)
    locale = Text(default=None)
    timezone = Text(default=None)
    assistant_name = Text()
    bank_account = Text()
    vat_number = Text()
    endpoint_id = Text()
    endpoint_scheme = Text()
    street = Text()
    postal_code = Text()
    city = Text()
    iban = Text()
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class Member(Table, tablename="member"):
    """A person of the practice: owner, staff, assistant or accountant."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    name = Text(default=None)
    email = Text(default=None)
    role = Text(default=None)
    is_active = Boolean(default=True)
    oidc_issuer = Text(null=True, default=None)
    oidc_subject = Text(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class ApiToken(Table, tablename="api_token"):
    """A member's token; only the SHA-256 of its secret is kept."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    member_id = UUID(default=None)
    name = Text(default=None)
    secret_hash = Bytea(default=None)
    expires_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=None)
