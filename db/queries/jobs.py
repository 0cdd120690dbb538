"""The job queue (pgqueuer, in the schema `jobs`): ids only, so that what a job leads to is read under its tenant."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence import qb
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel
from pgqueuer.ports.driver import Driver

from db.unit_of_work import UnitOfWork

# Every name is given: pgqueuer would else take some from bare environment variables such as CHANNEL.
JOB_NAMES = DBSettings(
    prefix="",
    db_schema="jobs",
    channel=Channel("ch_pgqueuer"),
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
    durability=Durability.durable,
)
"""The names that the migration gave the queue's tables."""


def job_queries(driver: Driver) -> Queries:
    """pgqueuer's statements over a connection or pool."""
    return Queries(
        driver,
        qb.QueryBuilderEnvironment(JOB_NAMES),
        qb.QueryQueueBuilder(JOB_NAMES),
        qb.QuerySchedulerBuilder(JOB_NAMES),
    )


async def enqueue(
    uow: UnitOfWork, entrypoint: str, row_id: UUID, *, after: timedelta | None = None
) -> None:
    """Have the worker look at a row of this practice once the transaction has committed; a job waiting already is enough.

    The job goes the way of the transaction: rolled back, it never was.
    """
    payload = orjson.dumps({"tenant_id": str(uow.tenant_id), "row_id": str(row_id)})
    async with uow.lock:
        # "skip", because a duplicate raised as an error would abort the transaction.
        await job_queries(AsyncpgDriver(uow.connection)).enqueue(
            entrypoint,
            payload,
            execute_after=after,
            dedupe_key=f"{entrypoint}:{row_id}",
            on_conflict="skip",
        )


async def depth(pool: asyncpg.Pool) -> dict[str, int]:
    """How many jobs wait, run or have failed for good, over all practices: for metrics. A count holds nothing of theirs."""
    rows = await pool.fetch("select status::text as status, count(*) from jobs.pgqueuer group by 1")
    return {row["status"]: row["count"] for row in rows}


def read_payload(payload: bytes | None) -> tuple[UUID, UUID]:
    """The practice and the row that a job is about. Raises what a damaged payload makes it raise."""
    data: dict[str, Any] = orjson.loads(payload or b"")
    return UUID(data["tenant_id"]), UUID(data["row_id"])
