-- Clients and their contacts, policies and sign-offs, frozen documents, and the envelopes in which they are signed.

create table client (
  tenant_id uuid not null,
  id uuid not null,
  name text not null constraint client_name_length check (length(name) between 1 and 200),
  legal_name text not null default '',
  registration_number text not null default '',
  address text not null default '',
  email text not null default '',
  country text not null constraint client_country_form check (country ~ '^[A-Z]{2}$'),
  currency text not null constraint client_currency_form check (currency ~ '^[A-Z]{3}$'),
  locale text not null constraint client_locale_known check (locale in ('en', 'da')),
  kind text not null constraint client_kind_known check (kind in ('knows_what_they_want', 'does_not_know', 'looks_to_us')),
  payment_terms_days integer not null constraint client_terms_range check (payment_terms_days between 0 and 365),
  is_archived boolean not null default false,
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id)
);
call distribute('client');
alter table client add constraint client_practice foreign key (tenant_id, tenant_id) references practice (tenant_id, id) on delete restrict;
create index client_by_name on client (tenant_id, name, id);
call guard_table('client', 'select, insert, update');

create table contact (
  tenant_id uuid not null,
  id uuid not null,
  client_id uuid not null,
  name text not null constraint contact_name_length check (length(name) between 1 and 200),
  email text not null,
  phone text not null default '',
  locale text not null constraint contact_locale_known check (locale in ('en', 'da')),
  roles text[] not null constraint contact_roles_known check (roles <@ array['signer', 'billing', 'sponsor', 'stakeholder']),
  is_active boolean not null default true,
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id)
);
call distribute('contact');
alter table contact add constraint contact_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;
create index contact_client_id on contact (tenant_id, client_id, name, id);
call guard_table('contact', 'select, insert, update');

-- Exactly the bytes that were shown: content, what it was made of, and what it hashes to. `subject` is what the paper is
-- about; engagement_id gets its foreign key where engagements are made.
create table document (
  tenant_id uuid not null,
  id uuid not null,
  kind text not null,
  locale text not null constraint document_locale_known check (locale in ('en', 'da')),
  number text not null constraint document_number_length check (length(number) between 1 and 100),
  version integer not null constraint document_version_positive check (version > 0),
  fingerprint text not null constraint document_fingerprint_form check (fingerprint ~ '^[0-9a-f]{64}$'),
  content_fingerprint text not null constraint document_content_fingerprint_form check (content_fingerprint ~ '^[0-9a-f]{64}$'),
  template_fingerprint text not null,
  content bytea not null,
  preview_html text not null,
  payload jsonb not null,
  client_id uuid,
  engagement_id uuid,
  subject_kind text not null,
  subject_id uuid not null,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  constraint document_number_once unique (tenant_id, kind, number, version, locale),
  constraint document_is_its_bytes check (encode(sha256(content), 'hex') = fingerprint)
);
call distribute('document');
alter table document add constraint document_practice foreign key (tenant_id, tenant_id) references practice (tenant_id, id) on delete restrict;
alter table document add constraint document_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;
create index document_client_id on document (tenant_id, client_id);
create index document_engagement_id on document (tenant_id, engagement_id);
create index document_subject on document (tenant_id, subject_kind, subject_id);
create index document_by_fingerprint on document (tenant_id, fingerprint);
call make_append_only('document');
call guard_table('document', 'select, insert', redacted => 'content,preview_html');

create table policy_version (
  tenant_id uuid not null,
  id uuid not null,
  number integer not null constraint policy_version_number_positive check (number > 0),
  status text not null constraint policy_version_status_known check (status in ('draft', 'published')),
  title text not null constraint policy_version_title_length check (length(title) between 1 and 200),
  introduction_en text not null default '',
  introduction_da text not null default '',
  effective_date date not null,
  published_at timestamptz,
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint policy_version_number_once unique (tenant_id, number),
  constraint policy_version_published check ((status = 'published') = (published_at is not null))
);
call distribute('policy_version');
alter table policy_version add constraint policy_version_practice foreign key (tenant_id, tenant_id) references practice (tenant_id, id) on delete restrict;
-- One draft at a time, never deleted: that is what keeps the numbers without gaps.
create unique index policy_version_one_draft on policy_version (tenant_id) where status = 'draft';

create table policy_rule (
  tenant_id uuid not null,
  id uuid not null,
  policy_version_id uuid not null,
  code text not null constraint policy_rule_code_form check (code ~ '^[A-Z][A-Z0-9]{0,9}-[0-9]{1,4}$'),
  category text not null constraint policy_rule_category_known
    check (category in ('calls', 'arrival', 'payment', 'changes', 'response_times', 'conduct', 'other')),
  position integer not null constraint policy_rule_position_positive check (position > 0),
  title_en text not null,
  title_da text not null,
  text_en text not null,
  text_da text not null,
  consequence_en text not null default '',
  consequence_da text not null default '',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint policy_rule_code_once unique (tenant_id, policy_version_id, code)
);
call distribute('policy_rule');
alter table policy_rule add constraint policy_rule_version foreign key (tenant_id, policy_version_id) references policy_version (tenant_id, id) on delete restrict;

