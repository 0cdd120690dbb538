"""Documents that nobody would write, made from the schema by schemathesis, in every role: no accident, whatever comes.

What is made at random is aimed: ids, versions and item keys are mostly replaced by real ones of a practice that has played the
main job, or nothing would get past the first look-up. The default run is short and always the same; `make fuzz` is long and
another one each time.
"""

import asyncio
import os
import random
import zlib
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import schemathesis
from graphql import (
    REMOVE,
    ArgumentNode,
    FieldNode,
    IntValueNode,
    ListValueNode,
    ObjectFieldNode,
    StringValueNode,
    Visitor,
    parse,
    print_ast,
    visit,
)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.graphql import nodes

from schema.root import sdl
from services.rules.money import MINOR_UNITS
from tests.schema.played import ROLES, Played
from tests.schema.test_tenants import ID_OF, TYPES

EXAMPLES = int(os.environ.get("SCOPEWRIGHT_FUZZ_EXAMPLES", "0"))
"""How many documents each kind of operation gets; 0 for the short run."""

KEYS = ["3", "7", "10", "15", "20", "21", "21a", "41", "none"]
LEFT_ALONE = {"deactivateMember", "revokeToken", "updatePractice"}
"""Mutations that could shut a role out, or change the currency under the rest; the other tests try them."""

_DATES = st.one_of(
    st.dates().map(str), st.sampled_from(["2026-03-02", "2024-02-29", "2026-02-29", "9999-12-31", "0001-01-01", "", "now"])
)  # fmt: skip
_INSTANTS = st.one_of(
    st.datetimes().map(lambda at: at.isoformat(timespec="seconds") + "Z"),
    st.sampled_from(["2026-03-20T00:00:00Z", "9999-12-31T23:59:59-12:00", "2026-03-02T00:00:00"]),
)
_DECIMALS = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**6), max_value=10**6).map(str),
    st.sampled_from(["0", "10.00", "100.00", "-0.00", "9007199254740993", "1e400", "NaN", "0.001", "12,50"]),
)  # fmt: skip
_CURRENCIES = st.one_of(st.just("DKK"), st.just("DKK"), st.sampled_from([*MINOR_UNITS, "XXX", "dkk"]))  # fmt: skip

SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "Date": _DATES.map(nodes.String),
    "DateTime": _INSTANTS.map(nodes.String),
    "Decimal": _DECIMALS.map(nodes.String),
    "Currency": _CURRENCIES.map(nodes.String),
    "UUID": st.one_of(st.uuids().map(str), st.text(max_size=40)).map(nodes.String),
    "JSON": st.text(max_size=20).map(nodes.String),
}


_USER_ERRORS = (
    parse("{ userErrors { code field message } }").definitions[0].selection_set.selections[0]
)  # type: ignore[attr-defined]


class Aim(Visitor):
    """Replaces most ids, versions and keys of a document by real ones; the same document always by the same."""

    def __init__(self, played: Played, text: str, name: str) -> None:
        super().__init__()
        self.played, self.name = played, name
        self.chance = random.Random(zlib.crc32(text.encode()))  # nothing here is a secret

    def enter(self, node: Any, *_: Any) -> Any:
        """A replaced node, or None to leave it."""
        if isinstance(node, FieldNode) and node.name.value == "userErrors":
            return _USER_ERRORS
        if not isinstance(node, ArgumentNode | ObjectFieldNode) or self.chance.random() < 0.15:
            return None
        field = node.name.value
        if field in ("last", "after", "before"):
            return REMOVE
        value = self.better(field, node.value)
        return None if value is None else type(node)(name=node.name, value=value)

    def better(self, field: str, value: Any) -> Any:
        """What is aimed in the place of a value, or None."""
        type_name = ID_OF.get(self.name) if field in ("id", "ids") else TYPES.get(field)
        if type_name and isinstance(value, ListValueNode):
            return ListValueNode(values=tuple(self.of_type(type_name) for _ in value.values))
        if type_name and isinstance(value, StringValueNode | IntValueNode):
            return self.of_type(type_name)
        if field == "expectedVersion" and isinstance(value, IntValueNode):
            return IntValueNode(value=str(self.chance.randint(1, 4)))
        if field == "first" and isinstance(value, IntValueNode):
            return IntValueNode(value=str(self.chance.randint(0, 6)))
        if field in ("key", "itemKey", "parentKey", "predecessorKey", "successorKey"):
            return StringValueNode(value=self.chance.choice(KEYS))
        return None

    def of_type(self, type_name: str) -> StringValueNode:
        """A real id, or for `node` one of any type."""
        if self.name in ("node", "nodes"):
            type_name = self.chance.choice(list(self.played.pool))
        return StringValueNode(value=self.chance.choice(self.played.pool[type_name]))


