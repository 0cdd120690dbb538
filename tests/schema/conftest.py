"""The tiny schema over HTTP, and practices in the middle of their work, inside the process."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
import pytest_asyncio

from tests.conftest import SETTINGS
from tests.schema.played import Played, application, played_practice
from tests.schema.tiny import client_of, tiny_app


@pytest_asyncio.fixture
async def tiny() -> AsyncIterator[httpx.AsyncClient]:
    """A client of the tiny schema as in production."""
    async with client_of(tiny_app()) as client:
        yield client


@pytest.fixture
def run(tiny: httpx.AsyncClient):
    """Post one operation and give the decoded answer."""

    async def run(query: str, variables: dict | None = None, **more: object) -> dict:
        response = await tiny.post(
            "/graphql",
            json={"query": query, "variables": variables, **more},
            headers={"accept": "application/json"},
        )
        assert response.headers["content-type"] == "application/json; charset=utf-8"
        return response.json()

    return run


@pytest_asyncio.fixture(scope="module")
async def app_http(database: None) -> AsyncIterator[httpx.AsyncClient]:
    """The whole application for the tests of one file."""
    async with application(SETTINGS) as http:
        yield http


@pytest_asyncio.fixture(scope="module")
async def truth(owner_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that sees everything, for the tests of one file."""
    connection = await asyncpg.connect(owner_dsn)
    yield connection
    await connection.close()


@pytest_asyncio.fixture(scope="module")
async def played(app_http: httpx.AsyncClient, truth: asyncpg.Connection) -> Played:
    """A practice with the main job played."""
    return await played_practice(app_http, truth)


@pytest_asyncio.fixture(scope="module")
async def neighbour(app_http: httpx.AsyncClient, truth: asyncpg.Connection) -> Played:
    """Another practice that has played the same job."""
    return await played_practice(app_http, truth)
