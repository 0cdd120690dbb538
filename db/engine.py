"""The one Piccolo engine, hardened.

Piccolo lets a query run on any free connection, and lets a nested transaction join the outer one silently. Here a query
runs inside a unit of work (see `db.unit_of_work`) or not at all, so none can reach the database without its tenant, and
only one query of a transaction is under way at a time.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import asyncpg
from piccolo.engine.exceptions import TransactionError
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction
from piccolo.querystring import QueryString


class OutsideUnitOfWork(RuntimeError):
    """A query was awaited with no unit of work around it: a bug in the caller."""


class Engine(PostgresEngine):
    """Piccolo's PostgreSQL engine that refuses queries outside a unit of work."""

    def __init__(self) -> None:
        super().__init__(config={})
        self._migrating = False

    async def check_version(self) -> None:
        """Piccolo asks the server its version while it is imported; ours is not up by then. `doctor` checks it."""

    async def open(self, dsn: str, *, pool_size: int) -> None:
        """Open the pool of the runtime role.

        Raises `PermissionError` where the role could see past row security: start-up must not go on as an owner.
        """
        self.config = {
            "dsn": dsn,
            # Lets SET LOCAL reach the workers of a Citus coordinator; a plain PostgreSQL ignores it.
            "server_settings": {
                "citus.propagate_set_commands": "local",
                "application_name": "scopewright",
            },
        }
        self.pool = await asyncpg.create_pool(
            min_size=min(2, pool_size), max_size=pool_size, **self.config
        )
        async with self.pool.acquire() as connection:
            too_mighty = await connection.fetchval(
                """
                select rolsuper or rolbypassrls or exists (
                  select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                  where n.nspname = 'public' and c.relowner = r.oid)
                from pg_roles r where rolname = current_user
                """
            )
        if too_mighty:
            await self.close()
            raise PermissionError(
                "the runtime database role is a superuser, bypasses row security or owns tables; "
                "RUNTIME_DATABASE_URL must name a role that does none of these"
            )

    async def close(self) -> None:
        """Close the pool; waits ten seconds for transactions under way, and cuts off what is left."""
        if self.pool is not None:
            # Without an end to the wait, a connection that died and was never given back would hold up Ctrl-C for ever.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.pool.close(), timeout=10)
            self.pool = None

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Any:
        query, args = querystring.compile_string(engine_type=self.engine_type)
        return await self._fetch(query, args)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Any:
        return await self._fetch(ddl, ())

    async def _fetch(self, query: str, args: Sequence[Any]) -> Any:
        transaction = self.current_transaction.get()
        if transaction is None:
            if self._migrating:
                return await self._run_in_new_connection(query, args)
            raise OutsideUnitOfWork(query.split(maxsplit=1)[0])
        lock: asyncio.Lock | None = getattr(transaction, "lock", None)
        if lock is None:
            return await transaction.connection.fetch(query, *args)
        async with lock:
            return await transaction.connection.fetch(query, *args)

    def transaction(self, allow_nested: bool = True) -> PostgresTransaction:
        """Piccolo's own transaction, for migrations alone."""
        if not self._migrating:
            raise TransactionError("use db.unit_of_work, which sets the tenant")
        return super().transaction(allow_nested=allow_nested)


DB = Engine()
