-- Recomputes the books of a practice from their postings and names whatever does not agree, the earliest entry first; no row
-- means that they are sound. Invoker rights: it sees what the caller may see. Its snapshot is one statement's.
--
-- An entry is held against what was closed when it was made: the closings since the last reopening before it, and what that
-- reopening left closed. What was entered while a period stood open again is sound; ledger_reopened_entries() lists it.
create or replace function ledger_verify(p_tenant uuid) returns table (seq bigint, problem text, detail text)
language sql stable set search_path = pg_catalog, public, pg_temp
as $$
  with journals as (
    select j, j.id, j.seq, j.previous_hash, j.hash, j.recorded_at, j.effective_date, j.reversal_of,
           lag(j.seq, 1, 0::bigint) over chain as seq_before,
           lag(j.hash, 1, ledger_genesis(p_tenant)) over chain as hash_before,
           lag(j.recorded_at) over chain as recorded_before
      from ledger_journal j where j.tenant_id = p_tenant
    window chain as (order by j.seq)
  ), postings as (
    select p.*, a.currency as account_currency, ledger_posting_content(a, p.position, p.amount_minor) as content,
           row_number() over recorded as version_due, sum(p.amount_minor) over recorded as balance_due
      from ledger_posting p join ledger_account a on a.tenant_id = p.tenant_id and a.id = p.account_id
     where p.tenant_id = p_tenant
    window recorded as (partition by p.account_id order by p.account_version)
  ), contents as (
    select p.journal_id, count(*) as postings, jsonb_agg(p.content order by p.position) as content,
           jsonb_agg(jsonb_build_array(p.account_id, p.amount_minor) order by p.position) as said,
           jsonb_agg(jsonb_build_array(p.account_id, -p.amount_minor) order by p.position) as negated
      from postings p group by p.journal_id
  ), days as (
    select p.account_id, p.effective_date, sum(sum(p.amount_minor)) over (partition by p.account_id order by p.effective_date) as balance
      from postings p group by p.account_id, p.effective_date
  ), head as (
    select h.* from ledger_head h where h.tenant_id = p_tenant and h.id = p_tenant
  ), epochs as (
    -- Number 0 is the time before the first reopening. ended_through is what was closed when the epoch ended.
    select e.number, e.closed_through_before, e.closed_through, e.last_seq,
           greatest(e.closed_through, (select max(c.closed_through) from ledger_closing c
                                        where c.tenant_id = p_tenant and c.reopenings_before = e.number)) as ended_through
      from (select 0 as number, null::date as closed_through_before, null::date as closed_through, -1::bigint as last_seq
            union all
            select r.number, r.closed_through_before, r.closed_through, r.last_seq
              from ledger_reopening r where r.tenant_id = p_tenant) e
  ), found (seq, problem, detail) as (
    select j.seq, 'SEQUENCE', 'the entry before has number ' || j.seq_before from journals j where j.seq <> j.seq_before + 1
    union all
    select j.seq, 'CHAIN', 'its previous hash is not the hash of the entry before' from journals j where j.previous_hash <> j.hash_before
    union all
    select j.seq, 'HASH', 'its content does not give its hash' from journals j left join contents c on c.journal_id = j.id
     where ledger_hash(j.j, coalesce(c.content, '[]')) <> j.hash
    union all
    select j.seq, 'POSTINGS', 'it has fewer than two postings' from journals j left join contents c on c.journal_id = j.id
     where coalesce(c.postings, 0) < 2
    union all
    select p.journal_seq, 'UNBALANCED', p.currency || ' sums to ' || sum(p.amount_minor)
      from postings p group by p.journal_seq, p.journal_id, p.currency having sum(p.amount_minor) <> 0
    union all
    select j.seq, 'RECORDED_AT', 'it was recorded before the entry before' from journals j where j.recorded_at < j.recorded_before
    union all
    select j.seq, 'REVERSAL', 'it does not negate the entry that it reverses'
      from journals j left join contents c on c.journal_id = j.id left join contents o on o.journal_id = j.reversal_of
     where j.reversal_of is not null and c.said is distinct from o.negated
    union all
    select p.journal_seq, 'POSTING', format('posting %s does not carry the number, date or currency of its entry and account', p.position)
      from postings p left join journals j on j.id = p.journal_id
     where (p.journal_seq, p.effective_date, p.currency) is distinct from (j.seq, j.effective_date, p.account_currency)
    union all
    select p.journal_seq, 'RUNNING_BALANCE', format('posting %s: version %s, balance %s; due are %s and %s', p.position, p.account_version, p.balance_minor, p.version_due, p.balance_due)
      from postings p where (p.account_version, p.balance_minor) is distinct from (p.version_due, p.balance_due)
    union all
    select null, 'ACCOUNT_BALANCE', format('account %s: version %s, balance %s; due are %s and %s', a.id, a.version, a.balance_minor, count(p.id), coalesce(sum(p.amount_minor), 0))
      from ledger_account a left join ledger_posting p on p.tenant_id = p_tenant and p.account_id = a.id
     where a.tenant_id = p_tenant
     group by a.id, a.version, a.balance_minor having a.version <> count(p.id) or a.balance_minor <> coalesce(sum(p.amount_minor), 0)
    union all
    select null, 'DAY_BALANCE', format('account %s on %s: balance %s; due is %s', coalesce(d.account_id, e.account_id), coalesce(d.effective_date, e.effective_date), d.balance_minor, e.balance)
      from (select * from ledger_day_balance d where d.tenant_id = p_tenant) d
      full join days e on e.account_id = d.account_id and e.effective_date = d.effective_date
     where d.balance_minor is distinct from e.balance
    union all
    select null, 'FLOOR', format('account %s on %s is below its floor', a.id, e.effective_date)
      from days e join ledger_account a on a.tenant_id = p_tenant and a.id = e.account_id
     where a.normal_sign * e.balance < a.floor_minor
    union all
    select null, 'FLOOR', format('account %s on %s carries another floor', a.id, d.effective_date)
      from ledger_day_balance d join ledger_account a on a.tenant_id = p_tenant and a.id = d.account_id
     where d.tenant_id = p_tenant and (d.normal_sign, d.floor_minor) is distinct from (a.normal_sign, a.floor_minor)
    union all
    select h.last_seq, 'HEAD', 'the head does not stand at the last entry'
      from head h
      left join lateral (select j.seq, j.hash from journals j order by j.seq desc limit 1) last on true
     where (h.last_seq, h.last_hash) is distinct from (coalesce(last.seq, 0), coalesce(last.hash, ledger_genesis(p_tenant)))
    union all
    select null, 'HEAD', 'there are entries and no head' where not exists (select from head) and exists (select from journals)
    union all
    select c.last_seq, 'CLOSING', 'the chain is not the one that was closed through ' || to_char(c.closed_through, 'YYYY-MM-DD')
      from ledger_closing c left join journals j on j.seq = c.last_seq
     where c.tenant_id = p_tenant and c.last_hash is distinct from case when c.last_seq = 0 then ledger_genesis(p_tenant) else j.hash end
    union all
    select r.last_seq, 'REOPENING', 'the chain is not the one that was reopened on number ' || r.number
      from ledger_reopening r left join journals j on j.seq = r.last_seq
     where r.tenant_id = p_tenant and r.last_hash is distinct from case when r.last_seq = 0 then ledger_genesis(p_tenant) else j.hash end
    union all
    select r.last_seq, 'REOPENING', format('number %s does not open what was closed before it', r.number)
      from epochs r join epochs b on b.number = r.number - 1
     where r.closed_through_before is distinct from b.ended_through
    union all
    select null, 'REOPENING', 'the numbers of the reopenings have a gap' from epochs e having count(*) <> max(e.number) + 1
    union all
    select j.seq, 'CLOSED_PERIOD', 'it counts from a date closed before it was made'
      from journals j
      join lateral (select e.number, e.closed_through from epochs e where e.last_seq < j.seq order by e.number desc limit 1) e on true
     where j.effective_date <= e.closed_through
        or exists (select from ledger_closing c where c.tenant_id = p_tenant and c.reopenings_before = e.number
                     and c.last_seq < j.seq and c.closed_through >= j.effective_date)
    union all
    select null, 'CLOSING', 'the head is not closed through the last closing'
      from head h where h.closed_through is distinct from (select e.ended_through from epochs e order by e.number desc limit 1)
  )
  select f.seq, f.problem, f.detail from found f order by f.seq nulls last, f.problem, f.detail
$$;
revoke all on function ledger_verify from public;
grant execute on function ledger_verify to scopewright_app;

-- Entries that count from a date which had been closed before they were made, each with the reopening that let them in.
create function ledger_reopened_entries(p_tenant uuid) returns table (reopening_id uuid, reopening_number integer, journal_id uuid, seq bigint)
language sql stable set search_path = pg_catalog, public, pg_temp
as $$
  select r.id, r.number, j.id, j.seq
    from ledger_reopening r
    join ledger_journal j on j.tenant_id = r.tenant_id and j.seq > r.last_seq
     and j.effective_date <= r.closed_through_before and (r.closed_through is null or j.effective_date > r.closed_through)
     and not exists (select from ledger_reopening n where n.tenant_id = p_tenant and n.number > r.number and n.last_seq < j.seq
                       and j.effective_date <= n.closed_through_before and (n.closed_through is null or j.effective_date > n.closed_through))
   where r.tenant_id = p_tenant and j.tenant_id = p_tenant
   order by r.number, j.seq
$$;
revoke all on function ledger_reopened_entries from public;
grant execute on function ledger_reopened_entries to scopewright_app;
