"""Deposits and drawdowns: their limits, their papers, and fifty at once."""

import asyncio
from collections import Counter

import asyncpg
import orjson
import pytest

from services import retainers
from services.rules.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound
from services.rules.money import Money
from tests.factories.engagements import a_sent_contract, a_signed_engagement
from tests.factories.money import (
    MARCH,
    a_billable_engagement,
    a_funded_retainer,
    an_issued_invoice,
    ask,
    books,
    deposit,
    dkk,
    draw,
    invoice_row,
    noon,
    pay,
    request_row,
    retainer_row,
)

pytestmark = pytest.mark.usefixtures("database")


async def code_of(doing, kind=DomainError) -> str:
    """The code of the refusal."""
    with pytest.raises(kind) as refusal:
        await doing
    return refusal.value.code


async def test_a_request_freezes_its_paper_and_mails_it_to_whoever_pays(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_billable_engagement()
    request = await request_row(case, await ask(case))
    document = await owner_connection.fetchrow(
        "select kind, locale, number, payload from document where id = $1", request["document_id"]
    )
    assert (document["kind"], document["locale"], document["number"]) == (
        "retainer_agreement", "en", "R-0001",
    )  # fmt: skip
    clauses = orjson.loads(document["payload"])["clauses"]
    assert clauses == {
        "drawdown": {"applied_to": "each_invoice"},
        "unused": {"settlement_days": None},
    }
    paper = orjson.loads(document["payload"])["retainer"]
    assert (paper["amount"]["amount_minor"], paper["expected_total"]["amount_minor"]) == (
        4_166_667, 12_500_000,
    )  # fmt: skip
    (mail,) = await owner_connection.fetch(
        "select * from outbox_message where tenant_id = $1 and kind = 'deposit_request'",
        case.actor.tenant_id,
    )
    assert (mail["recipient_email"], mail["locale"]) == ("billing@havn.example", "da")
    assert orjson.loads(mail["data"])["amount"] == "41.666,67\xa0DKK"


async def test_the_paper_of_a_later_request_says_that_it_comes_on_top(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_billable_engagement()
    papers = []
    for _ in range(2):
        request = await request_row(case, await ask(case, amount=dkk(100)))
        payload = await owner_connection.fetchval(
            "select payload from document where id = $1", request["document_id"]
        )
        papers.append(orjson.loads(payload)["retainer"])
    amount = {"amount_minor": 10_000, "currency": "DKK"}
    assert papers == [
        {"amount": amount, "further": False},
        {"amount": amount, "further": True},
    ]


async def test_no_deposit_is_asked_for_before_the_contract_is_signed() -> None:
    case = await a_sent_contract()
    assert await code_of(ask(case)) == "CONTRACT_NOT_SIGNED"


async def test_the_client_must_know_where_to_pay() -> None:
    case = await a_signed_engagement()
    assert await code_of(ask(case)) == "BANK_ACCOUNT_MISSING"
    assert await books(case) == {}


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (Money(0, "DKK"), "AMOUNT_NOT_POSITIVE"),
        (Money(-1, "DKK"), "AMOUNT_NOT_POSITIVE"),
        (Money(4_166_668, "DKK"), "DEPOSIT_EXCEEDS_REQUEST"),
        (Money(2**31, "DKK"), "DEPOSIT_EXCEEDS_REQUEST"),
        (Money(2**53 + 1, "DKK"), "AMOUNT_TOO_LARGE"),
        (Money(2**63, "DKK"), "AMOUNT_TOO_LARGE"),
        (Money(100, "EUR"), "CURRENCY_MISMATCH"),
        (Money(100, "JPY"), "CURRENCY_MISMATCH"),
    ],
    ids=str,
)
async def test_a_bad_deposit_is_refused_and_nothing_moves(amount: Money, code: str) -> None:
    case = await a_billable_engagement()
    request_id = await ask(case)
    assert await code_of(deposit(case, request_id, amount)) == code
    assert (await request_row(case, request_id))["received_minor"] == 0
    assert await books(case) == {}


