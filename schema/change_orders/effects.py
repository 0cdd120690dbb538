"""The parts of what an order would do: lines, arrangements, shifts, and what it does to money that is held or owed."""

from datetime import date
from enum import Enum
from typing import Any, Self

import strawberry

from schema.engagements.types import EngagementCalendar
from schema.scalars import Money
from schema.scopes.types import Expectation, ScopeDependency, money, money_or_none
from services.rules.change_orders.arrangements import ArrangementKind
from services.rules.scope import ChangeKind, ExpectationKind, ItemKind

strawberry.enum(ChangeKind, description="What a change does, in the words of people who sign it.")
strawberry.enum(ArrangementKind, description="What an order arranges besides items.")


@strawberry.enum(description="What an order does to an item.")
class LineAction(Enum):
    """The kinds of line."""

    ADDED = strawberry.enum_value("added", description="A new item.")
    REMOVED = strawberry.enum_value("removed", description="An item goes.")
    CHANGED = strawberry.enum_value("changed", description="An item is other than before.")


@strawberry.type(description="One item that an order adds, removes or changes.")
class ChangeLine:
    """Fees are net of tax."""

    action: LineAction = strawberry.field(description="What happens to it.")
    kinds: list[ChangeKind] = strawberry.field(
        description="What kinds of change it is, most telling first."
    )
    key: str = strawberry.field(description="The item's key.")
    title: str = strawberry.field(description="What it is called.")
    fee_before: Money | None = strawberry.field(description="Null for a new item.")
    fee_after: Money | None = strawberry.field(description="Null for one that goes.")
    fee_change: Money = strawberry.field(description="After less before.")
    cost_before: Money | None = strawberry.field(description="Null for a new item.")
    cost_after: Money | None = strawberry.field(description="Null for one that goes.")
    cost_change: Money | None = strawberry.field(
        description="After less before; null for orders sent before it was kept."
    )
    margin_change: Money | None = strawberry.field(
        description="What it adds to the fee less what it adds to the cost; null likewise."
    )
    changed_fields: list[str] = strawberry.field(description="What is other than before.")

    @classmethod
    def of(cls, line: dict[str, Any], currency: str) -> Self:
        """From its data."""
        before, after = line.get("cost_before_minor"), line.get("cost_after_minor")
        cost = None if before is None and after is None else (after or 0) - (before or 0)
        return cls(
            action=LineAction(line["action"]),
            kinds=[ChangeKind(kind) for kind in line.get("kinds", ())],
            key=line["item_key"],
            title=line["title"],
            fee_before=money_or_none(line["fee_before_minor"], currency),
            fee_after=money_or_none(line["fee_after_minor"], currency),
            fee_change=money(line["fee_change_minor"], currency),
            cost_before=money_or_none(before, currency),
            cost_after=money_or_none(after, currency),
            cost_change=money_or_none(cost, currency),
            margin_change=money_or_none(
                None if cost is None else line["fee_change_minor"] - cost, currency
            ),
            changed_fields=line["changed_fields"],
        )


@strawberry.type(description="A time without work that an order agrees on.")
class ScopePause:
    """Both days are part of it."""

    first_day: date = strawberry.field(description="The first day without work.")
    last_day: date = strawberry.field(description="The last day without work.")
    working_days: int = strawberry.field(description="How many days of work it takes out.")
    reason: str = strawberry.field(description="Why.")


@strawberry.type(description="One thing that an order arranges besides items.")
class ChangeArrangement:
    """The parts that its kind has are set, the others are null."""

    arranged: ArrangementKind = strawberry.field(description="What it is.")
    kind: ChangeKind = strawberry.field(description="The kind of change that it is.")
    link_before: ScopeDependency | None = strawberry.field(
        description="The dependency as it was; null for a new one."
    )
    link_after: ScopeDependency | None = strawberry.field(
        description="The dependency as it will be; null for one that goes."
    )
    pause: ScopePause | None = strawberry.field(description="The pause.")
    calendar_key: str | None = strawberry.field(
        description="The item calendar; null for the engagement's own."
    )
    calendar_title: str | None = strawberry.field(description="What the item calendar is called.")
    calendar_before: EngagementCalendar | None = strawberry.field(
        description="The working days as they were."
    )
    calendar_after: EngagementCalendar | None = strawberry.field(
        description="The working days as they will be."
    )
    expectation: Expectation | None = strawberry.field(
        description="The exclusion, assumption or result not guaranteed."
    )

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        """From its data."""
        pause, said = data["pause"], data["expectation"]
        links = {
            name: None if data[name] is None else ScopeDependency.of(data[name])
            for name in ("link_before", "link_after")
        }
        return cls(
            arranged=ArrangementKind(data["arranged"]),
            kind=ChangeKind(data["kind"]),
            **links,
            pause=None
            if pause is None
            else ScopePause(
                first_day=date.fromisoformat(pause["first_day"]),
                last_day=date.fromisoformat(pause["last_day"]),
                working_days=pause["working_days"],
                reason=pause["reason"],
            ),
            calendar_key=data["calendar_key"],
            calendar_title=data["calendar_title"],
            calendar_before=calendar_of(data["calendar_before"]),
            calendar_after=calendar_of(data["calendar_after"]),
            expectation=None
            if said is None
            else Expectation(kind=ExpectationKind(said["kind"]), text=said["text"]),
        )