-- What is published stands: what clients signed must be what is there.
create function refuse_published_policy_change() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  if old.status = 'published' or tg_op = 'DELETE' then
    raise exception 'policy version % is %: % refused', old.number, old.status, lower(tg_op)
      using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger published_stands before update or delete on policy_version
  for each row execute function refuse_published_policy_change();

-- A rule changes with its draft alone. FOR SHARE waits for a publication under way; an invisible version counts as
-- published, so the check fails closed.
create function refuse_published_rule_change() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  state text;
begin
  if tg_op = 'UPDATE' and new.policy_version_id <> old.policy_version_id then
    raise exception 'a rule stays in its policy version' using errcode = 'integrity_constraint_violation';
  end if;
  select status into state from public.policy_version
   where tenant_id = coalesce(new.tenant_id, old.tenant_id)
     and id = coalesce(new.policy_version_id, old.policy_version_id) for share;
  if state is distinct from 'draft' then
    raise exception 'the policy version is published: % of a rule refused', lower(tg_op)
      using errcode = 'integrity_constraint_violation';
  end if;
  return coalesce(new, old);
end $$;
create trigger published_stands before insert or update or delete on policy_rule
  for each row execute function refuse_published_rule_change();

call guard_table('policy_version', 'select, insert, update');
call guard_table('policy_rule', 'select, insert, update, delete');

create table envelope (
  tenant_id uuid not null,
  id uuid not null,
  document_id uuid not null,
  fingerprint text not null constraint envelope_fingerprint_form check (fingerprint ~ '^[0-9a-f]{64}$'),
  subject_kind text not null,
  subject_id uuid not null,
  client_id uuid not null,
  sent_by uuid not null,
  status text not null constraint envelope_status_known
    check (status in ('sent', 'viewed', 'completed', 'declined', 'expired', 'voided')),
  reason text not null default '',
  expires_at timestamptz not null,
  sent_at timestamptz not null,
  closed_at timestamptz,
  event_count integer not null default 0,
  head_hash bytea not null constraint envelope_head_hash_length check (length(head_hash) = 32),
  primary key (tenant_id, id),
  constraint envelope_closed check ((status in ('sent', 'viewed')) = (closed_at is null)),
  constraint envelope_expires_later check (expires_at > sent_at)
);
call distribute('envelope');
alter table envelope add constraint envelope_document foreign key (tenant_id, document_id) references document (tenant_id, id) on delete restrict;
alter table envelope add constraint envelope_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;
alter table envelope add constraint envelope_sent_by foreign key (tenant_id, sent_by) references member (tenant_id, id) on delete restrict;
create index envelope_document_id on envelope (tenant_id, document_id);
create index envelope_client_id on envelope (tenant_id, client_id);
create index envelope_sent_by_id on envelope (tenant_id, sent_by);
create index envelope_subject on envelope (tenant_id, subject_kind, subject_id);
-- One paper about one thing is out for signature at a time; voiding comes before sending the next.
create unique index envelope_one_open on envelope (tenant_id, subject_kind, subject_id) where status in ('sent', 'viewed');
call guard_table('envelope', 'select, insert, update');

-- Who is to sign: the member who sent it, and the client's contacts, each by a link. Only the SHA-256 of a link is kept.
create table envelope_signer (
  tenant_id uuid not null,
  id uuid not null,
  envelope_id uuid not null,
  position integer not null,
  party text not null constraint envelope_signer_party_known check (party in ('practice', 'client')),
  member_id uuid,
  contact_id uuid,
  name text not null,
  email text not null,
  locale text not null constraint envelope_signer_locale_known check (locale in ('en', 'da')),
  status text not null constraint envelope_signer_status_known check (status in ('pending', 'signed', 'declined')),
  signed_name text not null default '',
  viewed_at timestamptz,
  signed_at timestamptz,
  link_generation integer not null default 1,
  link_hash bytea constraint envelope_signer_link_hash_length check (length(link_hash) = 32),
  primary key (tenant_id, id),
  constraint envelope_signer_position_once unique (tenant_id, envelope_id, position),
  constraint envelope_signer_contact_once unique (tenant_id, envelope_id, contact_id),
  constraint envelope_signer_is_someone check (
    (party = 'practice' and member_id is not null and contact_id is null and link_hash is null)
    or (party = 'client' and contact_id is not null and member_id is null and link_hash is not null)),
  constraint envelope_signer_signed check ((status = 'signed') = (signed_at is not null))
);
call distribute('envelope_signer');
alter table envelope_signer add constraint envelope_signer_envelope foreign key (tenant_id, envelope_id) references envelope (tenant_id, id) on delete restrict;
alter table envelope_signer add constraint envelope_signer_member foreign key (tenant_id, member_id) references member (tenant_id, id) on delete restrict;
alter table envelope_signer add constraint envelope_signer_contact foreign key (tenant_id, contact_id) references contact (tenant_id, id) on delete restrict;
create index envelope_signer_member_id on envelope_signer (tenant_id, member_id);
create index envelope_signer_contact_id on envelope_signer (tenant_id, contact_id);
call guard_table('envelope_signer', 'select, insert, update', redacted => 'link_hash');

