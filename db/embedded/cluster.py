"""One cluster on disk and its postmaster: make it, start it, see what it is doing, stop it.

Called by the supervisor alone, which holds the home's supervisor lock and is single-threaded. PostgreSQL refuses to run
as root; there it runs in a user namespace of its own in which the same user has another number, so no system user is
made and no folder is opened to anybody.
"""

import contextlib
import ctypes
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from .binaries import major_version
from .errors import EmbeddedError
from .home import PORT, SUPERUSER, Home

_LOG_BYTES_MAX = 10_000_000
_ORPHAN_PATIENCE_S = 30.0
_PR_SET_PDEATHSIG = 1


class Cluster:
    """The cluster of a home folder. `settings` are server parameters and win over the defaults below."""

    def __init__(self, home: Home, programs: Path, settings: Mapping[str, str]) -> None:
        self.home = home
        self.programs = programs
        self.settings = {
            "max_connections": "100",
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] %u@%d ",
            **settings,
        }
        self._prefix = _as_other_user()
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    def ensure(self) -> None:
        """Make the cluster unless it is there. Raises `EmbeddedError` where the folder holds something else."""
        data = self.home.data
        if not data.exists() or (data.is_dir() and not any(data.iterdir())):
            self._initialise()
            return
        try:
            found = (data / "PG_VERSION").read_text(encoding="ascii").strip()
        except OSError as error:
            raise EmbeddedError(
                f"{data} is not a PostgreSQL data folder ({error.strerror}: {error.filename}); move it away"
            ) from error
        ours = major_version(self.programs)
        if found != ours:
            raise EmbeddedError(
                f"{data} was made by PostgreSQL {found}, and the one installed is {ours}: "
                f"set SCOPEWRIGHT_PG_BINDIR to a PostgreSQL {found}, or dump with it and load into a new folder"
            )
        if not self.home.password.exists():
            raise EmbeddedError(f"{self.home.password} is missing: put the file back from a backup")

    def _initialise(self) -> None:
        """initdb into a folder beside, then one rename: a start that is killed leaves no half-made cluster."""
        being_made = self.home.folder / "data.being-made"
        shutil.rmtree(being_made, ignore_errors=True)
        descriptor = os.open(self.home.password, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        command = [
            *(self._prefix),
            *(self.programs / "initdb", "--pgdata", being_made, "--username", SUPERUSER),
            *("-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "-k"),
            *("--auth=scram-sha-256", "--pwfile", self.home.password, "--no-instructions"),
            *(("--no-sync",) if self.settings["fsync"] == "off" else ()),
        ]
        said = subprocess.run(  # noqa: S603
            command, env=_environment(), capture_output=True, text=True, check=False
        )
        if said.returncode != 0:
            shutil.rmtree(being_made, ignore_errors=True)
            lines = [
                line for line in said.stderr.splitlines() if "error:" in line or "FATAL" in line
            ]
            why = lines[-1] if lines else said.stderr.strip().rsplit("\n", 1)[-1]
            raise EmbeddedError(f"initdb failed for {self.home.data}: {why}")
        being_made.rename(self.home.data)

    def start(self) -> None:
        """Start the postmaster as a child of this process; `is_ready` tells when it takes connections.

        Raises `EmbeddedError` where a postmaster that is not ours holds the data folder.
        """
        self._clear_stale_pid_file()
        with contextlib.suppress(FileNotFoundError):
            if self.home.log.stat().st_size > _LOG_BYTES_MAX:
                self.home.log.replace(self.home.log.with_suffix(".log.1"))
        fixed = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": str(self.home.sockets),
            "unix_socket_permissions": "0700",
        }
        options = [f"--{name}={value}" for name, value in {**self.settings, **fixed}.items()]
        with self.home.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(  # noqa: S603
                [*self._prefix, self.programs / "postgres", "-D", self.home.data, *options],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Safe: the supervisor has one thread.
                preexec_fn=_stoppable_from_birth(os.getpid()),  # noqa: PLW1509
            )

    def exit_code(self) -> int | None:
        """How the postmaster ended; None while it runs."""
        assert self._process is not None
        return self._process.poll()

    def is_ready(self) -> bool:
        """Whether the postmaster that we started takes connections."""
        return self._process is not None and is_ready(self.home, pid=self._process.pid)

    def failure(self) -> str:
        """Why the last start failed: its last fatal line in the log."""
        with self.home.log.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read().decode("utf-8", "replace").splitlines()
        fatal = [line for line in lines if any(w in line for w in ("FATAL:", "PANIC:", "unshare:"))]
        return (fatal or lines or ["it said nothing"])[-1].split("FATAL:")[-1].strip()

    def stop(self, patience_s: float = 60) -> None:
        """Fast shutdown: open transactions are rolled back and a checkpoint is written. Immediate after the patience."""
        if self._process is None:
            return
        for order, wait_s in (
            (signal.SIGINT, patience_s),
            (signal.SIGQUIT, 10),
            (signal.SIGKILL, 10),
        ):
            if self._process.poll() is None:
                self._process.send_signal(order)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(wait_s)

    def _clear_stale_pid_file(self) -> None:
        """Keep a pid file left by a crash from stopping the start, because its number now names some other process.

        The file is not removed, since PostgreSQL finds in it the shared memory of backends that outlived their
        postmaster. Its first line is rewritten to our own number, which PostgreSQL takes for stale as its parent's.
        """
        path = self.home.data / "postmaster.pid"
        until = time.monotonic() + _ORPHAN_PATIENCE_S
        asked = False
        while True:
            lines = _pid_file_lines(self.home)
            pid = abs(int(lines[0])) if lines and lines[0].lstrip("-").isdigit() else 0
            if not pid or not _is_postmaster(pid, self.home.data):
                break
            # Only a supervisor that was killed leaves one of ours; its server is already on its way down, or is told.
            ours = len(lines) > 4 and lines[4] == str(self.home.sockets)
            if not ours or time.monotonic() > until:
                raise EmbeddedError(
                    f"{self.home.data} is in use by a PostgreSQL that Scopewright did not start "
                    f"(process {pid}); stop it first"
                )
            if not asked:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGINT)
                asked = True
            time.sleep(0.02)
        # The socket's own lock file guards nothing in a folder that is ours alone.
        (self.home.sockets / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
        if not pid:
            return
        beside = path.with_name("postmaster.pid.stale")
        beside.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n", encoding="utf-8")
        beside.replace(path)


def is_ready(home: Home, *, pid: int | None = None) -> bool:
    """Whether a postmaster (the one with this number, if given) says in its pid file that it takes connections."""
    lines = _pid_file_lines(home)
    if len(lines) < 8 or lines[7].strip() != "ready" or not lines[0].isdigit():
        return False
    if pid is not None:
        return int(lines[0]) == pid
    return _is_postmaster(int(lines[0]), home.data)


def _pid_file_lines(home: Home) -> list[str]:
    try:
        return (home.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def _is_postmaster(pid: int, data: Path) -> bool:
    """Whether this process number is a live PostgreSQL on this data folder, not another program or a zombie."""
    if sys.platform != "linux":
        said = subprocess.run(  # noqa: S603
            ["/bin/ps", "-p", str(pid), "-o", "stat=,comm="],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        return "postgres" in said and not said.startswith("Z")
    process = Path("/proc") / str(pid)
    try:
        if (process / "comm").read_text(encoding="utf-8").strip() != "postgres":
            return False
        if (process / "stat").read_text(encoding="utf-8").rpartition(") ")[2].startswith("Z"):
            return False
        return (process / "cwd").samefile(data)
    except PermissionError:
        return True  # a live postgres that we may not look into: do not risk two on one folder
    except OSError:
        return False


def _environment() -> dict[str, str]:
    """Ours without what would steer PostgreSQL from outside: PGDATA, PGPORT, locale of the terminal."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PG", "LC_")) and name not in ("LANG", "LANGUAGE")
    }


def _stoppable_from_birth(parent: int) -> Callable[[], None]:
    """What the postmaster's process does before it becomes `unshare` and then `postgres`, so that no SIGINT is lost.

    The supervisor ignores SIGINT, and that would be inherited: an order to stop given before PostgreSQL has its own
    handler, or the supervisor's death at that moment, would pass unnoticed and leave a server that nobody uses.
    """

    def prepare() -> None:
        for ignored in (signal.SIGINT, signal.SIGHUP):
            signal.signal(ignored, signal.SIG_DFL)
        if sys.platform == "linux":
            # A supervisor that is killed takes the server down with it.
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
            if os.getppid() != parent:
                os._exit(1)  # it was killed before we had asked to be told

    return prepare


def _as_other_user() -> list[str]:
    """The words to put before a PostgreSQL command: none, or as root a user namespace where we have another number."""
    if os.geteuid() != 0:
        return []
    remedy = (
        "run Scopewright as an ordinary user, or set DATABASE_URL to a server of your own"
        ", or in a container allow user namespaces (for Docker: --security-opt seccomp=unconfined)"
    )
    unshare = shutil.which("unshare", path=os.environ.get("PATH", "") + ":/usr/bin:/bin")
    if sys.platform != "linux" or unshare is None:
        raise EmbeddedError(
            f"PostgreSQL refuses to run as root, and `unshare` of util-linux is not here; {remedy}"
        )
    # initdb asks for the name that goes with the number, so the number must be one of a known user.
    known = next((u for u in map(_user, ("nobody", "daemon", "bin")) if u), None)
    if known is None:
        known = next(user for user in pwd.getpwall() if user.pw_uid != 0)
    words = [unshare, "--user", f"--map-user={known.pw_uid}", f"--map-group={known.pw_gid}", "--"]
    tried = subprocess.run(  # noqa: S603
        [*words, "true"], capture_output=True, text=True, check=False
    )
    if tried.returncode != 0:
        raise EmbeddedError(
            "PostgreSQL refuses to run as root, and this machine does not let it run in a user namespace "
            f"({tried.stderr.strip()}); {remedy}"
        )
    return words


def _user(name: str) -> pwd.struct_passwd | None:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(name)
    return None
