"""Ask the API as a front end would: over HTTP, with a token."""

from typing import Any

import httpx

from services.access import issue_token
from services.actor import Actor
from tests.factories.practices import NOW


class Api:
    """One member's view of the API."""

    def __init__(self, http: httpx.AsyncClient, token: str | None) -> None:
        self._http = http
        self._headers = {"authorization": f"Bearer {token}"} if token else {}

    async def raw(self, query: str, **variables: Any) -> httpx.Response:
        """The whole response."""
        return await self._http.post(
            "/graphql", json={"query": query, "variables": variables}, headers=self._headers
        )

    async def ask(self, query: str, **variables: Any) -> Any:
        """`data`; fails the test on any top-level error."""
        body = (await self.raw(query, **variables)).json()
        assert "errors" not in body, body["errors"]
        return body["data"]

    async def refusal(self, query: str, **variables: Any) -> tuple[str, list[str] | None]:
        """Code and field of the one user error of a mutation."""
        data = await self.ask(query, **variables)
        (payload,) = data.values()
        (error,) = payload["userErrors"]
        return error["code"], error["field"]


async def api_of(http: httpx.AsyncClient, owner: Actor, actor: Actor) -> Api:
    """The API as `actor` sees it, with a token that the owner issued."""
    assert actor.member_id is not None
    issued = await issue_token(
        owner, member_id=actor.member_id, name="test", expires_at=None, now=NOW
    )
    return Api(http, issued.token)
