-- Every kind of retainer: with tax on receipt or without, topped up by itself, earned over time or by the hour, moved on the
-- client's word, closed.
--
-- What is held = deposited + transferred in - drawn - refunded - earned - transferred out, with tax, since that is what the
-- practice owes the client. Tax that became due when the money came in stands on an account of its own (deposit_tax, an asset
-- with floor 0) until the money is earned or goes back.

alter table retainer add column is_taxed_on_receipt boolean not null default false;
alter table retainer add column tax_code text not null default '';
alter table retainer add column tax_bps integer not null default 0;
alter table retainer add column earned_minor bigint not null default 0;
alter table retainer add column transferred_in_minor bigint not null default 0;
alter table retainer add column transferred_out_minor bigint not null default 0;
alter table retainer add column closed_on date;
alter table retainer add column close_reason text not null default '';
-- When the worker has something to earn or to settle; null where nothing comes by itself.
alter table retainer add column look_on date;

alter table retainer drop constraint retainer_status_check;
alter table retainer drop constraint retainer_active;
alter table retainer drop constraint retainer_holds;
alter table retainer drop constraint retainer_kind_once;
alter table retainer add constraint retainer_status check (status in ('requested', 'active', 'closing', 'closed'));
alter table retainer add constraint retainer_money_in check (
  case status when 'requested' then deposited_minor + transferred_in_minor = 0 when 'active' then deposited_minor + transferred_in_minor > 0 else true end);
alter table retainer add constraint retainer_sums check (earned_minor >= 0 and transferred_in_minor >= 0 and transferred_out_minor >= 0);
alter table retainer add constraint retainer_holds check (
  drawn_minor + refund_pending_minor + refunded_minor + earned_minor + transferred_out_minor <= deposited_minor + transferred_in_minor);
alter table retainer add constraint retainer_closing check ((status in ('closing', 'closed')) = (closed_on is not null) and length(close_reason) <= 500);
alter table retainer add constraint retainer_closed_empty check (
  status <> 'closed' or drawn_minor + refunded_minor + earned_minor + transferred_out_minor = deposited_minor + transferred_in_minor);
alter table retainer add constraint retainer_tax check (tax_bps between 0 and 10000 and (not is_taxed_on_receipt or tax_code <> ''));
-- Security is no payment for a supply, so no tax is due on it.
alter table retainer add constraint retainer_security_untaxed check (kind <> 'security_deposit' or not is_taxed_on_receipt);
alter table retainer add constraint retainer_evergreen check (target_minor >= floor_minor and (kind = 'evergreen' or floor_minor = 0));
create unique index retainer_open_kind_once on retainer (tenant_id, engagement_id, kind) where status in ('requested', 'active');
create index retainer_engagement_id on retainer (tenant_id, engagement_id);
create index retainer_moving_by_itself on retainer (tenant_id)
  where status = 'active' and kind in ('evergreen', 'availability', 'period_allowance');

drop trigger fixed on retainer;
create trigger fixed before update or delete on retainer for each row
  execute function keep_all_but('status', 'target_minor', 'floor_minor', 'deposited_minor', 'drawn_minor', 'refund_pending_minor', 'refunded_minor',
    'earned_minor', 'transferred_in_minor', 'transferred_out_minor', 'closed_on', 'close_reason', 'look_on', 'version', 'updated_at');

-- A retainer that is being closed is closed by whatever takes the last of it, and opens again if that fails.
create function close_empty_retainer() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  if old.status in ('closing', 'closed') then
    if new.status not in ('closing', 'closed') then
      raise exception 'a retainer that is % stays so', old.status using errcode = 'integrity_constraint_violation';
    end if;
  end if;
  if new.status in ('closing', 'closed') then
    new.status := case
      when new.drawn_minor + new.refunded_minor + new.earned_minor + new.transferred_out_minor = new.deposited_minor + new.transferred_in_minor then 'closed'
      else 'closing' end;
  end if;
  return new;
end $$;
create trigger closes before update on retainer for each row execute function close_empty_retainer();

-- A top-up that the system asks for by itself: one at a time.
alter table retainer_request add column is_replenishment boolean not null default false;
create unique index retainer_request_replenishing_once on retainer_request (tenant_id, retainer_id)
  where is_replenishment and status = 'requested';

