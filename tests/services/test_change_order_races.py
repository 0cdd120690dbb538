"""Many at once: one change order makes one scope version, whoever comes first."""

import asyncio
from collections import Counter

import pytest

from db.queries import change_orders as queries
from db.queries import scopes as scope_queries
from db.unit_of_work import read_only, unit_of_work
from services import change_orders
from services.change_orders.outcomes import on_signed
from services.rules.errors import DomainError
from tests.factories.engagements import (
    LATER,
    TODAY,
    a_change_order,
    a_sent_order,
    a_shop,
    a_signed_engagement,
    current_scope,
    sign_subject,
)

pytestmark = pytest.mark.usefixtures("database")


async def tried(call) -> str:
    """What became of a call, as its code."""
    try:
        await call
    except DomainError as error:
        return error.code
    return "done"


async def state(case) -> tuple[list[int], list[str]]:
    async with read_only(case.actor.scope()) as uow:
        versions = await scope_queries.versions_of(uow, [case.engagement_id])
        orders = await queries.change_orders_of(uow, [case.engagement_id])
    return [row["number"] for row in versions], [row["status"] for row in orders]


async def test_twenty_approvals_at_once_make_one_new_version() -> None:
    case = await a_signed_engagement()
    order_id = await a_sent_order(case)
    async with read_only(case.actor.scope()) as uow:
        order = await queries.change_order_by_id(uow, order_id)

    async def approve() -> None:
        # Past the envelope, which lets only one through already: the handler alone must hold as well.
        async with unit_of_work(case.actor.scope()) as uow:
            await on_signed(
                uow,
                subject_id=order_id,
                document_id=order["document_id"],
                fingerprint="",
                signer_name="Søren",
                now=LATER,
            )

    ends = Counter(await asyncio.gather(*(tried(approve()) for _ in range(20))))
    assert ends == {"done": 1, "CHANGE_ORDER_STATUS": 19}
    assert await state(case) == ([1, 2], ["approved"])
    assert (await current_scope(case))["fee_minor"] == 12_500_000
    # Its envelope was passed by; left open, it would bother whoever sweeps this database.
    async with unit_of_work(case.actor.scope()) as uow:
        await uow.execute(
            "update envelope set status = 'completed', closed_at = $3 where tenant_id = $1 and id = $2",
            uow.tenant_id, order["envelope_id"], LATER,
        )  # fmt: skip


async def test_twenty_clicks_on_the_link_make_one_new_version() -> None:
    case = await a_signed_engagement()
    order_id = await a_sent_order(case)
    answers = await asyncio.gather(
        *(sign_subject(case.actor, "change_order", order_id) for _ in range(20))
    )
    assert Counter(answer.is_repeat for answer in answers) == {False: 1, True: 19}
    assert await state(case) == ([1, 2], ["approved"])


async def test_of_twenty_orders_on_one_base_signed_at_once_one_is_applied() -> None:
    case = await a_signed_engagement()
    orders = [
        await a_sent_order(case, a_shop(f"shop{at}", fee_minor=2_500_000)) for at in range(20)
    ]
    ends = Counter(
        await asyncio.gather(
            *(tried(sign_subject(case.actor, "change_order", each)) for each in orders)
        )
    )
    assert ends == {"done": 1, "STALE_BASE": 19}
    numbers, statuses = await state(case)
    assert (numbers, Counter(statuses)) == ([1, 2], {"approved": 1, "sent": 19})
    version = await current_scope(case)
    # Once 25 000 on top of 100 000, with its tax, and not twenty times.
    assert (version["fee_minor"], version["tax_minor"]) == (12_500_000, 3_125_000)
    assert await item_keys(version["id"], case) - {"site", "design", "build", "handover"} == {
        f"shop{orders.index(version['change_order_id'])}"
    }


async def item_keys(version_id, case) -> set[str]:
    async with read_only(case.actor.scope()) as uow:
        return {row["item_key"] for row in await scope_queries.items_of(uow, [version_id])}


async def test_orders_sent_at_once_are_numbered_without_gaps() -> None:
    case = await a_signed_engagement()
    orders = [await a_change_order(case, a_shop(f"shop{at}")) for at in range(8)]
    await asyncio.gather(
        *(
            change_orders.send_change_order(
                case.actor,
                each,
                expected_version=1,
                idempotency_key=case.key(),
                now=LATER,
                today=TODAY,
            )
            for each in orders
        )
    )
    async with read_only(case.actor.scope()) as uow:
        rows = await queries.change_orders_of(uow, [case.engagement_id])
    assert [row["number"] for row in rows] == list(range(1, 9))


async def test_withdrawing_and_signing_at_once_end_in_one_of_the_two() -> None:
    case = await a_signed_engagement()
    order_id = await a_sent_order(case)
    ends = await asyncio.gather(
        tried(sign_subject(case.actor, "change_order", order_id)),
        tried(
            change_orders.withdraw_change_order(
                case.actor, order_id, expected_version=2, reason="", now=LATER
            )
        ),
    )
    numbers, statuses = await state(case)
    if ends[0] == "done":
        assert (ends[1], numbers, statuses) == ("STALE_VERSION", [1, 2], ["approved"])
    else:
        assert (ends, numbers, statuses) == (["ENVELOPE_CLOSED", "done"], [1], ["withdrawn"])
