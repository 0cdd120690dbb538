"""What an order would do, as the API shows it: a preview, or the figures that were frozen when it was sent.

Both are read from the same plain data. The scalars are taken at once; lists, which may be as long as the scope, only when they
are asked for. Orders that were sent before a figure was kept answer null for it.
"""

from datetime import date
from typing import Any, Self

import strawberry

from schema.change_orders.effects import (
    ChangeArrangement,
    ChangeLine,
    ContingencyEffect,
    ItemShift,
    KillFeeAmount,
    KillFeeExposure,
    MilestoneShift,
    RetainerEffect,
    RetentionEffect,
    calendar_of,
    day_of,
)
from schema.engagements.types import EngagementCalendar
from schema.scalars import Money
from schema.scopes.types import TaxAmount, money
from services.rules.scope import ChangeKind


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
                before=day_of(shift["before"]),
                after=day_of(shift["after"]),
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
        return calendar_of(self.data.get("calendar_before"))

    @strawberry.field(description="The engagement's working days then; null likewise.")
    def calendar_after(self) -> EngagementCalendar | None:
        """Pauses stand among its days off."""
        return calendar_of(self.data.get("calendar_after"))

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
            promised_date=day_of(data.get("promised_date")),
            fingerprint=data["fingerprint"],
        )
