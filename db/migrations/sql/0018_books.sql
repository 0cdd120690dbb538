-- Reconciliations of client money with the bank, and the balances a practice begins its books with.

-- Three figures of one day in one currency: the bank's statement, put right for what is on its way; the control account of the
-- retainers; the sum of the clients' ledgers. Every state of it is a row of its own and stays; a done one has no difference that
-- nobody explained.
--   adjusted = statement + bank items
--   adjusted - books items - control = unexplained_bank
--   control - client items - clients = unexplained_clients
create table reconciliation (
  tenant_id uuid not null,
  id uuid not null,
  as_of date not null check (as_of between '2000-01-01' and '9999-12-31'),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  statement_reference text not null check (length(statement_reference) between 1 and 140),
  statement_minor bigint not null check (statement_minor between -1000000000000000 and 1000000000000000),
  bank_items_minor bigint not null,
  books_items_minor bigint not null,
  client_items_minor bigint not null,
  adjusted_minor bigint not null,
  bank_account_minor bigint not null,
  control_minor bigint not null,
  clients_minor bigint not null,
  unexplained_bank_minor bigint not null,
  unexplained_clients_minor bigint not null,
  is_done boolean not null,
  note text not null check (length(note) <= 1000),
  ledger_seq bigint not null check (ledger_seq >= 0),
  member_id uuid not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint reconciliation_adjusted check (adjusted_minor = statement_minor + bank_items_minor),
  constraint reconciliation_bank check (unexplained_bank_minor = adjusted_minor - books_items_minor - control_minor),
  constraint reconciliation_clients check (unexplained_clients_minor = control_minor - client_items_minor - clients_minor),
  constraint reconciliation_done_explained check (not is_done or (unexplained_bank_minor = 0 and unexplained_clients_minor = 0))
);
call distribute('reconciliation');
create index reconciliation_member_id on reconciliation (tenant_id, member_id);
create index reconciliation_as_of on reconciliation (tenant_id, currency, as_of);
alter table reconciliation add constraint reconciliation_member foreign key (tenant_id, member_id) references member (tenant_id, id) on delete restrict;

create table reconciliation_item (
  tenant_id uuid not null,
  id uuid not null,
  reconciliation_id uuid not null,
  position integer not null check (position >= 1),
  side text not null check (side in ('bank', 'books', 'clients')),
  kind text not null,
  amount_minor bigint not null check (amount_minor <> 0 and amount_minor between -1000000000000000 and 1000000000000000),
  happened_on date not null,
  explanation text not null check (length(explanation) between 1 and 500),
  primary key (tenant_id, id),
  constraint reconciliation_item_position_once unique (tenant_id, reconciliation_id, position),
  constraint reconciliation_item_kind check (
    case side
      when 'bank' then kind in ('receipt_in_transit', 'payment_in_transit', 'bank_error')
      when 'books' then kind in ('own_money', 'other_client_money', 'receipt_not_booked', 'payment_not_booked', 'charge_not_booked')
      else kind in ('client_difference') end),
  constraint reconciliation_item_sign check (
    case when kind in ('receipt_in_transit', 'receipt_not_booked', 'other_client_money') then amount_minor > 0
         when kind in ('payment_in_transit', 'payment_not_booked', 'charge_not_booked') then amount_minor < 0 else true end)
);
call distribute('reconciliation_item');
alter table reconciliation_item add constraint reconciliation_item_of foreign key (tenant_id, reconciliation_id) references reconciliation (tenant_id, id) on delete restrict;

-- The items make up the sums, whoever writes them.
create function check_reconciliation_items() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  whole uuid := case when tg_table_name = 'reconciliation' then to_jsonb(new) ->> 'id' else to_jsonb(new) ->> 'reconciliation_id' end;
begin
  perform 1 from public.reconciliation r
    where r.tenant_id = new.tenant_id and r.id = whole
      and (r.bank_items_minor, r.books_items_minor, r.client_items_minor) = (
        select coalesce(sum(i.amount_minor) filter (where i.side = 'bank'), 0), coalesce(sum(i.amount_minor) filter (where i.side = 'books'), 0),
               coalesce(sum(i.amount_minor) filter (where i.side = 'clients'), 0)
          from public.reconciliation_item i where i.tenant_id = new.tenant_id and i.reconciliation_id = whole);
  if not found then
    raise exception 'the items of a reconciliation do not add up to it' using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create constraint trigger adds_up after insert on reconciliation deferrable initially deferred
  for each row execute function check_reconciliation_items();
