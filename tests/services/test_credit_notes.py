"""Credit notes: the most that may be credited, where a credit goes, what the books say, and what the database refuses."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from db.queries import credit_notes as queries
from db.unit_of_work import read_only
from services import budgets, credit_notes, invoices, write_offs
from services.credit_notes import CreditLine, Offset, Settlement
from services.rules.errors import DomainError, Forbidden, InvalidInput, NotFound
from services.rules.money import Money
from tests.factories.engagements import Case
from tests.factories.money import (
    MARCH,
    a_billable_engagement,
    accept,
    an_issued_invoice,
    approve,
    ask_back,
    books,
    dkk,
    draft,
    invoice_row,
    noon,
    pay,
)

pytestmark = pytest.mark.usefixtures("database")


async def code_of(doing: Any, kind: type[DomainError] = DomainError) -> str:
    """The code of the refusal."""
    with pytest.raises(kind) as refusal:
        await doing
    return refusal.value.code


async def credit(case: Case, invoice_id: UUID, **values: Any) -> UUID:
    """A credit note of 20 March; the whole rest unless lines are given."""
    return await credit_notes.issue_credit_note(
        case.actor,
        invoice_id,
        **{
            "reason_kind": "quality",
            "reason": "The drawings were late.",
            "idempotency_key": case.key(),
            "today": MARCH[20],
            "now": noon(MARCH[20]),
            **values,
        },
    )


async def use(case: Case, note_id: UUID, invoice_id: UUID, **values: Any) -> UUID:
    """Kept credit onto an invoice on 23 March."""
    return await credit_notes.apply_credit(
        case.actor,
        note_id,
        invoice_id,
        **{
            "on": MARCH[23],
            "idempotency_key": case.key(),
            "today": MARCH[23],
            "now": noon(MARCH[23]),
            **values,
        },
    )


async def give_up(case: Case, invoice_id: UUID, **values: Any) -> UUID:
    """A write-off of 24 March."""
    return await write_offs.write_off(
        case.actor,
        invoice_id,
        **{
            "reason": "Bankrupt",
            "on": MARCH[24],
            "idempotency_key": case.key(),
            "today": MARCH[24],
            "now": noon(MARCH[24]),
            **values,
        },
    )


async def note_row(case: Case, note_id: UUID) -> Any:
    """A credit note as it is stored."""
    async with read_only(case.actor.scope()) as uow:
        (row,) = await queries.credit_notes_by_ids(uow, [note_id])
    return row


async def test_a_credit_lowers_what_is_open_and_takes_its_tax_back() -> None:
    case = await a_billable_engagement()
    invoice_id = await an_issued_invoice(case)
    shown = await credit_notes.creditable(case.actor, invoice_id)
    assert (shown.total_minor, shown.open_minor, shown.paid_back_minor) == (5_000_000, 5_000_000, 0)
    assert [(line.net_minor, line.tax_minor) for line in shown.lines] == [(4_000_000, 1_000_000)]
    note = await note_row(case, await credit(case, invoice_id, lines=[CreditLine(1, dkk(8_000))]))
    assert (note["net_minor"], note["tax_minor"], note["open_part_minor"]) == (
        800_000, 200_000, 1_000_000,
    )  # fmt: skip
    assert invoices.number_of(note) == "CN-2026-0001"
    invoice = await invoice_row(case, invoice_id)
    assert (invoices.open_minor(invoice), invoices.state_of(invoice)) == (4_000_000, "part_paid")
    assert await books(case) == {
        "receivable": 4_000_000,
        "credit_notes": 800_000,
        "tax_payable": -800_000,
        "revenue": -4_000_000,
    }
    after = await credit_notes.creditable(case.actor, invoice_id)
    assert (after.total_minor, after.lines[0].net_minor) == (4_000_000, 3_200_000)


async def test_a_credit_on_a_paid_invoice_is_kept_offset_and_set_aside_for_a_refund() -> None:
    case = await a_billable_engagement()
    first = await an_issued_invoice(case)
    await pay(case, first, dkk(50_000))
    second = await an_issued_invoice(case, "build", on=MARCH[18])
    settlement = Settlement(refund=dkk(5_000), offsets=[Offset(second, dkk(2_500))])
    note_id = await credit(case, first, lines=[CreditLine(1, dkk(10_000))], settlement=settlement)
    note = await note_row(case, note_id)
    assert (note["kept_minor"], note["applied_minor"], note["refund_minor"]) == (
        750_000, 250_000, 500_000,
    )  # fmt: skip
    assert await books(case) == {
        "bank": 5_000_000,
        "receivable": 7_250_000,
        "client_credit": -1_000_000,
        "credit_notes": 1_000_000,
        "tax_payable": -2_250_000,
        "revenue": -10_000_000,
    }
    # 5 000 are kept, so no more than that goes onto the second invoice.
    assert await code_of(use(case, note_id, second, amount=dkk(5_000, 1))) == "CREDIT_EXCEEDS_KEPT"
    await use(case, note_id, second)
    assert invoices.open_minor(await invoice_row(case, second)) == 6_750_000
    assert await code_of(use(case, note_id, second)) == "CREDIT_EXCEEDS_KEPT"
    assert (await books(case))["client_credit"] == -500_000


async def test_retention_is_credited_after_what_is_open() -> None:
    case = await a_billable_engagement(retention_bps=1000)
    invoice_id = await an_issued_invoice(case)
    note = await note_row(case, await credit(case, invoice_id))
    assert (note["open_part_minor"], note["retention_part_minor"], note["kept_minor"]) == (
        4_600_000, 400_000, 0,
    )  # fmt: skip
    invoice = await invoice_row(case, invoice_id)
    assert (invoices.state_of(invoice), invoices.open_minor(invoice)) == ("credited", 0)
    assert await books(case) == {"credit_notes": 4_000_000, "revenue": -4_000_000}
    assert await code_of(credit(case, invoice_id)) == "NOTHING_TO_CREDIT"


async def test_parts_of_a_credit_sum_to_the_whole_in_tax_too() -> None:
    case = await a_billable_engagement()
    invoice_id = await an_issued_invoice(case)
    for amount in (dkk(0, 1), dkk(0, 3), dkk(13_333, 33)):
        await credit(case, invoice_id, lines=[CreditLine(1, amount)])
    await credit(case, invoice_id)
    invoice = await invoice_row(case, invoice_id)
    assert (invoice["credited_total_minor"], invoice["total_minor"]) == (5_000_000, 5_000_000)
    assert await books(case) == {"credit_notes": 4_000_000, "revenue": -4_000_000}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"lines": []}, "CREDIT_EMPTY"),
        ({"lines": [CreditLine(1), CreditLine(1)]}, "CREDIT_EMPTY"),
        ({"lines": [CreditLine(2)]}, "LINE_NOT_FOUND"),
        ({"lines": [CreditLine(1, dkk(40_000, 1))]}, "CREDIT_EXCEEDS_LINE"),
        ({"lines": [CreditLine(1, dkk(0))]}, "AMOUNT_NOT_POSITIVE"),
        ({"lines": [CreditLine(1, Money(-1, "DKK"))]}, "CREDIT_EXCEEDS_LINE"),
        ({"lines": [CreditLine(1, Money(100, "EUR"))]}, "CURRENCY_MISMATCH"),
        ({"settlement": Settlement(refund=dkk(1))}, "CREDIT_SPLIT_EXCEEDS"),
        ({"settlement": Settlement(refund=Money(1, "EUR"))}, "CURRENCY_MISMATCH"),
        ({"settlement": Settlement(refund=dkk(0))}, "AMOUNT_NOT_POSITIVE"),
        ({"reason_kind": "whim"}, "REASON"),
        ({"reason": " "}, "REQUIRED"),
        ({"issue_date": MARCH[21]}, "DATE"),
        ({"issue_date": MARCH[8]}, "DATE"),
    ],
)
async def test_a_bad_credit_is_refused_and_nothing_changes(
    values: dict[str, Any], code: str
) -> None:
    case = await a_billable_engagement()
    invoice_id = await an_issued_invoice(case)
    before = await books(case)
    assert await code_of(credit(case, invoice_id, **values)) == code
    assert await books(case) == before
    assert (await invoice_row(case, invoice_id))["credited_total_minor"] == 0


async def test_only_an_issued_invoice_is_credited() -> None:
    case = await a_billable_engagement()
    await accept(case)
    drafted = await draft(case)
    assert await code_of(credit(case, drafted)) == "INVOICE_NOT_ISSUED"
    assert await code_of(credit_notes.creditable(case.actor, drafted)) == "INVOICE_NOT_ISSUED"


async def test_two_credits_at_once_that_together_exceed_the_invoice_are_not_both_made() -> None:
    case = await a_billable_engagement()
    invoice_id = await an_issued_invoice(case)
    lines = [CreditLine(1, dkk(25_000))]

    async def one(key: int) -> str:
        try:
            await credit(
                case, invoice_id, lines=lines, idempotency_key=f"credit {key} {invoice_id}"
            )
        except DomainError as refusal:
            return refusal.code
        return "credited"

    answers = await asyncio.gather(*(one(key) for key in range(6)))
    assert sorted(answers) == ["CREDIT_EXCEEDS_LINE"] * 5 + ["credited"]
    assert (await books(case))["receivable"] == 1_875_000


async def test_the_same_key_credits_once() -> None:
    case = await a_billable_engagement()
    invoice_id = await an_issued_invoice(case)
    lines = [CreditLine(1, dkk(1_000))]
    first = await credit(case, invoice_id, lines=lines, idempotency_key="once " + str(invoice_id))
    again = await credit(case, invoice_id, lines=lines, idempotency_key="once " + str(invoice_id))
    assert first == again
    assert (await books(case))["credit_notes"] == 100_000


async def test_what_a_refund_takes_back_is_not_credited_again() -> None:
    case = await a_billable_engagement()
    invoice_id = await an_issued_invoice(case)
    payment_id = await pay(case, invoice_id, dkk(50_000))
    await approve(case, await ask_back(case, dkk(10_000), payment_id=payment_id))
    assert (await credit_notes.creditable(case.actor, invoice_id)).total_minor == 4_000_000
    assert await code_of(credit(case, invoice_id)) == "CREDIT_EXCEEDS_INVOICE"
    await credit(case, invoice_id, lines=[CreditLine(1, dkk(32_000))])
    assert (await credit_notes.creditable(case.actor, invoice_id)).total_minor == 0


async def test_credit_stays_with_its_client_and_below_what_is_owed() -> None:
    case = await a_billable_engagement()
    invoice_id = await an_issued_invoice(case)
    await pay(case, invoice_id, dkk(50_000))
    note_id = await credit(case, invoice_id)
    # Another client of the same practice.
    other = await a_billable_engagement_of(case)
    theirs = await an_issued_invoice(other, on=MARCH[19])
    assert await code_of(use(case, note_id, theirs)) == "CREDIT_CLIENT_MISMATCH"
    assert await code_of(use(case, note_id, invoice_id)) == "CREDIT_EXCEEDS_OPEN"
    assert (await note_row(case, note_id))["applied_minor"] == 0


async def a_billable_engagement_of(case: Case) -> Case:
    """Another client's engagement in the same practice."""
    from tests.factories.engagements import a_signed_engagement

    return await a_signed_engagement(case.people)


