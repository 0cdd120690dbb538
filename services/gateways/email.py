"""Mail: one message to one recipient, as a file on this machine or through an SMTP server.

A message is a value. The same value always makes the same bytes: its Message-ID comes from its outbox row, so a message
that is sent twice (a worker may die between sending and writing that down) is recognised as one by the mail server and
by the reader's program. One recipient each, so that a refusal has one meaning.

    EmailFailure
    ├── TemporaryEmailFailure   try again later: no connection, a 4xx answer, or a fault in our own configuration
    └── PermanentEmailFailure   never again: the server says that this message or this recipient will not do
"""

import asyncio
import hashlib
import os
import re
import ssl
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib

from services.rules.errors import InvalidInput

_POLICY = SMTP.clone(max_line_length=78)
# RFC 5322 dot-atom, at most 64 characters: quoted local parts are legal and nobody has one.
_LOCAL_PART = re.compile(
    r"(?=.{1,64}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
)
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_MEDIA_TYPE_CHARACTERS = set("abcdefghijklmnopqrstuvwxyz0123456789.+-")
TIMEOUT_SECONDS = 30.0


class EmailFailure(Exception):
    """A message did not leave."""


class TemporaryEmailFailure(EmailFailure):
    """It may leave later."""


class PermanentEmailFailure(EmailFailure):
    """It never will, as it is."""


@dataclass(frozen=True)
class Mailbox:
    """An address and the name shown for it. Raises `InvalidInput` where either could not stand in a header."""

    address: str
    name: str = ""

    def __post_init__(self) -> None:
        _one_line(self.name, "name", limit=200)
        _one_line(self.address, "address", limit=254)
        self.header()

    @classmethod
    def parse(cls, text: str) -> "Mailbox":
        """`Name <name@example.com>` or `name@example.com`. Raises `InvalidInput`."""
        _one_line(text, "address", limit=500)
        name, address = parseaddr(text)
        return cls(address=address, name=name)

    @property
    def domain(self) -> str:
        """The part after @, in the ASCII form of internationalised names."""
        return self.header().domain

    def header(self) -> Address:
        """The form that the standard library's headers take."""
        local, _, domain = self.address.rpartition("@")
        try:
            # The codec knows the limits of names and of their parts (RFC 1035, RFC 3490).
            host = domain.encode("idna").decode("ascii")
        except UnicodeError:
            host = ""
        if not (_LOCAL_PART.fullmatch(local) and _HOST.fullmatch(host)):
            raise InvalidInput(f"{self.address!r} is not an e-mail address", field="address")
        return Address(self.name, username=local, domain=host)


@dataclass(frozen=True)
class Attachment:
    """A file that travels with a message. Raises `InvalidInput` for a name that could not stand in a header."""

    name: str
    media_type: str
    content: bytes

    def __post_init__(self) -> None:
        _one_line(self.name, "attachment name", limit=200)
        if not self.name or "/" in self.name or "\\" in self.name:
            raise InvalidInput("an attachment needs a plain file name", field="attachment name")
        main, slash, sub = self.media_type.partition("/")
        if not (main and slash and sub) or set(main + sub) - _MEDIA_TYPE_CHARACTERS:
            raise InvalidInput(f"{self.media_type!r} is not a media type", field="media_type")


@dataclass(frozen=True)
class OutgoingEmail:
    """One message to one recipient.

    `written_at` (aware) is its Date. `html` says the same as `text`, for readers that show it. Raises `InvalidInput` for
    a subject or body that would break the message.
    """

    outbox_id: UUID
    sender: Mailbox
    recipient: Mailbox
    subject: str
    text: str
    written_at: datetime
    html: str | None = None
    reply_to: Mailbox | None = None
    attachments: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        _one_line(self.subject, "subject", limit=500)
        if not self.subject.strip():
            raise InvalidInput("a message needs a subject", field="subject")
        for field, body in (("text", self.text), ("html", self.html or "")):
            _encodable(body, field)
            if "\0" in body:
                raise InvalidInput(f"the {field} holds a NUL", field=field)
        if self.written_at.tzinfo is None:
            raise ValueError("written_at needs a timezone")

    @property
    def message_id(self) -> str:
        """The same for every sending of the same outbox row."""
        return f"<{self.outbox_id}@{self.sender.domain}>"

    def to_message(self) -> EmailMessage:
        """The message as the standard library has it; its bytes are the same every time."""
        message = EmailMessage(policy=_POLICY)
        message["From"] = self.sender.header()
        message["To"] = self.recipient.header()
        if self.reply_to is not None:
            message["Reply-To"] = self.reply_to.header()
        message["Subject"] = self.subject
        message["Date"] = format_datetime(self.written_at.astimezone(UTC))
        message["Message-ID"] = self.message_id
        # RFC 3834: keeps holiday answers from coming back.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(self.text)
        if self.html is not None:
            message.add_alternative(self.html, subtype="html")
        for attachment in self.attachments:
            main, _, sub = attachment.media_type.partition("/")
            message.add_attachment(
                attachment.content, maintype=main, subtype=sub, filename=attachment.name
            )
        multiparts = (part for part in message.walk() if part.is_multipart())
        for number, part in enumerate(multiparts):
            seed = f"{self.outbox_id}/{number}".encode()
            part.set_boundary(f"=-{hashlib.sha256(seed).hexdigest()[:40]}")
        return message

    def to_bytes(self) -> bytes:
        """The message as it travels, lines ending in CRLF."""
        return self.to_message().as_bytes(policy=_POLICY)


