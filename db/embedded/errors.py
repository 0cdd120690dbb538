"""The one error of this package."""


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot be had; the message is one line that says why and what to do about it."""
