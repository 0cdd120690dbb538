"""Builds the executable schema: the scalars, the cost guard and the error mask, in the one order that is right."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager

import strawberry
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from schema.cost import CostGuard, DocumentCache
from schema.errors import ErrorMask
from schema.scalars import SCALARS
from schema.shape import CostLimits


class Schema(strawberry.Schema):
    """Strawberry's schema without its own log of errors: ErrorMask logs accidents once, with an id, and refusals never."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Log nothing here; the texts of all errors, rows in PostgreSQL's DETAIL included, would go to a second log."""


Observe = Callable[[str], AbstractContextManager[None]]
"""Wraps the execution of one operation; it is given `query`, `mutation` or `subscription`."""


def _observed(observe: Observe) -> type[SchemaExtension]:
    class Observed(SchemaExtension):
        """Tells an observer how long an operation ran, once it is known what it is."""

        def on_execute(self) -> Iterator[None]:
            with observe(self.execution_context.operation_type.value.lower()):
                yield

    return Observed


def build_schema(
    query: type,
    mutation: type | None = None,
    *,
    types: Iterable[type] = (),
    production: bool = False,
    limits: CostLimits | None = None,
    observe: Observe | None = None,
) -> Schema:
    """The schema over these roots. `types` are those reachable only through an interface (every Node).

    In production, errors about a document do not suggest names ("Did you mean …"), which would tell the schema to guessers.
    """
    limits = limits or CostLimits()
    cache = DocumentCache()

    # Factories, not instances: an extension holds the state of one request.
    def mask() -> SchemaExtension:
        return ErrorMask(suggestions=not production)

    def guard() -> SchemaExtension:
        return CostGuard(limits, cache)

    return Schema(
        query=query,
        mutation=mutation,
        types=types,
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[mask, guard, *([_observed(observe)] if observe else [])],
    )
