"""The XML of an electronic invoice. The order of elements is that of UBL 2.1; an element without content is not written."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from xml.etree import ElementTree as ET

from services.rules.einvoices.document import (
    EInvoice,
    EInvoiceAllowance,
    EInvoiceKind,
    EInvoiceLine,
    PaymentInstruction,
    TradeParty,
    check_complete,
)
from services.rules.money import Money, format_amount, minor_units
from services.rules.taxes import TaxSubtotal

_CBC: Final = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_CAC: Final = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
_ROOTS: Final = {
    EInvoiceKind.INVOICE: "Invoice",
    EInvoiceKind.CREDIT_NOTE: "CreditNote",
}
_CUSTOMIZATION: Final = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
_PROFILE: Final = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_SEPA: Final = frozenset(
    [
        "AD",
        "AT",
        "BE",
        "BG",
        "CH",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GB",
        "GI",
        "GR",
        "HR",
        "HU",
        "IE",
        "IS",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "MC",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
        "SM",
        "VA",
    ]
)


def write_einvoice(invoice: EInvoice) -> bytes:
    """The document as UTF-8 XML; the same values give the same bytes. Raises InvalidInput (EINVOICE_INCOMPLETE)."""
    check_complete(invoice)
    kind = _ROOTS[invoice.kind]
    namespace = f"urn:oasis:names:specification:ubl:schema:xsd:{kind}-2"
    root = ET.Element(kind, {"xmlns": namespace, "xmlns:cac": _CAC, "xmlns:cbc": _CBC})
    is_credit = invoice.kind is EInvoiceKind.CREDIT_NOTE
    _put(root, "cbc:CustomizationID", _CUSTOMIZATION)
    _put(root, "cbc:ProfileID", _PROFILE)
    _put(root, "cbc:ID", invoice.number)
    _put(root, "cbc:IssueDate", invoice.issue_date.isoformat())
    if invoice.due_date and not is_credit:
        _put(root, "cbc:DueDate", invoice.due_date.isoformat())
    _put(root, f"cbc:{'CreditNote' if is_credit else 'Invoice'}TypeCode", invoice.kind.value)
    _put(root, "cbc:Note", invoice.note)
    _put(root, "cbc:DocumentCurrencyCode", invoice.currency)
    _put(root, "cbc:BuyerReference", invoice.buyer_reference)
    if invoice.order_reference:
        _put(_in(root, "cac:OrderReference"), "cbc:ID", invoice.order_reference)
    for number, issued_on in invoice.preceding:
        reference = _in(_in(root, "cac:BillingReference"), "cac:InvoiceDocumentReference")
        _put(reference, "cbc:ID", number)
        _put(reference, "cbc:IssueDate", issued_on.isoformat())
    if invoice.contract_reference:
        _put(_in(root, "cac:ContractDocumentReference"), "cbc:ID", invoice.contract_reference)
    _party(_in(root, "cac:AccountingSupplierParty"), invoice.seller)
    _party(_in(root, "cac:AccountingCustomerParty"), invoice.buyer)
    if invoice.delivered_on:
        delivery = _in(root, "cac:Delivery")
        _put(delivery, "cbc:ActualDeliveryDate", invoice.delivered_on.isoformat())
        place = _in(_in(_in(delivery, "cac:DeliveryLocation"), "cac:Address"), "cac:Country")
        _put(place, "cbc:IdentificationCode", invoice.buyer.address.country)
    if invoice.payment:
        _payment(root, invoice, invoice.payment)
    terms = invoice.terms
    if is_credit and invoice.due_date and not terms:
        terms = invoice.due_date.isoformat()
    if terms:
        _put(_in(root, "cac:PaymentTerms"), "cbc:Note", terms)
    for allowance in invoice.allowances:
        node = _allowance(root, allowance.reason, allowance.amount_minor, invoice.currency)
        _category(_in(node, "cac:TaxCategory"), allowance)
    _taxes(root, invoice)
    _totals(root, invoice)
    for line in invoice.lines:
        _line(root, invoice, line)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written + b"\n"


def _in(parent: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(parent, name)


def _put(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    if text:
        ET.SubElement(parent, name, attributes).text = text


def _amount(parent: ET.Element, name: str, amount_minor: int, currency: str) -> None:
    _put(parent, name, format_amount(Money(amount_minor, currency)), currencyID=currency)


def _party(parent: ET.Element, party: TradeParty) -> None:
    node = _in(parent, "cac:Party")
    endpoint = _identifier(party.endpoint_id, party.endpoint_scheme)
    _put(node, "cbc:EndpointID", endpoint, schemeID=party.endpoint_scheme)
    _put(_in(node, "cac:PartyName"), "cbc:Name", party.name)
    address = _in(node, "cac:PostalAddress")
    _put(address, "cbc:StreetName", party.address.street)
    _put(address, "cbc:AdditionalStreetName", party.address.additional)
    _put(address, "cbc:CityName", party.address.city)
    _put(address, "cbc:PostalZone", party.address.postal_code)
    _put(_in(address, "cac:Country"), "cbc:IdentificationCode", party.address.country)
    if party.vat_id:
        tax = _in(node, "cac:PartyTaxScheme")
        _put(tax, "cbc:CompanyID", party.vat_id)
        _put(_in(tax, "cac:TaxScheme"), "cbc:ID", "VAT")
    legal = _in(node, "cac:PartyLegalEntity")
    _put(legal, "cbc:RegistrationName", party.name)
    scheme = {"schemeID": party.registration_scheme} if party.registration_scheme else {}
    number = _identifier(party.registration_id, party.registration_scheme)
    _put(legal, "cbc:CompanyID", number, **scheme)
    if party.contact_name or party.phone or party.email:
        contact = _in(node, "cac:Contact")
        _put(contact, "cbc:Name", party.contact_name)
        _put(contact, "cbc:Telephone", party.phone)
        _put(contact, "cbc:ElectronicMail", party.email)


def _identifier(number: str, scheme: str) -> str:
    """A number as its scheme writes it: a Danish CVR (0184) has eight digits behind `DK` (PEPPOL-COMMON-R042)."""
    if scheme == "0184":
        return "DK" + number.replace(" ", "").removeprefix("DK")
    return number


def _payment(root: ET.Element, invoice: EInvoice, payment: PaymentInstruction) -> None:
    account = payment.account_id.replace(" ", "")
    is_iban = account[:2].isalpha() and account[2:4].isdigit()
    if is_iban and invoice.currency == "EUR" and account[:2] in _SEPA:
        code = "58"
    elif invoice.seller.address.country == "DK":
        # Danish sellers may not use the general code 30 (DK-R-005): 42 is a registration and account number, 31 an IBAN.
        code = "31" if is_iban else "42"
    else:
        code = "30"
    means = _in(root, "cac:PaymentMeans")
    _put(means, "cbc:PaymentMeansCode", code)
    _put(means, "cbc:PaymentID", payment.reference)
    target = _in(means, "cac:PayeeFinancialAccount")
    _put(target, "cbc:ID", account)
    _put(target, "cbc:Name", payment.account_name)
    if payment.branch_id:
        _put(_in(target, "cac:FinancialInstitutionBranch"), "cbc:ID", payment.branch_id)


def _allowance(parent: ET.Element, reason: str, amount_minor: int, currency: str) -> ET.Element:
    node = _in(parent, "cac:AllowanceCharge")
    _put(node, "cbc:ChargeIndicator", "false")
    _put(node, "cbc:AllowanceChargeReason", reason)
    _amount(node, "cbc:Amount", amount_minor, currency)
    return node


def _taxes(root: ET.Element, invoice: EInvoice) -> None:
    total = _in(root, "cac:TaxTotal")
    _amount(total, "cbc:TaxAmount", invoice.tax_minor, invoice.currency)
    reasons = dict(invoice.exemptions)
    for each in invoice.subtotals:
        subtotal = _in(total, "cac:TaxSubtotal")
        _amount(subtotal, "cbc:TaxableAmount", each.taxable_minor, invoice.currency)
        _amount(subtotal, "cbc:TaxAmount", each.tax_minor, invoice.currency)
        _category(_in(subtotal, "cac:TaxCategory"), each, reasons.get(each.tax_code, ""))


def _category(
    node: ET.Element, tax: TaxSubtotal | EInvoiceLine | EInvoiceAllowance, reason: str = ""
) -> None:
    _put(node, "cbc:ID", tax.tax_code)
    if tax.tax_code != "O":
        _put(node, "cbc:Percent", _plain(Decimal(tax.tax_bps) / 100))
    _put(node, "cbc:TaxExemptionReason", reason)
    _put(_in(node, "cac:TaxScheme"), "cbc:ID", "VAT")


def _totals(root: ET.Element, invoice: EInvoice) -> None:
    totals = _in(root, "cac:LegalMonetaryTotal")
    parts: Sequence[tuple[str, int]] = (
        ("LineExtensionAmount", invoice.lines_minor),
        ("TaxExclusiveAmount", invoice.net_minor),
        ("TaxInclusiveAmount", invoice.total_minor),
        *((("AllowanceTotalAmount", invoice.allowance_minor),) if invoice.allowances else ()),
        *((("PrepaidAmount", invoice.prepaid_minor),) if invoice.prepaid_minor else ()),
        ("PayableAmount", invoice.payable_minor),
    )
    for name, amount_minor in parts:
        _amount(totals, f"cbc:{name}", amount_minor, invoice.currency)


def _line(root: ET.Element, invoice: EInvoice, line: EInvoiceLine) -> None:
    is_credit = invoice.kind is EInvoiceKind.CREDIT_NOTE
    node = _in(root, f"cac:{'CreditNote' if is_credit else 'Invoice'}Line")
    # A price is never negative (BR-27): a line that takes off has a negative quantity.
    sign = -1 if line.net_minor + line.allowance_minor < 0 else 1
    quantity, unit_code, price = _price(line, invoice.currency)
    _put(node, "cbc:ID", line.line_id)
    _put(
        node,
        f"cbc:{'Credited' if is_credit else 'Invoiced'}Quantity",
        _plain(sign * quantity),
        unitCode=unit_code,
    )
    _amount(node, "cbc:LineExtensionAmount", line.net_minor, invoice.currency)
    if line.allowance_minor:
        _allowance(node, line.allowance_reason, line.allowance_minor, invoice.currency)
    item = _in(node, "cac:Item")
    _put(item, "cbc:Description", line.description)
    _put(item, "cbc:Name", line.name)
    if line.item_key:
        _put(_in(item, "cac:SellersItemIdentification"), "cbc:ID", line.item_key)
    _category(_in(item, "cac:ClassifiedTaxCategory"), line)
    _put(_in(node, "cac:Price"), "cbc:PriceAmount", _plain(price), currencyID=invoice.currency)


def _price(line: EInvoiceLine, currency: str) -> tuple[Decimal, str, Decimal]:
    """A quantity, its unit and a price whose product is the line before allowances to the last unit (PEPPOL-EN16931-R120).

    A net amount that no price of four decimals gives for the quantity is billed as one whole, and its quantity told no more.
    """
    digits = minor_units(currency)
    net = abs(Decimal(line.net_minor + line.allowance_minor).scaleb(-digits))
    if line.quantity > 0:
        price = (net / line.quantity).quantize(Decimal("1.0000"), ROUND_HALF_UP)
        if (price * line.quantity).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP) == net:
            return line.quantity, line.unit_code, price
    return Decimal(1), "C62", net


def _plain(number: Decimal) -> str:
    """A decimal without exponent and without trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
