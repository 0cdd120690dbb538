"""Kill fees: by stage, as far as the work had come, claimed once, and what becomes of them."""

import asyncio
from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest

from db.queries import kill_fees as queries
from db.unit_of_work import read_only, unit_of_work
from services import engagements, kill_fees, progress, refunds
from services.actor import Actor
from services.change_orders.standing import standing
from services.rules.change_orders.effects import kill_fee_exposure
from services.rules.errors import (
    Conflict,
    DomainError,
    Forbidden,
    InvalidInput,
    NotFound,
    RuleViolation,
)
from services.rules.kill_fees import KillFeeStage
from services.rules.money import Money
from services.rules.progress import ItemReport
from tests.factories.endings import end
from tests.factories.engagements import Case, an_engagement
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
    retainer_row,
    settle,
)

pytestmark = pytest.mark.usefixtures("database")

STAGES = (KillFeeStage(0, 1000), KillFeeStage(3000, 2000), KillFeeStage(7000, 3000))


async def code_of(doing: Any, kind: type[DomainError] = DomainError) -> str:
    with pytest.raises(kind) as refusal:
        await doing
    return refusal.value.code


async def claim(
    case: Case, *, on: date = MARCH[17], actor: Actor | None = None, **values: Any
) -> UUID:
    return await kill_fees.claim_kill_fee(
        actor or case.actor,
        case.engagement_id,
        **{"idempotency_key": case.key(), "today": on, "now": noon(on), **values},
    )


def entry(case: Case, **values: Any) -> dict[str, Any]:
    day = MARCH[18]
    return {"on": day, "idempotency_key": case.key(), "today": day, "now": noon(day), **values}


async def row_of(case: Case) -> Any:
    async with read_only(case.actor.scope()) as uow:
        return await queries.kill_fee_of(uow, case.engagement_id)


async def report(case: Case, item_key: str, percent_bps: int, on: date) -> None:
    """The practice's word on how far an item is."""
    await progress.record_progress(
        case.actor,
        case.engagement_id,
        status_date=on,
        reports=[ItemReport(item_key, percent_bps, on)],
        idempotency_key=case.key(),
        today=on,
        now=noon(on),
    )


# The clause


async def test_a_kill_fee_is_one_rate_or_goes_by_stages_and_stages_begin_at_zero_and_rise() -> None:
    for values in (
        {"kill_fee_bps": 100, "kill_fee_stages": STAGES},
        {"kill_fee_stages": STAGES[1:]},
        {"kill_fee_stages": (STAGES[0], STAGES[0])},
        {"kill_fee_stages": (KillFeeStage(0, -1),)},
        {"kill_fee_stages": tuple(KillFeeStage(step, 1) for step in range(11))},
    ):
        assert await code_of(an_engagement(**values), InvalidInput) in {
            "KILL_FEE_INVALID",
            "RATE_INVALID",
        }


@pytest.mark.parametrize(
    ("locale", "lines"),
    [
        ("en", ["before 30% of the fee has been earned", "once 30% of the fee has been earned, and before 70%",
                "once 70% of the fee has been earned"]),
        ("da", ["før 30\u00a0% af honoraret er optjent", "når 30\u00a0% af honoraret er optjent, men ikke 70\u00a0%",
                "når 70\u00a0% af honoraret er optjent"]),
    ],
)  # fmt: skip
async def test_the_contract_prints_every_stage_in_its_language(
    locale: str, lines: list[str], owner_connection: asyncpg.Connection
) -> None:
    case = await a_billable_engagement(locale=locale, kill_fee_stages=STAGES)
    document = await owner_connection.fetchrow(
        "select payload, preview_html from document where tenant_id = $1 and kind = 'services_contract' and locale = $2",
        case.actor.tenant_id, locale,
    )  # fmt: skip
    stages = orjson.loads(document["payload"])["clauses"]["kill_fee"]["stages"]
    assert [(stage["when"], stage["rate_bps"]) for stage in stages] == list(
        zip(lines, (1000, 2000, 3000), strict=True)
    )
    assert all(line in document["preview_html"] for line in lines)


