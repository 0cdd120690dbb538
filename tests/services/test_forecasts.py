"""The forecast: what is done stays, what is left begins after the status date, and every shift is in working days."""

from datetime import date

import pytest

from services import forecasts
from services.actor import Actor
from services.rules.errors import DomainError, Forbidden, NotFound
from services.rules.progress import ItemReport
from services.rules.schedule import ConstraintKind
from services.rules.scope import ReviseItem
from tests.factories.engagements import (
    a_scoped_engagement,
    a_sent_order,
    a_shop,
    a_signed_engagement,
    sign_subject,
)
from tests.factories.money import MARCH, accept
from tests.factories.practices import a_practice
from tests.factories.progress import forecast, report

pytestmark = pytest.mark.usefixtures("database")


def dates(found, key: str) -> tuple[date, date]:
    item = next(item for item in found.items if item.item_key == key)
    return item.start_date, item.finish_date


async def test_a_plan_on_its_way_is_forecast_as_planned() -> None:
    case = await a_signed_engagement()
    await report(case, MARCH[6], design=100)
    found = await forecast(case, MARCH[6])
    assert dates(found, "design") == (MARCH[2], MARCH[6])
    assert dates(found, "build") == (MARCH[9], MARCH[20])
    assert (found.delivery_date, found.shift_days, found.baseline_shift_days) == (MARCH[20], 0, 0)
    assert [(i.item_key, i.percent_complete_bps, i.is_complete) for i in found.items] == [
        ("site", 3_333, False), ("design", 10_000, True), ("build", 0, False), ("handover", 0, False),
    ]  # fmt: skip


async def test_what_is_left_is_scheduled_from_the_day_after_the_status_date() -> None:
    case = await a_signed_engagement()
    await report(case, MARCH[6], design=60)
    found = await forecast(case, MARCH[6])
    # Two of five days are left: Monday and Tuesday. Build takes its ten days after that.
    assert dates(found, "design") == (MARCH[2], MARCH[10])
    assert dates(found, "build") == (MARCH[11], MARCH[24])
    assert (found.delivery_date, found.shift_days) == (MARCH[24], 2)
    shifts = {item.item_key: item.finish_shift_days for item in found.items}
    assert shifts == {"site": 2, "design": 2, "build": 2, "handover": 2}


async def test_work_done_early_brings_delivery_forward() -> None:
    case = await a_signed_engagement()
    await report(case, MARCH[5], ItemReport("design", 10_000, MARCH[2], MARCH[4]))
    found = await forecast(case, MARCH[5])
    assert dates(found, "design") == (MARCH[2], MARCH[4])
    assert dates(found, "build") == (MARCH[6], MARCH[19])
    assert (found.delivery_date, found.shift_days) == (MARCH[19], -1)


async def test_nothing_reported_slips_from_the_status_date_on() -> None:
    case = await a_signed_engagement()
    found = await forecast(case, MARCH[11])
    assert dates(found, "design") == (MARCH[12], MARCH[18])
    assert found.shift_days == 8


async def test_what_the_client_accepted_is_done() -> None:
    case = await a_signed_engagement()
    for key in ("design", "build", "handover"):
        await accept(case, key, on=MARCH[12])
    found = await forecast(case, MARCH[12])
    assert (found.is_delivered, found.delivery_date) == (True, MARCH[12])
    assert dates(found, "design") == (MARCH[2], MARCH[12])
    assert (await forecast(case, MARCH[11])).is_delivered is False


async def test_shifts_are_told_against_the_plan_in_force_and_the_baseline() -> None:
    case = await a_signed_engagement()
    await sign_subject(case.actor, "change_order", await a_sent_order(case, a_shop(days=3)))
    await report(case, MARCH[6], design=80)
    found = await forecast(case, MARCH[6])
    # Planned until Wednesday 25 March; one day of design is left.
    assert (found.plan.version["number"], found.delivery_date) == (2, MARCH[26])
    assert (found.shift_days, found.baseline_shift_days) == (1, 4)
    shop = next(item for item in found.items if item.item_key == "shop")
    assert (shop.baseline_finish_date, shop.baseline_finish_shift_days) == (None, None)


@pytest.mark.parametrize(
    ("promised", "past", "left"),
    [(None, 4, -2), (MARCH[27], -3, 3), (MARCH[23], 1, -1)],
)
async def test_the_forecast_is_held_against_the_promise(promised, past: int, left: int) -> None:
    case = await a_signed_engagement(promised_date=promised)
    await report(case, MARCH[6], design=60)
    found = await forecast(case, MARCH[6])
    assert (found.days_past_promise, found.working_days_left) == (past, left)


async def test_without_a_status_date_the_last_report_counts_for_a_week() -> None:
    case = await a_signed_engagement()

    async def seen(today: date) -> tuple[date, date]:
        found = await forecasts.forecast_of(case.actor, case.engagement_id, today=today)
        return found.status_date, found.delivery_date

    assert await seen(MARCH[2]) == (date(2026, 2, 23), MARCH[20])
    await report(case, MARCH[6], design=100)
    assert await seen(MARCH[6]) == (MARCH[6], MARCH[20])
    assert await seen(MARCH[13]) == (MARCH[6], MARCH[20])
    assert await seen(MARCH[16]) == (MARCH[9], MARCH[23])


async def test_a_forecast_is_for_members_of_a_signed_engagement_and_from_a_day_that_has_come() -> None:  # fmt: skip
    case = await a_signed_engagement()
    contact = Actor(case.people.practice_id, "client", contact_id=case.client.signer_id)
    for actor, error in ((contact, Forbidden), ((await a_practice()).owner, NotFound)):
        with pytest.raises(error):
            await forecasts.forecast_of(actor, case.engagement_id, today=MARCH[6])
    await forecasts.forecast_of(case.people.accountant, case.engagement_id, today=MARCH[6])
    with pytest.raises(DomainError) as refused:
        await forecasts.forecast_of(
            case.actor, case.engagement_id, status_date=MARCH[7], today=MARCH[6]
        )
    assert (refused.value.code, refused.value.field) == ("DATE", "statusDate")
    draft = await a_scoped_engagement(case.people)
    with pytest.raises(NotFound) as unsigned:
        await forecasts.forecast_of(draft.actor, draft.engagement_id, today=MARCH[6])
    assert unsigned.value.code == "NO_SCOPE_VERSION"


async def test_a_part_time_item_is_forecast_at_its_pace() -> None:
    case = await a_signed_engagement()
    order_id = await a_sent_order(
        case,
        [
            ReviseItem(
                "build",
                {
                    "constraint_kind": ConstraintKind.FINISH_NO_LATER_THAN,
                    "constraint_date": MARCH[20],
                    "allocation_bps": 5_000,
                },
            )
        ],
    )
    await sign_subject(case.actor, "change_order", order_id)
    await report(case, MARCH[6], design=100)
    found = await forecast(case, MARCH[6])
    # Ten days of work at half time are twenty: over Easter until Wednesday 8 April.
    assert dates(found, "build") == (MARCH[9], date(2026, 4, 8))
    assert found.shift_days == 0
