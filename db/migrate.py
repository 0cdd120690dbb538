"""Bring a database to the newest schema: Piccolo's runner, the whole run in one transaction under one advisory lock."""

import contextlib
import hashlib
import io
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.commands.forwards import run_forwards
from piccolo.apps.migrations.tables import Migration

from db.engine import DB

_LOCK = 0x5C09E
_SQL = Path(__file__).parent / "migrations" / "sql"


def sql_migration(migration_id: str, description: str, *files: str) -> MigrationManager:
    """A Piccolo migration that runs reviewed SQL files in order: composite keys, row security and triggers are beyond
    Piccolo's generator."""
    manager = MigrationManager(
        migration_id=migration_id, app_name="scopewright", description=description
    )

    async def run() -> None:
        transaction = DB.current_transaction.get()
        if transaction is None:
            raise RuntimeError("a migration runs inside migrate()")
        for name in files:
            await transaction.connection.execute((_SQL / name).read_text(encoding="utf-8"))

    manager.add_raw(run)
    return manager


async def migrate(owner_dsn: str, *, tenant_key: bytes, runtime_password: str | None) -> list[str]:
    """Run every migration that has not run; all of them or none. Answers the names of those that ran.

    Must not be called while the pool is open. Raises `PermissionError` where the runtime role is somebody else's. `tenant_key` signs tenant settings. `runtime_password` is given to the
    runtime role, unless it is None because somebody else manages that role. Raises what PostgreSQL raises.
    """
    if DB.pool is not None:
        raise RuntimeError("migrate before the pool is opened")
    DB.config, before = {"dsn": owner_dsn}, DB.config
    DB._migrating = True
    ran: list[str] = []
    try:
        async with DB.transaction(allow_nested=False) as transaction:
            connection = transaction.connection
            await connection.execute("set local lock_timeout = '60s'")
            await connection.execute("select pg_advisory_xact_lock($1)", _LOCK)
            had = await _names_that_ran(connection)
            with contextlib.redirect_stdout(io.StringIO()) as said:
                result = await run_forwards("scopewright")
            if not result.success:
                raise RuntimeError(said.getvalue())
            await _install_secrets(connection, tenant_key, runtime_password)
            ran = sorted(await _names_that_ran(connection) - had)
    finally:
        DB._migrating = False
        DB.config = before
    return ran


async def pending(connection: Any) -> list[str]:
    """Names of the migrations that this code knows and the database has not run."""
    folder = Path(__file__).parent / "migrations"
    known = {
        import_module(f"db.migrations.{path.stem}").ID for path in folder.glob("scopewright_*.py")
    }
    return sorted(known - await _names_that_ran(connection))


async def _names_that_ran(connection: Any) -> set[str]:
    if not await connection.fetchval("select to_regclass('public.migration') is not null"):
        return set()
    rows = await connection.fetch(f"select name from {Migration._meta.tablename}")  # noqa: S608
    return {row["name"] for row in rows}


async def _install_secrets(
    connection: Any, tenant_key: bytes, runtime_password: str | None
) -> None:
    """Store the HMAC pads of the tenant key (RFC 2104) and the runtime role's password."""
    block = (tenant_key if len(tenant_key) <= 64 else hashlib.sha256(tenant_key).digest()).ljust(
        64, b"\0"
    )
    await connection.execute(
        """
        insert into tenant_key (inner_pad, outer_pad) values ($1, $2)
        on conflict (one) do update set inner_pad = excluded.inner_pad, outer_pad = excluded.outer_pad
        """,
        bytes(b ^ 0x36 for b in block),
        bytes(b ^ 0x5C for b in block),
    )
    await connection.execute("grant select on migration to scopewright_app")
    if runtime_password is not None:
        if not re.fullmatch(r"[A-Za-z0-9_-]{16,200}", runtime_password):
            raise ValueError("the runtime password must be 16 or more letters, digits, - or _")
        try:
            await connection.execute(f"alter role scopewright_app password '{runtime_password}'")
        except asyncpg.InsufficientPrivilegeError:
            raise PermissionError(
                "the role scopewright_app is there, made by somebody else, and this role may not set its password: "
                "run `grant scopewright_app to <this role> with admin option` as whoever made it, or give that role a "
                "password yourself and set RUNTIME_DATABASE_URL"
            ) from None


async def ensure_database(admin_dsn: str, name: str) -> None:
    """Create the database `name` in UTF-8 unless it is there."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
        raise ValueError(f"not a database name: {name!r}")
    connection = await asyncpg.connect(admin_dsn)
    try:
        if not await connection.fetchval("select true from pg_database where datname = $1", name):
            with contextlib.suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
                await connection.execute(f"create database {name}")
    finally:
        await connection.close()
