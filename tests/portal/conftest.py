"""A real server and a real browser for the pages."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, async_playwright

from services.gateways.clock import FixedClock
from tests.conftest import SETTINGS
from tests.left_out import program

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


class Server(uvicorn.Server):
    """Serves on the tests' own loop, tells when it has started, and leaves Ctrl-C to the tests."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.has_started = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.has_started.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's chromium, without a window."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=program("browser"), args=FLAGS)
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture
async def address(database: None, clock: FixedClock) -> AsyncIterator[str]:
    """Where the whole application listens on a real socket, with the fixed clock."""
    from app import create_app

    application = create_app(SETTINGS, None, clock=clock)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = Server(uvicorn.Config(application, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await asyncio.wait_for(server.has_started.wait(), 20)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving
    listener.close()
