"""The services contract: what is frozen is what becomes scope version 1."""

import asyncio
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from db.queries import documents as document_queries
from db.queries import engagements as queries
from db.queries import scopes as scope_queries
from db.unit_of_work import read_only
from services import clients, engagements, policies, scopes, services_contracts, signing
from services.rules.errors import Conflict, DomainError, Forbidden, NotFound, RuleViolation, Stale
from services.scopes import ItemPrice
from tests.factories.clients import a_client, published_policies
from tests.factories.engagements import (
    DETAILS,
    LATER,
    NOW,
    TODAY,
    a_scoped_engagement,
    a_sent_contract,
    a_signed_engagement,
    an_engagement,
    engagement_row,
    link_to,
    sign_subject,
)
from tests.factories.practices import a_practice

pytestmark = pytest.mark.usefixtures("database")

REAL_PLAN = (Path(__file__).parent.parent / "data" / "plan_new_product.json").read_text()


async def send(case, *, actor=None, **changes):
    values = {"expected_version": 2, "idempotency_key": case.key(), "now": NOW, "today": TODAY}
    return await services_contracts.send_contract(
        actor or case.actor, case.engagement_id, **{**values, **changes}
    )


async def contracts(case) -> list:
    async with read_only(case.actor.scope()) as uow:
        return await queries.contracts_of(uow, [case.engagement_id])


async def versions(case) -> list:
    async with read_only(case.actor.scope()) as uow:
        return await scope_queries.versions_of(uow, [case.engagement_id])


async def test_sending_freezes_one_paper_in_each_language_and_binds_the_engagements_own() -> None:
    case = await a_sent_contract()
    (contract,) = await contracts(case)
    async with read_only(case.actor.scope()) as uow:
        papers = await document_queries.documents_by_ids(
            uow, [contract["document_id"], contract["translation_id"]]
        )
    by_id = {paper["id"]: paper for paper in papers}
    binding, courtesy = by_id[contract["document_id"]], by_id[contract["translation_id"]]
    assert (binding["locale"], courtesy["locale"]) == ("en", "da")
    assert (binding["number"], binding["version"]) == ("2026-001", 1)
    async with read_only(case.actor.scope()) as uow:
        payload = json.loads(
            await uow.fetchval(
                "select payload from document where tenant_id = $1 and id = $2",
                uow.tenant_id, binding["id"],
            )
        )  # fmt: skip
    assert payload["totals"]["fee"] == {"amount_minor": 10_000_000, "currency": "DKK"}
    assert payload["totals"]["total"]["amount_minor"] == 12_500_000
    assert payload["clauses"]["retainer"]["amount"]["amount_minor"] == 4_166_667
    assert payload["timeline"]["delivery_on"] == "2026-03-20"
    assert payload["timeline"]["milestones"] == [{"name": "Hand-over", "due_on": "2026-03-20"}]
    assert (await engagement_row(case))["status"] == "contract_sent"


async def binding_payload(case) -> dict:
    (contract,) = await contracts(case)
    async with read_only(case.actor.scope()) as uow:
        return json.loads(
            await uow.fetchval(
                "select payload from document where tenant_id = $1 and id = $2",
                uow.tenant_id, contract["document_id"],
            )
        )  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "calendar"),
    [
        ({}, {"weekend": [6, 7], "country": "DK", "region": None, "days_off": []}),
        (
            {"country": None, "weekend": [6], "days_off": [date(2026, 12, 24)]},
            {"weekend": [7], "country": None, "region": None, "days_off": ["2026-12-24"]},
        ),
        (
            {"country": "DE", "region": "BY"},
            {"weekend": [6, 7], "country": "DE", "region": "Bayern", "days_off": []},
        ),
        (
            {"country": "SA"},
            {"weekend": [5, 6], "country": "SA", "region": None, "days_off": []},
        ),
    ],
)
async def test_the_paper_names_the_working_days_that_the_dates_were_computed_with(
    terms, calendar
) -> None:
    case = await a_sent_contract(**terms)
    assert (await binding_payload(case))["calendar"] == calendar


async def test_two_thirds_are_two_thirds_on_paper() -> None:
    case = await a_sent_contract(retainer_numerator=2, retainer_denominator=3)
    assert (await binding_payload(case))["clauses"]["retainer"]["share_bps"] == 6667


