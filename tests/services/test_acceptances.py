"""Acceptances: once, by somebody, of something that is in the signed scope."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from db.queries import acceptances as queries
from db.unit_of_work import read_only
from services import acceptances
from services.actor import Actor
from services.rules.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound
from tests.factories.clients import a_client
from tests.factories.engagements import (
    LATER,
    TODAY,
    a_scoped_engagement,
    a_sent_order,
    a_signed_engagement,
)
from tests.factories.practices import a_practice

pytestmark = pytest.mark.usefixtures("database")


async def accept(case, item_key: str = "design", *, actor=None, **changes):
    values = {"accepted_on": TODAY, "note": "By telephone", "now": LATER, "today": TODAY}
    return await acceptances.accept_item(
        actor or case.actor, case.engagement_id, item_key, **{**values, **changes}
    )


async def accepted(case) -> list:
    async with read_only(case.actor.scope()) as uow:
        return await queries.acceptances_of(uow, [case.engagement_id])


async def test_an_item_is_accepted_on_the_clients_word_and_stays_so(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_signed_engagement()
    acceptance_id = await accept(case, contact_id=case.client.signer_id)
    (row,) = await accepted(case)
    assert (row["id"], row["item_key"], row["note"]) == (acceptance_id, "design", "By telephone")
    assert (row["contact_id"], row["member_id"]) == (case.client.signer_id, case.actor.member_id)
    for statement in ("update acceptance set note = ''", "delete from acceptance"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(statement)


async def test_a_contact_accepts_for_their_own_client_alone() -> None:
    case = await a_signed_engagement()
    contact = Actor(case.people.practice_id, "client", contact_id=case.client.signer_id)
    await accept(case, actor=contact, note="")
    other = await a_client(case.actor, "Another")
    stranger = Actor(case.people.practice_id, "client", contact_id=other.signer_id)
    with pytest.raises(Forbidden):
        await accept(case, "build", actor=stranger)
    assert [(row["item_key"], row["contact_id"]) for row in await accepted(case)] == [
        ("design", case.client.signer_id)
    ]


async def test_twenty_acceptances_at_once_are_one() -> None:
    case = await a_signed_engagement()

    async def once() -> str:
        try:
            await accept(case)
        except Conflict as error:
            return error.code
        return "done"

    ends = Counter(await asyncio.gather(*(once() for _ in range(20))))
    assert ends == {"done": 1, "ALREADY_ACCEPTED": 19}
    assert len(await accepted(case)) == 1


async def test_what_is_not_in_the_signed_scope_cannot_be_accepted() -> None:
    case = await a_signed_engagement()
    await a_sent_order(case)
    for key, code in (("shop", "ITEM_NOT_FOUND"), ("site", "ITEM_IS_SUMMARY")):
        with pytest.raises(DomainError) as refused:
            await accept(case, key)
        assert refused.value.code == code
    unsigned = await a_scoped_engagement()
    with pytest.raises(DomainError) as refused:
        await accept(unsigned)
    assert refused.value.code == "NO_SCOPE_VERSION"
    assert await accepted(case) == []


async def test_an_acceptance_needs_somebodys_word_and_no_future_date() -> None:
    case = await a_signed_engagement()
    for changes, error in (
        ({"note": ""}, InvalidInput),
        ({"accepted_on": TODAY + timedelta(days=1)}, InvalidInput),
        ({"contact_id": uuid4()}, NotFound),
        ({"actor": case.people.accountant}, Forbidden),
        ({"actor": (await a_practice()).owner}, NotFound),
    ):
        with pytest.raises(error):
            await accept(case, **changes)
    assert await accepted(case) == []
