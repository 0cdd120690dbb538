"""A dated story with every sum written out for each kind of retainer."""

import asyncio
from datetime import UTC, date, datetime

import asyncpg
import pytest

from db.queries import retainers as queries
from db.unit_of_work import read_only, unit_of_work
from services import ledger, refunds, retainers
from services.rules.errors import Conflict, DomainError
from services.sweep import sweep as sweep_everything
from tests.factories.money import (
    MARCH,
    a_billable_engagement,
    an_issued_invoice,
    approve,
    books,
    deposit,
    dkk,
    draw,
    invoice_row,
    noon,
    refund_row,
    retainer_row,
    settle,
)
from tests.factories.retainers import (
    balance,
    close,
    earnings_of,
    left,
    monthly,
    open_of_kind,
    opened_and_paid,
    pay_in,
    requests_of,
    sweep,
    use,
)

pytestmark = pytest.mark.usefixtures("database")


async def code_of(doing) -> str:
    with pytest.raises(DomainError) as refusal:
        await doing
    return refusal.value.code


async def test_a_year_of_availability_is_earned_month_by_month() -> None:
    case = await a_billable_engagement()
    terms = monthly(date(2026, 4, 1), 12, dkk(4_000))
    retainer_id = await open_of_kind(case, "availability", terms=terms)
    (request,) = await requests_of(case, retainer_id)
    # 12 months at 4 000 and 1 000 tax.
    assert request["amount_minor"] == 6_000_000
    await pay_in(case, retainer_id, dkk(60_000), on=date(2026, 3, 20))
    # The tax of the whole year is due with the payment; what is owed to the client is the whole.
    assert await books(case) == {
        "bank": 6_000_000,
        "deposit_tax": 1_200_000,
        "retainer_liability": -6_000_000,
        "tax_payable": -1_200_000,
    }
    assert await sweep(case, date(2026, 4, 30)) == (0, 0)
    assert await sweep(case, date(2026, 5, 1)) == (1, 0)
    assert await sweep(case, date(2026, 5, 1)) == (0, 0)
    assert await books(case) == {
        "bank": 6_000_000,
        "deposit_tax": 1_100_000,
        "retainer_liability": -5_500_000,
        "tax_payable": -1_200_000,
        "revenue": -400_000,
    }
    # The worker was away for the summer: June to August are earned on their own last days all the same.
    assert await sweep(case, date(2026, 9, 2)) == (4, 0)
    assert [row["effective_on"] for row in await earnings_of(case, retainer_id)] == [
        date(2026, 4, 30), date(2026, 5, 31), date(2026, 6, 30), date(2026, 7, 31), date(2026, 8, 31),
    ]  # fmt: skip
    assert await balance(case, retainer_id, as_of=date(2026, 6, 30)) == 4_500_000
    assert await balance(case, retainer_id, as_of=date(2026, 8, 31)) == 3_500_000
    assert await sweep(case, date(2027, 3, 31)) == (6, 0)
    assert await sweep(case, date(2027, 4, 1)) == (1, 0)
    assert await books(case) == {
        "bank": 6_000_000,
        "tax_payable": -1_200_000,
        "revenue": -4_800_000,
    }
    row = await retainer_row(case, retainer_id)
    assert (row["earned_minor"], row["look_on"], row["status"]) == (6_000_000, None, "active")
    assert await sweep(case, date(2028, 1, 1)) == (0, 0)


async def test_availability_waits_for_its_money_and_is_taxed_as_it_is_earned_where_so_agreed() -> (
    None
):
    case = await a_billable_engagement()
    terms = monthly(date(2026, 4, 1), 2, dkk(4_000))
    retainer_id = await open_of_kind(
        case, "availability", terms=terms, is_taxed_on_receipt=False, first_amount=dkk(5_000)
    )
    assert await sweep(case, date(2026, 5, 10)) == (0, 0)
    await pay_in(case, retainer_id, dkk(5_000), on=date(2026, 5, 12))
    assert await books(case) == {"bank": 500_000, "retainer_liability": -500_000}
    assert await sweep(case, date(2026, 5, 14)) == (1, 0)
    assert [row["effective_on"] for row in await earnings_of(case, retainer_id)] == [
        date(2026, 5, 14)
    ]
    assert await sweep(case, date(2026, 6, 14)) == (0, 0)
    assert await books(case) == {"bank": 500_000, "tax_payable": -100_000, "revenue": -400_000}


