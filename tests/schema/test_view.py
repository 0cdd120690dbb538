import httpx
import orjson
import pytest

from schema.view import RequestRefusal, negotiate

from .tiny import client_of, tiny_app

NEW, OLD = "application/graphql-response+json", "application/json"
JSON = {"content-type": "application/json"}


def is_refusal(response: httpx.Response, status: int) -> bool:
    """One error as JSON and nothing else."""
    body = response.json()
    return (
        response.status_code == status
        and response.headers["content-type"].endswith("json; charset=utf-8")
        and set(body) == {"errors"}
        and len(body["errors"]) == 1
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nope",
        b'{"query": "{ hello }"',
        b"\xff\xfe",
        b'{"query": "\xff"}',
        b'{"query": "\\ud800"}',
        b"[" * 5_000,
        b'{"query": NaN}',
        b"null",
        b"1",
        b'"{ hello }"',
        b"{}",
        b'{"query": ""}',
        b'{"query": " "}',
        b'{"query": null}',
        b'{"query": ["{ hello }"]}',
        b'{"query": "{ hello }", "variables": "{}"}',
        b'{"query": "{ hello }", "variables": [1]}',
        b'{"query": "{ hello }", "operationName": 1}',
        b'{"query": "{ hello }", "extensions": "x"}',
    ],
)
@pytest.mark.parametrize("accept", [NEW, OLD])
async def test_a_malformed_request_is_answered_in_json(tiny, body, accept) -> None:
    response = await tiny.post("/graphql", content=body, headers={**JSON, "accept": accept})
    assert is_refusal(response, 400)
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"


@pytest.mark.parametrize("batch", [[], [{"query": "{ hello }"}], [{"query": "{ hello }"}] * 1_000])
async def test_a_batch_is_refused(tiny, batch) -> None:
    response = await tiny.post("/graphql", json=batch)
    assert is_refusal(response, 400)
    assert "one operation per request" in response.text


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin-1",
        "multipart/form-data; boundary=x",
    ],
)
async def test_only_json_is_read_so_no_web_form_can_send_an_operation(tiny, content_type) -> None:
    headers = {"content-type": content_type} if content_type else {}
    response = await tiny.post("/graphql", content=b'{"query": "{ hello }"}', headers=headers)
    assert is_refusal(response, 415)


async def test_a_real_multipart_upload_is_refused(tiny) -> None:
    response = await tiny.post(
        "/graphql",
        data={"operations": '{"query": "{ hello }"}', "map": "{}"},
        files={"0": ("a.txt", b"a")},
    )
    assert is_refusal(response, 415)


async def test_a_compressed_body_is_refused_before_it_is_unpacked(tiny) -> None:
    headers = {**JSON, "content-encoding": "gzip"}
    assert is_refusal(await tiny.post("/graphql", content=b"x", headers=headers), 415)


async def test_a_body_is_counted_as_it_arrives_and_refused_over_twelve_mebibytes(tiny) -> None:
    taken = []

    async def body():
        for _ in range(64):
            taken.append(1)
            yield b"x" * (1 << 19)

    response = await tiny.post("/graphql", content=body(), headers=JSON)
    assert is_refusal(response, 413)
    query = "{ hello }"
    padding = (12 << 20) - len(orjson.dumps({"query": query, "extensions": {"p": ""}}))
    fits = orjson.dumps({"query": query, "extensions": {"p": "x" * padding}})
    assert len(fits) == 12 << 20
    assert (await tiny.post("/graphql", content=fits, headers=JSON)).status_code == 200
    assert is_refusal(await tiny.post("/graphql", content=fits + b" ", headers=JSON), 413)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_other_methods_are_refused(tiny, method) -> None:
    response = await tiny.request(method, "/graphql")
    assert is_refusal(response, 405)
    assert response.headers["allow"] == "GET, POST"


@pytest.mark.parametrize("accept", [NEW, OLD, "*/*"])
async def test_a_mutation_over_get_is_refused(tiny, accept) -> None:
    mutation = 'mutation { labelJar(input: {id: "x", label: "crash"}) { jar { id } } }'
    response = await tiny.get("/graphql", params={"query": mutation}, headers={"accept": accept})
    assert is_refusal(response, 405)
    assert response.headers["allow"] == "POST"


async def test_a_mutation_hidden_behind_a_query_is_refused_over_get(tiny) -> None:
    document = "query A { hello } mutation B { __typename }"
    parameters = {"query": document, "operationName": "B"}
    assert is_refusal(await tiny.get("/graphql", params=parameters), 405)


async def test_a_query_over_get_is_answered(tiny) -> None:
    parameters = {
        "query": "query Q($n: String!) { hello(name: $n) }",
        "variables": '{"n": "København 🏃"}',
        "operationName": "Q",
    }
    response = await tiny.get("/graphql", params=parameters)
    assert response.status_code == 200
    assert response.json()["data"] == {"hello": "hello København 🏃"}


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"query": ""},
        {"query": "{ hello }", "variables": "{"},
        {"query": "{ hello }", "variables": "[1]"},
        {"query": "{ hello }", "extensions": "1"},
    ],
)
async def test_a_malformed_query_over_get_is_refused(tiny, parameters) -> None:
    assert is_refusal(await tiny.get("/graphql", params=parameters), 400)


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{", None),
        ("{ nothing }", None),
        ("query Q($id: ID!) { jar(id: $id) { id } }", {"id": None}),
        ("query Q($n: Int) { jars(first: $n) { nodes { id } } }", {"n": {"a": 1}}),
        ("subscription { hello }", None),
        ("type Query { hello: String }", None),
        ("extend type Query { hello: String }", None),
    ],
)
async def test_a_request_that_never_ran_has_no_data_and_a_status_of_its_media_type(
    tiny, query, variables
) -> None:
    body = {"query": query, "variables": variables}
    new = await tiny.post("/graphql", json=body, headers={"accept": NEW})
    old = await tiny.post("/graphql", json=body, headers={"accept": OLD})
    assert new.status_code == 400
    assert old.status_code in (200, 400)
    assert "data" not in new.json()
    assert "data" not in old.json()
    assert new.json()["errors"] == old.json()["errors"]


