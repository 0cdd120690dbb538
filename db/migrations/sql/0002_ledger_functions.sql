-- The only writers of the ledger. They run with the rights of the tables' owner, whom row security does not hold, so each
-- statement names the tenant, and each function first makes sure that the tenant is the caller's own.
--
-- A refusal has SQLSTATE LG001 and a message `CODE: sentence`; DETAIL is a JSON object of the figures behind it.

create function ledger_refuse(code text, sentence text, figures jsonb default '{}') returns void
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  raise exception '%: %', code, sentence using errcode = 'LG001', detail = figures::text;
end $$;

create function ledger_require_tenant(p_tenant uuid) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  if p_tenant is null or p_tenant is distinct from app_tenant() then
    raise exception 'the ledger of another tenant' using errcode = 'insufficient_privilege';
  end if;
end $$;

-- What the first entry of a practice follows.
create function ledger_genesis(p_tenant uuid) returns bytea
language sql immutable set search_path = pg_catalog, public, pg_temp
as $$ select sha256(convert_to('ledger:' || p_tenant::text, 'UTF8')) $$;

-- The lock that everything in the ledger begins with. Always taken before any account.
create function ledger_lock_head(p_tenant uuid) returns ledger_head
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  head ledger_head;
begin
  select * into head from ledger_head h where h.tenant_id = p_tenant and h.id = p_tenant for no key update;
  if not found then
    insert into ledger_head (tenant_id, id, last_seq, last_hash)
    values (p_tenant, p_tenant, 0, ledger_genesis(p_tenant)) on conflict (tenant_id, id) do nothing;
    select * into head from ledger_head h where h.tenant_id = p_tenant and h.id = p_tenant for no key update;
  end if;
  return head;
end $$;

-- One posting as it enters the hash: with what its account is and whose, so that a change of the account shows as well.
create function ledger_posting_content(a ledger_account, p_position bigint, p_amount bigint) returns jsonb
language sql immutable set search_path = pg_catalog, public, pg_temp
as $$
  select jsonb_build_array(p_position, p_amount, a.currency, a.id, a.code, a.kind, a.subject_kind, a.subject_id, a.client_id, a.floor_minor)
$$;

-- SHA-256 of the previous hash and the entry's content: a JSON array, its parts separated by comma and blank, in UTF-8. The
-- previous hash is part of it in hexadecimal.
create function ledger_hash(j ledger_journal, p_postings jsonb) returns bytea
language sql immutable set search_path = pg_catalog, public, pg_temp
as $$
  select sha256(convert_to(jsonb_build_array(
    encode(j.previous_hash, 'hex'), j.tenant_id, j.id, j.seq, to_char(j.effective_date, 'YYYY-MM-DD'),
    (extract(epoch from j.recorded_at) * 1000000)::bigint, (extract(epoch from j.written_at) * 1000000)::bigint,
    j.kind, j.description, j.source_kind, j.source_id, j.reversal_of, j.actor, j.request_id, p_postings)::text, 'UTF8'))
$$;

-- The net: at commit every journal has two postings or more, and each currency sums to zero. Definer rights, because a
-- transaction that changed its tenant before COMMIT would otherwise hide the rows from it.
create function ledger_check_balanced() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
  journal uuid := case when tg_table_name = 'ledger_journal' then to_jsonb(new) ->> 'id' else to_jsonb(new) ->> 'journal_id' end;
begin
  perform 1 from ledger_posting p where p.tenant_id = new.tenant_id and p.journal_id = journal having count(*) >= 2;
  if not found then
    perform ledger_refuse('UNBALANCED', 'an entry has two postings or more');
  end if;
  perform 1 from ledger_posting p where p.tenant_id = new.tenant_id and p.journal_id = journal
   group by p.currency having sum(p.amount_minor) <> 0;
  if found then
    perform ledger_refuse('UNBALANCED', 'the postings of a currency do not sum to zero');
  end if;
  return null;
