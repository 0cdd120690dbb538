"""A schema that exists only here: one of everything that the ground offers, and nothing of the domain."""

import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request

from schema.engine import Schema, build_schema
from schema.errors import Payload, refusals_as
from schema.graphiql import Example, GraphiQL
from schema.relay import (
    Connection,
    Keyset,
    Node,
    NodeQuery,
    decode_id,
    encode_id,
    fetches,
)
from schema.scalars import Currency, Money, MoneyInput
from schema.shape import CostLimits
from schema.view import GraphQLEndpoint
from services.rules.errors import DomainError, Forbidden, NotFound, RuleViolation, Stale

SECRET = "DETAIL: Failing row contains (hunter2, 4111111111111111)"


@dataclass(frozen=True)
class Jar:
    """A row as a query would give it."""

    id: UUID
    label: str


JARS = [Jar(UUID(int=n), f"jar {n:02}") for n in range(1, 8)]
JARS_BY_LABEL = Keyset("tiny.jars.label", (str, UUID))


@dataclass
class TinyContext:
    """Counts what the resolvers did."""

    request: Request | None = None
    counts: list[str] = field(default_factory=list)


@strawberry.type(name="Jar")
class JarType(Node):
    label: str

    @classmethod
    def of(cls, row: Jar) -> "JarType":
        return cls(id=encode_id("Jar", row.id), label=row.label)

    @strawberry.field
    def lid(self) -> "JarType":
        return self

    @strawberry.field
    def jars(self, first: int | None = None, last: int | None = None) -> "Connection[JarType]":
        page = JARS_BY_LABEL.page(first, None, last, None)
        return connection(page, JARS[: page.fetch], [])

    @strawberry.field
    def shelf(self) -> list["JarType"]:
        return [self]


@fetches("Jar")
async def fetch_jars(info: strawberry.Info, ids: Sequence[UUID]) -> Mapping[UUID, Node]:
    return {jar.id: JarType.of(jar) for jar in JARS if jar.id in ids}


def connection(page: Any, rows: Sequence[Jar], counts: list[str]) -> Connection[JarType]:
    async def total() -> int:
        counts.append("total")
        return len(JARS)

    return Connection.of(
        page, rows, node=JarType.of, key=lambda jar: (jar.label, jar.id), total=total
    )


def read_jars(
    limit: int, after: tuple[Any, ...] | None, before: tuple[Any, ...] | None, backward: bool
) -> list[Jar]:
    """What db.queries would do in SQL."""
    rows = [
        jar
        for jar in JARS
        if (after is None or (jar.label, jar.id) > after)
        and (before is None or (jar.label, jar.id) < before)
    ]
    return (rows[::-1] if backward else rows)[:limit]


@strawberry.input
class Filter:
    all_of: list["Filter"] | None = None
    label: str | None = None


@strawberry.type
class Query(NodeQuery):
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    def jars(
        self,
        info: strawberry.Info[TinyContext, None],
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[JarType]:
        page = JARS_BY_LABEL.page(first, after, last, before)
        rows = read_jars(page.fetch, page.after, page.before, page.backward)
        return connection(page, rows, info.context.counts)

    @strawberry.field
    def jar(self, id: strawberry.ID) -> JarType | None:
        wanted = decode_id("Jar", id, "id")
        return next((JarType.of(jar) for jar in JARS if jar.id == wanted), None)

    @strawberry.field
    def echo_money(self, money: MoneyInput) -> Money:
        return Money.of(money.to_money("money.amount"))

    @strawberry.field
    def echo_decimal(self, value: Decimal) -> Decimal:
        return value

    @strawberry.field
    def echo_currency(self, value: Currency) -> Currency:
        return value

    @strawberry.field
    def echo_instant(self, value: datetime) -> datetime:
        return value

    @strawberry.field
    def echo_date(self, value: date) -> date:
        return value

    @strawberry.field
    def echo_uuid(self, value: UUID) -> UUID:
        return value

    @strawberry.field
    def naive(self) -> datetime:
        return datetime(2026, 11, 2)  # noqa: DTZ001

    @strawberry.field
    def floaty(self) -> Decimal:
        return 1.5  # type: ignore[return-value]

    @strawberry.field
    def search(self, where: Filter | None = None) -> int:
        return 0

    @strawberry.field
    def boom(self) -> str:
        raise RuntimeError(SECRET)

    @strawberry.field
    def boom_or_null(self) -> str | None:
        raise RuntimeError(SECRET)

    @strawberry.field
    def forbidden(self) -> str | None:
        raise Forbidden("Only the owner may look.", field="where.some_thing")

    @strawberry.field
    def wrong_number(self) -> int | None:
        return SECRET  # type: ignore[return-value]


@strawberry.input
class LabelJarInput:
    id: strawberry.ID
    label: str
    price: MoneyInput | None = None


@strawberry.type
class LabelJarPayload(Payload):
    jar: JarType | None = None
    price: Money | None = None


@strawberry.type
class Mutation:
    @strawberry.mutation
    @refusals_as(LabelJarPayload)
    async def label_jar(self, input: LabelJarInput) -> LabelJarPayload:
        wanted = decode_id("Jar", input.id, "id")
        price = input.price.to_money("price.amount") if input.price else None
        if wanted not in {jar.id for jar in JARS}:
            raise NotFound("There is no such jar.", field="id")
        if input.label == "stale":
            raise Stale("The jar is at version 7.", field="expected_version", current_version=7)
        if input.label == "odd":
            raise RuleViolation("Odd.", code="NOT_IN_THE_ENUM", field="lines.0.unit_price")
        if input.label == "crash":
            raise RuntimeError(SECRET)
        return LabelJarPayload(
            jar=JarType(id=input.id, label=input.label),
            price=Money.of(price) if price else None,
        )


EXAMPLES = [
    Example("query Greeting($name: String!) { hello(name: $name) }", {"name": "</script>"}),
    Example("query Jars { jars(first: 2) { nodes { label } } }"),
]


async def context_of(request: Request) -> TinyContext:
    """The context of a request; two tokens are refused in two ways."""
    match request.headers.get("authorization"):
        case "Bearer wrong":
            raise DomainError("The token is not known.", code="UNAUTHENTICATED")
        case "Bearer weak":
            raise Forbidden("The token may not come in here.")
        case "Bearer crash":
            raise RuntimeError(SECRET)
    return TinyContext(request=request)


def tiny_schema(*, production: bool = True, limits: CostLimits | None = None) -> Schema:
    """The schema over the roots above."""
    return build_schema(Query, Mutation, types=[JarType], production=production, limits=limits)


def tiny_app(schema: Schema | None = None, *, production: bool = True) -> Starlette:
    """The schema served as the real one is."""
    endpoint = GraphQLEndpoint(
        schema or tiny_schema(production=production),
        context_of,
        debug=not production,
        graphiql=GraphiQL(examples=EXAMPLES),
    )
    return Starlette(routes=endpoint.routes("/graphql"))


@asynccontextmanager
async def client_of(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client inside the process."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """A real server on a real socket, for clients that are no Python; gives its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()
