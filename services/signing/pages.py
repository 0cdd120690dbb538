"""What a link shows."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from db.queries import clients as client_queries
from db.queries import documents as document_queries
from db.queries import envelopes as queries
from db.queries import practices as practice_queries
from db.tables.envelopes import Envelope, EnvelopeSigner
from db.unit_of_work import UnitOfWork, read_only, unit_of_work
from services import documents, envelopes, links
from services.actor import Actor
from services.rules import signatures
from services.signing.holders import find_holder, locked, rows, write_expiry


@dataclass(frozen=True)
class SignerState:
    """One signer as the others see them. `party` is practice or client."""

    name: str
    party: str
    status: str
    signed_at: datetime | None


@dataclass(frozen=True)
class SigningPage:
    """All that the page behind a link shows. `preview_html` is a safe fragment; `file_token` reads the very bytes.

    `timezone` is the practice's: its instants are shown in it.
    """

    tenant_id: UUID
    envelope_id: UUID
    document_id: UUID
    subject_kind: str
    subject_id: UUID
    client_id: UUID
    practice_name: str
    timezone: str
    client_name: str
    signer_name: str
    signer_status: str
    locale: str
    status: str
    reason: str
    expires_at: datetime
    closed_at: datetime | None
    document_kind: str
    document_number: str
    document_version: int
    document_locale: str
    fingerprint: str
    preview_html: str
    consent_version: str
    consent_text: str
    signers: tuple[SignerState, ...]
    file_token: str

    @property
    def can_sign(self) -> bool:
        """Whether this signer may sign or decline now."""
        return self.status in envelopes.OPEN and self.signer_status == "pending"


async def open_link(token: str, *, ip: str, user_agent: str, now: datetime) -> SigningPage:
    """What a link shows; the first look is written down. Also answers for closed envelopes: a signer may read on.

    Raises `NotFound` (LINK_INVALID) for a link that is malformed, made up or revoked.
    """
    holder = await find_holder(token, ip=ip, user_agent=user_agent)
    async with unit_of_work(holder.actor.scope()) as uow:
        envelope, signer = await rows(uow, holder)
        is_overdue = envelope["status"] != envelopes.status_at(envelope, now)
        if is_overdue or (envelope["status"] in envelopes.OPEN and signer["viewed_at"] is None):
            envelope, signer = await locked(uow, holder)
            if not await write_expiry(uow, holder.actor, envelope, now):
                await _note_view(uow, holder.actor, envelope, signer, now)
            envelope, signer = await rows(uow, holder)
        return await _page(uow, envelope, signer, now)


async def verify_file(token: str, fingerprint: str) -> documents.FileVerdict:
    """Whether a file that a link holder has at hand (by its SHA-256) is a document of the practice. Raises `NotFound`."""
    clean = documents.clean_fingerprint(fingerprint)
    holder = await find_holder(token, ip="", user_agent="")
    async with read_only(holder.actor.scope()) as uow:
        return await documents.verdict(uow, clean)


async def _note_view(
    uow: UnitOfWork, actor: Actor, envelope: asyncpg.Record, signer: asyncpg.Record, now: datetime
) -> None:
    if envelope["status"] not in envelopes.OPEN or signer["viewed_at"] is not None:
        return
    await EnvelopeSigner.update({"viewed_at": now}).where(
        EnvelopeSigner.tenant_id == uow.tenant_id, EnvelopeSigner.id == signer["id"]
    )
    await envelopes.add_event(
        uow,
        envelope["id"],
        kind="viewed",
        actor=actor,
        now=now,
        signer_id=signer["id"],
        name=signer["name"],
    )
    await Envelope.update({"status": "viewed"}).where(
        Envelope.tenant_id == uow.tenant_id, Envelope.id == envelope["id"]
    )


async def _page(
    uow: UnitOfWork, envelope: asyncpg.Record, signer: asyncpg.Record, now: datetime
) -> SigningPage:
    document = await document_queries.document_content(uow, envelope["document_id"])
    practice = await practice_queries.practice(uow)
    client = await client_queries.client_by_id(uow, envelope["client_id"])
    if document is None or practice is None or client is None:
        raise links.no_such_link()
    states = tuple(
        SignerState(
            row["signed_name"] or row["name"], row["party"], row["status"], row["signed_at"]
        )
        for row in await queries.signers_of(uow, [envelope["id"]])
    )
    return SigningPage(
        tenant_id=uow.tenant_id,
        envelope_id=envelope["id"],
        document_id=envelope["document_id"],
        subject_kind=envelope["subject_kind"],
        subject_id=envelope["subject_id"],
        client_id=client["id"],
        practice_name=practice["name"],
        timezone=practice["timezone"],
        client_name=client["name"],
        signer_name=signer["name"],
        signer_status=signer["status"],
        locale=signer["locale"],
        status=envelopes.status_at(envelope, now),
        reason=envelope["reason"],
        expires_at=envelope["expires_at"],
        closed_at=envelope["closed_at"],
        document_kind=document["kind"],
        document_number=document["number"],
        document_version=document["version"],
        document_locale=document["locale"],
        fingerprint=envelope["fingerprint"],
        preview_html=document["preview_html"],
        consent_version=signatures.CONSENT_VERSION,
        consent_text=signatures.consent_text(signer["locale"]),
        signers=states,
        file_token=links.file_token(uow.tenant_id, envelope["document_id"], now=now),
    )
