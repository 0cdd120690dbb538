"""The worker: sends what the outbox holds, once its cause has committed.

A message is claimed (attempts counted, a lease taken) in one transaction, sent outside any, and marked in another. So a
worker that dies is noticed by its lease, and one that dies every time gives up in the end. Between sending and marking a
crash can send twice; the Message-ID is the same both times, which is all that mail allows.

The outbox row is the truth about a message: pending, sent, or failed for good. A job is only the nudge to look at it.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.core.executors import (
    AbstractEntrypointExecutor,
    DatabaseRetryEntrypointExecutor,
    EntrypointExecutorParameters,
)
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job
from pgqueuer.domain.types import QueueExecutionMode

from db.ids import new_id
from db.queries import acceptances as acceptance_queries
from db.queries import envelopes as envelope_queries
from db.queries import practices as practice_queries
from db.queries.jobs import JOB_NAMES, enqueue, job_queries, read_payload
from db.tables.operations import OutboxMessage
from db.unit_of_work import Scope, UnitOfWork, unit_of_work
from services import links, mail, outbox
from services.actor import WRITERS, Actor
from services.gateways.clock import Clock
from services.gateways.email import EmailGateway, Mailbox, OutgoingEmail, PermanentEmailFailure
from services.rules.errors import Conflict, DomainError, NotFound

log = structlog.get_logger("services.jobs")

MAX_ATTEMPTS = 8
"""After so many tries a message has failed; somebody may then send it again by hand."""
LEASE = timedelta(minutes=5)
"""How long a message belongs to the worker that claimed it; longer than any gateway takes."""
FIRST_PAUSE = timedelta(seconds=30)
"""The pause after the first failure; it doubles each time, up to an hour."""
FILE_LINK_IN_MAIL_LASTS = timedelta(days=30)
"""How long the link to a paper in a mail reads it; who needs it later asks again."""


@dataclass(frozen=True)
class Mailer:
    """The way out, and the address that mails come from; the name beside it is the assistant's."""

    gateway: EmailGateway
    address: str


@dataclass(frozen=True)
class Delivery:
    """What became of a message: `again_in` says how soon to look again, None that it is settled."""

    status: str
    again_in: timedelta | None = None


class JobFailed(RuntimeError):
    """A job met what is no fault of its message; it says which kind of error, and nothing of anybody's data."""


def _scope(tenant_id: UUID) -> Scope:
    return Scope(tenant_id, "system:worker", str(new_id()))


async def deliver(tenant_id: UUID, message_id: UUID, mailer: Mailer, clock: Clock) -> Delivery:
    """Try once to send a message that is due. Settled ones are left alone, so twins do no harm."""
    now = clock.now()
    async with unit_of_work(_scope(tenant_id)) as uow:
        message = await uow.fetchrow(
            "select * from outbox_message where tenant_id = $1 and id = $2 for no key update",
            tenant_id, message_id,
        )  # fmt: skip
        if message is None or message["status"] != "pending":
            return Delivery(message["status"] if message else "missing")
        if message["due_at"] > now:
            return Delivery("pending", message["due_at"] - now)
        attempts = message["attempts"] + 1
        if attempts > MAX_ATTEMPTS:
            # Claimed again and again without a verdict: it takes its workers down with it.
            await _settle(message, {"status": "failed", "last_error": "gave up: no answer"})
            return Delivery("failed")
        await _settle(message, {"attempts": attempts, "due_at": now + LEASE})
        letter = await _letter(uow, message, mailer)
    if isinstance(letter, DomainError):
        return await _note_failure(message, attempts, letter, clock, is_final=True)
    try:
        await mailer.gateway.send(letter)
    except PermanentEmailFailure as error:
        return await _note_failure(message, attempts, error, clock, is_final=True)
    except Exception as error:  # whatever a gateway raises, the row must say so
        return await _note_failure(message, attempts, error, clock, is_final=False)
    async with unit_of_work(_scope(tenant_id)):
        await _settle(message, {"status": "sent", "sent_at": clock.now(), "last_error": ""})
    return Delivery("sent")


