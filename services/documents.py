"""Frozen papers: rendered once, stored as bytes, never rendered again.

What a client signs is a file, and its fingerprint is the SHA-256 of exactly those bytes. A document row is written once and
never changed; a new state of a paper is a new version with bytes of its own.
"""

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

import orjson

from contracts.errors import DocumentError
from contracts.fingerprint import fingerprint as fingerprint_of
from contracts.payloads import LOCALES, PAYLOADS, Kind
from contracts.preview import preview
from contracts.render import RenderedDocument
from contracts.render import render as render_document
from db.ids import new_id
from db.queries import clients as client_queries
from db.queries import documents as queries
from db.tables.documents import Document
from db.unit_of_work import Scope, UnitOfWork, read_only
from services import links
from services.actor import MEMBERS, Actor
from services.rules.companies import registration
from services.rules.errors import InvalidInput, NotFound

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
"""The media type of what `contracts` renders."""


@dataclass(frozen=True)
class Rendered:
    """A paper that exists as bytes, but is not stored yet."""

    file: RenderedDocument
    preview_html: str


@dataclass(frozen=True)
class FrozenDocument:
    """A paper that is stored for good."""

    id: UUID
    fingerprint: str


@dataclass(frozen=True)
class FileVerdict:
    """`intact`: these bytes are a document of the practice; `damaged`: its stored bytes were tampered with; `unknown`."""

    status: Literal["intact", "damaged", "unknown"]
    document_id: UUID | None = None


async def render(kind: str, locale: str, payload: dict[str, Any]) -> Rendered:
    """Make the bytes in a thread of their own; call it before the transaction where that can be.

    Raises `InvalidInput` (DOCUMENT_INVALID), naming the field, where the payload does not make a document.
    """
    if kind not in PAYLOADS:
        raise InvalidInput("No such kind of document.", code="DOCUMENT_INVALID", field="kind")
    if locale not in LOCALES:
        raise InvalidInput("The locale is en or da.", code="LOCALE", field="locale")

    def work() -> Rendered:
        file = render_document(cast(Kind, kind), locale, payload)
        return Rendered(file, preview(file.content))

    try:
        return await asyncio.to_thread(work)
    except DocumentError as error:
        raise InvalidInput(error.message, code="DOCUMENT_INVALID", field=error.field) from error


async def store(
    uow: UnitOfWork,
    rendered: Rendered,
    *,
    number: str,
    version: int,
    client_id: UUID | None,
    engagement_id: UUID | None,
    subject_kind: str,
    subject_id: UUID,
    payload: dict[str, Any],
    now: datetime,
) -> FrozenDocument:
    """Store a rendered paper for good. Its kind, number, version and language are unique in the practice."""
    file = rendered.file
    document_id = new_id()
    await Document.insert(
        Document(
            tenant_id=uow.tenant_id,
            id=document_id,
            kind=file.kind,
            locale=file.locale,
            number=number,
            version=version,
            fingerprint=file.fingerprint,
            content_fingerprint=file.content_fingerprint,
            template_fingerprint=file.template_fingerprint,
            content=file.content,
            preview_html=rendered.preview_html,
            payload=orjson.dumps(payload).decode(),
            client_id=client_id,
            engagement_id=engagement_id,
            subject_kind=subject_kind,
            subject_id=subject_id,
            created_at=now,
        )
    )
    return FrozenDocument(document_id, file.fingerprint)


async def freeze(
    uow: UnitOfWork,
    *,
    kind: str,
    locale: str,
    number: str,
    version: int,
    client_id: UUID | None,
    engagement_id: UUID | None,
    subject_kind: str,
    subject_id: UUID,
    payload: dict[str, Any],
    now: datetime,
) -> FrozenDocument:
    """Render and store in one go, for papers whose data are only known inside the transaction (some milliseconds)."""
    rendered = await render(kind, locale, payload)
    return await store(
        uow,
        rendered,
        number=number,
        version=version,
        client_id=client_id,
        engagement_id=engagement_id,
        subject_kind=subject_kind,
        subject_id=subject_id,
        payload=payload,
        now=now,
    )


def _lines(address: str) -> list[str]:
    return [line.strip() for line in address.splitlines() if line.strip()]


async def practice_party(uow: UnitOfWork) -> dict[str, Any]:
    """The practice as the papers name it: a `Party` of `contracts`."""
    row = await uow.fetchrow(
        "select * from practice where tenant_id = $1 and id = $1", uow.tenant_id
    )
    if row is None:
        raise NotFound("No such practice.")
    return {
        "name": row["legal_name"] or row["name"],
        "registration": registration(row["country"], row["registration_number"]) or None,
        "address_lines": _lines(row["address"]),
        "email": row["email"],
        "phone": row["phone"] or None,
    }


async def client_party(uow: UnitOfWork, client_id: UUID) -> dict[str, Any]:
    """A client as the papers name it: a `Party` of `contracts`. Raises `NotFound`."""
    row = await client_queries.client_by_id(uow, client_id)
    if row is None:
        raise NotFound("No client with this id.", field="clientId")
    return {
        "name": row["legal_name"] or row["name"],
        "registration": registration(row["country"], row["registration_number"]) or None,
        "address_lines": _lines(row["address"]),
        "email": row["email"],
    }


async def verify(actor: Actor, fingerprint: str) -> FileVerdict:
    """Whether bytes with this SHA-256 are a document of the practice, and its stored bytes still hash to it.

    Raises `Forbidden`, `InvalidInput` (FINGERPRINT).
    """
    actor.require(*MEMBERS)
    clean = clean_fingerprint(fingerprint)
    async with read_only(actor.scope()) as uow:
        return await verdict(uow, clean)


def clean_fingerprint(text: str) -> str:
    """64 hexadecimal digits in lower case. Raises `InvalidInput` (FINGERPRINT)."""
    clean = text.strip().lower()
    if not re.fullmatch(r"[0-9a-f]{64}", clean):
        raise InvalidInput(
            "A fingerprint is 64 hexadecimal digits (SHA-256).",
            code="FINGERPRINT",
            field="fingerprint",
        )
    return clean


async def verdict(uow: UnitOfWork, fingerprint: str) -> FileVerdict:
    """What the practice knows of a fingerprint."""
    row = await queries.document_by_fingerprint(uow, fingerprint)
    if row is None:
        return FileVerdict("unknown")
    is_intact = fingerprint_of(row["content"]) == fingerprint
    return FileVerdict("intact" if is_intact else "damaged", row["id"])


async def read_file(token: str, *, now: datetime) -> tuple[bytes, str, str]:
    """The bytes, file name and media type that a file link reads. Raises `NotFound` (LINK_INVALID)."""
    tenant_id, document_id = links.read_file_token(token, now=now)
    async with read_only(Scope(tenant_id, "link:file", "-")) as uow:
        row = await queries.document_content(uow, document_id)
    if row is None:
        raise links.no_such_link()
    return row["content"], file_name(row), DOCX


def file_name(row: Any) -> str:
    """What a document is called on somebody's disk, such as `services-contract-2026-001-v1-da.docx`."""
    number = re.sub(r"[^A-Za-z0-9-]+", "-", row["number"]).strip("-").lower()
    kind = row["kind"].replace("_", "-")
    return f"{kind}-{number}-v{row['version']}-{row['locale']}.docx"


def download_url(tenant_id: UUID, document_id: UUID, *, now: datetime) -> str:
    """A link that reads the document for the next fifteen minutes."""
    return links.file_url(links.file_token(tenant_id, document_id, now=now))
