"""For those who watch the system: does it live, can it serve, and its figures. The worker, which serves nothing, beats."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.gateways.telemetry.logs import log
from services.gateways.telemetry.metrics import Metrics

Check = Callable[[], Awaitable[object]]
"""Returns where all is well and raises where it is not."""

_NOT_KEPT = {"Cache-Control": "no-store"}


def health_routes(
    checks: Mapping[str, Check], metrics: Metrics | None, *, timeout_seconds: float = 2.0
) -> list[Route]:
    """`/healthz`: the process answers. `/readyz`: every check passes in time (200), or which did not (503), but not why,
    which is logged. `/metrics` where there are metrics.
    """

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"}, headers=_NOT_KEPT)

    async def outcome(name: str, check: Check) -> str:
        try:
            await asyncio.wait_for(check(), timeout=timeout_seconds)
        except Exception as error:
            log("health").warning("check_failed", check=name, error=repr(error))
            return "timeout" if isinstance(error, TimeoutError) else "failed"
        return "ok"

    async def readyz(_request: Request) -> Response:
        outcomes = await asyncio.gather(*(outcome(name, check) for name, check in checks.items()))
        ready = all(said == "ok" for said in outcomes)
        return JSONResponse(
            {
                "status": "ready" if ready else "not ready",
                "checks": dict(zip(checks, outcomes, strict=True)),
            },
            status_code=200 if ready else 503,
            headers=_NOT_KEPT,
        )

    async def figures(_request: Request) -> Response:
        assert metrics is not None
        text, media_type = await metrics.exposition()
        return Response(text, media_type=media_type, headers=_NOT_KEPT)

    routes = [Route("/healthz", healthz), Route("/readyz", readyz)]
    return routes if metrics is None else [*routes, Route("/metrics", figures)]


async def beat(path: Path, *, every_seconds: float = 10.0) -> None:
    """Touch `path` for as long as this task runs and its event loop turns; docker-compose.yml looks at the file's age.

    Never returns: cancel it. A file that cannot be written is logged, for a full disk must not end the worker.
    """
    while True:
        try:
            await asyncio.to_thread(path.touch)
        except OSError as error:
            log("health").warning("beat_failed", error=error.strerror)
        await asyncio.sleep(every_seconds)
