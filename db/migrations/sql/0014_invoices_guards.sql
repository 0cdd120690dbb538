-- What the database holds of invoices by itself: what stands, what is billed once, what moves with what.

-- An issued invoice stands. When it is issued its lines and allowances must add up to it, its number must be the next of its
-- series, and its vouchers must still be good.
create or replace function keep_issued_invoice() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  moving text[] := array['paid_minor', 'drawn_minor', 'retention_released_minor', 'credited_minor', 'credited_retention_minor',
    'credited_total_minor', 'credit_applied_minor', 'written_off_minor', 'version', 'updated_at'];
  net bigint;
  tax bigint;
  off bigint;
  spread bigint;
  taken bigint;
begin
  if tg_op = 'DELETE' or old.status = 'discarded'
     or (old.status = 'issued' and (to_jsonb(new) - moving) <> (to_jsonb(old) - moving)) then
    raise exception 'an invoice that is % stands: % refused', old.status, lower(tg_op)
      using errcode = 'integrity_constraint_violation';
  end if;
  if old.status = 'draft' and new.status = 'issued' then
    select coalesce(sum(l.net_minor), 0), coalesce(sum(l.tax_minor), 0), coalesce(sum(l.discount_minor + l.allowance_minor), 0),
           coalesce(sum(l.allowance_minor), 0)
      into net, tax, off, spread
      from public.invoice_line l where l.tenant_id = new.tenant_id and l.invoice_id = new.id and l.is_live;
    select coalesce(sum(a.amount_minor), 0) into taken
      from public.invoice_allowance a where a.tenant_id = new.tenant_id and a.invoice_id = new.id and a.is_live;
    if net <> new.net_minor or tax <> new.tax_minor or off <> new.discount_minor or spread <> taken then
      raise exception 'the lines of the invoice do not add up to it' using errcode = 'integrity_constraint_violation';
    end if;
    if new.number_ordinal <> 1 + coalesce((select max(i.number_ordinal) from public.invoice i
         where i.tenant_id = new.tenant_id and i.number_prefix = new.number_prefix and i.number_year = new.number_year), 0) then
      raise exception 'the numbers of a series have no gaps' using errcode = 'integrity_constraint_violation';
    end if;
    if exists (select from public.invoice_allowance a
         join public.discount_voucher v on v.tenant_id = a.tenant_id and v.id = a.voucher_id
         where a.tenant_id = new.tenant_id and v.tenant_id = new.tenant_id and a.invoice_id = new.id and a.is_live
           and v.expires_on < new.issue_date) then
      raise exception 'a voucher has expired' using errcode = 'integrity_constraint_violation';
    end if;
  end if;
  return new;
end $$;

-- Lines come with the draft; a discarded draft lets go of them; of an issued one only what was credited moves, and only forward.
create or replace function keep_invoice_line() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  state text;
  credited text[] := array['credited_net_minor', 'credited_tax_minor'];
begin
  select status into state from public.invoice where tenant_id = new.tenant_id and id = new.invoice_id for share;
  if (tg_op = 'INSERT' and state = 'draft' and new.is_live and new.credited_net_minor = 0 and new.credited_tax_minor = 0)
     or (tg_op = 'UPDATE' and state = 'discarded' and old.is_live and not new.is_live
         and to_jsonb(new) - 'is_live' = to_jsonb(old) - 'is_live')
     or (tg_op = 'UPDATE' and state = 'issued' and to_jsonb(new) - credited = to_jsonb(old) - credited
         and abs(new.credited_net_minor) >= abs(old.credited_net_minor) and abs(new.credited_tax_minor) >= abs(old.credited_tax_minor)) then
    return new;
  end if;
  raise exception 'a line of an invoice that is % stands: % refused', coalesce(state, 'not there'), lower(tg_op)
    using errcode = 'integrity_constraint_violation';
end $$;

