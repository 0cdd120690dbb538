"""The command line as a person uses it: in a process of its own, on a folder of its own."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("var")


def run(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    return subprocess.run(
        [sys.executable, "cli.py", *words],
        cwd=ROOT,
        env={**environment, "VAR_DIR": str(folder), "LOG_LEVEL": "WARNING", **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_migrate_demo_token_and_doctor_work_on_an_empty_folder(folder: Path) -> None:
    migrated = run(folder, "migrate")
    assert (migrated.returncode, migrated.stderr) == (0, "")
    assert migrated.stdout.startswith("ran 2026-")
    assert run(folder, "migrate").stdout == "Nothing to do.\n"

    assert "No active member" in run(folder, "token", "--role", "owner").stderr

    played = run(folder, "demo")
    assert played.returncode == 0, played.stderr
    roles = dict(line.split() for line in played.stdout.splitlines())
    assert set(roles) == {"owner", "staff", "assistant", "accountant"}
    assert json.loads((folder / "demo_tokens.json").read_text()) == roles
    assert (folder / "demo_tokens.json").stat().st_mode & 0o077 == 0
    assert len(list((folder / "mail").glob("*.eml"))) >= 6

    issued = run(folder, "token", "--role", "accountant")
    assert re.fullmatch(r"sw_[\w-]{86}\n", issued.stdout), issued.stderr

    looked = run(folder, "doctor")
    assert looked.returncode == 0, looked.stdout
    assert "✗" not in looked.stdout
    assert "the audit trail is intact" in looked.stdout
    assert "the books of every practice are sound" in looked.stdout


def test_the_schema_that_is_printed_is_the_committed_one(folder: Path) -> None:
    printed = run(folder, "schema")
    assert printed.stdout == (ROOT / "schema.graphql").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"PORT": "eighty"}, "PORT"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL"),
        ({"ENVIRONMENT": "production"}, "SECRET_KEY"),
        ({"DATABASE_URL": "postgresql://nobody:x@127.0.0.1:1/none"}, "does not answer"),
    ],
)
def test_a_bad_setting_ends_in_one_line(settings: dict[str, str], said: str, folder: Path) -> None:
    result = run(folder, "serve", "--no-demo", **({"PORT": "0"} | settings))
    assert result.returncode == 1
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_taken_port_is_said_at_once(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run(tmp_path, "serve", PORT=str(port))
    assert result.returncode == 1
    assert f"Port {port} on 127.0.0.1 is taken" in result.stderr
    assert not (tmp_path / "postgres").exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run(tmp_path / "file", "serve", PORT="0")
    assert result.returncode == 1
    assert "VAR_DIR" in result.stderr
    assert "Traceback" not in result.stderr
