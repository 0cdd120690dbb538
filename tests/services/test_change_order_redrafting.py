"""Orders that follow from orders: rebased, voided and issued again, superseded; with the sums of each story."""

import json
from uuid import uuid4

import asyncpg
import pytest

from db.queries import change_orders as queries
from db.queries import scopes as scope_queries
from db.unit_of_work import read_only, unit_of_work
from services import acceptances, change_orders
from services.change_orders import ChangeOrderDetails, SupersedingDetails
from services.rules.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleViolation, Stale
from services.rules.scope import RemoveItem, ReviseItem
from tests.factories.engagements import (
    LATER,
    TODAY,
    Case,
    a_change_order,
    a_sent_order,
    a_shop,
    a_signed_engagement,
    current_scope,
    sign_subject,
)
from tests.factories.practices import a_practice

pytestmark = pytest.mark.usefixtures("database")


async def order_row(case: Case, order_id):
    async with read_only(case.actor.scope()) as uow:
        return await queries.change_order_by_id(uow, order_id)


async def fees(case: Case) -> list[int]:
    """The fee of every scope version, in minor units."""
    async with read_only(case.actor.scope()) as uow:
        rows = await scope_queries.versions_of(uow, [case.engagement_id])
    return [row["fee_minor"] for row in rows]


async def rebased(case: Case, order_id, version: int, *, actor=None):
    return await change_orders.rebase_change_order(
        actor or case.actor, order_id, expected_version=version, now=LATER, today=TODAY
    )


async def send(case: Case, order_id, version: int = 1) -> None:
    await change_orders.send_change_order(
        case.actor, order_id, expected_version=version, idempotency_key=case.key(), now=LATER, today=TODAY
    )  # fmt: skip


async def approved(case: Case, changes=None) -> object:
    order_id = await a_sent_order(case, changes)
    await sign_subject(case.actor, "change_order", order_id)
    return order_id


def totals(row) -> tuple[int, int, int, int]:
    return (
        row["original_sum_minor"],
        row["previously_approved_minor"],
        row["change_minor"],
        row["new_sum_minor"],
    )


# --- rebased ------------------------------------------------------------------------------------------------------------


async def test_an_order_that_went_stale_is_rebased_sent_again_and_signed() -> None:
    case = await a_signed_engagement()
    first = await a_sent_order(case)
    second = await a_sent_order(case, a_shop("blog", fee_minor=900_000))
    await sign_subject(case.actor, "change_order", first)
    draft = await rebased(case, second, 2)
    row, old = await order_row(case, draft), await order_row(case, second)
    assert (row["status"], row["number"], row["rebased_from_id"]) == ("draft", None, second)
    assert (old["status"], old["number"], old["decline_reason"]) == ("withdrawn", 2, "rebased")
    assert json.loads(row["carried_over"]) == {
        "from_number": 1,
        "to_number": 2,
        "conflicts": [],
        "notes": [],
    }
    same = ("title", "reason", "reason_text", "requested_by", "requested_on", "changes")
    assert [row[name] for name in same] == [old[name] for name in same]
    with pytest.raises(Conflict) as closed:
        await sign_subject(case.actor, "change_order", second)
    assert closed.value.code == "ENVELOPE_CLOSED"
    await send(case, draft)
    await sign_subject(case.actor, "change_order", draft)
    assert totals(await order_row(case, draft)) == (10_000_000, 2_500_000, 900_000, 13_400_000)
    assert await fees(case) == [10_000_000, 12_500_000, 13_400_000]


async def test_what_does_not_fit_is_told_with_the_values_of_both_sides_and_the_rest_is_kept() -> (
    None
):
    case = await a_signed_engagement()
    theirs = [ReviseItem("design", {"fee_minor": 4_500_000, "title": "Drawings"})]
    ours = [
        ReviseItem("design", {"fee_minor": 5_000_000, "title": "Drawings"}),
        ReviseItem("build", {"fee_minor": 6_600_000}),
    ]
    first, second = await a_sent_order(case, theirs), await a_sent_order(case, ours)
    await sign_subject(case.actor, "change_order", first)
    row = await order_row(case, await rebased(case, second, 2))
    told = json.loads(row["carried_over"])
    (conflict,) = told["conflicts"]
    assert {name: conflict[name] for name in ("change", "kind", "item_key", "field")} == {
        "change": 0,
        "kind": "field_changed_twice",
        "item_key": "design",
        "field": "fee_minor",
    }
    assert (conflict["base"], conflict["ours"], conflict["theirs"]) == (
        4_000_000,
        5_000_000,
        4_500_000,
    )
    assert [(note["item_key"], note["field"]) for note in told["notes"]] == [("design", "title")]
    assert json.loads(row["changes"]) == [
        {"op": "revise_item", "item_key": "build", "values": {"fee_minor": 6_600_000}}
    ]
    await send(case, row["id"])
    await sign_subject(case.actor, "change_order", row["id"])
    assert await fees(case) == [10_000_000, 10_500_000, 11_100_000]


