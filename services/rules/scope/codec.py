"""Scopes and changes as plain data (text, whole numbers, lists, mappings): what is stored, and what is fingerprinted.

Decimals are texts without trailing zeros and dates are ISO 8601, so equal values have one spelling. Reading is strict: an unknown
name or a value of another type is refused with its path.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from services.rules.errors import InvalidInput
from services.rules.schedule import ConstraintKind, LagKind, LinkKind
from services.rules.scope.changes import (
    AddDependency,
    AddExpectation,
    AddItem,
    Change,
    ChangeDependency,
    RemoveDependency,
    RemoveExpectation,
    RemoveItem,
    ReviseItem,
)
from services.rules.scope.items import (
    Dependency,
    Expectation,
    ExpectationKind,
    ItemKind,
    Scope,
    ScopeItem,
)

Data = dict[str, Any]
_Reader = Callable[[object, str], Any]


def canonical_sha256(data: object) -> str:
    """The SHA-256, in hexadecimal, of the canonical JSON of `data`: sorted names, no blanks, UTF-8, no floats.

    For text, whole numbers, lists and mappings this is RFC 8785, except that it also takes integers beyond 2^53.
    """
    text = json.dumps(
        data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


def scope_fingerprint(scope: Scope) -> str:
    """The fingerprint of a scope; the order in which its parts are listed does not matter."""
    data = scope_to_data(scope)
    return canonical_sha256(
        {
            "items": sorted(data["items"], key=lambda item: item["item_key"]),
            "dependencies": sorted(data["dependencies"], key=_canonical),
            "expectations": sorted(data["expectations"], key=_canonical),
        }
    )


def _canonical(data: Data) -> str:
    return json.dumps(data, sort_keys=True)


def _plain(value: object) -> object:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Decimal):
        return format(value.normalize() + 0, "f")  # plus zero: there is no -0
    if isinstance(value, date):
        return value.isoformat()
    return value


def _to_data(
    value: ScopeItem | Dependency | Expectation | ChangeDependency | RemoveDependency,
) -> Data:
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}


def scope_to_data(scope: Scope) -> Data:
    """The scope as plain data; `scope_from_data` gives it back equal."""
    return {
        "items": [_to_data(item) for item in scope.items],
        "dependencies": [_to_data(dependency) for dependency in scope.dependencies],
        "expectations": [_to_data(expectation) for expectation in scope.expectations],
    }


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
}
_EXPECTATION_READERS: Final[dict[str, _Reader]] = {
    "kind": _one_of(ExpectationKind),
    "text": _text,
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
    return {"op": "remove_expectation", "expectation": _to_data(change.expectation)}


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
