"""Reminders: the whole ladder by a moving clock, in hours and on days, once, and never to one who pays or disputes."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from services import dunning
from services.rules.dunning import Step, Tone
from services.rules.errors import Conflict, DomainError, Forbidden, NotFound, RuleViolation, Stale
from services.rules.money import Money
from tests.factories.dunning import (
    STEPS,
    a_ladder,
    approve_next,
    at,
    charges,
    cheap,
    mails,
    notices,
    rates,
    sweep,
)
from tests.factories.engagements import Case
from tests.factories.money import (
    a_billable_engagement,
    an_issued_invoice,
    books,
    dkk,
    noon,
    pay,
)

pytestmark = pytest.mark.usefixtures("database")

FIRST = date(2026, 12, 1)
DUE = date(2026, 12, 15)


async def code_of(doing, kind=DomainError) -> str:
    """The code of the refusal."""
    with pytest.raises(kind) as refusal:
        await doing
    return refusal.value.code


async def a_late_invoice(**ladder) -> tuple[Case, object]:
    """DKK 50 000, issued on 1 December and due on Tuesday 15 December 2026."""
    case = await a_billable_engagement(payment_terms_days=14)
    await a_ladder(case, on=FIRST, **ladder)
    await rates(
        case,
        (date(2026, 1, 1), 175), (date(2026, 7, 1), 175), on=FIRST,
    )  # fmt: skip
    return case, await an_issued_invoice(case, on=FIRST)


async def test_an_invoice_climbs_the_whole_ladder_over_christmas() -> None:
    closed = [date(2026, 12, 24), *(date(2026, 12, day) for day in range(28, 32))]
    case, invoice_id = await a_late_invoice(days_off=closed)
    sent = []
    day = DUE
    while day <= date(2027, 2, 10):
        if day == date(2027, 1, 1):
            await rates(case, (date(2027, 1, 1), 200), on=day)
        for hour in (0, 8, 9, 12, 16, 20):
            before = len([n for n in await notices(case, invoice_id) if n["status"] == "sent"])
            count, failed = await sweep(case, at(day, hour))
            assert failed == 0
            if count:
                row = (await notices(case, invoice_id))[before]
                sent.append((row["tone"], row["dealt_on"].isoformat(), hour))
        if day == date(2027, 1, 26):
            # Asked once, on the day it was due; nothing left before the owner's word.
            (asked,) = await mails(case, "dunning_approval")
            assert asked["recipient_email"].startswith("owner")
            await approve_next(case, invoice_id, at(day, 18))
        day += timedelta(days=1)
    assert sent == [
        ("kind", "2026-12-18", 9),
        # Ten days later is Monday 28 December: closed until New Year's Day, then the weekend.
        ("firm", "2027-01-04", 9),
        ("final", "2027-01-14", 9),
        # Ten days later is a Sunday; on Monday the owner is asked, on Tuesday evening answers.
        ("collector", "2027-01-27", 9),
    ]
    kind, firm, final, collector = await notices(case, invoice_id)
    # 50 000 at 9.75 % for 3 days; 16 days at 9.75 % and 4 at 10 %; then 14 and 27 days of January.
    assert [n["interest_minor"] for n in (kind, firm, final, collector)] == [
        4_007, 26_849, 40_548, 58_356,
    ]  # fmt: skip
    assert [(n["owed_minor"], n["days_late"]) for n in (kind, firm, final, collector)] == [
        (5_000_000, 3), (5_000_000, 20), (5_000_000, 30), (5_000_000, 43),
    ]  # fmt: skip
    assert [(n["charges_minor"], n["fee_minor"]) for n in (kind, firm, final, collector)] == [
        (0, 0), (0, 10_000), (10_000, 10_000), (20_000, 10_000),
    ]  # fmt: skip
    assert collector["pay_by"] == date(2027, 2, 6)
    assert await books(case) == {
        "receivable": 5_030_000,
        "late_charges": -30_000,
        "revenue": -4_000_000,
        "tax_payable": -1_000_000,
    }
    for notice in (kind, firm, final, collector):
        assert "Sofie Holm" in notice["body"]  # the assistant, never the owner
        assert case.actor.name not in notice["body"]
    assert "der skyldes 50.000,00\u00a0DKK siden 15.\u00a0december\u00a02026" in kind["body"]
    assert "I alt til betaling: 50.883,56\u00a0DKK" in collector["body"]
    assert len(await mails(case, "dunning_%")) == 4 + 1


async def test_fifty_runs_of_the_sweep_at_once_send_each_notice_once() -> None:
    case, invoice_id = await a_late_invoice(steps=cheap())
    moment = at(date(2026, 12, 18), 10)
    done = await asyncio.gather(*(sweep(case, moment) for _ in range(50)))
    assert sum(count for count, _ in done) == 1
    assert sum(failed for _, failed in done) == 0
    for _ in range(50):
        assert await sweep(case, moment) == (0, 0)
    assert len(await mails(case, "dunning_kind")) == 1
    assert [n["status"] for n in await notices(case, invoice_id)] == ["sent"]


async def test_whoever_pays_is_not_reminded_and_a_part_payment_lowers_what_is_said() -> None:
    case, invoice_id = await a_late_invoice(steps=cheap())
    await pay(case, invoice_id, dkk(20_000), on=date(2026, 12, 17))
    assert await sweep(case, at(date(2026, 12, 18), 9)) == (1, 0)
    (kind,) = await notices(case, invoice_id)
    # 50 000 for two days, 30 000 for one, at 9.75 %.
    assert (kind["owed_minor"], kind["interest_minor"]) == (3_000_000, 3_473)
    await pay(case, invoice_id, dkk(30_000), on=date(2026, 12, 21))
    for day in (28, 29, 30):
        assert await sweep(case, at(date(2026, 12, day), 10)) == (0, 0)
    assert await dunning.next_notice(case.actor, invoice_id, now=at(date(2026, 12, 29), 10)) is None


async def test_a_payment_and_a_sweep_at_once_never_remind_of_what_is_paid() -> None:
    case, invoice_id = await a_late_invoice(steps=cheap())
    day = date(2026, 12, 18)
    await asyncio.gather(
        pay(case, invoice_id, dkk(50_000), on=day), *(sweep(case, at(day, 10)) for _ in range(5))
    )
    for notice in await notices(case, invoice_id):
        assert notice["owed_minor"] == 5_000_000  # it left before the money was entered


@pytest.mark.parametrize("kind", ["hold", "dispute", "waiver"])
async def test_nothing_is_sent_while_an_invoice_is_held_disputed_or_let_be(kind: str) -> None:
    case, invoice_id = await a_late_invoice(steps=cheap())
    await dunning.stop_dunning(case.actor, invoice_id, kind, reason="They called.", now=at(DUE, 12))
    assert await sweep(case, at(date(2026, 12, 21), 10)) == (0, 0)
    seen = await dunning.next_notice(case.actor, invoice_id, now=at(date(2026, 12, 21), 10))
    assert (seen.turn.stops, seen.leaves_at) == ((kind,), None)
    again = dunning.stop_dunning(case.actor, invoice_id, kind, reason="Again.", now=at(DUE, 13))
    assert await code_of(again, Conflict) == "ALREADY_STOPPED"
    if kind == "waiver":
        refused = dunning.resume_dunning(case.people.staff, invoice_id, kind, now=at(DUE, 14))
        assert await code_of(refused, Forbidden) == "FORBIDDEN"
    await dunning.resume_dunning(
        case.actor, invoice_id, kind, outcome="Sorted out.", now=at(date(2026, 12, 21), 12)
    )
    assert await sweep(case, at(date(2026, 12, 21), 14)) == (1, 0)
    gone = dunning.resume_dunning(case.actor, invoice_id, kind, now=at(date(2026, 12, 22), 9))
    assert await code_of(gone, Conflict) == "NOT_STOPPED"


async def test_a_disputed_sum_is_never_more_than_the_debt() -> None:
    case, invoice_id = await a_late_invoice()
    refused = dunning.stop_dunning(
        case.actor, invoice_id, "dispute", reason="Too dear.", disputed=Money(5_000_001, "DKK"),
        now=at(DUE, 12),
    )  # fmt: skip
    assert await code_of(refused, RuleViolation) == "DISPUTE_OVER_DEBT"


async def test_the_next_notice_is_seen_edited_and_waived_before_it_goes_out() -> None:
    case, invoice_id = await a_late_invoice(steps=cheap())
    seen = await dunning.next_notice(case.actor, invoice_id, now=at(date(2026, 12, 16), 20))
    assert seen.leaves_at == at(date(2026, 12, 18), 9)
    assert seen.text.startswith("Kære ")
    await dunning.edit_notice(
        case.people.assistant,
        invoice_id,
        opening="We spoke about this on Monday.",
        expected_version=0,
        now=at(date(2026, 12, 16), 20),
    )
    stale = dunning.edit_notice(
        case.people.assistant, invoice_id, opening="Late.", expected_version=0, now=at(DUE, 9) + timedelta(days=1),
    )  # fmt: skip
    assert await code_of(stale, Stale) == "STALE_VERSION"
    seen = await dunning.next_notice(case.actor, invoice_id, now=at(date(2026, 12, 17), 9))
    assert "We spoke about this on Monday." in seen.text
    refused = dunning.waive_notice(
        case.people.assistant, invoice_id, reason="No.", expected_version=1, now=at(date(2026, 12, 17), 9)
    )  # fmt: skip
    assert await code_of(refused, Forbidden) == "FORBIDDEN"
    await dunning.waive_notice(
        case.actor, invoice_id, reason="They lost their bookkeeper.", expected_version=1,
        now=at(date(2026, 12, 17), 9),
    )  # fmt: skip
    assert await sweep(case, at(date(2026, 12, 18), 10)) == (0, 0)
    # The next one counts from the day of the waiver: 27 December is a Sunday.
    seen = await dunning.next_notice(case.actor, invoice_id, now=at(date(2026, 12, 18), 10))
    assert (seen.turn.position, seen.turn.planned_on) == (2, date(2026, 12, 28))


async def test_a_notice_is_sent_by_hand_by_the_assistant_once_its_time_has_come() -> None:
    case, invoice_id = await a_late_invoice(steps=cheap())
    for moment, code in (
        (at(DUE, 12), "NO_NOTICE_COMES"),
        (at(date(2026, 12, 17), 12), "NOTICE_NOT_DUE"),
        (at(date(2026, 12, 18), 16), "QUIET_HOURS"),
        (at(date(2026, 12, 19), 12), "QUIET_HOURS"),  # a Saturday
    ):
        refused = dunning.send_notice(case.people.assistant, invoice_id, now=moment)
        assert await code_of(refused) == code, moment
    await dunning.send_notice(case.people.assistant, invoice_id, now=at(date(2026, 12, 21), 9))
    refused = dunning.send_notice(case.people.accountant, invoice_id, now=at(date(2027, 1, 4), 9))
    assert await code_of(refused, Forbidden) == "FORBIDDEN"
    assert [n["position"] for n in await notices(case, invoice_id)] == [1]


async def test_a_practice_that_set_no_ladder_reminds_nobody() -> None:
    case = await a_billable_engagement(payment_terms_days=14)
    invoice_id = await an_issued_invoice(case, on=FIRST)
    assert await sweep(case, at(date(2027, 1, 14), 10)) == (0, 0)
    seen = await dunning.next_notice(case.actor, invoice_id, now=at(date(2027, 1, 14), 10))
    assert (seen.turn.step.tone, seen.leaves_at) == (Tone.KIND, None)


async def test_a_ladder_that_the_law_forbids_is_refused() -> None:
    case = await a_billable_engagement()
    for steps, code in (
        ((replace(STEPS[0], fee_minor=10_001),), "FEE_OVER_LIMIT"),
        ((*STEPS, Step(Tone.COLLECTOR, 10, fee_minor=100)), "FEE_TOO_OFTEN"),
        ((*STEPS[:2], replace(STEPS[2], after_days=9)), "FEE_TOO_OFTEN"),
        ((STEPS[1],), "LADDER_INVALID"),
        ((STEPS[0], STEPS[2], STEPS[1]), "LADDER_INVALID"),
        ((), "LADDER_INVALID"),
    ):
        assert await code_of(a_ladder(case, on=FIRST, steps=steps)) == code, steps
    await a_ladder(case, on=FIRST)
    stale = a_ladder(case, on=FIRST, expected_number=0)
    assert await code_of(stale, Stale) == "STALE_VERSION"


async def test_another_practices_invoice_is_not_found() -> None:
    _, invoice_id = await a_late_invoice()
    other = await a_billable_engagement()
    for doing in (
        dunning.next_notice(other.actor, invoice_id, now=noon(FIRST)),
        dunning.send_notice(other.actor, invoice_id, now=noon(FIRST)),
        dunning.stop_dunning(other.actor, invoice_id, "hold", reason="x", now=noon(FIRST)),
    ):
        assert await code_of(doing, NotFound) == "NOT_FOUND"
    assert await charges(other, invoice_id) == []
