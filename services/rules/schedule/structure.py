"""What can be judged of the items alone: their values, their tree, and how far each has come."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from services.rules.errors import InvalidInput
from services.rules.schedule.items import (
    MAX_DURATION_DAYS,
    WHOLE_BPS,
    ConstraintKind,
    ScheduleItem,
)

# Bound once and compared by identity: Python 3.11 looks an enumeration's member up, and hashes it, in Python code.
_ASAP: Final = ConstraintKind.AS_SOON_AS_POSSIBLE
_ALAP: Final = ConstraintKind.AS_LATE_AS_POSSIBLE

COMMON: Final = ScheduleItem("")[5:]
"""What follows the constraint in an item that has no calendar of its own, is done full time and has not begun."""


class Progress(IntEnum):
    """How far an item has come."""

    OPEN = 0
    STARTED = 1
    DONE = 2


@dataclass(slots=True)
class Structure:
    """The checked items: their tree, and what each asks of the schedule. Everything is by position in the input."""

    items: tuple[ScheduleItem, ...]
    index: dict[str, int]
    children: dict[int, list[int]]
    top_down: Sequence[int]
    """Positions of the items, every parent before its children."""
    tour: list[tuple[int, int]]
    """Each item's entry and exit in a walk of the tree; empty without summaries."""
    planned: list[int]
    """Working days each takes at its share of the day; 0 for a summary."""
    durations: list[int]
    """Working days still to be scheduled: of what has started the rest, of what is done none."""
    progress: dict[int, Progress] = field(default_factory=dict)
    """What has started or is done."""
    calendars: dict[int, str] = field(default_factory=dict)
    """The leaves with a calendar of their own."""
    late_leaning: set[int] = field(default_factory=set)
    """The leaves to be done as late as possible."""
    is_constrained: bool = False
    """Whether any item names a date."""


def refusal(code: str, message: str, *item_ids: str) -> InvalidInput:
    """The refusal of a plan that makes no sense, naming the items concerned."""
    return InvalidInput(message, code=code, items=list(item_ids))


def read_structure(items: Sequence[ScheduleItem]) -> Structure:
    """Check the items one by one and as a tree.

    Raises InvalidInput: SCHEDULE_DUPLICATE_ITEM, SCHEDULE_UNKNOWN_ITEM, SCHEDULE_PARENT_CYCLE, SCHEDULE_INVALID,
    ACTUAL_START_MISSING, ACTUAL_FINISH_MISSING, ACTUAL_FINISH_BEFORE_START, PERCENT_CONTRADICTS_FINISH.
    """
    items = tuple(items)
    index = {item[0]: position for position, item in enumerate(items)}
    if len(index) < len(items):
        seen: set[str] = set()
        for item in items:
            if item.item_id in seen:
                raise refusal(
                    "SCHEDULE_DUPLICATE_ITEM", f"Two items are called {item.item_id}.", item.item_id
                )
            seen.add(item.item_id)
    children, top_down, tour = _hierarchy(items, index)
    planned = [item[1] for item in items]
    structure = Structure(items, index, children, top_down, tour, planned, planned)
    uncommon = []
    for position, item in enumerate(items):
        days, kind, day = item[1], item[3], item[4]
        if type(days) is not int or not 0 <= days <= MAX_DURATION_DAYS:
            raise refusal(
                "SCHEDULE_INVALID",
                f"The duration of {item[0]} is not a number of days from 0 to {MAX_DURATION_DAYS}.",
                item[0],
            )
        if kind is not _ASAP or day is not None:
            needs_date = kind is not _ASAP and kind is not _ALAP
            if needs_date != (day is not None):
                raise refusal(
                    "SCHEDULE_INVALID",
                    f"The constraint of {item[0]} {'needs a' if needs_date else 'takes no'} date.",
                    item[0],
                )
            structure.is_constrained = structure.is_constrained or needs_date
            if kind is _ALAP:
                structure.late_leaning.add(position)
        if item[5:] != COMMON:
            uncommon.append(position)
    for position in children:
        planned[position] = 0
    if uncommon:
        _read_uncommon(structure, uncommon)
    if children and (structure.calendars or structure.late_leaning):
        _hand_down(structure)
    return structure


