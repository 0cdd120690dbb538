"""The scope before the contract: imported, priced, and free to change as long as nobody was asked to sign it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from db.queries import scopes as queries
from db.tables.scopes import ScopeDraft
from db.unit_of_work import UnitOfWork, read_only, unit_of_work
from services import engagements
from services.actor import MEMBERS, WRITERS, Actor
from services.calendars import check_known
from services.rules.errors import DomainError, InvalidInput, NotFound, Stale
from services.rules.plan_files import PlanProblem
from services.rules.scope import (
    LAST_POSITION,
    AddItem,
    Change,
    Expectation,
    ReviseItem,
    Scope,
    apply_calendar_changes,
    apply_unchecked,
    check_draft,
    scope_fingerprint,
    scope_from_data,
    scope_problems,
    scope_to_data,
)
from services.rules.text import clean_text
from services.scopes.imports import FileFormat, ScopePreview, read_scope, require_sound
from services.scopes.rows import ScopeState
from services.scopes.versions import ScopeTerms, compute_state


@dataclass(frozen=True)
class ItemPrice:
    """New values for one item of a draft; None keeps what is there. Money in minor units, rates in basis points."""

    item_key: str
    fee_minor: int | None = None
    rate_minor: int | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    cost_minor: int | None = None
    effort_minutes: int | None = None
    tax_code: str | None = None
    tax_bps: int | None = None
    title: str | None = None
    description: str | None = None
    deliverable: str | None = None
    acceptance_criteria: str | None = None


def dump_scope(scope: Scope) -> str:
    """A scope as the JSON that is stored."""
    return orjson.dumps(scope_to_data(scope)).decode()


def load_stored(body: str) -> Scope:
    """A scope from the JSON that was stored."""
    return scope_from_data(orjson.loads(body))


async def preview_import(
    actor: Actor, engagement_id: UUID, *, text: str, file_format: FileFormat
) -> ScopePreview:
    """What importing a file would give, with every problem named; nothing is stored.

    Raises `Forbidden`, `NotFound`.
    """
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        engagement = await engagements.found(uow, engagement_id)
        scope, _ = await draft_scope(uow, engagement_id)
    return read_scope(
        text,
        file_format,
        engagement=engagement,
        expectations=scope.expectations,
        calendars=scope.calendars,
    )


async def import_scope(
    actor: Actor,
    engagement_id: UUID,
    *,
    text: str,
    file_format: FileFormat,
    source: str = "",
    expected_version: int,
    now: datetime,
) -> UUID:
    """Replace the draft by what a file says; a start and a calendar in the file become the engagement's.

    Expectations and calendars of items stay where the file has none. `source` names the file. Raises `Forbidden`,
    `NotFound`, `InvalidInput` (IMPORT_INVALID), `RuleViolation` (TERMS_FIXED), `Stale` (STALE_VERSION).
    """
    actor.require(*WRITERS)
    said = clean_text(source, "source", required=False)
    async with unit_of_work(actor.scope()) as uow:
        engagement, draft, scope = await _locked_draft(uow, engagement_id, expected_version)
        preview = read_scope(
            text,
            file_format,
            engagement=engagement,
            expectations=scope.expectations,
            calendars=scope.calendars,
        )
        require_sound(preview)
        await _write(uow, draft, preview.scope, now=now, source=said)
        await engagements.change(
            uow,
            engagement,
            {"start_date": preview.start_date, **engagements.calendar_columns(preview.calendar)},
            now=now,
        )
    return engagement_id


async def price_items(
    actor: Actor,
    engagement_id: UUID,
    prices: Sequence[ItemPrice],
    *,
    expected_version: int,
    now: datetime,
) -> UUID:
    """Put fees, and what else is given, on items of the draft; all or none.

    Raises `Forbidden`, `NotFound` (ITEM_NOT_FOUND), `InvalidInput` (SCOPE_INVALID …), `RuleViolation` (TERMS_FIXED),
    `Stale` (STALE_VERSION).
    """
    actor.require(*WRITERS)
    async with unit_of_work(actor.scope()) as uow:
        _, draft, scope = await _locked_draft(uow, engagement_id, expected_version)
        try:
            priced = apply_unchecked(scope, [_revision(price) for price in prices])
        except DomainError as error:
            # The rule counts changes; the caller gave items.
            if error.field:
                error.field = error.field.replace("changes", "items", 1).replace(".revise_item", "")
            raise
        check_draft(priced)
        await _write(uow, draft, priced, now=now)
    return engagement_id


async def set_expectations(
    actor: Actor,
    engagement_id: UUID,
    expectations: Sequence[Expectation],
    *,
    expected_version: int,
    now: datetime,
) -> UUID:
    """Replace the exclusions, assumptions and results not guaranteed of the draft.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (SCOPE_INVALID), `RuleViolation` (TERMS_FIXED), `Stale`.
    """
    actor.require(*WRITERS)
    async with unit_of_work(actor.scope()) as uow:
        _, draft, scope = await _locked_draft(uow, engagement_id, expected_version)
        changed = replace(scope, expectations=tuple(expectations))
        check_draft(changed)
        await _write(uow, draft, changed, now=now)
    return engagement_id


async def change_draft(
    actor: Actor,
    engagement_id: UUID,
    changes: Sequence[Change],
    *,
    expected_version: int,
    now: datetime,
) -> UUID:
    """Apply changes to the draft; all or none. It may be incomplete afterwards: `read_draft` tells what is missing.

    A pause or a change of the calendar that is about the engagement's own becomes the engagement's. Raises `Forbidden`,
    `NotFound`, what `apply_changes` raises (`InvalidInput` SCOPE_INVALID only for values that could never be used),
    `InvalidInput` (COUNTRY_UNKNOWN, REGION_UNKNOWN), `RuleViolation` (TERMS_FIXED), `Stale` (STALE_VERSION).
    """
    actor.require(*WRITERS)
    async with unit_of_work(actor.scope()) as uow:
        engagement, draft, scope = await _locked_draft(uow, engagement_id, expected_version)
        changed = apply_unchecked(scope, _placed(scope, changes))
        check_draft(changed)
        terms = engagements.calendar_terms(engagement)
        calendar = apply_calendar_changes(terms, changes)
        check_known(calendar.country, calendar.region, "changes")
        for each in changed.calendars:
            check_known(each.terms.country, each.terms.region, "changes")
        await _write(uow, draft, changed, now=now)
        if calendar != terms:
            await engagements.change(
                uow, engagement, engagements.calendar_columns(calendar), now=now
            )
    return engagement_id


def _placed(scope: Scope, changes: Sequence[Change]) -> list[Change]:
    """The changes, with new items that were given no place right behind the siblings that are there by then."""
    last: dict[str | None, int] = {}
    for item in scope.items:
        last[item.parent_key] = max(last.get(item.parent_key, 0), item.position)
    placed = list(changes)
    for at, change in enumerate(changes):
        if isinstance(change, AddItem):
            item = change.item
            if item.position >= LAST_POSITION:
                item = replace(item, position=last.get(item.parent_key, 0) + 1)
                placed[at] = AddItem(item)
            last[item.parent_key] = max(last.get(item.parent_key, 0), item.position)
    return placed


@dataclass(frozen=True)
class DraftReading:
    """A draft with what follows from it. With any problem there is no state."""

    scope: Scope
    state: ScopeState | None
    problems: tuple[PlanProblem, ...]


def read_draft(scope: Scope, terms: ScopeTerms) -> DraftReading:
    """The schedule and the budget of a draft, or everything that is wrong with it. Nothing is raised."""
    problems = tuple(
        PlanProblem(each.message, "SCOPE_INVALID", each.field, each.line, each.item_key)
        for each in scope_problems(scope)
    )
    if problems:
        return DraftReading(scope, None, problems)
    try:
        return DraftReading(scope, compute_state(scope, terms), ())
    except DomainError as error:
        named = error.details.get("items") or (None,)
        problem = PlanProblem(error.message, error.code, error.field or "", None, named[0])
        return DraftReading(scope, None, (problem,))


async def draft_scope(uow: UnitOfWork, engagement_id: UUID) -> tuple[Scope, Any]:
    """The draft of an engagement as a scope, and its row. Raises `NotFound`."""
    draft = await queries.draft_of(uow, engagement_id)
    if draft is None:
        raise NotFound("No engagement with this id.", field="engagementId")
    return load_stored(draft["body"]), draft


def _revision(price: ItemPrice) -> ReviseItem:
    values = {
        each.name: getattr(price, each.name)
        for each in fields(price)
        if each.name != "item_key" and getattr(price, each.name) is not None
    }
    return ReviseItem(price.item_key, values)


async def _locked_draft(
    uow: UnitOfWork, engagement_id: UUID, expected_version: int
) -> tuple[Any, Any, Scope]:
    engagement = await engagements.locked(uow, engagement_id)
    engagements.require_draft(engagement)
    scope, draft = await draft_scope(uow, engagement_id)
    if draft["version"] != expected_version:
        raise Stale(
            "The draft of the scope was changed meanwhile.",
            code="STALE_VERSION",
            field="expectedVersion",
            current_version=draft["version"],
        )
    return engagement, draft, scope


async def _write(
    uow: UnitOfWork, draft: Any, scope: Scope, *, now: datetime, source: str | None = None
) -> None:
    body = dump_scope(scope)
    if len(body) > 8_000_000:
        raise InvalidInput("The scope is too large.", code="SCOPE_INVALID")
    await ScopeDraft.update(
        {
            "body": body,
            "fingerprint": scope_fingerprint(scope),
            "source": draft["source"] if source is None else source,
            "version": draft["version"] + 1,
            "updated_at": now,
        }
    ).where(ScopeDraft.tenant_id == uow.tenant_id, ScopeDraft.id == draft["id"])