@pytest.mark.parametrize("accept", [NEW, OLD])
async def test_an_operation_that_ran_and_failed_has_data_and_200(tiny, accept) -> None:
    partly = await tiny.post(
        "/graphql", json={"query": "{ hello forbidden }"}, headers={"accept": accept}
    )
    wholly = await tiny.post("/graphql", json={"query": "{ boom }"}, headers={"accept": accept})
    assert (partly.status_code, wholly.status_code) == (200, 200)
    assert partly.json()["data"] == {"hello": "hello world", "forbidden": None}
    assert wholly.json()["data"] is None
    assert list(wholly.json())[:2] == ["errors", "data"]


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (None, OLD),
        ("", OLD),
        ("*/*", OLD),
        ("application/*", OLD),
        (OLD, OLD),
        (NEW, NEW),
        (f"{OLD}, {NEW}", NEW),
        (f"{OLD};q=1, {NEW};q=0.5", OLD),
        (f"{NEW};q=0, {OLD}", OLD),
        (f"{NEW}; charset=utf-8, {OLD};q=0.9", NEW),
        ("text/html,application/xhtml+xml,*/*;q=0.8", OLD),
        ("APPLICATION/JSON", OLD),
    ],
)
def test_the_answer_is_in_the_best_type_that_is_accepted(accept, answered) -> None:
    assert negotiate(accept) == answered


@pytest.mark.parametrize("accept", ["text/html", f"{OLD};q=0", f"{OLD};q=x", "image/*"])
def test_a_client_that_accepts_no_json_is_told(accept) -> None:
    with pytest.raises(RequestRefusal) as refused:
        negotiate(accept)
    assert refused.value.status == 406


@pytest.mark.parametrize(("token", "status"), [("wrong", 401), ("weak", 403)])
async def test_a_refusal_to_let_in_is_the_answer(tiny, token, status) -> None:
    response = await tiny.post(
        "/graphql", json={"query": "{ hello }"}, headers={"authorization": f"Bearer {token}"}
    )
    assert is_refusal(response, status)
    assert response.headers.get("www-authenticate") == ("Bearer" if status == 401 else None)


@pytest.mark.parametrize(
    "body",
    [
        {"query": "query Q($n: String!) { hello(name: $n) }", "variables": {"n": "a\0b"}},
        {"query": "query Q($w: Filter) { search(where: $w) }", "variables": {"w": {"label": "\0"}}},
        {"query": "query Q($w: Filter) { search(where: $w) }", "variables": {"w": {"\0": "x"}}},
        {"query": '{ hello(name: "a\\u0000b") }'},
        {"query": 'query Q($n: String = "\\u0000") { hello(name: $n) }'},
        {"query": '{ search(where: {allOf: [{label: "\\u{0}"}]}) }'},
        {"query": '{ hello @include(if: "\\u0000") }'},
        {"query": "{ hello }\0"},
    ],
)
async def test_a_null_character_never_reaches_a_resolver(tiny, body) -> None:
    response = await tiny.post("/graphql", json=body, headers={"accept": NEW})
    assert response.status_code == 400
    assert "data" not in response.json()


async def test_variables_nested_too_deeply_are_refused(tiny) -> None:
    where: dict = {"label": "x"}
    for _ in range(40):
        where = {"allOf": [where]}
    body = {"query": "query Q($w: Filter) { search(where: $w) }", "variables": {"w": where}}
    assert is_refusal(await tiny.post("/graphql", json=body), 400)


async def test_answers_are_not_kept_by_anyone(tiny) -> None:
    response = await tiny.post("/graphql", json={"query": "{ hello }"})
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["vary"] == "accept"


async def test_without_graphiql_a_browser_gets_no_page() -> None:
    from starlette.applications import Starlette

    from schema.view import GraphQLEndpoint

    from .tiny import context_of, tiny_schema

    endpoint = GraphQLEndpoint(tiny_schema(), context_of)
    async with client_of(Starlette(routes=endpoint.routes("/api"))) as client:
        page = await client.get("/api", headers={"accept": "text/html,*/*;q=0.1"})
        assert is_refusal(page, 400)
        assert (await client.get("/api/assets/start.js")).status_code == 404


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("{" + " hello" * 100_000 + "}", "65536"),
        ("{" + " a" * 6_000 + "}", "5000"),
        ("#\n" * 501 + "{ hello }", "500"),
    ],
    ids=["characters", "tokens", "comments"],
)
async def test_a_large_document_is_not_parsed_to_its_end(tiny, query, says) -> None:
    response = await tiny.post("/graphql", json={"query": query}, headers={"accept": NEW})
    assert is_refusal(response, 400)
    assert says in response.json()["errors"][0]["message"]


async def test_suggestions_follow_debug_in_view_and_schema() -> None:
    for production, suggests in ((True, False), (False, True)):
        async with client_of(tiny_app(production=production)) as client:
            text = (await client.post("/graphql", json={"query": "{ helo }"})).text
            assert ("Did you mean" in text) is suggests
