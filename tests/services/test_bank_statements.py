"""Bank statements: files as banks write them, stored once, and a whole month matched to the øre."""

import asyncio
import base64
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from db.unit_of_work import read_only
from services import bank_statements, payments
from services.bank_statements import StatementFile
from services.bank_statements.camt_053 import read_camt_053
from services.bank_statements.csv_files import read_csv
from services.bank_statements.mappings import DANISH, GENERIC, CsvMapping
from services.invoices.numbers import open_minor
from services.rules.errors import DomainError, Forbidden, NotFound
from services.rules.money import Money
from services.rules.payments import Rate
from tests.factories.bank_statements import (
    IBAN,
    an_account,
    csv_of,
    line,
    lines,
    match,
    store,
    undo,
)
from tests.factories.money import (
    MARCH,
    a_billable_engagement,
    an_issued_invoice,
    approve,
    ask,
    ask_back,
    books,
    deposit,
    dkk,
    invoice_row,
    noon,
    pay,
    refund_row,
)

pytestmark = pytest.mark.usefixtures("database")


async def code_of(doing: Any, kind: type[DomainError] = DomainError) -> str:
    """The code of the refusal."""
    with pytest.raises(kind) as refusal:
        await doing
    return refusal.value.code


# --- CSV -----------------------------------------------------------------------------------------------------------------


def test_a_danish_export_is_read_newest_first_with_its_balances() -> None:
    text = csv_of(
        '05-03-2026;"Rente; kvartal";-12,50;51.187,50',
        "04-03-2026;Faktura 2026-0001;50.000,00;51.200,00",
        "03-03-2026;Gebyr;-50,00;1.200,00",
    )
    reading = read_csv(text.encode("latin-1"), DANISH, "DKK")
    assert reading.problems == ()
    (statement,) = reading.statements
    assert (statement.opening_minor, statement.net_minor, statement.closing_minor) == (
        125_000,
        4_993_750,
        5_118_750,
    )
    assert [(e.line, e.booked_on.day, e.amount_minor, e.text) for e in statement.entries] == [
        (4, 3, -5_000, "Gebyr"), (3, 4, 5_000_000, "Faktura 2026-0001"), (2, 5, -1_250, "Rente; kvartal"),
    ]  # fmt: skip


def test_every_problem_of_a_csv_is_told_by_its_line() -> None:
    text = csv_of(
        "03-03-2026;Gebyr;-50,00;1.200,00",
        "31-02-2026;Ingen dag;1,00;1.201,00",
        "04-03-2026;Skævt;1.00,00;1.301,00",
        "04-03-2026;For mange decimaler;1,001;1.301,00",
        "04-03-2026;Springer;10,00;1.300,00",
        "05-03-2026;Kort",
        "05-03-2026;Intet;0,00;1.300,00",
    )
    found = read_csv(text, DANISH, "DKK").problems
    assert [(each.line, each.code, each.is_note) for each in found] == [
        (3, "DATE_INVALID", False), (4, "AMOUNT_INVALID", False), (5, "AMOUNT_INVALID", False), (6, "BALANCE_BREAK", False),
        (7, "COLUMN_MISSING", False), (8, "NOTHING_MOVED", True),
    ]  # fmt: skip
    assert (
        found[3].message == "The balance should be 1210.00 after this line; the file says 1300.00."
    )


@pytest.mark.parametrize(
    ("written", "minor"),
    [("1.234,50", 123_450), ("-1.234,50", -123_450), ("1234,5", 123_450), ("+7", 700), ("12,00-", -1_200),
     ("1\u00a0234,00", 123_400), ("\u22125,00", -500), ("1.23", None), ("1,2,3", None), ("", None), ("1e3", None),
     ("١٢", None), ("NaN", None), ("99999999999999999999", None), ("12.3456,00", None)],
)  # fmt: skip
def test_amounts_are_read_as_banks_write_them_and_never_guessed(
    written: str, minor: int | None
) -> None:
    reading = read_csv(f"Dato;Tekst;Beløb;Saldo\n03-03-2026;x;{written};", DANISH, "DKK")
    found = [entry.amount_minor for statement in reading.statements for entry in statement.entries]
    assert found == ([] if minor is None else [minor])
    assert bool(reading.errors) == (minor is None)


