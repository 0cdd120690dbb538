"""The picture beside a paper that a client is asked to sign: for an eye, for an ear, and as a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from db.unit_of_work import Scope, read_only
from services.gantts.charts import CHANGE_ORDER, CONTRACT
from services.gantts.pictures import GanttRequest, Subject, gantt_chart, link_path
from services.rules.gantts import PAGE_WIDTH, GanttChart, Theme, describe, lay_out

_SUBJECTS: Final[Mapping[str, Subject]] = {CHANGE_ORDER: "change-order", CONTRACT: "contract"}


@dataclass(frozen=True)
class PlanTable:
    """The rows of a picture as a table. `more` tells how many items are left out, if any are."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: str


@dataclass(frozen=True)
class PaperPicture:
    """What a page shows of a plan: the path of its picture with its natural size in pixels, the words for who cannot see it, and
    the same as a table."""

    heading: str
    path: str
    width: int
    height: int
    alt: str
    table_heading: str
    table: PlanTable


async def paper_picture(
    tenant_id: UUID,
    subject_kind: str,
    subject_id: UUID,
    *,
    locale: str,
    timezone: str,
    now: datetime,
) -> PaperPicture | None:
    """The picture of the plan that a paper is about; None for papers that are about none. Raises `NotFound`."""
    if subject_kind not in _SUBJECTS:
        return None
    request = GanttRequest(
        subject=_SUBJECTS[subject_kind],
        subject_id=subject_id,
        on=now.astimezone(ZoneInfo(timezone)).date(),
        locale=locale,
        theme=Theme.AUTO,
        width=PAGE_WIDTH,
    )
    async with read_only(Scope(tenant_id, "link:signer", "-")) as uow:
        chart = await gantt_chart(uow, request)
    layout = lay_out(chart, width=request.width, max_rows=request.max_rows)
    words = chart.words
    return PaperPicture(
        heading=words.text("heading_change" if chart.has_baseline else "heading"),
        path=link_path(tenant_id, request, "svg", now=now),
        width=round(layout.width),
        height=round(layout.height),
        alt=describe(chart),
        table_heading=words.text("table"),
        table=plan_table(chart, max_rows=request.max_rows),
    )


def plan_table(chart: GanttChart, *, max_rows: int) -> PlanTable:
    """The rows that a picture shows, in words."""
    layout = lay_out(chart, max_rows=max_rows)
    words = chart.words
    header = ["item", "start", "finish"]
    if chart.has_baseline:
        header += ["before_column", "shift"]
    rows = []
    for each in layout.rows:
        row = each.row
        name = f"{row.number} {row.title}".strip()
        if row.is_critical and row.current:
            name += f" ({words.text('critical_short')})"
        cells = [
            name,
            words.short_date(row.current.start) if row.current else "–",
            words.short_date(row.current.finish) if row.current else "–",
        ]
        if chart.has_baseline:
            cells += [words.short_date(row.baseline.finish) if row.baseline else "–", each.shift]
        rows.append(tuple(cells))
    return PlanTable(tuple(words.text(key) for key in header), tuple(rows), layout.more)
