"""The detached process that owns the postmaster of one home for as long as anybody uses it.

It is started by `db.embedded.server` and says on its standard output, in one line of JSON, that the server is ready
(or in another supervisor's hands) or why it cannot be. It restarts a postmaster that dies while there are users, stops it (fast shutdown) once nobody holds
the users lock, and then ends. SIGTERM stops the server at once, and users who are left have it started again; SIGINT and
SIGHUP are ignored, for they are meant for the terminal's programs. It does not talk SQL and never touches the data.
"""

import contextlib
import json
import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from .cluster import Cluster
from .errors import EmbeddedError
from .home import Home, Lock

_TICK_S = 0.05
_TICK_STARTING_S = 0.01
_RESTART_PAUSE_MAX_S = 5.0
_ORPHANED_BACKENDS_S = 10.0


def main() -> None:
    """Run as a process: the one argument is JSON with home, programs and settings."""
    wish = json.loads(sys.argv[1])
    if os.fork():
        os._exit(0)  # our starter waits for this one only; the supervisor is nobody's child
    os.umask(0o077)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    home = Home(Path(wish["home"]))
    try:
        _run(home, Path(wish["programs"]), wish["settings"])
    except (EmbeddedError, OSError) as error:
        _note(home, str(error))
        _report(str(error))


def _run(home: Home, programs: Path, settings: dict[str, str]) -> None:
    """Be the one supervisor of the home until nobody uses it. Raises `EmbeddedError` where the server cannot be had."""
    alone = Lock(home.supervisor_lock)
    # Somebody may be asking at this moment whether the lock is held, hence the short patience.
    if not alone.take(shared=False, timeout_s=1):
        # Its starter was killed before it held the lock. It will find the user who started us.
        _report(None)
        return
    users = Lock(home.users_lock)
    try:
        if users.take(shared=False):
            return  # our starter was killed and nobody else has come: there is nobody to start a server for
        home.prepare()  # again: the supervisor before us removes the socket folder as it ends
        cluster = Cluster(home, programs, settings)
        cluster.ensure()
        _supervise(home, cluster, users)
    finally:
        with contextlib.suppress(OSError):
            home.sockets.rmdir()
        # In this order: who waits for the users lock must then find no supervisor.
        alone.release()
        users.release()


def _supervise(home: Home, cluster: Cluster, users: Lock) -> None:
    """Start, watch, restart and stop. Raises `EmbeddedError` only where the first start fails."""
    told_to_stop = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal told_to_stop
        told_to_stop = True

    signal.signal(signal.SIGTERM, stop)
    began = time.monotonic()
    reported = ready = False
    pause_s = 0.0
    cluster.start()
    try:
        while not told_to_stop and not users.take(shared=False):
            if cluster.exit_code() is not None:
                why = cluster.failure()
                if not reported and not (
                    # Backends of a crashed server are still leaving.
                    "shared memory block" in why and time.monotonic() - began < _ORPHANED_BACKENDS_S
                ):
                    raise EmbeddedError(f"PostgreSQL does not start: {why} (see {home.log})")
                pause_s = 0.0 if ready else min(_RESTART_PAUSE_MAX_S, pause_s * 2 or 0.05)
                ready = False
                _note(home, f"the postmaster ended ({cluster.exit_code()}); starting it again")
                time.sleep(pause_s)
                _restart(home, cluster)
            elif not ready and cluster.is_ready():
                ready = True
                if not reported:
                    reported = True
                    _report(None)
            time.sleep(_TICK_S if ready else _TICK_STARTING_S)
    finally:
        cluster.stop()


def _restart(home: Home, cluster: Cluster) -> None:
    """Start again; where even that is impossible (disk full, folder gone), the loop comes round with a longer pause."""
    try:
        home.prepare()
        cluster.start()
    except (EmbeddedError, OSError) as error:
        _note(home, str(error))


def _report(error: str | None) -> None:
    """Tell the starter, who may be gone, and close the line."""
    with contextlib.suppress(OSError):
        os.write(1, json.dumps({"error": error}).encode() + b"\n")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def _note(home: Home, text: str) -> None:
    """One line of the supervisor's own in the log."""
    with contextlib.suppress(OSError), home.log.open("a", encoding="utf-8") as log:
        log.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f} UTC supervisor: {text}\n")
