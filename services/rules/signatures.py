"""What a signature rests on: the consent that was given, and a chain of events that shows any change made to it later.

Each event of an envelope is hashed with the hash before it; the first with the fingerprint of the document. Whoever holds
the events can walk the chain again. The envelope keeps the last hash and the count beside it, so that a chain cut short is
noticed as well as one rewritten.

What this does not do: prove who somebody is. It proves what was shown, what was answered, when, and from where.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

CONSENT_VERSION: Final = "2026-11"
"""The consent that is asked for now. Wording never changes under a version; a new wording is a new version."""

CONSENT_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "2026-11": {
        "en": (
            "I have read this document. I agree to it on behalf of the party I sign for, and I accept that my name "
            "typed here counts as my signature. The exact file is recorded by its fingerprint."
        ),
        "da": (
            "Jeg har læst dokumentet. Jeg tiltræder det på vegne af den part, jeg underskriver for, og jeg accepterer, "
            "at mit navn skrevet her gælder som min underskrift. Den nøjagtige fil er registreret ved sit fingeraftryk."
        ),
    }
}
"""Every wording that anybody was ever asked to agree to, by version and language."""


def consent_text(locale: str, version: str = CONSENT_VERSION) -> str:
    """The words of a consent. Raises `KeyError` for a version or language that never was."""
    return CONSENT_TEXTS[version][locale]


@dataclass(frozen=True)
class Event:
    """One thing that happened to an envelope. `fingerprint` is the document's, lower-case hex."""

    envelope_id: str
    sequence: int
    kind: str
    occurred_at: datetime
    actor: str
    fingerprint: str
    signer_id: str = ""
    name: str = ""
    ip: str = ""
    user_agent: str = ""
    consent_version: str = ""
    consent_text: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Link:
    """An event as it is stored: with the hash before it and its own."""

    event: Event
    previous_hash: bytes
    hash: bytes


@dataclass(frozen=True)
class Verdict:
    """Whether a chain stands, and if not, at which event it breaks and how."""

    is_intact: bool
    broken_at: int | None = None
    reason: str = ""


def first_hash(fingerprint: str) -> bytes:
    """What the first event is chained to: the document itself."""
    return bytes.fromhex(fingerprint)


def event_hash(previous_hash: bytes, event: Event) -> bytes:
    """SHA-256 of the previous hash and the event, in canonical JSON: keys sorted, no spaces, UTF-8, UTC microseconds."""
    moment = event.occurred_at.astimezone(UTC).isoformat(timespec="microseconds")
    fields = {**vars(event), "occurred_at": moment, "previous_hash": previous_hash.hex()}
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).digest()


def verify_chain(
    links: Sequence[Link], *, fingerprint: str, head_hash: bytes, event_count: int
) -> Verdict:
    """Walk a chain from the document's fingerprint to the head that the envelope keeps."""
    previous = first_hash(fingerprint)
    for expected, link in enumerate(links, start=1):
        if link.event.sequence != expected:
            return Verdict(False, expected, "an event is missing")
        if link.event.fingerprint != fingerprint:
            return Verdict(False, expected, "the event is about another file")
        if link.previous_hash != previous:
            return Verdict(False, expected, "the event does not follow the one before")
        if link.hash != event_hash(previous, link.event):
            return Verdict(False, expected, "the event was changed")
        previous = link.hash
    if len(links) != event_count or previous != head_hash:
        return Verdict(False, len(links) + 1, "the end of the chain is missing")
    return Verdict(True)
