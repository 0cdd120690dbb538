"""A change order as the API shows it; what it would do is in `schema.change_orders.figures`."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

import orjson
import strawberry

from db.queries import change_orders as queries
from db.unit_of_work import read_only
from schema.change_orders.figures import ChangePreview
from schema.change_orders.standing import ChangeOrderStanding
from schema.context import Info
from schema.documents import Document, document_loader
from schema.engagements.types import Engagement, engagement_loader
from schema.envelopes import Envelope, envelope_loader
from schema.gantts import Gantt, gantt_of, locale_of
from schema.relay import Node, encode_id, fetches
from schema.scalars import Money
from schema.scopes.reads import ScopeVersion, version_loader
from schema.scopes.types import money
from services.actor import MEMBERS
from services.change_orders import order_number
from services.rules.change_orders import ChangeOrderStatus, ChangeReason, RevenueClass
from services.rules.gantts import DEFAULT_ROWS, Theme

strawberry.enum(ChangeReason, description="Why the scope changes.")
strawberry.enum(
    ChangeOrderStatus, description="Where a change order stands; all but draft and sent are final."
)


@strawberry.type(description="The signed delta to scope, price and dates.")
class ChangeOrder(ChangeOrderStanding, Node):
    """Draft, sent, and approved, declined, withdrawn, expired or voided; an approved one may be superseded."""

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
    contingency_draw: Money = strawberry.field(
        description="What it draws from the engagement's contingency."
    )
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

    @strawberry.field(description="A Gantt picture of the plan before the order and after it.")
    async def gantt(
        self,
        info: Info,
        *,
        locale: Annotated[
            str | None, strawberry.argument(description="en or da; the engagement's where null.")
        ] = None,
        theme: Annotated[Theme, strawberry.argument(description="The colours.")] = Theme.LIGHT,
        max_rows: Annotated[
            int, strawberry.argument(description="How many rows it has at most, up to 400.")
        ] = DEFAULT_ROWS,
    ) -> Gantt:
        """An approved order shows the version it made, any other what it would make of the version it was written for."""
        return gantt_of(
            info,
            "change-order",
            self.row["id"],
            locale=locale or await locale_of(info, self.row["engagement_id"]),
            theme=theme,
            max_rows=max_rows,
        )

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
            contingency_draw=money(row["contingency_draw_minor"], row["currency"]),
            **{name: row[name] for name in same},
        )


@fetches("ChangeOrder")
async def _change_orders(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.change_orders_by_ids(uow, ids)
    return {row["id"]: ChangeOrder.of(row) for row in rows}
