"""Change orders: previewed, frozen, signed, and applied exactly once."""

import json
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import asyncpg
import pytest

from db.queries import change_orders as queries
from db.queries import documents as document_queries
from db.queries import scopes as scope_queries
from db.unit_of_work import read_only, unit_of_work
from services import acceptances, change_orders, signing
from services.change_orders import ChangeOrderDetails
from services.rules.errors import (
    Conflict,
    DomainError,
    Forbidden,
    InvalidInput,
    NotFound,
    RuleViolation,
    Stale,
)
from services.rules.scope import RemoveItem, ReviseItem
from tests.factories.engagements import (
    LATER,
    NOW,
    TODAY,
    a_change_order,
    a_sent_contract,
    a_sent_order,
    a_shop,
    a_signed_engagement,
    current_scope,
    engagement_row,
    link_to,
    sign_subject,
)
from tests.factories.practices import a_practice

pytestmark = pytest.mark.usefixtures("database")


async def order_row(case, order_id):
    async with read_only(case.actor.scope()) as uow:
        return await queries.change_order_by_id(uow, order_id)


async def versions(case) -> list:
    async with read_only(case.actor.scope()) as uow:
        return await scope_queries.versions_of(uow, [case.engagement_id])


async def send(case, order_id, *, actor=None, **changes):
    values = {"expected_version": 1, "idempotency_key": case.key(), "now": LATER, "today": TODAY}
    return await change_orders.send_change_order(
        actor or case.actor, order_id, **{**values, **changes}
    )


async def test_a_preview_tells_money_tax_and_dates_and_stores_nothing() -> None:
    case = await a_signed_engagement()
    found = (await change_orders.preview_changes(case.actor, case.engagement_id, a_shop())).preview
    totals = found.totals
    assert (totals.original_sum_minor, totals.this_change_minor, totals.new_sum_minor) == (
        10_000_000,
        2_500_000,
        12_500_000,
    )
    assert (found.tax_change_minor, found.total_change_minor) == (625_000, 3_125_000)
    # Three working days after Friday 20 March 2026.
    assert (found.change_days, found.delivery_before, found.delivery_after) == (
        3,
        date(2026, 3, 20),
        date(2026, 3, 25),
    )
    assert [
        (each.title, each.before, each.after, each.shift_days) for each in found.milestones
    ] == [("Hand-over", date(2026, 3, 20), date(2026, 3, 25), 3)]
    assert (found.retainer.required_before_minor, found.retainer.required_after_minor) == (
        4_166_667,
        5_208_333,
    )
    async with read_only(case.actor.scope()) as uow:
        assert await queries.change_orders_of(uow, [case.engagement_id]) == []
    assert len(await versions(case)) == 1


async def test_a_signed_order_makes_the_next_scope_version_and_the_one_before_stays() -> None:
    case = await a_signed_engagement()
    before = await current_scope(case)
    order_id = await a_sent_order(case)
    await sign_subject(case.actor, "change_order", order_id)
    one, two = await versions(case)
    assert dict(one) == dict(before)
    assert (two["number"], two["change_order_id"], two["contract_id"]) == (2, order_id, None)
    assert (two["fee_minor"], two["tax_minor"], two["delivery_date"]) == (
        12_500_000,
        3_125_000,
        date(2026, 3, 25),
    )
    assert (await engagement_row(case))["current_scope_version_id"] == two["id"]
    row = await order_row(case, order_id)
    assert (row["status"], row["number"], row["decided_by"]) == ("approved", 1, "Søren")


async def test_totals_run_through_several_orders_and_only_approved_ones_count() -> None:
    case = await a_signed_engagement()
    first = await a_sent_order(case)
    await sign_subject(case.actor, "change_order", first)
    declined = await a_sent_order(case, a_shop("blog", fee_minor=900_000))
    token, _ = await link_to(case.actor, "change_order", declined)
    await signing.decline(token, reason="Not now", ip="", user_agent="", now=LATER)
    third = await a_sent_order(
        case, [ReviseItem("design", {"fee_minor": 3_500_000, "duration_days": 3})]
    )
    await sign_subject(case.actor, "change_order", third)
    row = await order_row(case, third)
    assert row["number"] == 3
    assert (row["original_sum_minor"], row["previously_approved_minor"], row["change_minor"], row["new_sum_minor"]) == (
        10_000_000, 2_500_000, -500_000, 12_000_000,
    )  # fmt: skip
    assert (row["change_days"], row["completion_before"], row["completion_after"]) == (
        -2,
        date(2026, 3, 25),
        date(2026, 3, 23),
    )
    row = await order_row(case, declined)
    assert (row["status"], row["decline_reason"]) == ("declined", "Not now")
    assert [version["number"] for version in await versions(case)] == [1, 2, 3]


