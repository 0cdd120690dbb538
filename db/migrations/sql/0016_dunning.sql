-- Late payers: reminders in rising steps, interest and fees as claims of their own, work that stops, contracts that end, and
-- debts that are handed over.
--
-- Whatever moves here is about one invoice or one engagement, under that row's lock. What was sent, claimed or served stands;
-- putting it right is a further row.

-- How a practice reminds. A change is a new edition; the newest counts. Notices leave between two minutes of the day, on
-- working days of the place.
create table dunning_ladder (
  tenant_id uuid not null,
  id uuid not null,
  number integer not null check (number >= 1),
  is_active boolean not null,
  send_from_minute integer not null check (send_from_minute between 0 and 1439),
  send_until_minute integer not null check (send_until_minute between 1 and 1440),
  country text check (country ~ '^[A-Z]{2}$'),
  region text not null default '',
  weekend integer[] not null,
  days_off date[] not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  suspension_from_minor bigint not null check (suspension_from_minor >= 0),
  member_id uuid not null,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  constraint dunning_ladder_number_once unique (tenant_id, number),
  constraint dunning_ladder_hours check (send_from_minute < send_until_minute)
);
call distribute('dunning_ladder');
create index dunning_ladder_member_id on dunning_ladder (tenant_id, member_id);
alter table dunning_ladder add constraint dunning_ladder_member foreign key (tenant_id, member_id) references member (tenant_id, id) on delete restrict;

create table dunning_step (
  tenant_id uuid not null,
  id uuid not null,
  ladder_id uuid not null,
  position integer not null check (position between 1 and 10),
  tone text not null check (tone in ('kind', 'firm', 'final', 'collector')),
  counts_from text not null check (counts_from in ('due', 'step_before')),
  after_days integer not null check (after_days between 0 and 365),
  pay_within_days integer not null check (pay_within_days between 1 and 90),
  fee_minor bigint not null check (fee_minor >= 0),
  needs_approval boolean not null,
  opening_en text not null default '',
  opening_da text not null default '',
  primary key (tenant_id, id),
  constraint dunning_step_position_once unique (tenant_id, ladder_id, position)
);
call distribute('dunning_step');
alter table dunning_step add constraint dunning_step_ladder foreign key (tenant_id, ladder_id) references dunning_ladder (tenant_id, id) on delete restrict;

-- Why an invoice is not reminded of: somebody holds it, the client disputes it (all, or a part), or the owner lets it be.
create table dunning_stop (
  tenant_id uuid not null,
  id uuid not null,
  invoice_id uuid not null,
  kind text not null check (kind in ('hold', 'dispute', 'waiver')),
  reason text not null check (length(reason) between 1 and 1000),
  disputed_minor bigint check (disputed_minor > 0),
  member_id uuid not null,
  began_at timestamptz not null,
  ended_at timestamptz,
  ended_by uuid,
  outcome text not null default '',
  version integer not null default 1 check (version >= 1),
  primary key (tenant_id, id),
  constraint dunning_stop_disputed check (disputed_minor is null or kind = 'dispute'),
  constraint dunning_stop_ended check ((ended_at is null) = (ended_by is null))
);
call distribute('dunning_stop');
create unique index dunning_stop_open_once on dunning_stop (tenant_id, invoice_id, kind) where ended_at is null;
create index dunning_stop_invoice_id on dunning_stop (tenant_id, invoice_id, id);
create index dunning_stop_member_id on dunning_stop (tenant_id, member_id);
create index dunning_stop_ended_by on dunning_stop (tenant_id, ended_by);
alter table dunning_stop add constraint dunning_stop_invoice foreign key (tenant_id, invoice_id) references invoice (tenant_id, id) on delete restrict;
alter table dunning_stop add constraint dunning_stop_member foreign key (tenant_id, member_id) references member (tenant_id, id) on delete restrict;
alter table dunning_stop add constraint dunning_stop_ender foreign key (tenant_id, ended_by) references member (tenant_id, id) on delete restrict;

