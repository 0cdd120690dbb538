"""Deliveries, the client's word on them, and acceptance by silence."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.migrate import sql_migration

ID = "2026-11-22T07:00:00:000009"
VERSION = "1.38.0"
DESCRIPTION = "deliveries"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, "0009_deliveries.sql")
