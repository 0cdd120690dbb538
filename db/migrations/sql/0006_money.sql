-- Client money: retainers and what was asked, received and drawn; invoices and what was paid; refunds.
--
-- The ledger is the truth about every sum. The running columns here (deposited, drawn, paid, refunded …) repeat it on the row that
-- is locked, so that a limit is one CHECK and holds against any number of writers at once.

-- Accounts of clients came before clients.
alter table ledger_account add constraint ledger_account_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;

-- Client money held in advance: a liability until earned. What is promised to a refund can no longer be drawn.
create table retainer (
  tenant_id uuid not null,
  id uuid not null,
  engagement_id uuid not null,
  client_id uuid not null,
  kind text not null check (kind in ('deposit', 'security_deposit', 'evergreen', 'availability', 'period_allowance')),
  status text not null check (status in ('requested', 'active')),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  target_minor bigint not null check (target_minor >= 0),
  floor_minor bigint not null check (floor_minor >= 0),
  deposited_minor bigint not null check (deposited_minor >= 0),
  drawn_minor bigint not null check (drawn_minor >= 0),
  refund_pending_minor bigint not null check (refund_pending_minor >= 0),
  refunded_minor bigint not null check (refunded_minor >= 0),
  version integer not null default 1 check (version >= 1),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint retainer_kind_once unique (tenant_id, engagement_id, kind),
  constraint retainer_holds check (drawn_minor + refund_pending_minor + refunded_minor <= deposited_minor),
  constraint retainer_active check ((status = 'active') = (deposited_minor > 0))
);
call distribute('retainer');
create index retainer_client_id on retainer (tenant_id, client_id);
alter table retainer add constraint retainer_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table retainer add constraint retainer_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;

-- The expected total and the share explain the amount where it follows from them.
create table retainer_request (
  tenant_id uuid not null,
  id uuid not null,
  retainer_id uuid not null,
  number integer not null check (number >= 1),
  amount_minor bigint not null check (amount_minor > 0),
  received_minor bigint not null check (received_minor >= 0),
  expected_total_minor bigint check (expected_total_minor >= 0),
  share_numerator integer,
  share_denominator integer,
  requested_on date not null,
  due_on date not null,
  status text not null check (status in ('requested', 'received', 'cancelled')),
  cancel_reason text not null default '',
  document_id uuid not null,
  version integer not null default 1 check (version >= 1),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint retainer_request_number_once unique (tenant_id, number),
  constraint retainer_request_dates check (due_on >= requested_on),
  constraint retainer_request_cap check (received_minor <= amount_minor),
  constraint retainer_request_received check ((status = 'received') = (received_minor = amount_minor)),
  constraint retainer_request_share check (
    num_nulls(expected_total_minor, share_numerator, share_denominator) in (0, 3))
);
call distribute('retainer_request');
create index retainer_request_retainer_id on retainer_request (tenant_id, retainer_id);
create index retainer_request_document_id on retainer_request (tenant_id, document_id);
alter table retainer_request add constraint retainer_request_retainer foreign key (tenant_id, retainer_id) references retainer (tenant_id, id) on delete restrict;
alter table retainer_request add constraint retainer_request_document foreign key (tenant_id, document_id) references document (tenant_id, id) on delete restrict;

create table retainer_deposit (
  tenant_id uuid not null,
  id uuid not null,
  retainer_id uuid not null,
  retainer_request_id uuid not null,
  amount_minor bigint not null check (amount_minor > 0),
  received_on date not null,
  bank_reference text not null,
  journal_id uuid not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint retainer_deposit_journal_once unique (tenant_id, journal_id)
);
call distribute('retainer_deposit');
create index retainer_deposit_retainer_id on retainer_deposit (tenant_id, retainer_id);
create index retainer_deposit_request_id on retainer_deposit (tenant_id, retainer_request_id);
alter table retainer_deposit add constraint retainer_deposit_retainer foreign key (tenant_id, retainer_id) references retainer (tenant_id, id) on delete restrict;
alter table retainer_deposit add constraint retainer_deposit_request foreign key (tenant_id, retainer_request_id) references retainer_request (tenant_id, id) on delete restrict;
alter table retainer_deposit add constraint retainer_deposit_journal foreign key (tenant_id, journal_id) references ledger_journal (tenant_id, id) on delete restrict;

