"""Identifiers made by the application: UUID version 7, so that keys sort by the time they were made."""

import uuid

import uuid_utils.compat as uuid_utils


def new_id() -> uuid.UUID:
    """A new time-ordered identifier (RFC 9562, version 7)."""
    return uuid_utils.uuid7()