def test_credit_and_debit_in_two_columns_and_columns_by_number() -> None:
    mapping = CsvMapping(has_headings=False, date="1", amount="", credit="3", debit="2", text="4")
    reading = read_csv(
        "2026-03-03,,10.00,in\n2026-03-04,4.00,,out\n2026-03-05,1.00,1.00,both\n", mapping, "EUR"
    )
    assert [entry.amount_minor for entry in reading.statements[0].entries] == [1_000, -400]
    assert [(each.line, each.code) for each in reading.problems] == [(3, "AMOUNT_INVALID")]


def test_what_is_not_in_the_declared_encoding_is_told_and_a_mark_wins() -> None:
    text = csv_of("03-03-2026;Køb;-1,00;1,00")
    utf8 = CsvMapping(
        **{**{n: getattr(DANISH, n) for n in CsvMapping.__slots__}, "encoding": "utf-8"}
    )
    assert [each.code for each in read_csv(text.encode("latin-1"), utf8, "DKK").problems] == [
        "ENCODING"
    ]
    marked = b"\xef\xbb\xbf" + text.encode()
    assert read_csv(marked, DANISH, "DKK").statements[0].entries[0].text == "Køb"
    assert [each.code for each in read_csv("", GENERIC, "DKK").problems] == ["STATEMENT_EMPTY"]
    assert [each.code for each in read_csv("a,b\n", GENERIC, "DKK").problems] == [
        "COLUMN_MISSING"
    ] * 5


# --- camt.053 ------------------------------------------------------------------------------------------------------------


def camt(
    version: str, entries: str, *, opening: str = "1000.00", closing: str, declared: str = "UTF-8"
) -> str:
    """A statement of one account, as banks write it."""
    balances = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='DKK'>{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>"
        f"<Dt><Dt>2026-03-01</Dt></Dt></Bal>\n"
        for code, amount in (("OPBD", opening), ("CLBD", closing))
    )
    return (
        f"<?xml version='1.0' encoding='{declared}'?>\n"
        f"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}'><BkToCstmrStmt><Stmt><Id>S-1</Id>\n"
        f"<Acct><Id><IBAN>DK5000400440116243</IBAN></Id><Ccy>DKK</Ccy></Acct>\n{balances}{entries}</Stmt></BkToCstmrStmt></Document>"
    )


V2_ENTRY = """<Ntry><Amt Ccy='DKK'>50000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-03-17</Dt></BookgDt>
<ValDt><Dt>2026-03-18</Dt></ValDt><AcctSvcrRef>A-1</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>2026-0001</EndToEndId></Refs>
<RltdPties><Dbtr><Nm>Fjord A/S</Nm></Dbtr><DbtrAcct><Id><IBAN>DK11</IBAN></Id></DbtrAcct></RltdPties>
<RmtInf><Ustrd>Tak for</Ustrd><Ustrd>hjælpen</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
"""
V8_BATCH = """<Ntry><NtryRef>7</NtryRef><Amt Ccy='DKK'>300.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><DtTm>2026-03-17T12:00:00</DtTm></BookgDt><AcctSvcrRef>B-1</AcctSvcrRef><NtryDtls>
<TxDtls><Amt Ccy='DKK'>100.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><RltdPties><Cdtr><Pty><Nm>Ask</Nm></Pty></Cdtr></RltdPties></TxDtls>
<TxDtls><Amt Ccy='DKK'>200.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><RmtInf><Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>
</NtryDtls></Ntry>
<Ntry><Amt Ccy='DKK'>9.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts><BookgDt><Dt>2026-03-18</Dt></BookgDt></Ntry>
"""