async def test_a_deposit_is_of_a_day_that_has_come_with_words_that_can_be_read() -> None:
    case = await a_billable_engagement()
    request_id = await ask(case)
    assert (
        await code_of(deposit(case, request_id, dkk(1), received_on=MARCH[4]), InvalidInput)
        == "DATE"
    )
    for words in ("\0", "a\u202eb"):
        assert await code_of(deposit(case, request_id, dkk(1), bank_reference=words)) == (
            "TEXT_INVALID"
        )
    assert await books(case) == {}


async def test_a_request_that_is_paid_or_cancelled_takes_no_more() -> None:
    case = await a_billable_engagement()
    request_id = await ask(case)
    await deposit(case, request_id, dkk(41_666, 67))
    assert await code_of(deposit(case, request_id, dkk(1)), Conflict) == "REQUEST_CLOSED"
    other = await ask(case, amount=dkk(500))
    await retainers.cancel_request(
        case.actor, other, reason="By mistake", expected_version=1, now=noon(MARCH[3])
    )
    assert await code_of(deposit(case, other, dkk(1)), Conflict) == "REQUEST_CLOSED"
    assert (await request_row(case, other))["number"] == 2


async def test_a_replay_answers_the_same_and_another_input_is_refused() -> None:
    case = await a_billable_engagement()
    request_id = await ask(case)
    first = await deposit(case, request_id, dkk(100), idempotency_key="one")
    again = await deposit(case, request_id, dkk(100), idempotency_key="one")
    assert first == again
    assert await code_of(deposit(case, request_id, dkk(101), idempotency_key="one")) == (
        "IDEMPOTENCY_KEY_REUSED"
    )
    assert await books(case) == {"bank": 10_000, "retainer_liability": -10_000}


async def test_twins_sent_at_once_make_one_deposit() -> None:
    case = await a_billable_engagement()
    request_id = await ask(case)
    twins = await asyncio.gather(
        *(deposit(case, request_id, dkk(100), idempotency_key="twin") for _ in range(10))
    )
    assert len(set(twins)) == 1
    assert await books(case) == {"bank": 10_000, "retainer_liability": -10_000}


async def test_a_drawdown_stays_within_the_retainer_and_the_invoice() -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    design = await an_issued_invoice(case)
    before = await books(case)
    for amount, code in (
        (dkk(41_666, 68), "RETAINER_OVERDRAWN"),
        (Money(0, "DKK"), "AMOUNT_NOT_POSITIVE"),
        (Money(1, "EUR"), "CURRENCY_MISMATCH"),
    ):
        assert await code_of(draw(case, retainer_id, design, amount)) == code
    await pay(case, design, dkk(49_000), on=MARCH[10])
    refused = draw(case, retainer_id, design, dkk(1_000, 1), on=MARCH[10])
    assert await code_of(refused) == "DRAWDOWN_EXCEEDS_OPEN"
    assert (await retainer_row(case, retainer_id))["drawn_minor"] == 0
    await draw(case, retainer_id, design, None, on=MARCH[10])
    assert (await retainer_row(case, retainer_id))["drawn_minor"] == 100_000
    assert await code_of(draw(case, retainer_id, design, None, on=MARCH[10])) == "NOTHING_TO_DRAW"
    assert before["retainer_liability"] == -4_166_667


async def test_money_cannot_be_drawn_on_a_day_before_it_was_there() -> None:
    case = await a_billable_engagement()
    design = await an_issued_invoice(case, on=MARCH[5])
    request_id = await ask(case, on=MARCH[5])
    retainer_id = (await request_row(case, request_id))["retainer_id"]
    await deposit(case, request_id, dkk(10_000), on=MARCH[12])
    refused = draw(
        case, retainer_id, design, dkk(1), on=MARCH[11], today=MARCH[13], now=noon(MARCH[13])
    )
    assert await code_of(refused) == "RETAINER_OVERDRAWN"
    await draw(case, retainer_id, design, dkk(10_000), on=MARCH[12])


