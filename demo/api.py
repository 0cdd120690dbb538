"""A client of our own API, as a front end has one: named operations over HTTP, and pages behind links."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import httpx

_OPERATIONS = (Path(__file__).parent / "operations.graphql").read_text(encoding="utf-8")
_PARTS = {
    match.group(2): (match.group(1), match.group(0).strip())
    for match in re.finditer(
        r"^(query|mutation|fragment) (\w+).*?^\}", _OPERATIONS, re.MULTILINE | re.DOTALL
    )
}


def _with_fragments(text: str) -> str:
    used = [name for name in _PARTS if f"...{name}" in text]
    return "\n\n".join([text, *(_PARTS[name][1] for name in used)])


OPERATIONS: dict[str, str] = {
    name: _with_fragments(text) for name, (kind, text) in _PARTS.items() if kind != "fragment"
}
"""Every operation of operations.graphql by its name."""


class Refused(Exception):
    """The API refused: `errors` are its user errors, or its top-level errors."""

    def __init__(self, operation: str, errors: list[dict[str, Any]]) -> None:
        super().__init__(f"{operation}: {errors}")
        self.errors = errors


class Api:
    """One member's view of the API."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self._http = http
        self._headers = {"authorization": f"Bearer {token}"}

    async def run(self, operation: str, **variables: Any) -> Any:
        """The answer of a named operation; of its one field where it has one. Raises `Refused`."""
        response = await self._http.post(
            "/graphql",
            json={"query": OPERATIONS[operation], "variables": variables},
            headers=self._headers,
        )
        body = response.json()
        if body.get("errors"):
            raise Refused(operation, body["errors"])
        data = body["data"]
        for value in data.values():
            if isinstance(value, dict) and value.get("userErrors"):
                raise Refused(operation, value["userErrors"])
        return next(iter(data.values())) if len(data) == 1 else data


class Page:
    """A client's browser without scripts: opens a link, reads, sends the form back."""

    def __init__(self, http: httpx.AsyncClient, link: str) -> None:
        self._http = http
        self._link = link

    async def read(self) -> str:
        """The page. Raises `httpx.HTTPStatusError` for any that is not 200."""
        response = await self._http.get(self._link)
        return response.raise_for_status().text

    async def sign(self, name: str) -> str:
        """Read, agree, sign; the page that follows."""
        page = await self.read()
        response = await self._http.post(
            self._link,
            data={
                "fingerprint": _hidden(page, "fingerprint"),
                "consent_version": _hidden(page, "consent_version"),
                "consent": "yes",
                "name": name,
                "act": "sign",
            },
            follow_redirects=True,
        )
        return response.raise_for_status().text


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    if found is None:
        raise LookupError(f"the page offers no {name}: there is nothing to sign")
    return unescape(found.group(1))
