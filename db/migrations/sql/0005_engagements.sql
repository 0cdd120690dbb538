-- One body of work for one client: its terms, its scope in versions that never change, the contract and the change orders
-- that make them, and what the client has accepted.

-- `clauses` are the parameters of the contract's further clauses by name; a clause that is not there is not in the contract.
create table engagement (
  tenant_id uuid not null,
  id uuid not null,
  client_id uuid not null,
  number_year integer not null check (number_year between 1900 and 9999),
  number_ordinal integer not null check (number_ordinal >= 1),
  name text not null check (length(name) between 1 and 200),
  purpose text not null default '',
  kind text not null check (kind in ('goods', 'consulting', 'craft', 'corporate_supply')),
  status text not null check (status in ('draft', 'contract_sent', 'active', 'suspended', 'completed', 'terminated')),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  locale text not null check (locale in ('en', 'da')),
  law text not null check (law in ('DK', 'SE', 'NO', 'DE', 'NL', 'IE', 'GB-EAW')),
  venue_en text not null,
  venue_da text not null,
  start_date date not null,
  promised_date date,
  country text check (country ~ '^[A-Z]{2}$'),
  region text not null default '',
  weekend integer[] not null,
  days_off date[] not null,
  contingency_bps integer not null check (contingency_bps between 0 and 10000),
  retention_bps integer not null check (retention_bps between 0 and 10000),
  payment_terms_days integer not null check (payment_terms_days between 0 and 365),
  tax_code text not null,
  tax_bps integer not null check (tax_bps between 0 and 10000),
  retainer_numerator integer not null check (retainer_numerator >= 0),
  retainer_denominator integer not null check (retainer_denominator >= 1),
  change_requesters text[] not null check (change_requesters <@ array['signer', 'billing', 'sponsor', 'stakeholder']),
  change_response_days integer not null check (change_response_days between 0 and 365),
  change_offer_days integer not null check (change_offer_days between 1 and 365),
  change_minimum_fee_minor bigint not null check (change_minimum_fee_minor >= 0),
  kill_fee_bps integer not null check (kill_fee_bps between 0 and 10000),
  test_period_days integer not null check (test_period_days between 0 and 365),
  correction_rounds integer not null check (correction_rounds between 0 and 20),
  clauses jsonb not null,
  current_scope_version_id uuid,
  version integer not null default 1 check (version >= 1),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint engagement_number_once unique (tenant_id, number_year, number_ordinal),
  constraint engagement_retainer_share check (retainer_numerator <= retainer_denominator),
  constraint engagement_weekend check (cardinality(weekend) < 7 and weekend <@ array[0, 1, 2, 3, 4, 5, 6]),
  constraint engagement_scope_when_active check (current_scope_version_id is not null or status in ('draft', 'contract_sent', 'terminated'))
);
call distribute('engagement');
create index engagement_client_id on engagement (tenant_id, client_id);
create index engagement_current_scope on engagement (tenant_id, id, current_scope_version_id);
alter table engagement add constraint engagement_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;

-- Papers came before engagements.
alter table document add constraint document_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;

-- What the scope is going to be, until the contract is signed. It may be incomplete; a scope version may not.
create table scope_draft (
  tenant_id uuid not null,
  id uuid not null,
  engagement_id uuid not null,
  body jsonb not null,
  fingerprint text not null check (fingerprint ~ '^[0-9a-f]{64}$'),
  source text not null default '',
  version integer not null default 1 check (version >= 1),
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint scope_draft_once unique (tenant_id, engagement_id)
);
call distribute('scope_draft');
alter table scope_draft add constraint scope_draft_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;

