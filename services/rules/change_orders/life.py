"""The terms on which changes are asked for and offered, and the life of a change order."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from services.rules.calendars import WorkingCalendar
from services.rules.change_orders.approvals import ApprovalTier, check_tiers
from services.rules.errors import Forbidden, InvalidInput, RuleViolation


class ChangeReason(StrEnum):
    """Why the scope changes."""

    CLIENT_REQUEST = "client_request"
    OMISSION = "omission"
    UNFORESEEN = "unforeseen"
    OWN_ERROR = "own_error"
    LAW = "law"
    ACCELERATION = "acceleration"
    DESCOPING = "descoping"


class RevenueClass(StrEnum):
    """How the change is recognised as revenue (IFRS 15, paragraphs 20 and 21)."""

    SEPARATE_CONTRACT = "separate_contract"
    PROSPECTIVE = "prospective"
    CATCH_UP = "catch_up"


class ChangeOrderStatus(StrEnum):
    """Where a change order stands. All but draft and sent are final: an approved one can only be superseded by another."""

    DRAFT = "draft"
    SENT = "sent"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    VOIDED = "voided"
    SUPERSEDED = "superseded"


class ChangeOrderAction(StrEnum):
    """What can happen to a change order."""

    SEND = "send"
    APPROVE = "approve"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    VOID = "void"
    SUPERSEDE = "supersede"


_STATUS, _ACTION = ChangeOrderStatus, ChangeOrderAction

TRANSITIONS: Final[Mapping[tuple[ChangeOrderStatus, ChangeOrderAction], ChangeOrderStatus]] = {
    (_STATUS.DRAFT, _ACTION.SEND): _STATUS.SENT,
    (_STATUS.DRAFT, _ACTION.WITHDRAW): _STATUS.WITHDRAWN,
    (_STATUS.SENT, _ACTION.APPROVE): _STATUS.APPROVED,
    (_STATUS.SENT, _ACTION.DECLINE): _STATUS.DECLINED,
    (_STATUS.SENT, _ACTION.WITHDRAW): _STATUS.WITHDRAWN,
    (_STATUS.SENT, _ACTION.EXPIRE): _STATUS.EXPIRED,
    (_STATUS.SENT, _ACTION.VOID): _STATUS.VOIDED,
    (_STATUS.APPROVED, _ACTION.SUPERSEDE): _STATUS.SUPERSEDED,
}
"""Every legal step; there is no other."""

COUNTING: Final = frozenset({_STATUS.APPROVED, _STATUS.SUPERSEDED})
"""Orders that changed the contract sum. A superseded one still counts: the order that undoes it counts against it."""

REISSUABLE: Final = frozenset(
    {_STATUS.VOIDED, _STATUS.WITHDRAWN, _STATUS.DECLINED, _STATUS.EXPIRED}
)
"""Orders that ended without effect, which can be drafted again."""


def next_status(status: ChangeOrderStatus, action: ChangeOrderAction) -> ChangeOrderStatus:
    """The status after a step. Raises RuleViolation (CHANGE_ORDER_STATUS) when the status does not allow it."""
    following = TRANSITIONS.get((status, action))
    if following is None:
        raise RuleViolation(
            f"A change order that is {status.value} cannot be made to {action.value}.",
            code="CHANGE_ORDER_STATUS",
            field="status",
            status=status.value,
            action=action.value,
        )
    return following


@dataclass(frozen=True, slots=True)
class ChangeClause:
    """The change clause of a contract as data.

    `requesters` are the contact roles that may ask for changes. `response_days` are the working days within which the practice
    answers, `offer_days` the calendar days an offer stands; `reminder_days` before it ends its signers are reminded (never
    where it is 0). A change that adds work costs at least `minimum_fee_minor`, taxed by `tax_code` and `tax_bps`. Who must
    sign depends on the amount: `approval_tiers`. Two things are no settings: silence is never consent, and no work starts before the
    signature. Raises InvalidInput (CHANGE_CLAUSE_INVALID, APPROVAL_TIERS_INVALID).
    """

    requesters: frozenset[str] = frozenset({"signer", "sponsor"})
    response_days: int = 5
    offer_days: int = 14
    minimum_fee_minor: int = 0
    tax_code: str = "S"
    tax_bps: int = 0
    minimum_fee_title: str = "Minimum fee for a change order"
    reminder_days: int = 3
    approval_tiers: tuple[ApprovalTier, ...] = ()

    def __post_init__(self) -> None:
        """Refuse terms that cannot be kept."""
        for name, least, most in (
            ("response_days", 0, 365),
            ("offer_days", 1, 365),
            ("minimum_fee_minor", 0, 10**15),
            ("tax_bps", 0, 10_000),
            ("reminder_days", 0, 365),
        ):
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                raise InvalidInput(
                    f"{name} lies from {least} to {most}.",
                    code="CHANGE_CLAUSE_INVALID",
                    field=f"change_clause.{name}",
                )
        check_tiers(self.approval_tiers)

    @property
    def is_silence_consent(self) -> bool:
        """Never: an offer nobody answers expires."""
        return False

    @property
    def may_start_before_signature(self) -> bool:
        """Never: work outside a signed order cannot be billed."""
        return False


def check_may_ask(clause: ChangeClause, roles: Collection[str]) -> None:
    """Raise Forbidden (CHANGE_NOT_ENTITLED) unless one of a contact's roles may ask for changes."""
    if clause.requesters.isdisjoint(roles):
        raise Forbidden(
            "The change clause does not let this contact ask for changes.",
            code="CHANGE_NOT_ENTITLED",
            field="requested_by",
        )


def response_due_on(clause: ChangeClause, asked_on: date, calendar: WorkingCalendar) -> date:
    """The day by which the practice answers a request: `response_days` working days after it."""
    return calendar.add_working_days(asked_on, clause.response_days)


def offer_expires_on(clause: ChangeClause, sent_on: date) -> date:
    """The last day on which an offer can be approved: `offer_days` calendar days after it was sent."""
    return sent_on + timedelta(days=clause.offer_days)


def reminder_due_on(clause: ChangeClause, sent_on: date) -> date | None:
    """The day on which the signers of an offer are reminded; None where it would be the day it was sent, or before."""
    due = offer_expires_on(clause, sent_on) - timedelta(days=clause.reminder_days)
    return due if clause.reminder_days and due > sent_on else None


def check_offer_open(expires_on: date, today: date) -> None:
    """Raise RuleViolation (CHANGE_ORDER_EXPIRED) after the last day of the offer."""
    if today > expires_on:
        raise RuleViolation(
            f"The offer stood until {expires_on.isoformat()}.",
            code="CHANGE_ORDER_EXPIRED",
            field="status",
            expires_on=expires_on,
        )
