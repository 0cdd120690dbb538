-- Refunds by two pairs of eyes, tried again where the bank sends them back; engagements that end early, and the kill fee.

-- Above this sum whoever asked for a refund does not approve it. Where a practice has set a limit for any currency, every sum
-- in a currency without one needs the second person; null takes a limit away.
create table refund_limit (
  tenant_id uuid not null,
  id uuid not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint check (amount_minor >= 0),
  version integer not null default 1 check (version >= 1),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint refund_limit_currency_once unique (tenant_id, currency)
);
call distribute('refund_limit');

-- What became of each attempt to pay a refund: `settled` left the bank, `failed` never did, `returned` came back after it had.
create table refund_attempt (
  tenant_id uuid not null,
  id uuid not null,
  refund_id uuid not null,
  attempt integer not null check (attempt >= 1),
  outcome text not null check (outcome in ('settled', 'failed', 'returned')),
  method text not null check (method in ('', 'bank', 'card_reversal')),
  happened_on date not null,
  note text not null check (length(note) between 1 and 500),
  journal_id uuid,
  member_id uuid not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint refund_attempt_booked check ((outcome = 'failed') = (journal_id is null)),
  constraint refund_attempt_method check ((outcome = 'failed') = (method = '')),
  constraint refund_attempt_journal_once unique (tenant_id, journal_id)
);
call distribute('refund_attempt');
create unique index refund_attempt_once on refund_attempt (tenant_id, refund_id, attempt) where outcome <> 'returned';
create unique index refund_attempt_returned_once on refund_attempt (tenant_id, refund_id, attempt) where outcome = 'returned';
create index refund_attempt_refund_id on refund_attempt (tenant_id, refund_id);
create index refund_attempt_member_id on refund_attempt (tenant_id, member_id);
alter table refund_attempt add constraint refund_attempt_refund foreign key (tenant_id, refund_id) references refund (tenant_id, id) on delete restrict;
alter table refund_attempt add constraint refund_attempt_journal foreign key (tenant_id, journal_id) references ledger_journal (tenant_id, id) on delete restrict;
alter table refund_attempt add constraint refund_attempt_member foreign key (tenant_id, member_id) references member (tenant_id, id) on delete restrict;

-- What was settled and failed before attempts were kept.
insert into refund_attempt (tenant_id, id, refund_id, attempt, outcome, method, happened_on, note, journal_id, member_id, recorded_at)
select tenant_id, gen_random_uuid(), id, 1, 'settled', 'bank', settled_on, bank_reference, journal_id, decided_by, updated_at
  from refund where settled_on is not null
union all
select tenant_id, gen_random_uuid(), id, 1, case when settled_on is null then 'failed' else 'returned' end,
       case when settled_on is null then '' else 'bank' end, failed_on, failure_reason, reversal_journal_id, decided_by, updated_at
  from refund where failed_on is not null;

alter table refund add column reason_kind text not null default 'other';
alter table refund add column second_person_above_minor bigint;
alter table refund add column attempt integer not null default 1;
alter table refund add column method text not null default '';
alter table refund add constraint refund_reason_kind check (reason_kind in
  ('overpayment', 'retainer_unused', 'complaint', 'cancelled', 'duplicate', 'price_correction', 'goodwill', 'other'));
alter table refund add constraint refund_attempt_number check (attempt >= 1);
alter table refund add constraint refund_method check (method in ('', 'bank', 'card_reversal'));
-- The limit as it stood when the money was asked for; see limit_refund().
alter table refund add constraint refund_second_person check (
  second_person_above_minor is null or amount_minor <= second_person_above_minor
  or status in ('requested', 'rejected') or decided_by <> requested_by);

-- What a credit note gives back of money that was paid is a source of its own; it holds its own cap.
alter table refund add column credit_note_id uuid;
alter table refund drop constraint refund_source;
alter table refund add constraint refund_source check (num_nonnulls(retainer_id, payment_id, credit_note_id) = 1);
create index refund_credit_note_id on refund (tenant_id, credit_note_id);
alter table refund add constraint refund_credit_note foreign key (tenant_id, credit_note_id) references credit_note (tenant_id, id) on delete restrict;

