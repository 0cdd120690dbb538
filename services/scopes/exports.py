"""Scopes as files that others open: CSV, JSON, Microsoft Project's XML and iCalendar.

A version's dates are those that were stored when it was signed; a draft's are computed now.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from db.queries import scopes as queries
from db.unit_of_work import UnitOfWork, read_only
from services import engagements
from services.actor import MEMBERS, Actor
from services.calendars import plan_calendars
from services.rules.calendars import WorkingCalendar
from services.rules.errors import NotFound
from services.rules.plan_exports import (
    ExportedPlan,
    PlannedItem,
    write_csv,
    write_json,
    write_project,
)
from services.rules.scope import Scope, scope_problems
from services.scopes.calendar_files import write_calendar
from services.scopes.drafts import draft_scope
from services.scopes.versions import (
    ScopeTerms,
    compute_state,
    load_scope,
    terms_of_engagement,
    terms_of_version,
)

ScopeFileFormat = Literal["csv", "json", "xml", "ics"]


@dataclass(frozen=True)
class ScopeFile:
    """A file: what it may be called, and what is in it."""

    name: str
    content: bytes


@dataclass(frozen=True)
class _Source:
    """A scope with what its files say besides."""

    engagement: Any
    scope: Scope
    terms: ScopeTerms
    planned: Mapping[str, PlannedItem]
    label: str
    sequence: int
    made_at: datetime


async def draft_file(actor: Actor, engagement_id: UUID, file_format: ScopeFileFormat) -> ScopeFile:
    """The scope draft of an engagement as a file.

    A draft that is not complete yet can be had as CSV and JSON; the others need its dates. Raises `Forbidden`, `NotFound`,
    `InvalidInput` (SCOPE_INVALID).
    """
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        engagement = await engagements.found(uow, engagement_id)
        scope, row = await draft_scope(uow, engagement_id)
    terms = terms_of_engagement(engagement)
    planned: dict[str, PlannedItem] = {}
    if file_format in ("xml", "ics") or not scope_problems(scope):
        planned = _planned(compute_state(scope, terms).schedule.items)
    source = _Source(engagement, scope, terms, planned, "draft", row["version"], row["updated_at"])
    return _file(source, file_format)


async def version_file(
    actor: Actor, scope_version_id: UUID, file_format: ScopeFileFormat
) -> ScopeFile:
    """A scope version as a file. Raises `Forbidden`, `NotFound`."""
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        version = await queries.version_by_id(uow, scope_version_id)
        if version is None:
            raise NotFound("No scope version with this id.", field="versionId")
        engagement = await engagements.found(uow, version["engagement_id"])
        scope = await load_scope(uow, version)
        planned = await _stored(uow, scope_version_id)
    source = _Source(
        engagement,
        scope,
        terms_of_version(version),
        planned,
        f"v{version['number']}",
        # Above every version of a draft, which a reader may hold from before.
        _AFTER_DRAFTS + version["number"],
        version["created_at"],
    )
    return _file(source, file_format)


_AFTER_DRAFTS: Final = 1_000_000


def _planned(items: Mapping[str, Any]) -> dict[str, PlannedItem]:
    return {
        key: PlannedItem(
            item.start_date,
            item.finish_date,
            item.early_start,
            item.total_float_days,
            item.free_float_days,
            item.critical,
        )
        for key, item in items.items()
    }


async def _stored(uow: UnitOfWork, scope_version_id: UUID) -> dict[str, PlannedItem]:
    return {
        row["item_key"]: PlannedItem(
            row["start_date"],
            row["finish_date"],
            row["early_start"],
            row["total_float"],
            row["free_float"],
            row["is_critical"],
        )
        for row in await queries.items_of(uow, [scope_version_id])
    }


def _file(source: _Source, file_format: ScopeFileFormat) -> ScopeFile:
    terms, engagement = source.terms, source.engagement
    calendars = plan_calendars(source.scope, terms.calendar, terms.start_date)
    by_key: dict[str | None, WorkingCalendar] = {None: calendars.project}
    by_key.update(calendars.items.items())
    plan = ExportedPlan(
        name=engagement["name"],
        currency=terms.currency,
        start=terms.start_date,
        terms=terms.calendar,
        scope=source.scope,
        planned=source.planned,
        calendars=by_key,
    )
    name = f"{engagements.number_of(engagement)}-scope-{source.label}.{file_format}"
    if file_format == "ics":
        return ScopeFile(
            name,
            write_calendar(
                plan,
                engagement_id=engagement["id"],
                locale=engagement["locale"],
                sequence=source.sequence,
                stamped_at=source.made_at,
            ),
        )
    write = {"csv": write_csv, "json": write_json, "xml": write_project}[file_format]
    return ScopeFile(name, write(plan).encode("utf-8", "replace"))
