"""Tokens: shown once, kept as a hash, ended at once, never looked up across practices."""

import base64
from datetime import timedelta

import asyncpg
import pytest

from services.access import (
    Unauthenticated,
    authenticate,
    authenticate_claims,
    issue_token,
    revoke_token,
)
from services.practices import add_member, deactivate_member
from services.rules.errors import Conflict, DomainError, Forbidden, NotFound
from tests.factories.practices import NOW, People, a_practice

pytestmark = pytest.mark.usefixtures("database")


async def token_for(people: People) -> str:
    assert people.staff.member_id is not None
    issued = await issue_token(
        people.owner,
        member_id=people.staff.member_id,
        name="laptop",
        expires_at=NOW + timedelta(days=1),
        now=NOW,
    )
    return issued.token


async def test_a_token_acts_as_its_member() -> None:
    people = await a_practice()
    actor = await authenticate(await token_for(people), now=NOW)
    assert (actor.tenant_id, actor.role, actor.member_id) == (
        people.practice_id,
        "staff",
        people.staff.member_id,
    )
    assert actor.timezone == "Europe/Copenhagen"


async def test_only_a_hash_of_the_secret_is_stored(owner_connection: asyncpg.Connection) -> None:
    people = await a_practice()
    token = await token_for(people)
    secret = base64.urlsafe_b64decode(token.removeprefix("sw_") + "==")[32:]
    rows = await owner_connection.fetch(
        "select t::text as text from api_token t union all select after::text from audit_event"
    )
    assert rows
    for row in rows:
        assert secret.hex() not in (row["text"] or "")
        assert token not in (row["text"] or "")


@pytest.mark.parametrize(
    "token",
    ["", "sw_", "sw_!!!!", "Bearer", "sw_" + "A" * 86, "sw_" + "A" * 200, "sw_ÆØÅ", "\x00"],
)
async def test_a_token_that_is_none_is_refused_in_the_same_words(token: str) -> None:
    with pytest.raises(Unauthenticated, match=r"This token is not valid\."):
        await authenticate(token, now=NOW)


async def test_a_changed_expired_revoked_or_left_members_token_is_refused() -> None:
    people = await a_practice()
    token = await token_for(people)
    body = bytearray(base64.urlsafe_b64decode(token.removeprefix("sw_") + "=="))
    body[-1] ^= 1
    with pytest.raises(Unauthenticated):
        await authenticate(
            "sw_" + base64.urlsafe_b64encode(bytes(body)).decode().rstrip("="), now=NOW
        )
    with pytest.raises(Unauthenticated):
        await authenticate(token, now=NOW + timedelta(days=1))
    assert people.staff.member_id is not None
    await deactivate_member(
        people.owner, member_id=people.staff.member_id, expected_version=1, now=NOW
    )
    with pytest.raises(Unauthenticated):
        await authenticate(token, now=NOW)


async def test_a_revoked_token_ends_at_once_and_twice_is_no_error() -> None:
    people = await a_practice()
    assert people.owner.member_id is not None
    issued = await issue_token(
        people.owner, member_id=people.owner.member_id, name="x", expires_at=None, now=NOW
    )
    for _ in range(2):
        await revoke_token(people.owner, token_id=issued.id, now=NOW)
    with pytest.raises(Unauthenticated):
        await authenticate(issued.token, now=NOW)


async def test_a_token_moved_to_another_practice_is_refused() -> None:
    here, there = await a_practice(), await a_practice("Sydhavn")
    body = base64.urlsafe_b64decode((await token_for(here)).removeprefix("sw_") + "==")
    forged = there.practice_id.bytes + body[16:]
    with pytest.raises(Unauthenticated):
        await authenticate("sw_" + base64.urlsafe_b64encode(forged).decode().rstrip("="), now=NOW)


async def test_only_the_owner_hands_out_tokens_and_only_for_own_members(
    owner_connection: asyncpg.Connection,
) -> None:
    here, there = await a_practice(), await a_practice("Sydhavn")
    assert here.staff.member_id is not None
    assert there.staff.member_id is not None
    for actor in (here.staff, here.assistant, here.accountant):
        with pytest.raises(Forbidden):
            await issue_token(
                actor, member_id=here.staff.member_id, name="x", expires_at=None, now=NOW
            )
    with pytest.raises(NotFound):
        await issue_token(
            here.owner, member_id=there.staff.member_id, name="x", expires_at=None, now=NOW
        )
    count = await owner_connection.fetchval(
        "select count(*) from api_token where tenant_id = any($1)",
        [here.practice_id, there.practice_id],
    )
    assert count == 0


async def test_claims_name_a_member_by_issuer_and_subject() -> None:
    people = await a_practice()
    member_id = await add_member(
        people.owner, name="Ida", email="ida@nordlys.example", role="staff",
        oidc_issuer="https://login.example", oidc_subject="u-1", now=NOW,
    )  # fmt: skip
    claims = {"iss": "https://login.example", "sub": "u-1", "practice": str(people.practice_id)}
    actor = await authenticate_claims(claims, practice_claim="practice")
    assert actor.member_id == member_id
    for wrong in ({"sub": "u-2"}, {"iss": "https://evil.example"}, {"practice": "nonsense"}):
        with pytest.raises(Unauthenticated):
            await authenticate_claims({**claims, **wrong}, practice_claim="practice")


async def test_a_practice_keeps_an_owner_and_one_member_for_each_address() -> None:
    people = await a_practice()
    assert people.owner.member_id is not None
    with pytest.raises(Conflict) as last:
        await deactivate_member(
            people.owner, member_id=people.owner.member_id, expected_version=1, now=NOW
        )
    assert last.value.code == "LAST_OWNER"
    with pytest.raises(DomainError) as twice:
        await add_member(
            people.owner, name="B", email="staff@nordlys.example", role="staff", now=NOW
        )
    assert twice.value.code == "MEMBER_EXISTS"
