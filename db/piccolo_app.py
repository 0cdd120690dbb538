"""Piccolo's view of the database: every Table class, and where the migrations are."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

_TABLES = sorted(
    f"db.tables.{path.stem}" for path in (Path(__file__).parent / "tables").glob("[a-z]*.py")
)

APP_CONFIG = AppConfig(
    app_name="scopewright",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=table_finder(modules=_TABLES),
    migration_dependencies=[],
    commands=[],
)
