"""Links that are keys: a signer's way to one envelope, and a reader's way to one file.

A link carries the practice's id, the id of the thing, and an HMAC under the link key, so it can be derived again when a mail
is written and no secret has to be stored. A signer's link is known in the database by its SHA-256 alone and dies when its
generation moves on; a file's link carries its own end.

What this module does not do: look anything up. Whoever reads a token asks the database whether it still counts.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.rules.errors import NotFound

FILE_LINK_LASTS = timedelta(minutes=15)
"""How long a link to a file is good for, unless its maker says otherwise."""

_MAC_BYTES = 32
_keys: list[bytes] = []
_base_urls: list[str] = []


def use_link_key(key: bytes) -> None:
    """Set the key that every link is derived from; once, at start-up. Another key ends all links."""
    if len(key) < 32:
        raise ValueError("the link key has at least 32 bytes")
    _keys[:] = [key]


def use_base_url(url: str) -> None:
    """Set where people reach the portal, such as `https://scope.example`; links in mails begin with it."""
    _base_urls[:] = [url.rstrip("/")]


def _mac(text: str) -> bytes:
    if not _keys:
        raise RuntimeError("use_link_key() comes first")
    return hmac.digest(_keys[0], text.encode(), hashlib.sha256)


def _write(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _read(token: str, length: int) -> bytes:
    """The bytes of a token, which has exactly one spelling. Raises `NotFound`."""
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != length or _write(data) != token:
        raise no_such_link()
    return data


def no_such_link() -> NotFound:
    """The one answer to a link that is malformed, revoked or made up: it tells nothing apart."""
    return NotFound("This link is not valid, or no longer.", code="LINK_INVALID")


@dataclass(frozen=True)
class SignerLink:
    """What a signer's token says; true only once its hash is found on the signer's row."""

    tenant_id: UUID
    signer_id: UUID
    token_hash: bytes


def signer_token(tenant_id: UUID, signer_id: UUID, generation: int) -> str:
    """The token of one signer's link in one generation: 256 bits that nobody can guess."""
    mac = _mac(f"signer:{tenant_id}:{signer_id}:{generation}")
    return _write(tenant_id.bytes + signer_id.bytes + mac)


def token_hash(token: str) -> bytes:
    """What the database keeps of a signer's token."""
    return hashlib.sha256(token.encode()).digest()


def read_signer_token(token: str) -> SignerLink:
    """Take a signer's token apart. Raises `NotFound` (LINK_INVALID) where it cannot be one."""
    data = _read(token, 32 + _MAC_BYTES)
    return SignerLink(UUID(bytes=data[:16]), UUID(bytes=data[16:32]), token_hash(token))


def file_token(
    tenant_id: UUID, document_id: UUID, *, now: datetime, lasts: timedelta = FILE_LINK_LASTS
) -> str:
    """A token that reads one document until `now + lasts`."""
    ends = int((now + lasts).timestamp())
    head = tenant_id.bytes + document_id.bytes + ends.to_bytes(8, "big")
    return _write(head + _mac(f"file:{tenant_id}:{document_id}:{ends}"))


def read_file_token(token: str, *, now: datetime) -> tuple[UUID, UUID]:
    """The practice and the document that a token reads. Raises `NotFound` (LINK_INVALID), also where it has ended."""
    data = _read(token, 40 + _MAC_BYTES)
    tenant_id, document_id = UUID(bytes=data[:16]), UUID(bytes=data[16:32])
    ends = int.from_bytes(data[32:40], "big")
    genuine = hmac.compare_digest(data[40:], _mac(f"file:{tenant_id}:{document_id}:{ends}"))
    if not genuine or now.astimezone(UTC).timestamp() >= ends:
        raise no_such_link()
    return tenant_id, document_id


@dataclass(frozen=True)
class DeliveryLink:
    """What the token of somebody who was told of a delivery says; true only once its hash is found on their row."""

    tenant_id: UUID
    recipient_id: UUID
    token_hash: bytes


def delivery_token(tenant_id: UUID, recipient_id: UUID, generation: int) -> str:
    """The token of one recipient's link in one generation; it opens their page of deliveries and nothing else."""
    mac = _mac(f"delivery:{tenant_id}:{recipient_id}:{generation}")
    return _write(tenant_id.bytes + recipient_id.bytes + mac)


