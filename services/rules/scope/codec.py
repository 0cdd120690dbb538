"""Scopes and changes as plain data (text, whole numbers, lists, mappings): what is stored, and what is fingerprinted.

Decimals are texts without trailing zeros and dates are ISO 8601, so equal values have one spelling. Reading is strict: an unknown
name or a value of another type is refused with its path.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final

from services.rules.calendars import CalendarTerms
from services.rules.errors import InvalidInput
from services.rules.schedule import ConstraintKind, LagKind, LinkKind
from services.rules.scope.changes import (
    Accelerate,
    AddDependency,
    AddExpectation,
    AddItem,
    AddItemCalendar,
    Change,
    ChangeCalendar,
    ChangeDependency,
    Pause,
    RemoveDependency,
    RemoveExpectation,
    RemoveItem,
    RemoveItemCalendar,
    ReviseItem,
)
from services.rules.scope.items import (
    Dependency,
    Expectation,
    ExpectationKind,
    ItemCalendar,
    ItemKind,
    Scope,
    ScopeItem,
)

Data = dict[str, Any]
_Reader = Callable[[object, str], Any]

_LEFT_OUT: Final = frozenset({"calendar_key", "allocation_bps", "max_lag_days"})
"""Names that came later: not written while they say nothing, so that signed scopes keep their fingerprints."""


def canonical_sha256(data: object) -> str:
    """The SHA-256, in hexadecimal, of the canonical JSON of `data`: sorted names, no blanks, UTF-8, no floats.

    For text, whole numbers, lists and mappings this is RFC 8785, except that it also takes integers beyond 2^53.
    """
    text = json.dumps(
        data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


_encode: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode


def part_texts(scope: Scope) -> dict[int, str]:
    """The canonical JSON of each item and dependency by its `id`: what `scope_fingerprint` need not write again for a scope
    that shares them. Good for as long as this scope is held on to."""
    return {id(part): _encode(_to_data(part)) for part in (*scope.items, *scope.dependencies)}


def scope_fingerprint(scope: Scope, *, texts: Mapping[int, str] = MappingProxyType({})) -> str:
    """The fingerprint of a scope; the order in which its parts are listed does not matter.

    It is the SHA-256 of the canonical JSON (see `canonical_sha256`) of the scope with its parts in order. `texts` are those
    of another scope that shares most parts.
    """

    def text(part: ScopeItem | Dependency) -> str:
        known = texts.get(id(part))
        return _encode(_to_data(part)) if known is None else known

    items = [text(item) for item in sorted(scope.items, key=lambda item: item.item_key)]
    links = [text(link) for link in scope.dependencies]
    if all(map(str.isascii, links)):
        links.sort()
    else:  # parts are ordered as they would be escaped
        links = list(map(_encode, sorted(map(_to_data, scope.dependencies), key=_canonical)))
    said = list(map(_encode, sorted(map(_to_data, scope.expectations), key=_canonical)))
    parts = {"dependencies": links, "expectations": said, "items": items}
    if scope.calendars:
        ordered = sorted(map(_calendar_data, scope.calendars), key=lambda each: each["key"])
        parts["calendars"] = list(map(_encode, ordered))
    whole = ",".join(f'"{name}":[{",".join(parts[name])}]' for name in sorted(parts))
    return hashlib.sha256(f"{{{whole}}}".encode()).hexdigest()


def _canonical(data: Data) -> str:
    return json.dumps(data, sort_keys=True)


def _plain(value: object) -> object:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Decimal):
        return format(value.normalize() + 0, "f")  # plus zero: there is no -0
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


_PLAIN: Final = frozenset({str, int, bool, type(None)})
"""Types that are plain data as they are; a `StrEnum` is none of them."""


@cache
def _fields_of(
    kind: Any,
) -> tuple[Callable[[Any], tuple[Any, ...]], tuple[tuple[str, Any], ...]]:
    """How to take all fields of a dataclass at once; their names, and the default of those that are left out with it."""
    named = fields(kind)
    return attrgetter(*(field.name for field in named)), tuple(
        (field.name, field.default if field.name in _LEFT_OUT else MISSING) for field in named
    )


def _to_data(value: Any) -> Data:
    """The fields of a dataclass by name, without the later ones that have their default."""
    kind: Any = type(value)
    take, names = _fields_of(kind)
    return {
        name: given if type(given) in _PLAIN else _plain(given)
        for (name, default), given in zip(names, take(value), strict=True)
        if default is MISSING or given != default
    }


def _given(value: Any) -> Data:
    """The fields of a dataclass that differ from their default."""
    data = {}
    for field in fields(value):
        given = getattr(value, field.name)
        if field.default is MISSING or given != field.default:
            data[field.name] = _plain(given)
    return data


def _calendar_data(calendar: ItemCalendar) -> Data:
    return {"key": calendar.key, "title": calendar.title, "terms": _to_data(calendar.terms)}


def scope_to_data(scope: Scope) -> Data:
    """The scope as plain data; `scope_from_data` gives it back equal. Without item calendars nothing is said of them."""
    data: Data = {
        "items": [_to_data(item) for item in scope.items],
        "dependencies": [_to_data(dependency) for dependency in scope.dependencies],
        "expectations": [_to_data(expectation) for expectation in scope.expectations],
    }
    if scope.calendars:
        data["calendars"] = [_calendar_data(calendar) for calendar in scope.calendars]
    return data


def _refusal(path: str, wanted: str) -> InvalidInput:
    return InvalidInput(f"{path} is not {wanted}.", code="SCOPE_DATA_INVALID", field=path)


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise _refusal(path, "a text")
    return value


def _whole(value: object, path: str) -> int:
    if type(value) is not int:
        raise _refusal(path, "a whole number")
    return value


def _decimal(value: object, path: str) -> Decimal:
    try:
        number = Decimal(_text(value, path))
    except InvalidOperation:
        raise _refusal(path, "a decimal number") from None
    if not number.is_finite():
        raise _refusal(path, "a decimal number")
    return number


def _date(value: object, path: str) -> date:
    try:
        return date.fromisoformat(_text(value, path))
    except ValueError:
        raise _refusal(path, "a date") from None


def _list_of(read: _Reader) -> _Reader:
    def read_all(value: object, path: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise _refusal(path, "a list")
        return tuple(read(each, f"{path}.{n}") for n, each in enumerate(value))

    return read_all


def _weekdays(value: object, path: str) -> frozenset[int]:
    return frozenset(_list_of(_whole)(value, path))


def _one_of(kind: type[StrEnum]) -> _Reader:
    def read(value: object, path: str) -> StrEnum:
        try:
            return kind(_text(value, path))
        except ValueError:
            raise _refusal(path, f"one of {', '.join(kind)}") from None

    return read


def _optional(read: _Reader) -> _Reader:
    return lambda value, path: None if value is None else read(value, path)


_ITEM_READERS: Final[dict[str, _Reader]] = {
    "item_key": _text,
    "title": _text,
    "kind": _one_of(ItemKind),
    "parent_key": _optional(_text),
    "position": _whole,
    "description": _text,
    "quantity": _optional(_decimal),
    "unit": _text,
    "effort_minutes": _whole,
    "rate_minor": _optional(_whole),
    "fee_minor": _optional(_whole),
    "cost_minor": _whole,
    "tax_code": _text,
    "tax_bps": _whole,
    "duration_days": _whole,
    "constraint_kind": _one_of(ConstraintKind),
    "constraint_date": _optional(_date),
    "acceptance_criteria": _text,
    "deliverable": _text,
    "calendar_key": _optional(_text),
    "allocation_bps": _whole,
}
_LINK_READERS: Final[dict[str, _Reader]] = {
    "predecessor_key": _text,
    "successor_key": _text,
    "kind": _one_of(LinkKind),
}
_DEPENDENCY_READERS: Final[dict[str, _Reader]] = {
    **_LINK_READERS,
    "lag_days": _whole,
    "lag_kind": _one_of(LagKind),
    "max_lag_days": _optional(_whole),
}
_EXPECTATION_READERS: Final[dict[str, _Reader]] = {
    "kind": _one_of(ExpectationKind),
    "text": _text,
}
_TERMS_READERS: Final[dict[str, _Reader]] = {
    "country": _optional(_text),
    "region": _text,
    "weekend": _weekdays,
    "days_off": _list_of(_date),
}
_PAUSE_READERS: Final[dict[str, _Reader]] = {
    "first_day": _date,
    "last_day": _date,
    "reason": _text,
}
_CHANGE_CALENDAR_READERS: Final[dict[str, _Reader]] = {
    "country": _text,
    "region": _text,
    "weekend": _weekdays,
    "add_days_off": _list_of(_date),
    "remove_days_off": _list_of(_date),
    "calendar_key": _text,
}
_ACCELERATE_READERS: Final[dict[str, _Reader]] = {
    "item_key": _text,
    "duration_days": _whole,
    "premium_minor": _whole,
    "extra_cost_minor": _whole,
}


def _read(
    data: object, readers: Mapping[str, _Reader], path: str, required: Sequence[str] = ()
) -> Data:
    """The named values of one mapping; what is not given keeps its default."""
    if not isinstance(data, Mapping):
        raise _refusal(path, "a mapping")
    for name in data:
        if name not in readers:
            raise InvalidInput(
                f"{path} has no {name!r:.40}.", code="SCOPE_DATA_INVALID", field=path
            )
    for name in required:
        if name not in data:
            raise _refusal(f"{path}.{name}", "there")
    return {name: readers[name](value, f"{path}.{name}") for name, value in data.items()}


def _item(data: object, path: str) -> ScopeItem:
    return ScopeItem(**_read(data, _ITEM_READERS, path, ("item_key", "title")))


def _dependency(data: object, path: str) -> Dependency:
    required = ("predecessor_key", "successor_key")
    return Dependency(**_read(data, _DEPENDENCY_READERS, path, required))


def _expectation(data: object, path: str) -> Expectation:
    return Expectation(**_read(data, _EXPECTATION_READERS, path, ("kind", "text")))


def _terms(data: object, path: str) -> CalendarTerms:
    return CalendarTerms(**_read(data, _TERMS_READERS, path))


def _calendar(data: object, path: str) -> ItemCalendar:
    readers: dict[str, _Reader] = {"key": _text, "title": _text, "terms": _terms}
    return ItemCalendar(**_read(data, readers, path, ("key", "title", "terms")))


def _list(data: Mapping[str, Any], name: str) -> list[object]:
    value = data.get(name, [])
    if not isinstance(value, list):
        raise _refusal(name, "a list")
    return value


def scope_from_data(data: Mapping[str, Any]) -> Scope:
    """The scope that `scope_to_data` wrote. Raises InvalidInput (SCOPE_DATA_INVALID); soundness is `check_scope`'s matter."""
    if not isinstance(data, Mapping):
        raise _refusal("scope", "a mapping")
    return Scope(
        tuple(_item(each, f"items.{n}") for n, each in enumerate(_list(data, "items"))),
        tuple(
            _dependency(each, f"dependencies.{n}")
            for n, each in enumerate(_list(data, "dependencies"))
        ),
        tuple(
            _expectation(each, f"expectations.{n}")
            for n, each in enumerate(_list(data, "expectations"))
        ),
        tuple(_calendar(each, f"calendars.{n}") for n, each in enumerate(_list(data, "calendars"))),
    )


