"""What differs between two states of an engagement's scope: any two versions, or a version and the draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from db.queries import scopes as queries
from db.unit_of_work import UnitOfWork, read_only
from services import engagements
from services.actor import MEMBERS, Actor
from services.calendars import plan_calendars
from services.rules.calendars import Timeline
from services.rules.errors import NotFound
from services.rules.scope import Scope, ScopeDiff, diff
from services.scopes.differences.summary import field_phrase, summary_lines, terms_phrases
from services.scopes.differences.words import LABELS, Naming
from services.scopes.drafts import draft_scope, read_draft
from services.scopes.rows import item_rows
from services.scopes.versions import (
    ScopeTerms,
    load_scope,
    terms_of_engagement,
    terms_of_version,
)

__all__ = [
    "LABELS",
    "ItemMove",
    "Naming",
    "ScopeDifference",
    "ScopeSide",
    "ScopeTotals",
    "difference",
    "field_phrase",
    "summary_lines",
    "terms_phrases",
]


@dataclass(frozen=True)
class ScopeTotals:
    """The figures of one state; money in minor units, days are working days."""

    fee_minor: int
    cost_minor: int
    tax_minor: int
    contingency_minor: int
    duration_days: int
    start_date: date
    delivery_date: date


@dataclass(frozen=True)
class ScopeSide:
    """One of the two states. `number` is None for the draft; an incomplete draft has no totals and no dates."""

    number: int | None
    version: Any
    scope: Scope
    terms: ScopeTerms
    totals: ScopeTotals | None
    rows: Mapping[str, Any]

    def naming(self, locale: str) -> Naming:
        """What its parts are called."""
        return Naming(
            locale,
            self.terms.currency,
            {item.item_key: item for item in self.scope.items},
            {calendar.key: calendar for calendar in self.scope.calendars},
        )


@dataclass(frozen=True)
class ItemMove:
    """An item that is in both states and starts or finishes on another day; positive = later, in working days."""

    item_key: str
    title: str
    start_before: date
    start_after: date
    finish_before: date
    finish_after: date
    shift_days: int


@dataclass(frozen=True)
class ScopeDifference:
    """All that leads from one state to the other. `delivery_shift_days` counts on the working days of the former."""

    before: ScopeSide
    after: ScopeSide
    diff: ScopeDiff
    moves: tuple[ItemMove, ...]
    delivery_shift_days: int | None


async def difference(
    actor: Actor, engagement_id: UUID, before: int | None, after: int | None
) -> ScopeDifference:
    """The difference between two states of a scope, each a version's number or None for the draft.

    Raises `Forbidden`, `NotFound` (of a version with the code SCOPE_VERSION_NOT_FOUND).
    """
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        engagement = await engagements.found(uow, engagement_id)
        versions = {row["number"]: row for row in await queries.versions_of(uow, [engagement_id])}
        first = await _side(uow, engagement, versions, before, "from")
        second = await _side(uow, engagement, versions, after, "to")
    # The days agreed before are what a shift is counted in: a day of pause was a working day then.
    calendars = plan_calendars(
        first.scope,
        first.terms.calendar,
        first.terms.start_date,
        until=second.totals.delivery_date if second.totals else None,
    )
    timeline = Timeline(calendars.project, first.terms.start_date)
    shift = None
    if first.totals and second.totals:
        shift = timeline.finished_by(second.totals.delivery_date) - timeline.finished_by(
            first.totals.delivery_date
        )
    return ScopeDifference(
        first, second, diff(first.scope, second.scope), _moves(first, second, timeline), shift
    )


def _moves(first: ScopeSide, second: ScopeSide, timeline: Timeline) -> tuple[ItemMove, ...]:
    moves = []
    for key, row in second.rows.items():
        was = first.rows.get(key)
        if was is None:
            continue
        ends = (was["start_date"], row["start_date"], was["finish_date"], row["finish_date"])
        if ends[0] != ends[1] or ends[2] != ends[3]:
            shift = timeline.finished_by(ends[3]) - timeline.finished_by(ends[2])
            moves.append(ItemMove(key, row["title"], *ends, shift))
    return tuple(moves)


async def _side(
    uow: UnitOfWork, engagement: Any, versions: Mapping[int, Any], number: int | None, field: str
) -> ScopeSide:
    if number is None:
        return await _draft_side(uow, engagement)
    version = versions.get(number)
    if version is None:
        raise NotFound(
            f"The engagement has no scope version {number}.",
            code="SCOPE_VERSION_NOT_FOUND",
            field=field,
        )
    rows = await queries.items_of(uow, [version["id"]])
    totals = ScopeTotals(
        **{name: version[name] for name in ScopeTotals.__dataclass_fields__},
    )
    return ScopeSide(
        number,
        version,
        await load_scope(uow, version),
        terms_of_version(version),
        totals,
        {row["item_key"]: row for row in rows},
    )


async def _draft_side(uow: UnitOfWork, engagement: Any) -> ScopeSide:
    scope, _ = await draft_scope(uow, engagement["id"])
    terms = terms_of_engagement(engagement)
    state = read_draft(scope, terms).state
    if state is None:
        return ScopeSide(None, None, scope, terms, None, {})
    totals = ScopeTotals(
        fee_minor=state.budget.fee_minor,
        cost_minor=state.budget.cost_minor,
        tax_minor=state.budget.tax_minor,
        contingency_minor=state.budget.contingency_minor,
        duration_days=state.schedule.duration_days,
        start_date=state.schedule.start_date,
        delivery_date=state.schedule.finish_date,
    )
    rows = {row["item_key"]: row for row in item_rows(state)}
    return ScopeSide(None, None, scope, terms, totals, rows)
