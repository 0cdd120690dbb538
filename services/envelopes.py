"""Papers out for signature.

An envelope holds one frozen document, the member who sent it (who signs by sending) and the client's signers, each with a
link. Its life: sent → viewed → completed | declined | expired | voided; nothing leads out of the last four. What happens is
written to a chain of events (`services.rules.signatures`). Whoever changes an envelope holds its row's lock.

What the link holder does is in `services.signing`; this is what the practice does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from contracts.fingerprint import fingerprint as fingerprint_of
from db.ids import new_id
from db.queries import clients as client_queries
from db.queries import documents as document_queries
from db.queries import envelopes as queries
from db.queries import practices as practice_queries
from db.tables.envelopes import Envelope, EnvelopeEvent, EnvelopeSigner
from db.unit_of_work import UnitOfWork, read_only, unit_of_work
from services import links
from services.actor import MEMBERS, WRITERS, Actor
from services.outbox import queue_email
from services.rules import signatures
from services.rules.dates import check_plausible
from services.rules.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleViolation

OPEN = ("sent", "viewed")
"""The states in which an envelope may still be signed."""


@dataclass(frozen=True)
class SignerSpec:
    """A contact of the client who is to sign."""

    contact_id: UUID


async def send(
    uow: UnitOfWork,
    actor: Actor,
    *,
    document_id: UUID,
    subject_kind: str,
    subject_id: UUID,
    client_id: UUID,
    signers: Sequence[SignerSpec] = (),
    expires_at: datetime,
    now: datetime,
) -> UUID:
    """Send a frozen document to the client's signers and answer the envelope's id; mails are queued with it.

    The acting member signs by sending, with the consent of the day. Without `signers`, every active contact with the role
    signer is asked. Runs in the caller's transaction, under the caller's lock on the subject. Raises `Forbidden`,
    `NotFound`, `InvalidInput` (EXPIRY), `RuleViolation` (NO_SIGNER, NOT_A_SIGNER), `Conflict` (ALREADY_SENT).
    """
    actor.require(*WRITERS)
    member = await _sending_member(uow, actor)
    document = await document_queries.document_by_id(uow, document_id)
    if document is None:
        raise NotFound("No document with this id.", field="documentId")
    if expires_at <= now:
        raise InvalidInput("The end lies before now.", code="EXPIRY", field="expiresAt")
    check_plausible(expires_at, "expiresAt")
    contacts = await _client_signers(uow, client_id, signers)
    if await queries.open_envelope(uow, subject_kind, subject_id) is not None:
        raise _already_sent()
    practice = await practice_queries.practice(uow)
    envelope_id, fingerprint = new_id(), document["fingerprint"]
    try:
        await Envelope.insert(
            Envelope(
                tenant_id=uow.tenant_id,
                id=envelope_id,
                document_id=document_id,
                fingerprint=fingerprint,
                subject_kind=subject_kind,
                subject_id=subject_id,
                client_id=client_id,
                sent_by=member["id"],
                status="sent",
                expires_at=expires_at,
                sent_at=now,
                head_hash=signatures.first_hash(fingerprint),
            )
        )
    except asyncpg.UniqueViolationError:
        raise _already_sent() from None
    locale = document["locale"]
    own = _signer(uow, envelope_id, 1, party="practice", locale=locale, person=member)
    own.member_id, own.signed_name, own.status, own.signed_at = (
        member["id"], member["name"], "signed", now,
    )  # fmt: skip
    asked = [
        _signer(uow, envelope_id, place, party="client", locale=contact["locale"], person=contact)
        for place, contact in enumerate(contacts, start=2)
    ]
    for signer, contact in zip(asked, contacts, strict=True):
        signer.contact_id = contact["id"]
        signer.link_hash = links.token_hash(links.signer_token(uow.tenant_id, signer.id, 1))
    await EnvelopeSigner.insert(own, *asked)
    await add_event(
        uow, envelope_id, kind="sent", actor=actor, now=now, detail=document["number"]
    )  # fmt: skip
    await add_event(
        uow,
        envelope_id,
        kind="signed",
        actor=actor,
        now=now,
        signer_id=own.id,
        name=member["name"],
        consent_locale=locale,
    )
    for signer in asked:
        await queue_email(
            uow,
            kind="signature_request",
            recipient_name=signer.name,
            recipient_email=signer.email,
            locale=signer.locale,
            data={
                "signer_id": str(signer.id),
                "document_kind": document["kind"],
                "document_number": document["number"],
                "practice_name": practice["name"] if practice else "",
                "expires_at": expires_at.isoformat(),
            },
            now=now,
        )
    return envelope_id


def _already_sent() -> Conflict:
    return Conflict(
        "This is out for signature already; void that envelope first.", code="ALREADY_SENT"
    )


def _signer(
    uow: UnitOfWork, envelope_id: UUID, position: int, *, party: str, locale: str, person: Any
) -> EnvelopeSigner:
    return EnvelopeSigner(
        tenant_id=uow.tenant_id,
        id=new_id(),
        envelope_id=envelope_id,
        position=position,
        party=party,
        name=person["name"],
        email=person["email"],
        locale=locale,
        status="pending",
    )


async def _sending_member(uow: UnitOfWork, actor: Actor) -> asyncpg.Record:
    member = await practice_queries.member_by_id(uow, actor.member_id) if actor.member_id else None
    if member is None or not member["is_active"]:
        raise Forbidden("Only a member of the practice can sign for it by sending.")
    return member


async def _client_signers(
    uow: UnitOfWork, client_id: UUID, signers: Sequence[SignerSpec]
) -> list[asyncpg.Record]:
    client = await client_queries.client_by_id(uow, client_id)
    if client is None:
        raise NotFound("No client with this id.", field="clientId")
    if client["is_archived"]:
        raise Conflict("The client is archived.", code="CLIENT_ARCHIVED", field="clientId")
    able = {
        contact["id"]: contact
        for contact in await client_queries.contacts_of(uow, [client_id])
        if contact["is_active"] and "signer" in contact["roles"]
    }
    wanted = list(dict.fromkeys(spec.contact_id for spec in signers)) or list(able)
    if not wanted:
        raise RuleViolation(
            "The client has no active contact with the role signer.",
            code="NO_SIGNER",
            field="signers",
        )
    for contact_id in wanted:
        if contact_id not in able:
            raise RuleViolation(
                "Not an active contact of this client with the role signer.",
                code="NOT_A_SIGNER",
                field="contactIds",
            )
    return [able[contact_id] for contact_id in wanted]


async def add_event(
    uow: UnitOfWork,
    envelope_id: UUID,
    *,
    kind: str,
    actor: Actor,
    now: datetime,
    signer_id: UUID | None = None,
    name: str = "",
    consent_locale: str | None = None,
    detail: str = "",
) -> None:
    """Chain one event to an envelope. The caller holds the envelope's lock, or has just made it."""
    head = await queries.envelope_by_id(uow, envelope_id)
    if head is None:
        raise NotFound("No envelope with this id.", field="envelopeId")
    event = signatures.Event(
        envelope_id=str(envelope_id),
        sequence=head["event_count"] + 1,
        kind=kind,
        occurred_at=now,
        actor=actor.label,
        fingerprint=head["fingerprint"],
        signer_id=str(signer_id) if signer_id else "",
        name=name,
        ip=actor.ip[:100],
        user_agent=_printable(actor.user_agent)[:500],
        consent_version=signatures.CONSENT_VERSION if consent_locale else "",
        consent_text=signatures.consent_text(consent_locale) if consent_locale else "",
        detail=detail,
    )
    digest = signatures.event_hash(head["head_hash"], event)
    await EnvelopeEvent.insert(
        EnvelopeEvent(
            **vars(event)
            | {
                "tenant_id": uow.tenant_id,
                "id": new_id(),
                "envelope_id": envelope_id,
                "signer_id": signer_id,
                "previous_hash": head["head_hash"],
                "hash": digest,
            }
        )
    )
    await Envelope.update({"event_count": event.sequence, "head_hash": digest}).where(
        Envelope.tenant_id == uow.tenant_id, Envelope.id == envelope_id
    )


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable())


