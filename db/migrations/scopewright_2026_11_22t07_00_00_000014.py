"""Invoices from every source, series, vouchers, credit notes, write-offs, retention released."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.migrate import sql_migration

ID = "2026-11-22T07:00:00:000014"
VERSION = "1.38.0"
DESCRIPTION = "invoices from every source, credit notes and write-offs"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, "0014_invoices.sql", "0014_invoices_guards.sql")
