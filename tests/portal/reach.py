"""Which codes a call can end in, read off the source: functions, the functions they call, and so on.

Follows names and `module.name` through imports inside services/, and takes the handlers in OUTCOMES as called. What it
cannot follow (methods, functions handed around) is left out, so it finds nearly all, not surely all. It stays out of the
rules that compute from what is stored (schedule, budget, taxes …): those said yes when the paper was made, and should one
of them refuse at signing after all, the pages' general words are the right ones.
"""

import ast
from functools import cache
from pathlib import Path

from tests.schema.collect_codes import codes_in

ROOT = Path(__file__).parents[2]
Function = tuple[str, str]
RULES = ("services.rules.change_orders", "services.rules.text", "services.rules.acceptances")
"""The rules that a signer, or who answers a delivery, can run into."""


def _path_of(module: str) -> Path | None:
    base = ROOT.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.exists():
            return path
    return None


@cache
def _module(name: str) -> tuple[dict[str, ast.AST], dict[str, Function | str]]:
    """The functions of a module, and what its imported names stand for."""
    path = _path_of(name)
    assert path is not None, name
    tree = ast.parse(path.read_text("utf-8"))
    defined: dict[str, ast.AST] = {
        node.name: node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    imported: dict[str, Function | str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("services"):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                is_module = _path_of(inner) is not None
                imported[alias.asname or alias.name] = (
                    inner if is_module else (node.module or "", alias.name)
                )
    return defined, imported


def _called(module: str, node: ast.AST) -> set[Function]:
    _, imported = _module(module)
    found: set[Function] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            known = imported.get(inner.id, (module, inner.id))
            if isinstance(known, tuple):
                found.add(known)
        elif isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name):
            known = imported.get(inner.value.id)
            if isinstance(known, str):
                found.add((known, inner.attr))
            elif inner.attr in {"on_signed", "on_declined", "lock"}:
                found |= _handlers()
        if isinstance(inner, ast.Attribute) and inner.attr in {"on_signed", "on_declined"}:
            found |= _handlers()
    return found


@cache
def _handlers() -> frozenset[Function]:
    from services.signing import OUTCOMES

    return frozenset(
        (handler.__module__, handler.__name__)  # type: ignore[attr-defined]
        for outcome in OUTCOMES.values()
        for handler in (outcome.on_signed, outcome.on_declined, outcome.lock)
        if handler is not None
    )


def codes_reached_from(module: str, names: list[str]) -> set[str]:
    """Every literal code in the functions that these functions of `module` reach."""
    waiting: list[Function] = [(module, name) for name in names]
    seen: set[Function] = set()
    codes: set[str] = set()
    while waiting:
        function = waiting.pop()
        if function in seen:
            continue
        seen.add(function)
        if function[0].startswith("services.rules.") and not function[0].startswith(RULES):
            continue
        defined, imported = _module(function[0])
        node = defined.get(function[1])
        if node is None:
            known = imported.get(function[1])
            if isinstance(known, tuple):
                waiting.append(known)
            continue
        codes |= codes_in(ast.unparse(node))
        waiting.extend(_called(function[0], node))
    return codes