def change_to_data(change: Change) -> Data:
    """One change as plain data under its `op`; `change_from_data` gives it back equal."""
    if isinstance(change, AddItem):
        return {"op": "add_item", "item": _to_data(change.item)}
    if isinstance(change, RemoveItem):
        return {"op": "remove_item", "item_key": change.item_key}
    if isinstance(change, ReviseItem):
        values = {name: _plain(value) for name, value in change.values.items()}
        return {"op": "revise_item", "item_key": change.item_key, "values": values}
    if isinstance(change, AddDependency):
        return {"op": "add_dependency", "dependency": _to_data(change.dependency)}
    if isinstance(change, RemoveDependency):
        return {"op": "remove_dependency", **_to_data(change)}
    if isinstance(change, ChangeDependency):
        return {"op": "change_dependency", **_to_data(change)}
    if isinstance(change, AddExpectation):
        return {"op": "add_expectation", "expectation": _to_data(change.expectation)}
    if isinstance(change, RemoveExpectation):
        return {"op": "remove_expectation", "expectation": _to_data(change.expectation)}
    if isinstance(change, AddItemCalendar):
        return {"op": "add_item_calendar", "calendar": _calendar_data(change.calendar)}
    return {"op": _OPERATIONS[type(change)], **_given(change)}


def _values(value: object, path: str) -> Data:
    readers = {name: read for name, read in _ITEM_READERS.items() if name != "item_key"}
    return _read(value, readers, path)


