"""Every kind of retainer: tax on receipt, what is earned over time, transfers, closing."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.migrate import sql_migration

ID = "2026-11-22T07:00:00:000013"
VERSION = "1.38.0"
DESCRIPTION = "retainers of every kind"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, "0013_retainers.sql")
