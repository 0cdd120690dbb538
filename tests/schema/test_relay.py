from uuid import UUID

import pytest

from schema.relay import Keyset, decode_id, encode_id
from services.rules.errors import InvalidInput

from .tiny import JARS, JARS_BY_LABEL

JARS_PAGE = """query Q($first: Int, $after: String, $last: Int, $before: String) {
  jars(first: $first, after: $after, last: $last, before: $before) {
    nodes { label } edges { cursor node { label } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""


def labels(answer: dict) -> list[str]:
    return [node["label"][-1] for node in answer["data"]["jars"]["nodes"]]


async def test_walking_forward_shows_every_row_once(run) -> None:
    seen, after = [], None
    while True:
        jars = await run(JARS_PAGE, {"first": 3, "after": after})
        seen.append(labels(jars))
        info = jars["data"]["jars"]["pageInfo"]
        if not info["hasNextPage"]:
            break
        after = info["endCursor"]
    assert seen == [["1", "2", "3"], ["4", "5", "6"], ["7"]]
    assert info["hasPreviousPage"] is True


async def test_walking_backward_shows_every_row_once_in_the_order_of_the_list(run) -> None:
    seen, before = [], None
    while True:
        jars = await run(JARS_PAGE, {"last": 3, "before": before})
        seen.append(labels(jars))
        info = jars["data"]["jars"]["pageInfo"]
        if not info["hasPreviousPage"]:
            break
        before = info["startCursor"]
    assert seen == [["5", "6", "7"], ["2", "3", "4"], ["1"]]
    assert info["hasNextPage"] is True


async def test_after_and_before_bound_a_page_from_both_sides(run) -> None:
    edges = (await run(JARS_PAGE, {"first": 7}))["data"]["jars"]["edges"]
    second, sixth = edges[1]["cursor"], edges[5]["cursor"]
    forward = await run(JARS_PAGE, {"after": second, "before": sixth, "first": 2})
    backward = await run(JARS_PAGE, {"after": second, "before": sixth, "last": 2})
    assert (labels(forward), labels(backward)) == (["3", "4"], ["4", "5"])


async def test_an_edge_is_the_node_and_the_cursor_that_continues_after_it(run) -> None:
    edges = (await run(JARS_PAGE, {"first": 2}))["data"]["jars"]["edges"]
    assert [edge["node"]["label"] for edge in edges] == ["jar 01", "jar 02"]
    assert labels(await run(JARS_PAGE, {"first": 1, "after": edges[0]["cursor"]})) == ["2"]


async def test_a_page_of_none_still_knows_that_there_is_more(run) -> None:
    jars = (await run(JARS_PAGE, {"first": 0}))["data"]["jars"]
    assert jars["nodes"] == []
    assert jars["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }


async def test_the_count_is_taken_only_when_asked_for(tiny) -> None:
    from .tiny import TinyContext, tiny_schema

    schema = tiny_schema()
    without, with_count = TinyContext(), TinyContext()
    await schema.execute("{ jars(first: 1) { nodes { label } } }", context_value=without)
    result = await schema.execute("{ jars(first: 1) { totalCount } }", context_value=with_count)
    assert (without.counts, with_count.counts) == ([], ["total"])
    assert result.data == {"jars": {"totalCount": 7}}


@pytest.mark.parametrize(
    ("variables", "field", "code"),
    [
        ({"first": -1}, "first", "PAGE_INVALID"),
        ({"last": -1}, "last", "PAGE_INVALID"),
        ({"first": 1, "last": 1}, "last", "PAGE_INVALID"),
        ({"after": ""}, "after", "CURSOR_INVALID"),
        ({"after": "nonsense"}, "after", "CURSOR_INVALID"),
        ({"after": "é"}, "after", "CURSOR_INVALID"),
        ({"after": "W10"}, "after", "CURSOR_INVALID"),
        ({"after": "eyJhIjoxfQ"}, "after", "CURSOR_INVALID"),
        ({"before": "A" * 100_000}, "before", "CURSOR_INVALID"),
        ({"before": "bnVsbA"}, "before", "CURSOR_INVALID"),
    ],
)
async def test_a_bad_page_is_refused_by_the_name_of_the_argument(
    run, variables, field, code
) -> None:
    answer = await run(JARS_PAGE, variables)
    [error] = answer["errors"]
    assert error["extensions"] == {"code": code, "field": [field]}


@pytest.mark.parametrize(
    "forged",
    [
        Keyset("tiny.jars.other", (str, UUID)).cursor(("jar 01", JARS[0].id)),
        Keyset("tiny.jars.label", (int, UUID)).cursor((1, JARS[0].id)),
        Keyset("tiny.jars.label", (str, str)).cursor(("jar 01", "no uuid")),
        Keyset("tiny.jars.label", (str,)).cursor(("jar 01",)),
        Keyset("tiny.jars.label", (str, UUID)).cursor(("jar\0", JARS[0].id)),
        JARS_BY_LABEL.cursor(("jar 01", JARS[0].id)) + "=",
    ],
    ids=["other order", "other type", "no uuid", "too short", "NUL", "padded"],
)
def test_a_cursor_of_another_making_is_refused(forged) -> None:
    with pytest.raises(InvalidInput) as refused:
        JARS_BY_LABEL.key(forged, "after")
    assert (refused.value.code, refused.value.field) == ("CURSOR_INVALID", "after")


async def test_an_id_finds_its_thing_and_keeps_the_order_asked_for(run) -> None:
    two, nine, one = (encode_id("Jar", UUID(int=n)) for n in (2, 9, 1))
    query = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id ... on Jar { label } } }"
    nodes = (await run(query, {"ids": [two, nine, one, two]}))["data"]["nodes"]
    assert [node and node["label"] for node in nodes] == ["jar 02", None, "jar 01", "jar 02"]
    assert nodes[0]["id"] == two


async def test_a_type_that_cannot_be_refetched_is_not_found(run) -> None:
    answer = await run(
        "query Q($id: ID!) { node(id: $id) { id } }", {"id": encode_id("Cup", UUID(int=1))}
    )
    assert answer == {"data": {"node": None}, "extensions": answer["extensions"]}


async def test_more_than_a_page_of_ids_is_refused(run) -> None:
    ids = [encode_id("Jar", UUID(int=n)) for n in range(101)]
    answer = await run("query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ids})
    assert answer["errors"][0]["extensions"] == {"code": "PAGE_INVALID", "field": ["ids"]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "é",
        "SmFy",
        "SmFyOg",
        "=" * 8,
        "A" * 5_000,
        encode_id("Jar", UUID(int=1)) + "A",
        str(UUID(int=1)),
    ],
)
def test_what_is_no_id_is_refused_by_the_name_of_the_field(text) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode_id("Jar", text, "jarId")
    assert (refused.value.code, refused.value.field) == ("ID_INVALID", "jarId")


def test_an_id_of_another_type_is_refused_by_both_names() -> None:
    with pytest.raises(InvalidInput, match="This is the id of a Cup, not of a Jar") as refused:
        decode_id("Jar", encode_id("Cup", UUID(int=1)), "jarId")
    assert refused.value.field == "jarId"
