-- Calendars of items, part-time shares, maximal lags, and where an item is planned when that is not as early as it could be.
-- Versions made before have none of them: their rows, and the fingerprints over them, stay as they are.
create table scope_calendar (
  tenant_id uuid not null,
  id uuid not null,
  scope_version_id uuid not null,
  position integer not null check (position >= 0),
  key text not null check (length(key) between 1 and 64),
  title text not null check (length(title) between 1 and 200),
  country text check (country ~ '^[A-Z]{2}$'),
  region text not null default '',
  weekend integer[] not null,
  days_off date[] not null,
  primary key (tenant_id, id),
  constraint scope_calendar_key_once unique (tenant_id, scope_version_id, key),
  constraint scope_calendar_position_once unique (tenant_id, scope_version_id, position),
  constraint scope_calendar_weekend check (cardinality(weekend) < 7 and weekend <@ array[0, 1, 2, 3, 4, 5, 6])
);
call distribute('scope_calendar');
alter table scope_calendar add constraint scope_calendar_version foreign key (tenant_id, scope_version_id) references scope_version (tenant_id, id) on delete restrict;

alter table scope_item add column calendar_key text;
alter table scope_item add column allocation_bps integer not null default 10000;
-- Boundaries of start_date and finish_date; null in versions made before, where they are the early ones.
alter table scope_item add column planned_start integer;
alter table scope_item add column planned_finish integer;
alter table scope_item add constraint scope_item_allocation check (allocation_bps between 1 and 10000);
alter table scope_item add constraint scope_item_plan check (planned_finish >= planned_start);
create index scope_item_calendar on scope_item (tenant_id, scope_version_id, calendar_key);
alter table scope_item add constraint scope_item_calendar foreign key (tenant_id, scope_version_id, calendar_key) references scope_calendar (tenant_id, scope_version_id, key) on delete restrict;

alter table scope_dependency add column max_lag_days integer;
alter table scope_dependency add constraint scope_dependency_max_lag check (max_lag_days >= lag_days);

call make_append_only('scope_calendar');
call guard_table('scope_calendar', 'select, insert');
