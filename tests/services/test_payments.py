"""Payments: on several invoices or none, moved, short, in another currency, gone back. Dated, with literal sums."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from db.queries import payments as queries
from db.unit_of_work import read_only
from services import invoices, payments, refunds
from services.rules.errors import DomainError, Forbidden, NotFound
from services.rules.money import Money
from services.rules.payments import Rate
from tests.factories.bank_statements import an_account
from tests.factories.engagements import Case, a_signed_engagement
from tests.factories.money import (
    MARCH,
    a_billable_engagement,
    an_issued_invoice,
    approve,
    ask_back,
    books,
    dkk,
    invoice_row,
    noon,
    pay,
    payment_row,
    settle,
)

pytestmark = pytest.mark.usefixtures("database")


async def code_of(doing: Any, kind: type[DomainError] = DomainError) -> str:
    """The code of the refusal."""
    with pytest.raises(kind) as refusal:
        await doing
    return refusal.value.code


async def receive(case: Case, amount: Money, *, on: date = MARCH[17], **values: Any) -> UUID:
    """Money of the client that names no invoice."""
    return await payments.record_receipt(
        case.actor,
        values.pop("client_id", case.client.client_id),
        **{
            "amount": amount, "received_on": on, "bank_reference": "Overførsel", "idempotency_key": case.key(),
            "today": on, "now": noon(on), **values,
        },
    )  # fmt: skip


async def move(case: Case, payment_id: UUID, *, on: date = MARCH[20], **values: Any) -> UUID:
    """Money of a payment, moved."""
    return await payments.allocate_payment(
        case.actor,
        payment_id,
        **{"on": on, "idempotency_key": case.key(), "today": on, "now": noon(on), **values},
    )


async def bounce(case: Case, payment_id: UUID, *, on: date = MARCH[24], **values: Any) -> UUID:
    """A payment that went back."""
    return await payments.reverse_payment(
        case.actor,
        payment_id,
        **{
            "reversed_on": on, "reason": "No cover", "idempotency_key": case.key(), "today": on, "now": noon(on),
            **values,
        },
    )  # fmt: skip


def onto(invoice_id: UUID, amount: Money) -> payments.Allocation:
    """So much of one invoice."""
    return payments.Allocation(invoice_id, amount)


async def two_invoices() -> tuple[Case, UUID, UUID]:
    """The design of DKK 50 000, due on the 23rd, and the build of 75 000 a day later."""
    case = await a_billable_engagement()
    return (
        case,
        await an_issued_invoice(case, on=MARCH[9]),
        await an_issued_invoice(case, "build", on=MARCH[10]),
    )


async def open_of(case: Case, *ids: UUID) -> list[int]:
    """What these invoices owe, in kroner."""
    return [invoices.open_minor(await invoice_row(case, each)) // 100 for each in ids]


async def test_money_without_a_name_stays_the_clients_until_it_is_put_on_invoices() -> None:
    case, design, build = await two_invoices()
    payment_id = await receive(case, dkk(60_000))
    assert await open_of(case, design, build) == [50_000, 75_000]
    assert (await books(case))["unapplied_receipts"] == -6_000_000
    suggested = await payments.suggested_allocation(case.actor, payment_id)
    assert [(each.invoice_id, str(each.amount)) for each in suggested] == [
        (design, "50000.00 DKK"), (build, "10000.00 DKK"),
    ]  # fmt: skip
    await move(case, payment_id, is_oldest_first=True)
    assert await open_of(case, design, build) == [0, 65_000]
    assert await books(case) == {
        "bank": 6_000_000, "receivable": 6_500_000, "tax_payable": -2_500_000, "revenue": -10_000_000,
    }  # fmt: skip


async def test_money_is_moved_from_one_invoice_to_another_and_the_history_stays() -> None:
    case, design, build = await two_invoices()
    payment_id = await pay(case, design, dkk(50_000))
    await move(
        case, payment_id, take_off=[onto(design, dkk(20_000))], put_on=[onto(build, dkk(15_000))],
        note="The client meant the build",
    )  # fmt: skip
    assert await open_of(case, design, build) == [20_000, 60_000]
    payment = await payment_row(case, payment_id)
    assert (payment["applied_minor"], payment["unapplied_minor"]) == (4_500_000, 500_000)
    async with read_only(case.actor.scope()) as uow:
        history = await queries.allocations_of_payments(uow, [payment_id])
    assert [(row["invoice_id"], row["amount_minor"], row["effective_on"].day) for row in history] == [
        (design, 5_000_000, 17), (design, -2_000_000, 20), (build, 1_500_000, 20),
    ]  # fmt: skip
    (balance,) = await payments.client_balance(case.actor, case.client.client_id)
    assert (balance.owed_minor, balance.unapplied_minor, balance.net_minor) == (
        8_000_000, 500_000, 7_500_000,
    )  # fmt: skip
    # As of the day before, the money was still on the design.
    (before,) = await payments.client_balance(case.actor, case.client.client_id, as_of=MARCH[19])
    assert (before.owed_minor, before.unapplied_minor) == (7_500_000, 0)


async def test_nothing_goes_beyond_the_payment_nor_beyond_what_is_open() -> None:
    case, design, build = await two_invoices()
    payment_id = await receive(case, dkk(60_000))
    before = await books(case)
    more = {"put_on": [onto(design, dkk(50_000, 1))]}
    assert await code_of(move(case, payment_id, **more)) == "ALLOCATION_EXCEEDS_OPEN"
    more = {"put_on": [onto(design, dkk(50_000)), onto(build, dkk(10_000, 1))]}
    assert await code_of(move(case, payment_id, **more)) == "ALLOCATION_EXCEEDS_PAYMENT"
    assert (
        await code_of(move(case, payment_id, take_off=[onto(design, dkk(1))])) == "TAKE_OFF_EXCEEDS"
    )
    twice = [onto(design, dkk(1)), onto(design, dkk(1))]
    assert await code_of(move(case, payment_id, put_on=twice)) == "ALLOCATION_INVALID"
    assert (
        await code_of(move(case, payment_id, put_on=[onto(design, Money(0, "DKK"))]))
        == "AMOUNT_NOT_POSITIVE"
    )
    assert (
        await code_of(move(case, payment_id, put_on=[onto(design, Money(1, "EUR"))]))
        == "CURRENCY_MISMATCH"
    )
    assert (
        await code_of(move(case, payment_id, put_on=[onto(design, dkk(1))], on=MARCH[16])) == "DATE"
    )
    assert await code_of(move(case, payment_id)) == "ALLOCATION_INVALID"
    other = await a_billable_engagement()
    assert await code_of(move(other, payment_id, is_oldest_first=True), NotFound) == "NOT_FOUND"
    assert await books(case) == before


async def test_an_invoice_of_another_client_takes_nothing() -> None:
    case, design, _ = await two_invoices()
    stranger = await a_signed_engagement()
    payment_id = await receive(case, dkk(1_000))
    assert (
        await code_of(receive(stranger, dkk(1), client_id=case.client.client_id), NotFound)
        == "NOT_FOUND"
    )
    assert stranger.actor.tenant_id != case.actor.tenant_id
    assert (await payment_row(case, payment_id))["unapplied_minor"] == 100_000
    assert await open_of(case, design) == [50_000]


async def test_what_a_refund_has_promised_cannot_be_put_on_an_invoice() -> None:
    case = await a_billable_engagement()
    design = await an_issued_invoice(case)
    payment_id = await pay(case, design, dkk(60_000))
    refund_id = await ask_back(case, dkk(7_000), payment_id=payment_id)
    await approve(case, refund_id)
    build = await an_issued_invoice(case, "build", on=MARCH[23])
    too_much = {"put_on": [onto(build, dkk(3_000, 1))], "on": MARCH[23]}
    assert await code_of(move(case, payment_id, **too_much)) == "ALLOCATION_EXCEEDS_PAYMENT"
    await move(case, payment_id, put_on=[onto(build, dkk(3_000))], on=MARCH[23])
    await settle(case, refund_id)
    assert (await payment_row(case, payment_id))["unapplied_taken_minor"] == 700_000
    too_much = {"put_on": [onto(build, dkk(0, 1))], "on": MARCH[25]}
    assert await code_of(move(case, payment_id, **too_much)) == "ALLOCATION_EXCEEDS_PAYMENT"
    assert await code_of(bounce(case, payment_id, on=MARCH[25])) == "PAYMENT_REFUNDED"
    assert "unapplied_receipts" not in await books(case)


async def test_money_on_no_invoice_goes_back_by_a_refund_of_the_newest_engagement() -> None:
    case = await a_billable_engagement()
    payment_id = await receive(case, dkk(900))
    found = await refunds.entitlement(case.actor, case.engagement_id)
    assert (found.entitled_minor, found.refundable_minor) == (90_000, 90_000)
    refund_id = await ask_back(case, dkk(900), payment_id=payment_id)
    await approve(case, refund_id)
    await settle(case, refund_id)
    assert await books(case) == {}


async def test_a_payment_that_bounced_opens_its_invoices_again_by_a_further_entry() -> None:
    case, design, build = await two_invoices()
    payment_id = await receive(
        case, dkk(80_000), allocations=[onto(design, dkk(50_000)), onto(build, dkk(20_000))]
    )
    assert await open_of(case, design, build) == [0, 55_000]
    await bounce(case, payment_id)
    assert await open_of(case, design, build) == [50_000, 75_000]
    assert await books(case) == {
        "receivable": 12_500_000, "tax_payable": -2_500_000, "revenue": -10_000_000,
    }  # fmt: skip
    payment = await payment_row(case, payment_id)
    assert (payment["applied_minor"], payment["unapplied_minor"], payment["reversed_on"]) == (
        0,
        0,
        MARCH[24],
    )
    for attempt in (
        bounce(case, payment_id),
        move(case, payment_id, put_on=[onto(design, dkk(1))], on=MARCH[25]),
    ):
        assert await code_of(attempt) == "PAYMENT_REVERSED"
    assert await code_of(ask_back(case, dkk(1), payment_id=payment_id)) == "REFUND_OVER_CAP"
    # The client's money of the day before is as it was.
    (before,) = await payments.client_balance(case.actor, case.client.client_id, as_of=MARCH[23])
    assert (before.owed_minor, before.unapplied_minor) == (5_500_000, 1_000_000)


async def test_a_charge_that_the_bank_kept_is_the_practices_expense() -> None:
    case = await a_billable_engagement()
    design = await an_issued_invoice(case)
    assert await code_of(pay(case, design, dkk(49_970), charge=dkk(30, 1))) == "CHARGE_EXCEEDS_OPEN"
    payment_id = await pay(case, design, dkk(49_970), charge=dkk(30))
    assert await open_of(case, design) == [0]
    assert await books(case) == {
        "bank": 4_997_000, "bank_charges": 3_000, "tax_payable": -1_000_000, "revenue": -4_000_000,
    }  # fmt: skip
    assert (
        await code_of(move(case, payment_id, take_off=[onto(design, dkk(1))])) == "ALLOCATION_FIXED"
    )
    await bounce(case, payment_id)
    assert await books(case) == {
        "receivable": 5_000_000, "tax_payable": -1_000_000, "revenue": -4_000_000,
    }  # fmt: skip


def rate(home: str, home_minor: int, foreign: str, foreign_minor: int) -> Rate:
    """So much for so much."""
    return Rate(Money(home_minor, home), Money(foreign_minor, foreign))


async def exchanged(
    case: Case, invoice_id: UUID, amount: Money, settles: Money, at: Rate, **values: Any
) -> UUID:
    """A payment in another currency."""
    return await payments.record_exchanged_payment(
        case.actor,
        invoice_id,
        **{
            "amount": amount, "conversion": payments.Conversion(settles, at, "Danmarks Nationalbank"), "received_on": MARCH[17],
            "bank_reference": "SWIFT", "idempotency_key": case.key(), "today": MARCH[17], "now": noon(MARCH[17]), **values,
        },
    )  # fmt: skip


async def books_by_currency(case: Case) -> dict[str, dict[str, int]]:
    """Every code's balance in each currency, in minor units; each currency sums to zero."""
    from services import ledger

    async with read_only(case.actor.scope()) as uow:
        found = await ledger.trial_balance(uow)
    sums: dict[str, dict[str, int]] = {}
    for line in found.lines:
        sums.setdefault(line.currency, {})[line.code] = line.debit_minor - line.credit_minor
    assert all(sum(of.values()) == 0 for of in sums.values())
    return sums


