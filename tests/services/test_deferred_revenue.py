"""Client money held, rolled forward month by month, with every sum written out."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from db.unit_of_work import unit_of_work
from services import ledger, reports
from services.rules.money import Money
from tests.factories.money import (
    MARCH,
    a_billable_engagement,
    a_funded_retainer,
    an_issued_invoice,
    approve,
    ask_back,
    dkk,
    draw,
    noon,
    pay,
    settle,
)

pytestmark = pytest.mark.usefixtures("database")
MAY = date(2026, 5, 31)


@pytest.fixture
async def case() -> Any:
    """41 666.67 on 3 March; 30 000 drawn on 12 March; 5 000 back on 8 April. On 20 May it comes out that 1 000 more was drawn on
    30 April."""
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    invoice_id = await an_issued_invoice(case)
    await draw(case, retainer_id, invoice_id, dkk(30_000), on=MARCH[12])
    await pay(case, invoice_id, dkk(19_000))
    refund_id = await ask_back(case, dkk(5_000), retainer_id=retainer_id)
    await approve(case, refund_id)
    await settle(
        case, refund_id, settled_on=date(2026, 4, 8), today=date(2026, 4, 8),
        now=noon(date(2026, 4, 8)),
    )  # fmt: skip
    learnt = date(2026, 5, 20)
    await draw(
        case,
        retainer_id,
        invoice_id,
        dkk(1_000),
        on=date(2026, 4, 30),
        today=learnt,
        now=noon(learnt),
    )
    return case


async def rolled(case: Any, known_at: datetime | None = None) -> list[str]:
    """What each month comes to; every month ties to the ledger, and to the client's own line."""
    found = await reports.deferred_revenue(
        case.actor, from_date=MARCH[1], to_date=MAY, known_at=known_at
    )
    for month in found:
        assert [total.difference_minor for total in month.totals] == [0]
        assert [line.roll for line in month.clients] == [total.roll for total in month.totals]
    return [total.roll.explanation for month in found for total in month.totals]


async def test_each_month_begins_where_the_last_one_ended(case: Any) -> None:
    assert await rolled(case) == [
        "0.00 + 41666.67 received - 30000.00 earned = 11666.67 DKK",
        "11666.67 - 1000.00 earned - 5000.00 refunded = 5666.67 DKK",
        "5666.67 = 5666.67 DKK",
    ]


async def test_what_was_reported_before_the_back_dated_drawdown_can_be_had_again(case: Any) -> None:
    assert await rolled(case, datetime(2026, 5, 1, 8, tzinfo=UTC)) == [
        "0.00 + 41666.67 received - 30000.00 earned = 11666.67 DKK",
        "11666.67 - 5000.00 refunded = 6666.67 DKK",
        "6666.67 = 6666.67 DKK",
    ]


async def test_a_reversal_is_in_the_class_of_what_it_takes_back_and_the_unknown_is_other(
    case: Any,
) -> None:
    async with unit_of_work(case.actor.scope()) as uow:
        held = (await ledger.balances(uow, codes=["retainer_liability"]))[0].account
        bank = await ledger.account_for(uow, "bank", "DKK", now=noon(MAY))
        lines = (
            ledger.Line.debit(bank.id, Money(1, "DKK")),
            ledger.Line.credit(held.id, Money(1, "DKK")),
        )
        await ledger.post(
            uow, ledger.JournalDraft("correction", "By hand", MAY, lines), now=noon(MAY)
        )
        drawn = next(each for each in await ledger.journals(uow) if each.kind == "drawdown")
        await ledger.reverse(
            uow, drawn.id, effective_date=MAY, description="It was another's", now=noon(MAY)
        )
    assert (await rolled(case))[-1] == "5666.67 + 30000.00 earned + 0.01 other = 35666.68 DKK"


async def test_the_file_holds_clients_and_totals(case: Any) -> None:
    text = await reports.deferred_revenue_csv(
        case.actor, from_date=MARCH[1], to_date=MARCH[31], span="month"
    )
    header, client, total = text.splitlines()
    assert header == (
        "known_at,from,to,line,client,currency,opening,received,earned,refunded,transferred,other,closing,ledger,difference,explanation"
    )
    sums = "DKK,0.00,41666.67,-30000.00,0.00,0.00,0.00,11666.67"
    words = "0.00 + 41666.67 received - 30000.00 earned = 11666.67 DKK"
    assert client.startswith("2026-03-01", 1)
    assert client.endswith(f",{sums},,,{words}")
    assert total == f",2026-03-01,2026-03-31,total,,{sums},11666.67,0.00,{words}"