def test_camt_of_version_2_and_8_is_read_with_batches_and_references() -> None:
    old = read_camt_053(camt("02", V2_ENTRY, closing="51000.00"))
    assert old.problems == ()
    (entry,) = old.statements[0].entries
    assert (entry.amount_minor, entry.booked_on, entry.value_on, entry.text) == (
        5_000_000, MARCH[17], MARCH[18], "Tak for hjælpen",
    )  # fmt: skip
    assert (entry.counterparty, entry.counterparty_account, entry.end_to_end_id, entry.entry_id) == (
        "Fjord A/S", "DK11", "2026-0001", "A-1",
    )  # fmt: skip
    new = read_camt_053(camt("08", V8_BATCH, closing="700.00"))
    assert [(each.code, each.is_note) for each in new.problems] == [("NOT_BOOKED", True)]
    assert [(e.amount_minor, e.counterparty, e.reference, e.entry_id) for e in new.statements[0].entries] == [
        (-10_000, "Ask", "", "B-1/1"), (-20_000, "", "RF18539007547034", "B-1/2"),
    ]  # fmt: skip


def test_latin_1_holds_where_the_file_declares_it() -> None:
    data = camt("02", V2_ENTRY, closing="51000.00", declared="ISO-8859-1").encode("latin-1")
    assert read_camt_053(data).statements[0].entries[0].text == "Tak for hjælpen"


BOMB = "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]><x>&b;</x>"


@pytest.mark.parametrize(
    ("text", "code"),
    [(BOMB, "XML_FORBIDDEN"), ("<Document/>", "NOT_CAMT_053"), ("not xml", "FILE_INVALID"), ("", "FILE_INVALID"),
     ("<a>" * 60, "TOO_LARGE"), (camt("02", V2_ENTRY, closing="51000.01"), "BALANCE_MISMATCH"),
     (camt("02", V2_ENTRY.replace("50000.00", "1e5"), closing="51000.00"), "AMOUNT_INVALID"),
     (camt("02", V2_ENTRY.replace("50000.00", "50000.001"), closing="51000.00"), "AMOUNT_INVALID"),
     (camt("02", V2_ENTRY.replace("2026-03-17", "2026-02-30"), closing="51000.00"), "DATE_INVALID"),
     (camt("08", V8_BATCH.replace("200.00", "201.00"), closing="700.00"), "BATCH_SUM"),
     (camt("02", V2_ENTRY.replace("'DKK'", "'EUR'"), closing="51000.00"), "CURRENCY_DIFFERS")],
)  # fmt: skip
def test_what_is_wrong_with_a_camt_is_told_by_its_line(text: str, code: str) -> None:
    problems = read_camt_053(text).problems
    assert code in {problem.code for problem in problems}
    assert all(
        problem.line >= 1 and not problem.is_note for problem in problems if problem.code == code
    )


# --- stored once ---------------------------------------------------------------------------------------------------------


async def test_the_same_file_and_the_same_entries_are_stored_once() -> None:
    case = await a_billable_engagement()
    account_id = await an_account(case)
    rows = [
        "03-03-2026;Kaffe;-50,00;950,00",
        "03-03-2026;Kaffe;-50,00;900,00",
        "04-03-2026;Ind;100,00;1.000,00",
    ]
    first = await store(case, account_id, csv_of(*rows))
    assert await store(case, account_id, csv_of(*rows)) == first
    assert len(await lines(case)) == 3
    # The next export overlaps; only what is new becomes a line.
    (second,) = await store(case, account_id, csv_of(*rows[1:], "05-03-2026;Ind;1,00;1.001,00"))
    found = await lines(case)
    assert [(row["amount_minor"], row["bank_statement_id"] == second) for row in found] == [
        (-5_000, False), (-5_000, False), (10_000, False), (100, True),
    ]  # fmt: skip
    # Twelve at once of a third file.
    third = csv_of("06-03-2026;Ind;2,00;1.003,00")
    answers = await asyncio.gather(*(store(case, account_id, third) for _ in range(12)))
    assert len(set(answers)) == 1
    assert len(await lines(case)) == 5