async def test_a_draft_is_rebased_as_well_and_one_in_conflict_through_and_through_waits_empty() -> (
    None
):
    case = await a_signed_engagement()
    draft = await a_change_order(case, [ReviseItem("design", {"fee_minor": 5_000_000})])
    await approved(case, [ReviseItem("design", {"fee_minor": 4_500_000})])
    row = await order_row(case, await rebased(case, draft, 1))
    assert (row["changes"], len(json.loads(row["carried_over"])["conflicts"])) == ("[]", 1)
    with pytest.raises(InvalidInput) as refused:
        await send(case, row["id"])
    assert refused.value.code == "CHANGES_EMPTY"
    await change_orders.revise_change_order(
        case.actor,
        row["id"],
        ChangeOrderDetails(
            title="Design", changes=[ReviseItem("design", {"fee_minor": 5_000_000})]
        ),
        expected_version=1,
        now=LATER,
        today=TODAY,
    )
    await send(case, row["id"], 2)
    await sign_subject(case.actor, "change_order", row["id"])
    assert await fees(case) == [10_000_000, 10_500_000, 11_000_000]


async def test_what_was_accepted_meanwhile_is_a_conflict() -> None:
    case = await a_signed_engagement()
    order_id = await a_sent_order(case, [ReviseItem("design", {"fee_minor": 1}), *a_shop()])
    await acceptances.accept_item(
        case.actor,
        case.engagement_id,
        "design",
        accepted_on=TODAY,
        contact_id=case.client.signer_id,
        now=LATER,
        today=TODAY,
    )
    await approved(case, a_shop("blog", fee_minor=900_000))
    row = await order_row(case, await rebased(case, order_id, 2))
    told = json.loads(row["carried_over"])["conflicts"]
    assert [(each["kind"], each["item_key"]) for each in told] == [("item_locked", "design")]
    assert [each["op"] for each in json.loads(row["changes"])] == [
        "add_item",
        "add_dependency",
        "add_dependency",
    ]


async def test_there_is_nothing_to_rebase_on_or_nothing_left_to_do() -> None:
    case = await a_signed_engagement()
    first, twin = await a_sent_order(case), await a_sent_order(case)
    with pytest.raises(RuleViolation) as refused:
        await rebased(case, first, 2)
    assert refused.value.code == "BASE_IS_CURRENT"
    await sign_subject(case.actor, "change_order", first)
    with pytest.raises(RuleViolation) as refused:
        await rebased(case, twin, 2)
    assert refused.value.code == "ALREADY_IN_SCOPE"
    with pytest.raises(RuleViolation) as refused:
        await rebased(case, first, 3)
    assert refused.value.code == "CHANGE_ORDER_STATUS"
    with pytest.raises(Stale) as stale:
        await rebased(case, twin, 1)
    assert stale.value.details["current_version"] == 2
    assert (await order_row(case, twin))["status"] == "sent"


async def test_a_stale_order_that_is_rebased_twice_at_once_is_rebased_once() -> None:
    import asyncio

    case = await a_signed_engagement()
    second = await a_sent_order(case, a_shop("blog"))
    await approved(case)

    async def tried() -> str:
        try:
            await rebased(case, second, 2)
        except Stale as error:
            return error.code
        return "done"

    assert sorted(await asyncio.gather(*(tried() for _ in range(8)))) == [
        *["STALE_VERSION"] * 7,
        "done",
    ]
    async with read_only(case.actor.scope()) as uow:
        rows = await queries.change_orders_of(uow, [case.engagement_id])
    assert sorted(row["status"] for row in rows) == ["approved", "draft", "withdrawn"]


# --- voided and issued again --------------------------------------------------------------------------------------------


