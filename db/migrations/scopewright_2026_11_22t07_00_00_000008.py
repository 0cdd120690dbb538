"""Calendars of items, part time, maximal lags."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.migrate import sql_migration

ID = "2026-11-22T07:00:00:000008"
VERSION = "1.38.0"
DESCRIPTION = "item calendars"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, "0008_item_calendars.sql")