async def test_ten_uses_of_one_credit_at_once_never_exceed_it() -> None:
    case = await a_billable_engagement()
    first = await an_issued_invoice(case)
    await pay(case, first, dkk(50_000))
    note_id = await credit(case, first, lines=[CreditLine(1, dkk(8_000))])
    second = await an_issued_invoice(case, "build", on=MARCH[21])

    async def one(key: int) -> str:
        try:
            await use(case, note_id, second, amount=dkk(3_000), idempotency_key=f"{key} {note_id}")
        except DomainError as refusal:
            return refusal.code
        return "used"

    answers = await asyncio.gather(*(one(key) for key in range(10)))
    assert sorted(answers) == ["CREDIT_EXCEEDS_KEPT"] * 7 + ["used"] * 3
    assert (await books(case))["client_credit"] == -100_000


async def test_a_credit_note_stands_and_the_database_holds_its_caps(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_billable_engagement()
    invoice_id = await an_issued_invoice(case)
    await pay(case, invoice_id, dkk(50_000))
    await credit(case, invoice_id, lines=[CreditLine(1, dkk(10_000))])
    for statement in (
        "update credit_note set net_minor = net_minor + 1, total_minor = total_minor + 1",
        "update credit_note set applied_minor = kept_minor + 1",
        "update credit_note set refund_pending_minor = refund_minor + 1",
        "delete from credit_note",
        "update credit_note_line set net_minor = 1",
        "delete from credit_note_line",
        "update invoice set credited_total_minor = total_minor + 1",
        "update invoice set credited_minor = credited_minor + 1",
        "update invoice_line set credited_net_minor = net_minor + 1",
        "update invoice_line set credited_net_minor = 0",
        "insert into credit_note_line (tenant_id, id, credit_note_id, invoice_line_id, position, net_minor, tax_minor) "
        "select tenant_id, gen_random_uuid(), credit_note_id, invoice_line_id, 2, 100, 25 from credit_note_line",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(statement)


async def test_a_write_off_takes_what_is_open_with_or_without_its_tax_and_comes_back() -> None:
    case = await a_billable_engagement()
    invoice_id = await an_issued_invoice(case)
    await pay(case, invoice_id, dkk(20_000))
    gone = await give_up(case, invoice_id, has_tax_relief=True)
    invoice = await invoice_row(case, invoice_id)
    assert (invoices.state_of(invoice), invoices.open_minor(invoice)) == ("written_off", 0)
    assert await books(case) == {
        "bank": 2_000_000,
        "write_offs": 2_400_000,
        "tax_payable": -400_000,
        "revenue": -4_000_000,
    }
    assert (await credit_notes.creditable(case.actor, invoice_id)).total_minor == 2_000_000
    assert await code_of(give_up(case, invoice_id)) == "NOTHING_OPEN"
    back = {
        "reason": "The estate pays after all.",
        "on": MARCH[27],
        "today": MARCH[27],
        "now": noon(MARCH[27]),
    }
    reverse = write_offs.reverse_write_off
    await reverse(case.actor, gone, expected_version=1, idempotency_key=case.key(), **back)
    assert invoices.open_minor(await invoice_row(case, invoice_id)) == 3_000_000
    assert (
        await code_of(
            reverse(case.actor, gone, expected_version=2, idempotency_key=case.key(), **back)
        )
        == "WRITE_OFF_REVERSED"
    )
    await pay(case, invoice_id, dkk(30_000), on=MARCH[28])
    assert await books(case) == {
        "bank": 5_000_000,
        "tax_payable": -1_000_000,
        "revenue": -4_000_000,
    }


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"amount": dkk(50_000, 1)}, "WRITE_OFF_EXCEEDS_OPEN"),
        ({"amount": dkk(0)}, "AMOUNT_NOT_POSITIVE"),
        ({"amount": Money(1, "EUR")}, "CURRENCY_MISMATCH"),
        ({"on": MARCH[25]}, "DATE"),
        ({"on": MARCH[8]}, "DATE"),
        ({"reason": ""}, "REQUIRED"),
    ],
)
async def test_a_bad_write_off_is_refused(values: dict[str, Any], code: str) -> None:
    case = await a_billable_engagement()
    invoice_id = await an_issued_invoice(case)
    assert await code_of(give_up(case, invoice_id, **values)) == code
    assert (await books(case))["receivable"] == 5_000_000


