-- Payments by themselves: received with or without naming an invoice, put on several invoices and taken off them again, with the
-- charge that a bank kept, in another currency than the invoice, sent back by the bank.
--
-- What came in (`amount_minor`, and what the bank kept of it) is either on invoices (`applied_minor`) or the client's
-- (`unapplied_minor`). Of the second, `unapplied_taken_minor` is promised to refunds or went back; of the first, `credited_minor`.
-- Neither can be moved any more. The four columns follow from the rows of payment_allocation and refund, by triggers.

drop trigger fixed on payment;
alter table payment alter column invoice_id drop not null;
alter table payment add column engagement_id uuid;
alter table payment add column currency text;
alter table payment add column charge_minor bigint not null default 0;
alter table payment add column unapplied_taken_minor bigint not null default 0;
alter table payment add column credited_minor bigint not null default 0;
alter table payment add column reversed_on date;
alter table payment add column reversal_reason text not null default '';
alter table payment add column reversal_journal_id uuid;
alter table payment add column version integer not null default 1;

update payment p set currency = i.currency, engagement_id = i.engagement_id
  from invoice i where i.tenant_id = p.tenant_id and i.id = p.invoice_id;
update payment p set unapplied_taken_minor = f.unapplied, credited_minor = f.credited
  from (select tenant_id, payment_id, sum(unapplied_minor) as unapplied, sum(amount_minor - unapplied_minor) as credited from refund
         where payment_id is not null and status not in ('rejected', 'failed') group by tenant_id, payment_id) f
 where f.tenant_id = p.tenant_id and f.payment_id = p.id;

alter table payment alter column currency set not null;
alter table payment drop constraint payment_split;
alter table payment drop constraint payment_unapplied_minor_check;
alter table payment drop constraint payment_applied_minor_check;
alter table payment add constraint payment_currency check (currency ~ '^[A-Z]{3}$');
alter table payment add constraint payment_charge check (charge_minor >= 0);
-- Never beyond the payment, and nothing that is promised or gone.
alter table payment add constraint payment_split check (
  applied_minor + unapplied_minor = case when reversed_on is null then amount_minor + charge_minor else 0 end);
alter table payment add constraint payment_unapplied_free check (unapplied_taken_minor >= 0 and unapplied_taken_minor <= unapplied_minor);
alter table payment add constraint payment_applied_free check (credited_minor >= 0 and credited_minor <= applied_minor);
alter table payment add constraint payment_reversal check (
  num_nulls(reversed_on, reversal_journal_id) in (0, 2) and (reversed_on is null) = (reversal_reason = '') and length(reversal_reason) <= 500
  and (reversed_on is null or (reversed_on >= received_on and refund_pending_minor = 0 and refunded_minor = 0)));
create index payment_engagement_id on payment (tenant_id, engagement_id);
create unique index payment_reversal_journal_once on payment (tenant_id, reversal_journal_id) where reversal_journal_id is not null;
create index payment_with_money_left on payment (tenant_id, client_id) where unapplied_minor > 0;
alter table payment add constraint payment_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table payment add constraint payment_reversal_journal foreign key (tenant_id, reversal_journal_id) references ledger_journal (tenant_id, id) on delete restrict;

-- Money of a payment onto an invoice, or, negative, off it again. `amount_minor` is in the invoice's currency, `payment_minor` in
-- the payment's.
create table payment_allocation (
  tenant_id uuid not null,
  id uuid not null,
  payment_id uuid not null,
  invoice_id uuid not null,
  amount_minor bigint not null check (amount_minor <> 0),
  payment_minor bigint not null,
  effective_on date not null,
  note text not null check (length(note) <= 500),
  journal_id uuid not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint payment_allocation_signs check (sign(amount_minor) = sign(payment_minor))
);
call distribute('payment_allocation');
create index payment_allocation_payment_id on payment_allocation (tenant_id, payment_id);
create index payment_allocation_invoice_id on payment_allocation (tenant_id, invoice_id) include (amount_minor);
create index payment_allocation_journal_id on payment_allocation (tenant_id, journal_id);
alter table payment_allocation add constraint payment_allocation_payment foreign key (tenant_id, payment_id) references payment (tenant_id, id) on delete restrict;
alter table payment_allocation add constraint payment_allocation_invoice foreign key (tenant_id, invoice_id) references invoice (tenant_id, id) on delete restrict;
alter table payment_allocation add constraint payment_allocation_journal foreign key (tenant_id, journal_id) references ledger_journal (tenant_id, id) on delete restrict;

insert into payment_allocation (tenant_id, id, payment_id, invoice_id, amount_minor, payment_minor, effective_on, note, journal_id, recorded_at)
select tenant_id, gen_random_uuid(), id, invoice_id, applied_minor, applied_minor, received_on, '', journal_id, recorded_at
  from payment where applied_minor > 0;

