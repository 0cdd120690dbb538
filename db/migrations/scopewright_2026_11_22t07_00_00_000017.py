"""Refunds by two people and in several attempts; endings, and the kill fee they cost."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.migrate import sql_migration

ID = "2026-11-22T07:00:00:000017"
VERSION = "1.38.0"
DESCRIPTION = "refunds and kill fees"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, "0017_refunds.sql")
