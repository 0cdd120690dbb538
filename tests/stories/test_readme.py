"""The README's main job, operation by operation: what it prints as answers must be what the server answers.

`README_WRITE=1` writes the answers into the README instead; read the difference before you commit it.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.api import Page
from demo.load import set_up_practice
from demo.main_job import SIGNER
from demo.material import PLAN, PRICES
from services.gateways.clock import FixedClock

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"^```(graphql|json)\n(.*?)^```$|^<!-- (sign) -->$", re.MULTILINE | re.DOTALL)
CHANGING = {"link", "fingerprint", "downloadUrl", "csvUrl"}


class Reader:
    """Types what the README says, and keeps what the answers give."""

    def __init__(self, http: httpx.AsyncClient, tokens: dict[str, str], today: str) -> None:
        self.http = http
        self.tokens = tokens
        self.known = {"<today>": today}

    async def ask(self, text: str, role: str) -> Any:
        for name, value in self.known.items():
            text = text.replace(name, value)
        assert not re.search(r"<\w+>", text), text
        given = {"plan": PLAN, "items": PRICES}
        response = await self.http.post(
            "/graphql",
            json={"query": text, "variables": {k: v for k, v in given.items() if f"${k}" in text}},
            headers={"authorization": f"Bearer {self.tokens[role]}"},
        )
        body = response.json()
        assert "errors" not in body, body["errors"]
        assert not re.search(r'"userErrors":\s*\[\s*\{', json.dumps(body)), body
        return self.named(body["data"], "")

    def named(self, value: Any, parent: str) -> Any:
        """The answer with a name for everything that differs from one run to the next."""
        if isinstance(value, list):
            return [self.named(v, parent) for v in value]
        if not isinstance(value, dict):
            return "<today>" if value == self.known["<today>"] else value
        shown = {}
        for key, inner in value.items():
            name = {"id": f"<{parent}>"}.get(key, f"<{key}>" if key in CHANGING else "")
            if name and inner is not None:
                self.known[name] = inner
                shown[key] = name
            else:
                shown[key] = self.named(inner, key)
        return shown


def pretty(value: Any, indent: int = 0) -> str:
    """JSON as a person would lay it out: what fits on a line stays on it."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + indent <= 118 or not isinstance(value, dict | list) or not value:
        return flat
    inner = " " * (indent + 2)
    if isinstance(value, list):
        rows = [inner + pretty(row, indent + 2) for row in value]
        return "[\n" + ",\n".join(rows) + "\n" + " " * indent + "]"
    rows = [f"{inner}{json.dumps(k)}: {pretty(v, indent + 2)}" for k, v in value.items()]
    return "{\n" + ",\n".join(rows) + "\n" + " " * indent + "}"


@pytest.mark.timeout(120)
async def test_the_readme_says_what_the_server_answers(
    http: httpx.AsyncClient, clock: FixedClock
) -> None:
    text = README.read_text(encoding="utf-8")
    start = text.index("## The main job, in seven steps")
    reader = Reader(
        http, await set_up_practice(clock.now()), clock.today("Europe/Copenhagen").isoformat()
    )
    answer: Any = None
    written, at, count = [text[:start]], start, 0
    for match in BLOCK.finditer(text, start):
        kind = match[1] or match[3]
        if kind == "sign":
            page = await Page(http, reader.known["<link>"]).sign(SIGNER)
            assert "Alle har underskrevet" in page
        elif kind == "graphql":
            role = "accountant" if "### 7." in text[: match.start()] else "owner"
            answer = await reader.ask(match[2], role)
            count += 1
        elif os.environ.get("README_WRITE"):
            written += [text[at : match.start()], f"```json\n{pretty(answer)}\n```"]
            at = match.end()
        else:
            assert json.loads(match[2]) == answer
    assert count == 29
    if os.environ.get("README_WRITE"):
        README.write_text("".join(written) + text[at:], encoding="utf-8")
