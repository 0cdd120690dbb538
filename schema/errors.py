"""How refusals and accidents look from outside.

Three kinds, kept apart:

* A **refusal in a mutation** is data. `@refusals_as(SomePayload)` around the resolver turns any `DomainError` into the
  payload's `userErrors { code field message }`, and nothing else of the payload is set.
* A **refusal in a query** (a cursor that is none, a role that may not look) is a top-level error with its code in
  `extensions.code`.
* **Anything else is a bug.** The client sees "Internal error" and an id; the log has the id and the whole story. Text of the
  original exception never leaves: PostgreSQL puts whole rows into it.

Errors about the request itself (it does not parse, does not validate, a variable has the wrong type) stay readable.
"""

import re
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from types import MappingProxyType
from typing import Any, Final, ParamSpec, Self, TypeVar

import strawberry
import structlog
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.types import StreamExecutionResult
from strawberry.utils.str_converters import to_camel_case

from schema.error_codes import ErrorCode
from services.rules.errors import DomainError

log = structlog.get_logger("schema.errors")

BAD_REQUEST: Final = "BAD_REQUEST"
"""`extensions.code` of a request that does not parse, validate or coerce."""
INTERNAL: Final = "INTERNAL"
"""`extensions.code` of a masked error; `extensions.id` finds it in the log."""


@strawberry.type(
    description="A refusal: which rule, on which field of the input, and a sentence for people."
)
class UserError:
    """One refusal of a mutation."""

    code: ErrorCode = strawberry.field(description="Why; stable, to branch on.")
    field: list[str] | None = strawberry.field(
        description='Path inside `input` that this is about, such as `["lines", "0", "amount"]`; null if about all of it.'
    )
    message: str = strawberry.field(description="A sentence for people; may change.")
    current_version: int | None = strawberry.field(
        default=None, description="With `STALE`: the version that is current now."
    )

    @classmethod
    def of(cls, error: DomainError) -> Self:
        """The refusal as data."""
        return cls(
            code=known_code(error),
            field=field_path(error.field),
            message=error.message,
            current_version=_current_version(error),
        )


@strawberry.interface(
    description="What a mutation answers: the thing it made or changed, or why not."
)
class Payload:
    """Base of every mutation's payload. Fields of a subclass must default to None: a refusal sets none of them."""

    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why it was refused; empty if it was done."
    )


def known_code(error: DomainError) -> ErrorCode:
    """The enum member of the error's code; for a code that the schema does not know, that of its kind of error."""
    try:
        return ErrorCode(error.code)
    except ValueError:
        # A test keeps the enum complete. Should one slip through, a vaguer truth is better than a crash.
        log.warning("error_code_unknown", code=error.code)
        return ErrorCode(error.default_code)


def field_path(dotted: str | None) -> list[str] | None:
    """`lines.0.unit_price` as clients spell it: `["lines", "0", "unitPrice"]`."""
    if not dotted:
        return None
    return [to_camel_case(part) for part in dotted.split(".")]


def _current_version(error: DomainError) -> int | None:
    version = error.details.get("current_version")
    return version if isinstance(version, int) else None


@contextmanager
def inside(
    prefix: str, *but: str, renamed: Mapping[str, str] = MappingProxyType({})
) -> Iterator[None]:
    """In the block, a refusal names its field inside the input's field `prefix`, as clients sent it.

    Services do not know how the input is nested. Fields that begin with the prefix or are named in `but` stay; `renamed` says
    where a field lies within the prefix if not under its own name.
    """
    try:
        yield
    except DomainError as error:
        field = error.field
        if field and field not in but and field.split(".")[0] != prefix:
            error.field = f"{prefix}.{renamed.get(field, field)}"
        raise


@contextmanager
def about_all(field: str, code: str = "SCOPE_INVALID") -> Iterator[None]:
    """In the block, a refusal with this code is about the whole of a list, for its items have no paths of their own.

    A scope is judged with all of its changes in it, so the item that is wrong need not be one that was sent; the message has
    its key.
    """
    try:
        yield
    except DomainError as error:
        if error.code == code:
            error.field = field
        raise


