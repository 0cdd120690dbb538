"""Electronic invoices, judged by the official rules: CEN's for EN 16931 and Peppol's for BIS Billing 3.0, as XSLT."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.rules.einvoices import (
    EInvoice,
    EInvoiceAllowance,
    EInvoiceKind,
    EInvoiceLine,
    PaymentInstruction,
    PostalAddress,
    TradeParty,
    missing_parts,
    write_einvoice,
)
from services.rules.errors import InvalidInput
from services.rules.taxes import TaxableLine, compute_taxes
from tests.einvoice_judge import Judge

SELLER = TradeParty(
    "Nørrebæk v/Signe Nørrebæk",
    PostalAddress("DK", "Mejlgade 48", "", "Aarhus C", "8000"),
    "41 52 63 78",
    "0184",
    "DK41526378",
    "41526378",
    "0184",
    "Signe Nørrebæk",
    "+45 86 00 00 12",
    "signe@noerrebaek.example",
)
BUYER = TradeParty(
    "Fjord & Søn <A/S>",
    PostalAddress("DK", "Havnegade 1", "2. sal", "Aalborg", "9000"),
    "DK12345674",
    "0184",
    "DK12345674",
    "DK12345674",
    "0184",
    "Anders Fjord",
    "",
    "bogholderi@fjord.example",
)


def invoice(*lines: EInvoiceLine, **changes: object) -> EInvoice:
    """A Danish invoice of these lines, with the taxes that follow from them."""
    allowances: tuple[EInvoiceAllowance, ...] = changes.get("allowances", ())  # type: ignore[assignment]
    taxes = compute_taxes(
        [TaxableLine(line.net_minor, line.tax_code, line.tax_bps) for line in lines]
        + [TaxableLine(-each.amount_minor, each.tax_code, each.tax_bps) for each in allowances]
    )
    made = EInvoice(
        kind=EInvoiceKind.INVOICE,
        number="2026-0007",
        issue_date=date(2026, 3, 9),
        currency="DKK",
        seller=SELLER,
        buyer=BUYER,
        lines=lines,
        subtotals=taxes.subtotals,
        due_date=date(2026, 3, 23),
        buyer_reference="Anders Fjord",
        contract_reference="SW-2026-0003",
        payment=PaymentInstruction("0001234567", "1234", "Nørrebæk", "2026-0007"),
        note="Tak for samarbejdet",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


DESIGN = EInvoiceLine("1", "Design af løsning", 100_000_00, "S", 2500, item_key="design")
HOURS = EInvoiceLine("2", "Rådgivning", 9_375_00, "S", 2500, Decimal("7.5"), "HUR")
THIRDS = EInvoiceLine("3", "Tredjedele", 100_00, "S", 2500, Decimal(3), "DAY")
BOOK = EInvoiceLine("4", "Vejledning", 49_95, "Z", 0)
DISCOUNT = EInvoiceLine("5", "Rabat", -1_000_00, "S", 2500)
ABROAD = replace(
    BUYER,
    address=PostalAddress("DE", "Speicherstadt 1", "", "Hamburg", "20457"),
    endpoint_id="DE123456789",
    endpoint_scheme="9930",
    vat_id="DE123456789",
    registration_id="HRB 1234",
    registration_scheme="",
)


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(invoice(DESIGN), id="one line"),
        pytest.param(invoice(DESIGN, HOURS, THIRDS, BOOK, DISCOUNT), id="all kinds of lines"),
        pytest.param(invoice(DESIGN, prepaid_minor=87_500_00), id="a retainer drawn"),
        pytest.param(
            invoice(
                replace(
                    DESIGN, net_minor=90_000_00, allowance_minor=10_000_00, allowance_reason="Ven"
                ),
                replace(HOURS, net_minor=9_374_99, allowance_minor=1, allowance_reason="Øre"),
                replace(BOOK, net_minor=0, allowance_minor=49_95, allowance_reason="Gave"),
                allowances=(EInvoiceAllowance("V-0123456789", 5_000_01, "S", 2500),),
            ),
            id="discounts of lines and of the whole",
        ),
        pytest.param(
            invoice(
                DESIGN,
                BOOK,
                allowances=(
                    EInvoiceAllowance("Mængderabat", 33_33, "S", 2500),
                    EInvoiceAllowance("Mængderabat", 16_65, "Z", 0),
                ),
            ),
            id="a discount over two categories of tax",
        ),
        pytest.param(
            invoice(
                DESIGN,
                kind=EInvoiceKind.CREDIT_NOTE,
                preceding=(("2026-0006", date(2026, 2, 2)),),
                number="2026-C001",
            ),
            id="a credit note",
        ),
        pytest.param(
            invoice(
                replace(DESIGN, tax_code="AE", tax_bps=0),
                buyer=ABROAD,
                currency="EUR",
                exemptions=(("AE", "Reverse charge, article 196 of directive 2006/112/EC"),),
                payment=PaymentInstruction("DK50 0040 0440 1162 43"),
            ),
            id="a reverse charge to Germany",
        ),
        pytest.param(
            invoice(
                replace(DESIGN, tax_code="K", tax_bps=0),
                buyer=ABROAD,
                delivered_on=date(2026, 3, 6),
                exemptions=(("K", "Intra-Community supply"),),
            ),
            id="a supply within the Community",
        ),
        pytest.param(
            invoice(
                replace(DESIGN, tax_code="O", tax_bps=0),
                exemptions=(("O", "Damages"),),
                seller=replace(SELLER, vat_id=""),
                buyer=replace(BUYER, vat_id=""),
            ),
            id="outside the scope of tax",
        ),
        pytest.param(
            invoice(
                DESIGN,
                currency="GBP",
                seller=replace(
                    SELLER,
                    address=PostalAddress("GB", "1 High Street", "", "Leeds", "LS1 1AA"),
                    vat_id="GB123456789",
                    endpoint_id="GB123456789",
                    endpoint_scheme="9932",
                    registration_id="01234567",
                    registration_scheme="",
                ),
                payment=PaymentInstruction("12345678", "200000"),
            ),
            id="a seller in the United Kingdom",
        ),
    ],
)
def test_the_official_rules_find_nothing_to_object_to(judge: Judge, made: EInvoice) -> None:
    assert judge(write_einvoice(made)) == []


def test_the_judge_does_object(judge: Judge) -> None:
    document = write_einvoice(invoice(DESIGN)).decode()
    spoilt = document.replace(
        '<cbc:PayableAmount currencyID="DKK">125000.00',
        '<cbc:PayableAmount currencyID="DKK">125000.01',
    )
    assert spoilt != document
    assert [each.partition(":")[0] for each in judge(spoilt.encode())] == ["BR-CO-16"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 10**9),
            st.sampled_from([("S", 2500), ("S", 1200), ("S", 575), ("Z", 0)]),
            st.decimals("0.01", "999", places=2),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_amounts_rates_and_quantities_pass(
    judge: Judge, lines: list[tuple[int, tuple[str, int], Decimal]]
) -> None:
    made = invoice(
        *(
            EInvoiceLine(str(at), "Ydelse", minor, code, bps, quantity, "HUR")
            for at, (minor, (code, bps), quantity) in enumerate(lines, start=1)
        )
    )
    assert judge(write_einvoice(made)) == []


def test_the_same_invoice_gives_the_same_bytes_and_keeps_every_letter() -> None:
    made = invoice(DESIGN)
    assert write_einvoice(made) == write_einvoice(made)
    root = ET.fromstring(write_einvoice(made))
    names = [
        each.text
        for each in root.iter(
            "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}RegistrationName"
        )
    ]
    assert names == ["Nørrebæk v/Signe Nørrebæk", "Fjord & Søn <A/S>"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"buyer_reference": ""}, "buyerReference"),
        ({"buyer": replace(BUYER, endpoint_id="")}, "buyer.endpointId"),
        ({"seller": replace(SELLER, endpoint_scheme="")}, "seller.endpointId"),
        ({"seller": replace(SELLER, vat_id="")}, "seller.vatId"),
        ({"seller": replace(SELLER, registration_id="")}, "seller.registrationId"),
        ({"currency": "BHD"}, "currency"),
        ({"due_date": None}, "dueDate"),
        ({"subtotals": ()}, "subtotals"),
        ({"allowances": (EInvoiceAllowance("", 1, "S", 2500),)}, "allowances"),
    ],
)
def test_what_is_missing_is_named_before_anything_is_written(
    changes: dict[str, object], field: str
) -> None:
    made = invoice(DESIGN, **changes)
    assert field in [name for name, _ in missing_parts(made)]
    with pytest.raises(InvalidInput) as refusal:
        write_einvoice(made)
    assert refusal.value.code == "EINVOICE_INCOMPLETE"
