"""The budget of an engagement as of a date, from real invoices, payments, reports and costs; literal figures throughout."""

from decimal import Decimal

import pytest

from services import budgets
from services.actor import Actor
from services.rules.budgets import BudgetFigures
from services.rules.earned_value import EarnedValue
from services.rules.errors import DomainError, Forbidden, NotFound
from tests.factories.engagements import (
    a_scoped_engagement,
    a_sent_order,
    a_signed_engagement,
    sign_subject,
)
from tests.factories.money import (
    MARCH,
    a_billable_engagement,
    accept,
    an_issued_invoice,
    dkk,
    draft,
    issue,
    noon,
    pay,
)
from tests.factories.practices import a_practice
from tests.factories.progress import budget, report, spend

pytestmark = pytest.mark.usefixtures("database")


async def test_a_signed_engagement_stands_at_what_was_agreed() -> None:
    case = await a_signed_engagement(contingency_bps=500, retention_bps=1_000)
    found = await budget(case, MARCH[2])
    total = found.standing.total
    assert (total.fee_minor, total.cost_minor, total.margin_minor) == (10_000_000, 4_000_000, 6_000_000)  # fmt: skip
    assert (total.tax_minor, found.budget.total_minor) == (2_500_000, 12_500_000)
    assert (total.earned_minor, total.billed_minor, total.paid_minor) == (0, 0, 0)
    assert (found.contingency.agreed_minor, found.contingency.drawn_minor, found.contingency.left_minor) == (500_000, 0, 500_000)  # fmt: skip
    assert (found.retention.rate_bps, found.budget.retention_minor) == (1_000, 1_000_000)
    assert (found.retention.withheld_minor, found.retention.held_minor) == (0, 0)
    # The first of five days of design is planned: a fifth of 10 000.
    assert total.earned_value == EarnedValue(4_000_000, 200_000, 0, 0)
    assert total.earned_value.cost_performance_index is None


async def test_progress_and_cost_make_earned_value() -> None:
    case = await a_signed_engagement()
    await report(case, MARCH[13], design=100, build=20)
    await spend(case, MARCH[6], dkk(12_000), "design")
    await spend(case, MARCH[13], dkk(4_000), "build")
    total = (await budget(case, MARCH[13])).standing.total
    # Design is planned whole, build five days of ten: 10 000 + 15 000.
    assert total.earned_value == EarnedValue(4_000_000, 2_500_000, 1_600_000, 1_600_000)
    assert total.earned_value.schedule_performance_index == Decimal("0.6400")
    assert total.earned_value.cost_performance_index == Decimal("1.0000")
    assert total.earned_value.estimate_at_completion_minor == 4_000_000
    assert total.earned_value.to_complete_performance_index == Decimal("1.0000")
    assert (total.earned_minor, total.unbilled_minor) == (5_200_000, 5_200_000)
    # Fifteen days of work, of which five and two are done.
    assert total.percent_complete_bps == 4_667


@pytest.mark.parametrize(
    ("day", "planned"),
    [(1, 0), (2, 200_000), (6, 1_000_000), (8, 1_000_000), (9, 1_300_000), (20, 4_000_000), (31, 4_000_000)],
)  # fmt: skip
async def test_planned_value_is_linear_over_working_days(day: int, planned: int) -> None:
    case = await a_signed_engagement()
    found = await budget(case, MARCH[day], today=MARCH[31])
    assert found.standing.total.earned_value.planned_value_minor == planned


async def test_what_is_billed_and_paid_stands_on_the_items_of_the_invoice() -> None:
    case = await a_billable_engagement(retention_bps=1_000)
    for key in ("design", "build"):
        await accept(case, key)
    invoice_id = await draft(case)
    await issue(case, invoice_id)
    # 125 000 with tax; ten per cent of the net fee is retained, 115 000 is to be paid; of 50 000 two fifths are design's.
    await pay(case, invoice_id, dkk(50_000, 1))
    found = await budget(case, MARCH[20])
    design, build, total = found.standing.items["design"], found.standing.items["build"], found.standing.total  # fmt: skip
    assert (design.billed_minor, design.billed_gross_minor, design.paid_minor) == (4_000_000, 5_000_000, 2_000_000)  # fmt: skip
    assert (build.billed_minor, build.billed_gross_minor, build.paid_minor) == (6_000_000, 7_500_000, 3_000_001)  # fmt: skip
    assert (total.billed_minor, total.paid_minor, total.unbilled_minor) == (10_000_000, 5_000_001, 0)  # fmt: skip
    assert (found.retention.withheld_minor, found.retention.released_minor, found.retention.held_minor) == (1_000_000, 0, 1_000_000)  # fmt: skip
    assert (await budget(case, MARCH[6])).standing.total.billed_minor == 0


