"""Who signs a change order: by its amount, as the clause says; held to when it is sent and when it is approved."""

import json

import pytest

from db.queries import change_orders as queries
from db.queries import envelopes as envelope_queries
from db.unit_of_work import read_only, unit_of_work
from services import change_orders, clients, engagements, signing
from services.rules.change_orders import ApprovalTier
from services.rules.errors import Forbidden, InvalidInput, RuleViolation
from services.rules.signatures import CONSENT_VERSION
from tests.factories.clients import link_of
from tests.factories.engagements import (
    DETAILS,
    LATER,
    NOW,
    TODAY,
    Case,
    a_change_order,
    a_shop,
    a_signed_engagement,
    an_engagement,
    current_scope,
    engagement_row,
)

pytestmark = pytest.mark.usefixtures("database")

TIERS = (
    ApprovalTier(2_000_000, signers=2, roles=frozenset({"sponsor"})),
    ApprovalTier(5_000_000, signers=2, roles=frozenset({"sponsor"}), is_owner_needed=True),
)


async def a_case() -> tuple[Case, object]:
    """An engagement with tiers, and a second signer of the client who is its sponsor."""
    case = await a_signed_engagement(change_approval_tiers=TIERS)
    sponsor = await clients.add_contact(
        case.actor,
        case.client.client_id,
        clients.ContactDetails(
            name="Karen Holm", email="karen@havn.example", locale="da", roles=["signer", "sponsor"]
        ),
        now=NOW,
    )
    return case, sponsor


async def send(case: Case, order_id, *contacts, actor=None) -> None:
    await change_orders.send_change_order(
        actor or case.actor, order_id, expected_version=1, contact_ids=contacts, idempotency_key=case.key(), now=LATER,
        today=TODAY,
    )  # fmt: skip


async def sign(case: Case, order_id, contact_id) -> None:
    """Sign as one of the client's signers."""
    async with read_only(case.actor.scope()) as uow:
        (envelope,) = await envelope_queries.envelopes_of_subjects(uow, "change_order", [order_id])
        signers = await envelope_queries.signers_of(uow, [envelope["id"]])
    (signer,) = [row for row in signers if row["contact_id"] == contact_id]
    await signing.sign(
        link_of(case.actor, signer["id"], signer["link_generation"]),
        fingerprint=envelope["fingerprint"],
        name=signer["name"],
        consent_version=CONSENT_VERSION,
        ip="192.0.2.7",
        user_agent="Firefox",
        now=LATER,
    )


async def order_row(case: Case, order_id):
    async with read_only(case.actor.scope()) as uow:
        return await queries.change_order_by_id(uow, order_id)


async def test_a_large_order_is_approved_when_both_have_signed_and_not_before() -> None:
    case, sponsor = await a_case()
    order_id = await a_change_order(case)
    await send(case, order_id)
    await sign(case, order_id, case.client.signer_id)
    assert (await order_row(case, order_id))["status"] == "sent"
    assert (await current_scope(case))["fee_minor"] == 10_000_000
    await sign(case, order_id, sponsor)
    row = await order_row(case, order_id)
    assert (row["status"], row["new_sum_minor"]) == ("approved", 12_500_000)
    assert sorted(row["decided_by"].split(", ")) == ["Karen Holm", "Søren <Å> O'Hara & Søn"]
    assert (await current_scope(case))["fee_minor"] == 12_500_000


async def test_one_signer_is_enough_below_the_tier_and_too_few_above_it() -> None:
    case, sponsor = await a_case()
    small = await a_change_order(case, a_shop("blog", fee_minor=1_999_999))
    await send(case, small, case.client.signer_id)
    for key, fee in (("exactly", 2_000_000), ("more", 2_500_000)):
        order_id = await a_change_order(case, a_shop(key, fee_minor=fee))
        for contact in (case.client.signer_id, sponsor):
            with pytest.raises(RuleViolation) as refused:
                await send(case, order_id, contact)
            assert refused.value.code == "APPROVAL_NEEDS_MORE_SIGNERS"
            assert refused.value.details["needed"] == 2
        row = await order_row(case, order_id)
        assert (row["status"], row["number"], row["version"]) == ("draft", None, 1)
    assert (await order_row(case, small))["number"] == 1