async def test_a_write_off_stands_in_the_database(owner_connection: asyncpg.Connection) -> None:
    case = await a_billable_engagement()
    await give_up(case, await an_issued_invoice(case), amount=dkk(10_000))
    for statement in (
        "update write_off set amount_minor = 1",
        "update write_off set reason = 'x'",
        "delete from write_off",
        "update invoice set written_off_minor = payable_minor + 1",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(statement)


async def test_retention_is_released_when_the_whole_is_accepted_with_a_due_date_of_its_own(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_billable_engagement(retention_bps=1000)
    first = await an_issued_invoice(case)

    async def release(**values: Any) -> UUID:
        return await invoices.release_retention(
            case.actor,
            case.engagement_id,
            **{
                "on": MARCH[23],
                "idempotency_key": case.key(),
                "today": MARCH[23],
                "now": noon(MARCH[23]),
                **values,
            },
        )

    assert await code_of(release()) == "RETENTION_NOT_DUE"
    await an_issued_invoice(case, "build", on=MARCH[18])
    assert await code_of(release(due_on=MARCH[22]), InvalidInput) == "DATE"
    await release()
    assert await books(case) == {
        "receivable": 12_500_000,
        "tax_payable": -2_500_000,
        "revenue": -10_000_000,
    }
    assert invoices.open_minor(await invoice_row(case, first)) == 5_000_000
    assert [
        (row["amount_minor"], row["due_on"])
        for row in await owner_connection.fetch(
            "select * from retention_release where engagement_id = $1 order by amount_minor",
            case.engagement_id,
        )
    ] == [(400_000, MARCH[31]), (600_000, MARCH[31])]
    assert await code_of(release()) == "NOTHING_RETAINED"
    await pay(case, first, dkk(50_000), on=MARCH[30])
    assert invoices.state_of(await invoice_row(case, first)) == "paid"
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await owner_connection.execute(
            "update invoice set retention_released_minor = retention_minor + 1"
        )


@pytest.mark.parametrize("role", ["assistant", "accountant"])
async def test_whoever_may_not_move_money_credits_nothing(role: str) -> None:
    case = await a_billable_engagement()
    invoice_id = await an_issued_invoice(case)
    before = await books(case)
    actor = getattr(case.people, role)
    more = {"idempotency_key": "no", "today": MARCH[20], "now": noon(MARCH[20])}
    for attempt in (
        credit_notes.issue_credit_note(actor, invoice_id, reason_kind="error", reason="x", **more),
        credit_notes.apply_credit(actor, invoice_id, invoice_id, on=MARCH[20], **more),
        write_offs.write_off(actor, invoice_id, reason="x", on=MARCH[20], **more),
        write_offs.reverse_write_off(
            actor, invoice_id, reason="x", on=MARCH[20], expected_version=1, **more
        ),
        invoices.release_retention(actor, case.engagement_id, on=MARCH[20], **more),
    ):
        assert await code_of(attempt, Forbidden) == "FORBIDDEN"
    assert (await credit_notes.creditable(actor, invoice_id)).total_minor == 5_000_000
    assert await books(case) == before


async def test_another_practices_ids_answer_like_missing_ones() -> None:
    case, stranger = await a_billable_engagement(), await a_billable_engagement()
    invoice_id = await an_issued_invoice(case)
    note_id = await credit(case, invoice_id, lines=[CreditLine(1, dkk(100))])
    own = await an_issued_invoice(stranger)
    for attempt in (
        credit(stranger, invoice_id),
        use(stranger, note_id, own),
        give_up(stranger, invoice_id),
        credit_notes.creditable(stranger.actor, invoice_id),
    ):
        assert await code_of(attempt, NotFound) == "NOT_FOUND"
    assert (await books(stranger))["receivable"] == 5_000_000


async def test_a_budget_counts_what_is_billed_less_what_is_credited() -> None:
    case = await a_billable_engagement(retention_bps=1000)
    first = await an_issued_invoice(case)
    await pay(case, first, dkk(46_000))
    await credit(case, first, lines=[CreditLine(1, dkk(8_000))])

    async def standing() -> tuple[int, int, int]:
        found = await budgets.budget_of(
            case.actor, case.engagement_id, as_of=MARCH[20], today=MARCH[20]
        )
        total = found.standing.total
        return total.billed_minor, total.paid_minor, found.retention.released_minor

    # 10 000 with tax: 4 000 were retained, 6 000 of the 46 000 that were paid are kept for later.
    assert await standing() == (3_200_000, 4_000_000, 400_000)
    await credit(case, first)
    assert await standing() == (0, 0, 400_000)