-- How a payment in another currency settled an invoice. One of the two currencies is the practice's own (home). The rate is the
-- ratio of two sums of money, as it was told; `value_minor` is what the foreign side is worth at it, rounded once, half to even:
-- foreign_minor * rate_home_minor = value_minor * rate_foreign_minor + rounding_numerator, exactly. `difference_minor` is the
-- gain, or, negative, the loss, in the home currency.
create table payment_exchange (
  tenant_id uuid not null,
  id uuid not null,
  payment_id uuid not null,
  invoice_id uuid not null,
  settled_minor bigint not null check (settled_minor > 0),
  settled_currency text not null,
  home_currency text not null check (home_currency ~ '^[A-Z]{3}$'),
  foreign_currency text not null check (foreign_currency ~ '^[A-Z]{3}$'),
  foreign_minor bigint not null check (foreign_minor > 0),
  rate_home_minor bigint not null check (rate_home_minor > 0),
  rate_foreign_minor bigint not null check (rate_foreign_minor > 0),
  rate_on date not null,
  rate_source text not null check (length(rate_source) between 1 and 200),
  value_minor bigint not null check (value_minor > 0),
  rounding_numerator bigint not null,
  difference_minor bigint not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint payment_exchange_once unique (tenant_id, payment_id),
  constraint payment_exchange_two check (home_currency <> foreign_currency and settled_currency in (home_currency, foreign_currency)),
  constraint payment_exchange_exact check (
    foreign_minor::numeric * rate_home_minor = value_minor::numeric * rate_foreign_minor + rounding_numerator
    and 2 * abs(rounding_numerator::numeric) <= rate_foreign_minor)
);
call distribute('payment_exchange');
create index payment_exchange_invoice_id on payment_exchange (tenant_id, invoice_id);
alter table payment_exchange add constraint payment_exchange_payment foreign key (tenant_id, payment_id) references payment (tenant_id, id) on delete restrict;
alter table payment_exchange add constraint payment_exchange_invoice foreign key (tenant_id, invoice_id) references invoice (tenant_id, id) on delete restrict;

-- An allocation moves payment and invoice; their CHECKs are the limit. It stays with one client, and takes off no more than is on.
create function move_by_allocation() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  payer record;
  bill record;
begin
  update public.payment set applied_minor = applied_minor + new.payment_minor, unapplied_minor = unapplied_minor - new.payment_minor,
      version = version + 1
   where tenant_id = new.tenant_id and id = new.payment_id returning client_id, currency, received_on, invoice_id, credited_minor into payer;
  update public.invoice set paid_minor = paid_minor + new.amount_minor, version = version + 1, updated_at = new.recorded_at
   where tenant_id = new.tenant_id and id = new.invoice_id returning client_id, currency, status into bill;
  if payer.client_id is distinct from bill.client_id or bill.status is distinct from 'issued' or new.effective_on < payer.received_on
     or (payer.currency = bill.currency and new.amount_minor <> new.payment_minor)
     or (select sum(a.amount_minor) < 0
              or sum(a.payment_minor) < case when payer.invoice_id = new.invoice_id then payer.credited_minor else 0 end from public.payment_allocation a
          where a.tenant_id = new.tenant_id and a.payment_id = new.payment_id and a.invoice_id = new.invoice_id) then
    raise exception 'an allocation stays with one client, comes after the payment, and takes off no more than is free on the invoice'
      using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create trigger moves after insert on payment_allocation for each row execute function move_by_allocation();

-- What refunds promise or took of a payment: asked for, approved or settled, until they are turned down or fail.
create function take_by_refund() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  unapplied bigint := case when new.status not in ('rejected', 'failed') then new.unapplied_minor else 0 end;
  credited bigint := case when new.status not in ('rejected', 'failed') then new.amount_minor - new.unapplied_minor else 0 end;
begin
  if tg_op = 'UPDATE' then
    if old.status not in ('rejected', 'failed') then
      unapplied := unapplied - old.unapplied_minor;
      credited := credited - (old.amount_minor - old.unapplied_minor);
    end if;
  end if;
  if unapplied <> 0 or credited <> 0 then
    update public.payment set unapplied_taken_minor = unapplied_taken_minor + unapplied, credited_minor = credited_minor + credited,
        version = version + 1
     where tenant_id = new.tenant_id and id = new.payment_id;
  end if;
  return null;
end $$;
create trigger takes after insert or update on refund for each row when (new.payment_id is not null) execute function take_by_refund();

-- The net: at commit a payment's and an invoice's columns are the sum of the allocations. Definer rights, because a transaction
-- that changed its tenant before COMMIT would otherwise hide the rows from it.
create function check_allocated() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
  said bigint;
  summed bigint;
begin
  if tg_table_name = 'payment' then
    select p.applied_minor into said from payment p where p.tenant_id = new.tenant_id and p.id = new.id;
    select coalesce(sum(a.payment_minor), 0) into summed from payment_allocation a where a.tenant_id = new.tenant_id and a.payment_id = new.id;
  else
    select i.paid_minor into said from invoice i where i.tenant_id = new.tenant_id and i.id = new.id;
    select coalesce(sum(a.amount_minor), 0) into summed from payment_allocation a where a.tenant_id = new.tenant_id and a.invoice_id = new.id;
  end if;
  if said <> summed then
    raise exception 'a % says % of what allocations sum to %', tg_table_name, said, summed using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
revoke all on function check_allocated() from public;
create constraint trigger allocated after insert or update of applied_minor on payment deferrable initially deferred
  for each row execute function check_allocated();
create constraint trigger allocated after insert or update of paid_minor on invoice deferrable initially deferred
  for each row execute function check_allocated();

create trigger fixed before update or delete on payment for each row
  execute function keep_all_but('applied_minor', 'unapplied_minor', 'unapplied_taken_minor', 'credited_minor', 'refund_pending_minor',
    'refunded_minor', 'reversed_on', 'reversal_reason', 'reversal_journal_id', 'version');
-- What the bank took back stays taken back.
create trigger stays_reversed before update on payment for each row when (old.reversed_on is not null) execute function refuse_change();

call make_append_only('payment_allocation');
call make_append_only('payment_exchange');
call guard_table('payment_allocation', 'select, insert');
call guard_table('payment_exchange', 'select, insert');
