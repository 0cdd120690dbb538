"""The ledger: head, accounts, journals, postings, balances by day, closings, and the functions that alone may write them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.migrate import sql_migration

ID = "2026-11-22T07:00:00:000002"
VERSION = "1.38.0"
DESCRIPTION = "ledger"


async def forwards() -> MigrationManager:
    return sql_migration(
        ID, DESCRIPTION, "0002_ledger.sql", "0002_ledger_functions.sql", "0002_ledger_verify.sql"
    )