async def test_signing_makes_scope_version_one_with_its_dates_and_figures() -> None:
    case = await a_signed_engagement()
    (version,) = await versions(case)
    row = await engagement_row(case)
    assert (row["status"], row["current_scope_version_id"]) == ("active", version["id"])
    assert (version["number"], version["contract_id"]) == (1, case.contract_id)
    assert (version["fee_minor"], version["cost_minor"], version["tax_minor"]) == (
        10_000_000,
        4_000_000,
        2_500_000,
    )
    assert (version["start_date"], version["delivery_date"]) == (
        date(2026, 3, 2),
        date(2026, 3, 20),
    )
    async with read_only(case.actor.scope()) as uow:
        items = await scope_queries.items_of(uow, [version["id"]])
    assert [
        (row["item_key"], row["fee_minor"], row["start_date"].day, row["finish_date"].day)
        for row in items
    ] == [
        ("site", 10_000_000, 2, 20),
        ("design", 4_000_000, 2, 6),
        ("build", 6_000_000, 9, 20),
        ("handover", 0, 20, 20),
    ]
    (contract,) = await contracts(case)
    assert (contract["status"], contract["decided_by"], contract["decided_at"]) == (
        "signed",
        "Søren",
        LATER,
    )


async def test_the_signed_baseline_of_the_real_plan_keeps_microsoft_projects_dates() -> None:
    case = await an_engagement()
    await scopes.import_scope(
        case.actor,
        case.engagement_id,
        text=REAL_PLAN,
        file_format="json",
        expected_version=1,
        now=NOW,
    )
    plan = json.loads(REAL_PLAN)
    tasks = [item["id"] for item in plan["items"] if item.get("duration")]
    await scopes.price_items(
        case.actor,
        case.engagement_id,
        [ItemPrice(key, fee_minor=1_000_000) for key in tasks],
        expected_version=2,
        now=NOW,
    )
    contract_id = await send(case)
    await sign_subject(case.actor, "services_contract", contract_id)
    (version,) = await versions(case)
    async with read_only(case.actor.scope()) as uow:
        items = await scope_queries.items_of(uow, [version["id"]])
    assert len(items) == 42
    for row in items:
        want = plan["expected"][row["item_key"]]
        assert row["start_date"].isoformat() == want["start"][:10]
        assert row["finish_date"].isoformat() == want["finish"][:10]
        if "tf" in want:
            assert (row["total_float"], row["free_float"]) == (want["tf"], want["ff"])
    assert version["fee_minor"] == 1_000_000 * len(tasks)


async def test_a_declined_contract_gives_the_draft_back_and_the_next_is_another_issue() -> None:
    case = await a_sent_contract()
    token, _ = await link_to(case.actor, "services_contract", case.contract_id)
    await signing.decline(token, reason="Too dear", ip="", user_agent="", now=LATER)
    (contract,) = await contracts(case)
    assert (contract["status"], contract["decline_reason"]) == ("declined", "Too dear")
    row = await engagement_row(case)
    assert (row["status"], row["current_scope_version_id"]) == ("draft", None)
    again = await send(case, expected_version=row["version"])
    await sign_subject(case.actor, "services_contract", again)
    assert [(each["issue"], each["status"]) for each in await contracts(case)] == [
        (1, "declined"),
        (2, "signed"),
    ]
    assert len(await versions(case)) == 1


async def test_an_expired_contract_gives_the_draft_back() -> None:
    case = await a_scoped_engagement()
    contract_id = await send(case, expires_at=NOW + timedelta(days=1))
    with pytest.raises(Conflict) as refused:
        await sign_subject(
            case.actor, "services_contract", contract_id, now=NOW + timedelta(days=2)
        )
    assert refused.value.code == "ENVELOPE_EXPIRED"
    assert [each["status"] for each in await contracts(case)] == ["expired"]
    assert ((await engagement_row(case))["status"], await versions(case)) == ("draft", [])


async def test_published_policies_must_be_signed_off_first_unless_the_owner_waives_that() -> None:
    people = await a_practice()
    await published_policies(people.owner)
    case = await a_scoped_engagement(people)
    with pytest.raises(RuleViolation) as refused:
        await send(case)
    assert refused.value.code == "POLICY_NOT_SIGNED"
    with pytest.raises(Forbidden):
        await send(case, actor=people.staff, policy_waiver="An old friend")
    assert (await contracts(case), (await engagement_row(case))["status"]) == ([], "draft")
    await send(case, policy_waiver="An old friend")
    assert [each["policy_waiver"] for each in await contracts(case)] == ["An old friend"]