-- One sending of the services contract. The scope is copied here as it was printed, so that signing makes exactly that.
create table services_contract (
  tenant_id uuid not null,
  id uuid not null,
  engagement_id uuid not null,
  issue integer not null check (issue >= 1),
  status text not null check (status in ('sent', 'signed', 'declined', 'expired', 'voided')),
  scope jsonb not null,
  scope_fingerprint text not null check (scope_fingerprint ~ '^[0-9a-f]{64}$'),
  document_id uuid not null,
  translation_id uuid not null,
  envelope_id uuid,
  policy_waiver text not null default '',
  expires_at timestamptz not null,
  sent_at timestamptz not null,
  decided_at timestamptz,
  decided_by text not null default '',
  decline_reason text not null default '',
  primary key (tenant_id, id),
  constraint services_contract_issue_once unique (tenant_id, engagement_id, issue),
  constraint services_contract_decided check ((status = 'sent') = (decided_at is null))
);
call distribute('services_contract');
-- At most one is out or signed at a time.
create unique index services_contract_live on services_contract (tenant_id, engagement_id) where status in ('sent', 'signed');
create index services_contract_document_id on services_contract (tenant_id, document_id);
create index services_contract_translation_id on services_contract (tenant_id, translation_id);
create index services_contract_envelope_id on services_contract (tenant_id, envelope_id);
alter table services_contract add constraint services_contract_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table services_contract add constraint services_contract_document foreign key (tenant_id, document_id) references document (tenant_id, id) on delete restrict;
alter table services_contract add constraint services_contract_translation foreign key (tenant_id, translation_id) references document (tenant_id, id) on delete restrict;
alter table services_contract add constraint services_contract_envelope foreign key (tenant_id, envelope_id) references envelope (tenant_id, id) on delete restrict;

create table scope_version (
  tenant_id uuid not null,
  id uuid not null,
  engagement_id uuid not null,
  number integer not null check (number >= 1),
  contract_id uuid,
  change_order_id uuid,
  fingerprint text not null check (fingerprint ~ '^[0-9a-f]{64}$'),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  country text check (country ~ '^[A-Z]{2}$'),
  region text not null default '',
  weekend integer[] not null,
  days_off date[] not null,
  contingency_bps integer not null check (contingency_bps between 0 and 10000),
  retention_bps integer not null check (retention_bps between 0 and 10000),
  fee_minor bigint not null,
  cost_minor bigint not null,
  tax_minor bigint not null,
  contingency_minor bigint not null check (contingency_minor >= 0),
  duration_days integer not null check (duration_days >= 0),
  start_date date not null,
  delivery_date date not null,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  constraint scope_version_number_once unique (tenant_id, engagement_id, number),
  constraint scope_version_in_engagement unique (tenant_id, engagement_id, id),
  -- A change order is applied exactly once, whatever else goes wrong.
  constraint scope_version_order_once unique (tenant_id, change_order_id),
  constraint scope_version_contract_once unique (tenant_id, contract_id),
  constraint scope_version_cause check ((number = 1) = (contract_id is not null) and (number > 1) = (change_order_id is not null)),
  constraint scope_version_dates check (delivery_date >= start_date)
);
call distribute('scope_version');
alter table scope_version add constraint scope_version_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table scope_version add constraint scope_version_contract foreign key (tenant_id, contract_id) references services_contract (tenant_id, id) on delete restrict;
-- The current version is one of the engagement's own.
alter table engagement add constraint engagement_current_scope_version foreign key (tenant_id, id, current_scope_version_id) references scope_version (tenant_id, engagement_id, id) on delete restrict;

-- Boundaries count working days from the start of the version; 0 is the beginning of the first working day. `outline` is the
-- order in which a reader sees the items. A summary's figures are those of the items below it, added up.
create table scope_item (
  tenant_id uuid not null,
  id uuid not null,
  scope_version_id uuid not null,
  item_key text not null check (length(item_key) between 1 and 64),
  parent_key text,
  outline integer not null check (outline >= 0),
  position integer not null check (position >= 0),
  kind text not null check (kind in ('summary', 'task', 'milestone')),
  title text not null check (length(title) between 1 and 200),
  description text not null default '',
  quantity numeric(18, 6),
  unit text not null default '',
  rate_minor bigint,
  fixed_fee_minor bigint,
  fee_minor bigint not null,
  cost_minor bigint not null,
  effort_minutes integer not null check (effort_minutes >= 0),
  tax_code text not null,
  tax_bps integer not null check (tax_bps between 0 and 10000),
  tax_minor bigint not null,
  duration_days integer not null check (duration_days >= 0),
  constraint_kind text not null,
  constraint_date date,
  deliverable text not null default '',
  acceptance_criteria text not null default '',
  early_start integer not null,
  early_finish integer not null,
  late_start integer not null,
  late_finish integer not null,
  total_float integer not null,
  free_float integer not null,
  is_critical boolean not null,
  start_date date not null,
  finish_date date not null,
  late_start_date date not null,
  late_finish_date date not null,
  primary key (tenant_id, id),
  constraint scope_item_key_once unique (tenant_id, scope_version_id, item_key),
  constraint scope_item_outline_once unique (tenant_id, scope_version_id, outline),
  constraint scope_item_quantity check (quantity >= 0 and quantity <> 'NaN'),
  constraint scope_item_span check (early_finish >= early_start)
);
call distribute('scope_item');
create index scope_item_parent on scope_item (tenant_id, scope_version_id, parent_key);
alter table scope_item add constraint scope_item_version foreign key (tenant_id, scope_version_id) references scope_version (tenant_id, id) on delete restrict;
alter table scope_item add constraint scope_item_parent foreign key (tenant_id, scope_version_id, parent_key) references scope_item (tenant_id, scope_version_id, item_key) on delete restrict;

