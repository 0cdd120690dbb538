"""The accountant's desk: closed periods that reopen with a reason, reconciliations, opening balances."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.migrate import sql_migration

ID = "2026-11-22T07:00:00:000018"
VERSION = "1.38.0"
DESCRIPTION = "reopened periods, reconciliations and opening balances"


async def forwards() -> MigrationManager:
    return sql_migration(
        ID, DESCRIPTION, "0018_periods.sql", "0018_periods_verify.sql", "0018_books.sql"
    )