async def test_a_signed_off_policy_opens_the_gate() -> None:
    people = await a_practice()
    await published_policies(people.owner)
    case = await a_scoped_engagement(people)
    envelope_id = await policies.send_for_sign_off(
        people.owner, client_id=case.client.client_id, now=NOW
    )
    async with read_only(people.owner.scope()) as uow:
        subject = await uow.fetchval(
            "select subject_id from envelope where tenant_id = $1 and id = $2",
            people.practice_id, envelope_id,
        )  # fmt: skip
    await sign_subject(people.owner, "policies", subject)
    await send(case, actor=people.staff)
    assert [each["status"] for each in await contracts(case)] == ["sent"]


async def test_a_task_without_a_price_a_scope_without_work_and_a_client_without_signer_are_refused() -> (
    None
):
    case = await an_engagement()
    with pytest.raises(RuleViolation) as refused:
        await send(case, expected_version=1)
    assert refused.value.code == "SCOPE_EMPTY"
    plan = {"items": [{"id": "a", "duration_days": 1}, {"id": "b", "duration_days": 1, "fee": "0"}]}
    await scopes.import_scope(
        case.actor,
        case.engagement_id,
        text=json.dumps(plan),
        file_format="json",
        expected_version=1,
        now=NOW,
    )
    with pytest.raises(RuleViolation) as refused:
        await send(case)
    assert (refused.value.code, refused.value.message) == ("SCOPE_NOT_PRICED", "No price yet: a.")
    people = await a_practice()
    nobody = await clients.create_client(
        people.owner,
        clients.ClientDetails(
            name="N", country="DK", currency="DKK", locale="da", kind="looks_to_us"
        ),
        now=NOW,
    )
    client = await a_client(people.owner)
    lonely = await an_engagement(people, type(client)(nobody, client.signer_id, client.billing_id))
    await scopes.import_scope(
        people.owner,
        lonely.engagement_id,
        text='{"items": [{"id": "a", "duration_days": 1, "fee": "1"}]}',
        file_format="json",
        expected_version=1,
        now=NOW,
    )
    with pytest.raises(RuleViolation) as refused:
        await send(lonely)
    assert refused.value.code == "NO_SIGNER"
    assert await contracts(lonely) == []


async def test_the_same_key_sends_once_and_another_key_finds_it_sent() -> None:
    case = await a_scoped_engagement()
    first = await send(case, idempotency_key="once")
    assert await send(case, idempotency_key="once") == first
    with pytest.raises(RuleViolation) as refused:
        await send(case, expected_version=3)
    assert refused.value.code == "TERMS_FIXED"
    with pytest.raises(Stale):
        await send(case)
    assert len(await contracts(case)) == 1


async def test_terms_change_only_in_a_draft_and_the_currency_never() -> None:
    case = await a_scoped_engagement()

    async def update(**changes) -> None:
        await engagements.update_engagement(
            case.actor,
            case.engagement_id,
            replace(DETAILS, **{k: v for k, v in changes.items() if k != "version"}),
            expected_version=changes.get("version", 2),
            now=NOW,
        )

    with pytest.raises(RuleViolation) as refused:
        await update(currency="EUR")
    assert refused.value.code == "CURRENCY_FIXED"
    with pytest.raises(Stale):
        await update(version=1)
    await update(name="Another name", contingency_bps=500)
    row = await engagement_row(case)
    assert (row["name"], row["contingency_bps"], row["version"]) == ("Another name", 500, 3)
    await send(case, expected_version=3)
    with pytest.raises(RuleViolation) as refused:
        await update(version=4)
    assert refused.value.code == "TERMS_FIXED"


async def test_engagements_are_numbered_by_year_without_gaps() -> None:
    people = await a_practice()
    client = await a_client(people.owner)
    cases = [await an_engagement(people, client) for _ in range(2)]
    with pytest.raises(DomainError):
        await an_engagement(people, client, kind="nonsense")
    with pytest.raises(NotFound):
        await an_engagement(await a_practice(), client)
    cases.append(await an_engagement(people, client))
    rows = [await engagement_row(case) for case in cases]
    assert [engagements.number_of(row) for row in rows] == ["2026-001", "2026-002", "2026-003"]


async def test_ten_engagements_opened_at_once_get_ten_numbers() -> None:
    people = await a_practice()
    client = await a_client(people.owner)
    cases = await asyncio.gather(*(an_engagement(people, client) for _ in range(10)))
    rows = [await engagement_row(case) for case in cases]
    assert sorted(row["number_ordinal"] for row in rows) == list(range(1, 11))
