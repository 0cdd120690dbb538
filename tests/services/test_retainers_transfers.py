"""Moving money between a client's retainers, alone and in races with drawdowns."""

import asyncio
from collections import Counter
from datetime import date

import asyncpg
import pytest

from services import retainers
from services.rules.errors import DomainError
from tests.factories.engagements import a_signed_engagement
from tests.factories.money import (
    MARCH,
    a_billable_engagement,
    a_funded_retainer,
    an_issued_invoice,
    books,
    dkk,
    draw,
    noon,
    retainer_row,
)
from tests.factories.retainers import (
    balance,
    close,
    monthly,
    move,
    open_of_kind,
    opened_and_paid,
    pay_in,
    requests_of,
)

pytestmark = pytest.mark.usefixtures("database")


async def code_of(doing) -> str:
    with pytest.raises(DomainError) as refusal:
        await doing
    return refusal.value.code


async def two(first: int = 10_000, second: int = 10_000):
    """A client's deposit and evergreen retainer, both without tax on receipt."""
    case = await a_billable_engagement()
    one = await opened_and_paid(case, "deposit", dkk(first), is_taxed_on_receipt=False)
    other = await opened_and_paid(case, "evergreen", dkk(second), floor=dkk(0, 1))
    return case, one, other


async def test_money_moves_on_the_clients_word_and_the_word_is_kept(
    owner_connection: asyncpg.Connection,
) -> None:
    case, one, other = await two()
    moved = await move(case, one, other, dkk(4_000), idempotency_key="once")
    assert await move(case, one, other, dkk(4_000), idempotency_key="once") == moved
    assert (
        await code_of(move(case, one, other, dkk(4_001), idempotency_key="once"))
        == "IDEMPOTENCY_KEY_REUSED"
    )
    row = await owner_connection.fetchrow("select * from retainer_transfer where id = $1", moved)
    assert (row["contact_id"], row["said_on"], row["words"], row["tax_minor"]) == (
        case.client.signer_id, MARCH[10], "Take it from the other one, please.", 0,
    )  # fmt: skip
    assert (await retainer_row(case, one))["transferred_out_minor"] == 400_000
    assert await balance(case, one, as_of=MARCH[9]) == 1_000_000
    for statement in (
        "update retainer_transfer set amount_minor = 1",
        "delete from retainer_transfer",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(statement)


async def test_the_tax_on_receipt_goes_along() -> None:
    case = await a_billable_engagement()
    one = await opened_and_paid(case, "deposit", dkk(12_500))
    other = await open_of_kind(
        case, "evergreen", target=dkk(1_000), floor=dkk(0, 1), is_taxed_on_receipt=True
    )
    await move(case, one, other, dkk(2_500))
    # The first money of the other one came from the first.
    assert (await retainer_row(case, other))["status"] == "active"
    assert [await balance(case, each, "deposit_tax") for each in (one, other)] == [200_000, 50_000]
    assert await books(case) == {
        "bank": 1_250_000,
        "deposit_tax": 250_000,
        "retainer_liability": -1_250_000,
        "tax_payable": -250_000,
    }


async def test_never_more_than_was_there_on_any_date() -> None:
    case, one, other = await two()
    design = await an_issued_invoice(case, on=MARCH[9])
    await draw(case, one, design, dkk(7_000), on=MARCH[20])
    before = await books(case)
    # On the 10th there were 10 000, but 7 000 of them were drawn on the 20th.
    late = {"on": MARCH[10], "said_on": MARCH[5], "today": MARCH[21], "now": noon(MARCH[21])}
    assert await code_of(move(case, one, other, dkk(3_000, 1), **late)) == "RETAINER_OVERDRAWN"
    assert await code_of(move(case, one, other, dkk(1), on=MARCH[2])) == "RETAINER_OVERDRAWN"
    assert await books(case) == before
    await move(case, one, other, dkk(3_000), **late)
    assert await balance(case, one) == 0
    assert await balance(case, other) == 1_300_000


async def test_what_nobody_said_or_may_say_moves_nothing() -> None:
    case, one, other = await two()
    stranger = await a_billable_engagement()
    neighbour = await a_signed_engagement(case.people)
    foreign = await a_funded_retainer(neighbour, dkk(10))
    availability = await open_of_kind(
        case,
        "availability",
        terms=monthly(date(2026, 4, 1), 1, dkk(100)),
        is_taxed_on_receipt=False,
    )
    await pay_in(case, availability, dkk(125), on=MARCH[3])
    before = await books(case)
    for attempt, code in (
        (move(case, one, one, dkk(1)), "TRANSFER_TO_ITSELF"),
        (move(case, one, foreign, dkk(1)), "TRANSFER_BETWEEN_CLIENTS"),
        (move(case, one, other, dkk(1), contact_id=neighbour.client.signer_id), "CONTACT_OF_ANOTHER_CLIENT"),
        (move(case, one, other, dkk(1), contact_id=one), "NOT_FOUND"),
        (move(case, one, other, dkk(1), said_on=MARCH[11]), "DATE"),
        (move(case, one, other, dkk(1), words=" "), "REQUIRED"),
        (move(case, one, other, dkk(0)), "AMOUNT_NOT_POSITIVE"),
        (move(case, availability, other, dkk(1)), "RETAINER_NOT_TRANSFERABLE"),
        (move(stranger, one, other, dkk(1)), "NOT_FOUND"),
    ):  # fmt: skip
        assert await code_of(attempt) == code
    assert await books(case) == before
    accountant = retainers.transfer(
        case.people.accountant, one, other, amount=dkk(1), on=MARCH[10], contact_id=case.client.signer_id,
        said_on=MARCH[10], words="x", idempotency_key="no", today=MARCH[10], now=noon(MARCH[10]),
    )  # fmt: skip
    assert await code_of(accountant) == "FORBIDDEN"
    taxed = await opened_and_paid(neighbour, "evergreen", dkk(10), floor=dkk(0, 1), is_taxed_on_receipt=True)  # fmt: skip
    assert await code_of(move(neighbour, foreign, taxed, dkk(1))) == "RETAINER_TAX_DIFFERS"
    version = (await retainer_row(case, other))["version"]
    await close(case, other, version)
    assert await code_of(move(case, one, other, dkk(1), on=MARCH[20])) == "RETAINER_CLOSED"


async def test_a_transfer_that_empties_an_evergreen_retainer_asks_for_its_top_up() -> None:
    case = await a_billable_engagement()
    one = await opened_and_paid(case, "evergreen", dkk(10_000), floor=dkk(4_000))
    other = await open_of_kind(case, "security_deposit", target=dkk(7_000))
    await move(case, one, other, dkk(7_000))
    assert [(row["amount_minor"], row["is_replenishment"]) for row in await requests_of(case, one)][1:] == [(700_000, True)]  # fmt: skip


async def test_transfers_both_ways_race_drawdowns_and_no_oere_is_lost_or_made() -> None:
    case, one, other = await two()
    design = await an_issued_invoice(case)

    async def outcome(doing) -> str:
        try:
            await doing
        except DomainError as refusal:
            return refusal.code
        return "done"

    doings = []
    for _ in range(25):
        doings += [
            move(case, one, other, dkk(700)),
            move(case, other, one, dkk(700)),
            draw(case, one, design, dkk(450)),
            draw(case, other, design, dkk(450)),
        ]
    answers = Counter(await asyncio.wait_for(asyncio.gather(*map(outcome, doings)), 120))
    assert set(answers) <= {"done", "RETAINER_OVERDRAWN"}
    rows = [await retainer_row(case, each) for each in (one, other)]
    drawn = sum(row["drawn_minor"] for row in rows)
    # Together they held 20 000; nothing but drawdowns took any of it, 450 at a time.
    assert drawn % 45_000 == 0
    assert drawn <= 2_000_000
    assert await balance(case, one) + await balance(case, other) == 2_000_000 - drawn
    assert rows[0]["transferred_out_minor"] == rows[1]["transferred_in_minor"]
    assert rows[1]["transferred_out_minor"] == rows[0]["transferred_in_minor"]
    # 44 drawdowns of 450 are 19 800. Both may end with up to 449.99 that no drawdown fits.
    assert drawn >= 2_000_000 - 2 * 45_000 or answers["done"] == 100


async def test_fifty_drawdowns_of_a_taxed_deposit_take_what_is_there_and_its_tax() -> None:
    case = await a_billable_engagement()
    one = await opened_and_paid(case, "deposit", dkk(10_000))
    design = await an_issued_invoice(case)

    async def once() -> str:
        try:
            await draw(case, one, design, dkk(300))
        except DomainError as refusal:
            return refusal.code
        return "drawn"

    answers = Counter(await asyncio.gather(*(once() for _ in range(50))))
    assert answers == {"drawn": 33, "RETAINER_OVERDRAWN": 17}
    assert await books(case) == {
        "bank": 1_000_000,
        "receivable": 4_010_000,
        "deposit_tax": 2_000,
        "retainer_liability": -10_000,
        "tax_payable": -1_002_000,
        "revenue": -4_000_000,
    }


async def test_fifty_drawdowns_below_the_floor_ask_for_one_top_up() -> None:
    case = await a_billable_engagement()
    one = await opened_and_paid(case, "evergreen", dkk(10_000), floor=dkk(9_900))
    design = await an_issued_invoice(case)
    await asyncio.gather(*(draw(case, one, design, dkk(200)) for _ in range(50)))
    assert await balance(case, one) == 0
    assert [row["amount_minor"] for row in await requests_of(case, one)] == [1_000_000, 20_000]


async def test_hours_used_at_once_are_never_more_than_there_are() -> None:
    case = await a_billable_engagement()
    terms = monthly(MARCH[1], 1, dkk(6_000), minutes=600)
    one = await open_of_kind(case, "period_allowance", terms=terms)
    await pay_in(case, one, dkk(7_500), on=MARCH[3])

    async def once() -> str:
        try:
            await retainers.record_use(
                case.actor, one, minutes=35, on=MARCH[5], note="A call", idempotency_key=case.key(),
                today=MARCH[5], now=noon(MARCH[5]),
            )  # fmt: skip
        except DomainError as refusal:
            return refusal.code
        return "used"

    answers = Counter(await asyncio.gather(*(once() for _ in range(30))))
    # 17 times 35 are 595 of 600 minutes; five minutes of 12.50 are left.
    assert answers == {"used": 17, "ALLOWANCE_EXCEEDED": 13}
    assert await balance(case, one) == 6_250