create constraint trigger adds_up after insert on reconciliation_item deferrable initially deferred
  for each row execute function check_reconciliation_items();

call make_append_only('reconciliation');
call make_append_only('reconciliation_item');
call guard_table('reconciliation', 'select, insert');
call guard_table('reconciliation_item', 'select, insert');

-- What stood in the books before: once in the life of a practice, against the equity of opening balances.
create table opening_import (
  tenant_id uuid not null,
  id uuid not null,
  as_of date not null,
  file_name text not null check (length(file_name) <= 200),
  file_hash bytea not null check (length(file_hash) = 32),
  line_count integer not null check (line_count >= 1),
  member_id uuid not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint opening_import_once unique (tenant_id)
);
call distribute('opening_import');
create index opening_import_member_id on opening_import (tenant_id, member_id);
alter table opening_import add constraint opening_import_member foreign key (tenant_id, member_id) references member (tenant_id, id) on delete restrict;

-- Every line of it: what it was, what it came to, and where it went.
create table opening_line (
  tenant_id uuid not null,
  id uuid not null,
  opening_import_id uuid not null,
  position integer not null check (position >= 1),
  kind text not null check (kind in ('invoice', 'retainer', 'bank', 'tax')),
  client_id uuid,
  retainer_id uuid,
  reference text not null check (length(reference) <= 100),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint not null check (amount_minor <> 0),
  issued_on date,
  due_on date,
  paid_minor bigint not null default 0,
  journal_id uuid not null,
  version integer not null default 1 check (version >= 1),
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint opening_line_position_once unique (tenant_id, opening_import_id, position),
  constraint opening_line_journal_once unique (tenant_id, journal_id),
  constraint opening_line_retainer_once unique (tenant_id, retainer_id),
  constraint opening_line_whose check ((kind in ('invoice', 'retainer')) = (client_id is not null) and (kind = 'retainer') = (retainer_id is not null)),
  constraint opening_line_dates check ((kind = 'invoice') = (issued_on is not null) and (kind = 'invoice') = (due_on is not null) and due_on >= issued_on),
  constraint opening_line_sign check (kind in ('bank', 'tax') or amount_minor > 0),
  constraint opening_line_cap check (paid_minor >= 0 and (paid_minor = 0 or (kind = 'invoice' and paid_minor <= amount_minor)))
);
call distribute('opening_line');
create index opening_line_client_id on opening_line (tenant_id, client_id);
create unique index opening_line_invoice_once on opening_line (tenant_id, client_id, reference) where kind = 'invoice';
alter table opening_line add constraint opening_line_import foreign key (tenant_id, opening_import_id) references opening_import (tenant_id, id) on delete restrict;
alter table opening_line add constraint opening_line_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;
alter table opening_line add constraint opening_line_retainer foreign key (tenant_id, retainer_id) references retainer (tenant_id, id) on delete restrict;
alter table opening_line add constraint opening_line_journal foreign key (tenant_id, journal_id) references ledger_journal (tenant_id, id) on delete restrict;
create trigger fixed before update or delete on opening_line for each row execute function keep_all_but('paid_minor', 'version');
create trigger append_only_truncate before truncate on opening_line execute function refuse_change();

-- What came in for an invoice of before.
create table opening_payment (
  tenant_id uuid not null,
  id uuid not null,
  opening_line_id uuid not null,
  amount_minor bigint not null check (amount_minor > 0),
  received_on date not null,
  bank_reference text not null check (length(bank_reference) between 1 and 140),
  journal_id uuid not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint opening_payment_journal_once unique (tenant_id, journal_id)
);
call distribute('opening_payment');
create index opening_payment_line_id on opening_payment (tenant_id, opening_line_id);
alter table opening_payment add constraint opening_payment_line foreign key (tenant_id, opening_line_id) references opening_line (tenant_id, id) on delete restrict;
alter table opening_payment add constraint opening_payment_journal foreign key (tenant_id, journal_id) references ledger_journal (tenant_id, id) on delete restrict;

create function move_by_opening_payment() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  update public.opening_line set paid_minor = paid_minor + new.amount_minor, version = version + 1
   where tenant_id = new.tenant_id and id = new.opening_line_id;
  return null;
end $$;
create trigger moves after insert on opening_payment for each row execute function move_by_opening_payment();

call make_append_only('opening_import');
call make_append_only('opening_payment');
call guard_table('opening_import', 'select, insert');
call guard_table('opening_line', 'select, insert, update');
call guard_table('opening_payment', 'select, insert');
