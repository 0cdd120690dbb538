"""Work that stops for want of payment: only through the gate, and by exactly the days that were lost."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from db.queries import change_orders as order_queries
from db.queries import dunning as queries
from db.unit_of_work import read_only
from services import acceptances, change_orders, dunning, suspensions
from services.engagements import ContractClauses
from services.practices import system_actor
from services.rules.errors import Conflict, DomainError, Forbidden, NotFound, RuleViolation, Stale
from tests.factories.dunning import a_ladder, mails
from tests.factories.engagements import (
    Case,
    a_change_order,
    current_scope,
    engagement_row,
    sign_subject,
)
from tests.factories.money import (
    MARCH,
    a_billable_engagement,
    accept,
    an_issued_invoice,
    dkk,
    noon,
    pay,
)

pytestmark = pytest.mark.usefixtures("database")

CLAUSES = ContractClauses(suspension_overdue_days=3, suspension_notice_days=2)


async def code_of(doing, kind=DomainError) -> str:
    """The code of the refusal."""
    with pytest.raises(kind) as refusal:
        await doing
    return refusal.value.code


async def a_late_engagement(**changes) -> tuple[Case, UUID]:
    """The design, DKK 50 000, due on Monday 9 March; the work ends on Friday 20 March."""
    case = await a_billable_engagement(**{"clauses": CLAUSES, "payment_terms_days": 0, **changes})
    return case, await an_issued_invoice(case, on=MARCH[9])


async def serve(case: Case, day: date = MARCH[13], **values) -> UUID:
    """Notice by mail."""
    return await suspensions.serve_suspension_notice(
        case.people.assistant,
        case.engagement_id,
        **{"served_how": "mail", "today": day, "now": noon(day), **values},
    )


async def stop(case: Case, day: date = MARCH[16], version: int = 1) -> UUID:
    """The work, stopped."""
    return await suspensions.suspend(
        case.actor, case.engagement_id, expected_version=version, today=day, now=noon(day)
    )


async def turn(case: Case, day: date) -> tuple[int, int]:
    """The worker's look."""
    return await suspensions.sweep_suspensions(system_actor(case.actor.tenant_id), noon(day))


async def row(case: Case, suspension_id: UUID):
    """A suspension as it is stored."""
    async with read_only(case.actor.scope()) as uow:
        (found,) = await queries.rows_by_ids(uow, "suspension", [suspension_id])
    return found


async def test_payment_lifts_a_suspension_and_the_date_moves_by_exactly_the_days_lost() -> None:
    case, invoice_id = await a_late_engagement()
    suspension_id = await serve(case)
    assert (await row(case, suspension_id))["may_stop_on"] == MARCH[16]
    await stop(case)
    assert (await engagement_row(case))["status"] == "suspended"
    for refused in (
        a_change_order(case),
        acceptances.deliver(
            case.actor, case.engagement_id, item_keys=["build"], delivered_on=MARCH[17],
            idempotency_key=case.key(), now=noon(MARCH[17]), today=MARCH[17],
        ),
    ):  # fmt: skip
        assert await code_of(refused) == "ENGAGEMENT_NOT_ACTIVE"
    await pay(case, invoice_id, dkk(49_999, 99), on=MARCH[18])
    assert await turn(case, MARCH[18]) == (0, 0)
    await pay(case, invoice_id, dkk(0, 1), on=MARCH[25])
    assert await turn(case, MARCH[27]) == (1, 0)
    assert await turn(case, MARCH[27]) == (0, 0)
    lifted = await row(case, suspension_id)
    # 16 to 20 and 23 to 25 March; eight working days after 20 March is 1 April.
    assert (lifted["status"], lifted["ended_on"], lifted["working_days"], lifted["is_paid"]) == (
        "lifted", MARCH[25], 8, True,
    )  # fmt: skip
    assert (lifted["delivery_before"], lifted["delivery_after"]) == (MARCH[20], date(2026, 4, 1))
    assert (await engagement_row(case))["status"] == "active"
    order_id = await suspensions.draft_extension(
        case.people.assistant, suspension_id, today=MARCH[27], now=noon(MARCH[27])
    )
    await change_orders.send_change_order(
        case.actor, order_id, expected_version=1, idempotency_key=case.key(),
        now=noon(MARCH[27]), today=MARCH[27],
    )  # fmt: skip
    await sign_subject(case.actor, "change_order", order_id, now=noon(MARCH[28]))
    assert (await current_scope(case))["delivery_date"] == date(2026, 4, 1)
    kinds = [m["kind"] for m in await mails(case, "%suspen%")] + [
        m["kind"] for m in await mails(case, "work_resumed")
    ]
    assert kinds == ["suspension_notice", "work_suspended", "work_resumed"]


