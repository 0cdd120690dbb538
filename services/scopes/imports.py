"""From a file to a scope: read, scheduled and judged before anything is stored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from services.calendars import CalendarTerms, clean_terms, plan_calendars
from services.engagements import calendar_terms
from services.rules.dates import check_plausible
from services.rules.errors import DomainError, InvalidInput
from services.rules.plan_files import (
    Plan,
    PlanCalendar,
    PlanItem,
    PlanProblem,
    read_csv,
    read_json,
    read_project,
)
from services.rules.schedule import Schedule
from services.rules.scope import (
    Dependency,
    Expectation,
    ItemCalendar,
    ItemKind,
    Scope,
    ScopeItem,
    schedule_scope,
    scope_problems,
)
from services.rules.taxes import UNTAXED_CATEGORIES, check_tax
from services.scopes.project_xml import parse_project

FileFormat = Literal["json", "csv", "ms_project_xml"]


@dataclass(frozen=True)
class ScopePreview:
    """What a file would make of the scope. With any problem there is no schedule, and nothing can be imported."""

    name: str
    scope: Scope
    start_date: date
    calendar: CalendarTerms
    schedule: Schedule | None
    problems: tuple[PlanProblem, ...]
    warnings: tuple[PlanProblem, ...] = ()
    """What is not carried over, or was rounded; the file can be imported all the same."""


def scheduled(scope: Scope, terms: CalendarTerms, start: date) -> Schedule:
    """The schedule of a scope on its calendars. Raises what `plan_calendars` and `schedule_scope` raise."""
    calendars = plan_calendars(scope, terms, start)
    return schedule_scope(scope, calendars.project, start, calendars=calendars.items)


def read_scope(
    text: str,
    file_format: FileFormat,
    *,
    engagement: Any,
    expectations: Sequence[Expectation],
    calendars: Sequence[ItemCalendar] = (),
) -> ScopePreview:
    """Read a file as the scope of an engagement, whose start, calendar and tax count where the file is silent.

    `expectations` and `calendars` are those of the draft: they stay unless the file brings its own. Every problem is in the
    result; nothing is raised for what the file says.
    """
    plan = _read(text, file_format, engagement["currency"])
    problems = [*plan.problems, *_tax_problems(plan)]
    start = plan.start or engagement["start_date"]
    try:
        check_plausible(start, "start")
    except InvalidInput as error:
        problems.append(PlanProblem(error.message, error.code, error.field or ""))
    calendar = _calendar(plan, engagement, problems)
    scope = Scope(
        *_items_and_links(plan, engagement),
        tuple(expectations if plan.expectations is None else plan.expectations),
        tuple(calendars) if plan.calendars is None else _item_calendars(plan, problems),
    )
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
    return ScopePreview(plan.name, scope, start, calendar, schedule, tuple(problems), plan.warnings)


def _read(text: str, file_format: FileFormat, currency: str) -> Plan:
    if file_format == "csv":
        return read_csv(text, currency=currency)
    if file_format == "json":
        return read_json(text, currency=currency)
    try:
        return read_project(parse_project(text), currency=currency)
    except InvalidInput as error:
        problem = PlanProblem(error.message, error.code, line=error.details.get("line"))
        return Plan("", None, None, (), (), (problem,))


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
    return _terms(plan.calendar, "calendar", problems) or calendar_terms(engagement)


def _terms(said: PlanCalendar, field: str, problems: list[PlanProblem]) -> CalendarTerms | None:
    try:
        return clean_terms(
            country=said.country,
            region=said.region,
            weekend=said.weekend,
            days_off=said.days_off,
            field=field,
        )
    except InvalidInput as error:
        problems.append(PlanProblem(error.message, error.code, error.field or field))
        return None


def _item_calendars(plan: Plan, problems: list[PlanProblem]) -> tuple[ItemCalendar, ...]:
    found = []
    for each in plan.calendars or ():
        terms = _terms(each.calendar, f"calendars.{each.key}", problems)
        if terms is not None:
            found.append(ItemCalendar(each.key, each.title, terms))
    return tuple(found)


def _tax_problems(plan: Plan) -> Iterator[PlanProblem]:
    for item in plan.items:
        if item.tax_code is not None:
            try:
                check_tax(item.tax_code, item.tax_bps, "tax_code")
            except InvalidInput as error:
                yield PlanProblem(error.message, error.code, "tax_code", item.line, item.key)


def _items_and_links(
    plan: Plan, engagement: Any
) -> tuple[tuple[ScopeItem, ...], tuple[Dependency, ...]]:
    parents = {item.parent_key for item in plan.items}
    items = tuple(
        _item(item, at, item.key in parents, engagement) for at, item in enumerate(plan.items)
    )
    links = tuple(
        Dependency(
            link.predecessor_key,
            link.successor_key,
            link.kind,
            link.lag_days,
            link.lag_kind,
            link.max_lag_days,
        )
        for link in plan.links
    )
    return items, links


def _item(item: PlanItem, position: int, is_summary: bool, engagement: Any) -> ScopeItem:
    if is_summary:
        kind = ItemKind.SUMMARY
    else:
        is_task = item.duration_days or item.kind == ItemKind.TASK
        kind = ItemKind.TASK if is_task else ItemKind.MILESTONE
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
        calendar_key=item.calendar_key,
        allocation_bps=item.allocation_bps,
    )
