"""The ASGI application: this file wires, and decides nothing.

`database()` has a PostgreSQL ready, embedded or outside, migrated, with the runtime role's address. `create_app()` puts the
routes together. Everything that needs a setting gets just that value here.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from db.embedded import EmbeddedServer
from db.engine import DB
from db.migrate import ensure_database, migrate
from db.queries import jobs as job_queries
from db.unit_of_work import use_tenant_key
from portal.exports import routes as export_routes
from portal.routes import routes as portal_routes
from schema.context import Context
from schema.examples import EXAMPLES
from schema.graphiql import GraphiQL
from schema.root import sdl, served_schema
from schema.view import GraphQLEndpoint
from services import access, jobs, links, sweep
from services.actor import Actor
from services.gateways.clock import Clock, SystemClock
from services.gateways.email import EmailGateway, FileEmailGateway, Mailbox, SmtpEmailGateway
from services.gateways.oidc import InvalidToken, OidcVerifier
from services.gateways.telemetry.health import beat, health_routes
from services.gateways.telemetry.logs import log
from services.gateways.telemetry.metrics import Metrics
from services.gateways.telemetry.requests import RequestTelemetry, request_id_of
from settings import Settings

EMBEDDED_DATABASE = "scopewright"

SWEEP_EVERY = timedelta(seconds=60)
"""How often the worker looks for papers that have run out."""


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
    """Hand out the keys that are derived from the one secret, and what links begin with."""
    use_tenant_key(settings.derived_key("tenant"))
    links.use_link_key(settings.derived_key("links"))
    links.use_base_url(settings.base_url)
    links.use_signing_days(settings.link_days)


async def _database_answers() -> None:
    assert DB.pool is not None
    await DB.pool.fetchval("select 1")


async def _queue_depth() -> dict[str, int]:
    assert DB.pool is not None
    return await job_queries.depth(DB.pool)


def mailer(settings: Settings) -> jobs.Mailer:
    """Mail through SMTP_URL, or as files into VAR_DIR/mail."""
    gateway: EmailGateway = (
        SmtpEmailGateway(settings.smtp_url)
        if settings.smtp_url
        else FileEmailGateway(settings.mail_dir)
    )
    return jobs.Mailer(gateway, Mailbox.parse(settings.mail_from).address)


def create_app(
    settings: Settings,
    runtime_url: str | None,
    *,
    clock: Clock | None = None,
    with_worker: bool = False,
) -> Starlette:
    """The whole application.

    With `runtime_url` the pool, and the worker if asked for, live as long as the server; without it the caller has opened
    the pool.
    """
    clock = clock or SystemClock()
    metrics = Metrics(outbox_depth=_queue_depth)
    install_keys(settings)
    schema = served_schema(
        production=settings.environment == "production", observe=metrics.operation
    )
    oidc = _verifier(settings, clock)

    async def context(request: Request) -> Context:
        return Context(await _asker(request, clock, oidc, settings), clock.now(), settings.base_url)

    async def sdl_file(_request: Request) -> Response:
        return PlainTextResponse(sdl())

    endpoint = GraphQLEndpoint(
        schema,
        context,
        debug=settings.environment == "development",
        graphiql=GraphiQL(examples=EXAMPLES),
    )

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        if runtime_url is None:
            yield
            return
        await DB.open(runtime_url, pool_size=settings.pool_size)
        try:
            if with_worker:
                async with worker(settings, runtime_url, clock):
                    yield
            else:
                yield
        finally:
            await DB.close()

    return Starlette(
        routes=[
            *endpoint.routes(),
            Route("/schema.graphql", sdl_file),
            *export_routes(lambda request: _asker(request, clock, oidc, settings), clock),
            *portal_routes(clock),
            *health_routes({"database": _database_answers}, metrics if settings.metrics else None),
        ],
        middleware=[Middleware(RequestTelemetry, metrics=metrics)],
        lifespan=lifespan,
    )


@contextlib.asynccontextmanager
async def worker(settings: Settings, runtime_url: str, clock: Clock) -> AsyncIterator[None]:
    """The worker, at work for the length of the block: it sends mail and writes down what has run out.

    It ends what it has begun, for which it has ten seconds; what is cut off after them rolls back.
    """
    stop = asyncio.Event()
    beating = asyncio.create_task(beat(settings.var_dir / "worker.alive"))
    working = asyncio.gather(
        _keep_working(settings, runtime_url, clock, stop), _keep_sweeping(clock, stop)
    )
    try:
        yield
    finally:
        stop.set()
        beating.cancel()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(working, timeout=10)


async def _keep_working(
    settings: Settings, runtime_url: str, clock: Clock, stop: asyncio.Event
) -> None:
    """Run the worker, and start it again when the database went away under it."""
    while not stop.is_set():
        try:
            await jobs.run_worker(runtime_url, mailer(settings), clock, stop=stop)
        except Exception as error:
            # Whatever it was, mail must go out again once it has passed; a lost server has many faces in asyncpg.
            log("worker").warning("worker_failed", error=repr(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), timeout=2)


async def _keep_sweeping(clock: Clock, stop: asyncio.Event) -> None:
    """Write down what has run out, at once and then every minute, whatever went wrong the last time."""
    while not stop.is_set():
        try:
            await sweep.sweep(clock.now())
        except Exception as error:
            log("worker").warning("sweep_failed", error=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), timeout=SWEEP_EVERY.total_seconds())


def _verifier(settings: Settings, clock: Clock) -> OidcVerifier | None:
    if not (settings.oidc_issuer and settings.oidc_audience and settings.oidc_jwks_url):
        return None
    return OidcVerifier(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        jwks_url=settings.oidc_jwks_url,
        client=httpx.AsyncClient(timeout=10),
        clock=clock,
    )


async def _asker(
    request: Request, clock: Clock, oidc: OidcVerifier | None, settings: Settings
) -> Actor | None:
    """Whoever the request's bearer token speaks for; None without one. Raises `Unauthenticated`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if not token:
        return None
    if scheme.lower() != "bearer":
        raise access.Unauthenticated("Send a token: Authorization: Bearer sw_…")
    request_id = request_id_of(request.scope)
    ip = request.client.host if request.client else ""
    user_agent = request.headers.get("user-agent", "")[:300]
    if oidc is not None and not access.is_own_token(token):
        try:
            claims = await oidc.verify(token)
        except InvalidToken:
            raise access.Unauthenticated("This token is not valid.") from None
        return await access.authenticate_claims(
            claims,
            practice_claim=settings.oidc_practice_claim,
            request_id=request_id,
            ip=ip,
            user_agent=user_agent,
        )
    return await access.authenticate(
        token, now=clock.now(), request_id=request_id, ip=ip, user_agent=user_agent
    )