async def test_availability_that_is_closed_is_earned_to_the_end_and_nothing_goes_back() -> None:
    case = await a_billable_engagement()
    terms = monthly(date(2026, 4, 1), 3, dkk(4_000))
    retainer_id = await open_of_kind(case, "availability", terms=terms)
    await pay_in(case, retainer_id, dkk(15_000), on=MARCH[3])
    await sweep(case, date(2026, 5, 2))
    refused = refunds.request_refund(
        case.actor, retainer_id=retainer_id, amount=dkk(1), reason="x", idempotency_key="r",
        today=date(2026, 5, 2), now=noon(date(2026, 5, 2)),
    )  # fmt: skip
    assert await code_of(refused) == "RETAINER_NOT_REFUNDABLE"
    version = (await retainer_row(case, retainer_id))["version"]
    assert await close(case, retainer_id, version, on=date(2026, 5, 15)) is None
    assert (await retainer_row(case, retainer_id))["status"] == "closed"
    assert await books(case) == {
        "bank": 1_500_000,
        "tax_payable": -300_000,
        "revenue": -1_200_000,
    }
    # A new one may follow.
    await open_of_kind(case, "availability", terms=terms, on=date(2026, 5, 16))


async def test_three_months_of_an_allowance_roll_over_and_run_out() -> None:
    case = await a_billable_engagement()
    january = date(2026, 4, 1)
    terms = monthly(
        january, 3, dkk(6_000), minutes=600, rollover_cap_minutes=240, rollover_periods=1
    )
    retainer_id = await open_of_kind(case, "period_allowance", terms=terms)
    # 10 hours a month at 6 000 and 1 500 tax: 12.50 a minute.
    await pay_in(case, retainer_id, dkk(22_500), on=MARCH[20])
    assert await left(case, retainer_id, date(2026, 3, 31)) == (0, 0, 0)
    assert await left(case, retainer_id, date(2026, 4, 1)) == (600, 0, 0)

    await use(case, retainer_id, 200, on=date(2026, 4, 20))
    assert await balance(case, retainer_id) == 2_000_000
    assert await left(case, retainer_id, date(2026, 4, 20)) == (400, 0, 0)
    # 400 are left: 240 go over to May, 160 are lost with April, once it is settled five days after its end.
    assert await sweep(case, date(2026, 5, 5)) == (0, 0)
    assert await left(case, retainer_id, date(2026, 5, 1)) == (840, 240, 160)
    assert await balance(case, retainer_id) == 2_000_000
    assert await sweep(case, date(2026, 5, 6)) == (1, 0)
    assert await balance(case, retainer_id, as_of=date(2026, 4, 29)) == 2_000_000
    assert await balance(case, retainer_id, as_of=date(2026, 4, 30)) == 1_800_000
    assert await code_of(use(case, retainer_id, 1, on=date(2026, 4, 30), today=date(2026, 5, 6), now=noon(date(2026, 5, 6)))) == "PERIOD_SETTLED"  # fmt: skip

    assert await code_of(use(case, retainer_id, 841, on=date(2026, 5, 15))) == "ALLOWANCE_EXCEEDED"
    await use(case, retainer_id, 300, on=date(2026, 5, 15))
    # April's 240 first, then 60 of May; 540 are left, of which 240 go over and 300 are lost.
    assert await left(case, retainer_id, date(2026, 5, 31)) == (540, 0, 160)
    assert await sweep(case, date(2026, 6, 6)) == (1, 0)
    assert await left(case, retainer_id, date(2026, 6, 6)) == (840, 240, 460)
    # Nothing in June: May's 240 run out, June's 600 are cut to 240, which run out with July.
    assert await sweep(case, date(2026, 7, 6)) == (1, 0)
    assert await left(case, retainer_id, date(2026, 7, 6)) == (240, 240, 1_060)
    assert await balance(case, retainer_id) == 300_000
    assert await sweep(case, date(2026, 8, 6)) == (1, 0)
    assert await left(case, retainer_id, date(2026, 8, 6)) == (0, 0, 1_300)
    assert [
        (row["kind"], row["minutes"], row["amount_minor"], row["tax_minor"], row["effective_on"])
        for row in await earnings_of(case, retainer_id)
    ] == [
        ("use", 200, 250_000, 50_000, date(2026, 4, 20)),
        ("expiry", 160, 200_000, 40_000, date(2026, 4, 30)),
        ("use", 300, 375_000, 75_000, date(2026, 5, 15)),
        ("expiry", 300, 375_000, 75_000, date(2026, 5, 31)),
        ("expiry", 600, 750_000, 150_000, date(2026, 6, 30)),
        ("expiry", 240, 300_000, 60_000, date(2026, 7, 31)),
    ]
    assert await books(case) == {
        "bank": 2_250_000,
        "tax_payable": -450_000,
        "revenue": -1_800_000,
    }
    assert await sweep(case, date(2027, 1, 1)) == (0, 0)


