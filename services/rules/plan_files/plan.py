"""What every form of file becomes."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from services.rules.schedule import ConstraintKind, LagKind, LinkKind
from services.rules.scope import Expectation

MAX_FILE_BYTES: Final = 4_000_000
MAX_ITEMS: Final = 10_000
MAX_LINKS: Final = 40_000
MAX_PROBLEMS: Final = 200
"""Beyond this many the rest of the problems would help nobody."""


class Severity(StrEnum):
    """Whether a file can be used in spite of what was found."""

    PROBLEM = "problem"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """One thing to say of a file: on which line or item, in which field, and what.

    A problem is wrong and bars the file; a warning names what is not carried over, or was understood in one of several ways.
    """

    message: str
    code: str
    field: str = ""
    line: int | None = None
    item_key: str | None = None
    severity: Severity = Severity.PROBLEM


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One line of a plan. Money is in minor units of the currency the file was read with; None is "not said"."""

    key: str
    title: str
    parent_key: str | None = None
    kind: str = ""
    """`summary`, `task` or `milestone` where the file says so; else it follows from what lies below and the duration."""
    description: str = ""
    duration_days: int = 0
    constraint_kind: ConstraintKind = ConstraintKind.AS_SOON_AS_POSSIBLE
    constraint_date: date | None = None
    calendar_key: str | None = None
    allocation_bps: int = 10_000
    quantity: Decimal | None = None
    unit: str = ""
    rate_minor: int | None = None
    fee_minor: int | None = None
    cost_minor: int | None = None
    effort_minutes: int = 0
    tax_code: str | None = None
    tax_bps: int | None = None
    deliverable: str = ""
    acceptance_criteria: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class PlanLink:
    """An ordering of two items; negative lag is a lead. `max_lag_days` is "no later than", counted like the lag."""

    predecessor_key: str
    successor_key: str
    kind: LinkKind = LinkKind.FINISH_TO_START
    lag_days: int = 0
    lag_kind: LagKind = LagKind.WORKING
    max_lag_days: int | None = None


@dataclass(frozen=True, slots=True)
class PlanCalendar:
    """The calendar a file asks for; weekdays count from Monday = 0. `weekend` None means the country's own."""

    country: str | None = None
    region: str = ""
    weekend: frozenset[int] | None = None
    days_off: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanItemCalendar:
    """A calendar that items name by its key, beside the plan's own."""

    key: str
    title: str
    calendar: PlanCalendar


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file says. With any problem it must not be used; warnings are for people to read."""

    name: str
    start: date | None
    calendar: PlanCalendar | None
    items: tuple[PlanItem, ...]
    links: tuple[PlanLink, ...]
    problems: tuple[PlanProblem, ...]
    warnings: tuple[PlanProblem, ...] = ()
    calendars: tuple[PlanItemCalendar, ...] | None = None
    """None where the file says nothing of calendars of items, as also of expectations."""
    expectations: tuple[Expectation, ...] | None = None
