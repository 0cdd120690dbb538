"""What delay costs: interest across a change of rates, the fixed sum, three fees; and the books agree to the øre."""

import asyncio
from collections import Counter
from datetime import date
from fractions import Fraction

import pytest

from services import dunning
from services.engagements import ContractClauses, LatePaymentTerms
from services.late_interest.claims import late_interest
from services.late_interest.practice_rates import add_rate
from services.rules.errors import Conflict, DomainError, Forbidden, NotFound
from services.rules.late_interest import Reference
from services.rules.money import Money
from tests.factories.dunning import (
    STEPS,
    a_ladder,
    approve_next,
    at,
    charges,
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

ISSUED = date(2026, 6, 1)
"""Due on Monday 15 June."""


async def code_of(doing, kind=DomainError) -> str:
    """The code of the refusal."""
    with pytest.raises(kind) as refusal:
        await doing
    return refusal.value.code


async def a_late_invoice(**changes) -> tuple[Case, object]:
    """DKK 50 000 due on 15 June 2026, in a half-year of 9.75 % before one of 10 %."""
    case = await a_billable_engagement(payment_terms_days=14, **changes)
    await rates(case, (date(2026, 1, 1), 175), on=ISSUED)
    return case, await an_issued_invoice(case, on=ISSUED)


async def interest(case: Case, invoice_id, until: date, *, on: date | None = None, **values):
    """Interest through a day, charged."""
    day = on or until
    return await dunning.charge_late_interest(
        case.actor, invoice_id,
        **{"until": until, "idempotency_key": case.key(), "today": day, "now": noon(day), **values},
    )  # fmt: skip


async def test_a_danish_debt_with_three_reminders_and_interest_across_the_first_of_july() -> None:
    case, invoice_id = await a_late_invoice()
    await a_ladder(case, on=ISSUED)
    await rates(case, (date(2026, 7, 1), 200), on=date(2026, 7, 1))
    for day in (date(2026, 6, 18), date(2026, 6, 29), date(2026, 7, 9)):
        assert await sweep(case, at(day, 9)) == (1, 0), day
    assert await sweep(case, at(date(2026, 7, 20), 9)) == (0, 0)
    await approve_next(case, invoice_id, at(date(2026, 7, 20), 10))
    assert await sweep(case, at(date(2026, 7, 20), 10)) == (1, 0)
    assert [n["dealt_on"].isoformat() for n in await notices(case, invoice_id)] == [
        "2026-06-18", "2026-06-29", "2026-07-09", "2026-07-20",
    ]  # fmt: skip
    await pay(case, invoice_id, dkk(20_000), on=date(2026, 7, 20))
    await pay(case, invoice_id, dkk(30_000), on=date(2026, 7, 31))
    claim = await late_interest(case.actor, invoice_id, date(2026, 12, 31))
    assert [
        (step.days, step.principal.amount_minor, str(step.annual_percent), step.interest)
        for step in claim.found.steps
    ] == [
        (15, 5_000_000, "9.75", Fraction(14_625, 73)),  # 50 000 × 9.75 % × 15 / 365 = 200.34
        (20, 5_000_000, "10.00", Fraction(20_000, 73)),  # 273.97
        (11, 3_000_000, "10.00", Fraction(6_600, 73)),  # 90.41
    ]
    assert claim.found.interest == dkk(564, 73)  # 41 225 / 73 = 564.726 …
    assert claim.fixed_sum == dkk(310)
    await interest(case, invoice_id, date(2026, 6, 30), on=date(2026, 7, 31))
    await interest(case, invoice_id, date(2026, 7, 31))
    nothing = interest(case, invoice_id, date(2026, 8, 31))
    assert await code_of(nothing) == "NOTHING_TO_CHARGE"
    await dunning.charge_fixed_sum(
        case.actor, invoice_id, idempotency_key=case.key(), today=date(2026, 7, 31),
        now=noon(date(2026, 7, 31)),
    )  # fmt: skip
    assert [
        (c["number"], c["kind"], c["amount_minor"]) for c in await charges(case, invoice_id)
    ] == [
        (1, "reminder_fee", 10_000),
        (2, "reminder_fee", 10_000),
        (3, "reminder_fee", 10_000),
        (4, "interest", 20_034),
        (5, "interest", 36_439),  # the parts sum to the whole: 564.73
        (6, "fixed_sum", 31_000),
    ]
    assert await books(case) == {
        "bank": 5_000_000,
        "receivable": 117_473,
        "late_charges": -117_473,
        "revenue": -4_000_000,
        "tax_payable": -1_000_000,
    }


async def test_a_charge_is_paid_waived_by_the_owner_and_never_both() -> None:
    case, invoice_id = await a_late_invoice()
    day = date(2026, 6, 30)
    charge_id = await interest(case, invoice_id, day)

    async def paid(amount: Money, key: str | None = None):
        return await dunning.record_late_charge_payment(
            case.actor, charge_id, amount=amount, received_on=day, bank_reference="LC-0001",
            idempotency_key=key or case.key(), today=day, now=noon(day),
        )  # fmt: skip

    async def waived(who=case.actor, version: int = 1):
        return await dunning.waive_late_charge(
            who, charge_id, reason="A good client.", expected_version=version,
            idempotency_key=case.key(), today=day, now=noon(day),
        )  # fmt: skip

    assert await code_of(waived(case.people.staff), Forbidden) == "FORBIDDEN"
    assert await code_of(paid(dkk(200, 35))) == "CHARGE_OVERPAID"
    assert await code_of(paid(Money(1, "EUR"))) == "CURRENCY_MISMATCH"
    assert await code_of(paid(Money(0, "DKK"))) == "AMOUNT_NOT_POSITIVE"
    await paid(dkk(0, 34), key="twin")
    await paid(dkk(0, 34), key="twin")
    assert await code_of(waived(version=2)) == "CHARGE_PAID"
    done = await asyncio.gather(*(paid(dkk(100, 1)) for _ in range(3)), return_exceptions=True)
    assert Counter(type(each).__name__ for each in done) == {"UUID": 1, "RuleViolation": 2}
    assert (await books(case))["receivable"] == 5_000_000 + 9_999

    await dunning.charge_fixed_sum(
        case.actor, invoice_id, idempotency_key=case.key(), today=day, now=noon(day)
    )
    twice = dunning.charge_fixed_sum(
        case.actor, invoice_id, idempotency_key=case.key(), today=day, now=noon(day)
    )
    assert await code_of(twice, Conflict) == "FIXED_SUM_CHARGED"
    charge_id = (await charges(case, invoice_id))[1]["id"]
    await waived()
    assert await code_of(waived(version=2), Conflict) == "CHARGE_WAIVED"
    assert await code_of(paid(dkk(1)), Conflict) == "CHARGE_WAIVED"
    assert (await books(case))["late_charges"] == -20_034


async def test_ten_at_once_charge_the_interest_of_a_span_once() -> None:
    case, invoice_id = await a_late_invoice()
    done = await asyncio.gather(
        *(interest(case, invoice_id, date(2026, 6, 30)) for _ in range(10)), return_exceptions=True
    )
    assert Counter(getattr(each, "code", "done") for each in done) == {
        "done": 1,
        "NOTHING_TO_CHARGE": 9,
    }
    assert (await books(case))["late_charges"] == -20_034


async def test_the_contracts_own_rate_and_sum_count_before_the_laws() -> None:
    fixed = ContractClauses(late_payment=LatePaymentTerms("fixed", 1200, 50_000))
    case, invoice_id = await a_late_invoice(clauses=fixed)
    claim = await late_interest(case.actor, invoice_id, date(2026, 6, 30))
    # 50 000 × 12 % × 15 / 365
    assert (claim.found.interest, claim.fixed_sum) == (dkk(246, 58), dkk(500))
    points = ContractClauses(late_payment=LatePaymentTerms("danmarks_nationalbank", 500))
    case, invoice_id = await a_late_invoice(clauses=points)
    claim = await late_interest(case.actor, invoice_id, date(2026, 6, 30))
    assert str(claim.found.steps[0].annual_percent) == "6.75"
    assert (claim.found.interest, claim.fixed_sum) == (dkk(138, 70), dkk(310))


async def test_a_practice_adds_rates_and_changes_none_of_the_table() -> None:
    case = await a_billable_engagement(payment_terms_days=14)
    invoice_id = await an_issued_invoice(case, on=ISSUED)
    until = date(2026, 6, 30)
    assert await code_of(late_interest(case.actor, invoice_id, until)) == "RATE_UNKNOWN"

    async def add(first: date, bps: int = 175, who=case.actor):
        return await add_rate(
            who, Reference.NATIONALBANKEN, valid_from=first, rate_bps=bps, source="Nationalbanken",
            today=date(2026, 12, 1), now=noon(ISSUED),
        )  # fmt: skip

    for first, code in (
        (date(2025, 7, 1), "RATE_KNOWN"),
        (date(2026, 7, 1), "RATE_GAP"),
        (date(2026, 2, 1), "RATE_DATE"),
        (date(2027, 1, 1), "RATE_DATE"),
    ):
        assert await code_of(add(first)) == code, first
    assert await code_of(add(date(2026, 1, 1), 10_001)) == "RATE_INVALID"
    assert await code_of(add(date(2026, 1, 1), who=case.people.accountant)) == "FORBIDDEN"
    await add(date(2026, 1, 1), 275)
    await add(date(2026, 1, 1))  # a slip, put right
    claim = await late_interest(case.people.accountant, invoice_id, until)
    assert claim.found.interest == dkk(200, 34)
    assert claim.found.steps[0].source == "Nationalbanken"
    other = await a_billable_engagement()
    assert await code_of(late_interest(other.actor, invoice_id, until), NotFound) == "NOT_FOUND"


async def test_the_ladder_leaves_a_fee_out_that_the_contract_allows_only_once() -> None:
    once = ContractClauses(
        late_payment=LatePaymentTerms("danmarks_nationalbank", 800, None, 5_000, 1, 10)
    )
    case, invoice_id = await a_late_invoice(clauses=once)
    await a_ladder(case, on=ISSUED, steps=STEPS)
    await rates(case, (date(2026, 7, 1), 200), on=date(2026, 7, 1))
    for day in (date(2026, 6, 18), date(2026, 6, 29), date(2026, 7, 9)):
        await sweep(case, at(day, 9))
    _, firm, final = await notices(case, invoice_id)
    assert (firm["fee_minor"], final["fee_minor"]) == (5_000, 0)
    assert final["fee_note"].startswith("A fee was taken 1 times already.")
