"""The home folder of one cluster: what lies where, who may read it, and the locks that everybody agrees on."""

import contextlib
import fcntl
import hashlib
import os
import re
import stat
import time
from pathlib import Path

from .errors import EmbeddedError

PORT = 5432
"""Part of the socket's file name only: nothing listens on TCP."""

SUPERUSER = "scopewright_owner"

_SOCKET_PATH_BYTES = 103
"""Longest path of a Unix socket on macOS; Linux takes 107."""


class Home:
    """The paths in and around a home folder. Making one touches nothing on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self.password = self.folder / "password"
        self.log = self.folder / "postgres.log"
        self.start_lock = self.folder / "start.lock"
        self.users_lock = self.folder / "users.lock"
        self.supervisor_lock = self.folder / "supervisor.lock"

    @property
    def sockets(self) -> Path:
        """The private folder of the socket: inside the home, or a short one under /tmp where that path is too long for
        a socket or would have to be quoted in a DSN.

        A function of the home alone, so that an address handed out stays right when the server comes back.
        """
        inside = self.folder / "socket"
        longest = os.fsencode(inside / f".s.PGSQL.{PORT}")
        if len(longest) <= _SOCKET_PATH_BYTES and re.fullmatch(r"[A-Za-z0-9/._+-]+", str(inside)):
            return inside
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        # Not the temporary folder of the environment: that differs between a shell and a service.
        return Path("/tmp") / f"scopewright-{os.geteuid()}-{digest}"  # noqa: S108

    def prepare(self) -> None:
        """Make the home and the socket folder, both private. Raises `EmbeddedError` where that cannot be."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.sockets.mkdir(mode=0o700, exist_ok=True)
            self.log.touch(mode=0o600)
        except OSError as error:
            raise EmbeddedError(
                f"the data folder {self.folder} cannot be made: {error.strerror} ({error.filename})"
            ) from error
        # Under /tmp somebody else may have made it first, or a symbolic link in its place.
        found = self.sockets.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise EmbeddedError(
                f"{self.sockets} must be a folder of this user's own with mode 0700; remove it and start again"
            )


class Lock:
    """An advisory `flock` on a file, held until `release` or until the process and its forks are gone.

    Not for NFS shares without lock support.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise EmbeddedError(
                f"{path} cannot be opened: {error.strerror}; it may belong to another user"
            ) from error

    def take(self, *, shared: bool, timeout_s: float = 0) -> bool:
        """Take the lock; False where somebody else still held it after `timeout_s`."""
        wish = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
        until = time.monotonic() + timeout_s
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(self._fd, wish)
                return True
            if time.monotonic() >= until:
                return False
            time.sleep(0.01)

    def release(self) -> None:
        """Let go. Closes and does not unlock: a forked child that holds the same lock keeps it."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock exclusively at this moment."""
    lock = Lock(path)
    try:
        return not lock.take(shared=True)
    finally:
        lock.release()
