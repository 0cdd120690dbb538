"""Everything that is wrong with a scope, found in one go and told line by line."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from services.rules.calendars import terms_faults
from services.rules.dates import EARLIEST, LATEST
from services.rules.errors import DomainError, InvalidInput
from services.rules.money import BPS, MAX_AMOUNT_MINOR
from services.rules.schedule import (
    MAX_DURATION_DAYS,
    WHOLE_BPS,
    ConstraintKind,
    LagKind,
    LinkKind,
    check_network,
)
from services.rules.scope.items import (
    ExpectationKind,
    ItemKind,
    Scope,
    ScopeItem,
    item_fee,
    schedule_items,
    schedule_links,
)
from services.rules.text import clean_text

MAX_ITEMS: Final = 10_000
MAX_DEPENDENCIES: Final = 50_000
MAX_CALENDARS: Final = 100
MAX_EFFORT_MINUTES: Final = 60 * 24 * 366 * 20
_MAX_POSITION: Final = 2**31 - 1
_MAX_QUANTITY: Final = Decimal(10) ** 12
_DATELESS: Final = (ConstraintKind.AS_SOON_AS_POSSIBLE, ConstraintKind.AS_LATE_AS_POSSIBLE)
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)

_ONLY_LEAVES: Final = (
    "quantity",
    "effort_minutes",
    "rate_minor",
    "fee_minor",
    "cost_minor",
    "duration_days",
    "calendar_key",
)


@dataclass(frozen=True, slots=True)
class ScopeProblem:
    """One fault. `line` counts from 1 within its list (items, dependencies, expectations, calendars); None is the scope as a
    whole.

    `is_open` tells a fault of how the parts fit together, which a draft may have while it is being written, from a value
    that nothing could ever be made of.
    """

    line: int | None
    item_key: str | None
    field: str
    message: str
    is_open: bool = dataclass_field(default=False, compare=False)


def check_scope(scope: Scope, *, sound: Scope | None = None) -> None:
    """Raise InvalidInput (SCOPE_INVALID) with every problem in `details["problems"]`, or return when there is none.

    Lines that this scope shares with one known to be `sound` are not looked at by themselves again; how all of them fit
    together always is.
    """
    _refuse(scope_problems(scope, sound=sound))


def check_draft(scope: Scope) -> None:
    """As `check_scope`, but what is only open yet (an empty phase, a dependency on nothing, a circle) may stay so."""
    _refuse([each for each in scope_problems(scope) if not each.is_open])


def _refuse(problems: Sequence[ScopeProblem]) -> None:
    if problems:
        first, more = problems[0], len(problems) - 1
        tail = f" (and {more} more)" if more else ""
        raise InvalidInput(
            f"The scope cannot be used: {first.message}{tail}",
            code="SCOPE_INVALID",
            field=first.field,
            problems=problems,
        )


def scope_problems(scope: Scope, *, sound: Scope | None = None) -> list[ScopeProblem]:
    """All faults, items first. The structure as a plan is judged only once every single line is sound.

    `sound` is a scope without faults that this one may share lines with (see `check_scope`).
    """
    shared = frozenset(map(id, (*sound.items, *sound.dependencies) if sound else ()))
    if len(scope.items) > MAX_ITEMS or len(scope.dependencies) > MAX_DEPENDENCIES:
        limit = f"A scope has at most {MAX_ITEMS} items and {MAX_DEPENDENCIES} dependencies."
        return [ScopeProblem(None, None, "items", limit)]
    if len(scope.calendars) > MAX_CALENDARS:
        limit = f"A scope has at most {MAX_CALENDARS} calendars."
        return [ScopeProblem(None, None, "calendars", limit)]
    problems = [
        *_items_problems(scope, shared),
        *_dependency_problems(scope, shared),
        *_expectation_problems(scope),
        *_calendar_problems(scope),
    ]
    if not problems:
        problems = [*_network_problems(scope)]
    return problems


def _items_problems(scope: Scope, shared: Collection[int]) -> Iterable[ScopeProblem]:
    known = {item.item_key: item for item in scope.items}
    parents = {item.parent_key for item in scope.items}
    calendars = {calendar.key for calendar in scope.calendars}
    seen: set[str] = set()
    total_minor = 0
    for line, item in enumerate(scope.items, start=1):
        is_sound = id(item) in shared
        for field, message in () if is_sound else _item_faults(item):
            yield ScopeProblem(line, item.item_key, field, message)
        if item.item_key in seen:
            yield ScopeProblem(
                line, item.item_key, "item_key", f"Two items are called {item.item_key}."
            )
        seen.add(item.item_key)
        if item.parent_key is not None:
            parent = known.get(item.parent_key)
            if parent is None:
                message = f"{item.item_key} lies in {item.parent_key}, which does not exist."
                yield ScopeProblem(
                    line, item.item_key, "parent_key", message, is_open=_is_key(item.parent_key)
                )
            elif parent.kind is not ItemKind.SUMMARY:
                message = f"{item.item_key} lies in {item.parent_key}, which is not a summary."
                yield ScopeProblem(line, item.item_key, "parent_key", message, is_open=True)
        if item.calendar_key is not None and item.calendar_key not in calendars:
            message = f"{item.item_key} is worked on the calendar {item.calendar_key}, which does not exist."
            yield ScopeProblem(
                line, item.item_key, "calendar_key", message, is_open=_is_key(item.calendar_key)
            )
        if item.kind is ItemKind.SUMMARY and item.item_key not in parents:
            yield ScopeProblem(
                line,
                item.item_key,
                "kind",
                f"The summary {item.item_key} holds no item.",
                is_open=True,
            )
        total_minor += item_fee(item) if is_sound else _fee_or_zero(item)
    if total_minor > MAX_AMOUNT_MINOR:
        yield ScopeProblem(
            None, None, "items", "The fees add up to more than can be accounted for."
        )


def _fee_or_zero(item: ScopeItem) -> int:
    """The fee of an item that may be unsound elsewhere; its own faults are told by themselves."""
    sound = next(iter(_amount_faults(item)), None) is None
    return item_fee(item) if sound else 0


def _item_faults(item: ScopeItem) -> Iterable[tuple[str, str]]:
    """Field and sentence of each fault within one item."""
    key = item.item_key
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        yield "item_key", "A key is 1 to 64 letters, digits, dots, hyphens or underscores."
        return
    if not _is_one_of(ItemKind, item.kind):
        yield "kind", f"{key} is neither a summary nor a task nor a milestone."
    for field, most, lines, required in (
        ("title", 200, False, True),
        ("description", 20_000, True, False),
        ("unit", 40, False, False),
        ("tax_code", 20, False, True),
        ("acceptance_criteria", 20_000, True, False),
        ("deliverable", 2_000, True, False),
    ):
        fault = _text_fault(getattr(item, field), most=most, lines=lines, required=required)
        if fault:
            yield field, f"The {field.replace('_', ' ')} of {key} {fault}."
    yield from _amount_faults(item)
    if not _whole(item.position, _MAX_POSITION):
        yield "position", f"The position of {key} is not a whole number from 0."
    if not _whole(item.duration_days, MAX_DURATION_DAYS):
        yield "duration_days", f"The duration of {key} is not from 0 to {MAX_DURATION_DAYS} days."
    if not _is_one_of(ConstraintKind, item.constraint_kind):
        yield "constraint_kind", f"The constraint of {key} is unknown."
    elif (item.constraint_kind in _DATELESS) != (item.constraint_date is None):
        yield "constraint_date", f"A constraint and its date come together, at {key}."
    if item.constraint_date is not None and type(item.constraint_date) is not date:
        yield "constraint_date", f"The constraint date of {key} is not a date."
    elif item.constraint_date is not None and not EARLIEST <= item.constraint_date <= LATEST:
        yield "constraint_date", f"The constraint date of {key} is not between 2000 and 2199."
    if item.kind is ItemKind.MILESTONE and item.duration_days:
        yield "duration_days", f"The milestone {key} takes no time."
    if type(item.allocation_bps) is not int or not 0 < item.allocation_bps <= WHOLE_BPS:
        yield (
            "allocation_bps",
            f"The allocation of {key} is not from 1 to {WHOLE_BPS} basis points.",
        )
    if item.kind is ItemKind.SUMMARY:
        for field in _ONLY_LEAVES:
            if getattr(item, field):
                yield field, f"The summary {key} has no {field.rsplit('_', 1)[0]} of its own."
        if item.allocation_bps != WHOLE_BPS:
            yield "allocation_bps", f"The summary {key} has no allocation of its own."


def _amount_faults(item: ScopeItem) -> Iterable[tuple[str, str]]:
    key = item.item_key
    quantity = item.quantity
    sound = True
    if quantity is not None and not (
        isinstance(quantity, Decimal)
        and quantity.is_finite()
        and 0 <= quantity <= _MAX_QUANTITY
        and _decimals(quantity) <= 6
    ):
        sound = False
        yield "quantity", f"The quantity of {key} is not a number from 0 with at most 6 decimals."
    for field, most, optional in (
        ("effort_minutes", MAX_EFFORT_MINUTES, False),
        ("rate_minor", MAX_AMOUNT_MINOR, True),
        ("fee_minor", MAX_AMOUNT_MINOR, True),
        ("cost_minor", MAX_AMOUNT_MINOR, False),
        ("tax_bps", BPS, False),
    ):
        value = getattr(item, field)
        if not (optional and value is None) and not _whole(value, most):
            sound = False
            yield field, f"The {field.rsplit('_', 1)[0]} of {key} is not from 0 to {most}."
    if sound and item_fee(item) > MAX_AMOUNT_MINOR:
        yield "rate_minor", f"The fee of {key} is more than can be accounted for."


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


_TEXT_FAULTS: Final = {
    "REQUIRED": "is missing",
    "TEXT_TOO_LONG": "is too long (at most {most} characters)",
    "TEXT_INVALID": "holds a character that cannot be printed",
}


def _text_fault(
    value: object, *, most: int, lines: bool = False, required: bool = False
) -> str | None:
    """Why a text cannot be stored and printed, as the rest of a sentence; None when it can."""
    if not isinstance(value, str):
        return "is not a text"
    try:
        clean_text(value, "text", max_length=most, required=required, lines=lines)
    except InvalidInput as refused:
        return _TEXT_FAULTS[refused.code].format(most=most)
    return None


def _is_one_of(kinds: type[StrEnum], value: object) -> bool:
    """Whether a value is a member; a revision may bring any value, also a plain text that looks like one."""
    return isinstance(value, kinds)


def _is_key(value: object) -> bool:
    """Whether something could be called so: what names nothing that could ever be is no open end."""
    return isinstance(value, str) and _KEY.fullmatch(value) is not None


def _whole(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _dependency_problems(scope: Scope, shared: Collection[int]) -> Iterable[ScopeProblem]:
    known = {item.item_key for item in scope.items}
    seen: set[tuple[str, str, str]] = set()
    for line, dependency in enumerate(scope.dependencies, start=1):
        before, after = dependency.predecessor_key, dependency.successor_key
        is_sound = id(dependency) in shared and before in known and after in known
        if is_sound and dependency.identity not in seen:
            seen.add(dependency.identity)
            continue

        def problem(
            field: str,
            message: str,
            line: int = line,
            item_key: str = after,
            *,
            is_open: bool = False,
        ) -> ScopeProblem:
            return ScopeProblem(line, item_key, f"dependencies.{field}", message, is_open)

        if not _is_one_of(LinkKind, dependency.kind) or not _is_one_of(
            LagKind, dependency.lag_kind
        ):
            yield problem("kind", f"The dependency of {after} on {before} is of an unknown kind.")
            continue
        if type(dependency.lag_days) is not int or abs(dependency.lag_days) > MAX_DURATION_DAYS:
            yield problem(
                "lag_days", f"The lag from {before} to {after} is not within {MAX_DURATION_DAYS}."
            )
        most = dependency.max_lag_days
        if most is not None:
            if type(most) is not int or abs(most) > MAX_DURATION_DAYS:
                message = (
                    f"The maximal lag from {before} to {after} is not within {MAX_DURATION_DAYS}."
                )
                yield problem("max_lag_days", message)
            elif type(dependency.lag_days) is int and most < dependency.lag_days:
                message = (
                    f"{after} cannot wait at least {dependency.lag_days} and at most {most} days."
                )
                yield problem("max_lag_days", message)
        for field, key in (("predecessor_key", before), ("successor_key", after)):
            if key not in known:
                message = f"A dependency names {key}, which does not exist."
                yield problem(field, message, is_open=_is_key(key))
        if before == after:
            yield problem("successor_key", f"{after} cannot depend on itself.")
        if dependency.identity in seen:
            yield problem(
                "kind", f"{after} depends on {before} by {dependency.kind.value} more than once."
            )
        seen.add(dependency.identity)


def _expectation_problems(scope: Scope) -> Iterable[ScopeProblem]:
    seen = set()
    for line, expectation in enumerate(scope.expectations, start=1):
        if not _is_one_of(ExpectationKind, expectation.kind):
            yield ScopeProblem(
                line, None, "expectations.kind", "The kind of expectation is unknown."
            )
        fault = _text_fault(expectation.text, most=2_000, lines=True, required=True)
        if fault:
            yield ScopeProblem(line, None, "expectations.text", f"Expectation {line} {fault}.")
        elif expectation in seen:
            message = f"Expectation {line} stands there already."
            yield ScopeProblem(line, None, "expectations.text", message)
        seen.add(expectation)


def _calendar_problems(scope: Scope) -> Iterable[ScopeProblem]:
    seen: set[str] = set()
    for line, calendar in enumerate(scope.calendars, start=1):
        key = calendar.key
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            message = "A key is 1 to 64 letters, digits, dots, hyphens or underscores."
            yield ScopeProblem(line, None, "calendars.key", message)
            continue
        if key in seen:
            message = f"Two calendars are called {key}."
            yield ScopeProblem(line, None, "calendars.key", message)
        seen.add(key)
        fault = _text_fault(calendar.title, most=200, required=True)
        if fault:
            message = f"The title of the calendar {key} {fault}."
            yield ScopeProblem(line, None, "calendars.title", message)
        for field, message in terms_faults(calendar.terms):
            yield ScopeProblem(line, None, f"calendars.{field}", f"{message} (calendar {key})")


def _network_problems(scope: Scope) -> Iterable[ScopeProblem]:
    """What only the whole shows: circles of parents or dependencies, links into one's own summary."""
    lines = {item.item_key: line for line, item in enumerate(scope.items, start=1)}
    try:
        check_network(schedule_items(scope), schedule_links(scope))
    except DomainError as refused:
        named = refused.details.get("items") or [None]
        field = "parent_key" if refused.code == "SCHEDULE_PARENT_CYCLE" else "dependencies"
        yield ScopeProblem(lines.get(named[0]), named[0], field, refused.message, is_open=True)