async def test_hours_come_with_the_money_and_go_back_with_the_rest() -> None:
    case = await a_billable_engagement()
    terms = monthly(date(2026, 4, 1), 3, dkk(6_000), minutes=601)
    retainer_id = await open_of_kind(case, "period_allowance", terms=terms)
    assert await code_of(use(case, retainer_id, 1, on=date(2026, 4, 2))) == "RETAINER_NOT_ACTIVE"
    await pay_in(case, retainer_id, dkk(7_499), on=date(2026, 4, 2))
    assert await code_of(use(case, retainer_id, 1, on=date(2026, 4, 2))) == "ALLOWANCE_EXCEEDED"
    await pay_in(case, retainer_id, dkk(1), on=date(2026, 4, 3))
    # Paid for on the 3rd, the hours are not there on the 2nd.
    late = use(case, retainer_id, 601, on=date(2026, 4, 2), today=date(2026, 4, 3))
    assert await code_of(late) == "ALLOWANCE_EXCEEDED"
    assert await left(case, retainer_id, date(2026, 4, 2)) == (0, 0, 0)
    for minutes in (1, 200, 99):
        await use(case, retainer_id, minutes, on=date(2026, 4, 10))
    # 300 of 601 minutes of 7 500.00, in any pieces: 3 743.76.
    assert await balance(case, retainer_id) == 750_000 - 374_376
    # A second period that nobody paid for is not settled.
    version = (await retainer_row(case, retainer_id))["version"]
    refund_id = await close(case, retainer_id, version, on=date(2026, 4, 20))
    assert refund_id is not None
    assert (await refund_row(case, refund_id))["amount_minor"] == 375_624
    assert await code_of(use(case, retainer_id, 1, on=date(2026, 4, 21))) == "RETAINER_NOT_ACTIVE"
    await approve(case, refund_id, on=date(2026, 4, 21))
    await settle(case, refund_id, on=date(2026, 4, 22))
    assert (await retainer_row(case, retainer_id))["status"] == "closed"
    # 374 376 are 299 501 and 74 875 tax; what went back took its tax along.
    assert await books(case) == {
        "bank": 374_376,
        "tax_payable": -74_875,
        "revenue": -299_501,
    }


async def test_an_evergreen_retainer_is_topped_up_twice_and_asked_for_once_each_time() -> None:
    case = await a_billable_engagement()
    retainer_id = await open_of_kind(case, "evergreen", target=dkk(50_000), floor=dkk(20_000))
    await pay_in(case, retainer_id, dkk(50_000), on=MARCH[3])
    assert (await retainer_row(case, retainer_id))["is_taxed_on_receipt"] is False
    design = await an_issued_invoice(case, "design")
    await draw(case, retainer_id, design, dkk(30_000))
    assert [row["status"] for row in await requests_of(case, retainer_id)] == ["received"]
    await draw(case, retainer_id, design, dkk(1), on=MARCH[10])
    first = (await requests_of(case, retainer_id))[-1]
    # 50 000 less 19 999, in the same moment.
    assert (first["amount_minor"], first["is_replenishment"], first["requested_on"]) == (
        3_000_100, True, MARCH[10],
    )  # fmt: skip
    await draw(case, retainer_id, design, dkk(9_999), on=MARCH[11])
    assert await sweep(case, MARCH[12]) == (0, 0)
    assert len(await requests_of(case, retainer_id)) == 2
    await pay_in(case, retainer_id, dkk(30_001), on=MARCH[13])
    assert await balance(case, retainer_id) == 4_000_100
    assert await sweep(case, MARCH[13]) == (0, 0)

    build = await an_issued_invoice(case, "build", on=MARCH[16])
    await draw(case, retainer_id, build, dkk(35_001), on=MARCH[16])
    second = (await requests_of(case, retainer_id))[-1]
    assert (second["amount_minor"], second["number"]) == (4_500_000, 3)
    # Taken back, it is asked for again by the worker, once.
    await retainers.cancel_request(
        case.actor, second["id"], reason="Wrong account", expected_version=1, now=noon(MARCH[17])
    )
    assert await sweep(case, MARCH[17]) == (1, 0)
    assert await sweep(case, MARCH[17]) == (0, 0)
    await pay_in(case, retainer_id, dkk(45_000), on=MARCH[18])
    assert await balance(case, retainer_id) == 5_000_000
    assert await books(case) == {
        "bank": 12_500_100,
        "receivable": 4_999_900,
        "retainer_liability": -5_000_000,
        "tax_payable": -2_500_000,
        "revenue": -10_000_000,
    }