async def _settle(message: asyncpg.Record, values: dict[Any, Any]) -> None:
    await OutboxMessage.update(values).where(
        OutboxMessage.tenant_id == message["tenant_id"],
        OutboxMessage.id == message["id"],
        OutboxMessage.status == "pending",
    )


async def _note_failure(
    message: asyncpg.Record, attempts: int, error: Exception, clock: Clock, *, is_final: bool
) -> Delivery:
    said = f"{type(error).__name__}: {error}"[:1000]
    is_over = is_final or attempts >= MAX_ATTEMPTS
    pause = min(FIRST_PAUSE * 2 ** (attempts - 1), timedelta(hours=1))
    # Not the error's text: it may name a person, and logs are no place for that.
    log.warning(
        "mail_not_sent",
        message_id=str(message["id"]),
        attempts=attempts,
        is_over=is_over,
        error=type(error).__name__,
    )
    values = {"status": "failed"} if is_over else {"due_at": clock.now() + pause}
    async with unit_of_work(_scope(message["tenant_id"])):
        await _settle(message, {**values, "last_error": said})
    return Delivery("failed") if is_over else Delivery("pending", pause)


async def _letter(
    uow: UnitOfWork, message: asyncpg.Record, mailer: Mailer
) -> OutgoingEmail | DomainError:
    """The message in words, its link derived now. A refusal means that it can never be sent as it is."""
    practice = await practice_queries.practice(uow)
    if practice is None:
        return NotFound("No such practice.")
    data: dict[str, Any] = orjson.loads(message["data"])
    link = await _link(uow, data, message["created_at"])
    # In the assistant's name, never the owner's; a practice without one speaks as itself.
    name = practice["assistant_name"] or practice["name"]
    signature = f"{name}\n{practice['name']}" if name != practice["name"] else name
    try:
        words = mail.write(
            message["kind"],
            message["locale"],
            data,
            recipient_name=message["recipient_name"],
            timezone=practice["timezone"],
            link=link,
            sender=signature,
        )
        return OutgoingEmail(
            outbox_id=message["id"],
            sender=Mailbox(mailer.address, name),
            recipient=Mailbox(message["recipient_email"], message["recipient_name"]),
            subject=words.subject,
            text=words.text,
            html=words.html,
            written_at=message["created_at"],
            reply_to=Mailbox(practice["email"], name) if practice["email"] else None,
        )
    except DomainError as error:
        return error


async def _link(uow: UnitOfWork, data: dict[str, Any], now: datetime) -> str | None:
    if "document_id" in data:
        token = links.file_token(
            uow.tenant_id, UUID(data["document_id"]), now=now, lasts=FILE_LINK_IN_MAIL_LASTS
        )
        return links.file_url(token)
    if "delivery_recipient_id" in data:
        told = await acceptance_queries.recipient_by_id(uow, UUID(data["delivery_recipient_id"]))
        if told is None:
            return None
        return links.delivery_url(
            links.delivery_token(uow.tenant_id, told["id"], told["link_generation"])
        )
    if "signer_id" not in data:
        return None
    signer = await envelope_queries.signer_by_id(uow, UUID(data["signer_id"]))
    if signer is None:
        return None
    return links.sign_url(
        links.signer_token(uow.tenant_id, signer["id"], signer["link_generation"])
    )


async def send_again(actor: Actor, message_id: UUID, *, now: datetime) -> UUID:
    """Give a message that failed for good another round of attempts.

    Raises `Forbidden`, `NotFound`, `Conflict` (MESSAGE_NOT_FAILED).
    """
    actor.require(*WRITERS)
    async with unit_of_work(actor.scope()) as uow:
        message = await uow.fetchrow(
            "select status from outbox_message where tenant_id = $1 and id = $2 for no key update",
            actor.tenant_id, message_id,
        )  # fmt: skip
        if message is None:
            raise NotFound("No message with this id.", field="messageId")
        if message["status"] != "failed":
            raise Conflict(
                "Only a message that failed is sent again.",
                code="MESSAGE_NOT_FAILED",
                field="messageId",
            )
        await OutboxMessage.update({"status": "pending", "attempts": 0, "due_at": now}).where(
            OutboxMessage.tenant_id == actor.tenant_id, OutboxMessage.id == message_id
        )
        await enqueue(uow, outbox.ENTRYPOINT, message_id)
    return message_id


