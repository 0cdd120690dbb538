"""The application's side: join the server of a home folder, or have it started."""

import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from .binaries import bindir
from .cluster import is_ready
from .errors import EmbeddedError
from .home import PORT, SUPERUSER, Home, Lock, is_held

_FIXED = {"data_directory", "hba_file", "listen_addresses", "port", "unix_socket_directories"}
_WATCH_S = 0.25
_SUPERVISOR = (
    "import sys; sys.path.insert(0, {root!r}); from db.embedded.supervisor import main; main()"
)


@dataclass(frozen=True)
class RunningServer:
    """Where the server is and who owns it. The address stays the same over every restart of the server."""

    socket_folder: Path
    log: Path
    password: str = field(repr=False)
    superuser: str = SUPERUSER
    port: int = PORT

    def dsn(self, user: str, password: str, database: str) -> str:
        """A libpq URL over the Unix socket, which asyncpg and psql take alike."""
        return (
            f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@/{quote(database, safe='')}"
            f"?host={quote(str(self.socket_folder))}&port={self.port}"
        )

    def admin_dsn(self, database: str = "postgres") -> str:
        """The superuser's URL: for migrations and for making databases, never for the application's own work."""
        return self.dsn(self.superuser, self.password, database)


class EmbeddedServer:
    """The PostgreSQL of one home folder, which holds data, password, log, locks and socket.

    `settings` are PostgreSQL parameters, such as `{"fsync": "off"}` for a cluster to be thrown away. They take effect
    where this call is the one that starts the server, not where it joins one that runs. Any number of processes may use
    the same home at once. `start_timeout_s` also covers crash recovery and waiting for a server that is just stopping.
    """

    def __init__(
        self,
        home: Path,
        *,
        settings: Mapping[str, str] | None = None,
        start_timeout_s: float = 60,
    ) -> None:
        self._home = Home(home)
        self._settings = dict(settings or {})
        self._timeout_s = start_timeout_s
        if wrong := _FIXED & self._settings.keys():
            raise ValueError(f"not for the caller to set: {', '.join(sorted(wrong))}")

    @contextmanager
    def running(self) -> Iterator[RunningServer]:
        """Have the server run for the length of the block, at least.

        It is stopped soon after the last user has left the block or died; leaving does not wait for that. Raises
        `EmbeddedError` where it cannot be started, or not in time.
        """
        self._home.prepare()
        users = Lock(self._home.users_lock)
        leaving = threading.Event()
        watch = threading.Thread(
            target=self._watch, args=(users, leaving), name="embedded-postgresql", daemon=True
        )
        try:
            self._join(users)
            watch.start()
            try:
                password = self._home.password.read_text(encoding="ascii").strip()
            except OSError as error:
                raise EmbeddedError(f"{self._home.password}: {error.strerror}") from error
            yield RunningServer(self._home.sockets, self._home.log, password)
        finally:
            leaving.set()
            if watch.ident is not None:
                watch.join()
            users.release()

    def _watch(self, users: Lock, leaving: threading.Event) -> None:
        """Have a supervisor that was killed started again while we need it; its server went down with it."""
        while not leaving.wait(_WATCH_S):
            # What goes wrong here the supervisor has written to the log; the next round tries again.
            with suppress(EmbeddedError, OSError):
                if not is_held(self._home.supervisor_lock):
                    self._home.prepare()
                    self._join(users)

    def wait_stopped(self, timeout_s: float = 10) -> bool:
        """Whether the server has stopped, waiting for it: before a backup of the files or the removal of the folder."""
        until = time.monotonic() + timeout_s
        while self._home.supervisor_lock.exists() and is_held(self._home.supervisor_lock):
            if time.monotonic() > until:
                return False
            time.sleep(0.01)
        return True

    def _join(self, users: Lock) -> None:
        """Become a user, with the server running. One process at a time: the first starts it, the others find it."""
        until = time.monotonic() + self._timeout_s
        start = Lock(self._home.start_lock)
        try:
            # A supervisor that is stopping its server holds the users lock against us until it has ended.
            if not (
                start.take(shared=False, timeout_s=self._timeout_s)
                and users.take(shared=True, timeout_s=until - time.monotonic())
            ):
                raise self._late()
            while True:
                if not is_held(self._home.supervisor_lock):
                    self._spawn(until)
                elif is_ready(self._home):
                    return
                elif time.monotonic() > until:
                    raise self._late()
                else:
                    time.sleep(0.01)
        finally:
            start.release()

    def _spawn(self, until: float) -> None:
        """Start the supervisor in a session of its own, out of reach of the terminal's signals, and hear its report."""
        wish = {
            "home": str(self._home.folder),
            "programs": str(bindir()),
            "settings": self._settings,
        }
        root = str(Path(__file__).resolve().parents[2])
        # Isolated and without site-packages: quick to start, small, and nothing of the caller's environment in it.
        command = [
            sys.executable,
            "-I",
            "-S",
            "-c",
            _SUPERVISOR.format(root=root),
            json.dumps(wish),
        ]
        with self._home.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        assert process.stdout is not None
        with process.stdout as line:
            process.wait()  # it forks the supervisor and ends at once
            poll = select.poll()
            poll.register(line, select.POLLIN)
            heard = poll.poll(max(0, until - time.monotonic()) * 1000)
            said = os.read(line.fileno(), 65536) if heard else b""
        if not heard:
            raise self._late()
        if not said:
            raise EmbeddedError(
                f"the supervisor of PostgreSQL ended without a word; see {self._home.log}"
            )
        if error := json.loads(said)["error"]:
            raise EmbeddedError(error)

    def _late(self) -> EmbeddedError:
        return EmbeddedError(
            f"PostgreSQL in {self._home.folder} was not ready after {self._timeout_s:g} s; see {self._home.log}"
        )