async def test_a_bad_file_stores_nothing_and_a_preview_tells_all() -> None:
    case = await a_billable_engagement()
    account_id = await an_account(case, identification=IBAN)
    bad = csv_of("03-03-2026;Kaffe;-50,00;950,00", "04-03-2026;Ind;100,00;1.000,00")
    with pytest.raises(DomainError) as refusal:
        await store(case, account_id, bad)
    assert (refusal.value.code, refusal.value.field, refusal.value.details["line"]) == (
        "STATEMENT_INVALID",
        "text",
        3,
    )
    file = StatementFile("csv", text=bad)
    preview = await bank_statements.preview_statement(case.people.accountant, account_id, file)
    assert [(each.line, each.code) for each in preview.problems] == [(3, "BALANCE_BREAK")]
    other = camt("02", V2_ENTRY, closing="51000.00").replace(
        "DK5000400440116243", "DK9900400440116299"
    )
    assert (
        await code_of(store(case, account_id, "", file=StatementFile("camt_053", text=other)))
        == "STATEMENT_INVALID"
    )
    huge = StatementFile("csv", text="x" * 5_000_001)
    assert await code_of(store(case, account_id, "", file=huge)) == "TOO_LARGE"
    assert (
        await code_of(store(case, account_id, "", file=StatementFile("csv", encoded="*")))
        == "BASE64_INVALID"
    )
    assert await lines(case) == []
    good = base64.b64encode(camt("02", V2_ENTRY, closing="51000.00").encode()).decode()
    await store(case, account_id, "", file=StatementFile("camt_053", encoded=good))
    assert [row["entry_key"] for row in await lines(case)] == ["id:A-1"]
    changed = camt("02", V2_ENTRY.replace("50000.00", "60000.00"), closing="61000.00")
    assert (
        await code_of(store(case, account_id, "", file=StatementFile("camt_053", text=changed)))
        == "STATEMENT_INVALID"
    )


# --- matched by a person -------------------------------------------------------------------------------------------------


async def suggestions_of(case: Any, line_id: UUID) -> list[tuple[str, int, tuple[str, ...]]]:
    """Kind, score and reasons."""
    found = await bank_statements.suggested_matches(case.actor, [line_id])
    return [(each.kind, each.score, each.reasons) for each in found.get(line_id, ())]