async def test_figures_freeze_when_the_order_is_sent(owner_connection: asyncpg.Connection) -> None:
    case = await a_signed_engagement()
    order_id = await a_sent_order(case)
    row = await order_row(case, order_id)
    frozen = json.loads(row["preview"])
    assert (frozen["new_sum_minor"], frozen["completion_after"]) == (12_500_000, "2026-03-25")
    async with read_only(case.actor.scope()) as uow:
        papers = await document_queries.documents_of_subjects(uow, "change_order", [order_id])
    assert sorted((paper["locale"], paper["number"]) for paper in papers) == [
        ("da", "2026-001-CO01"),
        ("en", "2026-001-CO01"),
    ]
    for change in (
        "change_minor = 1, new_sum_minor = 10000001",
        "changes = '[]'",
        "number = 7",
        "title = 'x'",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(
                f"update change_order set {change} where id = $1", order_id
            )
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await owner_connection.execute("update scope_version set fee_minor = 1")
    with pytest.raises(RuleViolation) as refused:
        await change_orders.revise_change_order(
            case.actor,
            order_id,
            ChangeOrderDetails(title="Other", changes=a_shop()),
            expected_version=2,
            now=LATER,
            today=TODAY,
        )
    assert refused.value.code == "CHANGE_ORDER_STATUS"
    assert dict(await order_row(case, order_id)) == dict(row)


async def test_the_paper_names_the_change_clause_of_the_signed_contract_by_its_number() -> None:
    case = await a_signed_engagement()
    order_id = await a_sent_order(case)
    async with read_only(case.actor.scope()) as uow:
        payload = json.loads(
            await uow.fetchval(
                "select payload from document where tenant_id = $1 and subject_id = $2 and locale = 'da'",
                uow.tenant_id, order_id,
            )
        )  # fmt: skip
    assert payload["engagement"]["change_clause"] == "6"
    assert payload["order"]["offer_valid_until"] == "2026-03-16"
    assert payload["total_after"] == {"amount_minor": 15_625_000, "currency": "DKK"}


async def test_a_scope_version_that_was_tampered_with_is_not_built_upon(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_signed_engagement()
    version = await current_scope(case)

    async def plant(fee_minor: int) -> None:
        async with owner_connection.transaction():
            await owner_connection.execute("alter table scope_item disable trigger append_only")
            await owner_connection.execute(
                "update scope_item set fixed_fee_minor = $2 where scope_version_id = $1 and item_key = 'build'",
                version["id"], fee_minor,
            )  # fmt: skip
            await owner_connection.execute("alter table scope_item enable trigger append_only")

    await plant(1)
    with pytest.raises(RuntimeError, match="does not hash to its fingerprint"):
        await change_orders.preview_changes(case.actor, case.engagement_id, a_shop())
    # Others look at every engagement of this database.
    await plant(6_000_000)


async def test_an_order_on_a_stale_base_is_refused_and_names_the_current_version() -> None:
    case = await a_signed_engagement()
    first = await a_sent_order(case)
    second = await a_sent_order(case, a_shop("blog", fee_minor=900_000))
    draft = await a_change_order(case, a_shop("wiki"))
    await sign_subject(case.actor, "change_order", first)
    with pytest.raises(Stale) as refused:
        await sign_subject(case.actor, "change_order", second)
    assert (refused.value.code, refused.value.details["current_version"]) == ("STALE_BASE", 2)
    assert "scope version 1; the current one is 2" in refused.value.message
    assert ((await order_row(case, second))["status"], len(await versions(case))) == ("sent", 2)
    with pytest.raises(Stale) as refused:
        await send(case, draft)
    assert refused.value.code == "STALE_BASE"
    # Written anew, the draft stands on the current version and can go out.
    await change_orders.revise_change_order(
        case.actor,
        draft,
        ChangeOrderDetails(title="Wiki", changes=a_shop("wiki")),
        expected_version=1,
        now=LATER,
        today=TODAY,
    )
    await send(case, draft, expected_version=2)
    await sign_subject(case.actor, "change_order", draft)
    assert [version["fee_minor"] for version in await versions(case)] == [
        10_000_000,
        12_500_000,
        15_000_000,
    ]


async def test_an_order_whose_figures_moved_since_it_was_sent_is_refused() -> None:
    case = await a_signed_engagement()
    order_id = await a_sent_order(case)
    async with unit_of_work(case.actor.scope()) as uow:
        await uow.execute(
            "update engagement set change_minimum_fee_minor = 9000000 where tenant_id = $1 and id = $2",
            uow.tenant_id, case.engagement_id,
        )  # fmt: skip
    with pytest.raises(Stale) as refused:
        await sign_subject(case.actor, "change_order", order_id)
    assert refused.value.code == "STALE_PREVIEW"
    assert ((await order_row(case, order_id))["status"], len(await versions(case))) == ("sent", 1)


async def test_the_minimum_fee_lifts_a_small_change() -> None:
    case = await a_signed_engagement(change_minimum_fee_minor=150_000)
    order_id = await a_sent_order(case, a_shop(fee_minor=100_000))
    await sign_subject(case.actor, "change_order", order_id)
    assert (await current_scope(case))["fee_minor"] == 10_150_000


async def test_numbers_run_without_gaps_in_the_order_of_sending() -> None:
    case = await a_signed_engagement()
    first, second, third = [await a_change_order(case) for _ in range(3)]
    with pytest.raises(Stale):
        await send(case, third, fingerprint="0" * 64)
    await change_orders.withdraw_change_order(
        case.actor, second, expected_version=1, reason="Forgotten", now=LATER
    )
    await send(case, third)
    await send(case, first)
    rows = [await order_row(case, order_id) for order_id in (first, second, third)]
    assert [(row["number"], row["status"]) for row in rows] == [
        (2, "sent"),
        (None, "withdrawn"),
        (1, "sent"),
    ]
    other = await a_signed_engagement(case.people)
    assert (await order_row(other, await a_sent_order(other)))["number"] == 1


async def test_a_withdrawn_offer_cannot_be_signed() -> None:
    case = await a_signed_engagement()
    order_id = await a_sent_order(case)
    await change_orders.withdraw_change_order(
        case.actor, order_id, expected_version=2, reason="Wrong price", now=LATER
    )
    with pytest.raises(Conflict) as refused:
        await sign_subject(case.actor, "change_order", order_id)
    assert refused.value.code == "ENVELOPE_CLOSED"
    assert ((await order_row(case, order_id))["status"], len(await versions(case))) == (
        "withdrawn",
        1,
    )


async def test_an_offer_stands_to_the_end_of_its_last_day_and_then_expires() -> None:
    case = await a_signed_engagement()
    order_id, other = await a_sent_order(case), await a_sent_order(case, a_shop("blog"))
    row = await order_row(case, order_id)
    # Fourteen days from 2 March, to midnight in Copenhagen (UTC+1).
    assert row["expires_at"].isoformat() == "2026-03-16T23:00:00+00:00"
    async with unit_of_work(case.actor.scope()) as uow:
        assert await change_orders.expire_due(uow, row["expires_at"] - timedelta(seconds=1)) == 0
    with pytest.raises(Conflict):
        await sign_subject(case.actor, "change_order", order_id, now=row["expires_at"])
    async with unit_of_work(case.actor.scope()) as uow:
        assert await change_orders.expire_due(uow, row["expires_at"]) == 1
        assert await change_orders.expire_due(uow, row["expires_at"]) == 0
    assert [(await order_row(case, each))["status"] for each in (order_id, other)] == [
        "expired"
    ] * 2
    with pytest.raises(Conflict):
        await sign_subject(case.actor, "change_order", other, now=row["expires_at"])
    assert len(await versions(case)) == 1


async def test_an_accepted_item_cannot_be_changed_by_an_order() -> None:
    case = await a_signed_engagement()
    order_id = await a_sent_order(case, [ReviseItem("design", {"fee_minor": 1})])
    await acceptances.accept_item(
        case.actor,
        case.engagement_id,
        "design",
        accepted_on=TODAY,
        contact_id=case.client.signer_id,
        now=LATER,
        today=TODAY,
    )
    with pytest.raises(RuleViolation) as refused:
        await sign_subject(case.actor, "change_order", order_id)
    assert refused.value.code == "ITEM_LOCKED"
    with pytest.raises(RuleViolation):
        await change_orders.preview_changes(case.actor, case.engagement_id, [RemoveItem("design")])
    assert len(await versions(case)) == 1


async def test_only_what_is_signed_can_be_billed() -> None:
    case = await a_signed_engagement()
    order_id = await a_sent_order(case)

    async def billable() -> list[str]:
        async with read_only(case.actor.scope()) as uow:
            rows = await scope_queries.billable_items(uow, case.engagement_id)
        return [row["item_key"] for row in rows]

    assert await billable() == ["design", "build", "handover"]
    await sign_subject(case.actor, "change_order", order_id)
    assert sorted(await billable()) == ["build", "design", "handover", "shop"]


async def test_who_may_not_ask_and_what_cannot_be_is_refused() -> None:
    case = await a_signed_engagement()
    for values, error, code in (
        ({"requested_by": case.client.billing_id}, Forbidden, "CHANGE_NOT_ENTITLED"),
        ({"requested_by": uuid4()}, NotFound, "NOT_FOUND"),
        ({"reason": "whim"}, InvalidInput, "REASON"),
        ({"title": " "}, InvalidInput, "REQUIRED"),
        ({"requested_on": TODAY + timedelta(days=1)}, InvalidInput, "DATE_ORDER"),
        ({"changes": []}, InvalidInput, "CHANGES_EMPTY"),
        ({"changes": [RemoveItem("nowhere")]}, NotFound, "ITEM_NOT_FOUND"),
    ):
        details = replace(ChangeOrderDetails(title="A shop", changes=a_shop()), **values)
        with pytest.raises(error) as refused:
            await change_orders.create_change_order(
                case.actor, case.engagement_id, details, now=NOW, today=TODAY
            )
        assert refused.value.code == code
    async with read_only(case.actor.scope()) as uow:
        assert await queries.change_orders_of(uow, [case.engagement_id]) == []


async def test_nothing_is_ordered_before_the_contract_is_signed_or_while_work_is_suspended() -> (
    None
):
    case = await a_sent_contract()
    with pytest.raises(DomainError):
        await a_change_order(case)
    await sign_subject(case.actor, "services_contract", case.contract_id)
    order_id = await a_sent_order(case)
    async with unit_of_work(case.actor.scope()) as uow:
        await uow.execute(
            "update engagement set status = 'suspended' where tenant_id = $1 and id = $2",
            uow.tenant_id, case.engagement_id,
        )  # fmt: skip
    with pytest.raises(RuleViolation) as refused:
        await sign_subject(case.actor, "change_order", order_id)
    assert refused.value.code == "ENGAGEMENT_NOT_ACTIVE"


async def test_another_practice_finds_nothing_and_an_accountant_sends_nothing() -> None:
    case = await a_signed_engagement()
    order_id = await a_change_order(case)
    stranger = (await a_practice()).owner
    for wrong in (order_id, uuid4()):
        with pytest.raises(NotFound) as refused:
            await change_orders.send_change_order(
                stranger, wrong, expected_version=1, idempotency_key="k", now=LATER, today=TODAY
            )
        assert refused.value.message == "No change order with this id."
        with pytest.raises(NotFound):
            await change_orders.withdraw_change_order(
                stranger, wrong, expected_version=1, reason="", now=LATER
            )
    with pytest.raises(NotFound):
        await change_orders.preview_changes(stranger, case.engagement_id, a_shop())
    for actor in (case.people.accountant, case.people.assistant):
        with pytest.raises(Forbidden):
            await send(case, order_id, actor=actor)
    assert (await order_row(case, order_id))["status"] == "draft"


async def test_the_paper_gives_the_dates_of_the_place_where_the_practice_is() -> None:
    case = await a_sent_contract()
    late = NOW.replace(hour=23, minute=30)
    await sign_subject(case.actor, "services_contract", case.contract_id, now=late)
    first = await a_sent_order(case)
    await sign_subject(case.actor, "change_order", first, now=late + timedelta(days=1))
    second = await a_sent_order(case, a_shop("app"))
    document_id = (await order_row(case, second))["document_id"]
    async with read_only(case.actor.scope()) as uow:
        paper = json.loads(
            await uow.fetchval(
                "select payload from document where tenant_id = $1 and id = $2",
                uow.tenant_id, document_id,
            )
        )  # fmt: skip
    assert paper["engagement"]["contract_signed_on"] == "2026-03-03"
    assert [each["approved_on"] for each in paper["previous_orders"]] == ["2026-03-04"]


async def test_the_paper_lists_only_the_dates_that_move() -> None:
    case = await a_signed_engagement()
    for changes, moved in (
        (a_shop(), ["Hand-over"]),
        ([ReviseItem("design", {"fee_minor": 4_500_000})], []),
    ):
        order_id = await a_sent_order(case, changes)
        document_id = (await order_row(case, order_id))["document_id"]
        async with read_only(case.actor.scope()) as uow:
            paper = json.loads(
                await uow.fetchval(
                    "select payload from document where tenant_id = $1 and id = $2",
                    uow.tenant_id, document_id,
                )
            )  # fmt: skip
        assert [each["name"] for each in paper["milestones"]] == moved
