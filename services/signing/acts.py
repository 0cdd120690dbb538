"""Sign, decline, void, expire: each under the envelope's lock, each at most once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.queries import clients as client_queries
from db.queries import documents as document_queries
from db.queries import envelopes as queries
from db.queries import practices as practice_queries
from db.tables.envelopes import EnvelopeSigner
from db.unit_of_work import UnitOfWork, unit_of_work
from services import documents, envelopes
from services.actor import WRITERS, Actor
from services.outbox import queue_email
from services.rules import signatures
from services.rules.errors import Conflict, InvalidInput, NotFound, Stale
from services.rules.text import clean_text
from services.signing.holders import Holder, expiry, find_holder, locked, write_expiry
from services.signing.outcomes import OUTCOMES, lock_subject


@dataclass(frozen=True)
class Signed:
    """The answer to a signature. `is_repeat`: this signer had signed before, and nothing happened now."""

    envelope_id: UUID
    status: str
    signed_at: datetime
    is_repeat: bool


async def sign(
    token: str,
    *,
    fingerprint: str,
    name: str,
    consent_version: str,
    ip: str,
    user_agent: str,
    now: datetime,
) -> Signed:
    """Sign what was shown. `fingerprint` and `consent_version` are those of the page, `name` what the signer typed.

    The last signature makes the outcome. Signing again by the same link answers as before and has no effect.

    Raises `NotFound` (LINK_INVALID), `InvalidInput` for the name, `Stale` (FINGERPRINT_MISMATCH, CONSENT_STALE), `Conflict`
    (ENVELOPE_CLOSED, ENVELOPE_EXPIRED), and whatever the outcome raises; then nothing was signed.
    """
    signed_name = clean_text(name, "name")
    holder = await find_holder(token, ip=ip, user_agent=user_agent)
    async with unit_of_work(holder.actor.scope()) as uow:
        envelope, signer = await locked(uow, holder)
        if signer["status"] == "signed":
            return Signed(envelope["id"], envelope["status"], signer["signed_at"], True)
        if not (has_expired := await write_expiry(uow, holder.actor, envelope, now)):
            _require_open(envelope)
            _require_shown(envelope, fingerprint, consent_version)
            status = await _record(uow, holder, envelope, signer, signed_name=signed_name, now=now)
    if has_expired:
        # Raised only after the commit that wrote the expiry down.
        raise expiry()
    return Signed(envelope["id"], status, now, False)


async def decline(token: str, *, reason: str, ip: str, user_agent: str, now: datetime) -> UUID:
    """Say no to the whole paper, with a reason if the signer gives one; answers the envelope's id.

    Raises `NotFound` (LINK_INVALID), `InvalidInput`, `Conflict` (ALREADY_SIGNED, ENVELOPE_CLOSED, ENVELOPE_EXPIRED).
    """
    said = clean_text(reason, "reason", max_length=1000, required=False, lines=True)
    holder = await find_holder(token, ip=ip, user_agent=user_agent)
    async with unit_of_work(holder.actor.scope()) as uow:
        envelope, signer = await locked(uow, holder)
        if not (has_expired := await write_expiry(uow, holder.actor, envelope, now)):
            _require_open(envelope)
            if signer["status"] == "signed":
                raise Conflict("You have signed this already.", code="ALREADY_SIGNED")
            await EnvelopeSigner.update({"status": "declined"}).where(
                EnvelopeSigner.tenant_id == uow.tenant_id, EnvelopeSigner.id == signer["id"]
            )
            await envelopes.add_event(
                uow,
                envelope["id"],
                kind="declined",
                actor=holder.actor,
                now=now,
                signer_id=signer["id"],
                name=signer["name"],
                detail=said,
            )
            await envelopes.close(uow, envelope["id"], status="declined", reason=said, now=now)
            await OUTCOMES[holder.subject_kind].on_declined(
                uow, subject_id=holder.subject_id, reason=said, now=now
            )
            await _tell_sender(
                uow, envelope, kind="envelope_declined", names=signer["name"], reason=said, now=now
            )
    if has_expired:
        raise expiry()
    return holder.envelope_id


async def void(actor: Actor, envelope_id: UUID, *, reason: str, now: datetime) -> UUID:
    """Take an envelope back from the practice's side, so that the paper can be reissued; answers its id.

    Raises `Forbidden`, `InvalidInput`, `NotFound`, `Conflict` (ENVELOPE_CLOSED).
    """
    actor.require(*WRITERS)
    said = clean_text(reason, "reason", max_length=1000, lines=True)
    async with unit_of_work(actor.scope()) as uow:
        found = await queries.envelope_by_id(uow, envelope_id)
        if found is None:
            raise NotFound("No envelope with this id.", field="envelopeId")
        outcome = await lock_subject(uow, found["subject_kind"], found["subject_id"])
        envelope = await queries.lock_envelope(uow, envelope_id)
        if envelope is None:
            raise NotFound("No envelope with this id.", field="envelopeId")
        _require_open(envelope)
        await envelopes.add_event(
            uow, envelope_id, kind="voided", actor=actor, now=now, detail=said
        )
        await envelopes.close(uow, envelope_id, status="voided", reason=said, now=now)
        await outcome.on_declined(
            uow, subject_id=found["subject_id"], reason=f"voided: {said}", now=now
        )
    return envelope_id


async def expire(actor: Actor, envelope_id: UUID, *, now: datetime) -> bool:
    """End an envelope whose time has run out, without anybody opening its link; answers whether this call did it.

    For the sweep (`services.sweep`): one that is closed already, or not due, or not there is left alone. Raises `Forbidden`,
    and what the outcome raises; then nothing has changed.
    """
    actor.require("system")
    async with unit_of_work(actor.scope()) as uow:
        found = await queries.envelope_by_id(uow, envelope_id)
        if found is None:
            return False
        await lock_subject(uow, found["subject_kind"], found["subject_id"])
        envelope = await queries.lock_envelope(uow, envelope_id)
        return envelope is not None and await write_expiry(uow, actor, envelope, now)


def _require_open(envelope: asyncpg.Record) -> None:
    status = envelope["status"]
    if status == "expired":
        raise expiry()
    if status not in envelopes.OPEN:
        raise Conflict(
            f"This was {status} already; nothing more can be done with it.",
            code="ENVELOPE_CLOSED",
            status=status,
        )


def _require_shown(envelope: asyncpg.Record, fingerprint: str, consent_version: str) -> None:
    if documents.clean_fingerprint(fingerprint) != envelope["fingerprint"]:
        raise Stale(
            "This is not the fingerprint of the document that was sent; open the link again.",
            code="FINGERPRINT_MISMATCH",
            field="fingerprint",
        )
    if consent_version not in signatures.CONSENT_TEXTS:
        raise InvalidInput("No such consent.", code="CONSENT_UNKNOWN", field="consentVersion")
    if consent_version != signatures.CONSENT_VERSION:
        raise Stale(
            "The words of the consent have changed; open the link again.",
            code="CONSENT_STALE",
            field="consentVersion",
        )


async def _record(
    uow: UnitOfWork,
    holder: Holder,
    envelope: asyncpg.Record,
    signer: asyncpg.Record,
    *,
    signed_name: str,
    now: datetime,
) -> str:
    """Write a signature down, and the outcome if it is the last; answers the envelope's new state."""
    await EnvelopeSigner.update(
        {"status": "signed", "signed_name": signed_name, "signed_at": now}
    ).where(EnvelopeSigner.tenant_id == uow.tenant_id, EnvelopeSigner.id == signer["id"])
    await envelopes.add_event(
        uow,
        envelope["id"],
        kind="signed",
        actor=holder.actor,
        now=now,
        signer_id=signer["id"],
        name=signed_name,
        consent_locale=signer["locale"],
    )
    signers = await queries.signers_of(uow, [envelope["id"]])
    if any(row["status"] != "signed" for row in signers):
        status: str = envelope["status"]
        return status
    await envelopes.add_event(uow, envelope["id"], kind="completed", actor=holder.actor, now=now)
    await envelopes.close(uow, envelope["id"], status="completed", now=now)
    clients = [row for row in signers if row["party"] == "client"]
    names = ", ".join(row["signed_name"] for row in clients)
    await OUTCOMES[holder.subject_kind].on_signed(
        uow,
        subject_id=holder.subject_id,
        document_id=envelope["document_id"],
        fingerprint=envelope["fingerprint"],
        signer_name=names,
        now=now,
    )
    for row in clients:
        await queue_email(
            uow,
            kind="signature_completed",
            recipient_name=row["name"],
            recipient_email=row["email"],
            locale=row["locale"],
            data=await _mail_data(uow, envelope) | {"signer_id": str(row["id"])},
            now=now,
        )
    await _tell_sender(uow, envelope, kind="envelope_completed", names=names, reason="", now=now)
    return "completed"


async def _mail_data(uow: UnitOfWork, envelope: asyncpg.Record) -> dict[str, Any]:
    document = await document_queries.document_by_id(uow, envelope["document_id"])
    practice = await practice_queries.practice(uow)
    return {
        "document_kind": document["kind"] if document else "",
        "document_number": document["number"] if document else "",
        "fingerprint": envelope["fingerprint"],
        "practice_name": practice["name"] if practice else "",
    }


async def _tell_sender(
    uow: UnitOfWork, envelope: asyncpg.Record, *, kind: str, names: str, reason: str, now: datetime
) -> None:
    member = await practice_queries.member_by_id(uow, envelope["sent_by"])
    practice = await practice_queries.practice(uow)
    client = await client_queries.client_by_id(uow, envelope["client_id"])
    if member is None or practice is None or client is None or not member["is_active"]:
        return
    await queue_email(
        uow,
        kind=kind,
        recipient_name=member["name"],
        recipient_email=member["email"],
        locale=practice["locale"],
        data=await _mail_data(uow, envelope)
        | {"client_name": client["name"], "signer_names": names, "reason": reason},
        now=now,
    )