async def test_a_euro_invoice_paid_in_kroner_realises_the_difference_and_each_currency_balances() -> (
    None
):
    case = await a_billable_engagement(currency="EUR")
    design = await an_issued_invoice(case)  # EUR 50 000.00
    eur = Money(5_000_000, "EUR")
    at = rate("DKK", 746_05, "EUR", 100_00)  # worth DKK 373 025.00 when it was issued
    assert await code_of(exchanged(case, design, dkk(371_500), eur, at)) == "BANK_ACCOUNT_MISSING"
    await an_account(case)
    payment_id = await exchanged(case, design, dkk(371_500), eur, at)
    assert await books_by_currency(case) == {
        "DKK": {"bank": 37_150_000, "exchange_differences": 152_500, "currency_clearing": -37_302_500},
        "EUR": {"currency_clearing": 5_000_000, "tax_payable": -1_000_000, "revenue": -4_000_000},
    }  # fmt: skip
    assert await open_of(case, design) == [0]
    async with read_only(case.actor.scope()) as uow:
        (row,) = await queries.exchanges_of(uow, [payment_id])
    assert (row["value_minor"], row["difference_minor"], row["rate_on"]) == (
        37_302_500,
        -152_500,
        MARCH[9],
    )
    assert payments.rounding_told(row) == "373025.00 DKK exactly"
    assert await code_of(ask_back(case, dkk(1), payment_id=payment_id)) in {
        "REFUND_OVER_CAP",
        "CURRENCY_MISMATCH",
    }
    await bounce(case, payment_id)
    assert await books_by_currency(case) == {
        "EUR": {"receivable": 5_000_000, "tax_payable": -1_000_000, "revenue": -4_000_000},
    }  # fmt: skip