async def test_a_whole_month_of_a_statement_is_matched_and_the_books_tie_to_it() -> None:
    case = await a_billable_engagement()
    account_id = await an_account(case)
    design = await an_issued_invoice(case, on=MARCH[9])
    build = await an_issued_invoice(case, "build", on=MARCH[10])
    request_id = await ask(case, amount=dkk(10_000))
    hand = await pay(case, design, dkk(5_000), on=MARCH[12])
    await store(
        case,
        account_id,
        csv_of(
            "03-03-2026;R-0001 depositum;10.000,00;30.000,00",
            "12-03-2026;Overførsel;5.000,00;35.000,00",
            "13-03-2026;Faktura 2026 0001;44.970,00;79.970,00",
            "16-03-2026;Rest;30,00;80.000,00",
            "18-03-2026;Retur manglende dækning;-30,00;79.970,00",
            "20-03-2026;2026-0002 forkert;80.000,00;159.970,00",
            "24-03-2026;Tilbagebetaling;-2.000,00;157.970,00",
            "25-03-2026;Husleje;-4.000,00;153.970,00",
            "31-03-2026;Gebyr;-45,00;153.925,00",
        ),
    )
    ids = {row["text"]: row["id"] for row in await lines(case)}
    assert await suggestions_of(case, ids["R-0001 depositum"]) == [
        ("request", 90, ("R-0001 stands in the text", "the amount is exactly what is open", "nothing else has this amount")),
    ]  # fmt: skip
    await match(case, ids["R-0001 depositum"], "request", request_id)
    (kind, score, reasons), *_ = await suggestions_of(case, ids["Overførsel"])
    assert (kind, score, reasons[0]) == (
        "recorded_payment",
        45,
        "it was entered for this amount around this day",
    )
    await match(case, ids["Overførsel"], "recorded_payment", hand)
    (kind, score, reasons), *_ = await suggestions_of(case, ids["Faktura 2026 0001"])
    assert (kind, score, reasons) == (
        "invoices", 50, ("2026-0001 stands in the text", "the amount is less than what is open"),
    )  # fmt: skip
    await match(case, ids["Faktura 2026 0001"], "invoices", design)
    await match(case, ids["Rest"], "invoices", design)
    assert open_minor(await invoice_row(case, design)) == 0
    rest = next(row for row in await _payments(case) if row["amount_minor"] == 3_000)
    assert ("reversed_payment", 40) in [
        each[:2] for each in await suggestions_of(case, ids["Retur manglende dækning"])
    ]
    await match(case, ids["Retur manglende dækning"], "reversed_payment", rest["id"])
    assert open_minor(await invoice_row(case, design)) == 3_000
    await match(case, ids["2026-0002 forkert"], "invoices", build)
    over = next(row for row in await _payments(case) if row["amount_minor"] == 8_000_000)
    assert (over["applied_minor"], over["unapplied_minor"]) == (7_500_000, 500_000)
    refund_id = await ask_back(case, dkk(2_000), payment_id=over["id"])
    await approve(case, refund_id)
    assert (await suggestions_of(case, ids["Tilbagebetaling"]))[0][:2] == ("refund", 40)
    await match(case, ids["Tilbagebetaling"], "refund", refund_id)
    assert (await refund_row(case, refund_id))["status"] == "settled"
    await bank_statements.set_line_aside(
        case.actor, ids["Husleje"], reason="Private", expected_version=1
    )
    await match(case, ids["Gebyr"], "bank_charge")
    assert [row["status"] for row in await lines(case)] == ["matched"] * 7 + [
        "set_aside",
        "matched",
    ]
    # The bank rose by 133 925 from 20 000, of which the rent of 4 000 is no business of the books.
    assert await books(case) == {
        "bank": 13_792_500, "bank_charges": 4_500, "receivable": 3_000, "unapplied_receipts": -300_000,
        "retainer_liability": -1_000_000, "tax_payable": -2_500_000, "revenue": -10_000_000,
    }  # fmt: skip


async def _payments(case: Any) -> list[Any]:
    from db.queries import payments as queries

    async with read_only(case.actor.scope()) as uow:
        return await queries.payments_page(
            uow,
            client_id=None,
            has_unapplied=None,
            after=None,
            before=None,
            limit=100,
            is_backward=True,
        )


async def test_two_invoices_are_paid_by_one_line_and_a_wrong_match_is_undone_by_a_reversal() -> (
    None
):
    case = await a_billable_engagement()
    account_id = await an_account(case)
    design = await an_issued_invoice(case, on=MARCH[9])
    build = await an_issued_invoice(case, "build", on=MARCH[10])
    await store(case, account_id, csv_of("20-03-2026;Samlet betaling;125.000,00;125.000,00"))
    row = await line(case, "Samlet")
    (found,) = (await bank_statements.suggested_matches(case.actor, [row["id"]]))[row["id"]]
    assert [each.id for each in found.candidates] == [design, build]
    assert (found.score, found.reasons) == (
        30,
        ("2026-0001, 2026-0002 add up to exactly this amount",),
    )
    await match(case, row["id"], "invoices", design, build)
    assert [open_minor(await invoice_row(case, each)) for each in (design, build)] == [0, 0]
    assert await code_of(match(case, row["id"], "invoices", design)) == "LINE_NOT_OPEN"
    before = await books(case)
    await undo(case, row["id"], on=MARCH[25])
    assert [open_minor(await invoice_row(case, each)) for each in (design, build)] == [
        5_000_000,
        7_500_000,
    ]
    assert "bank" not in await books(case)
    await bank_statements.reject_match(
        case.actor, row["id"], suggestion_key=found.key, now=noon(MARCH[25])
    )
    assert await suggestions_of(case, row["id"]) == []
    await match(case, row["id"], "client", case.client.client_id)
    assert (await books(case))["unapplied_receipts"] == -12_500_000
    assert before["bank"] == 12_500_000


