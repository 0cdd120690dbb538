"""Clients and their contacts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import Enum
from typing import Any, Self
from uuid import UUID

import asyncpg
import strawberry
from strawberry.dataloader import DataLoader

from db.queries import clients as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.errors import Payload, refusals_as
from schema.relay import Connection, Keyset, Node, decode_id, encode_id, fetches
from schema.scalars import Currency
from services import clients
from services.actor import MEMBERS
from services.rules.errors import NotFound
from services.rules.text import clean_text

CLIENTS_BY_NAME = Keyset("clients.name", (str, UUID))


@strawberry.enum(description="What a client comes with.")
class ClientKind(Enum):
    """The kinds of `services.clients`."""

    KNOWS_WHAT_THEY_WANT = strawberry.enum_value(
        "knows_what_they_want", description="They know what they want, and want it done."
    )
    DOES_NOT_KNOW = strawberry.enum_value(
        "does_not_know", description="They know what they do not want, and find out the rest."
    )
    LOOKS_TO_US = strawberry.enum_value(
        "looks_to_us", description="They look to the practice for its expertise."
    )


@strawberry.enum(description="What somebody at a client is to the work.")
class ContactRole(Enum):
    """The roles of `services.clients`."""

    SIGNER = strawberry.enum_value("signer", description="Signs for the client.")
    BILLING = strawberry.enum_value("billing", description="Gets the invoices.")
    SPONSOR = strawberry.enum_value("sponsor", description="Wants the work and decides on it.")
    STAKEHOLDER = strawberry.enum_value("stakeholder", description="Is kept informed.")


@strawberry.type(description="A person at a client.")
class Contact(Node):
    """Somebody to talk to, to bill, or to ask for a signature."""

    client_key: strawberry.Private[UUID]
    name: str = strawberry.field(description="Their name.")
    email: str = strawberry.field(description="Where mail reaches them.")
    phone: str = strawberry.field(description="Where a call reaches them.")
    locale: str = strawberry.field(description="The language they are written to in: en or da.")
    roles: list[ContactRole] = strawberry.field(description="What they are to the work.")
    is_active: bool = strawberry.field(description="Whether they are still asked for anything.")
    version: int = strawberry.field(description="Send it back as `expectedVersion` to change it.")

    @strawberry.field(description="The client they belong to.")
    async def client(self, info: Info) -> "Client | None":
        """Their organisation."""
        return await client_loader(info).load(self.client_key)

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        """From its row."""
        return cls(
            id=encode_id("Contact", row["id"]),
            client_key=row["client_id"],
            name=row["name"],
            email=row["email"],
            phone=row["phone"],
            locale=row["locale"],
            roles=[ContactRole(role) for role in row["roles"]],
            is_active=row["is_active"],
            version=row["version"],
        )


@strawberry.type(description="The organisation that engages the practice and pays.")
class Client(Node):
    """Never deleted, only archived."""

    key: strawberry.Private[UUID]
    name: str = strawberry.field(description="What people call it.")
    legal_name: str = strawberry.field(description="The name it signs with.")
    registration_number: str = strawberry.field(description="Company number, such as a Danish CVR.")
    address: str = strawberry.field(description="Postal address, line by line.")
    email: str = strawberry.field(description="Its general address.")
    vat_number: str = strawberry.field(
        description="VAT number with its country, such as DK12345674; for electronic invoices."
    )
    endpoint_id: str = strawberry.field(
        description="Electronic address, such as a CVR number or a GLN."
    )
    endpoint_scheme: str = strawberry.field(
        description="The scheme of that address (CEF EAS), such as 0184 or 0088."
    )
    street: str = strawberry.field(description="Street and number, for electronic invoices.")
    postal_code: str = strawberry.field(description="Postal code.")
    city: str = strawberry.field(description="City.")
    buyer_reference: str = strawberry.field(
        description="What its electronic invoices must quote; without one they quote the number of the engagement."
    )
    country: str = strawberry.field(description="ISO 3166 alpha-2.")
    currency: Currency = strawberry.field(description="The currency it is billed in.")
    locale: str = strawberry.field(description="The language of its papers: en or da.")
    kind: ClientKind = strawberry.field(description="What it comes with.")
    payment_terms_days: int = strawberry.field(description="Days from an invoice to its due date.")
    is_archived: bool = strawberry.field(description="Whether it is put away.")
    version: int = strawberry.field(description="Send it back as `expectedVersion` to change it.")
    created_at: datetime = strawberry.field(description="When it was taken on.")

    @strawberry.field(description="The people there, by name.")
    async def contacts(self, info: Info) -> list[Contact]:
        """Read for all clients of an answer at once."""
        contacts: list[Contact] = await _contacts_loader(info).load(self.key)
        return contacts

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        """From its row."""
        return cls(
            id=encode_id("Client", row["id"]),
            key=row["id"],
            name=row["name"],
            legal_name=row["legal_name"],
            registration_number=row["registration_number"],
            address=row["address"],
            email=row["email"],
            vat_number=row["vat_number"],
            endpoint_id=row["endpoint_id"],
            endpoint_scheme=row["endpoint_scheme"],
            street=row["street"],
            postal_code=row["postal_code"],
            city=row["city"],
            buyer_reference=row["buyer_reference"],
            country=row["country"],
            currency=Currency(row["currency"]),
            locale=row["locale"],
            kind=ClientKind(row["kind"]),
            payment_terms_days=row["payment_terms_days"],
            is_archived=row["is_archived"],
            version=row["version"],
            created_at=row["created_at"],
        )


def client_loader(info: Info) -> DataLoader[UUID, Client | None]:
    """Clients by id, for fields of other things."""

    async def load(ids: list[UUID]) -> list[Client | None]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.clients_by_ids(uow, ids)
        found = {row["id"]: Client.of(row) for row in rows}
        return [found.get(value) for value in ids]

    return info.context.loader("clients.by_id", load)


def contact_loader(info: Info) -> DataLoader[UUID, Contact | None]:
    """Contacts by id, for fields of other things."""

    async def load(ids: list[UUID]) -> list[Contact | None]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.contacts_by_ids(uow, ids)
        found = {row["id"]: Contact.of(row) for row in rows}
        return [found.get(value) for value in ids]

    return info.context.loader("contacts.by_id", load)


def _contacts_loader(info: Info) -> DataLoader[UUID, list[Contact]]:
    async def load(client_ids: list[UUID]) -> list[list[Contact]]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.contacts_of(uow, client_ids)
        found: dict[UUID, list[Contact]] = {client_id: [] for client_id in client_ids}
        for row in rows:
            found[row["client_id"]].append(Contact.of(row))
        return [found[client_id] for client_id in client_ids]

    return info.context.loader("clients.contacts", load)


@fetches("Client")
async def _clients(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        return {row["id"]: Client.of(row) for row in await queries.clients_by_ids(uow, ids)}


@fetches("Contact")
async def _contacts(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        return {row["id"]: Contact.of(row) for row in await queries.contacts_by_ids(uow, ids)}


@strawberry.type
class ClientQuery:
    """Mixed into Query."""

    @strawberry.field(description="Clients by name.")
    async def clients(
        self,
        info: Info,
        *,
        search: str = "",
        include_archived: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Client]:
        """`search` is any part of a name."""
        actor = info.context.actor
        actor.require(*MEMBERS)
        page = CLIENTS_BY_NAME.page(first, after, last, before)
        part = clean_text(search, "search", required=False)

        async def total() -> int:
            async with read_only(actor.scope()) as uow:
                return await queries.count_clients(
                    uow, include_archived=include_archived, search=part
                )

        async with read_only(actor.scope()) as uow:
            rows = await queries.clients_page(
                uow,
                include_archived=include_archived,
                search=part,
                after=page.after,
                before=page.before,
                limit=page.fetch,
                is_backward=page.backward,
            )
        return Connection.of(
            page, rows, node=Client.of, key=lambda r: (r["name"], r["id"]), total=total
        )

    @strawberry.field(description="One client, or null.")
    async def client(self, info: Info, id: strawberry.ID) -> Client | None:
        """By its id."""
        info.context.actor.require(*MEMBERS)
        return await client_loader(info).load(decode_id("Client", id, "id"))


@strawberry.input(description="A client to take on.")
class CreateClientInput:
    """What is written about it."""

    name: str = strawberry.field(description="What people call it.")
    country: str = strawberry.field(description="ISO 3166 alpha-2.")
    currency: Currency = strawberry.field(description="The currency it is billed in.")
    locale: str = strawberry.field(description="The language of its papers: en or da.")
    kind: ClientKind = strawberry.field(description="What it comes with.")
    payment_terms_days: int = strawberry.field(
        default=8, description="Days from an invoice to its due date, 0 to 365."
    )
    legal_name: str = strawberry.field(default="", description="The name it signs with.")
    registration_number: str = strawberry.field(default="", description="Company number.")
    address: str = strawberry.field(default="", description="Postal address.")
    email: str = strawberry.field(default="", description="Its general address.")
    vat_number: str = strawberry.field(
        default="",
        description="VAT number with its country, such as DK12345674; for electronic invoices.",
    )
    endpoint_id: str = strawberry.field(
        default="", description="Electronic address, such as a CVR number or a GLN."
    )
    endpoint_scheme: str = strawberry.field(
        default="", description="The scheme of that address (CEF EAS), such as 0184 or 0088."
    )
    street: str = strawberry.field(
        default="", description="Street and number, for electronic invoices."
    )
    postal_code: str = strawberry.field(default="", description="Postal code.")
    city: str = strawberry.field(default="", description="City.")
    buyer_reference: str = strawberry.field(
        default="",
        description="What its electronic invoices must quote; without one they quote the number of the engagement.",
    )


@strawberry.input(description="What to change about a client; what is left out or null stays.")
class UpdateClientInput:
    """Papers that are frozen keep what they said."""

    client_id: strawberry.ID = strawberry.field(description="The client.")
    expected_version: int = strawberry.field(description="The version you saw.")
    name: str | None = strawberry.field(default=None, description="What people call it.")
    country: str | None = strawberry.field(default=None, description="ISO 3166 alpha-2.")
    currency: Currency | None = strawberry.field(default=None, description="Its currency.")
    locale: str | None = strawberry.field(default=None, description="en or da.")
    kind: ClientKind | None = strawberry.field(default=None, description="What it comes with.")
    payment_terms_days: int | None = strawberry.field(default=None, description="0 to 365.")
    legal_name: str | None = strawberry.field(default=None, description="The name it signs with.")
    registration_number: str | None = strawberry.field(default=None, description="Company number.")
    address: str | None = strawberry.field(default=None, description="Postal address.")
    email: str | None = strawberry.field(default=None, description="Its general address.")
    vat_number: str | None = strawberry.field(
        default=None,
        description="VAT number with its country, such as DK12345674; for electronic invoices.",
    )
    endpoint_id: str | None = strawberry.field(
        default=None, description="Electronic address, such as a CVR number or a GLN."
    )
    endpoint_scheme: str | None = strawberry.field(
        default=None, description="The scheme of that address (CEF EAS), such as 0184 or 0088."
    )
    street: str | None = strawberry.field(
        default=None, description="Street and number, for electronic invoices."
    )
    postal_code: str | None = strawberry.field(default=None, description="Postal code.")
    city: str | None = strawberry.field(default=None, description="City.")
    buyer_reference: str | None = strawberry.field(
        default=None,
        description="What its electronic invoices must quote; without one they quote the number of the engagement.",
    )


@strawberry.input(description="A client to put away, or to bring back.")
class ArchiveClientInput:
    """Its papers and its money stay."""

    client_id: strawberry.ID = strawberry.field(description="The client.")
    expected_version: int = strawberry.field(description="The version you saw.")
    is_archived: bool = strawberry.field(default=True, description="False brings it back.")


@strawberry.input(description="A person at a client.")
class AddContactInput:
    """Who they are."""

    client_id: strawberry.ID = strawberry.field(description="The client.")
    name: str = strawberry.field(description="Their name.")
    email: str = strawberry.field(description="Where mail reaches them.")
    locale: str = strawberry.field(description="The language to write to them in: en or da.")
    roles: list[ContactRole] = strawberry.field(
        default_factory=list, description="What they are to the work."
    )
    phone: str = strawberry.field(default="", description="Where a call reaches them.")


@strawberry.input(description="What to change about a contact; what is left out or null stays.")
class UpdateContactInput:
    """An inactive contact is asked to sign nothing more."""

    contact_id: strawberry.ID = strawberry.field(description="The contact.")
    expected_version: int = strawberry.field(description="The version you saw.")
    name: str | None = strawberry.field(default=None, description="Their name.")
    email: str | None = strawberry.field(default=None, description="Where mail reaches them.")
    locale: str | None = strawberry.field(default=None, description="en or da.")
    roles: list[ContactRole] | None = strawberry.field(default=None, description="All of them.")
    phone: str | None = strawberry.field(default=None, description="Where a call reaches them.")
    is_active: bool | None = strawberry.field(default=None, description="Still asked?")


@strawberry.type(description="The client as it is now, or why not.")
class ClientPayload(Payload):
    """Answer of client mutations."""

    client: Client | None = strawberry.field(default=None, description="After the change.")


@strawberry.type(description="The contact as they are now, or why not.")
class ContactPayload(Payload):
    """Answer of contact mutations."""

    contact: Contact | None = strawberry.field(default=None, description="After the change.")


async def _client(info: Info, client_id: UUID) -> ClientPayload:
    async with read_only(info.context.actor.scope()) as uow:
        row = await queries.client_by_id(uow, client_id)
    return ClientPayload(client=Client.of(row) if row else None)


async def _contact(info: Info, contact_id: UUID) -> ContactPayload:
    async with read_only(info.context.actor.scope()) as uow:
        row = await queries.contact_by_id(uow, contact_id)
    return ContactPayload(contact=Contact.of(row) if row else None)


def _given(input: Any, *names: str) -> dict[str, Any]:
    """The fields of an input that carry a value, enums as the services spell them."""
    values = {name: getattr(input, name) for name in names}
    return {
        name: [item.value for item in value]
        if isinstance(value, list)
        else value.value
        if isinstance(value, Enum)
        else value
        for name, value in values.items()
        if value is not None
    }


_CLIENT_FIELDS = (
    "name", "country", "currency", "locale", "kind", "payment_terms_days", "legal_name", "registration_number",
    "address", "email", "vat_number", "endpoint_id", "endpoint_scheme", "street", "postal_code", "city", "buyer_reference",
)  # fmt: skip
_CONTACT_FIELDS = ("name", "email", "locale", "roles", "phone")


@strawberry.type
class ClientMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(description="Take on a client.")
    @refusals_as(ClientPayload)
    async def create_client(self, info: Info, input: CreateClientInput) -> ClientPayload:
        """A new client."""
        details = clients.ClientDetails(**_given(input, *_CLIENT_FIELDS))
        return await _client(
            info, await clients.create_client(info.context.actor, details, now=info.context.now)
        )

    @strawberry.mutation(description="Change what is written about a client from now on.")
    @refusals_as(ClientPayload)
    async def update_client(self, info: Info, input: UpdateClientInput) -> ClientPayload:
        """What is not given stays; the expected version keeps two writers apart."""
        actor = info.context.actor
        client_id = decode_id("Client", input.client_id, "clientId")
        async with read_only(actor.scope()) as uow:
            row = await queries.client_by_id(uow, client_id)
        if row is None:
            raise NotFound("No client with this id.", field="clientId")
        current = clients.ClientDetails(**{name: row[name] for name in _CLIENT_FIELDS})
        await clients.update_client(
            actor,
            client_id,
            replace(current, **_given(input, *_CLIENT_FIELDS)),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return await _client(info, client_id)

    @strawberry.mutation(description="Put a client away, or bring it back.")
    @refusals_as(ClientPayload)
    async def archive_client(self, info: Info, input: ArchiveClientInput) -> ClientPayload:
        """It takes no new contacts and papers until it is back."""
        client_id = await clients.archive_client(
            info.context.actor,
            decode_id("Client", input.client_id, "clientId"),
            is_archived=input.is_archived,
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return await _client(info, client_id)

    @strawberry.mutation(description="Add a person at a client.")
    @refusals_as(ContactPayload)
    async def add_contact(self, info: Info, input: AddContactInput) -> ContactPayload:
        """A new contact."""
        contact_id = await clients.add_contact(
            info.context.actor,
            decode_id("Client", input.client_id, "clientId"),
            clients.ContactDetails(**_given(input, *_CONTACT_FIELDS)),
            now=info.context.now,
        )
        return await _contact(info, contact_id)

    @strawberry.mutation(description="Change a contact.")
    @refusals_as(ContactPayload)
    async def update_contact(self, info: Info, input: UpdateContactInput) -> ContactPayload:
        """What was sent to them stays theirs."""
        actor = info.context.actor
        contact_id = decode_id("Contact", input.contact_id, "contactId")
        async with read_only(actor.scope()) as uow:
            row = await queries.contact_by_id(uow, contact_id)
        if row is None:
            raise NotFound("No contact with this id.", field="contactId")
        current = clients.ContactDetails(**{name: row[name] for name in _CONTACT_FIELDS})
        await clients.update_contact(
            actor,
            contact_id,
            replace(current, **_given(input, *_CONTACT_FIELDS)),
            is_active=row["is_active"] if input.is_active is None else input.is_active,
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return await _contact(info, contact_id)