-- What may not be billed although its own index would let it: an item that a plan bills, an hour that was corrected or has another
-- price, a change order that nobody signed, a thing of another engagement.
create function check_line_source() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  whose uuid;
begin
  -- What is billed of an engagement, and what is planned and corrected of it, goes one after the other.
  perform 1 from public.engagement e where e.tenant_id = new.tenant_id and e.id = new.engagement_id for no key update;
  if new.source = 'item' and exists (
       select from public.billing_stage s join public.scope_item i on i.tenant_id = s.tenant_id and i.scope_version_id = s.scope_version_id
       where s.tenant_id = new.tenant_id and i.tenant_id = new.tenant_id and s.engagement_id = new.engagement_id and s.is_live
         and i.item_key = new.item_key) then
    raise exception 'a plan bills this item' using errcode = 'integrity_constraint_violation';
  end if;
  if new.source = 'time' then
    select t.engagement_id into whose from public.time_entry t where t.tenant_id = new.tenant_id and t.id = new.time_entry_id;
    if exists (select from public.time_entry t where t.tenant_id = new.tenant_id and t.replaces_id = new.time_entry_id) then
      raise exception 'these hours were corrected' using errcode = 'integrity_constraint_violation';
    end if;
  elsif new.source = 'milestone' then
    select s.engagement_id into whose from public.billing_stage s
     where s.tenant_id = new.tenant_id and s.id = new.billing_stage_id and s.is_live;
  elsif new.source = 'package' then
    select p.engagement_id into whose from public.package_sale p where p.tenant_id = new.tenant_id and p.id = new.package_sale_id;
  elsif new.source = 'change_order' then
    select c.engagement_id into whose from public.change_order c
     where c.tenant_id = new.tenant_id and c.id = new.change_order_id and c.status in ('approved', 'superseded');
  elsif new.source = 'retainer_period' then
    select r.engagement_id into whose from public.retainer r where r.tenant_id = new.tenant_id and r.id = new.retainer_id;
    -- Money that is held in advance is earned from the retainer; only a retainer without any is billed by period.
    if exists (select from public.retainer r where r.tenant_id = new.tenant_id and r.id = new.retainer_id
                 and r.deposited_minor + r.transferred_in_minor > 0)
       or not exists (select from public.retainer_period_terms t where t.tenant_id = new.tenant_id and t.retainer_id = new.retainer_id
                        and new.retainer_period between 1 and t.periods) then
      raise exception 'this period is not billed' using errcode = 'integrity_constraint_violation';
    end if;
  else
    return new;
  end if;
  if whose is distinct from new.engagement_id then
    raise exception 'the source of the line is not there to be billed' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger source_stands before insert on invoice_line for each row execute function check_line_source();

-- Stages never sum to more than the fee; a stage that is on an invoice stays.
create function keep_billing_stage() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  fee bigint;
  planned bigint;
begin
  if tg_op <> 'DELETE' then
    perform 1 from public.engagement e where e.tenant_id = new.tenant_id and e.id = new.engagement_id for no key update;
  end if;
  if tg_op = 'INSERT' then
    select v.fee_minor into fee from public.scope_version v
     where v.tenant_id = new.tenant_id and v.id = new.scope_version_id;
    select coalesce(sum(s.net_minor), 0) into planned from public.billing_stage s
     where s.tenant_id = new.tenant_id and s.engagement_id = new.engagement_id and s.is_live;
    if new.is_live and planned + new.net_minor <= fee then
      return new;
    end if;
    raise exception 'the stages of a plan exceed the fee' using errcode = 'integrity_constraint_violation';
  end if;
  if tg_op = 'UPDATE' and old.is_live and not new.is_live and to_jsonb(new) - 'is_live' = to_jsonb(old) - 'is_live'
     and not exists (select from public.invoice_line l where l.tenant_id = new.tenant_id and l.billing_stage_id = new.id and l.is_live) then
    return new;
  end if;
  raise exception 'a billing stage stands: % refused', lower(tg_op) using errcode = 'integrity_constraint_violation';
end $$;
create trigger stage_stands before insert or update or delete on billing_stage for each row execute function keep_billing_stage();

create function check_time_entry() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  if new.replaces_id is not null then
    perform 1 from public.engagement e where e.tenant_id = new.tenant_id and e.id = new.engagement_id for no key update;
    perform 1 from public.time_entry t where t.tenant_id = new.tenant_id and t.id = new.replaces_id
       and t.engagement_id = new.engagement_id;
    if not found or exists (select from public.invoice_line l
         where l.tenant_id = new.tenant_id and l.time_entry_id = new.replaces_id and l.is_live) then
      raise exception 'hours that are on an invoice stand' using errcode = 'integrity_constraint_violation';
    end if;
  end if;
  return new;
end $$;
create trigger billed_stands before insert on time_entry for each row execute function check_time_entry();

