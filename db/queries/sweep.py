"""The one read across practices: whose papers have run out. It answers ids alone; all else is read as the practice."""

from datetime import datetime
from uuid import UUID

from db.engine import DB


async def practices_with_overdue_papers(now: datetime) -> list[UUID]:
    """Practices that have an open envelope or a sent change order whose end is not after `now` (aware).

    Runs outside any unit of work, because it belongs to no practice. Raises `RuntimeError` where the pool is not open.
    """
    if DB.pool is None:
        raise RuntimeError("the database pool is not open")
    rows = await DB.pool.fetch(
        "select practice_id from practices_with_overdue_papers($1) as practice_id", now
    )
    return [row["practice_id"] for row in rows]
