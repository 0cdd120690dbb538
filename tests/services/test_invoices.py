"""Invoices: what may be billed, numbers without gaps, and payments."""

import asyncio
from datetime import date

import asyncpg
import orjson
import pytest

from services import invoices, mail, payments
from services.rules.errors import Conflict, DomainError, Forbidden, NotFound, Stale
from services.rules.money import Money
from tests.factories.engagements import a_sent_order, a_signed_engagement, sign_subject
from tests.factories.money import (
    MARCH,
    a_billable_engagement,
    accept,
    an_issued_invoice,
    books,
    dkk,
    draft,
    invoice_row,
    issue,
    noon,
    pay,
    payment_row,
)

pytestmark = pytest.mark.usefixtures("database")


async def code_of(doing, kind=DomainError) -> str:
    """The code of the refusal."""
    with pytest.raises(kind) as refusal:
        await doing
    return refusal.value.code


async def test_only_what_is_signed_accepted_and_not_billed_can_be_billed() -> None:
    case = await a_billable_engagement()
    assert await code_of(draft(case)) == "NOTHING_TO_BILL"
    assert await code_of(draft(case, item_keys=["design"])) == "ITEM_NOT_ACCEPTED"
    assert await code_of(draft(case, item_keys=["site"])) == "ITEM_IS_SUMMARY"
    # The shop is asked for in an order that nobody has signed yet.
    order_id = await a_sent_order(case)
    assert await code_of(draft(case, item_keys=["shop"]), NotFound) == "ITEM_NOT_FOUND"
    await accept(case, "design")
    first = await draft(case)
    assert await code_of(draft(case, item_keys=["design"])) == "ITEM_BILLED"
    await invoices.discard_invoice(case.actor, first, expected_version=1, now=noon(MARCH[9]))
    second = await draft(case, item_keys=["design"])
    await sign_subject(case.actor, "change_order", order_id)
    await issue(case, second)
    assert await code_of(draft(case, item_keys=["design"])) == "ITEM_BILLED"
    await accept(case, "shop")
    shop = await invoice_row(case, await draft(case))
    assert (shop["net_minor"], shop["total_minor"]) == (2_500_000, 3_125_000)


async def test_an_item_is_billed_once_by_ten_drafts_at_once() -> None:
    case = await a_billable_engagement()
    await accept(case)

    async def one() -> str:
        try:
            await draft(case, item_keys=["design"])
        except DomainError as refusal:
            return refusal.code
        return "drafted"

    answers = await asyncio.gather(*(one() for _ in range(10)))
    assert sorted(answers) == ["ITEM_BILLED"] * 9 + ["drafted"]


async def test_numbers_have_no_gaps_and_rise_with_the_dates_within_a_year() -> None:
    case = await a_billable_engagement()
    others = [await a_signed_engagement(case.people) for _ in range(4)]
    drafts = []
    for each in (case, *others):
        await accept(each)
        drafts.append((each, await draft(each)))
    await asyncio.gather(*(issue(each, invoice_id) for each, invoice_id in drafts))
    rows = [await invoice_row(each, invoice_id) for each, invoice_id in drafts]
    assert sorted(invoices.number_of(row) for row in rows) == [
        "2026-0001", "2026-0002", "2026-0003", "2026-0004", "2026-0005",
    ]  # fmt: skip
    await accept(case, "build", on=MARCH[10])
    late = await draft(case, on=MARCH[10])
    assert await code_of(issue(case, late, issue_date=MARCH[8])) == "DATE"
    new_year = date(2027, 1, 4)
    await issue(case, late, on=new_year)
    assert invoices.number_of(await invoice_row(case, late)) == "2027-0001"


async def test_retention_is_kept_back_and_tax_is_due_on_the_whole() -> None:
    case = await a_billable_engagement(retention_bps=1000)
    invoice = await invoice_row(case, await an_issued_invoice(case))
    assert (invoice["total_minor"], invoice["retention_minor"], invoice["payable_minor"]) == (
        5_000_000, 400_000, 4_600_000,
    )  # fmt: skip
    assert await books(case) == {
        "receivable": 4_600_000,
        "retention_receivable": 400_000,
        "tax_payable": -1_000_000,
        "revenue": -4_000_000,
    }


