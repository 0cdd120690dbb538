"""Turning links into edges, with nodes for the summaries they touch and for what has happened."""

from typing import Final

from services.rules.errors import RuleViolation
from services.rules.schedule.items import (
    MAX_DURATION_DAYS,
    LagKind,
    LinkKind,
    ScheduleLink,
)
from services.rules.schedule.lags import EVERY_DAY, PROJECT, CalendarEdge
from services.rules.schedule.structure import Progress, Structure, refusal

FAR: Final = 1 << 60
"""Beyond every boundary: the value of a node that nothing bounds yet."""

# Bound once and compared by identity: Python 3.11 looks an enumeration's member up, and hashes it, in Python code.
_FS: Final = LinkKind.FINISH_TO_START
_FF: Final = LinkKind.FINISH_TO_FINISH
_SF: Final = LinkKind.START_TO_FINISH
_WORKING: Final = LagKind.WORKING

_INSIDE: Final = -1
"""The origin of an edge that no link drew."""

Event = tuple[int, int]
"""A node and what lies between its value and the event."""


def weigh(kind: LinkKind, lag_days: int, tail_days: int, head_days: int) -> tuple[int, int]:
    """How much later the head's start is at least than the tail's, and 2 for leaving a finish plus 1 for binding one."""
    if kind is _FS:
        return tail_days + lag_days, 2
    if kind is _FF:
        return tail_days + lag_days - head_days, 3
    if kind is _SF:
        return lag_days - head_days, 1
    return lag_days, 0


