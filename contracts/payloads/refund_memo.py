"""The refund or credit memo: the entitlement line by line, and how it is settled."""

from typing import Literal, NotRequired, TypedDict

from contracts.payloads.parts import DocumentHead, IsoDate, Money, Party, Signer, TaxLine
from contracts.payloads.retainer_agreement import RetainerEngagement


class EntitlementLine(TypedDict):
    """One step of the sum; ``amount`` is signed as it enters it. ``note`` names the source."""

    kind: Literal["paid", "deposited", "earned", "kill_fee", "credit", "earlier_refund", "other"]
    text: NotRequired[str | None]
    note: NotRequired[str | None]
    amount: Money


class InvoiceReference(TypedDict):
    """An invoice that the memo reduces."""

    number: str
    issued_on: IsoDate
    amount: Money


class Settlement(TypedDict):
    """How the entitlement is settled; the parts sum to it. Absent parts are not printed.

    A ``refund`` without ``refund_on`` is still to be paid. ``held`` is what of the entitlement this memo does not settle.
    """

    refund: NotRequired[Money | None]
    refund_on: NotRequired[IsoDate | None]
    refund_account: NotRequired[str | None]
    offset: NotRequired[Money | None]
    offset_invoice: NotRequired[str | None]
    credit_kept: NotRequired[Money | None]
    credit_until: NotRequired[IsoDate | None]
    held: NotRequired[Money | None]


class MemoHead(TypedDict):
    """``refund`` returns money; ``credit_note`` is paper that reduces an invoice."""

    kind: Literal["refund", "credit_note"]
    requested_on: NotRequired[IsoDate | None]
    approved_on: IsoDate
    approved_by: str
    reason: str


class RefundMemoPayload(TypedDict):
    """``refund_memo``: tilbagebetaling / kreditnota. ``taxes`` are the tax inside ``entitlement``."""

    document: DocumentHead
    practice: Party
    client: Party
    engagement: RetainerEngagement
    memo: MemoHead
    invoices: list[InvoiceReference]
    lines: list[EntitlementLine]
    entitlement: Money
    taxes: list[TaxLine]
    settlement: Settlement
    signatures: list[Signer]
