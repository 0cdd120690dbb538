"""GraphQL over HTTP, and GraphiQL beside it.

Follows the GraphQL-over-HTTP draft as its reference audits check it. In short: POST application/json runs anything, GET runs
queries only; every answer is JSON; a request that never ran has no `data`, and under `application/graphql-response+json` a 4xx
status. One request is one operation: no batches, no multipart, at most 1 MiB. Subscriptions are not served here.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from graphql import GraphQLError
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send
from strawberry.exceptions import MissingQueryError
from strawberry.schema.base import BaseSchema
from strawberry.schema.exceptions import (
    CannotGetOperationTypeError,
    InvalidOperationTypeError,
)
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from schema.errors import BAD_REQUEST, domain_extensions, masked_extensions, present
from schema.graphiql import ASSETS, GraphiQL
from services.rules.errors import DomainError, Forbidden

JSON: Final = "application/json"
RESPONSE_JSON: Final = "application/graphql-response+json"
BODY_LIMIT_BYTES: Final = 12 << 20
"""Room for a plan of Microsoft Project, which writes some ten kilobytes for each task."""
_VARIABLE_DEPTH: Final = 32

GetContext = Callable[[Request], Awaitable[Any]]


class RequestRefusal(Exception):
    """The request cannot be run at all; carries the HTTP status."""

    def __init__(
        self, status: int, message: str, headers: Mapping[str, str] | None = None, **extensions: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})
        self.extensions = {"code": BAD_REQUEST, **extensions}


@dataclass(frozen=True, slots=True)
class Operation:
    """What one request asks to run, well-formed but not looked into."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: dict[str, Any] | None


class GraphQLEndpoint:
    """An ASGI application for one path; `routes` gives it together with GraphiQL's assets.

    `get_context` is awaited once per request, after the request is known to be well-formed. A DomainError that it raises is
    the answer: 401 if its code is UNAUTHENTICATED, 403 if it is Forbidden, else 400.
    """

    def __init__(
        self,
        schema: BaseSchema,
        get_context: GetContext,
        *,
        debug: bool = False,
        graphiql: GraphiQL | None = None,
        body_limit_bytes: int = BODY_LIMIT_BYTES,
    ) -> None:
        self.schema = schema
        self.get_context = get_context
        self.debug = debug
        self.graphiql = graphiql
        self.body_limit_bytes = body_limit_bytes

    def routes(self, path: str = "/graphql") -> list[BaseRoute]:
        """The routes to mount: the endpoint, and what GraphiQL loads if it is served."""
        routes: list[BaseRoute] = [Route(path, endpoint=self, name="graphql")]
        if self.graphiql is not None:
            routes.append(
                Mount(f"{path}/assets", StaticFiles(directory=ASSETS), name="graphiql-assets")
            )
        return routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        media_type = JSON
        try:
            if self._wants_page(request):
                assert self.graphiql is not None
                return self.graphiql.response(request.url.path)
            media_type = negotiate(request.headers.get("accept"))
            operation = await self._read(request)
            result = await self._execute(request, operation)
            return self._result(result, media_type)
        except RequestRefusal as refusal:
            body = {"errors": [{"message": refusal.message, "extensions": refusal.extensions}]}
            return _json(body, media_type, refusal.status, refusal.headers)
        except ClientDisconnect:
            raise
        except Exception as error:
            # The last net: whatever broke, the answer is JSON and the story is in the log only.
            extensions = masked_extensions(error)
            body = {"errors": [{"message": "Internal error", "extensions": extensions}]}
            return _json(body, media_type, 500)

    def _wants_page(self, request: Request) -> bool:
        return (
            self.graphiql is not None
            and request.method == "GET"
            and "query" not in request.query_params
            and "text/html" in request.headers.get("accept", "")
        )

    # --- reading ---------------------------------------------------------------------------------------------------------

    async def _read(self, request: Request) -> Operation:
        if request.method == "GET":
            return operation_of(_from_query_string(request.query_params))
        if request.method != "POST":
            raise RequestRefusal(405, "Use POST, or GET for queries.", {"allow": "GET, POST"})
        _check_content_type(request)
        return operation_of(_loads(await self._body(request), "The body"))

    async def _body(self, request: Request) -> bytes:
        # Content-Length is only a claim; what really arrives is counted.
        chunks = bytearray()
        async for chunk in request.stream():
            chunks += chunk
            if len(chunks) > self.body_limit_bytes:
                raise RequestRefusal(413, f"The body is larger than {self.body_limit_bytes} bytes.")
        return bytes(chunks)

    # --- running ---------------------------------------------------------------------------------------------------------

    async def _execute(self, request: Request, operation: Operation) -> ExecutionResult:
        allowed = {OperationType.QUERY}
        if request.method == "POST":
            allowed.add(OperationType.MUTATION)
        try:
            return await self.schema.execute(
                operation.query,
                variable_values=operation.variables,
                context_value=await self._context(request),
                operation_name=operation.operation_name,
                operation_extensions=operation.extensions,
                allowed_operation_types=allowed,
            )
        except MissingQueryError:
            raise RequestRefusal(400, "There is no query.") from None
        except CannotGetOperationTypeError:
            raise RequestRefusal(400, "The document has no operation of this name.") from None
        except InvalidOperationTypeError as error:
            if error.operation_type is OperationType.MUTATION:
                raise RequestRefusal(
                    405, "Mutations are sent by POST.", {"allow": "POST"}
                ) from None
            raise RequestRefusal(400, "Subscriptions are not served over plain HTTP.") from None

    async def _context(self, request: Request) -> Any:
        try:
            return await self.get_context(request)
        except DomainError as error:
            headers: dict[str, str] = {}
            status = 403 if isinstance(error, Forbidden) else 400
            if error.code == "UNAUTHENTICATED":
                status, headers = 401, {"www-authenticate": "Bearer"}
            raise RequestRefusal(
                status, error.message, headers, **domain_extensions(error)
            ) from error

    # --- answering -------------------------------------------------------------------------------------------------------

    def _result(self, result: ExecutionResult, media_type: str) -> Response:
        errors = [present(error, suggestions=self.debug) for error in result.errors or ()]
        body: dict[str, Any] = {}
        if errors:
            body["errors"] = [error.formatted for error in errors]
        # Without a path an error is about the request: nothing has run, so there is no `data`, not even null.
        never_ran = result.data is None and all(error.path is None for error in errors)
        if not never_ran:
            body["data"] = result.data
        if result.extensions:
            body["extensions"] = result.extensions
        return _json(body, media_type, self._status(never_ran, errors, media_type))

    @staticmethod
    def _status(never_ran: bool, errors: list[GraphQLError], media_type: str) -> int:
        # Plain application/json predates the draft: its clients take anything but 200 for a broken server.
        if not never_ran or media_type == JSON:
            return 200
        internal = any((error.extensions or {}).get("code") == "INTERNAL" for error in errors)
        return 500 if internal else 400