async def test_a_voided_offer_keeps_its_number_ends_its_links_and_is_issued_again() -> None:
    case = await a_signed_engagement()
    order_id = await a_sent_order(case)
    for reason in ("", "  "):
        with pytest.raises(InvalidInput):
            await change_orders.void_change_order(
                case.actor, order_id, expected_version=2, reason=reason, now=LATER
            )
    await change_orders.void_change_order(
        case.actor, order_id, expected_version=2, reason="Wrong price", now=LATER
    )
    old = await order_row(case, order_id)
    assert (old["status"], old["number"], old["decline_reason"]) == ("voided", 1, "Wrong price")
    with pytest.raises(Conflict) as closed:
        await sign_subject(case.actor, "change_order", order_id)
    assert closed.value.code == "ENVELOPE_CLOSED"
    again = await change_orders.reissue_change_order(case.actor, order_id, now=LATER, today=TODAY)
    row = await order_row(case, again)
    assert (row["status"], row["reissue_of_id"], row["changes"]) == (
        "draft",
        order_id,
        old["changes"],
    )
    with pytest.raises(Conflict) as twice:
        await change_orders.reissue_change_order(case.actor, order_id, now=LATER, today=TODAY)
    assert twice.value.code == "ALREADY_REISSUED"
    await send(case, again)
    await sign_subject(case.actor, "change_order", again)
    row = await order_row(case, again)
    assert (row["number"], totals(row)) == (2, (10_000_000, 0, 2_500_000, 12_500_000))


async def test_a_draft_or_a_decided_order_is_not_voided_and_an_approved_one_not_issued_again() -> (
    None
):
    case = await a_signed_engagement()
    draft, done = await a_change_order(case, a_shop("blog")), await approved(case)
    for order_id, version in ((draft, 1), (done, 3)):
        with pytest.raises(RuleViolation) as refused:
            await change_orders.void_change_order(
                case.actor, order_id, expected_version=version, reason="No", now=LATER
            )
        assert refused.value.code == "CHANGE_ORDER_STATUS"
        with pytest.raises(RuleViolation) as refused:
            await change_orders.reissue_change_order(case.actor, order_id, now=LATER, today=TODAY)
        assert refused.value.code == "CHANGE_ORDER_STATUS"
    assert await fees(case) == [10_000_000, 12_500_000]


# --- superseded ---------------------------------------------------------------------------------------------------------


async def superseding(case: Case, order_id, **values):
    return await change_orders.supersede_change_order(
        case.actor, order_id, SupersedingDetails(**values), now=LATER, today=TODAY
    )


async def test_an_order_that_undoes_another_supersedes_it_once_signed_and_both_count() -> None:
    case = await a_signed_engagement()
    old = await approved(case)
    draft = await superseding(case, old, reason_text="They sell elsewhere.")
    row = await order_row(case, draft)
    assert (row["title"], row["supersedes_id"], row["status"]) == (
        "Instead of 2026-001-CO01: A shop",
        old,
        "draft",
    )
    with pytest.raises(Conflict) as twice:
        await superseding(case, old)
    assert twice.value.code == "SUPERSEDING_EXISTS"
    await send(case, draft)
    assert (await order_row(case, old))["status"] == "approved"
    await sign_subject(case.actor, "change_order", draft)
    row, superseded = await order_row(case, draft), await order_row(case, old)
    assert (superseded["status"], superseded["superseded_by_id"]) == ("superseded", draft)
    assert superseded["decided_by"] == "Søren"
    # As on the paper: 100 000 + 25 000 before, − 25 000 now.
    assert totals(row) == (10_000_000, 2_500_000, -2_500_000, 10_000_000)
    third = await approved(case, a_shop("blog", fee_minor=900_000))
    assert totals(await order_row(case, third)) == (10_000_000, 0, 900_000, 10_900_000)
    assert await fees(case) == [10_000_000, 12_500_000, 10_000_000, 10_900_000]
    one, *_, last = await versions(case)
    assert {item["item_key"] for item in await items(case, last)} == {
        "site", "design", "build", "handover", "blog",
    }  # fmt: skip
    with pytest.raises(RuleViolation) as refused:
        await superseding(case, old)
    assert refused.value.code == "CHANGE_ORDER_STATUS"
    assert one["number"] == 1


async def versions(case: Case) -> list:
    async with read_only(case.actor.scope()) as uow:
        return await scope_queries.versions_of(uow, [case.engagement_id])


async def items(case: Case, version) -> list:
    async with read_only(case.actor.scope()) as uow:
        return await scope_queries.items_of(uow, [version["id"]])


