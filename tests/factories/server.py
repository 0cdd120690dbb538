"""The real thing, as a user starts it: `cli.py serve` in a process of its own, on a folder and a port of its own."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import asyncpg
import httpx

from app import EMBEDDED_DATABASE
from db.embedded.home import Home
from db.embedded.server import RunningServer
from settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port that nobody had a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class RealServer:
    """A served folder. It may be started, killed and started again; links and tokens stay what they were."""

    def __init__(self, folder: Path, *, command: list[str] | None = None) -> None:
        """`command` is what Python runs instead of `cli.py serve`."""
        self._command = command or [str(ROOT / "cli.py"), "serve"]
        self.var_dir = folder / "var"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.printed = folder / "printed.txt"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self, *, port: int | None = None) -> subprocess.Popen[bytes]:
        """Run `cli.py serve` on this folder, in a process group as a shell makes one. Nobody's `.env` is read."""
        ours = {name.upper() for name in Settings.model_fields}
        others = {name: value for name, value in os.environ.items() if name.upper() not in ours}
        with self.printed.open("ab") as printed:
            return subprocess.Popen(
                [sys.executable, *self._command],
                cwd=self._folder,
                env=others
                | {
                    "VAR_DIR": str(self.var_dir),
                    "PORT": str(port or self.port),
                    "LOG_LEVEL": "WARNING",
                },
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                start_new_session=True,
            )

    async def start(self) -> None:
        """Start it and wait until it says that it can serve."""
        self._process = self.launch()
        await self.until_ready()

    async def until_ready(self, *, patience_s: float = 60) -> set[int]:
        """Wait for /readyz to say 200; answers every status that was seen on the way. Only 503 is right for "not yet"."""
        seen = set()
        until = time.monotonic() + patience_s
        async with httpx.AsyncClient(base_url=self.url, timeout=10) as http:
            while time.monotonic() < until:
                assert self.process.poll() is None, self.said()
                with contextlib.suppress(httpx.TransportError):
                    seen.add((await http.get("/readyz")).status_code)
                    if 200 in seen:
                        return seen
                await asyncio.sleep(0.02)
        raise AssertionError(f"not ready after {patience_s} s: {seen}\n{self.said()}")

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The server's own process."""
        assert self._process is not None
        return self._process

    def said(self) -> str:
        """All that it has printed so far, over every start."""
        return self.printed.read_text()

    def tokens(self) -> dict[str, str]:
        """The demo's token for each role, as it wrote them down."""
        tokens: dict[str, str] = json.loads((self.var_dir / "demo_tokens.json").read_text())
        return tokens

    def mails(self) -> dict[str, EmailMessage]:
        """Every mail that was sent, by the name of its file, which is the outbox row's id."""
        return {
            path.stem: message_from_bytes(path.read_bytes(), policy=policy.default)  # type: ignore[misc]
            for path in (self.var_dir / "mail").glob("*.eml")
        }

    async def connect(self) -> asyncpg.Connection:
        """A connection of the database's owner, who sees everything."""
        home = Home(self.var_dir / "postgres")
        running = RunningServer(home.sockets, home.log, home.password.read_text().strip())
        return await asyncpg.connect(running.admin_dsn(EMBEDDED_DATABASE))

    def postmaster(self) -> int:
        """The process number of the postmaster."""
        path = self.var_dir / "postgres" / "data" / "postmaster.pid"
        return int(path.read_text().split("\n", 1)[0])

    def database_processes(self) -> set[int]:
        """The postmaster, its backends and its supervisor: whoever works in the data folder or was told to watch it."""
        found = set()
        home = Home(self.var_dir / "postgres")
        for process in Path("/proc").iterdir():
            if not process.name.isdigit() or int(process.name) == os.getpid():
                continue
            with contextlib.suppress(OSError):  # gone meanwhile, or a zombie
                command = (process / "cmdline").read_bytes().decode("utf-8", "replace")
                is_supervisor = (
                    "db.embedded.supervisor" in command and f'"{home.folder}"' in command
                )
                if is_supervisor or (process / "cwd").readlink().is_relative_to(home.folder):
                    found.add(int(process.name))
        return found

    def kill(self, *, database: bool) -> None:
        """kill -9 the server, and every process of its database if wished, until none is left."""
        victims = self.database_processes() if database else set()
        for pid in (self.process.pid, *victims):
            _kill(pid)
        self.process.wait()
        while database and (left := self.database_processes()):
            for pid in left:
                _kill(pid)
            time.sleep(0.005)

    def kill_postmaster(self) -> None:
        """kill -9 the postmaster alone."""
        _kill(self.postmaster())

    def database_is_gone(self, *, patience_s: float) -> bool:
        """Whether no process of the database is left, waiting for it."""
        until = time.monotonic() + patience_s
        while self.database_processes():
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True

    def clear_away(self) -> None:
        """Leave nothing behind, however the test went."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        for _ in range(200):
            if not (left := self.database_processes()):
                break
            for pid in left:
                _kill(pid)
            time.sleep(0.02)
        sockets = Home(self.var_dir / "postgres").sockets
        if sockets.exists():
            for path in sockets.iterdir():
                path.unlink()
            sockets.rmdir()


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