# --- the loop ------------------------------------------------------------------------------------------------------------


def _executor(parameters: EntrypointExecutorParameters) -> AbstractEntrypointExecutor:
    # For what is no fault of a message: a database that is away for a while.
    return DatabaseRetryEntrypointExecutor(
        parameters,
        max_attempts=10,
        initial_delay=timedelta(seconds=5),
        max_delay=timedelta(hours=1),
    )


def _manager(pool: asyncpg.Pool, handle: Callable[[Job], Awaitable[None]]) -> QueueManager:
    manager = QueueManager(job_queries(AsyncpgPoolDriver(pool)), channel=JOB_NAMES.channel)
    manager.entrypoint(
        outbox.ENTRYPOINT,
        concurrency_limit=8,
        on_failure="hold",
        accepts_context=False,
        executor_factory=_executor,
    )(handle)
    return manager


def _handler(mailer: Mailer, clock: Clock) -> Callable[[Job], Awaitable[None]]:
    async def handle(job: Job) -> None:
        tenant_id, message_id = read_payload(job.payload)
        try:
            delivery = await deliver(tenant_id, message_id, mailer, clock)
        except Exception as error:
            # The queue keeps the traceback outside row security, and PostgreSQL's words may hold rows: only the kind goes on.
            log.exception("job_failed", message_id=str(message_id))
            raise JobFailed(type(error).__name__) from None
        if delivery.again_in is not None:
            raise RetryRequested(delay=delivery.again_in, reason="not due")

    return handle


async def run_worker(
    runtime_dsn: str, mailer: Mailer, clock: Clock, *, stop: asyncio.Event
) -> None:
    """Send mail until `stop` is set, then finish what is under way. The engine must be open (`db.engine.DB`).

    Raises what the database raises when a connection is lost, at once: whoever runs this starts it again.
    """
    lost = asyncio.Event()

    async def listen_for_its_end(connection: asyncpg.Connection) -> None:
        connection.add_termination_listener(lambda _connection: lost.set())

    pool = await asyncpg.create_pool(
        runtime_dsn,
        min_size=2,
        max_size=4,
        init=listen_for_its_end,
        # None may end but by the server's death: pgqueuer itself would not look before its next timeout.
        max_inactive_connection_lifetime=0,
    )
    manager = _manager(pool, _handler(mailer, clock))

    async def watch() -> None:
        waits = [asyncio.create_task(event.wait()) for event in (stop, lost)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        manager.shutdown.set()

    watcher = asyncio.create_task(watch())
    try:
        await manager.run(
            dequeue_timeout=timedelta(seconds=30),
            batch_size=10,
            heartbeat_timeout=timedelta(seconds=30),
            shutdown_on_listener_failure=True,
        )
    finally:
        watcher.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watcher
        # Closing waits for connections in use, and one that died in pgqueuer's hands is never given back.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(pool.close(), timeout=0.1 if lost.is_set() else 5)
    if lost.is_set() and not stop.is_set():
        raise ConnectionError("the worker's connection to the database was lost")


async def drain(runtime_dsn: str, mailer: Mailer, clock: Clock) -> None:
    """Send all that waits, then come back: for the demo, tests and the end of a command. Waits for retries as well."""
    async with asyncpg.create_pool(runtime_dsn, min_size=2, max_size=4) as pool:
        await _manager(pool, _handler(mailer, clock)).run(
            dequeue_timeout=timedelta(seconds=1), batch_size=10, mode=QueueExecutionMode.drain
        )
