"""The changes of a change order as one writes them: each exactly one of thirteen."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from schema.engagements.inputs import CalendarInput, minor
from schema.scalars import MoneyInput
from schema.scopes.inputs import ExpectationInput
from services.calendars import check_known, clean_terms
from services.rules.schedule import WHOLE_BPS, ConstraintKind, LagKind, LinkKind
from services.rules.scope import (
    LAST_POSITION,
    Accelerate,
    AddDependency,
    AddExpectation,
    AddItem,
    AddItemCalendar,
    Change,
    ChangeCalendar,
    ChangeDependency,
    Dependency,
    Expectation,
    ItemCalendar,
    ItemKind,
    Pause,
    RemoveDependency,
    RemoveExpectation,
    RemoveItem,
    RemoveItemCalendar,
    ReviseItem,
    ScopeItem,
)
from services.rules.taxes import UNTAXED_CATEGORIES, check_tax


@strawberry.input(description="A new item of the scope.")
class NewItemInput:
    """Under a key that is not in use."""

    key: str = strawberry.field(description="Its key, for good.")
    title: str = strawberry.field(description="What it is called.")
    kind: ItemKind | None = strawberry.field(
        default=None, description="A task, or a milestone if it takes no time, unless said."
    )
    parent_key: str | None = strawberry.field(default=None, description="The summary it lies in.")
    position: int | None = strawberry.field(
        default=None, description="Among its siblings; at the end if null."
    )
    description: str = strawberry.field(default="", description="What it comprises.")
    quantity: Decimal | None = strawberry.field(default=None, description="How many units.")
    unit: str = strawberry.field(default="", description="What the quantity counts.")
    effort_minutes: int = strawberry.field(default=0, description="Estimated effort.")
    rate: MoneyInput | None = strawberry.field(default=None, description="Per unit, or per hour.")
    fee: MoneyInput | None = strawberry.field(default=None, description="A fixed fee.")
    cost: MoneyInput | None = strawberry.field(default=None, description="What it costs you.")
    tax_code: str | None = strawberry.field(
        default=None,
        description="A category of UNCL 5305 as EN 16931 takes it: S, Z, E, AE, K, G, O, L, M; the engagement's if null.",
    )
    tax_bps: int | None = strawberry.field(
        default=None, description="The engagement's if null, but zero for Z, E, AE, K, G and O."
    )
    duration_days: int = strawberry.field(default=0, description="Working days at full time.")
    allocation_bps: int = strawberry.field(
        default=WHOLE_BPS, description="Share of each working day given to it; 5000 is half time."
    )
    calendar_key: str | None = strawberry.field(
        default=None, description="The item calendar it is worked on; the engagement's own if null."
    )
    constraint_kind: ConstraintKind = strawberry.field(
        default=ConstraintKind.AS_SOON_AS_POSSIBLE, description="How a date binds it."
    )
    constraint_date: date | None = strawberry.field(default=None, description="That date.")
    deliverable: str = strawberry.field(default="", description="What the client gets.")
    acceptance_criteria: str = strawberry.field(default="", description="When it is done.")


@strawberry.input(description="New values for an item; what is left out stays.")
class ReviseItemInput:
    """Null clears what may be missing."""

    key: str = strawberry.field(description="The item's key.")
    title: str | None = strawberry.field(default=strawberry.UNSET, description="Its title.")
    parent_key: str | None = strawberry.field(default=strawberry.UNSET, description="Its summary.")
    position: int | None = strawberry.field(default=strawberry.UNSET, description="Its place.")
    description: str | None = strawberry.field(default=strawberry.UNSET, description="Its content.")
    quantity: Decimal | None = strawberry.field(default=strawberry.UNSET, description="Units.")
    unit: str | None = strawberry.field(default=strawberry.UNSET, description="Its unit.")
    effort_minutes: int | None = strawberry.field(default=strawberry.UNSET, description="Effort.")
    rate: MoneyInput | None = strawberry.field(default=strawberry.UNSET, description="Its rate.")
    fee: MoneyInput | None = strawberry.field(default=strawberry.UNSET, description="Its fee.")
    cost: MoneyInput | None = strawberry.field(default=strawberry.UNSET, description="Its cost.")
    tax_code: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Tax category; Z, E, AE, K, G and O set the rate to zero.",
    )
    tax_bps: int | None = strawberry.field(default=strawberry.UNSET, description="Tax rate.")
    duration_days: int | None = strawberry.field(default=strawberry.UNSET, description="Days.")
    allocation_bps: int | None = strawberry.field(
        default=strawberry.UNSET, description="Share of each working day given to it."
    )
    calendar_key: str | None = strawberry.field(
        default=strawberry.UNSET, description="Its calendar; null is the engagement's own."
    )
    constraint_kind: ConstraintKind | None = strawberry.field(
        default=strawberry.UNSET, description="How a date binds it."
    )
    constraint_date: date | None = strawberry.field(
        default=strawberry.UNSET, description="That date."
    )
    deliverable: str | None = strawberry.field(default=strawberry.UNSET, description="Received.")
    acceptance_criteria: str | None = strawberry.field(
        default=strawberry.UNSET, description="When it is done."
    )


@strawberry.input(description="A dependency between two items.")
class DependencyInput:
    """Its identity is the pair and the kind."""

    predecessor_key: str = strawberry.field(description="The item that comes first.")
    successor_key: str = strawberry.field(description="The item that waits.")
    kind: LinkKind = strawberry.field(
        default=LinkKind.FINISH_TO_START, description="Which ends are bound."
    )
    lag_days: int = strawberry.field(default=0, description="Days to wait; negative for a lead.")
    lag_kind: LagKind = strawberry.field(
        default=LagKind.WORKING, description="What they are counted in."
    )
    max_lag_days: int | None = strawberry.field(
        default=None, description="The successor comes no later than this many days after."
    )


@strawberry.input(description="A dependency to take out.")
class DependencyIdentityInput:
    """By its pair and kind."""

    predecessor_key: str = strawberry.field(description="The item that comes first.")
    successor_key: str = strawberry.field(description="The item that waits.")
    kind: LinkKind = strawberry.field(
        default=LinkKind.FINISH_TO_START, description="Which ends are bound."
    )


@strawberry.input(description="An item done in fewer days, for a premium.")
class AccelerateInput:
    """A premium makes the fee a fixed one."""

    key: str = strawberry.field(description="The item's key.")
    duration_days: int = strawberry.field(description="The working days it takes then.")
    premium: MoneyInput | None = strawberry.field(
        default=None, description="What the client pays on top of the item's fee."
    )
    extra_cost: MoneyInput | None = strawberry.field(
        default=None, description="What it costs you on top of the item's cost."
    )


@strawberry.input(description="No work from one day to another.")
class PauseInput:
    """Both days included; the delivery moves accordingly."""

    first_day: date = strawberry.field(description="The first day without work.")
    last_day: date = strawberry.field(description="The last day without work.")
    reason: str = strawberry.field(default="", description="Why, in words.")


@strawberry.input(description="Other working days; what is left out stays.")
class ChangeCalendarInput:
    """Of the engagement, or of one item calendar."""

    calendar_key: str | None = strawberry.field(
        default=None, description="An item calendar; the engagement's own if null."
    )
    country: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="ISO 3166 alpha-2: whose public holidays count; null for none.",
    )
    region: str | None = strawberry.field(
        default=strawberry.UNSET, description="ISO 3166-2, without the country; null for none."
    )
    weekend: list[int] | None = strawberry.field(
        default=strawberry.UNSET, description="Weekdays without work, Monday is 0; null for none."
    )
    add_days_off: list[date] = strawberry.field(
        default_factory=list, description="Further own days off."
    )
    remove_days_off: list[date] = strawberry.field(
        default_factory=list, description="Own days off that are worked after all."
    )


@strawberry.input(description="A working calendar that items can name.")
class ItemCalendarInput:
    """A crew that works on Saturdays, a partner abroad."""

    key: str = strawberry.field(description="Its key, for items to name.")
    title: str = strawberry.field(description="What it is called.")
    calendar: CalendarInput = strawberry.field(
        default_factory=CalendarInput, description="Its working days."
    )


@strawberry.input(one_of=True, description="One change to the scope; exactly one field is given.")
class ChangeInput:
    """They apply in the order given; the result is judged as a whole."""

    add_item: NewItemInput | None = strawberry.field(
        default=strawberry.UNSET, description="A new item."
    )
    remove_item: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The key of an item to take out, with its dependencies.",
    )
    revise_item: ReviseItemInput | None = strawberry.field(
        default=strawberry.UNSET, description="New values for an item."
    )
    add_dependency: DependencyInput | None = strawberry.field(
        default=strawberry.UNSET, description="A new dependency."
    )
    change_dependency: DependencyInput | None = strawberry.field(
        default=strawberry.UNSET, description="Another lag for a dependency."
    )
    remove_dependency: DependencyIdentityInput | None = strawberry.field(
        default=strawberry.UNSET, description="A dependency to take out."
    )
    add_expectation: ExpectationInput | None = strawberry.field(
        default=strawberry.UNSET, description="A further expectation."
    )
    remove_expectation: ExpectationInput | None = strawberry.field(
        default=strawberry.UNSET, description="An expectation that no longer holds."
    )
    accelerate: AccelerateInput | None = strawberry.field(
        default=strawberry.UNSET, description="An item done in fewer days, for a premium."
    )
    pause: PauseInput | None = strawberry.field(
        default=strawberry.UNSET, description="No work from one day to another."
    )
    change_calendar: ChangeCalendarInput | None = strawberry.field(
        default=strawberry.UNSET, description="Other working days."
    )
    add_item_calendar: ItemCalendarInput | None = strawberry.field(
        default=strawberry.UNSET, description="A further calendar that items can name."
    )
    remove_item_calendar: str | None = strawberry.field(
        default=strawberry.UNSET, description="The key of an item calendar to take out."
    )


def changes_of(inputs: Sequence[ChangeInput], engagement: Any) -> list[Change]:
    """The rules' changes; amounts must be in the engagement's currency. Raises `InvalidInput`."""
    return [
        _placed(_change(each, engagement, f"changes.{at}"), at) for at, each in enumerate(inputs)
    ]


def _placed(change: Change, at: int) -> Change:
    """New items without a place stand at the end in the order in which they are given."""
    if isinstance(change, AddItem) and change.item.position == LAST_POSITION:
        return AddItem(replace(change.item, position=LAST_POSITION + at))
    return change


def _change(change: ChangeInput, engagement: Any, path: str) -> Change:
    if change.add_item:
        return AddItem(_new_item(change.add_item, engagement, f"{path}.addItem"))
    if change.revise_item:
        return _revision(change.revise_item, engagement, f"{path}.reviseItem")
    if change.add_dependency:
        return AddDependency(Dependency(**_link(change.add_dependency)))
    if change.change_dependency:
        return ChangeDependency(**_link(change.change_dependency))
    if change.remove_dependency:
        gone = change.remove_dependency
        return RemoveDependency(gone.predecessor_key, gone.successor_key, gone.kind)
    if change.add_expectation:
        return AddExpectation(Expectation(change.add_expectation.kind, change.add_expectation.text))
    if change.remove_expectation:
        former = change.remove_expectation
        return RemoveExpectation(Expectation(former.kind, former.text))
    return _other_change(change, engagement, path)


def _other_change(change: ChangeInput, engagement: Any, path: str) -> Change:
    if change.accelerate:
        faster, currency = change.accelerate, engagement["currency"]
        return Accelerate(
            faster.key,
            faster.duration_days,
            minor(faster.premium, currency, f"{path}.accelerate.premium") or 0,
            minor(faster.extra_cost, currency, f"{path}.accelerate.extraCost") or 0,
        )
    if change.pause:
        return Pause(change.pause.first_day, change.pause.last_day, change.pause.reason)
    if change.change_calendar:
        return _calendar_change(change.change_calendar, f"{path}.changeCalendar")
    if change.add_item_calendar:
        new = change.add_item_calendar
        return AddItemCalendar(
            ItemCalendar(
                new.key,
                new.title,
                clean_terms(
                    country=new.calendar.country,
                    region=new.calendar.region,
                    weekend=new.calendar.weekend,
                    days_off=new.calendar.days_off,
                    field=f"{path}.addItemCalendar.calendar",
                ),
            )
        )
    if isinstance(change.remove_item_calendar, str):
        return RemoveItemCalendar(change.remove_item_calendar)
    return RemoveItem(change.remove_item or "")


def _link(link: DependencyInput) -> dict[str, Any]:
    return {each.name: getattr(link, each.name) for each in fields(DependencyInput)}


def _calendar_change(given: ChangeCalendarInput, path: str) -> ChangeCalendar:
    if given.country:
        region = given.region if isinstance(given.region, str) else ""
        check_known(given.country, region, path)

    def text(value: object) -> str | None:
        """None keeps what is there, an empty text clears it; the input has null for that."""
        return None if value is strawberry.UNSET else str(value or "")

    weekend = given.weekend
    return ChangeCalendar(
        country=text(given.country),
        region=text(given.region),
        weekend=None if weekend is strawberry.UNSET else frozenset(weekend or ()),
        add_days_off=tuple(given.add_days_off),
        remove_days_off=tuple(given.remove_days_off),
        calendar_key=given.calendar_key,
    )


def _new_item(item: NewItemInput, engagement: Any, path: str) -> ScopeItem:
    currency = engagement["currency"]
    tax_code = engagement["tax_code"] if item.tax_code is None else item.tax_code
    same = (
        "title", "parent_key", "description", "quantity", "unit", "effort_minutes", "duration_days", "constraint_kind",
        "constraint_date", "deliverable", "acceptance_criteria", "calendar_key", "allocation_bps",
    )  # fmt: skip
    return ScopeItem(
        item_key=item.key,
        kind=item.kind or (ItemKind.TASK if item.duration_days else ItemKind.MILESTONE),
        position=LAST_POSITION if item.position is None else item.position,
        rate_minor=minor(item.rate, currency, f"{path}.rate"),
        fee_minor=minor(item.fee, currency, f"{path}.fee"),
        cost_minor=minor(item.cost, currency, f"{path}.cost") or 0,
        tax_code=tax_code,
        tax_bps=_tax_bps(item, tax_code, engagement, path),
        **{name: getattr(item, name) for name in same},
    )


def _tax_bps(item: NewItemInput, tax_code: str, engagement: Any, path: str) -> int:
    """The rate given, or the engagement's; none where the category has none."""
    if item.tax_code is not None:
        check_tax(tax_code, item.tax_bps, f"{path}.taxCode")
    if item.tax_bps is not None:
        return item.tax_bps
    return 0 if tax_code in UNTAXED_CATEGORIES else int(engagement["tax_bps"])


