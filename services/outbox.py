"""What leaves after commit, written down before it: a row and a job in the same transaction as the cause.

Rolled back, neither ever was; committed, the worker (`services.jobs`) sends it. `data` is what the template needs; a link is
named by its signer's id and derived when the mail is written, so that no secret lies in the database.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from db.ids import new_id
from db.queries.jobs import enqueue
from db.tables.operations import OutboxMessage
from db.unit_of_work import UnitOfWork
from services.mail import has_template

ENTRYPOINT = "outbox"
"""The name of the job that sends one message."""


async def queue_email(
    uow: UnitOfWork,
    *,
    kind: str,
    recipient_name: str,
    recipient_email: str,
    locale: str,
    data: dict[str, Any],
    now: datetime,
) -> UUID:
    """Have a mail sent once this transaction has committed; answers the outbox row's id.

    `kind` names a template of `services/mail/<locale>/`. `data` is JSON-ready; with `signer_id` (a string) in it the template
    gets `link`, the signer's own way to the envelope. It goes out in the assistant's name. Raises `ValueError` for a kind or
    language without a template: a bug in the caller.
    """
    if not has_template(kind, locale):
        raise ValueError(f"no mail of kind {kind!r} in {locale!r}")
    message_id = new_id()
    await OutboxMessage.insert(
        OutboxMessage(
            tenant_id=uow.tenant_id,
            id=message_id,
            kind=kind,
            recipient_name=recipient_name,
            recipient_email=recipient_email,
            locale=locale,
            data=orjson.dumps(data).decode(),
            status="pending",
            due_at=now,
            created_at=now,
        )
    )
    await enqueue(uow, ENTRYPOINT, message_id)
    return message_id
