-- What is done of an engagement's scope and what was spent on it, as it was reported; and the alerts that follow from both.

-- One line of a progress report. Nothing is overwritten: as of a status date the newest line counts, and what was known at an
-- earlier moment can be told again.
create table progress_entry (
  tenant_id uuid not null,
  id uuid not null,
  engagement_id uuid not null,
  scope_version_id uuid not null,
  item_key text not null,
  status_date date not null,
  percent_complete_bps integer not null check (percent_complete_bps between 0 and 10000),
  actual_start date,
  actual_finish date,
  note text not null default '',
  member_id uuid not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint progress_entry_begun check (actual_start is not null or percent_complete_bps = 0),
  constraint progress_entry_done check ((actual_finish is not null) = (percent_complete_bps = 10000)),
  constraint progress_entry_dates check (actual_start <= status_date and actual_finish <= status_date and actual_finish >= actual_start)
);
call distribute('progress_entry');
create index progress_entry_as_of on progress_entry (tenant_id, engagement_id, item_key, status_date);
create index progress_entry_version_id on progress_entry (tenant_id, engagement_id, scope_version_id);
create index progress_entry_item on progress_entry (tenant_id, scope_version_id, item_key);
create index progress_entry_member_id on progress_entry (tenant_id, member_id);
alter table progress_entry add constraint progress_entry_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table progress_entry add constraint progress_entry_version foreign key (tenant_id, engagement_id, scope_version_id) references scope_version (tenant_id, engagement_id, id) on delete restrict;
alter table progress_entry add constraint progress_entry_scope_item foreign key (tenant_id, scope_version_id, item_key) references scope_item (tenant_id, scope_version_id, item_key) on delete restrict;
alter table progress_entry add constraint progress_entry_member foreign key (tenant_id, member_id) references member (tenant_id, id) on delete restrict;

-- What the practice spent, on one item or on the engagement as a whole (no item, no version). A mistake is put right by a
-- further entry with the other sign. Never part of the ledger: it is the practice's own cost, not the client's money.
create table cost_entry (
  tenant_id uuid not null,
  id uuid not null,
  engagement_id uuid not null,
  scope_version_id uuid,
  item_key text,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint not null check (amount_minor between -1000000000000000 and 1000000000000000),
  effort_minutes integer not null default 0 check (effort_minutes between -10000000 and 10000000),
  spent_on date not null,
  note text not null default '',
  member_id uuid not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint cost_entry_something check (amount_minor <> 0 or effort_minutes <> 0),
  constraint cost_entry_corrects check (note <> '' or (amount_minor >= 0 and effort_minutes >= 0)),
  constraint cost_entry_item_of_version check ((item_key is null) = (scope_version_id is null))
);
call distribute('cost_entry');
create index cost_entry_as_of on cost_entry (tenant_id, engagement_id, spent_on);
create index cost_entry_version_id on cost_entry (tenant_id, engagement_id, scope_version_id);
create index cost_entry_item on cost_entry (tenant_id, scope_version_id, item_key);
create index cost_entry_member_id on cost_entry (tenant_id, member_id);
alter table cost_entry add constraint cost_entry_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table cost_entry add constraint cost_entry_version foreign key (tenant_id, engagement_id, scope_version_id) references scope_version (tenant_id, engagement_id, id) on delete restrict;
alter table cost_entry add constraint cost_entry_scope_item foreign key (tenant_id, scope_version_id, item_key) references scope_item (tenant_id, scope_version_id, item_key) on delete restrict;
alter table cost_entry add constraint cost_entry_member foreign key (tenant_id, member_id) references member (tenant_id, id) on delete restrict;

-- When to raise an alert: the row without an engagement holds the practice's own defaults, a null falls through to them and
-- from them to the defaults of the rules.
create table alert_threshold (
  tenant_id uuid not null,
  id uuid not null,
  engagement_id uuid,
  near_days integer check (near_days between 0 and 365),
  contingency_bps integer check (contingency_bps between 1 and 10000),
  budget_bps integer check (budget_bps between 1 and 10000),
  version integer not null default 1 check (version >= 1),
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint alert_threshold_once unique nulls not distinct (tenant_id, engagement_id)
);
call distribute('alert_threshold');
alter table alert_threshold add constraint alert_threshold_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;

-- `subject` is the key of the item it is about, or empty. One open alert says one thing; it is brought up to date while it is
-- true, cleared when it no longer is, and kept.
create table alert (
  tenant_id uuid not null,
  id uuid not null,
  engagement_id uuid not null,
  kind text not null check (kind in ('forecast_near_promise', 'forecast_past_promise', 'forecast_past_deadline', 'contingency_used', 'budget_used', 'budget_forecast_exceeded')),
  subject text not null default '',
  data jsonb not null,
  raised_at timestamptz not null,
  acknowledged_at timestamptz,
  acknowledged_by uuid,
  acknowledgement text not null default '',
  cleared_at timestamptz,
  version integer not null default 1 check (version >= 1),
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint alert_acknowledged check ((acknowledged_at is null) = (acknowledged_by is null))
);
call distribute('alert');
create unique index alert_open_once on alert (tenant_id, engagement_id, kind, subject) where cleared_at is null;
create index alert_engagement_id on alert (tenant_id, engagement_id, id);
create index alert_acknowledged_by on alert (tenant_id, acknowledged_by);
alter table alert add constraint alert_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table alert add constraint alert_member foreign key (tenant_id, acknowledged_by) references member (tenant_id, id) on delete restrict;

-- A cleared alert is history; what it is about never changes.
create function keep_alert() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  moving text[] := array['data', 'acknowledged_at', 'acknowledged_by', 'acknowledgement', 'cleared_at', 'version', 'updated_at'];
begin
  if tg_op = 'DELETE' or old.cleared_at is not null or to_jsonb(new) - moving <> to_jsonb(old) - moving then
    raise exception 'an alert is kept as it was: % refused', lower(tg_op) using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger history_stands before update or delete on alert for each row execute function keep_alert();
create trigger append_only_truncate before truncate on alert execute function refuse_change();

-- The day on which an engagement was last looked at, so that the worker looks once a day and not at every turn.
create table alert_review (
  tenant_id uuid not null,
  id uuid not null,
  engagement_id uuid not null,
  reviewed_on date not null,
  primary key (tenant_id, id),
  constraint alert_review_once unique (tenant_id, engagement_id)
);
call distribute('alert_review');
alter table alert_review add constraint alert_review_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;

-- Whose turn it is, as in 0007: ids of practices and nothing else. A day begins where the practice is.
create function practices_with_engagements_to_review(p_now timestamptz) returns setof uuid
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select p.tenant_id from public.practice p
  where exists (
    select from public.engagement e
    left join public.alert_review r on r.tenant_id = e.tenant_id and r.engagement_id = e.id
    where e.tenant_id = p.tenant_id and e.status in ('active', 'suspended')
      and coalesce(r.reviewed_on < (p_now at time zone p.timezone)::date, true))
  order by 1
$$;
revoke execute on function practices_with_engagements_to_review(timestamptz) from public;
grant execute on function practices_with_engagements_to_review(timestamptz) to scopewright_app;

call make_append_only('progress_entry');
call make_append_only('cost_entry');

call guard_table('progress_entry', 'select, insert');
call guard_table('cost_entry', 'select, insert');
call guard_table('alert_threshold', 'select, insert, update');
call guard_table('alert', 'select, insert, update');
call guard_table('alert_review', 'select, insert, update');
