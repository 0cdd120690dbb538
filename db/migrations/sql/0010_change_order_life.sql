-- What becomes of change orders beside a yes and a no: carried over to a newer scope, voided and issued again, superseded by
-- another. And who must sign one, by its amount.

-- Tiers as data: [{"from_minor", "signers", "roles", "is_owner_needed"}], the amounts rising.
alter table engagement add column change_approval_tiers jsonb not null default '[]';
alter table engagement add constraint engagement_change_approval_tiers check (jsonb_typeof(change_approval_tiers) = 'array');
-- Days before the end of an offer on which its signers are reminded; 0 is never. Engagements from before keep their silence.
alter table engagement add column change_reminder_days integer not null default 0;
alter table engagement add constraint engagement_change_reminder_days check (change_reminder_days between 0 and 365);

-- The day by which a request is to be answered; null for the practice's own proposals, and for orders from before.
alter table change_order add column respond_by date;
alter table change_order add column remind_at timestamptz;
alter table change_order add column reminded_at timestamptz;
-- What the data suggest; `revenue_class` is what the practice decided.
alter table change_order add column suggested_revenue_class text;
alter table change_order add column suggested_paragraph text not null default '';
alter table change_order add column suggested_because text not null default '';
-- Where an order comes from. `carried_over` tells what did not fit when its changes were taken to another scope version.
alter table change_order add column rebased_from_id uuid;
alter table change_order add column reissue_of_id uuid;
alter table change_order add column supersedes_id uuid;
alter table change_order add column superseded_by_id uuid;
alter table change_order add column carried_over jsonb;

alter table change_order drop constraint change_order_status_check;
alter table change_order add constraint change_order_status_check check (
  status in ('draft', 'sent', 'approved', 'declined', 'withdrawn', 'expired', 'voided', 'superseded'));
alter table change_order drop constraint change_order_life;
alter table change_order add constraint change_order_life check (
  (status = 'draft' and sent_at is null and decided_at is null)
  or (status = 'sent' and sent_at is not null and decided_at is null)
  or (status in ('approved', 'declined', 'expired', 'voided', 'superseded') and sent_at is not null and decided_at is not null)
  or (status = 'withdrawn' and decided_at is not null));
alter table change_order add constraint change_order_superseded check ((status = 'superseded') = (superseded_by_id is not null));
alter table change_order add constraint change_order_origin check (num_nonnulls(rebased_from_id, reissue_of_id) <= 1);
alter table change_order add constraint change_order_not_itself check (
  rebased_from_id <> id and reissue_of_id <> id and supersedes_id <> id and superseded_by_id <> id);
alter table change_order add constraint change_order_suggested_class check (
  suggested_revenue_class in ('separate_contract', 'prospective', 'catch_up'));

create index change_order_rebased_from_id on change_order (tenant_id, rebased_from_id);
create index change_order_reissue_of_id on change_order (tenant_id, reissue_of_id);
create index change_order_supersedes_id on change_order (tenant_id, supersedes_id);
-- One order supersedes one.
create unique index change_order_superseded_by_id on change_order (tenant_id, superseded_by_id);
create index change_order_reminding on change_order (tenant_id, remind_at) where status = 'sent' and reminded_at is null;
alter table change_order add constraint change_order_rebased_from foreign key (tenant_id, rebased_from_id) references change_order (tenant_id, id) on delete restrict;
alter table change_order add constraint change_order_reissue_of foreign key (tenant_id, reissue_of_id) references change_order (tenant_id, id) on delete restrict;
alter table change_order add constraint change_order_supersedes foreign key (tenant_id, supersedes_id) references change_order (tenant_id, id) on delete restrict;
alter table change_order add constraint change_order_superseded_by foreign key (tenant_id, superseded_by_id) references change_order (tenant_id, id) on delete restrict;

-- What was sent stays as it was sent; what was decided stays decided. The one exception: an approved order becomes superseded,
-- by an approved one that was drafted to supersede it, and nothing else of it changes.
create or replace function keep_change_order_frozen() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  life text[] := array['status', 'envelope_id', 'decided_at', 'decided_by', 'decline_reason', 'reminded_at', 'version', 'updated_at'];
  succession text[] := array['status', 'superseded_by_id', 'version', 'updated_at'];
begin
  if tg_op = 'UPDATE' and old.status = 'approved' and new.status = 'superseded'
     and (to_jsonb(new) - succession) = (to_jsonb(old) - succession)
     and exists (select from change_order s
                 where s.tenant_id = old.tenant_id and s.id = new.superseded_by_id and s.supersedes_id = old.id
                   and s.engagement_id = old.engagement_id and s.status = 'approved') then
    return new;
  end if;
  if tg_op = 'DELETE' or old.decided_at is not null
     or (old.sent_at is not null and (to_jsonb(new) - life) <> (to_jsonb(old) - life)) then
    raise exception 'a change order that was sent is frozen: % refused', lower(tg_op)
      using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;

-- The sweep also reminds: practices with an offer whose signers are due for it.
create or replace function practices_with_overdue_papers(p_now timestamptz) returns setof uuid
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select e.tenant_id from public.envelope e where e.status in ('sent', 'viewed') and e.expires_at <= p_now
  union
  select c.tenant_id from public.change_order c where c.status = 'sent' and c.expires_at <= p_now
  union
  select c.tenant_id from public.change_order c where c.status = 'sent' and c.reminded_at is null and c.remind_at <= p_now
  order by 1
$$;
