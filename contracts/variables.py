"""Which variables a template uses, found without running it.

A path is written as the payload has it: ``scope.phases[].items[].fee``. Names that a template binds
itself (the ``phase`` of ``{% for phase in scope.phases %}``) are followed back to the data.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import Environment, TemplateSyntaxError, nodes

# Conditions, loops and names of one's own are all that a document needs. Calls are not: data are values.
_REFUSED = (
    nodes.Include,
    nodes.Import,
    nodes.FromImport,
    nodes.Extends,
    nodes.Block,
    nodes.Macro,
    nodes.CallBlock,
    nodes.Call,
    nodes.EvalContextModifier,
)
_SAME_LIST = {"batch", "list", "sort"}
_BUILT_IN = {"loop"}


@dataclass(frozen=True)
class Use:
    """A variable by its path, and the line of the template source that uses it."""

    path: str
    line: int


def _path(node: nodes.Node, bound: dict[str, str | None]) -> str | None:
    """The data path that an expression names, or None if it is no plain path."""
    if isinstance(node, nodes.Name):
        return bound.get(node.name, node.name)
    if isinstance(node, nodes.Getattr):
        base = _path(node.node, bound)
        return None if base is None else f"{base}.{node.attr}"
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        base = _path(node.node, bound)
        if base is None:
            return None
        return f"{base}[]" if isinstance(node.arg.value, int) else f"{base}.{node.arg.value}"
    if isinstance(node, nodes.Filter) and node.name in _SAME_LIST and node.node is not None:
        return _path(node.node, bound)
    return None


def _walk(node: nodes.Node, bound: dict[str, str | None]) -> Iterator[Use]:
    if isinstance(node, nodes.For):
        yield from _walk(node.iter, bound)
        source = _path(node.iter, bound)
        inner = dict(bound)
        if isinstance(node.target, nodes.Name):
            # A batch of a list is a list of the same things.
            batched = isinstance(node.iter, nodes.Filter) and node.iter.name == "batch"
            inner[node.target.name] = source if batched or source is None else f"{source}[]"
        inner["loop"] = None
        for child in (*node.body, *node.else_, *([node.test] if node.test else [])):
            yield from _walk(child, inner)
        return
    if isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
        yield from _walk(node.node, bound)
        bound[node.target.name] = _path(node.node, bound)
        return
    path = _path(node, bound)
    if path is not None and isinstance(node, nodes.Expr):
        if path not in _BUILT_IN:
            yield Use(path, node.lineno)
        return
    for child in node.iter_child_nodes():
        yield from _walk(child, bound)


def uses(environment: Environment, source: str) -> list[Use]:
    """Every use of data in a template source, in order.

    Raises jinja2.TemplateSyntaxError for wrong syntax and for tags that documents may not use.
    """
    tree = environment.parse(source)
    for node in tree.find_all(_REFUSED):
        name = type(node).__name__.lower()
        raise TemplateSyntaxError(f"“{name}” may not be used in a template", node.lineno)
    return list(_walk(tree, {}))
