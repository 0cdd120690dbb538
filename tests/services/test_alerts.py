"""Alerts: raised once while there is time, brought up to date in silence, cleared by themselves, and kept."""

import asyncio
from datetime import date, timedelta
from typing import Any

import asyncpg
import orjson
import pytest
from structlog.testing import capture_logs

from db.unit_of_work import read_only
from services import alerts, mail
from services.actor import Actor
from services.practices import deactivate_member
from services.rules.alerts import Thresholds
from services.rules.errors import Conflict, DomainError, Forbidden, NotFound, Stale
from services.rules.money import Money
from services.rules.schedule import ConstraintKind
from services.rules.scope import RemoveItem, ReviseItem
from services.sweep import sweep
from tests.factories.engagements import (
    Case,
    a_scoped_engagement,
    a_sent_order,
    a_signed_engagement,
    sign_subject,
)
from tests.factories.money import MARCH, accept, dkk, noon
from tests.factories.practices import a_practice
from tests.factories.progress import all_alerts, look, report, spend, standing

pytestmark = pytest.mark.usefixtures("database")


async def mails(case: Case) -> list[Any]:
    """The alert mails of the practice, in the order they were queued."""
    async with read_only(case.actor.scope()) as uow:
        return await uow.fetch(
            "select * from outbox_message where tenant_id = $1 and kind = 'alert_raised' order by id",
            case.people.practice_id,
        )


async def set_thresholds(case: Case, engagement_id=..., *, version: int = 0, on: date = MARCH[2], **values):  # fmt: skip
    await alerts.set_thresholds(
        case.actor,
        case.engagement_id if engagement_id is ... else engagement_id,
        **{"near_days": None, "contingency_bps": None, "budget_bps": None, **values},
        expected_version=version,
        now=noon(on),
    )


async def test_a_slipped_delivery_is_told_before_the_promised_date_and_only_once() -> None:
    case = await a_signed_engagement(promised_date=MARCH[27])
    await report(case, MARCH[6], design=100)
    assert await standing(case) == []
    await report(case, MARCH[13], build=0)
    # Build begins on Monday 16 March and ends on Friday 27 March: on the promised day.
    assert await standing(case) == [("forecast_near_promise", "open")]
    await report(case, MARCH[16], build=5)
    assert await standing(case) == [
        ("forecast_near_promise", "cleared"), ("forecast_past_promise", "open"),
    ]  # fmt: skip
    for day in (17, 18):
        await report(case, MARCH[day], build=5)
    near, past = await all_alerts(case)
    assert (near["raised_at"], near["cleared_at"]) == (noon(MARCH[13]), noon(MARCH[16]))
    assert (past["raised_at"], past["updated_at"]) == (noon(MARCH[16]), noon(MARCH[18]))
    # 9.5 days are left on the evening of Wednesday 18 March: ten, until Wednesday 1 April.
    assert orjson.loads(past["data"]) == {
        "promised_date": "2026-03-27", "delivery_date": "2026-04-01", "days": 3,
    }  # fmt: skip
    # One mail each to owner and assistant when it is raised, and none for what goes on.
    assert len(await mails(case)) == 4
    await report(case, MARCH[20], build=80)
    assert await standing(case) == [
        ("forecast_near_promise", "cleared"), ("forecast_past_promise", "cleared"),
    ]  # fmt: skip


async def test_the_mail_says_what_by_how_much_and_what_to_do() -> None:
    case = await a_signed_engagement(promised_date=MARCH[20])
    await report(case, MARCH[6], design=60)
    to_assistant, to_owner = sorted(await mails(case), key=lambda row: row["recipient_email"])
    assert [to_assistant["recipient_email"], to_owner["recipient_email"]] == [
        "assistant@nordlys.example", "owner@nordlys.example",
    ]  # fmt: skip
    letter = mail.write(
        "alert_raised", "da", orjson.loads(to_owner["data"]), recipient_name="Freja", timezone="UTC", link=None,
        sender="Sofie Holm",
    )  # fmt: skip
    assert letter.subject == "Advarsel: New website"
    said = letter.text.replace("\u00a0", " ")
    assert (
        "leveres arbejdet 24. marts 2026: 2 arbejdsdage efter den lovede dato 20. marts 2026"
        in said
    )
    assert "Sig det til kunden nu" in said


async def test_without_a_promised_date_the_signed_delivery_is_the_promise() -> None:
    case = await a_signed_engagement()
    await report(case, MARCH[6], design=80)
    (row,) = await all_alerts(case)
    assert row["kind"] == "forecast_past_promise"
    assert orjson.loads(row["data"])["promised_date"] == "2026-03-20"


