"""Payments on several invoices or on none, in another currency, sent back by the bank; bank statements and their matches."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.migrate import sql_migration

ID = "2026-11-22T07:00:00:000015"
VERSION = "1.38.0"
DESCRIPTION = "payments and bank statements"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, "0015_payments.sql", "0015_bank_statements.sql")
