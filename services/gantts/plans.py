"""Plans as a picture wants them: scope versions, drafts, change orders and forecasts, each as lines with dates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from db.queries import scopes as queries
from db.unit_of_work import UnitOfWork
from services import scopes
from services.calendars import plan_calendars
from services.forecasts import Forecast
from services.rules.calendars import Timeline, WorkingCalendar
from services.rules.gantts import GanttLink, GanttRow, RowKind, Span, outline_numbers
from services.rules.progress import ItemProgress
from services.rules.schedule import ConstraintKind, Schedule
from services.rules.scope import Scope
from services.scopes import ScopeTerms

_FEE_ITEM = "change-fee-"
"""What the key of an item begins with that is a fee and no work; see `rules.change_orders`."""

_FROM_A_DAY = frozenset({ConstraintKind.START_NO_EARLIER_THAN, ConstraintKind.MUST_START_ON})


@dataclass(frozen=True)
class PlanLine:
    """One item of one plan."""

    key: str
    parent_key: str | None
    title: str
    kind: RowKind
    span: Span
    is_critical: bool
    total_float_days: int
    percent_complete_bps: int | None = None


@dataclass(frozen=True)
class DrawnPlan:
    """One plan: its lines in outline order by key, its orderings, its working days."""

    lines: Mapping[str, PlanLine]
    links: Sequence[GanttLink]
    calendar: WorkingCalendar
    start_date: date
    delivery_date: date

    def with_progress(self, progress: Mapping[str, ItemProgress]) -> "DrawnPlan":
        """The same with what is done of it."""
        return replace(
            self,
            lines={
                key: replace(line, percent_complete_bps=progress[key].percent_complete_bps)
                if key in progress
                else line
                for key, line in self.lines.items()
            },
        )


async def plan_of_version(uow: UnitOfWork, version: Any) -> DrawnPlan:
    """A scope version's row with the dates it was made with."""
    rows = await queries.items_of(uow, [version["id"]])
    links = await queries.dependencies_of(uow, [version["id"]])
    terms = scopes.terms_of_version(version)
    lines = {}
    for row in rows:
        is_morning = row["early_start"] == 0 or _starts_on(
            row["constraint_kind"], row["constraint_date"], row["start_date"]
        )
        lines[row["item_key"]] = PlanLine(
            key=row["item_key"],
            parent_key=row["parent_key"],
            title=row["title"],
            kind=(kind := _kind(row["kind"], row["duration_days"])),
            span=Span(
                row["start_date"], row["finish_date"], is_morning and kind is RowKind.MILESTONE
            ),
            is_critical=row["is_critical"],
            total_float_days=row["total_float"],
        )
    calendars = plan_calendars(
        Scope(), terms.calendar, version["start_date"], until=version["delivery_date"]
    )
    return DrawnPlan(
        _work(lines),
        [
            _link(each["predecessor_key"], each["successor_key"], each["kind"])
            for each in links
        ],
        calendars.project,
        version["start_date"],
        version["delivery_date"],
    )  # fmt: skip


def plan_of_scope(scope: Scope, schedule: Schedule, terms: ScopeTerms) -> DrawnPlan:
    """A scope with its schedule."""
    lines = {}
    for item in scope.in_outline_order():
        planned = schedule.items[item.item_key]
        is_morning = planned.early_start == 0 or _starts_on(
            item.constraint_kind, item.constraint_date, planned.start_date
        )
        lines[item.item_key] = PlanLine(
            key=item.item_key,
            parent_key=item.parent_key,
            title=item.title,
            kind=(kind := _kind(item.kind, planned.duration_days)),
            span=Span(
                planned.start_date,
                planned.finish_date,
                is_morning and kind is RowKind.MILESTONE,
            ),
            is_critical=planned.critical,
            total_float_days=planned.total_float_days,
        )
    calendars = plan_calendars(scope, terms.calendar, terms.start_date, until=schedule.finish_date)
    return DrawnPlan(
        _work(lines),
        [_link(each.predecessor_key, each.successor_key, each.kind) for each in scope.dependencies],
        calendars.project,
        schedule.start_date,
        schedule.finish_date,
    )


def plan_of_forecast(found: Forecast) -> DrawnPlan:
    """The plan in force as it is going to be, with what is done of it."""
    terms = scopes.terms_of_version(found.plan.version)
    plan = plan_of_scope(found.plan.scope, found.schedule, terms)
    done = {item.item_key: item.percent_complete_bps for item in found.items}
    return replace(
        plan,
        calendar=found.plan.calendars.project,
        lines={
            key: replace(line, percent_complete_bps=done.get(key))
            for key, line in plan.lines.items()
        },
    )


def rows_of(after: DrawnPlan, before: DrawnPlan | None) -> list[GanttRow]:
    """The items of both plans in the outline of the later one; what was taken out stands where it was, without a number.

    How far an item moves is counted in working days of the earlier plan, so that a pause counts as what it costs.
    """
    shown = dict(after.lines)
    old = before.lines if before else {}
    below: dict[str | None, list[str]] = {}
    for line in after.lines.values():
        below.setdefault(line.parent_key, []).append(line.key)
    previous: dict[str | None, str] = {}
    for line in old.values():
        parent = line.parent_key
        if line.key not in shown:
            shown[line.key] = line
            siblings = below.setdefault(parent, [])
            neighbour = previous.get(parent)
            at = siblings.index(neighbour) + 1 if neighbour in siblings else 0
            siblings.insert(at, line.key)
        previous[parent] = line.key
    ordered: list[tuple[str, int]] = []
    waiting = [(key, 0) for key in reversed(below.get(None, []))]
    while waiting:
        key, depth = waiting.pop()
        ordered.append((key, depth))
        waiting += [(each, depth + 1) for each in reversed(below.get(key, []))]
    numbers = dict(
        zip(
            (key for key, _ in ordered if key in after.lines),
            outline_numbers([depth for key, depth in ordered if key in after.lines]),
            strict=True,
        )
    )
    days = Timeline(before.calendar, before.start_date) if before else None
    rows = []
    for key, depth in ordered:
        line, now, was = shown[key], after.lines.get(key), old.get(key)
        shift = days_between(days, was.span.finish, now.span.finish) if days and now and was else 0
        rows.append(
            GanttRow(
                key=key,
                title=line.title,
                kind=line.kind,
                depth=depth,
                number=numbers.get(key, ""),
                current=now.span if now else None,
                baseline=was.span if was else None,
                is_critical=line.is_critical,
                shift_days=shift,
                total_float_days=line.total_float_days,
                percent_complete_bps=line.percent_complete_bps,
            )
        )
    return rows


def days_between(days: Timeline, earlier: date, later: date) -> int:
    """Working days from the end of one day to the end of another; negative where the other comes first."""
    return days.finished_by(later) - days.finished_by(earlier)


def _work(lines: dict[str, PlanLine]) -> dict[str, PlanLine]:
    """The lines without fees that take no time."""
    return {key: line for key, line in lines.items() if not key.startswith(_FEE_ITEM)}


def _kind(kind: str, duration_days: int) -> RowKind:
    """How an item is drawn: work that takes no time is an event."""
    if kind == "task" and duration_days == 0:
        return RowKind.MILESTONE
    return RowKind(str(kind))


def _starts_on(kind: str, constraint_date: date | None, start_date: date) -> bool:
    return kind in _FROM_A_DAY and constraint_date == start_date


def _link(predecessor_key: str, successor_key: str, kind: str) -> GanttLink:
    return GanttLink(
        predecessor_key, successor_key, from_finish=kind[0] == "F", to_finish=kind[1] == "F"
    )