class Layout:
    """Collects nodes and edges. Nodes below the number of items are the items by position (summaries' own stay unused)."""

    def __init__(self, structure: Structure, links: tuple[ScheduleLink, ...]) -> None:
        """Begin with a node for every item."""
        count = len(structure.items)
        self.structure = structure
        self.links = links
        self.owner = list(range(count))
        self.axes = [PROJECT] * count
        self.tails: list[int] = []
        self.heads: list[int] = []
        self.weights: list[int] = []
        self.metas: list[int] = []
        self.edges: list[CalendarEdge] = []
        self.caps: list[CalendarEdge] = []
        self.summary_links: list[int] = []
        self.order_only: list[tuple[int, int]] = []
        self.fixed: dict[int, bool] = {}
        self.calendar_ids: list[str] = []
        self._happened: dict[tuple[int, bool], int] = {}
        self._sides: dict[tuple[int, bool, bool, bool, bool], int] = {}
        self._mixed = self._mixed_summaries()
        axis_of: dict[str, int] = {}
        for position, calendar_id in structure.calendars.items():
            if calendar_id not in axis_of:
                axis_of[calendar_id] = EVERY_DAY + 1 + len(self.calendar_ids)
                self.calendar_ids.append(calendar_id)
            self.axes[position] = axis_of[calendar_id]
        for position, progress in structure.progress.items():
            self._node_of_date(position, is_finish=False)
            if progress is Progress.DONE:
                self._node_of_date(position, is_finish=True)

    def _mixed_summaries(self) -> set[int]:
        """The summaries over leaves that are not all unbegun and on the project's calendar."""
        structure = self.structure
        mixed: set[int] = set()
        for position in (*structure.calendars, *structure.progress):
            parent_id = structure.items[position].parent_id
            while parent_id is not None:
                parent = structure.index[parent_id]
                if parent in mixed:
                    break
                mixed.add(parent)
                parent_id = structure.items[parent].parent_id
        return mixed

    def _node(self, position: int, axis: int) -> int:
        self.owner.append(position)
        self.axes.append(axis)
        return len(self.owner) - 1

    def _node_of_date(self, position: int, *, is_finish: bool) -> None:
        node = self._node(position, EVERY_DAY)
        self._happened[position, is_finish] = node
        self.fixed[node] = is_finish
        self.order_only.append((position, node))

    def lay_links(self) -> None:
        """Turn every link into an edge; raises what `prepare_plan` names for links."""
        structure = self.structure
        index, durations = structure.index, structure.durations
        uncommon = {*structure.children, *structure.calendars, *structure.progress}
        add_tail, add_head = self.tails.append, self.heads.append
        add_weight, add_meta = self.weights.append, self.metas.append
        for number, (before, after, kind, lag, lag_kind, most) in enumerate(self.links):
            tail, head = index.get(before), index.get(after)
            if tail is None or head is None:
                missing = before if tail is None else after
                raise refusal(
                    "SCHEDULE_UNKNOWN_ITEM",
                    f"A link names {missing}, which does not exist.",
                    missing,
                )
            if tail == head:
                raise refusal("SCHEDULE_SELF_LINK", f"{before} cannot depend on itself.", before)
            if type(lag) is not int or not -MAX_DURATION_DAYS <= lag <= MAX_DURATION_DAYS:
                raise refusal(
                    "SCHEDULE_INVALID",
                    f"The lag from {before} to {after} is not a number of days within {MAX_DURATION_DAYS}.",
                    before,
                    after,
                )
            if (
                most is not None
                or lag_kind is not _WORKING
                or (uncommon and (tail in uncommon or head in uncommon))
            ):
                self._lay_uncommon(number, tail, head)
                continue
            add_tail(tail)
            add_head(head)
            weight, sides = weigh(kind, lag, durations[tail], durations[head])
            add_weight(weight)
            add_meta(number << 3 | sides)

    def _lay_uncommon(self, number: int, tail: int, head: int) -> None:
        """A link on a summary, on an own calendar or on what has begun, an elapsed one, or one with a maximal lag."""
        link, structure = self.links[number], self.structure
        if tail in structure.children or head in structure.children:
            if self._is_nested(tail, head):
                raise refusal(
                    "SCHEDULE_LINK_INSIDE_SUMMARY",
                    f"{link.predecessor_id} and {link.successor_id} cannot be linked: one lies in the other.",
                    link.predecessor_id,
                    link.successor_id,
                )
            self.summary_links.append(number)
        from_finish = link.kind is _FS or link.kind is _FF
        to_finish = link.kind is _FF or link.kind is _SF
        self._lay(
            number,
            tail,
            head,
            from_finish=from_finish,
            to_finish=to_finish,
            lag_days=link.lag_days,
            is_reverse=False,
        )
        most = link.max_lag_days
        if most is None:
            return
        if type(most) is not int or not -MAX_DURATION_DAYS <= most <= MAX_DURATION_DAYS:
            raise refusal(
                "SCHEDULE_INVALID",
                f"The maximal lag from {link.predecessor_id} to {link.successor_id} is not a number of days"
                f" within {MAX_DURATION_DAYS}.",
                link.predecessor_id,
                link.successor_id,
            )
        if most < link.lag_days:
            raise contradiction([link.predecessor_id, link.successor_id], [link])
        self._lay(
            number,
            head,
            tail,
            from_finish=to_finish,
            to_finish=from_finish,
            lag_days=-most,
            is_reverse=True,
        )

    def _is_nested(self, one: int, other: int) -> bool:
        """Whether one of two items lies in the other, by their entries and exits."""
        entered, left = self.structure.tour[one]
        entered_other, left_other = self.structure.tour[other]
        return entered < left_other and entered_other < left

    def _lay(
        self,
        number: int,
        tail: int,
        head: int,
        *,
        from_finish: bool,
        to_finish: bool,
        lag_days: int,
        is_reverse: bool,
    ) -> None:
        is_elapsed = self.links[number].lag_kind is not _WORKING
        is_strict = to_finish and (from_finish or is_elapsed)
        source = self._leaving(tail, from_finish)
        if is_reverse and (head, to_finish) in self._happened:
            self._cap(
                source,
                self._happened[head, to_finish],
                from_finish=from_finish,
                number=number,
                lag_days=lag_days,
                is_elapsed=is_elapsed,
            )
            return
        target = self._entering(head, to_finish, is_strict, is_reverse)
        self._edge(
            source,
            target,
            from_finish=from_finish,
            to_finish=to_finish,
            lag_days=lag_days,
            number=number,
            is_elapsed=is_elapsed,
            is_strict=is_strict,
            is_reverse=is_reverse,
        )

    def _edge(
        self,
        source: Event,
        target: Event,
        *,
        from_finish: bool = False,
        to_finish: bool = False,
        lag_days: int = 0,
        number: int = _INSIDE,
        is_elapsed: bool = True,
        is_strict: bool = False,
        is_reverse: bool = False,
    ) -> None:
        (tail, tail_offset), (head, head_offset) = source, target
        tail_axis, head_axis = self.axes[tail], self.axes[head]
        is_plain = tail_axis == head_axis == PROJECT
        if is_plain and (number == _INSIDE or not is_elapsed):
            self.tails.append(tail)
            self.heads.append(head)
            self.weights.append(tail_offset + lag_days - head_offset)
            self.metas.append(number << 3 | is_reverse << 2 | from_finish << 1 | to_finish)
            return
        self.edges.append(
            CalendarEdge(
                tail,
                head,
                tail_axis,
                head_axis,
                tail_offset,
                head_offset,
                from_finish,
                to_finish,
                lag_days,
                is_elapsed,
                is_strict,
                number,
                is_reverse,
            )
        )

    def _cap(
        self,
        source: Event,
        fixed: int,
        *,
        from_finish: bool,
        number: int,
        lag_days: int,
        is_elapsed: bool,
    ) -> None:
        tail, tail_offset = source
        self.caps.append(
            CalendarEdge(
                tail,
                fixed,
                self.axes[tail],
                EVERY_DAY,
                tail_offset,
                0,
                from_finish,
                self.fixed[fixed],
                lag_days,
                is_elapsed,
                False,
                number,
                True,
            )
        )

    def _leaving(self, position: int, is_finish: bool) -> Event:
        """The event that a link leaves from."""
        if (position, is_finish) in self._happened:
            return self._happened[position, is_finish], 0
        if position not in self.structure.children:
            return position, self.structure.durations[position] if is_finish else 0
        return self._side(position, is_out=True, is_finish=is_finish), 0

    def _entering(self, position: int, is_finish: bool, is_strict: bool, is_reverse: bool) -> Event:
        """The event that a link binds. What is done has a node that leads nowhere: it moves no more."""
        if position not in self.structure.children:
            return position, self.structure.durations[position] if is_finish else 0
        return self._side(
            position, is_out=False, is_finish=is_finish, is_strict=is_strict, is_reverse=is_reverse
        ), 0

    def _side(
        self,
        summary: int,
        *,
        is_out: bool,
        is_finish: bool,
        is_strict: bool = False,
        is_reverse: bool = False,
    ) -> int:
        """The node of one side of a summary; made, with all below it, when first asked for."""
        sides, children = self._sides, self.structure.children

        def key(position: int) -> tuple[int, bool, bool, bool, bool]:
            if position not in self._mixed:
                return position, is_out, is_finish, False, False
            return position, is_out, is_finish, is_strict, is_reverse

        def make(position: int) -> int:
            axis = EVERY_DAY if position in self._mixed else PROJECT
            sides[key(position)] = self._node(position, axis)
            return sides[key(position)]

        if key(summary) in sides:
            return sides[key(summary)]
        made = make(summary)
        stack = [summary]
        while stack:
            position = stack.pop()
            node = sides[key(position)]
            for child in children[position]:
                if child in children and key(child) not in sides:
                    make(child)
                    stack.append(child)
                if is_out:
                    source = (
                        (sides[key(child)], 0)
                        if child in children
                        else self._leaving(child, is_finish)
                    )
                    self._edge(source, (node, 0), from_finish=is_finish)
                elif is_reverse and (child, is_finish) in self._happened:
                    fixed = self._happened[child, is_finish]
                    self._cap(
                        (node, 0),
                        fixed,
                        from_finish=False,
                        number=_INSIDE,
                        lag_days=0,
                        is_elapsed=True,
                    )
                else:
                    target = (
                        (sides[key(child)], 0)
                        if child in children
                        else self._entering(child, is_finish, is_strict, is_reverse)
                    )
                    self._edge((node, 0), target, to_finish=is_finish, is_strict=is_strict)
        return made


def contradiction(names: list[str], links: list[ScheduleLink]) -> RuleViolation:
    """The refusal of links that no dates can satisfy together, naming them."""
    said = "; ".join(
        f"{link.predecessor_id} → {link.successor_id} {link.kind.value} {link.lag_days:+d}"
        + ("" if link.max_lag_days is None else f" at most {link.max_lag_days:+d}")
        for link in links
    )
    return RuleViolation(
        f"No dates satisfy these links together: {said}.",
        code="SCHEDULE_CONTRADICTION",
        items=names,
        links=[
            {
                "from": link.predecessor_id,
                "to": link.successor_id,
                "type": link.kind.value,
                "lag_days": link.lag_days,
                "max_lag_days": link.max_lag_days,
                "lag_kind": link.lag_kind.value,
            }
            for link in links
        ],
    )
