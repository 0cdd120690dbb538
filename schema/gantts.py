"""Gantt pictures: links to them as SVG and PNG, and what they show in words."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

import strawberry

from db.queries import engagements as queries
from db.unit_of_work import read_only
from schema.context import Info
from services import gantts
from services.gantts import GanttRequest, Subject
from services.rules.gantts import Theme, describe

strawberry.enum(
    Theme,
    name="GanttTheme",
    description="The colours: LIGHT for paper, DARK for a dark screen, AUTO for whichever the reader's screen prefers.",
)


@strawberry.type(description="A Gantt picture, behind links that last a quarter of an hour.")
class Gantt:
    """Whoever has a link sees that one picture until then."""

    request: strawberry.Private[GanttRequest]
    svg_url: str = strawberry.field(description="The picture as SVG.")
    png_url: str = strawberry.field(
        description="The picture as PNG, twice as large, in light or dark."
    )
    expires_at: datetime = strawberry.field(description="When the links end.")

    @strawberry.field(description="The picture in words, for who cannot see it.")
    async def alt(self, info: Info) -> str:
        """Plans, delivery, what moves, the critical path."""
        async with read_only(info.context.actor.scope()) as uow:
            return describe(await gantts.gantt_chart(uow, self.request))

    @classmethod
    def of(cls, info: Info, request: GanttRequest) -> Self:
        """Links to a picture of something that the actor has just been shown."""
        made = gantts.gantt_links(info.context.actor.tenant_id, request, now=info.context.now)
        return cls(
            request=request,
            svg_url=made.svg_url,
            png_url=made.png_url,
            expires_at=made.expires_at,
        )


def gantt_of(
    info: Info,
    subject: Subject,
    subject_id: UUID,
    *,
    locale: str,
    theme: Theme,
    max_rows: int,
    **more: Any,
) -> Gantt:
    """The picture of one subject, seen today. Raises `InvalidInput` for a locale or a number of rows that cannot be."""
    request = GanttRequest(
        subject,
        subject_id,
        info.context.today,
        locale=locale,
        theme=theme,
        max_rows=max_rows,
        **more,
    )
    return Gantt.of(info, request)


async def locale_of(info: Info, engagement_id: UUID) -> str:
    """The language of an engagement, read for all pictures of an answer at once."""

    async def load(ids: list[UUID]) -> list[str]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.engagements_by_ids(uow, ids)
        found = {row["id"]: row["locale"] for row in rows}
        return [found.get(each, "en") for each in ids]

    loaded: str = await info.context.loader("gantts.locale", load).load(engagement_id)
    return loaded