end $$;
create constraint trigger balanced after insert on ledger_journal deferrable initially deferred
  for each row execute function ledger_check_balanced();
create constraint trigger balanced after insert on ledger_posting deferrable initially deferred
  for each row execute function ledger_check_balanced();

-- Opens an account, or answers the one that is there: one per code, currency and subject. p_id is used if it is new.
create function open_ledger_account(
  p_tenant uuid, p_id uuid, p_code text, p_kind text, p_name text, p_currency text, p_subject_kind text, p_subject_id uuid,
  p_client_id uuid, p_floor_minor bigint, p_created_at timestamptz) returns ledger_account
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
  account ledger_account;
begin
  perform ledger_require_tenant(p_tenant);
  -- The head first: otherwise two that open and post in different order would wait for each other.
  perform ledger_lock_head(p_tenant);
  insert into ledger_account (tenant_id, id, code, kind, name, currency, subject_kind, subject_id, client_id, normal_sign, floor_minor, created_at)
  values (p_tenant, p_id, p_code, p_kind, p_name, p_currency, p_subject_kind, p_subject_id, p_client_id,
          case when p_kind in ('asset', 'contra_income', 'expense') then 1 else -1 end, p_floor_minor, p_created_at)
  on conflict (tenant_id, code, currency, subject_kind, subject_id) do nothing;
  select * into strict account from ledger_account a
   where a.tenant_id = p_tenant and a.code = p_code and a.currency = p_currency
     and a.subject_kind = p_subject_kind and a.subject_id = p_subject_id;
  return account;
end $$;

-- Posts one entry: p_accounts, p_currencies and p_amounts (debit positive) are its postings in order. Answers the journal.
create function post_journal(
  p_tenant uuid, p_id uuid, p_effective_date date, p_recorded_at timestamptz, p_kind text, p_description text,
  p_source_kind text, p_source_id uuid, p_reversal_of uuid, p_accounts uuid[], p_currencies text[], p_amounts bigint[])
returns ledger_journal
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
  head ledger_head;
  account ledger_account;
  journal ledger_journal;
  original ledger_journal;
  postings jsonb;
  line record;
  change bigint;
  lines bigint;
  base bigint;
  short record;
  locked integer := 0;