async def test_a_retainer_pays_only_invoices_of_its_own_engagement() -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    other = await a_signed_engagement(case.people)
    foreign = await an_issued_invoice(other)
    assert await code_of(draw(case, retainer_id, foreign, dkk(1))) == "RETAINER_MISMATCH"
    assert (await invoice_row(other, foreign))["drawn_minor"] == 0


async def test_fifty_drawdowns_at_once_take_what_is_there_and_no_more() -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case, dkk(10_000))
    design = await an_issued_invoice(case)

    async def one() -> str:
        try:
            await draw(case, retainer_id, design, dkk(300))
        except DomainError as refusal:
            return refusal.code
        return "drawn"

    answers = Counter(await asyncio.gather(*(one() for _ in range(50))))
    # 33 times 300 is 9 900 of 10 000.
    assert answers == {"drawn": 33, "RETAINER_OVERDRAWN": 17}
    assert (await retainer_row(case, retainer_id))["drawn_minor"] == 990_000
    assert (await invoice_row(case, design))["drawn_minor"] == 990_000
    assert (await books(case))["retainer_liability"] == -10_000


async def test_two_halves_and_one_at_once_pay_one_half_only() -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case, dkk(10_000))
    design = await an_issued_invoice(case)
    answers = await asyncio.gather(
        *(draw(case, retainer_id, design, dkk(5_000, 1)) for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["RuleViolation", "UUID"]


@pytest.mark.parametrize("role", ["assistant", "accountant"])
async def test_whoever_may_not_move_money_moves_none(role: str) -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    request_id = await ask(case, amount=dkk(500))
    design = await an_issued_invoice(case)
    before = await books(case)
    actor = getattr(case.people, role)
    today, now = MARCH[9], noon(MARCH[9])
    more = {"idempotency_key": "no", "today": today, "now": now}
    for attempt in (
        retainers.request_deposit(actor, case.engagement_id, amount=dkk(1), **more),
        retainers.record_deposit(
            actor, request_id, amount=dkk(1), received_on=today, bank_reference="x", **more
        ),
        retainers.drawdown(actor, retainer_id, design, amount=dkk(1), on=today, **more),
        retainers.cancel_request(actor, request_id, reason="x", expected_version=1, now=now),
    ):
        assert await code_of(attempt, Forbidden) == "FORBIDDEN"
    assert await books(case) == before
    assert (await request_row(case, request_id))["status"] == "requested"


async def test_another_practices_ids_answer_like_missing_ones() -> None:
    case, stranger = await a_billable_engagement(), await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    request_id = await ask(case, amount=dkk(500))
    design = await an_issued_invoice(case)
    own = await a_funded_retainer(stranger)
    for attempt in (
        retainers.request_deposit(
            stranger.actor,
            case.engagement_id,
            idempotency_key="x",
            today=MARCH[9],
            now=noon(MARCH[9]),
        ),
        deposit(stranger, request_id, dkk(1)),
        draw(stranger, retainer_id, design, dkk(1)),
        draw(stranger, own, design, dkk(1)),
    ):
        assert await code_of(attempt, NotFound) == "NOT_FOUND"


async def test_what_was_entered_cannot_be_changed_even_by_the_owner_of_the_tables(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    await draw(case, retainer_id, await an_issued_invoice(case), dkk(100))
    for statement in (
        "update retainer_deposit set amount_minor = 1",
        "delete from retainer_deposit",
        "update drawdown set amount_minor = 1",
        "update retainer_request set amount_minor = amount_minor + 1",
        "update retainer set currency = 'EUR'",
        "delete from retainer",
        "truncate drawdown",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(statement)
    with pytest.raises(asyncpg.CheckViolationError):
        await owner_connection.execute("update retainer set drawn_minor = deposited_minor + 1")
