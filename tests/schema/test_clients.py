"""Clients and contacts over HTTP."""

import httpx

from tests.factories.api import api_of
from tests.factories.clients import a_client
from tests.factories.practices import a_practice

CREATE = """
mutation ($name: String!, $currency: Currency! = "DKK") {
  createClient(input: {name: $name, country: "DK", currency: $currency, locale: "da", kind: DOES_NOT_KNOW,
                       address: "Havnegade 2"}) {
    client { id name kind currency paymentTermsDays address isArchived version contacts { name } }
    userErrors { code field }
  }
}
"""
UPDATE = """
mutation ($id: ID!, $version: Int!, $name: String) {
  updateClient(input: {clientId: $id, expectedVersion: $version, name: $name, paymentTermsDays: 30}) {
    client { name address paymentTermsDays version }
    userErrors { code field currentVersion }
  }
}
"""
ARCHIVE = """
mutation ($id: ID!, $version: Int!) {
  archiveClient(input: {clientId: $id, expectedVersion: $version}) { client { isArchived } userErrors { code field } }
}
"""
ADD_CONTACT = """
mutation ($id: ID!, $email: String! = "ida@havn.example") {
  addContact(input: {clientId: $id, name: "Ida", email: $email, locale: "da", roles: [SIGNER, BILLING]}) {
    contact { id name roles isActive version client { name } }
    userErrors { code field }
  }
}
"""
LIST = """
query ($first: Int, $after: String, $last: Int, $before: String, $search: String! = "", $all: Boolean! = false) {
  clients(first: $first, after: $after, last: $last, before: $before, search: $search, includeArchived: $all) {
    totalCount nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


async def test_a_client_is_taken_on_changed_and_put_away(http: httpx.AsyncClient) -> None:
    people = await a_practice()
    api = await api_of(http, people.owner, people.assistant)
    client = (await api.ask(CREATE, name="Havn"))["createClient"]["client"]
    assert client | {"id": None} == {
        "id": None,
        "name": "Havn",
        "kind": "DOES_NOT_KNOW",
        "currency": "DKK",
        "paymentTermsDays": 8,
        "address": "Havnegade 2",
        "isArchived": False,
        "version": 1,
        "contacts": [],
    }
    changed = await api.ask(UPDATE, id=client["id"], version=1, name="Kaj")
    assert changed["updateClient"]["client"] == {
        "name": "Kaj",
        "address": "Havnegade 2",
        "paymentTermsDays": 30,
        "version": 2,
    }
    stale = await api.ask(UPDATE, id=client["id"], version=1, name="Ro")
    assert stale["updateClient"] == {
        "client": None,
        "userErrors": [
            {"code": "STALE_VERSION", "field": ["expectedVersion"], "currentVersion": 2}
        ],
    }
    archived = await api.ask(ARCHIVE, id=client["id"], version=2)
    assert archived["archiveClient"]["client"] == {"isArchived": True}
    assert await api.refusal(ADD_CONTACT, id=client["id"]) == ("CLIENT_ARCHIVED", ["clientId"])
    assert (await api.ask(LIST))["clients"]["nodes"] == []
    assert (await api.ask(LIST, all=True))["clients"]["totalCount"] == 1


async def test_a_contact_is_added_and_changed(http: httpx.AsyncClient) -> None:
    people = await a_practice()
    api = await api_of(http, people.owner, people.staff)
    client = (await api.ask(CREATE, name="Havn"))["createClient"]["client"]
    contact = (await api.ask(ADD_CONTACT, id=client["id"]))["addContact"]["contact"]
    assert (contact["roles"], contact["client"]) == (["SIGNER", "BILLING"], {"name": "Havn"})
    changed = await api.ask(
        """
        mutation ($id: ID!) {
          updateContact(input: {contactId: $id, expectedVersion: 1, roles: [SPONSOR], isActive: false}) {
            contact { name roles isActive version } userErrors { code }
          }
        }
        """,
        id=contact["id"],
    )
    assert changed["updateContact"]["contact"] == {
        "name": "Ida",
        "roles": ["SPONSOR"],
        "isActive": False,
        "version": 2,
    }
    assert await api.refusal(ADD_CONTACT, id=client["id"], email="ida") == ("EMAIL", ["email"])


async def test_clients_are_paged_by_name_in_both_directions(http: httpx.AsyncClient) -> None:
    people = await a_practice()
    api = await api_of(http, people.owner, people.accountant)
    for name in ("Dal", "Bakke", "Aa", "Eng", "Bakke", "50%_\\"):
        await a_client(people.owner, name)
    first = (await api.ask(LIST, first=4))["clients"]
    assert [n["name"] for n in first["nodes"]] == ["50%_\\", "Aa", "Bakke", "Bakke"]
    assert first["totalCount"] == 6
    rest = (await api.ask(LIST, first=4, after=first["pageInfo"]["endCursor"]))["clients"]
    assert [n["name"] for n in rest["nodes"]] == ["Dal", "Eng"]
    assert (rest["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasPreviousPage"]) == (False, True)
    back = (await api.ask(LIST, last=2, before=rest["pageInfo"]["startCursor"]))["clients"]
    assert [n["name"] for n in back["nodes"]] == ["Bakke", "Bakke"]
    assert back["pageInfo"]["hasPreviousPage"] is True
    found = (await api.ask(LIST, search="0%_\\"))["clients"]
    assert ([n["name"] for n in found["nodes"]], found["totalCount"]) == (["50%_\\"], 1)


async def test_another_practices_client_answers_like_a_missing_one(http: httpx.AsyncClient) -> None:
    ours, theirs = await a_practice(), await a_practice("Sydlys")
    mine = await api_of(http, ours.owner, ours.owner)
    other = await api_of(http, theirs.owner, theirs.owner)
    client = (await other.ask(CREATE, name="Havn"))["createClient"]["client"]
    look = "query ($id: ID!) { client(id: $id) { name } node(id: $id) { id } }"
    assert await mine.ask(look, id=client["id"]) == {"client": None, "node": None}
    assert await mine.refusal(UPDATE, id=client["id"], version=1, name="x") == (
        "NOT_FOUND",
        ["clientId"],
    )
    assert await mine.refusal(ARCHIVE, id=client["id"], version=1) == ("NOT_FOUND", ["clientId"])
    assert await mine.refusal(ADD_CONTACT, id=client["id"]) == ("NOT_FOUND", ["clientId"])
    assert await other.ask(look, id=client["id"]) == {
        "client": {"name": "Havn"},
        "node": {"id": client["id"]},
    }


async def test_an_accountant_reads_and_changes_nothing(http: httpx.AsyncClient) -> None:
    people = await a_practice()
    api = await api_of(http, people.owner, people.accountant)
    assert await api.refusal(CREATE, name="Havn") == ("FORBIDDEN", None)
    assert (await api.ask(LIST, all=True))["clients"]["totalCount"] == 0