def _read_uncommon(structure: Structure, positions: Sequence[int]) -> None:
    """Part time, own calendars and progress."""
    structure.durations = structure.planned[:]
    for position in positions:
        item = structure.items[position]
        is_summary = position in structure.children
        share = item.allocation_bps
        if type(share) is not int or not 1 <= share <= WHOLE_BPS:
            raise refusal(
                "SCHEDULE_INVALID",
                f"The share of the day given to {item.item_id} is not within 1 to {WHOLE_BPS} basis points.",
                item.item_id,
            )
        if is_summary and (share != WHOLE_BPS or _has_progress(item)):
            raise refusal(
                "SCHEDULE_INVALID",
                f"{item.item_id} is a summary: its share of the day and its progress are those of its items.",
                item.item_id,
            )
        days = -(-structure.planned[position] * WHOLE_BPS // share)
        if days > MAX_DURATION_DAYS:
            raise refusal(
                "SCHEDULE_INVALID",
                f"{item.item_id} takes {days} days at that share of the day, more than {MAX_DURATION_DAYS}.",
                item.item_id,
            )
        structure.planned[position] = structure.durations[position] = days
        if item.calendar_id is not None:
            structure.calendars[position] = item.calendar_id
        progress = _progress(item, days)
        if progress is not Progress.OPEN:
            structure.progress[position] = progress
            left = 0 if progress is Progress.DONE else WHOLE_BPS - item.percent_complete_bps
            structure.durations[position] = -(-days * left // WHOLE_BPS)


def _has_progress(item: ScheduleItem) -> bool:
    return (
        item.actual_start is not None
        or item.actual_finish is not None
        or item.percent_complete_bps != 0
    )


def _progress(item: ScheduleItem, days: int) -> Progress:
    """How far an item has come by what is reported of it; `days` is the work planned."""
    name, begun, ended = item.item_id, item.actual_start, item.actual_finish
    percent = item.percent_complete_bps
    if type(percent) is not int or not 0 <= percent <= WHOLE_BPS:
        raise refusal(
            "SCHEDULE_INVALID",
            f"The progress of {name} is not within 0 to {WHOLE_BPS} basis points.",
            name,
        )
    if begun is None and ((ended is not None and days) or (ended is None and percent)):
        raise InvalidInput(
            f"{name} has progress but no actual start.", code="ACTUAL_START_MISSING", items=[name]
        )
    if ended is not None:
        if begun is not None and ended < begun:
            raise InvalidInput(
                f"{name} cannot finish before it started.",
                code="ACTUAL_FINISH_BEFORE_START",
                items=[name],
            )
        if 0 < percent < WHOLE_BPS:
            raise InvalidInput(
                f"{name} has an actual finish but is not all done.",
                code="PERCENT_CONTRADICTS_FINISH",
                items=[name],
            )
        return Progress.DONE
    if begun is None:
        return Progress.OPEN
    if not days:
        return Progress.DONE  # an event is over on the day it happens
    if percent == WHOLE_BPS:
        raise InvalidInput(
            f"{name} is all done but has no actual finish.",
            code="ACTUAL_FINISH_MISSING",
            items=[name],
        )
    return Progress.STARTED


def _hand_down(structure: Structure) -> None:
    """Give what a summary asks for to the leaves in it: its calendar to those without one, its leaning to all."""
    items, children = structure.items, structure.children
    for position in structure.top_down:
        parent_id = items[position].parent_id
        if parent_id is None:
            continue
        parent = structure.index[parent_id]
        if parent in structure.calendars:
            structure.calendars.setdefault(position, structure.calendars[parent])
        if parent in structure.late_leaning:
            structure.late_leaning.add(position)
    for position in children:
        structure.calendars.pop(position, None)
        structure.late_leaning.discard(position)


def _hierarchy(
    items: Sequence[ScheduleItem], index: dict[str, int]
) -> tuple[dict[int, list[int]], Sequence[int], list[tuple[int, int]]]:
    """Children by parent, the items top-down, and each item's (entry, exit) in a walk of the tree."""
    children: dict[int, list[int]] = {}
    roots = []
    for position, item in enumerate(items):
        if item[2] is None:
            roots.append(position)
            continue
        parent = index.get(item[2])
        if parent is None:
            raise refusal(
                "SCHEDULE_UNKNOWN_ITEM",
                f"{item.item_id} lies in {item.parent_id}, which does not exist.",
                item[2],
            )
        children.setdefault(parent, []).append(position)
    if not children:
        return children, range(len(items)), []
    entries, exits = [-1] * len(items), [-1] * len(items)
    top_down: list[int] = []
    stack = roots[::-1]
    while stack:
        position = stack.pop()
        if position < 0:
            exits[~position] = len(top_down)
            continue
        entries[position] = len(top_down)
        top_down.append(position)
        below = children.get(position)
        if below is None:
            exits[position] = len(top_down)
        else:
            stack.append(~position)
            stack.extend(reversed(below))
    if len(top_down) < len(items):
        # What no root reaches hangs below a circle of parents: follow it up until an item repeats.
        seen: dict[int, int] = {}
        position = entries.index(-1)
        while position not in seen:
            seen[position] = len(seen)
            position = index[str(items[position].parent_id)]
        circle = [items[each].item_id for each, at in seen.items() if at >= seen[position]]
        raise refusal(
            "SCHEDULE_PARENT_CYCLE", f"A summary contains itself: {' in '.join(circle)}.", *circle
        )
    return children, top_down, list(zip(entries, exits, strict=True))
