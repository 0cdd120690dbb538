"""Scope versions and drafts, read for all engagements of an answer at once."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from db.queries import scopes as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.gantts import Gantt, gantt_of, locale_of
from schema.relay import Node, encode_id, fetches
from schema.scopes.exports import ScopeFiles
from schema.scopes.items import ScopeItem, ScopeLine, items_of, lines_of
from schema.scopes.types import (
    Budget,
    Expectation,
    ItemCalendar,
    PlanFileProblem,
    ScopeDependency,
    Timeline,
    budget,
    budget_of,
    timeline_of,
)
from services import scopes
from services.actor import MEMBERS
from services.engagements import calendar_terms
from services.rules import scope as rule
from services.rules.gantts import DEFAULT_ROWS, Theme
from services.rules.scope import ExpectationKind
from services.scopes import ScopeState, ScopeTerms
from services.scopes.drafts import load_stored
from services.scopes.rows import item_rows


@strawberry.type(description="An immutable, numbered state of the scope.")
class ScopeVersion(Node):
    """Number 1 is the baseline; each later one was made by a signed change order."""

    row: strawberry.Private[Any]
    number: int = strawberry.field(description="Counts from 1 within the engagement.")
    fingerprint: str = strawberry.field(description="SHA-256 of the scope's canonical data.")
    start_date: date = strawberry.field(description="The first working day.")
    delivery_date: date = strawberry.field(description="The last day of the last item.")
    created_at: datetime = strawberry.field(description="When the paper behind it was signed.")

    @strawberry.field(description="Its items in outline order.")
    async def items(self, info: Info) -> list[ScopeItem]:
        """With the dates and figures they had when the version was made."""
        rows = await _items_loader(info).load(self.row["id"])
        return items_of(rows, self.row["currency"])

    @strawberry.field(description="Its dependencies as drawn.")
    async def dependencies(self, info: Info) -> list[ScopeDependency]:
        """The orderings of its items."""
        rows = await _dependencies_loader(info).load(self.row["id"])
        return [ScopeDependency.of(row) for row in rows]

    @strawberry.field(description="What is excluded, assumed or not guaranteed.")
    async def expectations(self, info: Info) -> list[Expectation]:
        """The register."""
        rows = await _expectations_loader(info).load(self.row["id"])
        return [Expectation(kind=ExpectationKind(row["kind"]), text=row["text"]) for row in rows]

    @strawberry.field(description="The working calendars that its items name.")
    async def calendars(self, info: Info) -> list[ItemCalendar]:
        """As they were agreed."""
        rows = await _calendars_loader(info).load(self.row["id"])
        return [
            ItemCalendar.of(rule.ItemCalendar(row["key"], row["title"], calendar_terms(row)))
            for row in rows
        ]

    @strawberry.field(description="When the work is done.")
    async def timeline(self, info: Info) -> Timeline:
        """As computed when the version was made."""
        rows = await _items_loader(info).load(self.row["id"])
        return timeline_of(
            items_of(rows, self.row["currency"]),
            start_date=self.row["start_date"],
            delivery_date=self.row["delivery_date"],
            duration_days=self.row["duration_days"],
        )

    @strawberry.field(description="What it earns and costs.")
    async def budget(self, info: Info) -> Budget:
        """As computed when the version was made."""
        return budget_of(self.row, await _items_loader(info).load(self.row["id"]))

    @strawberry.field(description="It as files to download.")
    def files(self, info: Info) -> ScopeFiles:
        """With the dates it had when it was made."""
        return ScopeFiles.of_version(info, self.row["id"])

    @strawberry.field(
        description="A Gantt picture of it, against another version where one is named."
    )
    async def gantt(
        self,
        info: Info,
        *,
        against: Annotated[
            int | None,
            strawberry.argument(description="The number of the version to show below it."),
        ] = None,
        locale: Annotated[
            str | None, strawberry.argument(description="en or da; the engagement's where null.")
        ] = None,
        theme: Annotated[Theme, strawberry.argument(description="The colours.")] = Theme.LIGHT,
        max_rows: Annotated[
            int, strawberry.argument(description="How many rows it has at most, up to 400.")
        ] = DEFAULT_ROWS,
    ) -> Gantt:
        """With the dates it had when it was made."""
        engagement_id = self.row["engagement_id"]
        return gantt_of(
            info,
            "engagement",
            engagement_id,
            locale=locale or await locale_of(info, engagement_id),
            theme=theme,
            max_rows=max_rows,
            version=self.number,
            against=against,
        )

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            id=encode_id("ScopeVersion", row["id"]),
            row=row,
            number=row["number"],
            fingerprint=row["fingerprint"],
            start_date=row["start_date"],
            delivery_date=row["delivery_date"],
            created_at=row["created_at"],
        )


@strawberry.type(description="What the scope is going to be, until the contract is signed.")
class ScopeDraft:
    """Free to change while the engagement is a draft. It may be incomplete: then nothing is dated or added up."""

    engagement_id: strawberry.Private[UUID]
    version: int = strawberry.field(description="Send it back as `expectedVersion` to change it.")
    source: str = strawberry.field(description="The file it came from.")
    fingerprint: str = strawberry.field(description="SHA-256 of the scope's canonical data.")
    updated_at: datetime = strawberry.field(description="When it last changed.")
    problems: list[PlanFileProblem] = strawberry.field(
        description="All that must be put right before it can go into a contract."
    )
    lines: list[ScopeLine] = strawberry.field(
        description="Its items as they are written, complete or not, in outline order."
    )
    items: list[ScopeItem] = strawberry.field(
        description="Its items with dates and figures, in outline order; none while there are problems."
    )
    dependencies: list[ScopeDependency] = strawberry.field(description="As drawn.")
    expectations: list[Expectation] = strawberry.field(description="The register.")
    calendars: list[ItemCalendar] = strawberry.field(description="The calendars that items name.")
    timeline: Timeline | None = strawberry.field(
        description="When the work is done; null while there are problems."
    )
    budget: Budget | None = strawberry.field(
        description="What it earns and costs; null while there are problems."
    )

    @strawberry.field(description="It as files to download.")
    def files(self, info: Info) -> ScopeFiles:
        """As it is now."""
        is_dated = self.timeline is not None
        return ScopeFiles.of_draft(info, self.engagement_id, is_dated=is_dated)


def dependency_of(link: rule.Dependency) -> ScopeDependency:
    """From the rules'."""
    return ScopeDependency(
        predecessor_key=link.predecessor_key,
        successor_key=link.successor_key,
        kind=link.kind,
        lag_days=link.lag_days,
        lag_kind=link.lag_kind,
        max_lag_days=link.max_lag_days,
    )


