"""What becomes of change orders beside a yes and a no, and who signs them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.migrate import sql_migration

ID = "2026-11-22T07:00:00:000010"
VERSION = "1.38.0"
DESCRIPTION = "change order life"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, "0010_change_order_life.sql")
