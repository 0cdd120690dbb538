"""Clients, policies, documents and envelopes."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.migrate import sql_migration

ID = "2026-11-22T07:00:00:000003"
VERSION = "1.38.0"
DESCRIPTION = "clients and papers"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, "0003_clients_and_papers.sql")
