"""The aging by dates, in a story with literal sums, and what it says when it does not tie."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from db.unit_of_work import unit_of_work
from services import ledger, reports, write_offs
from services.rules.aging import BUCKETS
from services.rules.money import Money
from tests.factories.money import (
    MARCH,
    a_billable_engagement,
    a_funded_retainer,
    an_issued_invoice,
    dkk,
    draw,
    noon,
    pay,
)

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def story() -> Any:
    """DKK 50 000 invoiced on 9 March, due on the 17th; 10 000 drawn on 12 March, 15 000 paid on 20 April. On 10 May it comes out
    that 5 000 had come in on 15 April already."""
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    invoice_id = await an_issued_invoice(case)
    await draw(case, retainer_id, invoice_id, dkk(10_000), on=MARCH[12])
    await pay(case, invoice_id, dkk(15_000), on=date(2026, 4, 20))
    found_on = date(2026, 5, 10)
    await pay(
        case, invoice_id, dkk(5_000), on=date(2026, 4, 15), today=found_on, now=noon(found_on)
    )
    return case, invoice_id


async def columns(case: Any, as_of: date, known_at: datetime | None = None) -> dict[str, int]:
    """What is in each column, in minor units; the aging ties, and the one client is all of it."""
    found = await reports.aging(case.actor, as_of=as_of, known_at=known_at)
    assert [tie.difference_minor for tie in found.ties] == [0] * len(found.ties)
    assert found.differences == ()
    totals = found.totals.get("DKK", {})
    for client in found.clients:
        assert client.buckets == totals
    return {name: minor for name, minor in totals.items() if minor}


async def test_an_invoice_grows_older_and_smaller_by_the_dates_that_count(story: Any) -> None:
    case, invoice_id = story
    assert await columns(case, MARCH[8]) == {}
    assert await columns(case, MARCH[9]) == {"not_due": 5_000_000}
    assert await columns(case, MARCH[17]) == {"not_due": 4_000_000}
    assert await columns(case, MARCH[18]) == {"days_1_30": 4_000_000}
    assert await columns(case, date(2026, 4, 14)) == {"days_1_30": 4_000_000}
    assert await columns(case, date(2026, 4, 16)) == {"days_1_30": 3_500_000}
    assert await columns(case, date(2026, 4, 17)) == {"days_31_60": 3_500_000}
    assert await columns(case, date(2026, 5, 17)) == {"days_61_90": 2_000_000}
    assert await columns(case, date(2026, 6, 16)) == {"days_over_90": 2_000_000}
    # More comes in than is owed: the rest is the client's.
    await pay(case, invoice_id, dkk(25_000), on=date(2026, 6, 17))
    assert await columns(case, date(2026, 6, 17)) == {"unapplied": -500_000}
    assert await columns(case, date(2026, 6, 16)) == {"days_over_90": 2_000_000}


async def test_what_april_said_before_may_corrected_it_can_be_had_again(story: Any) -> None:
    case, _ = story
    april, reported = date(2026, 4, 30), datetime(2026, 5, 1, 8, tzinfo=UTC)
    assert await columns(case, april, known_at=reported) == {"days_31_60": 2_500_000}
    assert await columns(case, april) == {"days_31_60": 2_000_000}
    assert await columns(case, april, known_at=noon(date(2026, 5, 10))) == {"days_31_60": 2_000_000}


async def test_documents_say_what_is_open_of_each(story: Any) -> None:
    case, invoice_id = story
    found = await reports.aging(case.actor, as_of=MARCH[31])
    (document,) = found.documents
    assert (document.document_id, document.number, document.kind) == (
        invoice_id,
        "2026-0001",
        "invoice",
    )
    assert (document.part.due_on, document.part.overdue_days, document.part.open_minor) == (
        MARCH[17], 14, 4_000_000,
    )  # fmt: skip


async def test_write_offs_count_from_their_date_and_come_back_from_theirs(story: Any) -> None:
    case, invoice_id = story
    june = date(2026, 6, 10)
    write_off_id = await write_offs.write_off(
        case.actor, invoice_id, amount=dkk(12_000), reason="The client is bankrupt.", on=june,
        idempotency_key=case.key(), today=june, now=noon(june),
    )  # fmt: skip
    july = date(2026, 7, 1)
    await write_offs.reverse_write_off(
        case.actor, write_off_id, reason="The estate pays after all.", on=july, expected_version=1,
        idempotency_key=case.key(), today=july, now=noon(july),
    )  # fmt: skip
    assert await columns(case, date(2026, 6, 9)) == {"days_61_90": 2_000_000}
    assert await columns(case, june) == {"days_61_90": 800_000}
    assert await columns(case, july) == {"days_over_90": 2_000_000}


async def test_an_entry_without_a_document_breaks_the_tie_and_is_named(story: Any) -> None:
    case, _ = story
    async with unit_of_work(case.actor.scope()) as uow:
        receivable = await ledger.account_for(
            uow, "receivable", "DKK", client_id=case.client.client_id, now=noon(MARCH[20])
        )
        revenue = await ledger.account_for(uow, "revenue", "DKK", now=noon(MARCH[20]))
        await ledger.post(
            uow,
            ledger.JournalDraft(
                "correction",
                "Typed by hand",
                MARCH[20],
                (
                    ledger.Line.debit(receivable.id, Money(1, "DKK")),
                    ledger.Line.credit(revenue.id, Money(1, "DKK")),
                ),
            ),
            now=noon(MARCH[20]),
        )
    before = await reports.aging(case.actor, as_of=MARCH[19])
    assert [tie.ties for tie in before.ties] == [True]
    found = await reports.aging(case.actor, as_of=MARCH[31])
    (tie,) = found.ties
    assert (tie.aged_minor, tie.ledger_minor, tie.difference_minor) == (4_000_000, 4_000_001, -1)
    (difference,) = found.differences
    assert (difference.description, difference.documents_minor, difference.ledger_minor) == (
        "Typed by hand", 0, 1,
    )  # fmt: skip
    text = await reports.aging_csv(case.actor, as_of=MARCH[31])
    assert text.splitlines()[-1] == ("2026-03-31,,tie,,,,,,DKK,,,,,,,40000.00,40000.01,-0.01")


async def test_every_column_stands_in_the_report(story: Any) -> None:
    case, _ = story
    found = await reports.aging(case.actor, as_of=MARCH[31])
    assert tuple(found.totals["DKK"]) == BUCKETS
    text = await reports.aging_csv(case.actor, as_of=MARCH[31])
    header, document, client, tie = text.splitlines()
    assert header == (
        "as_of,known_at,line,client,document,number,due_on,overdue_days,currency,not_due,days_1_30,days_31_60,days_61_90,"
        "days_over_90,unapplied,total,ledger,difference"
    )
    name = found.clients[0].client_name
    assert (
        document
        == f"2026-03-31,,document,{name},invoice,2026-0001,2026-03-17,14,DKK,0.00,40000.00,0.00,0.00,0.00,0.00,40000.00,,"
    )
    assert (
        client == f"2026-03-31,,client,{name},,,,,DKK,0.00,40000.00,0.00,0.00,0.00,0.00,40000.00,,"
    )
    assert tie == "2026-03-31,,tie,,,,,,DKK,,,,,,,40000.00,40000.00,0.00"
