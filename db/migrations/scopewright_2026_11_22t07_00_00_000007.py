"""Whose papers have run out."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.migrate import sql_migration

ID = "2026-11-22T07:00:00:000007"
VERSION = "1.38.0"
DESCRIPTION = "sweep"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, "0007_sweep.sql")
