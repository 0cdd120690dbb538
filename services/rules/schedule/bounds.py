"""What dates say about the nodes of a plan: the calendars' axes, constraints, the status date, and what has happened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from services.rules.calendars import Timeline, WorkingCalendar
from services.rules.errors import InvalidInput
from services.rules.schedule.axes import Axes, Dates
from services.rules.schedule.items import ConstraintKind
from services.rules.schedule.lags import EVERY_DAY, PROJECT
from services.rules.schedule.layout import FAR
from services.rules.schedule.network import PreparedPlan
from services.rules.schedule.structure import Progress

_STARTS: Final = frozenset({ConstraintKind.START_NO_EARLIER_THAN, ConstraintKind.MUST_START_ON})
_FINISHES: Final = frozenset({ConstraintKind.FINISH_NO_EARLIER_THAN, ConstraintKind.MUST_FINISH_ON})
_START_CAPS: Final = frozenset({ConstraintKind.START_NO_LATER_THAN, ConstraintKind.MUST_START_ON})
_FINISH_CAPS: Final = frozenset(
    {ConstraintKind.FINISH_NO_LATER_THAN, ConstraintKind.MUST_FINISH_ON}
)
_ON_START: Final = _STARTS | _START_CAPS

_Said = tuple[tuple[ConstraintKind, date], ...]


@dataclass(slots=True)
class Terms:
    """What a plan is computed for: the calendars, the start and the status date."""

    calendar: WorkingCalendar
    start: date
    calendars: Mapping[str, WorkingCalendar]
    status_date: date | None
    axes: Axes

    @property
    def lines(self) -> list[Timeline]:
        """The timelines by axis."""
        return self.axes.lines


@dataclass(slots=True)
class Bounds:
    """The earliest and latest values that dates give the nodes."""

    floor: list[int]
    cap: dict[int, int] = field(default_factory=dict)
    """By node; where nothing is said there is no cap."""
    shown_from: dict[int, int] = field(default_factory=dict)
    """By position, the ordinal of the day that a start constraint names: no milestone is shown earlier."""
    shown_by_axis: list[int] = field(default_factory=list)
    """The same where no constraint says more: the start of the project, or the day after the status date."""

    def shown(self, position: int, axis: int) -> int:
        """The ordinal of the first day on which a milestone may be shown."""
        return max(self.shown_by_axis[axis], self.shown_from.get(position, 0))


def make_terms(
    plan: PreparedPlan,
    calendar: WorkingCalendar,
    start: date,
    calendars: Mapping[str, WorkingCalendar],
    status_date: date | None,
) -> Terms:
    """Lay out the calendars that a plan needs, all from the first working day of the project.

    Raises InvalidInput: SCHEDULE_UNKNOWN_CALENDAR, STATUS_DATE_MISSING, ACTUAL_AFTER_STATUS_DATE.
    """
    own = []
    for calendar_id in plan.calendar_ids:
        if calendar_id not in calendars:
            concerned = [
                plan.items[position].item_id
                for position, named in plan.structure.calendars.items()
                if named == calendar_id
            ]
            raise InvalidInput(
                f"{concerned[0]} is worked on the calendar {calendar_id}, which does not exist.",
                code="SCHEDULE_UNKNOWN_CALENDAR",
                items=concerned,
            )
        own.append(calendars[calendar_id])
    _check_actuals(plan, status_date)
    key = (calendar, start, *own)
    axes = plan.known_axes.get(key)
    if axes is None:
        project = Timeline(calendar, start)
        lines = [project]
        if plan.axes:
            first_day = project.start_date(0)
            every_day = WorkingCalendar(frozenset())
            lines += [Timeline(each, first_day) for each in (every_day, *own)]
        axes = Axes(
            lines,
            [Dates(line.start_date) for line in lines],
            [Dates(line.finish_date) for line in lines],
        )
        plan.known_axes.clear()
        plan.known_axes[key] = axes
    return Terms(calendar, start, calendars, status_date, axes)


def _check_actuals(plan: PreparedPlan, status_date: date | None) -> None:
    for position in plan.structure.progress:
        item = plan.items[position]
        if status_date is None:
            raise InvalidInput(
                f"{item.item_id} has progress, but the plan has no status date.",
                code="STATUS_DATE_MISSING",
                items=[item.item_id],
            )
        for day in (item.actual_start, item.actual_finish):
            if day is not None and day > status_date:
                raise InvalidInput(
                    f"{item.item_id} has an actual date, {day}, after the status date, {status_date}.",
                    code="ACTUAL_AFTER_STATUS_DATE",
                    items=[item.item_id],
                )


def make_bounds(plan: PreparedPlan, terms: Terms) -> Bounds:
    """Floors and caps of every node."""
    lines = terms.lines
    first_day = lines[PROJECT].day_ordinal(0)
    bounds = Bounds([0] * len(plan.owner))
    bounds.shown_by_axis = [first_day] * len(lines)
    floor = bounds.floor
    for node in plan.others:
        floor[node] = -FAR
    if terms.status_date is not None:
        _apply_status(plan, terms, bounds)
    if plan.structure.is_constrained:
        _apply_constraints(plan, terms, bounds)
    return bounds


def axis_of(plan: PreparedPlan, node: int) -> int:
    """The axis a node's value is on."""
    return plan.axes[node] if plan.axes else PROJECT


