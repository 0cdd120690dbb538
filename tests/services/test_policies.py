"""Policies: drafted, published once, signed off by fingerprint, and asked again with every new version."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import asyncpg
import pytest

from contracts.fingerprint import fingerprint
from db.queries import documents as document_queries
from db.queries import envelopes as envelope_queries
from db.queries import policies as queries
from db.unit_of_work import read_only
from services import policies, signing
from services.rules.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleViolation, Stale
from services.rules.policies import DraftDetails
from services.rules.signatures import CONSENT_VERSION
from tests.factories.clients import A_RULE, ANOTHER_RULE, a_client, link_of, published_policies
from tests.factories.practices import NOW, a_practice

pytestmark = pytest.mark.usefixtures("database")

DRAFT = DraftDetails(title="How we work", effective_date=date(2026, 4, 1))
TODAY = NOW.date()


async def test_publishing_freezes_the_paper_in_both_languages() -> None:
    people = await a_practice()
    version_id = await published_policies(people.owner)
    async with read_only(people.owner.scope()) as uow:
        version = await queries.policy_version_by_id(uow, version_id)
        papers = await document_queries.documents_of_subjects(uow, "policies", [version_id])
        files = [await document_queries.document_content(uow, paper["id"]) for paper in papers]
    assert version is not None
    assert (version["number"], version["status"]) == (1, "published")
    assert [(p["locale"], p["number"], p["version"]) for p in papers] == [
        ("da", "PP", 1),
        ("en", "PP", 1),
    ]
    assert all(fingerprint(f["content"]) == f["fingerprint"] for f in files if f)
    assert files[0] is not None
    assert "En faktura forfalder otte dage efter sin dato." in files[0]["preview_html"]


async def test_versions_are_numbered_without_gaps_and_begin_with_the_rules_before() -> None:
    people = await a_practice()
    await published_policies(people.owner)
    second = await policies.draft(people.staff, DRAFT, now=NOW)
    async with read_only(people.owner.scope()) as uow:
        versions = await queries.policy_versions(uow)
        rules = await queries.rules_of(uow, [second])
    assert [v["number"] for v in versions] == [2, 1]
    assert [r["code"] for r in rules] == ["P-01", "C-01"]
    with pytest.raises(Conflict) as refused:
        await policies.draft(people.staff, DRAFT, now=NOW)
    assert refused.value.code == "DRAFT_EXISTS"


async def test_what_is_published_is_what_was_last_seen() -> None:
    people = await a_practice()
    draft_id = await policies.draft(people.owner, DRAFT, now=NOW)
    rule_id = await policies.add_rule(people.owner, draft_id, A_RULE, now=NOW)
    await policies.revise_rule(people.staff, rule_id, replace(A_RULE, text_en="New"), now=NOW)
    with pytest.raises(Stale) as stale:
        await policies.publish(people.owner, draft_id, expected_version=2, today=TODAY, now=NOW)
    assert stale.value.details["current_version"] == 3
    await policies.publish(people.owner, draft_id, expected_version=3, today=TODAY, now=NOW)


async def test_a_published_version_stands(owner_connection: asyncpg.Connection) -> None:
    people = await a_practice()
    version_id = await published_policies(people.owner)
    async with read_only(people.owner.scope()) as uow:
        rule = (await queries.rules_of(uow, [version_id]))[0]
    for attempt in (
        policies.add_rule(people.owner, version_id, replace(A_RULE, code="P-02"), now=NOW),
        policies.revise_rule(people.owner, rule["id"], A_RULE, now=NOW),
        policies.remove_rule(people.owner, rule["id"], now=NOW),
        policies.update_draft(people.owner, version_id, DRAFT, expected_version=4, now=NOW),
        policies.publish(people.owner, version_id, expected_version=4, today=TODAY, now=NOW),
    ):
        with pytest.raises(Conflict) as refused:
            await attempt
        assert refused.value.code == "POLICY_PUBLISHED"
    # The database refuses it even to the owner of its tables.
    for statement in (
        "update policy_rule set text_en = 'x' where id = $1",
        "delete from policy_rule where id = $1",
        "update policy_version set title = 'x' where id = $1 or id = (select policy_version_id from policy_rule where id = $1)",
        "delete from document where subject_id = (select policy_version_id from policy_rule where id = $1)",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(statement, rule["id"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"code": "p-1"}, "RULE_CODE"),
        ({"category": "weather"}, "CATEGORY"),
        ({"position": 0}, "POSITION"),
        ({"text_da": ""}, "REQUIRED"),
    ],
)
async def test_a_malformed_rule_is_refused(change: dict, code: str) -> None:
    people = await a_practice()
    draft_id = await policies.draft(people.owner, DRAFT, now=NOW)
    with pytest.raises(InvalidInput) as refused:
        await policies.add_rule(people.owner, draft_id, replace(A_RULE, **change), now=NOW)
    assert refused.value.code == code


async def test_a_code_names_one_rule() -> None:
    people = await a_practice()
    draft_id = await policies.draft(people.owner, DRAFT, now=NOW)
    await policies.add_rule(people.owner, draft_id, A_RULE, now=NOW)
    other = await policies.add_rule(people.owner, draft_id, ANOTHER_RULE, now=NOW)
    for attempt in (
        policies.add_rule(people.owner, draft_id, A_RULE, now=NOW),
        policies.revise_rule(people.owner, other, A_RULE, now=NOW),
    ):
        with pytest.raises(Conflict) as refused:
            await attempt
        assert refused.value.code == "RULE_CODE_TAKEN"
    await policies.remove_rule(people.owner, other, now=NOW)
    async with read_only(people.owner.scope()) as uow:
        assert [r["code"] for r in await queries.rules_of(uow, [draft_id])] == ["P-01"]


async def test_an_empty_version_is_not_published_and_an_assistant_publishes_none() -> None:
    people = await a_practice()
    draft_id = await policies.draft(people.assistant, DRAFT, now=NOW)
    with pytest.raises(RuleViolation) as refused:
        await policies.publish(people.owner, draft_id, expected_version=1, today=TODAY, now=NOW)
    assert refused.value.code == "POLICY_EMPTY"
    with pytest.raises(Forbidden):
        await policies.publish(people.assistant, draft_id, expected_version=1, today=TODAY, now=NOW)


async def test_a_client_signs_a_version_off_and_the_next_version_asks_again() -> None:
    people = await a_practice()
    client = await a_client(people.owner)
    first = await published_policies(people.owner)
    envelope_id = await policies.send_for_sign_off(
        people.assistant, client_id=client.client_id, now=NOW
    )
    with pytest.raises(Conflict) as refused:
        await policies.send_for_sign_off(people.owner, client_id=client.client_id, now=NOW)
    assert refused.value.code == "ALREADY_SENT"
    async with read_only(people.owner.scope()) as uow:
        signers = await envelope_queries.signers_of(uow, [envelope_id])
        waiting = await queries.outstanding_sign_offs(uow, first)
    assert [(w["client_id"], w["envelope_id"]) for w in waiting] == [
        (client.client_id, envelope_id)
    ]

    token = link_of(people.owner, signers[1]["id"])
    later = NOW + timedelta(hours=1)
    page = await signing.open_link(token, ip="192.0.2.7", user_agent="Firefox", now=later)
    await signing.sign(
        token,
        fingerprint=page.fingerprint,
        name="Søren Å. O'Hara",
        consent_version=CONSENT_VERSION,
        ip="192.0.2.7",
        user_agent="Firefox",
        now=later,
    )
    async with read_only(people.owner.scope()) as uow:
        sign_off = await queries.sign_off(uow, client.client_id, first)
        assert await queries.outstanding_sign_offs(uow, first) == []
    assert sign_off is not None
    assert (
        sign_off["fingerprint"],
        sign_off["contact_id"],
        sign_off["signer_name"],
        sign_off["signed_at"],
        sign_off["document_id"],
    ) == (page.fingerprint, client.signer_id, "Søren Å. O'Hara", later, page.document_id)
    with pytest.raises(Conflict) as again:
        await policies.send_for_sign_off(people.owner, client_id=client.client_id, now=NOW)
    assert again.value.code == "ALREADY_SIGNED_OFF"

    second = await published_policies(people.owner)
    async with read_only(people.owner.scope()) as uow:
        waiting = await queries.outstanding_sign_offs(uow, second)
    assert [(w["client_id"], w["last_signed_number"]) for w in waiting] == [(client.client_id, 1)]


async def test_policies_are_published_before_they_are_sent() -> None:
    people, others = await a_practice(), await a_practice("Sydlys")
    client = await a_client(people.owner)
    with pytest.raises(Conflict) as refused:
        await policies.send_for_sign_off(people.owner, client_id=client.client_id, now=NOW)
    assert refused.value.code == "POLICY_NOT_PUBLISHED"
    theirs = await published_policies(others.owner)
    with pytest.raises(NotFound):
        await policies.send_for_sign_off(
            people.owner, client_id=client.client_id, policy_version_id=theirs, now=NOW
        )


async def test_of_eight_drafts_begun_at_once_there_is_one() -> None:
    people = await a_practice()
    answers = await asyncio.gather(
        *(policies.draft(people.owner, DRAFT, now=NOW) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(answer, Conflict) for answer in answers) == 7
    async with read_only(people.owner.scope()) as uow:
        assert [v["number"] for v in await queries.policy_versions(uow)] == [1]


async def test_rules_added_while_it_is_published_are_in_the_paper_or_refused() -> None:
    people = await a_practice()
    draft_id = await policies.draft(people.owner, DRAFT, now=NOW)
    await policies.add_rule(people.owner, draft_id, A_RULE, now=NOW)
    answers = await asyncio.gather(
        policies.publish(people.owner, draft_id, expected_version=2, today=TODAY, now=NOW),
        *(
            policies.add_rule(people.staff, draft_id, replace(A_RULE, code=f"P-1{n}"), now=NOW)
            for n in range(6)
        ),
        return_exceptions=True,
    )
    async with read_only(people.owner.scope()) as uow:
        version = await queries.policy_version_by_id(uow, draft_id)
        rules = await queries.rules_of(uow, [draft_id])
        papers = await document_queries.documents_of_subjects(uow, "policies", [draft_id])
    assert version is not None
    if isinstance(answers[0], Stale):
        assert (version["status"], papers) == ("draft", [])
    else:
        assert (version["status"], len(rules), len(papers)) == ("published", 1, 2)
        assert all(isinstance(answer, Conflict) for answer in answers[1:])


async def test_the_trail_of_a_paper_leaves_its_bytes_out(
    owner_connection: asyncpg.Connection,
) -> None:
    people = await a_practice()
    await published_policies(people.owner)
    rows = await owner_connection.fetch(
        """
        select after ? 'content' as has_bytes, after ? 'preview_html' as has_preview,
               after ->> 'fingerprint' as fingerprint
        from audit_event where tenant_id = $1 and table_name = 'document'
        """,
        people.practice_id,
    )
    assert [(r["has_bytes"], r["has_preview"]) for r in rows] == [(False, False)] * 2
    assert all(len(r["fingerprint"]) == 64 for r in rows)
