"""How far an engagement's items are as of a date: what was reported, and what the client has accepted."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from db.queries import acceptances as acceptance_queries
from db.queries import progress as queries
from db.unit_of_work import UnitOfWork
from services.rules.progress import ItemProgress, with_acceptance


async def progress_as_of(
    uow: UnitOfWork, engagement_id: UUID, status_date: date, *, known_at: datetime | None = None
) -> dict[str, ItemProgress]:
    """What is known of each item by a date: as reported, and complete where the client has accepted it by then.

    With `known_at` as it was known at that moment. Items that nobody said anything of are not there.
    """
    rows = await queries.progress_as_of(uow, engagement_id, status_date, known_at)
    found = {row["item_key"]: progress_of(row) for row in rows}
    for row in await acceptance_queries.acceptances_of(uow, [engagement_id]):
        is_known = known_at is None or row["recorded_at"] <= known_at
        if row["accepted_on"] <= status_date and is_known:
            key = row["item_key"]
            found[key] = with_acceptance(found.get(key), row["accepted_on"])
    return found


def progress_of(row: Any) -> ItemProgress:
    """An entry's row as the rules see it."""
    return ItemProgress(
        row["percent_complete_bps"], row["actual_start"], row["actual_finish"], row["status_date"]
    )