def _apply_status(plan: PreparedPlan, terms: Terms, bounds: Bounds) -> None:
    """What is not done goes on, or begins, after the status date; what has happened stays where it is."""
    status_date, progress = terms.status_date, plan.structure.progress
    if status_date is None:
        return
    morning = status_date.toordinal() + 1
    by_axis = [line.days_before(morning) for line in terms.lines]
    for axis, line in enumerate(terms.lines):
        shown = line.day_ordinal(max(0, by_axis[axis]))
        bounds.shown_by_axis[axis] = max(bounds.shown_by_axis[axis], shown)
    if progress and plan.axes:
        bounds.shown_by_axis[EVERY_DAY] = 0
    for position, node in enumerate(plan.ranks):
        if node >= 0:
            done = by_axis[axis_of(plan, node)]
            bounds.floor[node] = done if position in progress else max(0, done)
    for node, is_finish in plan.fixed.items():
        day = actual_days(plan, plan.owner[node])[is_finish]
        bounds.floor[node] = terms.lines[EVERY_DAY].days_before(day.toordinal() + is_finish)


def actual_days(plan: PreparedPlan, position: int) -> tuple[date, date]:
    """The actual start and finish of what has begun; an event that tells only one has both on that day."""
    item = plan.items[position]
    start, finish = item.actual_start or item.actual_finish, item.actual_finish or item.actual_start
    if start is None or finish is None:
        raise AssertionError(f"{item.item_id} has not begun")
    return start, finish


def _apply_constraints(plan: PreparedPlan, terms: Terms, bounds: Bounds) -> None:
    structure, children = plan.structure, plan.structure.children
    handed: dict[int, _Said] = {}
    for position in structure.top_down:
        item = plan.items[position]
        said: _Said = () if item[4] is None else ((item[3], item[4]),)
        if children and item[2] is not None:
            said = handed.get(structure.index[item[2]], ()) + said
        if not said:
            continue
        if position in children:
            handed[position] = said
            _apply(plan, terms, bounds, position, said)
        else:
            progress = structure.progress.get(position)
            if progress is Progress.DONE:
                continue
            if progress is Progress.STARTED:
                said = tuple(each for each in said if each[0] not in _ON_START)
            _apply(plan, terms, bounds, position, said)


def _apply(
    plan: PreparedPlan,
    terms: Terms,
    bounds: Bounds,
    position: int,
    said: _Said,
) -> None:
    """Bound a leaf by the constraints on it and above it; of a summary (node -1) only what is shown is noted."""
    node = plan.ranks[position]
    line = terms.lines[axis_of(plan, node) if node >= 0 else PROJECT]
    duration = plan.durations[node] if node >= 0 else 0
    floor, cap = -FAR, FAR
    for kind, day in said:
        first_start, last_finish = line.started_by(day), line.finished_by(day)
        is_working_day = last_finish > first_start
        if kind in _STARTS:
            floor = max(floor, first_start)
            bounds.shown_from[position] = max(
                bounds.shown_from.get(position, 0), line.day_ordinal(first_start)
            )
        if kind in _FINISHES:
            # On a day off nothing finishes: the next working day's evening is the first that is not earlier.
            floor = max(floor, (last_finish if is_working_day else last_finish + 1) - duration)
        if kind in _START_CAPS:
            # On a day off nothing starts: the morning of the working day before is the last that is not later …
            latest = first_start if is_working_day else first_start - 1
            if kind is ConstraintKind.MUST_START_ON:
                latest = (
                    first_start  # … but an exact date moves on, and must not contradict itself.
                )
            cap = min(cap, latest)
        if kind in _FINISH_CAPS:
            latest = last_finish
            if kind is ConstraintKind.MUST_FINISH_ON and not is_working_day:
                latest += 1
            cap = min(cap, latest - duration)
    if node >= 0:
        bounds.floor[node] = max(bounds.floor[node], floor)
        if cap < FAR:
            bounds.cap[node] = cap


def bound_again(plan: PreparedPlan, terms: Terms, bounds: Bounds, positions: set[int]) -> Bounds:
    """The bounds of a plain plan in which some leaves got other constraints or durations."""
    again = Bounds(bounds.floor[:], dict(bounds.cap), dict(bounds.shown_from), bounds.shown_by_axis)
    begin = 0
    if terms.status_date is not None:
        begin = max(0, terms.lines[PROJECT].days_before(terms.status_date.toordinal() + 1))
    for position in positions:
        node = plan.ranks[position]
        again.floor[node] = begin
        again.cap.pop(node, None)
        again.shown_from.pop(position, None)
        said: _Said = ()
        above: int | None = position
        while above is not None:
            item = plan.items[above]
            if item.constraint_date is not None:
                said = ((item.constraint_kind, item.constraint_date), *said)
            above = None if item.parent_id is None else plan.structure.index[item.parent_id]
        if said:
            _apply(plan, terms, again, position, said)
    return again
