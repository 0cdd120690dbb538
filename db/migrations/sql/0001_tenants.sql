-- The ground every later table stands on: who may see a row, who changed it, and what leaves after commit.
--
-- Two roles matter. The role that runs this file owns everything. The runtime role `scopewright_app` owns nothing, may not
-- bypass row security, and gets its rights table by table through guard_table(). It may exist already (another database of
-- the same cluster), and two migrations may create it at once.

do $$
begin
  create role scopewright_app login noinherit nosuperuser nocreatedb nocreaterole nobypassrls;
exception when duplicate_object or unique_violation then null;
end $$;

grant usage on schema public to scopewright_app;
revoke create on schema public from public;

-- The key that binds a tenant setting to this application: HMAC-SHA256 pads, written by the migration command, readable by
-- definer functions alone. Injected SQL can set app.tenant, but cannot sign it.
create table tenant_key (
  one boolean primary key default true check (one),
  inner_pad bytea not null check (length(inner_pad) = 64),
  outer_pad bytea not null check (length(outer_pad) = 64)
);

create function app_tenant() returns uuid
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
  claimed text := nullif(current_setting('app.tenant', true), '');
begin
  if claimed is null then
    return null;
  end if;
  perform 1 from public.tenant_key k
   where encode(sha256(k.outer_pad || sha256(k.inner_pad || convert_to(claimed, 'UTF8'))), 'hex')
         = current_setting('app.tenant_mac', true);
  if not found then
    raise exception 'the tenant setting is not signed' using errcode = 'insufficient_privilege';
  end if;
  return claimed::uuid;
end $$;

-- Does nothing on plain PostgreSQL. On a coordinator with Citus it spreads the table by tenant, so the same migrations
-- serve both.
create procedure distribute(relation regclass)
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  if exists (select from pg_extension where extname = 'citus') then
    execute format('select create_distributed_table(%L, %L)', relation, 'tenant_id');
  end if;
end $$;

-- Every change of every tenant table, whole, before and after, with the actor and the request that made it.
create table audit_event (
  tenant_id uuid not null,
  id uuid not null default gen_random_uuid(),
  position bigint generated always as identity,
  recorded_at timestamptz not null,
  actor text not null,
  request_id text not null,
  operation text not null,
  table_name text not null,
  row_id uuid not null,
  before jsonb,
  after jsonb,
  digest bytea not null,
  primary key (tenant_id, id)
);
create index audit_event_row on audit_event (tenant_id, table_name, row_id, position);
create index audit_event_position on audit_event (tenant_id, position);
call distribute('audit_event');

-- What a row of the trail must hash to; a flipped byte anywhere in it shows.
create function audit_digest(e audit_event) returns bytea
language sql immutable set search_path = pg_catalog, public, pg_temp
as $$
  select sha256(convert_to(jsonb_build_array(
    e.tenant_id, e.id, (extract(epoch from e.recorded_at) * 1000000)::bigint, e.actor, e.request_id, e.operation,
    e.table_name, e.row_id, e.before, e.after)::text, 'UTF8'))
$$;

-- Definer rights: the runtime role may not write the trail itself, so it cannot forge or leave out an entry.
-- Argument: comma-separated columns that must not be copied (secrets, file bytes).
create function write_audit_event() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
  redacted text[] := string_to_array(coalesce(tg_argv[0], ''), ',');
  event public.audit_event;
  old_row jsonb;
  new_row jsonb;
begin
  if tg_op <> 'INSERT' then old_row := to_jsonb(old) - redacted; end if;
  if tg_op <> 'DELETE' then new_row := to_jsonb(new) - redacted; end if;
  if old_row = new_row then return null; end if;
  event.tenant_id := coalesce(new_row, old_row) ->> 'tenant_id';
  event.id := gen_random_uuid();
  event.recorded_at := clock_timestamp();
  event.actor := coalesce(nullif(current_setting('app.actor', true), ''), 'database:' || session_user);
  event.request_id := coalesce(nullif(current_setting('app.request_id', true), ''), '-');
  event.operation := lower(tg_op);
  event.table_name := tg_table_name;
  event.row_id := coalesce(new_row, old_row) ->> 'id';
  event.before := old_row;
  event.after := new_row;
  insert into public.audit_event
    (tenant_id, id, recorded_at, actor, request_id, operation, table_name, row_id, before, after, digest)
  values (event.tenant_id, event.id, event.recorded_at, event.actor, event.request_id, event.operation,
          event.table_name, event.row_id, event.before, event.after, public.audit_digest(event));
  return null;
end $$;

create function refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  raise exception '% is append-only: % refused', tg_table_name, lower(tg_op)
    using errcode = 'integrity_constraint_violation';
end $$;