async def test_a_signed_order_moves_the_promise_and_clears_the_alert() -> None:
    case = await a_signed_engagement(promised_date=MARCH[20])
    await report(case, MARCH[6], design=60)
    assert await standing(case) == [("forecast_past_promise", "open")]
    longer = [ReviseItem("build", {"duration_days": 12, "fee_minor": 7_000_000})]
    order_id = await a_sent_order(case, longer)
    assert await standing(case) == [("forecast_past_promise", "open")]
    await sign_subject(case.actor, "change_order", order_id, now=noon(MARCH[9]))
    # The client signed Tuesday 24 March; with two days of design left it is going to be Thursday 26 March.
    (row,) = await all_alerts(case)
    assert orjson.loads(row["data"])["promised_date"] == "2026-03-24"
    shorter = await a_sent_order(case, [ReviseItem("build", {"duration_days": 5})])
    await sign_subject(case.actor, "change_order", shorter, now=noon(MARCH[9]))
    assert [status for _, status in await standing(case)] == ["cleared"]


async def test_an_item_that_misses_its_own_date_is_named() -> None:
    case = await a_signed_engagement(promised_date=date(2026, 4, 30))
    agreed = {"constraint_kind": ConstraintKind.FINISH_NO_LATER_THAN, "constraint_date": MARCH[6]}
    await sign_subject(case.actor, "change_order", await a_sent_order(case, [ReviseItem("design", agreed)]))  # fmt: skip
    await report(case, MARCH[5], design=40)
    (row,) = await all_alerts(case)
    assert (row["kind"], row["subject"]) == ("forecast_past_deadline", "design")
    assert orjson.loads(row["data"])["delivery_date"] == "2026-03-10"
    await report(case, MARCH[9], design=100)
    assert await standing(case) == [("forecast_past_deadline", "cleared")]


async def test_the_cost_budget_is_watched_by_what_was_spent_and_by_what_it_will_be() -> None:
    case = await a_signed_engagement(promised_date=date(2026, 4, 30))
    await spend(case, MARCH[4], dkk(11_000), "design")
    assert await standing(case) == []
    # Half of design for 11 000: the 40 000 will be 88 000.
    await report(case, MARCH[4], design=50)
    assert ("budget_forecast_exceeded", "open") in await standing(case)
    await report(case, MARCH[6], design=100, build=10)
    # 13 000 earned for 11 000.
    assert await standing(case) == [("budget_forecast_exceeded", "cleared")]
    await spend(case, MARCH[9], dkk(25_000))
    assert ("budget_used", "open") in await standing(case)
    await spend(case, MARCH[9], Money(-2_500_000, "DKK"), note="Another engagement's")
    assert not [kind for kind, status in await standing(case) if status != "cleared"]


async def test_the_contingency_is_watched() -> None:
    case = await a_signed_engagement(contingency_bps=500, promised_date=date(2026, 4, 30))
    await report(case, MARCH[6], design=100)
    await set_thresholds(case, contingency_bps=5_000)
    drawing = [ReviseItem("build", {"fee_minor": 6_300_000})]
    order_id = await a_sent_order(case, drawing, contingency_draw_minor=300_000)
    await sign_subject(case.actor, "change_order", order_id, now=noon(MARCH[9]))
    (row,) = await all_alerts(case)
    assert orjson.loads(row["data"]) == {
        "used_minor": 300_000, "whole_minor": 500_000, "left_minor": 200_000, "share_bps": 6_000, "threshold_bps": 5_000,
        "currency": "DKK",
    }  # fmt: skip
    assert row["kind"] == "contingency_used"


# --- thresholds ----------------------------------------------------------------------------------------------------------


async def in_force(case: Case) -> alerts.AlertThresholds:
    async with read_only(case.actor.scope()) as uow:
        return await alerts.thresholds(uow, case.engagement_id)


async def test_an_engagements_thresholds_win_over_the_practices_and_those_over_the_defaults() -> None:  # fmt: skip
    case = await a_signed_engagement()
    assert (await in_force(case)).in_force == Thresholds(3, 8_000, 9_000)
    await set_thresholds(case, None, near_days=10, budget_bps=5_000)
    await set_thresholds(case, near_days=0)
    found = await in_force(case)
    assert found.in_force == Thresholds(0, 8_000, 5_000)
    assert (found.near_days, found.budget_bps, found.version) == (0, None, 1)
    await set_thresholds(case, version=1, contingency_bps=1)
    assert (await in_force(case)).in_force == Thresholds(10, 1, 5_000)


