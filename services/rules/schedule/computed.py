"""A prepared plan computed for a calendar, a start and a status date: boundaries as lists, everything else on demand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import repeat
from operator import add, itemgetter, sub
from types import MappingProxyType
from typing import Final, TypeVar

from services.rules.calendars import WorkingCalendar
from services.rules.schedule.bounds import (
    Bounds,
    Terms,
    actual_days,
    axis_of,
    make_bounds,
    make_terms,
)
from services.rules.schedule.extents import Extents
from services.rules.schedule.lags import PROJECT, backward
from services.rules.schedule.layout import FAR
from services.rules.schedule.network import PreparedPlan
from services.rules.schedule.passes import (
    general_early,
    general_late,
    least_tails,
    plain_early,
    plain_rooms,
    plain_tails,
)
from services.rules.schedule.structure import Progress

_Value = TypeVar("_Value")

NO_CALENDARS: Final[Mapping[str, WorkingCalendar]] = MappingProxyType({})


@dataclass(slots=True)
class Computed:
    """What the passes found, by node. A node's value is its start on its own axis; its finish lies its duration later."""

    plan: PreparedPlan
    terms: Terms
    bounds: Bounds
    early: list[int]
    finish: int
    """The project's finish as a boundary of its calendar."""
    limits: list[int]
    """By axis the last boundary that does not move the finish."""
    tails: list[int] | None = None
    """What must follow the start of each node; only of a plain plan."""
    _planned: list[int] | None = field(default=None, repr=False)
    _summary_rooms: dict[int, int] | None = field(default=None, repr=False)
    _early_finishes: list[int] | None = field(default=None, repr=False)
    _late: list[int] | None = field(default=None, repr=False)
    _late_finishes: list[int] | None = field(default=None, repr=False)
    _total: list[int] | None = field(default=None, repr=False)
    _rooms: list[int] | None = field(default=None, repr=False)
    _free: list[int] | None = field(default=None, repr=False)
    _start_dates: list[date] | None = field(default=None, repr=False)
    _finish_dates: list[date] | None = field(default=None, repr=False)

    @property
    def item_ids(self) -> list[str]:
        """The items by node, for the columns of a plan without summaries and progress."""
        items = self.plan.items
        return [items[position].item_id for position in self.plan.owner]

    @property
    def early_starts(self) -> list[int]:
        """By node; columns are to be read only."""
        return self.early

    @property
    def early_finishes(self) -> list[int]:
        """By node."""
        if self._early_finishes is None:
            self._early_finishes = _sums(self.early, self.plan.durations)
        return self._early_finishes

    @property
    def late_starts(self) -> list[int]:
        """By node."""
        if self._late is None:
            if self.tails is not None:
                finish = self.finish
                if finish < 2 * len(self.tails) and not (self.bounds.cap or self.plan.others):
                    # No tail is negative or longer than the project, so each difference is made once.
                    self._late = _looked_up(list(range(finish, -1, -1)), self.tails)
                else:
                    self._late = list(map(sub, repeat(finish), self.tails))
            else:
                self._late = general_late(self.plan, self._late_limits(), self.terms.lines)
        return self._late

    @property
    def late_finishes(self) -> list[int]:
        """By node."""
        if self._late_finishes is None:
            self._late_finishes = _sums(self.late_starts, self.plan.durations)
        return self._late_finishes

    @property
    def total_floats(self) -> list[int]:
        """By node, in days of its calendar."""
        if self._total is None:
            self._total = list(map(sub, self.late_starts, self.early))
        return self._total

    @property
    def start_dates(self) -> list[date]:
        """By node of a plain plan: the early start as a date, of a milestone the day it is shown on."""
        if self._start_dates is None:
            table = self.terms.axes.first_days(self.finish)
            dates = _looked_up(table, self._dated(self.early))
            shown = self.finish_dates
            for node in self.plan.milestones:
                dates[node] = shown[node]
            self._start_dates = dates
        return self._start_dates

    @property
    def finish_dates(self) -> list[date]:
        """By node of a plain plan: the early finish as a date, of a milestone the day it is shown on."""
        if self._finish_dates is None:
            table = self.terms.axes.last_days(self.finish)
            dates = _looked_up(table, self._dated(self.early_finishes))
            # Where something is said of the first day, by a date or a status, a milestone may be shown later.
            morning = self.terms.lines[PROJECT].days_before(self.bounds.shown_by_axis[PROJECT])
            named = self.bounds.shown_from
            if morning or named:
                for node in self.plan.milestones:
                    if self.early[node] <= morning or self.plan.owner[node] in named:
                        dates[node] = self.shown(node, self.early[node])
            self._finish_dates = dates
        return self._finish_dates

    def _dated(self, boundaries: list[int]) -> list[int]:
        """Boundaries that have dates; sides of summaries, which may lie outside the plan, count as its beginning."""
        if not self.plan.others:
            return boundaries
        dated = boundaries[:]
        for node in self.plan.others:
            dated[node] = 0
        return dated

    def shown(self, node: int, boundary: int) -> date:
        """When a milestone at a boundary is shown: the day before it, but not before it may be."""
        axis = axis_of(self.plan, node)
        day = self.terms.axes.finishes[axis][boundary]
        if day.toordinal() < self.bounds.shown(self.plan.owner[node], axis):
            return self.terms.axes.starts[axis][boundary]
        return day

    @property
    def rooms(self) -> list[int]:
        """By node, the last start that moves nothing a link leads to: neither over summaries nor into what is done."""
        if self._rooms is None:
            early, plan = self.early, self.plan
            if self.tails is not None and not plan.others:
                self._rooms = plain_rooms(plan, early)
                return self._rooms
            rooms = [FAR] * len(early)
            deaf = set(plan.others)
            for position, progress in plan.structure.progress.items():
                if progress is Progress.DONE:
                    deaf.add(plan.ranks[position])
            for tail, head, weight in zip(plan.tails, plan.heads, plan.weights, strict=True):
                bound = early[head] - weight
                if bound < rooms[tail] and head not in deaf:
                    rooms[tail] = bound
            self._lower_rooms(rooms)
            self._rooms = rooms
        return self._rooms

    @property
    def free_floats(self) -> list[int]:
        """By node, in days of its calendar: how far it may slip before anything else moves; at most its total float."""
        if self._free is None:
            self._free = [
                (room if room < late else late) - start
                for room, late, start in zip(self.rooms, self.late_starts, self.early, strict=True)
            ]
        return self._free

    def _lower_rooms(self, rooms: list[int]) -> None:
        """Take the links into account that calendars measure, and those from a leaf to a summary."""
        plan = self.plan
        for node, edges in plan.edges_out.items():
            for edge in edges:
                if edge.head in plan.others or node in plan.others or self._is_done(edge.head):
                    continue
                room = backward(edge, self.terms.lines, self.early[edge.head])
                rooms[node] = min(rooms[node], room)
        for position, room in self.summary_rooms().items():
            node = plan.ranks[position]
            if node >= 0:
                rooms[node] = min(rooms[node], self.early[node] + room)

    def _is_done(self, node: int) -> bool:
        return self.plan.structure.progress.get(self.plan.owner[node]) is Progress.DONE

    def summary_rooms(self) -> dict[int, int]:
        """By position, the smallest slack of the links that touch a summary; see `extents`."""
        if self._summary_rooms is None:
            self._summary_rooms = Extents(self.plan, self.early, self.terms.lines).rooms()
        return self._summary_rooms

    def _late_limits(self) -> list[int]:
        plan, limits = self.plan, []
        for node, duration in enumerate(plan.durations):
            limits.append(self.limits[axis_of(plan, node)] - duration)
        for node in plan.others:
            limits[node] = FAR
        for position, progress in plan.structure.progress.items():
            if progress is Progress.DONE:
                limits[plan.ranks[position]] = FAR
        self._apply_caps(limits)
        return limits

    def _apply_caps(self, limits: list[int]) -> None:
        for node, cap in self.bounds.cap.items():
            limits[node] = min(limits[node], cap)
        for edge in self.plan.caps:
            bound = backward(edge, self.terms.lines, self.early[edge.head])
            limits[edge.tail] = min(limits[edge.tail], bound)

    @property
    def planned(self) -> list[int]:
        """By node: the early value, or for what leans late the last one that moves neither a successor nor the finish."""
        plan = self.plan
        leaning = [
            plan.ranks[position]
            for position in plan.structure.late_leaning
            if position not in plan.structure.progress
        ]
        if not leaning:
            return self.early
        if self._planned is None:
            late, early = self._late_limits(), self.early
            limits = early[:]
            for node in plan.others - plan.fixed.keys():
                limits[node] = FAR
            for node in leaning:
                limits[node] = max(early[node], late[node])
            self._planned = general_late(plan, limits, self.terms.lines)
        return self._planned


