"""The practice over HTTP: roles, tokens, versions, the trail."""

import httpx
import pytest

from tests.factories.api import Api, api_of
from tests.factories.practices import a_practice

UPDATE = """
mutation ($version: Int!, $currency: Currency!, $name: String!) {
  updatePractice(input: {expectedVersion: $version, name: $name, legalName: "Nord ApS", country: "DK",
                         currency: $currency, locale: "da", timezone: "Europe/Copenhagen"}) {
    practice { name version }
    userErrors { code field message currentVersion }
  }
}
"""


async def test_without_a_token_nothing_is_told(http: httpx.AsyncClient) -> None:
    body = (await Api(http, None).raw("{ practice { name } viewer { name } }")).json()
    assert body["data"] == {"practice": None, "viewer": None}
    assert {e["extensions"]["code"] for e in body["errors"]} == {"UNAUTHENTICATED"}


async def test_a_bad_token_is_401(http: httpx.AsyncClient) -> None:
    response = await Api(http, "sw_nonsense").raw("{ practice { name } }")
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_every_role_sees_its_practice_and_itself(http: httpx.AsyncClient) -> None:
    people = await a_practice()
    for actor in (people.owner, people.staff, people.assistant, people.accountant):
        api = await api_of(http, people.owner, actor)
        data = await api.ask(
            "{ practice { name currency timezone } viewer { role } members { role } }"
        )
        assert data["practice"] == {
            "name": "Nordlys Studio", "currency": "DKK", "timezone": "Europe/Copenhagen",
        }  # fmt: skip
        assert data["viewer"] == {"role": actor.role}
        assert len(data["members"]) == 4


async def test_an_update_needs_the_version_that_is_current(http: httpx.AsyncClient) -> None:
    people = await a_practice()
    api = await api_of(http, people.owner, people.owner)
    first = await api.ask(UPDATE, version=1, currency="DKK", name="Nord")
    assert first["updatePractice"] == {"practice": {"name": "Nord", "version": 2}, "userErrors": []}
    second = await api.ask(UPDATE, version=1, currency="DKK", name="Syd")
    (error,) = second["updatePractice"]["userErrors"]
    assert (error["code"], error["field"], error["currentVersion"]) == (
        "STALE_VERSION",
        ["expectedVersion"],
        2,
    )
    assert (await api.ask("{ practice { name } }"))["practice"]["name"] == "Nord"


async def test_only_the_owner_changes_the_practice(http: httpx.AsyncClient) -> None:
    people = await a_practice()
    for actor in (people.staff, people.assistant, people.accountant):
        api = await api_of(http, people.owner, actor)
        assert await api.refusal(UPDATE, version=1, currency="DKK", name="Mine") == (
            "FORBIDDEN",
            None,
        )
        assert (await api.ask("{ practice { name version } }"))["practice"] == {
            "name": "Nordlys Studio",
            "version": 1,
        }


@pytest.mark.parametrize("name", ["", "   ", "a\u202eb", "x" * 201, "a\nb"])
async def test_a_bad_name_is_named_and_nothing_changes(name: str, http: httpx.AsyncClient) -> None:
    people = await a_practice()
    api = await api_of(http, people.owner, people.owner)
    _, field = await api.refusal(UPDATE, version=1, currency="DKK", name=name)
    assert field == ["name"]
    assert (await api.ask("{ practice { version } }"))["practice"]["version"] == 1


async def test_another_practices_ids_answer_as_missing_ones(http: httpx.AsyncClient) -> None:
    here, there = await a_practice("Here"), await a_practice("There")
    mine = await api_of(http, here.owner, here.owner)
    theirs = await api_of(http, there.owner, there.owner)
    their_members = await theirs.ask("{ members { id } practice { id } }")
    ids = [m["id"] for m in their_members["members"]] + [their_members["practice"]["id"]]
    assert (await mine.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids))[
        "nodes"
    ] == [None] * 5
    issue = 'mutation ($id: ID!) { issueToken(input: {memberId: $id, name: "x"}) { token userErrors { code field } } }'
    assert await mine.refusal(issue, id=ids[0]) == ("NOT_FOUND", ["memberId"])
    missing = (await mine.ask("{ viewer { id } }"))["viewer"]["id"]
    assert await mine.refusal(issue, id=missing[:-4] + "AAAA") == ("NOT_FOUND", ["memberId"])


async def test_the_trail_is_paged_newest_first_for_owner_and_accountant(
    http: httpx.AsyncClient,
) -> None:
    people = await a_practice()
    query = """query ($after: String) { auditTrail(first: 3, after: $after) {
        nodes { operation tableName } totalCount pageInfo { hasNextPage endCursor } } }"""
    api = await api_of(http, people.owner, people.accountant)
    first = (await api.ask(query))["auditTrail"]
    assert [n["tableName"] for n in first["nodes"]] == ["api_token", "member", "member"]
    assert first["totalCount"] == 6
    rest = (await api.ask(query, after=first["pageInfo"]["endCursor"]))["auditTrail"]
    assert [n["tableName"] for n in rest["nodes"]] == ["member", "member", "practice"]
    assert rest["pageInfo"]["hasNextPage"] is False
    staff = await api_of(http, people.owner, people.staff)
    body = (await staff.raw(query)).json()
    assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_health_and_metrics_answer(http: httpx.AsyncClient) -> None:
    assert (await http.get("/healthz")).json() == {"status": "ok"}
    ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]) == (200, {"database": "ok"})
    await Api(http, None).raw("{ __typename }")
    figures = (await http.get("/metrics")).text
    assert "scopewright_http_requests_total" in figures
    assert 'scopewright_graphql_operations_total{kind="query",outcome="answered"} 1.0' in figures


async def test_a_request_id_comes_back_and_reaches_the_trail(http: httpx.AsyncClient) -> None:
    people = await a_practice()
    api = await api_of(http, people.owner, people.owner)
    response = await http.post(
        "/graphql",
        json={"query": UPDATE, "variables": {"version": 1, "currency": "DKK", "name": "Nord"}},
        headers={**api._headers, "x-request-id": "my-request-0001"},
    )
    assert response.headers["x-request-id"] == "my-request-0001"
    trail = await api.ask("{ auditTrail(first: 1) { nodes { requestId actor } } }")
    assert trail["auditTrail"]["nodes"] == [
        {"requestId": "my-request-0001", "actor": f"owner:{people.owner.member_id}"}
    ]
