"""Documents and input paths worked out from the schema itself, so that nothing new in it escapes the attacks."""

import copy
from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
)

from schema.root import served_schema

SCHEMA = served_schema()._schema
assert SCHEMA.query_type is not None
assert SCHEMA.mutation_type is not None

Path = tuple[str | int, ...]
Named = tuple[str, str, GraphQLField]
"""The kind of operation, the name of a root field, and the field."""

QUERIES: dict[str, Named] = {
    name: ("query", name, field) for name, field in SCHEMA.query_type.fields.items()
}
MUTATIONS: dict[str, Named] = {
    name: ("mutation", name, field) for name, field in SCHEMA.mutation_type.fields.items()
}


def operation(named: Named, depth: int = 3) -> str:
    """A document that runs one root field with all of its arguments as variables, and selects all that fits in `depth`."""
    kind, name, field = named
    declared = ", ".join(f"${arg}: {value.type}" for arg, value in field.args.items())
    given = ", ".join(f"{arg}: ${arg}" for arg in field.args)
    head = f"{kind}({declared})" if declared else kind
    call = f"{name}({given})" if given else name
    selected = selection(get_named_type(field.type), depth)
    return f"{head} {{ {call} {selected} }}"


def selection(of: GraphQLNamedType, depth: int) -> str:
    """The leaves of a type, and of what it holds, `depth` levels deep. Empty for a leaf."""
    if is_leaf_type(of):
        return ""
    if isinstance(of, GraphQLInterfaceType | GraphQLUnionType):
        return "{ __typename id }" if of.name == "Node" else "{ __typename }"
    assert isinstance(of, GraphQLObjectType)
    parts = ["__typename"]
    for name, field in of.fields.items():
        inner = get_named_type(field.type)
        if any(is_required_argument(argument) for argument in field.args.values()):
            continue
        if is_leaf_type(inner):
            parts.append(name)
        elif depth > 1 and name != "edges":
            parts.append(f"{name} {selection(inner, depth - 1)}")
    return "{ " + " ".join(parts) + " }"


def inputs(of: GraphQLInputType, path: Path = ()) -> Iterator[tuple[Path, GraphQLNamedType]]:
    """Every leaf of an input, `0` standing for the first of a list. No input of the schema holds itself."""
    nullable = get_nullable_type(of)
    if is_list_type(nullable):
        yield from inputs(nullable.of_type, (*path, 0))
    elif isinstance(nullable, GraphQLInputObjectType):
        if nullable.name == "MoneyInput":
            yield path, nullable
            return
        for name, field in nullable.fields.items():
            yield from inputs(field.type, (*path, name))
    else:
        named = get_named_type(nullable)
        assert named is not None
        yield path, named


def leaves(named: Named) -> Iterator[tuple[Path, GraphQLNamedType]]:
    """Every leaf of a root field's arguments. A MoneyInput counts as one."""
    for name, argument in named[2].args.items():
        yield from inputs(argument.type, (name,))


def put(named: Named, variables: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """A copy of the variables with `value` at `path`; a field of a @oneOf input takes the place of its siblings.

    Raises LookupError where the variables have nothing on the way there: then the good input must say more.
    """
    result = copy.deepcopy(variables)
    at: Any = result
    of: Any = None
    path = branch(path, variables)
    for position, step in enumerate(path):
        if of is None:
            of = named[2].args[str(step)].type
        elif isinstance(step, int):
            of = get_nullable_type(of).of_type
        else:
            holder = get_nullable_type(of)
            of = holder.fields[step].type
            if holder.extensions["strawberry-definition"].is_one_of and step not in at:
                at.clear()
        if position == len(path) - 1:
            if isinstance(step, int) and not at:
                at.append(value)
            else:
                at[step] = value
        else:
            if isinstance(step, str) and at.get(step) is None:
                at[step] = [] if is_list_type(get_nullable_type(of)) else {}
            if isinstance(step, int) and not at:
                raise LookupError(f"{named[1]}: nothing at {path[: position + 1]}")
            at = at[step]
    return result


def branch(path: Path, variables: Any) -> Path:
    """The path with its `0` replaced by the place of the item that has the next step: a list of @oneOf inputs holds one of each."""
    result: list[str | int] = []
    for position, step in enumerate(path):
        here, after = step, path[position + 1 : position + 2]
        if isinstance(step, int) and isinstance(variables, list) and after:
            fitting = [i for i, each in enumerate(variables) if after[0] in each]
            here = fitting[0] if fitting else step
        result.append(here)
        try:
            variables = variables[here]
        except (KeyError, IndexError, TypeError):
            variables = None
    return tuple(result)


def spelled(path: Path) -> str:
    """The path as people write it."""
    return ".".join(map(str, path))