-- A refund begins as a request, under the limit that stands. Small ones of one engagement that the same person asks for and
-- approves count together, so that a large one cannot be cut up.
create function limit_refund() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  alone bigint;
begin
  if tg_op = 'INSERT' then
    if new.status <> 'requested' or new.attempt <> 1 then
      raise exception 'a refund begins as a request' using errcode = 'integrity_constraint_violation';
    end if;
    select coalesce(
        (select l.amount_minor from public.refund_limit l where l.tenant_id = new.tenant_id and l.currency = new.currency),
        (select 0 where exists (select from public.refund_limit l where l.tenant_id = new.tenant_id and l.amount_minor is not null)))
      into new.second_person_above_minor;
  elsif new.status = 'approved' and new.decided_by = new.requested_by and new.second_person_above_minor is not null then
    perform 1 from public.engagement e where e.tenant_id = new.tenant_id and e.id = new.engagement_id for no key update;
    select coalesce(sum(f.amount_minor), 0) into alone from public.refund f
     where f.tenant_id = new.tenant_id and f.engagement_id = new.engagement_id and f.id <> new.id
       and f.status in ('approved', 'settled') and f.requested_by = new.requested_by and f.decided_by = new.requested_by;
    if alone + new.amount_minor > new.second_person_above_minor then
      raise exception 'refunds above the limit are approved by somebody else' using errcode = 'integrity_constraint_violation';
    end if;
  end if;
  return new;
end $$;
create trigger limited before insert or update on refund for each row execute function limit_refund();

-- Credit notes and refunds together take back no more than the whole invoice; credit notes look the same way at refunds.
create function fit_refund_to_invoice() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  if exists (
    select from public.payment p join public.invoice i on i.tenant_id = p.tenant_id and i.id = p.invoice_id
     where p.tenant_id = new.tenant_id and i.tenant_id = new.tenant_id and p.id = new.payment_id
       and i.total_minor < i.credited_total_minor + new.amount_minor - new.unapplied_minor + (
         select coalesce(sum(f.amount_minor - f.unapplied_minor), 0) from public.refund f
           join public.payment o on o.tenant_id = f.tenant_id and o.id = f.payment_id
          where f.tenant_id = new.tenant_id and o.tenant_id = new.tenant_id and o.invoice_id = i.id and f.id <> new.id
            and f.status in ('requested', 'approved', 'settled'))) then
    raise exception 'more than the invoice is credited and refunded' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger fits_invoice before insert or update on refund for each row
  when (new.payment_id is not null and new.amount_minor > new.unapplied_minor and new.status in ('requested', 'approved'))
  execute function fit_refund_to_invoice();

-- A refund goes forward; what each step wrote stays. One that failed may be tried again: its history is in the attempts.
create or replace function keep_refund_steps() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  decision text[] := array['decided_on', 'decided_by', 'entitlement', 'entitlement_minor', 'document_id', 'unapplied_minor', 'tax_minor'];
  settlement text[] := array['settled_on', 'bank_reference', 'journal_id', 'method'];
  failure text[] := array['failed_on', 'failure_reason', 'reversal_journal_id'];
  moving text[] := array['status', 'version', 'updated_at'];
