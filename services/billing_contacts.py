"""Who at a client is written to about money."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from db.queries import clients as queries
from db.unit_of_work import UnitOfWork
from services.outbox import queue_email


@dataclass(frozen=True)
class Recipient:
    """Somebody a mail goes to, in their own language."""

    name: str
    email: str
    locale: str


async def billing_contacts(uow: UnitOfWork, client_id: UUID) -> tuple[Recipient, ...]:
    """The client's active contacts with the role billing; without one those who sign; without one the client itself.

    Nobody, where the client has no address at all.
    """
    contacts = [row for row in await queries.contacts_of(uow, [client_id]) if row["is_active"]]
    for role in ("billing", "signer"):
        chosen = [row for row in contacts if role in row["roles"]]
        if chosen:
            return tuple(Recipient(row["name"], row["email"], row["locale"]) for row in chosen)
    client = await queries.client_by_id(uow, client_id)
    if client is None or not client["email"]:
        return ()
    return (Recipient(client["name"], client["email"], client["locale"]),)


async def tell_billing(
    uow: UnitOfWork,
    client_id: UUID,
    *,
    kind: str,
    write: Callable[[str], dict[str, Any]],
    now: datetime,
) -> None:
    """Queue a mail of this kind to each of them; `write(locale)` answers its data in that language."""
    for person in await billing_contacts(uow, client_id):
        await queue_email(
            uow,
            kind=kind,
            recipient_name=person.name,
            recipient_email=person.email,
            locale=person.locale,
            data=write(person.locale),
            now=now,
        )