-- `payable_minor` is what is due by the due date: the total less what is retained until acceptance of the whole.
create table invoice (
  tenant_id uuid not null,
  id uuid not null,
  engagement_id uuid not null,
  client_id uuid not null,
  scope_version_id uuid not null,
  status text not null check (status in ('draft', 'issued', 'discarded')),
  number_year integer check (number_year between 1900 and 9999),
  number_ordinal integer check (number_ordinal >= 1),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  issue_date date,
  due_date date,
  net_minor bigint not null,
  tax_minor bigint not null,
  total_minor bigint not null,
  retention_bps integer not null check (retention_bps between 0 and 10000),
  retention_minor bigint not null check (retention_minor >= 0),
  payable_minor bigint not null check (payable_minor >= 0),
  paid_minor bigint not null check (paid_minor >= 0),
  drawn_minor bigint not null check (drawn_minor >= 0),
  journal_id uuid,
  version integer not null default 1 check (version >= 1),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint invoice_number_once unique (tenant_id, number_year, number_ordinal),
  constraint invoice_sum check (net_minor + tax_minor = total_minor and total_minor > 0),
  constraint invoice_retention_sum check (payable_minor + retention_minor = total_minor),
  constraint invoice_cap check (paid_minor + drawn_minor <= payable_minor),
  constraint invoice_due check (due_date >= issue_date),
  constraint invoice_issued check (
    (status = 'issued' and num_nulls(number_year, number_ordinal, issue_date, due_date, journal_id) = 0)
    or (status <> 'issued' and num_nonnulls(number_year, number_ordinal, issue_date, due_date, journal_id) = 0
        and paid_minor = 0 and drawn_minor = 0))
);
call distribute('invoice');
create index invoice_scope_version_id on invoice (tenant_id, engagement_id, scope_version_id);
create index invoice_client_id on invoice (tenant_id, client_id);
create index invoice_journal_id on invoice (tenant_id, journal_id);
alter table invoice add constraint invoice_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table invoice add constraint invoice_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;
alter table invoice add constraint invoice_scope_version foreign key (tenant_id, engagement_id, scope_version_id) references scope_version (tenant_id, engagement_id, id) on delete restrict;
alter table invoice add constraint invoice_journal foreign key (tenant_id, journal_id) references ledger_journal (tenant_id, id) on delete restrict;

-- A line bills one accepted item; an item is billed once. A discarded draft lets its items go (`is_live`).
create table invoice_line (
  tenant_id uuid not null,
  id uuid not null,
  invoice_id uuid not null,
  engagement_id uuid not null,
  scope_version_id uuid not null,
  item_key text not null,
  acceptance_id uuid not null,
  position integer not null check (position >= 1),
  title text not null check (length(title) between 1 and 200),
  net_minor bigint not null check (net_minor <> 0),
  tax_code text not null,
  tax_bps integer not null check (tax_bps between 0 and 10000),
  tax_minor bigint not null,
  is_live boolean not null,
  primary key (tenant_id, id),
  constraint invoice_line_position_once unique (tenant_id, invoice_id, position)
);
call distribute('invoice_line');
create unique index invoice_line_item_once on invoice_line (tenant_id, engagement_id, item_key) where is_live;
create index invoice_line_item on invoice_line (tenant_id, scope_version_id, item_key);
create index invoice_line_engagement_id on invoice_line (tenant_id, engagement_id);
create index invoice_line_acceptance_id on invoice_line (tenant_id, acceptance_id);
alter table invoice_line add constraint invoice_line_invoice foreign key (tenant_id, invoice_id) references invoice (tenant_id, id) on delete restrict;
alter table invoice_line add constraint invoice_line_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table invoice_line add constraint invoice_line_scope_item foreign key (tenant_id, scope_version_id, item_key) references scope_item (tenant_id, scope_version_id, item_key) on delete restrict;
alter table invoice_line add constraint invoice_line_acceptance foreign key (tenant_id, acceptance_id) references acceptance (tenant_id, id) on delete restrict;

