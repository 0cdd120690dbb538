"""The outline of a Microsoft Project file: which tasks there are, below which, and how long they take."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Final

from services.rules.plan_files.elements import Element
from services.rules.plan_files.project_calendars import ProjectCalendar, number
from services.rules.plan_files.project_fields import ELAPSED_FORMATS
from services.rules.plan_files.records import Reader, Record, calendar_date

_DURATION: Final = re.compile(
    r"(?P<sign>-?)P(?:(?P<days>[0-9]{1,6})D)?"
    r"(?:T(?:(?P<hours>[0-9]{1,7})H)?(?:(?P<minutes>[0-9]{1,9})M)?(?:(?P<seconds>[0-9]{1,9}(?:\.[0-9]{1,9})?)S)?)?",
    re.ASCII,
)


@dataclass(slots=True)
class Task:
    """A task of the file with what is known of it before its neighbours are."""

    element: Element
    uid: str
    record: Record
    ours: Mapping[str, str]
    parent: "Task | None" = None
    key: str = ""
    has_items_below: bool = False
    minutes: Fraction = Fraction(0)
    """Its duration, of which an elapsed one has 1440 to the day."""
    is_elapsed: bool = False


@dataclass(slots=True)
class File:
    """What holds for the whole file."""

    reader: Reader
    root: Element
    start: date | None
    minutes_per_day: int
    aliases: Mapping[str, str]
    """What a custom field of ours carries, by its id."""
    calendars: Mapping[str, ProjectCalendar]
    project_calendar: str
    left_out: dict[str, str] = field(default_factory=dict)
    """Why the task of a UID is not carried over."""


def below(root: Element, name: str, each: str) -> Iterator[Element]:
    """The elements called `each` in the list called `name`."""
    found = root.child(name)
    return found.all(each) if found else iter(())


def day_of(element: Element, name: str) -> date | None:
    """The date of a child; its time of day is dropped."""
    return calendar_date(element.said(name))


def read_tasks(file: File) -> list[Task]:
    """The tasks that are carried over, each with its parent, in the order of the outline."""
    tasks: list[Task] = []
    stack: list[tuple[int, Task | None]] = []
    for element in below(file.root, "Tasks", "Task"):
        uid = element.said("UID")
        if element.said("IsNull") == "1" or (uid == "0" and _level(element) == 0):
            continue  # an empty line; the summary of the project itself
        record = Record(file.reader, {}, element.line, uid or None)
        if not uid:
            record.say("A task needs a UID.", "REQUIRED", "UID")
            continue
        why = _why_left_out(element)
        if why:
            file.left_out[uid] = why
            record.warn(f"{title_of(element)} is {why} and left out.", "TASK_DROPPED", "Task")
        level = _level(element)
        while stack and stack[-1][0] >= level:
            stack.pop()
        parent = next((task for _, task in reversed(stack) if task is not None), None)
        if why:
            stack.append((level, None))
            continue
        ours = {
            file.aliases[each.said("FieldID")]: each.said("Value")
            for each in element.all("ExtendedAttribute")
            if each.said("FieldID") in file.aliases
        }
        task = Task(element, uid, record, ours, parent, ours.get("item_key") or uid)
        record.item_key = task.key[:64]
        if parent is not None:
            parent.has_items_below = True
        tasks.append(task)
        stack.append((level, task))
    for task in tasks:
        _read_duration(file, task)
    return tasks


def _why_left_out(element: Element) -> str:
    if element.said("ExternalTask") == "1":
        return "a task of another project"
    return "inactive" if element.said("Active") == "0" else ""


def _level(element: Element) -> int:
    said = element.said("OutlineLevel")
    if said:
        return number(said, 1)
    return element.said("OutlineNumber").count(".") + 1


def title_of(element: Element) -> str:
    """How a message names a task."""
    return " ".join(element.said("Name").split())[:60] or f"Task {element.said('UID')}"


def _read_duration(file: File, task: Task) -> None:
    element = task.element
    if task.has_items_below:
        return
    is_manual = element.said("Manual") == "1"
    text = (is_manual and element.said("ManualDuration")) or element.said("Duration")
    task.is_elapsed = number(element.said("DurationFormat")) in ELAPSED_FORMATS
    if not text:
        if element.said("Milestone") != "1":
            task.record.warn(
                f"{title_of(element)} has no duration; it is taken as a milestone.",
                "DURATION_MISSING",
                "Duration",
            )
        return
    minutes = minutes_of(text)
    if minutes is None or minutes < 0:
        task.record.say(
            f"{text[:40]} is not a duration as in PT8H0M0S.", "DURATION_INVALID", "Duration"
        )
    else:
        task.minutes = minutes


def minutes_of(text: str) -> Fraction | None:
    """The minutes of a duration as in PT8H0M0S; None where it is none."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match[name] for name in ("days", "hours", "minutes", "seconds")):
        return None
    minutes = (
        int(match["days"] or 0) * 1440 + int(match["hours"] or 0) * 60 + int(match["minutes"] or 0)
    )
    seconds = Fraction(match["seconds"] or 0)
    return (minutes + seconds / 60) * (-1 if match["sign"] else 1)