-- Tax that became due on receipt, and the numbered paper that says so.
alter table retainer_deposit add column tax_minor bigint not null default 0;
alter table retainer_deposit add column prepayment_number integer;
alter table retainer_deposit add column document_id uuid;
alter table retainer_deposit add constraint retainer_deposit_tax check (tax_minor >= 0 and tax_minor < amount_minor);
alter table retainer_deposit add constraint retainer_deposit_paper check (
  (prepayment_number is null) = (document_id is null) and (tax_minor = 0 or document_id is not null));
create unique index retainer_deposit_prepayment_once on retainer_deposit (tenant_id, prepayment_number) where prepayment_number is not null;
create index retainer_deposit_document_id on retainer_deposit (tenant_id, document_id);
alter table retainer_deposit add constraint retainer_deposit_document foreign key (tenant_id, document_id) references document (tenant_id, id) on delete restrict;

-- The tax on receipt that the invoice takes over, so that it is paid once.
alter table drawdown add column tax_minor bigint not null default 0;
alter table drawdown add constraint drawdown_tax check (tax_minor >= 0 and tax_minor <= amount_minor);

-- What is agreed for each period of an availability retainer (no minutes) or a period allowance (minutes, and how they roll over).
create table retainer_period_terms (
  tenant_id uuid not null,
  id uuid not null,
  retainer_id uuid not null,
  starts_on date not null,
  period text not null check (period in ('week', 'month', 'quarter', 'year')),
  periods integer not null check (periods between 1 and 120),
  net_minor bigint not null check (net_minor > 0),
  tax_minor bigint not null check (tax_minor >= 0),
  minutes integer check (minutes between 1 and 1000000),
  rollover_cap_minutes integer check (rollover_cap_minutes >= 0),
  rollover_periods integer check (rollover_periods between 0 and 120),
  settle_after_days integer not null check (settle_after_days between 0 and 60),
  primary key (tenant_id, id),
  constraint retainer_period_terms_once unique (tenant_id, retainer_id),
  constraint retainer_period_terms_hours check (num_nulls(minutes, rollover_cap_minutes, rollover_periods) in (0, 3))
);
call distribute('retainer_period_terms');
alter table retainer_period_terms add constraint retainer_period_terms_retainer foreign key (tenant_id, retainer_id) references retainer (tenant_id, id) on delete restrict;

-- Retainer money that became revenue: a period of availability, hours used, hours that ran out, the rest that is not refunded.
-- Every period is earned or settled once.
create table retainer_earning (
  tenant_id uuid not null,
  id uuid not null,
  retainer_id uuid not null,
  kind text not null check (kind in ('period', 'use', 'expiry', 'rest')),
  period_number integer check (period_number >= 1),
  minutes integer not null check (minutes >= 0),
  amount_minor bigint not null check (amount_minor >= 0),
  tax_minor bigint not null check (tax_minor >= 0),
  effective_on date not null,
  note text not null check (length(note) <= 500),
  journal_id uuid,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint retainer_earning_journal_once unique (tenant_id, journal_id),
  constraint retainer_earning_split check (tax_minor <= amount_minor),
  constraint retainer_earning_booked check ((amount_minor > 0) = (journal_id is not null)),
  constraint retainer_earning_period check ((kind in ('period', 'expiry')) = (period_number is not null)),
  constraint retainer_earning_minutes check (case kind when 'use' then minutes > 0 when 'expiry' then true else minutes = 0 end)
);
call distribute('retainer_earning');
create unique index retainer_earning_period_once on retainer_earning (tenant_id, retainer_id, period_number) where period_number is not null;
create index retainer_earning_retainer_id on retainer_earning (tenant_id, retainer_id);
alter table retainer_earning add constraint retainer_earning_retainer foreign key (tenant_id, retainer_id) references retainer (tenant_id, id) on delete restrict;
alter table retainer_earning add constraint retainer_earning_journal foreign key (tenant_id, journal_id) references ledger_journal (tenant_id, id) on delete restrict;

