"""Scope versions: computed, written once, and read back as the value they were made from.

A version stores its items with the schedule and the figures they had when it was made. They are facts of a signed paper: a
later change of the engagement's calendar, of a holiday table or of a rule does not touch them.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from db.ids import new_id
from db.queries import scopes as queries
from db.tables.scopes import ScopeVersion
from db.unit_of_work import UnitOfWork
from services.calendars import CalendarTerms
from services.engagements import calendar_columns, calendar_terms
from services.rules.budgets import compute_budget
from services.rules.errors import NotFound
from services.rules.scope import (
    Scope,
    check_scope,
    scope_fingerprint,
)
from services.rules.scope.codec import canonical_sha256
from services.scopes import rows
from services.scopes.imports import scheduled
from services.scopes.rows import ScopeState


@dataclass(frozen=True)
class ScopeTerms:
    """What besides the scope itself decides on dates and figures. The contingency is agreed with the contract and stays."""

    currency: str
    calendar: CalendarTerms
    start_date: date
    retention_bps: int
    contingency_bps: int
    contingency_minor: int | None = None


def terms_of_engagement(engagement: Any) -> ScopeTerms:
    """The terms a first version will be made under."""
    return ScopeTerms(
        currency=engagement["currency"],
        calendar=calendar_terms(engagement),
        start_date=engagement["start_date"],
        retention_bps=engagement["retention_bps"],
        contingency_bps=engagement["contingency_bps"],
    )


def terms_of_version(version: Any) -> ScopeTerms:
    """The terms a version was made under, which its successor inherits."""
    return ScopeTerms(
        currency=version["currency"],
        calendar=calendar_terms(version),
        start_date=version["start_date"],
        retention_bps=version["retention_bps"],
        contingency_bps=version["contingency_bps"],
        contingency_minor=version["contingency_minor"],
    )


def compute_state(scope: Scope, terms: ScopeTerms) -> ScopeState:
    """Check a scope, schedule it and add it up. Raises `InvalidInput` (SCOPE_INVALID)."""
    check_scope(scope)
    schedule = scheduled(scope, terms.calendar, terms.start_date)
    budget = compute_budget(
        scope,
        contingency_bps=terms.contingency_bps,
        contingency_minor=terms.contingency_minor,
        retention_bps=terms.retention_bps,
    )
    return ScopeState(scope, schedule, budget)


def state_fingerprint(state: ScopeState) -> str:
    """One hash over a scope with all its dates and figures: what a signer saw, and what signing must give again."""
    return canonical_sha256(
        {
            "scope": scope_fingerprint(state.scope),
            "dates": {
                key: [item.start_date.isoformat(), item.finish_date.isoformat()]
                for key, item in state.schedule.items.items()
            },
            "fees": {key: item.fee_minor for key, item in state.budget.items.items()},
            "tax_minor": state.budget.tax_minor,
            "contingency_minor": state.budget.contingency_minor,
        }
    )


async def write_version(
    uow: UnitOfWork,
    state: ScopeState,
    terms: ScopeTerms,
    *,
    engagement_id: UUID,
    number: int,
    contract_id: UUID | None = None,
    change_order_id: UUID | None = None,
    now: datetime,
) -> UUID:
    """Write one version with all it holds. The caller holds the engagement's lock and makes it the current one."""
    schedule, budget = state.schedule, state.budget
    version_id = new_id()
    await ScopeVersion.insert(
        ScopeVersion(
            tenant_id=uow.tenant_id,
            id=version_id,
            engagement_id=engagement_id,
            number=number,
            contract_id=contract_id,
            change_order_id=change_order_id,
            fingerprint=scope_fingerprint(state.scope),
            currency=terms.currency,
            contingency_bps=terms.contingency_bps,
            retention_bps=terms.retention_bps,
            fee_minor=budget.fee_minor,
            cost_minor=budget.cost_minor,
            tax_minor=budget.tax_minor,
            contingency_minor=budget.contingency_minor,
            duration_days=schedule.duration_days,
            start_date=schedule.start_date,
            delivery_date=schedule.finish_date,
            created_at=now,
            **calendar_columns(terms.calendar),
        )
    )
    await rows.insert_parts(uow, state, version_id)
    return version_id


async def load_scope(uow: UnitOfWork, version: Any) -> Scope:
    """The scope of a version's row, equal to the one it was written from.

    Raises `RuntimeError` where the rows do not hash to the version's fingerprint: they were tampered with.
    """
    scope = await rows.read_parts(uow, version["id"])
    if scope_fingerprint(scope) != version["fingerprint"]:
        raise RuntimeError(f"scope version {version['id']} does not hash to its fingerprint")
    return scope


async def current_version(uow: UnitOfWork, engagement: Any) -> Any:
    """The row of the current scope version. Raises `NotFound` (NO_SCOPE_VERSION) before the contract is signed."""
    if engagement["current_scope_version_id"] is None:
        raise NotFound(
            "The contract is not signed yet, so there is no scope version.", code="NO_SCOPE_VERSION"
        )
    return await queries.version_by_id(uow, engagement["current_scope_version_id"])
