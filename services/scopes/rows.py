"""A scope as the rows of one version, and rows as the scope they were made from."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from db.ids import new_id
from db.queries import scopes as queries
from db.unit_of_work import UnitOfWork
from services.engagements import calendar_columns, calendar_terms
from services.rules.budgets import Budget
from services.rules.schedule import ConstraintKind, LagKind, LinkKind, Schedule
from services.rules.scope import (
    Dependency,
    Expectation,
    ExpectationKind,
    ItemCalendar,
    ItemKind,
    Scope,
    ScopeItem,
)


@dataclass(frozen=True)
class ScopeState:
    """A sound scope with the schedule and the budget that follow from it."""

    scope: Scope
    schedule: Schedule
    budget: Budget


_ITEM_COLUMNS = (
    "id uuid, item_key text, parent_key text, outline int, position int, kind text, title text, description text, "
    "quantity numeric, unit text, rate_minor bigint, fixed_fee_minor bigint, fee_minor bigint, cost_minor bigint, "
    "effort_minutes int, tax_code text, tax_bps int, tax_minor bigint, duration_days int, constraint_kind text, "
    "constraint_date date, deliverable text, acceptance_criteria text, early_start int, early_finish int, "
    "late_start int, late_finish int, total_float int, free_float int, is_critical boolean, start_date date, "
    "finish_date date, late_start_date date, late_finish_date date, calendar_key text, allocation_bps int, "
    "planned_start int, planned_finish int"
)
_DEPENDENCY_COLUMNS = (
    "id uuid, position int, predecessor_key text, successor_key text, kind text, lag_days int, lag_kind text, "
    "max_lag_days int"
)
_CALENDAR_COLUMNS = "id uuid, position int, key text, title text, country text, region text, weekend int[], days_off date[]"
_EXPECTATION_COLUMNS = "id uuid, position int, kind text, text text"


async def insert_parts(uow: UnitOfWork, state: ScopeState, version_id: UUID) -> None:
    """Write all that a version holds."""
    await _insert_all(
        uow,
        "scope_calendar",
        _CALENDAR_COLUMNS,
        version_id,
        [
            {
                "position": at,
                "key": each.key,
                "title": each.title,
                **calendar_columns(each.terms),
            }
            for at, each in enumerate(state.scope.calendars)
        ],
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
                "max_lag_days": link.max_lag_days,
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


async def _insert_all(
    uow: UnitOfWork, table: str, columns: str, version_id: UUID, rows: list[dict[str, Any]]
) -> None:
    """Any number of rows in one statement: parameters of their own would run out at some thousand items."""
    if not rows:
        return
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
                # A leaf's own days of work; part time stretches its dates, not its duration.
                "duration_days": planned.duration_days
                if item.kind is ItemKind.SUMMARY
                else item.duration_days,
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
                "calendar_key": item.calendar_key,
                "allocation_bps": item.allocation_bps,
                "planned_start": planned.planned_start,
                "planned_finish": planned.planned_finish,
            }
        )
    return rows


async def read_parts(uow: UnitOfWork, version_id: UUID) -> Scope:
    """The scope that `insert_parts` wrote."""
    ids = [version_id]
    return Scope(
        items=tuple(scope_item(row) for row in await queries.items_of(uow, ids)),
        dependencies=tuple(
            Dependency(
                row["predecessor_key"],
                row["successor_key"],
                LinkKind(row["kind"]),
                row["lag_days"],
                LagKind(row["lag_kind"]),
                row["max_lag_days"],
            )
            for row in await queries.dependencies_of(uow, ids)
        ),
        expectations=tuple(
            Expectation(ExpectationKind(row["kind"]), row["text"])
            for row in await queries.expectations_of(uow, ids)
        ),
        calendars=tuple(
            ItemCalendar(row["key"], row["title"], calendar_terms(row))
            for row in await queries.calendars_of(uow, ids)
        ),
    )


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
        calendar_key=row["calendar_key"],
        allocation_bps=row["allocation_bps"],
    )