-- One rung for one invoice: drafted while it may still be changed, then sent or waived, once. The figures are those it was
-- sent with, in minor units of `currency`; `body` is the mail as the first recipient got it.
create table dunning_notice (
  tenant_id uuid not null,
  id uuid not null,
  invoice_id uuid not null,
  engagement_id uuid not null,
  client_id uuid not null,
  ladder_id uuid not null,
  position integer not null check (position between 1 and 10),
  tone text not null check (tone in ('kind', 'firm', 'final', 'collector')),
  status text not null check (status in ('drafted', 'approved', 'sent', 'waived')),
  planned_on date not null,
  opening text not null default '',
  approved_at timestamptz,
  approved_by uuid,
  dealt_on date,
  dealt_at timestamptz,
  waive_reason text not null default '',
  waived_by uuid,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  owed_minor bigint check (owed_minor > 0),
  days_late integer check (days_late >= 1),
  interest_minor bigint check (interest_minor >= 0),
  charges_minor bigint check (charges_minor >= 0),
  fee_minor bigint check (fee_minor >= 0),
  fee_note text not null default '',
  pay_by date,
  subject text not null default '',
  body text not null default '',
  recipients jsonb not null default '[]',
  version integer not null default 1 check (version >= 1),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint dunning_notice_once unique (tenant_id, invoice_id, position),
  constraint dunning_notice_approved check ((approved_at is null) = (approved_by is null) and (status <> 'approved' or approved_at is not null)),
  constraint dunning_notice_dealt check ((status in ('sent', 'waived')) = (dealt_on is not null) and (dealt_on is null) = (dealt_at is null)),
  constraint dunning_notice_sent check ((status = 'sent') = (num_nulls(owed_minor, days_late, charges_minor, fee_minor, pay_by) = 0)),
  constraint dunning_notice_waived check ((status = 'waived') = (waived_by is not null) and (status = 'waived') = (waive_reason <> ''))
);
call distribute('dunning_notice');
create index dunning_notice_engagement_id on dunning_notice (tenant_id, engagement_id);
create index dunning_notice_client_id on dunning_notice (tenant_id, client_id);
create index dunning_notice_ladder_id on dunning_notice (tenant_id, ladder_id);
create index dunning_notice_approved_by on dunning_notice (tenant_id, approved_by);
create index dunning_notice_waived_by on dunning_notice (tenant_id, waived_by);
alter table dunning_notice add constraint dunning_notice_invoice foreign key (tenant_id, invoice_id) references invoice (tenant_id, id) on delete restrict;
alter table dunning_notice add constraint dunning_notice_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table dunning_notice add constraint dunning_notice_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;
alter table dunning_notice add constraint dunning_notice_ladder foreign key (tenant_id, ladder_id) references dunning_ladder (tenant_id, id) on delete restrict;
alter table dunning_notice add constraint dunning_notice_approver foreign key (tenant_id, approved_by) references member (tenant_id, id) on delete restrict;
alter table dunning_notice add constraint dunning_notice_waiver foreign key (tenant_id, waived_by) references member (tenant_id, id) on delete restrict;

create function keep_dunning_notice() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  fixed text[] := array['tenant_id', 'id', 'invoice_id', 'engagement_id', 'client_id', 'position', 'created_at'];
begin
  if tg_op = 'DELETE' or old.status in ('sent', 'waived')
     or exists (select from unnest(fixed) f where to_jsonb(new) -> f is distinct from to_jsonb(old) -> f) then
    raise exception 'a notice that is % stands: % refused', old.status, lower(tg_op) using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger notice_stands before update or delete on dunning_notice for each row execute function keep_dunning_notice();