begin
  if tg_op = 'UPDATE' then
    moving := moving || case
      when old.status = 'requested' and new.status in ('approved', 'rejected') then decision
      when old.status = 'approved' and new.status = 'settled' then settlement
      when old.status in ('approved', 'settled') and new.status = 'failed' then failure
      when old.status = 'failed' and new.status = 'approved' and new.attempt = old.attempt + 1
        then settlement || failure || array['attempt', 'unapplied_minor', 'tax_minor']
    end;
    if new.status <> old.status and moving is not null and to_jsonb(new) - moving = to_jsonb(old) - moving
       and (new.status not in ('settled', 'failed') or exists (
         select from public.refund_attempt a
          where a.tenant_id = new.tenant_id and a.refund_id = new.id and a.attempt = new.attempt
            and a.outcome = case when new.status = 'settled' then 'settled' when old.status = 'settled' then 'returned' else 'failed' end
            and a.journal_id is not distinct from case when new.status = 'settled' then new.journal_id else new.reversal_journal_id end)) then
      return new;
    end if;
  end if;
  raise exception 'a refund that is % does not go there: % refused', old.status, lower(tg_op)
    using errcode = 'integrity_constraint_violation';
end $$;

-- An attempt is written while the refund waits for it.
create function fit_refund_attempt() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  perform 1 from public.refund f
   where f.tenant_id = new.tenant_id and f.id = new.refund_id and f.attempt = new.attempt
     and f.status = case when new.outcome = 'returned' then 'settled' else 'approved' end
     for no key update;
  if not found then
    raise exception 'the refund awaits no such attempt' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger fits before insert on refund_attempt for each row execute function fit_refund_attempt();

-- The kill fee by stages: [{"from_progress_bps": 0, "rate_bps": 1000}, …]; none is the one rate of kill_fee_bps.
alter table engagement add column kill_fee_stages jsonb not null default '[]';
alter table engagement add constraint engagement_kill_fee_stages check (
  jsonb_typeof(kill_fee_stages) = 'array' and jsonb_array_length(kill_fee_stages) <= 10 and (kill_fee_bps = 0 or kill_fee_stages = '[]'));

-- The kill fee as it was claimed: once for an engagement, never above its cap, with its explanation.
create table kill_fee (
  tenant_id uuid not null,
  id uuid not null,
  engagement_id uuid not null,
  client_id uuid not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint not null check (amount_minor > 0),
  fee_minor bigint not null check (fee_minor >= 0),
  earned_minor bigint not null check (earned_minor >= 0),
  paid_minor bigint not null check (paid_minor >= 0),
  costs_minor bigint not null check (costs_minor >= 0),
  rate_bps integer not null check (rate_bps between 0 and 10000),
  cost_entry_ids uuid[] not null,
  ended_on date not null,
  claimed_on date not null,
  due_on date not null,
  settled_minor bigint not null default 0 check (settled_minor >= 0),
  waived_minor bigint not null default 0 check (waived_minor >= 0),
  journal_id uuid not null,
  member_id uuid not null,
  version integer not null default 1 check (version >= 1),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint kill_fee_once unique (tenant_id, engagement_id),
  constraint kill_fee_journal_once unique (tenant_id, journal_id),
  constraint kill_fee_due check (due_on >= claimed_on and claimed_on >= ended_on),
  constraint kill_fee_cap check (amount_minor <= greatest(0, fee_minor - paid_minor) + costs_minor),
  constraint kill_fee_share check (earned_minor <= fee_minor and amount_minor <= fee_minor - earned_minor),
  constraint kill_fee_open check (settled_minor + waived_minor <= amount_minor)
);
call distribute('kill_fee');
create index kill_fee_client_id on kill_fee (tenant_id, client_id);
create index kill_fee_member_id on kill_fee (tenant_id, member_id);
alter table kill_fee add constraint kill_fee_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table kill_fee add constraint kill_fee_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;
alter table kill_fee add constraint kill_fee_journal foreign key (tenant_id, journal_id) references ledger_journal (tenant_id, id) on delete restrict;
alter table kill_fee add constraint kill_fee_member foreign key (tenant_id, member_id) references member (tenant_id, id) on delete restrict;