class EmailGateway(Protocol):
    """The way out for mail."""

    async def send(self, message: OutgoingEmail) -> None:
        """Hand the message over; on return it has left. Raises `EmailFailure`."""
        ...


class FileEmailGateway:
    """Writes each message to `<outbox id>.eml`, which any mail program opens. A second sending replaces the first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, outbox_id: UUID) -> Path:
        """Where that message lies once it is sent."""
        return self._folder / f"{outbox_id}.eml"

    async def send(self, message: OutgoingEmail) -> None:
        await asyncio.to_thread(self._write, message)

    def _write(self, message: OutgoingEmail) -> None:
        path = self.path(message.outbox_id)
        draft = path.with_suffix(".draft")
        try:
            # Mails hold links that sign: for the owner's eyes.
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(message.to_bytes())
            draft.replace(path)
        except OSError as error:
            raise TemporaryEmailFailure(f"cannot write {path}: {error.strerror}") from error


class SmtpEmailGateway:
    """Sends through the server that an address names.

    `smtps://` speaks TLS from the start. `smtp://` upgrades by STARTTLS where the server offers it, and insists on it
    before a password leaves this machine. Certificates are always checked. A connection per message: the worker sends few.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("an SMTP address looks like smtp://user:password@host:587")
        self._host = parts.hostname
        self._tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._tls else 587)
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._timeout_seconds = timeout_seconds
        self._tls_context = tls_context

    @property
    def _start_tls(self) -> bool | None:
        """False: never; True: or else fail; None: where offered."""
        if self._tls:
            return False
        return True if self._username and self._host not in _LOOPBACK else None

    async def send(self, message: OutgoingEmail) -> None:
        try:
            await asyncio.wait_for(
                aiosmtplib.send(
                    message.to_bytes(),
                    sender=message.sender.header().addr_spec,
                    recipients=[message.recipient.header().addr_spec],
                    hostname=self._host,
                    port=self._port,
                    username=self._username,
                    password=self._password,
                    use_tls=self._tls,
                    start_tls=self._start_tls,
                    tls_context=self._tls_context,
                    timeout=self._timeout_seconds,
                ),
                # The client's own timeout counts per answer; a server that drips would hold us for ever.
                timeout=3 * self._timeout_seconds,
            )
        except (aiosmtplib.SMTPException, TimeoutError, OSError) as error:
            raise _failure(error) from error


def _failure(error: Exception) -> EmailFailure:
    """What an SMTP client's error means for the message. The server's own words are kept: they tell the remedy."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return _failure(error.recipients[0])
    said = f"{type(error).__name__}: {error}"
    # A refused login or sender is our configuration's fault: the message waits until it is put right.
    ours = (aiosmtplib.SMTPAuthenticationError, aiosmtplib.SMTPHeloError)
    if isinstance(error, aiosmtplib.SMTPResponseException) and not isinstance(error, ours):
        connected = not isinstance(error, aiosmtplib.SMTPConnectError)
        if connected and 500 <= error.code < 600:
            return PermanentEmailFailure(said)
    return TemporaryEmailFailure(said)


def _one_line(text: str, field: str, *, limit: int) -> None:
    """Refuse what could end a header early and begin another, or hide in one."""
    _encodable(text, field)
    if any(unicodedata.category(c) in {"Cc", "Zl", "Zp"} for c in text):
        raise InvalidInput(f"the {field} holds a line break or control character", field=field)
    if len(text) > limit:
        raise InvalidInput(f"the {field} is longer than {limit} characters", field=field)


def _encodable(text: str, field: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidInput(f"the {field} holds a broken character", field=field) from error