-- A claim for delay beside the invoice: interest of a span of days, the fixed sum, the fee of one reminder. Its own number, its
-- own entry (Dr receivable / Cr late charges), paid or waived apart. Never part of what interest is computed on.
create table late_charge (
  tenant_id uuid not null,
  id uuid not null,
  number integer not null check (number >= 1),
  kind text not null check (kind in ('interest', 'fixed_sum', 'reminder_fee')),
  status text not null check (status in ('open', 'waived')),
  invoice_id uuid not null,
  engagement_id uuid not null,
  client_id uuid not null,
  notice_id uuid,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint not null check (amount_minor > 0),
  paid_minor bigint not null check (paid_minor >= 0),
  first_day date,
  last_day date,
  charged_on date not null,
  explanation jsonb not null,
  journal_id uuid not null,
  waived_on date,
  waived_by uuid,
  waive_reason text not null default '',
  waiver_journal_id uuid,
  version integer not null default 1 check (version >= 1),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint late_charge_number_once unique (tenant_id, number),
  constraint late_charge_journal_once unique (tenant_id, journal_id),
  constraint late_charge_cap check (paid_minor <= amount_minor),
  constraint late_charge_span check ((kind = 'interest') = (num_nulls(first_day, last_day) = 0) and num_nonnulls(first_day, last_day) in (0, 2) and first_day <= last_day),
  constraint late_charge_fee_of_notice check ((kind = 'reminder_fee') = (notice_id is not null)),
  constraint late_charge_waived check (
    (status = 'waived' and num_nulls(waived_on, waived_by, waiver_journal_id) = 0 and waive_reason <> '' and paid_minor = 0)
    or (status = 'open' and num_nonnulls(waived_on, waived_by, waiver_journal_id) = 0 and waive_reason = ''))
);
call distribute('late_charge');
-- A day bears interest once, an invoice one fixed sum, a notice one fee.
create unique index late_charge_interest_once on late_charge (tenant_id, invoice_id, first_day) where kind = 'interest' and status = 'open';
create unique index late_charge_fixed_once on late_charge (tenant_id, invoice_id) where kind = 'fixed_sum' and status = 'open';
create unique index late_charge_fee_once on late_charge (tenant_id, notice_id) where kind = 'reminder_fee';
create index late_charge_invoice_id on late_charge (tenant_id, invoice_id);
create index late_charge_engagement_id on late_charge (tenant_id, engagement_id);
create index late_charge_client_id on late_charge (tenant_id, client_id, id);
create index late_charge_waived_by on late_charge (tenant_id, waived_by);
create index late_charge_waiver_journal_id on late_charge (tenant_id, waiver_journal_id);
alter table late_charge add constraint late_charge_invoice foreign key (tenant_id, invoice_id) references invoice (tenant_id, id) on delete restrict;
alter table late_charge add constraint late_charge_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table late_charge add constraint late_charge_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;
alter table late_charge add constraint late_charge_notice foreign key (tenant_id, notice_id) references dunning_notice (tenant_id, id) on delete restrict;
alter table late_charge add constraint late_charge_journal foreign key (tenant_id, journal_id) references ledger_journal (tenant_id, id) on delete restrict;
alter table late_charge add constraint late_charge_waiver foreign key (tenant_id, waived_by) references member (tenant_id, id) on delete restrict;
alter table late_charge add constraint late_charge_waiver_journal foreign key (tenant_id, waiver_journal_id) references ledger_journal (tenant_id, id) on delete restrict;

-- A waived charge stands; an open one is paid, or waived while nothing is paid of it.
create function keep_late_charge() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  moving text[] := array['status', 'paid_minor', 'waived_on', 'waived_by', 'waive_reason', 'waiver_journal_id', 'version', 'updated_at'];
begin
  if tg_op = 'DELETE' or old.status = 'waived' or new.paid_minor < old.paid_minor
     or to_jsonb(new) - moving <> to_jsonb(old) - moving then
    raise exception 'a charge that is % stands: % refused', old.status, lower(tg_op) using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger charge_stands before update or delete on late_charge for each row execute function keep_late_charge();

create table late_charge_payment (
  tenant_id uuid not null,
  id uuid not null,
  late_charge_id uuid not null,
  amount_minor bigint not null check (amount_minor > 0),
  received_on date not null,
  bank_reference text not null,
  journal_id uuid not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint late_charge_payment_journal_once unique (tenant_id, journal_id)
);
call distribute('late_charge_payment');
create index late_charge_payment_charge_id on late_charge_payment (tenant_id, late_charge_id);
alter table late_charge_payment add constraint late_charge_payment_charge foreign key (tenant_id, late_charge_id) references late_charge (tenant_id, id) on delete restrict;
alter table late_charge_payment add constraint late_charge_payment_journal foreign key (tenant_id, journal_id) references ledger_journal (tenant_id, id) on delete restrict;