create table drawdown (
  tenant_id uuid not null,
  id uuid not null,
  retainer_id uuid not null,
  invoice_id uuid not null,
  amount_minor bigint not null check (amount_minor > 0),
  effective_on date not null,
  journal_id uuid not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint drawdown_journal_once unique (tenant_id, journal_id)
);
call distribute('drawdown');
create index drawdown_retainer_id on drawdown (tenant_id, retainer_id);
create index drawdown_invoice_id on drawdown (tenant_id, invoice_id);
alter table drawdown add constraint drawdown_retainer foreign key (tenant_id, retainer_id) references retainer (tenant_id, id) on delete restrict;
alter table drawdown add constraint drawdown_invoice foreign key (tenant_id, invoice_id) references invoice (tenant_id, id) on delete restrict;
alter table drawdown add constraint drawdown_journal foreign key (tenant_id, journal_id) references ledger_journal (tenant_id, id) on delete restrict;

-- What came in for one invoice. What is over (`unapplied_minor`) is the client's until it is returned or used.
create table payment (
  tenant_id uuid not null,
  id uuid not null,
  invoice_id uuid not null,
  client_id uuid not null,
  amount_minor bigint not null check (amount_minor > 0),
  applied_minor bigint not null check (applied_minor >= 0),
  unapplied_minor bigint not null check (unapplied_minor >= 0),
  refund_pending_minor bigint not null check (refund_pending_minor >= 0),
  refunded_minor bigint not null check (refunded_minor >= 0),
  received_on date not null,
  bank_reference text not null,
  journal_id uuid not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint payment_journal_once unique (tenant_id, journal_id),
  constraint payment_split check (applied_minor + unapplied_minor = amount_minor),
  constraint payment_refund_cap check (refund_pending_minor + refunded_minor <= amount_minor)
);
call distribute('payment');
create index payment_invoice_id on payment (tenant_id, invoice_id);
create index payment_client_id on payment (tenant_id, client_id);
alter table payment add constraint payment_invoice foreign key (tenant_id, invoice_id) references invoice (tenant_id, id) on delete restrict;
alter table payment add constraint payment_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;
alter table payment add constraint payment_journal foreign key (tenant_id, journal_id) references ledger_journal (tenant_id, id) on delete restrict;

