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
    CALENDAR_EMPTY = "CALENDAR_EMPTY"
    CALENDAR_INVALID = "CALENDAR_INVALID"
    CLIENT_ARCHIVED = "CLIENT_ARCHIVED"
    CONFLICT = "CONFLICT"
    COUNTRY = "COUNTRY"
    COUNTRY_UNKNOWN = "COUNTRY_UNKNOWN"
    CURRENCY = "CURRENCY"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    CURRENCY_UNKNOWN = "CURRENCY_UNKNOWN"
    CURSOR_INVALID = "CURSOR_INVALID"
    DATE = "DATE"
    DATE_OUT_OF_RANGE = "DATE_OUT_OF_RANGE"
    DIVISION_BY_ZERO = "DIVISION_BY_ZERO"
    DURATION_INVALID = "DURATION_INVALID"
    EMAIL = "EMAIL"
    FORBIDDEN = "FORBIDDEN"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    IDENTITY = "IDENTITY"
    ID_INVALID = "ID_INVALID"
    INVALID = "INVALID"
    IN_PROGRESS = "IN_PROGRESS"
    KIND = "KIND"
    LAST_OWNER = "LAST_OWNER"
    LINK_INVALID = "LINK_INVALID"
    LOCALE = "LOCALE"
    MEMBER_EXISTS = "MEMBER_EXISTS"
    NOT_FOUND = "NOT_FOUND"
    PAGE_INVALID = "PAGE_INVALID"
    QUANTITY_INVALID = "QUANTITY_INVALID"
    REFUSED = "REFUSED"
    REGION_UNKNOWN = "REGION_UNKNOWN"
    REQUIRED = "REQUIRED"
    ROLE = "ROLE"
    RULE = "RULE"
    SCHEDULE_CYCLE = "SCHEDULE_CYCLE"
    SCOPE_INVALID = "SCOPE_INVALID"
    STALE = "STALE"
    STALE_VERSION = "STALE_VERSION"
    TAX_INVALID = "TAX_INVALID"
    TERMS = "TERMS"
    TEXT_INVALID = "TEXT_INVALID"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    TIMEZONE = "TIMEZONE"
    UNAUTHENTICATED = "UNAUTHENTICATED"
