"""Late payers: reminders, charges for delay, suspensions, terminations, collectors."""

from piccolo.columns import JSONB, UUID, Array, BigInt, Boolean, Date, Integer, Text, Timestamptz
from piccolo.table import Table


class DunningLadder(Table, tablename="dunning_ladder"):
    """One edition of how a practice reminds; the newest counts."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    number = Integer(default=None)
    is_active = Boolean(default=None)
    send_from_minute = Integer(default=None)
    send_until_minute = Integer(default=None)
    country = Text(null=True, default=None)
    region = Text()
    weekend = Array(base_column=Integer(), default=None)
    days_off = Array(base_column=Date(), default=None)
    currency = Text(default=None)
    suspension_from_minor = BigInt(default=None)
    member_id = UUID(default=None)
    created_at = Timestamptz(default=None)


class DunningStep(Table, tablename="dunning_step"):
    """One rung of an edition."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    ladder_id = UUID(default=None)
    position = Integer(default=None)
    tone = Text(default=None)
    counts_from = Text(default=None)
    after_days = Integer(default=None)
    pay_within_days = Integer(default=None)
    fee_minor = BigInt(default=None)
    needs_approval = Boolean(default=None)
    opening_en = Text()
    opening_da = Text()


class DunningStop(Table, tablename="dunning_stop"):
    """Why an invoice is not reminded of, and until when."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    invoice_id = UUID(default=None)
    kind = Text(default=None)
    reason = Text(default=None)
    disputed_minor = BigInt(null=True, default=None)
    member_id = UUID(default=None)
    began_at = Timestamptz(default=None)
    ended_at = Timestamptz(null=True, default=None)
    ended_by = UUID(null=True, default=None)
    outcome = Text()
    version = Integer(default=1)


class DunningNotice(Table, tablename="dunning_notice"):
    """One rung for one invoice; what was sent or waived stands."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    invoice_id = UUID(default=None)
    engagement_id = UUID(default=None)
    client_id = UUID(default=None)
    ladder_id = UUID(default=None)
    position = Integer(default=None)
    tone = Text(default=None)
    status = Text(default=None)
    planned_on = Date(default=None)
    opening = Text()
    approved_at = Timestamptz(null=True, default=None)
    approved_by = UUID(null=True, default=None)
    dealt_on = Date(null=True, default=None)
    dealt_at = Timestamptz(null=True, default=None)
    waive_reason = Text()
    waived_by = UUID(null=True, default=None)
    currency = Text(default=None)
    owed_minor = BigInt(null=True, default=None)
    days_late = Integer(null=True, default=None)
    interest_minor = BigInt(null=True, default=None)
    charges_minor = BigInt(null=True, default=None)
    fee_minor = BigInt(null=True, default=None)
    fee_note = Text()
    pay_by = Date(null=True, default=None)
    subject = Text()
    body = Text()
    recipients = JSONB(default="[]")
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class LateCharge(Table, tablename="late_charge"):
    """A claim for delay beside an invoice, with its own entry in the books."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    number = Integer(default=None)
    kind = Text(default=None)
    status = Text(default=None)
    invoice_id = UUID(default=None)
    engagement_id = UUID(default=None)
    client_id = UUID(default=None)
    notice_id = UUID(null=True, default=None)
    currency = Text(default=None)
    amount_minor = BigInt(default=None)
    paid_minor = BigInt(default=None)
    first_day = Date(null=True, default=None)
    last_day = Date(null=True, default=None)
    charged_on = Date(default=None)
    explanation = JSONB(default=None)
    journal_id = UUID(default=None)
    waived_on = Date(null=True, default=None)
    waived_by = UUID(null=True, default=None)
    waive_reason = Text()
    waiver_journal_id = UUID(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class LateChargePayment(Table, tablename="late_charge_payment"):
    """Money that came in for such a claim."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    late_charge_id = UUID(default=None)
    amount_minor = BigInt(default=None)
    received_on = Date(default=None)
    bank_reference = Text(default=None)
    journal_id = UUID(default=None)
    recorded_at = Timestamptz(default=None)


class LateInterestRate(Table, tablename="late_interest_rate"):
    """A reference rate that the practice added, with its source."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    reference = Text(default=None)
    valid_from = Date(default=None)
    rate_bps = Integer(default=None)
    source = Text(default=None)
    member_id = UUID(default=None)
    recorded_at = Timestamptz(default=None)


class Suspension(Table, tablename="suspension"):
    """Work that may stop, stops and goes on again."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    engagement_id = UUID(default=None)
    client_id = UUID(default=None)
    status = Text(default=None)
    currency = Text(default=None)
    undisputed_minor = BigInt(default=None)
    clause = JSONB(default=None)
    served_on = Date(default=None)
    served_how = Text(default=None)
    proof = Text()
    served_by = UUID(default=None)
    may_stop_on = Date(default=None)
    suspended_on = Date(null=True, default=None)
    suspended_by = UUID(null=True, default=None)
    ended_on = Date(null=True, default=None)
    ended_by = UUID(null=True, default=None)
    end_reason = Text()
    is_paid = Boolean(null=True, default=None)
    working_days = Integer(null=True, default=None)
    delivery_before = Date(null=True, default=None)
    delivery_after = Date(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class SuspensionInvoice(Table, tablename="suspension_invoice"):
    """An invoice that a suspension notice named."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    suspension_id = UUID(default=None)
    invoice_id = UUID(default=None)
    undisputed_minor = BigInt(default=None)


class Termination(Table, tablename="termination"):
    """The end of a contract by notice or for breach."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    engagement_id = UUID(default=None)
    client_id = UUID(default=None)
    kind = Text(default=None)
    party = Text(default=None)
    status = Text(default=None)
    reason = Text(default=None)
    clause = JSONB(default=None)
    demanded_on = Date(null=True, default=None)
    cure_by = Date(null=True, default=None)
    given_on = Date(null=True, default=None)
    ends_on = Date(null=True, default=None)
    kill_fee = JSONB(null=True, default=None)
    withdraw_reason = Text()
    member_id = UUID(default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class GoodsReclaim(Table, tablename="goods_reclaim"):
    """Goods asked back under the title that was kept."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    engagement_id = UUID(default=None)
    client_id = UUID(default=None)
    invoice_id = UUID(default=None)
    item_key = Text(default=None)
    title = Text(default=None)
    basis = Text(default=None)
    asked_on = Date(default=None)
    return_by = Date(default=None)
    returned_on = Date(null=True, default=None)
    outcome = Text()
    member_id = UUID(default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class CollectionCase(Table, tablename="collection_case"):
    """A debt handed to a collector, with the case as it was handed over."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    invoice_id = UUID(default=None)
    engagement_id = UUID(default=None)
    client_id = UUID(default=None)
    collector = Text(default=None)
    status = Text(default=None)
    currency = Text(default=None)
    claim_minor = BigInt(default=None)
    handed_on = Date(default=None)
    case_file = JSONB(default=None)
    letter = Text(default=None)
    collected_minor = BigInt(null=True, default=None)
    closed_on = Date(null=True, default=None)
    result = Text()
    member_id = UUID(default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)