async def test_a_top_up_counts_what_was_asked_for_already() -> None:
    case = await a_billable_engagement()
    retainer_id = await open_of_kind(case, "evergreen", target=dkk(50_000), floor=dkk(20_000), first_amount=dkk(30_000))  # fmt: skip
    await pay_in(case, retainer_id, dkk(30_000), on=MARCH[3])
    await retainers.request_top_up(
        case.actor, retainer_id, amount=dkk(5_000), idempotency_key="more", today=MARCH[4], now=noon(MARCH[4])
    )  # fmt: skip
    await draw(case, retainer_id, await an_issued_invoice(case), dkk(11_000))
    # 50 000 − 19 000 − 5 000.
    assert (await requests_of(case, retainer_id))[-1]["amount_minor"] == 2_600_000


async def test_security_is_held_to_the_end_then_applied_and_the_rest_returned() -> None:
    case = await a_billable_engagement()
    retainer_id = await opened_and_paid(case, "security_deposit", dkk(60_000))
    assert await books(case) == {"bank": 6_000_000, "retainer_liability": -6_000_000}
    design = await an_issued_invoice(case)
    assert await code_of(draw(case, retainer_id, design, dkk(1))) == "RETAINER_KIND_NOT_DRAWN"
    version = (await retainer_row(case, retainer_id))["version"]
    # The client still owes 50 000, so it is entitled to 10 000 only: closing stands, the refund is refused.
    assert await code_of(close(case, retainer_id, version)) == "REFUND_OVER_ENTITLEMENT"
    row = await retainer_row(case, retainer_id)
    assert (row["status"], row["closed_on"]) == ("closing", MARCH[20])
    await draw(case, retainer_id, design, None, on=MARCH[20])
    assert (await invoice_row(case, design))["drawn_minor"] == 5_000_000
    refund_id = await close(
        case, retainer_id, (await retainer_row(case, retainer_id))["version"], on=MARCH[21]
    )
    assert refund_id is not None
    await approve(case, refund_id)
    await settle(case, refund_id)
    assert (await retainer_row(case, retainer_id))["status"] == "closed"
    assert await books(case) == {
        "bank": 5_000_000,
        "tax_payable": -1_000_000,
        "revenue": -4_000_000,
    }
    # The settlement came back: the money is held again, and the retainer is open for a new one.
    await refunds.fail_refund(
        case.actor, refund_id, failed_on=MARCH[25], reason="No such account", expected_version=3,
        idempotency_key="failed", today=MARCH[25], now=noon(MARCH[25]),
    )  # fmt: skip
    assert (await retainer_row(case, retainer_id))["status"] == "closing"
    assert await balance(case, retainer_id) == 1_000_000


async def test_an_engagement_has_one_open_retainer_of_each_kind() -> None:
    case = await a_billable_engagement()
    await open_of_kind(case, "security_deposit", target=dkk(1_000))
    with pytest.raises(Conflict):
        await open_of_kind(case, "security_deposit", target=dkk(1_000))


MONTHLY = monthly(date(2026, 4, 1), 3, dkk(100))
HOURLY = monthly(date(2026, 4, 1), 3, dkk(100), minutes=60)


@pytest.mark.parametrize(
    ("kind", "terms", "code"),
    [
        ("deposit", {}, "TERMS_INVALID"),
        ("deposit", {"target": dkk(0)}, "AMOUNT_NOT_POSITIVE"),
        ("deposit", {"target": dkk(1), "floor": dkk(1)}, "TERMS_INVALID"),
        ("deposit", {"target": dkk(1), "tax_bps": 10_000}, "TERMS_INVALID"),
        ("deposit", {"target": dkk(1), "tax_bps": 2_500, "tax_code": "AE"}, "TAX_RATE_OF_CATEGORY"),
        ("deposit", {"target": dkk(1), "first_amount": dkk(2)}, "FIRST_AMOUNT_ABOVE_TARGET"),
        ("evergreen", {"target": dkk(1)}, "TERMS_INVALID"),
        ("evergreen", {"target": dkk(1), "floor": dkk(2)}, "RETAINER_TARGET_INVALID"),
        ("security_deposit", {"target": dkk(1), "is_taxed_on_receipt": True}, "SECURITY_NOT_TAXED"),
        ("availability", {}, "TERMS_INVALID"),
        ("availability", {"target": dkk(1), "terms": MONTHLY}, "TERMS_INVALID"),
        ("availability", {"terms": HOURLY}, "TERMS_INVALID"),
        ("period_allowance", {"terms": MONTHLY}, "TERMS_INVALID"),
        ("period_allowance", {"terms": monthly(date(2026, 4, 1), 121, dkk(1), minutes=1)}, "TERMS_INVALID"),
        ("period_allowance", {"terms": monthly(date(2026, 4, 1), 1, dkk(1), minutes=0)}, "TERMS_INVALID"),
        ("availability", {"terms": monthly(date(2026, 4, 1), 120, dkk(10**12))}, "AMOUNT_TOO_LARGE"),
    ],
)  # fmt: skip
async def test_terms_that_make_no_retainer_are_refused(kind, terms, code) -> None:
    case = await a_billable_engagement()
    assert await code_of(open_of_kind(case, kind, **terms)) == code
    assert await books(case) == {}


