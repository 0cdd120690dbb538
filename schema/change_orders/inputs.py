"""The changes of a change order as one writes them: each exactly one of eight."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from schema.engagements.inputs import minor
from schema.scalars import MoneyInput
from schema.scopes.changes import ExpectationInput
from services.rules.schedule import ConstraintKind, LagKind, LinkKind
from services.rules.scope import (
    AddDependency,
    AddExpectation,
    AddItem,
    Change,
    ChangeDependency,
    Dependency,
    Expectation,
    ItemKind,
    RemoveDependency,
    RemoveExpectation,
    RemoveItem,
    ReviseItem,
    ScopeItem,
)

_LAST = 1_000_000
"""Where an item without a position stands among its siblings: at the end."""


@strawberry.input(description="A new item of the scope.")
class NewItemInput:
    """Under a key that is not in use."""

    key: str = strawberry.field(description="Its key, for good.")
    title: str = strawberry.field(description="What it is called.")
    kind: ItemKind | None = strawberry.field(
        default=None, description="A task, or a milestone if it takes no time, unless said."
    )
    parent_key: str | None = strawberry.field(default=None, description="The summary it lies in.")
    position: int | None = strawberry.field(default=None, description="Among its siblings.")
    description: str = strawberry.field(default="", description="What it comprises.")
    quantity: Decimal | None = strawberry.field(default=None, description="How many units.")
    unit: str = strawberry.field(default="", description="What the quantity counts.")
    effort_minutes: int = strawberry.field(default=0, description="Estimated effort.")
    rate: MoneyInput | None = strawberry.field(default=None, description="Per unit, or per hour.")
    fee: MoneyInput | None = strawberry.field(default=None, description="A fixed fee.")
    cost: MoneyInput | None = strawberry.field(default=None, description="What it costs you.")
    tax_code: str | None = strawberry.field(default=None, description="The engagement's if null.")
    tax_bps: int | None = strawberry.field(default=None, description="The engagement's if null.")
    duration_days: int = strawberry.field(default=0, description="Working days.")
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
    tax_code: str | None = strawberry.field(default=strawberry.UNSET, description="Tax category.")
    tax_bps: int | None = strawberry.field(default=strawberry.UNSET, description="Tax rate.")
    duration_days: int | None = strawberry.field(default=strawberry.UNSET, description="Days.")
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


@strawberry.input(description="A dependency to take out.")
class DependencyIdentityInput:
    """By its pair and kind."""

    predecessor_key: str = strawberry.field(description="The item that comes first.")
    successor_key: str = strawberry.field(description="The item that waits.")
    kind: LinkKind = strawberry.field(
        default=LinkKind.FINISH_TO_START, description="Which ends are bound."
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


def changes_of(inputs: Sequence[ChangeInput], engagement: Any) -> list[Change]:
    """The rules' changes; amounts must be in the engagement's currency. Raises `InvalidInput`."""
    return [_change(each, engagement, f"changes.{at}") for at, each in enumerate(inputs)]


def _change(change: ChangeInput, engagement: Any, path: str) -> Change:
    if change.add_item:
        return AddItem(_new_item(change.add_item, engagement, f"{path}.addItem"))
    if change.revise_item:
        return _revision(change.revise_item, engagement, f"{path}.reviseItem")
    if change.add_dependency:
        link = change.add_dependency
        return AddDependency(
            Dependency(
                link.predecessor_key, link.successor_key, link.kind, link.lag_days, link.lag_kind
            )
        )
    if change.change_dependency:
        link = change.change_dependency
        return ChangeDependency(
            link.predecessor_key, link.successor_key, link.kind, link.lag_days, link.lag_kind
        )
    if change.remove_dependency:
        gone = change.remove_dependency
        return RemoveDependency(gone.predecessor_key, gone.successor_key, gone.kind)
    if change.add_expectation:
        return AddExpectation(Expectation(change.add_expectation.kind, change.add_expectation.text))
    if change.remove_expectation:
        former = change.remove_expectation
        return RemoveExpectation(Expectation(former.kind, former.text))
    return RemoveItem(change.remove_item or "")


def _new_item(item: NewItemInput, engagement: Any, path: str) -> ScopeItem:
    currency = engagement["currency"]
    same = (
        "title", "parent_key", "description", "quantity", "unit", "effort_minutes", "duration_days", "constraint_kind",
        "constraint_date", "deliverable", "acceptance_criteria",
    )  # fmt: skip
    return ScopeItem(
        item_key=item.key,
        kind=item.kind or (ItemKind.TASK if item.duration_days else ItemKind.MILESTONE),
        position=_LAST if item.position is None else item.position,
        rate_minor=minor(item.rate, currency, f"{path}.rate"),
        fee_minor=minor(item.fee, currency, f"{path}.fee"),
        cost_minor=minor(item.cost, currency, f"{path}.cost") or 0,
        tax_code=engagement["tax_code"] if item.tax_code is None else item.tax_code,
        tax_bps=engagement["tax_bps"] if item.tax_bps is None else item.tax_bps,
        **{name: getattr(item, name) for name in same},
    )


_MONEY = {"rate": "rate_minor", "fee": "fee_minor", "cost": "cost_minor"}
_VALUES = (
    "title", "parent_key", "position", "description", "quantity", "unit", "effort_minutes", "tax_code", "tax_bps",
    "duration_days", "constraint_kind", "constraint_date", "deliverable", "acceptance_criteria",
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
        values |= {"constraint_kind": ConstraintKind.AS_SOON_AS_POSSIBLE, "constraint_date": None}
    return ReviseItem(item.key, values)