def written_parts(scope: rule.Scope) -> dict[str, Any]:
    """The fields of a scope that are there whether it is sound or not."""
    return {
        "dependencies": [dependency_of(link) for link in scope.dependencies],
        "expectations": [
            Expectation(kind=each.kind, text=each.text) for each in scope.expectations
        ],
        "calendars": [ItemCalendar.of(each) for each in scope.calendars],
    }


def plan_parts(state: ScopeState, terms: ScopeTerms) -> dict[str, Any]:
    """The fields of a `ScopePlan`."""
    items = items_of(item_rows(state), terms.currency)
    figures, schedule = state.budget, state.schedule
    return {
        **written_parts(state.scope),
        "items": items,
        "timeline": timeline_of(
            items,
            start_date=schedule.start_date,
            delivery_date=schedule.finish_date,
            duration_days=schedule.duration_days,
        ),
        "budget": budget(
            terms.currency,
            fee=figures.fee_minor,
            cost=figures.cost_minor,
            tax=figures.tax_minor,
            contingency=figures.contingency_minor,
            retention=figures.retention_minor,
            taxes=[
                (each.tax_code, each.tax_bps, each.taxable_minor, each.tax_minor)
                for each in figures.tax_subtotals
            ],
        ),
    }


async def draft_of(info: Info, engagement: Any) -> ScopeDraft | None:
    """The draft of an engagement's row, scheduled and added up where it is complete."""
    row = await _drafts_loader(info).load(engagement["id"])
    if row is None:
        return None
    terms = scopes.terms_of_engagement(engagement)
    scope = load_stored(row["body"])
    found = scopes.read_draft(scope, terms)
    parts = {"items": [], "timeline": None, "budget": None, **written_parts(scope)}
    if found.state is not None:
        parts = plan_parts(found.state, terms)
    return ScopeDraft(
        engagement_id=engagement["id"],
        version=row["version"],
        source=row["source"],
        fingerprint=row["fingerprint"],
        updated_at=row["updated_at"],
        problems=[PlanFileProblem.of(each) for each in found.problems],
        lines=lines_of(scope, terms.currency),
        **parts,
    )


