"""What changes would do, before anybody signs."""

import strawberry

from db.unit_of_work import read_only
from schema.change_orders.figures import ChangePreview
from schema.change_orders.inputs import ChangeInput, changes_of
from schema.change_orders.what_if import WhatIfQuery
from schema.context import Info
from schema.engagements.inputs import minor
from schema.errors import about_all
from schema.relay import decode_id
from schema.scalars import MoneyInput
from services import change_orders, engagements
from services.change_orders import frozen_figures
from services.rules.change_orders import ChangeReason


@strawberry.type
class ChangePreviewQuery(WhatIfQuery):
    """Mixed into Query."""

    @strawberry.field(
        description="What changes would do to an engagement: money, tax, every date, the way out. Nothing is stored."
    )
    async def preview_change_order(
        self,
        info: Info,
        *,
        engagement_id: strawberry.ID,
        changes: list[ChangeInput],
        reason: ChangeReason = ChangeReason.CLIENT_REQUEST,
        contingency_draw: MoneyInput | None = None,
    ) -> ChangePreview:
        """By the same code that a signature goes through."""
        actor = info.context.actor
        key = decode_id("Engagement", engagement_id, "engagementId")
        async with read_only(actor.scope()) as uow:
            row = await engagements.found(uow, key)
        with about_all("changes"):
            found = await change_orders.preview_changes(
                actor,
                key,
                changes_of(changes, row),
                reason=reason,
                contingency_draw_minor=minor(contingency_draw, row["currency"], "contingencyDraw")
                or 0,
            )
        return ChangePreview.of(frozen_figures(found))

    @strawberry.field(description="What a drafted change order would do as the scope stands now.")
    async def preview_drafted_change_order(
        self, info: Info, *, change_order_id: strawberry.ID
    ) -> ChangePreview:
        """For a last look before it is sent."""
        found = await change_orders.preview_order(
            info.context.actor, decode_id("ChangeOrder", change_order_id, "changeOrderId")
        )
        return ChangePreview.of(frozen_figures(found))
