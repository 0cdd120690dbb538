"""The sweep: what has run out is written down once, in its own practice, without anybody opening a link."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from structlog.testing import capture_logs

from db.queries import change_orders as order_queries
from db.queries import engagements as engagement_queries
from db.queries import envelopes as queries
from db.queries.sweep import practices_with_overdue_papers
from db.unit_of_work import UnitOfWork, read_only
from services import change_orders, envelopes, policies, signing
from services.actor import Actor
from services.practices import system_actor
from services.rules.errors import Conflict, Forbidden
from services.sweep import sweep
from tests.factories.clients import a_client, published_policies
from tests.factories.engagements import (
    Case,
    a_sent_contract,
    a_sent_order,
    a_signed_engagement,
    engagement_row,
    sign_subject,
)
from tests.factories.practices import NOW, People, a_practice

pytestmark = pytest.mark.usefixtures("database")

SECOND = timedelta(seconds=1)


async def envelope_about(actor: Actor, subject_kind: str, subject_id: UUID | None) -> Any:
    """The newest envelope about a thing."""
    assert subject_id is not None
    async with read_only(actor.scope()) as uow:
        found = await queries.envelopes_of_subjects(uow, subject_kind, [subject_id])
    return found[-1]


async def events(actor: Actor, envelope_id: UUID) -> list[tuple[str, str]]:
    """The kinds of an envelope's events, and who made them."""
    async with read_only(actor.scope()) as uow:
        return [(e["kind"], e["actor"]) for e in await queries.events_of(uow, [envelope_id])]


async def order_row(case: Case, order_id: UUID) -> Any:
    async with read_only(case.actor.scope()) as uow:
        return await order_queries.change_order_by_id(uow, order_id)


async def contract_status(case: Case) -> str:
    async with read_only(case.actor.scope()) as uow:
        (row,) = await engagement_queries.contracts_of(uow, [case.engagement_id])
    status: str = row["status"]
    return status


async def trail_length(connection: asyncpg.Connection) -> int:
    """How many changes all practices together have seen."""
    count: int = await connection.fetchval("select count(*) from audit_event")
    return count


async def policies_sent(people: People) -> tuple[UUID, datetime]:
    """Policies out for signature: an envelope, and its end."""
    client = await a_client(people.owner)
    await published_policies(people.owner)
    envelope_id = await policies.send_for_sign_off(
        people.owner, client_id=client.client_id, now=NOW
    )
    async with read_only(people.owner.scope()) as uow:
        envelope: Any = await queries.envelope_by_id(uow, envelope_id)
    return envelope_id, envelope["expires_at"]


async def test_an_overdue_contract_expires_and_its_engagement_is_a_draft_again() -> None:
    case = await a_sent_contract()
    envelope = await envelope_about(case.actor, "services_contract", case.contract_id)
    before = await engagement_row(case)
    await sweep(envelope["expires_at"] - SECOND)
    assert (await envelope_about(case.actor, "services_contract", case.contract_id))[
        "status"
    ] == "sent"
    assert (await engagement_row(case))["version"] == before["version"]
    end = envelope["expires_at"]
    await sweep(end)
    swept = await envelope_about(case.actor, "services_contract", case.contract_id)
    assert (swept["status"], swept["closed_at"]) == ("expired", end)
    assert await events(case.actor, envelope["id"]) == [
        ("sent", case.actor.label),
        ("signed", case.actor.label),
        ("expired", "system:-"),
    ]
    assert (await envelopes.verify(case.actor, envelope["id"])).is_intact
    assert await contract_status(case) == "expired"
    assert (before["status"], (await engagement_row(case))["status"]) == ("contract_sent", "draft")
    with pytest.raises(Conflict) as late:
        await sign_subject(case.actor, "services_contract", case.contract_id, now=end)
    assert late.value.code == "ENVELOPE_EXPIRED"


