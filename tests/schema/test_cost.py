"""Attacks are bounded by counting what the guard looked at, not by a clock."""

import pytest
from graphql import get_introspection_query, parse

from schema.cost import CostGuard, DocumentCache
from schema.shape import CostLimits, Shape

from .tiny import TinyContext, client_of, tiny_app, tiny_schema


def doubling(n: int, leaf: str = "hello") -> str:
    fragments = [f"fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(n)]
    return " ".join(["{ ...F0 }", *fragments, f"fragment F{n} on Query {{ {leaf} }}"])


def nested(levels: int) -> str:
    return '{ jar(id: "x") {' + " lid {" * levels + " label " + "}" * levels + "}}"


ATTACKS = {
    "doubling fragments": doubling(55),
    "doubling fragments with an alias": doubling(55, "a: hello"),
    "doubling inline": "{" + "... { ... { hello } } " * 400 + "}",
    "a fragment in itself": "{ ...A } fragment A on Query { ...A }",
    "fragments in a ring": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "an unused bomb": "{ hello } " + doubling(50)[len("{ ...F0 }") :],
    "many fragments": "{ hello }"
    + "".join(f" fragment F{i} on Query {{ hello }}" for i in range(61)),
    "many operations": "".join(f" query Q{i} {{ hello }}" for i in range(61)),
    "many aliases": "{" + "".join(f" a{i}: hello" for i in range(51)) + "}",
    "aliases through a fragment": "{"
    + "...F " * 26
    + "} fragment F on Query { a: hello b: hello }",
    "many directives": "{ hello " + "@skip(if: false) " * 51 + "}",
    "directives on the operation": "query Q " + "@x " * 51 + "{ hello }",
    "directives on a variable": "query Q($a: Int " + "@x " * 51 + ") { hello }",
    "one field often": "{" + " hello" * 999 + "}",
    "one path often": "{" + ('jar(id: "x") {' + "lid { label }" * 15 + "}") * 15 + "}",
    "many fields": "{" + " hello" * 1_001 + "}",
    "deep": nested(15),
    "very deep": nested(140),
    "deeper than any stack": "{" + "a {" * 1_500 + "b" + "}" * 1_500 + "}",
    "a deep list": "{ search(where: " + "[" * 1_500 + "]" * 1_500 + ") }",
    "a deep value": "{ search(where: " + "{allOf: " * 21 + "null" + "}" * 21 + ") }",
    "many tokens": "{ hello(" + "a: 1 " * 2_000 + ") }",
    "a long document": "{ hello } #" + "x" * 70_000,
    "many comments": "#\n" * 600 + "{ hello }",
    "a page too large": "{ jars(first: 101) { nodes { label } } }",
    "an absurd page": "{ jars(first: " + "9" * 5_000 + ") { nodes { label } } }",
    "a page too large at the end": "{ jars(last: 101) { nodes { label } } }",
    "pages in pages": "{ jars(first: 100) { nodes { jars(first: 100) { nodes { label } } } } }",
    "pages in pages by edges": "{ jars(first: 100) { edges { node { jars(first: 100) { edges { node { id } } } } } } }",
    "pages without a size": "{ jars { nodes { jars { nodes { jars { nodes { id } } } } } } }",
    "lists in lists": '{ jar(id: "x") { shelf { shelf { shelf { shelf { id } } } } } }',
    "introspected lists": "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
    "introspected arguments": "{ __schema { types { fields { args { type { fields { name } } } } } } }",
    "introspection often": "{"
    + "".join(f" a{i}: __schema {{ types {{ name }} }}" for i in range(21))
    + "}",
}


@pytest.mark.parametrize("document", ATTACKS.values(), ids=ATTACKS.keys())
async def test_an_attack_is_refused_as_a_request_before_validation(
    tiny, monkeypatch, document
) -> None:
    validated = []
    monkeypatch.setattr(
        "strawberry.schema.schema.validate_document", lambda *_: validated.append(1) or []
    )
    response = await tiny.post(
        "/graphql",
        json={"query": document},
        headers={"accept": "application/graphql-response+json"},
    )
    answer = response.json()
    assert response.status_code == 400
    assert "data" not in answer
    assert len(answer["errors"]) == 1
    assert answer["errors"][0]["extensions"]["code"] in ("TOO_COSTLY", "BAD_REQUEST")
    assert validated == []


def test_each_fragment_of_a_bomb_is_looked_at_once(monkeypatch) -> None:
    looked = []
    original = Shape._totals

    def counting(self, selection_set, nesting):
        looked.append(1)
        return original(self, selection_set, nesting)

    monkeypatch.setattr(Shape, "_totals", counting)
    shape = Shape(parse(doubling(60)), CostLimits(definitions=100))
    with pytest.raises(Exception, match="more than 1000 fields"):
        shape.check()
    # One operation and 61 fragments: 2^60 paths lead through them.
    assert len(looked) == 62


async def test_variables_cannot_smuggle_a_large_page_past_the_guard(run) -> None:
    query = (
        "query Q($n: Int = 100) { jars(first: $n) { nodes { jars(first: $n) { nodes { id } } } } }"
    )
    small = await run(query, {"n": 3})
    assert small["extensions"]["cost"]["requested"] == 16
    for variables in ({"n": 101}, {"n": 100}, {}, {"n": None}):
        answer = await run(query, variables)
        if variables == {"n": None}:
            # No size at all: the default page, 50 × 50.
            assert answer["extensions"]["cost"]["requested"] == 2601
        else:
            assert answer["errors"][0]["extensions"]["code"] == "TOO_COSTLY"
            assert "data" not in answer


@pytest.mark.parametrize(
    ("query", "requested"),
    [
        ("{ hello }", 0),
        ("{ jars(first: 2) { totalCount } }", 1),
        ("{ jars(first: 10) { nodes { label } } }", 11),
        ("{ jars(first: 10) { nodes { label lid { id } } } }", 21),
        ("{ jars(first: 10) { edges { cursor node { id } } pageInfo { endCursor } } }", 22),
        ("{ jars { nodes { label } } }", 51),
        ('{ jar(id: "x") { shelf { id } } }', 11),
        ('mutation { labelJar(input: {id: "x", label: "y"}) { jar { id } } }', 12),
        ("{ __schema { types { name } } }", 0),
    ],
)
async def test_the_cost_is_the_objects_that_may_come_back(run, query, requested) -> None:
    cost = (await run(query))["extensions"]["cost"]
    assert cost == {"requested": requested, "limit": 10_000}


@pytest.mark.parametrize(
    "flags",
    [
        {},
        {
            "input_value_deprecation": True,
            "specified_by_url": True,
            "schema_description": True,
            "directive_is_repeatable": True,
        },
    ],
)
async def test_the_usual_introspection_passes(run, flags) -> None:
    answer = await run(get_introspection_query(**flags))
    assert "errors" not in answer
    assert (
        answer["data"]["__schema"]["queryType"] == {"name": "Query"}
        or answer["data"]["__schema"]["queryType"]["name"] == "Query"
    )


async def test_an_honest_document_with_many_fragments_passes(run) -> None:
    fragments = "".join(
        f" fragment F{i} on Jar {{ id label lid {{ id label }} }}" for i in range(30)
    )
    spreads = "".join(f" ...F{i}" for i in range(30))
    answer = await run("{ jars(first: 5) { nodes {" + spreads + "} } }" + fragments)
    assert "errors" not in answer


async def test_which_of_several_operations_must_be_said(run) -> None:
    document = 'query A { hello(name: "a") } query B { hello(name: "b") }'
    assert (await run(document, operationName="B"))["data"] == {"hello": "hello b"}
    assert "say which one to run" in (await run(document))["errors"][0]["message"]
    assert (await run(document, operationName="C"))["errors"][0]["extensions"][
        "code"
    ] == "BAD_REQUEST"


async def test_a_valid_document_is_parsed_and_validated_once(tiny, monkeypatch) -> None:
    import strawberry.schema.schema as engine

    seen = []
    parse_, validate_ = engine.parse, engine.validate_document
    monkeypatch.setattr(engine, "parse", lambda *a, **k: seen.append("parse") or parse_(*a, **k))
    monkeypatch.setattr(
        engine, "validate_document", lambda *a: seen.append("validate") or validate_(*a)
    )
    for name in ("a", "b"):
        response = await tiny.post(
            "/graphql",
            json={"query": "query Q($n: String!) { hello(name: $n) }", "variables": {"n": name}},
        )
        assert response.json()["data"] == {"hello": f"hello {name}"}
    assert seen == ["parse", "validate"]


async def test_an_invalid_document_is_refused_each_time_it_comes(run) -> None:
    first, second = await run("{ nothing }"), await run("{ nothing }")
    assert first == second
    assert first["errors"][0]["message"].startswith("Cannot query field")


async def test_the_memory_of_documents_is_bounded() -> None:
    cache = DocumentCache(entries=3, characters=100)
    schema = tiny_schema()
    schema.extensions = (lambda: CostGuard(CostLimits(), cache),)
    for n in range(5):
        await schema.execute(f'{{ hello(name: "{n}") }}', context_value=TinyContext())
    await schema.execute("{ hello } #" + "x" * 100, context_value=TinyContext())
    assert len(cache) == 3
    assert cache.get('{ hello(name: "4") }') is not None
    assert cache.get('{ hello(name: "0") }') is None


async def test_limits_can_be_chosen_for_a_schema() -> None:
    app = tiny_app(tiny_schema(limits=CostLimits(cost=10)))
    async with client_of(app) as client:
        response = await client.post(
            "/graphql", json={"query": "{ jars(first: 10) { nodes { id } } }"}
        )
    [error] = response.json()["errors"]
    assert error["message"] == "The operation asks for up to 11 objects; the limit is 10."
