"""Plans of Microsoft Project (and of the programs that write its XML), from elements that a parser has read.

What is carried over: the outline, durations, links with lags, constraints and deadlines, calendars, costs, work and notes. What
a plan of whole working days has no place for is rounded or left out, and a warning says so, by line:

* A duration or lag that is no whole number of days is rounded up to the next whole day.
* A task whose duration is elapsed goes on a calendar of its own on which every day works.
* A manually scheduled task starts no earlier than where it was put. A deadline is a `finish no later than`.
* Progress, resources, assignments and baselines are left out: they are reported on the engagement, not agreed in its scope.
"""

from typing import Final

from services.rules.plan_files.elements import Element
from services.rules.plan_files.parts import finish
from services.rules.plan_files.plan import Plan, PlanCalendar, PlanItemCalendar
from services.rules.plan_files.project_calendars import number, read_calendars
from services.rules.plan_files.project_fields import (
    ALIAS,
    ELAPSED_KEY,
    ELAPSED_MINUTES_PER_DAY,
    MINUTES_PER_DAY,
)
from services.rules.plan_files.project_items import calendar_key, read_links, read_task
from services.rules.plan_files.project_tree import File, below, day_of, read_tasks
from services.rules.plan_files.records import Reader, Record

_ELAPSED_CALENDAR: Final = PlanItemCalendar(
    ELAPSED_KEY, "Every day", PlanCalendar(weekend=frozenset())
)


def read_project(root: Element, *, currency: str) -> Plan:
    """The plan in a Microsoft Project file; amounts are taken where they are in `currency`. Problems are in the result."""
    reader = Reader(currency)
    head = Record(reader, {"name": root.said("Title") or root.said("Name")}, root.line)
    start = day_of(root, "StartDate")
    aliases = {
        each.said("FieldID"): each.said("Alias").removeprefix(ALIAS)
        for each in below(root, "ExtendedAttributes", "ExtendedAttribute")
        if each.said("Alias").startswith(ALIAS)
    }
    calendars = read_calendars(reader, root, start=start, is_ours=bool(aliases))
    per_day = number(root.said("MinutesPerDay"), MINUTES_PER_DAY)
    file = File(
        reader,
        root,
        start,
        per_day if 0 < per_day <= ELAPSED_MINUTES_PER_DAY else MINUTES_PER_DAY,
        aliases,
        calendars,
        root.said("CalendarUID") or next(iter(calendars), ""),
    )
    _warn_of_the_whole(file, head)
    tasks = read_tasks(file)
    by_uid = {task.uid: task for task in tasks}
    items = [(read_task(file, task), task.record) for task in tasks]
    links = [link for task in tasks for link in read_links(file, task, by_uid)]
    used = {item.calendar_key for item, _ in items}
    project = calendars.get(file.project_calendar)
    return finish(
        reader,
        name=head.text("name", max_length=255),
        start=start,
        calendar=project.calendar if project else None,
        items=items,
        links=links,
        calendars=_item_calendars(file, used),
    )


def _warn_of_the_whole(file: File, head: Record) -> None:
    """Name once what the file holds and a scope does not."""
    root = file.root
    if root.said("ScheduleFromStart") == "0":
        head.warn(
            "The plan counts back from its finish; it is scheduled from its start here.",
            "SCHEDULED_FROM_FINISH",
            "ScheduleFromStart",
        )
    people = [
        each.said("Name") for each in below(root, "Resources", "Resource") if each.said("Name")
    ]
    if people:
        head.warn(
            f"Resources and their assignments are not carried over: {_listed(people)}.",
            "RESOURCES_DROPPED",
            "Resources",
        )
    tasks = [each for each in below(root, "Tasks", "Task") if each.said("UID") != "0"]
    for names, code, what in (
        (("PercentComplete", "ActualStart"), "PROGRESS_DROPPED", "Progress is not carried over; report it on the engagement"),
        (("Baseline",), "BASELINE_DROPPED", "Baselines are not carried over; the signed contract makes one"),
        (("Hyperlink",), "LINK_DROPPED", "Hyperlinks are not carried over"),
        (("LevelingDelay",), "DELAY_DROPPED", "Levelling delays are not carried over"),
    ):  # fmt: skip
        having = [
            each.said("UID")
            for each in tasks
            if any(
                (found := each.child(name)) is not None
                and (name == "Baseline" or found.text.strip() not in ("", "0"))
                for name in names
            )
        ]
        if having:
            head.warn(f"{what} (tasks {_listed(having)}).", code, names[0])
    in_use = {
        each.said("FieldID") for task in tasks for each in task.all("ExtendedAttribute")
    } - file.aliases.keys()
    custom = {
        each.said("Alias") or each.said("FieldName")
        for each in below(root, "ExtendedAttributes", "ExtendedAttribute")
        if each.said("FieldID") in in_use
    }
    if custom:
        head.warn(
            f"Custom fields are not carried over: {_listed(sorted(custom))}.",
            "FIELDS_DROPPED",
            "ExtendedAttributes",
        )


def _listed(names: list[str]) -> str:
    shown = ", ".join(name[:40] for name in names[:8])
    return shown if len(names) <= 8 else f"{shown} and {len(names) - 8} more"


def _item_calendars(file: File, used: set[str | None]) -> list[PlanItemCalendar]:
    """The calendars that tasks name; of a file that we wrote also those that none does."""
    found = [
        PlanItemCalendar(calendar_key(file, uid), each.title, each.calendar)
        for uid, each in file.calendars.items()
        if uid != file.project_calendar
    ]
    found = [each for each in found if file.aliases or each.key in used]
    if ELAPSED_KEY in used and all(each.key != ELAPSED_KEY for each in found):
        found.append(_ELAPSED_CALENDAR)
    return found
