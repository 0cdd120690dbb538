"""Suites that a machine cannot run are named, with the remedy."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SUITE = """
import pytest

@pytest.mark.browser
def test_in_the_browser():
    raise AssertionError("ran without a browser")

@pytest.mark.office
def test_in_the_office():
    raise AssertionError("ran without an office")

def test_plain():
    pass
"""


def run(folder: Path, path: str, *options: str) -> str:
    (folder / "test_suite.py").write_text(SUITE)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  browser\n  office\n  node\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.left_out", "-p", "xdist"]
    done = subprocess.run(
        [*command, *options, "--rootdir", str(folder), str(folder)],
        cwd=folder,
        # Without the other plugins, which take seconds to load.
        env={
            **os.environ,
            "PATH": path,
            "PYTHONPATH": str(ROOT),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["one process", "xdist"])
def test_a_missing_program_leaves_its_suites_out_loudly(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    said = run(tmp_path, "/nowhere", *options)
    assert "LEFT OUT ON THIS MACHINE" in said
    assert "chromium is missing; to run these: apt-get install chromium" in said
    assert "soffice is missing; to run these: apt-get install libreoffice-writer-nogui" in said
    assert "test_suite.py (1 test)" in said
    assert "npm is missing" not in said
    assert "1 passed, 2 skipped" in said.splitlines()[-1]


def test_a_program_that_is_there_lets_them_run(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("chromium", "soffice"):
        (programs / name).write_text("")
        (programs / name).chmod(0o755)
    said = run(tmp_path, str(programs))
    assert "LEFT OUT" not in said
    assert "2 failed, 1 passed" in said.splitlines()[-1]