async def test_an_issued_invoice_stands(owner_connection: asyncpg.Connection) -> None:
    case = await a_billable_engagement()
    invoice_id = await an_issued_invoice(case)
    assert await code_of(issue(case, invoice_id), Conflict) == "INVOICE_NOT_DRAFT"
    assert (
        await code_of(
            invoices.discard_invoice(
                case.actor, invoice_id, expected_version=2, now=noon(MARCH[9])
            ),
            Conflict,
        )
        == "INVOICE_NOT_DRAFT"
    )
    for statement in (
        "update invoice set due_date = due_date + 1",
        "update invoice set status = 'draft'",
        "delete from invoice",
        "update invoice_line set title = 'x'",
        "update invoice_line set is_live = false",
        "delete from invoice_line",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(statement)


async def test_a_draft_of_another_version_than_seen_is_not_issued() -> None:
    case = await a_billable_engagement()
    await accept(case)
    invoice_id = await draft(case)
    with pytest.raises(Stale) as refusal:
        await issue(case, invoice_id, expected_version=7)
    assert refusal.value.details["current_version"] == 1
    assert await books(case) == {}


async def test_an_invoice_is_announced_to_whoever_pays_in_their_language(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_billable_engagement()
    await an_issued_invoice(case)
    (row,) = await owner_connection.fetch(
        "select * from outbox_message where tenant_id = $1 and kind = 'invoice_issued'",
        case.actor.tenant_id,
    )
    letter = mail.write(
        row["kind"],
        row["locale"],
        orjson.loads(row["data"]),
        recipient_name=row["recipient_name"],
        timezone="Europe/Copenhagen",
        link=None,
        sender="Sofie Holm",
    )
    assert letter.subject == "Nordlys Studio ApS: faktura 2026-0001, 50.000,00\xa0DKK"
    assert "design Design: 40.000,00\xa0DKK" in letter.text
    assert "forfald 17.\xa0marts\xa02026" in letter.text


async def test_what_is_paid_too_much_stays_the_clients_and_is_shown() -> None:
    case = await a_billable_engagement()
    invoice_id = await an_issued_invoice(case)
    await pay(case, invoice_id, dkk(20_000))
    payment = await payment_row(case, await pay(case, invoice_id, dkk(35_000)))
    assert (payment["applied_minor"], payment["unapplied_minor"]) == (3_000_000, 500_000)
    assert invoices.state_of(await invoice_row(case, invoice_id)) == "paid"
    assert await books(case) == {
        "bank": 5_500_000,
        "unapplied_receipts": -500_000,
        "tax_payable": -1_000_000,
        "revenue": -4_000_000,
    }


async def test_fifty_payments_at_once_are_all_in_the_books() -> None:
    case = await a_billable_engagement()
    invoice_id = await an_issued_invoice(case)
    await asyncio.gather(*(pay(case, invoice_id, dkk(1_100)) for _ in range(50)))
    invoice = await invoice_row(case, invoice_id)
    assert (invoice["paid_minor"], invoices.open_minor(invoice)) == (5_000_000, 0)
    after = await books(case)
    assert (after["bank"], after["unapplied_receipts"]) == (5_500_000, -500_000)


@pytest.mark.parametrize("role", ["assistant", "accountant"])
async def test_whoever_may_not_move_money_bills_nothing(role: str) -> None:
    case = await a_billable_engagement()
    await accept(case)
    invoice_id = await draft(case)
    actor = getattr(case.people, role)
    more = {"idempotency_key": "no", "today": MARCH[9], "now": noon(MARCH[9])}
    for attempt in (
        invoices.draft_invoice(actor, case.engagement_id, **more),
        invoices.issue_invoice(actor, invoice_id, expected_version=1, **more),
        invoices.discard_invoice(actor, invoice_id, expected_version=1, now=noon(MARCH[9])),
        payments.record_payment(
            actor, invoice_id, amount=dkk(1), received_on=MARCH[9], bank_reference="x", **more
        ),
    ):
        assert await code_of(attempt, Forbidden) == "FORBIDDEN"
    assert (await invoice_row(case, invoice_id))["status"] == "draft"
    assert await books(case) == {}


async def test_another_practices_ids_answer_like_missing_ones() -> None:
    case, stranger = await a_billable_engagement(), await a_billable_engagement()
    await accept(case)
    drafted = await draft(case)
    for attempt in (
        invoices.draft_invoice(
            stranger.actor,
            case.engagement_id,
            idempotency_key="x",
            today=MARCH[9],
            now=noon(MARCH[9]),
        ),
        issue(stranger, drafted),
        pay(stranger, drafted, Money(1, "DKK")),
    ):
        assert await code_of(attempt, NotFound) == "NOT_FOUND"
