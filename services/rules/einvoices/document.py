"""The parts of an electronic invoice, and what must not be missing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from services.rules.errors import InvalidInput
from services.rules.money import minor_units
from services.rules.taxes import TAX_CATEGORIES, TaxSubtotal


class EInvoiceKind(StrEnum):
    """UNTDID 1001: a commercial invoice, or a credit note to one."""

    INVOICE = "380"
    CREDIT_NOTE = "381"


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """Where somebody is; `country` is ISO 3166-1 alpha-2, the only part that is always needed."""

    country: str
    street: str = ""
    additional: str = ""
    city: str = ""
    postal_code: str = ""


@dataclass(frozen=True, slots=True)
class TradeParty:
    """The seller or the buyer.

    `endpoint_id` is the electronic address in the scheme `endpoint_scheme` (CEF EAS: 0184 a Danish CVR, 0088 a GLN, 9930 a German
    VAT id …), `registration_id` the number in the register of companies with its ISO 6523 scheme.
    """

    name: str
    address: PostalAddress
    endpoint_id: str = ""
    endpoint_scheme: str = ""
    vat_id: str = ""
    registration_id: str = ""
    registration_scheme: str = ""
    contact_name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class EInvoiceLine:
    """One line, net, what comes off it by itself taken off. `unit_code` is UN/ECE recommendation 20 (C62 one, HUR hour, DAY day)."""

    line_id: str
    name: str
    net_minor: int
    tax_code: str
    tax_bps: int
    quantity: Decimal = Decimal(1)
    unit_code: str = "C62"
    description: str = ""
    item_key: str = ""
    allowance_minor: int = 0
    allowance_reason: str = ""


@dataclass(frozen=True, slots=True)
class EInvoiceAllowance:
    """What comes off the whole before tax (BG-20), in one category of tax; the amount is positive."""

    reason: str
    amount_minor: int
    tax_code: str
    tax_bps: int


@dataclass(frozen=True, slots=True)
class PaymentInstruction:
    """The account to pay to: an IBAN, or a Danish registration and account number."""

    account_id: str
    branch_id: str = ""
    account_name: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class EInvoice:
    """An issued invoice or credit note; amounts in minor units, of a credit note positive.

    `subtotals` are the taxes by category as they were invoiced. `prepaid_minor` is what was paid before (a retainer drawn).
    `exemptions` gives the reason by tax code, where a category bears no tax.
    """

    kind: EInvoiceKind
    number: str
    issue_date: date
    currency: str
    seller: TradeParty
    buyer: TradeParty
    lines: tuple[EInvoiceLine, ...]
    subtotals: tuple[TaxSubtotal, ...]
    due_date: date | None = None
    buyer_reference: str = ""
    order_reference: str = ""
    contract_reference: str = ""
    preceding: tuple[tuple[str, date], ...] = ()
    note: str = ""
    terms: str = ""
    payment: PaymentInstruction | None = None
    prepaid_minor: int = 0
    delivered_on: date | None = None
    exemptions: tuple[tuple[str, str], ...] = ()
    allowances: tuple[EInvoiceAllowance, ...] = ()

    @property
    def lines_minor(self) -> int:
        """The sum of the lines."""
        return sum(line.net_minor for line in self.lines)

    @property
    def allowance_minor(self) -> int:
        """What comes off the whole."""
        return sum(each.amount_minor for each in self.allowances)

    @property
    def net_minor(self) -> int:
        """The lines less what comes off the whole."""
        return self.lines_minor - self.allowance_minor

    @property
    def tax_minor(self) -> int:
        """The tax of all categories."""
        return sum(each.tax_minor for each in self.subtotals)

    @property
    def total_minor(self) -> int:
        """Net and tax."""
        return self.net_minor + self.tax_minor

    @property
    def payable_minor(self) -> int:
        """What is left to pay."""
        return self.total_minor - self.prepaid_minor


_NEED_REASON: Final = frozenset({"E", "AE", "K", "G", "O"})
_NEED_BUYER_VAT: Final = frozenset({"AE", "K"})


def missing_parts(invoice: EInvoice) -> tuple[tuple[str, str], ...]:
    """What the standard demands and the invoice lacks, as (field, sentence); nothing when it can be written."""
    return tuple(_missing(invoice))


def _missing(invoice: EInvoice) -> Iterator[tuple[str, str]]:
    if minor_units(invoice.currency) > 2:
        yield "currency", "EN 16931 writes amounts with at most two decimals (BR-DEC)."
    if not invoice.lines:
        yield "lines", "An invoice has a line (BR-16)."
    if not (invoice.buyer_reference or invoice.order_reference):
        yield (
            "buyerReference",
            "A buyer's reference or an order number is needed (PEPPOL-EN16931-R003).",
        )
    for who, party in (("seller", invoice.seller), ("buyer", invoice.buyer)):
        if not party.endpoint_id or not party.endpoint_scheme:
            yield (
                f"{who}.endpointId",
                f"The {who}'s electronic address and its scheme are needed (PEPPOL-EN16931-R010, R020).",
            )
        if not party.address.country:
            yield f"{who}.country", f"The {who}'s country is needed (BR-09, BR-11)."
    codes = {line.tax_code for line in invoice.lines}
    for code in sorted(codes - TAX_CATEGORIES.keys()):
        yield "taxCode", f"{code:.10} is no tax category of EN 16931 (BR-CL-17)."
    if codes - {"O"} and not invoice.seller.vat_id:
        yield (
            "seller.vatId",
            "The seller's VAT number is needed for taxed and exempted lines (BR-S-02 and its kin).",
        )
    if codes & _NEED_BUYER_VAT and not invoice.buyer.vat_id:
        yield "buyer.vatId", "A reverse charge needs the buyer's VAT number (BR-AE-02, BR-IC-02)."
    if "K" in codes and invoice.delivered_on is None:
        yield "deliveredOn", "A supply within the Community says when it was delivered (BR-IC-11)."
    reasons = dict(invoice.exemptions)
    for code in sorted(codes & _NEED_REASON):
        if not reasons.get(code):
            yield (
                "exemptions",
                f"Lines of category {code} say why no tax is charged (BR-{code}-10).",
            )
    if "O" in codes and codes != {"O"}:
        yield "taxCode", "Lines outside the scope of VAT stand alone on an invoice (BR-O-11)."
    if invoice.seller.address.country == "DK" and not invoice.seller.registration_id:
        yield "seller.registrationId", "A Danish seller gives its CVR number (DK-R-002)."
    if invoice.payable_minor > 0 and invoice.due_date is None and not invoice.terms:
        yield (
            "dueDate",
            "A due date or payment terms are needed where money is to be paid (BR-CO-25).",
        )
    subtotals = {(each.tax_code, each.tax_bps): each.taxable_minor for each in invoice.subtotals}
    sums: dict[tuple[str, int], int] = {}
    for line in invoice.lines:
        key = line.tax_code, line.tax_bps
        sums[key] = sums.get(key, 0) + line.net_minor
    for each in invoice.allowances:
        sums[each.tax_code, each.tax_bps] = (
            sums.get((each.tax_code, each.tax_bps), 0) - each.amount_minor
        )
        if each.amount_minor <= 0 or not each.reason:
            yield "allowances", "An allowance has an amount above zero and a reason (BR-33)."
    for line in invoice.lines:
        if line.allowance_minor < 0 or bool(line.allowance_minor) != bool(line.allowance_reason):
            yield "lines", "What comes off a line has a reason (BR-42)."
    if sums != subtotals:
        yield "subtotals", "The taxes by category are not those of the lines (BR-S-08 and its kin)."


def check_complete(invoice: EInvoice) -> None:
    """Raise InvalidInput (EINVOICE_INCOMPLETE) with every missing part in `details["problems"]`."""
    problems = missing_parts(invoice)
    if problems:
        field, sentence = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise InvalidInput(
            f"The invoice cannot be sent electronically: {sentence}{more}",
            code="EINVOICE_INCOMPLETE",
            field=field,
            problems=[{"field": name, "message": text} for name, text in problems],
        )
