-- Bank statements as they were imported, and what each line turned out to be. A line is stored once and matched at most once.

-- The practice's accounts at banks. In the books all of one currency are one account. `mapping` says how its CSV is read.
create table bank_account (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  identification text not null check (identification ~ '^[A-Z0-9]{0,40}$'),
  mapping jsonb not null,
  is_active boolean not null,
  version integer not null default 1 check (version >= 1),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id)
);
call distribute('bank_account');
create unique index bank_account_identification_once on bank_account (tenant_id, identification, currency) where identification <> '';
alter table bank_account add constraint bank_account_practice foreign key (tenant_id, tenant_id) references practice (tenant_id, id) on delete restrict;

-- One statement of a file (camt.053 may hold several). `net_minor` is the sum of all its entries, also of those that another
-- statement brought before (`known_count`).
create table bank_statement (
  tenant_id uuid not null,
  id uuid not null,
  bank_account_id uuid not null,
  format text not null check (format in ('csv', 'camt_053')),
  source text not null check (length(source) <= 200),
  file_digest bytea not null check (length(file_digest) = 32),
  position integer not null check (position >= 1),
  reference text not null check (length(reference) <= 140),
  from_on date not null,
  to_on date not null,
  opening_minor bigint,
  closing_minor bigint,
  net_minor bigint not null,
  entry_count integer not null check (entry_count >= 0),
  known_count integer not null check (known_count >= 0),
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint bank_statement_once unique (tenant_id, bank_account_id, file_digest, position),
  constraint bank_statement_dates check (to_on >= from_on),
  constraint bank_statement_counts check (known_count <= entry_count),
  constraint bank_statement_arithmetic check (num_nulls(opening_minor, closing_minor) in (0, 2) and opening_minor + net_minor = closing_minor)
);
call distribute('bank_statement');
alter table bank_statement add constraint bank_statement_bank_account foreign key (tenant_id, bank_account_id) references bank_account (tenant_id, id) on delete restrict;

