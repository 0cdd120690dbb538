"""The static shape of a document: how much there is of it once its fragments are spread out.

Everything here is linear in what was sent, or in limits that were checked before. See `schema.cost` for why.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
)

from schema.relay import MAX_PAGE_SIZE

TOO_COSTLY: Final = "TOO_COSTLY"
"""`extensions.code` of a document that was refused here."""


@dataclass(frozen=True, slots=True)
class CostLimits:
    """How much one request may ask for. The defaults leave a wide margin over what real screens ask."""

    cost: int = 10_000
    """Objects that the operation may return."""
    characters: int = 65_536
    tokens: int = 5_000
    comments: int = 500
    definitions: int = 60
    """Operations and fragments in one document."""
    fields: int = 1_000
    """Fields and spreads of one operation or fragment, with all fragments spread out."""
    depth: int = 15
    introspection_depth: int = 20
    aliases: int = 50
    directives: int = 50
    repeats: int = 20_000
    """Pairs of fields under the same response name that validation would have to compare."""
    value_depth: int = 20
    """Lists and objects inside one another in one argument."""
    page_size: int = MAX_PAGE_SIZE
    list_size: int = 10
    """What a list without `first` and `last` is assumed to hold."""
    mutation: int = 10
    """What one mutation costs beside what it returns."""
    introspection_lists: int = 20
    introspection_list_depth: int = 3


def refuse(message: str, node: Any = None) -> GraphQLError:
    """The error of a request that asks for too much."""
    return GraphQLError(message, nodes=node, extensions={"code": TOO_COSTLY})


@dataclass(slots=True)
class _Totals:
    """What a selection set holds with all of its fragments spread out."""

    fields: int = 0
    depth: int = 0
    aliases: int = 0
    directives: int = 0

    def add(self, other: "_Totals", *, deeper: int) -> None:
        self.fields += other.fields
        self.aliases += other.aliases
        self.directives += other.directives
        self.depth = max(self.depth, other.depth + deeper)


class Shape:
    """The static shape of a document. Raises GraphQLError (TOO_COSTLY) from `check` if it is out of bounds."""

    _NESTING: Final = 150

    def __init__(self, document: DocumentNode, limits: CostLimits) -> None:
        self.limits = limits
        self.definitions = document.definitions
        self.fragments: dict[str, FragmentDefinitionNode] = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self.operations = sum(
            isinstance(node, OperationDefinitionNode) for node in document.definitions
        )
        self._memo: dict[str, _Totals | None] = {}

    def check(self) -> None:
        """Bound every definition, used or not: validation looks at them all."""
        limits = self.limits
        if len(self.definitions) > limits.definitions:
            raise refuse(f"The document has more than {limits.definitions} definitions.")
        repeats = 0
        for definition in self.definitions:
            if not isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
                continue  # Type definitions; validation refuses them.
            totals = self._totals(definition.selection_set, 0)
            totals.directives += self._directives(definition)
            for what, count, limit in (
                ("fields", totals.fields, limits.fields),
                ("levels", totals.depth, limits.introspection_depth),
                ("aliases", totals.aliases, limits.aliases),
                ("directives", totals.directives, limits.directives),
            ):
                if count > limit:
                    raise refuse(f"The document has more than {limit} {what}.", definition)
            # From here on the definition can be walked out: it has at most `limits.fields` nodes.
            repeats += self._repeats([definition.selection_set])
            if repeats > limits.repeats:
                raise refuse("The document repeats the same fields too often.", definition)

    def _totals(self, selection_set: SelectionSetNode, nesting: int) -> _Totals:
        if nesting > self._NESTING:
            raise refuse("The document is nested too deeply.", selection_set)
        totals = _Totals()
        for node in selection_set.selections:
            totals.directives += self._directives(node)
            totals.fields += 1
            if isinstance(node, FieldNode):
                totals.depth = max(totals.depth, 1)
                totals.aliases += node.alias is not None
                self._check_values(node.arguments)
                if node.selection_set:
                    totals.add(self._totals(node.selection_set, nesting + 1), deeper=1)
            elif isinstance(node, InlineFragmentNode):
                totals.add(self._totals(node.selection_set, nesting + 1), deeper=0)
            elif isinstance(node, FragmentSpreadNode):
                totals.add(self._fragment_totals(node, nesting), deeper=0)
        return totals

    def _fragment_totals(self, spread: FragmentSpreadNode, nesting: int) -> _Totals:
        name = spread.name.value
        if name not in self._memo:
            fragment = self.fragments.get(name)
            if fragment is None:
                return _Totals()  # Validation names it.
            self._memo[name] = None
            self._memo[name] = self._totals(fragment.selection_set, nesting + 1)
        totals = self._memo[name]
        if totals is None:
            raise refuse(f'Fragment "{name}" spreads itself.', spread)
        return totals

    def _directives(self, node: Any) -> int:
        directives: tuple[DirectiveNode, ...] = node.directives or ()
        for directive in directives:
            self._check_values(directive.arguments)
        count = len(directives)
        for variable in getattr(node, "variable_definitions", None) or ():
            count += self._directives(variable)
            if variable.default_value is not None:
                self._check_value(variable.default_value)
        return count

    def _check_values(self, arguments: tuple[ArgumentNode, ...] | None) -> None:
        for argument in arguments or ():
            self._check_value(argument.value)

    def _check_value(self, value: ValueNode) -> None:
        level: list[ValueNode] = [value]
        for _ in range(self.limits.value_depth + 1):
            deeper: list[ValueNode] = []
            for node in level:
                if isinstance(node, StringValueNode):
                    if "\0" in node.value:
                        raise GraphQLError("A text holds the character U+0000.", nodes=node)
                elif isinstance(node, ListValueNode):
                    deeper.extend(node.values)
                elif isinstance(node, ObjectValueNode):
                    deeper.extend(item.value for item in node.fields)
            if not deeper:
                return
            level = deeper
        raise refuse("A value is nested too deeply.", value)

    def _repeats(self, selection_sets: list[SelectionSetNode]) -> int:
        """Pairs of fields that share a response path. Bounded, since the definition is."""
        by_name: dict[str, list[FieldNode]] = defaultdict(list)
        for selection_set in selection_sets:
            for node in self.spread_out(selection_set):
                by_name[node.alias.value if node.alias else node.name.value].append(node)
        pairs = 0
        for nodes in by_name.values():
            pairs += len(nodes) * (len(nodes) - 1) // 2
            if below := [node.selection_set for node in nodes if node.selection_set]:
                pairs += self._repeats(below)
        return pairs

    def spread_out(self, selection_set: SelectionSetNode) -> Iterator[FieldNode]:
        """The fields of a checked selection set, those of its fragments included."""
        for field_node, _ in self.typed(selection_set, None, None):
            yield field_node

    def typed(
        self,
        selection_set: SelectionSetNode,
        parent: GraphQLNamedType | None,
        schema: GraphQLSchema | None,
    ) -> Iterator[tuple[FieldNode, GraphQLNamedType | None]]:
        """The same with the type that each field is selected on."""
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                yield node, parent
                continue
            below: InlineFragmentNode | FragmentDefinitionNode | None
            if isinstance(node, FragmentSpreadNode):
                below = self.fragments.get(node.name.value)
            else:
                below = cast("InlineFragmentNode", node)
            if below is not None:
                condition = below.type_condition
                on = (
                    schema.get_type(condition.name.value)
                    if condition is not None and schema is not None
                    else parent
                )
                yield from self.typed(below.selection_set, on, schema)
