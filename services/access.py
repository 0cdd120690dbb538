"""Who may come in: tokens that the practice hands out, and members whom an identity provider vouches for.

A token carries its practice, its own id and 256 random bits. The practice is set on the transaction before anything is
looked up, so a token can only ever be searched for among its own practice's tokens; what is stored is a SHA-256.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from db.ids import new_id
from db.queries import practices as queries
from db.tables.practices import ApiToken
from db.unit_of_work import Scope, read_only, unit_of_work
from services.actor import Actor
from services.rules.dates import check_plausible
from services.rules.errors import DomainError, NotFound
from services.rules.text import clean_text

_PREFIX = "sw_"


class Unauthenticated(DomainError):
    """No token, or one that is unknown, expired, revoked or of a member who has left. Never says which."""

    default_code = "UNAUTHENTICATED"


@dataclass(frozen=True)
class IssuedToken:
    """A fresh token. `token` is shown this once and cannot be read again."""

    id: UUID
    token: str


async def issue_token(
    actor: Actor, *, member_id: UUID, name: str, expires_at: datetime | None, now: datetime
) -> IssuedToken:
    """Make a token that acts as a member. Only the owner may. Raises `Forbidden`, `InvalidInput`, `NotFound`."""
    actor.require("system")
    name = clean_text(name, "name", max_length=100)
    if expires_at is not None:
        check_plausible(expires_at, "expiresAt")
    token_id, secret = new_id(), secrets.token_bytes(32)
    async with unit_of_work(actor.scope()) as uow:
        if await queries.member_by_id(uow, member_id) is None:
            raise NotFound("No member with this id.", field="memberId")
        await ApiToken.insert(
            ApiToken(
                tenant_id=actor.tenant_id,
                id=token_id,
                member_id=member_id,
                name=name,
                secret_hash=hashlib.sha256(secret).digest(),
                expires_at=expires_at,
                created_at=now,
            )
        )
    body = actor.tenant_id.bytes + token_id.bytes + secret
    return IssuedToken(token_id, _PREFIX + base64.urlsafe_b64encode(body).decode().rstrip("="))


async def revoke_token(actor: Actor, *, token_id: UUID, now: datetime) -> UUID:
    """End a token at once; ending it twice is no error. Only the owner may. Raises `Forbidden`, `NotFound`."""
    actor.require("system")
    async with unit_of_work(actor.scope()) as uow:
        status = await uow.execute(
            """
            update api_token set revoked_at = coalesce(revoked_at, $3)
            where tenant_id = $1 and id = $2
            """,
            actor.tenant_id, token_id, now,
        )  # fmt: skip
    if status == "UPDATE 0":
        raise NotFound("No token with this id.", field="tokenId")
    return token_id


def is_own_token(token: str) -> bool:
    """Whether a bearer token looks like one of ours and not like an identity provider's."""
    return token.startswith(_PREFIX)


async def authenticate(
    token: str, *, now: datetime, request_id: str = "-", ip: str = "", user_agent: str = ""
) -> Actor:
    """The member whom a token speaks for. Raises `Unauthenticated`, with the same words whatever is wrong."""
    refused = Unauthenticated("This token is not valid.")
    try:
        if not is_own_token(token) or len(token) > 120:
            raise refused
        body = base64.urlsafe_b64decode(token[len(_PREFIX) :] + "==")
    except (binascii.Error, ValueError):
        raise refused from None
    if len(body) != 64:
        raise refused
    tenant_id, token_id, secret = UUID(bytes=body[:16]), UUID(bytes=body[16:32]), body[32:]
    async with read_only(Scope(tenant_id, "token", request_id)) as uow:
        row = await queries.token_with_member(uow, token_id)
    if (
        row is None
        or not hmac.compare_digest(row["secret_hash"], hashlib.sha256(secret).digest())
        or row["revoked_at"] is not None
        or (row["expires_at"] is not None and row["expires_at"] <= now)
        or not row["is_active"]
    ):
        raise refused
    return Actor(
        tenant_id, row["role"], member_id=row["member_id"], name=row["name"], timezone=row["timezone"],
        request_id=request_id, ip=ip, user_agent=user_agent,
    )  # fmt: skip


async def authenticate_claims(
    claims: dict[str, Any],
    *,
    practice_claim: str,
    request_id: str = "-",
    ip: str = "",
    user_agent: str = "",
) -> Actor:
    """The member whom verified OpenID claims (`iss`, `sub`, and the practice's id under `practice_claim`) name.

    Raises `Unauthenticated` where the claims name no active member of that practice.
    """
    refused = Unauthenticated("This token names no member of the practice.")
    try:
        tenant_id = UUID(str(claims[practice_claim]))
        issuer, subject = str(claims["iss"]), str(claims["sub"])
    except (KeyError, ValueError):
        raise refused from None
    async with read_only(Scope(tenant_id, "oidc", request_id)) as uow:
        row = await queries.member_by_identity(uow, issuer, subject)
    if row is None:
        raise refused
    return Actor(
        tenant_id, row["role"], member_id=row["id"], name=row["name"], timezone=row["timezone"],
        request_id=request_id, ip=ip, user_agent=user_agent,
    )  # fmt: skip