_CHANGES: Final[dict[str, tuple[Callable[..., Change], dict[str, _Reader], Sequence[str]]]] = {
    "add_item": (AddItem, {"item": _item}, ("item",)),
    "remove_item": (RemoveItem, {"item_key": _text}, ("item_key",)),
    "revise_item": (
        ReviseItem,
        {"item_key": _text, "values": _values},
        ("item_key", "values"),
    ),
    "add_dependency": (AddDependency, {"dependency": _dependency}, ("dependency",)),
    "remove_dependency": (RemoveDependency, _LINK_READERS, ("predecessor_key", "successor_key")),
    "change_dependency": (
        ChangeDependency,
        _DEPENDENCY_READERS,
        ("predecessor_key", "successor_key"),
    ),
    "add_expectation": (AddExpectation, {"expectation": _expectation}, ("expectation",)),
    "remove_expectation": (RemoveExpectation, {"expectation": _expectation}, ("expectation",)),
    "accelerate": (Accelerate, _ACCELERATE_READERS, ("item_key", "duration_days")),
    "pause": (Pause, _PAUSE_READERS, ("first_day", "last_day")),
    "change_calendar": (ChangeCalendar, _CHANGE_CALENDAR_READERS, ()),
    "add_item_calendar": (AddItemCalendar, {"calendar": _calendar}, ("calendar",)),
    "remove_item_calendar": (RemoveItemCalendar, {"calendar_key": _text}, ("calendar_key",)),
}
_OPERATIONS: Final[dict[Any, str]] = {
    make: operation for operation, (make, _, _) in _CHANGES.items()
}


def change_from_data(data: Mapping[str, Any], path: str = "change") -> Change:
    """The change that `change_to_data` wrote. Raises InvalidInput (SCOPE_DATA_INVALID) with its place below `path`."""
    if not isinstance(data, Mapping):
        raise _refusal(path, "a mapping")
    operation = data.get("op")
    known = _CHANGES.get(operation) if isinstance(operation, str) else None
    if known is None:
        raise _refusal(f"{path}.op", f"one of {', '.join(_CHANGES)}")
    make, readers, required = known
    rest = {name: value for name, value in data.items() if name != "op"}
    return make(**_read(rest, readers, path, required))