-- An allowance moves its voucher; a discarded draft gives it back.
create function keep_invoice_allowance() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  bill public.invoice;
begin
  select * into bill from public.invoice i where i.tenant_id = new.tenant_id and i.id = new.invoice_id for share;
  if not ((tg_op = 'INSERT' and bill.status = 'draft' and new.is_live)
          or (tg_op = 'UPDATE' and bill.status = 'discarded' and old.is_live and not new.is_live
              and to_jsonb(new) - 'is_live' = to_jsonb(old) - 'is_live')) then
    raise exception 'an allowance of an invoice that is % stands: % refused', coalesce(bill.status, 'not there'), lower(tg_op)
      using errcode = 'integrity_constraint_violation';
  end if;
  if new.voucher_id is not null then
    update public.discount_voucher set
        used_minor = used_minor + case when new.is_live then new.amount_minor else -new.amount_minor end,
        version = version + 1
     where tenant_id = new.tenant_id and id = new.voucher_id and client_id = bill.client_id and currency = bill.currency;
    if not found then
      raise exception 'a voucher is its client''s, in its currency' using errcode = 'integrity_constraint_violation';
    end if;
  end if;
  return new;
end $$;
create trigger allowance_stands before insert or update on invoice_allowance for each row execute function keep_invoice_allowance();
create trigger no_delete before delete on invoice_allowance for each row execute function refuse_change();
create trigger fixed before update or delete on discount_voucher for each row
  execute function keep_all_but('used_minor', 'version', 'updated_at');

-- A credit note moves its invoice, and its lines move the invoice's; the caps are CHECKs there.
create function move_by_credit_note() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  refunded bigint;
begin
  if new.applied_minor <> 0 or new.refund_pending_minor <> 0 or new.refunded_minor <> 0 then
    raise exception 'a credit note begins unused' using errcode = 'integrity_constraint_violation';
  end if;
  if new.number_ordinal <> 1 + coalesce((select max(c.number_ordinal) from public.credit_note c
       where c.tenant_id = new.tenant_id and c.number_prefix = new.number_prefix and c.number_year = new.number_year and c.id <> new.id), 0) then
    raise exception 'the numbers of a series have no gaps' using errcode = 'integrity_constraint_violation';
  end if;
  update public.invoice set credited_minor = credited_minor + new.open_part_minor,
      credited_retention_minor = credited_retention_minor + new.retention_part_minor,
      credited_total_minor = credited_total_minor + new.total_minor, version = version + 1, updated_at = new.created_at
   where tenant_id = new.tenant_id and id = new.invoice_id and status = 'issued' and client_id = new.client_id
     and engagement_id = new.engagement_id and currency = new.currency and issue_date <= new.issue_date;
  if not found then
    raise exception 'a credit note is to an issued invoice' using errcode = 'integrity_constraint_violation';
  end if;
  -- What a refund out of a payment took back of the invoice is not credited again.
  select coalesce(sum(r.amount_minor - r.unapplied_minor), 0) into refunded
    from public.refund r join public.payment p on p.tenant_id = r.tenant_id and p.id = r.payment_id
   where r.tenant_id = new.tenant_id and p.tenant_id = new.tenant_id and p.invoice_id = new.invoice_id
     and r.status in ('requested', 'approved', 'settled');
  if exists (select from public.invoice i where i.tenant_id = new.tenant_id and i.id = new.invoice_id
       and i.credited_total_minor + i.written_off_minor + refunded > i.total_minor) then
    raise exception 'more than the invoice is credited and refunded' using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create trigger moves after insert on credit_note for each row execute function move_by_credit_note();
create trigger fixed before update or delete on credit_note for each row
  execute function keep_all_but('applied_minor', 'refund_pending_minor', 'refunded_minor');

create function move_by_credit_note_line() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  update public.invoice_line l set credited_net_minor = l.credited_net_minor + new.net_minor, credited_tax_minor = l.credited_tax_minor + new.tax_minor
    from public.credit_note c
   where l.tenant_id = new.tenant_id and c.tenant_id = new.tenant_id and l.id = new.invoice_line_id and c.id = new.credit_note_id
     and c.invoice_id = l.invoice_id and l.is_live;
  if not found then
    raise exception 'a credit note credits lines of its invoice' using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create trigger moves after insert on credit_note_line for each row execute function move_by_credit_note_line();