async def test_the_stages_of_a_contract_cannot_be_garbled(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_billable_engagement(kill_fee_stages=STAGES)
    for statement in (
        "update engagement set kill_fee_stages = '{}' where id = $1",
        "update engagement set kill_fee_bps = 100 where id = $1",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await owner_connection.execute(statement, case.engagement_id)


# What it comes to


async def test_it_follows_the_progress_on_the_day_the_contract_ended() -> None:
    """Of 100 000: design (40 000) is accepted, half of the build (60 000) is done: 70 000 earned, so 30 % of 30 000."""
    case = await a_billable_engagement(kill_fee_stages=STAGES)
    await an_issued_invoice(case)
    await report(case, "build", 5000, MARCH[13])
    for on, amount, rate, progress_bps in (
        (MARCH[12], 1_200_000, 2000, 4000),
        (MARCH[16], 900_000, 3000, 7000),
    ):
        seen = await kill_fees.preview_kill_fee(
            case.actor, case.engagement_id, on=on, today=MARCH[17]
        )
        assert (seen.found.amount_minor, seen.found.rate_bps, seen.found.progress_bps) == (
            amount, rate, progress_bps,
        )  # fmt: skip
    # What the change order's preview shows is the same figure.
    async with read_only(case.actor.scope()) as uow:
        engagement = await engagements.found(uow, case.engagement_id)
        basis = (await standing(uow, engagement)).order_terms.kill_fee
    assert kill_fee_exposure(basis, 10_000_000, 12_000_000).before.amount_minor == 900_000
    assert kill_fee_exposure(basis, 10_000_000, 12_000_000).after.rate_bps == 2000
    await end(case, on=MARCH[16])
    await claim(case)
    row = await row_of(case)
    assert (row["amount_minor"], row["earned_minor"], row["ended_on"], row["due_on"]) == (
        900_000, 7_000_000, MARCH[16], MARCH[25],
    )  # fmt: skip
    assert await books(case) == {
        "receivable": 5_900_000, "tax_payable": -1_000_000, "revenue": -4_000_000, "kill_fees": -900_000,
    }  # fmt: skip


async def test_costs_that_cannot_be_recovered_lift_the_cap() -> None:
    case = await a_billable_engagement(kill_fee_bps=5000)
    design = await an_issued_invoice(case)
    await pay(case, design, dkk(50_000), on=MARCH[10])
    spent = await progress.record_cost(
        case.actor, case.engagement_id, amount=dkk(4_000), spent_on=MARCH[11], note="Typefaces",
        idempotency_key=case.key(), today=MARCH[11], now=noon(MARCH[11]),
    )  # fmt: skip
    seen = await kill_fees.preview_kill_fee(
        case.actor, case.engagement_id, on=MARCH[16], cost_entry_ids=[spent], today=MARCH[17]
    )
    # Half of the 60 000 not earned; 60 000 is unpaid and 4 000 was spent, so the cap does not bite.
    assert (seen.found.amount_minor, seen.found.cap_minor) == (3_000_000, 6_400_000)
    for ids, code in (([spent, spent], "COSTS_INVALID"), ([uuid4()], "NOT_FOUND")):
        attempt = kill_fees.preview_kill_fee(
            case.actor, case.engagement_id, on=MARCH[16], cost_entry_ids=ids, today=MARCH[17]
        )
        assert await code_of(attempt) == code
    early = kill_fees.preview_kill_fee(
        case.actor, case.engagement_id, on=MARCH[10], cost_entry_ids=[spent], today=MARCH[17]
    )
    assert await code_of(early) == "COSTS_INVALID"


# When it is owed


@pytest.mark.parametrize(
    ("kind", "party", "code"),
    [
        ("notice", "practice", "NO_KILL_FEE"),
        ("breach", "client", "NO_KILL_FEE"),
        ("breach", "practice", "NO_KILL_FEE"),
        (None, None, "ENGAGEMENT_NOT_ENDED"),
    ],
)
async def test_only_the_clients_notice_costs_a_kill_fee(kind: Any, party: Any, code: str) -> None:
    case = await a_billable_engagement(kill_fee_bps=2000)
    retainer_id = await a_funded_retainer(case)
    if kind:
        await end(case, kind=kind, party=party)
    assert await code_of(claim(case), RuleViolation) == code
    assert await row_of(case) is None
    found = await refunds.entitlement(case.actor, case.engagement_id)
    assert (found.entitled_minor, [line.kind for line in found.lines]) == (4_166_667, ["deposited"])
    assert (await retainer_row(case, retainer_id))["drawn_minor"] == 0
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        async with unit_of_work(case.actor.scope()) as uow:
            await uow.execute(
                """
                insert into kill_fee (tenant_id, id, engagement_id, client_id, currency, amount_minor, fee_minor, earned_minor, paid_minor,
                  costs_minor, rate_bps, cost_entry_ids, ended_on, claimed_on, due_on, journal_id, member_id, created_at, updated_at)
                select tenant_id, gen_random_uuid(), id, client_id, currency, 1, 1, 0, 0, 0, 1, '{}', $2, $2, $2,
                  (select j.id from ledger_journal j where j.tenant_id = $1 limit 1), $3, $4, $4 from engagement where tenant_id = $1
                """,
                uow.tenant_id, MARCH[16], case.actor.member_id, noon(MARCH[16]),
            )  # fmt: skip


async def test_nothing_is_claimed_where_nothing_was_agreed_and_nothing_twice() -> None:
    case = await a_billable_engagement()
    await end(case)
    assert await code_of(claim(case), RuleViolation) == "NO_KILL_FEE"
    agreed = await a_billable_engagement(kill_fee_bps=2000)
    await end(agreed)
    await claim(agreed, idempotency_key="once")
    await claim(agreed, idempotency_key="once")
    assert await code_of(claim(agreed), Conflict) == "KILL_FEE_CLAIMED"
    assert await books(agreed) == {"receivable": 2_000_000, "kill_fees": -2_000_000}


# What becomes of it


async def test_it_is_taken_out_of_the_retainer_paid_and_waived_and_the_rest_goes_back() -> None:
    """33 333.34 + 25 % deposited = 41 666.67; the fee of 100 000 is not begun: 20 000, of which 5 000 is waived, 2 000 paid, 13 000
    taken out of the retainer; 28 666.67 goes back."""
    case = await a_billable_engagement(kill_fee_bps=2000)
    retainer_id = await a_funded_retainer(case)
    await end(case)
    fee = await claim(case)
    found = await refunds.entitlement(case.actor, case.engagement_id)
    assert [(line.kind, line.amount_minor) for line in found.lines] == [
        ("deposited", 4_166_667), ("kill_fee", -2_000_000),
    ]  # fmt: skip
    await kill_fees.waive_kill_fee(
        case.actor, fee, amount=dkk(5_000), reason="A good client", **entry(case)
    )
    await kill_fees.record_kill_fee_payment(
        case.actor, fee, amount=dkk(2_000), bank_reference="KF", **entry(case)
    )
    over = kill_fees.offset_kill_fee(
        case.actor, fee, retainer_id, amount=dkk(13_000, 1), note="Agreed", **entry(case)
    )
    assert await code_of(over, RuleViolation) == "KILL_FEE_EXCEEDED"
    await kill_fees.offset_kill_fee(
        case.actor, fee, retainer_id, amount=dkk(13_000), note="Agreed", **entry(case)
    )
    row = await row_of(case)
    assert (row["settled_minor"], row["waived_minor"]) == (1_500_000, 500_000)
    assert await books(case) == {
        "bank": 4_366_667, "retainer_liability": -2_866_667, "kill_fees": -1_500_000,
    }  # fmt: skip
    seen = await refunds.settlement(case.actor, case.engagement_id)
    assert [(line.kind, line.amount_minor, line.running_minor) for line in seen.lines] == [
        ("deposit", 4_166_667, 4_166_667),
        ("kill_fee", -2_000_000, 2_166_667),
        ("kill_fee_waived", 500_000, 2_666_667),
        ("kill_fee_paid", 200_000, 2_866_667),
    ]
    assert (seen.goes_back_minor, seen.still_owed_minor, seen.held_minor) == (
        2_866_667,
        0,
        2_866_667,
    )
    refund_id = await ask_back(
        case, dkk(28_666, 67), retainer_id=retainer_id, reason_kind="cancelled"
    )
    await approve(case, refund_id)
    await settle(case, refund_id)
    assert await books(case) == {"bank": 1_500_000, "kill_fees": -1_500_000}
    after = await refunds.settlement(case.actor, case.engagement_id)
    assert (after.balance_minor, after.refunded_minor, after.kill_fee_minor) == (
        0,
        2_866_667,
        1_500_000,
    )


async def test_what_was_done_until_the_end_is_earned_with_its_tax() -> None:
    """41 666.67 deposited; a tenth of the design (40 000) is done: 4 000 + 1 000 tax; the kill fee is 20 % of 96 000."""
    case = await a_billable_engagement(kill_fee_bps=2000)
    await a_funded_retainer(case)
    await report(case, "design", 1000, MARCH[10])
    before = await refunds.entitlement(case.actor, case.engagement_id)
    assert before.entitled_minor == 4_166_667
    await end(case)
    found = await refunds.entitlement(case.actor, case.engagement_id)
    assert [(line.kind, line.amount_minor) for line in found.lines] == [
        ("deposited", 4_166_667), ("earned", -500_000), ("kill_fee", -1_920_000),
    ]  # fmt: skip
    assert found.lines[1].note == "done when the contract ended: design 10%"
    seen = await refunds.settlement(case.actor, case.engagement_id)
    assert seen.balance_minor == found.entitled_minor == 1_746_667
    assert (seen.ended_on, seen.earned_minor, seen.kill_fee_minor) == (
        MARCH[16],
        500_000,
        1_920_000,
    )


async def test_a_client_who_paid_too_little_still_owes() -> None:
    case = await a_billable_engagement(kill_fee_bps=2000)
    retainer_id = await a_funded_retainer(case)
    design = await an_issued_invoice(case)
    await draw(case, retainer_id, design, dkk(41_666, 67))
    await end(case)
    seen = await refunds.settlement(case.actor, case.engagement_id)
    # 41 666.67 − 50 000 − 12 000
    assert (seen.goes_back_minor, seen.still_owed_minor) == (0, 2_033_333)


async def test_bad_amounts_dates_retainers_and_roles_are_refused_and_nothing_moves() -> None:
    case, other = await a_billable_engagement(kill_fee_bps=2000), await a_billable_engagement()
    retainer_id = await a_funded_retainer(case, dkk(1_000))
    foreign = await a_funded_retainer(other)
    await end(case)
    fee = await claim(case)
    for amount, code in (
        (Money(0, "DKK"), "AMOUNT_NOT_POSITIVE"),
        (Money(-1, "DKK"), "AMOUNT_NOT_POSITIVE"),
        (Money(10**15 + 1, "DKK"), "AMOUNT_TOO_LARGE"),
        (Money(1, "EUR"), "CURRENCY_MISMATCH"),
        (dkk(20_000, 1), "KILL_FEE_EXCEEDED"),
    ):
        attempt = kill_fees.record_kill_fee_payment(
            case.actor, fee, amount=amount, bank_reference="x", **entry(case)
        )
        assert await code_of(attempt) == code
    for attempt, code in (
        (kill_fees.offset_kill_fee(case.actor, fee, retainer_id, amount=dkk(1_001), note="x", **entry(case)), "RETAINER_OVERDRAWN"),
        (kill_fees.offset_kill_fee(case.actor, fee, foreign, amount=dkk(1), note="x", **entry(case)), "NOT_FOUND"),
        (kill_fees.waive_kill_fee(case.actor, uuid4(), amount=dkk(1), reason="x", **entry(case)), "NOT_FOUND"),
        (kill_fees.waive_kill_fee(case.actor, fee, amount=dkk(1), reason="x", **entry(case, on=MARCH[19])), "DATE"),
        (kill_fees.waive_kill_fee(case.actor, fee, amount=dkk(1), reason="x", **entry(case, on=MARCH[16])), "DATE"),
        (kill_fees.waive_kill_fee(other.actor, fee, amount=dkk(1), reason="x", **entry(case)), "NOT_FOUND"),
    ):  # fmt: skip
        assert await code_of(attempt) == code
    for role in ("assistant", "accountant"):
        actor = getattr(case.people, role)
        for attempt in (
            claim(case, actor=actor),
            kill_fees.record_kill_fee_payment(
                actor, fee, amount=dkk(1), bank_reference="x", **entry(case)
            ),
            kill_fees.offset_kill_fee(
                actor, fee, retainer_id, amount=dkk(1), note="x", **entry(case)
            ),
        ):
            assert await code_of(attempt, Forbidden) == "FORBIDDEN"
        await refunds.settlement(actor, case.engagement_id)
    waiver = kill_fees.waive_kill_fee(
        case.people.staff, fee, amount=dkk(1), reason="x", **entry(case)
    )
    assert await code_of(waiver, Forbidden) == "FORBIDDEN"
    assert (
        await code_of(refunds.settlement(other.actor, case.engagement_id), NotFound) == "NOT_FOUND"
    )
    assert await books(case) == {
        "bank": 100_000, "retainer_liability": -100_000, "receivable": 2_000_000, "kill_fees": -2_000_000,
    }  # fmt: skip


async def test_ten_claims_and_ten_offsets_at_once_take_no_more_than_there_is() -> None:
    case = await a_billable_engagement(kill_fee_bps=2000)
    retainer_id = await a_funded_retainer(case, dkk(10_000))
    await end(case)

    async def said(doing: Any) -> str:
        try:
            await doing
        except DomainError as refusal:
            return refusal.code
        return "done"

    claims = Counter(await asyncio.gather(*(said(claim(case)) for _ in range(10))))
    assert claims == {"done": 1, "KILL_FEE_CLAIMED": 9}
    fee = (await row_of(case))["id"]
    offsets = Counter(
        await asyncio.gather(
            *(
                said(kill_fees.offset_kill_fee(case.actor, fee, retainer_id, amount=dkk(3_000), note="x", **entry(case)))
                for _ in range(10)
            )
        )
    )  # fmt: skip
    assert offsets == {"done": 3, "RETAINER_OVERDRAWN": 7}
    assert (await row_of(case))["settled_minor"] == 900_000
    assert (await books(case))["retainer_liability"] == -100_000


async def test_what_was_claimed_and_done_is_never_changed(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_billable_engagement(kill_fee_bps=2000)
    await end(case)
    fee = await claim(case)
    await kill_fees.waive_kill_fee(case.actor, fee, amount=dkk(1), reason="x", **entry(case))
    for statement in (
        "update kill_fee set amount_minor = 1",
        "delete from kill_fee",
        "update kill_fee_entry set amount_minor = 2",
        "delete from kill_fee_entry",
        "update kill_fee set waived_minor = amount_minor + 1",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(statement)
