"""Tenants, members, tokens, the audit trail, idempotency and the outbox."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.migrate import sql_migration

ID = "2026-11-22T07:00:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "tenants"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, "0001_tenants.sql")