async def test_a_signer_without_the_role_does_not_do_for_one_with_it() -> None:
    case, sponsor = await a_case()
    other = await clients.add_contact(
        case.actor,
        case.client.client_id,
        clients.ContactDetails(
            name="Per Vest", email="per@havn.example", locale="da", roles=["signer"]
        ),
        now=NOW,
    )
    order_id = await a_change_order(case)
    with pytest.raises(RuleViolation) as refused:
        await send(case, order_id, case.client.signer_id, other)
    assert (refused.value.code, refused.value.details["roles"]) == (
        "APPROVAL_NEEDS_ROLE",
        ["sponsor"],
    )
    await send(case, order_id, other, sponsor)
    assert (await order_row(case, order_id))["status"] == "sent"


async def test_above_an_amount_only_the_owner_sends() -> None:
    case, _ = await a_case()
    large = await a_change_order(case, a_shop(fee_minor=5_000_000))
    with pytest.raises(Forbidden) as refused:
        await send(case, large, actor=case.people.staff)
    assert refused.value.code == "APPROVAL_NEEDS_OWNER"
    assert (await order_row(case, large))["status"] == "draft"
    await send(case, await a_change_order(case, a_shop("blog")), actor=case.people.staff)
    await send(case, large)
    assert (await order_row(case, large))["number"] == 2


async def test_a_role_that_is_lost_before_the_last_signature_is_missed_at_approval() -> None:
    case, sponsor = await a_case()
    order_id = await a_change_order(case)
    await send(case, order_id)
    await sign(case, order_id, sponsor)
    async with unit_of_work(case.actor.scope()) as uow:
        await uow.execute(
            "update contact set roles = '{signer}' where tenant_id = $1 and id = $2",
            uow.tenant_id, sponsor,
        )  # fmt: skip
    with pytest.raises(RuleViolation) as refused:
        await sign(case, order_id, case.client.signer_id)
    assert refused.value.code == "APPROVAL_NEEDS_ROLE"
    assert (await order_row(case, order_id))["status"] == "sent"
    assert (await current_scope(case))["number"] == 1


async def test_the_contract_prints_the_tiers_in_both_languages() -> None:
    case, _ = await a_case()
    async with read_only(case.actor.scope()) as uow:
        rows = await uow.fetch(
            "select locale, payload from document where tenant_id = $1 and subject_id = $2 order by 1",
            uow.tenant_id, case.contract_id,
        )  # fmt: skip
    printed = {row["locale"]: json.loads(row["payload"])["clauses"]["change"] for row in rows}
    assert [tier["roles"] for tier in printed["en"]["approvals"]] == [["sponsor"], ["sponsor"]]
    assert printed["da"]["approvals"] == [
        {
            "from_amount": {"amount_minor": 2_000_000, "currency": "DKK"},
            "signers": 2,
            "roles": ["opdragsgiver"],
            "is_owner_needed": False,
        },
        {
            "from_amount": {"amount_minor": 5_000_000, "currency": "DKK"},
            "signers": 2,
            "roles": ["opdragsgiver"],
            "is_owner_needed": True,
        },
    ]


async def test_tiers_are_terms_free_in_a_draft_and_refused_where_they_cannot_be() -> None:
    from dataclasses import replace

    case = await an_engagement(change_approval_tiers=TIERS)
    for tiers, code, field in (
        (TIERS[::-1], "APPROVAL_TIERS_INVALID", "changeClause.approvalTiers.1.from_amount"),
        (
            (ApprovalTier(0, roles=frozenset({"boss"})),),
            "ROLE",
            "changeClause.approvalTiers.0.roles",
        ),
    ):
        with pytest.raises(InvalidInput) as refused:
            await engagements.update_engagement(
                case.actor,
                case.engagement_id,
                replace(DETAILS, change_approval_tiers=tiers),
                expected_version=1,
                now=NOW,
            )
        assert (refused.value.code, refused.value.field) == (code, field)
    assert len(json.loads((await engagement_row(case))["change_approval_tiers"])) == 2
    await engagements.update_engagement(
        case.actor, case.engagement_id, DETAILS, expected_version=1, now=NOW
    )
    assert (await engagement_row(case))["change_approval_tiers"] == "[]"
