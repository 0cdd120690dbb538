"""The next invoice, suggested: everything of an engagement that could be billed now."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from db.queries import engagements as engagement_queries
from db.unit_of_work import read_only
from services.actor import MEMBERS, Actor
from services.invoices.sources import SOURCES, Source, SourceLine
from services.invoices.sources import billable as billable_lines
from services.rules.errors import NotFound
from services.rules.taxes import TaxableLine, compute_taxes

BillableLine = SourceLine


@dataclass(frozen=True, slots=True)
class Billable:
    """The lines, what each source comes to before tax (those that come to nothing left out), and what an invoice of all would be."""

    engagement_id: UUID
    currency: str
    lines: tuple[BillableLine, ...]
    by_source: tuple[tuple[Source, int], ...]
    net_minor: int
    tax_minor: int


async def billable(actor: Actor, engagement_id: UUID, *, today: date) -> Billable:
    """Everything that could be billed now; drafts hold what they bill. Raises `Forbidden`, `NotFound`."""
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        engagement = await engagement_queries.engagement_by_id(uow, engagement_id)
        if engagement is None:
            raise NotFound("No engagement with this id.", field="engagementId")
        lines = await billable_lines(uow, engagement, today)
    taxes = compute_taxes(
        [TaxableLine(each.net_minor, each.tax_code, each.tax_bps) for each in lines]
    )
    sums = {
        source: sum(each.net_minor for each in lines if each.source == source) for source in SOURCES
    }
    return Billable(
        engagement_id,
        engagement["currency"],
        lines,
        tuple((source, net_minor) for source, net_minor in sums.items() if net_minor),
        sum(sums.values()),
        taxes.tax_minor,
    )
