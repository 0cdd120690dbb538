"""The prepayment invoice: tax that is due because money came in before the work."""

from typing import Literal, TypedDict

from contracts.payloads.parts import DocumentHead, IsoDate, Money, Party, TaxLine
from contracts.payloads.retainer_agreement import RetainerEngagement


class Prepayment(TypedDict):
    """What came in for which request, with the tax it includes; ``kind`` says what it is for."""

    request_number: str
    kind: Literal["deposit", "evergreen", "availability", "period_allowance"]
    received_on: IsoDate
    amount: Money
    tax: TaxLine


class PrepaymentInvoicePayload(TypedDict):
    """``prepayment_invoice``: faktura for forudbetaling."""

    document: DocumentHead
    practice: Party
    client: Party
    engagement: RetainerEngagement
    prepayment: Prepayment