async def test_new_thresholds_are_looked_at_at_once_or_by_the_worker() -> None:
    case = await a_signed_engagement()
    await spend(case, MARCH[3], dkk(20_000))
    await set_thresholds(case, on=MARCH[3], budget_bps=5_000)
    assert await standing(case) == [("budget_used", "open")]
    await set_thresholds(case, on=MARCH[3], version=1)
    assert await standing(case) == [("budget_used", "cleared")]
    assert await look(case, MARCH[3]) == (0, 0)
    await set_thresholds(case, None, on=MARCH[3], budget_bps=4_000)
    assert await look(case, MARCH[3]) == (1, 0)
    assert await standing(case) == [("budget_used", "cleared"), ("budget_used", "open")]


async def test_thresholds_are_set_by_those_who_may_on_what_they_saw() -> None:
    case = await a_signed_engagement()
    contact = Actor(case.people.practice_id, "client", contact_id=case.client.signer_id)
    nothing = {"near_days": None, "contingency_bps": None, "budget_bps": None}
    for actor, error in (
        (case.people.assistant, Forbidden), (case.people.accountant, Forbidden), (contact, Forbidden),
        ((await a_practice()).owner, NotFound),
    ):  # fmt: skip
        with pytest.raises(error):
            await alerts.set_thresholds(actor, case.engagement_id, **nothing, expected_version=0, now=noon(MARCH[2]))  # fmt: skip
    await set_thresholds(case)
    with pytest.raises(Stale) as stale:
        await set_thresholds(case)
    assert stale.value.details["current_version"] == 1
    with pytest.raises(DomainError) as refused:
        await set_thresholds(case, version=1, near_days=366)
    assert refused.value.code == "THRESHOLD_INVALID"
    assert (await in_force(case)).version == 1


# --- acknowledging -------------------------------------------------------------------------------------------------------


async def an_alert(case: Case) -> Any:
    await report(case, MARCH[6], design=80)
    (row,) = await all_alerts(case)
    return row


async def test_an_alert_is_acknowledged_once_and_stays_until_it_is_over() -> None:
    case = await a_signed_engagement()
    alert = await an_alert(case)

    async def once() -> str:
        try:
            await alerts.acknowledge(
                case.people.assistant, alert["id"], note="Karen is told.", expected_version=1, now=noon(MARCH[9])
            )  # fmt: skip
        except DomainError as error:
            return error.code
        return "done"

    ends = await asyncio.gather(*(once() for _ in range(5)))
    assert sorted(ends) == ["ALERT_ALREADY_ACKNOWLEDGED"] * 4 + ["done"]
    (row,) = await all_alerts(case)
    assert (row["acknowledged_by"], row["acknowledgement"]) == (
        case.people.assistant.member_id,
        "Karen is told.",
    )
    await report(case, MARCH[9], design=90)
    assert await standing(case) == [("forecast_past_promise", "acknowledged")]
    assert len(await mails(case)) == 2
    await report(case, MARCH[13], design=100, build=60)
    assert await standing(case) == [("forecast_past_promise", "cleared")]
    with pytest.raises(Conflict) as over:
        await alerts.acknowledge(case.actor, alert["id"], expected_version=3, now=noon(MARCH[13]))
    assert over.value.code == "ALERT_CLEARED"


async def test_nobody_acknowledges_anothers_alert_or_one_that_moved() -> None:
    case = await a_signed_engagement()
    alert = await an_alert(case)
    contact = Actor(case.people.practice_id, "client", contact_id=case.client.signer_id)
    for actor, error in (
        (case.people.accountant, Forbidden), (contact, Forbidden), ((await a_practice()).owner, NotFound),
    ):  # fmt: skip
        with pytest.raises(error):
            await alerts.acknowledge(actor, alert["id"], expected_version=1, now=noon(MARCH[9]))
    with pytest.raises(Stale):
        await alerts.acknowledge(case.actor, alert["id"], expected_version=2, now=noon(MARCH[9]))
    assert await standing(case) == [("forecast_past_promise", "open")]