async def test_a_draft_is_not_billed_and_an_accepted_item_is_earned() -> None:
    case = await a_billable_engagement()
    await accept(case, "design")
    await draft(case)
    total = (await budget(case, MARCH[9])).standing.total
    assert (total.earned_minor, total.billed_minor, total.unbilled_minor) == (4_000_000, 0, 4_000_000)  # fmt: skip


async def test_what_was_not_known_yet_is_not_in_an_earlier_answer() -> None:
    case = await a_billable_engagement()
    invoice_id = await an_issued_invoice(case, "design")
    await report(case, MARCH[6], today=MARCH[16], build=10)
    await spend(case, MARCH[6], dkk(700), "build", now=noon(MARCH[16]), today=MARCH[16])
    await pay(case, invoice_id, dkk(100), on=MARCH[16])
    order_id = await a_sent_order(case)
    await sign_subject(case.actor, "change_order", order_id, now=noon(MARCH[10]))
    now = (await budget(case, MARCH[16])).standing.total
    assert (now.fee_minor, now.spent_minor, now.paid_minor) == (12_500_000, 70_000, 10_000)
    then = (await budget(case, MARCH[6], known_at=noon(MARCH[6]), today=MARCH[16])).standing.total
    assert (then.fee_minor, then.spent_minor, then.paid_minor, then.billed_minor) == (10_000_000, 0, 0, 0)  # fmt: skip
    later = (await budget(case, MARCH[6], today=MARCH[16])).standing.total
    assert (later.spent_minor, later.percent_complete_bps > then.percent_complete_bps) == (70_000, True)  # fmt: skip
    with pytest.raises(NotFound) as unsigned:
        await budget(case, MARCH[6], known_at=noon(MARCH[1]), today=MARCH[16])
    assert unsigned.value.code == "NO_SCOPE_VERSION"


async def test_an_approved_order_is_part_of_the_budget() -> None:
    case = await a_signed_engagement()
    await sign_subject(case.actor, "change_order", await a_sent_order(case))
    found = await budget(case, MARCH[25], today=MARCH[31])
    assert found.standing.total.earned_value.budget_at_completion_minor == 4_500_000
    assert found.standing.items["shop"].earned_value.planned_value_minor == 500_000
    assert found.plan.days_between(found.plan.baseline["delivery_date"], found.plan.version["delivery_date"]) == 3  # fmt: skip


async def test_phases_and_what_belongs_to_none_sum_to_the_total() -> None:
    case = await a_billable_engagement(retention_bps=333)
    await report(case, MARCH[9], design=100, build=33)
    await spend(case, MARCH[9], dkk(1, 1), "design")
    await spend(case, MARCH[9], dkk(2, 2))
    await an_issued_invoice(case, "design")
    standing = (await budget(case, MARCH[20])).standing
    leaves = [standing.items[key] for key in ("design", "build", "handover")]
    for name in ("fee_minor", "tax_minor", "earned_minor", "billed_minor", "paid_minor", "unbilled_minor", "spent_minor"):  # fmt: skip
        whole = getattr(standing.total, name)
        assert whole == sum(getattr(p, name) for p in [*standing.phases.values(), standing.unassigned])  # fmt: skip
        assert whole == sum(getattr(leaf, name) for leaf in [*leaves, standing.unassigned])
    assert standing.unassigned == BudgetFigures(earned_value=EarnedValue(actual_cost_minor=202))


async def test_a_budget_is_for_members_alone_and_of_a_day_that_has_come() -> None:
    case = await a_signed_engagement()
    contact = Actor(case.people.practice_id, "client", contact_id=case.client.signer_id)
    for actor, error in ((contact, Forbidden), ((await a_practice()).owner, NotFound)):
        with pytest.raises(error):
            await budgets.budget_of(actor, case.engagement_id, as_of=MARCH[6], today=MARCH[6])
    for actor in (case.people.accountant, case.people.assistant):
        await budgets.budget_of(actor, case.engagement_id, as_of=MARCH[6], today=MARCH[6])
    with pytest.raises(DomainError) as refused:
        await budget(case, MARCH[7], today=MARCH[6])
    assert (refused.value.code, refused.value.field) == ("DATE", "asOf")
    draft_case = await a_scoped_engagement(case.people)
    with pytest.raises(NotFound) as unsigned:
        await budget(draft_case, MARCH[6])
    assert unsigned.value.code == "NO_SCOPE_VERSION"