def read_delivery_token(token: str) -> DeliveryLink:
    """Take a recipient's token apart. Raises `NotFound` (LINK_INVALID) where it cannot be one."""
    data = _read(token, 32 + _MAC_BYTES)
    return DeliveryLink(UUID(bytes=data[:16]), UUID(bytes=data[16:32]), token_hash(token))


def delivery_url(token: str) -> str:
    """The address of the page where a client tests, accepts or rejects what was handed over."""
    return f"{_base_url()}/deliveries/{token}"


def _base_url() -> str:
    if not _base_urls:
        raise RuntimeError("use_base_url() comes first")
    return _base_urls[0]


def sign_url(token: str) -> str:
    """The address of the page where a signer reads and signs."""
    return f"{_base_url()}/sign/{token}"


def file_url(token: str) -> str:
    """The address that answers with the file."""
    return f"{_base_url()}/files/{token}"


_signing_days: list[int] = [14]


def use_signing_days(days: int) -> None:
    """Set how many days a client has to sign, where the sender names no other end."""
    _signing_days[:] = [days]


def signing_ends(now: datetime) -> datetime:
    """When a paper that is sent now can be signed no more, where the sender names no other end."""
    return now + timedelta(days=_signing_days[0])


def portal_url(path: str) -> str:
    """The address of a page or a file of the portal."""
    return f"{_base_url()}{path}"


GANTT_LINK_LASTS = timedelta(minutes=15)
"""How long a link to a Gantt picture is good for."""


def gantt_link_ends(now: datetime) -> datetime:
    """When a link that is made now ends: whole seconds, as it carries them."""
    return (now + GANTT_LINK_LASTS).replace(microsecond=0)


def gantt_token(tenant_id: UUID, subject_id: UUID, address: str, *, now: datetime) -> str:
    """A token that shows one picture for a while; `address` is its name with its parameters, as the link has them."""
    ends = int(gantt_link_ends(now).timestamp())
    head = tenant_id.bytes + subject_id.bytes + ends.to_bytes(8, "big")
    return _write(head + _mac(f"gantt:{tenant_id}:{subject_id}:{ends}:{address}"))


def read_gantt_token(token: str, address: str, *, now: datetime) -> tuple[UUID, UUID]:
    """The practice, and the subject of the picture. Raises `NotFound` (LINK_INVALID): also for another address."""
    data = _read(token, 40 + _MAC_BYTES)
    tenant_id, subject_id = UUID(bytes=data[:16]), UUID(bytes=data[16:32])
    ends = int.from_bytes(data[32:40], "big")
    signed = _mac(f"gantt:{tenant_id}:{subject_id}:{ends}:{address}")
    if not hmac.compare_digest(data[40:], signed) or now.astimezone(UTC).timestamp() >= ends:
        raise no_such_link()
    return tenant_id, subject_id


EXPORT_LINK_LASTS = timedelta(minutes=15)
"""How long a link to a report is good for."""


def export_token(tenant_id: UUID, member_id: UUID, report: str, *, now: datetime) -> str:
    """A token that reads one report for a while; `report` is its name with its parameters, as the address has them."""
    ends = int((now + EXPORT_LINK_LASTS).timestamp())
    head = tenant_id.bytes + member_id.bytes + ends.to_bytes(8, "big")
    return _write(head + _mac(f"export:{tenant_id}:{member_id}:{ends}:{report}"))


def read_export_token(token: str, report: str, *, now: datetime) -> tuple[UUID, UUID]:
    """The practice, and the member who asked for the link. Raises `NotFound` (LINK_INVALID): also for another report."""
    data = _read(token, 40 + _MAC_BYTES)
    tenant_id, member_id = UUID(bytes=data[:16]), UUID(bytes=data[16:32])
    ends = int.from_bytes(data[32:40], "big")
    signed = _mac(f"export:{tenant_id}:{member_id}:{ends}:{report}")
    if not hmac.compare_digest(data[40:], signed) or now.astimezone(UTC).timestamp() >= ends:
        raise no_such_link()
    return tenant_id, member_id


def export_url(token: str, report: str) -> str:
    """The address that answers with the report."""
    return f"{_base_url()}/exports/{token}/{report}"