async def test_what_later_orders_built_on_it_is_not_undone_and_is_told() -> None:
    case = await a_signed_engagement()
    old = await approved(case, [*a_shop(), ReviseItem("design", {"fee_minor": 4_200_000})])
    await approved(case, [ReviseItem("shop", {"fee_minor": 3_000_000})])
    row = await order_row(case, await superseding(case, old, title="Without a shop"))
    told = json.loads(row["carried_over"])["conflicts"]
    assert [(each["kind"], each["item_key"]) for each in told] == [("item_changed", "shop")]
    assert (told[0]["base"], told[0]["theirs"]) == (
        {"fee_minor": 2_500_000},
        {"fee_minor": 3_000_000},
    )
    # The practice decides that the shop goes all the same.
    await change_orders.revise_change_order(
        case.actor,
        row["id"],
        ChangeOrderDetails(
            title="Without a shop",
            changes=[ReviseItem("design", {"fee_minor": 4_000_000}), RemoveItem("shop")],
        ),
        expected_version=1,
        now=LATER,
        today=TODAY,
    )
    await send(case, row["id"], 2)
    await sign_subject(case.actor, "change_order", row["id"])
    assert (await order_row(case, old))["status"] == "superseded"
    assert totals(await order_row(case, row["id"])) == (
        10_000_000,
        3_200_000,
        -3_200_000,
        10_000_000,
    )


async def test_a_superseding_order_that_went_stale_still_supersedes_once_rebased() -> None:
    case = await a_signed_engagement()
    old = await approved(case)
    draft = await superseding(case, old)
    await send(case, draft)
    await approved(case, a_shop("blog", fee_minor=900_000))
    with pytest.raises(Stale):
        await sign_subject(case.actor, "change_order", draft)
    assert (await order_row(case, old))["status"] == "approved"
    again = await rebased(case, draft, 2)
    await send(case, again)
    await sign_subject(case.actor, "change_order", again)
    row = await order_row(case, old)
    assert (row["status"], row["superseded_by_id"]) == ("superseded", again)
    assert await fees(case) == [10_000_000, 12_500_000, 13_400_000, 10_900_000]


async def test_the_database_lets_nothing_else_happen_to_a_decided_order(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_signed_engagement()
    old, other = await approved(case), await approved(case, a_shop("blog"))
    before = dict(await order_row(case, old))
    for change in (
        f"status = 'superseded', superseded_by_id = '{other}'",
        f"status = 'superseded', superseded_by_id = '{old}'",
        "status = 'superseded'",
        "status = 'withdrawn'",
        "title = 'x'",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(f"update change_order set {change} where id = $1", old)
    draft = await superseding(case, old)
    await send(case, draft)
    # Sent is not signed.
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await owner_connection.execute(
            f"update change_order set status = 'superseded', superseded_by_id = '{draft}' where id = $1",
            old,
        )
    assert dict(await order_row(case, old)) == before
    await sign_subject(case.actor, "change_order", draft)
    for change in ("status = 'approved', superseded_by_id = null", "decided_by = 'x'"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(f"update change_order set {change} where id = $1", old)


async def test_another_practice_finds_nothing_and_an_accountant_redrafts_nothing() -> None:
    case = await a_signed_engagement()
    done = await approved(case)
    stale = await a_change_order(case, a_shop("blog"))
    stranger = (await a_practice()).owner
    before = await current_scope(case)

    def calls(actor, order_id):
        moment = {"now": LATER, "today": TODAY}
        return [
            change_orders.rebase_change_order(actor, order_id, expected_version=1, **moment),
            change_orders.reissue_change_order(actor, order_id, **moment),
            change_orders.supersede_change_order(actor, order_id, SupersedingDetails(), **moment),
            change_orders.void_change_order(
                actor, order_id, expected_version=1, reason="No", now=LATER
            ),
        ]

    for order_id in (done, stale, uuid4()):
        for call in calls(stranger, order_id):
            with pytest.raises(NotFound) as refused:
                await call
            assert refused.value.message == "No change order with this id."
        for call in calls(case.people.accountant, order_id):
            with pytest.raises(Forbidden):
                await call
    async with unit_of_work(case.actor.scope()) as uow:
        assert len(await queries.change_orders_of(uow, [case.engagement_id])) == 2
    assert (await current_scope(case))["id"] == before["id"]
