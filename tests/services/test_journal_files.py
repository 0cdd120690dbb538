"""The books as text: two programs written by others read them and come to our balances."""

import shutil
import subprocess
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from beancount import loader
from beancount.core import data, realization

from db.unit_of_work import read_only, unit_of_work
from services import ledger
from services.books import journal_file
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


@pytest.fixture
async def case() -> Any:
    """A deposit, an invoice, a drawdown, an overpayment and a refund: every kind of entry, over several days."""
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    invoice_id = await an_issued_invoice(case)
    await draw(case, retainer_id, invoice_id, dkk(10_000), on=MARCH[12])
    await pay(case, invoice_id, dkk(99_999, 99), on=MARCH[16])
    refund_id = await ask_back(case, dkk(1, 1), retainer_id=retainer_id)
    await approve(case, refund_id)
    await settle(case, refund_id)
    return case


def hledger(text: str, folder: Path, *arguments: str) -> str:
    """What hledger says of a file."""
    file = folder / "books.journal"
    file.write_text(text)
    return subprocess.run(
        ["hledger", "-f", str(file), *arguments], check=True, capture_output=True, text=True
    ).stdout


async def balances(case: Any, through: date) -> dict[str, Decimal]:
    """What each of our accounts holds, by its code, in major units and debit positive."""
    async with read_only(case.actor.scope()) as uow:
        found = await ledger.balances(uow, as_of=through)
    sums: dict[str, Decimal] = {}
    for each in found:
        name = ledger.CHART[each.account.code].name.replace(" ", "-")
        sums[name] = sums.get(name, Decimal(0)) + Decimal(each.balance_minor) / 100
    return {name: amount for name, amount in sums.items() if amount}


@pytest.mark.parametrize("through", [MARCH[10], MARCH[31]], ids=["halfway", "at the end"])
async def test_beancount_takes_the_file_and_agrees_to_the_cent(case: Any, through: date) -> None:
    text = await journal_file(case.actor, program="beancount", through=through)
    entries, errors, _ = loader.load_string(text)
    assert errors == []
    found: dict[str, Decimal] = {}
    for account in realization.iter_children(realization.realize(entries)):
        for position in account.balance:
            name = account.account.split(":")[1]
            found[name] = found.get(name, Decimal(0)) + position.units.number
    assert {name: amount for name, amount in found.items() if amount} == await balances(
        case, through
    )
    asserted = [entry for entry in entries if isinstance(entry, data.Balance)]
    assert len(asserted) >= len(found)


@pytest.mark.hledger
@pytest.mark.parametrize("through", [MARCH[10], MARCH[31]], ids=["halfway", "at the end"])
async def test_hledger_takes_the_file_and_agrees_to_the_cent(
    case: Any, through: date, tmp_path: Path
) -> None:
    text = await journal_file(case.actor, program="hledger", through=through)
    # Strict: every account and commodity is declared, and every transaction balances.
    hledger(text, tmp_path, "check", "--strict", "ordereddates")
    listed = hledger(
        text, tmp_path, "balance", "--flat", "--no-total", "-O", "csv", "--layout", "bare"
    )
    found: dict[str, Decimal] = {}
    for line in listed.splitlines()[1:]:
        account, currency, amount = (cell.strip('"') for cell in line.split(","))
        assert currency == "DKK"
        name = account.split(":")[1]
        found[name] = found.get(name, Decimal(0)) + Decimal(amount)
    assert {name: amount for name, amount in found.items() if amount} == await balances(
        case, through
    )


async def test_words_that_mean_something_to_the_programs_stay_words(
    case: Any, tmp_path: Path
) -> None:
    async with read_only(case.actor.scope()) as uow:
        (bank,) = [
            each.account for each in await ledger.balances(uow) if each.account.code == "bank"
        ]
    nasty = 'Gebyr "Ærø" \\ ; kind:stolen | * ! (99) 日本'
    async with unit_of_work(case.actor.scope()) as uow:
        charges = await ledger.account_for(uow, "bank_charges", "DKK", now=noon(MARCH[25]))
        await ledger.post(
            uow,
            ledger.JournalDraft(
                "bank_charge",
                nasty,
                MARCH[25],
                (
                    ledger.Line.debit(charges.id, Money(25, "DKK")),
                    ledger.Line.credit(bank.id, Money(25, "DKK")),
                ),
            ),
            now=noon(MARCH[25]),
        )
    entries, errors, _ = loader.load_string(
        await journal_file(case.actor, program="beancount", through=MARCH[31])
    )
    assert errors == []
    assert nasty in [each.narration for each in entries if isinstance(each, data.Transaction)]
    if shutil.which("hledger"):
        text = await journal_file(case.actor, program="hledger", through=MARCH[31])
        shown = hledger(text, tmp_path, "print", "tag:kind=bank_charge", "-O", "json")
        assert "stolen | * ! (99)" in shown
        assert shown.count('"tindex"') == 1


async def test_the_file_tells_what_was_known_at_an_instant(case: Any) -> None:
    text = await journal_file(
        case.actor, program="hledger", through=MARCH[31], known_at=noon(MARCH[12])
    )
    assert "Payment of invoice" not in text
    assert "Retainer applied" in text
