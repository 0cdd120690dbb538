"""The mails that go out in the assistant's name: seen by the practice, and sent again where one failed."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Self
from uuid import UUID

import asyncpg
import strawberry

from db.queries import outbox as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.errors import Payload, refusals_as
from schema.relay import Connection, Keyset, Node, decode_id, encode_id, fetches
from services import jobs
from services.actor import MEMBERS

MESSAGES_NEWEST_FIRST = Keyset("outbox.made", (UUID,))


@strawberry.enum(description="What became of a mail.")
class MessageStatus(Enum):
    """The states of the outbox."""

    PENDING = strawberry.enum_value("pending", description="It is going to be tried, or again.")
    SENT = strawberry.enum_value("sent", description="It has left.")
    FAILED = strawberry.enum_value("failed", description="It will not be tried by itself again.")


@strawberry.type(description="A mail that was sent, or is going to be, in the assistant's name.")
class OutboxMessage(Node):
    """Its words and links are written when it leaves, and are stored nowhere."""

    kind: str = strawberry.field(description="Which mail, such as signature_request.")
    recipient_name: str = strawberry.field(description="To whom.")
    recipient_email: str = strawberry.field(description="To which address.")
    locale: str = strawberry.field(description="In which language: en or da.")
    status: MessageStatus = strawberry.field(description="What became of it.")
    attempts: int = strawberry.field(description="How often it was tried.")
    last_error: str = strawberry.field(
        description="What the mail server said last; empty if all is well."
    )
    due_at: datetime = strawberry.field(description="When it is tried next, or was last.")
    sent_at: datetime | None = strawberry.field(description="When it left.")
    created_at: datetime = strawberry.field(description="When its cause happened.")

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        """From its row."""
        return cls(
            id=encode_id("OutboxMessage", row["id"]),
            kind=row["kind"],
            recipient_name=row["recipient_name"],
            recipient_email=row["recipient_email"],
            locale=row["locale"],
            status=MessageStatus(row["status"]),
            attempts=row["attempts"],
            last_error=row["last_error"],
            due_at=row["due_at"],
            sent_at=row["sent_at"],
            created_at=row["created_at"],
        )


@fetches("OutboxMessage")
async def _messages(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.messages_by_ids(uow, ids)
    return {row["id"]: OutboxMessage.of(row) for row in rows}


@strawberry.type
class OutboxQuery:
    """Mixed into Query."""

    @strawberry.field(description="Mails that were sent or are going to be, newest first.")
    async def outbox_messages(
        self,
        info: Info,
        *,
        status: MessageStatus | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[OutboxMessage]:
        """In one state, where given."""
        actor = info.context.actor
        actor.require(*MEMBERS)
        page = MESSAGES_NEWEST_FIRST.page(first, after, last, before)
        wanted = str(status.value) if status else None

        async def total() -> int:
            async with read_only(actor.scope()) as uow:
                return await queries.count_messages(uow, status=wanted)

        async with read_only(actor.scope()) as uow:
            rows = await queries.messages_page(
                uow,
                status=wanted,
                after=page.after[0] if page.after else None,
                before=page.before[0] if page.before else None,
                limit=page.fetch,
                is_backward=page.backward,
            )
        return Connection.of(
            page, rows, node=OutboxMessage.of, key=lambda r: (r["id"],), total=total
        )


@strawberry.input(description="A mail that failed for good.")
class SendMessageAgainInput:
    """Which."""

    message_id: strawberry.ID = strawberry.field(description="The mail.")


@strawberry.type(description="The mail as it is now, or why not.")
class OutboxMessagePayload(Payload):
    """Answer of `sendMessageAgain`."""

    message: OutboxMessage | None = strawberry.field(default=None, description="Pending again.")


@strawberry.type
class OutboxMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(description="Give a mail that failed for good another round of attempts.")
    @refusals_as(OutboxMessagePayload)
    async def send_message_again(
        self, info: Info, input: SendMessageAgainInput
    ) -> OutboxMessagePayload:
        """After the cause was put right: an address, a server."""
        message_id = await jobs.send_again(
            info.context.actor,
            decode_id("OutboxMessage", input.message_id, "messageId"),
            now=info.context.now,
        )
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.messages_by_ids(uow, [message_id])
        return OutboxMessagePayload(message=OutboxMessage.of(rows[0]))
