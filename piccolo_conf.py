"""Where Piccolo looks for its engine and its app; the connection itself is opened by `app.py` and `cli.py`."""

from piccolo.conf.apps import AppRegistry

from db.engine import DB

APP_REGISTRY = AppRegistry(apps=["db.piccolo_app"])

__all__ = ["APP_REGISTRY", "DB"]