def _json(
    body: object, media_type: str, status: int, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(
        orjson.dumps(body),
        status,
        {
            "content-type": f"{media_type}; charset=utf-8",
            "cache-control": "no-store",
            "vary": "accept",
            "x-content-type-options": "nosniff",
            **(headers or {}),
        },
    )


def negotiate(accept: str | None) -> str:
    """The media type to answer in: the best that is accepted; application/json for anything goes. Refuses with 406."""
    if accept is None or not accept.strip():
        return JSON
    best, best_quality = None, 0.0
    for item in accept.split(","):
        media_range, _, parameters = item.partition(";")
        match media_range.strip().lower():
            case "application/graphql-response+json":
                offered = RESPONSE_JSON
            case "application/json" | "application/*" | "*/*":
                offered = JSON
            case _:
                continue
        quality = _quality(parameters)
        # At equal weight the newer type wins wherever it stands: a client that names it understands it.
        if quality > best_quality or (quality == best_quality > 0 and offered == RESPONSE_JSON):
            best, best_quality = offered, quality
    if best is None:
        raise RequestRefusal(406, f"Answers are {RESPONSE_JSON} or {JSON}.")
    return best


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def _check_content_type(request: Request) -> None:
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    # Only application/json: forms, multipart and text/plain could be sent by any page on the web without a preflight.
    if media_type.strip().lower() != JSON:
        raise RequestRefusal(415, f"Send the request as {JSON}.")
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip(' "').lower() not in ("utf-8", "utf8"):
            raise RequestRefusal(415, "Send the request in UTF-8.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise RequestRefusal(415, "Send the request uncompressed.")


def _loads(text: str | bytes, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise RequestRefusal(400, f"{what} is not JSON.") from None


def _from_query_string(parameters: QueryParams) -> dict[str, Any]:
    request: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        if request.get(name):
            request[name] = _loads(request[name], f"{name} in the address")
        else:
            request.pop(name, None)
    return request


def operation_of(request: Any) -> Operation:
    """The operation of a decoded request. Refuses, with 400, what has the wrong shape."""
    if isinstance(request, list):
        raise RequestRefusal(400, "Batches are not taken: send one operation per request.")
    if not isinstance(request, dict):
        raise RequestRefusal(400, "The request is not a JSON object.")
    query = request.get("query")
    if not isinstance(query, str) or not query.strip():
        raise RequestRefusal(400, "query is not a text, or is missing.")
    name = request.get("operationName")
    if not isinstance(name, str | None):
        raise RequestRefusal(400, "operationName is neither a text nor null.")
    variables, extensions = request.get("variables"), request.get("extensions")
    if not isinstance(variables, dict | None):
        raise RequestRefusal(400, "variables is neither an object nor null.")
    if not isinstance(extensions, dict | None):
        raise RequestRefusal(400, "extensions is neither an object nor null.")
    _check_variables(variables)
    return Operation(query, variables, name, extensions)


def _check_variables(variables: dict[str, Any] | None) -> None:
    """Refuse U+0000, which PostgreSQL cannot store in a text, and nesting that only coercion would trip over."""
    level: list[Any] = [variables]
    for _ in range(_VARIABLE_DEPTH):
        deeper: list[Any] = []
        for value in level:
            if isinstance(value, str):
                if "\0" in value:
                    raise RequestRefusal(400, "A text in the variables holds the character U+0000.")
            elif isinstance(value, list):
                deeper.extend(value)
            elif isinstance(value, dict):
                deeper.extend(value)
                deeper.extend(value.values())
        if not deeper:
            return
        level = deeper
    raise RequestRefusal(400, "The variables are nested too deeply.")
