"""What can be asked of late payers."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

import strawberry

from db.queries import dunning as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.dunning.types import (
    DunningLadder,
    DunningNotice,
    InvoiceLateInterest,
    LateCharge,
    NextDunningNotice,
)
from schema.relay import Connection, Keyset, Node, Page, decode_id, fetches
from services import dunning
from services.actor import MEMBERS
from services.late_interest.claims import late_interest
from services.rules.dates import check_plausible

T = TypeVar("T")
NOTICES_NEWEST_FIRST = Keyset("dunning_notices.written", (UUID,))
CHARGES_NEWEST_FIRST = Keyset("late_charges.charged", (UUID,))


async def listed(
    info: Info,
    table: queries.Listed,
    page: Page,
    node: Callable[[Any], T],
    *,
    client_id: strawberry.ID | None,
    engagement_id: strawberry.ID | None,
) -> Connection[T]:
    """One page of a table of late payers, newest first. Raises `Forbidden`, `InvalidInput`."""
    actor = info.context.actor
    actor.require(*MEMBERS)
    fits: dict[str, Any] = {
        "client_id": None if client_id is None else decode_id("Client", client_id, "clientId"),
        "engagement_id": None
        if engagement_id is None
        else decode_id("Engagement", engagement_id, "engagementId"),
    }

    async def total() -> int:
        async with read_only(actor.scope()) as uow:
            return await queries.count(uow, table, **fits)

    async with read_only(actor.scope()) as uow:
        rows = await queries.page(
            uow,
            table,
            **fits,
            after=page.after[0] if page.after else None,
            before=page.before[0] if page.before else None,
            limit=page.fetch,
            is_backward=page.backward,
        )
    return Connection.of(page, rows, node=node, key=lambda row: (row["id"],), total=total)


async def nodes(
    info: Info, table: queries.Listed, ids: Sequence[UUID], node: Callable[[Any], Node]
) -> dict[UUID, Node]:
    """Rows by id, for `node`. Raises `Forbidden`."""
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        return {row["id"]: node(row) for row in await queries.rows_by_ids(uow, table, ids)}


@fetches("DunningNotice")
async def _notices(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    return await nodes(info, "dunning_notice", ids, DunningNotice.of)


@fetches("LateCharge")
async def _charges(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    return await nodes(info, "late_charge", ids, LateCharge.of)


@strawberry.type
class DunningQuery:
    """Mixed into Query."""

    @strawberry.field(description="How the practice reminds late payers.")
    async def dunning_ladder(self, info: Info) -> DunningLadder:
        """The edition that counts, or the default."""
        info.context.actor.require(*MEMBERS)
        async with read_only(info.context.actor.scope()) as uow:
            return DunningLadder.of(await dunning.ladder(uow))

    @strawberry.field(description="Reminders, newest first; of one client or one engagement.")
    async def dunning_notices(
        self,
        info: Info,
        *,
        client_id: strawberry.ID | None = None,
        engagement_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[DunningNotice]:
        """All that were drafted, sent or waived."""
        page = NOTICES_NEWEST_FIRST.page(first, after, last, before)
        return await listed(
            info, "dunning_notice", page, DunningNotice.of, client_id=client_id, engagement_id=engagement_id
        )  # fmt: skip

    @strawberry.field(
        description="The next reminder on an invoice as it would go out now; null where none comes."
    )
    async def next_dunning_notice(
        self, info: Info, invoice_id: strawberry.ID
    ) -> NextDunningNotice | None:
        """A preview."""
        found = await dunning.next_notice(
            info.context.actor,
            decode_id("Invoice", invoice_id, "invoiceId"),
            now=info.context.now,
        )
        return None if found is None else NextDunningNotice.of(found)

    @strawberry.field(
        description="Charges for delay, newest first; of one client or one engagement."
    )
    async def late_charges(
        self,
        info: Info,
        *,
        client_id: strawberry.ID | None = None,
        engagement_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[LateCharge]:
        """All that were claimed."""
        page = CHARGES_NEWEST_FIRST.page(first, after, last, before)
        return await listed(
            info, "late_charge", page, LateCharge.of, client_id=client_id, engagement_id=engagement_id
        )  # fmt: skip

    @strawberry.field(
        description="The interest on an invoice through a day, step by step, by its contract or its law."
    )
    async def late_interest(
        self, info: Info, invoice_id: strawberry.ID, until: date
    ) -> InvoiceLateInterest:
        """Refused (RATE_UNKNOWN) where a rate is not known; never guessed."""
        check_plausible(until, "until")
        return InvoiceLateInterest.of(
            await late_interest(
                info.context.actor, decode_id("Invoice", invoice_id, "invoiceId"), until
            )
        )
