"""The job queue, in a schema of its own: it holds ids only, never a practice's data."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.migrate import sql_migration

ID = "2026-11-22T07:00:00:000004"
VERSION = "1.38.0"
DESCRIPTION = "jobs"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, "0004_jobs.sql")
