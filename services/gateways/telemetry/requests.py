"""The ASGI middleware around everything: a name, a line and a figure for each request."""

import re
from time import perf_counter
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateways.telemetry.logs import log, safe_path
from services.gateways.telemetry.metrics import METHODS, Metrics

REQUEST_ID_HEADER = "X-Request-Id"
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})


def request_id_of(scope: Scope) -> str:
    """The id this middleware gave the request: for the audit trail and for what an error page shows."""
    return str(scope.get("state", {}).get("request_id", "-"))


class RequestTelemetry:
    """Gives every request an id, logs one line when it ends, and counts it by its route's template.

    A caller's `X-Request-Id` is kept if it is sane (8 to 64 letters, digits, `.`, `_`, `-`), else a new one is made; the
    answer carries it. Query strings are never logged, nor addresses of people. Exceptions are counted as 500 and go on to
    whoever handles them.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        request_id = given if _SANE_ID.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        # Routers write the root path they consumed into the scope.
        path, root = scope["path"], scope.get("root_path", "")
        status = 500 if scope["type"] == "http" else 1006

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id
            elif message["type"] == "websocket.close":
                status = message.get("code", 1000)
            await send(message)

        async def heard() -> Message:
            nonlocal status
            message = await receive()
            if message["type"] == "websocket.disconnect":
                status = message.get("code", 1005)
            return message

        started = perf_counter()
        self._metrics.requests_in_progress.inc()
        failed: Exception | None = None
        try:
            await self._app(scope, heard, observed)
        except Exception as error:
            failed = error
            raise
        finally:
            seconds = perf_counter() - started
            self._metrics.requests_in_progress.dec()
            asked = scope.get("method", "WEBSOCKET")
            method = asked if asked in METHODS or asked == "WEBSOCKET" else "OTHER"
            route = _template(scope, root)
            self._metrics.requests.labels(method, route, str(status)).inc()
            self._metrics.request_seconds.labels(method, route).observe(seconds)
            if path not in _QUIET or status >= 500:
                logger = log("request")
                (logger.error if failed or 500 <= status < 600 else logger.info)(
                    "request",
                    method=method,
                    path=safe_path(path),
                    route=route,
                    status=status,
                    duration_ms=round(seconds * 1000, 1),
                    **({"exc_info": failed} if failed else {}),
                )


def _template(scope: Scope, root: str) -> str:
    """The path as the routes spell it, such as `/p/{token}`: a closed set, whatever clients ask for."""
    route = scope.get("route")
    if route is None:
        return "unmatched"
    path = str(getattr(route, "path", ""))
    if isinstance(route, Mount):
        return path or "/"
    return str(scope.get("root_path", "")).removeprefix(root) + path
