"""The ASGI application: this file wires, and decides nothing.

`database()` has a PostgreSQL ready, embedded or outside, migrated, with the runtime role's address. `create_app()` puts the
routes together. Everything that needs a setting gets just that value here.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request

from db.embedded import EmbeddedServer
from db.engine import DB
from db.migrate import ensure_database, migrate
from db.unit_of_work import use_tenant_key
from schema.context import Context
from schema.graphiql import GraphiQL
from schema.root import served_schema
from schema.view import GraphQLEndpoint
from services import access
from services.actor import Actor
from services.gateways.clock import Clock, SystemClock
from services.gateways.telemetry.health import health_routes
from services.gateways.telemetry.metrics import Metrics
from services.gateways.telemetry.requests import RequestTelemetry, request_id_of
from settings import Settings

EMBEDDED_DATABASE = "scopewright"


@dataclass(frozen=True)
class Database:
    """Where the data is: the owner's address for migrations, the runtime role's for everything else."""

    owner_url: str
    runtime_url: str


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """A PostgreSQL that is up for the length of the block: DATABASE_URL's, or the embedded one in VAR_DIR.

    Raises `EmbeddedError` where the embedded one cannot start.
    """
    if settings.database_url is not None:
        yield Database(settings.database_url, settings.runtime_url(settings.database_url))
        return
    with EmbeddedServer(settings.var_dir / "postgres").running() as server:
        asyncio.run(ensure_database(server.admin_dsn(), EMBEDDED_DATABASE))
        owner_url = server.admin_dsn(EMBEDDED_DATABASE)
        yield Database(owner_url, settings.runtime_url(owner_url))


def bring_up_to_date(settings: Settings, where: Database) -> list[str]:
    """Run what migrations there are; answers their names."""
    return asyncio.run(
        migrate(
            where.owner_url,
            tenant_key=settings.derived_key("tenant"),
            runtime_password=settings.runtime_password,
        )
    )


def install_keys(settings: Settings) -> None:
    """Hand out the keys that are derived from the one secret."""
    use_tenant_key(settings.derived_key("tenant"))


async def _database_answers() -> None:
    assert DB.pool is not None
    await DB.pool.fetchval("select 1")


def create_app(
    settings: Settings, runtime_url: str | None, *, clock: Clock | None = None
) -> Starlette:
    """The whole application. With `runtime_url` the pool is opened and closed with the server; without it the caller has
    opened one."""
    clock = clock or SystemClock()
    metrics = Metrics()
    install_keys(settings)

    async def context(request: Request) -> Context:
        return Context(await _asker(request, clock), clock.now(), settings.base_url)

    endpoint = GraphQLEndpoint(
        served_schema(production=settings.environment == "production"),
        context,
        debug=settings.environment == "development",
        graphiql=GraphiQL(),
    )

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        if runtime_url is not None:
            await DB.open(runtime_url, pool_size=settings.pool_size)
        yield
        if runtime_url is not None:
            await DB.close()

    return Starlette(
        routes=[
            *endpoint.routes(),
            *health_routes({"database": _database_answers}, metrics if settings.metrics else None),
        ],
        middleware=[Middleware(RequestTelemetry, metrics=metrics)],
        lifespan=lifespan,
    )


async def _asker(request: Request, clock: Clock) -> Actor | None:
    """Whoever the request's bearer token speaks for; None without one. Raises `Unauthenticated`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not token:
        return None
    if scheme.lower() != "bearer":
        raise access.Unauthenticated("Send a token: Authorization: Bearer sw_…")
    return await access.authenticate(
        token.strip(),
        now=clock.now(),
        request_id=request_id_of(request.scope),
        ip=request.client.host if request.client else "",
        user_agent=request.headers.get("user-agent", "")[:300],
    )
