"""A contract that has ended early, as its rows say it."""

from datetime import date
from typing import Any

from db.ids import new_id
from db.unit_of_work import unit_of_work
from tests.factories.engagements import Case
from tests.factories.money import MARCH, noon


async def end(
    case: Case,
    *,
    on: date = MARCH[16],
    kind: str = "notice",
    party: str = "client",
) -> None:
    """The contract ends on a day: by notice or for breach, of the client or the practice."""
    demanded, cure = (MARCH[2], MARCH[3]) if kind == "breach" else (None, None)
    async with unit_of_work(case.actor.scope()) as uow:
        client: Any = await uow.fetchval(
            "select client_id from engagement where tenant_id = $1 and id = $2",
            uow.tenant_id, case.engagement_id,
        )  # fmt: skip
        await uow.execute(
            """
            insert into termination (tenant_id, id, engagement_id, client_id, kind, party, status, reason, clause, demanded_on, cure_by,
              given_on, ends_on, member_id, created_at, updated_at)
            values ($1, $2, $3, $4, $5, $6, 'ended', 'Plans changed', '{}', $7, $8, $9, $9, $10, $11, $11)
            """,
            uow.tenant_id, new_id(), case.engagement_id, client, kind, party, demanded, cure, on,
            case.people.owner.member_id, noon(on),
        )  # fmt: skip
        await uow.execute(
            "update engagement set status = 'terminated' where tenant_id = $1 and id = $2",
            uow.tenant_id, case.engagement_id,
        )  # fmt: skip
