"""One transaction, one tenant.

A unit of work is the only way to the database. It takes a connection from the pool, begins, sets the tenant for just this
transaction, and commits at the end or rolls back whatever the way out. Two never nest: a service opens exactly one, and
passes it on to what helps it.

What it does not do: retry, decide on rights, or keep anything after it ends.
"""

import asyncio
import hashlib
import hmac
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import Token
from dataclasses import dataclass, field
from typing import Any, Literal, cast
from uuid import UUID

import asyncpg

from db.engine import DB

_UNSAFE = re.compile(r"[^A-Za-z0-9:._@-]")
_tenant_keys: list[bytes] = []


class NestedUnitOfWork(RuntimeError):
    """A unit of work was opened inside another: a bug in the caller."""


@dataclass(frozen=True)
class Scope:
    """Whose rows a unit of work may touch, and in whose name: what the audit trail writes down."""

    tenant_id: UUID
    actor: str
    request_id: str


@dataclass
class UnitOfWork:
    """An open transaction. `connection` is for statements that Piccolo cannot say; hold `lock` around them."""

    connection: Any
    scope: Scope
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def tenant_id(self) -> UUID:
        return self.scope.tenant_id

    async def fetch(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        """Rows of one statement."""
        async with self.lock:
            rows: list[asyncpg.Record] = await self.connection.fetch(sql, *args)
            return rows

    async def fetchrow(self, sql: str, *args: Any) -> asyncpg.Record | None:
        """The first row of one statement, or None."""
        async with self.lock:
            row: asyncpg.Record | None = await self.connection.fetchrow(sql, *args)
            return row

    async def fetchval(self, sql: str, *args: Any) -> Any:
        """The first value of the first row of one statement."""
        async with self.lock:
            return await self.connection.fetchval(sql, *args)

    async def execute(self, sql: str, *args: Any) -> str:
        """Run one statement; answers PostgreSQL's status, such as `UPDATE 1`."""
        async with self.lock:
            status: str = await self.connection.execute(sql, *args)
            return status


def use_tenant_key(key: bytes) -> None:
    """Set the key that signs tenant settings; the database holds its HMAC pads (see `db.migrate`)."""
    _tenant_keys[:] = [key]


def sign_tenant(tenant_id: UUID) -> str:
    """HMAC-SHA256 of the tenant's id, as `app_tenant()` checks it."""
    return hmac.new(_tenant_keys[0], str(tenant_id).encode(), hashlib.sha256).hexdigest()


@asynccontextmanager
async def unit_of_work(
    scope: Scope, *, mode: Literal["read write", "read only"] = "read write"
) -> AsyncIterator[UnitOfWork]:
    """Begin, set the tenant, yield, check deferred constraints, commit; roll back on any exception.

    Deferred constraints are checked by a statement before COMMIT, because an error raised by COMMIT itself would reach
    the caller as a failure of unknown outcome. Raises `NestedUnitOfWork` where one is open already, and whatever the
    database raises.
    """
    if DB.current_transaction.get() is not None:
        raise NestedUnitOfWork("a unit of work is open already")
    if DB.pool is None:
        raise RuntimeError("the database pool is not open")
    connection = await DB.pool.acquire()
    token: Token[Any] | None = None
    try:
        transaction = connection.transaction(
            isolation="read_committed" if mode == "read write" else "repeatable_read",
            readonly=mode == "read only",
        )
        await transaction.start()
        try:
            # Literals, because SET takes no parameters and set_config() does not reach Citus' workers.
            await connection.execute(
                f"set local app.tenant = '{scope.tenant_id!s}';"
                f"set local app.tenant_mac = '{sign_tenant(scope.tenant_id)}';"
                f"set local app.actor = '{_UNSAFE.sub('', scope.actor)[:200]}';"
                f"set local app.request_id = '{_UNSAFE.sub('', scope.request_id)[:100]}';"
            )
            work = UnitOfWork(connection, scope)
            # Piccolo asks no more of a transaction than its connection.
            token = DB.current_transaction.set(cast(Any, work))
            yield work
            if mode == "read write":
                await connection.execute("set constraints all immediate")
        except BaseException:
            if not connection.is_closed():
                await asyncio.shield(transaction.rollback())
            raise
        await transaction.commit()
    finally:
        if token is not None:
            DB.current_transaction.reset(token)
        await DB.pool.release(connection)


def read_only(scope: Scope) -> AbstractAsyncContextManager[UnitOfWork]:
    """A unit of work on one snapshot that cannot write."""
    return unit_of_work(scope, mode="read only")
