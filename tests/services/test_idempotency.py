"""Exactly once: replays, twins, and keys used for something else."""

import asyncio
from typing import Any

import asyncpg
import pytest

from db.unit_of_work import unit_of_work
from services.idempotency import once
from services.rules.errors import Conflict, InvalidInput
from tests.factories.practices import NOW, People, a_practice

pytestmark = pytest.mark.usefixtures("database")


class Counter:
    def __init__(self) -> None:
        self.runs = 0

    async def __call__(self) -> dict[str, Any]:
        self.runs += 1
        await asyncio.sleep(0.05)
        return {"run": self.runs}


async def send(
    people: People, effect: Counter, *, key: str = "k", amount: str = "100.00"
) -> dict[str, Any]:
    async with unit_of_work(people.owner.scope()) as uow:
        return await once(
            uow, key=key, operation="pay", request={"amount": amount}, now=NOW, effect=effect
        )


async def test_a_replay_answers_the_same_and_does_nothing() -> None:
    people, effect = await a_practice(), Counter()
    assert await send(people, effect) == {"run": 1}
    assert await send(people, effect) == {"run": 1}
    assert effect.runs == 1


async def test_twenty_twins_at_once_make_one_effect() -> None:
    people, effect = await a_practice(), Counter()
    answers = await asyncio.gather(*(send(people, effect) for _ in range(20)))
    assert answers == [{"run": 1}] * 20
    assert effect.runs == 1


async def test_the_same_key_for_another_input_is_refused() -> None:
    people, effect = await a_practice(), Counter()
    await send(people, effect)
    with pytest.raises(Conflict) as refused:
        await send(people, effect, amount="100.01")
    assert refused.value.code == "IDEMPOTENCY_KEY_REUSED"
    assert effect.runs == 1


async def test_a_failed_effect_frees_its_key() -> None:
    people, effect = await a_practice(), Counter()

    async def fails() -> dict[str, Any]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        async with unit_of_work(people.owner.scope()) as uow:
            await once(
                uow, key="k", operation="pay", request={"amount": "100.00"}, now=NOW, effect=fails
            )
    assert await send(people, effect) == {"run": 1}


async def test_keys_of_two_practices_are_two_keys() -> None:
    here, there = await a_practice(), await a_practice("There")
    assert await send(here, Counter()) == {"run": 1}
    assert await send(there, Counter(), amount="7.00") == {"run": 1}


@pytest.mark.parametrize("key", ["", "x" * 201, "a\nb", "a\x00b"])
async def test_a_key_that_is_none_is_refused(key: str) -> None:
    people, effect = await a_practice(), Counter()
    with pytest.raises(InvalidInput) as refused:
        await send(people, effect, key=key)
    assert refused.value.field == "idempotencyKey"
    assert effect.runs == 0


async def test_a_stored_response_cannot_be_rewritten(owner_connection: asyncpg.Connection) -> None:
    people = await a_practice()
    await send(people, Counter())
    for statement in (
        "update idempotency_key set response = '{}' where tenant_id = $1",
        "delete from idempotency_key where tenant_id = $1",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(statement, people.practice_id)
