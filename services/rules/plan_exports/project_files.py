"""A scope as Microsoft Project's XML: opened by Microsoft Project and the programs that read its files, and by our own import.

Elements stand in the order of the published schema, which Microsoft Project insists on. A working day has eight hours, from 8 to
12 and from 13 to 17. Part-time work is written as the days it takes. What Microsoft Project has no field for (fees, tax, criteria,
our keys) stands in custom text fields whose names begin with `Scopewright`; expectations are not part of the file.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final
from xml.sax.saxutils import escape

from services.rules.calendars import CalendarTerms, WorkingCalendar
from services.rules.money import MINOR_UNITS
from services.rules.plan_exports.exported import ExportedPlan, percent, plain
from services.rules.plan_files.project_fields import (
    ALIAS,
    CONSTRAINTS,
    DAYS,
    ELAPSED_DAYS,
    ELAPSED_MINUTES_PER_DAY,
    FIELDS,
    LINKS,
    MINUTES_PER_DAY,
    PUBLIC_HOLIDAY,
    calendar_name,
)
from services.rules.schedule import ConstraintKind, LagKind
from services.rules.scope import Dependency, ItemKind, ScopeItem

_CONSTRAINT_CODES: Final = {kind: code for code, kind in CONSTRAINTS.items()}
_LINK_CODES: Final = {kind: code for code, kind in LINKS.items()}
_MORNING, _EVENING = "T08:00:00", "T17:00:00"
_STARTS: Final = frozenset(
    {ConstraintKind.START_NO_EARLIER_THAN, ConstraintKind.START_NO_LATER_THAN, ConstraintKind.MUST_START_ON}
)  # fmt: skip
_DAY_OFF: Final = "Day off"

Element = tuple[str, "str | int | list[Element]"]
"""A name with a text, or with what it holds."""


def write_project(plan: ExportedPlan) -> str:
    """The file of a scope that can be scheduled."""
    items = plan.items()
    uids = {item.item_key: at for at, item in enumerate(items, start=1)}
    calendars = {each.key: at for at, each in enumerate(plan.scope.calendars, start=2)}
    before: dict[str, list[Dependency]] = {}
    for link in plan.scope.dependencies:
        before.setdefault(link.successor_key, []).append(link)
    finish = max((each.finish_date for each in plan.planned.values()), default=plan.start)
    project: list[Element] = [
        ("SaveVersion", 14),
        ("Name", f"{plan.name}.xml"),
        ("Title", plan.name),
        ("ScheduleFromStart", 1),
        ("StartDate", f"{plan.start.isoformat()}{_MORNING}"),
        ("FinishDate", f"{finish.isoformat()}{_EVENING}"),
        ("CurrencyDigits", min(2, MINOR_UNITS[plan.currency])),
        ("CurrencyCode", plan.currency),
        ("CalendarUID", 1),
        ("DefaultStartTime", "08:00:00"),
        ("DefaultFinishTime", "17:00:00"),
        ("MinutesPerDay", MINUTES_PER_DAY),
        ("MinutesPerWeek", MINUTES_PER_DAY * (7 - len(plan.terms.weekend))),
        ("DaysPerMonth", 20),
        ("DurationFormat", DAYS),
        ("NewTasksAreManual", 0),
        (
            "ExtendedAttributes",
            [
                ("ExtendedAttribute", [("FieldID", str(field_id)), ("FieldName", text), ("Alias", ALIAS + name)])
                for name, (text, field_id) in FIELDS.items()
            ],
        ),
        ("Calendars", list(_calendars(plan, finish))),
        ("Tasks", [_task(plan, item, place, before.get(item.item_key, []), uids=uids, calendars=calendars) for item, place in _outline(items)]),
        ("Resources", []),
        ("Assignments", []),
    ]  # fmt: skip
    lines = ['<?xml version="1.0" encoding="UTF-8" standalone="yes"?>']
    lines.append('<Project xmlns="http://schemas.microsoft.com/project">')
    for element in project:
        lines.extend(_lines(element, " "))
    lines.append("</Project>")
    return "\n".join(lines) + "\n"


def _lines(element: Element, indent: str) -> Iterator[str]:
    name, content = element
    if not isinstance(content, list):
        yield f"{indent}<{name}>{escape(_printable(str(content)))}</{name}>"
    elif not content:
        yield f"{indent}<{name}/>"
    else:
        yield f"{indent}<{name}>"
        for each in content:
            yield from _lines(each, indent + " ")
        yield f"{indent}</{name}>"


def _printable(text: str) -> str:
    """The text without the two characters that a person may type and XML may not hold."""
    return text.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")


def _outline(items: Iterable[ScopeItem]) -> Iterator[tuple[ScopeItem, tuple[int, ...]]]:
    """Each item with its place, such as (1, 2) for the second below the first."""
    places: dict[str | None, tuple[int, ...]] = {None: ()}
    counts: dict[str | None, int] = {}
    for item in items:
        parent = item.parent_key if item.parent_key in places else None
        counts[parent] = counts.get(parent, 0) + 1
        places[item.item_key] = (*places[parent], counts[parent])
        yield item, places[item.item_key]


def _calendars(plan: ExportedPlan, finish: date) -> Iterator[Element]:
    until = date(min(finish.year + 2, 9999), 12, 31)
    own: list[tuple[int, str | None, str, str, CalendarTerms]] = [
        (1, None, "Project", "", plan.terms)
    ]
    own += [
        (uid, each.key, each.title, each.key, each.terms)
        for uid, each in enumerate(plan.scope.calendars, start=2)
    ]
    for uid, key, title, shown_key, terms in own:
        name = calendar_name(title, shown_key, terms.country, terms.region)
        yield _calendar(uid, name, terms, plan.calendars[key], start=plan.start, until=until)


def _calendar(
    uid: int, name: str, terms: CalendarTerms, working: WorkingCalendar, *, start: date, until: date
) -> Element:
    own = set(terms.days_off)
    holidays = {
        day
        for day in working.days_off - own
        if start <= day <= until and day.weekday() not in terms.weekend
    }
    days: list[Element] = []
    for day_type in range(1, 8):  # from Sunday
        works = (day_type + 5) % 7 not in terms.weekend
        day: list[Element] = [("DayType", day_type), ("DayWorking", int(works))]
        if works:
            day.append(("WorkingTimes", [_hours("08", "12"), _hours("13", "17")]))
        days.append(("WeekDay", day))
    exceptions = [
        _exception(day, _DAY_OFF if day in own else PUBLIC_HOLIDAY)
        for day in sorted(own | holidays)
    ]
    parts: list[Element] = [
        ("UID", uid),
        ("Name", name),
        ("IsBaseCalendar", 1),
        ("BaseCalendarUID", -1),
        ("WeekDays", days),
    ]
    if exceptions:
        parts.append(("Exceptions", exceptions))
    return ("Calendar", parts)


def _hours(begin: str, end: str) -> Element:
    return ("WorkingTime", [("FromTime", f"{begin}:00:00"), ("ToTime", f"{end}:00:00")])


def _exception(day: date, name: str) -> Element:
    period: list[Element] = [
        ("FromDate", f"{day.isoformat()}T00:00:00"),
        ("ToDate", f"{day.isoformat()}T23:59:00"),
    ]
    return (
        "Exception",
        [
            ("EnteredByOccurrences", 0),
            ("TimePeriod", period),
            ("Occurrences", 1),
            ("Name", name),
            ("Type", 1),
            ("DayWorking", 0),
        ],
    )


def _task(
    plan: ExportedPlan,
    item: ScopeItem,
    place: tuple[int, ...],
    links: list[Dependency],
    *,
    uids: dict[str, int],
    calendars: dict[str, int],
) -> Element:
    outline = ".".join(map(str, place))
    planned = plan.planned[item.item_key]
    is_summary = item.kind is ItemKind.SUMMARY
    span = -(-item.duration_days * 10_000 // item.allocation_bps)
    constraint = item.constraint_kind
    at_start = _EVENING
    if (item.duration_days or is_summary or not planned.early_start) or (
        constraint in _STARTS and item.constraint_date == planned.start_date
    ):
        at_start = _MORNING
    start = f"{planned.start_date.isoformat()}{at_start}"
    # A milestone is an instant: it finishes when it starts.
    finish = start if not (span or is_summary) else f"{planned.finish_date.isoformat()}{_EVENING}"
    cost = 0 if is_summary else _hundredths(item.cost_minor, plan.currency)
    parts: list[Element] = [
        ("UID", uids[item.item_key]),
        ("ID", uids[item.item_key]),
        ("Name", item.title),
        ("Active", 1),
        ("Manual", 0),
        ("Type", 1),
        ("IsNull", 0),
        ("WBS", outline),
        ("OutlineNumber", outline),
        ("OutlineLevel", len(place)),
        ("Start", start),
        ("Finish", finish),
        ("Duration", f"PT{span * MINUTES_PER_DAY // 60}H0M0S"),
        ("DurationFormat", DAYS),
        ("Work", f"PT{item.effort_minutes // 60}H{item.effort_minutes % 60}M0S"),
        ("EffortDriven", 0),
        ("Estimated", 0),
        ("Milestone", int(item.kind is ItemKind.MILESTONE)),
        ("Summary", int(is_summary)),
        ("Critical", int(planned.critical)),
        ("FreeSlack", planned.free_float_days * MINUTES_PER_DAY * 10),
        ("TotalSlack", planned.total_float_days * MINUTES_PER_DAY * 10),
        ("FixedCost", cost),
        ("PercentComplete", 0),
        ("Cost", cost),
        ("ConstraintType", _CONSTRAINT_CODES[constraint]),
        ("CalendarUID", calendars.get(item.calendar_key or "", -1)),
    ]
    if item.constraint_date is not None:
        time = _MORNING if constraint in _STARTS else _EVENING
        parts.append(("ConstraintDate", f"{item.constraint_date.isoformat()}{time}"))
    if item.description:
        parts.append(("Notes", item.description))
    parts.extend(_link(link, uids) for link in links)
    parts.extend(
        ("ExtendedAttribute", [("FieldID", str(FIELDS[name][1])), ("Value", value)])
        for name, value in _own_fields(plan, item, links)
        if value
    )
    return ("Task", parts)


def _hundredths(amount_minor: int, currency: str) -> int:
    """An amount in hundredths of its currency, in which Microsoft Project counts whatever the currency is."""
    digits = MINOR_UNITS[currency]
    return amount_minor * 100 // int(10**digits)


def _own_fields(
    plan: ExportedPlan, item: ScopeItem, links: list[Dependency]
) -> Iterator[tuple[str, str | None]]:
    """What only we know of an item, by the name an import reads it under."""
    yield "item_key", item.item_key
    yield "kind", item.kind.value
    if item.kind is not ItemKind.SUMMARY:
        yield "duration_days", str(item.duration_days)
        yield "effort_minutes", str(item.effort_minutes)
        yield "cost", plan.amount(item.cost_minor)
    yield "quantity", None if item.quantity is None else plain(item.quantity)
    yield "unit", item.unit
    yield "rate", plan.amount(item.rate_minor)
    yield "fee", plan.amount(item.fee_minor)
    yield "tax_code", item.tax_code
    yield "tax_rate", percent(item.tax_bps)
    if item.allocation_bps != 10_000:
        yield "allocation_percent", percent(item.allocation_bps)
    yield "calendar_key", item.calendar_key
    yield (
        "latest",
        "; ".join(
            f"{link.predecessor_key} {link.kind.value} {link.max_lag_days}"
            for link in links
            if link.max_lag_days is not None
        ),
    )
    yield "deliverable", item.deliverable
    yield "acceptance_criteria", item.acceptance_criteria


def _link(link: Dependency, uids: dict[str, int]) -> Element:
    elapsed = link.lag_kind is LagKind.ELAPSED
    per_day = ELAPSED_MINUTES_PER_DAY if elapsed else MINUTES_PER_DAY
    return (
        "PredecessorLink",
        [
            ("PredecessorUID", uids[link.predecessor_key]),
            ("Type", _LINK_CODES[link.kind]),
            ("CrossProject", 0),
            ("LinkLag", link.lag_days * per_day * 10),
            ("LagFormat", ELAPSED_DAYS if elapsed else DAYS),
        ],
    )
