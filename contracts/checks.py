"""Whether data may become a document: the shape first, then every string in it.

`checked` returns a deep copy in which optional keys that were left out are ``None``, every string is in
Unicode NFC, and nothing but plain values is left. All problems are reported at once, each with the path
of its field. A string is refused, not repaired, if it holds a character that a reader would not see or
that would end or turn the text around: control characters (a line feed in a text is fine), lone
surrogates, non-characters and bidirectional overrides.
"""

import datetime
import difflib
import re
import types
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from contracts.errors import DocumentError, Problem

MAXIMUM_TEXT_LENGTH = 20_000
MAXIMUM_LIST_LENGTH = 10_000
MAXIMUM_AMOUNT = 2**63 - 1

# Embeddings, overrides and isolates: they make text read otherwise than it is stored.
_BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}


def text_problem(value: str) -> str | None:
    """Why this string may not stand in a document, or None. Expects any string."""
    if len(value) > MAXIMUM_TEXT_LENGTH:
        return f"is longer than {MAXIMUM_TEXT_LENGTH} characters"
    for character in value:
        code = ord(character)
        if 0x20 <= code < 0x7F or character == "\n":
            continue
        if 0xD800 <= code <= 0xDFFF:
            return f"holds half of a surrogate pair (U+{code:04X})"
        if code in _BIDI:
            return f"holds a character that turns the reading direction (U+{code:04X})"
        if unicodedata.category(character) == "Cc" or code in {0x2028, 0x2029, 0xFEFF}:
            return f"holds a control character (U+{code:04X})"
        if code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
            return f"holds a code point that is no character (U+{code:04X})"
    return None


@cache
def _fields(shape: type) -> dict[str, tuple[Any, bool]]:
    """The keys of a TypedDict: their types, and whether they must be there."""
    total = bool(getattr(shape, "__total__", True))
    fields: dict[str, tuple[Any, bool]] = {}
    for name, hint in get_type_hints(shape, include_extras=True).items():
        required = total
        inner = hint
        if get_origin(hint) is NotRequired:
            inner, required = get_args(hint)[0], False
        elif get_origin(hint) is Required:
            inner, required = get_args(hint)[0], True
        fields[name] = (inner, required)
    return fields


class _Checker:
    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def fail(self, path: str, what: str) -> None:
        self.problems.append(Problem(f"{path or 'the data'} {what}", path or None))

    def value(self, value: object, shape: Any, path: str) -> Any:
        origin = get_origin(shape)
        if origin is Annotated:
            base, mark = get_args(shape)
            return self.marked(self.value(value, base, path), mark, path)
        if origin in (Union, types.UnionType):
            if value is None:
                return None
            (shape,) = [arm for arm in get_args(shape) if arm is not types.NoneType]
            return self.value(value, shape, path)
        if origin is Literal:
            if value not in get_args(shape):
                allowed = ", ".join(str(choice) for choice in get_args(shape))
                self.fail(path, f"must be one of: {allowed}")
            return value
        if origin is list:
            return self.list(value, get_args(shape)[0], path)
        if is_typeddict(shape):
            return self.mapping(value, shape, path)
        if type(value) is not shape:
            self.fail(path, f"must be {_NAMES[shape]}, not {type(value).__name__}")
            return None
        if isinstance(value, str):
            return self.text(value, path)
        if shape is int and isinstance(value, int) and abs(value) > MAXIMUM_AMOUNT:
            self.fail(path, "is too large")
        return value

    def text(self, value: str, path: str) -> str | None:
        problem = text_problem(value)
        if problem:
            self.fail(path, problem)
            return None
        return unicodedata.normalize("NFC", value)

    def marked(self, value: Any, mark: str, path: str) -> Any:
        if not isinstance(value, str):
            return value
        if mark == "date":
            try:
                exact = datetime.date.fromisoformat(value).isoformat() == value
            except ValueError:
                exact = False
            if not exact:
                self.fail(path, "must be a date like 2026-11-03")
        elif mark == "currency" and not re.fullmatch("[A-Z]{3}", value):
            self.fail(path, "must be a currency code like DKK")
        return value

    def list(self, value: object, shape: Any, path: str) -> "list[Any] | None":
        if type(value) is not list:
            self.fail(path, f"must be a list, not {type(value).__name__}")
            return None
        if len(value) > MAXIMUM_LIST_LENGTH:
            self.fail(path, f"has more than {MAXIMUM_LIST_LENGTH} entries")
            return None
        return [self.value(one, shape, f"{path}[{index}]") for index, one in enumerate(value)]

    def mapping(self, value: object, shape: type, path: str) -> dict[str, Any] | None:
        if type(value) is not dict:
            self.fail(path, f"must be an object, not {type(value).__name__}")
            return None
        fields = _fields(shape)
        at = f"{path}." if path else ""
        result: dict[str, Any] = {}
        for name, (inner, required) in fields.items():
            if name in value:
                optional = value[name] is None and not required
                result[name] = None if optional else self.value(value[name], inner, at + name)
            elif required:
                self.fail(at + name, "is missing")
            else:
                result[name] = None
        for name in value:
            if name not in fields:
                near = difflib.get_close_matches(str(name), fields, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                self.fail(f"{at}{str(name)[:60]!a}", f"is not known{hint}")
        return result


_NAMES: dict[Any, str] = {str: "a text", int: "a whole number", bool: "true or false"}


def checked(data: Mapping[str, Any], shape: type) -> dict[str, Any]:
    """A clean deep copy of ``data`` in the shape of a TypedDict.

    Raises `DocumentError` with every problem if a key is missing, unknown or of a wrong type, or if a
    string holds a character that may not be in a document.
    """
    checker = _Checker()
    result = checker.mapping(data, shape, "")
    if checker.problems or result is None:
        raise DocumentError.of(checker.problems)
    return result


def paths(shape: type, prefix: str = "") -> frozenset[str]:
    """Every path that a template may name for this shape, e.g. ``scope.phases[].items[].fee``."""
    found: set[str] = set()

    def walk(hint: Any, path: str) -> None:
        origin = get_origin(hint)
        if origin in (Union, types.UnionType):
            for arm in get_args(hint):
                walk(arm, path)
            return
        if origin in (Annotated, NotRequired, Required):
            walk(get_args(hint)[0], path)
            return
        if path:
            found.add(path)
        if origin is list:
            walk(get_args(hint)[0], path + "[]")
        elif is_typeddict(hint):
            for name, (inner, _) in _fields(hint).items():
                walk(inner, f"{path}.{name}" if path else name)

    walk(shape, prefix)
    return frozenset(found)
