"""From boundaries to a schedule that people read: items with their dates, summaries rolled up, made when asked for."""

from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from datetime import date
from typing import Any

from services.rules.schedule.bounds import actual_days, axis_of
from services.rules.schedule.computed import Computed
from services.rules.schedule.items import WHOLE_BPS, Schedule, ScheduledItem
from services.rules.schedule.lags import PROJECT
from services.rules.schedule.structure import Progress, Structure


class ScheduledItems(Mapping[str, ScheduledItem]):
    """The items of a computed plan by id, in the order given; each is made when it is first asked for."""

    def __init__(self, computed: Computed) -> None:
        """Nothing is made yet."""
        self.computed = computed
        self._made: dict[int, ScheduledItem] = {}
        self._all: dict[str, ScheduledItem] | None = None
        self._percents: dict[int, int] | None = None

    def __getitem__(self, item_id: str) -> ScheduledItem:
        """The item of that id; raises KeyError."""
        return self.at(self.computed.plan.structure.index[item_id])

    def __iter__(self) -> Iterator[str]:
        """The ids in the order given."""
        return iter(self.computed.plan.structure.index)

    def __len__(self) -> int:
        """How many items there are, summaries among them."""
        return len(self.computed.plan.items)

    def __contains__(self, item_id: object) -> bool:
        """Whether there is an item of that id."""
        return item_id in self.computed.plan.structure.index

    def __repr__(self) -> str:
        """As the dictionary it stands for."""
        return repr(dict(self))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled and copied as a plain dictionary."""
        return dict, (self._fill(),)

    def items(self) -> ItemsView[str, ScheduledItem]:
        """Ids and items in the order given, all made at once."""
        return self._fill().items()

    def values(self) -> ValuesView[ScheduledItem]:
        """The items in the order given, all made at once."""
        return self._fill().values()

    def at(self, position: int) -> ScheduledItem:
        """The item at a position of the input."""
        found = self._made.get(position)
        if found is None:
            stack = [position]
            children = self.computed.plan.structure.children
            while stack:
                top = stack[-1]
                missing = [child for child in children.get(top, ()) if child not in self._made]
                if missing:
                    stack.extend(missing)
                    continue
                stack.pop()
                self._made[top] = self._summary(top) if top in children else self._leaf(top)
            found = self._made[position]
        return found

    def _leaf(self, position: int) -> ScheduledItem:
        computed = self.computed
        plan, axes, lines = computed.plan, computed.terms.axes, computed.terms.lines
        progress = plan.structure.progress.get(position)
        if progress is Progress.DONE:
            return self._done(position)
        node = plan.ranks[position]
        duration, axis = plan.durations[node], axis_of(plan, node)
        early, late = computed.early[node], computed.late_starts[node]
        planned = computed.planned[node]
        starts, finishes = axes.starts[axis], axes.finishes[axis]
        is_milestone = not plan.structure.planned[position]
        if is_milestone:
            first = last = computed.shown(node, planned)
            late_first = late_last = self._late_shown(late, computed.limits[axis], first, axis)
        else:
            first, last = starts[planned], finishes[planned + duration]
            late_first, late_last = starts[late], finishes[late + duration]
        if axis == PROJECT:
            bounds = [early, early + duration, late, late + duration, planned, planned + duration]
        else:
            project, line = lines[PROJECT], lines[axis]
            bounds = []
            for start in (early, late, planned):
                morning = line.day_ordinal(start) if duration else line.day_ordinal(start - 1) + 1
                evening = line.day_ordinal(start + duration - 1) + 1
                bounds += [project.days_before(morning), project.days_before(evening)]
        item, room = plan.items[position], late - early
        percent = 0
        if progress is Progress.STARTED:
            percent = item.percent_complete_bps
            begun = actual_days(plan, position)[0]
            first = late_first = begun
            bounds[0] = bounds[2] = bounds[4] = lines[PROJECT].started_by(begun)
            duration = lines[axis].finished_by(last) - lines[axis].started_by(begun)
        return ScheduledItem(
            item.item_id,
            False,
            is_milestone,
            duration,
            bounds[0],
            bounds[1],
            bounds[2],
            bounds[3],
            room,
            computed.free_floats[node],
            room <= 0,
            first,
            last,
            late_first,
            late_last,
            bounds[4],
            bounds[5],
            False,
            percent,
        )

    def _done(self, position: int) -> ScheduledItem:
        """What is done stays where it was, early, late and planned, and has no float."""
        computed = self.computed
        plan, lines = computed.plan, computed.terms.lines
        begun, ended = actual_days(plan, position)
        start, finish = lines[PROJECT].started_by(begun), lines[PROJECT].finished_by(ended)
        own = lines[axis_of(plan, plan.ranks[position])]
        is_milestone = not plan.structure.planned[position]
        if is_milestone:
            start = finish
        return ScheduledItem(
            plan.items[position].item_id,
            False,
            is_milestone,
            0 if is_milestone else own.finished_by(ended) - own.started_by(begun),
            start,
            finish,
            start,
            finish,
            0,
            0,
            False,
            begun,
            ended,
            begun,
            ended,
            start,
            finish,
            True,
            WHOLE_BPS,
        )

    def _summary(self, position: int) -> ScheduledItem:
        plan = self.computed.plan
        parts = [self._made[child] for child in plan.structure.children[position]]
        open_parts = [part for part in parts if not part.is_complete]
        early_start = min(part.early_start for part in parts)
        early_finish = max(part.early_finish for part in parts)
        total = min((part.total_float_days for part in open_parts), default=0)
        return ScheduledItem(
            plan.items[position].item_id,
            True,
            False,
            early_finish - early_start,
            early_start,
            early_finish,
            min(part.late_start for part in parts),
            max(part.late_finish for part in parts),
            total,
            min(self.computed.summary_rooms().get(position, total), total),
            any(part.critical for part in parts),
            min(part.start_date for part in parts),
            max(part.finish_date for part in parts),
            min(part.late_start_date for part in parts),
            max(part.late_finish_date for part in parts),
            min(part.planned_start for part in parts),
            max(part.planned_finish for part in parts),
            not open_parts,
            self._percent(position),
        )

    def _percent(self, position: int) -> int:
        """How much of the leaves below is done, weighted by their planned durations; of events alone, all or nothing."""
        if self._percents is None:
            self._percents = summary_percents(self.computed.plan.structure)
        return self._percents.get(position, 0)

    def _fill(self) -> dict[str, ScheduledItem]:
        """Make all that is missing, in the order given."""
        if self._all is None:
            plan = self.computed.plan
            if plan.is_plain and not plan.structure.late_leaning and not self._made:
                self._made = self._plain_leaves()
            self._all = {
                item.item_id: self.at(position) for position, item in enumerate(plan.items)
            }
        return self._all

    def _plain_leaves(self) -> dict[int, ScheduledItem]:
        """The leaves of a plain plan all at once."""
        computed = self.computed
        plan, axes = computed.plan, computed.terms.axes
        starts, finishes = axes.starts[PROJECT], axes.finishes[PROJECT]
        firsts, lasts = computed.start_dates, computed.finish_dates
        late, late_finishes = computed.late_starts, computed.late_finishes
        early, early_finishes = computed.early, computed.early_finishes
        names = [plan.items[position][0] for position in plan.owner]
        falses = [False] * len(names)
        total = computed.total_floats
        if plan.others:
            # Sides of summaries may lie anywhere; nobody asks for their dates.
            late = [0 if node in plan.others else each for node, each in enumerate(late)]
            late_finishes = [
                1 if node in plan.others else each for node, each in enumerate(late_finishes)
            ]
        rows = zip(
            names,
            falses,
            [not duration for duration in plan.durations],
            plan.durations,
            early,
            early_finishes,
            late,
            late_finishes,
            total,
            computed.free_floats,
            [room <= 0 for room in total],
            firsts,
            lasts,
            [starts[boundary] for boundary in late],
            [finishes[boundary] for boundary in late_finishes],
            early,
            early_finishes,
            falses,
            [0] * len(names),
            strict=True,
        )
        new = tuple.__new__
        leaves = [new(ScheduledItem, row) for row in rows]
        made = {position: leaves[node] for position, node in enumerate(plan.ranks) if node >= 0}
        for node in plan.milestones:
            latest = computed.late_starts[node]
            made[plan.owner[node]] = leaves[node]._replace(
                late_start_date=self._late_shown(latest, computed.finish, firsts[node], PROJECT),
                late_finish_date=self._late_shown(latest, computed.finish, firsts[node], PROJECT),
            )
        return made

    def _late_shown(self, late: int, finish: int, first: date, axis: int) -> date:
        """A late milestone waits for the morning, except where the project ends the evening before."""
        axes = self.computed.terms.axes
        if 0 < late == finish:
            return max(axes.finishes[axis][late], first)
        return axes.starts[axis][late]


def summary_percents(structure: Structure) -> dict[int, int]:
    """By position of a summary, how much of it is done."""
    if not structure.progress or not structure.children:
        return {}
    work, done = structure.planned[:], [0] * len(structure.planned)
    is_done = [True] * len(work)
    for position, item in enumerate(structure.items):
        if position in structure.children:
            continue
        progress = structure.progress.get(position, Progress.OPEN)
        is_done[position] = progress is Progress.DONE
        percent = WHOLE_BPS if progress is Progress.DONE else item.percent_complete_bps
        done[position] = work[position] * percent
    for position in reversed(structure.top_down):
        parent_id = structure.items[position].parent_id
        if parent_id is not None:
            parent = structure.index[parent_id]
            work[parent] += work[position]
            done[parent] += done[position]
            is_done[parent] = is_done[parent] and is_done[position]
    return {
        position: done[position] // work[position]
        if work[position]
        else WHOLE_BPS * is_done[position]
        for position in structure.children
    }


def make_schedule(computed: Computed) -> Schedule:
    """The schedule that people read."""
    plan, items = computed.plan, ScheduledItems(computed)
    dated = computed.terms.axes.starts[PROJECT]
    if plan.is_plain and not plan.structure.late_leaning:
        finish_date, critical = _plain_ends(computed)
    else:
        leaves = [items.at(position) for position, node in enumerate(plan.ranks) if node >= 0]
        finish_date = max((leaf.finish_date for leaf in leaves), default=dated[0])
        critical = sorted(
            (leaf.early_start, leaf.early_finish, leaf.item_id) for leaf in leaves if leaf.critical
        )
    return Schedule(
        items, computed.finish, dated[0], finish_date, tuple(item_id for *_, item_id in critical)
    )


def _plain_ends(computed: Computed) -> tuple[date, list[tuple[int, int, str]]]:
    """The delivery date of a plain plan, and its critical leaves by early start."""
    plan, finish, early = computed.plan, computed.finish, computed.early
    axes, others = computed.terms.axes, plan.others
    finish_date = axes.finishes[PROJECT][finish] if finish else axes.starts[PROJECT][0]
    critical = []
    for node, (start, latest) in enumerate(zip(early, computed.late_starts, strict=True)):
        duration = plan.durations[node]
        if latest <= start and node not in others:
            item_id = plan.items[plan.owner[node]].item_id
            critical.append((start, start + duration, item_id))
        if start == finish and not duration and node not in others:
            # A date may show a milestone on the morning after all the work.
            finish_date = max(finish_date, computed.shown(node, start))
    return finish_date, sorted(critical)