create procedure make_append_only(relation regclass)
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  execute format('create trigger append_only before update or delete on %s for each row execute function public.refuse_change()', relation);
  execute format('create trigger append_only_truncate before truncate on %s execute function public.refuse_change()', relation);
end $$;

-- One call gives a tenant table all it must have: row security, its policy, its audit trigger, the runtime role's rights.
-- `rights` is a list such as 'select, insert, update'; `redacted` names columns that the trail must not copy;
-- audited => false is for tables that are a trail themselves.
create procedure guard_table(relation regclass, rights text, redacted text default '', audited boolean default true)
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  execute format('alter table %s enable row level security', relation);
  execute format('create policy tenant_rows on %s using (tenant_id = (select public.app_tenant())) with check (tenant_id = (select public.app_tenant()))', relation);
  execute format('revoke all on %s from public', relation);
  if rights <> '' then
    execute format('grant %s on %s to scopewright_app', rights, relation);
  end if;
  if audited then
    execute format('create trigger audit after insert or update or delete on %s for each row execute function public.write_audit_event(%L)', relation, redacted);
  end if;
end $$;

call make_append_only('audit_event');
call guard_table('audit_event', 'select', audited => false);

-- The practice is the tenant: its id and its tenant are one.
create table practice (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  legal_name text not null,
  registration_number text not null default '',
  address text not null default '',
  email text not null default '',
  phone text not null default '',
  country text not null check (country ~ '^[A-Z]{2}$'),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  locale text not null check (locale in ('en', 'da')),
  timezone text not null,
  assistant_name text not null default '',
  bank_account text not null default '',
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint practice_is_its_tenant check (tenant_id = id)
);
call distribute('practice');
call guard_table('practice', 'select, insert, update');

create table member (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  email text not null,
  role text not null check (role in ('owner', 'staff', 'assistant', 'accountant')),
  is_active boolean not null default true,
  oidc_issuer text,
  oidc_subject text,
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint member_email_once unique (tenant_id, email),
  constraint member_identity_once unique (tenant_id, oidc_issuer, oidc_subject)
);
call distribute('member');
alter table member add constraint member_practice foreign key (tenant_id, tenant_id) references practice (tenant_id, id) on delete restrict;
call guard_table('member', 'select, insert, update');

-- Only the SHA-256 of a token's secret is kept; the token itself is shown once.
create table api_token (
  tenant_id uuid not null,
  id uuid not null,
  member_id uuid not null,
  name text not null,
  secret_hash bytea not null check (length(secret_hash) = 32),
  expires_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null,
  primary key (tenant_id, id)
);
call distribute('api_token');
alter table api_token add constraint api_token_member foreign key (tenant_id, member_id) references member (tenant_id, id) on delete restrict;
create index api_token_member_id on api_token (tenant_id, member_id);
call guard_table('api_token', 'select, insert, update', redacted => 'secret_hash');

-- Same key and same input: the stored response, once. Same key and other input: refused. Rows are kept for good. The
-- twin of a request under way waits on this primary key.
create table idempotency_key (
  tenant_id uuid not null,
  id uuid not null,
  key text not null check (length(key) between 1 and 200),
  operation text not null,
  input_hash bytea not null check (length(input_hash) = 32),
  response jsonb,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  constraint idempotency_key_once unique (tenant_id, key)
);
call distribute('idempotency_key');

-- The claim is written first and its response once, in the same transaction.
create function refuse_second_response() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  if tg_op = 'UPDATE' and old.response is null and new.response is not null
     and (to_jsonb(new) - 'response') = (to_jsonb(old) - 'response') then
    return new;
  end if;
  raise exception 'idempotency_key is append-only: % refused', lower(tg_op)
    using errcode = 'integrity_constraint_violation';
end $$;
create trigger response_once before update or delete on idempotency_key for each row execute function refuse_second_response();
create trigger append_only_truncate before truncate on idempotency_key execute function refuse_change();
call guard_table('idempotency_key', 'select, insert, update', audited => false);

-- What leaves after commit. `data` is what the template needs; a link's secret is never in it, it is derived when the
-- message is written out.
create table outbox_message (
  tenant_id uuid not null,
  id uuid not null,
  kind text not null,
  recipient_name text not null default '',
  recipient_email text not null default '',
  locale text not null default 'en',
  data jsonb not null,
  status text not null check (status in ('pending', 'sent', 'failed')),
  attempts integer not null default 0,
  last_error text not null default '',
  due_at timestamptz not null,
  sent_at timestamptz,
  created_at timestamptz not null,
  primary key (tenant_id, id)
);
call distribute('outbox_message');
create index outbox_message_pending on outbox_message (tenant_id, due_at) where status = 'pending';
call guard_table('outbox_message', 'select, insert, update');
