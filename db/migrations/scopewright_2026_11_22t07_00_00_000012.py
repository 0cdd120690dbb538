"""What change orders draw from the contingency."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.migrate import sql_migration

ID = "2026-11-22T07:00:00:000012"
VERSION = "1.38.0"
DESCRIPTION = "contingency draws"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, "0012_contingency_draws.sql")
