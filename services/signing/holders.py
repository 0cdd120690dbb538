"""Who holds a link: proven before any lock, and proven again under it."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from db.queries import envelopes as queries
from db.unit_of_work import Scope, UnitOfWork, read_only
from services import envelopes, links
from services.actor import Actor
from services.rules.errors import Conflict
from services.signing.outcomes import OUTCOMES, lock_subject


@dataclass(frozen=True)
class Holder:
    """Who holds a link, read before any lock."""

    actor: Actor
    link: links.SignerLink
    envelope_id: UUID
    subject_kind: str
    subject_id: UUID


def proven(link: links.SignerLink, signer: asyncpg.Record | None) -> asyncpg.Record:
    """The signer, if the link is theirs in its current generation."""
    if signer is None or not hmac.compare_digest(signer["link_hash"] or b"", link.token_hash):
        raise links.no_such_link()
    return signer


async def find_holder(token: str, *, ip: str, user_agent: str) -> Holder:
    """Read who holds a link. Raises `NotFound` (LINK_INVALID)."""
    link = links.read_signer_token(token)
    async with read_only(Scope(link.tenant_id, "link:signer", "-")) as uow:
        signer = proven(link, await queries.signer_by_id(uow, link.signer_id))
        envelope = await queries.envelope_by_id(uow, signer["envelope_id"])
    if envelope is None:
        raise links.no_such_link()
    actor = Actor(
        link.tenant_id,
        "client",
        contact_id=signer["contact_id"],
        name=signer["name"],
        ip=ip,
        user_agent=user_agent,
    )
    return Holder(actor, link, envelope["id"], envelope["subject_kind"], envelope["subject_id"])


async def rows(uow: UnitOfWork, holder: Holder) -> tuple[asyncpg.Record, asyncpg.Record]:
    """Envelope and signer as they are. Raises `NotFound` (LINK_INVALID) where the link no longer counts."""
    envelope = await queries.envelope_by_id(uow, holder.envelope_id)
    signer = proven(holder.link, await queries.signer_by_id(uow, holder.link.signer_id))
    if envelope is None:
        raise links.no_such_link()
    return envelope, signer


async def locked(uow: UnitOfWork, holder: Holder) -> tuple[asyncpg.Record, asyncpg.Record]:
    """Envelope and signer as they are once the locks are held; the link is proven again, it may have been revoked."""
    await lock_subject(uow, holder.subject_kind, holder.subject_id)
    await queries.lock_envelope(uow, holder.envelope_id)
    return await rows(uow, holder)


def expiry() -> Conflict:
    """The answer to who comes too late."""
    return Conflict("The time to sign this has run out.", code="ENVELOPE_EXPIRED", status="expired")


async def write_expiry(
    uow: UnitOfWork, actor: Actor, envelope: asyncpg.Record, now: datetime
) -> bool:
    """Write down that an open, locked envelope has run out, if it has; `actor` is whoever notices."""
    if envelope["status"] not in envelopes.OPEN or envelope["expires_at"] > now:
        return False
    await envelopes.add_event(uow, envelope["id"], kind="expired", actor=actor, now=now)
    await envelopes.close(uow, envelope["id"], status="expired", now=now)
    await OUTCOMES[envelope["subject_kind"]].on_declined(
        uow, subject_id=envelope["subject_id"], reason="expired", now=now
    )
    return True
