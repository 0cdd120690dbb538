"""Fingerprints: of a file as it is sent and signed, and of what it contains.

The two answer different questions. `fingerprint` is over the exact bytes and is what a signer consents
to. `content_fingerprint` is over the names and contents of the parts, so that it stays equal when a
file has only been zipped anew; it never replaces the first.
"""

import hashlib
from collections.abc import Mapping

from contracts.packaging import read_package


def fingerprint(content: bytes) -> str:
    """SHA-256 of the bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def parts_fingerprint(parts: Mapping[str, bytes]) -> str:
    """SHA-256 over the sorted parts; lengths are part of it, so no two packages run together."""
    digest = hashlib.sha256()
    for name in sorted(parts):
        encoded = name.encode()
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
        digest.update(len(parts[name]).to_bytes(8, "big") + parts[name])
    return digest.hexdigest()


def content_fingerprint(content: bytes) -> str:
    """As `parts_fingerprint`, for the bytes of a .docx."""
    return parts_fingerprint(read_package(content))
