"""What a document would cost, known before anything expensive looks at it.

Three gates, in this order, each cheap enough that nothing has to guard it:

1. **Size**, while parsing: characters, tokens and comments.
2. **Shape**, before validation: fields with fragments spread out, depth, aliases, directives, repeated fields. Totals are
   kept per fragment, so a chain of fragments that each spread the next one twice is counted in one pass (2^60 is only a
   number) and refused; walking it out is what takes seconds.
3. **Cost** of the chosen operation: how many objects it can return, from `first` and `last` and the types' lists.

Afterwards validation runs on what is left, and its own quadratic rule (may fields with the same name be merged?) is bounded by
the count of repeated fields. Introspection is free but for its shape, and may not multiply lists upon lists.

A document that has passed is remembered by its text, so that parsing, shape and validation are paid once.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    ValueNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import ParseOptions

from schema.relay import DEFAULT_PAGE_SIZE
from schema.shape import CostLimits, Shape, refuse

_INTROSPECTION_LISTS: Final = frozenset(
    (
        "types",
        "fields",
        "args",
        "interfaces",
        "possibleTypes",
        "enumValues",
        "inputFields",
        "directives",
    )
)


@dataclass(slots=True)
class OperationCost:
    """Counts the objects that one operation can return. Unknown fields count nothing: validation refuses them."""

    shape: Shape
    schema: GraphQLSchema
    variables: Mapping[str, Any]
    limits: CostLimits
    depends_on_variables: bool = False
    introspection_lists: int = 0

    def of(self, operation: OperationDefinitionNode) -> int:
        """The cost. Raises GraphQLError (TOO_COSTLY) over the limit, or for a page that is too large."""
        root = self.schema.get_root_type(operation.operation)
        total = 0
        defaults = {
            node.variable.name.value: node.default_value
            for node in operation.variable_definitions or ()
        }
        for node, parent in self.shape.typed(operation.selection_set, root, self.schema):
            if node.name.value in ("__schema", "__type"):
                self._introspection(node, 0)
                continue
            total += self._field(node, parent, defaults, 1)
            if operation.operation is OperationType.MUTATION:
                total += self.limits.mutation
        if total > self.limits.cost:
            raise refuse(
                f"The operation asks for up to {total} objects; the limit is {self.limits.cost}.",
                operation,
            )
        return total

    def _field(
        self,
        node: FieldNode,
        parent: GraphQLNamedType | None,
        defaults: Mapping[str, ValueNode | None],
        depth: int,
        page_size: int = 1,
    ) -> int:
        if depth > self.limits.depth:
            raise refuse(f"The document has more than {self.limits.depth} levels.", node)
        definition = _definition(parent, node.name.value)
        if definition is None or node.selection_set is None:
            return 0
        size, paged = self._size(node, definition, defaults)
        # A connection is one object; its page size falls on `nodes` and `edges` below it.
        times = page_size if node.name.value in ("nodes", "edges") and page_size != 1 else size
        below = get_named_type(definition.type)
        each = 1
        for child, on in self.shape.typed(node.selection_set, below, self.schema):
            each += self._field(child, on, defaults, depth + 1, paged)
        return times * each

    def _size(
        self,
        node: FieldNode,
        definition: GraphQLField,
        defaults: Mapping[str, ValueNode | None],
    ) -> tuple[int, int]:
        """How many objects the field itself makes, and how large the page below it is (1 if it is no connection)."""
        given = {argument.name.value: argument for argument in node.arguments or ()}
        type_ = definition.type.of_type if is_non_null_type(definition.type) else definition.type
        is_plain_list = is_list_type(type_) and is_composite_type(get_named_type(type_))
        if "first" in definition.args or "last" in definition.args:
            sizes = [
                size
                for name in ("first", "last")
                if name in given
                and (size := self._page_argument(given[name], defaults)) is not None
            ]
            # 1 is what "no connection" looks like, so a page of one counts as two: never too little.
            page = max(2, max(sizes, default=DEFAULT_PAGE_SIZE))
            return (page, 1) if is_plain_list else (1, page)
        if is_plain_list:
            return (self.limits.page_size if "ids" in given else self.limits.list_size), 1
        return 1, 1

    def _page_argument(
        self, argument: ArgumentNode, defaults: Mapping[str, ValueNode | None]
    ) -> int | None:
        value: Any = argument.value
        size: Any = None
        if isinstance(value, VariableNode):
            self.depends_on_variables = True
            name = value.name.value
            size = self.variables.get(name)
            if name not in self.variables:
                value = defaults.get(name)
        if isinstance(value, IntValueNode):
            # A literal may have thousands of digits; int() of those is slow, and they are too many anyway.
            size = int(value.value) if len(value.value) < 10 else 10**9
        if isinstance(size, int) and size > self.limits.page_size:
            raise refuse(f"{argument.name.value} is at most {self.limits.page_size}.", argument)
        return size if isinstance(size, int) and size >= 0 else None

    def _introspection(self, node: FieldNode, lists: int, depth: int = 1) -> None:
        if node.name.value in _INTROSPECTION_LISTS:
            lists += 1
            self.introspection_lists += 1
        if (
            lists > self.limits.introspection_list_depth
            or self.introspection_lists > self.limits.introspection_lists
            or depth > self.limits.introspection_depth
        ):
            raise refuse("The introspection multiplies too many lists.", node)
        if node.selection_set:
            for child in self.shape.spread_out(node.selection_set):
                self._introspection(child, lists, depth + 1)


def _definition(parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
        fields: Mapping[str, GraphQLField] = parent.fields
        return fields.get(name)
    return None


# --- remembering documents, and the extension ----------------------------------------------------------------------------


@dataclass(slots=True)
class KnownDocument:
    """A parsed document whose shape is within bounds, with the costs that do not depend on variables."""

    document: DocumentNode
    shape: Shape
    costs: dict[str | None, int] = field(default_factory=dict)


class DocumentCache:
    """Valid documents by their text, the least recently used forgotten first. One per schema and set of limits."""

    def __init__(self, entries: int = 256, characters: int = 16_384) -> None:
        self.entries = entries
        self.characters = characters
        self._known: OrderedDict[str, KnownDocument] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def get(self, text: str | None) -> KnownDocument | None:
        """The document of this text, if it has been validated before."""
        if text is None or (known := self._known.get(text)) is None:
            return None
        self._known.move_to_end(text)
        return known

    def put(self, text: str | None, known: KnownDocument) -> None:
        """Remember a valid document, unless it is so long that remembering it would cost more than it saves."""
        if text is None or len(text) > self.characters:
            return
        self._known[text] = known
        if len(self._known) > self.entries:
            self._known.popitem(last=False)


class CostGuard(SchemaExtension):
    """Runs the three gates, and answers `extensions.cost { requested limit }`."""

    def __init__(self, limits: CostLimits, cache: DocumentCache) -> None:
        self.limits = limits
        self.cache = cache
        self._known: KnownDocument | None = None
        self._requested: int | None = None

    def on_parse(self) -> Iterator[None]:
        """Take the document from the cache, or bound what the parser may eat."""
        context = self.execution_context
        self._known = self.cache.get(context.query)
        if self._known is not None:
            context.graphql_document = self._known.document
        else:
            # Strawberry passes these on to graphql-core's parse(); its own type only knows the deprecated max_tokens.
            context.parse_options = cast(
                "ParseOptions",
                {
                    "max_source_length": self.limits.characters,
                    "max_lexical_tokens": self.limits.tokens,
                    "max_comments": self.limits.comments,
                },
            )
        yield

    def on_validate(self) -> Iterator[None]:
        """Check shape and cost before validation, and skip validation for a known document."""
        context = self.execution_context
        known = self._known
        fresh = known is None
        try:
            if known is None:
                assert context.graphql_document is not None
                known = KnownDocument(
                    context.graphql_document, Shape(context.graphql_document, self.limits)
                )
                known.shape.check()
            if context._provided_operation_name is None and known.shape.operations > 1:
                # Strawberry would run the first one; the specification wants to be told which.
                raise GraphQLError("The document has several operations: say which one to run.")
            self._requested = self._cost(known)
        except GraphQLError as error:
            # Set rather than raised: validation is skipped, and the error takes the ordinary way out.
            context.pre_execution_errors = [error]
            yield
            return
        if not fresh:
            context.pre_execution_errors = []
        yield
        if fresh and not context.pre_execution_errors:
            self.cache.put(context.query, known)

    def _cost(self, known: KnownDocument) -> int:
        context = self.execution_context
        name = context.operation_name
        if (remembered := known.costs.get(name)) is not None:
            return remembered
        for definition in known.shape.definitions:
            if isinstance(definition, OperationDefinitionNode) and (
                name is None or (definition.name is not None and definition.name.value == name)
            ):
                counter = OperationCost(
                    known.shape, context.schema._schema, context.variables or {}, self.limits
                )
                cost = counter.of(definition)
                if not counter.depends_on_variables:
                    known.costs[name] = cost
                return cost
        return 0

    def get_results(self) -> dict[str, Any]:
        """The cost in the response's extensions, once it is known."""
        if self._requested is None:
            return {}
        return {"cost": {"requested": self._requested, "limit": self.limits.cost}}