async def test_the_worker_finds_the_practices_whose_turn_it_is() -> None:
    case, other = await a_billable_engagement(), await a_billable_engagement()
    for each in (case, other):
        terms = monthly(date(2026, 4, 1), 2, dkk(4_000))
        await open_of_kind(each, "availability", terms=terms)
    (request,) = await requests_of(case, (await _of(case))["id"])
    await deposit(case, request["id"], dkk(10_000), on=MARCH[3])
    tenants = {case.actor.tenant_id, other.actor.tenant_id}
    # In Copenhagen the 1st of May begins two hours before it does in Greenwich.
    for now, due in (
        (datetime(2026, 4, 30, 21, 59, tzinfo=UTC), set()),
        (datetime(2026, 4, 30, 22, 1, tzinfo=UTC), {case.actor.tenant_id}),
    ):
        assert tenants & set(await queries.practices_with_retainers_due(now)) == due
    await sweep_everything(datetime(2026, 4, 30, 22, 1, tzinfo=UTC))
    assert (await books(case))["revenue"] == -400_000
    assert await books(other) == {}
    assert not tenants & set(
        await queries.practices_with_retainers_due(datetime(2026, 5, 31, 12, tzinfo=UTC))
    )


async def _of(case):
    async with read_only(case.actor.scope()) as uow:
        return await queries.retainer_of_kind(uow, case.engagement_id, "availability")


async def test_workers_at_once_earn_a_period_once() -> None:
    case = await a_billable_engagement()
    terms = monthly(date(2026, 4, 1), 12, dkk(4_000))
    retainer_id = await open_of_kind(case, "availability", terms=terms)
    await pay_in(case, retainer_id, dkk(60_000), on=MARCH[3])
    found = await asyncio.gather(*(sweep(case, date(2026, 10, 2)) for _ in range(8)))
    assert sorted(found) == [(0, 0)] * 7 + [(6, 0)]
    assert (await books(case))["revenue"] == -2_400_000


async def test_a_closed_month_takes_no_earning_so_the_next_day_does() -> None:
    case = await a_billable_engagement()
    terms = monthly(date(2026, 4, 1), 2, dkk(4_000))
    retainer_id = await open_of_kind(case, "availability", terms=terms)
    await pay_in(case, retainer_id, dkk(10_000), on=MARCH[3])
    async with unit_of_work(case.actor.scope()) as uow:
        await ledger.close_period(uow, through=date(2026, 4, 30), now=noon(date(2026, 5, 3)))
    assert await sweep(case, date(2026, 5, 4)) == (1, 0)
    assert (await earnings_of(case, retainer_id))[0]["effective_on"] == date(2026, 5, 1)


async def test_what_was_earned_stands_even_against_the_owner_of_the_tables(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_billable_engagement()
    terms = monthly(date(2026, 3, 1), 1, dkk(6_000), minutes=600)
    retainer_id = await open_of_kind(case, "period_allowance", terms=terms)
    await pay_in(case, retainer_id, dkk(7_500), on=MARCH[3])
    await use(case, retainer_id, 60, on=MARCH[4])
    for statement in (
        "update retainer_earning set minutes = 1",
        "delete from retainer_earning",
        "update retainer_period_terms set minutes = 1",
        "update retainer set is_taxed_on_receipt = false",
        "update retainer set status = 'closed', closed_on = '2026-03-05' where status = 'active'; update retainer set status = 'active'",
        "truncate retainer_earning",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(statement)
    with pytest.raises(asyncpg.CheckViolationError):
        await owner_connection.execute("update retainer set earned_minor = 10 * deposited_minor where deposited_minor > 0")  # fmt: skip