-- `entry_key` is the bank's own id of the entry, or, where it gives none, what tells the entry from every other. `line` is where
-- it stands in the file. In is positive, out negative. What the bank exchanged or kept is told beside it, where it says so.
create table bank_line (
  tenant_id uuid not null,
  id uuid not null,
  bank_statement_id uuid not null,
  bank_account_id uuid not null,
  position integer not null check (position >= 1),
  line integer not null check (line >= 1),
  entry_key text not null check (length(entry_key) between 1 and 200),
  booked_on date not null,
  value_on date,
  amount_minor bigint not null check (amount_minor <> 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  balance_minor bigint,
  text text not null check (length(text) <= 1000),
  counterparty text not null check (length(counterparty) <= 200),
  counterparty_account text not null check (length(counterparty_account) <= 40),
  reference text not null check (length(reference) <= 200),
  end_to_end_id text not null check (length(end_to_end_id) <= 140),
  original_minor bigint,
  original_currency text,
  charge_minor bigint not null check (charge_minor >= 0),
  status text not null check (status in ('open', 'matched', 'set_aside')),
  set_aside_reason text not null default '' check (length(set_aside_reason) <= 500),
  version integer not null default 1 check (version >= 1),
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint bank_line_position_once unique (tenant_id, bank_statement_id, position),
  constraint bank_line_entry_once unique (tenant_id, bank_account_id, entry_key),
  constraint bank_line_original check (num_nulls(original_minor, original_currency) in (0, 2)),
  constraint bank_line_aside check ((status = 'set_aside') = (set_aside_reason <> ''))
);
call distribute('bank_line');
create index bank_line_open on bank_line (tenant_id, booked_on) where status = 'open';
alter table bank_line add constraint bank_line_statement foreign key (tenant_id, bank_statement_id) references bank_statement (tenant_id, id) on delete restrict;
alter table bank_line add constraint bank_line_account foreign key (tenant_id, bank_account_id) references bank_account (tenant_id, id) on delete restrict;

-- What a person said a line is. `is_new`: the movement was entered by the match, or had been entered before and is only tied to
-- the line. A match that was wrong is undone, never edited.
create table bank_match (
  tenant_id uuid not null,
  id uuid not null,
  line_id uuid not null,
  kind text not null check (kind in ('payment', 'deposit', 'refund', 'reversed_payment', 'bank_charge')),
  is_new boolean not null,
  payment_id uuid,
  retainer_deposit_id uuid,
  refund_id uuid,
  journal_id uuid not null,
  score integer not null check (score between 0 and 100),
  reasons text not null check (length(reasons) <= 2000),
  confirmed_by uuid not null,
  confirmed_at timestamptz not null,
  undone_on date,
  undone_by uuid,
  undo_reason text not null default '' check (length(undo_reason) <= 500),
  primary key (tenant_id, id),
  constraint bank_match_target check (
    (kind in ('payment', 'reversed_payment')) = (payment_id is not null) and (kind = 'deposit') = (retainer_deposit_id is not null)
    and (kind = 'refund') = (refund_id is not null)),
  constraint bank_match_undone check (num_nulls(undone_on, undone_by) in (0, 2) and (undone_on is null) = (undo_reason = ''))
);
call distribute('bank_match');
create unique index bank_match_line_once on bank_match (tenant_id, line_id) where undone_on is null;
create unique index bank_match_journal_once on bank_match (tenant_id, journal_id) where undone_on is null;
create index bank_match_line_id on bank_match (tenant_id, line_id);
create index bank_match_payment_id on bank_match (tenant_id, payment_id);
create index bank_match_retainer_deposit_id on bank_match (tenant_id, retainer_deposit_id);
create index bank_match_refund_id on bank_match (tenant_id, refund_id);
create index bank_match_journal_id on bank_match (tenant_id, journal_id);
create index bank_match_confirmed_by on bank_match (tenant_id, confirmed_by);
create index bank_match_undone_by on bank_match (tenant_id, undone_by);
alter table bank_match add constraint bank_match_line foreign key (tenant_id, line_id) references bank_line (tenant_id, id) on delete restrict;
alter table bank_match add constraint bank_match_payment foreign key (tenant_id, payment_id) references payment (tenant_id, id) on delete restrict;
alter table bank_match add constraint bank_match_deposit foreign key (tenant_id, retainer_deposit_id) references retainer_deposit (tenant_id, id) on delete restrict;
alter table bank_match add constraint bank_match_refund foreign key (tenant_id, refund_id) references refund (tenant_id, id) on delete restrict;
alter table bank_match add constraint bank_match_journal foreign key (tenant_id, journal_id) references ledger_journal (tenant_id, id) on delete restrict;
alter table bank_match add constraint bank_match_confirmer foreign key (tenant_id, confirmed_by) references member (tenant_id, id) on delete restrict;
alter table bank_match add constraint bank_match_undoer foreign key (tenant_id, undone_by) references member (tenant_id, id) on delete restrict;

-- A suggestion that a person turned down for this line; it is not made again.
create table bank_match_rejection (
  tenant_id uuid not null,
  id uuid not null,
  line_id uuid not null,
  suggestion_key text not null check (length(suggestion_key) between 1 and 300),
  rejected_by uuid not null,
  rejected_at timestamptz not null,
  primary key (tenant_id, id),
  constraint bank_match_rejection_once unique (tenant_id, line_id, suggestion_key)
);
call distribute('bank_match_rejection');
create index bank_match_rejection_rejected_by on bank_match_rejection (tenant_id, rejected_by);
alter table bank_match_rejection add constraint bank_match_rejection_line foreign key (tenant_id, line_id) references bank_line (tenant_id, id) on delete restrict;
alter table bank_match_rejection add constraint bank_match_rejection_member foreign key (tenant_id, rejected_by) references member (tenant_id, id) on delete restrict;

-- The entry that a line is matched with moved exactly the line's amount on the bank's account in the books, and a line that is
-- matched, or free again, says so.
create function settle_line_by_match() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  entry record;
  moved bigint;
begin
  if tg_op = 'UPDATE' then
    update public.bank_line set status = 'open', version = version + 1 where tenant_id = new.tenant_id and id = new.line_id;
    return null;
  end if;
  update public.bank_line set status = 'matched', version = version + 1
   where tenant_id = new.tenant_id and id = new.line_id and status = 'open' returning amount_minor, currency into entry;
  if not found then
    raise exception 'this line is not open' using errcode = 'integrity_constraint_violation';
  end if;
  select coalesce(sum(p.amount_minor), 0) into moved from public.ledger_posting p
    join public.ledger_account a on a.tenant_id = p.tenant_id and a.id = p.account_id
   where p.tenant_id = new.tenant_id and p.journal_id = new.journal_id and a.code = 'bank' and a.currency = entry.currency;
  if moved <> entry.amount_minor then
    raise exception 'the entry moved % at the bank, the line says %', moved, entry.amount_minor using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create trigger settles after insert or update on bank_match for each row execute function settle_line_by_match();

create function keep_match() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  undo text[] := array['undone_on', 'undone_by', 'undo_reason'];
begin
  if tg_op = 'UPDATE' then
    if old.undone_on is null and new.undone_on is not null and to_jsonb(new) - undo = to_jsonb(old) - undo then
      return new;
    end if;
  end if;
  raise exception 'a match stands, or is undone once: % refused', lower(tg_op) using errcode = 'integrity_constraint_violation';
end $$;
create trigger match_stands before update or delete on bank_match for each row execute function keep_match();

create trigger fixed before update or delete on bank_account for each row
  execute function keep_all_but('name', 'mapping', 'is_active', 'version', 'updated_at');
create trigger fixed before update or delete on bank_line for each row execute function keep_all_but('status', 'set_aside_reason', 'version');
create trigger append_only_truncate before truncate on bank_account execute function refuse_change();
create trigger append_only_truncate before truncate on bank_line execute function refuse_change();
create trigger append_only_truncate before truncate on bank_match execute function refuse_change();
call make_append_only('bank_statement');
call make_append_only('bank_match_rejection');

call guard_table('bank_account', 'select, insert, update');
call guard_table('bank_statement', 'select, insert');
call guard_table('bank_line', 'select, insert, update');
call guard_table('bank_match', 'select, insert, update');
call guard_table('bank_match_rejection', 'select, insert');
