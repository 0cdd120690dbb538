"""Engagements, scope versions, services contracts, change orders and acceptances."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.migrate import sql_migration

ID = "2026-11-22T07:00:00:000005"
VERSION = "1.38.0"
DESCRIPTION = "engagements"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, "0005_engagements.sql")