async def close(
    uow: UnitOfWork, envelope_id: UUID, *, status: str, reason: str = "", now: datetime
) -> None:
    """Move a locked, open envelope to one of its four last states."""
    await Envelope.update({"status": status, "reason": reason, "closed_at": now}).where(
        Envelope.tenant_id == uow.tenant_id, Envelope.id == envelope_id
    )


async def void_open(
    uow: UnitOfWork,
    actor: Actor,
    *,
    subject_kind: str,
    subject_id: UUID,
    reason: str,
    now: datetime,
) -> UUID | None:
    """Void the envelope about a thing that is still open, and answer its id; None where there is none.

    For the thing's own domain, inside its transaction and under its lock: no outcome handler is called.
    """
    found = await queries.open_envelope(uow, subject_kind, subject_id)
    envelope = found and await queries.lock_envelope(uow, found["id"])
    if not envelope or envelope["status"] not in OPEN:
        return None
    await add_event(uow, envelope["id"], kind="voided", actor=actor, now=now, detail=reason)
    await close(uow, envelope["id"], status="voided", reason=reason, now=now)
    envelope_id: UUID = envelope["id"]
    return envelope_id


async def revoke_link(actor: Actor, signer_id: UUID, *, now: datetime) -> UUID:
    """End a signer's link and send a new one; for a link that went astray. Answers the signer's id.

    Raises `Forbidden`, `NotFound`, `Conflict` (ENVELOPE_CLOSED, ALREADY_SIGNED).
    """
    actor.require(*WRITERS)
    async with unit_of_work(actor.scope()) as uow:
        found = await queries.signer_by_id(uow, signer_id)
        if found is None or found["party"] != "client":
            raise NotFound("No signer with this id.", field="signerId")
        envelope = await queries.lock_envelope(uow, found["envelope_id"])
        signer = await queries.signer_by_id(uow, signer_id)
        if envelope is None or signer is None:
            raise NotFound("No signer with this id.", field="signerId")
        if signer["status"] == "signed":
            raise Conflict("The signer has signed.", code="ALREADY_SIGNED", field="signerId")
        if envelope["status"] not in OPEN or envelope["expires_at"] <= now:
            raise Conflict("The envelope is closed.", code="ENVELOPE_CLOSED", field="signerId")
        generation = signer["link_generation"] + 1
        token = links.signer_token(uow.tenant_id, signer_id, generation)
        await EnvelopeSigner.update(
            {"link_generation": generation, "link_hash": links.token_hash(token)}
        ).where(EnvelopeSigner.tenant_id == uow.tenant_id, EnvelopeSigner.id == signer_id)
        await add_event(
            uow, envelope["id"], kind="link_revoked", actor=actor, now=now, signer_id=signer_id
        )
        document = await document_queries.document_by_id(uow, envelope["document_id"])
        practice = await practice_queries.practice(uow)
        await queue_email(
            uow,
            kind="signature_request",
            recipient_name=signer["name"],
            recipient_email=signer["email"],
            locale=signer["locale"],
            data={
                "signer_id": str(signer_id),
                "document_kind": document["kind"] if document else "",
                "document_number": document["number"] if document else "",
                "practice_name": practice["name"] if practice else "",
                "expires_at": envelope["expires_at"].isoformat(),
            },
            now=now,
        )
    return signer_id


