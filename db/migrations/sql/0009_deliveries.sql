-- What the practice hands over, and what the client says to it: accepted, rejected with reasons, or nothing until the test
-- period has ended, which the contract counts as acceptance.

-- One handing over of one or more items, told to some contacts of the client. `test_until` is the last day of the test
-- period and `test_ends_at` the moment after it where the practice is; null where the contract has no acceptance clause, for
-- then silence is no consent. `clause` is the clause's number in the signed contract.
create table handover (
  tenant_id uuid not null,
  id uuid not null,
  engagement_id uuid not null,
  scope_version_id uuid not null,
  delivered_on date not null,
  test_days integer not null check (test_days between 0 and 365),
  test_until date,
  test_ends_at timestamptz,
  remind_at timestamptz,
  clause text not null default '',
  note text not null default '',
  member_id uuid not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint handover_in_version unique (tenant_id, engagement_id, scope_version_id, id),
  constraint handover_period check (
    (test_until is null and test_ends_at is null and remind_at is null and clause = '')
    or (test_days > 0 and test_until > delivered_on and test_ends_at is not null and clause <> ''))
);
call distribute('handover');
create index handover_member_id on handover (tenant_id, member_id);
create index handover_ends on handover (tenant_id, test_ends_at) where test_ends_at is not null;
create index handover_reminds on handover (tenant_id, remind_at) where remind_at is not null;
alter table handover add constraint handover_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table handover add constraint handover_version foreign key (tenant_id, engagement_id, scope_version_id) references scope_version (tenant_id, engagement_id, id) on delete restrict;
alter table handover add constraint handover_member foreign key (tenant_id, member_id) references member (tenant_id, id) on delete restrict;

-- One item of it, with its words as they were shown. `number` counts every delivery of the item, `round` those that the client
-- has tested: what was withdrawn before the client's word counts no round. `agreement` says how the client agreed to a round
-- beyond those of the contract.
create table delivery (
  tenant_id uuid not null,
  id uuid not null,
  handover_id uuid not null,
  engagement_id uuid not null,
  scope_version_id uuid not null,
  item_key text not null,
  number integer not null check (number >= 1),
  round integer not null check (round >= 1),
  title text not null,
  deliverable text not null default '',
  criteria text[] not null,
  agreement text not null default '',
  status text not null check (status in ('in_test', 'accepted', 'deemed', 'rejected', 'withdrawn', 'lapsed')),
  decided_at timestamptz,
  withdrawal_reason text not null default '',
  primary key (tenant_id, id),
  constraint delivery_number_once unique (tenant_id, engagement_id, item_key, number),
  constraint delivery_of_item unique (tenant_id, engagement_id, item_key, id),
  constraint delivery_decided check ((status = 'in_test') = (decided_at is null)),
  constraint delivery_withdrawn check ((status = 'withdrawn') = (withdrawal_reason <> ''))
);
call distribute('delivery');
-- At most one of an item is with the client at a time.
create unique index delivery_open on delivery (tenant_id, engagement_id, item_key) where status = 'in_test';
create index delivery_in_test on delivery (tenant_id, handover_id) where status = 'in_test';
create index delivery_handover_id on delivery (tenant_id, handover_id);
create index delivery_item on delivery (tenant_id, scope_version_id, item_key);
alter table delivery add constraint delivery_handover foreign key (tenant_id, engagement_id, scope_version_id, handover_id) references handover (tenant_id, engagement_id, scope_version_id, id) on delete restrict;
alter table delivery add constraint delivery_scope_item foreign key (tenant_id, scope_version_id, item_key) references scope_item (tenant_id, scope_version_id, item_key) on delete restrict;

-- What was handed over stays as it was; what was said to it is said once.
create function keep_delivery() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  life text[] := array['status', 'decided_at', 'withdrawal_reason'];
begin
  if tg_op = 'DELETE' or old.decided_at is not null
     or (to_jsonb(new) - life) <> (to_jsonb(old) - life) then
    raise exception 'a delivery is kept as it was made and decided: % refused', lower(tg_op)
      using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger kept before update or delete on delivery for each row execute function keep_delivery();
create trigger append_only_truncate before truncate on delivery execute function refuse_change();

