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
    """A line added, removed or changed. ``fee_change`` is signed; before/after where there is one.

    ``kind`` is what tells most of a changed line.
    """

    action: Literal["added", "removed", "changed"]
    kind: NotRequired[
        Literal["accelerate", "re_estimate", "re_price", "re_sequence", "calendar_change", "reword"]
        | None
    ]
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


class DeliverableShift(TypedDict):
    """A deliverable that is finished on another day; ``deliverable`` is what the client receives of the work."""

    name: str
    deliverable: str
    before: NotRequired[IsoDate | None]
    after: NotRequired[IsoDate | None]
    shift_days: int


class Pause(TypedDict):
    """No work from one day to another, both included; ``working_days`` of the calendar agreed before."""

    first_day: IsoDate
    last_day: IsoDate
    working_days: int
    reason: NotRequired[str | None]


class DaysOff(TypedDict):
    """Days off that come, or that are worked on again; ``weekend`` (ISO weekdays) joins those in a row."""

    days_off: list[IsoDate]
    weekend: list[int]


class CalendarChange(TypedDict):
    """Other working days. ``title`` is that of a calendar for some items, None the engagement's own.

    ``weekend`` holds ISO weekdays, Monday is 1; ``country`` (ISO 3166-1 alpha-2) says whose public holidays are days off.
    ``is_gone`` tells a calendar for some items that is no more.
    """

    title: NotRequired[str | None]
    is_gone: bool
    weekend: list[int]
    country: NotRequired[str | None]
    region: NotRequired[str | None]
    added: NotRequired[DaysOff | None]
    removed: NotRequired[DaysOff | None]


class OrderOfWork(TypedDict):
    """A dependency between two items that both were there before; lags in days of their kind, negative = a lead."""

    state: Literal["added", "changed", "removed"]
    kind: Literal["FS", "SS", "FF", "SF"]
    predecessor: str
    successor: str
    lag_days: int
    lag_kind: Literal["working", "elapsed"]
    max_lag_days: NotRequired[int | None]


class ExpectationChange(TypedDict):
    """What may, or may not, be counted on from now on, or no more."""

    state: Literal["added", "removed"]
    kind: Literal["exclusion", "assumption", "no_guarantee"]
    text: str


class ContingencyEffect(TypedDict):
    """The reserve beside the contract sum; no part of the sums."""

    before: Money
    drawn: Money
    after: Money


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
    deliverables: NotRequired[list[DeliverableShift] | None]
    pauses: NotRequired[list[Pause] | None]
    calendars: NotRequired[list[CalendarChange] | None]
    links: NotRequired[list[OrderOfWork] | None]
    expectations: NotRequired[list[ExpectationChange] | None]
    contingency: NotRequired[ContingencyEffect | None]
    retainer: NotRequired[RetainerEffect | None]
    signatures: list[Signer]
