"""Clients and contacts: cleaned, versioned, archived, and nobody else's."""

from dataclasses import replace

import asyncpg
import pytest

from db.queries import clients as queries
from db.unit_of_work import read_only
from services import clients
from services.rules.errors import Conflict, Forbidden, InvalidInput, NotFound, Stale
from tests.factories.clients import a_client
from tests.factories.practices import NOW, a_practice

pytestmark = pytest.mark.usefixtures("database")

DETAILS = clients.ClientDetails(
    name="Havn", country="DK", currency="DKK", locale="da", kind="does_not_know"
)
CONTACT = clients.ContactDetails(
    name="Bo", email="bo@havn.example", locale="en", roles=["stakeholder", "signer", "signer"]
)


async def test_a_client_is_stored_as_it_was_described() -> None:
    people = await a_practice()
    client = await a_client(people.staff)
    async with read_only(people.owner.scope()) as uow:
        row = await queries.client_by_id(uow, client.client_id)
        contacts = await queries.contacts_of(uow, [client.client_id])
    assert row is not None
    assert (row["name"], row["kind"], row["payment_terms_days"], row["version"]) == (
        "Havn & Co",
        "looks_to_us",
        8,
        1,
    )
    assert [(c["name"], c["roles"]) for c in contacts] == [
        ("Birgit Dam", ["billing"]),
        ("Søren <Å> O'Hara & Søn", ["signer"]),
    ]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"name": " "}, "REQUIRED", "name"),
        ({"name": "evil\u202ename"}, "TEXT_INVALID", "name"),
        ({"country": "dk"}, "COUNTRY", "country"),
        ({"country": "D1"}, "COUNTRY", "country"),
        ({"currency": "DKX"}, "CURRENCY_UNKNOWN", "currency"),
        ({"locale": "de"}, "LOCALE", "locale"),
        ({"kind": "rich"}, "KIND", "kind"),
        ({"payment_terms_days": -1}, "TERMS", "paymentTermsDays"),
        ({"email": "nobody"}, "EMAIL", "email"),
    ],
)
async def test_a_malformed_client_is_refused_by_field(change: dict, code: str, field: str) -> None:
    people = await a_practice()
    with pytest.raises(InvalidInput) as refused:
        await clients.create_client(people.owner, replace(DETAILS, **change), now=NOW)
    assert (refused.value.code, refused.value.field) == (code, field)


async def test_an_accountant_changes_no_client() -> None:
    people = await a_practice()
    with pytest.raises(Forbidden):
        await clients.create_client(people.accountant, DETAILS, now=NOW)
    async with read_only(people.owner.scope()) as uow:
        assert await queries.count_clients(uow, include_archived=True, search="") == 0


async def test_an_update_names_the_version_it_saw() -> None:
    people = await a_practice()
    client_id = await clients.create_client(people.owner, DETAILS, now=NOW)
    await clients.update_client(
        people.staff, client_id, replace(DETAILS, name="Kaj"), expected_version=1, now=NOW
    )
    with pytest.raises(Stale) as stale:
        await clients.update_client(
            people.staff, client_id, replace(DETAILS, name="Ro"), expected_version=1, now=NOW
        )
    assert stale.value.details["current_version"] == 2
    async with read_only(people.owner.scope()) as uow:
        row = await queries.client_by_id(uow, client_id)
    assert row is not None
    assert row["name"] == "Kaj"


async def test_an_archived_client_takes_no_contacts_until_it_is_back() -> None:
    people = await a_practice()
    client_id = await clients.create_client(people.owner, DETAILS, now=NOW)
    await clients.archive_client(people.owner, client_id, expected_version=1, now=NOW)
    with pytest.raises(Conflict) as refused:
        await clients.add_contact(people.owner, client_id, CONTACT, now=NOW)
    assert refused.value.code == "CLIENT_ARCHIVED"
    await clients.archive_client(
        people.owner, client_id, is_archived=False, expected_version=2, now=NOW
    )
    contact_id = await clients.add_contact(people.owner, client_id, CONTACT, now=NOW)
    async with read_only(people.owner.scope()) as uow:
        contact = await queries.contact_by_id(uow, contact_id)
    assert contact is not None
    assert contact["roles"] == ["signer", "stakeholder"]


async def test_a_contact_is_changed_by_version() -> None:
    people = await a_practice()
    client = await a_client(people.owner)
    await clients.update_contact(
        people.owner, client.billing_id, CONTACT, is_active=False, expected_version=1, now=NOW
    )
    with pytest.raises(Stale):
        await clients.update_contact(
            people.owner, client.billing_id, CONTACT, expected_version=1, now=NOW
        )
    async with read_only(people.owner.scope()) as uow:
        contact = await queries.contact_by_id(uow, client.billing_id)
    assert contact is not None
    assert (contact["name"], contact["is_active"], contact["version"]) == ("Bo", False, 2)


async def test_another_practices_client_is_no_client() -> None:
    ours, theirs = await a_practice(), await a_practice("Sydlys")
    client = await a_client(theirs.owner)
    for attempt in (
        clients.update_client(ours.owner, client.client_id, DETAILS, expected_version=1, now=NOW),
        clients.archive_client(ours.owner, client.client_id, expected_version=1, now=NOW),
        clients.add_contact(ours.owner, client.client_id, CONTACT, now=NOW),
        clients.update_contact(ours.owner, client.signer_id, CONTACT, expected_version=1, now=NOW),
    ):
        with pytest.raises(NotFound):
            await attempt
    async with read_only(theirs.owner.scope()) as uow:
        row = await queries.client_by_id(uow, client.client_id)
    assert row is not None
    assert row["version"] == 1


async def test_the_database_knows_the_roles_too(owner_connection: asyncpg.Connection) -> None:
    people = await a_practice()
    client = await a_client(people.owner)
    with pytest.raises(asyncpg.CheckViolationError):
        await owner_connection.execute(
            "update contact set roles = '{king}' where id = $1", client.signer_id
        )
