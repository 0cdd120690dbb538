"""The change orders of an engagement, by number, filtered."""

from enum import Enum
from typing import cast
from uuid import UUID

import strawberry

from db.queries import change_orders as queries
from db.queries.change_orders import LAST_NUMBER
from db.unit_of_work import read_only
from schema.change_orders.types import ChangeOrder
from schema.context import Info
from schema.relay import Connection, Keyset, decode_id
from services.actor import MEMBERS
from services.rules.change_orders import ChangeOrderStatus

_Key = tuple[int, UUID] | None


@strawberry.enum(description="The order of a list of change orders.")
class ChangeOrderSort(Enum):
    """By number; drafts, which have none, count as the newest."""

    NUMBER_ASC = strawberry.enum_value("asc", description="The first first, drafts last.")
    NUMBER_DESC = strawberry.enum_value("desc", description="Drafts first, then the newest number.")


_KEYSETS = {
    ChangeOrderSort.NUMBER_ASC: Keyset("change_orders.number", (int, UUID)),
    ChangeOrderSort.NUMBER_DESC: Keyset("change_orders.number.desc", (int, UUID)),
}


@strawberry.type
class ChangeOrderListQuery:
    """Mixed into Query."""

    @strawberry.field(description="The change orders of an engagement, by number.")
    async def change_orders(
        self,
        info: Info,
        *,
        engagement_id: strawberry.ID,
        statuses: list[ChangeOrderStatus] | None = None,
        is_open: bool | None = None,
        is_stale: bool | None = None,
        sort: ChangeOrderSort = ChangeOrderSort.NUMBER_ASC,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[ChangeOrder]:
        """In some states, open or not (drafts and offers are), stale or not, where given."""
        actor = info.context.actor
        actor.require(*MEMBERS)
        page = _KEYSETS[sort].page(first, after, last, before)
        key = decode_id("Engagement", engagement_id, "engagementId")
        wanted = [str(status.value) for status in statuses] if statuses else None

        async def total() -> int:
            async with read_only(actor.scope()) as uow:
                return await queries.count_change_orders(
                    uow, engagement_id=key, statuses=wanted, is_open=is_open, is_stale=is_stale
                )

        async with read_only(actor.scope()) as uow:
            rows = await queries.change_orders_page(
                uow,
                engagement_id=key,
                statuses=wanted,
                is_open=is_open,
                is_stale=is_stale,
                after=cast(_Key, page.after),
                before=cast(_Key, page.before),
                limit=page.fetch,
                is_descending=sort is ChangeOrderSort.NUMBER_DESC,
                is_backward=page.backward,
            )
        return Connection.of(
            page,
            rows,
            node=ChangeOrder.of,
            key=lambda row: (row["number"] or LAST_NUMBER, row["id"]),
            total=total,
        )
