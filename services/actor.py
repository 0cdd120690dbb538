"""Who asks: the person behind a call, the practice they act in, and the request they act through."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from db.unit_of_work import Scope
from services.rules.errors import Forbidden

Role = Literal["owner", "staff", "assistant", "accountant", "client", "system"]


@dataclass(frozen=True)
class Actor:
    """A member of a practice, a client's contact who holds a link, or the practice's own worker (`system`).

    `member_id` is set for members, `contact_id` for a client's contact; `ip` and `user_agent` go into signing events. `timezone` is the practice's, and decides what "today" is.
    """

    tenant_id: UUID
    role: Role
    member_id: UUID | None = None
    contact_id: UUID | None = None
    name: str = ""
    timezone: str = "UTC"
    request_id: str = "-"
    ip: str = ""
    user_agent: str = ""

    @property
    def label(self) -> str:
        """How the audit trail names the actor, such as `owner:0198…`."""
        return f"{self.role}:{self.member_id or self.contact_id or '-'}"

    def scope(self) -> Scope:
        """What a unit of work needs to know of the actor."""
        return Scope(self.tenant_id, self.label, self.request_id)

    def require(self, *roles: Role) -> None:
        """Raise `Forbidden` unless the actor has one of these roles. The owner may do all that members may."""
        if self.role in roles or (self.role == "owner" and roles != ("client",)):
            return
        allowed = ", ".join(sorted({*roles, "owner"} - {"system"}))
        raise Forbidden(f"This needs the role {allowed}; yours is {self.role}.")


MEMBERS: tuple[Role, ...] = ("owner", "staff", "assistant", "accountant")
"""Every role that may read the whole practice."""

WRITERS: tuple[Role, ...] = ("owner", "staff", "assistant")
"""Roles that may change clients, scope and papers."""

MONEY: tuple[Role, ...] = ("owner", "staff")
"""Roles that may move money. The accountant reads everything and changes nothing."""