-- Money of a client moved from one retainer to another: who of the client said so, when, and in which words.
create table retainer_transfer (
  tenant_id uuid not null,
  id uuid not null,
  from_retainer_id uuid not null,
  to_retainer_id uuid not null,
  client_id uuid not null,
  amount_minor bigint not null check (amount_minor > 0),
  tax_minor bigint not null check (tax_minor >= 0),
  effective_on date not null,
  contact_id uuid not null,
  said_on date not null,
  words text not null check (length(words) between 1 and 1000),
  journal_id uuid not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint retainer_transfer_journal_once unique (tenant_id, journal_id),
  constraint retainer_transfer_moves check (from_retainer_id <> to_retainer_id),
  constraint retainer_transfer_said_first check (said_on <= effective_on),
  constraint retainer_transfer_tax check (tax_minor <= amount_minor)
);
call distribute('retainer_transfer');
create index retainer_transfer_from_id on retainer_transfer (tenant_id, from_retainer_id);
create index retainer_transfer_to_id on retainer_transfer (tenant_id, to_retainer_id);
create index retainer_transfer_client_id on retainer_transfer (tenant_id, client_id);
create index retainer_transfer_contact_id on retainer_transfer (tenant_id, contact_id);
alter table retainer_transfer add constraint retainer_transfer_from foreign key (tenant_id, from_retainer_id) references retainer (tenant_id, id) on delete restrict;
alter table retainer_transfer add constraint retainer_transfer_to foreign key (tenant_id, to_retainer_id) references retainer (tenant_id, id) on delete restrict;
alter table retainer_transfer add constraint retainer_transfer_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;
alter table retainer_transfer add constraint retainer_transfer_contact foreign key (tenant_id, contact_id) references contact (tenant_id, id) on delete restrict;
alter table retainer_transfer add constraint retainer_transfer_journal foreign key (tenant_id, journal_id) references ledger_journal (tenant_id, id) on delete restrict;

-- The running columns follow from the rows: what is written here moves the retainer, and its CHECKs are the limit.
create function move_retainer_by_earning() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  update public.retainer set earned_minor = earned_minor + new.amount_minor, version = version + 1, updated_at = new.recorded_at
   where tenant_id = new.tenant_id and id = new.retainer_id;
  return null;
end $$;
create trigger moves after insert on retainer_earning for each row execute function move_retainer_by_earning();

create function move_retainers_by_transfer() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  if (select count(*) from public.retainer r where r.tenant_id = new.tenant_id and r.client_id = new.client_id
        and r.id in (new.from_retainer_id, new.to_retainer_id)) <> 2
     or (select count(distinct r.currency) from public.retainer r where r.tenant_id = new.tenant_id
           and r.id in (new.from_retainer_id, new.to_retainer_id)) <> 1
     or not exists (select from public.contact c where c.tenant_id = new.tenant_id and c.id = new.contact_id and c.client_id = new.client_id) then
    raise exception 'a transfer stays with one client and in one currency' using errcode = 'integrity_constraint_violation';
  end if;
  update public.retainer set transferred_out_minor = transferred_out_minor + new.amount_minor, version = version + 1, updated_at = new.recorded_at
   where tenant_id = new.tenant_id and id = new.from_retainer_id;
  update public.retainer set transferred_in_minor = transferred_in_minor + new.amount_minor, version = version + 1, updated_at = new.recorded_at,
      status = case status when 'requested' then 'active' else status end
   where tenant_id = new.tenant_id and id = new.to_retainer_id;
  return null;
end $$;
create trigger moves after insert on retainer_transfer for each row execute function move_retainers_by_transfer();

-- For the worker: practices whose retainers have something to earn, to settle or to top up by now. Ids and nothing else.
create function practices_with_retainers_due(p_now timestamptz) returns setof uuid
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select p.tenant_id from public.practice p
  where exists (
    select from public.retainer r
    where r.tenant_id = p.tenant_id and r.status = 'active' and r.kind in ('evergreen', 'availability', 'period_allowance')
      and (r.look_on <= (p_now at time zone p.timezone)::date
           or (r.kind = 'evergreen'
               and r.deposited_minor + r.transferred_in_minor - r.drawn_minor - r.refund_pending_minor - r.refunded_minor
                   - r.earned_minor - r.transferred_out_minor < r.floor_minor
               and not exists (select from public.retainer_request q where q.tenant_id = r.tenant_id and q.retainer_id = r.id
                                 and q.is_replenishment and q.status = 'requested'))))
  order by 1
$$;
revoke execute on function practices_with_retainers_due(timestamptz) from public;
grant execute on function practices_with_retainers_due(timestamptz) to scopewright_app;

call make_append_only('retainer_period_terms');
call make_append_only('retainer_earning');
call make_append_only('retainer_transfer');

call guard_table('retainer_period_terms', 'select, insert');
call guard_table('retainer_earning', 'select, insert');
call guard_table('retainer_transfer', 'select, insert');
