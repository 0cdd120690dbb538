"""Signing: one fingerprint, one answer, one effect, and a chain that shows every later change."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from db.queries import documents as document_queries
from db.queries import envelopes as queries
from db.queries import policies as policy_queries
from db.unit_of_work import read_only, unit_of_work
from services import clients, documents, envelopes, links, policies, signing
from services.rules.errors import (
    Conflict,
    DomainError,
    Forbidden,
    InvalidInput,
    NotFound,
    RuleViolation,
    Stale,
)
from services.rules.signatures import CONSENT_VERSION, consent_text
from tests.factories.clients import ClientPeople, a_client, link_of, published_policies
from tests.factories.practices import NOW, People, a_practice

pytestmark = pytest.mark.usefixtures("database")

LATER = NOW + timedelta(hours=2)


@dataclass(frozen=True)
class Sent:
    """An envelope on its way to one signer."""

    people: People
    client: ClientPeople
    envelope_id: UUID
    signer_id: UUID
    token: str
    fingerprint: str


async def sent(people: People | None = None) -> Sent:
    """Policies out for signature."""
    people = people or await a_practice()
    client = await a_client(people.owner)
    await published_policies(people.owner)
    envelope_id = await policies.send_for_sign_off(
        people.owner, client_id=client.client_id, now=NOW
    )
    async with read_only(people.owner.scope()) as uow:
        signer = (await queries.signers_of(uow, [envelope_id]))[1]
        envelope = await queries.envelope_by_id(uow, envelope_id)
    assert envelope is not None
    token = link_of(people.owner, signer["id"])
    return Sent(people, client, envelope_id, signer["id"], token, envelope["fingerprint"])


async def sign(case: Sent, **change: Any) -> signing.Signed:
    """Sign as the page would."""
    values: dict[str, Any] = {
        "fingerprint": case.fingerprint,
        "name": "Søren",
        "consent_version": CONSENT_VERSION,
        "ip": "192.0.2.7",
        "user_agent": "Firefox\n140",
        "now": LATER,
    }
    return await signing.sign(**{"token": case.token, **values, **change})


async def state(case: Sent) -> tuple[str, list[str]]:
    """The envelope's status and the kinds of its events."""
    async with read_only(case.people.owner.scope()) as uow:
        envelope = await queries.envelope_by_id(uow, case.envelope_id)
        events = await queries.events_of(uow, [case.envelope_id])
    assert envelope is not None
    return envelope["status"], [event["kind"] for event in events]


async def test_the_sending_member_signs_by_sending() -> None:
    case = await sent()
    async with read_only(case.people.owner.scope()) as uow:
        signers = await queries.signers_of(uow, [case.envelope_id])
        events = await queries.events_of(uow, [case.envelope_id])
    assert [(s["party"], s["name"], s["status"]) for s in signers] == [
        ("practice", "Freja Lund", "signed"),
        ("client", "Søren <Å> O'Hara & Søn", "pending"),
    ]
    assert [(e["kind"], e["name"], e["consent_version"]) for e in events] == [
        ("sent", "", ""),
        ("signed", "Freja Lund", CONSENT_VERSION),
    ]
    assert events[0]["previous_hash"].hex() == case.fingerprint


async def test_the_page_shows_what_is_to_be_signed_and_the_first_look_is_written_down() -> None:
    case = await sent()
    page = await signing.open_link(case.token, ip="192.0.2.7", user_agent="Firefox", now=LATER)
    assert (page.status, page.can_sign, page.practice_name, page.client_name) == (
        "viewed",
        True,
        "Nordlys Studio",
        "Havn & Co",
    )
    assert page.consent_text == consent_text("da")
    assert (page.document_kind, page.document_locale) == ("policies", "da")
    content, name, media_type = await documents.read_file(page.file_token, now=LATER)
    assert documents.fingerprint_of(content) == page.fingerprint == case.fingerprint
    assert (name, media_type) == ("policies-pp-v1-da.docx", documents.DOCX)
    await signing.open_link(case.token, ip="", user_agent="", now=LATER)
    assert await state(case) == ("viewed", ["sent", "signed", "viewed"])


async def test_a_signature_completes_the_envelope_and_makes_the_outcome() -> None:
    case = await sent()
    signed = await sign(case)
    assert (signed.status, signed.is_repeat) == ("completed", False)
    assert await state(case) == ("completed", ["sent", "signed", "signed", "completed"])
    async with read_only(case.people.owner.scope()) as uow:
        event = (await queries.events_of(uow, [case.envelope_id]))[2]
        assert len(await policy_queries.sign_offs(uow)) == 1
    assert (event["ip"], event["user_agent"], event["name"], event["consent_text"]) == (
        "192.0.2.7",
        "Firefox140",
        "Søren",
        consent_text("da"),
    )
    assert event["actor"] == f"client:{case.client.signer_id}"
    page = await signing.open_link(case.token, ip="", user_agent="", now=LATER)
    assert (page.status, page.can_sign) == ("completed", False)


