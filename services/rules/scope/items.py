"""The values of a scope, what an item costs the client, and the way from a scope to its schedule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from services.rules.calendars import CalendarTerms, WorkingCalendar
from services.rules.money import divide_half_even
from services.rules.schedule import (
    WHOLE_BPS,
    ConstraintKind,
    LagKind,
    LinkKind,
    Schedule,
    ScheduleItem,
    ScheduleLink,
    compute_schedule,
)

LAST_POSITION: Final = 1_000_000
"""From here on an item stands behind all of its siblings that were given a place."""


class ItemKind(StrEnum):
    """A heading, a piece of work, or an event without duration."""

    SUMMARY = "summary"
    TASK = "task"
    MILESTONE = "milestone"


class ExpectationKind(StrEnum):
    """What is left out, what is taken for granted, and which result nobody promises."""

    EXCLUSION = "exclusion"
    ASSUMPTION = "assumption"
    NO_GUARANTEE = "no_guarantee"


@dataclass(frozen=True, slots=True)
class ScopeItem:
    """One line of a scope of work.

    The price is `fee_minor` where one is fixed, else `rate_minor` times the quantity, else `rate_minor` per hour times the
    effort (see `item_fee`). `cost_minor` is what the whole item costs the practice. `tax_bps` is the rate that `tax_code`
    (a category of UNCL 5305 such as S, Z, E, AE) stands for at the time. Items stand in order of `position` below their
    parent, ties by key. `calendar_key` names the calendar of the scope it is worked on, none the engagement's own;
    `allocation_bps` is the share of each working day given to it, so five days of work at half time (5000) take ten.
    """

    item_key: str
    title: str
    kind: ItemKind = ItemKind.TASK
    parent_key: str | None = None
    position: int = 0
    description: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    effort_minutes: int = 0
    rate_minor: int | None = None
    fee_minor: int | None = None
    cost_minor: int = 0
    tax_code: str = "S"
    tax_bps: int = 0
    duration_days: int = 0
    constraint_kind: ConstraintKind = ConstraintKind.AS_SOON_AS_POSSIBLE
    constraint_date: date | None = None
    acceptance_criteria: str = ""
    deliverable: str = ""
    calendar_key: str | None = None
    allocation_bps: int = WHOLE_BPS


@dataclass(frozen=True, slots=True)
class Dependency:
    """A link between two items; its identity is the pair and the kind. Negative lag is a lead.

    With `max_lag_days` the successor also comes no later than that many days, of the same kind, after the predecessor.
    """

    predecessor_key: str
    successor_key: str
    kind: LinkKind = LinkKind.FINISH_TO_START
    lag_days: int = 0
    lag_kind: LagKind = LagKind.WORKING
    max_lag_days: int | None = None

    @property
    def identity(self) -> tuple[str, str, str]:
        """What tells this dependency from the others of a scope."""
        return (self.predecessor_key, self.successor_key, self.kind.value)


@dataclass(frozen=True, slots=True)
class Expectation:
    """A sentence on what the client may not, or must, count on."""

    kind: ExpectationKind
    text: str


@dataclass(frozen=True, slots=True)
class ItemCalendar:
    """A working calendar that items of a scope name by its key: a crew that works on Saturdays, a partner abroad."""

    key: str
    title: str
    terms: CalendarTerms


@dataclass(frozen=True, slots=True)
class Scope:
    """One state of a scope of work. It may be unsound until `check_scope` has passed it."""

    items: tuple[ScopeItem, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    calendars: tuple[ItemCalendar, ...] = ()

    def leaves(self) -> tuple[ScopeItem, ...]:
        """The tasks and milestones, in the order listed."""
        return tuple(item for item in self.items if item.kind is not ItemKind.SUMMARY)

    def in_outline_order(self) -> tuple[ScopeItem, ...]:
        """Every item after its parent, siblings by position and key: the order in which a reader sees them.

        Items below a parent that does not exist, or below themselves, are left out (`check_scope` names them).
        """
        below: dict[str | None, list[ScopeItem]] = {}
        for item in self.items:
            below.setdefault(item.parent_key, []).append(item)
        for siblings in below.values():
            siblings.sort(key=lambda item: (item.position, item.item_key), reverse=True)
        ordered: list[ScopeItem] = []
        stack = list(below.get(None, ()))
        while stack:
            item = stack.pop()
            ordered.append(item)
            stack.extend(below.get(item.item_key, ()))
        return tuple(ordered)


def outline_numbers(scope: Scope) -> dict[str, str]:
    """The place of every item, such as 1.2.3, by key in outline order; what hangs on no item that exists has none."""
    return numbered([(item.item_key, item.parent_key) for item in scope.in_outline_order()])


def numbered(outline: Sequence[tuple[str, str | None]]) -> dict[str, str]:
    """The numbers of items given as key and parent's key in outline order."""
    numbers: dict[str, str] = {}
    held: dict[str | None, int] = {}
    for key, parent in outline:
        held[parent] = held.get(parent, 0) + 1
        above = "" if parent is None else f"{numbers[parent]}."
        numbers[key] = f"{above}{held[parent]}"
    return numbers


def item_fee(item: ScopeItem) -> int:
    """The net fee of one item in minor units, rounded half to even once.

    A fixed fee wins; without one the rate is per unit of the quantity; without a quantity it is per hour of the effort.
    A summary has none.
    """
    if item.kind is ItemKind.SUMMARY:
        return 0
    if item.fee_minor is not None:
        return item.fee_minor
    if item.rate_minor is None:
        return 0
    if item.quantity is not None:
        numerator, denominator = item.quantity.as_integer_ratio()
        return divide_half_even(numerator * item.rate_minor, denominator)
    return divide_half_even(item.effort_minutes * item.rate_minor, 60)


def schedule_scope(
    scope: Scope,
    calendar: WorkingCalendar,
    start: date,
    *,
    calendars: Mapping[str, WorkingCalendar] = MappingProxyType({}),
) -> Schedule:
    """The schedule of a scope on the engagement's calendar, and on `calendars` for the items that name one by its key.

    Raises what `compute_schedule` raises. `check_scope` finds most of the same faults beforehand; what only dates show, such
    as maximal lags that contradict a constraint, is found here. `services.calendars.plan_calendars` makes the calendars.
    """
    return compute_schedule(
        schedule_items(scope), schedule_links(scope), calendar, start, calendars=calendars
    )


def schedule_items(scope: Scope) -> list[ScheduleItem]:
    """The items as the schedule wants them."""
    return [
        ScheduleItem(
            item.item_key,
            item.duration_days,
            item.parent_key,
            item.constraint_kind,
            item.constraint_date,
            item.calendar_key,
            item.allocation_bps,
        )
        for item in scope.items
    ]


def schedule_links(scope: Scope) -> list[ScheduleLink]:
    """The dependencies as the schedule wants them."""
    return [
        ScheduleLink(
            dependency.predecessor_key,
            dependency.successor_key,
            dependency.kind,
            dependency.lag_days,
            dependency.lag_kind,
            dependency.max_lag_days,
        )
        for dependency in scope.dependencies
    ]
