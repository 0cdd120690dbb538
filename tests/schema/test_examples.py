"""What people are shown to ask must be askable."""

import httpx
import pytest
from graphql import parse, validate
from graphql.utilities import build_schema

from demo.api import OPERATIONS
from demo.load import set_up_practice
from schema.examples import EXAMPLES
from schema.root import sdl
from services.gateways.clock import FixedClock


@pytest.mark.parametrize("query", [*(e.query for e in EXAMPLES), *OPERATIONS.values()])
def test_an_operation_that_we_show_fits_the_schema(query: str) -> None:
    assert validate(build_schema(sdl()), parse(query)) == []


async def test_an_example_without_variables_is_answered(
    http: httpx.AsyncClient, clock: FixedClock
) -> None:
    tokens = await set_up_practice(clock.now())
    for example in EXAMPLES:
        if example.variables:
            continue
        answer = await http.post(
            "/graphql",
            json={"query": example.query},
            headers={"authorization": f"Bearer {tokens['owner']}"},
        )
        assert "errors" not in answer.json(), answer.json()
