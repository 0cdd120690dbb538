"""Invoices and credit notes as they were issued, gathered into electronic ones and judged by the official rules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import httpx
import pytest

from db.queries import clients as client_queries
from db.unit_of_work import read_only
from services import clients, credit_notes, einvoices, invoices
from services.credit_notes import CreditLine
from services.invoices import Expense, LineDiscount, Reductions, Selection, VoucherUse
from services.practices import PracticeDetails, update_practice
from services.rules.discounts import Discount
from services.rules.electronic_addresses import check_iban
from services.rules.errors import DomainError, InvalidInput, NotFound
from tests.einvoice_judge import Judge
from tests.factories.engagements import Case
from tests.factories.money import (
    MARCH,
    a_billable_engagement,
    a_funded_retainer,
    accept,
    an_issued_invoice,
    dkk,
    draft,
    draw,
    issue,
    noon,
)
from tests.factories.practices import NOW
from tests.services.test_billing import voucher

pytestmark = pytest.mark.usefixtures("database")

CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"


async def ready(case: Case, **changes: Any) -> Case:
    """The practice and the client with all that an electronic invoice needs."""
    await update_practice(
        case.actor,
        PracticeDetails(
            name="Nordlys Studio", legal_name="Nordlys Studio ApS", country="DK", currency="DKK", locale="da",
            timezone="Europe/Copenhagen", registration_number="12345674", vat_number="DK12345674",
            endpoint_id="12345674", endpoint_scheme="0184", street="Mejlgade 48", postal_code="8000", city="Aarhus C",
            bank_account="Nordbanken 3409 0012345678",
        ),
        expected_version=2,
        now=NOW,
    )  # fmt: skip
    async with read_only(case.actor.scope()) as uow:
        row = await client_queries.client_by_id(uow, case.client.client_id)
    assert row is not None
    details = clients.ClientDetails(
        **{name: row[name] for name in clients.ClientDetails.__dataclass_fields__}
    )
    ours = {
        "vat_number": "DK87654321",
        "endpoint_id": "87654321",
        "endpoint_scheme": "0184",
        "street": "Havnegade 2",
        "postal_code": "1058",
        "city": "København K",
    }
    await clients.update_client(
        case.actor,
        case.client.client_id,
        replace(details, **{**ours, **changes}),
        expected_version=row["version"],
        now=NOW,
    )
    return case


def said(content: bytes, name: str) -> list[str | None]:
    """The text of every element of that name."""
    return [each.text for each in ET.fromstring(content).iter(CBC + name)]


async def test_an_issued_invoice_passes_the_official_rules(judge: Judge) -> None:
    case = await ready(await a_billable_engagement(retention_bps=1000))
    invoice_id = await an_issued_invoice(case)
    retainer_id = await a_funded_retainer(case, dkk(10_000))
    await draw(case, retainer_id, invoice_id, dkk(10_000))
    assert await einvoices.problems_of_invoice(case.actor, invoice_id) == ()
    found = await einvoices.invoice_file(case.people.accountant, invoice_id)
    assert found.name == "invoice-2026-0001.xml"
    assert judge(found.content) == []
    assert said(found.content, "PayableAmount") == ["40000.00"]
    assert said(found.content, "PrepaidAmount") == ["10000.00"]
    (terms,) = [text for text in said(found.content, "Note") if text]
    assert "4,000.00" in terms


async def test_discounts_vouchers_and_expenses_pass_and_are_told_as_allowances(
    judge: Judge,
) -> None:
    case = await ready(await a_billable_engagement())
    await accept(case)
    card = await voucher(case, dkk(1_111, 11))
    drafted = await draft(
        case,
        selection=Selection(
            item_keys=["design"], expenses=[Expense("Train", dkk(333, 33), "Z", 0, "DSB 1")]
        ),
        reductions=Reductions(
            [LineDiscount(1, Discount("Ven", rate_bps=333))],
            [Discount("Mængde", amount_minor=77)],
            [VoucherUse(card)],
        ),
    )
    await issue(case, drafted)
    found = await einvoices.invoice_file(case.actor, drafted)
    assert judge(found.content) == []
    assert said(found.content, "AllowanceTotalAmount") == ["1111.88"]


async def test_a_credit_note_passes_and_names_its_invoice(judge: Judge) -> None:
    case = await ready(await a_billable_engagement())
    invoice_id = await an_issued_invoice(case)
    note_id = await credit_notes.issue_credit_note(
        case.actor,
        invoice_id,
        lines=[CreditLine(1, dkk(3_333, 33))],
        reason_kind="quality",
        reason="The drawings\nwere late.",
        idempotency_key=case.key(),
        today=MARCH[20],
        now=noon(MARCH[20]),
    )
    found = await einvoices.credit_note_file(case.actor, note_id)
    assert found.name == "credit-note-cn-2026-0001.xml"
    assert judge(found.content) == []
    assert said(found.content, "ID")[0] == "CN-2026-0001"
    assert "2026-0001" in said(found.content, "ID")
    assert await einvoices.problems_of_credit_note(case.actor, note_id) == ()


async def test_what_is_missing_is_named_by_field() -> None:
    case = await a_billable_engagement()
    invoice_id = await an_issued_invoice(case)
    problems = await einvoices.problems_of_invoice(case.actor, invoice_id)
    assert [field for field, _ in problems] == [
        "seller.endpointId", "buyer.endpointId", "seller.vatId", "seller.registrationId",
    ]  # fmt: skip
    with pytest.raises(InvalidInput) as refusal:
        await einvoices.invoice_file(case.actor, invoice_id)
    assert refusal.value.code == "EINVOICE_INCOMPLETE"


async def test_a_link_reads_one_file_for_a_quarter_of_an_hour(
    http: httpx.AsyncClient, clock: Any
) -> None:
    case = await ready(await a_billable_engagement())
    invoice_id = await an_issued_invoice(case)
    now = datetime(2026, 3, 10, 9, tzinfo=UTC)
    clock.set(now)
    url = einvoices.link_to(case.people.accountant, "invoice", invoice_id, now=now)
    answer = await http.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (
        200, "application/xml; charset=utf-8",
    )  # fmt: skip
    assert answer.headers["content-disposition"] == 'attachment; filename="invoice-2026-0001.xml"'
    other = await an_issued_invoice(case, "build", on=MARCH[9])
    assert (await http.get(url.replace(str(invoice_id), str(other)))).status_code == 404
    assert (await http.get(url.replace("/invoice-", "/credit-"))).status_code == 404
    for token, moment in (("x", now), (url.split("/")[-2], now + timedelta(minutes=15))):
        with pytest.raises(NotFound) as refusal:
            await einvoices.open_link(token, f"invoice-{invoice_id}.xml", now=moment)
        assert refusal.value.code == "LINK_INVALID"


async def test_drafts_and_other_practices_have_no_file() -> None:
    case, stranger = await a_billable_engagement(), await a_billable_engagement()
    await accept(case)
    drafted = await draft(case)
    with pytest.raises(DomainError) as refusal:
        await einvoices.invoice_file(case.actor, drafted)
    assert refusal.value.code == "INVOICE_NOT_ISSUED"
    for attempt in (
        einvoices.invoice_file(stranger.actor, drafted),
        einvoices.credit_note_file(stranger.actor, UUID(int=1)),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert invoices.number_of(await _row(case, drafted)) == ""


async def _row(case: Case, invoice_id: UUID) -> Any:
    from tests.factories.money import invoice_row

    return await invoice_row(case, invoice_id)


@pytest.mark.parametrize(
    "text", ["DK5000400440116244", "DK50", "5000400440116243", "DK5O00400440116243é"]
)
def test_an_iban_with_wrong_digits_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_iban(text)
    assert refusal.value.code == "IBAN"
    assert check_iban("dk50 0040 0440 1162 43") == "DK5000400440116243"
