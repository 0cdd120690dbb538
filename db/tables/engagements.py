"""Engagements and their services contracts."""

from piccolo.columns import JSONB, UUID, Array, BigInt, Date, Integer, Text, Timestamptz
from piccolo.table import Table


class Engagement(Table, tablename="engagement"):
    """One body of work for one client, with its terms; `current_scope_version_id` is set once the contract is signed."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    client_id = UUID(default=None)
    number_year = Integer(default=None)
    number_ordinal = Integer(default=None)
    name = Text(default=None)
    purpose = Text()
    kind = Text(default=None)
    status = Text(default=None)
    currency = Text(default=None)
    locale = Text(default=None)
    law = Text(default=None)
    venue_en = Text(default=None)
    venue_da = Text(default=None)
    start_date = Date(default=None)
    promised_date = Date(null=True, default=None)
    country = Text(null=True, default=None)
    region = Text()
    weekend = Array(base_column=Integer(), default=None)
    days_off = Array(base_column=Date(), default=None)
    contingency_bps = Integer(default=None)
    retention_bps = Integer(default=None)
    payment_terms_days = Integer(default=None)
    tax_code = Text(default=None)
    tax_bps = Integer(default=None)
    retainer_numerator = Integer(default=None)
    retainer_denominator = Integer(default=None)
    change_requesters = Array(base_column=Text(), default=None)
    change_response_days = Integer(default=None)
    change_offer_days = Integer(default=None)
    change_minimum_fee_minor = BigInt(default=None)
    change_approval_tiers = JSONB(default="[]")
    change_reminder_days = Integer(default=0)
    kill_fee_bps = Integer(default=None)
    kill_fee_stages = JSONB(default="[]")
    test_period_days = Integer(default=None)
    correction_rounds = Integer(default=None)
    clauses = JSONB(default=None)
    current_scope_version_id = UUID(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class ServicesContract(Table, tablename="services_contract"):
    """One sending of the services contract, with the scope exactly as it was printed."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    engagement_id = UUID(default=None)
    issue = Integer(default=None)
    status = Text(default=None)
    scope = JSONB(default=None)
    scope_fingerprint = Text(default=None)
    document_id = UUID(default=None)
    translation_id = UUID(default=None)
    envelope_id = UUID(null=True, default=None)
    policy_waiver = Text()
    expires_at = Timestamptz(default=None)
    sent_at = Timestamptz(default=None)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = Text()
    decline_reason = Text()