async def test_signing_twice_answers_the_same_and_does_nothing_more() -> None:
    case = await sent()
    await sign(case)
    before = await state(case)
    again = await sign(case, now=LATER + timedelta(days=1))
    assert (again.is_repeat, again.signed_at, again.status) == (True, LATER, "completed")
    assert await state(case) == before


async def test_of_twenty_signatures_at_once_one_counts() -> None:
    case = await sent()
    answers = await asyncio.gather(*(sign(case) for _ in range(20)))
    assert Counter(answer.is_repeat for answer in answers) == {True: 19, False: 1}
    assert await state(case) == ("completed", ["sent", "signed", "signed", "completed"])
    async with read_only(case.people.owner.scope()) as uow:
        assert len(await policy_queries.sign_offs(uow)) == 1
        mails = await uow.fetch(
            "select kind, count(*) as n from outbox_message where tenant_id = $1 group by 1",
            uow.tenant_id,
        )
    assert {m["kind"]: m["n"] for m in mails} == {
        "signature_request": 1,
        "signature_completed": 1,
        "envelope_completed": 1,
    }


async def test_signing_and_declining_at_once_leaves_one_of_them() -> None:
    case = await sent()

    async def decline() -> object:
        return await signing.decline(case.token, reason="No", ip="", user_agent="", now=LATER)

    answers = await asyncio.gather(
        *(step() for _ in range(10) for step in (lambda: sign(case), decline)),
        return_exceptions=True,
    )
    status, kinds = await state(case)
    assert status in {"completed", "declined"}
    assert kinds.count("completed") + kinds.count("declined") == 1
    assert all(isinstance(a, signing.Signed | UUID | Conflict) for a in answers)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "  "}, "REQUIRED"),
        ({"name": "a\u202eb"}, "TEXT_INVALID"),
        ({"fingerprint": "0" * 64}, "FINGERPRINT_MISMATCH"),
        ({"fingerprint": "nonsense"}, "FINGERPRINT"),
        ({"consent_version": "1999-01"}, "CONSENT_UNKNOWN"),
        ({"token": "abc"}, "LINK_INVALID"),
        ({"now": NOW + timedelta(days=15)}, "ENVELOPE_EXPIRED"),
    ],
)
async def test_a_signature_that_does_not_fit_is_refused(change: dict[str, Any], code: str) -> None:
    case = await sent()
    with pytest.raises(DomainError) as refused:
        await sign(case, **change)
    assert refused.value.code == code
    status, kinds = await state(case)
    assert status == ("expired" if code == "ENVELOPE_EXPIRED" else "sent")
    assert kinds.count("signed") == 1
    async with read_only(case.people.owner.scope()) as uow:
        assert await policy_queries.sign_offs(uow) == []


async def test_the_consent_is_that_of_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    case = await sent()
    monkeypatch.setattr("services.rules.signatures.CONSENT_VERSION", "2027-01")
    with pytest.raises(Stale) as refused:
        await sign(case)
    assert refused.value.code == "CONSENT_STALE"


async def test_a_refused_outcome_undoes_the_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    case = await sent()

    async def refuse(uow: object, **details: object) -> None:
        raise Stale("The scope moved meanwhile.", code="STALE_PREVIEW")

    outcome = signing.Outcome(refuse, policies.on_declined)
    monkeypatch.setitem(signing.OUTCOMES, "policies", outcome)
    with pytest.raises(Stale) as refused:
        await sign(case)
    assert refused.value.code == "STALE_PREVIEW"
    assert await state(case) == ("sent", ["sent", "signed"])
    monkeypatch.undo()
    assert (await sign(case)).status == "completed"


async def test_a_subjects_lock_is_taken_before_the_envelopes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = await sent()
    order: list[str] = []
    lock_envelope = queries.lock_envelope

    async def lock_subject(uow: object, *, subject_id: UUID) -> None:
        order.append("subject")

    async def noting(uow: Any, envelope_id: UUID) -> Any:
        order.append("envelope")
        return await lock_envelope(uow, envelope_id)

    monkeypatch.setattr(queries, "lock_envelope", noting)
    monkeypatch.setitem(
        signing.OUTCOMES,
        "policies",
        signing.Outcome(policies.on_signed, policies.on_declined, lock_subject),
    )
    await sign(case)
    assert order == ["subject", "envelope"]


