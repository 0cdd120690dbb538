"""What is done and spent, and what raises an alert."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.migrate import sql_migration

ID = "2026-11-22T07:00:00:000011"
VERSION = "1.38.0"
DESCRIPTION = "progress"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, "0011_progress.sql")