async def test_a_cleared_alert_is_history(owner_connection: asyncpg.Connection) -> None:
    case = await a_signed_engagement()
    alert = await an_alert(case)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await owner_connection.execute("update alert set kind = 'budget_used' where id = $1", alert["id"])  # fmt: skip
    await report(case, MARCH[9], design=100, build=60)
    for statement in (
        "update alert set cleared_at = null where id = $1", "update alert set data = '{}' where id = $1",
        "delete from alert where id = $1",
    ):  # fmt: skip
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(statement, alert["id"])
    await report(case, MARCH[20], build=60)
    assert await standing(case) == [
        ("forecast_past_promise", "cleared"), ("forecast_past_promise", "open"),
    ]  # fmt: skip


# --- the daily look ------------------------------------------------------------------------------------------------------


async def test_time_alone_raises_an_alert_where_nobody_reports() -> None:
    case = await a_signed_engagement()
    assert await look(case, MARCH[8]) == (1, 0)
    assert await standing(case) == []
    assert await look(case, MARCH[9]) == (1, 0)
    assert await standing(case) == [("forecast_past_promise", "open")]
    assert await look(case, MARCH[9]) == (0, 0)


async def test_looks_at_once_raise_one_alert_and_one_mail_each() -> None:
    case = await a_signed_engagement()
    done = await asyncio.gather(*(look(case, MARCH[16]) for _ in range(5)))
    assert sum(each[0] for each in done) == 1
    assert await standing(case) == [("forecast_past_promise", "open")]
    assert len(await mails(case)) == 2


async def test_the_sweep_looks_at_every_practice_once_a_day() -> None:
    case, other = await a_signed_engagement(), await a_signed_engagement()
    draft = await a_scoped_engagement()
    await sweep(noon(MARCH[16]))
    for each in (case, other):
        assert await standing(each) == [("forecast_past_promise", "open")]
    assert await standing(draft) == []
    before = [row["version"] for row in await all_alerts(case)]
    await sweep(noon(MARCH[16]) + timedelta(minutes=1))
    assert [row["version"] for row in await all_alerts(case)] == before
    await sweep(noon(MARCH[17]))
    assert [row["version"] for row in await all_alerts(case)] == [2]


async def test_what_is_over_needs_no_alert(owner_connection: asyncpg.Connection) -> None:
    case = await a_signed_engagement()
    await an_alert(case)
    for key in ("design", "build", "handover"):
        await accept(case, key, on=MARCH[30])
    await look(case, MARCH[30])
    assert await standing(case) == [("forecast_past_promise", "cleared")]
    other = await a_signed_engagement()
    await an_alert(other)
    await owner_connection.execute("update engagement set status = 'terminated' where id = $1", other.engagement_id)  # fmt: skip
    await spend(other, MARCH[16], dkk(1))
    assert await standing(other) == [("forecast_past_promise", "cleared")]


async def test_a_forecast_that_cannot_be_made_keeps_back_no_report(monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    case = await a_signed_engagement()
    await an_alert(case)

    async def refuse(*_: object, **__: object) -> None:
        raise DomainError("These dates contradict each other.", code="SCHEDULE_CONTRADICTION")

    monkeypatch.setattr(alerts, "forecast", refuse)
    with capture_logs() as logs:
        await report(case, MARCH[9], design=100)
    assert [(e["event"], e["code"]) for e in logs if e["event"] == "alerts_not_reviewed"] == [
        ("alerts_not_reviewed", "SCHEDULE_CONTRADICTION")
    ]
    assert await standing(case) == [("forecast_past_promise", "open")]


async def test_who_has_left_gets_no_mail() -> None:
    case = await a_signed_engagement()
    assert case.people.assistant.member_id is not None
    await deactivate_member(
        case.actor, member_id=case.people.assistant.member_id, expected_version=1, now=noon(MARCH[2])
    )  # fmt: skip
    await an_alert(case)
    assert [row["recipient_email"] for row in await mails(case)] == ["owner@nordlys.example"]


async def test_an_item_that_is_gone_takes_its_alert_with_it() -> None:
    case = await a_signed_engagement(promised_date=date(2026, 4, 30))
    agreed = {"constraint_kind": ConstraintKind.MUST_FINISH_ON, "constraint_date": MARCH[20]}
    await sign_subject(case.actor, "change_order", await a_sent_order(case, [ReviseItem("build", agreed)]))  # fmt: skip
    await report(case, MARCH[9], design=80)
    assert await standing(case) == [("forecast_past_deadline", "open")]
    await sign_subject(
        case.actor, "change_order", await a_sent_order(case, [RemoveItem("build")]), now=noon(MARCH[10])
    )  # fmt: skip
    assert await standing(case) == [("forecast_past_deadline", "cleared")]
