"""What every test may lean on: a real PostgreSQL, built by the migrations, a fresh database for each worker.

One throwaway cluster serves a whole test run. The first worker migrates a template database; each worker copies it, which
takes a tenth of a second. `SCOPEWRIGHT_TEST_ADMIN_DSN` puts the same tests on an outside PostgreSQL.
"""

import fcntl
import os
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest
import pytest_asyncio

from db.engine import DB
from db.migrate import ensure_database, migrate
from db.unit_of_work import use_tenant_key
from services import links
from services.gateways.clock import FixedClock
from settings import Settings

pytest_plugins = ["tests.left_out", "tests.einvoice_judge"]

SETTINGS = Settings(
    _env_file=None,
    secret_key="a secret for tests, known to everyone",
    public_url="http://testserver",
    database_url=None,
)
TENANT_KEY = SETTINGS.derived_key("tenant")
RUNTIME_PASSWORD = "known-to-every-test"


def with_database(dsn: str, name: str) -> str:
    """The same address with another database."""
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(path=f"/{name}"))


def as_runtime(dsn: str) -> str:
    """The same address as the runtime role."""
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"scopewright_app:{RUNTIME_PASSWORD}@{host}"))


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of one run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def cluster_dsn(shared_folder: Path) -> Iterator[str]:
    """The address of an administrator of the cluster under test."""
    outside = os.environ.get("SCOPEWRIGHT_TEST_ADMIN_DSN")
    if outside:
        yield outside
        return
    from db.embedded import EmbeddedServer

    server = EmbeddedServer(
        shared_folder / "pg", settings={"fsync": "off", "max_connections": "200"}
    )
    with server.running() as running:
        yield running.admin_dsn("postgres")


@pytest_asyncio.fixture(scope="session")
async def owner_dsn(cluster_dsn: str, shared_folder: Path) -> AsyncIterator[str]:
    """The owner's address of this worker's own fresh database."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    run = re.sub(r"\W", "", shared_folder.name)
    template, name = f"template_{run}_{os.getppid()}", f"test_{run}_{worker}_{os.getpid()}"
    with (shared_folder / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        await ensure_database(cluster_dsn, template)
        await migrate(
            with_database(cluster_dsn, template),
            tenant_key=TENANT_KEY,
            runtime_password=RUNTIME_PASSWORD,
        )
        admin = await asyncpg.connect(cluster_dsn)
        try:
            await admin.execute(f"create database {name} template {template}")
        finally:
            await admin.close()
    yield with_database(cluster_dsn, name)
    admin = await asyncpg.connect(cluster_dsn)
    try:
        await admin.execute(f"drop database {name} with (force)")
    finally:
        await admin.close()


@pytest.fixture(scope="session")
def runtime_dsn(owner_dsn: str) -> str:
    """The runtime role's address of this worker's database."""
    return as_runtime(owner_dsn)


@pytest_asyncio.fixture(scope="session")
async def database(runtime_dsn: str) -> AsyncIterator[None]:
    """The engine, open as the runtime role; ask for it in every test that uses services."""
    use_tenant_key(TENANT_KEY)
    links.use_link_key(SETTINGS.derived_key("links"))
    links.use_base_url(SETTINGS.base_url)
    await DB.open(runtime_dsn, pool_size=20)
    yield
    await DB.close()


@pytest.fixture
def clock() -> FixedClock:
    """The clock of the application under test; tests move it."""
    return FixedClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))


@pytest_asyncio.fixture
async def http(database: None, clock: FixedClock) -> AsyncIterator[httpx.AsyncClient]:
    """The whole application over HTTP, with the fixed clock."""
    from app import create_app

    application = create_app(SETTINGS, None, clock=clock)
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


@pytest_asyncio.fixture
async def owner_connection(owner_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that sees and may do everything: for looking at the truth, and for planting faults."""
    connection = await asyncpg.connect(owner_dsn)
    yield connection
    await connection.close()
