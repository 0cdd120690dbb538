"""Late payers: the dunning ladder, charges for delay, suspension, the end of an engagement, collectors."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.migrate import sql_migration

ID = "2026-11-22T07:00:00:000016"
VERSION = "1.38.0"
DESCRIPTION = "dunning"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, "0016_dunning.sql")