async def test_an_overdue_offer_expires_with_its_envelope_and_the_engagement_goes_on() -> None:
    case = await a_signed_engagement()
    order_id, later = await a_sent_order(case), await a_sent_order(case)
    end = (await order_row(case, order_id))["expires_at"]
    await sweep(end - SECOND)
    assert (await order_row(case, order_id))["status"] == "sent"
    await sweep(end)
    for each in (order_id, later):
        row = await order_row(case, each)
        assert (row["status"], row["decline_reason"], row["decided_at"]) == (
            "expired",
            "expired",
            end,
        )
        envelope = await envelope_about(case.actor, "change_order", each)
        assert envelope["status"] == "expired"
        kinds = [kind for kind, _ in await events(case.actor, envelope["id"])]
        assert kinds == ["sent", "signed", "expired"]
    engagement = await engagement_row(case)
    assert engagement["status"] == "active"
    assert await contract_status(case) == "signed"


async def test_an_offer_that_ends_before_its_envelope_is_closed_with_it(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_signed_engagement()
    order_id = await a_sent_order(case)
    end = (await order_row(case, order_id))["expires_at"]
    await owner_connection.execute(
        "update envelope set expires_at = $2 where subject_id = $1", order_id, end + 9 * SECOND
    )
    await sweep(end)
    assert (await order_row(case, order_id))["status"] == "expired"
    envelope = await envelope_about(case.actor, "change_order", order_id)
    kinds = [kind for kind, _ in await events(case.actor, envelope["id"])]
    assert (envelope["status"], kinds) == ("expired", ["sent", "signed", "expired"])


async def test_what_is_due_in_one_practice_leaves_the_other_untouched(
    owner_connection: asyncpg.Connection,
) -> None:
    due, other = await a_practice(), await a_practice("Sydlys")
    envelope_id, end = await policies_sent(due)
    others_id, _ = await policies_sent(other)
    await owner_connection.execute(
        "update envelope set expires_at = $2 where id = $1", others_id, end + 9 * SECOND
    )
    found = await practices_with_overdue_papers(end)
    assert due.practice_id in found
    assert other.practice_id not in found
    trail = "select count(*) from audit_event where tenant_id = $1"
    before = await owner_connection.fetchval(trail, other.practice_id)
    await sweep(end)
    assert await owner_connection.fetchval(trail, other.practice_id) == before
    assert [kind for kind, _ in await events(due.owner, envelope_id)][-1] == "expired"
    assert [kind for kind, _ in await events(other.owner, others_id)] == ["sent", "signed"]
    # Nobody ends another practice's envelope, due or not.
    assert not await signing.expire(system_actor(due.practice_id), others_id, now=end + 9 * SECOND)


async def test_where_nothing_is_due_nothing_happens(owner_connection: asyncpg.Connection) -> None:
    people = await a_practice()
    _, end = await policies_sent(people)
    await sweep(end)
    before = await trail_length(owner_connection)
    assert await practices_with_overdue_papers(end) == []
    again = await sweep(end)
    assert (again.ended, again.failed) == (0, 0)
    assert await trail_length(owner_connection) == before


async def test_sweeps_at_once_have_one_effect() -> None:
    people = await a_practice()
    contracts = [await a_sent_contract(people) for _ in range(2)]
    active = await a_signed_engagement(people)
    orders = [await a_sent_order(active) for _ in range(2)]
    ends = [
        (await envelope_about(people.owner, "services_contract", case.contract_id))["expires_at"]
        for case in contracts
    ] + [(await order_row(active, each))["expires_at"] for each in orders]
    versions = [(await engagement_row(case))["version"] for case in contracts]
    # Once all else in this database is done with, what the two end together is ours.
    now = max(ends)
    await sweep(min(ends) - SECOND)
    swept = await asyncio.gather(*(sweep(now) for _ in range(4)))
    assert sum(each.failed for each in swept) == 0
    for case in contracts:
        envelope = await envelope_about(people.owner, "services_contract", case.contract_id)
        kinds = [kind for kind, _ in await events(people.owner, envelope["id"])]
        assert kinds == ["sent", "signed", "expired"]
    assert [(await engagement_row(case))["version"] - 1 for case in contracts] == versions
    for each in orders:
        envelope = await envelope_about(people.owner, "change_order", each)
        kinds = [kind for kind, _ in await events(people.owner, envelope["id"])]
        assert kinds == ["sent", "signed", "expired"]
        # Drafted, sent, expired: three versions.
        assert (await order_row(active, each))["version"] == 3


async def test_a_signature_and_a_sweep_at_once_end_in_one_of_the_two() -> None:
    people = await a_practice()
    for _ in range(4):
        case = await a_sent_contract(people)
        assert case.contract_id is not None
        envelope = await envelope_about(people.owner, "services_contract", case.contract_id)
        end = envelope["expires_at"]
        signed, swept = await asyncio.gather(
            sign_subject(case.actor, "services_contract", case.contract_id, now=end - SECOND),
            sweep(end),
            return_exceptions=True,
        )
        assert not isinstance(swept, BaseException)
        kinds = [kind for kind, _ in await events(people.owner, envelope["id"])]
        if isinstance(signed, BaseException):
            assert isinstance(signed, Conflict)
            assert kinds == ["sent", "signed", "expired"]
            assert (await engagement_row(case))["status"] == "draft"
        else:
            assert kinds == ["sent", "signed", "signed", "completed"]
            assert (await engagement_row(case))["status"] == "active"


async def test_one_envelope_that_cannot_end_keeps_back_no_other(
    owner_connection: asyncpg.Connection,
) -> None:
    people, others = await a_practice(), await a_practice("Sydlys")
    case = await a_sent_contract(people)
    stuck, end = await policies_sent(people)
    elsewhere, _ = await policies_sent(others)
    rename = "update envelope set subject_kind = $2 where id = $1"
    await owner_connection.execute(rename, stuck, "nobodys")
    try:
        with capture_logs() as logs:
            swept = await sweep(end)
        assert swept.failed == 1
        assert [log for log in logs if log.get("envelope_id") == str(stuck)] == [
            {
                "event": "envelope_not_expired",
                "log_level": "warning",
                "envelope_id": str(stuck),
                "error": "KeyError",
            }
        ]
        assert await events(people.owner, stuck) == [
            ("sent", people.owner.label),
            ("signed", people.owner.label),
        ]
        assert (await engagement_row(case))["status"] == "draft"
        assert (await events(others.owner, elsewhere))[-1][0] == "expired"
    finally:
        await owner_connection.execute(rename, stuck, "policies")
    # The next sweep tries again.
    await sweep(end)
    assert (await events(people.owner, stuck))[-1][0] == "expired"


async def test_a_practice_that_fails_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    practices = [await a_practice(), await a_practice("Sydlys"), await a_practice("Vestlys")]
    # Swept in the order of their ids, so that one comes after it.
    broken = sorted(practices, key=lambda people: people.practice_id)[0]
    sent = [await policies_sent(people) for people in practices]
    real = change_orders.expire_due

    async def failing(uow: UnitOfWork, now: datetime) -> int:
        if uow.tenant_id == broken.practice_id:
            raise OSError("the server went away, and said who it was")
        return await real(uow, now)

    monkeypatch.setattr(change_orders, "expire_due", failing)
    with capture_logs() as logs:
        swept = await sweep(sent[0][1])
    assert swept.failed == 1
    assert [log for log in logs if log["event"] == "practice_not_swept"] == [
        {
            "event": "practice_not_swept",
            "log_level": "warning",
            "practice_id": str(broken.practice_id),
            "error": "OSError",
        }
    ]
    for people, (envelope_id, _) in zip(practices, sent, strict=True):
        assert (await events(people.owner, envelope_id))[-1][0] == "expired"


async def test_only_the_machinery_expires_an_envelope() -> None:
    people = await a_practice()
    envelope_id, end = await policies_sent(people)
    with pytest.raises(Forbidden):
        await signing.expire(people.assistant, envelope_id, now=end)
    assert not await signing.expire(system_actor(people.practice_id), envelope_id, now=end - SECOND)
    assert (await events(people.owner, envelope_id))[-1][0] == "signed"


async def test_the_runtime_role_learns_ids_of_practices_and_others_learn_nothing(
    owner_connection: asyncpg.Connection,
) -> None:
    name = "practices_with_overdue_papers(timestamptz)"
    may = "select has_function_privilege($1, $2, 'execute')"
    assert await owner_connection.fetchval(may, "scopewright_app", name)
    assert not await owner_connection.fetchval(may, "pg_monitor", name)
    row = await owner_connection.fetchrow(
        "select proretset, prorettype::regtype::text as answers, prosecdef from pg_proc where oid = $1::regprocedure",
        name,
    )
    assert row is not None
    assert tuple(row) == (True, "uuid", True)
