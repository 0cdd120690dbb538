"""The one tree of errors that rules and services raise.

A `DomainError` is an answer, not an accident: the caller asked for something the rules of the field do not allow, and is
told which rule, and on which field. It carries a stable code and never an HTTP status; the faces (GraphQL, portal, command
line) decide how to show it. Anything else that is raised is a bug, is masked, and is logged with an id.

    DomainError
    ├── InvalidInput      a value is malformed or out of range; nothing was looked up
    ├── NotFound          no such thing in this practice (another practice's thing answers the same)
    ├── Forbidden         the actor's role may not do this
    ├── RuleViolation     well-formed and permitted, yet against a rule of the field
    ├── Conflict          the state moved since the caller looked: stale version, stale preview, already decided
    │   └── Stale         … and the current version is in `details["current_version"]`
    └── InProgress        the same idempotency key is being worked on right now; try again
"""

from typing import Any


class DomainError(Exception):
    """A refusal with a stable `code`, a sentence for people, and the input field it is about (dotted path) if any."""

    default_code = "REFUSED"

    def __init__(
        self, message: str, *, code: str | None = None, field: str | None = None, **details: Any
    ) -> None:
        super().__init__(message)
        self.code = code or self.default_code
        self.message = message
        self.field = field
        self.details: dict[str, Any] = details


class InvalidInput(DomainError):
    """A value that cannot be accepted whatever the state of the practice is."""

    default_code = "INVALID"


class NotFound(DomainError):
    """Nothing by that id in this practice. Never tells whether it exists in another."""

    default_code = "NOT_FOUND"


class Forbidden(DomainError):
    """The actor's role does not allow the operation."""

    default_code = "FORBIDDEN"


class RuleViolation(DomainError):
    """Permitted and well-formed, but a rule of the field says no; the code names the rule."""

    default_code = "RULE"


class Conflict(DomainError):
    """The state is not what the caller believes it to be."""

    default_code = "CONFLICT"


class Stale(Conflict):
    """An expected version or fingerprint is no longer the current one."""

    default_code = "STALE"


class InProgress(DomainError):
    """A twin request with the same idempotency key has not ended yet."""

    default_code = "IN_PROGRESS"
