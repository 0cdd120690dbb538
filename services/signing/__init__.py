"""What the holder of a link does: read, sign, decline.

A signature is an answer to exactly one fingerprint, given once. It is written under the envelope's lock, where status, end,
fingerprint and consent are checked again, and when it is the last one the outcome (a scope version, a sign-off) is made in
the same transaction: either all of it happened, or nothing.

Order of locks: first the subject's own (the outcome's `lock`), then the envelope's. The domains do the same when they send
or withdraw, so the two never wait for each other.
"""

from services.signing.acts import Signed, decline, expire, sign, void
from services.signing.outcomes import OUTCOMES, Outcome
from services.signing.pages import SignerState, SigningPage, open_link, verify_file

__all__ = [
    "OUTCOMES",
    "Outcome",
    "Signed",
    "SignerState",
    "SigningPage",
    "decline",
    "expire",
    "open_link",
    "sign",
    "verify_file",
    "void",
]
