"""Items handed over to the client, from Monday 2 March 2026: ten Danish working days end on Monday 16 March."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from db.queries import acceptances as queries
from db.unit_of_work import read_only
from services import acceptances, links
from services.actor import Actor
from services.rules.acceptances import Reason
from tests.factories.engagements import Case
from tests.factories.practices import NOW

HANDED_OVER = NOW + timedelta(hours=3)
LAST_DAY = date(2026, 3, 16)
ENDS = datetime(2026, 3, 16, 23, tzinfo=UTC)
"""Midnight after the last day in Copenhagen."""
SECOND = timedelta(seconds=1)


async def delivered(
    case: Case, *item_keys: str, now: datetime = HANDED_OVER, **changes: Any
) -> list[UUID]:
    """Hand these items (the design, unless said) over, today."""
    values = {"delivered_on": now.date(), "idempotency_key": case.key(), "today": now.date()}
    return await acceptances.deliver(
        case.actor,
        case.engagement_id,
        list(item_keys or ["design"]),
        now=now,
        **{**values, **changes},  # type: ignore[arg-type]
    )


async def rejected(
    case: Case,
    delivery_id: UUID,
    *,
    now: datetime = HANDED_OVER,
    reasons: Sequence[Reason] = (Reason(1, "The board has not seen page 3"),),
    **changes: Any,
) -> UUID:
    """The client's signer rejects, by a member who writes it down."""
    values = {"rejected_on": now.date(), "contact_id": case.client.signer_id, "today": now.date()}
    return await acceptances.reject(
        changes.pop("actor", case.actor),
        delivery_id,
        reasons=reasons,
        now=now,
        **{**values, **changes},  # type: ignore[arg-type]
    )


def signer_of(case: Case) -> Actor:
    """The client's signer, as a link lets them in."""
    return Actor(
        case.people.practice_id,
        "client",
        contact_id=case.client.signer_id,
        timezone="Europe/Copenhagen",
    )


async def delivery_row(case: Case, delivery_id: UUID) -> Any:
    """A delivery as it is stored, with what it shares with its handover."""
    async with read_only(case.actor.scope()) as uow:
        return await queries.delivery_by_id(uow, delivery_id)


async def recipient_rows(case: Case, delivery_id: UUID) -> list[Any]:
    """Whom a delivery was told to."""
    async with read_only(case.actor.scope()) as uow:
        row: Any = await queries.delivery_by_id(uow, delivery_id)
        return list(await queries.recipients_of(uow, [row["handover_id"]]))


async def page_token(case: Case, delivery_id: UUID) -> str:
    """The token of the first recipient's link, as the mail has it."""
    person = (await recipient_rows(case, delivery_id))[0]
    return links.delivery_token(case.people.practice_id, person["id"], person["link_generation"])


async def states_of(case: Case) -> dict[str, str]:
    """Where every leaf of the current scope stands."""
    async with read_only(case.actor.scope()) as uow:
        rows = await queries.deliverables_page(
            uow, engagement_id=case.engagement_id, states=None, after=None, before=None, limit=500, is_backward=False
        )  # fmt: skip
    return {row["item_key"]: row["state"] for row in rows}


async def mails_of(case: Case, kind: str | None = None) -> list[tuple[str, str]]:
    """The mails about deliveries that were queued: kind and recipient."""
    async with read_only(case.actor.scope()) as uow:
        rows = await uow.fetch(
            "select kind, recipient_email from outbox_message where tenant_id = $1 and kind like 'delivery%' order by id",
            uow.tenant_id,
        )  # fmt: skip
    return [(r["kind"], r["recipient_email"]) for r in rows if kind in {None, r["kind"]}]