async def test_a_declined_envelope_is_closed_with_its_reason() -> None:
    case = await sent()
    await signing.decline(case.token, reason="Too\nstrict", ip="", user_agent="", now=LATER)
    with pytest.raises(Conflict) as refused:
        await sign(case)
    assert (refused.value.code, refused.value.details["status"]) == ("ENVELOPE_CLOSED", "declined")
    page = await signing.open_link(case.token, ip="", user_agent="", now=LATER)
    assert (page.status, page.reason, page.signer_status) == ("declined", "Too\nstrict", "declined")
    # What was declined may be sent again.
    await policies.send_for_sign_off(case.people.owner, client_id=case.client.client_id, now=LATER)


async def test_an_envelope_that_ran_out_says_so_to_who_opens_it() -> None:
    case = await sent()
    page = await signing.open_link(case.token, ip="", user_agent="", now=NOW + timedelta(days=14))
    assert (page.status, page.can_sign) == ("expired", False)
    assert await state(case) == ("expired", ["sent", "signed", "expired"])


async def test_voiding_closes_and_lets_the_next_be_sent() -> None:
    case = await sent()
    with pytest.raises(Forbidden):
        await signing.void(case.people.accountant, case.envelope_id, reason="Typo", now=LATER)
    await signing.void(case.people.staff, case.envelope_id, reason="Typo", now=LATER)
    with pytest.raises(Conflict):
        await sign(case)
    with pytest.raises(Conflict):
        await signing.void(case.people.staff, case.envelope_id, reason="Typo", now=LATER)
    assert await state(case) == ("voided", ["sent", "signed", "voided"])


async def test_a_revoked_link_is_dead_and_its_successor_works() -> None:
    case = await sent()
    await envelopes.revoke_link(case.people.assistant, case.signer_id, now=NOW)
    for attempt in (
        sign(case),
        signing.open_link(case.token, ip="", user_agent="", now=LATER),
        signing.decline(case.token, reason="", ip="", user_agent="", now=LATER),
    ):
        with pytest.raises(NotFound) as refused:
            await attempt
        assert refused.value.code == "LINK_INVALID"
    signed = await sign(case, token=link_of(case.people.owner, case.signer_id, 2))
    assert signed.status == "completed"
    with pytest.raises(Conflict) as late:
        await envelopes.revoke_link(case.people.assistant, case.signer_id, now=NOW)
    assert late.value.code == "ALREADY_SIGNED"


async def test_a_made_up_link_opens_nothing() -> None:
    case, other = await sent(), await sent()
    forged = [
        link_of(other.people.owner, case.signer_id),
        link_of(case.people.owner, case.signer_id, 2),
        case.token[:-2] + ("AA" if not case.token.endswith("AA") else "BB"),
        case.token + "=",
        case.token + "\n",
        "",
        "é" * 80,
    ]
    for token in forged:
        with pytest.raises(NotFound) as refused:
            await sign(case, token=token)
        assert refused.value.code == "LINK_INVALID"
    assert await state(case) == ("sent", ["sent", "signed"])


async def test_no_secret_of_a_link_is_stored(owner_connection: asyncpg.Connection) -> None:
    case = await sent()
    rows = await owner_connection.fetch(
        """
        select e::text as t from envelope_signer e where id = $1
        union all select a::text from audit_event a where row_id = $1
        union all select o::text from outbox_message o where tenant_id = $2
        """,
        case.signer_id, case.people.practice_id,
    )  # fmt: skip
    assert len(rows) >= 3
    assert not any(case.token in row["t"] for row in rows)
    hashed = links.token_hash(case.token).hex()
    assert [hashed in row["t"] for row in rows].count(True) == 1


async def test_every_signer_signs_before_the_envelope_is_complete() -> None:
    people = await a_practice()
    client = await a_client(people.owner)
    second = await clients.add_contact(
        people.owner,
        client.client_id,
        clients.ContactDetails(name="Ida", email="ida@havn.example", locale="en", roles=["signer"]),
        now=NOW,
    )
    await published_policies(people.owner)
    envelope_id = await policies.send_for_sign_off(
        people.owner, client_id=client.client_id, now=NOW
    )
    async with read_only(people.owner.scope()) as uow:
        signers = await queries.signers_of(uow, [envelope_id])
        envelope = await queries.envelope_by_id(uow, envelope_id)
    assert envelope is not None
    cases = [
        Sent(people, client, envelope_id, s["id"], link_of(people.owner, s["id"]), envelope["fingerprint"])
        for s in signers[1:]
    ]  # fmt: skip
    answers = await asyncio.gather(*(sign(case) for case in cases))
    assert sorted(answer.status for answer in answers) == ["completed", "sent"]
    async with read_only(people.owner.scope()) as uow:
        assert len(await policy_queries.sign_offs(uow)) == 1
    assert {s["contact_id"] for s in signers[1:]} == {client.signer_id, second}


