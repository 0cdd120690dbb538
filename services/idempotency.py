"""Exactly once: a request that carries a key has one effect, however often it is sent.

The key is claimed in the same transaction as the effect, and the response is stored with it. A twin that arrives while the
first is under way waits on the key for a moment, then is told so; one that arrives later gets the stored response; one
that carries other input is refused. Keys are kept for good.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import rfc8785

from db.ids import new_id
from db.unit_of_work import UnitOfWork, unit_of_work
from services.actor import Actor
from services.rules.errors import Conflict, InProgress, InvalidInput
from services.rules.money import Money


async def keyed(
    actor: Actor,
    *,
    key: str,
    operation: str,
    request: Mapping[str, Any],
    now: datetime,
    effect: Callable[[UnitOfWork], Awaitable[UUID]],
) -> UUID:
    """`once` in a unit of work of its own, for an effect that answers the id of what it made or moved.

    `request` may hold ids, dates and money as they are. Raises what `once` raises.
    """
    async with unit_of_work(actor.scope()) as uow:

        async def answered() -> dict[str, Any]:
            return {"id": str(await effect(uow))}

        response = await once(
            uow,
            key=key,
            operation=operation,
            request={name: _plain(value) for name, value in request.items()},
            now=now,
            effect=answered,
        )
    return UUID(response["id"])


def _plain(value: Any) -> Any:
    """A value as canonical JSON can hold it: what is exact as text, never a float."""
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, UUID | Money):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return value


async def once(
    uow: UnitOfWork,
    *,
    key: str,
    operation: str,
    request: dict[str, Any],
    now: datetime,
    effect: Callable[[], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """Run `effect` unless this key has run before, and answer its (JSON-ready) response either way.

    `request` is the whole input, with amounts and dates as strings; it is hashed in its canonical form (RFC 8785). Must be
    called first in the unit of work, before any other lock. Raises `InvalidInput` for a bad key, `Conflict` where the key
    belongs to another request, `InProgress` where a twin holds it for longer than two seconds, and what `effect` raises.
    """
    if not 1 <= len(key) <= 200 or not key.isprintable():
        raise InvalidInput(
            "An idempotency key has 1 to 200 printable characters.", field="idempotencyKey"
        )
    digest = hashlib.sha256(rfc8785.dumps({"operation": operation, "input": request})).digest()
    row_id = new_id()
    try:
        await uow.execute("set local lock_timeout = '2s'")
        claimed = await uow.fetchval(
            """
            insert into idempotency_key (tenant_id, id, key, operation, input_hash, created_at)
            values ($1, $2, $3, $4, $5, $6)
            on conflict (tenant_id, key) do nothing returning id
            """,
            uow.tenant_id, row_id, key, operation, digest, now,
        )  # fmt: skip
        await uow.execute("set local lock_timeout = 0")
    except asyncpg.LockNotAvailableError:
        raise InProgress(
            "A request with this idempotency key is being worked on; try again shortly.",
            field="idempotencyKey",
        ) from None
    if claimed is None:
        return await _stored(uow, key, digest)
    response = await effect()
    await uow.execute(
        "update idempotency_key set response = $3 where tenant_id = $1 and id = $2",
        uow.tenant_id, row_id, orjson.dumps(response).decode(),
    )  # fmt: skip
    return response


async def _stored(uow: UnitOfWork, key: str, digest: bytes) -> dict[str, Any]:
    row = await uow.fetchrow(
        "select input_hash, response from idempotency_key where tenant_id = $1 and key = $2",
        uow.tenant_id, key,
    )  # fmt: skip
    if row is None:
        raise InProgress("This request is being worked on; try again shortly.")
    if row["input_hash"] != digest:
        raise Conflict(
            "This idempotency key was used for another request.",
            code="IDEMPOTENCY_KEY_REUSED",
            field="idempotencyKey",
        )
    stored: dict[str, Any] = orjson.loads(row["response"])
    return stored