async def test_a_krone_invoice_paid_in_euro_is_valued_at_the_rate_of_the_day_and_rounded_once() -> (
    None
):
    case = await a_billable_engagement()
    design = await an_issued_invoice(case)  # DKK 50 000.00
    await an_account(case, "EUR")
    at = rate("DKK", 746_173, "EUR", 100_000)  # DKK 7 461.73 for EUR 1 000.00
    payment_id = await exchanged(case, design, Money(670_205, "EUR"), dkk(50_000), at)
    # EUR 6 702.05 × 7.46173 = DKK 50 008.887…, so DKK 50 008.89 and a gain of 8.89.
    assert await books_by_currency(case) == {
        "DKK": {"currency_clearing": 5_000_889, "tax_payable": -1_000_000, "revenue": -4_000_000, "exchange_differences": -889},
        "EUR": {"bank": 670_205, "currency_clearing": -670_205},
    }  # fmt: skip
    async with read_only(case.actor.scope()) as uow:
        (row,) = await queries.exchanges_of(uow, [payment_id])
    assert (
        payments.rounding_told(row)
        == "50008.89 DKK, rounded up by 24535/100000 of its smallest unit, half to even"
    )
    assert await open_of(case, design) == [0]


async def test_two_foreign_currencies_and_more_than_is_open_are_refused() -> None:
    case = await a_billable_engagement(currency="EUR")
    design = await an_issued_invoice(case)
    await an_account(case, "USD")
    await an_account(case)
    at = rate("DKK", 690, "USD", 100)
    assert (
        await code_of(exchanged(case, design, Money(1, "USD"), Money(1, "EUR"), at))
        == "CURRENCY_PAIR"
    )
    assert await code_of(exchanged(case, design, dkk(1), Money(1, "EUR"), at)) == "RATE_INVALID"
    at = rate("DKK", 746, "EUR", 100)
    assert (
        await code_of(exchanged(case, design, dkk(1), Money(5_000_001, "EUR"), at))
        == "SETTLES_EXCEEDS_OPEN"
    )
    assert await code_of(exchanged(case, design, dkk(1), dkk(1), at)) == "CURRENCY_MISMATCH"