-- Money that goes back: out of what a retainer holds, or of a payment. `entitlement` is the sum as it was explained and
-- approved. `unapplied_minor` is the part that never was applied to the invoice, `tax_minor` the tax in the rest.
create table refund (
  tenant_id uuid not null,
  id uuid not null,
  number integer not null check (number >= 1),
  engagement_id uuid not null,
  client_id uuid not null,
  retainer_id uuid,
  payment_id uuid,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint not null check (amount_minor > 0),
  unapplied_minor bigint not null check (unapplied_minor >= 0),
  tax_minor bigint not null check (tax_minor >= 0),
  reason text not null check (length(reason) between 1 and 1000),
  status text not null check (status in ('requested', 'approved', 'rejected', 'settled', 'failed')),
  requested_on date not null,
  requested_by uuid not null,
  decided_on date,
  decided_by uuid,
  entitlement jsonb,
  entitlement_minor bigint,
  document_id uuid,
  settled_on date,
  bank_reference text not null default '',
  journal_id uuid,
  failed_on date,
  failure_reason text not null default '',
  reversal_journal_id uuid,
  version integer not null default 1 check (version >= 1),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint refund_number_once unique (tenant_id, number),
  constraint refund_source check (num_nonnulls(retainer_id, payment_id) = 1),
  constraint refund_split check (unapplied_minor + tax_minor <= amount_minor and (payment_id is not null or unapplied_minor + tax_minor = 0)),
  constraint refund_within check (amount_minor <= entitlement_minor),
  constraint refund_life check (
    (status = 'requested' and num_nonnulls(decided_on, decided_by, document_id, settled_on, journal_id, failed_on) = 0)
    or (status = 'rejected' and num_nulls(decided_on, decided_by) = 0 and num_nonnulls(document_id, settled_on, journal_id, failed_on) = 0)
    or (status in ('approved', 'settled', 'failed') and num_nulls(decided_on, decided_by, entitlement, entitlement_minor, document_id) = 0
        and (status = 'approved') = (settled_on is null and failed_on is null)
        and (status = 'failed') = (failed_on is not null)
        and (settled_on is null) = (journal_id is null)
        and (reversal_journal_id is not null) = (settled_on is not null and failed_on is not null)))
);
call distribute('refund');
create index refund_engagement_id on refund (tenant_id, engagement_id);
create index refund_client_id on refund (tenant_id, client_id);
create index refund_retainer_id on refund (tenant_id, retainer_id);
create index refund_payment_id on refund (tenant_id, payment_id);
create index refund_requested_by_id on refund (tenant_id, requested_by);
create index refund_decided_by_id on refund (tenant_id, decided_by);
create index refund_document_id on refund (tenant_id, document_id);
create index refund_journal_id on refund (tenant_id, journal_id);
create index refund_reversal_journal_id on refund (tenant_id, reversal_journal_id);
alter table refund add constraint refund_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table refund add constraint refund_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;
alter table refund add constraint refund_retainer foreign key (tenant_id, retainer_id) references retainer (tenant_id, id) on delete restrict;
alter table refund add constraint refund_payment foreign key (tenant_id, payment_id) references payment (tenant_id, id) on delete restrict;
alter table refund add constraint refund_requested_by foreign key (tenant_id, requested_by) references member (tenant_id, id) on delete restrict;
alter table refund add constraint refund_decided_by foreign key (tenant_id, decided_by) references member (tenant_id, id) on delete restrict;
alter table refund add constraint refund_document foreign key (tenant_id, document_id) references document (tenant_id, id) on delete restrict;
alter table refund add constraint refund_journal foreign key (tenant_id, journal_id) references ledger_journal (tenant_id, id) on delete restrict;
alter table refund add constraint refund_reversal_journal foreign key (tenant_id, reversal_journal_id) references ledger_journal (tenant_id, id) on delete restrict;

-- Arguments: the columns that may move. Everything else of the row stands as it was written; no row is ever deleted.
create function keep_all_but() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  if tg_op = 'UPDATE' and to_jsonb(new) - tg_argv = to_jsonb(old) - tg_argv then
    return new;
  end if;
  raise exception '% is fixed: % refused', tg_table_name, lower(tg_op) using errcode = 'integrity_constraint_violation';
end $$;
create trigger fixed before update or delete on retainer for each row
  execute function keep_all_but('status', 'target_minor', 'floor_minor', 'deposited_minor', 'drawn_minor', 'refund_pending_minor', 'refunded_minor', 'version', 'updated_at');
create trigger fixed before update or delete on retainer_request for each row
  execute function keep_all_but('status', 'received_minor', 'cancel_reason', 'version', 'updated_at');
create trigger fixed before update or delete on payment for each row
  execute function keep_all_but('refund_pending_minor', 'refunded_minor');

-- An issued invoice stands. When it is issued its lines must add up to it.
create function keep_issued_invoice() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  moving text[] := array['paid_minor', 'drawn_minor', 'version', 'updated_at'];
  net bigint;
  tax bigint;
