"""The practice itself and its members."""

import zoneinfo
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from piccolo.columns import Column

from db.ids import new_id
from db.queries import practices as queries
from db.tables.practices import Member, Practice
from db.unit_of_work import UnitOfWork, unit_of_work
from services.actor import MEMBERS, Actor
from services.clients import clean_email
from services.rules.electronic_addresses import check_einvoice_parts, check_iban
from services.rules.errors import Conflict, InvalidInput, NotFound, Stale
from services.rules.money import MINOR_UNITS
from services.rules.text import clean_text


@dataclass(frozen=True)
class PracticeDetails:
    """What is written about a practice on its papers. `country` is ISO 3166 alpha-2, `currency` ISO 4217."""

    name: str
    legal_name: str
    country: str
    currency: str
    locale: str
    timezone: str
    registration_number: str = ""
    address: str = ""
    email: str = ""
    phone: str = ""
    assistant_name: str = ""
    bank_account: str = ""
    vat_number: str = ""
    endpoint_id: str = ""
    endpoint_scheme: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    iban: str = ""


def system_actor(tenant_id: UUID, request_id: str = "-") -> Actor:
    """The practice's own machinery: the command line and the worker."""
    return Actor(tenant_id, "system", name="Scopewright", request_id=request_id)


def _checked(details: PracticeDetails) -> dict[str, Any]:
    if details.currency not in MINOR_UNITS:
        raise InvalidInput("Not an ISO 4217 currency code.", code="CURRENCY", field="currency")
    if details.locale not in {"en", "da"}:
        raise InvalidInput("The locale is en or da.", code="LOCALE", field="locale")
    if len(details.country) != 2 or not (details.country.isascii() and details.country.isupper()):
        raise InvalidInput(
            "A country is two capital letters, such as DK.", code="COUNTRY", field="country"
        )
    # Asked of the list, not of the file system: a name may be too long for one, or lead out of its folder.
    if details.timezone not in zoneinfo.available_timezones():
        raise InvalidInput(
            "Not a time zone of the IANA database.", code="TIMEZONE", field="timezone"
        )
    return {
        "name": clean_text(details.name, "name"),
        "legal_name": clean_text(details.legal_name, "legalName"),
        "country": details.country,
        "currency": details.currency,
        "locale": details.locale,
        "timezone": details.timezone,
        "registration_number": clean_text(
            details.registration_number, "registrationNumber", max_length=40, required=False
        ),
        "address": clean_text(
            details.address, "address", max_length=500, required=False, lines=True
        ),
        "email": clean_email(details.email, "email", required=False),
        "phone": clean_text(details.phone, "phone", max_length=40, required=False),
        "assistant_name": clean_text(details.assistant_name, "assistantName", required=False),
        "bank_account": clean_text(
            details.bank_account, "bankAccount", max_length=60, required=False
        ),
        "iban": check_iban(details.iban),
        **check_einvoice_parts(
            vat_number=details.vat_number,
            endpoint_id=details.endpoint_id,
            endpoint_scheme=details.endpoint_scheme,
            street=details.street,
            postal_code=details.postal_code,
            city=details.city,
        ),
    }


async def found_practice(details: PracticeDetails, *, now: datetime) -> UUID:
    """Set up a new practice and answer its id, which is the tenant's. Raises `InvalidInput`."""
    values = _checked(details)
    practice_id = new_id()
    async with unit_of_work(system_actor(practice_id).scope()):
        await Practice.insert(
            Practice(
                tenant_id=practice_id, id=practice_id, created_at=now, updated_at=now, **values
            )
        )
    return practice_id


async def update_practice(
    actor: Actor, details: PracticeDetails, *, expected_version: int, now: datetime
) -> UUID:
    """Change what is written about the practice from now on; signed papers keep what they said. Only the owner may.

    Raises `Forbidden`, `InvalidInput`, and `Stale` where `expected_version` is not the current one.
    """
    actor.require("owner")
    changes: dict[Column | str, Any] = dict(_checked(details).items())
    async with unit_of_work(actor.scope()) as uow:
        await _lock(uow)
        current = await queries.practice(uow)
        if current is None or current["version"] != expected_version:
            raise Stale(
                "The practice was changed meanwhile.",
                code="STALE_VERSION",
                field="expectedVersion",
                current_version=current["version"] if current else None,
            )
        changes |= {"version": expected_version + 1, "updated_at": now}
        await Practice.update(changes).where(
            Practice.tenant_id == actor.tenant_id, Practice.id == actor.tenant_id
        )
    return actor.tenant_id


async def _lock(uow: UnitOfWork) -> None:
    """Serialise with every other change of the practice and of its members' access."""
    await uow.execute(
        "select 1 from practice where tenant_id = $1 and id = $1 for no key update", uow.tenant_id
    )


async def add_member(
    actor: Actor,
    *,
    name: str,
    email: str,
    role: str,
    oidc_issuer: str | None = None,
    oidc_subject: str | None = None,
    now: datetime,
) -> UUID:
    """Take somebody in as owner, staff, assistant or accountant. Only the owner may.

    Raises `Forbidden`, `InvalidInput`, and `Conflict` where the e-mail address or the identity is a member's already.
    """
    actor.require("owner", "system")
    if role not in MEMBERS:
        raise InvalidInput(f"A role is one of {', '.join(MEMBERS)}.", code="ROLE", field="role")
    email = clean_email(email, "email")
    if (oidc_issuer is None) != (oidc_subject is None):
        raise InvalidInput("Issuer and subject go together.", code="IDENTITY", field="oidcSubject")
    member = Member(
        tenant_id=actor.tenant_id,
        id=new_id(),
        name=clean_text(name, "name"),
        email=email,
        role=role,
        oidc_issuer=oidc_issuer and clean_text(oidc_issuer, "oidcIssuer", max_length=500),
        oidc_subject=oidc_subject and clean_text(oidc_subject, "oidcSubject", max_length=255),
        created_at=now,
        updated_at=now,
    )
    try:
        async with unit_of_work(actor.scope()):
            await Member.insert(member)
    except asyncpg.UniqueViolationError:
        raise Conflict(
            "Somebody with this address or identity is a member already.",
            code="MEMBER_EXISTS",
            field="email",
        ) from None
    member_id: UUID = member.id
    return member_id


async def deactivate_member(
    actor: Actor, *, member_id: UUID, expected_version: int, now: datetime
) -> UUID:
    """End a member's access; what they did keeps their name. Only the owner may, and not to the last owner.

    Raises `Forbidden`, `NotFound`, `Stale`, `Conflict`.
    """
    actor.require("owner")
    async with unit_of_work(actor.scope()) as uow:
        # Serialises with every other change of members, so two owners cannot end each other at once.
        await _lock(uow)
        member = await queries.member_by_id(uow, member_id)
        if member is None:
            raise NotFound("No member with this id.", field="memberId")
        if member["version"] != expected_version:
            raise Stale(
                "The member was changed meanwhile.",
                code="STALE_VERSION",
                field="expectedVersion",
                current_version=member["version"],
            )
        others = [
            m
            for m in await queries.members(uow)
            if m["role"] == "owner" and m["is_active"] and m["id"] != member_id
        ]
        if member["role"] == "owner" and not others:
            raise Conflict(
                "A practice keeps at least one owner.", code="LAST_OWNER", field="memberId"
            )
        await Member.update(
            {
                Member.is_active: False,
                Member.version: expected_version + 1,
                Member.updated_at: now,
            }
        ).where(Member.tenant_id == actor.tenant_id, Member.id == member_id)
    return member_id