-- What happened to an envelope, chained: each hash covers the event and the hash before it; the first covers the
-- document's fingerprint. The envelope keeps the newest hash and the count, so a cut tail shows as well.
create table envelope_event (
  tenant_id uuid not null,
  id uuid not null,
  envelope_id uuid not null,
  sequence integer not null constraint envelope_event_sequence_positive check (sequence > 0),
  kind text not null constraint envelope_event_kind_known
    check (kind in ('sent', 'viewed', 'signed', 'declined', 'completed', 'expired', 'voided', 'link_revoked')),
  occurred_at timestamptz not null,
  actor text not null,
  signer_id uuid,
  name text not null default '',
  ip text not null default '',
  user_agent text not null default '',
  consent_version text not null default '',
  consent_text text not null default '',
  fingerprint text not null,
  detail text not null default '',
  previous_hash bytea not null constraint envelope_event_previous_length check (length(previous_hash) = 32),
  hash bytea not null constraint envelope_event_hash_length check (length(hash) = 32),
  primary key (tenant_id, id),
  constraint envelope_event_sequence_once unique (tenant_id, envelope_id, sequence)
);
call distribute('envelope_event');
alter table envelope_event add constraint envelope_event_envelope foreign key (tenant_id, envelope_id) references envelope (tenant_id, id) on delete restrict;
alter table envelope_event add constraint envelope_event_signer foreign key (tenant_id, signer_id) references envelope_signer (tenant_id, id) on delete restrict;
create index envelope_event_signer_id on envelope_event (tenant_id, signer_id);
call make_append_only('envelope_event');
call guard_table('envelope_event', 'select, insert', audited => false);

-- A client was asked to sign off a policy version: the subject of its envelope.
create table policy_request (
  tenant_id uuid not null,
  id uuid not null,
  client_id uuid not null,
  policy_version_id uuid not null,
  document_id uuid not null,
  created_at timestamptz not null,
  primary key (tenant_id, id)
);
call distribute('policy_request');
alter table policy_request add constraint policy_request_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;
alter table policy_request add constraint policy_request_version foreign key (tenant_id, policy_version_id) references policy_version (tenant_id, id) on delete restrict;
alter table policy_request add constraint policy_request_document foreign key (tenant_id, document_id) references document (tenant_id, id) on delete restrict;
create index policy_request_client_id on policy_request (tenant_id, client_id);
create index policy_request_version_id on policy_request (tenant_id, policy_version_id);
create index policy_request_document_id on policy_request (tenant_id, document_id);
call make_append_only('policy_request');
call guard_table('policy_request', 'select, insert');

-- The client's consent to one policy version, by the fingerprint of the bytes that were shown.
create table policy_sign_off (
  tenant_id uuid not null,
  id uuid not null,
  client_id uuid not null,
  policy_version_id uuid not null,
  document_id uuid not null,
  envelope_id uuid not null,
  contact_id uuid not null,
  signer_name text not null,
  fingerprint text not null constraint policy_sign_off_fingerprint_form check (fingerprint ~ '^[0-9a-f]{64}$'),
  signed_at timestamptz not null,
  primary key (tenant_id, id),
  constraint policy_sign_off_once unique (tenant_id, client_id, policy_version_id)
);
call distribute('policy_sign_off');
alter table policy_sign_off add constraint policy_sign_off_client foreign key (tenant_id, client_id) references client (tenant_id, id) on delete restrict;
alter table policy_sign_off add constraint policy_sign_off_version foreign key (tenant_id, policy_version_id) references policy_version (tenant_id, id) on delete restrict;
alter table policy_sign_off add constraint policy_sign_off_document foreign key (tenant_id, document_id) references document (tenant_id, id) on delete restrict;
alter table policy_sign_off add constraint policy_sign_off_envelope foreign key (tenant_id, envelope_id) references envelope (tenant_id, id) on delete restrict;
alter table policy_sign_off add constraint policy_sign_off_contact foreign key (tenant_id, contact_id) references contact (tenant_id, id) on delete restrict;
create index policy_sign_off_version_id on policy_sign_off (tenant_id, policy_version_id);
create index policy_sign_off_document_id on policy_sign_off (tenant_id, document_id);
create index policy_sign_off_envelope_id on policy_sign_off (tenant_id, envelope_id);
create index policy_sign_off_contact_id on policy_sign_off (tenant_id, contact_id);
call make_append_only('policy_sign_off');
call guard_table('policy_sign_off', 'select, insert');