async def test_a_line_of_the_statement_in_another_currency_and_one_short_by_a_charge() -> None:
    case = await a_billable_engagement(currency="EUR")
    account_id = await an_account(case)
    design = await an_issued_invoice(case)
    await store(case, account_id, csv_of("17-03-2026;SWIFT 2026-0001;373.000,00;373.000,00"))
    row = await line(case, "SWIFT")
    assert (await suggestions_of(case, row["id"]))[0][:2] == ("invoices", 50)
    conversion = payments.Conversion(
        Money(5_000_000, "EUR"), Rate(Money(74_605, "DKK"), Money(10_000, "EUR")), "Nationalbanken"
    )
    assert (
        await code_of(
            match(case, row["id"], "client", case.client.client_id, conversion=conversion)
        )
        == "TARGET_INVALID"
    )
    await match(case, row["id"], "invoices", design, conversion=conversion)
    assert open_minor(await invoice_row(case, design)) == 0
    other = await a_billable_engagement()
    invoice_id = await an_issued_invoice(other)
    await store(other, await an_account(other), csv_of("17-03-2026;2026-0001;49.985,00;49.985,00"))
    short = await line(other, "2026-0001")
    await match(other, short["id"], "invoices", invoice_id, charge=dkk(15))
    assert open_minor(await invoice_row(other, invoice_id)) == 0
    assert (await books(other))["bank_charges"] == 1_500


async def test_money_that_went_the_other_way_or_another_sum_is_refused() -> None:
    case = await a_billable_engagement()
    design = await an_issued_invoice(case)
    request_id = await ask(case, amount=dkk(1_000))
    deposit_id = await deposit(case, request_id, dkk(400))
    paid = await pay(case, design, dkk(10), on=MARCH[12])
    await store(
        case,
        await an_account(case),
        csv_of("12-03-2026;Ud;-10,00;90,00", "13-03-2026;Ind;11,00;101,00"),
    )
    out, into = await line(case, "Ud"), await line(case, "Ind")
    before = await books(case)
    for line_id, kind, target, code in (
        (out["id"], "invoices", [design], "LINE_DIRECTION"),
        (into["id"], "bank_charge", [], "LINE_DIRECTION"),
        (into["id"], "recorded_payment", [paid], "LINE_AMOUNT_DIFFERS"),
        (into["id"], "recorded_deposit", [deposit_id], "LINE_AMOUNT_DIFFERS"),
        (out["id"], "bank_charge", [design], "TARGET_INVALID"),
        (into["id"], "invoices", [], "TARGET_INVALID"),
        (into["id"], "invoices", [request_id], "NOT_FOUND"),
    ):
        assert await code_of(match(case, line_id, kind, *target)) == code, kind
    assert await code_of(match(case, into["id"], "invoices", design, on=MARCH[12])) == "DATE"
    neighbour = await a_billable_engagement()
    assert await code_of(match(neighbour, into["id"], "invoices", design), NotFound) == "NOT_FOUND"
    assert await books(case) == before
    assert {row["status"] for row in await lines(case)} == {"open"}


