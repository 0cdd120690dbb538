"""The organisations that engage a practice, and the people there."""

from piccolo.columns import UUID, Array, Boolean, Integer, Text, Timestamptz
from piccolo.table import Table


class Client(Table, tablename="client"):
    """The organisation that engages the practice and pays."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    name = Text(default=None)
    legal_name = Text()
    registration_number = Text()
    address = Text()
    email = Text()
    country = Text(default=None)
    currency = Text(default=None)
    locale = Text(default=None)
    kind = Text(default=None)
    payment_terms_days = Integer(default=None)
    vat_number = Text()
    endpoint_id = Text()
    endpoint_scheme = Text()
    street = Text()
    postal_code = Text()
    city = Text()
    buyer_reference = Text()
    is_archived = Boolean(default=False)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class Contact(Table, tablename="contact"):
    """A person at a client; `roles` are of signer, billing, sponsor, stakeholder."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    client_id = UUID(default=None)
    name = Text(default=None)
    email = Text(default=None)
    phone = Text()
    locale = Text(default=None)
    roles = Array(base_column=Text(), default=None)
    is_active = Boolean(default=True)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)