-- What became of the claim: taken out of a retainer, paid, or waived by the owner. Each is an entry in the books of its own.
create table kill_fee_entry (
  tenant_id uuid not null,
  id uuid not null,
  kill_fee_id uuid not null,
  kind text not null check (kind in ('offset', 'payment', 'waiver')),
  retainer_id uuid,
  amount_minor bigint not null check (amount_minor > 0),
  effective_on date not null,
  note text not null check (length(note) between 1 and 500),
  journal_id uuid not null,
  member_id uuid not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint kill_fee_entry_retainer_kind check ((kind = 'offset') = (retainer_id is not null)),
  constraint kill_fee_entry_journal_once unique (tenant_id, journal_id)
);
call distribute('kill_fee_entry');
create index kill_fee_entry_kill_fee_id on kill_fee_entry (tenant_id, kill_fee_id);
create index kill_fee_entry_retainer_id on kill_fee_entry (tenant_id, retainer_id);
create index kill_fee_entry_member_id on kill_fee_entry (tenant_id, member_id);
alter table kill_fee_entry add constraint kill_fee_entry_kill_fee foreign key (tenant_id, kill_fee_id) references kill_fee (tenant_id, id) on delete restrict;
alter table kill_fee_entry add constraint kill_fee_entry_retainer foreign key (tenant_id, retainer_id) references retainer (tenant_id, id) on delete restrict;
alter table kill_fee_entry add constraint kill_fee_entry_journal foreign key (tenant_id, journal_id) references ledger_journal (tenant_id, id) on delete restrict;
alter table kill_fee_entry add constraint kill_fee_entry_member foreign key (tenant_id, member_id) references member (tenant_id, id) on delete restrict;

-- A kill fee is owed where the client has ended the contract by notice, and nowhere else.
create function fit_kill_fee() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  if new.settled_minor <> 0 or new.waived_minor <> 0 or not exists (
    select from public.engagement e join public.termination t on t.tenant_id = e.tenant_id and t.engagement_id = e.id
     where e.tenant_id = new.tenant_id and t.tenant_id = new.tenant_id and e.id = new.engagement_id and e.status = 'terminated'
       and e.client_id = new.client_id and e.currency = new.currency
       and t.kind = 'notice' and t.party = 'client' and t.status = 'ended' and t.ends_on = new.ended_on) then
    raise exception 'no kill fee is owed here' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger fits before insert on kill_fee for each row execute function fit_kill_fee();
create trigger fixed before update or delete on kill_fee for each row
  execute function keep_all_but('settled_minor', 'waived_minor', 'version', 'updated_at');

-- The running columns follow from the rows, and their CHECKs are the limit. What is taken out of a retainer is drawn from it.
create function move_kill_fee() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  if new.kind = 'offset' and not exists (
    select from public.kill_fee k join public.retainer r on r.tenant_id = k.tenant_id and r.engagement_id = k.engagement_id and r.currency = k.currency
     where k.tenant_id = new.tenant_id and r.tenant_id = new.tenant_id and k.id = new.kill_fee_id and r.id = new.retainer_id) then
    raise exception 'the retainer was paid for another engagement' using errcode = 'integrity_constraint_violation';
  end if;
  update public.retainer set drawn_minor = drawn_minor + new.amount_minor, version = version + 1, updated_at = new.recorded_at
   where tenant_id = new.tenant_id and id = new.retainer_id;
  update public.kill_fee set version = version + 1, updated_at = new.recorded_at,
      settled_minor = settled_minor + case when new.kind = 'waiver' then 0 else new.amount_minor end,
      waived_minor = waived_minor + case when new.kind = 'waiver' then new.amount_minor else 0 end
   where tenant_id = new.tenant_id and id = new.kill_fee_id;
  return null;
end $$;
create trigger moves after insert on kill_fee_entry for each row execute function move_kill_fee();

call make_append_only('refund_attempt');
call make_append_only('kill_fee_entry');
create trigger append_only_truncate before truncate on kill_fee execute function refuse_change();
create trigger append_only_truncate before truncate on refund_limit execute function refuse_change();

call guard_table('refund_limit', 'select, insert, update');
call guard_table('refund_attempt', 'select, insert');
call guard_table('kill_fee', 'select, insert, update');
call guard_table('kill_fee_entry', 'select, insert');