P = ParamSpec("P")
PayloadT = TypeVar("PayloadT", bound=Payload)


def refusals_as(
    payload: type[PayloadT],
) -> Callable[[Callable[P, Awaitable[PayloadT]]], Callable[P, Awaitable[PayloadT]]]:
    """Decorate a mutation's resolver (below `@strawberry.mutation`): a DomainError becomes `payload(user_errors=[…])`.

    Everything in the body is covered, so ids and amounts may be decoded there too. Other exceptions pass and are masked.
    """

    def decorate(resolver: Callable[P, Awaitable[PayloadT]]) -> Callable[P, Awaitable[PayloadT]]:
        @wraps(resolver)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> PayloadT:
            try:
                return await resolver(*args, **kwargs)
            except DomainError as error:
                return payload(user_errors=[UserError.of(error)])

        return guarded

    return decorate


# --- top-level errors ----------------------------------------------------------------------------------------------------

_SUGGESTION: Final = re.compile(r"\s*Did you mean .*", re.DOTALL)


class PresentedError(GraphQLError):
    """An error that has been made fit to leave; presenting it again changes nothing."""


def present(error: GraphQLError, *, suggestions: bool) -> GraphQLError:
    """The error as a client may see it. Logs what is masked, under the id that the client is given."""
    if isinstance(error, PresentedError):
        return error
    cause = _root_cause(error)
    if isinstance(cause, DomainError):
        return _presented(error, cause.message, domain_extensions(cause))
    if _is_about_request(error, cause):
        message = error.message if suggestions else _SUGGESTION.sub("", error.message)
        return _presented(error, message, {"code": BAD_REQUEST, **(error.extensions or {})})
    return _presented(error, "Internal error", masked_extensions(cause, path=error.path))


def domain_extensions(error: DomainError) -> dict[str, Any]:
    """`extensions` of a top-level error that is a refusal."""
    extensions: dict[str, Any] = {"code": known_code(error).value}
    if path := field_path(error.field):
        extensions["field"] = path
    if (version := _current_version(error)) is not None:
        extensions["currentVersion"] = version
    return extensions


def masked_extensions(cause: BaseException, **where: object) -> dict[str, Any]:
    """Log an accident and return the `extensions` that let its reporter and its log entry find each other."""
    error_id = uuid.uuid4().hex
    log.error("unexpected_error", error_id=error_id, exc_info=cause, **where)
    return {"code": INTERNAL, "id": error_id}


def _presented(error: GraphQLError, message: str, extensions: dict[str, Any]) -> PresentedError:
    # original_error is dropped on purpose: nothing behind this point may print it.
    return PresentedError(
        message, error.nodes, error.source, error.positions, error.path, None, extensions
    )


def _root_cause(error: GraphQLError) -> BaseException:
    cause: BaseException = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _is_about_request(error: GraphQLError, cause: BaseException) -> bool:
    """Whether the client's document or variables are at fault, not our code."""
    if not isinstance(cause, GraphQLError):
        return False
    if error.path is None:
        return True
    # With a path it happened inside a field. graphql-core raises GraphQLError both for an argument that cannot be coerced
    # (the client's fault) and for a result that cannot be serialised (ours, with the value in the text); only the place
    # where it was raised tells them apart.
    traceback = cause.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return (
        traceback is not None
        and traceback.tb_frame.f_globals.get("__name__") == "graphql.execution.values"
    )


class ErrorMask(SchemaExtension):
    """Presents every error before it leaves, in single results and in streams. Put it first among the extensions."""

    def __init__(self, *, suggestions: bool) -> None:
        self.suggestions = suggestions

    def on_operation(self) -> Iterator[None]:
        """Mask the errors of a query or mutation once everything else is done."""
        yield
        self._present(self.execution_context.result)

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        """Mask the errors of one event of a stream."""
        self._present(result)
        yield

    def _present(self, result: Any) -> None:
        errors: Sequence[GraphQLError] | None = getattr(result, "errors", None)
        if errors:
            result.errors = [present(error, suggestions=self.suggestions) for error in errors]