async def test_two_halves_and_one_of_a_payment_at_once_leave_one_out() -> None:
    case, design, build = await two_invoices()
    payment_id = await receive(case, dkk(40_000))

    async def half(invoice_id: UUID, amount: Money) -> str:
        try:
            await move(case, payment_id, put_on=[onto(invoice_id, amount)])
        except DomainError as refusal:
            return refusal.code
        return "moved"

    answers = await asyncio.gather(
        half(design, dkk(20_000)), half(build, dkk(20_000)), half(build, dkk(0, 1))
    )
    assert sorted(answers) == ["ALLOCATION_EXCEEDS_PAYMENT", "moved", "moved"]
    assert sum(await open_of(case, design, build)) in {85_000, 104_999}
    assert -(await books(case)).get("unapplied_receipts", 0) in {0, 1_999_999}


async def test_bouncing_and_moving_at_once_leave_sound_books() -> None:
    case, design, build = await two_invoices()
    payment_id = await pay(case, design, dkk(50_000))
    moves = [
        {"take_off": [onto(design, dkk(100))], "put_on": [onto(build, dkk(100))], "on": MARCH[24]}
    ] * 5

    async def attempt(doing: Any) -> str:
        try:
            await doing
        except DomainError as refusal:
            return refusal.code
        return "done"

    answers = await asyncio.gather(
        *(attempt(move(case, payment_id, **each)) for each in moves),
        attempt(bounce(case, payment_id)),
    )
    assert set(answers) <= {"done", "PAYMENT_REVERSED", "PAYMENT_MOVED"}
    open_minor = sum(await open_of(case, design, build))
    assert open_minor == (125_000 if answers[-1] == "done" else 75_000)
    await books(case)


