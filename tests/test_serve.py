"""`cli.py serve` as a user meets it: one per folder and per port, Ctrl-C ends all of it, a lost database comes back."""

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from demo.api import Api, Refused
from tests.factories.server import RealServer, free_port

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
]


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[RealServer]:
    """A server that is up, with the demo practice in it."""
    server = RealServer(tmp_path)
    try:
        await server.start()
        yield server
    finally:
        server.clear_away()


async def test_a_second_server_is_refused_at_once_and_ctrl_c_ends_the_first(
    server: RealServer,
) -> None:
    for port, line in (
        (free_port(), rf"The data directory {re.escape(str(server.var_dir))} is in use: a server with process id "
         rf"{server.process.pid} at {server.url}\. Stop that one, or choose another: VAR_DIR=var2 make serve\n"),
        (server.port, rf"Port {server.port} on 127\.0\.0\.1 is taken \(Address already in use\)\. "
         rf"Stop what runs there, or choose another: PORT={server.port + 1} make serve\n"),
    ):  # fmt: skip
        before, began = server.said(), time.monotonic()
        assert server.launch(port=port).wait(30) == 1
        assert re.fullmatch(line, server.said().removeprefix(before))
        assert time.monotonic() - began < 8

    before, began = server.said(), time.monotonic()
    async with httpx.AsyncClient(base_url=server.url) as browser:
        await browser.get("/")
        # As a terminal does, and with a browser still connected.
        os.killpg(server.process.pid, signal.SIGINT)
        code = await asyncio.to_thread(server.process.wait, 30)
    assert (code, server.said().removeprefix(before)) == (0, "")
    assert time.monotonic() - began < 8
    assert server.database_is_gone(patience_s=10)


async def test_the_server_outlives_a_kill_of_its_database(server: RealServer) -> None:
    killed = server.postmaster()
    answers = []
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        owner = Api(http, server.tokens()["owner"])

        async def read() -> list[dict[str, str]]:
            totals: list[dict[str, str]] = (await owner.run("RetainerBalances", asOf="2099-12-31"))[
                "totals"
            ]
            return totals

        said = await read()
        assert said == [{"amount": "150000.00", "currency": "DKK"}]
        await asyncio.gather(*(read() for _ in range(10)))
        server.kill_postmaster()
        until = time.monotonic() + 20
        while time.monotonic() < until and (not answers or answers[-1] != "ok"):
            try:
                assert await read() == said
                answers.append("ok")
            except Refused as refused:
                (error,) = refused.errors
                assert error["message"] == "Internal error"
                answers.append(error["extensions"]["code"])
            await asyncio.sleep(0.01)
        assert set(answers) <= {"ok", "INTERNAL"}
        assert answers[-1] == "ok"
        assert await server.until_ready(patience_s=10) <= {200, 503}
        # Not one good connection among broken ones: every one of the pool.
        for _ in range(3):
            await asyncio.gather(*(read() for _ in range(20)))
        assert await worker_listens(server, patience_s=15)
    assert server.postmaster() != killed
    os.kill(server.process.pid, signal.SIGINT)
    assert await asyncio.to_thread(server.process.wait, 30) == 0
    assert server.database_is_gone(patience_s=10)


async def worker_listens(server: RealServer, *, patience_s: float) -> bool:
    """Whether the worker hears of new mail again; by itself it would look every half a minute."""
    owner = await server.connect()
    try:
        until = time.monotonic() + patience_s
        while time.monotonic() < until:
            if await owner.fetchval(
                "select exists (select from pg_stat_activity where query like 'LISTEN%')"
            ):
                return True
            await asyncio.sleep(0.1)
        return False
    finally:
        await owner.close()