async def test_ten_confirmations_of_one_line_at_once_make_one_payment() -> None:
    case = await a_billable_engagement()
    design = await an_issued_invoice(case)
    await store(case, await an_account(case), csv_of("17-03-2026;Ind;100,00;100,00"))
    row = await line(case, "Ind")

    async def one() -> str:
        try:
            await match(case, row["id"], "invoices", design)
        except DomainError as refusal:
            return refusal.code
        return "matched"

    answers = await asyncio.gather(*(one() for _ in range(10)))
    assert sorted(answers) == ["LINE_NOT_OPEN"] * 9 + ["matched"]
    assert (await books(case))["bank"] == 10_000


async def test_one_movement_is_not_two_lines() -> None:
    case = await a_billable_engagement()
    paid = await pay(case, await an_issued_invoice(case), dkk(10), on=MARCH[12])
    await store(
        case, await an_account(case), csv_of("12-03-2026;A;10,00;10,00", "12-03-2026;B;10,00;20,00")
    )
    await match(case, (await line(case, "A"))["id"], "recorded_payment", paid)
    other = (await line(case, "B"))["id"]
    assert await code_of(match(case, other, "recorded_payment", paid)) == "ALREADY_MATCHED"
    # Undone, the payment stays: it was entered by hand.
    await undo(case, (await line(case, "A"))["id"])
    assert (await books(case))["bank"] == 1_000
    await match(case, other, "recorded_payment", paid)


@pytest.mark.parametrize("role", ["assistant", "accountant"])
async def test_whoever_may_not_move_money_looks_and_changes_nothing(role: str) -> None:
    case = await a_billable_engagement()
    account_id = await an_account(case)
    await store(case, account_id, csv_of("12-03-2026;A;10,00;10,00"))
    row = await line(case, "A")
    actor = getattr(case.people, role)
    more = {"idempotency_key": "no", "now": noon(MARCH[20])}
    dated = {**more, "today": MARCH[20]}
    client = bank_statements.Target("client", (case.client.client_id,))
    for attempt in (
        bank_statements.import_statement(
            actor, account_id, StatementFile("csv", text="x"), source="", **more
        ),
        bank_statements.confirm_match(actor, row["id"], client, **dated),
        bank_statements.undo_match(actor, row["id"], on=date(2026, 3, 20), reason="x", **dated),
        bank_statements.reject_match(actor, row["id"], suggestion_key="x", now=noon(MARCH[20])),
        bank_statements.set_line_aside(actor, row["id"], reason="x", expected_version=1),
        bank_statements.add_bank_account(
            actor, name="x", currency="DKK", identification="", mapping=DANISH, now=noon(MARCH[20])
        ),
    ):
        with pytest.raises(Forbidden):
            await attempt
    assert await bank_statements.suggested_matches(actor, [row["id"]]) == {row["id"]: ()}
    assert await books(case) == {}


async def test_the_database_matches_a_line_only_with_its_own_sum(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_billable_engagement()
    paid = await pay(case, await an_issued_invoice(case), dkk(11), on=MARCH[12])
    await store(case, await an_account(case), csv_of("12-03-2026;A;10,00;10,00"))
    row = await line(case, "A")
    journal_id = await owner_connection.fetchval(
        "select journal_id from payment where id = $1", paid
    )
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="the line says 1000"):
        await owner_connection.execute(
            "insert into bank_match (tenant_id, id, line_id, kind, is_new, payment_id, journal_id, score, reasons, confirmed_by,"
            " confirmed_at) values ($1, gen_random_uuid(), $2, 'payment', false, $3, $4, 0, '', $5, now())",
            case.actor.tenant_id, row["id"], paid, journal_id, case.actor.member_id,
        )  # fmt: skip
    for statement in (
        "update bank_line set amount_minor = 1", "delete from bank_line", "update bank_statement set net_minor = 0",
    ):  # fmt: skip
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(statement)