def versions_loader(info: Info) -> DataLoader[UUID, list[ScopeVersion]]:
    """All scope versions of an engagement, by its id, in order of number."""

    async def load(engagement_ids: list[UUID]) -> list[list[ScopeVersion]]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.versions_of(uow, engagement_ids)
        found: dict[UUID, list[ScopeVersion]] = defaultdict(list)
        for row in rows:
            found[row["engagement_id"]].append(ScopeVersion.of(row))
        return [found[each] for each in engagement_ids]

    return info.context.loader("scopes.versions", load)


def version_loader(info: Info) -> DataLoader[UUID, ScopeVersion | None]:
    """Scope versions by id."""

    async def load(ids: list[UUID]) -> list[ScopeVersion | None]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.versions_by_ids(uow, ids)
        found = {row["id"]: ScopeVersion.of(row) for row in rows}
        return [found.get(each) for each in ids]

    return info.context.loader("scopes.by_id", load)


def _items_loader(info: Info) -> DataLoader[UUID, list[Any]]:
    async def load(ids: list[UUID]) -> list[list[Any]]:
        async with read_only(info.context.actor.scope()) as uow:
            return _grouped(ids, await queries.items_of(uow, ids))

    return info.context.loader("scopes.items", load)


def _dependencies_loader(info: Info) -> DataLoader[UUID, list[Any]]:
    async def load(ids: list[UUID]) -> list[list[Any]]:
        async with read_only(info.context.actor.scope()) as uow:
            return _grouped(ids, await queries.dependencies_of(uow, ids))

    return info.context.loader("scopes.dependencies", load)


def _calendars_loader(info: Info) -> DataLoader[UUID, list[Any]]:
    async def load(ids: list[UUID]) -> list[list[Any]]:
        async with read_only(info.context.actor.scope()) as uow:
            return _grouped(ids, await queries.calendars_of(uow, ids))

    return info.context.loader("scopes.calendars", load)


def _expectations_loader(info: Info) -> DataLoader[UUID, list[Any]]:
    async def load(ids: list[UUID]) -> list[list[Any]]:
        async with read_only(info.context.actor.scope()) as uow:
            return _grouped(ids, await queries.expectations_of(uow, ids))

    return info.context.loader("scopes.expectations", load)


def _grouped(ids: Sequence[UUID], rows: Sequence[Any]) -> list[list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row["scope_version_id"]].append(row)
    return [found[each] for each in ids]


def _drafts_loader(info: Info) -> DataLoader[UUID, Any]:
    async def load(engagement_ids: list[UUID]) -> list[Any]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.drafts_of(uow, engagement_ids)
        found = {row["engagement_id"]: row for row in rows}
        return [found.get(each) for each in engagement_ids]

    return info.context.loader("scopes.drafts", load)


@fetches("ScopeVersion")
async def _versions(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.versions_by_ids(uow, ids)
    return {row["id"]: ScopeVersion.of(row) for row in rows}