begin
  if tg_op = 'DELETE' or old.status = 'discarded'
     or (old.status = 'issued' and (to_jsonb(new) - moving) <> (to_jsonb(old) - moving)) then
    raise exception 'an invoice that is % stands: % refused', old.status, lower(tg_op)
      using errcode = 'integrity_constraint_violation';
  end if;
  if old.status = 'draft' and new.status = 'issued' then
    select coalesce(sum(l.net_minor), 0), coalesce(sum(l.tax_minor), 0) into net, tax
      from public.invoice_line l where l.tenant_id = new.tenant_id and l.invoice_id = new.id and l.is_live;
    if net <> new.net_minor or tax <> new.tax_minor then
      raise exception 'the lines of the invoice do not add up to it' using errcode = 'integrity_constraint_violation';
    end if;
  end if;
  return new;
end $$;
create trigger issued_stands before update or delete on invoice for each row execute function keep_issued_invoice();

-- Lines come with the draft and are never changed; a discarded draft lets go of them.
create function keep_invoice_line() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  state text;
begin
  select status into state from public.invoice where tenant_id = new.tenant_id and id = new.invoice_id for share;
  if (tg_op = 'INSERT' and state = 'draft' and new.is_live)
     or (tg_op = 'UPDATE' and state = 'discarded' and old.is_live and not new.is_live
         and to_jsonb(new) - 'is_live' = to_jsonb(old) - 'is_live') then
    return new;
  end if;
  raise exception 'a line of an invoice that is % stands: % refused', coalesce(state, 'not there'), lower(tg_op)
    using errcode = 'integrity_constraint_violation';
end $$;
create trigger line_stands before insert or update on invoice_line for each row execute function keep_invoice_line();
create trigger no_delete before delete on invoice_line for each row execute function refuse_change();

-- A refund goes forward only; what each step wrote stays.
create function keep_refund_steps() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  decision text[] := array['decided_on', 'decided_by', 'entitlement', 'entitlement_minor', 'document_id', 'unapplied_minor', 'tax_minor'];
  settlement text[] := array['settled_on', 'bank_reference', 'journal_id'];
  failure text[] := array['failed_on', 'failure_reason', 'reversal_journal_id'];
  moving text[] := array['status', 'version', 'updated_at'];
begin
  if tg_op = 'UPDATE' then
    moving := moving || case
      when old.status = 'requested' and new.status in ('approved', 'rejected') then decision
      when old.status = 'approved' and new.status = 'settled' then settlement
      when old.status in ('approved', 'settled') and new.status = 'failed' then failure
    end;
    if new.status <> old.status and moving is not null and to_jsonb(new) - moving = to_jsonb(old) - moving then
      return new;
    end if;
  end if;
  raise exception 'a refund that is % does not go there: % refused', old.status, lower(tg_op)
    using errcode = 'integrity_constraint_violation';
end $$;
create trigger steps_stand before update or delete on refund for each row execute function keep_refund_steps();

create trigger append_only_truncate before truncate on retainer execute function refuse_change();
create trigger append_only_truncate before truncate on retainer_request execute function refuse_change();
create trigger append_only_truncate before truncate on payment execute function refuse_change();
create trigger append_only_truncate before truncate on invoice execute function refuse_change();
create trigger append_only_truncate before truncate on invoice_line execute function refuse_change();
create trigger append_only_truncate before truncate on refund execute function refuse_change();
call make_append_only('retainer_deposit');
call make_append_only('drawdown');

call guard_table('retainer', 'select, insert, update');
call guard_table('retainer_request', 'select, insert, update');
call guard_table('retainer_deposit', 'select, insert');
call guard_table('invoice', 'select, insert, update');
call guard_table('invoice_line', 'select, insert, update');
call guard_table('drawdown', 'select, insert');
call guard_table('payment', 'select, insert, update');
call guard_table('refund', 'select, insert, update');
