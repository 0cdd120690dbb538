"""The statement of account: every movement with literal sums, as data, CSV, PDF and .docx, in both languages."""

import io
from datetime import UTC, date, datetime
from typing import Any

import pypdfium2
import pytest
from docx import Document

from services import books, reports
from services.rules.errors import InvalidInput, NotFound
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
APRIL = date(2026, 4, 30)


@pytest.fixture
async def case() -> Any:
    """41 666.67 held; 50 000 invoiced on 9 March; 30 000 drawn on the 12th; 12 000 paid on 20 April; on 10 May it comes out that
    1 000 had been drawn on 30 March."""
    case = await a_billable_engagement()
    retainer_id = await a_funded_retainer(case)
    invoice_id = await an_issued_invoice(case)
    await draw(case, retainer_id, invoice_id, dkk(30_000), on=MARCH[12])
    await pay(case, invoice_id, dkk(12_000), on=date(2026, 4, 20))
    learnt = date(2026, 5, 10)
    await draw(
        case, retainer_id, invoice_id, dkk(1_000), on=MARCH[30], today=learnt, now=noon(learnt)
    )
    return case


async def section(case: Any, first: date, last: date, known_at: datetime | None = None) -> Any:
    """The one section of the client's statement; it ties to the ledger."""
    found = await reports.statement_of_account(
        case.actor, case.client.client_id, from_date=first, to_date=last, known_at=known_at
    )
    (only,) = found.sections
    assert only.closing_minor == only.ledger_minor
    return only


async def test_the_opening_sum_and_the_movements_make_the_closing_sum(case: Any) -> None:
    march = await section(case, MARCH[1], MARCH[31])
    assert [(line.effective_date, line.kind, line.documents, line.amount_minor, line.balance_minor) for line in march.lines] == [
        (MARCH[9], "invoice", ("2026-0001",), 5_000_000, 5_000_000),
        (MARCH[12], "drawdown", ("2026-0001",), -3_000_000, 2_000_000),
        (MARCH[30], "drawdown", ("2026-0001",), -100_000, 1_900_000),
    ]  # fmt: skip
    assert (march.opening_minor, march.closing_minor, march.overdue_minor, march.held_minor) == (
        0, 1_900_000, 1_900_000, 1_066_667,
    )  # fmt: skip
    april = await section(case, date(2026, 4, 1), APRIL)
    assert (april.opening_minor, len(april.lines), april.closing_minor) == (1_900_000, 1, 700_000)
    assert [(each.number, each.part.overdue_days) for each in april.overdue] == [("2026-0001", 44)]


async def test_the_statement_that_was_sent_can_be_had_again(case: Any) -> None:
    sent = datetime(2026, 5, 1, tzinfo=UTC)
    assert (await section(case, MARCH[1], MARCH[31], sent)).closing_minor == 2_000_000


async def test_the_file_says_the_same(case: Any) -> None:
    text = await reports.statement_csv(
        case.actor, case.client.client_id, from_date=date(2026, 4, 1), to_date=APRIL
    )
    kinds = [line.split(",")[2] for line in text.splitlines()]
    assert kinds == ["line", "opening", "movement", "closing", "overdue", "retainers held"]
    assert text.splitlines()[3].endswith(",closing,2026-04-30,,,,,,DKK,,7000.00")


def words_of(content: bytes, form: str) -> str:
    if form == "docx":
        document = Document(io.BytesIO(content))
        cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        return "\n".join([*(p.text for p in document.paragraphs), *cells])
    pdf = pypdfium2.PdfDocument(content)
    return "\n".join(page.get_textpage().get_text_range() for page in pdf)


@pytest.mark.parametrize("form", ["pdf", "docx"])
@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", ["Statement of account", "Invoice 2026-0001", "+50,000.00 DKK", "7,000.00 DKK", "Overdue in all", "10,666.67 DKK"]),
        ("da", ["Kontoudtog", "Faktura 2026-0001", "+50.000,00 DKK", "7.000,00 DKK", "Forfaldent i alt", "10.666,67 DKK"]),
    ],
)  # fmt: skip
async def test_the_paper_says_the_same_in_both_languages(
    case: Any, form: Any, locale: str, expected: list[str]
) -> None:
    asked = {"form": form, "from_date": MARCH[1], "to_date": APRIL, "locale": locale}
    content = await books.statement_paper(case.actor, case.client.client_id, **asked)
    text = (
        words_of(content, form)
        .replace("\N{NO-BREAK SPACE}", " ")
        .replace("\N{NON-BREAKING HYPHEN}", "-")
    )
    assert [each for each in expected if each not in text] == []
    assert await books.statement_paper(case.actor, case.client.client_id, **asked) == content


async def test_what_cannot_be_is_refused(case: Any) -> None:
    client, form = case.client.client_id, "pdf"
    with pytest.raises(InvalidInput):
        await books.statement_paper(
            case.actor, client, form=form, from_date=APRIL, to_date=MARCH[1]
        )
    with pytest.raises(InvalidInput) as refused:
        await books.statement_paper(case.actor, client, form=form, from_date=MARCH[1], to_date=APRIL, locale="xx")  # fmt: skip
    assert refused.value.code == "LOCALE"
    with pytest.raises(NotFound):
        await books.statement_paper(case.actor, case.engagement_id, form=form, from_date=MARCH[1], to_date=APRIL)  # fmt: skip