async def test_only_the_clients_own_signers_are_asked() -> None:
    people = await a_practice()
    client, other = await a_client(people.owner), await a_client(people.owner, "Bjerg")
    await published_policies(people.owner)
    for contact_id in (client.billing_id, other.signer_id):
        with pytest.raises(RuleViolation) as refused:
            await policies.send_for_sign_off(
                people.owner, client_id=client.client_id, contact_ids=[contact_id], now=NOW
            )
        assert refused.value.code == "NOT_A_SIGNER"
    async with read_only(people.owner.scope()) as uow:
        assert await queries.count_envelopes(uow, client_id=None, status=None, now=NOW) == 0
        assert (
            await uow.fetchval(
                "select count(*) from policy_request where tenant_id = $1", uow.tenant_id
            )
            == 0
        )


async def test_sending_twice_at_once_sends_once() -> None:
    people = await a_practice()
    client = await a_client(people.owner)
    version_id = await published_policies(people.owner)
    async with read_only(people.owner.scope()) as uow:
        paper = (await document_queries.documents_of_subjects(uow, "policies", [version_id]))[0]

    async def send() -> UUID:
        async with unit_of_work(people.owner.scope()) as uow:
            return await envelopes.send(
                uow,
                people.owner,
                document_id=paper["id"],
                subject_kind="policies",
                subject_id=version_id,
                client_id=client.client_id,
                expires_at=NOW + timedelta(days=3),
                now=NOW,
            )

    answers = await asyncio.gather(*(send() for _ in range(8)), return_exceptions=True)
    refused = [a for a in answers if isinstance(a, Conflict)]
    assert (len(refused), {r.code for r in refused}) == (7, {"ALREADY_SENT"})


async def test_an_untouched_chain_verifies_and_a_touched_one_does_not(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await sent()
    await sign(case)
    owner = case.people.owner
    assert (await envelopes.verify(owner, case.envelope_id)).is_intact

    async def broken_by(statement: str) -> tuple[int | None, str]:
        async with owner_connection.transaction():
            await owner_connection.execute("alter table envelope_event disable trigger user")
            await owner_connection.execute("alter table document disable trigger user")
            await owner_connection.execute(statement, case.envelope_id)
            await owner_connection.execute("alter table envelope_event enable trigger user")
            await owner_connection.execute("alter table document enable trigger user")
        verdict = await envelopes.verify(owner, case.envelope_id)
        assert not verdict.is_intact
        return verdict.broken_at, verdict.reason

    assert await broken_by(
        "update envelope_event set ip = '192.0.2.8' where envelope_id = $1 and sequence = 3"
    ) == (3, "the event was changed")
    await owner_connection.execute("set session_replication_role = replica")
    await owner_connection.execute(
        "update envelope_event set ip = '192.0.2.7' where envelope_id = $1 and sequence = 3",
        case.envelope_id,
    )
    assert (await envelopes.verify(owner, case.envelope_id)).is_intact
    await owner_connection.execute("set session_replication_role = origin")
    assert await broken_by(
        "delete from envelope_event where envelope_id = $1 and sequence = 4"
    ) == (4, "the end of the chain is missing")
    assert await broken_by(
        "delete from envelope_event where envelope_id = $1 and sequence = 2"
    ) == (2, "an event is missing")


async def test_the_runtime_role_cannot_rewrite_papers_or_events() -> None:
    case = await sent()
    for statement in (
        "update envelope_event set ip = '' where tenant_id = $1",
        "delete from envelope_event where tenant_id = $1",
        "update document set number = 'x' where tenant_id = $1",
        "delete from document where tenant_id = $1",
        "delete from envelope where tenant_id = $1",
        "delete from envelope_signer where tenant_id = $1",
        "update policy_sign_off set signer_name = '' where tenant_id = $1",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with unit_of_work(case.people.owner.scope()) as uow:
                await uow.execute(statement, uow.tenant_id)


async def test_whoever_holds_a_file_can_have_it_verified() -> None:
    case, other = await sent(), await a_practice("Sydlys")
    owner = case.people.owner
    assert (await documents.verify(owner, case.fingerprint.upper())).status == "intact"
    assert (await documents.verify(owner, "0" * 64)).status == "unknown"
    assert (await documents.verify(other.owner, case.fingerprint)).status == "unknown"
    assert (await signing.verify_file(case.token, case.fingerprint)).status == "intact"
    with pytest.raises(InvalidInput):
        await documents.verify(owner, "x")


async def test_a_file_link_ends_and_cannot_be_lengthened() -> None:
    case = await sent()
    page = await signing.open_link(case.token, ip="", user_agent="", now=NOW)
    await documents.read_file(page.file_token, now=NOW + timedelta(minutes=14))
    with pytest.raises(NotFound):
        await documents.read_file(page.file_token, now=NOW + timedelta(minutes=15))
    for token in (page.file_token[:-4] + "AAAA", case.token, ""):
        with pytest.raises(NotFound):
            await documents.read_file(token, now=NOW)
