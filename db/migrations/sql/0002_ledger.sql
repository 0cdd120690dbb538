-- The books of a practice: double entry, append-only, one chain.
--
-- Sign: debit is positive, credit is negative, in every amount and balance of these tables. An account's normal_sign says
-- which of the two it usually holds (1 debit, -1 credit); normal_sign * balance_minor is the figure a person expects. A floor
-- is on that side: a retainer of floor 0 may never hold less than nothing, on any effective date.
--
-- The runtime role reads these tables and writes none: post_journal(), open_ledger_account() and close_ledger_period()
-- (0002_ledger_functions.sql) are the only way in.

-- One row per practice: mutex of all its postings, last number given, end of the hash chain, and the period lock.
create table ledger_head (
  tenant_id uuid not null,
  id uuid not null,
  last_seq bigint not null check (last_seq >= 0),
  last_hash bytea not null check (length(last_hash) = 32),
  last_recorded_at timestamptz,
  closed_through date,
  primary key (tenant_id, id),
  constraint ledger_head_is_its_tenant check (tenant_id = id)
);
call distribute('ledger_head');
alter table ledger_head add constraint ledger_head_practice foreign key (tenant_id, id) references practice (tenant_id, id) on delete restrict;

-- What the account is of: the practice itself, a client, or a retainer. Where it concerns a client, client_id says whom.
create table ledger_account (
  tenant_id uuid not null,
  id uuid not null,
  code text not null check (code ~ '^[a-z][a-z_]{1,39}$'),
  kind text not null check (kind in ('asset', 'liability', 'equity', 'income', 'contra_income', 'expense')),
  name text not null check (length(name) between 1 and 200),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  subject_kind text not null check (subject_kind in ('practice', 'client', 'retainer')),
  subject_id uuid not null,
  client_id uuid,
  normal_sign smallint not null,
  floor_minor bigint,
  balance_minor bigint not null default 0,
  version bigint not null default 0 check (version >= 0),
  created_at timestamptz not null,
  primary key (tenant_id, id),
  constraint ledger_account_once unique (tenant_id, code, currency, subject_kind, subject_id),
  constraint ledger_account_currency unique (tenant_id, id, currency),
  constraint ledger_account_sign check (normal_sign = case when kind in ('asset', 'contra_income', 'expense') then 1 else -1 end),
  constraint ledger_account_floor check (floor_minor is null or normal_sign * balance_minor >= floor_minor),
  constraint ledger_account_subject check (
    case subject_kind
      when 'practice' then subject_id = tenant_id and client_id is null
      when 'client' then client_id is not null and client_id = subject_id
      else client_id is not null
    end),
  -- Client money is not left to whoever opens the account.
  constraint ledger_account_client_money check (
    code not in ('retainer_liability', 'unapplied_receipts')
    or (kind = 'liability' and floor_minor is not null and floor_minor = 0 and client_id is not null))
);
call distribute('ledger_account');
alter table ledger_account add constraint ledger_account_practice foreign key (tenant_id, tenant_id) references practice (tenant_id, id) on delete restrict;
create index ledger_account_client_id on ledger_account (tenant_id, client_id);
create index ledger_account_subject_id on ledger_account (tenant_id, subject_id);

-- effective_date: when it counts. recorded_at: when the application learnt it, never before the entry before. written_at: the
-- database's own clock, a witness that no caller can move.
create table ledger_journal (
  tenant_id uuid not null,
  id uuid not null,
  seq bigint not null check (seq > 0),
  effective_date date not null check (effective_date >= '2000-01-01' and effective_date < '10000-01-01'),
  recorded_at timestamptz not null,
  written_at timestamptz not null,
  kind text not null check (kind ~ '^[a-z][a-z_]{1,39}$'),
  description text not null check (length(description) between 1 and 500),
  source_kind text not null check (source_kind ~ '^([a-z][a-z_]{1,39})?$'),
  source_id uuid,
  reversal_of uuid,
  actor text not null,
  request_id text not null,
  previous_hash bytea not null check (length(previous_hash) = 32),
  hash bytea not null check (length(hash) = 32),
  primary key (tenant_id, id),
  constraint ledger_journal_seq unique (tenant_id, seq),
  constraint ledger_journal_dated unique (tenant_id, id, seq, effective_date),
  constraint ledger_journal_reversed_once unique (tenant_id, reversal_of),
  constraint ledger_journal_reversal check ((kind = 'reversal') = (reversal_of is not null) and reversal_of <> id),
  constraint ledger_journal_source check ((source_kind = '') = (source_id is null))
);
call distribute('ledger_journal');
alter table ledger_journal add constraint ledger_journal_head foreign key (tenant_id, tenant_id) references ledger_head (tenant_id, id) on delete restrict;
alter table ledger_journal add constraint ledger_journal_original foreign key (tenant_id, reversal_of) references ledger_journal (tenant_id, id) on delete restrict;
-- The thing that an entry records is recorded once: a drawdown cannot reach the books twice. Its reversal may.
create unique index ledger_journal_source_once on ledger_journal (tenant_id, source_kind, source_id, kind)
  where source_id is not null and reversal_of is null;