-- Reference rates that came out after the table of this version, each with its source. The newest row of a date counts.
create table late_interest_rate (
  tenant_id uuid not null,
  id uuid not null,
  reference text not null check (reference in ('ECB', 'BANK_OF_ENGLAND', 'NATIONALBANKEN', 'BUNDESBANK')),
  valid_from date not null,
  rate_bps integer not null check (rate_bps between -1000 and 10000),
  source text not null check (length(source) between 1 and 500),
  member_id uuid not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint late_interest_rate_half_year check (extract(day from valid_from) = 1 and extract(month from valid_from) in (1, 7))
);
call distribute('late_interest_rate');
create index late_interest_rate_reference on late_interest_rate (tenant_id, reference, valid_from, id);
create index late_interest_rate_member_id on late_interest_rate (tenant_id, member_id);
alter table late_interest_rate add constraint late_interest_rate_member foreign key (tenant_id, member_id) references member (tenant_id, id) on delete restrict;

-- Work that may stop, stops and goes on again. `clause` is what the contract said; `undisputed_minor` what was overdue when the
-- notice was served. Once lifted, `working_days` is by how much the contract's dates move.
create table suspension (
  tenant_id uuid not null,
  id uuid not null,
  engagement_id uuid not null,
  client_id uuid not null,
  status text not null check (status in ('served', 'suspended', 'lifted', 'withdrawn')),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  undisputed_minor bigint not null check (undisputed_minor > 0),
  clause jsonb not null,
  served_on date not null,
  served_how text not null check (served_how in ('mail', 'letter', 'in_person')),
  proof text not null default '',
  served_by uuid not null,
  may_stop_on date not null,
  suspended_on date,
  suspended_by uuid,
  ended_on date,
  ended_by uuid,
  end_reason text not null default '',
  is_paid boolean,
  working_days integer check (working_days >= 0),
  delivery_before date,
  delivery_after date,
  version integer not null default 1 check (version >= 1),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint suspension_order check (may_stop_on > served_on and suspended_on >= may_stop_on and ended_on >= coalesce(suspended_on, served_on)),
  constraint suspension_life check (
    (status = 'served' and num_nonnulls(suspended_on, suspended_by, ended_on) = 0)
    or (status = 'suspended' and num_nulls(suspended_on, suspended_by) = 0 and ended_on is null)
    or (status = 'lifted' and num_nulls(suspended_on, suspended_by, ended_on, is_paid, working_days) = 0)
    or (status = 'withdrawn' and suspended_on is null and num_nulls(ended_on, is_paid) = 0))
);
call distribute('suspension');
create unique index suspension_open_once on suspension (tenant_id, engagement_id) where status in ('served', 'suspended');
create index suspension_engagement_id on suspension (tenant_id, engagement_id, id);
create index suspension_client_id on suspension (tenant_id, client_id);
create index suspension_served_by on suspension (tenant_id, served_by);
create index suspension_suspended_by on suspension (tenant_id, suspended_by);
create index suspension_ended_by on suspension (tenant_id, ended_by);
alter table suspension add constraint suspension_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table suspension add constraint suspension_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;
alter table suspension add constraint suspension_server foreign key (tenant_id, served_by) references member (tenant_id, id) on delete restrict;
alter table suspension add constraint suspension_suspender foreign key (tenant_id, suspended_by) references member (tenant_id, id) on delete restrict;
alter table suspension add constraint suspension_ender foreign key (tenant_id, ended_by) references member (tenant_id, id) on delete restrict;

create function keep_suspension() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  moving text[] := array['status', 'suspended_on', 'suspended_by', 'ended_on', 'ended_by', 'end_reason', 'is_paid', 'working_days',
                         'delivery_before', 'delivery_after', 'version', 'updated_at'];
begin
  if tg_op = 'DELETE' or old.status in ('lifted', 'withdrawn') or to_jsonb(new) - moving <> to_jsonb(old) - moving
     or (old.suspended_on is not null and new.suspended_on is distinct from old.suspended_on) then
    raise exception 'a suspension that is % stands: % refused', old.status, lower(tg_op) using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger steps_stand before update or delete on suspension for each row execute function keep_suspension();

-- The invoices that a suspension notice named; all of them paid lifts it.
create table suspension_invoice (
  tenant_id uuid not null,
  id uuid not null,
  suspension_id uuid not null,
  invoice_id uuid not null,
  undisputed_minor bigint not null check (undisputed_minor > 0),
  primary key (tenant_id, id),
  constraint suspension_invoice_once unique (tenant_id, suspension_id, invoice_id)
);
call distribute('suspension_invoice');
create index suspension_invoice_invoice_id on suspension_invoice (tenant_id, invoice_id);
alter table suspension_invoice add constraint suspension_invoice_suspension foreign key (tenant_id, suspension_id) references suspension (tenant_id, id) on delete restrict;
alter table suspension_invoice add constraint suspension_invoice_invoice foreign key (tenant_id, invoice_id) references invoice (tenant_id, id) on delete restrict;

