"""The change order: lines, the five sums, dates and milestones before and after."""

from typing import Literal, NotRequired, TypedDict

from contracts.payloads.parts import DocumentHead, IsoDate, Money, Party, Signer, TaxLine


class ContractReference(TypedDict):
    """The signed contract that this document belongs to. ``change_clause`` e.g. ``7``."""

    title: str
    contract_number: str
    contract_signed_on: IsoDate
    change_clause: NotRequired[str | None]


class ChangeReason(TypedDict):
    """Why; ``code`` is one of the reasons of DOMAIN, ``text`` is in the words of the practice."""

    code: Literal[
        "client_request",
        "omission",
        "unforeseen",
        "own_error",
        "law",
        "acceleration",
        "descoping",
    ]
    text: NotRequired[str | None]


class ChangeOrderHead(TypedDict):
    """``number`` runs per engagement without gaps."""

    number: int
    title: str
    requested_by: str
    requested_on: IsoDate
    offer_valid_until: IsoDate
    reason: ChangeReason
    scope_version_before: int
    scope_version_after: int


class ChangeLine(TypedDict):
    """A line added, removed or changed. ``fee_change`` is signed; before/after where there is one."""

    action: Literal["added", "removed", "changed"]
    key: str
    name: str
    description: NotRequired[str | None]
    fee_before: NotRequired[Money | None]
    fee_after: NotRequired[Money | None]
    fee_change: Money


class ChangeSums(TypedDict):
    """The five sums of a change order, before tax; only approved orders count."""

    original: Money
    previously_approved: Money
    before: Money
    this_change: Money
    after: Money


class PreviousOrder(TypedDict):
    """An order approved before this one."""

    number: int
    title: str
    approved_on: IsoDate
    amount: Money


class ChangeDates(TypedDict):
    """``change_days`` counts working days; negative = earlier."""

    change_days: int
    completion_before: IsoDate
    completion_after: IsoDate


class MilestoneShift(TypedDict):
    """``shift_days`` in working days; positive = later. An added one has no ``before``."""

    name: str
    before: NotRequired[IsoDate | None]
    after: NotRequired[IsoDate | None]
    shift_days: int


class RetainerEffect(TypedDict):
    """What the order does to the retainer; ``top_up`` is requested when the order is signed."""

    held: Money
    required_before: Money
    required_after: Money
    top_up: NotRequired[Money | None]


class ChangeOrderPayload(TypedDict):
    """``change_order``: ændringsordre. ``tax_change`` lines are for this change only."""

    document: DocumentHead
    practice: Party
    client: Party
    engagement: ContractReference
    order: ChangeOrderHead
    lines: list[ChangeLine]
    sums: ChangeSums
    tax_change: list[TaxLine]
    total_change: Money
    total_after: Money
    previous_orders: NotRequired[list[PreviousOrder] | None]
    dates: ChangeDates
    milestones: list[MilestoneShift]
    retainer: NotRequired[RetainerEffect | None]
    signatures: list[Signer]