-- Whom it was told, and the way to the page where they answer: a link known by its SHA-256 alone, as a signer's.
create table delivery_recipient (
  tenant_id uuid not null,
  id uuid not null,
  handover_id uuid not null,
  contact_id uuid not null,
  link_hash bytea not null check (length(link_hash) = 32),
  link_generation integer not null default 1 check (link_generation >= 1),
  expires_at timestamptz not null,
  reminded_at timestamptz,
  primary key (tenant_id, id),
  constraint delivery_recipient_once unique (tenant_id, handover_id, contact_id)
);
call distribute('delivery_recipient');
create index delivery_recipient_contact_id on delivery_recipient (tenant_id, contact_id);
alter table delivery_recipient add constraint delivery_recipient_handover foreign key (tenant_id, handover_id) references handover (tenant_id, id) on delete restrict;
alter table delivery_recipient add constraint delivery_recipient_contact foreign key (tenant_id, contact_id) references contact (tenant_id, id) on delete restrict;

-- Where a delivery departs from what was agreed, in the client's words. `reasons` is a list of {criterion, text}; `is_final` is
-- set where no round of correction was left.
create table delivery_rejection (
  tenant_id uuid not null,
  id uuid not null,
  delivery_id uuid not null,
  engagement_id uuid not null,
  item_key text not null,
  rejected_on date not null,
  reasons jsonb not null,
  text text not null default '',
  is_final boolean not null,
  contact_id uuid,
  member_id uuid,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint delivery_rejection_once unique (tenant_id, delivery_id),
  constraint delivery_rejection_by check (contact_id is not null or member_id is not null),
  constraint delivery_rejection_says check (text <> '' or jsonb_array_length(reasons) > 0)
);
call distribute('delivery_rejection');
create index delivery_rejection_item on delivery_rejection (tenant_id, engagement_id, item_key);
create index delivery_rejection_contact_id on delivery_rejection (tenant_id, contact_id);
create index delivery_rejection_member_id on delivery_rejection (tenant_id, member_id);
alter table delivery_rejection add constraint delivery_rejection_delivery foreign key (tenant_id, engagement_id, item_key, delivery_id) references delivery (tenant_id, engagement_id, item_key, id) on delete restrict;
alter table delivery_rejection add constraint delivery_rejection_contact foreign key (tenant_id, contact_id) references contact (tenant_id, id) on delete restrict;
alter table delivery_rejection add constraint delivery_rejection_member foreign key (tenant_id, member_id) references member (tenant_id, id) on delete restrict;

-- An acceptance is the client's word, or the silence that the contract counts as one; that cites the clause and the delivery.
alter table acceptance add column kind text not null default 'given';
alter table acceptance add column delivery_id uuid;
alter table acceptance add column clause text not null default '';
alter table acceptance drop constraint acceptance_by;
alter table acceptance add constraint acceptance_kind check (kind in ('given', 'deemed'));
alter table acceptance add constraint acceptance_by check (
  (kind = 'given' and clause = '' and (contact_id is not null or member_id is not null))
  or (kind = 'deemed' and clause <> '' and delivery_id is not null and contact_id is null and member_id is null));
alter table acceptance add constraint acceptance_delivery foreign key (tenant_id, engagement_id, item_key, delivery_id) references delivery (tenant_id, engagement_id, item_key, id) on delete restrict;
create index acceptance_delivery_id on acceptance (tenant_id, delivery_id);

call make_append_only('handover');
call make_append_only('delivery_rejection');
call guard_table('handover', 'select, insert');
call guard_table('delivery', 'select, insert, update');
call guard_table('delivery_recipient', 'select, insert, update', redacted => 'link_hash');
call guard_table('delivery_rejection', 'select, insert');

-- Whose turn it is, as for papers that run out: ids of practices and nothing else.
create function practices_with_test_periods_due(p_now timestamptz) returns setof uuid
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select h.tenant_id from public.handover h
  where h.test_ends_at <= p_now
    and exists (select from public.delivery d where d.tenant_id = h.tenant_id and d.handover_id = h.id and d.status = 'in_test')
  union
  select h.tenant_id from public.handover h
  where h.remind_at <= p_now and h.test_ends_at > p_now
    and exists (select from public.delivery d where d.tenant_id = h.tenant_id and d.handover_id = h.id and d.status = 'in_test')
    and exists (select from public.delivery_recipient r where r.tenant_id = h.tenant_id and r.handover_id = h.id and r.reminded_at is null)
  order by 1
$$;
revoke execute on function practices_with_test_periods_due(timestamptz) from public;
grant execute on function practices_with_test_periods_due(timestamptz) to scopewright_app;
