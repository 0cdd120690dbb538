"""Scope versions: computed, written once, and read back as the value they were made from.

A version stores its items with the schedule and the figures they had when it was made. They are facts of a signed paper: a
later change of the engagement's calendar, of a holiday table or of a rule does not touch them.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from db.ids import new_id
from db.queries import scopes as queries
from db.tables.scopes import ScopeVersion
from db.unit_of_work import UnitOfWork
from services.calendars import CalendarTerms
from services.engagements import calendar_columns, calendar_terms
from services.rules.budgets import Budget, compute_budget
from services.rules.errors import NotFound
from services.rules.schedule import ConstraintKind, LagKind, LinkKind, Schedule
from services.rules.scope import (
    Dependency,
    Expectation,
    ExpectationKind,
    ItemKind,
    Scope,
    ScopeItem,
    check_scope,
    scope_fingerprint,
)
from services.rules.scope.codec import canonical_sha256
from services.scopes.imports import scheduled


@dataclass(frozen=True)
class ScopeState:
    """A sound scope with the schedule and the budget that follow from it."""

    scope: Scope
    schedule: Schedule
    budget: Budget


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


_ITEM_COLUMNS = (
    "id uuid, item_key text, parent_key text, outline int, position int, kind text, title text, description text, "
    "quantity numeric, unit text, rate_minor bigint, fixed_fee_minor bigint, fee_minor bigint, cost_minor bigint, "
    "effort_minutes int, tax_code text, tax_bps int, tax_minor bigint, duration_days int, constraint_kind text, "
    "constraint_date date, deliverable text, acceptance_criteria text, early_start int, early_finish int, "
    "late_start int, late_finish int, total_float int, free_float int, is_critical boolean, start_date date, "
    "finish_date date, late_start_date date, late_finish_date date"
)
_DEPENDENCY_COLUMNS = "id uuid, position int, predecessor_key text, successor_key text, kind text, lag_days int, lag_kind text"
_EXPECTATION_COLUMNS = "id uuid, position int, kind text, text text"


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
    await _insert_all(uow, "scope_item", _ITEM_COLUMNS, version_id, item_rows(state))
    await _insert_all(
        uow,
        "scope_dependency",
        _DEPENDENCY_COLUMNS,
        version_id,
        [
            {
                "position": at,
                "predecessor_key": link.predecessor_key,
                "successor_key": link.successor_key,
                "kind": link.kind.value,
                "lag_days": link.lag_days,
                "lag_kind": link.lag_kind.value,
            }
            for at, link in enumerate(state.scope.dependencies)
        ],
    )
    await _insert_all(
        uow,
        "expectation",
        _EXPECTATION_COLUMNS,
        version_id,
        [
            {"position": at, "kind": each.kind.value, "text": each.text}
            for at, each in enumerate(state.scope.expectations)
        ],
    )
    return version_id


async def _insert_all(
    uow: UnitOfWork, table: str, columns: str, version_id: UUID, rows: list[dict[str, Any]]
) -> None:
    """Any number of rows in one statement: parameters of their own would run out at some thousand items."""
    names = ", ".join(column.split()[0] for column in columns.split(", "))
    values = orjson.dumps([{"id": str(new_id()), **row} for row in rows]).decode()
    await uow.execute(
        f"""
        insert into {table} (tenant_id, scope_version_id, {names})
        select $1, $2, {names} from jsonb_to_recordset($3::jsonb) as r({columns})
        """,  # noqa: S608 - names are literals of this module
        uow.tenant_id,
        version_id,
        values,
    )


def item_rows(state: ScopeState) -> list[dict[str, Any]]:
    """The items of a state as rows of `scope_item` would hold them, in outline order."""
    rows = []
    for outline, item in enumerate(state.scope.in_outline_order()):
        planned = state.schedule.items[item.item_key]
        figures = state.budget.items[item.item_key]
        rows.append(
            {
                "item_key": item.item_key,
                "parent_key": item.parent_key,
                "outline": outline,
                "position": item.position,
                "kind": item.kind.value,
                "title": item.title,
                "description": item.description,
                "quantity": None if item.quantity is None else format(item.quantity, "f"),
                "unit": item.unit,
                "rate_minor": item.rate_minor,
                "fixed_fee_minor": item.fee_minor,
                "fee_minor": figures.fee_minor,
                "cost_minor": figures.cost_minor,
                "effort_minutes": figures.effort_minutes,
                "tax_code": item.tax_code,
                "tax_bps": item.tax_bps,
                "tax_minor": figures.tax_minor,
                "duration_days": planned.duration_days,
                "constraint_kind": item.constraint_kind.value,
                "constraint_date": item.constraint_date,
                "deliverable": item.deliverable,
                "acceptance_criteria": item.acceptance_criteria,
                "early_start": planned.early_start,
                "early_finish": planned.early_finish,
                "late_start": planned.late_start,
                "late_finish": planned.late_finish,
                "total_float": planned.total_float_days,
                "free_float": planned.free_float_days,
                "is_critical": planned.critical,
                "start_date": planned.start_date,
                "finish_date": planned.finish_date,
                "late_start_date": planned.late_start_date,
                "late_finish_date": planned.late_finish_date,
            }
        )
    return rows


async def load_scope(uow: UnitOfWork, version: Any) -> Scope:
    """The scope of a version's row, equal to the one it was written from.

    Raises `RuntimeError` where the rows do not hash to the version's fingerprint: they were tampered with.
    """
    ids = [version["id"]]
    scope = Scope(
        items=tuple(scope_item(row) for row in await queries.items_of(uow, ids)),
        dependencies=tuple(
            Dependency(
                row["predecessor_key"],
                row["successor_key"],
                LinkKind(row["kind"]),
                row["lag_days"],
                LagKind(row["lag_kind"]),
            )
            for row in await queries.dependencies_of(uow, ids)
        ),
        expectations=tuple(
            Expectation(ExpectationKind(row["kind"]), row["text"])
            for row in await queries.expectations_of(uow, ids)
        ),
    )
    if scope_fingerprint(scope) != version["fingerprint"]:
        raise RuntimeError(f"scope version {version['id']} does not hash to its fingerprint")
    return scope


def scope_item(row: Any) -> ScopeItem:
    """An item's row as the rules see it; what a summary shows as sums is not its own."""
    kind = ItemKind(row["kind"])
    is_leaf = kind is not ItemKind.SUMMARY
    return ScopeItem(
        item_key=row["item_key"],
        title=row["title"],
        kind=kind,
        parent_key=row["parent_key"],
        position=row["position"],
        description=row["description"],
        quantity=row["quantity"],
        unit=row["unit"],
        effort_minutes=row["effort_minutes"] if is_leaf else 0,
        rate_minor=row["rate_minor"],
        fee_minor=row["fixed_fee_minor"],
        cost_minor=row["cost_minor"] if is_leaf else 0,
        tax_code=row["tax_code"],
        tax_bps=row["tax_bps"],
        duration_days=row["duration_days"] if is_leaf else 0,
        constraint_kind=ConstraintKind(row["constraint_kind"]),
        constraint_date=row["constraint_date"],
        acceptance_criteria=row["acceptance_criteria"],
        deliverable=row["deliverable"],
    )


async def current_version(uow: UnitOfWork, engagement: Any) -> Any:
    """The row of the current scope version. Raises `NotFound` (NO_SCOPE_VERSION) before the contract is signed."""
    if engagement["current_scope_version_id"] is None:
        raise NotFound(
            "The contract is not signed yet, so there is no scope version.", code="NO_SCOPE_VERSION"
        )
    return await queries.version_by_id(uow, engagement["current_scope_version_id"])
