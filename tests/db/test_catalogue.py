"""One walk over every table of the real database: nothing may lack its tenant, its policy, its trail or its index."""

import asyncpg
import pytest

from db.piccolo_app import APP_CONFIG

PUBLIC_TABLES = """
    select c.oid, c.relname as name, c.relrowsecurity as row_security
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relname <> all($1)
    order by 1
"""
NOT_A_TENANTS = ["migration", "tenant_key"]
OWN_TRAIL = {
    "audit_event", "idempotency_key", "envelope_event", "ledger_head", "ledger_journal", "ledger_posting",
    "ledger_day_balance", "ledger_account", "ledger_closing",
}  # fmt: skip

PICCOLO_TYPES = {
    "uuid": "uuid", "text": "text", "integer": "integer", "bigint": "bigint", "boolean": "boolean", "bytea": "bytea",
    "jsonb": "jsonb", "date": "date", "timestamptz": "timestamp with time zone",
    "timestamp with time zone": "timestamp with time zone", "numeric": "numeric", "real": "real",
    "smallint": "smallint", "serial": "integer", "bigserial": "bigint", "array": "ARRAY",
}  # fmt: skip


async def test_every_table_has_row_security_and_one_policy_on_its_tenant(
    owner_connection: asyncpg.Connection,
) -> None:
    tables = await owner_connection.fetch(PUBLIC_TABLES, NOT_A_TENANTS)
    assert len(tables) > 5
    for table in tables:
        policies = await owner_connection.fetch(
            "select pg_get_expr(polqual, polrelid) as reads, pg_get_expr(polwithcheck, polrelid) as writes, polcmd "
            "from pg_policy where polrelid = $1",
            table["oid"],
        )
        assert table["row_security"], table["name"]
        assert [(p["reads"], p["writes"]) for p in policies] == [
            ("(tenant_id = ( SELECT app_tenant() AS app_tenant))",) * 2
        ], table["name"]


async def test_every_key_begins_with_the_tenant(owner_connection: asyncpg.Connection) -> None:
    tables = await owner_connection.fetch(PUBLIC_TABLES, NOT_A_TENANTS)
    for table in tables:
        keys = await owner_connection.fetch(
            """
            select i.relname, x.indisprimary, array_agg(a.attname order by k.n) as columns
            from pg_index x join pg_class i on i.oid = x.indexrelid
            cross join unnest(x.indkey::int[]) with ordinality k(att, n)
            left join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.att
            where x.indrelid = $1 and (x.indisunique or x.indisexclusion) group by 1, 2
            """,
            table["oid"],
        )
        assert any(k["indisprimary"] for k in keys), table["name"]
        assert {k["relname"]: k["columns"][0] for k in keys if k["columns"][0] != "tenant_id"} == {}


async def test_every_foreign_key_carries_the_tenant_and_restricts_and_has_an_index(
    owner_connection: asyncpg.Connection,
) -> None:
    keys = await owner_connection.fetch(
        """
        select c.conname, c.conrelid, c.confdeltype, c.confupdtype, c.convalidated, c.conkey,
               array(select attname from unnest(c.conkey) with ordinality u(att, n)
                     join pg_attribute a on a.attrelid = c.conrelid and a.attnum = u.att order by n) as columns,
               array(select attname from unnest(c.confkey) with ordinality u(att, n)
                     join pg_attribute a on a.attrelid = c.confrelid and a.attnum = u.att order by n) as targets
        from pg_constraint c where c.contype = 'f' and c.connamespace = 'public'::regnamespace
        """
    )
    assert keys
    for key in keys:
        name = key["conname"]
        assert key["columns"][0] == "tenant_id", name
        assert key["targets"][0] == "tenant_id", name
        assert key["confdeltype"] in (b"r", b"a"), name
        assert key["confupdtype"] == b"a", name
    missing = await owner_connection.fetch(
        """
        select c.conrelid::regclass::text || '.' || c.conname as name from pg_constraint c
        where c.contype = 'f' and c.connamespace = 'public'::regnamespace
          and c.confrelid not in ('practice'::regclass, 'ledger_head'::regclass)  -- one row for each tenant
          and not exists (
            select from pg_index x where x.indrelid = c.conrelid
              -- the tenant and one more column of the key lead the index: enough to find the few rows
              and (x.indkey::int2[])[0:1] <@ c.conkey
              and (cardinality(c.conkey) < 2 or (x.indkey::int2[])[0] = (c.conkey)[1]))
        """
    )
    assert " ".join(m["name"] for m in missing) == ""


async def test_every_table_is_audited_or_is_a_trail_itself(
    owner_connection: asyncpg.Connection,
) -> None:
    audited = {
        r["name"]
        for r in await owner_connection.fetch(
            """
            select c.relname as name from pg_trigger t join pg_class c on c.oid = t.tgrelid
            where t.tgname = 'audit' and t.tgenabled = 'O'
              and t.tgtype & 28 = 28  -- insert, delete and update
            """
        )
    }
    tables = {r["name"] for r in await owner_connection.fetch(PUBLIC_TABLES, NOT_A_TENANTS)}
    assert tables - audited - OWN_TRAIL == set()


async def test_every_definer_function_pins_its_path_and_is_closed_to_the_public(
    owner_connection: asyncpg.Connection,
) -> None:
    functions = await owner_connection.fetch(
        "select oid::regprocedure::text as name, proconfig from pg_proc where prosecdef and pronamespace = 'public'::regnamespace"
    )
    assert functions
    for function in functions:
        settings = function["proconfig"] or []
        assert any(s.startswith("search_path=") and "pg_temp" in s for s in settings), function[
            "name"
        ]


async def test_the_runtime_role_owns_nothing_and_cannot_pass_row_security(
    owner_connection: asyncpg.Connection, database: None
) -> None:
    role = await owner_connection.fetchrow(
        "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = 'scopewright_app'"
    )
    assert role is not None
    assert not any(role.values())
    owned = await owner_connection.fetchval(
        "select count(*) from pg_class where relowner = 'scopewright_app'::regrole"
    )
    assert owned == 0
    truncatable = await owner_connection.fetch(
        """
        select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
          and (has_table_privilege('scopewright_app', c.oid, 'TRUNCATE')
               or has_table_privilege('scopewright_app', c.oid, 'REFERENCES'))
        """
    )
    assert truncatable == []


@pytest.mark.parametrize("table", APP_CONFIG.table_classes, ids=lambda t: t._meta.tablename)
async def test_piccolo_and_the_database_agree_on(
    table: type, owner_connection: asyncpg.Connection
) -> None:
    rows = await owner_connection.fetch(
        """
        select column_name, data_type, is_nullable = 'YES' as nullable
        from information_schema.columns where table_schema = 'public' and table_name = $1
        """,
        table._meta.tablename,
    )
    real = {r["column_name"]: (r["data_type"], r["nullable"]) for r in rows}
    told = {
        c._meta.db_column_name: (
            PICCOLO_TYPES[
                "array" if "[]" in c.column_type else c.column_type.split("(")[0].lower()
            ],
            c._meta.null,
        )
        for c in table._meta.columns
    }
    assert told == real


async def test_every_tenant_table_has_a_piccolo_class(owner_connection: asyncpg.Connection) -> None:
    tables = {r["name"] for r in await owner_connection.fetch(PUBLIC_TABLES, NOT_A_TENANTS)}
    assert tables - {t._meta.tablename for t in APP_CONFIG.table_classes} == set()
