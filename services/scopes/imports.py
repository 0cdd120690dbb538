"""From a file to a scope: read, scheduled and judged before anything is stored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from services.calendars import CalendarTerms, clean_terms, plan_calendars
from services.engagements import calendar_terms
from services.rules.dates import check_plausible
from services.rules.errors import DomainError, InvalidInput
from services.rules.plan_files import Plan, PlanItem, PlanProblem, read_csv, read_json
from services.rules.schedule import Schedule
from services.rules.scope import (
    Dependency,
    Expectation,
    ItemKind,
    Scope,
    ScopeItem,
    schedule_scope,
    scope_problems,
)
from services.rules.taxes import UNTAXED_CATEGORIES, check_tax

FileFormat = Literal["json", "csv"]


@dataclass(frozen=True)
class ScopePreview:
    """What a file would make of the scope. With any problem there is no schedule, and nothing can be imported."""

    name: str
    scope: Scope
    start_date: date
    calendar: CalendarTerms
    schedule: Schedule | None
    problems: tuple[PlanProblem, ...]


def scheduled(scope: Scope, terms: CalendarTerms, start: date) -> Schedule:
    """The schedule of a scope on its calendars. Raises what `plan_calendars` and `schedule_scope` raise."""
    calendars = plan_calendars(scope, terms, start)
    return schedule_scope(scope, calendars.project, start, calendars=calendars.items)


def read_scope(
    text: str, file_format: FileFormat, *, engagement: Any, expectations: Sequence[Expectation]
) -> ScopePreview:
    """Read a file as the scope of an engagement, whose start, calendar and tax count where the file is silent.

    Every problem is in the result; nothing is raised for what the file says.
    """
    read = read_csv if file_format == "csv" else read_json
    plan = read(text, currency=engagement["currency"])
    problems = [*plan.problems, *_tax_problems(plan)]
    start = plan.start or engagement["start_date"]
    try:
        check_plausible(start, "start")
    except InvalidInput as error:
        problems.append(PlanProblem(error.message, error.code, error.field or ""))
    calendar = _calendar(plan, engagement, problems)
    scope = _scope(plan, engagement, expectations)
    schedule = None
    if not problems:
        lines = {item.key: item.line for item in plan.items}
        problems += [
            PlanProblem(
                each.message,
                "SCOPE_INVALID",
                each.field,
                lines.get(each.item_key or ""),
                each.item_key,
            )
            for each in scope_problems(scope)
        ]
    if not problems:
        try:
            schedule = scheduled(scope, calendar, start)
        except DomainError as error:
            problems.append(PlanProblem(error.message, error.code))
    return ScopePreview(plan.name, scope, start, calendar, schedule, tuple(problems))


def require_sound(preview: ScopePreview) -> Schedule:
    """The schedule of a preview without problems. Raises `InvalidInput` (IMPORT_INVALID) with the problems."""
    if preview.problems or preview.schedule is None:
        first, more = preview.problems[0], len(preview.problems) - 1
        place = f"line {first.line}, " if first.line else ""
        item = f"item {first.item_key}, " if first.item_key else ""
        where = f"{place}{item}{first.field}".rstrip(", ")
        raise InvalidInput(
            f"The file cannot be imported: {where and where + ': '}{first.message}"
            + (f" (and {more} more)" if more else ""),
            code="IMPORT_INVALID",
            field="text",
            problems=preview.problems,
        )
    return preview.schedule


def _calendar(plan: Plan, engagement: Any, problems: list[PlanProblem]) -> CalendarTerms:
    if plan.calendar is None:
        return calendar_terms(engagement)
    try:
        return clean_terms(
            country=plan.calendar.country,
            region=plan.calendar.region,
            weekend=plan.calendar.weekend,
            days_off=plan.calendar.days_off,
        )
    except InvalidInput as error:
        problems.append(PlanProblem(error.message, error.code, error.field or "calendar"))
        return calendar_terms(engagement)


def _tax_problems(plan: Plan) -> Iterator[PlanProblem]:
    for item in plan.items:
        if item.tax_code is not None:
            try:
                check_tax(item.tax_code, item.tax_bps, "tax_code")
            except InvalidInput as error:
                yield PlanProblem(error.message, error.code, "tax_code", item.line, item.key)


def _scope(plan: Plan, engagement: Any, expectations: Sequence[Expectation]) -> Scope:
    parents = {item.parent_key for item in plan.items}
    return Scope(
        items=tuple(
            _item(item, at, item.key in parents, engagement) for at, item in enumerate(plan.items)
        ),
        dependencies=tuple(
            Dependency(
                link.predecessor_key, link.successor_key, link.kind, link.lag_days, link.lag_kind
            )
            for link in plan.links
        ),
        expectations=tuple(expectations),
    )


def _item(item: PlanItem, position: int, is_summary: bool, engagement: Any) -> ScopeItem:
    if is_summary:
        kind = ItemKind.SUMMARY
    else:
        kind = ItemKind.TASK if item.duration_days else ItemKind.MILESTONE
    tax_code = engagement["tax_code"] if item.tax_code is None else item.tax_code
    tax_bps = item.tax_bps
    if tax_bps is None:
        tax_bps = 0 if tax_code in UNTAXED_CATEGORIES else engagement["tax_bps"]
    return ScopeItem(
        item_key=item.key,
        title=item.title,
        kind=kind,
        parent_key=item.parent_key,
        position=position,
        description=item.description,
        quantity=item.quantity,
        unit=item.unit,
        effort_minutes=item.effort_minutes,
        rate_minor=item.rate_minor,
        fee_minor=item.fee_minor,
        cost_minor=item.cost_minor or 0,
        tax_code=tax_code,
        tax_bps=tax_bps,
        duration_days=item.duration_days,
        constraint_kind=item.constraint_kind,
        constraint_date=item.constraint_date,
        acceptance_criteria=item.acceptance_criteria,
        deliverable=item.deliverable,
    )
