"""What the running system says about itself, and what it must never say."""

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, Router, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from services.gateways.telemetry.health import beat, health_routes
from services.gateways.telemetry.logs import configure_logging, log, safe_path
from services.gateways.telemetry.metrics import Metrics
from services.gateways.telemetry.requests import RequestTelemetry, request_id_of

TOKEN = "v1.0193a6f0.Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFy"


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What was logged so far, parsed; logging is put back as it was afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging(format="json", level="INFO", stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def client(metrics: Metrics, **checks: Callable[[], Any]) -> httpx.AsyncClient:
    async def page(request: Request) -> Response:
        log("page").info("working")
        return PlainTextResponse(request_id_of(request.scope))

    async def broken(_request: Request) -> Response:
        kept_local = "a client's data"  # noqa: F841
        raise RuntimeError("cannot reach postgresql://app:hunter2@db/x with Bearer abc.def")

    app = Starlette(
        routes=[
            Route("/p/{token}", page, methods=["GET", "POST"]),
            Route("/broken", broken),
            Mount("/files", routes=[Route("/{name}", page)]),
            *health_routes(checks, metrics, timeout_seconds=0.05),
        ],
        middleware=[Middleware(RequestTelemetry, metrics=metrics)],
    )
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def figure(http: httpx.AsyncClient, name: str) -> dict[tuple[str, ...], float]:
    answer = await http.get("/metrics")
    return {
        tuple(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if sample.name == name
    }


async def test_a_sane_request_id_is_kept_and_an_odd_one_replaced(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    async with client(Metrics()) as http:
        kept = await http.get("/p/x", headers={"X-Request-Id": "proxy-12345678"})
        assert kept.text == kept.headers["X-Request-Id"] == "proxy-12345678"
        for odd in ("short", "x" * 65, 'a"b<script>12345', "ünïcödé-12345".encode()):
            answer = await http.get("/p/x", headers={"X-Request-Id": odd})
            assert len(answer.headers["X-Request-Id"]) == 32
    assert {line["request_id"] for line in lines()[:2]} == {"proxy-12345678"}


async def test_one_line_tells_of_a_request_without_its_secrets(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    async with client(Metrics()) as http:
        await http.get(f"/p/{TOKEN}?next={TOKEN}", headers={"Authorization": f"Bearer {TOKEN}"})
    [line] = [line for line in lines() if line["event"] == "request"]
    assert (line["method"], line["path"], line["route"]) == ("GET", "/p/*", "/p/{token}")
    assert line["status"] == 200
    assert line["level"] == "info"
    assert line["duration_ms"] >= 0
    assert TOKEN not in json.dumps(lines())


async def test_an_exception_is_one_error_line_with_its_traceback_and_without_passwords(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    async with client(Metrics()) as http:
        assert (await http.get("/broken")).status_code == 500
    [line] = [line for line in lines() if line["event"] == "request"]
    assert (line["level"], line["status"]) == ("error", 500)
    assert "RuntimeError" in json.dumps(line)
    assert "hunter2" not in json.dumps(line)
    assert "abc.def" not in json.dumps(line)
    assert "a client's data" not in json.dumps(line)


async def test_figures_are_by_template_so_that_clients_cannot_make_series() -> None:
    async with client(Metrics()) as http:
        for token in ("a", "b", "c"):
            await http.get(f"/p/{token}")
        await http.get("/files/report.pdf")
        for number in range(5):
            await http.get(f"/none/{number}")
        await http.request("BREW", "/p/a")
        await http.get("/broken")
        counted = await figure(http, "scopewright_http_requests_total")
        assert counted == {
            ("GET", "/p/{token}", "200"): 3,
            ("GET", "/files/{name}", "200"): 1,
            ("GET", "unmatched", "404"): 5,
            ("OTHER", "/p/{token}", "405"): 1,
            ("GET", "/broken", "500"): 1,
        }
        timed = await figure(http, "scopewright_http_request_seconds_count")
        assert timed["GET", "/p/{token}"] == 3
        assert await figure(http, "scopewright_http_requests_in_progress") == {(): 1}


def test_a_websocket_has_its_id_and_its_line(lines: Callable[[], list[dict[str, Any]]]) -> None:
    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(request_id_of(socket.scope))
        await socket.receive()

    app = RequestTelemetry(Router([WebSocketRoute("/live", echo)]), Metrics())
    with TestClient(app).websocket_connect("/live") as socket:
        request_id = socket.receive_text()
    [line] = [line for line in lines() if line["event"] == "request"]
    assert (line["method"], line["status"], line["request_id"]) == ("WEBSOCKET", 1000, request_id)


async def test_operations_are_counted_by_kind_and_outcome() -> None:
    metrics = Metrics()
    with metrics.operation("query"):
        pass
    with pytest.raises(ZeroDivisionError), metrics.operation("mutation"):
        raise ZeroDivisionError
    async with client(metrics) as http:
        assert await figure(http, "scopewright_graphql_operations_total") == {
            ("query", "answered"): 1,
            ("mutation", "fault"): 1,
        }


async def test_the_outbox_is_counted_at_each_fetch_and_its_loss_costs_only_that_figure(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    depths: list[dict[str, int]] = [{"queued": 3, "failed": 1}, {"queued": 2}]

    async def depth() -> dict[str, int]:
        return depths.pop(0)  # and an IndexError when there are no more

    async with client(Metrics(depth)) as http:
        name = "scopewright_outbox_messages"
        assert await figure(http, name) == {("queued",): 3, ("failed",): 1}
        assert await figure(http, name) == {("queued",): 2}
        assert await figure(http, name) == {}
    assert [line["event"] for line in lines()] == ["outbox_depth_unknown"]


async def test_alive_is_not_ready() -> None:
    async def well() -> None:
        return None

    async def ill() -> None:
        raise ConnectionError("db at 10.0.0.7 is down")

    async def slow() -> None:
        await asyncio.sleep(5)

    async with client(Metrics(), database=well) as http:
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    async with client(Metrics(), database=well, queue=ill, mail=slow) as http:
        assert (await http.get("/healthz")).json() == {"status": "ok"}
        ready = await http.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["checks"] == {"database": "ok", "queue": "failed", "mail": "timeout"}
        assert "10.0.0.7" not in ready.text


async def test_a_worker_beats_until_it_is_cancelled(tmp_path: Path) -> None:
    file = tmp_path / "worker.alive"
    beating = asyncio.create_task(beat(file, every_seconds=0.01))
    await asyncio.sleep(0.05)
    first = file.stat().st_mtime_ns
    await asyncio.sleep(0.05)
    assert file.stat().st_mtime_ns > first
    beating.cancel()
    lost = asyncio.create_task(beat(tmp_path / "gone" / "worker.alive", every_seconds=0.01))
    await asyncio.sleep(0.05)
    assert not lost.done()
    lost.cancel()


def test_figures_can_be_left_out() -> None:
    assert [route.path for route in health_routes({}, None)] == ["/healthz", "/readyz"]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/graphql", "/graphql"),
        (f"/p/{TOKEN}", "/p/*"),
        (f"/p/{TOKEN}/sign", "/p/*/sign"),
        ("/exports/v1.short/ar-ageing.csv", "/exports/*/ar-ageing.csv"),
        ("/exports/ar-ageing.csv", "/exports/ar-ageing.csv"),
        (f"/download/{TOKEN}", "/download/*"),
        ("/d/0193a6f0-0000-7000-8000-000000000001", "/d/0193a6f0-0000-7000-8000-000000000001"),
        ("/a\r\nforged line", "/a??forged line"),
        ("/" + "a/" * 400, ("/" + "a/" * 400)[:300]),
    ],
)
def test_a_path_is_shown_without_keys(path: str, shown: str) -> None:
    assert safe_path(path) == shown


def test_secrets_are_cut_from_every_line(lines: Callable[[], list[dict[str, Any]]]) -> None:
    log("x").info(
        "event",
        api_token="hunter2",
        nested={"Authorization": "hunter2", "deep": ["smtp://u:hunter2@h"]},
        address=f"https://example.com/p/hunter2?t={TOKEN}",
    )
    logging.getLogger("library").warning(
        "Bearer hunter2 from %s", "https://x.example/a?key=hunter2"
    )
    assert "hunter2" not in json.dumps(lines())
    assert lines()[1]["event"] == "Bearer *** from https://x.example/a?*"
    assert lines()[0]["address"] == "https://example.com/p/*?*"


def test_lines_for_eyes_are_cut_too(lines: Callable[[], list[dict[str, Any]]]) -> None:
    stream = io.StringIO()
    configure_logging(format="console", level="INFO", stream=stream)
    try:
        raise RuntimeError("postgresql://app:hunter2@db/x")
    except RuntimeError:
        log("x").exception("failed", password="hunter2")
    log("x").debug("not shown")
    assert "RuntimeError" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()
    assert "not shown" not in stream.getvalue()
