"""A real PostgreSQL that lives in a folder of ours and runs only while somebody uses it.

The mental model: a *home* folder (`var/postgres`) holds one cluster. Every process that uses it holds a shared lock on
`users.lock` until it leaves or dies, however it dies. One detached *supervisor* process is the parent of the
postmaster: it restarts a postmaster that dies while users are left, and stops it cleanly once nobody holds the lock.
A supervisor that is killed takes the postmaster down with it, and a user starts it again.
So `kill -9` of the application stops the database soon after, `kill -9` of the database brings it back under the same
address, and Ctrl-C in a terminal reaches the application alone.

Invariant: at most one supervisor per home (it holds `supervisor.lock`), and only it starts PostgreSQL there.

This package uses the standard library alone, because the supervisor runs without site-packages. It makes the cluster
and its superuser; databases, roles and schema are made by `db.migrate`. It needs Linux or macOS.
"""

from .binaries import bindir
from .errors import EmbeddedError
from .server import EmbeddedServer, RunningServer

__all__ = ["EmbeddedError", "EmbeddedServer", "RunningServer", "bindir"]
