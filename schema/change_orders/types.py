"""A change order as the API shows it: what it would do, and what was frozen when it was sent."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Self
from uuid import UUID

import orjson
import strawberry

from db.queries import change_orders as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.documents import Document, document_loader
from schema.engagements.types import Engagement, engagement_loader
from schema.envelopes import Envelope, envelope_loader
from schema.relay import Node, encode_id, fetches
from schema.scalars import Money
from schema.scopes.reads import ScopeVersion, version_loader
from schema.scopes.types import TaxAmount, money, money_or_none
from services.actor import MEMBERS
from services.change_orders import order_number
from services.rules.change_orders import ChangeOrderStatus, ChangeReason, RevenueClass

strawberry.enum(ChangeReason, description="Why the scope changes.")
strawberry.enum(RevenueClass, description="How the change counts as revenue (IFRS 15).")
strawberry.enum(
    ChangeOrderStatus, description="Where a change order stands; all but draft and sent are final."
)


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
    key: str = strawberry.field(description="The item's key.")
    title: str = strawberry.field(description="What it is called.")
    fee_before: Money | None = strawberry.field(description="Null for a new item.")
    fee_after: Money | None = strawberry.field(description="Null for one that goes.")
    fee_change: Money = strawberry.field(description="After less before.")
    changed_fields: list[str] = strawberry.field(description="What is other than before.")


@strawberry.type(description="Where a milestone goes.")
class MilestoneShift:
    """Days are working days."""

    key: str = strawberry.field(description="The item's key.")
    title: str = strawberry.field(description="What it is called.")
    before: date | None = strawberry.field(description="Null for a new one.")
    after: date | None = strawberry.field(description="Null for one that goes.")
    shift_days: int = strawberry.field(description="Positive is later.")


@strawberry.type(description="What an order does to the deposit.")
class RetainerEffect:
    """The agreed share of the total including tax."""

    held: Money = strawberry.field(description="What is held.")
    required_before: Money = strawberry.field(description="What was to be held so far.")
    required_after: Money = strawberry.field(description="What is to be held then.")
    top_up: Money = strawberry.field(description="What will be missing.")


@strawberry.type(description="All that a change order says, as AIA G701 lays it out.")
class ChangePreview:
    """A pure calculation: the same code computes it again when it is signed."""

    base_number: int = strawberry.field(description="The scope version it starts from.")
    lines: list[ChangeLine] = strawberry.field(description="Item by item.")
    original_sum: Money = strawberry.field(description="The contract sum.")
    previously_approved: Money = strawberry.field(description="Net change by approved orders.")
    sum_before: Money = strawberry.field(description="The sum before this order.")
    change: Money = strawberry.field(description="This change.")
    new_sum: Money = strawberry.field(description="The sum with it.")
    tax_change: Money = strawberry.field(description="The change of the tax.")
    taxes: list[TaxAmount] = strawberry.field(description="That change by category.")
    total_change: Money = strawberry.field(description="The change including tax.")
    total_before: Money = strawberry.field(description="The total including tax before.")
    total_after: Money = strawberry.field(description="The total including tax after.")
    change_days: int = strawberry.field(description="Working days; positive is later.")
    delivery_before: date = strawberry.field(description="The delivery date before.")
    delivery_after: date = strawberry.field(description="The delivery date after.")
    critical_path_before: list[str] = strawberry.field(description="Keys of the critical leaves.")
    critical_path_after: list[str] = strawberry.field(description="Keys of the critical leaves.")
    milestones: list[MilestoneShift] = strawberry.field(description="Every milestone.")
    retainer: RetainerEffect = strawberry.field(description="The deposit.")
    fingerprint: str = strawberry.field(description="What a signature must match.")

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        """From the figures that are stored when an order is sent."""
        currency = data["currency"]

        def amount(name: str) -> Money:
            return money(data[name], currency)

        def day(text: str | None) -> date | None:
            return None if text is None else date.fromisoformat(text)

        retainer = data["retainer"]
        return cls(
            base_number=data["base_number"],
            lines=[
                ChangeLine(
                    action=LineAction(line["action"]),
                    key=line["item_key"],
                    title=line["title"],
                    fee_before=money_or_none(line["fee_before_minor"], currency),
                    fee_after=money_or_none(line["fee_after_minor"], currency),
                    fee_change=money(line["fee_change_minor"], currency),
                    changed_fields=line["changed_fields"],
                )
                for line in data["lines"]
            ],
            original_sum=amount("original_sum_minor"),
            previously_approved=amount("previously_approved_minor"),
            sum_before=amount("sum_before_minor"),
            change=amount("change_minor"),
            new_sum=amount("new_sum_minor"),
            tax_change=amount("tax_change_minor"),
            taxes=[
                TaxAmount(
                    tax_code=tax["tax_code"],
                    tax_bps=tax["tax_bps"],
                    taxable=money(tax["taxable_minor"], currency),
                    tax=money(tax["tax_minor"], currency),
                )
                for tax in data["tax"]
            ],
            total_change=amount("total_change_minor"),
            total_before=amount("total_before_minor"),
            total_after=amount("total_after_minor"),
            change_days=data["change_days"],
            delivery_before=date.fromisoformat(data["completion_before"]),
            delivery_after=date.fromisoformat(data["completion_after"]),
            critical_path_before=data["critical_path_before"],
            critical_path_after=data["critical_path_after"],
            milestones=[
                MilestoneShift(
                    key=shift["item_key"],
                    title=shift["title"],
                    before=day(shift["before"]),
                    after=day(shift["after"]),
                    shift_days=shift["shift_days"],
                )
                for shift in data["milestones"]
            ],
            retainer=RetainerEffect(
                held=money(retainer["held_minor"], currency),
                required_before=money(retainer["required_before_minor"], currency),
                required_after=money(retainer["required_after_minor"], currency),
                top_up=money(retainer["top_up_minor"], currency),
            ),
            fingerprint=data["fingerprint"],
        )


@strawberry.type(description="The signed delta to scope, price and dates.")
class ChangeOrder(Node):
    """Draft, sent, and approved, declined, withdrawn or expired."""

    row: strawberry.Private[Any]
    number: int | None = strawberry.field(
        description="Runs per engagement without gaps; null until sent."
    )
    title: str = strawberry.field(description="What it is about.")
    status: ChangeOrderStatus = strawberry.field(description="Where it stands.")
    reason: ChangeReason = strawberry.field(description="Why the scope changes.")
    reason_text: str = strawberry.field(description="Why, in words.")
    revenue_class: RevenueClass = strawberry.field(description="How it counts as revenue.")
    requested_by: str = strawberry.field(description="Who asked for it.")
    requested_on: date = strawberry.field(description="When.")
    sent_at: datetime | None = strawberry.field(description="When the offer went out.")
    expires_at: datetime | None = strawberry.field(description="Until when it stands.")
    decided_at: datetime | None = strawberry.field(description="When it ended.")
    decided_by: str = strawberry.field(description="The names that signed.")
    decline_reason: str = strawberry.field(description="Why it ended without a signature.")
    version: int = strawberry.field(description="Send it back as `expectedVersion` to change it.")
    created_at: datetime = strawberry.field(description="When it was drafted.")

    @strawberry.field(description="The engagement.")
    async def engagement(self, info: Info) -> Engagement | None:
        """Whose scope it changes."""
        return await engagement_loader(info).load(self.row["engagement_id"])

    @strawberry.field(
        description="The number on its paper, such as 2026-001-CO02; null until sent."
    )
    async def document_number(self, info: Info) -> str | None:
        """With the engagement's number."""
        if self.number is None:
            return None
        engagement = await engagement_loader(info).load(self.row["engagement_id"])
        return order_number(engagement.row, self.number) if engagement else None

    @strawberry.field(description="The figures as they were sent; null until then.")
    def figures(self) -> ChangePreview | None:
        """They do not move any more."""
        if self.row["preview"] is None:
            return None
        return ChangePreview.of(orjson.loads(self.row["preview"]))

    @strawberry.field(description="The changes as stored: one JSON object each, under its `op`.")
    def changes(self) -> list[str]:
        """For whoever wants to draft it again."""
        return [orjson.dumps(each).decode() for each in orjson.loads(self.row["changes"])]

    @strawberry.field(description="The scope version that it starts from.")
    async def base_scope_version(self, info: Info) -> ScopeVersion | None:
        """It must still be the current one when the order is signed."""
        return await version_loader(info).load(self.row["base_scope_version_id"])

    @strawberry.field(description="The paper that binds; null until sent.")
    async def document(self, info: Info) -> Document | None:
        """In the engagement's language."""
        key = self.row["document_id"]
        return None if key is None else await document_loader(info).load(key)

    @strawberry.field(description="The same paper in the other language; null until sent.")
    async def translation(self, info: Info) -> Document | None:
        """A courtesy; not signed."""
        key = self.row["translation_id"]
        return None if key is None else await document_loader(info).load(key)

    @strawberry.field(description="Its envelope; null until sent.")
    async def envelope(self, info: Info) -> Envelope | None:
        """Who was asked, and what they did."""
        key = self.row["envelope_id"]
        return None if key is None else await envelope_loader(info).load(key)

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        same = (
            "number", "title", "reason_text", "requested_by", "requested_on", "sent_at", "expires_at", "decided_at",
            "decided_by", "decline_reason", "version", "created_at",
        )  # fmt: skip
        return cls(
            id=encode_id("ChangeOrder", row["id"]),
            row=row,
            status=ChangeOrderStatus(row["status"]),
            reason=ChangeReason(row["reason"]),
            revenue_class=RevenueClass(row["revenue_class"]),
            **{name: row[name] for name in same},
        )


@fetches("ChangeOrder")
async def _change_orders(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.change_orders_by_ids(uow, ids)
    return {row["id"]: ChangeOrder.of(row) for row in rows}