create table scope_dependency (
  tenant_id uuid not null,
  id uuid not null,
  scope_version_id uuid not null,
  position integer not null check (position >= 0),
  predecessor_key text not null,
  successor_key text not null,
  kind text not null check (kind in ('FS', 'SS', 'FF', 'SF')),
  lag_days integer not null,
  lag_kind text not null check (lag_kind in ('working', 'elapsed')),
  primary key (tenant_id, id),
  constraint scope_dependency_position_once unique (tenant_id, scope_version_id, position)
);
call distribute('scope_dependency');
create index scope_dependency_predecessor on scope_dependency (tenant_id, scope_version_id, predecessor_key);
create index scope_dependency_successor on scope_dependency (tenant_id, scope_version_id, successor_key);
alter table scope_dependency add constraint scope_dependency_version foreign key (tenant_id, scope_version_id) references scope_version (tenant_id, id) on delete restrict;
alter table scope_dependency add constraint scope_dependency_from foreign key (tenant_id, scope_version_id, predecessor_key) references scope_item (tenant_id, scope_version_id, item_key) on delete restrict;
alter table scope_dependency add constraint scope_dependency_to foreign key (tenant_id, scope_version_id, successor_key) references scope_item (tenant_id, scope_version_id, item_key) on delete restrict;

-- What is excluded, assumed or not guaranteed, as it was printed.
create table expectation (
  tenant_id uuid not null,
  id uuid not null,
  scope_version_id uuid not null,
  position integer not null check (position >= 0),
  kind text not null check (kind in ('exclusion', 'assumption', 'no_guarantee')),
  text text not null,
  primary key (tenant_id, id),
  constraint expectation_position_once unique (tenant_id, scope_version_id, position)
);
call distribute('expectation');
alter table expectation add constraint expectation_version foreign key (tenant_id, scope_version_id) references scope_version (tenant_id, id) on delete restrict;

-- The delta to scope, price and dates. `preview` is what was shown when it was sent; from then on no figure changes.
create table change_order (
  tenant_id uuid not null,
  id uuid not null,
  engagement_id uuid not null,
  number integer check (number >= 1),
  title text not null check (length(title) between 1 and 200),
  reason text not null check (reason in ('client_request', 'omission', 'unforeseen', 'own_error', 'law', 'acceleration', 'descoping')),
  reason_text text not null default '',
  revenue_class text not null check (revenue_class in ('separate_contract', 'prospective', 'catch_up')),
  requested_by text not null,
  requested_by_contact_id uuid,
  requested_on date not null,
  status text not null check (status in ('draft', 'sent', 'approved', 'declined', 'withdrawn', 'expired')),
  base_scope_version_id uuid not null,
  changes jsonb not null,
  preview jsonb,
  preview_fingerprint text check (preview_fingerprint ~ '^[0-9a-f]{64}$'),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  original_sum_minor bigint,
  previously_approved_minor bigint,
  change_minor bigint,
  new_sum_minor bigint,
  tax_change_minor bigint,
  change_days integer,
  completion_before date,
  completion_after date,
  document_id uuid,
  translation_id uuid,
  envelope_id uuid,
  sent_at timestamptz,
  expires_at timestamptz,
  decided_at timestamptz,
  decided_by text not null default '',
  decline_reason text not null default '',
  version integer not null default 1 check (version >= 1),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint change_order_number_once unique (tenant_id, engagement_id, number),
  constraint change_order_frozen check (
    (sent_at is null and number is null and preview is null and document_id is null)
    or (sent_at is not null and number is not null and preview is not null and preview_fingerprint is not null
        and document_id is not null and expires_at is not null
        and original_sum_minor + previously_approved_minor + change_minor = new_sum_minor
        and change_days is not null and completion_before is not null and completion_after is not null)),
  constraint change_order_life check (
    (status = 'draft' and sent_at is null and decided_at is null)
    or (status = 'sent' and sent_at is not null and decided_at is null)
    or (status in ('approved', 'declined', 'expired') and sent_at is not null and decided_at is not null)
    or (status = 'withdrawn' and decided_at is not null))
);
call distribute('change_order');
create index change_order_base on change_order (tenant_id, engagement_id, base_scope_version_id);
create index change_order_contact_id on change_order (tenant_id, requested_by_contact_id);
create index change_order_document_id on change_order (tenant_id, document_id);
create index change_order_translation_id on change_order (tenant_id, translation_id);
create index change_order_envelope_id on change_order (tenant_id, envelope_id);
create index change_order_expiring on change_order (tenant_id, expires_at) where status = 'sent';
alter table change_order add constraint change_order_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table change_order add constraint change_order_base_version foreign key (tenant_id, engagement_id, base_scope_version_id) references scope_version (tenant_id, engagement_id, id) on delete restrict;
alter table change_order add constraint change_order_contact foreign key (tenant_id, requested_by_contact_id) references contact (tenant_id, id) on delete restrict;
alter table change_order add constraint change_order_document foreign key (tenant_id, document_id) references document (tenant_id, id) on delete restrict;
alter table change_order add constraint change_order_translation foreign key (tenant_id, translation_id) references document (tenant_id, id) on delete restrict;
alter table change_order add constraint change_order_envelope foreign key (tenant_id, envelope_id) references envelope (tenant_id, id) on delete restrict;
alter table scope_version add constraint scope_version_order foreign key (tenant_id, change_order_id) references change_order (tenant_id, id) on delete restrict;

