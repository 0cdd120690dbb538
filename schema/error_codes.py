"""Every code that a refusal may carry, as one enum of the schema.

A code is a promise to clients: they branch on it. So the list is written out and reviewed like the rest of the schema, and a
test compares it with the codes that `services/` and `schema/` really raise, in both directions. To add a code: raise it in a
rule or service, run the test, and put the line that it prints here.
"""

from enum import Enum

import strawberry


@strawberry.enum(
    description="Why something was refused. Codes are stable; messages are for people and may change."
)
class ErrorCode(Enum):
    """The codes, in alphabetical order; the value is the name."""

    ALLOCATION_INVALID = "ALLOCATION_INVALID"
    AMOUNT_INVALID = "AMOUNT_INVALID"
    AMOUNT_TOO_LARGE = "AMOUNT_TOO_LARGE"
    AMOUNT_TOO_PRECISE = "AMOUNT_TOO_PRECISE"
    CONFLICT = "CONFLICT"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    CURRENCY_UNKNOWN = "CURRENCY_UNKNOWN"
    CURSOR_INVALID = "CURSOR_INVALID"
    DIVISION_BY_ZERO = "DIVISION_BY_ZERO"
    FORBIDDEN = "FORBIDDEN"
    ID_INVALID = "ID_INVALID"
    INVALID = "INVALID"
    IN_PROGRESS = "IN_PROGRESS"
    NOT_FOUND = "NOT_FOUND"
    PAGE_INVALID = "PAGE_INVALID"
    REFUSED = "REFUSED"
    RULE = "RULE"
    STALE = "STALE"
