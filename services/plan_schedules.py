"""Plans scheduled without a database: what `scopewright schedule` does between its input and its output.

A plan is answered by its dates, or by why not; one bad plan never keeps the next from being answered.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any, Final, Never

from services.rules.calendars import SATURDAY_SUNDAY, WorkingCalendar
from services.rules.errors import DomainError, InvalidInput
from services.rules.plan_files.plan import PlanCalendar
from services.rules.plan_files.schedule_plans import SchedulePlan, read_schedule_plan
from services.rules.schedule import compute_schedule

DEFAULT_START: Final = date(2000, 1, 3)
"""Day 0 of a plan that names no start and holds no date: a Monday."""

Answer = dict[str, Any]

_EVERY_DAY: Final = WorkingCalendar(frozenset())


_BLANK: Final = b" \t\r\n\xef\xbb\xbf"
"""What an empty line may hold, a byte-order mark among it."""


def _refuse(name: str) -> Never:
    raise ValueError(f"{name} is no number")


_DECODER: Final = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse)
"""Decimals exact, so that 4.0000000000000001 days is no whole number."""


def answers(lines: Iterable[bytes]) -> Iterator[Answer]:
    """An answer for each plan in the lines: one JSON object, an array of them, or one object a line, answered as they come."""
    for plan in _plans(iter(lines)):
        yield plan.as_answer() if isinstance(plan, _Unreadable) else answer(plan)


def answer(data: object) -> Answer:
    """The schedule of one plan, or the error it ends in; never raises for what the plan says."""
    name = data.get("name") if isinstance(data, dict) else None
    plan: SchedulePlan | None = None
    try:
        plan = read_schedule_plan(data)
        schedule = compute_schedule(
            plan.items,
            plan.links,
            _calendar(plan.calendar, plan) if plan.calendar else _EVERY_DAY,
            plan.start or DEFAULT_START,
            calendars={key: _calendar(each, plan) for key, each in plan.calendars.items()},
            status_date=plan.status_date,
        )
    except DomainError as error:
        return {"name": name, "error": _error(error, plan, data)}
    return {
        "name": name,
        "duration_days": schedule.duration_days,
        "finish_date": schedule.finish_date.isoformat(),
        "items": [
            {
                "id": plan.ids[item.item_id],
                "early_start": item.early_start,
                "early_finish": item.early_finish,
                "late_start": item.late_start,
                "late_finish": item.late_finish,
                "total_float": item.total_float_days,
                "free_float": item.free_float_days,
                "critical": item.critical,
                "start_date": item.start_date.isoformat(),
                "finish_date": item.finish_date.isoformat(),
            }
            for item in schedule.items.values()
        ],
    }


def _error(error: DomainError, plan: SchedulePlan | None, data: object) -> Answer:
    ids: Mapping[str, Any] = plan.ids if plan is not None else _ids(data)
    found: Answer = {
        "code": error.code,
        "message": error.message,
        "items": [ids.get(each, each) for each in error.details.get("items") or ()],
    }
    links = error.details.get("links")
    if links:
        found["links"] = [
            {
                "from": ids.get(link.predecessor_id, link.predecessor_id),
                "to": ids.get(link.successor_id, link.successor_id),
                "type": link.kind.value,
                "lag_days": link.lag_days,
                "lag_kind": link.lag_kind.value,
                "max_lag_days": link.max_lag_days,
            }
            for link in links
        ]
    return found


def _ids(data: object) -> dict[str, Any]:
    """The ids of a plan that could not be read, as they were written."""
    items = data.get("items") if isinstance(data, dict) else None
    raw = (
        [each.get("id") for each in items if isinstance(each, dict)]
        if isinstance(items, list)
        else []
    )
    return {str(each): each for each in raw if isinstance(each, str | int)}


def _calendar(said: PlanCalendar, plan: SchedulePlan) -> WorkingCalendar:
    """The calendar a plan asks for, with holidays far enough ahead. Raises `InvalidInput`."""
    if said.country is None and not said.region:
        weekend = SATURDAY_SUNDAY if said.weekend is None else said.weekend
        return WorkingCalendar(weekend, frozenset(said.days_off))
    # The table of public holidays is slow to load, and most plans need none.
    from services.calendars import clean_terms, working_calendar

    start = plan.start
    if start is None:
        raise InvalidInput("Public holidays need a start.", code="START_REQUIRED")
    terms = clean_terms(
        country=said.country, region=said.region, weekend=said.weekend, days_off=said.days_off
    )
    ahead = sum(
        -(-item.duration_days * 10_000 // item.allocation_bps) for item in plan.items
    ) + sum(abs(link.lag_days) for link in plan.links)
    dates = [
        day
        for item in plan.items
        for day in (item.constraint_date, item.actual_start, item.actual_finish)
        if day is not None
    ]
    latest = max([*dates, plan.status_date or start, start])
    return working_calendar(terms, start, working_days=ahead + (latest - start).days)


class _Unreadable:
    """A piece of the input that is no JSON."""

    def __init__(self, message: str) -> None:
        self._message = message

    def as_answer(self) -> Answer:
        """As the answer it stands for; nobody knows its name."""
        error = {"code": "JSON_INVALID", "message": self._message, "items": []}
        return {"name": None, "error": error}


def _plans(lines: Iterator[bytes]) -> Iterator[object]:
    """The JSON values of an input; an `_Unreadable` for what is none."""
    number, first = next(
        ((at, line) for at, line in enumerate(lines, start=1) if line.strip(_BLANK)), (0, b"")
    )
    if not number:
        return
    value = _parsed(first, number)
    if isinstance(value, dict):
        yield value
        yield from _each_line(lines, number + 1)
        return
    # Not an object on one line: values over several lines, or lines of which the first is bad.
    rest = list(lines)
    values = _one_after_the_other(b"\n" * (number - 1) + first + b"".join(rest))
    broken = isinstance(values[-1], _Unreadable)
    if len(values) == 1 and isinstance(values[0], list):
        yield from values[0]
    elif broken and any(isinstance(_parsed(line, None), dict) for line in rest):
        yield from _each_line(chain([first], rest), number)
    else:
        yield from values


def _one_after_the_other(data: bytes) -> list[object]:
    """All values of a text, up to the first that cannot be read."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [_Unreadable("The input is not UTF-8.")]
    found: list[object] = []
    at = _next(text, 0)
    while at < len(text):
        try:
            value, end = _DECODER.raw_decode(text, at)
        except json.JSONDecodeError as error:
            message = f"Line {error.lineno} is not JSON: {error.msg} at column {error.colno}."
            return [*found, _Unreadable(message)]
        except (ValueError, RecursionError, ArithmeticError) as error:
            return [*found, _Unreadable(f"This is not JSON that can be read: {error}.")]
        found.append(value)
        at = _next(text, end)
    return found


def _next(text: str, at: int) -> int:
    """Where the next value begins."""
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _each_line(lines: Iterable[bytes], number: int) -> Iterator[object]:
    for at, line in enumerate(lines, start=number):
        if line.strip():
            yield _parsed(line, at)


def _parsed(text: bytes, line: int | None) -> object:
    """The JSON value of one line; `line` is where it stands in the input."""
    try:
        return _DECODER.decode(text.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        return _Unreadable(f"Line {line} is not JSON: {error.msg} at column {error.colno}.")
    except UnicodeDecodeError:
        return _Unreadable(f"Line {line} is not UTF-8.")
    except (ValueError, RecursionError, ArithmeticError) as error:
        return _Unreadable(f"Line {line} is not JSON that can be read: {error}.")


def as_line(found: Answer, *, pretty: bool = False) -> bytes:
    """An answer as one line of JSON, or indented."""
    shape: dict[str, Any] = {"indent": 2} if pretty else {"separators": (",", ":")}
    try:
        return json.dumps(found, ensure_ascii=False, default=str, **shape).encode() + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair in a name
        return json.dumps(found, default=str, **shape).encode() + b"\n"