create index ledger_journal_recorded on ledger_journal (tenant_id, recorded_at, seq);

-- balance_minor and account_version run in the order of recording.
create table ledger_posting (
  tenant_id uuid not null,
  id uuid not null,
  journal_id uuid not null,
  journal_seq bigint not null,
  position integer not null check (position > 0),
  effective_date date not null,
  account_id uuid not null,
  currency text not null,
  amount_minor bigint not null,
  account_version bigint not null,
  balance_minor bigint not null,
  primary key (tenant_id, id),
  constraint ledger_posting_position unique (tenant_id, journal_id, position),
  constraint ledger_posting_version unique (tenant_id, account_id, account_version),
  constraint ledger_posting_amount check (amount_minor <> 0 and amount_minor between -1000000000000000 and 1000000000000000)
);
call distribute('ledger_posting');
alter table ledger_posting add constraint ledger_posting_journal foreign key (tenant_id, journal_id, journal_seq, effective_date)
  references ledger_journal (tenant_id, id, seq, effective_date) on delete restrict;
alter table ledger_posting add constraint ledger_posting_account foreign key (tenant_id, account_id, currency)
  references ledger_account (tenant_id, id, currency) on delete restrict;
create index ledger_posting_effective on ledger_posting (tenant_id, account_id, effective_date, journal_seq, position) include (amount_minor);

-- The balance at the end of each effective date that has an entry. A back-dated entry shifts the later days, so the floor
-- holds on every date by a constraint, and a balance as of a date is one index lookup. Sign and floor are the account's.
create table ledger_day_balance (
  tenant_id uuid not null,
  id uuid not null,
  account_id uuid not null,
  effective_date date not null,
  balance_minor bigint not null,
  normal_sign smallint not null,
  floor_minor bigint,
  primary key (tenant_id, id),
  constraint ledger_day_balance_once unique (tenant_id, account_id, effective_date) include (balance_minor),
  constraint ledger_day_balance_floor check (floor_minor is null or normal_sign * balance_minor >= floor_minor)
);
call distribute('ledger_day_balance');
alter table ledger_day_balance add constraint ledger_day_balance_account foreign key (tenant_id, account_id) references ledger_account (tenant_id, id) on delete restrict;

-- A closed period, and where the chain stood: an anchor that shows when the end of the chain has been cut off.
create table ledger_closing (
  tenant_id uuid not null,
  id uuid not null,
  closed_through date not null,
  recorded_at timestamptz not null,
  actor text not null,
  request_id text not null,
  last_seq bigint not null,
  last_hash bytea not null check (length(last_hash) = 32),
  primary key (tenant_id, id),
  constraint ledger_closing_once unique (tenant_id, closed_through)
);
call distribute('ledger_closing');
alter table ledger_closing add constraint ledger_closing_head foreign key (tenant_id, tenant_id) references ledger_head (tenant_id, id) on delete restrict;

call make_append_only('ledger_journal');
call make_append_only('ledger_posting');
call make_append_only('ledger_closing');

-- An account moves its balance and version, and nothing else about it: entries already made would change their meaning.
create function refuse_account_change() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  if tg_op = 'UPDATE' and to_jsonb(new) - '{balance_minor,version}'::text[] = to_jsonb(old) - '{balance_minor,version}'::text[] then
    return new;
  end if;
  raise exception 'ledger_account is fixed: % refused', lower(tg_op) using errcode = 'integrity_constraint_violation';
end $$;
create trigger account_fixed before update or delete on ledger_account for each row execute function refuse_account_change();
create trigger append_only_truncate before truncate on ledger_account execute function refuse_change();
create trigger no_delete before delete on ledger_head for each row execute function refuse_change();
create trigger append_only_truncate before truncate on ledger_head execute function refuse_change();
create trigger no_delete before delete on ledger_day_balance for each row execute function refuse_change();
create trigger append_only_truncate before truncate on ledger_day_balance execute function refuse_change();

-- Journals, postings, closings are a trail themselves; head and days follow from them. An account's audit leaves out what
-- every posting moves.
call guard_table('ledger_head', 'select', audited => false);
call guard_table('ledger_account', 'select', redacted => 'balance_minor,version');
call guard_table('ledger_journal', 'select', audited => false);
call guard_table('ledger_posting', 'select', audited => false);
call guard_table('ledger_day_balance', 'select', audited => false);
call guard_table('ledger_closing', 'select', audited => false);