def aimed(played: Played, text: str, name: str) -> str:
    """The document with real ids in it."""
    return print_ast(visit(parse(text), Aim(played, text, name)))


def attack(
    send: Callable[[str, str], httpx.Response], played: Played, kind: str, examples: int
) -> Counter[str]:
    """Send that many documents of a kind; how the answers came out. Fails on the first accident, with the smallest document."""
    for name, strategy in SCALARS.items():
        schemathesis.graphql.scalar(name, strategy)
    schema = schemathesis.graphql.from_file(sdl())
    operations = [
        operation
        for operation in (result.ok() for result in schema.get_all_operations())
        if operation is not None
        and operation.definition.is_mutation == (kind == "mutation")
        and operation.definition.field_name not in LEFT_ALONE
    ]
    assert len(operations) > 20
    outcomes: Counter[str] = Counter()

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=not EXAMPLES,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink],
    )  # fmt: skip
    @given(
        st.sampled_from(operations).flatmap(lambda each: each.as_strategy()), st.sampled_from(ROLES)
    )
    def run(case: Any, role: str) -> None:
        name = case.operation.definition.field_name
        text = aimed(played, case.body, name)
        response = send(role, text)
        # Not schemathesis' own checks: they take every refusal with a path for an accident, and every @oneOf for broken.
        assert response.status_code == 200, (role, text, response.text)
        assert response.headers["content-type"] == "application/json; charset=utf-8"
        body = response.json()
        for error in body.get("errors", []):
            assert error["extensions"]["code"] != "INTERNAL", (role, text, error)
        outcomes[outcome(body)] += 1

    run()
    return outcomes


def outcome(body: dict[str, Any]) -> str:
    """How an operation ended: `done`, or the code of its first refusal."""
    for error in body.get("errors", []):
        return str(error["extensions"]["code"])
    for value in (body.get("data") or {}).values():
        if isinstance(value, dict) and value.get("userErrors"):
            return str(value["userErrors"][0].get("code", "refused"))
    return "done"


@pytest.mark.timeout(3600 if EXAMPLES else 300)
# Queries come second, so that they read what the mutations have made of the practice.
@pytest.mark.parametrize("kind", ["mutation", "query"])
async def test_no_document_breaks_the_server(
    played: Played, app_http: httpx.AsyncClient, kind: str
) -> None:
    loop = asyncio.get_running_loop()

    def send(role: str, text: str) -> httpx.Response:
        # Hypothesis runs in a thread of its own; the application stays in the loop that its pool belongs to.
        asked = played.apis[role].raw(text)
        return asyncio.run_coroutine_threadsafe(asked, loop).result(60)

    outcomes = await asyncio.to_thread(attack, send, played, kind, EXAMPLES or 200)
    # Most of it must get as far as the resolvers, or nothing was attacked.
    ran = sum(outcomes.values()) - outcomes["BAD_REQUEST"] - outcomes["TOO_COSTLY"]
    assert ran > sum(outcomes.values()) / 4
