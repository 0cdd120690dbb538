"""Clients and their contacts: who engages the practice, who signs, who pays.

A client is never deleted, only archived: its papers and its money stay. An archived client takes no new contacts and no new
papers until it is brought back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from piccolo.columns import Column

from db.ids import new_id
from db.queries import clients as queries
from db.tables.clients import Client, Contact
from db.unit_of_work import UnitOfWork, unit_of_work
from services.actor import WRITERS, Actor
from services.rules.electronic_addresses import check_einvoice_parts
from services.rules.errors import Conflict, InvalidInput, NotFound, Stale
from services.rules.money import minor_units
from services.rules.text import clean_text

KINDS = ("knows_what_they_want", "does_not_know", "looks_to_us")
"""What a client expects: execution, help in finding out, or expertise."""
CONTACT_ROLES = ("signer", "billing", "sponsor", "stakeholder")
"""What a contact may be to an engagement; several at once."""


@dataclass(frozen=True)
class ClientDetails:
    """What is written about a client. `country` is ISO 3166 alpha-2, `currency` ISO 4217, `locale` en or da."""

    name: str
    country: str
    currency: str
    locale: str
    kind: str
    payment_terms_days: int = 8
    legal_name: str = ""
    registration_number: str = ""
    address: str = ""
    email: str = ""
    vat_number: str = ""
    endpoint_id: str = ""
    endpoint_scheme: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    buyer_reference: str = ""


@dataclass(frozen=True)
class ContactDetails:
    """What is written about a person at a client; `roles` are of `CONTACT_ROLES`."""

    name: str
    email: str
    locale: str
    roles: Sequence[str] = ()
    phone: str = ""


def clean_email(value: str, field: str, *, required: bool = True) -> str:
    """An address that a mail can be sent to: one @, something around it, no spaces. Raises `InvalidInput`."""
    email = clean_text(value, field, max_length=254, required=required)
    if email and (email.count("@") != 1 or not all(email.split("@")) or " " in email):
        raise InvalidInput("Not an e-mail address.", code="EMAIL", field=field)
    return email


def _locale(value: str) -> str:
    if value not in {"en", "da"}:
        raise InvalidInput("The locale is en or da.", code="LOCALE", field="locale")
    return value


def _checked(details: ClientDetails) -> dict[Any, Any]:
    country = details.country
    if len(country) != 2 or not (country.isascii() and country.isalpha() and country.isupper()):
        raise InvalidInput(
            "A country is two capital letters, such as DK.", code="COUNTRY", field="country"
        )
    minor_units(details.currency)
    if details.kind not in KINDS:
        raise InvalidInput(f"A kind is one of {', '.join(KINDS)}.", code="KIND", field="kind")
    if not 0 <= details.payment_terms_days <= 365:
        raise InvalidInput(
            "Payment terms are 0 to 365 days.", code="TERMS", field="paymentTermsDays"
        )
    return {
        "name": clean_text(details.name, "name"),
        "legal_name": clean_text(details.legal_name, "legalName", required=False),
        "registration_number": clean_text(
            details.registration_number, "registrationNumber", max_length=40, required=False
        ),
        "address": clean_text(
            details.address, "address", max_length=500, required=False, lines=True
        ),
        "email": clean_email(details.email, "email", required=False),
        "country": country,
        "currency": details.currency,
        "locale": _locale(details.locale),
        "kind": details.kind,
        "payment_terms_days": details.payment_terms_days,
        "buyer_reference": clean_text(
            details.buyer_reference, "buyerReference", max_length=100, required=False
        ),
        **check_einvoice_parts(
            vat_number=details.vat_number,
            endpoint_id=details.endpoint_id,
            endpoint_scheme=details.endpoint_scheme,
            street=details.street,
            postal_code=details.postal_code,
            city=details.city,
        ),
    }


def _checked_contact(details: ContactDetails) -> dict[Any, Any]:
    for role in details.roles:
        if role not in CONTACT_ROLES:
            raise InvalidInput(
                f"A role is one of {', '.join(CONTACT_ROLES)}.", code="ROLE", field="roles"
            )
    return {
        "name": clean_text(details.name, "name"),
        "email": clean_email(details.email, "email"),
        "phone": clean_text(details.phone, "phone", max_length=40, required=False),
        "locale": _locale(details.locale),
        "roles": sorted(set(details.roles), key=CONTACT_ROLES.index),
    }


def _stale(what: str, current_version: int) -> Stale:
    return Stale(
        f"The {what} was changed meanwhile.",
        code="STALE_VERSION",
        field="expectedVersion",
        current_version=current_version,
    )


async def _locked(uow: UnitOfWork, client_id: UUID, expected_version: int | None = None) -> Any:
    client = await queries.lock_client(uow, client_id)
    if client is None:
        raise NotFound("No client with this id.", field="clientId")
    if expected_version is not None and client["version"] != expected_version:
        raise _stale("client", client["version"])
    return client


async def create_client(actor: Actor, details: ClientDetails, *, now: datetime) -> UUID:
    """Take on a client. Raises `Forbidden`, `InvalidInput`."""
    actor.require(*WRITERS)
    values = _checked(details)
    client_id = new_id()
    async with unit_of_work(actor.scope()):
        await Client.insert(
            Client(
                tenant_id=actor.tenant_id, id=client_id, created_at=now, updated_at=now, **values
            )
        )
    return client_id


async def update_client(
    actor: Actor, client_id: UUID, details: ClientDetails, *, expected_version: int, now: datetime
) -> UUID:
    """Change what is written about a client from now on; papers keep what they said.

    Raises `Forbidden`, `InvalidInput`, `NotFound`, `Stale`.
    """
    actor.require(*WRITERS)
    return await _change_client(
        actor, client_id, _checked(details), expected_version=expected_version, now=now
    )


async def archive_client(
    actor: Actor, client_id: UUID, *, is_archived: bool = True, expected_version: int, now: datetime
) -> UUID:
    """Put a client away, or bring it back. Raises `Forbidden`, `NotFound`, `Stale`."""
    actor.require(*WRITERS)
    return await _change_client(
        actor, client_id, {"is_archived": is_archived}, expected_version=expected_version, now=now
    )


async def _change_client(
    actor: Actor, client_id: UUID, values: dict[Any, Any], *, expected_version: int, now: datetime
) -> UUID:
    changes: dict[Column | str, Any] = values | {"version": expected_version + 1, "updated_at": now}
    async with unit_of_work(actor.scope()) as uow:
        await _locked(uow, client_id, expected_version)
        await Client.update(changes).where(
            Client.tenant_id == actor.tenant_id, Client.id == client_id
        )
    return client_id


async def add_contact(
    actor: Actor, client_id: UUID, details: ContactDetails, *, now: datetime
) -> UUID:
    """Add a person at a client. Raises `Forbidden`, `InvalidInput`, `NotFound`, `Conflict` (CLIENT_ARCHIVED)."""
    actor.require(*WRITERS)
    values = _checked_contact(details)
    contact_id = new_id()
    async with unit_of_work(actor.scope()) as uow:
        client = await _locked(uow, client_id)
        if client["is_archived"]:
            raise Conflict("The client is archived.", code="CLIENT_ARCHIVED", field="clientId")
        await Contact.insert(
            Contact(
                tenant_id=actor.tenant_id,
                id=contact_id,
                client_id=client_id,
                created_at=now,
                updated_at=now,
                **values,
            )
        )
    return contact_id


async def update_contact(
    actor: Actor,
    contact_id: UUID,
    details: ContactDetails,
    *,
    is_active: bool = True,
    expected_version: int,
    now: datetime,
) -> UUID:
    """Change a contact; an inactive one is asked to sign nothing more. What was sent stays with the person it was sent to.

    Raises `Forbidden`, `InvalidInput`, `NotFound`, `Stale`.
    """
    actor.require(*WRITERS)
    changes: dict[Column | str, Any] = {
        **_checked_contact(details),
        "is_active": is_active,
        "version": expected_version + 1,
        "updated_at": now,
    }
    async with unit_of_work(actor.scope()) as uow:
        contact = await queries.contact_by_id(uow, contact_id)
        if contact is None:
            raise NotFound("No contact with this id.", field="contactId")
        # The client's lock is that of all its contacts; the version is compared after it is held.
        await _locked(uow, contact["client_id"])
        current = await queries.contact_by_id(uow, contact_id)
        if current is not None and current["version"] != expected_version:
            raise _stale("contact", current["version"])
        await Contact.update(changes).where(
            Contact.tenant_id == actor.tenant_id, Contact.id == contact_id
        )
    return contact_id