@strawberry.type(description="Where a milestone goes.")
class MilestoneShift:
    """Days are working days."""

    key: str = strawberry.field(description="The item's key.")
    title: str = strawberry.field(description="What it is called.")
    before: date | None = strawberry.field(description="Null for a new one.")
    after: date | None = strawberry.field(description="Null for one that goes.")
    shift_days: int = strawberry.field(description="Positive is later.")


@strawberry.type(description="An item whose dates an order moves, or that comes or goes with it.")
class ItemShift:
    """Dates before are null for a new item, dates after for one that goes."""

    key: str = strawberry.field(description="The item's key.")
    title: str = strawberry.field(description="What it is called.")
    kind: ItemKind = strawberry.field(description="Summary, task or milestone.")
    start_before: date | None = strawberry.field(description="Its first day so far.")
    start_after: date | None = strawberry.field(description="Its first day then.")
    finish_before: date | None = strawberry.field(description="Its last day so far.")
    finish_after: date | None = strawberry.field(description="Its last day then.")
    shift_days: int = strawberry.field(
        description="Working days, as agreed before, by which it finishes later; negative is earlier."
    )
    float_before_days: int | None = strawberry.field(description="Its total float so far.")
    float_after_days: int | None = strawberry.field(description="Its total float then.")

    @classmethod
    def of(cls, shift: dict[str, Any]) -> Self:
        """From its data."""
        return cls(
            key=shift["item_key"],
            title=shift["title"],
            kind=ItemKind(shift["kind"]),
            start_before=day_of(shift["start_before"]),
            start_after=day_of(shift["start_after"]),
            finish_before=day_of(shift["finish_before"]),
            finish_after=day_of(shift["finish_after"]),
            shift_days=shift["shift_days"],
            float_before_days=shift["float_before_days"],
            float_after_days=shift["float_after_days"],
        )


@strawberry.type(description="What an order does to the deposit.")
class RetainerEffect:
    """The agreed share of the total including tax."""

    held: Money = strawberry.field(description="What is held.")
    required_before: Money = strawberry.field(description="What was to be held so far.")
    required_after: Money = strawberry.field(description="What is to be held then.")
    top_up: Money = strawberry.field(description="What will be missing.")


@strawberry.type(description="What an order draws from the contingency; no part of the sums.")
class ContingencyEffect:
    """The reserve beside the fee."""

    before: Money = strawberry.field(description="What is left of it so far.")
    drawn: Money = strawberry.field(description="What this order takes out of it.")
    after: Money = strawberry.field(description="What is left of it then.")


@strawberry.type(description="What is kept back from invoices until acceptance.")
class RetentionEffect:
    """A share of the fee; it delays money and changes no total."""

    before: Money = strawberry.field(description="So far.")
    after: Money = strawberry.field(description="With the order.")


@strawberry.type(description="A kill fee, and how it comes about.")
class KillFeeAmount:
    """Net; it is damages, so no tax is on it."""

    amount: Money = strawberry.field(description="What would be owed beside the earned fee.")
    unearned: Money = strawberry.field(description="The part of the fee that is not earned yet.")
    cap: Money = strawberry.field(description="What it can be at most: the unpaid part of the fee.")


@strawberry.type(
    description="What the client would owe beside what is earned if it ended the engagement today."
)
class KillFeeExposure:
    """As agreed so far, and with the order."""

    rate_bps: int = strawberry.field(description="The agreed share of the unearned fee.")
    before: KillFeeAmount = strawberry.field(description="As agreed so far.")
    after: KillFeeAmount = strawberry.field(description="With the order.")
    change: Money = strawberry.field(description="After less before.")


def day_of(text: str | None) -> date | None:
    """A date of the stored figures."""
    return None if text is None else date.fromisoformat(text)


def calendar_of(data: dict[str, Any] | None) -> EngagementCalendar | None:
    """A calendar of the stored figures."""
    if data is None:
        return None
    return EngagementCalendar(
        country=data["country"],
        region=data["region"],
        weekend=data["weekend"],
        days_off=[date.fromisoformat(day) for day in data["days_off"]],
    )
