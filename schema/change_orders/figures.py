"""What an order would do, as the API shows it: a preview, or the figures that were frozen when it was sent.

Both are read from the same plain data. The scalars are taken at once; lists, which may be as long as the scope, only when they
are asked for. Orders that were sent before a figure was kept answer null for it.
"""

from datetime import date
from enum import Enum
from typing import Any, Self

import strawberry

from schema.engagements.types import EngagementCalendar
from schema.scalars import Money
from schema.scopes.types import Expectation, ScopeDependency, TaxAmount, money, money_or_none
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
            calendar_before=_calendar(data["calendar_before"]),
            calendar_after=_calendar(data["calendar_after"]),
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
            start_before=_day(shift["start_before"]),
            start_after=_day(shift["start_after"]),
            finish_before=_day(shift["finish_before"]),
            finish_after=_day(shift["finish_after"]),
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


@strawberry.type(description="All that a change order says, as AIA G701 lays it out.")
class ChangePreview:
    """A pure calculation: the same code computes it again when it is signed."""

    data: strawberry.Private[dict[str, Any]]
    base_number: int = strawberry.field(description="The scope version it starts from.")
    kinds: list[ChangeKind] = strawberry.field(description="Every kind of change it is made of.")
    original_sum: Money = strawberry.field(description="The contract sum.")
    previously_approved: Money = strawberry.field(description="Net change by approved orders.")
    sum_before: Money = strawberry.field(description="The sum before this order.")
    change: Money = strawberry.field(description="This change.")
    new_sum: Money = strawberry.field(description="The sum with it.")
    tax_change: Money = strawberry.field(description="The change of the tax.")
    total_change: Money = strawberry.field(description="The change including tax.")
    total_before: Money = strawberry.field(description="The total including tax before.")
    total_after: Money = strawberry.field(description="The total including tax after.")
    cost_change: Money = strawberry.field(description="The change of what it costs you.")
    margin_change: Money = strawberry.field(description="This change less the change of the cost.")
    change_days: int = strawberry.field(
        description="Working days, as agreed before, by which the delivery moves; positive is later."
    )
    delivery_before: date = strawberry.field(description="The delivery date before.")
    delivery_after: date = strawberry.field(description="The delivery date after.")
    critical_path_before: list[str] = strawberry.field(description="Keys of the critical leaves.")
    critical_path_after: list[str] = strawberry.field(description="Keys of the critical leaves.")
    float_consumed_days: int | None = strawberry.field(
        description="Total float that leaves lose, added up; null for orders sent before it was kept."
    )
    promised_date: date | None = strawberry.field(
        description="The promised date, or the later one that signed orders agreed on; null if none was promised."
    )
    fingerprint: str = strawberry.field(description="What a signature must match.")

    @strawberry.field(description="Item by item.")
    def lines(self) -> list[ChangeLine]:
        """Added and changed ones in outline order, then removed ones."""
        return [ChangeLine.of(line, self.data["currency"]) for line in self.data["lines"]]

    @strawberry.field(description="Dependencies, pauses, working days and expectations.")
    def arrangements(self) -> list[ChangeArrangement]:
        """Besides items."""
        return [ChangeArrangement.of(each) for each in self.data.get("arrangements", ())]

    @strawberry.field(description="The change of the tax by category.")
    def taxes(self) -> list[TaxAmount]:
        """As EN 16931 rounds it."""
        currency = self.data["currency"]
        return [
            TaxAmount(
                tax_code=tax["tax_code"],
                tax_bps=tax["tax_bps"],
                taxable=money(tax["taxable_minor"], currency),
                tax=money(tax["tax_minor"], currency),
            )
            for tax in self.data["tax"]
        ]

    @strawberry.field(description="Every milestone.")
    def milestones(self) -> list[MilestoneShift]:
        """Also those that stay."""
        return [
            MilestoneShift(
                key=shift["item_key"],
                title=shift["title"],
                before=_day(shift["before"]),
                after=_day(shift["after"]),
                shift_days=shift["shift_days"],
            )
            for shift in self.data["milestones"]
        ]

    @strawberry.field(
        description="Every item that moves, comes or goes; null for orders sent before it was kept."
    )
    def shifts(self) -> list[ItemShift] | None:
        """In outline order."""
        shifts = self.data.get("shifts")
        return None if shifts is None else [ItemShift.of(shift) for shift in shifts]

    @strawberry.field(description="Keys of leaves that become critical.")
    def critical_path_entered(self) -> list[str]:
        """In the order of the path after."""
        before = set(self.critical_path_before)
        return [key for key in self.critical_path_after if key not in before]

    @strawberry.field(description="Keys of leaves that are critical no more.")
    def critical_path_left(self) -> list[str]:
        """In the order of the path before."""
        after = set(self.critical_path_after)
        return [key for key in self.critical_path_before if key not in after]

    @strawberry.field(
        description="Whether the delivery lay behind the promised date already; null without one."
    )
    def misses_promise_before(self) -> bool | None:
        """As agreed so far."""
        return None if self.promised_date is None else self.delivery_before > self.promised_date

    @strawberry.field(
        description="Whether the delivery would lie behind the promised date; null without one."
    )
    def misses_promise_after(self) -> bool | None:
        """With the order."""
        return None if self.promised_date is None else self.delivery_after > self.promised_date

    @strawberry.field(
        description="The engagement's working days so far; null for orders sent before it was kept."
    )
    def calendar_before(self) -> EngagementCalendar | None:
        """Without public holidays, which follow from the country."""
        return _calendar(self.data.get("calendar_before"))

    @strawberry.field(description="The engagement's working days then; null likewise.")
    def calendar_after(self) -> EngagementCalendar | None:
        """Pauses stand among its days off."""
        return _calendar(self.data.get("calendar_after"))

    @strawberry.field(description="The deposit.")
    def retainer(self) -> RetainerEffect:
        """Held, required, missing."""
        return RetainerEffect(
            **self._amounts("retainer", "held", "required_before", "required_after", "top_up")
        )

    @strawberry.field(description="The contingency; null for orders sent before it was kept.")
    def contingency(self) -> ContingencyEffect | None:
        """Shown apart from the sums."""
        if "contingency" not in self.data:
            return None
        return ContingencyEffect(**self._amounts("contingency", "before", "drawn", "after"))

    @strawberry.field(description="The retention; null for orders sent before it was kept.")
    def retention(self) -> RetentionEffect | None:
        """Before and after."""
        if "retention" not in self.data:
            return None
        return RetentionEffect(**self._amounts("retention", "before", "after"))

    @strawberry.field(
        description="What ending the work today would cost the client; null for orders sent before it was kept."
    )
    def kill_fee(self) -> KillFeeExposure | None:
        """From what was earned and paid when this was computed."""
        found, currency = self.data.get("kill_fee"), self.data["currency"]
        if found is None:
            return None
        before, after = (
            KillFeeAmount(
                amount=money(found[side]["amount_minor"], currency),
                unearned=money(found[side]["unearned_minor"], currency),
                cap=money(found[side]["cap_minor"], currency),
            )
            for side in ("before", "after")
        )
        change = found["after"]["amount_minor"] - found["before"]["amount_minor"]
        return KillFeeExposure(
            rate_bps=found["rate_bps"], before=before, after=after, change=money(change, currency)
        )

    def _amounts(self, part: str, *names: str) -> dict[str, Money]:
        return {
            name: money(self.data[part][f"{name}_minor"], self.data["currency"]) for name in names
        }

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        """From the figures that are stored when an order is sent."""
        sums = (
            "original_sum", "previously_approved", "sum_before", "change", "new_sum", "tax_change", "total_change",
            "total_before", "total_after", "cost_change",
        )  # fmt: skip
        margin = data["change_minor"] - data["cost_change_minor"]
        return cls(
            data=data,
            base_number=data["base_number"],
            kinds=[ChangeKind(kind) for kind in data.get("kinds", ())],
            **{name: money(data[f"{name}_minor"], data["currency"]) for name in sums},
            margin_change=money(margin, data["currency"]),
            change_days=data["change_days"],
            delivery_before=date.fromisoformat(data["completion_before"]),
            delivery_after=date.fromisoformat(data["completion_after"]),
            critical_path_before=data["critical_path_before"],
            critical_path_after=data["critical_path_after"],
            float_consumed_days=data.get("float_consumed_days"),
            promised_date=_day(data.get("promised_date")),
            fingerprint=data["fingerprint"],
        )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _calendar(data: dict[str, Any] | None) -> EngagementCalendar | None:
    if data is None:
        return None
    return EngagementCalendar(
        country=data["country"],
        region=data["region"],
        weekend=data["weekend"],
        days_off=[date.fromisoformat(day) for day in data["days_off"]],
    )
