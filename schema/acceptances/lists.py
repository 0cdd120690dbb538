"""An engagement's deliverables and deliveries, page by page."""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from db.queries import acceptances as queries
from db.unit_of_work import read_only
from schema.acceptances.types import Deliverable, DeliverableState, Delivery, DeliveryStatus
from schema.context import Info
from schema.relay import Connection, Keyset, Page

DELIVERABLES_IN_ORDER = Keyset("deliverables.outline", (int, UUID))
DELIVERIES_NEWEST_FIRST = Keyset("deliveries.made", (UUID,))

_Key = tuple[int, UUID] | None


async def deliverables_page(
    info: Info, engagement_id: UUID, states: Sequence[DeliverableState] | None, page: Page
) -> Connection[Deliverable]:
    """The leaves of the current scope in its order, in some states where given; none before the contract is signed."""
    actor = info.context.actor
    wanted = [str(state.value) for state in states] if states else None

    async def total() -> int:
        async with read_only(actor.scope()) as uow:
            return await queries.count_deliverables(uow, engagement_id=engagement_id, states=wanted)

    async with read_only(actor.scope()) as uow:
        rows = await queries.deliverables_page(
            uow,
            engagement_id=engagement_id,
            states=wanted,
            after=cast(_Key, page.after),
            before=cast(_Key, page.before),
            limit=page.fetch,
            is_backward=page.backward,
        )
    return Connection.of(
        page,
        rows,
        node=Deliverable.of,
        key=lambda row: (row["outline"], row["id"]),
        total=total,
    )


async def deliveries_page(
    info: Info,
    engagement_id: UUID,
    statuses: Sequence[DeliveryStatus] | None,
    item_key: str | None,
    page: Page,
) -> Connection[Delivery]:
    """What was handed over, newest first; in some states, or of one item, where given."""
    actor = info.context.actor
    wanted = [str(status.value) for status in statuses] if statuses else None

    async def total() -> int:
        async with read_only(actor.scope()) as uow:
            return await queries.count_deliveries(
                uow, engagement_id=engagement_id, statuses=wanted, item_key=item_key
            )

    async with read_only(actor.scope()) as uow:
        rows = await queries.deliveries_page(
            uow,
            engagement_id=engagement_id,
            statuses=wanted,
            item_key=item_key,
            after=page.after[0] if page.after else None,
            before=page.before[0] if page.before else None,
            limit=page.fetch,
            is_backward=page.backward,
        )
    return Connection.of(page, rows, node=Delivery.of, key=lambda row: (row["id"],), total=total)