-- What was sent stays as it was sent; what was decided stays decided.
create function keep_change_order_frozen() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  life text[] := array['status', 'envelope_id', 'decided_at', 'decided_by', 'decline_reason', 'version', 'updated_at'];
begin
  if tg_op = 'DELETE' or old.decided_at is not null
     or (old.sent_at is not null and (to_jsonb(new) - life) <> (to_jsonb(old) - life)) then
    raise exception 'a change order that was sent is frozen: % refused', lower(tg_op)
      using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger frozen before update or delete on change_order for each row execute function keep_change_order_frozen();
create trigger append_only_truncate before truncate on change_order execute function refuse_change();

-- The client's word that an item is delivered; once per item, and it stays.
create table acceptance (
  tenant_id uuid not null,
  id uuid not null,
  engagement_id uuid not null,
  scope_version_id uuid not null,
  item_key text not null,
  accepted_on date not null,
  note text not null default '',
  contact_id uuid,
  member_id uuid,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  constraint acceptance_once unique (tenant_id, engagement_id, item_key),
  constraint acceptance_by check (contact_id is not null or member_id is not null)
);
call distribute('acceptance');
create index acceptance_version_id on acceptance (tenant_id, engagement_id, scope_version_id);
create index acceptance_item on acceptance (tenant_id, scope_version_id, item_key);
create index acceptance_contact_id on acceptance (tenant_id, contact_id);
create index acceptance_member_id on acceptance (tenant_id, member_id);
alter table acceptance add constraint acceptance_engagement foreign key (tenant_id, engagement_id) references engagement (tenant_id, id) on delete restrict;
alter table acceptance add constraint acceptance_scope_item foreign key (tenant_id, scope_version_id, item_key) references scope_item (tenant_id, scope_version_id, item_key) on delete restrict;
alter table acceptance add constraint acceptance_version foreign key (tenant_id, engagement_id, scope_version_id) references scope_version (tenant_id, engagement_id, id) on delete restrict;
alter table acceptance add constraint acceptance_contact foreign key (tenant_id, contact_id) references contact (tenant_id, id) on delete restrict;
alter table acceptance add constraint acceptance_member foreign key (tenant_id, member_id) references member (tenant_id, id) on delete restrict;

call make_append_only('scope_version');
call make_append_only('scope_item');
call make_append_only('scope_dependency');
call make_append_only('expectation');
call make_append_only('acceptance');

call guard_table('engagement', 'select, insert, update');
call guard_table('scope_draft', 'select, insert, update');
call guard_table('services_contract', 'select, insert, update');
call guard_table('scope_version', 'select, insert');
call guard_table('scope_item', 'select, insert');
call guard_table('scope_dependency', 'select, insert');
call guard_table('expectation', 'select, insert');
call guard_table('change_order', 'select, insert, update');
call guard_table('acceptance', 'select, insert');
