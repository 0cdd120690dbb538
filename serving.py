"""One server on a port and a folder at a time, ended in good order."""

import contextlib
import fcntl
import os
import signal
import socket
from collections.abc import Iterator
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from settings import Settings


class CannotServe(Exception):
    """Something else has the port or the folder; the message says what to do."""


def claim_port(settings: Settings) -> None:
    """Look whether the port is free, before anything else is started. Raises `CannotServe`."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise CannotServe(
                f"Port {settings.port} on {settings.host} is taken ({error.strerror}). "
                f"Stop what runs there, or choose another: PORT={settings.port + 1} make serve"
            ) from None


@contextlib.contextmanager
def claimed_folder(settings: Settings) -> Iterator[None]:
    """VAR_DIR is served by one server at a time; the lock goes with the process, however it ends. Raises `CannotServe`."""
    try:
        settings.var_dir.mkdir(parents=True, exist_ok=True)
        lock = (settings.var_dir / "serve.lock").open("a+")
    except OSError as error:
        raise CannotServe(
            f"VAR_DIR: cannot write in {settings.var_dir}: {error.strerror}"
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise CannotServe(
                f"The data directory {settings.var_dir} is in use: {lock.read().strip() or 'another server'}. "
                "Stop that one, or choose another: VAR_DIR=var2 make serve"
            ) from None
        lock.truncate(0)
        lock.write(f"a server with process id {os.getpid()} at {settings.base_url}\n")
        lock.flush()
        yield


class _Server(uvicorn.Server):
    """uvicorn raises the signal that ended it once more afterwards; ours has ended in good order, with exit code 0."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End after the requests under way; on a second Ctrl-C, without them."""
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True


def server_of(application: Starlette, settings: Settings) -> uvicorn.Server:
    """The server of an application, not started yet."""
    return _Server(
        uvicorn.Config(
            application,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
    )