-- The end of a contract before its work is done: by notice (opsigelse) or for breach (ophævelse), which are never mixed. For
-- breach a demand comes first and may be met: then it is withdrawn.
create table termination (
  tenant_id uuid not null,
  id uuid not null,
  engagement_id uuid not null,
  client_id uuid not null,
  kind text not null check (kind in ('notice', 'breach')),
  party text not null check (party in ('practice', 'client')),
  status text not null check (status in ('demanded', 'given', 'ended', 'withdrawn')),
  reason text not null check (length(reason) between 1 and 2000),
  clause jsonb not null,
  demanded_on date,
  cure_by date,
  given_on date,
  ends_on date,
  kill_fee jsonb,
  withdraw_reason text not null default '',
  member_id uuid not null,
  version integer not null default 1 check (version >= 1),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint termination_breach check ((kind = 'breach') = (num_nulls(demanded_on, cure_by) = 0) and num_nonnulls(demanded_on, cure_by) in (0, 2)),
  constraint termination_cure check (cure_by > demanded_on and given_on > cure_by),
  constraint termination_given check (num_nonnulls(given_on, ends_on) in (0, 2) and ends_on >= given_on),
  constraint termination_life check ((status in ('given', 'ended') and given_on is not null) or (status = 'demanded' and given_on is null and kind = 'breach') or status = 'withdrawn')
);
call distribute('termination');
create unique index termination_open_once on termination (tenant_id, engagement_id) where status <> 'withdrawn';
create index termination_engagement_id on termination (tenant_id, engagement_id, id);
create index termination_client_id on termination (tenant_id, client_id);
create index termination_member_id on termination (tenant_id, member_id);
alter table termination add constraint termination_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table termination add constraint termination_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;
alter table termination add constraint termination_member foreign key (tenant_id, member_id) references member (tenant_id, id) on delete restrict;
create trigger fixed before update or delete on termination for each row
  execute function keep_all_but('status', 'given_on', 'ends_on', 'kill_fee', 'withdraw_reason', 'version', 'updated_at');

-- Goods that were handed over and not paid for, asked back under the title that was kept.
create table goods_reclaim (
  tenant_id uuid not null,
  id uuid not null,
  engagement_id uuid not null,
  client_id uuid not null,
  invoice_id uuid not null,
  item_key text not null,
  title text not null check (length(title) between 1 and 200),
  basis text not null check (length(basis) between 1 and 1000),
  asked_on date not null,
  return_by date not null,
  returned_on date,
  outcome text not null default '',
  member_id uuid not null,
  version integer not null default 1 check (version >= 1),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint goods_reclaim_once unique (tenant_id, invoice_id, item_key),
  constraint goods_reclaim_order check (return_by > asked_on and returned_on >= asked_on)
);
call distribute('goods_reclaim');
create index goods_reclaim_engagement_id on goods_reclaim (tenant_id, engagement_id, id);
create index goods_reclaim_client_id on goods_reclaim (tenant_id, client_id);
create index goods_reclaim_member_id on goods_reclaim (tenant_id, member_id);
alter table goods_reclaim add constraint goods_reclaim_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table goods_reclaim add constraint goods_reclaim_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;
alter table goods_reclaim add constraint goods_reclaim_invoice foreign key (tenant_id, invoice_id) references invoice (tenant_id, id) on delete restrict;
alter table goods_reclaim add constraint goods_reclaim_member foreign key (tenant_id, member_id) references member (tenant_id, id) on delete restrict;
create trigger fixed before update or delete on goods_reclaim for each row
  execute function keep_all_but('returned_on', 'outcome', 'version', 'updated_at');

