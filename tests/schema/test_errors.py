from uuid import UUID

import httpx
import pytest
from structlog.testing import capture_logs

from schema.relay import encode_id

from .tiny import JARS, SECRET, client_of, tiny_app

LABEL = """mutation M($input: LabelJarInput!) { labelJar(input: $input) {
  jar { label } price { amount } userErrors { code field message currentVersion } } }"""


def jar_input(label: str = "plums", **more: object) -> dict:
    return {"input": {"id": encode_id("Jar", JARS[0].id), "label": label, **more}}


async def test_a_mutation_that_is_done_has_no_user_errors(run) -> None:
    answer = await run(LABEL, jar_input(price={"amount": "2", "currency": "DKK"}))
    assert answer["data"]["labelJar"] == {
        "jar": {"label": "plums"},
        "price": {"amount": "2.00"},
        "userErrors": [],
    }


@pytest.mark.parametrize(
    ("variables", "error"),
    [
        (
            {"input": {"id": encode_id("Jar", UUID(int=99)), "label": "x"}},
            {"code": "NOT_FOUND", "field": ["id"], "message": "There is no such jar."},
        ),
        (
            {"input": {"id": "x", "label": "x"}},
            {"code": "ID_INVALID", "field": ["id"], "message": "This is not an id of this API."},
        ),
        (
            jar_input(price={"amount": "1.5", "currency": "JPY"}),
            {
                "code": "AMOUNT_TOO_PRECISE",
                "field": ["price", "amount"],
                "message": "JPY has 0 decimals, not 1.",
            },
        ),
        (
            jar_input("stale"),
            {
                "code": "STALE",
                "field": ["expectedVersion"],
                "message": "The jar is at version 7.",
                "currentVersion": 7,
            },
        ),
        (
            jar_input("odd"),
            {"code": "RULE", "field": ["lines", "0", "unitPrice"], "message": "Odd."},
        ),
    ],
    ids=["not found", "no id", "too precise", "stale", "code outside the enum"],
)
async def test_a_refusal_of_a_mutation_is_data(run, variables, error) -> None:
    answer = await run(LABEL, variables)
    assert "errors" not in answer
    assert answer["data"]["labelJar"] == {
        "jar": None,
        "price": None,
        "userErrors": [{"currentVersion": None, **error}],
    }


async def test_a_refusal_in_a_query_is_a_readable_error_with_its_code(run) -> None:
    with capture_logs() as logs:
        answer = await run("{ forbidden hello }")
    assert answer["data"] == {"forbidden": None, "hello": "hello world"}
    [error] = answer["errors"]
    assert error["message"] == "Only the owner may look."
    assert error["path"] == ["forbidden"]
    assert error["extensions"] == {"code": "FORBIDDEN", "field": ["where", "someThing"]}
    assert logs == []


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ boom }", None),
        ("{ boomOrNull }", None),
        ("{ wrongNumber }", None),
        (LABEL, jar_input("crash")),
    ],
)
@pytest.mark.parametrize("production", [True, False])
async def test_an_accident_shows_an_id_and_the_log_has_its_story(
    query, variables, production
) -> None:
    async with client_of(tiny_app(production=production)) as client:
        with capture_logs() as logs:
            response = await client.post("/graphql", json={"query": query, "variables": variables})
    assert "hunter2" not in response.text
    assert "DETAIL" not in response.text
    [error] = response.json()["errors"]
    assert error["message"] == "Internal error"
    assert set(error["extensions"]) == {"code", "id"}
    assert error["extensions"]["code"] == "INTERNAL"
    [entry] = logs
    assert (entry["event"], entry["log_level"]) == ("unexpected_error", "error")
    assert entry["error_id"] == error["extensions"]["id"]
    assert "hunter2" in str(entry["exc_info"])


async def test_errors_are_not_written_to_a_second_log(run, caplog) -> None:
    await run("{ boom }")
    # Ours may go through the standard library too, once something has set the logs up as in production.
    second = [record for record in caplog.records if record.name != "schema.errors"]
    assert SECRET not in "".join(record.getMessage() + str(record.exc_info) for record in second)


async def test_an_accident_before_the_operation_runs_is_masked_too(tiny: httpx.AsyncClient) -> None:
    with capture_logs() as logs:
        response = await tiny.post(
            "/graphql", json={"query": "{ hello }"}, headers={"authorization": "Bearer crash"}
        )
    assert response.status_code == 500
    assert "hunter2" not in response.text
    [error] = response.json()["errors"]
    assert logs[0]["error_id"] == error["extensions"]["id"]


@pytest.mark.parametrize(
    ("query", "variables", "message"),
    [
        ("{ helo }", None, "Cannot query field 'helo' on type 'Query'."),
        (
            "{ jars(firs: 1) { nodes { id } } }",
            None,
            "Unknown argument 'firs' on field 'Query.jars'.",
        ),
        ("{ ...F } fragment F on Qery { hello }", None, "Unknown type 'Qery'."),
        (
            "query Q($w: Filter) { search(where: $w) }",
            {"w": {"labl": "x"}},
            None,
        ),
        ('{ search(where: {labl: "x"}) }', None, None),
        ("{ node(id: 1) { label } }", None, "Cannot query field 'label' on type 'Node'."),
    ],
)
async def test_in_production_errors_do_not_suggest_names(run, query, variables, message) -> None:
    async with client_of(tiny_app(production=False)) as helpful:
        hint = (await helpful.post("/graphql", json={"query": query, "variables": variables})).text
    answer = await run(query, variables)
    assert "Did you mean" in hint
    assert "Did you mean" not in str(answer)
    assert all(error["extensions"]["code"] == "BAD_REQUEST" for error in answer["errors"])
    if message:
        assert answer["errors"][0]["message"] == message


@pytest.mark.parametrize(
    ("query", "variables", "says"),
    [
        ("{ hello", None, "Syntax Error"),
        ("query Q($n: Int!) { jars(first: $n) { nodes { id } } }", {}, "$n"),
        ("query Q($n: Int) { jars(first: $n) { nodes { id } } }", {"n": 1.5}, "non-integer"),
        ("query Q($n: Int) { jars(first: $n) { nodes { id } } }", {"n": "1"}, "$n"),
        ("query Q($v: UUID!) { echoUuid(value: $v) }", {"v": "zz"}, "UUID"),
        ('query Q($s: String = "x") { hello(name: $s) }', {"s": None}, "name"),
    ],
)
async def test_an_error_of_the_request_stays_readable(run, query, variables, says) -> None:
    with capture_logs() as logs:
        answer = await run(query, variables)
    [error] = answer["errors"]
    assert says in error["message"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert logs == []
