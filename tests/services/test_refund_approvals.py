"""Refunds: who approves, what becomes of every attempt, and what is shown beforehand."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from db.queries import refunds as queries
from db.unit_of_work import read_only, unit_of_work
from services import refunds
from services.rules.errors import (
    Conflict,
    DomainError,
    Forbidden,
    InvalidInput,
    RuleViolation,
    Stale,
)
from services.rules.money import Money
from tests.factories.engagements import Case
from tests.factories.money import (
    MARCH,
    a_billable_engagement,
    a_funded_retainer,
    an_issued_invoice,
    approve,
    ask_back,
    books,
    dkk,
    draw,
    noon,
    pay,
    refund_row,
    retainer_row,
    settle,
)

pytestmark = pytest.mark.usefixtures("database")


async def code_of(doing: Any, kind: type[DomainError] = DomainError) -> str:
    with pytest.raises(kind) as refusal:
        await doing
    return refusal.value.code


async def limit(
    case: Case, amount: Money | None, *, version: int = 0, currency: str = "DKK"
) -> UUID:
    return await refunds.set_refund_limit(
        case.actor, currency, amount, expected_version=version, now=noon(MARCH[2])
    )


def by_staff(case: Case) -> Case:
    """The same case in the hands of a member of staff."""
    return replace(case, people=replace(case.people, owner=case.people.staff))


async def fail(case: Case, refund_id: UUID, version: int, **values: Any) -> UUID:
    given = {
        "failed_on": MARCH[26], "reason": "The account is closed", "expected_version": version,
        "idempotency_key": case.key(), "today": MARCH[26], "now": noon(MARCH[26]), **values,
    }  # fmt: skip
    return await refunds.fail_refund(case.actor, refund_id, **given)


async def retry(case: Case, refund_id: UUID, version: int, **values: Any) -> UUID:
    given = {"expected_version": version, "idempotency_key": case.key(), "now": noon(MARCH[27])}
    return await refunds.retry_refund(case.actor, refund_id, **{**given, **values})


async def attempts(case: Case, refund_id: UUID) -> list[tuple[Any, ...]]:
    async with read_only(case.actor.scope()) as uow:
        return [
            (row["attempt"], row["outcome"], row["method"], row["journal_id"] is not None)
            for row in await queries.attempts_of(uow, [refund_id])
        ]


# Two pairs of eyes


@pytest.mark.parametrize(
    ("kroner", "refusal"), [(5_000, None), (5_001, "REFUND_NEEDS_SECOND_PERSON")]
)
async def test_above_the_limit_who_asked_does_not_approve(kroner: int, refusal: str | None) -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    await limit(case, dkk(5_000))
    refund_id = await ask_back(case, dkk(kroner), retainer_id=retainer_id)
    if refusal is None:
        await approve(case, refund_id)
    else:
        assert await code_of(approve(case, refund_id), RuleViolation) == refusal
        assert (await refund_row(case, refund_id))["status"] == "requested"
        await approve(by_staff(case), refund_id)
    assert (await refund_row(case, refund_id))["status"] == "approved"


async def test_a_large_refund_is_not_cut_into_small_ones() -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    await limit(case, dkk(5_000))
    await approve(case, await ask_back(case, dkk(3_000), retainer_id=retainer_id))
    second = await ask_back(case, dkk(2_000, 1), retainer_id=retainer_id)
    with pytest.raises(RuleViolation) as refusal:
        await approve(case, second)
    assert refusal.value.code == "REFUND_NEEDS_SECOND_PERSON"
    assert refusal.value.details["limit_minor"] == 500_000
    await approve(by_staff(case), second)


async def test_the_database_refuses_it_too(owner_connection: asyncpg.Connection) -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    await limit(case, dkk(5_000))
    refund_id = await ask_back(case, dkk(5_001), retainer_id=retainer_id)
    small = await ask_back(case, dkk(4_000), retainer_id=retainer_id)
    await approve(case, small)
    cut = await ask_back(case, dkk(1_001), retainer_id=retainer_id)
    document = (await refund_row(case, small))["document_id"]
    for each in (refund_id, cut):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refusal:
            async with unit_of_work(case.actor.scope()) as uow:
                await uow.execute(
                    """
                    update refund set status = 'approved', decided_on = $3, decided_by = requested_by, entitlement = '[]',
                      entitlement_minor = 4000000, document_id = $4 where tenant_id = $1 and id = $2
                    """,
                    uow.tenant_id, each, MARCH[23], document,
                )  # fmt: skip
        assert "second_person" in str(refusal.value) or "somebody else" in str(refusal.value)
    # Nor can the limit on the row be moved, who asked be rewritten, or a limit vanish.
    for statement in (
        "update refund set second_person_above_minor = null where tenant_id = $1",
        "update refund set requested_by = $1 where tenant_id = $1",
        "delete from refund where tenant_id = $1",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(statement, case.actor.tenant_id)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with unit_of_work(case.actor.scope()) as uow:
            await uow.execute("delete from refund_limit where tenant_id = $1", uow.tenant_id)


async def test_a_limit_in_one_currency_leaves_no_way_around_in_another() -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    await limit(case, Money(100_000, "EUR"), currency="EUR")
    refund_id = await ask_back(case, dkk(1), retainer_id=retainer_id)
    assert (await refund_row(case, refund_id))["second_person_above_minor"] == 0
    assert await code_of(approve(case, refund_id)) == "REFUND_NEEDS_SECOND_PERSON"


async def test_the_limit_that_counts_is_the_one_when_it_was_asked_for() -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    free = await ask_back(case, dkk(9_000), retainer_id=retainer_id)
    await limit(case, dkk(5_000))
    bound = await ask_back(case, dkk(9_000), retainer_id=retainer_id)
    await limit(case, None, version=1)
    assert await code_of(approve(case, bound)) == "REFUND_NEEDS_SECOND_PERSON"
    await approve(case, free)
    assert await code_of(limit(case, dkk(1), version=1), Stale) == "STALE_VERSION"


async def test_only_the_owner_sets_a_limit_and_bad_ones_are_refused() -> None:
    case = await a_billable_engagement()
    for role in ("staff", "assistant", "accountant"):
        actor = getattr(case.people, role)
        attempt = refunds.set_refund_limit(
            actor, "DKK", dkk(1), expected_version=0, now=noon(MARCH[2])
        )
        assert await code_of(attempt, Forbidden) == "FORBIDDEN"
    for amount, currency, code in (
        (Money(-1, "DKK"), "DKK", "AMOUNT_NEGATIVE"),
        (Money(10**15 + 1, "DKK"), "DKK", "AMOUNT_TOO_LARGE"),
        (Money(1, "EUR"), "DKK", "CURRENCY_MISMATCH"),
        (Money(1, "DKK"), "XXX", "CURRENCY_UNKNOWN"),
    ):
        assert await code_of(limit(case, amount, currency=currency)) == code
    async with read_only(case.actor.scope()) as uow:
        assert await queries.limits(uow) == []


# Attempts


async def test_a_refund_that_came_back_is_tried_again_and_every_attempt_stays(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    refund_id = await ask_back(case, dkk(5_000), retainer_id=retainer_id)
    await approve(case, refund_id)
    await settle(case, refund_id, method="card_reversal")
    await fail(case, refund_id, 3)
    await retry(case, refund_id, 4)
    retainer = await retainer_row(case, retainer_id)
    assert (retainer["refund_pending_minor"], retainer["refunded_minor"]) == (500_000, 0)
    await fail(case, refund_id, 5, failed_on=MARCH[27], today=MARCH[27])
    await retry(case, refund_id, 6)
    await settle(case, refund_id, on=MARCH[30], expected_version=7)
    assert await attempts(case, refund_id) == [
        (1, "settled", "card_reversal", True),
        (1, "returned", "card_reversal", True),
        (2, "failed", "", False),
        (3, "settled", "bank", True),
    ]
    assert await books(case) == {"bank": 3_666_667, "retainer_liability": -3_666_667}
    row = await refund_row(case, refund_id)
    assert (row["status"], row["attempt"], row["failed_on"]) == ("settled", 3, None)
    for statement in ("update refund_attempt set note = 'x'", "delete from refund_attempt"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(statement)
    # A settlement without its attempt is refused by the database.
    assert await code_of(retry(case, refund_id, 8), Conflict) == "REFUND_NOT_FAILED"


async def test_what_was_drawn_meanwhile_cannot_be_promised_again() -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case, dkk(10_000))
    refund_id = await ask_back(case, dkk(10_000), retainer_id=retainer_id, on=MARCH[5])
    await approve(case, refund_id, on=MARCH[5])
    await fail(case, refund_id, 2, failed_on=MARCH[6], today=MARCH[6])
    design = await an_issued_invoice(case)
    await draw(case, retainer_id, design, dkk(6_000))
    assert await code_of(retry(case, refund_id, 3)) == "REFUND_OVER_CAP"
    assert (await retainer_row(case, retainer_id))["refund_pending_minor"] == 0


async def test_a_status_without_its_attempt_is_refused_by_the_database() -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    refund_id = await ask_back(case, dkk(5_000), retainer_id=retainer_id)
    await approve(case, refund_id)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        async with unit_of_work(case.actor.scope()) as uow:
            await uow.execute(
                "update refund set status = 'failed', failed_on = $2 where tenant_id = $1",
                uow.tenant_id,
                MARCH[25],
            )


async def test_a_reason_and_a_method_are_one_of_a_list() -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    odd = ask_back(case, dkk(1), retainer_id=retainer_id, reason_kind="because")
    assert await code_of(odd, InvalidInput) == "REASON_INVALID"
    with pytest.raises(InvalidInput) as silent:
        await ask_back(case, dkk(1), retainer_id=retainer_id, reason=" ")
    assert silent.value.field == "reason"
    refund_id = await ask_back(case, dkk(1), retainer_id=retainer_id, reason_kind="goodwill")
    assert (await refund_row(case, refund_id))["reason_kind"] == "goodwill"
    await approve(case, refund_id)
    assert await code_of(settle(case, refund_id, method="cheque"), InvalidInput) == "METHOD_INVALID"
    assert await attempts(case, refund_id) == []


# What is shown beforehand


async def test_a_preview_shows_caps_parts_and_the_entry_and_sets_nothing_aside() -> None:
    case = await a_billable_engagement()
    design = await an_issued_invoice(case)
    payment_id = await pay(case, design, dkk(51_000))
    await limit(case, dkk(5_000))
    seen = await refunds.preview_refund(
        case.actor, payment_id=payment_id, amount=dkk(6_000), today=MARCH[20]
    )
    assert (seen.left_minor, seen.unapplied_minor, seen.net_minor, seen.tax_minor) == (
        5_100_000, 100_000, 400_000, 100_000,
    )  # fmt: skip
    assert [(each.account, each.amount_minor) for each in seen.effects] == [
        ("unapplied_receipts", 100_000), ("refunds", 400_000), ("tax_payable", 100_000), ("bank", -600_000),
    ]  # fmt: skip
    assert (seen.needs_second_person, seen.limit_minor, seen.refusals) == (True, 500_000, ())
    assert seen.entitlement.entitled_minor == 600_000
    over = await refunds.preview_refund(
        case.actor, payment_id=payment_id, amount=dkk(51_001), today=MARCH[20]
    )
    assert [each.code for each in over.refusals] == ["REFUND_OVER_CAP", "REFUND_OVER_ENTITLEMENT"]
    refund_id = await ask_back(case, dkk(6_000), payment_id=payment_id)
    await approve(by_staff(case), refund_id)
    await settle(case, refund_id)
    assert await books(case) == {
        "bank": 4_500_000, "tax_payable": -900_000, "revenue": -4_000_000, "refunds": 400_000,
    }  # fmt: skip


# Races


async def test_two_halves_and_one_oere_more_than_the_cap_are_not_all_taken() -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case, dkk(10_000))

    async def one(amount: Money) -> str:
        try:
            await ask_back(case, amount, retainer_id=retainer_id)
        except DomainError as refusal:
            return refusal.code
        return "set aside"

    answers = Counter(await asyncio.gather(one(dkk(5_000)), one(dkk(5_000)), one(Money(1, "DKK"))))
    assert answers == {"set aside": 2, "REFUND_OVER_CAP": 1}
    assert (await retainer_row(case, retainer_id))["refund_pending_minor"] in {1_000_000, 500_001}


async def test_a_refund_is_approved_or_rejected_and_settled_or_failed_once() -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)

    async def said(doing: Any) -> str:
        try:
            await doing
        except DomainError as refusal:
            return refusal.code
        return "done"

    for _ in range(3):
        refund_id = await ask_back(case, dkk(1_000), retainer_id=retainer_id)
        reject = refunds.reject_refund(
            case.actor, refund_id, expected_version=1, idempotency_key=case.key(), today=MARCH[23], now=noon(MARCH[23])
        )  # fmt: skip
        answers = await asyncio.gather(said(approve(case, refund_id)), said(reject))
        assert Counter(answers) == {"done": 1, "STALE_VERSION": 1}
    refund_id = await ask_back(case, dkk(2_000), retainer_id=retainer_id)
    await approve(case, refund_id)
    answers = await asyncio.gather(
        said(settle(case, refund_id, on=MARCH[26])),
        said(fail(case, refund_id, 2)),
        said(fail(case, refund_id, 2)),
    )
    assert Counter(answers) == {"done": 1, "STALE_VERSION": 2}
    assert len(await attempts(case, refund_id)) == 1


async def test_a_settlement_racing_drawdowns_of_the_same_retainer_never_takes_it_below_zero() -> (
    None
):
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case, dkk(10_000))
    refund_id = await ask_back(case, dkk(4_000), retainer_id=retainer_id, on=MARCH[4])
    await approve(case, refund_id, on=MARCH[4])
    design = await an_issued_invoice(case)

    async def said(doing: Any) -> str:
        try:
            await doing
        except DomainError as refusal:
            return refusal.code
        return "done"

    answers = Counter(
        await asyncio.gather(
            said(settle(case, refund_id, on=MARCH[24])),
            *(said(draw(case, retainer_id, design, dkk(2_000), on=MARCH[24])) for _ in range(5)),
        )
    )
    assert answers == {"done": 4, "RETAINER_OVERDRAWN": 2}
    retainer = await retainer_row(case, retainer_id)
    assert (retainer["drawn_minor"], retainer["refunded_minor"]) == (600_000, 400_000)
    assert "retainer_liability" not in await books(case)


async def test_fifty_twins_of_a_settlement_make_one_entry() -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    refund_id = await ask_back(case, dkk(5_000), retainer_id=retainer_id)
    await approve(case, refund_id)
    answers = await asyncio.gather(
        *(settle(case, refund_id, idempotency_key="one") for _ in range(50)), return_exceptions=True
    )
    assert {each for each in answers if isinstance(each, UUID)} == {refund_id}
    assert {type(each).__name__ for each in answers} <= {"UUID", "InProgress"}
    assert (await books(case))["bank"] == 3_666_667
    assert len(await attempts(case, refund_id)) == 1
