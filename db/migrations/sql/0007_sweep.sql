-- What runs out by itself. The worker must find overdue papers of all practices, but the runtime role sees one practice at a
-- time. So one definer function tells it whose turn it is: ids of practices and nothing else. What is overdue in each it
-- reads as that practice, under row security.

-- Open papers are few beside closed ones: the sweep reads these two small indexes, not the tables.
create index envelope_expiring on envelope (tenant_id, expires_at) where status in ('sent', 'viewed');

create function practices_with_overdue_papers(p_now timestamptz) returns setof uuid
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select e.tenant_id from public.envelope e where e.status in ('sent', 'viewed') and e.expires_at <= p_now
  union
  select c.tenant_id from public.change_order c where c.status = 'sent' and c.expires_at <= p_now
  order by 1
$$;
revoke execute on function practices_with_overdue_papers(timestamptz) from public;
grant execute on function practices_with_overdue_papers(timestamptz) to scopewright_app;