_MONEY = {"rate": "rate_minor", "fee": "fee_minor", "cost": "cost_minor"}
_VALUES = (
    "title", "parent_key", "position", "description", "quantity", "unit", "effort_minutes", "tax_code", "tax_bps",
    "duration_days", "constraint_kind", "constraint_date", "deliverable", "acceptance_criteria", "calendar_key",
    "allocation_bps",
)  # fmt: skip


def _revision(item: ReviseItemInput, engagement: Any, path: str) -> ReviseItem:
    values: dict[str, Any] = {
        name: getattr(item, name) for name in _VALUES if getattr(item, name) is not strawberry.UNSET
    }
    for name, column in _MONEY.items():
        given = getattr(item, name)
        if given is not strawberry.UNSET:
            values[column] = minor(given, engagement["currency"], f"{path}.{name}")
    if values.get("constraint_kind", False) is None:
        values["constraint_kind"] = ConstraintKind.AS_SOON_AS_POSSIBLE
        values.setdefault("constraint_date", None)
    if isinstance(item.tax_code, str):
        # A category without a rate takes the rate with it.
        if item.tax_code in UNTAXED_CATEGORIES:
            values.setdefault("tax_bps", 0)
        check_tax(item.tax_code, values.get("tax_bps"), f"{path}.taxCode")
    if values.get("allocation_bps", False) is None:
        values["allocation_bps"] = WHOLE_BPS
    return ReviseItem(item.key, values)
