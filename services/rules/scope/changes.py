"""The changes a change order is made of; `apply_changes` and `apply_calendar_changes` say what they do."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final

from services.rules.schedule import LagKind, LinkKind
from services.rules.scope.items import Dependency, Expectation, ItemCalendar, ScopeItem

REVISABLE_FIELDS: Final = frozenset(field.name for field in fields(ScopeItem)) - {"item_key"}
"""What a revision may set: everything but the key, which is the item's identity."""


@dataclass(frozen=True, slots=True)
class AddItem:
    """A new item under a key that is not in use."""

    item: ScopeItem


@dataclass(frozen=True, slots=True)
class RemoveItem:
    """An item goes, with the dependencies drawn on it. A summary can go only when it is empty by then."""

    item_key: str


@dataclass(frozen=True, slots=True)
class ReviseItem:
    """New values for some fields of an item, by the names of `ScopeItem`."""

    item_key: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Accelerate:
    """An item is done in fewer days, for a premium on its fee and at some further cost.

    A premium makes the fee a fixed one: what the item came to so far, and the premium.
    """

    item_key: str
    duration_days: int
    premium_minor: int = 0
    extra_cost_minor: int = 0


@dataclass(frozen=True, slots=True)
class AddDependency:
    """A new link between two items."""

    dependency: Dependency


@dataclass(frozen=True, slots=True)
class RemoveDependency:
    """A link goes."""

    predecessor_key: str
    successor_key: str
    kind: LinkKind = LinkKind.FINISH_TO_START


@dataclass(frozen=True, slots=True)
class ChangeDependency:
    """A link keeps its ends and its kind, and gets other lags; without a maximal lag it has none any more."""

    predecessor_key: str
    successor_key: str
    kind: LinkKind = LinkKind.FINISH_TO_START
    lag_days: int = 0
    lag_kind: LagKind = LagKind.WORKING
    max_lag_days: int | None = None


@dataclass(frozen=True, slots=True)
class AddExpectation:
    """A further exclusion, assumption or result not guaranteed."""

    expectation: Expectation


@dataclass(frozen=True, slots=True)
class RemoveExpectation:
    """An expectation no longer holds."""

    expectation: Expectation


@dataclass(frozen=True, slots=True)
class Pause:
    """No work from one day to another, both included: days off of the engagement's calendar and of every item calendar."""

    first_day: date
    last_day: date
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ChangeCalendar:
    """Other working days: of the engagement, or of the item calendar `calendar_key`.

    None keeps what is there. An empty `country` means no public holidays; another country without a region has none. The
    weekend stays unless it is given: it is agreed, and does not follow from the country.
    """

    country: str | None = None
    region: str | None = None
    weekend: frozenset[int] | None = None
    add_days_off: tuple[date, ...] = ()
    remove_days_off: tuple[date, ...] = ()
    calendar_key: str | None = None


@dataclass(frozen=True, slots=True)
class AddItemCalendar:
    """A further calendar that items can name."""

    calendar: ItemCalendar


@dataclass(frozen=True, slots=True)
class RemoveItemCalendar:
    """A calendar goes; no item may name it by then."""

    calendar_key: str


Change = (
    AddItem
    | RemoveItem
    | ReviseItem
    | Accelerate
    | AddDependency
    | RemoveDependency
    | ChangeDependency
    | AddExpectation
    | RemoveExpectation
    | Pause
    | ChangeCalendar
    | AddItemCalendar
    | RemoveItemCalendar
)
