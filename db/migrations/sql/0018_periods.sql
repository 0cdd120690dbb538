-- A closed period can be opened again, by the owner, with a reason; it is recorded like a closing and never taken away.
--
-- Closings and reopenings have one order: reopening n ends what the closings before it closed, and the closings after it carry
-- `reopenings_before` = n. What is closed at a moment is the greatest of what the last reopening left closed and the closings
-- since then. So the books can be checked entry by entry against what was closed when it was made.

alter table ledger_closing add column reopenings_before integer not null default 0;
alter table ledger_closing add constraint ledger_closing_epoch check (reopenings_before >= 0);
-- The same date may be closed again after it was reopened.
alter table ledger_closing drop constraint ledger_closing_once;
alter table ledger_closing add constraint ledger_closing_once unique (tenant_id, reopenings_before, closed_through);

create table ledger_reopening (
  tenant_id uuid not null,
  id uuid not null,
  number integer not null check (number >= 1),
  closed_through_before date not null,
  closed_through date,
  reason text not null check (length(reason) between 1 and 1000),
  recorded_at timestamptz not null,
  actor text not null,
  request_id text not null,
  last_seq bigint not null,
  last_hash bytea not null check (length(last_hash) = 32),
  primary key (tenant_id, id),
  constraint ledger_reopening_number_once unique (tenant_id, number),
  constraint ledger_reopening_opens check (closed_through < closed_through_before),
  constraint ledger_reopening_owner check (actor ~ '^owner:.')
);
call distribute('ledger_reopening');
alter table ledger_reopening add constraint ledger_reopening_head foreign key (tenant_id, tenant_id) references ledger_head (tenant_id, id) on delete restrict;
call make_append_only('ledger_reopening');
call guard_table('ledger_reopening', 'select', redacted => 'last_hash');

create or replace function close_ledger_period(p_tenant uuid, p_id uuid, p_through date, p_recorded_at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
  head ledger_head;
begin
  perform ledger_require_tenant(p_tenant);
  if p_through is null or p_recorded_at is null or p_through < date '2000-01-01'
     or p_through > (p_recorded_at at time zone 'UTC')::date + 1 then
    perform ledger_refuse('EFFECTIVE_DATE_INVALID', 'a period can be closed when it has begun to be past');
  end if;
  head := ledger_lock_head(p_tenant);
  if p_through <= head.closed_through then
    perform ledger_refuse('PERIOD_CLOSED', format('the books are closed through %s', to_char(head.closed_through, 'YYYY-MM-DD')),
      jsonb_build_object('closed_through', to_char(head.closed_through, 'YYYY-MM-DD')));
  end if;
  insert into ledger_closing (tenant_id, id, closed_through, recorded_at, actor, request_id, last_seq, last_hash, reopenings_before)
  values (p_tenant, p_id, p_through, p_recorded_at, coalesce(nullif(current_setting('app.actor', true), ''), 'database:' || session_user),
          coalesce(nullif(current_setting('app.request_id', true), ''), '-'), head.last_seq, head.last_hash,
          (select count(*) from ledger_reopening r where r.tenant_id = p_tenant));
  update ledger_head h set closed_through = p_through where h.tenant_id = p_tenant and h.id = p_tenant;
end $$;

-- Opens every date after p_through; all dates where it is null. Only for the owner of the practice, and never without a reason.
create function reopen_ledger_period(p_tenant uuid, p_id uuid, p_through date, p_reason text, p_recorded_at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
  head ledger_head;
  who text := coalesce(current_setting('app.actor', true), '');
begin
  perform ledger_require_tenant(p_tenant);
  if who !~ '^owner:.' then
    raise exception 'only the owner reopens a period' using errcode = 'insufficient_privilege';
  end if;
  if p_recorded_at is null or coalesce(length(p_reason), 0) not between 1 and 1000 then
    perform ledger_refuse('ENTRY_INVALID', 'a period is reopened with a reason');
  end if;
  head := ledger_lock_head(p_tenant);
  if head.closed_through is null then
    perform ledger_refuse('PERIOD_NOT_CLOSED', 'no period is closed');
  end if;
  if p_through >= head.closed_through then
    perform ledger_refuse('PERIOD_NOT_CLOSED', format('the books are closed through %s', to_char(head.closed_through, 'YYYY-MM-DD')),
      jsonb_build_object('closed_through', to_char(head.closed_through, 'YYYY-MM-DD')));
  end if;
  insert into ledger_reopening (tenant_id, id, number, closed_through_before, closed_through, reason, recorded_at, actor, request_id, last_seq, last_hash)
  values (p_tenant, p_id, 1 + (select count(*) from ledger_reopening r where r.tenant_id = p_tenant), head.closed_through, p_through, p_reason,
          p_recorded_at, who, coalesce(nullif(current_setting('app.request_id', true), ''), '-'), head.last_seq, head.last_hash);
  update ledger_head h set closed_through = p_through where h.tenant_id = p_tenant and h.id = p_tenant;
end $$;

revoke all on function close_ledger_period, reopen_ledger_period from public;
grant execute on function close_ledger_period, reopen_ledger_period to scopewright_app;