def compute_plan(
    plan: PreparedPlan,
    calendar: WorkingCalendar,
    start: date,
    *,
    calendars: Mapping[str, WorkingCalendar] = NO_CALENDARS,
    status_date: date | None = None,
) -> Computed:
    """Run the passes over a prepared plan.

    Raises InvalidInput: SCHEDULE_UNKNOWN_CALENDAR, STATUS_DATE_MISSING, ACTUAL_AFTER_STATUS_DATE, and DATE_OUT_OF_RANGE when
    the plan runs beyond the year 9999; RuleViolation: SCHEDULE_CONTRADICTION.
    """
    terms = make_terms(plan, calendar, start, calendars, status_date)
    bounds = make_bounds(plan, terms)
    if not plan.is_plain:
        return compute_generally(plan, terms, bounds)
    early = plain_early(plan, bounds.floor)
    finishes = _sums(early, plan.durations)
    finish = _last(plan, finishes)
    tails = plain_tails(plan, least_tails(plan, bounds, finish))
    return Computed(plan, terms, bounds, early, finish, [finish], tails, _early_finishes=finishes)


def _looked_up(table: Sequence[_Value], places: Sequence[int]) -> list[_Value]:
    """The values at many places of a table: shared, not made anew, and in half the time of looking up one by one."""
    if len(places) < 2:
        return [table[place] for place in places]
    return list(itemgetter(*places)(table))