create function check_credit_note_lines() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  note uuid := case when tg_table_name = 'credit_note' then to_jsonb(new) ->> 'id' else to_jsonb(new) ->> 'credit_note_id' end;
begin
  perform 1 from public.credit_note c where c.tenant_id = new.tenant_id and c.id = note
     and (c.net_minor, c.tax_minor) = (
       select coalesce(sum(l.net_minor), 0), coalesce(sum(l.tax_minor), 0) from public.credit_note_line l
       where l.tenant_id = new.tenant_id and l.credit_note_id = note);
  if not found then
    raise exception 'the lines of the credit note do not add up to it' using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create constraint trigger adds_up after insert on credit_note deferrable initially deferred for each row execute function check_credit_note_lines();
create constraint trigger adds_up after insert on credit_note_line deferrable initially deferred for each row execute function check_credit_note_lines();

create function move_by_credit_application() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  note public.credit_note;
begin
  update public.credit_note set applied_minor = applied_minor + new.amount_minor
   where tenant_id = new.tenant_id and id = new.credit_note_id returning * into note;
  update public.invoice set credit_applied_minor = credit_applied_minor + new.amount_minor, version = version + 1, updated_at = new.recorded_at
   where tenant_id = new.tenant_id and id = new.invoice_id and status = 'issued' and client_id = note.client_id and currency = note.currency;
  if not found or new.effective_on < note.issue_date then
    raise exception 'credit is used on an issued invoice of its client' using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create trigger moves after insert on credit_application for each row execute function move_by_credit_application();

create function move_by_write_off() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  reversal text[] := array['reversed_on', 'reversal_reason', 'reversal_journal_id', 'version', 'updated_at'];
begin
  if tg_op = 'INSERT' and new.reversed_on is null then
    update public.invoice set written_off_minor = written_off_minor + new.amount_minor, version = version + 1, updated_at = new.updated_at
     where tenant_id = new.tenant_id and id = new.invoice_id and status = 'issued' and client_id = new.client_id and currency = new.currency;
  elsif tg_op = 'UPDATE' and old.reversed_on is null and new.reversed_on is not null
        and to_jsonb(new) - reversal = to_jsonb(old) - reversal then
    update public.invoice set written_off_minor = written_off_minor - new.amount_minor, version = version + 1, updated_at = new.updated_at
     where tenant_id = new.tenant_id and id = new.invoice_id;
  else
    raise exception 'a write-off stands, but for its one reversal: % refused', lower(tg_op) using errcode = 'integrity_constraint_violation';
  end if;
  if not found then
    raise exception 'only an issued invoice is written off' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger moves before insert or update on write_off for each row execute function move_by_write_off();
create trigger no_delete before delete on write_off for each row execute function refuse_change();

create function move_by_retention_release() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  update public.invoice set retention_released_minor = retention_released_minor + new.amount_minor, version = version + 1, updated_at = new.recorded_at
   where tenant_id = new.tenant_id and id = new.invoice_id and engagement_id = new.engagement_id and status = 'issued' and issue_date <= new.effective_on;
  if not found then
    raise exception 'retention is released of an issued invoice' using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create trigger moves after insert on retention_release for each row execute function move_by_retention_release();

create trigger append_only_truncate before truncate on billing_stage execute function refuse_change();
create trigger append_only_truncate before truncate on discount_voucher execute function refuse_change();
create trigger append_only_truncate before truncate on invoice_allowance execute function refuse_change();
create trigger append_only_truncate before truncate on credit_note execute function refuse_change();
create trigger append_only_truncate before truncate on write_off execute function refuse_change();
call make_append_only('invoice_series');
call make_append_only('time_entry');
call make_append_only('package_sale');
call make_append_only('credit_note_line');
call make_append_only('credit_application');
call make_append_only('retention_release');

call guard_table('invoice_series', 'select, insert');
call guard_table('billing_stage', 'select, insert, update');
call guard_table('time_entry', 'select, insert');
call guard_table('package_sale', 'select, insert');
call guard_table('discount_voucher', 'select, insert, update');
call guard_table('invoice_allowance', 'select, insert, update');
call guard_table('credit_note', 'select, insert, update');
call guard_table('credit_note_line', 'select, insert');
call guard_table('credit_application', 'select, insert');
call guard_table('write_off', 'select, insert, update');
call guard_table('retention_release', 'select, insert');