begin
  perform ledger_require_tenant(p_tenant);
  if coalesce(cardinality(p_accounts), 0) < 2 then
    perform ledger_refuse('UNBALANCED', 'an entry has two postings or more');
  end if;
  if cardinality(p_accounts) > 1000 or cardinality(p_accounts) is distinct from cardinality(p_amounts)
     or cardinality(p_accounts) is distinct from cardinality(p_currencies)
     or array_position(p_accounts, null) is not null or array_position(p_amounts, null) is not null
     or array_position(p_currencies, null) is not null or p_recorded_at is null then
    perform ledger_refuse('ENTRY_INVALID', 'every posting has an account, a currency and an amount, and there are at most 1000');
  end if;
  if 0 = any(p_amounts) then
    perform ledger_refuse('AMOUNT_INVALID', 'a posting of zero says nothing');
  end if;
  if exists (select from unnest(p_amounts) amount where amount not between -1000000000000000 and 1000000000000000) then
    perform ledger_refuse('AMOUNT_TOO_LARGE', 'the amount is too large');
  end if;
  select l.currency, sum(l.amount) as difference into line
    from unnest(p_currencies, p_amounts) as l (currency, amount)
   group by l.currency having sum(l.amount) <> 0 order by l.currency limit 1;
  if found then
    perform ledger_refuse('UNBALANCED', format('the postings in %s differ by %s minor units', line.currency, line.difference),
      jsonb_build_object('currency', line.currency, 'difference_minor', line.difference));
  end if;
  if p_effective_date is null or p_effective_date < date '2000-01-01'
     or p_effective_date > (p_recorded_at at time zone 'UTC')::date + 366 then
    perform ledger_refuse('EFFECTIVE_DATE_INVALID', 'an entry counts from a date between the year 2000 and a year ahead');
  end if;

  head := ledger_lock_head(p_tenant);
  if p_effective_date <= head.closed_through then
    perform ledger_refuse('PERIOD_CLOSED', format('the books are closed through %s', to_char(head.closed_through, 'YYYY-MM-DD')),
      jsonb_build_object('closed_through', to_char(head.closed_through, 'YYYY-MM-DD')));
  end if;

  postings := '[]';
  for account in
    select a.* from ledger_account a where a.tenant_id = p_tenant and a.id = any (p_accounts) order by a.id for no key update
  loop
    locked := locked + 1;
    if exists (select from unnest(p_accounts, p_currencies) as l (account_id, currency) where l.account_id = account.id and l.currency <> account.currency) then
      perform ledger_refuse('CURRENCY_MISMATCH', format('the account is kept in %s', account.currency),
        jsonb_build_object('account_id', account.id, 'currency', account.currency));
    end if;
    postings := postings || (
      select jsonb_agg(ledger_posting_content(account, l.position, l.amount))
        from unnest(p_accounts, p_amounts) with ordinality as l (account_id, amount, position) where l.account_id = account.id);
  end loop;
  if locked <> (select count(distinct a) from unnest(p_accounts) a) then
    perform ledger_refuse('NOT_FOUND', 'no account with this id');
  end if;
  select jsonb_agg(content order by (content -> 0)::bigint) into postings from jsonb_array_elements(postings) content;

  if p_reversal_of is not null then
    select j.* into original from ledger_journal j where j.tenant_id = p_tenant and j.id = p_reversal_of;
    if not found then
      perform ledger_refuse('NOT_FOUND', 'no entry with this id');
    end if;
    if exists (select from ledger_journal j where j.tenant_id = p_tenant and j.reversal_of = p_reversal_of) then
      perform ledger_refuse('ALREADY_REVERSED', 'this entry has been reversed');
    end if;
    if original.reversal_of is not null or p_effective_date < original.effective_date
       or p_accounts is distinct from (select array_agg(p.account_id order by p.position) from ledger_posting p where p.tenant_id = p_tenant and p.journal_id = p_reversal_of)
       or p_amounts is distinct from (select array_agg(-p.amount_minor order by p.position) from ledger_posting p where p.tenant_id = p_tenant and p.journal_id = p_reversal_of) then
      perform ledger_refuse('NOT_REVERSIBLE', 'a reversal negates an entry that is none itself, on its date or later');
    end if;
  elsif p_source_id is not null and exists (
    select from ledger_journal j where j.tenant_id = p_tenant and j.kind = p_kind and j.source_kind = p_source_kind
       and j.source_id = p_source_id and j.reversal_of is null) then
    perform ledger_refuse('ALREADY_POSTED', 'this has been entered in the books');
  end if;

  journal.tenant_id := p_tenant;
  journal.id := p_id;
  journal.seq := head.last_seq + 1;
  journal.effective_date := p_effective_date;
  journal.recorded_at := greatest(p_recorded_at, head.last_recorded_at);
  journal.written_at := clock_timestamp();
  journal.kind := p_kind;
  journal.description := p_description;
  journal.source_kind := p_source_kind;
  journal.source_id := p_source_id;
  journal.reversal_of := p_reversal_of;
  journal.actor := coalesce(nullif(current_setting('app.actor', true), ''), 'database:' || session_user);
  journal.request_id := coalesce(nullif(current_setting('app.request_id', true), ''), '-');
  journal.previous_hash := head.last_hash;
  journal.hash := ledger_hash(journal, postings);
  insert into ledger_journal select journal.*;

  insert into ledger_posting (tenant_id, id, journal_id, journal_seq, position, effective_date, account_id, currency, amount_minor, account_version, balance_minor)
  select p_tenant, gen_random_uuid(), p_id, journal.seq, l.position, p_effective_date, a.id, a.currency, l.amount,
         a.version + row_number() over running, (a.balance_minor + sum(l.amount) over running)::bigint
    from unnest(p_accounts, p_amounts) with ordinality as l (account_id, amount, position)
    join ledger_account a on a.tenant_id = p_tenant and a.id = l.account_id
  window running as (partition by a.id order by l.position);

  for account in
    select a.* from ledger_account a where a.tenant_id = p_tenant and a.id = any (p_accounts) order by a.id
  loop
    select sum(l.amount)::bigint, count(*) into change, lines from unnest(p_accounts, p_amounts) as l (account_id, amount) where l.account_id = account.id;
    select d.balance_minor into base from ledger_day_balance d
     where d.tenant_id = p_tenant and d.account_id = account.id and d.effective_date <= p_effective_date
     order by d.effective_date desc limit 1;
    base := coalesce(base, 0);
    -- The constraints on account and day refuse the same; this says when, and how much there is.
    if account.floor_minor is not null and account.normal_sign * change < 0 then
      select day.effective_date,
             min(account.normal_sign * day.balance_minor - account.floor_minor) over () as available into short
        from (select p_effective_date as effective_date, base as balance_minor
              union all
              select d.effective_date, d.balance_minor from ledger_day_balance d
               where d.tenant_id = p_tenant and d.account_id = account.id and d.effective_date > p_effective_date) day
       order by account.normal_sign * (day.balance_minor + change) >= account.floor_minor, day.effective_date limit 1;
      if short.available + account.normal_sign * change < 0 then
        perform ledger_refuse('INSUFFICIENT_FUNDS', format('on %s the account would fall below its floor', to_char(short.effective_date, 'YYYY-MM-DD')),
          jsonb_build_object('account_id', account.id, 'code', account.code, 'currency', account.currency,
            'date', to_char(short.effective_date, 'YYYY-MM-DD'), 'available_minor', short.available));
      end if;
    end if;
    insert into ledger_day_balance (tenant_id, id, account_id, effective_date, balance_minor, normal_sign, floor_minor)
    values (p_tenant, gen_random_uuid(), account.id, p_effective_date, base + change, account.normal_sign, account.floor_minor)
    on conflict (tenant_id, account_id, effective_date) do update set balance_minor = excluded.balance_minor;
    update ledger_day_balance d set balance_minor = d.balance_minor + change
     where d.tenant_id = p_tenant and d.account_id = account.id and d.effective_date > p_effective_date;
    update ledger_account a set balance_minor = a.balance_minor + change, version = a.version + lines
     where a.tenant_id = p_tenant and a.id = account.id;
  end loop;

  update ledger_head h set last_seq = journal.seq, last_hash = journal.hash, last_recorded_at = journal.recorded_at
   where h.tenant_id = p_tenant and h.id = p_tenant;
  return journal;
end $$;

-- Closes every date up to and including p_through, for good. p_through may be today's date anywhere on earth, not later.
create function close_ledger_period(p_tenant uuid, p_id uuid, p_through date, p_recorded_at timestamptz) returns void
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
  insert into ledger_closing (tenant_id, id, closed_through, recorded_at, actor, request_id, last_seq, last_hash)
  values (p_tenant, p_id, p_through, p_recorded_at, coalesce(nullif(current_setting('app.actor', true), ''), 'database:' || session_user),
          coalesce(nullif(current_setting('app.request_id', true), ''), '-'), head.last_seq, head.last_hash);
  update ledger_head h set closed_through = p_through where h.tenant_id = p_tenant and h.id = p_tenant;
end $$;

revoke all on function ledger_refuse, ledger_require_tenant, ledger_genesis, ledger_lock_head, ledger_posting_content, ledger_hash,
  ledger_check_balanced, open_ledger_account, post_journal, close_ledger_period from public;
grant execute on function open_ledger_account, post_journal, close_ledger_period, ledger_genesis, ledger_posting_content, ledger_hash
  to scopewright_app;
