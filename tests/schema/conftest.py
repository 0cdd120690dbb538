"""The tiny schema over HTTP, inside the process."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

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