def signer_url(actor: Actor, signer: Any) -> str | None:
    """A client signer's link for a member to pass on; None for those who may not, and where there is nothing to sign."""
    if actor.role not in WRITERS or signer["party"] != "client":
        return None
    return links.sign_url(
        links.signer_token(signer["tenant_id"], signer["id"], signer["link_generation"])
    )


def status_at(envelope: Any, now: datetime) -> str:
    """An envelope's state as it counts now: an open one past its end is expired, whether or not that is written down."""
    status: str = envelope["status"]
    return "expired" if status in OPEN and envelope["expires_at"] <= now else status


def chain_link(row: Any) -> signatures.Link:
    """A stored event as the rules see it."""
    return signatures.Link(
        signatures.Event(
            envelope_id=str(row["envelope_id"]),
            sequence=row["sequence"],
            kind=row["kind"],
            occurred_at=row["occurred_at"],
            actor=row["actor"],
            fingerprint=row["fingerprint"],
            signer_id=str(row["signer_id"]) if row["signer_id"] else "",
            name=row["name"],
            ip=row["ip"],
            user_agent=row["user_agent"],
            consent_version=row["consent_version"],
            consent_text=row["consent_text"],
            detail=row["detail"],
        ),
        previous_hash=row["previous_hash"],
        hash=row["hash"],
    )


async def verify(actor: Actor, envelope_id: UUID) -> signatures.Verdict:
    """Walk an envelope's chain again, from the stored bytes of its document to its newest event.

    Raises `Forbidden`, `NotFound`.
    """
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        envelope = await queries.envelope_by_id(uow, envelope_id)
        if envelope is None:
            raise NotFound("No envelope with this id.", field="envelopeId")
        events = await queries.events_of(uow, [envelope_id])
        file = await document_queries.document_content(uow, envelope["document_id"])
    if file is None or fingerprint_of(file["content"]) != envelope["fingerprint"]:
        return signatures.Verdict(False, 0, "the document's bytes were changed")
    return signatures.verify_chain(
        [chain_link(row) for row in events],
        fingerprint=envelope["fingerprint"],
        head_hash=envelope["head_hash"],
        event_count=envelope["event_count"],
    )