async def test_the_gate_asks_for_the_clause_the_sum_the_notice_and_its_days() -> None:
    case, invoice_id = await a_late_engagement()
    assert await code_of(serve(case, MARCH[12])) == "NOT_OVERDUE_ENOUGH"  # three days, not more
    assert await code_of(stop(case), RuleViolation) == "NO_SUSPENSION_NOTICE"
    await a_ladder(case, on=MARCH[12], suspension_from_minor=5_000_001)
    assert await code_of(serve(case)) == "NOT_OVERDUE_ENOUGH"
    await a_ladder(case, on=MARCH[12], suspension_from_minor=5_000_000)
    await serve(case)
    assert await code_of(serve(case), Conflict) == "SUSPENSION_OPEN"
    assert await code_of(stop(case, MARCH[15])) == "NOTICE_RUNNING"
    assert await code_of(stop(case, version=2), Stale) == "STALE_VERSION"
    await dunning.stop_dunning(
        case.actor, invoice_id, "dispute", reason="The colours are wrong.", now=noon(MARCH[14])
    )
    assert await code_of(stop(case)) == "NOTHING_OVERDUE"
    assert (await engagement_row(case))["status"] == "active"


async def test_without_the_clause_the_work_goes_on() -> None:
    case, _ = await a_late_engagement(clauses=replace(CLAUSES, suspension_overdue_days=None, suspension_notice_days=None))  # fmt: skip
    assert await code_of(serve(case)) == "SUSPENSION_NOT_AGREED"


async def test_paying_in_time_withdraws_the_notice() -> None:
    case, invoice_id = await a_late_engagement()
    suspension_id = await serve(case)
    await pay(case, invoice_id, dkk(50_000), on=MARCH[14])
    assert await turn(case, MARCH[16]) == (1, 0)
    found = await row(case, suspension_id)
    assert (found["status"], found["working_days"]) == ("withdrawn", None)
    refused = suspensions.draft_extension(
        case.actor, suspension_id, today=MARCH[16], now=noon(MARCH[16])
    )
    assert await code_of(refused) == "NOTHING_TO_EXTEND"


async def test_the_owner_alone_lifts_what_is_not_paid() -> None:
    case, _ = await a_late_engagement()
    suspension_id = await serve(case, served_how="letter", served_on=MARCH[13], proof="R 1234")
    await stop(case)
    for who, kind in ((case.people.staff, Forbidden), (case.people.accountant, Forbidden)):
        refused = suspensions.lift_suspension(
            who, case.engagement_id, reason="Please.", today=MARCH[17], now=noon(MARCH[17])
        )
        assert await code_of(refused, kind) == "FORBIDDEN"
    await suspensions.lift_suspension(
        case.actor, case.engagement_id, reason="They pay on Monday.", today=MARCH[17],
        now=noon(MARCH[17]),
    )  # fmt: skip
    found = await row(case, suspension_id)
    assert (found["working_days"], found["is_paid"]) == (2, False)
    await accept(case, "build", on=MARCH[20])
    async with read_only(case.actor.scope()) as uow:
        assert await order_queries.change_orders_of(uow, [case.engagement_id]) == []


async def test_another_practice_finds_no_such_engagement() -> None:
    case, _ = await a_late_engagement()
    other = await a_billable_engagement()
    refused = suspensions.serve_suspension_notice(
        other.actor, case.engagement_id, served_how="mail", today=MARCH[13], now=noon(MARCH[13])
    )
    assert await code_of(refused, NotFound) == "NOT_FOUND"