@pytest.mark.parametrize("role", ["assistant", "accountant"])
async def test_whoever_may_not_move_money_moves_none(role: str) -> None:
    case, design, _ = await two_invoices()
    payment_id = await receive(case, dkk(100))
    before = await books(case)
    actor = getattr(case.people, role)
    more = {"idempotency_key": "no", "today": MARCH[20], "now": noon(MARCH[20])}
    for attempt in (
        payments.allocate_payment(
            actor, payment_id, put_on=[onto(design, dkk(1))], on=MARCH[20], **more
        ),
        payments.reverse_payment(actor, payment_id, reversed_on=MARCH[20], reason="x", **more),
        payments.record_receipt(
            actor,
            case.client.client_id,
            amount=dkk(1),
            received_on=MARCH[20],
            bank_reference="x",
            **more,
        ),
    ):
        with pytest.raises(Forbidden):
            await attempt
    assert (await payments.client_balance(actor, case.client.client_id))[
        0
    ].unapplied_minor == 10_000
    assert await books(case) == before


async def test_the_database_itself_refuses_what_the_service_would(
    owner_connection: asyncpg.Connection,
) -> None:
    case, design, build = await two_invoices()
    payment_id = await pay(case, design, dkk(50_000))
    row = await payment_row(case, payment_id)
    insert = (
        "insert into payment_allocation (tenant_id, id, payment_id, invoice_id, amount_minor, payment_minor, effective_on, note,"
        " journal_id, recorded_at) values ($1, gen_random_uuid(), $2, $3, $4, $4, $5, '', $6, now())"
    )
    for invoice_id, amount_minor in ((build, 1), (design, 1), (build, -1), (design, -5_000_001)):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(
                insert,
                row["tenant_id"],
                payment_id,
                invoice_id,
                amount_minor,
                MARCH[20],
                row["journal_id"],
            )
    for statement in (
        "update payment set applied_minor = applied_minor - 1, unapplied_minor = unapplied_minor + 1",
        "update payment set amount_minor = amount_minor + 1",
        "update invoice set paid_minor = paid_minor - 1 where paid_minor > 0",
        "update payment_allocation set amount_minor = 1",
        "delete from payment_allocation",
        "delete from payment",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(statement)