def _sums(these: Sequence[int], those: Sequence[int]) -> list[int]:
    return list(map(add, these, those))


def plain_finish(plan: PreparedPlan, early: Sequence[int]) -> int:
    """The last early finish of a leaf."""
    return _last(plan, _sums(early, plan.durations))


def _last(plan: PreparedPlan, finishes: Sequence[int]) -> int:
    if plan.others:
        return max((finishes[node] for node in plan.ranks if node >= 0), default=0)
    return max(finishes, default=0)


def compute_generally(plan: PreparedPlan, terms: Terms, bounds: Bounds) -> Computed:
    """The passes for any plan, plain ones too (which `compute_plan` does faster)."""
    lines = terms.lines
    early = general_early(plan, bounds, lines)
    finish = 0
    instant = None
    progress = plan.structure.progress
    for position, node in enumerate(plan.ranks):
        if node < 0:
            continue
        if progress.get(position) is Progress.DONE:
            evening = actual_days(plan, position)[1].toordinal() + 1
        else:
            axis, boundary = axis_of(plan, node), early[node] + plan.durations[node]
            if axis == PROJECT:
                finish = max(finish, boundary)
                continue
            evening = lines[axis].day_ordinal(max(0, boundary) - 1) + 1 if boundary > 0 else 0
        instant = max(instant or 0, evening)
    if instant is not None:
        finish = max(finish, lines[PROJECT].days_before(instant) if instant else 0)
    morning = lines[PROJECT].day_ordinal(0)
    instant = max(
        instant or 0, lines[PROJECT].day_ordinal(finish - 1) + 1 if finish > 0 else morning
    )
    limits = [finish, *(line.days_before(instant) for line in lines[1:])]
    computed = Computed(plan, terms, bounds, early, finish, limits)
    computed.late_starts  # noqa: B018 - refuses what cannot be, now and not when somebody looks
    return computed