-- A debt handed to a collector, with the case exactly as it was handed over.
create table collection_case (
  tenant_id uuid not null,
  id uuid not null,
  invoice_id uuid not null,
  engagement_id uuid not null,
  client_id uuid not null,
  collector text not null check (length(collector) between 1 and 200),
  status text not null check (status in ('handed_over', 'collected', 'settled', 'recalled', 'failed')),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  claim_minor bigint not null check (claim_minor > 0),
  handed_on date not null,
  case_file jsonb not null,
  letter text not null,
  collected_minor bigint check (collected_minor between 0 and claim_minor),
  closed_on date,
  result text not null default '',
  member_id uuid not null,
  version integer not null default 1 check (version >= 1),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint collection_case_closed check ((status = 'handed_over') = (closed_on is null) and (closed_on is null) = (collected_minor is null) and closed_on >= handed_on)
);
call distribute('collection_case');
create unique index collection_case_open_once on collection_case (tenant_id, invoice_id) where status = 'handed_over';
create index collection_case_invoice_id on collection_case (tenant_id, invoice_id);
create index collection_case_engagement_id on collection_case (tenant_id, engagement_id);
create index collection_case_client_id on collection_case (tenant_id, client_id, id);
create index collection_case_member_id on collection_case (tenant_id, member_id);
alter table collection_case add constraint collection_case_invoice foreign key (tenant_id, invoice_id) references invoice (tenant_id, id) on delete restrict;
alter table collection_case add constraint collection_case_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table collection_case add constraint collection_case_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;
alter table collection_case add constraint collection_case_member foreign key (tenant_id, member_id) references member (tenant_id, id) on delete restrict;
create trigger fixed before update or delete on collection_case for each row
  execute function keep_all_but('status', 'collected_minor', 'closed_on', 'result', 'version', 'updated_at');

create trigger fixed before update or delete on dunning_stop for each row
  execute function keep_all_but('ended_at', 'ended_by', 'outcome', 'version');
create trigger append_only_truncate before truncate on dunning_stop execute function refuse_change();
create trigger append_only_truncate before truncate on dunning_notice execute function refuse_change();
create trigger append_only_truncate before truncate on late_charge execute function refuse_change();
create trigger append_only_truncate before truncate on suspension execute function refuse_change();
create trigger append_only_truncate before truncate on termination execute function refuse_change();
create trigger append_only_truncate before truncate on goods_reclaim execute function refuse_change();
create trigger append_only_truncate before truncate on collection_case execute function refuse_change();
call make_append_only('dunning_ladder');
call make_append_only('dunning_step');
call make_append_only('late_charge_payment');
call make_append_only('late_interest_rate');
call make_append_only('suspension_invoice');

call guard_table('dunning_ladder', 'select, insert');
call guard_table('dunning_step', 'select, insert');
call guard_table('dunning_stop', 'select, insert, update');
call guard_table('dunning_notice', 'select, insert, update');
call guard_table('late_charge', 'select, insert, update');
call guard_table('late_charge_payment', 'select, insert');
call guard_table('late_interest_rate', 'select, insert');
call guard_table('suspension', 'select, insert, update');
call guard_table('suspension_invoice', 'select, insert');
call guard_table('termination', 'select, insert, update');
call guard_table('goods_reclaim', 'select, insert, update');
call guard_table('collection_case', 'select, insert, update');

-- Whose turn it is, as in 0007: practices that remind and are owed, whose work is stopped, or whose contract ends. Ids alone.
create index invoice_overdue on invoice (tenant_id, due_date) where status = 'issued' and paid_minor + drawn_minor < payable_minor;

create function practices_with_late_payers(p_now timestamptz) returns setof uuid
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select p.tenant_id from public.practice p
  where (select l.is_active from public.dunning_ladder l where l.tenant_id = p.tenant_id order by l.number desc limit 1)
    and exists (
      select from public.invoice i
      where i.tenant_id = p.tenant_id and i.status = 'issued' and i.paid_minor + i.drawn_minor < i.payable_minor
        and i.due_date < (p_now at time zone p.timezone)::date)
  union
  select s.tenant_id from public.suspension s where s.status in ('served', 'suspended')
  union
  select t.tenant_id from public.termination t join public.practice p on p.tenant_id = t.tenant_id
  where t.status = 'given' and t.ends_on < (p_now at time zone p.timezone)::date
  order by 1
$$;
revoke execute on function practices_with_late_payers(timestamptz) from public;
grant execute on function practices_with_late_payers(timestamptz) to scopewright_app;
